"""The arguments of ``cloud dns``."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import Final

from cloud.cli import _values
from cloud.cli._openstack_words import (
    DESCRIPTION,
    DRY,
    FORCE,
    TIMEOUT,
    WAIT,
    Leaf,
    argument,
    one,
)


def share(text: str) -> float:
    """Return a share of the whole, 0 to 1, of a percentage: ``30%``."""
    count, percent = _values.count_or_percent(text)
    if percent is None:
        raise ArgumentTypeError(f"{count} is no percentage; write {text}%")
    return percent / 100


_ZONE: Final = one("zone", "name or id of a zone")
_ZONES: Final = argument("items", metavar="ZONE", nargs="+", help="name or id of a zone")
_NAME: Final = one("name", "such as www, @ for the zone itself, or absolute with a dot at its end")
_TYPE: Final = one("type", "such as A, AAAA, CNAME, MX or TXT")
_VALUES: Final = argument(
    "values", metavar="VALUE", nargs="+", help="each as a zone file writes it, such as '10 mx.example.org.'"
)
_TTL: Final = argument(
    "--ttl", type=_values.duration, metavar="TIME", help="how long resolvers keep it: 300, 5m, 1h, 1d"
)
_CHANGING: Final = (WAIT, TIMEOUT, DRY)
_FILE: Final = (
    _ZONE,
    argument("file", metavar="FILE", help="the zone as it shall be: YAML or BIND text, - for standard input"),
    argument(
        "--format",
        choices=("yaml", "bind"),
        help="of FILE (default: yaml for .yaml, .yml and .json, bind for everything else)",
    ),
)
_ADDRESS: Final = one("address", "address or id of a floating IP")

DNS: Final[tuple[Leaf, ...]] = (
    (
        "list",
        "list",
        "list zones",
        (argument("--name", metavar="NAME", help="only of this name, or *.example.org. for all that fit"),),
    ),
    ("show", "show", "show what is known of zones", (_ZONES,)),
    (
        "create",
        "create",
        "make a zone and print its id",
        (
            one("zone", "its name, such as example.org"),
            argument("--email", metavar="ADDRESS", help="who answers for it; a zone of your own needs one"),
            _TTL,
            DESCRIPTION,
            argument(
                "--master",
                action="append",
                metavar="ADDRESS",
                help="make it a copy of the zone on this server; may be repeated",
            ),
            *_CHANGING,
        ),
    ),
    (
        "update",
        "update",
        "change the settings of a zone",
        (
            _ZONE,
            argument("--email", metavar="ADDRESS", help="who answers for it"),
            _TTL,
            DESCRIPTION,
            *_CHANGING,
        ),
    ),
    (
        "delete",
        "delete",
        "delete zones with all their records, for ever",
        (_ZONES, WAIT, TIMEOUT, FORCE, DRY),
    ),
    ("nameservers", "nameservers", "list the servers to delegate a zone to", (_ZONE,)),
    ("export", "export", "print a zone as BIND text", (_ZONE,)),
    (
        "plan",
        "plan",
        "show what differs between a zone and a file",
        (*_FILE, argument("--exit-code", action="store_true", help="exit with 3 where something differs")),
    ),
    (
        "apply",
        "apply",
        "make a zone what a file says, and show what that took",
        (
            *_FILE,
            argument(
                "--max-delete",
                type=share,
                default=share("30%"),
                metavar="N%",
                help="do nothing at all if more record sets would be deleted; 0%% for none (default: 30%%)",
            ),
            argument(
                "--max-update",
                type=share,
                default=share("30%"),
                metavar="N%",
                help="do nothing at all if more record sets would be changed; 0%% for none (default: 30%%)",
            ),
            *_CHANGING,
        ),
    ),
)

RECORD: Final[tuple[Leaf, ...]] = (
    (
        "list",
        "record_list",
        "list the records of a zone",
        (
            _ZONE,
            argument("--name", metavar="NAME", help="only of this name"),
            argument("--type", metavar="TYPE", help="only of this type"),
        ),
    ),
    (
        "show",
        "record_show",
        "show what is known of the records of a name and type",
        (_ZONE, _NAME, _TYPE),
    ),
    (
        "create",
        "record_create",
        "make records where there are none of that name and type",
        (_ZONE, _NAME, _TYPE, _VALUES, _TTL, DESCRIPTION, *_CHANGING),
    ),
    (
        "set",
        "record_set",
        "let a name and type have exactly these records",
        (_ZONE, _NAME, _TYPE, _VALUES, _TTL, DESCRIPTION, *_CHANGING),
    ),
    (
        "delete",
        "record_delete",
        "delete all records of a name and type",
        (_ZONE, _NAME, _TYPE, WAIT, TIMEOUT, FORCE, DRY),
    ),
)

PTR: Final[tuple[Leaf, ...]] = (
    ("list", "ptr_list", "list the reverse names of the floating IPs", ()),
    ("show", "ptr_show", "show the reverse name of a floating IP", (_ADDRESS,)),
    (
        "set",
        "ptr_set",
        "give a floating IP a reverse name",
        (_ADDRESS, one("name", "what the address resolves to"), _TTL, DESCRIPTION, *_CHANGING),
    ),
    (
        "delete",
        "ptr_delete",
        "take the reverse names of floating IPs away",
        (
            argument("items", metavar="ADDRESS", nargs="+", help="address or id of a floating IP"),
            FORCE,
            DRY,
        ),
    ),
)
