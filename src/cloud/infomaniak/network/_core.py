"""Networks and subnets."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from cloud.common.errors import InvalidRequestError
from cloud.infomaniak._planning import Step, change
from cloud.infomaniak._service import (
    ServiceClient,
    exists,
    has_room,
    one_of,
    part,
    quotas_of,
    read_inner,
    something,
    texts_in,
)
from cloud.infomaniak.network._read import network_of, subnet_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cloud.common._paging import Pager
    from cloud.common._records import Quota
    from cloud.infomaniak.network._records import Network, Subnet

_TAGGED = frozenset({"networks", "subnets", "ports", "routers", "floatingips", "security-groups"})


class NetworkCalls(ServiceClient):
    """Networks and subnets; the base of all parts of the network client."""

    service_type = "network"
    service_name = "network"

    def _service_url(self) -> str:
        url = super()._service_url()
        return url if url.endswith("/v2.0") else f"{url}/v2.0"

    def _other_service_url(self, service: str) -> str:
        url = super()._other_service_url(service)
        return url if url.rpartition("/")[2] in {"v2", "v2.0"} else f"{url}/v2"

    def list_quotas(self) -> list[Quota]:
        """Return what the project may have of networks, ports, routers, floating IPs and so on, and has."""
        project = self._project_id("list_quotas")
        return self._one("list_quotas", project, f"/quotas/{part(project)}/details.json", "quota", quotas_of)

    @change
    def set_tags(self, kind: str, id: str, tags: Iterable[str]) -> Step[tuple[str, ...]]:  # noqa: A002  # as everywhere
        """Return the tags that the resource has now: exactly these.

        Args:
            kind: ``networks``, ``subnets``, ``ports``, ``routers``, ``floatingips`` or ``security-groups``.
            id: the resource.
            tags: of at most 60 characters each.
            dry_run: return what would be set instead.
        """
        path = f"/{one_of(kind, _TAGGED, 'kind')}/{part(id)}/tags"
        body = {"tags": sorted(set(tags))}

        def act() -> tuple[str, ...]:
            return self._read(texts_in("tags"), "set_tags", id, "PUT", path, json=body)

        def now() -> str:
            found = self._read(texts_in("tags"), "set_tags", id, "GET", path)
            return f"it has {', '.join(found) or 'no tags'} now"

        return Step(id, act, body, (now,))

    # -- networks --------------------------------------------------------------------------------------------
    def list_networks(
        self,
        *,
        name: str | None = None,
        is_external: bool | None = None,
        is_shared: bool | None = None,
        tags: Iterable[str] = (),
        token: str | None = None,
        limit: int | None = None,
    ) -> Pager[Network]:
        """Return the networks that the project sees, those that are shared and external included."""
        params = {"name": name, "router:external": is_external, "shared": is_shared, "tags": _joined(tags)}
        return self._rest_list(
            "list_networks", "", "/networks", "networks", network_of, params=params, token=token, limit=limit
        )

    def get_network(self, network_id: str) -> Network:
        """Return one network."""
        return self._one("get_network", network_id, f"/networks/{part(network_id)}", "network", network_of)

    @change
    def create_network(
        self,
        name: str,
        description: str | None = None,
        is_shared: bool | None = None,  # the agreed position
        *,
        mtu: int | None = None,
        is_port_security_enabled: bool | None = None,
        is_external: bool | None = None,
        provider_network_type: str | None = None,
        physical_network: str | None = None,
    ) -> Step[Network]:
        """Return the new network. Sharing, external networks and physical networks are an administrator's."""
        body = {
            "name": name,
            "description": description,
            "shared": is_shared,
            "mtu": mtu,
            "port_security_enabled": is_port_security_enabled,
            "router:external": is_external,
            "provider:network_type": provider_network_type,
            "provider:physical_network": physical_network,
        }
        return Step(
            name,
            lambda: self._made("create_network", name, "/networks", "network", body, network_of),
            body,
            (has_room(self.list_quotas, network=1),),
        )

    @change
    def update_network(
        self,
        network_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        is_admin_state_up: bool | None = None,
        mtu: int | None = None,
    ) -> Step[Network]:
        """Return the changed network. What is None stays."""
        body = something(
            {"name": name, "description": description, "admin_state_up": is_admin_state_up, "mtu": mtu}
        )
        path = f"/networks/{part(network_id)}"
        return Step(
            network_id,
            lambda: self._changed("update_network", network_id, path, "network", body, network_of),
            body,
            exists("network", network_id, self.get_network),
        )

    @change
    def delete_network(self, network_id: str) -> Step[bool]:
        """Make sure that the network is gone with its subnets; False when there was none.

        Raises:
            ConflictError: something is plugged into it.
        """
        path = f"/networks/{part(network_id)}"
        return self._gone_step("delete_network", "network", network_id, path, self.get_network)

    # -- subnets ---------------------------------------------------------------------------------------------
    def list_subnets(
        self,
        *,
        network_id: str | None = None,
        name: str | None = None,
        tags: Iterable[str] = (),
        token: str | None = None,
        limit: int | None = None,
    ) -> Pager[Subnet]:
        """Return the subnets that the project sees."""
        params = {"network_id": network_id, "name": name, "tags": _joined(tags)}
        return self._rest_list(
            "list_subnets", "", "/subnets", "subnets", subnet_of, params=params, token=token, limit=limit
        )

    def get_subnet(self, subnet_id: str) -> Subnet:
        """Return one subnet."""
        return self._one("get_subnet", subnet_id, f"/subnets/{part(subnet_id)}", "subnet", subnet_of)

    @change
    def create_subnet(
        self,
        network_id: str,
        name: str,
        cidr: str,
        ip_version: int | None = None,
        gateway_ip: str | None = None,
        enable_dhcp: bool = True,  # noqa: FBT002  # the agreed position
        dns_nameservers: Iterable[str] | None = None,
        *,
        description: str | None = None,
        has_gateway: bool = True,
        allocation_pools: Iterable[tuple[str, str]] | None = None,
        host_routes: Iterable[tuple[str, str]] | None = None,
        ipv6_address_mode: str | None = None,
        ipv6_ra_mode: str | None = None,
    ) -> Step[Subnet]:
        """Return the new subnet.

        Args:
            cidr: the range, such as ``10.0.0.0/24``.
            ip_version: 4 or 6; what `cidr` is when None.
            gateway_ip: the router's address; the first of the range when None.
            has_gateway: False for a subnet without one.
            allocation_pools: (first, last) of each range that ports get addresses from; all but the gateway
                when None.
            host_routes: (destination, next hop) of each route to hand out.
        """
        range_ = _range(cidr)
        if ip_version not in {None, range_.version}:
            raise InvalidRequestError(f"{cidr} is a range of IPv{range_.version}, not of IPv{ip_version}")
        if gateway_ip is not None and not has_gateway:
            raise InvalidRequestError("a gateway's address and no gateway exclude each other")
        body: dict[str, Any] = {
            "network_id": network_id,
            "name": name,
            "cidr": cidr,
            "ip_version": range_.version,
            "gateway_ip": gateway_ip,
            "enable_dhcp": enable_dhcp,
            "dns_nameservers": None if dns_nameservers is None else list(dns_nameservers),
            "description": description,
            "allocation_pools": None
            if allocation_pools is None
            else [{"start": start, "end": end} for start, end in allocation_pools],
            "host_routes": _host_routes(host_routes),
            "ipv6_address_mode": ipv6_address_mode,
            "ipv6_ra_mode": ipv6_ra_mode,
        }

        def act() -> Subnet:
            sent = {name: value for name, value in body.items() if value is not None}
            if not has_gateway:
                sent["gateway_ip"] = None  # None, said aloud, means none
            read = read_inner("subnet", subnet_of)
            return self._read(read, "create_subnet", name, "POST", "/subnets", json={"subnet": sent})

        checks = (*exists("network", network_id, self.get_network), has_room(self.list_quotas, subnet=1))
        return Step(name, act, body, checks)

    @change
    def update_subnet(
        self,
        subnet_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        gateway_ip: str | None = None,
        enable_dhcp: bool | None = None,
        dns_nameservers: Iterable[str] | None = None,
        host_routes: Iterable[tuple[str, str]] | None = None,
    ) -> Step[Subnet]:
        """Return the changed subnet. What is None stays; an empty list takes all away."""
        body = something(
            {
                "name": name,
                "description": description,
                "gateway_ip": gateway_ip,
                "enable_dhcp": enable_dhcp,
                "dns_nameservers": None if dns_nameservers is None else list(dns_nameservers),
                "host_routes": _host_routes(host_routes),
            }
        )
        path = f"/subnets/{part(subnet_id)}"
        return Step(
            subnet_id,
            lambda: self._changed("update_subnet", subnet_id, path, "subnet", body, subnet_of),
            body,
            exists("subnet", subnet_id, self.get_subnet),
        )

    @change
    def delete_subnet(self, subnet_id: str) -> Step[bool]:
        """Make sure that the subnet is gone; False when there was none.

        Raises:
            ConflictError: a port has an address of it, such as a router's.
        """
        path = f"/subnets/{part(subnet_id)}"
        return self._gone_step("delete_subnet", "subnet", subnet_id, path, self.get_subnet)


def _joined(tags: Iterable[str]) -> str | None:
    """Return the tags as Neutron takes them: all of them must be there."""
    return ",".join(tags) or None


def _range(cidr: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(cidr)
    except ValueError as exc:
        raise InvalidRequestError(
            f"{cidr!r} is no range of addresses: {exc}", hint="such as 10.0.0.0/24"
        ) from exc


def _host_routes(routes: Iterable[tuple[str, str]] | None) -> list[Mapping[str, str]] | None:
    if routes is None:
        return None
    return [{"destination": destination, "nexthop": nexthop} for destination, nexthop in routes]
