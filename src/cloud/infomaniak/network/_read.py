"""Neutron's answers as records.

https://docs.openstack.org/api-ref/network/v2/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud.infomaniak._planning import moment
from cloud.infomaniak.network._records import (
    FixedAddress,
    FloatingIp,
    Network,
    Port,
    PortForwarding,
    Route,
    Router,
    RouterInterface,
    SecurityGroup,
    SecurityGroupRule,
    Subnet,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


def _common(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what everything of Neutron that can have tags has."""
    return {
        "id": data["id"],
        "description": data.get("description") or "",
        "project_id": data.get("project_id"),
        "tags": tuple(data.get("tags") or ()),
        "created_at": moment(data.get("created_at")),
        "raw": data,
    }


def network_of(data: Mapping[str, Any]) -> Network:
    """Return the record of Neutron's ``network``."""
    return Network(
        **_common(data),
        name=data["name"],
        status=data.get("status") or "",
        is_admin_state_up=data.get("admin_state_up", True),
        is_shared=data.get("shared", False),
        is_external=data.get("router:external", False),
        subnet_ids=tuple(data.get("subnets") or ()),
        mtu=data.get("mtu"),
    )


def subnet_of(data: Mapping[str, Any]) -> Subnet:
    """Return the record of Neutron's ``subnet``."""
    return Subnet(
        **_common(data),
        name=data["name"],
        network_id=data["network_id"],
        cidr=data["cidr"],
        ip_version=data["ip_version"],
        gateway_ip=data.get("gateway_ip"),
        is_dhcp_enabled=data.get("enable_dhcp", True),
        dns_nameservers=tuple(data.get("dns_nameservers") or ()),
        allocation_pools=tuple((p["start"], p["end"]) for p in data.get("allocation_pools") or ()),
        host_routes=tuple((r["destination"], r["nexthop"]) for r in data.get("host_routes") or ()),
    )


def router_of(data: Mapping[str, Any]) -> Router:
    """Return the record of Neutron's ``router``."""
    gateway = data.get("external_gateway_info") or {}
    return Router(
        **_common(data),
        name=data["name"],
        status=data.get("status") or "",
        is_admin_state_up=data.get("admin_state_up", True),
        external_network_id=gateway.get("network_id"),
        external_addresses=_addresses(gateway.get("external_fixed_ips")),
        is_snat_enabled=gateway.get("enable_snat"),
        routes=tuple(
            Route(destination=r["destination"], nexthop=r["nexthop"]) for r in data.get("routes") or ()
        ),
    )


def router_interface_of(data: Mapping[str, Any]) -> RouterInterface:
    """Return the record of the answer to adding or removing an interface."""
    return RouterInterface(
        router_id=data["id"],
        port_id=data["port_id"],
        subnet_id=data.get("subnet_id"),
        network_id=data.get("network_id"),
    )


def port_of(data: Mapping[str, Any]) -> Port:
    """Return the record of Neutron's ``port``."""
    pairs = data.get("allowed_address_pairs") or ()
    return Port(
        **_common(data),
        name=data["name"],
        network_id=data["network_id"],
        status=data.get("status") or "",
        is_admin_state_up=data.get("admin_state_up", True),
        mac_address=data.get("mac_address") or "",
        fixed_addresses=_addresses(data.get("fixed_ips")),
        device_id=data.get("device_id") or "",
        device_owner=data.get("device_owner") or "",
        security_group_ids=tuple(data.get("security_groups") or ()),
        allowed_address_pairs=tuple((pair["ip_address"], pair.get("mac_address") or "") for pair in pairs),
        is_port_security_enabled=data.get("port_security_enabled"),
    )


def rule_of(data: Mapping[str, Any]) -> SecurityGroupRule:
    """Return the record of Neutron's ``security_group_rule``."""
    return SecurityGroupRule(
        id=data["id"],
        security_group_id=data["security_group_id"],
        direction=data["direction"],
        ethertype=data["ethertype"],
        protocol=data.get("protocol"),
        port_range_min=data.get("port_range_min"),
        port_range_max=data.get("port_range_max"),
        remote_ip_prefix=data.get("remote_ip_prefix"),
        remote_group_id=data.get("remote_group_id"),
        description=data.get("description") or "",
        created_at=moment(data.get("created_at")),
        raw=data,
    )


def security_group_of(data: Mapping[str, Any]) -> SecurityGroup:
    """Return the record of Neutron's ``security_group``."""
    return SecurityGroup(
        **_common(data),
        name=data["name"],
        rules=tuple(rule_of(rule) for rule in data.get("security_group_rules") or ()),
        is_stateful=data.get("stateful", True),
    )


def floating_ip_of(data: Mapping[str, Any]) -> FloatingIp:
    """Return the record of Neutron's ``floatingip``."""
    return FloatingIp(
        **_common(data),
        ip_address=data["floating_ip_address"],
        external_network_id=data["floating_network_id"],
        status=data.get("status") or "",
        port_id=data.get("port_id"),
        fixed_ip_address=data.get("fixed_ip_address"),
        router_id=data.get("router_id"),
    )


def port_forwarding_of(floating_ip_id: str, data: Mapping[str, Any]) -> PortForwarding:
    """Return the record of Neutron's ``port_forwarding``."""
    return PortForwarding(
        id=data["id"],
        floating_ip_id=floating_ip_id,
        protocol=data["protocol"],
        external_port=data["external_port"],
        internal_ip_address=data["internal_ip_address"],
        internal_port=data["internal_port"],
        internal_port_id=data["internal_port_id"],
        description=data.get("description") or "",
        raw=data,
    )


def _addresses(found: list[Mapping[str, str]] | None) -> tuple[FixedAddress, ...]:
    return tuple(FixedAddress(subnet_id=a["subnet_id"], ip_address=a["ip_address"]) for a in found or ())
