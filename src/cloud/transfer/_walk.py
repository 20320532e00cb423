"""The files of a local folder, one after the other, however many there are."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cloud.common.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True)
class Found:
    """Something below the folder.

    Attributes:
        where: its path.
        name: its path below the folder, with ``/``; a folder that cannot be read has a ``/`` at its end.
        size: bytes; 0 where unknown.
        mtime_ns: when it was changed, in nanoseconds since 1970.
        skipped: why it takes no part: ``symbolic link``, ``no regular file``.
        error: why it cannot be looked at.
    """

    where: str
    name: str
    size: int = 0
    mtime_ns: int = 0
    skipped: str | None = None
    error: OSError | InvalidRequestError | None = None

    @property
    def path(self) -> Path:
        """Where it is."""
        return Path(self.where)


def walk(
    folder: Path, *, follow_symlinks: bool, enter: Callable[[str], bool] | None = None
) -> Iterator[Found]:
    """Yield every file below `folder` in the order of the names, which is that of a store's listing.

    Symbolic links are yielded as skipped unless they are followed; a link that leads back to a folder above
    it is an error of its own. What cannot be looked at is yielded with its error. Empty folders leave no
    trace. The names of the folders that lead to the present file are in memory, about 100 bytes each.

    Args:
        enter: whether to look into the folder of this name; into every one by default.

    Raises:
        OSError: `folder` itself cannot be read.
    """
    names = _sorted_names(os.fspath(folder), follow_symlinks)
    status = folder.stat()
    top = _Level(os.fspath(folder), "", (status.st_dev, status.st_ino), names)
    return _walk([top], follow_symlinks, enter)


class _Level:
    """One open folder of a walk."""

    __slots__ = ("folder", "left", "place", "prefix")

    def __init__(self, folder: str, prefix: str, place: tuple[int, int], names: list[str]) -> None:
        self.folder = folder
        self.prefix = prefix
        self.place = place
        names.reverse()  # the next one is taken from the end
        self.left = names


def _walk(levels: list[_Level], follow: bool, enter: Callable[[str], bool] | None) -> Iterator[Found]:
    # No recursion: how deep a tree is says whoever made it.
    while levels:
        level = levels[-1]
        if not level.left:
            levels.pop()
            continue
        entry = level.left.pop()
        name, where = level.prefix + entry, os.path.join(level.folder, entry.rstrip("/"))  # noqa: PTH118  # paths are text here: a Path costs more than the call
        if not entry.endswith("/"):
            yield _look(where, name, follow)
        elif enter is None or enter(name[:-1]):
            below = _open(where, name, follow, levels)
            if isinstance(below, Found):
                yield below
            else:
                levels.append(below)


def _sorted_names(folder: str, follow: bool) -> list[str]:
    """Return what is in `folder`, folders with a ``/``, sorted as the names of all files below it are."""
    with os.scandir(folder) as scan:
        return sorted(entry.name + "/" if _is_folder(entry, follow) else entry.name for entry in scan)


def _is_folder(entry: os.DirEntry[str], follow: bool) -> bool:
    try:
        return entry.is_dir(follow_symlinks=follow)
    except OSError:  # a link that leads to itself: looking at it tells
        return False


def _look(where: str, name: str, follow: bool) -> Found:
    try:
        status = os.stat(where, follow_symlinks=follow)  # noqa: PTH116  # likewise
    except OSError as error:
        return Found(where, name, error=error)
    if stat.S_ISREG(status.st_mode):
        return Found(where, name, status.st_size, status.st_mtime_ns)
    is_link = stat.S_ISLNK(status.st_mode)
    return Found(where, name, skipped="symbolic link" if is_link else "no regular file")


def _open(where: str, name: str, follow: bool, above: list[_Level]) -> _Level | Found:
    try:
        status = os.stat(where, follow_symlinks=follow)  # noqa: PTH116  # likewise
        if not stat.S_ISDIR(status.st_mode):  # somebody has put something else in its place
            return Found(where, name, skipped="no regular file")
        place = (status.st_dev, status.st_ino)
        if follow and any(level.place == place for level in above):
            loop = InvalidRequestError(f"{where!r} is a symbolic link to a folder above it")
            return Found(where, name, error=loop)
        return _Level(where, name, place, _sorted_names(where, follow))
    except OSError as error:
        return Found(where, name, error=error)
