"""The arguments of ``cloud network``, ``ip`` and ``lb``."""

from __future__ import annotations

from typing import Final

from cloud.cli import _values
from cloud.cli._openstack_words import (
    DESCRIPTION,
    DRY,
    FORCE,
    NAME,
    TIMEOUT,
    WAIT,
    Leaf,
    argument,
    delete,
    items,
    one,
)

NETWORK: Final[tuple[Leaf, ...]] = (
    (
        "list",
        "list",
        "list networks",
        (NAME, argument("--external", action="store_true", help="only those that floating IPs are from")),
    ),
    ("show", "show", "show what is known of networks", (items("a network"),)),
    (
        "create",
        "create",
        "make a network and print its id",
        (
            one("name", "what to call it"),
            argument("--cidr", metavar="RANGE", help="with a subnet of this range, such as 10.0.0.0/24"),
            argument(
                "--dns", action="append", metavar="ADDRESS", help="with --cidr: a resolver; may be repeated"
            ),
            DESCRIPTION,
            DRY,
        ),
    ),
    ("delete", "delete", "delete networks with their subnets", delete("a network")),
    ("quotas", "quotas", "list what the project may have of networks", ()),
)

SUBNET: Final[tuple[Leaf, ...]] = (
    ("list", "subnet_list", "list subnets", (NAME,)),
    (
        "create",
        "subnet_create",
        "make a subnet and print its id",
        (
            one("network", "id or name of a network"),
            one("name", "what to call it"),
            one("cidr", "its range, such as 10.0.0.0/24"),
            argument("--gateway", metavar="ADDRESS", help="the router's address (default: the first)"),
            argument("--dns", action="append", metavar="ADDRESS", help="a resolver; may be repeated"),
            argument("--no-dhcp", action="store_true", help="hand out no addresses"),
            DRY,
        ),
    ),
    ("delete", "subnet_delete", "delete subnets", delete("a subnet")),
)

ROUTER: Final[tuple[Leaf, ...]] = (
    ("list", "router_list", "list routers", (NAME,)),
    (
        "create",
        "router_create",
        "make a router and print its id",
        (
            one("name", "what to call it"),
            argument("--external", metavar="ITEM", help="network of its gateway, such as ext-floating1"),
            DRY,
        ),
    ),
    (
        "connect",
        "router_connect",
        "connect a router to a subnet",
        (one("router", "id or name of a router"), one("subnet", "id or name of a subnet"), DRY),
    ),
    (
        "disconnect",
        "router_disconnect",
        "take the connection of a router to a subnet away",
        (one("router", "id or name of a router"), one("subnet", "id or name of a subnet"), DRY),
    ),
    ("delete", "router_delete", "delete routers", delete("a router")),
)

GROUP: Final[tuple[Leaf, ...]] = (
    ("list", "group_list", "list security groups", (NAME,)),
    ("show", "group_show", "show the rules of a security group", (one("group", "id or name"),)),
    (
        "create",
        "group_create",
        "make a security group and print its id",
        (one("name", "what to call it"), DESCRIPTION, DRY),
    ),
    (
        "allow",
        "group_allow",
        "let something in and print the id of the rule",
        (
            one("group", "id or name of a security group"),
            argument("--protocol", metavar="NAME", help="tcp, udp, icmp (default: all)"),
            argument("--port", metavar="N[:M]", help="a port, or the first and the last"),
            argument("--from", dest="prefix", metavar="RANGE", help="who may (default: everybody)"),
            argument("--egress", action="store_true", help="let out instead"),
            DRY,
        ),
    ),
    (
        "revoke",
        "group_revoke",
        "delete rules",
        (argument("items", metavar="RULE", nargs="+", help="id"), FORCE, DRY),
    ),
    ("delete", "group_delete", "delete security groups", delete("a security group")),
)

PORT: Final[tuple[Leaf, ...]] = (
    (
        "list",
        "port_list",
        "list ports",
        (NAME, argument("--device", metavar="ID", help="only of this instance or router")),
    ),
    ("delete", "port_delete", "delete ports", delete("a port")),
)

_PORT_OR_INSTANCE: Final = (
    argument("--port", metavar="ITEM", help="the port that it leads to"),
    argument("--instance", metavar="ID", help="the instance that it leads to, by its first port"),
)
IP: Final[tuple[Leaf, ...]] = (
    ("list", "list", "list floating IPs", ()),
    ("show", "show", "show what is known of floating IPs", (items("a floating IP: id or address"),)),
    (
        "create",
        "create",
        "allocate a floating IP and print its address",
        (one("network", "id or name of an external network"), *_PORT_OR_INSTANCE, DESCRIPTION, DRY),
    ),
    (
        "attach",
        "attach",
        "let a floating IP lead somewhere",
        (
            one("item", "id or address"),
            *_PORT_OR_INSTANCE,
            argument("--move", action="store_true", help="also from where it leads now"),
            DRY,
        ),
    ),
    ("detach", "detach", "let a floating IP lead nowhere", (one("item", "id or address"), DRY)),
    ("delete", "delete", "give floating IPs back, for ever", delete("a floating IP: id or address")),
)

LB: Final[tuple[Leaf, ...]] = (
    ("list", "list", "list load balancers", (NAME,)),
    ("show", "show", "show what is known of load balancers", (items("a load balancer"),)),
    (
        "create",
        "create",
        "make a load balancer and print its id",
        (
            one("name", "what to call it"),
            one("subnet", "id or name of the subnet of its address"),
            argument("--address", metavar="ADDRESS", help="which address (default: any)"),
            DESCRIPTION,
            WAIT,
            TIMEOUT,
            DRY,
        ),
    ),
    (
        "delete",
        "delete",
        "delete load balancers",
        delete(
            "a load balancer",
            argument("--cascade", action="store_true", help="with its listeners, pools and all below them"),
            WAIT,
            TIMEOUT,
        ),
    ),
    ("stats", "stats", "show what went through a load balancer", (one("item", "id or name"),)),
)

LISTENER: Final[tuple[Leaf, ...]] = (
    ("list", "listener_list", "list listeners", (NAME,)),
    (
        "create",
        "listener_create",
        "make a listener and print its id",
        (
            one("item", "id or name of a load balancer"),
            one("name", "what to call it"),
            one("protocol", "one of HTTP, HTTPS, TCP, UDP"),
            argument("port", type=_values.positive, metavar="PORT", help="the port that clients connect to"),
            DRY,
        ),
    ),
    ("delete", "listener_delete", "delete listeners", delete("a listener")),
)

POOL: Final[tuple[Leaf, ...]] = (
    ("list", "pool_list", "list pools", (NAME,)),
    (
        "create",
        "pool_create",
        "make the pool of a listener and print its id",
        (
            one("listener", "id or name of a listener"),
            one("name", "what to call it"),
            one("protocol", "one of HTTP, HTTPS, PROXY, TCP, UDP"),
            argument("--algorithm", default="ROUND_ROBIN", metavar="NAME", help="how the work is shared"),
            argument("--check", metavar="TYPE", help="with a health monitor: HTTP, TCP, PING"),
            argument("--check-path", metavar="PATH", help="what HTTP asks for"),
            DRY,
        ),
    ),
    ("delete", "pool_delete", "delete pools with their members", delete("a pool")),
)

MEMBER: Final[tuple[Leaf, ...]] = (
    ("list", "member_list", "list the machines of a pool", (one("pool", "id or name of a pool"),)),
    (
        "add",
        "member_add",
        "add a machine to a pool and print its id",
        (
            one("pool", "id or name of a pool"),
            one("address", "its address"),
            argument("port", type=_values.positive, metavar="PORT", help="its port"),
            argument(
                "--weight",
                type=_values.natural,
                default=1,
                metavar="N",
                help="its share, 0 to 256 (default: 1)",
            ),
            DRY,
        ),
    ),
    (
        "remove",
        "member_remove",
        "take machines out of a pool",
        (
            one("pool", "id or name of a pool"),
            argument("items", metavar="MEMBER", nargs="+", help="id of the member"),
            FORCE,
            DRY,
        ),
    ),
)
