"""One object or file: uploaded, downloaded, copied between two stores, or moved.

Each function returns a `TransferItem` without an error, or raises.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from cloud.common._engine import MIB, TransferConfig
from cloud.common.enums import Capability
from cloud.common.errors import (
    AlreadyExistsError,
    ConflictError,
    InvalidRequestError,
    PreconditionFailedError,
)
from cloud.transfer._records import Existing, TransferItem, WriteOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.common._base_storage import BaseStorageClient
    from cloud.common._cancel import Cancellation
    from cloud.common._reading import ObjectReader
    from cloud.common.models import ObjectInfo

STREAMED = TransferConfig(part_size=8 * MIB, max_workers=2)
"""How a copy between two stores is cut: about 50 MiB (six parts) of one object are in memory."""
_EXISTS = "exists"
_NO_OPTIONS = WriteOptions()


def object_uri(client: BaseStorageClient, bucket: str, key: str) -> str:
    """Return the URI of an object, as `upload_file` returns it."""
    return f"{client.scheme}://{bucket}/{key}"


def upload_object(
    path: str | os.PathLike[str],
    client: BaseStorageClient,
    bucket: str,
    key: str,
    *,
    options: WriteOptions = _NO_OPTIONS,
    existing: Existing = Existing.REPLACE,
    delete_source: bool = False,
    resume: bool = False,
    transfer: TransferConfig | None = None,
    progress: Callable[[int], None] | None = None,
    cancellation: Cancellation | None = None,
) -> TransferItem:
    """Store the file at `path` as an object.

    Args:
        delete_source: then delete the file, unless it was changed meanwhile (ConflictError; both stay).
        resume, transfer, progress, cancellation: as for `upload_file`.

    Raises:
        AlreadyExistsError: `Existing.FAIL`, and an object is there.
        InvalidRequestError: `path` is a folder, a device or a pipe.
    """
    path = Path(path)
    source, target = str(path), object_uri(client, bucket, key)
    before = path.stat()
    if not stat.S_ISREG(before.st_mode):
        raise InvalidRequestError(f"{source!r} is no regular file")
    if _is_left_out(client, bucket, key, existing):
        return TransferItem(source=source, target=target, skipped=_EXISTS)
    try:
        client.upload_file(
            bucket,
            key,
            path,
            content_type=options.content_type,
            metadata=options.metadata,
            storage_class=options.storage_class,
            if_absent=_needs_absence(client, existing),
            resume=resume,
            transfer=transfer,
            progress=progress,
            cancellation=cancellation,
        )
    except AlreadyExistsError:
        if existing is not Existing.SKIP:
            raise
        return TransferItem(source=source, target=target, skipped=_EXISTS)
    if delete_source:
        _delete_unchanged(path, before)
    return TransferItem(source=source, target=target, bytes=before.st_size)


def download_object(
    client: BaseStorageClient,
    bucket: str,
    key: str,
    path: str | os.PathLike[str],
    *,
    version_id: str | None = None,
    existing: Existing = Existing.REPLACE,
    delete_source: bool = False,
    resume: bool = False,
    transfer: TransferConfig | None = None,
    progress: Callable[[int], None] | None = None,
    cancellation: Cancellation | None = None,
) -> TransferItem:
    """Write an object to the file `path`, whose folder must exist.

    Args:
        version_id: this version; it cannot be moved.
        delete_source: then delete the object, unless it was replaced meanwhile (PreconditionFailedError;
            both stay).
        resume, transfer, progress, cancellation: as for `download_to`.

    Raises:
        FileExistsError: `Existing.FAIL`, and the file is there.
    """
    _check_move(version_id, delete_source=delete_source)
    path = Path(path)
    source, target = object_uri(client, bucket, key), str(path)
    skipped = TransferItem(source=source, target=target, skipped=_EXISTS)
    if existing is Existing.SKIP and os.path.lexists(path):
        return skipped
    try:
        result = client.download_to(
            bucket,
            key,
            path,
            overwrite=existing is Existing.REPLACE,
            version_id=version_id,
            resume=resume,
            transfer=transfer,
            progress=progress,
            cancellation=cancellation,
        )
    except FileExistsError:
        if existing is not Existing.SKIP:
            raise
        return skipped
    if delete_source:
        _delete_pinned(client, result.info)
    return TransferItem(source=source, target=target, bytes=result.bytes_written)


def copy_object(
    client: BaseStorageClient,
    bucket: str,
    key: str,
    target_client: BaseStorageClient,
    target_bucket: str,
    target_key: str,
    *,
    version_id: str | None = None,
    server_side: bool | None = None,
    options: WriteOptions = _NO_OPTIONS,
    existing: Existing = Existing.REPLACE,
    delete_source: bool = False,
    transfer: TransferConfig | None = None,
    progress: Callable[[int], None] | None = None,
    cancellation: Cancellation | None = None,
) -> TransferItem:
    """Copy an object to another place of the same store, or to another store.

    Content type, metadata and, where the target can hold them, the other headers come along; tags do not.

    Args:
        version_id: this version; it cannot be moved.
        server_side: whether the target's provider copies it by itself. By default it does when both clients
            are one and the same; True says that the target's client can read the source too.
        delete_source: then delete the source, unless it was replaced meanwhile (PreconditionFailedError; both
            stay).
        transfer: how a streamed copy is cut, by default `STREAMED`.
    """
    _check_move(version_id, delete_source=delete_source)
    if target_client is client and (bucket, key) == (target_bucket, target_key):
        raise InvalidRequestError(f"source and target are the same object: {bucket}/{key}")
    source = object_uri(client, bucket, key)
    target = object_uri(target_client, target_bucket, target_key)
    if _is_left_out(target_client, target_bucket, target_key, existing):
        return TransferItem(source=source, target=target, skipped=_EXISTS)
    if cancellation is not None:
        cancellation.check()
    how = _Copying(
        target_client,
        target_bucket,
        target_key,
        options,
        _needs_absence(target_client, existing),
        transfer or STREAMED,
        progress,
        cancellation,
    )
    try:
        if target_client is client if server_side is None else server_side:
            info = client.get_object_metadata(bucket, key, version_id=version_id)
            how.server_side(info, version_id)
        else:
            with client.open_file(bucket, key, version_id=version_id) as body:
                info = cast("ObjectReader", body.raw).info
                how.streamed(body, info)
    except AlreadyExistsError:
        if existing is not Existing.SKIP:
            raise
        return TransferItem(source=source, target=target, skipped=_EXISTS)
    if delete_source:
        _delete_pinned(client, info)
    return TransferItem(source=source, target=target, bytes=info.size)


@dataclass(frozen=True)
class _Copying:
    """Where a copy goes to, and how."""

    client: BaseStorageClient
    bucket: str
    key: str
    options: WriteOptions
    if_absent: bool
    transfer: TransferConfig
    progress: Callable[[int], None] | None
    cancellation: Cancellation | None

    def server_side(self, info: ObjectInfo, version_id: str | None) -> None:
        pinned = version_id is None and Capability.CONDITIONAL_COPY in self.client.capabilities
        self.client.copy_file(
            info.bucket,
            info.key,
            self.bucket,
            self.key,
            version_id=version_id,
            if_match=info.etag if pinned else None,
            if_absent=self.if_absent,
            content_type=self.options.content_type,
            metadata=self.options.metadata,
            storage_class=self.options.storage_class,
        )
        if self.progress is not None:
            self.progress(info.size)

    def streamed(self, body: BinaryIO, info: ObjectInfo) -> None:
        headers: dict[str, Any] = {}
        if Capability.CONTENT_ENCODING in self.client.capabilities:
            names = ("cache_control", "content_encoding", "content_disposition", "content_language")
            headers = {name: getattr(info, name) for name in names}
        self.client.upload_file(
            self.bucket,
            self.key,
            body,
            content_type=self.options.content_type or info.content_type,
            metadata=info.metadata if self.options.metadata is None else self.options.metadata,
            storage_class=self.options.storage_class,
            if_absent=self.if_absent,
            transfer=self.transfer,
            progress=self.progress,
            cancellation=self.cancellation,
            **headers,
        )


def _needs_absence(client: BaseStorageClient, existing: Existing) -> bool:
    if existing is Existing.SKIP:
        return Capability.CONDITIONAL_CREATE in client.capabilities
    return existing is Existing.FAIL


def _is_left_out(client: BaseStorageClient, bucket: str, key: str, existing: Existing) -> bool:
    # Asked before, although a conditional write would tell too: nobody wants to send 5 GiB to hear "exists".
    return existing is Existing.SKIP and client.object_exists(bucket, key)


def _check_move(version_id: str | None, *, delete_source: bool) -> None:
    if delete_source and version_id is not None:
        raise InvalidRequestError("one version of an object cannot be moved", hint="copy it")


def _delete_unchanged(path: Path, before: os.stat_result) -> None:
    after = path.stat()
    if (after.st_ino, after.st_size, after.st_mtime_ns) != (
        before.st_ino,
        before.st_size,
        before.st_mtime_ns,
    ):
        raise ConflictError(f"{str(path)!r} was changed while it was uploaded: it was not deleted")
    path.unlink()


def _delete_pinned(client: BaseStorageClient, info: ObjectInfo) -> None:
    if Capability.CONDITIONAL_DELETE in client.capabilities:
        client.delete_file(info.bucket, info.key, if_match=info.etag)
        return
    if client.get_object_metadata(info.bucket, info.key).etag != info.etag:
        raise PreconditionFailedError(
            f"{info.bucket}/{info.key} was replaced while it was moved: it was not deleted"
        )
    client.delete_file(info.bucket, info.key)
