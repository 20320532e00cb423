"""Arguments that many of the commands on infrastructure have."""

from __future__ import annotations

from typing import Any, Final

from cloud.cli import _values

Argument = tuple[tuple[str, ...], dict[str, Any]]
Leaf = tuple[str, str, str, tuple[Argument, ...]]
"""What is typed, the verb that runs, the help, and the arguments."""


def argument(*names: str, **keywords: Any) -> Argument:
    """Return one argument of a parser."""
    return names, keywords


NAME: Final = argument("--name", metavar="NAME", help="only of exactly this name")
DRY: Final = argument(
    "-n", "--dry-run", action="store_true", help="check it and print the plan; change nothing"
)
WAIT: Final = argument(
    "--wait", action="store_true", help="wait until it is done, and tell each state on the way"
)
TIMEOUT: Final = argument(
    "--timeout",
    type=_values.duration,
    default=600,
    metavar="TIME",
    help="with --wait: 90, 10m, 1h (default: 10m)",
)
DESCRIPTION: Final = argument("--description", metavar="TEXT", help="free text")
FORCE: Final = argument("-f", "--force", action="store_true", help="one that is not there is no error")


def items(what: str) -> Argument:
    """Return one argument of a parser."""
    return argument("items", metavar="ITEM", nargs="+", help=f"id or name of {what}")


def one(name: str, what: str) -> Argument:
    """Return one argument of a parser."""
    return argument(name, metavar=name.upper(), help=what)


def delete(what: str, *further: Argument) -> tuple[Argument, ...]:
    """Return the arguments of a command that deletes."""
    return (items(what), *further, FORCE, DRY)
