"""A slice of a file as request body."""

from __future__ import annotations

import os
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK = 1 << 18  # as much as a socket buffer takes at once; more only costs memory
_HAS_PREAD = hasattr(os, "pread")
_seek_lock = Lock()  # without pread, position and read are two steps on a descriptor that threads may share


class FileRange:
    """`length` bytes of a file from `offset`, to be sent as a body, as often as needed.

    The position of a given descriptor is neither used nor moved (where the system has ``pread``).
    The file is opened when it is sent, so an object of this class holds no resource.
    """

    __slots__ = ("_source", "length", "offset")

    def __init__(
        self, source: int | str | os.PathLike[str], offset: int = 0, length: int | None = None
    ) -> None:
        """Describe the slice; without `length` it goes to the file's present end."""
        if length is None:
            size = os.stat(source).st_size  # noqa: PTH116  # a descriptor or a path
            length = size - offset
        if offset < 0 or length < 0:
            raise ValueError("offset and length must not be negative")
        self._source = source
        self.offset = offset
        self.length = length

    @contextmanager
    def open(self) -> Iterator[int]:
        """Yield a descriptor to read from; one that was opened here is closed after."""
        if isinstance(self._source, int):
            yield self._source
            return
        descriptor = os.open(self._source, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def blocks(self, descriptor: int, start: int = 0) -> Iterator[bytes]:
        """Yield the slice from its byte `start` on in blocks; fewer bytes when the file has become shorter."""
        position, end = self.offset + start, self.offset + self.length
        while position < end:
            block = _read_at(descriptor, min(_BLOCK, end - position), position)
            if not block:
                return
            position += len(block)
            yield block


def _read_at(descriptor: int, size: int, position: int) -> bytes:
    if _HAS_PREAD:
        return os.pread(descriptor, size, position)
    with _seek_lock:
        os.lseek(descriptor, position, os.SEEK_SET)
        return os.read(descriptor, size)
