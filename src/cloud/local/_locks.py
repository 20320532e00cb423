"""Locks on files, between the threads of a process and between processes.

A lock belongs to one opening of a file: two threads that open it are kept apart like two processes, and the
system drops the lock of a process that dies.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING

from cloud.local._disk import open_file

if TYPE_CHECKING:
    from typing_extensions import Self

if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 30  # a byte that no file here has: locked bytes cannot be read by others on Windows

    def lock(descriptor: int) -> None:
        """Wait for the lock and take it."""
        while True:
            os.lseek(descriptor, _FAR, os.SEEK_SET)
            try:
                msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
            except OSError as exc:
                if exc.errno != errno.EDEADLK:  # what it says after ten seconds of waiting
                    raise
            else:
                return

    def unlock(descriptor: int) -> None:
        """Give the lock back."""
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

    def mark_in_use(descriptor: int) -> None:  # the other systems need it
        """Do nothing: Windows does not let others remove an open file."""

    def is_in_use(descriptor: int) -> bool:  # noqa: ARG001  # likewise
        """Return False: whoever removes an open file is told."""
        return False

else:
    import fcntl

    def lock(descriptor: int) -> None:
        """Wait for the lock and take it."""
        fcntl.flock(descriptor, fcntl.LOCK_EX)

    def unlock(descriptor: int) -> None:
        """Give the lock back, also for children that were forked meanwhile."""
        fcntl.flock(descriptor, fcntl.LOCK_UN)

    def mark_in_use(descriptor: int) -> None:
        """Say that this file is being worked with, as several may say of one file, until it is closed."""
        fcntl.flock(descriptor, fcntl.LOCK_SH)

    def is_in_use(descriptor: int) -> bool:
        """Return whether somebody alive works with the file; if not, this opening holds its lock now."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


class FileLock:
    """A lock that exists as a file of its own, made at first use and never removed."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._descriptor = -1

    def __enter__(self) -> Self:
        """Wait for the lock and take it."""
        self._descriptor = open_file(self._path, os.O_RDWR | os.O_CREAT)
        try:
            lock(self._descriptor)
        except BaseException:
            os.close(self._descriptor)
            raise
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Give it back."""
        try:
            unlock(self._descriptor)
        finally:
            os.close(self._descriptor)
