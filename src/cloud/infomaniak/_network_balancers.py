"""Octavia's load balancers, listeners and pools.

Nothing of a load balancer can be changed while something of it is being changed: every call here waits for that
before it sends its own change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from cloud.common._records import Quota
from cloud.common.errors import InvalidRequestError
from cloud.infomaniak._network_balancer_records import (
    Listener,
    LoadBalancer,
    LoadBalancerStatistics,
    Pool,
    listener_of,
    load_balancer_of,
    pool_of,
    statistics_of,
)
from cloud.infomaniak._network_core import NetworkCalls
from cloud.infomaniak._planning import Step, change
from cloud.infomaniak._service import exists, has_room, one_of, part, port_number, something

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from cloud.common._paging import Pager

T = TypeVar("T")

SERVICE = "load-balancer"
SETTLE_SECONDS = 300.0
"""How long a change waits for the one before it: an amphora is an instance, which takes minutes to start."""
_LISTENER_PROTOCOLS = frozenset({"HTTP", "HTTPS", "TCP", "UDP", "SCTP", "TERMINATED_HTTPS", "PROMETHEUS"})
_POOL_PROTOCOLS = frozenset({"HTTP", "HTTPS", "PROXY", "PROXYV2", "TCP", "UDP", "SCTP"})
_ALGORITHMS = frozenset({"ROUND_ROBIN", "LEAST_CONNECTIONS", "SOURCE_IP", "SOURCE_IP_PORT"})


class BalancerCalls(NetworkCalls):
    """Load balancers, listeners and pools."""

    # -- shared with members, monitors and policies ----------------------------------------------------------
    def _balancer_list(
        self,
        operation: str,
        resource: str,
        path: str,
        key: str,
        make: Callable[[Any], T],
        params: Mapping[str, Any],
        token: str | None,
        limit: int | None,
    ) -> Pager[T]:
        return self._rest_list(
            operation,
            resource,
            f"/lbaas{path}",
            key,
            make,
            params=params,
            token=token,
            limit=limit,
            service=SERVICE,
        )

    def _balancer_one(
        self, operation: str, resource: str, path: str, key: str, make: Callable[[Any], T]
    ) -> T:
        return self._one(operation, resource, f"/lbaas{path}", key, make, service=SERVICE)

    def _balancer_change(
        self,
        method: str,
        operation: str,
        resource: str,
        path: str,
        key: str,
        body: Mapping[str, Any],
        make: Callable[[Any], T],
        balancer: Callable[[], str | None],
    ) -> T:
        """Return what a change left, made when nothing else is being changed."""
        self._settle(operation, balancer())
        send = self._made if method == "POST" else self._changed
        return send(operation, resource, f"/lbaas{path}", key, body, make, service=SERVICE)

    def _balancer_gone(
        self, operation: str, resource: str, path: str, balancer: Callable[[], str | None]
    ) -> bool:
        from cloud.common.errors import NotFoundError

        try:
            self._settle(operation, balancer())
        except NotFoundError:
            return False
        return self._gone(operation, resource, f"/lbaas{path}", service=SERVICE)

    def _settle(self, operation: str, loadbalancer_id: str | None) -> None:
        if loadbalancer_id is not None:
            self._wait_balancer(operation, loadbalancer_id, ("ACTIVE",), ("ERROR",), SETTLE_SECONDS, None)

    def _wait_balancer(
        self,
        operation: str,
        loadbalancer_id: str,
        states: Collection[str],
        terminal_states: Collection[str],
        deadline_seconds: float,
        progress: Callable[[LoadBalancer], None] | None,
    ) -> LoadBalancer | None:
        return self._wait(
            operation,
            loadbalancer_id,
            lambda: self.get_loadbalancer(loadbalancer_id),
            state=lambda found: found.provisioning_status,
            states=states,
            terminal_states=terminal_states,
            deadline_seconds=deadline_seconds,
            gone="DELETED" in states,
            tell=progress,
        )

    def _balancer_of_listener(self, listener_id: str) -> str | None:
        return _first(self.get_listener(listener_id).load_balancer_ids)

    def _balancer_of_pool(self, pool_id: str) -> str | None:
        return _first(self.get_pool(pool_id).load_balancer_ids)

    # -- load balancers --------------------------------------------------------------------------------------
    def list_loadbalancers(
        self,
        *,
        name: str | None = None,
        tags: Iterable[str] = (),
        token: str | None = None,
        limit: int | None = None,
    ) -> Pager[LoadBalancer]:
        """Return the project's load balancers."""
        params = {"name": name, "tags": ",".join(tags) or None}
        return self._balancer_list(
            "list_loadbalancers",
            "",
            "/loadbalancers",
            "loadbalancers",
            load_balancer_of,
            params,
            token,
            limit,
        )

    def get_loadbalancer(self, loadbalancer_id: str) -> LoadBalancer:
        """Return one load balancer."""
        path = f"/loadbalancers/{part(loadbalancer_id)}"
        return self._balancer_one("get_loadbalancer", loadbalancer_id, path, "loadbalancer", load_balancer_of)

    @change
    def create_loadbalancer(
        self,
        name: str,
        subnet_id: str,
        vip_address: str | None = None,
        *,
        description: str | None = None,
        tags: Iterable[str] = (),
        driver: str | None = None,
    ) -> Step[LoadBalancer]:
        """Return the new load balancer, which is being made; see `wait_for_loadbalancer`.

        Args:
            subnet_id: the subnet that its address is from.
            vip_address: that address; the service chooses when None.
            driver: what shall run it, such as ``amphora``.
        """
        body = {
            "name": name,
            "vip_subnet_id": subnet_id,
            "vip_address": vip_address,
            "description": description,
            "tags": list(tags) or None,
            "provider": driver,
        }
        return Step(
            name,
            lambda: self._made(
                "create_loadbalancer",
                name,
                "/lbaas/loadbalancers",
                "loadbalancer",
                body,
                load_balancer_of,
                service=SERVICE,
            ),
            body,
            (
                *exists("subnet", subnet_id, self.get_subnet),
                has_room(self.list_loadbalancer_quotas, load_balancer=1),
            ),
        )

    @change
    def update_loadbalancer(
        self,
        loadbalancer_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        is_admin_state_up: bool | None = None,
        tags: Iterable[str] | None = None,
    ) -> Step[LoadBalancer]:
        """Return the changed load balancer. What is None stays."""
        body = something(
            {
                "name": name,
                "description": description,
                "admin_state_up": is_admin_state_up,
                "tags": None if tags is None else list(tags),
            }
        )
        path = f"/loadbalancers/{part(loadbalancer_id)}"
        return Step(
            loadbalancer_id,
            lambda: self._balancer_change(
                "PUT",
                "update_loadbalancer",
                loadbalancer_id,
                path,
                "loadbalancer",
                body,
                load_balancer_of,
                lambda: loadbalancer_id,
            ),
            body,
            exists("load balancer", loadbalancer_id, self.get_loadbalancer),
        )

    @change
    def delete_loadbalancer(self, loadbalancer_id: str, cascade: bool = False) -> Step[bool]:  # noqa: FBT002  # the agreed position
        """Ask for the load balancer to be deleted; False when there was none. See `wait_for_loadbalancer`.

        Args:
            cascade: with its listeners, pools, members, monitors and policies. Without, one that has any is refused.

        Raises:
            ConflictError: it has listeners or pools.
        """
        path = f"/lbaas/loadbalancers/{part(loadbalancer_id)}"

        def act() -> bool:
            from cloud.common.errors import NotFoundError

            try:
                self._wait_balancer(
                    "delete_loadbalancer", loadbalancer_id, ("ACTIVE", "ERROR"), (), SETTLE_SECONDS, None
                )
            except NotFoundError:
                return False
            params = {"cascade": "true"} if cascade else None
            return self._gone("delete_loadbalancer", loadbalancer_id, path, params=params, service=SERVICE)

        return Step(
            loadbalancer_id,
            act,
            {"cascade": cascade},
            exists("load balancer", loadbalancer_id, self.get_loadbalancer),
        )

    def wait_for_loadbalancer(
        self,
        loadbalancer_id: str,
        states: Collection[str] = ("ACTIVE",),
        *,
        terminal_states: Collection[str] = ("ERROR",),
        deadline_seconds: float = 600.0,
        progress: Callable[[LoadBalancer], None] | None = None,
    ) -> LoadBalancer | None:
        """Return the load balancer once its provisioning status is one of `states`.

        Args:
            states: with ``DELETED`` among them, not being there any more is waited for, and gives None.
            progress: called with what each look finds.

        Raises:
            ResourceFailedError: it is in one of `terminal_states`.
            TimeoutError_: the deadline passed.
        """
        return self._wait_balancer(
            "wait_for_loadbalancer", loadbalancer_id, states, terminal_states, deadline_seconds, progress
        )

    def get_loadbalancer_statistics(self, loadbalancer_id: str) -> LoadBalancerStatistics:
        """Return what went through the load balancer."""
        path = f"/loadbalancers/{part(loadbalancer_id)}/stats"
        return self._balancer_one(
            "get_loadbalancer_statistics", loadbalancer_id, path, "stats", statistics_of
        )

    def list_loadbalancer_quotas(self) -> list[Quota]:
        """Return what the project may have of load balancers and their parts. The service does not say what it has."""
        project = self._project_id("list_loadbalancer_quotas")
        path = f"/quotas/{part(project)}"
        return self._balancer_one("list_loadbalancer_quotas", project, path, "quota", _balancer_quotas)

    # -- listeners -------------------------------------------------------------------------------------------
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

    def get_listener(self, listener_id: str) -> Listener:
        """Return one listener."""
        path = f"/listeners/{part(listener_id)}"
        return self._balancer_one("get_listener", listener_id, path, "listener", listener_of)

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
            "protocol": one_of(protocol, _LISTENER_PROTOCOLS, "protocol of listeners"),
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
        return Step(
            name,
            lambda: self._balancer_change(
                "POST",
                "create_listener",
                name,
                "/listeners",
                "listener",
                body,
                listener_of,
                lambda: loadbalancer_id,
            ),
            body,
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
        return Step(
            listener_id,
            lambda: self._balancer_change(
                "PUT",
                "update_listener",
                listener_id,
                f"/listeners/{part(listener_id)}",
                "listener",
                body,
                listener_of,
                lambda: self._balancer_of_listener(listener_id),
            ),
            body,
            exists("listener", listener_id, self.get_listener),
        )

    @change
    def delete_listener(self, listener_id: str) -> Step[bool]:
        """Make sure that the listener goes; False when there was none."""
        path = f"/listeners/{part(listener_id)}"
        return Step(
            listener_id,
            lambda: self._balancer_gone(
                "delete_listener", listener_id, path, lambda: self._balancer_of_listener(listener_id)
            ),
            checks=exists("listener", listener_id, self.get_listener),
        )

    # -- pools -----------------------------------------------------------------------------------------------
    def list_pools(
        self,
        loadbalancer_id: str | None = None,
        *,
        name: str | None = None,
        token: str | None = None,
        limit: int | None = None,
    ) -> Pager[Pool]:
        """Return the pools of one load balancer, or of all."""
        params = {"loadbalancer_id": loadbalancer_id, "name": name}
        return self._balancer_list(
            "list_pools", loadbalancer_id or "", "/pools", "pools", pool_of, params, token, limit
        )

    def get_pool(self, pool_id: str) -> Pool:
        """Return one pool."""
        return self._balancer_one("get_pool", pool_id, f"/pools/{part(pool_id)}", "pool", pool_of)

    @change
    def create_pool(
        self,
        name: str,
        protocol: str,
        lb_algorithm: str = "ROUND_ROBIN",
        listener_id: str | None = None,
        loadbalancer_id: str | None = None,
        *,
        description: str | None = None,
        session_persistence: Mapping[str, str] | None = None,
    ) -> Step[Pool]:
        """Return the new pool: the default of a listener, or of no listener yet.

        Args:
            protocol: ``HTTP``, ``HTTPS``, ``PROXY``, ``PROXYV2``, ``TCP``, ``UDP`` or ``SCTP``.
            lb_algorithm: ``ROUND_ROBIN``, ``LEAST_CONNECTIONS``, ``SOURCE_IP`` or ``SOURCE_IP_PORT``.
            listener_id, loadbalancer_id: one of them.
            session_persistence: such as ``{"type": "SOURCE_IP"}``.
        """
        if (listener_id is None) == (loadbalancer_id is None):
            raise InvalidRequestError("give one of listener_id and loadbalancer_id")
        body = {
            "name": name,
            "protocol": one_of(protocol, _POOL_PROTOCOLS, "protocol of pools"),
            "lb_algorithm": one_of(lb_algorithm, _ALGORITHMS, "algorithm"),
            "listener_id": listener_id,
            "loadbalancer_id": loadbalancer_id,
            "description": description,
            "session_persistence": None if session_persistence is None else dict(session_persistence),
        }

        def balancer() -> str | None:
            return loadbalancer_id if listener_id is None else self._balancer_of_listener(listener_id)

        return Step(
            name,
            lambda: self._balancer_change(
                "POST", "create_pool", name, "/pools", "pool", body, pool_of, balancer
            ),
            body,
            (
                *exists("load balancer", loadbalancer_id, self.get_loadbalancer),
                *exists("listener", listener_id, self.get_listener),
            ),
        )

    @change
    def update_pool(
        self,
        pool_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        is_admin_state_up: bool | None = None,
        lb_algorithm: str | None = None,
    ) -> Step[Pool]:
        """Return the changed pool. What is None stays."""
        body = something(
            {
                "name": name,
                "description": description,
                "admin_state_up": is_admin_state_up,
                "lb_algorithm": lb_algorithm,
            }
        )
        if lb_algorithm is not None:
            one_of(lb_algorithm, _ALGORITHMS, "algorithm")
        return Step(
            pool_id,
            lambda: self._balancer_change(
                "PUT",
                "update_pool",
                pool_id,
                f"/pools/{part(pool_id)}",
                "pool",
                body,
                pool_of,
                lambda: self._balancer_of_pool(pool_id),
            ),
            body,
            exists("pool", pool_id, self.get_pool),
        )

    @change
    def delete_pool(self, pool_id: str) -> Step[bool]:
        """Make sure that the pool goes with its members; False when there was none."""
        return Step(
            pool_id,
            lambda: self._balancer_gone(
                "delete_pool",
                pool_id,
                f"/pools/{part(pool_id)}",
                lambda: self._balancer_of_pool(pool_id),
            ),
            checks=exists("pool", pool_id, self.get_pool),
        )


def _first(ids: tuple[str, ...]) -> str | None:
    return ids[0] if ids else None


def _balancer_quotas(data: Mapping[str, Any]) -> list[Quota]:
    names = ("load_balancer", "listener", "pool", "member", "healthmonitor", "l7policy", "l7rule")
    return [
        Quota(name=name, limit=None if data[name] is None or data[name] < 0 else data[name])
        for name in names
        if name in data
    ]
