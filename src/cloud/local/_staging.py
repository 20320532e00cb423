"""Bytes on their way into the store, and what is left of them when a writer dies.

Every body is written into the staging folder first. Its file is locked by whoever works with it, and the
system drops the lock of a process that dies: an unlocked file there is garbage. Metadata is staged while the
lock of its key is held, under a name that says which: whoever gets that lock and still finds the file knows
that its writer is dead, and learns from it which object's folder has to be looked after.
"""

from __future__ import annotations

import os
import time
import zlib
from base64 import b64encode
from contextlib import suppress
from typing import TYPE_CHECKING

from cloud.common._bodies import blocks
from cloud.common.errors import IntegrityError
from cloud.local._disk import (
    append,
    create_file,
    link,
    open_file,
    read_file,
    remove_file,
    remove_tree,
    write_all,
)
from cloud.local._layout import new_data_name
from cloud.local._locks import is_in_use, mark_in_use
from cloud.local._record import load

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

    from cloud.common._bodies import Payload
    from cloud.local._layout import Layout
    from cloud.local._record import Record

DATA_KIND = "data"
GONE_KIND = "gone"
META_KIND = "meta-"
_ABANDONED_SECONDS = 3600
"""How old a staged file must be to count as garbage where the system has no locks that tell."""


class StagedFile:
    """A file of bytes that belongs to no object yet; leaving the block removes it, unless it was moved away."""

    def __init__(self, path: str, descriptor: int, size: int = 0, crc32: str = "") -> None:
        self.path = path
        self._home = path
        self.descriptor = descriptor
        self.size = size
        self.crc32 = crc32
        self.data = new_data_name()
        self._mine = True

    def move(self, target: str) -> None:
        """Rename the file. `settle` then says that it shall stay."""
        if os.name == "nt":
            self.close()  # Windows does not rename an open file
        os.rename(self.path, target)  # noqa: PTH104  # paths are text here: a Path costs more than the call
        self.path = target

    @property
    def is_home(self) -> bool:
        """Whether the file is where it was written."""
        return self.path == self._home

    def return_home(self) -> None:
        """Undo `move`, as far as that is possible; what stays behind is found by the next write to its key."""
        if not self.is_home:
            with suppress(OSError):
                self.move(self._home)

    def settle(self) -> None:
        """Let the file stay where it is now."""
        self._mine = False

    def close(self) -> None:
        """Close the file."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def __enter__(self) -> Self:
        """Return the file."""
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Close the file; remove it when nobody took it."""
        if self._mine:
            remove_file(self.path)
        self.close()


def stage(layout: Layout, payload: Payload, *, fsync: bool) -> StagedFile:
    """Write `payload` into a new file of the staging folder."""
    while True:
        path = layout.new_staging(DATA_KIND)
        staged = _marked(path, create_file(path))
        if staged is not None:
            break
    try:
        crc = 0
        for block in blocks(payload):
            crc = zlib.crc32(block, crc)
            write_all(staged.descriptor, block)
            staged.size += len(block)
        staged.crc32 = crc_text(crc)
        if fsync:
            os.fsync(staged.descriptor)
    except BaseException:
        staged.__exit__()
        raise
    return staged


def stage_copy(layout: Layout, source: str, record: Record, *, fsync: bool) -> StagedFile | None:
    """Put a second name of the file `source`, or a copy of it, into the staging folder; None if it is gone."""
    staged: StagedFile | None = None
    while staged is None:
        path = layout.new_staging(DATA_KIND)
        try:
            if not link(source, path):
                return _stage_bytes(layout, source, record, fsync=fsync)
        except FileNotFoundError:
            return None
        with suppress(FileNotFoundError):  # a sweep of somebody else was faster
            staged = _marked(path, open_file(path, os.O_RDONLY))
    staged.size, staged.crc32 = record.size, record.crc32
    return staged


def _stage_bytes(layout: Layout, source: str, record: Record, *, fsync: bool) -> StagedFile | None:
    try:
        descriptor = open_file(source, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        staged = stage(layout, b"", fsync=False)
        try:
            append(descriptor, staged.descriptor, record.size)
            if fsync:
                os.fsync(staged.descriptor)
        except BaseException:
            staged.__exit__()
            raise
        staged.size, staged.crc32 = record.size, record.crc32
        return staged
    finally:
        os.close(descriptor)


def _marked(path: str, descriptor: int) -> StagedFile | None:
    """Lock a file just made against sweeps; None when one was faster."""
    try:
        mark_in_use(descriptor)
        with suppress(FileNotFoundError):
            if os.path.samestat(os.lstat(path), os.fstat(descriptor)):
                return StagedFile(path, descriptor)
    except BaseException:
        os.close(descriptor)
        remove_file(path)
        raise
    os.close(descriptor)
    return None


def crc_text(crc: int) -> str:
    """Return a CRC-32 as `Record.crc32` keeps it."""
    return b64encode(crc.to_bytes(4, "big")).decode("ascii")


def sweep(layout: Layout, tidy: Callable[[str, str], None]) -> None:
    """Remove what dead writers left in the staging folder.

    Args:
        layout: the store.
        tidy: removes the data files of one bucket and key that its metadata does not name; it is called
            with the key's lock held.
    """
    for path, kind in layout.staged():
        if kind == DATA_KIND:
            _sweep_data(path)
        elif kind == GONE_KIND:
            remove_tree(path)
        elif kind.startswith(META_KIND):
            with layout.shard_lock(kind.removeprefix(META_KIND)):
                _sweep_meta(path, tidy)


def _sweep_data(path: str) -> None:
    try:
        descriptor = open_file(path, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        if os.name == "nt" and time.time() - os.fstat(descriptor).st_mtime < _ABANDONED_SECONDS:
            return
        if not is_in_use(descriptor):
            remove_file(path)
    finally:
        os.close(descriptor)


def _sweep_meta(path: str, tidy: Callable[[str, str], None]) -> None:
    text = read_file(path)
    if text is None:
        return
    try:
        _, bucket, key = load(text, path)
    except IntegrityError:
        pass  # the writer died before it had moved anything: there is nothing else to tidy
    else:
        tidy(bucket, key)
    remove_file(path)
