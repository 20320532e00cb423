"""Local files: assembled beside their target and moved in when whole; keys never trusted as paths."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

from cloud.common.errors import IntegrityError, InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cloud.common._reading import ObjectStream

PIECE = 1 << 20
_umask_lock = threading.Lock()
_seek_lock = threading.Lock()


class _Local(threading.local):
    time_ns: int | None = None


_local = _Local()


@contextmanager
def timed(time_ns: int | None) -> Iterator[None]:
    """Let a file that this thread moves in have this time already; None for the present.

    One whose time is set afterwards has another for good when the process is killed in between.
    """
    before, _local.time_ns = _local.time_ns, time_ns
    try:
        yield
    finally:
        _local.time_ns = before


@contextmanager
def replacing(path: Path, *, overwrite: bool = True) -> Iterator[BinaryIO]:
    """Give an open temporary file that becomes `path` when the block ends well, and vanishes otherwise.

    It lies beside `path` with a random name and mode 0600 while it is written; the finished file has the
    mode of the one that it replaces, or that of any new file.

    Raises:
        FileExistsError: `overwrite` is False and `path` exists.
        IsADirectoryError: `path` is a folder.
    """
    refuse_target(path, overwrite=overwrite)
    # 40 characters are at most 160 bytes, so that a name of any length and script leaves room for the rest.
    import secrets

    temporary = path.with_name(f".{path.name[:40]}.{secrets.token_hex(8)}.part")
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    file = os.fdopen(os.open(temporary, flags, 0o600), "r+b", buffering=0)
    try:
        with file:
            yield file
            file.flush()
        finish(temporary, path, overwrite=overwrite)
    except BaseException:
        with suppress(FileNotFoundError):
            temporary.unlink()
        raise


def refuse_target(path: Path, *, overwrite: bool) -> None:
    """Raise what `replacing` raises for a target that cannot be replaced."""
    if path.is_dir():
        raise IsADirectoryError(21, "is a folder, not a file", str(path))
    if not overwrite and path.exists():
        raise FileExistsError(17, "exists already", str(path))


def finish(temporary: Path, path: Path, *, overwrite: bool) -> None:
    """Move a file that is whole into its place."""
    temporary.chmod(_final_mode(path))
    if _local.time_ns is not None:
        os.utime(temporary, ns=(_local.time_ns, _local.time_ns))
    _move(temporary, path, overwrite=overwrite)


def _move(temporary: Path, path: Path, *, overwrite: bool) -> None:
    if overwrite:
        temporary.replace(path)
        return
    os.link(temporary, path)  # unlike a rename, a link never replaces
    temporary.unlink()


def _final_mode(path: Path) -> int:
    try:
        return path.stat().st_mode & 0o777
    except FileNotFoundError:
        with _umask_lock:  # the only way to read it sets it
            mask = os.umask(0o077)
            os.umask(mask)
        return 0o666 & ~mask


def pwrite_all(file: BinaryIO, data: memoryview, offset: int) -> None:
    """Write all of `data` at `offset` of `file`, without moving its position where the system can."""
    if not hasattr(os, "pwrite"):
        with _seek_lock:
            file.seek(offset)
            file.write(data)
        return
    while len(data):
        count = os.pwrite(file.fileno(), data, offset)
        data, offset = data[count:], offset + count


class FileSink:
    """Ranges of a download, written into an open file by position."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def fill(
        self, offset: int, stream: ObjectStream, length: int, seen: Callable[[memoryview], None]
    ) -> None:
        """Write `length` bytes of `stream` at `offset`."""
        buffer = memoryview(bytearray(min(PIECE, length)))
        while length:
            count = stream.readinto(buffer[:length])
            if count == 0:
                raise IntegrityError("the body ended too early", retryable=True)
            pwrite_all(self._file, buffer[:count], offset)
            seen(buffer[:count])
            offset, length = offset + count, length - count


_WINDOWS_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{name}{digit}" for name in ("com", "lpt") for digit in "0123456789¹²³"}
)


def unsafe_reason(key: str, *, windows: bool = sys.platform == "win32") -> str | None:
    """Return why `key` cannot be a relative path below a folder, or None when it can.

    Only names that mean the same file for everybody pass: nothing absolute, no ``.`` or ``..`` or empty
    segment, no NUL, no lone surrogate. With `windows`, also nothing that Windows reads differently.
    """
    if "\0" in key:
        return "it holds a NUL character"
    try:
        key.encode()
    except UnicodeEncodeError:
        return "it holds a lone surrogate, which stands for no character"
    segments = key.split("/")
    if "" in segments:
        return "it is empty, begins or ends with '/', or holds '//'"
    if "." in segments or ".." in segments:
        return "it holds a '.' or '..' segment"
    if any(len(segment.encode()) > 255 for segment in segments):
        return "a segment is longer than 255 bytes"
    if windows:
        return next((reason for reason in map(_windows_reason, segments) if reason), None)
    return None


def _windows_reason(segment: str) -> str | None:
    if any(char in '\\:*?"<>|' or ord(char) < 32 for char in segment):
        return f"Windows does not allow {segment!r} as a name"
    if segment[-1] in " .":
        return f"Windows drops the last character of {segment!r}"
    if segment.split(".", 1)[0].rstrip().lower() in _WINDOWS_DEVICES:
        return f"{segment!r} is a device on Windows"
    return None


def safe_join(folder: Path, key: str) -> Path:
    """Return the path of `key` below `folder`: the one place where a service's name becomes a path.

    Raises:
        InvalidRequestError: the key would leave the folder, pass through a symbolic link, or cannot be a
            file name here.
    """
    reason = unsafe_reason(key)
    if reason is not None:
        raise InvalidRequestError(f"the key {key!r} cannot become a file below {str(folder)!r}: {reason}")
    path = folder
    for segment in key.split("/"):
        path /= segment
        if path.is_symlink():
            raise InvalidRequestError(
                f"the key {key!r} cannot become a file below {str(folder)!r}: {str(path)!r} is a symbolic link"
            )
    return path
