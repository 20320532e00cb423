"""The groups ``cloud volume``, ``network``, ``ip``, ``lb``, ``dns``, ``stack``, ``usage`` and ``keypair``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cloud.cli import _dns_arguments as dns
from cloud.cli import _openstack_networks as networks
from cloud.cli import _stack_arguments as stacks
from cloud.cli import _usage_arguments, _values
from cloud.cli._command import Command
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

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable

    from cloud.cli._openstack_words import Argument


_VOLUME: Final[tuple[Leaf, ...]] = (
    (
        "list",
        "list",
        "list volumes",
        (NAME, argument("--status", metavar="WORD", help="only in this status")),
    ),
    ("show", "show", "show what is known of volumes", (items("a volume"),)),
    (
        "create",
        "create",
        "make a volume and print its id",
        (
            one("name", "what to call it"),
            argument("--size", type=_values.positive, metavar="GIB", help="whole GiB; else its source's"),
            argument("--type", metavar="NAME", help="kind of volume"),
            argument("--image", metavar="ID", help="make it from this image"),
            argument("--snapshot", metavar="ITEM", help="make it from this snapshot"),
            argument("--volume", metavar="ITEM", help="make it from this volume"),
            argument("--backup", metavar="ITEM", help="make it from this backup"),
            argument("--zone", metavar="NAME", help="availability zone"),
            DESCRIPTION,
            argument(
                "--metadata",
                action="append",
                type=_values.pair,
                default=[],
                metavar="NAME=VALUE",
                help="a pair of your own; may be repeated",
            ),
            WAIT,
            TIMEOUT,
            DRY,
        ),
    ),
    (
        "delete",
        "delete",
        "delete volumes, for ever",
        delete(
            "a volume", argument("--cascade", action="store_true", help="with its snapshots"), WAIT, TIMEOUT
        ),
    ),
    (
        "extend",
        "extend",
        "make a volume larger",
        (
            one("item", "id or name of a volume"),
            argument("size", type=_values.positive, metavar="GIB", help="its new size"),
            WAIT,
            TIMEOUT,
            DRY,
        ),
    ),
    (
        "retype",
        "retype",
        "change the type of a volume",
        (
            one("item", "id or name of a volume"),
            one("type", "name of the type"),
            argument("--migrate", action="store_true", help="its data may be moved"),
            WAIT,
            TIMEOUT,
            DRY,
        ),
    ),
    (
        "attach",
        "attach",
        "attach a volume to an instance, and wait for it",
        (
            one("item", "id or name of a volume"),
            one("instance", "id of the instance"),
            TIMEOUT,
            DRY,
        ),
    ),
    (
        "detach",
        "detach",
        "detach a volume, and wait for it",
        (
            one("item", "id or name of a volume"),
            argument("--instance", metavar="ID", help="which, where several have it"),
            TIMEOUT,
            DRY,
        ),
    ),
    ("types", "types", "list the kinds of volumes", ()),
    ("quotas", "quotas", "list what the project may have of volumes", ()),
)

_SNAPSHOT: Final[tuple[Leaf, ...]] = (
    ("list", "snapshot_list", "list snapshots", (NAME,)),
    (
        "create",
        "snapshot_create",
        "make a snapshot of a volume and print its id",
        (
            one("item", "id or name of a volume"),
            one("name", "what to call it"),
            DESCRIPTION,
            argument("--attached", action="store_true", help="also while an instance has it"),
            WAIT,
            TIMEOUT,
            DRY,
        ),
    ),
    ("delete", "snapshot_delete", "delete snapshots", delete("a snapshot", WAIT, TIMEOUT)),
)

_BACKUP: Final[tuple[Leaf, ...]] = (
    ("list", "backup_list", "list backups", (NAME,)),
    (
        "create",
        "backup_create",
        "back a volume up to the object store and print the id",
        (
            one("item", "id or name of a volume"),
            one("name", "what to call it"),
            DESCRIPTION,
            argument("--incremental", action="store_true", help="only what changed since the newest one"),
            argument("--attached", action="store_true", help="also while an instance has it"),
            WAIT,
            TIMEOUT,
            DRY,
        ),
    ),
    (
        "restore",
        "backup_restore",
        "restore a backup and print the id of the volume",
        (
            one("item", "id or name of a backup"),
            argument("--volume", metavar="ITEM", help="onto this volume, whose data is lost"),
            argument("--name", metavar="NAME", help="name of the new volume"),
            WAIT,
            TIMEOUT,
            DRY,
        ),
    ),
    (
        "prune",
        "backup_prune",
        "delete all backups of a volume but the newest",
        (
            one("item", "id or name of a volume"),
            argument("--keep", type=_values.positive, required=True, metavar="N", help="how many stay"),
            argument("--prefix", default="", metavar="TEXT", help="only those whose name begins so"),
            DRY,
        ),
    ),
    ("delete", "backup_delete", "delete backups", delete("a backup", WAIT, TIMEOUT)),
)

_PROVIDER: Final = argument(
    "-p", "--provider", default="infomaniak", metavar="NAME", help="whose (default: infomaniak)"
)
_KEYPAIR: Final[tuple[Leaf, ...]] = (
    ("list", "list", "list key pairs", (_PROVIDER,)),
    (
        "show",
        "show",
        "show what is known of key pairs",
        (argument("items", metavar="NAME", nargs="+", help="name"), _PROVIDER),
    ),
    (
        "create",
        "create",
        "make a key pair, or take your own public key",
        (
            one("name", "what to call it"),
            argument("--public-key", metavar="FILE", help="your own public key"),
            argument(
                "--save",
                metavar="FILE",
                help="where the private key goes: a new file that you alone may read",
            ),
            _PROVIDER,
            DRY,
        ),
    ),
    (
        "delete",
        "delete",
        "delete key pairs",
        (argument("items", metavar="NAME", nargs="+", help="name"), FORCE, _PROVIDER, DRY),
    ),
)


_ZONE: Final = "A zone is named by its name, such as example.org, or by its id."
_STACK: Final = "A stack is named by its name or its id. A TEMPLATE is a file of YAML or JSON."


def _adder(verb: str, arguments: tuple[Argument, ...]) -> Callable[[ArgumentParser], None]:
    def add(parser: ArgumentParser) -> None:
        for names, keywords in arguments:
            parser.add_argument(*names, **keywords)
        parser.set_defaults(verb=verb)

    return add


def _group(
    name: str,
    text: str,
    module: str,
    table: tuple[Leaf, ...],
    *inner: Command,
    more: str = "An ITEM is an id, or a name that one thing has.",
) -> Command:
    leaves = (
        Command(leaf, words, "", _adder(verb, arguments), f"cloud.cli.{module}:run")
        for leaf, verb, words, arguments in table
    )
    return Command(name, text, more, commands=(*leaves, *inner))


GROUPS: Final = (
    _group(
        "volume",
        "volumes, snapshots and backups",
        "_volume",
        _VOLUME,
        _group("snapshot", "snapshots of volumes", "_volume", _SNAPSHOT),
        _group("backup", "backups of volumes", "_volume", _BACKUP),
    ),
    _group(
        "network",
        "networks, routers and security groups",
        "_network",
        networks.NETWORK,
        _group("subnet", "subnets", "_network", networks.SUBNET),
        _group("router", "routers", "_network", networks.ROUTER),
        _group("group", "security groups", "_network", networks.GROUP),
        _group("port", "ports", "_network", networks.PORT),
    ),
    _group("ip", "floating IPs", "_ip", networks.IP),
    _group(
        "lb",
        "load balancers",
        "_lb",
        networks.LB,
        _group("listener", "listeners of load balancers", "_lb", networks.LISTENER),
        _group("pool", "pools of machines", "_lb", networks.POOL),
        _group("member", "machines of pools", "_lb", networks.MEMBER),
    ),
    _group(
        "dns",
        "zones, their records, and reverse names",
        "_dns",
        dns.DNS,
        _group("record", "records of zones", "_dns", dns.RECORD, more=_ZONE),
        _group("ptr", "reverse names of floating IPs", "_dns", dns.PTR, more=""),
        more=_ZONE,
    ),
    _group("stack", "resources that are made and deleted together", "_stack", stacks.STACK, more=_STACK),
    _usage_arguments.USAGE,
    _group("keypair", "SSH keys that new instances let in", "_keypair", _KEYPAIR),
)
