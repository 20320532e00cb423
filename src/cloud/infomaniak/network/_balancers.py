"""Octavia's load balancers.

Nothing of a load balancer can be changed while something of it is being changed: every call here waits for that
before it sends its own change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from cloud.common._records import Quota
from cloud.common.errors import NotFoundError
from cloud.infomaniak._planning import Step, change
from cloud.infomaniak._service import exists, has_room, part, something
from cloud.infomaniak.network._balancer_read import listener_of, load_balancer_of, pool_of, statistics_of
from cloud.infomaniak.network._core import NetworkCalls

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from cloud.common._paging import Pager
    from cloud.infomaniak.network._balancer_records import (
        Listener,
        LoadBalancer,
        LoadBalancerStatistics,
        Pool,
    )

T = TypeVar("T")

SERVICE = "load-balancer"
SETTLE_SECONDS = 300.0
"""How long a change waits for the one before it: an amphora is an instance, which takes minutes to start."""


class BalancerCalls(NetworkCalls):
    """Load balancers; the base of all that belongs to them."""

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
        checks: tuple[Callable[[], str], ...],
    ) -> Step[T]:
        """Return the change that is made when nothing else of the load balancer is being changed."""

        def act() -> T:
            self._settle(operation, balancer())
            send = self._made if method == "POST" else self._changed
            return send(operation, resource, f"/lbaas{path}", key, body, make, service=SERVICE)

        return Step(resource, act, body, checks)

    def _balancer_gone(
        self,
        operation: str,
        what: str,
        resource: str,
        path: str,
        look: Callable[[str], object],
        balancer: Callable[[], str | None],
    ) -> Step[bool]:
        """Return the deletion that is made when nothing else of the load balancer is being changed."""

        def act() -> bool:
            try:
                self._settle(operation, balancer())
            except NotFoundError:
                return False
            return self._gone(operation, resource, f"/lbaas{path}", service=SERVICE)

        return Step(resource, act, checks=exists(what, resource, look))

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

    def get_pool(self, pool_id: str) -> Pool:
        """Return one pool."""
        return self._balancer_one("get_pool", pool_id, f"/pools/{part(pool_id)}", "pool", pool_of)

    def get_listener(self, listener_id: str) -> Listener:
        """Return one listener."""
        path = f"/listeners/{part(listener_id)}"
        return self._balancer_one("get_listener", listener_id, path, "listener", listener_of)

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
        return self._balancer_change(
            "PUT",
            "update_loadbalancer",
            loadbalancer_id,
            path,
            "loadbalancer",
            body,
            load_balancer_of,
            lambda: loadbalancer_id,
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


def _first(ids: tuple[str, ...]) -> str | None:
    return ids[0] if ids else None


def _balancer_quotas(data: Mapping[str, Any]) -> list[Quota]:
    names = ("load_balancer", "listener", "pool", "member", "healthmonitor", "l7policy", "l7rule")
    return [
        Quota(name=name, limit=None if data[name] is None or data[name] < 0 else data[name])
        for name in names
        if name in data
    ]
