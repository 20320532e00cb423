"""The files of a local folder, one after the other, however many there are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloud.common.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Found:
    """Something below the folder.

    Attributes:
        path: where it is.
        name: its path below the folder, with ``/``.
        size: bytes; 0 where unknown.
        skipped: why it takes no part: ``symbolic link``, ``no regular file``.
        error: why it cannot be looked at.
    """

    path: Path
    name: str
    size: int = 0
    skipped: str | None = None
    error: OSError | InvalidRequestError | None = None


def walk(folder: Path, *, follow_symlinks: bool) -> Iterator[Found]:
    """Yield every file below `folder`, sorted within its folder; empty folders leave no trace.

    Symbolic links are yielded as skipped unless they are followed; a link that leads back to a folder above
    it is an error of its own. What cannot be looked at is yielded with its error.

    Raises:
        OSError: `folder` itself cannot be read.
    """
    with os.scandir(folder):
        pass  # the folder itself must be readable: not an item's error
    status = folder.stat()
    yield from _walk(folder, "", ((status.st_dev, status.st_ino),), follow_symlinks)


def _walk(folder: Path, prefix: str, above: tuple[tuple[int, int], ...], follow: bool) -> Iterator[Found]:
    try:
        with os.scandir(folder) as scan:
            entries = sorted(scan, key=lambda entry: entry.name)
    except OSError as error:
        yield Found(folder, prefix.rstrip("/"), error=error)
        return
    for entry in entries:
        path, name = folder / entry.name, prefix + entry.name
        if entry.is_symlink() and not follow:
            yield Found(path, name, skipped="symbolic link")
            continue
        try:
            status = entry.stat()
            is_folder, is_file = entry.is_dir(), entry.is_file()
        except OSError as error:
            yield Found(path, name, error=error)
            continue
        if is_folder:
            place = (status.st_dev, status.st_ino)
            if entry.is_symlink() and place in above:
                loop = InvalidRequestError(f"{str(path)!r} is a symbolic link to a folder above it")
                yield Found(path, name, error=loop)
                continue
            yield from _walk(path, name + "/", (*above, place), follow)
        elif is_file:
            yield Found(path, name, size=status.st_size)
        else:
            yield Found(path, name, skipped="no regular file")
