"""What Neutron says about networks, subnets, routers, ports, security groups and floating IPs, typed.

https://docs.openstack.org/api-ref/network/v2/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloud.common.models import Record

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Network(Record):
    """One network.

    Attributes:
        id: Neutron's id.
        name: what people call it; names need not be unique.
        description: free text.
        status: ``ACTIVE``, ``DOWN``, ``BUILD`` or ``ERROR``.
        is_admin_state_up: whether it carries traffic at all.
        is_shared: whether other projects may use it.
        is_external: whether floating IPs and routers' gateways come from it.
        subnet_ids: its subnets.
        mtu: largest packet in bytes; None where the service does not say.
        project_id: whose it is.
        tags: labels.
        created_at: when it was made.
        raw: the service's own record.
    """

    id: str
    name: str
    description: str = ""
    status: str = ""
    is_admin_state_up: bool = True
    is_shared: bool = False
    is_external: bool = False
    subnet_ids: tuple[str, ...] = ()
    mtu: int | None = None
    project_id: str | None = None
    tags: tuple[str, ...] = ()
    created_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Subnet(Record):
    """A range of addresses in a network.

    Attributes:
        id: Neutron's id.
        name: what people call it.
        network_id: the network.
        cidr: the range, such as ``10.0.0.0/24``.
        ip_version: 4 or 6.
        description: free text.
        gateway_ip: the router's address; None for a subnet without one.
        is_dhcp_enabled: whether addresses are handed out.
        dns_nameservers: resolvers handed out with them.
        allocation_pools: first and last address of each range that ports get addresses from.
        host_routes: destination and next hop of each route handed out.
        project_id: whose it is.
        tags: labels.
        created_at: when it was made.
        raw: the service's own record.
    """

    id: str
    name: str
    network_id: str
    cidr: str
    ip_version: int
    description: str = ""
    gateway_ip: str | None = None
    is_dhcp_enabled: bool = True
    dns_nameservers: tuple[str, ...] = ()
    allocation_pools: tuple[tuple[str, str], ...] = ()
    host_routes: tuple[tuple[str, str], ...] = ()
    project_id: str | None = None
    tags: tuple[str, ...] = ()
    created_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class FixedAddress(Record):
    """An address of a port or of a router's gateway.

    Attributes:
        subnet_id: the subnet that it is from.
        ip_address: the address.
    """

    subnet_id: str
    ip_address: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Route(Record):
    """A static route of a router.

    Attributes:
        destination: the range that it leads to.
        nexthop: the address that packets are handed to.
    """

    destination: str
    nexthop: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Router(Record):
    """A router between subnets and, by its gateway, an external network.

    Attributes:
        id: Neutron's id.
        name: what people call it.
        description: free text.
        status: ``ACTIVE``, ``ALLOCATING`` or ``ERROR``.
        is_admin_state_up: whether it routes.
        external_network_id: the network of its gateway; None without one.
        external_addresses: its addresses there.
        is_snat_enabled: whether machines without a floating IP reach the outside through it.
        routes: its static routes.
        project_id: whose it is.
        tags: labels.
        created_at: when it was made.
        raw: the service's own record.
    """

    id: str
    name: str
    description: str = ""
    status: str = ""
    is_admin_state_up: bool = True
    external_network_id: str | None = None
    external_addresses: tuple[FixedAddress, ...] = ()
    is_snat_enabled: bool | None = None
    routes: tuple[Route, ...] = ()
    project_id: str | None = None
    tags: tuple[str, ...] = ()
    created_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class RouterInterface(Record):
    """The connection of a router to a subnet.

    Attributes:
        router_id: the router.
        port_id: the port that it has in the network.
        subnet_id: the subnet.
        network_id: the subnet's network.
    """

    router_id: str
    port_id: str
    subnet_id: str | None = None
    network_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Port(Record):
    """A place where something is plugged into a network.

    Attributes:
        id: Neutron's id.
        name: what people call it.
        network_id: the network.
        description: free text.
        status: ``ACTIVE``, ``DOWN``, ``BUILD`` or ``ERROR``.
        is_admin_state_up: whether it carries traffic.
        mac_address: its hardware address.
        fixed_addresses: its addresses.
        device_id: what is plugged in: an instance's or router's id; empty for nothing.
        device_owner: what kind of thing that is, such as ``compute:nova``.
        security_group_ids: what guards it.
        allowed_address_pairs: further addresses that it may send from, as (address or range, MAC or empty).
        is_port_security_enabled: whether its addresses and security groups are enforced.
        project_id: whose it is.
        tags: labels.
        created_at: when it was made.
        raw: the service's own record.
    """

    id: str
    name: str
    network_id: str
    description: str = ""
    status: str = ""
    is_admin_state_up: bool = True
    mac_address: str = ""
    fixed_addresses: tuple[FixedAddress, ...] = ()
    device_id: str = ""
    device_owner: str = ""
    security_group_ids: tuple[str, ...] = ()
    allowed_address_pairs: tuple[tuple[str, str], ...] = ()
    is_port_security_enabled: bool | None = None
    project_id: str | None = None
    tags: tuple[str, ...] = ()
    created_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SecurityGroupRule(Record):
    """What a security group lets through.

    Attributes:
        id: Neutron's id.
        security_group_id: the group.
        direction: ``ingress`` or ``egress``.
        ethertype: ``IPv4`` or ``IPv6``.
        protocol: ``tcp``, ``udp``, ``icmp``, a number as text; None for every one.
        port_range_min: first port, or the ICMP type; None for all.
        port_range_max: last port, or the ICMP code; None for all.
        remote_ip_prefix: the range at the other end; None for any.
        remote_group_id: the security group at the other end; None for any.
        description: free text.
        created_at: when it was made.
        raw: the service's own record.
    """

    id: str
    security_group_id: str
    direction: str
    ethertype: str
    protocol: str | None = None
    port_range_min: int | None = None
    port_range_max: int | None = None
    remote_ip_prefix: str | None = None
    remote_group_id: str | None = None
    description: str = ""
    created_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SecurityGroup(Record):
    """A set of rules for ports. What no rule lets through is dropped.

    Attributes:
        id: Neutron's id.
        name: what people call it.
        description: free text.
        rules: its rules.
        is_stateful: whether answers to what was let through are let through.
        project_id: whose it is.
        tags: labels.
        created_at: when it was made.
        raw: the service's own record.
    """

    id: str
    name: str
    description: str = ""
    rules: tuple[SecurityGroupRule, ...] = ()
    is_stateful: bool = True
    project_id: str | None = None
    tags: tuple[str, ...] = ()
    created_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class FloatingIp(Record):
    """A public address that can be given to a port and taken from it.

    Attributes:
        id: Neutron's id.
        ip_address: the public address.
        external_network_id: the network that it is from.
        status: ``ACTIVE``, ``DOWN`` or ``ERROR``.
        description: free text.
        port_id: the port that it leads to; None while it leads nowhere.
        fixed_ip_address: the address of that port that it leads to.
        router_id: the router that does it.
        project_id: whose it is.
        tags: labels.
        created_at: when it was allocated.
        raw: the service's own record.
    """

    id: str
    ip_address: str
    external_network_id: str
    status: str = ""
    description: str = ""
    port_id: str | None = None
    fixed_ip_address: str | None = None
    router_id: str | None = None
    project_id: str | None = None
    tags: tuple[str, ...] = ()
    created_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class PortForwarding(Record):
    """One port of a floating IP that leads to one port of a machine.

    Attributes:
        id: Neutron's id.
        floating_ip_id: the floating IP.
        protocol: ``tcp`` or ``udp``.
        external_port: the port of the floating IP.
        internal_ip_address: the machine's address.
        internal_port: the machine's port.
        internal_port_id: the machine's port in Neutron's sense.
        description: free text.
        raw: the service's own record.
    """

    id: str
    floating_ip_id: str
    protocol: str
    external_port: int
    internal_ip_address: str
    internal_port: int
    internal_port_id: str
    description: str = ""
    raw: Any = field(default=None, repr=False, compare=False)
