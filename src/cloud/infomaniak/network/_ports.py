"""Ports: where an instance, a router or a load balancer is plugged in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud.infomaniak._planning import Step, change
from cloud.infomaniak._service import exists, has_room, part, something
from cloud.infomaniak.network._core import NetworkCalls, _joined
from cloud.infomaniak.network._read import port_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cloud.common._paging import Pager
    from cloud.infomaniak.network._records import Port


class PortCalls(NetworkCalls):
    """Ports."""

    def list_ports(
        self,
        *,
        network_id: str | None = None,
        device_id: str | None = None,
        name: str | None = None,
        mac_address: str | None = None,
        tags: Iterable[str] = (),
        token: str | None = None,
        limit: int | None = None,
    ) -> Pager[Port]:
        """Return the ports that the project sees; `device_id` is an instance's or a router's id."""
        params = {
            "network_id": network_id,
            "device_id": device_id,
            "name": name,
            "mac_address": mac_address,
            "tags": _joined(tags),
        }
        return self._rest_list(
            "list_ports", "", "/ports", "ports", port_of, params=params, token=token, limit=limit
        )

    def get_port(self, port_id: str) -> Port:
        """Return one port."""
        return self._one("get_port", port_id, f"/ports/{part(port_id)}", "port", port_of)

    @change
    def create_port(
        self,
        network_id: str,
        name: str = "",
        *,
        description: str | None = None,
        subnet_id: str | None = None,
        ip_address: str | None = None,
        security_group_ids: Iterable[str] | None = None,
        allowed_address_pairs: Iterable[tuple[str, str]] | None = None,
        is_port_security_enabled: bool | None = None,
        mac_address: str | None = None,
    ) -> Step[Port]:
        """Return the new port.

        Args:
            subnet_id, ip_address: where its address is from, and which; the service chooses what is None.
            security_group_ids: what guards it: the project's default group when None, nothing when empty.
            allowed_address_pairs: (address or range, MAC or empty) that it may send from, too.
        """
        address = {"subnet_id": subnet_id, "ip_address": ip_address}
        fixed = {key: value for key, value in address.items() if value is not None}
        body = {
            "network_id": network_id,
            "name": name,
            "description": description,
            "fixed_ips": [fixed] if fixed else None,
            "security_groups": None if security_group_ids is None else list(security_group_ids),
            "allowed_address_pairs": _pairs(allowed_address_pairs),
            "port_security_enabled": is_port_security_enabled,
            "mac_address": mac_address,
        }
        checks = (
            *exists("network", network_id, self.get_network),
            *exists("subnet", subnet_id, self.get_subnet),
            has_room(self.list_quotas, port=1),
        )
        return Step(
            name or network_id,
            lambda: self._made("create_port", name or network_id, "/ports", "port", body, port_of),
            body,
            checks,
        )

    @change
    def update_port(
        self,
        port_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        is_admin_state_up: bool | None = None,
        security_group_ids: Iterable[str] | None = None,
        allowed_address_pairs: Iterable[tuple[str, str]] | None = None,
        is_port_security_enabled: bool | None = None,
    ) -> Step[Port]:
        """Return the changed port. What is None stays; an empty list takes all away."""
        body = something(
            {
                "name": name,
                "description": description,
                "admin_state_up": is_admin_state_up,
                "security_groups": None if security_group_ids is None else list(security_group_ids),
                "allowed_address_pairs": _pairs(allowed_address_pairs),
                "port_security_enabled": is_port_security_enabled,
            }
        )
        path = f"/ports/{part(port_id)}"
        return Step(
            port_id,
            lambda: self._changed("update_port", port_id, path, "port", body, port_of),
            body,
            exists("port", port_id, self.get_port),
        )

    @change
    def delete_port(self, port_id: str) -> Step[bool]:
        """Make sure that the port is gone; False when there was none."""
        path = f"/ports/{part(port_id)}"
        return self._gone_step("delete_port", "port", port_id, path, self.get_port)


def _pairs(pairs: Iterable[tuple[str, str]] | None) -> list[Mapping[str, str]] | None:
    if pairs is None:
        return None
    return [{"ip_address": ip, **({"mac_address": mac} if mac else {})} for ip, mac in pairs]
