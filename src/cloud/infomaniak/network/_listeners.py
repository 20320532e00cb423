"""Listeners of load balancers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud.infomaniak._planning import Step, change
from cloud.infomaniak._service import exists, one_of, part, port_number, something
from cloud.infomaniak.network._balancer_read import listener_of
from cloud.infomaniak.network._balancers import BalancerCalls

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cloud.common._paging import Pager
    from cloud.infomaniak.network._balancer_records import Listener

_PROTOCOLS = frozenset({"HTTP", "HTTPS", "TCP", "UDP", "SCTP", "TERMINATED_HTTPS", "PROMETHEUS"})


class ListenerCalls(BalancerCalls):
    """The ports of load balancers."""

    def list_listeners(
        self,
        loadbalancer_id: str | None = None,
        *,
        name: str | None = None,
        token: str | None = None,
        limit: int | None = None,
    ) -> Pager[Listener]:
        """Return the listeners of one load balancer, or of all."""
        params = {"load_balancer_id": loadbalancer_id, "name": name}
        return self._balancer_list(
            "list_listeners",
            loadbalancer_id or "",
            "/listeners",
            "listeners",
            listener_of,
            params,
            token,
            limit,
        )

    @change
    def create_listener(
        self,
        loadbalancer_id: str,
        name: str,
        protocol: str,
        port: int,
        *,
        default_pool_id: str | None = None,
        connection_limit: int | None = None,
        description: str | None = None,
        allowed_cidrs: Iterable[str] | None = None,
        insert_headers: Mapping[str, str] | None = None,
        timeout_client_data_ms: int | None = None,
        timeout_member_data_ms: int | None = None,
        tls_container_ref: str | None = None,
    ) -> Step[Listener]:
        """Return the new listener.

        Args:
            protocol: ``HTTP``, ``HTTPS``, ``TCP``, ``UDP``, ``SCTP``, ``TERMINATED_HTTPS`` or ``PROMETHEUS``.
            port: the port that clients connect to.
            default_pool_id: where what no policy takes goes.
            connection_limit: connections at once; no limit when None.
            allowed_cidrs: who may connect; everyone when None.
            insert_headers: for machines, such as ``{"X-Forwarded-For": "true"}``.
            tls_container_ref: Barbican's URL of the certificate, with ``TERMINATED_HTTPS``.
        """
        body = {
            "loadbalancer_id": loadbalancer_id,
            "name": name,
            "protocol": one_of(protocol, _PROTOCOLS, "protocol of listeners"),
            "protocol_port": port_number(port),
            "default_pool_id": default_pool_id,
            "connection_limit": connection_limit,
            "description": description,
            "allowed_cidrs": None if allowed_cidrs is None else list(allowed_cidrs),
            "insert_headers": None if insert_headers is None else dict(insert_headers),
            "timeout_client_data": timeout_client_data_ms,
            "timeout_member_data": timeout_member_data_ms,
            "default_tls_container_ref": tls_container_ref,
        }
        return self._balancer_change(
            "POST",
            "create_listener",
            name,
            "/listeners",
            "listener",
            body,
            listener_of,
            lambda: loadbalancer_id,
            (
                *exists("load balancer", loadbalancer_id, self.get_loadbalancer),
                *exists("pool", default_pool_id, self.get_pool),
            ),
        )

    @change
    def update_listener(
        self,
        listener_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        is_admin_state_up: bool | None = None,
        default_pool_id: str | None = None,
        connection_limit: int | None = None,
        allowed_cidrs: Iterable[str] | None = None,
    ) -> Step[Listener]:
        """Return the changed listener. What is None stays."""
        body = something(
            {
                "name": name,
                "description": description,
                "admin_state_up": is_admin_state_up,
                "default_pool_id": default_pool_id,
                "connection_limit": connection_limit,
                "allowed_cidrs": None if allowed_cidrs is None else list(allowed_cidrs),
            }
        )
        return self._balancer_change(
            "PUT",
            "update_listener",
            listener_id,
            f"/listeners/{part(listener_id)}",
            "listener",
            body,
            listener_of,
            lambda: self._balancer_of_listener(listener_id),
            exists("listener", listener_id, self.get_listener),
        )

    @change
    def delete_listener(self, listener_id: str) -> Step[bool]:
        """Make sure that the listener goes; False when there was none."""
        path = f"/listeners/{part(listener_id)}"
        return self._balancer_gone(
            "delete_listener",
            "listener",
            listener_id,
            path,
            self.get_listener,
            lambda: self._balancer_of_listener(listener_id),
        )
