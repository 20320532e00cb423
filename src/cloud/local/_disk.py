"""Files and folders of the store: opened without following links, written whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from cloud.common.errors import IntegrityError, PermissionDeniedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cloud.common._bodies import Buffer

_PIECE = 1 << 20
_SMALL = 16 << 10
_ALWAYS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
# What a file system says that has no hard links, or no more, or does not allow this one.
_CANNOT_LINK = frozenset(
    getattr(errno, name)
    for name in ("EPERM", "EACCES", "EMLINK", "EXDEV", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EINVAL")
)
# What a kernel says that cannot copy between these two files by itself.
_CANNOT_COPY = frozenset({errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM})


def open_file(path: str, flags: int) -> int:
    """Return the descriptor of a file; a symbolic link in its place is an error (ELOOP)."""
    return os.open(path, flags | _ALWAYS, 0o666)


def create_file(path: str) -> int:
    """Return the descriptor of a new file, for writing and reading."""
    return open_file(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)


def write_all(descriptor: int, data: Buffer) -> None:
    """Write all of `data`."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def write_file(path: str, data: bytes, *, fsync: bool) -> None:
    """Make a new file that holds `data`; on failure there is none."""
    descriptor = create_file(path)
    try:
        write_all(descriptor, data)
        if fsync:
            os.fsync(descriptor)
    except BaseException:
        remove_file(path)
        raise
    finally:
        os.close(descriptor)


def read_file(path: str) -> bytes | None:
    """Return what is in a small file; None when there is none."""
    try:
        descriptor = open_file(path, os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        pieces = []
        while piece := os.read(descriptor, _SMALL):
            pieces.append(piece)
        return b"".join(pieces)
    finally:
        os.close(descriptor)


def remove_file(path: str) -> None:
    """Remove a file that nobody needs any more, as far as that is possible.

    What cannot be removed now (on Windows, while somebody reads it) is found again by the next write to its
    key or by the next sweep, so that a failure here must not fail the call that is done already.
    """
    with suppress(OSError):
        os.unlink(path)  # noqa: PTH108  # paths are text here: a Path costs more than the call


def remove_tree(path: str) -> None:
    """Remove a folder that nobody needs any more, as far as that is possible; see `remove_file`."""
    shutil.rmtree(path, ignore_errors=True)


def remove_empty_folders(folder: str, top: str) -> None:
    """Remove `folder` and its parents below `top`, as far as they are empty."""
    while folder != top:
        try:
            os.rmdir(folder)  # noqa: PTH106  # likewise
        except FileNotFoundError:
            pass  # somebody else was faster; the parent may be empty too
        except OSError:
            return  # not empty
        folder = os.path.dirname(folder)  # noqa: PTH120  # likewise


def is_folder(path: str) -> bool:
    """Return whether a folder is there.

    Raises:
        PermissionDeniedError: it is a symbolic link, or no folder.
    """
    try:
        mode = os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    if stat.S_ISDIR(mode):
        return True
    what = "a symbolic link" if stat.S_ISLNK(mode) else "not a folder"
    raise PermissionDeniedError(
        f"{path!r} is {what}: a store does not go through it",
        hint="only the library itself may change what is in the folder of a store",
    )


def make_folders(top: str, names: Iterable[str]) -> str | None:
    """Make the folders `names` below `top`, where they are missing; return the last one's path.

    None when `top` is not there, or when somebody removes the folders at the same moment: try again.

    Raises:
        PermissionDeniedError: one of them is a symbolic link.
    """
    path = top
    for name in names:
        path = f"{path}{os.sep}{name}"
        if not is_folder(path):
            try:
                os.mkdir(path)  # noqa: PTH102  # likewise
            except FileNotFoundError:
                return None
            except FileExistsError:
                if not is_folder(path):
                    return None
    return path


def has_folders(top: str, names: Iterable[str]) -> bool:
    """Return whether the folders `names` are there below `top`.

    Raises:
        PermissionDeniedError: one of them is a symbolic link.
    """
    path = top
    for name in names:
        path = f"{path}{os.sep}{name}"
        if not is_folder(path):
            return False
    return True


def sync_folder(path: str) -> None:
    """Wait until the disk has what was made, renamed and removed in a folder."""
    if os.name == "nt":
        return  # Windows cannot, and writes its directories through
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def link(source: str, target: str) -> bool:
    """Give a file a second name; False where the file system cannot.

    Raises:
        FileNotFoundError: there is no `source`.
    """
    try:
        if os.link in os.supports_follow_symlinks:
            os.link(source, target, follow_symlinks=False)
        else:
            os.link(source, target)
    except OSError as exc:
        if exc.errno in _CANNOT_LINK:
            return False
        raise
    return True


def append(source: int, target: int, size: int) -> None:
    """Copy `size` bytes from the place of `source` to that of `target`, inside the kernel where it can.

    Raises:
        IntegrityError: `source` has fewer.
    """
    left = size
    while left and hasattr(os, "copy_file_range"):
        try:
            count = os.copy_file_range(source, target, left)
        except OSError as exc:
            if exc.errno in _CANNOT_COPY:
                break
            raise
        if not count:
            break
        left -= count
    while left:
        piece = os.read(source, min(left, _PIECE))
        if not piece:
            raise IntegrityError(f"a stored file has {size - left} bytes instead of {size}")
        write_all(target, piece)
        left -= len(piece)
