"""Floating IPs and port forwardings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud.common.errors import ConflictError
from cloud.infomaniak._planning import Step, change
from cloud.infomaniak._service import exists, has_room, one_of, part, port_number, something
from cloud.infomaniak.network._core import _joined
from cloud.infomaniak.network._ports import PortCalls
from cloud.infomaniak.network._read import floating_ip_of, port_forwarding_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cloud.common._paging import Pager
    from cloud.infomaniak.network._records import FloatingIp, PortForwarding


class FloatingIpCalls(PortCalls):
    """Public addresses, and what they lead to."""

    def list_floating_ips(
        self,
        *,
        port_id: str | None = None,
        ip_address: str | None = None,
        external_network_id: str | None = None,
        tags: Iterable[str] = (),
        token: str | None = None,
        limit: int | None = None,
    ) -> Pager[FloatingIp]:
        """Return the project's floating IPs."""
        return self._rest_list(
            "list_floating_ips",
            "",
            "/floatingips",
            "floatingips",
            floating_ip_of,
            params={
                "port_id": port_id,
                "floating_ip_address": ip_address,
                "floating_network_id": external_network_id,
                "tags": _joined(tags),
            },
            token=token,
            limit=limit,
        )

    def get_floating_ip(self, floating_ip_id: str) -> FloatingIp:
        """Return one floating IP."""
        path = f"/floatingips/{part(floating_ip_id)}"
        return self._one("get_floating_ip", floating_ip_id, path, "floatingip", floating_ip_of)

    @change
    def allocate_floating_ip(
        self,
        external_network: str,
        *,
        port_id: str | None = None,
        fixed_ip_address: str | None = None,
        ip_address: str | None = None,
        description: str | None = None,
    ) -> Step[FloatingIp]:
        """Return a new floating IP. It is charged until it is released, whether it leads somewhere or not.

        Args:
            external_network: id of the network that it is from (Infomaniak's is called ``ext-floating1``).
            port_id: the port that it shall lead to; nowhere when None.
            fixed_ip_address: which address of that port, where it has several.
            ip_address: one certain address, which only an administrator may choose.
        """
        body = {
            "floating_network_id": external_network,
            "port_id": port_id,
            "fixed_ip_address": fixed_ip_address,
            "floating_ip_address": ip_address,
            "description": description,
        }
        checks = (
            *exists("network", external_network, self.get_network),
            *exists("port", port_id, self.get_port),
            has_room(self.list_quotas, floatingip=1),
        )
        return Step(
            external_network,
            lambda: self._made(
                "allocate_floating_ip", external_network, "/floatingips", "floatingip", body, floating_ip_of
            ),
            body,
            checks,
        )

    @change
    def associate_floating_ip(
        self,
        floating_ip_id: str,
        port_id: str,
        *,
        fixed_ip_address: str | None = None,
        reassociate: bool = False,
    ) -> Step[FloatingIp]:
        """Return the floating IP, which leads to the port now. Nova shows it some seconds later.

        Args:
            reassociate: allow to take it from the port that it leads to now.

        Raises:
            ConflictError: it leads to another port.
        """
        part(port_id)
        path = f"/floatingips/{part(floating_ip_id)}"
        body = {"port_id": port_id, "fixed_ip_address": fixed_ip_address}

        def act() -> FloatingIp:
            if not reassociate:
                self._refuse_taken(floating_ip_id, port_id)
            return self._changed(
                "associate_floating_ip", floating_ip_id, path, "floatingip", body, floating_ip_of
            )

        def is_free() -> str:
            if not reassociate:
                self._refuse_taken(floating_ip_id, port_id)
            return f"the floating IP {floating_ip_id} may lead to {port_id}"

        return Step(floating_ip_id, act, body, (is_free, *exists("port", port_id, self.get_port)))

    def _refuse_taken(self, floating_ip_id: str, port_id: str) -> None:
        found = self.get_floating_ip(floating_ip_id)
        if found.port_id not in {None, port_id}:
            raise ConflictError(
                f"{found.ip_address} leads to the port {found.port_id}",
                hint="disassociate it first, or allow it to move from there",
                request_sent=False,
            )

    @change
    def disassociate_floating_ip(self, floating_ip_id: str) -> Step[FloatingIp]:
        """Return the floating IP, which leads nowhere now and stays yours."""
        path = f"/floatingips/{part(floating_ip_id)}"

        def act() -> FloatingIp:
            answer = self._rest(
                "disassociate_floating_ip",
                floating_ip_id,
                "PUT",
                path,
                json={"floatingip": {"port_id": None}},
            )
            return floating_ip_of(answer["floatingip"])

        return Step(floating_ip_id, act, checks=exists("floating IP", floating_ip_id, self.get_floating_ip))

    @change
    def update_floating_ip(self, floating_ip_id: str, *, description: str) -> Step[FloatingIp]:
        """Return the floating IP with its new description."""
        path = f"/floatingips/{part(floating_ip_id)}"
        body = something({"description": description})
        return Step(
            floating_ip_id,
            lambda: self._changed(
                "update_floating_ip", floating_ip_id, path, "floatingip", body, floating_ip_of
            ),
            body,
            exists("floating IP", floating_ip_id, self.get_floating_ip),
        )

    @change
    def release_floating_ip(self, floating_ip_id: str) -> Step[bool]:
        """Make sure that the floating IP is given back; False when there was none. Nobody gets it back for you."""
        path = f"/floatingips/{part(floating_ip_id)}"
        return self._gone_step(
            "release_floating_ip", "floating IP", floating_ip_id, path, self.get_floating_ip
        )

    # -- port forwardings ------------------------------------------------------------------------------------
    def list_port_forwardings(
        self, floating_ip_id: str, *, token: str | None = None, limit: int | None = None
    ) -> Pager[PortForwarding]:
        """Return what single ports of a floating IP lead to."""
        return self._rest_list(
            "list_port_forwardings",
            floating_ip_id,
            f"/floatingips/{part(floating_ip_id)}/port_forwardings",
            "port_forwardings",
            lambda data: port_forwarding_of(floating_ip_id, data),
            token=token,
            limit=limit,
        )

    def get_port_forwarding(self, floating_ip_id: str, forwarding_id: str) -> PortForwarding:
        """Return one port forwarding."""
        return self._one(
            "get_port_forwarding",
            forwarding_id,
            f"/floatingips/{part(floating_ip_id)}/port_forwardings/{part(forwarding_id)}",
            "port_forwarding",
            lambda data: port_forwarding_of(floating_ip_id, data),
        )

    @change
    def create_port_forwarding(
        self,
        floating_ip_id: str,
        external_port: int,
        internal_port_id: str,
        internal_ip_address: str,
        internal_port: int,
        protocol: str = "tcp",
        *,
        description: str | None = None,
    ) -> Step[PortForwarding]:
        """Return the new port forwarding: one port of a floating IP leads to one port of a machine.

        Args:
            external_port: the port of the floating IP, which must lead nowhere as a whole.
            internal_port_id: id of the machine's port in Neutron.
            internal_ip_address: that port's address.
            internal_port: the port there.
            protocol: ``tcp`` or ``udp``.

        Raises:
            InvalidRequestError: that external port is taken.
        """
        body = {
            "external_port": port_number(external_port, "external_port"),
            "internal_port_id": internal_port_id,
            "internal_ip_address": internal_ip_address,
            "internal_port": port_number(internal_port, "internal_port"),
            "protocol": one_of(protocol, ("tcp", "udp"), "protocol"),
            "description": description,
        }
        path = f"/floatingips/{part(floating_ip_id)}/port_forwardings"
        checks = (
            *exists("floating IP", floating_ip_id, self.get_floating_ip),
            *exists("port", internal_port_id, self.get_port),
        )
        return Step(
            floating_ip_id,
            lambda: self._made(
                "create_port_forwarding",
                floating_ip_id,
                path,
                "port_forwarding",
                body,
                lambda data: port_forwarding_of(floating_ip_id, data),
            ),
            body,
            checks,
        )

    @change
    def update_port_forwarding(
        self,
        floating_ip_id: str,
        forwarding_id: str,
        *,
        external_port: int | None = None,
        internal_port: int | None = None,
        description: str | None = None,
    ) -> Step[PortForwarding]:
        """Return the changed port forwarding. What is None stays."""
        for name, number in (("external_port", external_port), ("internal_port", internal_port)):
            if number is not None:
                port_number(number, name)
        body = something(
            {"external_port": external_port, "internal_port": internal_port, "description": description}
        )
        path = f"/floatingips/{part(floating_ip_id)}/port_forwardings/{part(forwarding_id)}"
        return Step(
            forwarding_id,
            lambda: self._changed(
                "update_port_forwarding",
                forwarding_id,
                path,
                "port_forwarding",
                body,
                lambda data: port_forwarding_of(floating_ip_id, data),
            ),
            body,
            exists(
                "port forwarding",
                forwarding_id,
                lambda found: self.get_port_forwarding(floating_ip_id, found),
            ),
        )

    @change
    def delete_port_forwarding(self, floating_ip_id: str, forwarding_id: str) -> Step[bool]:
        """Make sure that the port forwarding is gone; False when there was none."""
        path = f"/floatingips/{part(floating_ip_id)}/port_forwardings/{part(forwarding_id)}"
        return self._gone_step(
            "delete_port_forwarding",
            "port forwarding",
            forwarding_id,
            path,
            lambda found: self.get_port_forwarding(floating_ip_id, found),
        )
