"""Bodies that can be sent again: bytes in memory, or a range of a file."""

from __future__ import annotations

import io
import os
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from cloud.common.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Iterator

Buffer: TypeAlias = bytes | bytearray | memoryview
_seek_lock = threading.Lock()


class Allocation(io.BytesIO):
    """Room for a body, whose `getvalue` hands the bytes out without a copy when nobody else holds them.

    The bytes that it is made of are to be its own alone, so `getbuffer` and `getvalue` share them.
    """

    def close(self) -> None:
        """Give the room up; views of it that are still alive keep it until they end.

        An error's traceback holds such views, and Python 3.13 says aloud that `io` cannot close what they show.
        """
        with suppress(BufferError):
            super().close()


class FileRange:
    """Bytes ``[offset, offset + length)`` of a file, to be sent as often as needed, from several threads.

    The position of an open file is neither used nor moved (where the system has ``pread``). A path is opened
    when it is sent; an open file or descriptor is the caller's to close.
    """

    __slots__ = ("length", "offset", "source")

    def __init__(
        self, source: int | str | os.PathLike[str] | BinaryIO, offset: int = 0, length: int | None = None
    ) -> None:
        """Describe the range; without `length` it goes to the file's present end."""
        self.source: int | str | os.PathLike[str] = (
            source if isinstance(source, (int, str, os.PathLike)) else source.fileno()
        )
        if length is None:
            length = os.stat(self.source).st_size - offset  # noqa: PTH116  # a descriptor or a path
        if offset < 0 or length < 0:
            raise ValueError("offset and length must not be negative")
        self.offset = offset
        self.length = length

    def __len__(self) -> int:
        """Return the length in bytes."""
        return self.length

    @contextmanager
    def open(self) -> Iterator[int]:
        """Give a descriptor to read from; one that was opened here is closed after."""
        if isinstance(self.source, int):
            yield self.source
            return
        descriptor = os.open(self.source, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def blocks(self, descriptor: int, start: int = 0, size: int = 1 << 18) -> Iterator[bytes]:
        """Yield the range from its byte `start` on in blocks; fewer bytes when the file has become shorter."""
        position, end = self.offset + start, self.offset + self.length
        while position < end:
            block = _read_at(descriptor, min(size, end - position), position)
            if not block:
                return
            position += len(block)
            yield block


def _read_at(descriptor: int, size: int, position: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(descriptor, size, position)
    with _seek_lock:  # Windows: position and read are two steps on a descriptor that threads may share
        os.lseek(descriptor, position, os.SEEK_SET)
        return os.read(descriptor, size)


Payload: TypeAlias = bytes | bytearray | memoryview | FileRange


def blocks(payload: Payload, block_size: int = 1 << 20) -> Iterator[memoryview]:
    """Yield the payload in blocks of at most `block_size` bytes, without copying memory.

    Raises:
        IntegrityError: the file has become shorter since the range was made.
    """
    if isinstance(payload, FileRange):
        seen = 0
        with payload.open() as descriptor:
            for block in payload.blocks(descriptor, size=block_size):
                seen += len(block)
                yield memoryview(block)
        if seen != payload.length:
            raise IntegrityError("the file became shorter while it was being read; nothing was stored")
        return
    view = memoryview(payload).cast("B")
    for start in range(0, len(view), block_size):
        yield view[start : start + block_size]


def as_bytes(payload: Payload) -> bytes:
    """Return the whole payload in memory; bytes are not copied."""
    return payload if isinstance(payload, bytes) else b"".join(blocks(payload))
