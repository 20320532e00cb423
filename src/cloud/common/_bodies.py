"""Bodies that can be sent again: bytes in memory, or a range of an open file."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from cloud.common.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Iterator

Buffer: TypeAlias = bytes | bytearray | memoryview
_seek_lock = threading.Lock()


class FileRange:
    """Bytes ``[offset, offset + length)`` of an open file, read by position.

    The file's own position is neither used nor moved, so that several threads can send parts of one file.
    """

    __slots__ = ("file", "length", "offset")

    def __init__(self, file: BinaryIO, offset: int, length: int) -> None:
        self.file = file
        self.offset = offset
        self.length = length

    def fileno(self) -> int:
        """Return the descriptor of the open file."""
        return self.file.fileno()

    def read_at(self, position: int, size: int) -> bytes:
        """Return exactly `size` bytes from `position` of the range on.

        Raises:
            IntegrityError: the file has become shorter since the range was made.
        """
        data = pread(self.file, self.offset + position, size)
        if len(data) != size:
            raise IntegrityError("the file became shorter while it was being read; nothing was stored")
        return data

    def __len__(self) -> int:
        """Return the length in bytes."""
        return self.length


Payload: TypeAlias = bytes | bytearray | memoryview | FileRange


def pread(file: BinaryIO, offset: int, size: int) -> bytes:
    """Return up to `size` bytes from `offset` of `file` on; fewer only at its end."""
    if not hasattr(os, "pread"):
        return _seek_and_read(file, offset, size)
    pieces: list[bytes] = []
    while size > 0:
        piece = os.pread(file.fileno(), size, offset)
        if not piece:
            break
        pieces.append(piece)
        offset, size = offset + len(piece), size - len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _seek_and_read(file: BinaryIO, offset: int, size: int) -> bytes:
    """Do what `pread` does where the system has none (Windows): one reader at a time."""
    with _seek_lock:
        file.seek(offset)
        return file.read(size)


def blocks(payload: Payload, block_size: int = 1 << 20) -> Iterator[memoryview]:
    """Yield the payload in blocks of at most `block_size` bytes, without copying memory."""
    if isinstance(payload, FileRange):
        for position in range(0, payload.length, block_size):
            yield memoryview(payload.read_at(position, min(block_size, payload.length - position)))
        return
    view = memoryview(payload).cast("B")
    for start in range(0, len(view), block_size):
        yield view[start : start + block_size]
