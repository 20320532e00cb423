"""Moves the items of a sync, one by one, in this process or in another."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, BinaryIO

from cloud.common._cancel import active_switch, ended_by
from cloud.common._files import pwrite_all, replacing, safe_join, timed
from cloud.common._state import lock, state_folder
from cloud.common.errors import CloudError, ConflictError, IntegrityError, PreconditionFailedError
from cloud.transfer._compare import MTIME, mtime_text, open_regular
from cloud.transfer._objects import STREAMED, copy_object
from cloud.transfer._records import TransferItem, WriteOptions
from cloud.transfer._sides import FolderSide, StoreSide, nanoseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cloud.common._base_storage import BaseStorageClient
    from cloud.common._cancel import Cancellation
    from cloud.common._engine import TransferConfig
    from cloud.transfer._plan import PlanItem
    from cloud.transfer._sides import Side

SMALL = 1 << 20
"""Files up to this many bytes are read at once and go by the cheapest way."""
_PIECE = 1 << 20
_TRIES = 3
"""How often a file that changes while it is sent is sent again."""


class DoubtfulError(ConflictError):
    """What was written is no state that the source ever had, and looks newer than it."""


@dataclass(frozen=True)
class Copying:
    """Where items come from and go to, and how. It pickles when its clients do.

    Attributes:
        options: what stored objects get beside their bytes.
        server_side: whether the destination's provider copies by itself; by default where both sides are one
            client's.
        clears_folders: whether an empty folder in the place of a file may be removed.
        transfer: how large items are cut.
        resume: whether a large item between a folder and a store goes on where an earlier run was cut short, and
            leaves what it moved when it fails.
    """

    source: Side
    destination: Side
    options: WriteOptions = field(default_factory=WriteOptions)
    server_side: bool | None = None
    clears_folders: bool = False
    transfer: TransferConfig | None = None
    resume: bool = False

    def settle(
        self,
        item: PlanItem,
        *,
        progress: Callable[[int], None],
        cancellation: Cancellation | None = None,
    ) -> TransferItem:
        """Return what became of the item: moved, or failed with its error."""
        source, target = self.source.uri(item.name), self.destination.uri(item.name)
        try:
            with ended_by(cancellation):
                size = self._copy(item, progress, cancellation)
        except (CloudError, OSError) as error:
            return TransferItem(source=source, target=target, error=error)
        return TransferItem(source=source, target=target, bytes=size)

    def _copy(
        self, item: PlanItem, progress: Callable[[int], None], cancellation: Cancellation | None
    ) -> int:
        if isinstance(self.destination, FolderSide):
            with self._place(self.destination, item.name) as path:
                if path is None:
                    return 0
                if isinstance(self.source, FolderSide):
                    return _copy_file(self.source, item, path, progress)
                return self._download(self.source, item, path, progress, cancellation)
        if isinstance(self.source, FolderSide):
            return self._upload(self.source, self.destination, item, progress, cancellation)
        return self._between(self.source, self.destination, item, progress, cancellation)

    def _goes_on(self, client: BaseStorageClient, size: int) -> bool:
        """Return whether an item is gone on with: below the threshold a journal would cost more than it saves."""
        transfer = self.transfer or client._transfer  # noqa: SLF001  # the client's own; nobody else asks for it
        return self.resume and size > SMALL and size >= transfer.threshold

    # -- to a folder -------------------------------------------------------------------------------------
    @contextmanager
    def _place(self, side: FolderSide, name: str) -> Iterator[Path | None]:
        """Give the path of a file whose folder is there; None for the name of a folder, which is then made."""
        if name.endswith("/"):
            safe_join(side.path, name[:-1]).mkdir(parents=True, exist_ok=True)
            yield None
            return
        path = safe_join(side.path, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if self.clears_folders and path.is_dir():
            _remove_empty(path)
        yield path

    def _download(
        self,
        source: StoreSide,
        item: PlanItem,
        path: Path,
        progress: Callable[[int], None],
        cancellation: Cancellation | None,
    ) -> int:
        pin = item.etag
        if item.size <= SMALL and pin is not None and item.time_ns is not None:
            size = _download_small(source, item, path)
            if size is not None:
                progress(size)
                return size
            pin = None
        download = partial(
            source.client.download_to,
            source.bucket,
            source.key(item.name),
            path,
            resume=self._goes_on(source.client, item.size) and _can_note(item.name, path.parent),
            transfer=self.transfer,
            progress=progress,
            cancellation=cancellation,
        )
        try:
            with timed(None if pin is None else item.time_ns):
                result = download(if_match=pin)
        except PreconditionFailedError:
            if pin is None:
                raise
            result = download()  # the version that is there now
        info, time_ns = result.info, item.time_ns
        if item.etag is None or info.etag != item.etag:  # another one than was listed
            time_ns = None if info.modified_at is None else nanoseconds(info.modified_at)
        if time_ns is not None:
            _set_time(path, time_ns)
        return result.bytes_written

    # -- to a store --------------------------------------------------------------------------------------
    def _upload(
        self,
        source: FolderSide,
        destination: StoreSide,
        item: PlanItem,
        progress: Callable[[int], None],
        cancellation: Cancellation | None,
    ) -> int:
        path, key = source.uri(item.name), destination.key(item.name)
        for _ in range(_TRIES):
            with open_regular(path, follow_symlinks=source.follow_symlinks) as file:
                before = os.fstat(file.fileno())
                metadata = {**(self.options.metadata or {}), MTIME: mtime_text(before.st_mtime_ns)}
                small = before.st_size <= SMALL
                resume = self._goes_on(destination.client, before.st_size) and _can_note(item.name)
                try:
                    destination.client.upload_file(
                        destination.bucket,
                        key,
                        file.read() if small else Path(path),
                        content_type=self.options.content_type,
                        metadata=metadata,
                        storage_class=self.options.storage_class,
                        resume=resume,
                        transfer=self.transfer,
                        progress=progress,
                        cancellation=None if small else cancellation,
                    )
                except IntegrityError:
                    # Nothing is published of a file that changes while it is sent with `resume`.
                    if _is_same_file(before, _status(path, source)):
                        raise
                    continue
            if _is_same_file(before, _status(path, source)):
                return before.st_size
        raise DoubtfulError(f"{path!r} was changed each of the {_TRIES} times while it was uploaded")

    def _between(
        self,
        source: StoreSide,
        destination: StoreSide,
        item: PlanItem,
        progress: Callable[[int], None],
        cancellation: Cancellation | None,
    ) -> int:
        key, transfer = source.key(item.name), self.transfer or STREAMED
        inside = source.client is destination.client if self.server_side is None else self.server_side
        if inside:
            self._inside(source, destination, item)
            progress(item.size)
            return item.size
        moved = copy_object(
            source.client,
            source.bucket,
            key,
            destination.client,
            destination.bucket,
            destination.key(item.name),
            server_side=False,
            options=self.options,
            transfer=transfer,
            progress=progress,
            cancellation=cancellation,
        )
        if item.size >= transfer.threshold and item.etag is not None:
            # It took its time, and the copy now looks newer than whatever was stored meanwhile.
            now = source.client.get_object_metadata(source.bucket, key)
            if now.etag != item.etag:
                raise DoubtfulError(f"{source.uri(item.name)} was replaced while it was copied")
        return moved.bytes

    def _inside(self, source: StoreSide, destination: StoreSide, item: PlanItem) -> None:
        destination.client.copy_file(
            source.bucket,
            source.key(item.name),
            destination.bucket,
            destination.key(item.name),
            content_type=self.options.content_type,
            metadata=self.options.metadata,
            storage_class=self.options.storage_class,
        )


def _download_small(source: StoreSide, item: PlanItem, path: Path) -> int | None:
    """Write the object as it was listed, by the cheapest way; None when it was replaced since."""
    try:
        data = source.client.download_file(source.bucket, source.key(item.name), if_match=item.etag)
    except PreconditionFailedError:
        return None
    with replacing(path) as file:
        pwrite_all(file, memoryview(data), 0)
        stamped = item.time_ns is None or _stamp(file, item.time_ns)
    if not stamped and item.time_ns is not None:
        _set_time(path, item.time_ns)
    return len(data)


def _can_note(name: str, folder: Path | None = None) -> bool:
    """Return whether the journal of an item can be kept: in `folder`, by default where those of uploads are.

    An executor's worker may have no home of its own, and some network file systems have no locks, without which
    two processes could write into one file. The item then goes without, and a warning says so.
    """
    try:
        folder = folder or state_folder("uploads")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryFile(dir=folder) as file:
            lock(file)
    except (OSError, RuntimeError) as error:  # the latter when there is no home at all
        import logging

        logging.getLogger("cloud.transfer").warning(
            "the transfer of %s will not go on if it is cut short, for want of a journal: %s", name, error
        )
        return False
    return True


def _status(path: str, source: FolderSide) -> os.stat_result:
    return os.stat(path, follow_symlinks=source.follow_symlinks)  # noqa: PTH116  # a text


def _is_same_file(before: os.stat_result, after: os.stat_result) -> bool:
    return (before.st_dev, before.st_ino, before.st_size, before.st_mtime_ns) == (
        after.st_dev,
        after.st_ino,
        after.st_size,
        after.st_mtime_ns,
    )


def _copy_file(source: FolderSide, item: PlanItem, path: Path, progress: Callable[[int], None]) -> int:
    switch, total = active_switch(), 0
    with open_regular(source.uri(item.name), follow_symlinks=source.follow_symlinks) as file:
        before = os.fstat(file.fileno())
        with replacing(path) as target:
            while piece := file.read(_PIECE):
                if switch is not None:
                    switch.check()
                pwrite_all(target, memoryview(piece), total)
                progress(len(piece))
                total += len(piece)
            if not _is_same_file(before, os.fstat(file.fileno())) or total != before.st_size:
                raise PreconditionFailedError(f"{source.uri(item.name)!r} was changed while it was copied")
            stamped = _stamp(target, before.st_mtime_ns)
    if not stamped:
        _set_time(path, before.st_mtime_ns)
    return total


def _stamp(file: BinaryIO, time_ns: int) -> bool:
    """Give an open file its time, so that it has it when it is moved in; False where the system cannot."""
    if os.utime not in os.supports_fd:
        return False
    os.utime(file.fileno(), ns=(time_ns, time_ns))
    return True


def _set_time(path: Path, time_ns: int) -> None:
    os.utime(path, ns=(time_ns, time_ns), follow_symlinks=os.utime not in os.supports_follow_symlinks)


def _remove_empty(folder: Path) -> None:
    """Remove a folder in which there are only folders.

    Raises:
        OSError: there is something in it; nothing but empty folders was removed.
    """
    for where, _, _ in os.walk(folder, topdown=False, followlinks=False):
        os.rmdir(where)  # noqa: PTH106  # a text


def delete_file(side: FolderSide, item: PlanItem) -> TransferItem:
    """Return what became of a file that was to be deleted; one that is gone, or a folder by now, is done."""
    target = side.uri(item.name)
    try:
        path = safe_join(side.path, item.name)
        status = path.lstat()
        if stat.S_ISREG(status.st_mode):
            if (status.st_size, status.st_mtime_ns) != (item.size, item.time_ns):
                raise ConflictError(f"{target!r} was changed since it was looked at: it was not deleted")
            path.unlink()
    except (FileNotFoundError, NotADirectoryError):
        return TransferItem(source="", target=target)
    except (CloudError, OSError) as error:
        return TransferItem(source="", target=target, error=error)
    return TransferItem(source="", target=target)
