"""What instances are made of and plugged into: flavors, images, interfaces, volumes, groups, zones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud._dialects._answers import read_by
from cloud.common._paging import Page, Pager
from cloud.common.errors import InvalidRequestError, NotFoundError
from cloud.infomaniak._planning import Step, change
from cloud.infomaniak._service import exists, given, one_of, part, read_all
from cloud.infomaniak.compute._calls import HEADERS, ComputeCalls
from cloud.infomaniak.compute._read import image_of, instance_type_of
from cloud.infomaniak.compute._records import (
    AvailabilityZone,
    InstanceAddress,
    InstanceInterface,
    InstanceVolume,
    ServerGroup,
    addresses_of,
    instance_volume_of,
    interface_of,
    server_group_of,
    zone_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from cloud.common._records import Image, InstanceType

_POLICIES = frozenset({"affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity"})
_GROUPS_PAGE = 500


class PartCalls(ComputeCalls):
    """Flavors, images, interfaces, volumes, security groups, server groups and zones."""

    # -- flavors and images ----------------------------------------------------------------------------------
    def get_flavor(self, name_or_id: str) -> InstanceType:
        """Return one flavor, which is what Nova calls an instance type."""
        part(name_or_id, "flavor")
        return self._runtime.run(
            "get_flavor", name_or_id, lambda: read_by(instance_type_of, self._flavor(name_or_id).raw)
        )

    def get_image(self, image_id: str) -> Image:
        """Return one image."""
        path = f"/images/{part(image_id)}"
        return self._read(image_of, "get_image", image_id, "GET", path, service="image")

    def find_image(self, name: str) -> Image:
        """Return the newest active image of this name, the provider's included.

        Raises:
            NotFoundError: there is none.
        """
        found = self._rest_list(
            "find_image",
            name,
            "/images",
            "images",
            image_of,
            params={"name": name, "status": "active", "sort": "created_at:desc"},
            service="image",
        )
        image = next((item for item in found if item.name == name), None)
        if image is None:
            raise NotFoundError(
                f"there is no active image called {name!r}",
                hint="a listing of all images, not of your own ones only, has their names",
                context=self._runtime.context("find_image", name),
                request_sent=False,
            )
        return image

    @change
    def delete_image(self, image_id: str) -> Step[bool]:
        """Make sure that the image is gone; False when there was none."""
        path = f"/images/{part(image_id)}"
        return self._gone_step("delete_image", "image", image_id, path, self.get_image, service="image")

    def wait_for_image(
        self,
        image_id: str,
        statuses: Collection[str] = ("active",),
        *,
        deadline_seconds: float = 1800.0,
        progress: Callable[[Image], None] | None = None,
    ) -> Image | None:
        """Return the image once its status is one of `statuses`; with ``deleted``, None once it is gone."""
        return self._wait_status(
            "wait_for_image",
            image_id,
            self.get_image,
            statuses,
            ("killed", "deleted", "deactivated"),
            deadline_seconds,
            progress,
        )

    # -- addresses and interfaces ----------------------------------------------------------------------------
    def list_addresses(self, instance_id: str) -> list[InstanceAddress]:
        """Return the addresses of the instance. A new floating IP shows up here some seconds late."""
        path = f"/servers/{part(instance_id)}"
        return self._one(
            "list_addresses",
            instance_id,
            path,
            "server",
            lambda server: addresses_of(self._instance_of(server).raw.get("addresses") or {}),
            headers=HEADERS,
        )

    def list_interfaces(self, instance_id: str) -> list[InstanceInterface]:
        """Return the network cards of the instance."""
        path = f"/servers/{part(instance_id)}/os-interface"
        read = read_all("interfaceAttachments", interface_of)
        return self._read(read, "list_interfaces", instance_id, "GET", path, headers=HEADERS)

    @change
    def attach_interface(
        self,
        instance_id: str,
        *,
        network_id: str | None = None,
        port_id: str | None = None,
        ip_address: str | None = None,
    ) -> Step[InstanceInterface]:
        """Return the new network card of the instance. Sent once.

        Args:
            network_id: the network to plug it into; or
            port_id: the port of yours that it gets.
            ip_address: which address of the network; the service chooses when None.
        """
        if (network_id is None) == (port_id is None):
            raise InvalidRequestError("give one of network_id and port_id")
        if ip_address is not None and network_id is None:
            raise InvalidRequestError("ip_address needs network_id")
        body = given(
            {
                "net_id": network_id,
                "port_id": port_id,
                "fixed_ips": None if ip_address is None else [{"ip_address": ip_address}],
            }
        )
        checks = (
            *exists("instance", instance_id, lambda found: self._server("attach_interface", found)),
            *exists("network", network_id, lambda found: self._neutron("networks", found)),
            *exists("port", port_id, lambda found: self._neutron("ports", found)),
        )
        return Step(
            instance_id,
            lambda: self._made(
                "attach_interface",
                instance_id,
                f"/servers/{part(instance_id)}/os-interface",
                "interfaceAttachment",
                body,
                interface_of,
                headers=HEADERS,
            ),
            body,
            checks,
        )

    def _neutron(self, kind: str, resource: str) -> None:
        self._rest("attach_interface", resource, "GET", f"/{kind}/{part(resource)}", service="network")

    @change
    def detach_interface(self, instance_id: str, port_id: str) -> Step[bool]:
        """Ask for a network card to be taken away; False when the instance had none of that port.

        A port that the service made for it goes, too.
        """
        path = f"/servers/{part(instance_id)}/os-interface/{part(port_id)}"

        def has_it() -> str:
            if port_id not in {card.port_id for card in self.list_interfaces(instance_id)}:
                raise NotFoundError(f"the instance has no card of the port {port_id}", request_sent=False)
            return f"the instance {instance_id} has the port {port_id}"

        return Step(
            instance_id,
            lambda: self._gone("detach_interface", instance_id, path, headers=HEADERS),
            {"port_id": port_id},
            (has_it,),
        )

    # -- security groups -------------------------------------------------------------------------------------
    @change
    def add_security_group(self, instance_id: str, security_group: str) -> Step[bool]:
        """Put a security group around all ports of the instance. Always True. Sent once.

        Args:
            security_group: its name or id.
        """
        return self._group_step("add_security_group", instance_id, "addSecurityGroup", security_group)

    @change
    def remove_security_group(self, instance_id: str, security_group: str) -> Step[bool]:
        """Take a security group away from all ports of the instance. Always True. Sent once."""
        return self._group_step("remove_security_group", instance_id, "removeSecurityGroup", security_group)

    def _group_step(self, operation: str, instance_id: str, verb: str, group: str) -> Step[bool]:
        def act() -> bool:
            self._nova_action(operation, instance_id, verb, {"name": group})
            return True

        look = exists("instance", instance_id, lambda found: self._server(operation, found))
        return Step(instance_id, act, {"security_group": group}, look)

    # -- volumes -----------------------------------------------------------------------------------------------
    def list_instance_volumes(self, instance_id: str) -> list[InstanceVolume]:
        """Return the volumes of the instance."""
        path = f"/servers/{part(instance_id)}/os-volume_attachments"
        read = read_all("volumeAttachments", instance_volume_of)
        return self._read(read, "list_instance_volumes", instance_id, "GET", path, headers=HEADERS)

    @change
    def attach_volume(
        self,
        instance_id: str,
        volume_id: str,
        *,
        device: str | None = None,
        delete_on_termination: bool = False,
    ) -> Step[InstanceVolume]:
        """Return that the volume is being attached. Sent once. `InfomaniakVolumeClient.attach_volume` waits for it.

        Args:
            device: what the service shall call it; most ignore it.
            delete_on_termination: whether the volume goes with the instance.
        """
        body = given(
            {
                "volumeId": volume_id,
                "device": device,
                "delete_on_termination": delete_on_termination,
            }
        )
        look = exists("instance", instance_id, lambda found: self._server("attach_volume", found))
        return Step(
            instance_id,
            lambda: self._made(
                "attach_volume",
                instance_id,
                f"/servers/{part(instance_id)}/os-volume_attachments",
                "volumeAttachment",
                body,
                instance_volume_of,
                headers=HEADERS,
            ),
            body,
            look,
        )

    @change
    def detach_volume(self, instance_id: str, volume_id: str) -> Step[bool]:
        """Ask for the volume to be detached; False when the instance did not have it."""
        path = f"/servers/{part(instance_id)}/os-volume_attachments/{part(volume_id)}"

        def has_it() -> str:
            if volume_id not in {found.volume_id for found in self.list_instance_volumes(instance_id)}:
                raise NotFoundError(f"the instance has no volume {volume_id}", request_sent=False)
            return f"the instance {instance_id} has the volume {volume_id}"

        return Step(
            instance_id,
            lambda: self._gone("detach_volume", instance_id, path, headers=HEADERS),
            {"volume_id": volume_id},
            (has_it,),
        )

    # -- server groups and zones -------------------------------------------------------------------------------
    def list_server_groups(
        self, *, token: str | None = None, limit: int | None = None, page_size: int = _GROUPS_PAGE
    ) -> Pager[ServerGroup]:
        """Return the project's server groups."""

        def fetch(offset: str | None) -> Page[ServerGroup]:
            found = self._read(
                read_all("server_groups", server_group_of),
                "list_server_groups",
                "",
                "GET",
                "/os-server-groups",
                params={"limit": page_size, "offset": offset},
                headers=HEADERS,
            )
            # The service counts and links nothing: only an empty page is the end.
            following = str(int(offset or 0) + len(found)) if found else None
            return Page(tuple(found), (), following)

        return Pager(fetch, token=token, limit=limit)

    def get_server_group(self, server_group_id: str) -> ServerGroup:
        """Return one server group."""
        path = f"/os-server-groups/{part(server_group_id)}"
        return self._one(
            "get_server_group", server_group_id, path, "server_group", server_group_of, headers=HEADERS
        )

    @change
    def create_server_group(self, name: str, policy: str) -> Step[ServerGroup]:
        """Return the new server group. Sent once.

        Args:
            policy: ``affinity``, ``anti-affinity``, ``soft-affinity`` or ``soft-anti-affinity``.
        """
        body = {"name": name, "policy": one_of(policy, _POLICIES, "policy")}
        return Step(
            name,
            lambda: self._made(
                "create_server_group",
                name,
                "/os-server-groups",
                "server_group",
                body,
                server_group_of,
                headers=HEADERS,
            ),
            body,
        )

    @change
    def delete_server_group(self, server_group_id: str) -> Step[bool]:
        """Make sure that the server group is gone; False when there was none. Its instances stay."""
        path = f"/os-server-groups/{part(server_group_id)}"
        return self._gone_step(
            "delete_server_group",
            "server group",
            server_group_id,
            path,
            self.get_server_group,
            headers=HEADERS,
        )

    def list_availability_zones(self) -> list[AvailabilityZone]:
        """Return the parts of the region that fail by themselves."""
        read = read_all("availabilityZoneInfo", zone_of)
        return self._read(
            read, "list_availability_zones", "", "GET", "/os-availability-zone", headers=HEADERS
        )
