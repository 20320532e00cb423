"""The arguments of ``cloud volume``, ``network``, ``ip``, ``lb`` and ``keypair``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cloud.cli import _values

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable

    from cloud.cli._commands import Command

    Argument = tuple[tuple[str, ...], dict[str, Any]]
    Leaf = tuple[str, str, str, tuple[Argument, ...]]


def _a(*names: str, **keywords: Any) -> Argument:
    return names, keywords


_NAME: Final = _a("--name", metavar="NAME", help="only of exactly this name")
_DRY: Final = _a("-n", "--dry-run", action="store_true", help="check it and print the plan; change nothing")
_WAIT: Final = _a("--wait", action="store_true", help="wait until it is done, and tell each state on the way")
_TIMEOUT: Final = _a(
    "--timeout",
    type=_values.duration,
    default=600,
    metavar="TIME",
    help="with --wait: 90, 10m, 1h (default: 10m)",
)
_DESCRIPTION: Final = _a("--description", metavar="TEXT", help="free text")
_FORCE: Final = _a("-f", "--force", action="store_true", help="one that is not there is no error")


def _items(what: str) -> Argument:
    return _a("items", metavar="ITEM", nargs="+", help=f"id or name of {what}")


def _one(name: str, what: str) -> Argument:
    return _a(name, metavar=name.upper(), help=what)


def _delete(what: str, *further: Argument) -> tuple[Argument, ...]:
    return (_items(what), *further, _FORCE, _DRY)


_VOLUME: Final[tuple[Leaf, ...]] = (
    ("list", "list", "list volumes", (_NAME, _a("--status", metavar="WORD", help="only in this status"))),
    ("show", "show", "show what is known of volumes", (_items("a volume"),)),
    (
        "create",
        "create",
        "make a volume and print its id",
        (
            _one("name", "what to call it"),
            _a("--size", type=_values.positive, metavar="GIB", help="whole GiB; else its source's"),
            _a("--type", metavar="NAME", help="kind of volume"),
            _a("--image", metavar="ID", help="make it from this image"),
            _a("--snapshot", metavar="ITEM", help="make it from this snapshot"),
            _a("--volume", metavar="ITEM", help="make it from this volume"),
            _a("--backup", metavar="ITEM", help="make it from this backup"),
            _a("--zone", metavar="NAME", help="availability zone"),
            _DESCRIPTION,
            _a(
                "--metadata",
                action="append",
                type=_values.pair,
                default=[],
                metavar="NAME=VALUE",
                help="a pair of your own; may be repeated",
            ),
            _WAIT,
            _TIMEOUT,
            _DRY,
        ),
    ),
    (
        "delete",
        "delete",
        "delete volumes, for ever",
        _delete("a volume", _a("--cascade", action="store_true", help="with its snapshots"), _WAIT, _TIMEOUT),
    ),
    (
        "extend",
        "extend",
        "make a volume larger",
        (
            _one("item", "id or name of a volume"),
            _a("size", type=_values.positive, metavar="GIB", help="its new size"),
            _WAIT,
            _TIMEOUT,
            _DRY,
        ),
    ),
    (
        "retype",
        "retype",
        "change the type of a volume",
        (
            _one("item", "id or name of a volume"),
            _one("type", "name of the type"),
            _a("--migrate", action="store_true", help="its data may be moved"),
            _WAIT,
            _TIMEOUT,
            _DRY,
        ),
    ),
    (
        "attach",
        "attach",
        "attach a volume to an instance, and wait for it",
        (
            _one("item", "id or name of a volume"),
            _one("instance", "id of the instance"),
            _TIMEOUT,
            _DRY,
        ),
    ),
    (
        "detach",
        "detach",
        "detach a volume, and wait for it",
        (
            _one("item", "id or name of a volume"),
            _a("--instance", metavar="ID", help="which, where several have it"),
            _TIMEOUT,
            _DRY,
        ),
    ),
    ("types", "types", "list the kinds of volumes", ()),
    ("quotas", "quotas", "list what the project may have of volumes", ()),
)

_SNAPSHOT: Final[tuple[Leaf, ...]] = (
    ("list", "snapshot_list", "list snapshots", (_NAME,)),
    (
        "create",
        "snapshot_create",
        "make a snapshot of a volume and print its id",
        (
            _one("item", "id or name of a volume"),
            _one("name", "what to call it"),
            _DESCRIPTION,
            _a("--attached", action="store_true", help="also while an instance has it"),
            _WAIT,
            _TIMEOUT,
            _DRY,
        ),
    ),
    ("delete", "snapshot_delete", "delete snapshots", _delete("a snapshot", _WAIT, _TIMEOUT)),
)

_BACKUP: Final[tuple[Leaf, ...]] = (
    ("list", "backup_list", "list backups", (_NAME,)),
    (
        "create",
        "backup_create",
        "back a volume up to the object store and print the id",
        (
            _one("item", "id or name of a volume"),
            _one("name", "what to call it"),
            _DESCRIPTION,
            _a("--incremental", action="store_true", help="only what changed since the newest one"),
            _a("--attached", action="store_true", help="also while an instance has it"),
            _WAIT,
            _TIMEOUT,
            _DRY,
        ),
    ),
    (
        "restore",
        "backup_restore",
        "restore a backup and print the id of the volume",
        (
            _one("item", "id or name of a backup"),
            _a("--volume", metavar="ITEM", help="onto this volume, whose data is lost"),
            _a("--name", metavar="NAME", help="name of the new volume"),
            _WAIT,
            _TIMEOUT,
            _DRY,
        ),
    ),
    (
        "prune",
        "backup_prune",
        "delete all backups of a volume but the newest",
        (
            _one("item", "id or name of a volume"),
            _a("--keep", type=_values.positive, required=True, metavar="N", help="how many stay"),
            _a("--prefix", default="", metavar="TEXT", help="only those whose name begins so"),
            _DRY,
        ),
    ),
    ("delete", "backup_delete", "delete backups", _delete("a backup", _WAIT, _TIMEOUT)),
)

_NETWORK: Final[tuple[Leaf, ...]] = (
    (
        "list",
        "list",
        "list networks",
        (_NAME, _a("--external", action="store_true", help="only those that floating IPs are from")),
    ),
    ("show", "show", "show what is known of networks", (_items("a network"),)),
    (
        "create",
        "create",
        "make a network and print its id",
        (
            _one("name", "what to call it"),
            _a("--cidr", metavar="RANGE", help="with a subnet of this range, such as 10.0.0.0/24"),
            _a("--dns", action="append", metavar="ADDRESS", help="with --cidr: a resolver; may be repeated"),
            _DESCRIPTION,
            _DRY,
        ),
    ),
    ("delete", "delete", "delete networks with their subnets", _delete("a network")),
    ("quotas", "quotas", "list what the project may have of networks", ()),
)

_SUBNET: Final[tuple[Leaf, ...]] = (
    ("list", "subnet_list", "list subnets", (_NAME,)),
    (
        "create",
        "subnet_create",
        "make a subnet and print its id",
        (
            _one("network", "id or name of a network"),
            _one("name", "what to call it"),
            _one("cidr", "its range, such as 10.0.0.0/24"),
            _a("--gateway", metavar="ADDRESS", help="the router's address (default: the first)"),
            _a("--dns", action="append", metavar="ADDRESS", help="a resolver; may be repeated"),
            _a("--no-dhcp", action="store_true", help="hand out no addresses"),
            _DRY,
        ),
    ),
    ("delete", "subnet_delete", "delete subnets", _delete("a subnet")),
)

_ROUTER: Final[tuple[Leaf, ...]] = (
    ("list", "router_list", "list routers", (_NAME,)),
    (
        "create",
        "router_create",
        "make a router and print its id",
        (
            _one("name", "what to call it"),
            _a("--external", metavar="ITEM", help="network of its gateway, such as ext-floating1"),
            _DRY,
        ),
    ),
    (
        "connect",
        "router_connect",
        "connect a router to a subnet",
        (_one("router", "id or name of a router"), _one("subnet", "id or name of a subnet"), _DRY),
    ),
    (
        "disconnect",
        "router_disconnect",
        "take the connection of a router to a subnet away",
        (_one("router", "id or name of a router"), _one("subnet", "id or name of a subnet"), _DRY),
    ),
    ("delete", "router_delete", "delete routers", _delete("a router")),
)

_GROUP: Final[tuple[Leaf, ...]] = (
    ("list", "group_list", "list security groups", (_NAME,)),
    ("show", "group_show", "show the rules of a security group", (_one("group", "id or name"),)),
    (
        "create",
        "group_create",
        "make a security group and print its id",
        (_one("name", "what to call it"), _DESCRIPTION, _DRY),
    ),
    (
        "allow",
        "group_allow",
        "let something in and print the id of the rule",
        (
            _one("group", "id or name of a security group"),
            _a("--protocol", metavar="NAME", help="tcp, udp, icmp (default: all)"),
            _a("--port", metavar="N[:M]", help="a port, or the first and the last"),
            _a("--from", dest="prefix", metavar="RANGE", help="who may (default: everybody)"),
            _a("--egress", action="store_true", help="let out instead"),
            _DRY,
        ),
    ),
    (
        "revoke",
        "group_revoke",
        "delete rules",
        (_a("items", metavar="RULE", nargs="+", help="id"), _FORCE, _DRY),
    ),
    ("delete", "group_delete", "delete security groups", _delete("a security group")),
)

_PORT: Final[tuple[Leaf, ...]] = (
    (
        "list",
        "port_list",
        "list ports",
        (_NAME, _a("--device", metavar="ID", help="only of this instance or router")),
    ),
    ("delete", "port_delete", "delete ports", _delete("a port")),
)

_PORT_OR_INSTANCE: Final = (
    _a("--port", metavar="ITEM", help="the port that it leads to"),
    _a("--instance", metavar="ID", help="the instance that it leads to, by its first port"),
)
_IP: Final[tuple[Leaf, ...]] = (
    ("list", "list", "list floating IPs", ()),
    ("show", "show", "show what is known of floating IPs", (_items("a floating IP: id or address"),)),
    (
        "create",
        "create",
        "allocate a floating IP and print its address",
        (_one("network", "id or name of an external network"), *_PORT_OR_INSTANCE, _DESCRIPTION, _DRY),
    ),
    (
        "attach",
        "attach",
        "let a floating IP lead somewhere",
        (
            _one("item", "id or address"),
            *_PORT_OR_INSTANCE,
            _a("--move", action="store_true", help="also from where it leads now"),
            _DRY,
        ),
    ),
    ("detach", "detach", "let a floating IP lead nowhere", (_one("item", "id or address"), _DRY)),
    ("delete", "delete", "give floating IPs back, for ever", _delete("a floating IP: id or address")),
)

_LB: Final[tuple[Leaf, ...]] = (
    ("list", "list", "list load balancers", (_NAME,)),
    ("show", "show", "show what is known of load balancers", (_items("a load balancer"),)),
    (
        "create",
        "create",
        "make a load balancer and print its id",
        (
            _one("name", "what to call it"),
            _one("subnet", "id or name of the subnet of its address"),
            _a("--address", metavar="ADDRESS", help="which address (default: any)"),
            _DESCRIPTION,
            _WAIT,
            _TIMEOUT,
            _DRY,
        ),
    ),
    (
        "delete",
        "delete",
        "delete load balancers",
        _delete(
            "a load balancer",
            _a("--cascade", action="store_true", help="with its listeners, pools and all below them"),
            _WAIT,
            _TIMEOUT,
        ),
    ),
    ("stats", "stats", "show what went through a load balancer", (_one("item", "id or name"),)),
)

_LISTENER: Final[tuple[Leaf, ...]] = (
    ("list", "listener_list", "list listeners", (_NAME,)),
    (
        "create",
        "listener_create",
        "make a listener and print its id",
        (
            _one("item", "id or name of a load balancer"),
            _one("name", "what to call it"),
            _one("protocol", "one of HTTP, HTTPS, TCP, UDP"),
            _a("port", type=_values.positive, metavar="PORT", help="the port that clients connect to"),
            _DRY,
        ),
    ),
    ("delete", "listener_delete", "delete listeners", _delete("a listener")),
)

_POOL: Final[tuple[Leaf, ...]] = (
    ("list", "pool_list", "list pools", (_NAME,)),
    (
        "create",
        "pool_create",
        "make the pool of a listener and print its id",
        (
            _one("listener", "id or name of a listener"),
            _one("name", "what to call it"),
            _one("protocol", "one of HTTP, HTTPS, PROXY, TCP, UDP"),
            _a("--algorithm", default="ROUND_ROBIN", metavar="NAME", help="how the work is shared"),
            _a("--check", metavar="TYPE", help="with a health monitor: HTTP, TCP, PING"),
            _a("--check-path", metavar="PATH", help="what HTTP asks for"),
            _DRY,
        ),
    ),
    ("delete", "pool_delete", "delete pools with their members", _delete("a pool")),
)

_MEMBER: Final[tuple[Leaf, ...]] = (
    ("list", "member_list", "list the machines of a pool", (_one("pool", "id or name of a pool"),)),
    (
        "add",
        "member_add",
        "add a machine to a pool and print its id",
        (
            _one("pool", "id or name of a pool"),
            _one("address", "its address"),
            _a("port", type=_values.positive, metavar="PORT", help="its port"),
            _a(
                "--weight",
                type=_values.natural,
                default=1,
                metavar="N",
                help="its share, 0 to 256 (default: 1)",
            ),
            _DRY,
        ),
    ),
    (
        "remove",
        "member_remove",
        "take machines out of a pool",
        (
            _one("pool", "id or name of a pool"),
            _a("items", metavar="MEMBER", nargs="+", help="id of the member"),
            _FORCE,
            _DRY,
        ),
    ),
)

_PROVIDER: Final = _a(
    "-p", "--provider", default="infomaniak", metavar="NAME", help="whose (default: infomaniak)"
)
_KEYPAIR: Final[tuple[Leaf, ...]] = (
    ("list", "list", "list key pairs", (_PROVIDER,)),
    (
        "show",
        "show",
        "show what is known of key pairs",
        (_a("items", metavar="NAME", nargs="+", help="name"), _PROVIDER),
    ),
    (
        "create",
        "create",
        "make a key pair, or take your own public key",
        (
            _one("name", "what to call it"),
            _a("--public-key", metavar="FILE", help="your own public key"),
            _a(
                "--save",
                metavar="FILE",
                help="where the private key goes: a new file that you alone may read",
            ),
            _PROVIDER,
        ),
    ),
    (
        "delete",
        "delete",
        "delete key pairs",
        (_a("items", metavar="NAME", nargs="+", help="name"), _FORCE, _PROVIDER),
    ),
)


def _adder(verb: str, arguments: tuple[Argument, ...]) -> Callable[[ArgumentParser], None]:
    def add(parser: ArgumentParser) -> None:
        for names, keywords in arguments:
            parser.add_argument(*names, **keywords)
        parser.set_defaults(verb=verb)

    return add


def groups(command: type[Command]) -> tuple[Command, ...]:
    """Return the groups of commands, made by `command`."""

    def leaves(module: str, table: tuple[Leaf, ...]) -> tuple[Command, ...]:
        return tuple(
            command(name, text, "", _adder(verb, arguments), f"cloud.cli.{module}:run")
            for name, verb, text, arguments in table
        )

    def group(name: str, text: str, module: str, table: tuple[Leaf, ...], *inner: Command) -> Command:
        return command(
            name,
            text,
            "An ITEM is an id, or a name that one thing has.",
            commands=(
                *leaves(module, table),
                *inner,
            ),
        )

    return (
        group(
            "volume",
            "volumes, snapshots and backups",
            "_volume",
            _VOLUME,
            group("snapshot", "snapshots of volumes", "_volume", _SNAPSHOT),
            group("backup", "backups of volumes", "_volume", _BACKUP),
        ),
        group(
            "network",
            "networks, routers and security groups",
            "_network",
            _NETWORK,
            group("subnet", "subnets", "_network", _SUBNET),
            group("router", "routers", "_network", _ROUTER),
            group("group", "security groups", "_network", _GROUP),
            group("port", "ports", "_network", _PORT),
        ),
        group("ip", "floating IPs", "_ip", _IP),
        group(
            "lb",
            "load balancers",
            "_lb",
            _LB,
            group("listener", "listeners of load balancers", "_lb", _LISTENER),
            group("pool", "pools of machines", "_lb", _POOL),
            group("member", "machines of pools", "_lb", _MEMBER),
        ),
        group("keypair", "SSH keys that new instances let in", "_keypair", _KEYPAIR),
    )
