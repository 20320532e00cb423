"""Members of pools, and the health monitors that check them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud.common.errors import InvalidRequestError
from cloud.infomaniak._planning import Step, change
from cloud.infomaniak._service import exists, one_of, part, port_number, something
from cloud.infomaniak.network._balancer_read import health_monitor_of, member_of
from cloud.infomaniak.network._balancers import BalancerCalls, _first

if TYPE_CHECKING:
    from cloud.common._paging import Pager
    from cloud.infomaniak.network._balancer_records import HealthMonitor, PoolMember

_MONITORS = frozenset({"HTTP", "HTTPS", "PING", "TCP", "TLS-HELLO", "UDP-CONNECT", "SCTP"})


class MemberCalls(BalancerCalls):
    """The machines behind a load balancer."""

    def list_pool_members(
        self, pool_id: str, *, token: str | None = None, limit: int | None = None
    ) -> Pager[PoolMember]:
        """Return the machines of a pool."""
        return self._balancer_list(
            "list_pool_members",
            pool_id,
            f"/pools/{part(pool_id)}/members",
            "members",
            lambda data: member_of(pool_id, data),
            {},
            token,
            limit,
        )

    def get_pool_member(self, pool_id: str, member_id: str) -> PoolMember:
        """Return one machine of a pool."""
        return self._balancer_one(
            "get_pool_member",
            member_id,
            f"/pools/{part(pool_id)}/members/{part(member_id)}",
            "member",
            lambda data: member_of(pool_id, data),
        )

    @change
    def add_pool_member(
        self,
        pool_id: str,
        address: str,
        port: int,
        weight: int = 1,
        name: str | None = None,
        subnet_id: str | None = None,
        *,
        is_backup: bool | None = None,
        monitor_address: str | None = None,
        monitor_port: int | None = None,
    ) -> Step[PoolMember]:
        """Return the new member of the pool.

        Args:
            address, port: of the machine.
            weight: its share of the work, 0 to 256; 0 takes no new connections.
            subnet_id: the subnet from which it is reached; the load balancer's own when None.
            is_backup: whether it works only when all others are down.
            monitor_address, monitor_port: where it is checked; `address` and `port` when None.
        """
        body = {
            "address": address,
            "protocol_port": port_number(port),
            "weight": _weight(weight),
            "name": name,
            "subnet_id": subnet_id,
            "backup": is_backup,
            "monitor_address": monitor_address,
            "monitor_port": monitor_port,
        }
        return self._balancer_change(
            "POST",
            "add_pool_member",
            pool_id,
            f"/pools/{part(pool_id)}/members",
            "member",
            body,
            lambda data: member_of(pool_id, data),
            lambda: self._balancer_of_pool(pool_id),
            (
                *exists("pool", pool_id, self.get_pool),
                *exists("subnet", subnet_id, self.get_subnet),
            ),
        )

    @change
    def update_pool_member(
        self,
        pool_id: str,
        member_id: str,
        *,
        name: str | None = None,
        weight: int | None = None,
        is_admin_state_up: bool | None = None,
        is_backup: bool | None = None,
    ) -> Step[PoolMember]:
        """Return the changed member. What is None stays."""
        body = something(
            {
                "name": name,
                "weight": None if weight is None else _weight(weight),
                "admin_state_up": is_admin_state_up,
                "backup": is_backup,
            }
        )
        return self._balancer_change(
            "PUT",
            "update_pool_member",
            member_id,
            f"/pools/{part(pool_id)}/members/{part(member_id)}",
            "member",
            body,
            lambda data: member_of(pool_id, data),
            lambda: self._balancer_of_pool(pool_id),
            exists("member", member_id, lambda found: self.get_pool_member(pool_id, found)),
        )

    @change
    def remove_pool_member(self, pool_id: str, member_id: str) -> Step[bool]:
        """Make sure that the machine is not in the pool; False when it was not."""
        return self._balancer_gone(
            "remove_pool_member",
            "member",
            member_id,
            f"/pools/{part(pool_id)}/members/{part(member_id)}",
            lambda found: self.get_pool_member(pool_id, found),
            lambda: self._balancer_of_pool(pool_id),
        )

    # -- health monitors -------------------------------------------------------------------------------------
    def list_health_monitors(
        self, pool_id: str | None = None, *, token: str | None = None, limit: int | None = None
    ) -> Pager[HealthMonitor]:
        """Return the health monitors of one pool, or of all."""
        return self._balancer_list(
            "list_health_monitors",
            pool_id or "",
            "/healthmonitors",
            "healthmonitors",
            health_monitor_of,
            {"pool_id": pool_id},
            token,
            limit,
        )

    def get_health_monitor(self, health_monitor_id: str) -> HealthMonitor:
        """Return one health monitor."""
        path = f"/healthmonitors/{part(health_monitor_id)}"
        return self._balancer_one(
            "get_health_monitor", health_monitor_id, path, "healthmonitor", health_monitor_of
        )

    def _balancer_of_monitor(self, health_monitor_id: str) -> str | None:
        pool_id = _first(self.get_health_monitor(health_monitor_id).pool_ids)
        return None if pool_id is None else self._balancer_of_pool(pool_id)

    @change
    def create_health_monitor(
        self,
        pool_id: str,
        monitor_type: str,
        delay: int,
        timeout: int,
        max_retries: int = 3,
        name: str | None = None,
        *,
        max_retries_down: int | None = None,
        url_path: str | None = None,
        http_method: str | None = None,
        expected_codes: str | None = None,
    ) -> Step[HealthMonitor]:
        """Return the new health monitor; a pool has one at most.

        Args:
            monitor_type: ``HTTP``, ``HTTPS``, ``PING``, ``TCP``, ``TLS-HELLO``, ``UDP-CONNECT`` or ``SCTP``.
            delay: seconds between two checks.
            timeout: seconds of one check, less than `delay`.
            max_retries: successes before a machine counts as up, 1 to 10.
            max_retries_down: failures before it counts as down, 1 to 10; 3 when None.
            url_path, http_method, expected_codes: what HTTP and HTTPS ask for, and which statuses are good
                (``200``, ``200-204``).
        """
        if timeout >= delay:
            raise InvalidRequestError(f"timeout must be less than delay: {timeout} is not less than {delay}")
        if not 1 <= max_retries <= 10:
            raise InvalidRequestError(f"max_retries is 1 to 10, not {max_retries}")
        body = {
            "pool_id": pool_id,
            "type": one_of(monitor_type, _MONITORS, "type of health monitors"),
            "delay": delay,
            "timeout": timeout,
            "max_retries": max_retries,
            "max_retries_down": max_retries_down,
            "name": name,
            "url_path": url_path,
            "http_method": http_method,
            "expected_codes": expected_codes,
        }
        return self._balancer_change(
            "POST",
            "create_health_monitor",
            name or pool_id,
            "/healthmonitors",
            "healthmonitor",
            body,
            health_monitor_of,
            lambda: self._balancer_of_pool(pool_id),
            exists("pool", pool_id, self.get_pool),
        )

    @change
    def update_health_monitor(
        self,
        health_monitor_id: str,
        *,
        name: str | None = None,
        delay: int | None = None,
        timeout: int | None = None,
        max_retries: int | None = None,
        url_path: str | None = None,
        expected_codes: str | None = None,
        is_admin_state_up: bool | None = None,
    ) -> Step[HealthMonitor]:
        """Return the changed health monitor. What is None stays."""
        body = something(
            {
                "name": name,
                "delay": delay,
                "timeout": timeout,
                "max_retries": max_retries,
                "url_path": url_path,
                "expected_codes": expected_codes,
                "admin_state_up": is_admin_state_up,
            }
        )
        return self._balancer_change(
            "PUT",
            "update_health_monitor",
            health_monitor_id,
            f"/healthmonitors/{part(health_monitor_id)}",
            "healthmonitor",
            body,
            health_monitor_of,
            lambda: self._balancer_of_monitor(health_monitor_id),
            exists("health monitor", health_monitor_id, self.get_health_monitor),
        )

    @change
    def delete_health_monitor(self, health_monitor_id: str) -> Step[bool]:
        """Make sure that the health monitor goes; False when there was none."""
        return self._balancer_gone(
            "delete_health_monitor",
            "health monitor",
            health_monitor_id,
            f"/healthmonitors/{part(health_monitor_id)}",
            self.get_health_monitor,
            lambda: self._balancer_of_monitor(health_monitor_id),
        )


def _weight(weight: int) -> int:
    if not 0 <= weight <= 256:
        raise InvalidRequestError(f"weight is 0 to 256, not {weight}")
    return weight
