"""What a command is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable


@dataclass(frozen=True)
class Command:
    """One command, or a group of commands: ``cloud NAME COMMAND``.

    Attributes:
        name: what is typed.
        help: one line without a full stop.
        description: what more there is to say.
        add_arguments: adds its arguments to its parser; a group has none.
        handler: ``module:function``, imported when it runs; empty for a group.
        commands: those of a group, which may be groups themselves.
    """

    name: str
    help: str
    description: str
    add_arguments: Callable[[ArgumentParser], None] | None = None
    handler: str = ""
    commands: tuple[Command, ...] = ()
