"""Networks, routers, security groups, floating IPs and load balancers of Infomaniak's OpenStack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloud.common._records import CloudResource
from cloud.common.enums import CloudProvider, ResourceType
from cloud.common.errors import (
    AlreadyExistsError,
    InvalidRequestError,
    NotFoundError,
    UnsupportedOperationError,
)
from cloud.common.models import FrozenMap
from cloud.infomaniak._service import call_with
from cloud.infomaniak.network._floating import FloatingIpCalls
from cloud.infomaniak.network._listeners import ListenerCalls
from cloud.infomaniak.network._members import MemberCalls
from cloud.infomaniak.network._policies import PolicyCalls
from cloud.infomaniak.network._pools import PoolCalls
from cloud.infomaniak.network._routers import RouterCalls
from cloud.infomaniak.network._security import SecurityGroupCalls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


@dataclass(frozen=True)
class _Kind:
    """One kind of resource in the words that all providers share.

    Attributes:
        list: gives all of them.
        get: gives one by its id.
        delete: deletes one by its id.
        create: makes one of a name and further arguments.
    """

    list: Callable[..., Iterable[Any]]
    get: Callable[[str], Any]
    delete: Callable[[str], bool]
    create: Callable[..., Any]


class InfomaniakNetworkClient(
    RouterCalls,
    SecurityGroupCalls,
    FloatingIpCalls,
    ListenerCalls,
    PoolCalls,
    MemberCalls,
    PolicyCalls,
):
    """Infomaniak Public Cloud's networks and load balancers, or any OpenStack's (Neutron and Octavia).

    Every call that changes something takes ``dry_run=True``: then it checks arguments, the existence of what it
    names and the quota, changes nothing, and returns a `Plan`. Making a client sends nothing and loads no SDK.

    Listings are lazy and of all pages. Names need not be unique in OpenStack: methods take ids.

    Args:
        credentials, region, endpoint_url, profile, timeout, retry, limits, observers, ca_bundle, verify: see
            `OpenStackClient`; `endpoint_url` is Neutron's.
    """

    @property
    def _kinds(self) -> dict[str, _Kind]:
        return {
            "network": _Kind(self.list_networks, self.get_network, self.delete_network, self.create_network),
            "subnet": _Kind(
                self.list_subnets, self.get_subnet, self.delete_subnet, self._create_subnet_of_name
            ),
            "router": _Kind(self.list_routers, self.get_router, self.delete_router, self.create_router),
            "security_group": _Kind(
                self.list_security_groups,
                self.get_security_group,
                self.delete_security_group,
                self.create_security_group,
            ),
            "floating_ip": _Kind(
                self.list_floating_ips,
                self.get_floating_ip,
                self.release_floating_ip,
                self._allocate_of_name,
            ),
        }

    def _create_subnet_of_name(self, name: str, network_id: str, cidr: str, **further: Any) -> Any:
        return call_with(self.create_subnet, network_id, name, cidr, **further)

    def _allocate_of_name(self, name: str, external_network: str, **further: Any) -> Any:
        return call_with(self.allocate_floating_ip, external_network, description=name, **further)

    # -- the contract ----------------------------------------------------------------------------------------
    def list_resources(self, resource_type: ResourceType | None = None) -> list[CloudResource]:
        """Return networks, subnets, routers, security groups and floating IPs; `metadata["kind"]` says which.

        Load balancers have methods of their own: not every project has the service.
        """
        if resource_type not in {None, ResourceType.NETWORK}:
            return []
        return [self._resource(kind, found) for kind, ways in self._kinds.items() for found in ways.list()]

    def get_resource(self, id: str) -> CloudResource | None:  # noqa: A002  # the specification's name
        """Return the resource with this id, or None when there is none. Asks once for each kind until it is found."""
        for kind, ways in self._kinds.items():
            try:
                return self._resource(kind, ways.get(id))
            except NotFoundError:  # noqa: PERF203  # ids do not say what they are of
                continue
        return None

    def create_resource(
        self, name: str, resource_type: ResourceType, config: Mapping[str, Any]
    ) -> CloudResource:
        """Return the new resource.

        Args:
            config: `kind` (``network``, ``subnet``, ``router``, ``security_group`` or ``floating_ip``; a network
                when it is missing), and the arguments of that kind's create method.

        Raises:
            AlreadyExistsError: there is one of that name already.
        """
        if resource_type is not ResourceType.NETWORK:
            raise UnsupportedOperationError(f"this client makes no {resource_type.value}")
        further = dict(config)
        kind = further.pop("kind", "network")
        ways = self._kinds.get(kind)
        if ways is None:
            raise InvalidRequestError(f"{kind!r} is no kind", hint=f"one of {', '.join(self._kinds)}")
        same = (
            ways.list()
            if kind == "floating_ip"  # it has a description in the place of a name, which is no filter
            else ways.list(name=name)
        )
        if any(self._resource(kind, found).name == name for found in same):
            raise AlreadyExistsError(
                f"there is a {kind} called {name!r}", context=self._runtime.context("create_resource", name)
            )
        return self._resource(kind, call_with(ways.create, name, **further))

    def delete_resource(self, id: str) -> bool:  # noqa: A002  # the specification's name
        """Make sure that the resource is gone; False when there was none."""
        found = self.get_resource(id)
        return found is not None and self._kinds[found.metadata["kind"]].delete(id)

    def _resource(self, kind: str, found: Any) -> CloudResource:
        return CloudResource(
            id=found.id,
            name=found.description if kind == "floating_ip" else found.name,
            resource_type=ResourceType.NETWORK,
            provider=CloudProvider.INFOMANIAK,
            region=self.region,
            status=getattr(found, "status", None),
            created_at=found.created_at,
            tags=FrozenMap(dict.fromkeys(getattr(found, "tags", ()), "")),
            metadata=FrozenMap({"kind": kind}),
            raw=found.raw,
        )
