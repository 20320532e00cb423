"""Octavia's answers as records.

https://docs.openstack.org/api-ref/load-balancer/v2/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud.infomaniak._planning import moment
from cloud.infomaniak.network._balancer_records import (
    HealthMonitor,
    L7Policy,
    L7Rule,
    Listener,
    LoadBalancer,
    LoadBalancerStatistics,
    Pool,
    PoolMember,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


def _common(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what every thing of Octavia has."""
    return {
        "id": data["id"],
        "provisioning_status": data.get("provisioning_status") or "",
        "operating_status": data.get("operating_status") or "",
        "created_at": moment(data.get("created_at")),
        "raw": data,
    }


def _named(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what every thing of Octavia but rules has."""
    return {
        **_common(data),
        "name": data.get("name") or "",
        "is_admin_state_up": data.get("admin_state_up", True),
    }


def _ids(found: list[Mapping[str, str]] | None) -> tuple[str, ...]:
    return tuple(item["id"] for item in found or ())


def load_balancer_of(data: Mapping[str, Any]) -> LoadBalancer:
    """Return the record of Octavia's ``loadbalancer``."""
    return LoadBalancer(
        **_named(data),
        description=data.get("description") or "",
        vip_address=data.get("vip_address"),
        vip_port_id=data.get("vip_port_id"),
        vip_subnet_id=data.get("vip_subnet_id"),
        vip_network_id=data.get("vip_network_id"),
        listener_ids=_ids(data.get("listeners")),
        pool_ids=_ids(data.get("pools")),
        driver=data.get("provider") or "",
        tags=tuple(data.get("tags") or ()),
        project_id=data.get("project_id"),
    )


def listener_of(data: Mapping[str, Any]) -> Listener:
    """Return the record of Octavia's ``listener``."""
    limit = data.get("connection_limit")
    return Listener(
        **_named(data),
        protocol=data["protocol"],
        port=data["protocol_port"],
        load_balancer_ids=_ids(data.get("loadbalancers")),
        description=data.get("description") or "",
        default_pool_id=data.get("default_pool_id"),
        connection_limit=-1 if limit is None else limit,
        l7_policy_ids=_ids(data.get("l7policies")),
    )


def pool_of(data: Mapping[str, Any]) -> Pool:
    """Return the record of Octavia's ``pool``."""
    return Pool(
        **_named(data),
        protocol=data["protocol"],
        lb_algorithm=data["lb_algorithm"],
        load_balancer_ids=_ids(data.get("loadbalancers")),
        listener_ids=_ids(data.get("listeners")),
        member_ids=_ids(data.get("members")),
        health_monitor_id=data.get("healthmonitor_id"),
        description=data.get("description") or "",
    )


def member_of(pool_id: str, data: Mapping[str, Any]) -> PoolMember:
    """Return the record of Octavia's ``member``."""
    return PoolMember(
        **_named(data),
        pool_id=pool_id,
        address=data["address"],
        port=data["protocol_port"],
        weight=data.get("weight", 1),
        subnet_id=data.get("subnet_id"),
        is_backup=data.get("backup", False),
    )


def health_monitor_of(data: Mapping[str, Any]) -> HealthMonitor:
    """Return the record of Octavia's ``healthmonitor``."""
    return HealthMonitor(
        **_named(data),
        monitor_type=data["type"],
        pool_ids=_ids(data.get("pools")),
        delay_seconds=data["delay"],
        timeout_seconds=data["timeout"],
        max_retries=data["max_retries"],
        max_retries_down=data.get("max_retries_down", 0),
        url_path=data.get("url_path"),
        http_method=data.get("http_method"),
        expected_codes=data.get("expected_codes"),
    )


def l7_policy_of(data: Mapping[str, Any]) -> L7Policy:
    """Return the record of Octavia's ``l7policy``."""
    return L7Policy(
        **_named(data),
        listener_id=data["listener_id"],
        action=data["action"],
        position=data.get("position", 1),
        redirect_pool_id=data.get("redirect_pool_id"),
        redirect_url=data.get("redirect_url"),
        redirect_prefix=data.get("redirect_prefix"),
        redirect_http_code=data.get("redirect_http_code"),
        rule_ids=_ids(data.get("rules")),
        description=data.get("description") or "",
    )


def l7_rule_of(policy_id: str, data: Mapping[str, Any]) -> L7Rule:
    """Return the record of Octavia's ``rule``."""
    return L7Rule(
        **_common(data),
        policy_id=policy_id,
        rule_type=data["type"],
        compare_type=data["compare_type"],
        value=data["value"],
        key=data.get("key"),
        is_inverted=data.get("invert", False),
    )


def statistics_of(data: Mapping[str, Any]) -> LoadBalancerStatistics:
    """Return the record of Octavia's ``stats``."""
    return LoadBalancerStatistics(
        active_connections=data["active_connections"],
        total_connections=data["total_connections"],
        bytes_in=data["bytes_in"],
        bytes_out=data["bytes_out"],
        request_errors=data["request_errors"],
    )
