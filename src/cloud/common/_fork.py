"""Locks that a forked child gets anew: another thread of the parent may have held the old one for ever."""

from __future__ import annotations

import os
import threading
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_owners: weakref.WeakKeyDictionary[object, list[tuple[str, Callable[[], object]]]] = (
    weakref.WeakKeyDictionary()
)


def renew_after_fork(owner: object, name: str, make: Callable[[], object] = threading.Lock) -> None:
    """Make sure that in a forked child `owner` has a new lock in its attribute `name`."""
    _owners.setdefault(owner, []).append((name, make))


def _renew_all() -> None:
    for owner, locks in list(_owners.items()):
        for name, make in locks:
            setattr(owner, name, make())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)
