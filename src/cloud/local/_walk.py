"""The objects of a bucket's folder in the byte order of their keys, read as far as they are asked for."""

from __future__ import annotations

import os
import time
from bisect import bisect_left
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cloud.local._encoding import Encoder
    from cloud.local._record import Record

_OBJECT, _BELOW = 0, 1


Entry: TypeAlias = tuple[bytes, int, str]
"""One thing that a folder may hold: what it adds to the key, whether it is the object of exactly that key or
everything below, and its folder's name. A plain tuple, because large folders have many."""


def entries_of(encoder: Encoder, folder: str) -> list[Entry]:
    """Return what `folder` may hold, sorted; empty when the folder is gone.

    ``a`` sorts before ``a-b`` and ``a-b`` before ``a/c``, as keys do, because what lies below a segment
    sorts with its ``/``.
    """
    entries: list[Entry] = []
    try:
        with os.scandir(folder) as found:
            for item in found:
                piece = encoder.piece(item.name)
                if piece is None or not item.is_dir(follow_symlinks=False):
                    continue
                raw, goes_on = piece
                if goes_on:
                    entries.append((raw, _BELOW, item.name))
                else:
                    entries.append((raw, _OBJECT, item.name))
                    entries.append((raw + b"/", _BELOW, item.name))
    except (FileNotFoundError, NotADirectoryError):
        return []
    entries.sort()
    return entries


class FolderCache:
    """Sorted entries of large folders, so that the pages of a listing do not read them again each.

    A folder is kept once its modification time has stood still for `SETTLED` seconds of this process's own
    clock: every later change then gives it another one, however coarse the file system's times are.
    """

    SETTLED = 5.0
    LARGE = 512
    MOST = 16

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[tuple[int, ...], float, list[Entry] | None]] = {}

    def entries(self, encoder: Encoder, folder: str) -> list[Entry]:
        """Return what `entries_of` returns."""
        kept = self._kept.get(folder)
        if kept is None:
            entries = entries_of(encoder, folder)
            if len(entries) >= self.LARGE and os.name != "nt":  # Windows writes folder times late
                self._keep(folder, (), None)
            return entries
        try:
            status = os.stat(folder)  # noqa: PTH116  # paths are text here: a Path costs more than the call
        except FileNotFoundError:
            return []
        identity = (status.st_dev, status.st_ino, status.st_mtime_ns)
        if kept[0] != identity:
            self._keep(folder, identity, None)
        elif kept[2] is not None:
            return kept[2]
        elif self._clock() - kept[1] > self.SETTLED:
            entries = entries_of(encoder, folder)
            self._kept[folder] = (identity, kept[1], entries)
            return entries
        return entries_of(encoder, folder)

    def _keep(self, folder: str, identity: tuple[int, ...], entries: list[Entry] | None) -> None:
        if len(self._kept) >= self.MOST:
            self._kept = {}
        self._kept[folder] = (identity, self._clock(), entries)


class _Level:
    """One open folder of a walk."""

    __slots__ = ("base", "entries", "folder", "index")

    def __init__(self, folder: str, base: bytes, entries: list[Entry], low: bytes) -> None:
        self.folder = folder
        self.base = base
        self.entries = entries
        self.index = 0
        self.skip(low)

    def skip(self, low: bytes) -> None:
        """Go on with the first entry that may hold keys from `low` on."""
        if not low.startswith(self.base):
            if low > self.base:
                self.index = len(self.entries)
            return
        rest = low[len(self.base) :]
        place = bisect_left(self.entries, (rest, _OBJECT, ""))
        if place:
            # Only the entry just before can hold keys that begin like `rest`: nothing sorts between the two.
            suffix, kind, _ = self.entries[place - 1]
            if kind == _BELOW and rest.startswith(suffix):
                place -= 1
        self.index = max(self.index, place)


class DirectoryScan:
    """A walk from `low` on and below `high`.

    Folders are opened on the way to the next key and never beyond: a page costs its keys and the folders
    that lead to them. Nothing is open between two calls.
    """

    def __init__(
        self,
        folder: str,
        low: bytes,
        high: bytes | None,
        entries: Callable[[str], list[Entry]],
        load: Callable[[str, bytes], Record | None],
    ) -> None:
        self._low = low
        self._high = high
        self._entries = entries
        self._load = load
        self._levels = [_Level(folder, b"", entries(folder), low)]

    def next(self) -> tuple[bytes, Record] | None:
        """Return the next key and its record; None at the end."""
        while self._levels:
            level = self._levels[-1]
            if level.index == len(level.entries):
                self._levels.pop()
                continue
            suffix, kind, name = level.entries[level.index]
            level.index += 1
            key = level.base + suffix
            if self._high is not None and key >= self._high:
                self._levels.clear()
                break
            folder = f"{level.folder}{os.sep}{name}"
            if kind == _BELOW:
                if key >= self._low or self._low.startswith(key):
                    self._levels.append(_Level(folder, key, self._entries(folder), self._low))
            elif key >= self._low:
                record = self._load(folder, key)
                if record is not None:
                    self._low = key + b"\0"
                    return key, record
        return None

    def seek(self, low: bytes) -> None:
        """Go on with the first key that is not below `low`."""
        self._low = max(self._low, low)
        while self._levels:
            level = self._levels[-1]
            level.skip(self._low)
            if level.index < len(level.entries):
                return
            self._levels.pop()


def folders_below(encoder: Encoder, folder: str) -> Iterator[tuple[str, bytes | None]]:
    """Yield all folders below `folder`, parents first, each with the key of its object.

    The key is None for a folder that holds only the rest of a long segment.
    """
    left: list[tuple[str, bytes]] = [(folder, b"")]
    while left:
        path, base = left.pop()
        known: set[str] = set()
        for suffix, kind, name in entries_of(encoder, path):
            below = f"{path}{os.sep}{name}"
            if kind == _OBJECT:
                known.add(name)
                yield below, base + suffix
            else:
                left.append((below, base + suffix))
                if name not in known:
                    yield below, None
