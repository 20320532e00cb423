"""Folders and prefixes: uploaded, downloaded, copied between two stores, or moved.

The contents of the source land below the target, always: ``upload_tree("dir", client, "b", "p")`` stores
``dir/x/y`` as ``p/x/y``. A prefix names a folder: ``p`` means what begins with ``p/``, and the empty text the
whole bucket.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cloud.common._files import safe_join
from cloud.common.errors import InvalidRequestError
from cloud.transfer._names import NameGuard
from cloud.transfer._objects import copy_object, download_object, object_uri, upload_object
from cloud.transfer._prefetch import switch_below
from cloud.transfer._records import Existing, TransferItem, WriteOptions
from cloud.transfer._run import DEFAULT_WORKERS, Job, run_jobs
from cloud.transfer._select import Selection
from cloud.transfer._walk import walk

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from cloud.common._base_storage import BaseStorageClient
    from cloud.common._cancel import Cancellation
    from cloud.common._engine import TransferConfig
    from cloud.common.models import ObjectInfo
    from cloud.transfer._records import Progress, TransferReport
    from cloud.transfer._run import Moved

_NO_OPTIONS = WriteOptions()
_EVERYTHING = Selection()


def folder_prefix(prefix: str) -> str:
    """Return the prefix of the keys in the folder `prefix`: it ends with ``/`` or is empty."""
    return prefix if not prefix or prefix.endswith("/") else prefix + "/"


def upload_tree(
    folder: str | os.PathLike[str],
    client: BaseStorageClient,
    bucket: str,
    prefix: str = "",
    *,
    select: Selection = _EVERYTHING,
    options: WriteOptions = _NO_OPTIONS,
    existing: Existing = Existing.REPLACE,
    follow_symlinks: bool = False,
    delete_source: bool = False,
    workers: int = DEFAULT_WORKERS,
    transfer: TransferConfig | None = None,
    progress: Progress | None = None,
    cancellation: Cancellation | None = None,
) -> TransferReport:
    """Store every file below `folder` and return what became of them.

    Args:
        select: which files, by their path below the folder.
        follow_symlinks: False leaves symbolic links out and counts them as skipped.
        delete_source: move: delete each file after it was stored; folders stay.
        workers: files in flight at once.
        transfer: how each large file is cut, its `bandwidth_limit` one for all of them; memory stays under 1 MiB per worker of each.
        progress: is told.
        cancellation: ends the transfer from another thread; the running items are given up.

    Raises:
        OSError: the folder cannot be read. What fails for one file is in the report.
    """
    prefix = folder_prefix(prefix)
    limit = None if transfer is None else transfer.bandwidth_limit
    with switch_below(cancellation, limit) as switch:
        upload = partial(
            upload_object,
            client=client,
            bucket=bucket,
            options=options,
            existing=existing,
            delete_source=delete_source,
            transfer=transfer,
            cancellation=switch,
        )

        def jobs() -> Iterator[Job | TransferItem]:
            for found in walk(Path(folder), follow_symlinks=follow_symlinks):
                if select.takes(found.name):
                    key = prefix + found.name
                    source, target = str(found.path), object_uri(client, bucket, key)
                    if found.skipped is not None or found.error is not None:
                        yield TransferItem(
                            source=source, target=target, skipped=found.skipped, error=found.error
                        )
                    else:
                        yield Job(source, target, found.size, partial(upload, found.path, key=key))

        return run_jobs(jobs(), workers=workers, progress=progress, cancellation=switch)


def download_tree(
    client: BaseStorageClient,
    bucket: str,
    prefix: str,
    folder: str | os.PathLike[str],
    *,
    select: Selection = _EVERYTHING,
    existing: Existing = Existing.REPLACE,
    keeps_names_apart: bool = False,
    delete_source: bool = False,
    workers: int = DEFAULT_WORKERS,
    transfer: TransferConfig | None = None,
    progress: Progress | None = None,
    cancellation: Cancellation | None = None,
) -> TransferReport:
    """Write every object in the folder `prefix` below `folder`, which is made where it is missing.

    A key that would leave the folder, pass through a symbolic link in it, or cannot be a file name here fails
    alone. An empty object whose key ends with ``/`` stands for a folder and makes one.

    Args:
        select: which objects, by their key below the prefix.
        keeps_names_apart: the file system of `folder` keeps names apart that differ by case or by Unicode
            form alone. Otherwise the second of two such names fails, instead of replacing the first.
        delete_source: move: delete each object after it was written.
        workers: objects in flight at once.
        transfer, progress, cancellation: as for `upload_tree`.

    Raises:
        CloudError: the listing failed; what it had given by then was moved.
    """
    folder, prefix = Path(folder), folder_prefix(prefix)
    guard = None if keeps_names_apart else NameGuard()
    limit = None if transfer is None else transfer.bandwidth_limit
    with switch_below(cancellation, limit) as switch:
        download = partial(
            _download,
            client=client,
            existing=existing,
            delete_source=delete_source,
            transfer=transfer,
            cancellation=switch,
        )

        def jobs() -> Iterator[Job | TransferItem]:
            for info in client.list_objects(bucket, prefix):
                name = info.key[len(prefix) :]
                if select.takes(name.rstrip("/")):
                    source = object_uri(client, bucket, info.key)
                    try:
                        path = _local_path(folder, name, info, guard)
                    except InvalidRequestError as error:
                        yield TransferItem(source=source, target=str(folder), error=error)
                    else:
                        yield Job(source, str(path), info.size, partial(download, info, path))

        folder.mkdir(parents=True, exist_ok=True)
        return run_jobs(jobs(), workers=workers, progress=progress, cancellation=switch)


def _local_path(folder: Path, name: str, info: ObjectInfo, guard: NameGuard | None) -> Path:
    if name == "" and _is_folder_marker(info):
        return folder
    path = safe_join(folder, name[:-1] if _is_folder_marker(info) else name)
    if guard is not None:
        guard.check(name)
    return path


def _is_folder_marker(info: ObjectInfo) -> bool:
    return info.size == 0 and info.key.endswith("/")


def _download(
    info: ObjectInfo,
    path: Path,
    *,
    progress: Moved,
    client: BaseStorageClient,
    existing: Existing,
    delete_source: bool,
    transfer: TransferConfig | None,
    cancellation: Cancellation,
) -> TransferItem:
    if _is_folder_marker(info):
        path.mkdir(parents=True, exist_ok=True)
        if delete_source:
            client.delete_file(info.bucket, info.key)
        return TransferItem(source=object_uri(client, info.bucket, info.key), target=str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    return download_object(
        client,
        info.bucket,
        info.key,
        path,
        existing=existing,
        delete_source=delete_source,
        transfer=transfer,
        progress=progress,
        cancellation=cancellation,
    )


def copy_tree(
    client: BaseStorageClient,
    bucket: str,
    prefix: str,
    target_client: BaseStorageClient,
    target_bucket: str,
    target_prefix: str = "",
    *,
    server_side: bool | None = None,
    select: Selection = _EVERYTHING,
    options: WriteOptions = _NO_OPTIONS,
    existing: Existing = Existing.REPLACE,
    delete_source: bool = False,
    workers: int = DEFAULT_WORKERS,
    transfer: TransferConfig | None = None,
    progress: Progress | None = None,
    cancellation: Cancellation | None = None,
) -> TransferReport:
    """Copy every object in the folder `prefix` to another folder, bucket or store.

    Memory of streamed copies: about 50 MiB for each worker by default; server-side copies need none.

    Args:
        server_side: as for `copy_object`.
        select: which objects, by their key below the prefix.
        delete_source: move: delete each object after it was copied.
        workers: objects in flight at once.
        transfer: how each large streamed object is cut.
        progress, cancellation: as for `upload_tree`.

    Raises:
        InvalidRequestError: the target lies in the source, so that the copy would list itself.
        CloudError: the listing failed; what it had given by then was copied.
    """
    prefix, target_prefix = folder_prefix(prefix), folder_prefix(target_prefix)
    same_bucket = target_client is client and bucket == target_bucket
    if same_bucket and target_prefix.startswith(prefix):
        raise InvalidRequestError(
            f"the target {bucket}/{target_prefix} lies in the source {bucket}/{prefix}: the copy would never end"
        )

    limit = None if transfer is None else transfer.bandwidth_limit
    with switch_below(cancellation, limit) as switch:
        copy = partial(
            copy_object,
            client,
            bucket,
            target_client=target_client,
            target_bucket=target_bucket,
            server_side=server_side,
            options=options,
            existing=existing,
            delete_source=delete_source,
            transfer=transfer,
            cancellation=switch,
        )

        def jobs() -> Iterator[Job | TransferItem]:
            for info in client.list_objects(bucket, prefix):
                name = info.key[len(prefix) :]
                if select.takes(name.rstrip("/")):
                    key = target_prefix + name
                    source = object_uri(client, bucket, info.key)
                    target = object_uri(target_client, target_bucket, key)
                    if same_bucket and key.startswith(prefix):
                        inside = InvalidRequestError(f"{target} lies in the folder that is being copied")
                        yield TransferItem(source=source, target=target, error=inside)
                    else:
                        yield Job(source, target, info.size, partial(copy, info.key, target_key=key))

        return run_jobs(jobs(), workers=workers, progress=progress, cancellation=switch)
