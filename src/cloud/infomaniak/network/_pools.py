"""Pools of machines behind load balancers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud.common.errors import InvalidRequestError
from cloud.infomaniak._planning import Step, change
from cloud.infomaniak._service import exists, one_of, part, something
from cloud.infomaniak.network._balancer_read import pool_of
from cloud.infomaniak.network._balancers import BalancerCalls

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud.common._paging import Pager
    from cloud.infomaniak.network._balancer_records import Pool

_POOL_PROTOCOLS = frozenset({"HTTP", "HTTPS", "PROXY", "PROXYV2", "TCP", "UDP", "SCTP"})
_ALGORITHMS = frozenset({"ROUND_ROBIN", "LEAST_CONNECTIONS", "SOURCE_IP", "SOURCE_IP_PORT"})


class PoolCalls(BalancerCalls):
    """Pools of machines."""

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

        return self._balancer_change(
            "POST",
            "create_pool",
            name,
            "/pools",
            "pool",
            body,
            pool_of,
            balancer,
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
        return self._balancer_change(
            "PUT",
            "update_pool",
            pool_id,
            f"/pools/{part(pool_id)}",
            "pool",
            body,
            pool_of,
            lambda: self._balancer_of_pool(pool_id),
            exists("pool", pool_id, self.get_pool),
        )

    @change
    def delete_pool(self, pool_id: str) -> Step[bool]:
        """Make sure that the pool goes with its members; False when there was none."""
        return self._balancer_gone(
            "delete_pool",
            "pool",
            pool_id,
            f"/pools/{part(pool_id)}",
            self.get_pool,
            lambda: self._balancer_of_pool(pool_id),
        )
