"""Routers, their interfaces and routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud.common.errors import InvalidRequestError
from cloud.infomaniak._planning import Step, change
from cloud.infomaniak._service import exists, has_room, part, something, there_are
from cloud.infomaniak.network._core import _joined
from cloud.infomaniak.network._ports import PortCalls
from cloud.infomaniak.network._read import router_interface_of, router_of
from cloud.infomaniak.network._records import Router, RouterInterface

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cloud.common._paging import Pager


class RouterCalls(PortCalls):
    """Routers between subnets and an external network."""

    def list_routers(
        self,
        *,
        name: str | None = None,
        tags: Iterable[str] = (),
        token: str | None = None,
        limit: int | None = None,
    ) -> Pager[Router]:
        """Return the project's routers."""
        params = {"name": name, "tags": _joined(tags)}
        return self._rest_list(
            "list_routers", "", "/routers", "routers", router_of, params=params, token=token, limit=limit
        )

    def get_router(self, router_id: str) -> Router:
        """Return one router."""
        return self._one("get_router", router_id, f"/routers/{part(router_id)}", "router", router_of)

    @change
    def create_router(
        self,
        name: str,
        external_network: str | None = None,
        *,
        description: str | None = None,
        is_snat_enabled: bool | None = None,
    ) -> Step[Router]:
        """Return the new router.

        Args:
            external_network: id of the network of its gateway (Infomaniak's is called ``ext-floating1``).
            is_snat_enabled: whether machines without a floating IP reach the outside through it.
        """
        body = {
            "name": name,
            "description": description,
            "external_gateway_info": _gateway(external_network, is_snat_enabled),
        }
        checks = (
            *exists("network", external_network, self._external_network),
            has_room(self.list_quotas, router=1),
        )
        return Step(
            name,
            lambda: self._made("create_router", name, "/routers", "router", body, router_of),
            body,
            checks,
        )

    def _external_network(self, network_id: str) -> None:
        if not self.get_network(network_id).is_external:
            raise InvalidRequestError(
                f"the network {network_id} is not external",
                hint=there_are(
                    network.name or network.id for network in self.list_networks(is_external=True)
                ),
            )

    @change
    def update_router(
        self,
        router_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        is_admin_state_up: bool | None = None,
        external_network: str | None = None,
        is_snat_enabled: bool | None = None,
        routes: Iterable[tuple[str, str]] | None = None,
    ) -> Step[Router]:
        """Return the changed router. What is None stays.

        Args:
            external_network: id of the network of its gateway; an empty text takes the gateway away.
            routes: (destination, next hop) of all its static routes; an empty list takes all away. To add or
                remove some, see `add_routes` and `remove_routes`.
        """
        body: dict[str, Any] = {
            "name": name,
            "description": description,
            "admin_state_up": is_admin_state_up,
            "external_gateway_info": {}
            if external_network == ""  # None means something else
            else _gateway(external_network, is_snat_enabled),
            "routes": None if routes is None else _routes(routes),
        }
        body = something(body)
        path = f"/routers/{part(router_id)}"
        return Step(
            router_id,
            lambda: self._changed("update_router", router_id, path, "router", body, router_of),
            body,
            exists("router", router_id, self.get_router),
        )

    @change
    def add_routes(self, router_id: str, routes: Iterable[tuple[str, str]]) -> Step[Router]:
        """Return the router with these static routes added, in one step that loses no route of anybody else."""
        return self._route_step("add_routes", "add_extraroutes", router_id, routes)

    @change
    def remove_routes(self, router_id: str, routes: Iterable[tuple[str, str]]) -> Step[Router]:
        """Return the router without these static routes; one that it does not have is no error."""
        return self._route_step("remove_routes", "remove_extraroutes", router_id, routes)

    def _route_step(
        self, operation: str, verb: str, router_id: str, routes: Iterable[tuple[str, str]]
    ) -> Step[Router]:
        body = {"routes": _routes(routes)}
        if not body["routes"]:
            raise InvalidRequestError("no routes are given")
        path = f"/routers/{part(router_id)}/{verb}"
        return Step(
            router_id,
            lambda: self._changed(operation, router_id, path, "router", body, router_of),
            body,
            exists("router", router_id, self.get_router),
        )

    @change
    def delete_router(self, router_id: str) -> Step[bool]:
        """Make sure that the router is gone; False when there was none.

        Raises:
            ConflictError: it has interfaces; see `remove_router_interface`.
        """
        path = f"/routers/{part(router_id)}"
        return self._gone_step("delete_router", "router", router_id, path, self.get_router)

    # -- interfaces ------------------------------------------------------------------------------------------
    def list_router_interfaces(self, router_id: str) -> list[RouterInterface]:
        """Return what the router is connected to, but for its gateway."""
        return [
            RouterInterface(
                router_id=router_id,
                port_id=port.id,
                subnet_id=port.fixed_addresses[0].subnet_id if port.fixed_addresses else None,
                network_id=port.network_id,
            )
            for port in self.list_ports(device_id=router_id)
            if port.device_owner != "network:router_gateway"
        ]

    @change
    def add_router_interface(
        self, router_id: str, subnet_id: str | None = None, *, port_id: str | None = None
    ) -> Step[RouterInterface]:
        """Return the new connection of the router to a subnet, or through a port of yours.

        Raises:
            AlreadyExistsError, InvalidRequestError: it is connected to that subnet already.
        """
        return self._interface_step("add_router_interface", router_id, subnet_id, port_id)

    @change
    def remove_router_interface(
        self, router_id: str, subnet_id: str | None = None, *, port_id: str | None = None
    ) -> Step[RouterInterface]:
        """Return the connection that the router had to the subnet.

        Raises:
            NotFoundError: it had none.
            ConflictError: a floating IP or a route needs it.
        """
        return self._interface_step("remove_router_interface", router_id, subnet_id, port_id)

    def _interface_step(
        self, operation: str, router_id: str, subnet_id: str | None, port_id: str | None
    ) -> Step[RouterInterface]:
        if (subnet_id is None) == (port_id is None):
            raise InvalidRequestError("give one of subnet_id and port_id")
        body = {"subnet_id": subnet_id} if subnet_id is not None else {"port_id": port_id}
        path = f"/routers/{part(router_id)}/{operation}"

        def act() -> RouterInterface:
            # The second of two would be refused, and hide that the first one worked.
            return self._read(
                router_interface_of, operation, router_id, "PUT", path, json=body, idempotent=False
            )

        checks = (
            *exists("router", router_id, self.get_router),
            *exists("subnet", subnet_id, self.get_subnet),
            *exists("port", port_id, self.get_port),
        )
        return Step(router_id, act, body, checks)


def _gateway(network_id: str | None, is_snat_enabled: bool | None) -> Mapping[str, Any] | None:
    if network_id is None:
        if is_snat_enabled is not None:
            raise InvalidRequestError("is_snat_enabled needs external_network")
        return None
    return {
        "network_id": network_id,
        **({} if is_snat_enabled is None else {"enable_snat": is_snat_enabled}),
    }


def _routes(routes: Iterable[tuple[str, str]]) -> list[Mapping[str, str]]:
    return [{"destination": destination, "nexthop": nexthop} for destination, nexthop in routes]
