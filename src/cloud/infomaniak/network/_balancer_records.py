"""What Octavia says about load balancers and what belongs to them, typed.

https://docs.openstack.org/api-ref/load-balancer/v2/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloud.common.models import Record

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadBalancer(Record):
    """One load balancer.

    Attributes:
        id: Octavia's id.
        name: what people call it.
        description: free text.
        provisioning_status: ``ACTIVE``, ``PENDING_CREATE``, ``PENDING_UPDATE``, ``PENDING_DELETE`` or ``ERROR``;
            nothing of it can be changed while it is pending.
        operating_status: ``ONLINE``, ``OFFLINE``, ``DEGRADED``, ``ERROR`` or ``NO_MONITOR``: how it does.
        is_admin_state_up: whether it serves.
        vip_address: the address that clients connect to.
        vip_port_id: that address's port; a floating IP is associated with it.
        vip_subnet_id: the subnet that it is from.
        vip_network_id: that subnet's network.
        listener_ids: its listeners.
        pool_ids: its pools.
        driver: what runs it, such as ``amphora``.
        tags: labels.
        project_id: whose it is.
        created_at: when it was made.
        raw: the service's own record.
    """

    id: str
    name: str
    description: str = ""
    provisioning_status: str = ""
    operating_status: str = ""
    is_admin_state_up: bool = True
    vip_address: str | None = None
    vip_port_id: str | None = None
    vip_subnet_id: str | None = None
    vip_network_id: str | None = None
    listener_ids: tuple[str, ...] = ()
    pool_ids: tuple[str, ...] = ()
    driver: str = ""
    tags: tuple[str, ...] = ()
    project_id: str | None = None
    created_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Listener(Record):
    """One port of a load balancer.

    Attributes:
        id: Octavia's id.
        name: what people call it.
        protocol: ``HTTP``, ``HTTPS``, ``TCP``, ``UDP``, ``TERMINATED_HTTPS``, ``SCTP`` or ``PROMETHEUS``.
        port: the port that clients connect to.
        load_balancer_ids: the load balancers; one in practice.
        description: free text.
        provisioning_status: see `LoadBalancer`.
        operating_status: see `LoadBalancer`.
        is_admin_state_up: whether it serves.
        default_pool_id: where what no policy takes goes.
        connection_limit: connections at once; -1 for no limit.
        l7_policy_ids: its policies.
        created_at: when it was made.
        raw: the service's own record.
    """

    id: str
    name: str
    protocol: str
    port: int
    load_balancer_ids: tuple[str, ...] = ()
    description: str = ""
    provisioning_status: str = ""
    operating_status: str = ""
    is_admin_state_up: bool = True
    default_pool_id: str | None = None
    connection_limit: int = -1
    l7_policy_ids: tuple[str, ...] = ()
    created_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pool(Record):
    """A group of machines that share the work.

    Attributes:
        id: Octavia's id.
        name: what people call it.
        protocol: ``HTTP``, ``HTTPS``, ``PROXY``, ``TCP``, ``UDP`` or ``SCTP``.
        lb_algorithm: ``ROUND_ROBIN``, ``LEAST_CONNECTIONS``, ``SOURCE_IP`` or ``SOURCE_IP_PORT``.
        load_balancer_ids: the load balancers; one in practice.
        listener_ids: the listeners that it is the default of.
        member_ids: its machines.
        health_monitor_id: what checks them.
        description: free text.
        provisioning_status: see `LoadBalancer`.
        operating_status: see `LoadBalancer`.
        is_admin_state_up: whether it serves.
        created_at: when it was made.
        raw: the service's own record.
    """

    id: str
    name: str
    protocol: str
    lb_algorithm: str
    load_balancer_ids: tuple[str, ...] = ()
    listener_ids: tuple[str, ...] = ()
    member_ids: tuple[str, ...] = ()
    health_monitor_id: str | None = None
    description: str = ""
    provisioning_status: str = ""
    operating_status: str = ""
    is_admin_state_up: bool = True
    created_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class PoolMember(Record):
    """One machine of a pool.

    Attributes:
        id: Octavia's id.
        pool_id: the pool.
        name: what people call it.
        address: its address.
        port: its port.
        weight: its share of the work, 0 to 256; 0 takes no new connections.
        subnet_id: the subnet from which it is reached.
        is_backup: whether it works only when all others are down.
        provisioning_status: see `LoadBalancer`.
        operating_status: see `LoadBalancer`.
        is_admin_state_up: whether it serves.
        created_at: when it was made.
        raw: the service's own record.
    """

    id: str
    pool_id: str
    name: str
    address: str
    port: int
    weight: int = 1
    subnet_id: str | None = None
    is_backup: bool = False
    provisioning_status: str = ""
    operating_status: str = ""
    is_admin_state_up: bool = True
    created_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class HealthMonitor(Record):
    """How a pool finds out which machines work.

    Attributes:
        id: Octavia's id.
        name: what people call it.
        monitor_type: ``HTTP``, ``HTTPS``, ``PING``, ``TCP``, ``TLS-HELLO``, ``UDP-CONNECT`` or ``SCTP``.
        pool_ids: the pools; one in practice.
        delay_seconds: between two checks.
        timeout_seconds: of one check.
        max_retries: successes before a machine counts as up.
        max_retries_down: failures before it counts as down.
        url_path: what is asked for, with HTTP and HTTPS.
        http_method: how, with HTTP and HTTPS.
        expected_codes: which statuses are good, such as ``200`` or ``200-204``.
        provisioning_status: see `LoadBalancer`.
        operating_status: see `LoadBalancer`.
        is_admin_state_up: whether it checks.
        created_at: when it was made.
        raw: the service's own record.
    """

    id: str
    name: str
    monitor_type: str
    pool_ids: tuple[str, ...] = ()
    delay_seconds: int = 0
    timeout_seconds: int = 0
    max_retries: int = 0
    max_retries_down: int = 0
    url_path: str | None = None
    http_method: str | None = None
    expected_codes: str | None = None
    provisioning_status: str = ""
    operating_status: str = ""
    is_admin_state_up: bool = True
    created_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class L7Policy(Record):
    """What a listener does with requests that meet all rules of the policy.

    Attributes:
        id: Octavia's id.
        name: what people call it.
        listener_id: the listener.
        action: ``REJECT``, ``REDIRECT_TO_POOL``, ``REDIRECT_TO_URL`` or ``REDIRECT_PREFIX``.
        position: the policies are tried from 1 on.
        redirect_pool_id: where to, with ``REDIRECT_TO_POOL``.
        redirect_url: where to, with ``REDIRECT_TO_URL``.
        redirect_prefix: where to, with ``REDIRECT_PREFIX``.
        redirect_http_code: status of the redirect.
        rule_ids: its rules.
        description: free text.
        provisioning_status: see `LoadBalancer`.
        operating_status: see `LoadBalancer`.
        is_admin_state_up: whether it is used.
        created_at: when it was made.
        raw: the service's own record.
    """

    id: str
    name: str
    listener_id: str
    action: str
    position: int = 1
    redirect_pool_id: str | None = None
    redirect_url: str | None = None
    redirect_prefix: str | None = None
    redirect_http_code: int | None = None
    rule_ids: tuple[str, ...] = ()
    description: str = ""
    provisioning_status: str = ""
    operating_status: str = ""
    is_admin_state_up: bool = True
    created_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class L7Rule(Record):
    """One condition of a policy.

    Attributes:
        id: Octavia's id.
        policy_id: the policy.
        rule_type: what is looked at: ``HOST_NAME``, ``PATH``, ``FILE_TYPE``, ``HEADER``, ``COOKIE`` and others.
        compare_type: ``REGEX``, ``STARTS_WITH``, ``ENDS_WITH``, ``CONTAINS`` or ``EQUAL_TO``.
        value: what it is compared with.
        key: the header's or cookie's name.
        is_inverted: whether the opposite must hold.
        provisioning_status: see `LoadBalancer`.
        operating_status: see `LoadBalancer`.
        created_at: when it was made.
        raw: the service's own record.
    """

    id: str
    policy_id: str
    rule_type: str
    compare_type: str
    value: str
    key: str | None = None
    is_inverted: bool = False
    provisioning_status: str = ""
    operating_status: str = ""
    created_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadBalancerStatistics(Record):
    """What went through a load balancer.

    Attributes:
        active_connections: now.
        total_connections: since it was made.
        bytes_in: from clients.
        bytes_out: to clients.
        request_errors: requests that could not be served.
    """

    active_connections: int
    total_connections: int
    bytes_in: int
    bytes_out: int
    request_errors: int
