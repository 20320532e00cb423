"""The arguments of ``cloud stack``."""

from __future__ import annotations

from typing import Final

from cloud.cli import _values
from cloud.cli._openstack_words import (
    DRY,
    NAME,
    TIMEOUT,
    WAIT,
    Leaf,
    argument,
    delete,
    items,
    one,
)

_TEMPLATE: Final = argument(
    "template", metavar="TEMPLATE", help="file of the template, - for standard input; it may include others"
)
_ENVIRONMENT: Final = argument(
    "-e", "--environment", metavar="FILE", help="parameters and types; secrets belong here"
)
_PARAMETER: Final = argument(
    "--parameter",
    action="append",
    type=_values.pair,
    default=[],
    metavar="NAME=VALUE",
    help="what the template takes; may be repeated",
)
_TAG: Final = argument("--tag", action="append", default=[], metavar="TEXT", help="a label; may be repeated")
_GIVE_UP: Final = argument(
    "--give-up", type=_values.positive, metavar="MINUTES", help="the service lets it fail after so long"
)
_STACK: Final = one("stack", "name or id of a stack")
_CHANGING: Final = (WAIT, TIMEOUT, DRY)
_NESTED: Final = argument(
    "--nested",
    type=_values.natural,
    default=0,
    metavar="N",
    help="levels of stacks in the stack to look into, too (default: 0)",
)

STACK: Final[tuple[Leaf, ...]] = (
    (
        "list",
        "list",
        "list stacks",
        (
            NAME,
            argument("--status", metavar="WORD", help="only in this status, such as CREATE_FAILED"),
            argument("--tag", metavar="TEXT", help="only with this label"),
        ),
    ),
    ("show", "show", "show what is known of stacks", (items("a stack"),)),
    (
        "create",
        "create",
        "make a stack and print its id",
        (
            one("name", "what to call it"),
            _TEMPLATE,
            _ENVIRONMENT,
            _PARAMETER,
            _TAG,
            _GIVE_UP,
            argument("--rollback", action="store_true", help="undo it when it fails"),
            *_CHANGING,
        ),
    ),
    (
        "update",
        "update",
        "change a stack; what is not given stays",
        (
            _STACK,
            argument(
                "template",
                metavar="TEMPLATE",
                nargs="?",
                help="file of the new template (default: the present one)",
            ),
            _ENVIRONMENT,
            _PARAMETER,
            argument(
                "--clear-parameter",
                action="append",
                default=[],
                metavar="NAME",
                help="back to the template's default; may be repeated",
            ),
            _TAG,
            _GIVE_UP,
            argument("--rollback", action="store_true", default=None, help="undo it when it fails"),
            *_CHANGING,
        ),
    ),
    (
        "delete",
        "delete",
        "delete stacks with all their resources, for ever",
        delete("a stack", WAIT, TIMEOUT),
    ),
    (
        "preview",
        "preview",
        "list the resources that a stack would have",
        (one("name", "what it would be called"), _TEMPLATE, _ENVIRONMENT, _PARAMETER),
    ),
    ("validate", "validate", "list the parameters of a template", (_TEMPLATE, _ENVIRONMENT)),
    (
        "outputs",
        "outputs",
        "list what a stack gives out, or print one value",
        (_STACK, argument("output", metavar="NAME", nargs="?", help="print the value of this one only")),
    ),
    (
        "events",
        "events",
        "list what happened to a stack, the oldest first",
        (
            _STACK,
            argument("--resource", metavar="NAME", help="only to this resource"),
            _NESTED,
            argument("--follow", action="store_true", help="go on until the action that runs has ended"),
            argument(
                "--timeout",
                type=_values.duration,
                default=3600,
                metavar="TIME",
                help="with --follow: 90, 10m, 1h (default: 1h)",
            ),
        ),
    ),
    ("resources", "resources", "list the resources of a stack", (_STACK, _NESTED)),
    ("suspend", "suspend", "suspend what a stack runs", (_STACK, *_CHANGING)),
    ("resume", "resume", "resume what was suspended", (_STACK, *_CHANGING)),
    ("check", "check", "compare a stack with what is really there", (_STACK, *_CHANGING)),
)
