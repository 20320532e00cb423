"""Buckets and objects in a folder of this machine, or in the memory of this process."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, ClassVar

from cloud.common._base_storage import BaseStorageClient
from cloud.common._storage_types import PartLimits, Stored, TagHooks, UnfinishedUploadHooks
from cloud.common.enums import Capability, CloudProvider
from cloud.common.errors import ConfigurationError
from cloud.local._backend import no_such_key
from cloud.local._body import FileBody, check_delete, check_read, check_source, check_write
from cloud.local._errors import translate
from cloud.local._listing import list_page, list_uploads_page
from cloud.local._record import new_etag, new_record

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from typing_extensions import Self

    from cloud.common._bodies import Payload
    from cloud.common._engine import TransferConfig
    from cloud.common._observe import Observer
    from cloud.common._paging import Page
    from cloud.common._ratelimit import Limiter
    from cloud.common._retry import RetryPolicy
    from cloud.common._storage_types import (
        CopyRequest,
        DeleteRequest,
        GetRequest,
        ListRequest,
        ObjectBody,
        Part,
        PutRequest,
        Upload,
    )
    from cloud.common.errors import CloudError, ErrorContext
    from cloud.common.models import ObjectInfo, UnfinishedUpload
    from cloud.local._backend import Backend, Staged
    from cloud.local._record import Record

_CAPABILITIES = frozenset(
    {
        Capability.CONDITIONAL_CREATE,
        Capability.CONDITIONAL_REPLACE,
        Capability.CONDITIONAL_DELETE,
        Capability.CONDITIONAL_COPY,
        Capability.CONTENT_ENCODING,
        Capability.TAGS,
        Capability.UNFINISHED_UPLOADS,
    }
)
_BUCKET_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_")
_PART_LIMITS = PartLimits(min_part=1, max_part=1 << 40, max_parts=10_000, max_single_put=1 << 60)


class LocalStorageClient(BaseStorageClient, TagHooks, UnfinishedUploadHooks):
    """Objects in a folder, with the same meaning as on every provider; no dependency, no server.

    Every write is atomic: a reader sees the old object or the new one, whole, also when the writer is killed.
    Conditions hold between threads and between processes that share the folder. Every whole read is compared
    with the CRC-32 that was computed when the object was written. Keys of 1 to 1024 bytes are held byte for
    byte on every file system. The library never writes through symbolic links inside the folder.

    The folder is made at the first write, with its parents; it is open to its owner alone (0700), and what is
    in it follows the umask. To share a store between users, make the folder yourself with the mode that you
    want. Do not keep other files in it.

    Args:
        root: the store's folder. It may be missing or empty, or hold a store.
        region: shown as `region`; it has no effect.
        retry, limits, observers: as on every client.
        transfer: when large bodies are moved in parts.
        fsync: whether every write waits until the disk has it. Without, a crash of the process loses nothing,
            but a power cut may lose the writes of the last seconds, as the file system's own rules go.

    Raises:
        ConfigurationError: `root` cannot be a folder.
    """

    provider: ClassVar[CloudProvider] = CloudProvider.LOCAL
    service_name: ClassVar[str] = "storage"
    tells_missing_on_delete: ClassVar[bool] = True
    scheme = "file"

    def __init__(
        self,
        root: str | os.PathLike[str],
        *,
        region: str | None = None,
        retry: RetryPolicy | None = None,
        limits: Limiter | None = None,
        observers: Sequence[Observer] = (),
        transfer: TransferConfig | None = None,
        fsync: bool = False,
    ) -> None:
        from cloud.local._directory import DirectoryBackend
        from cloud.local._layout import checked_root

        folder = checked_root(root)
        backend = DirectoryBackend(folder, fsync=fsync)
        self._begin(backend, folder, region, retry, limits, observers, transfer, fsync=fsync)

    @classmethod
    def in_memory(
        cls,
        *,
        region: str | None = None,
        retry: RetryPolicy | None = None,
        limits: Limiter | None = None,
        observers: Sequence[Observer] = (),
        transfer: TransferConfig | None = None,
    ) -> Self:
        """Return a client of an empty store of its own, in the memory of this process.

        Its objects go with the client. It cannot be pickled; after a fork, the child has a copy of the store.
        """
        from cloud.local._memory import MemoryBackend

        client = cls.__new__(cls)
        client.scheme = "memory"
        client._begin(MemoryBackend(), None, region, retry, limits, observers, transfer)  # noqa: SLF001  # it is this class's own
        return client

    def _begin(
        self,
        backend: Backend,
        root: Path | None,
        region: str | None,
        retry: RetryPolicy | None,
        limits: Limiter | None,
        observers: Sequence[Observer],
        transfer: TransferConfig | None,
        *,
        fsync: bool = False,
    ) -> None:
        super().__init__(retry=retry, limits=limits, observers=observers, transfer=transfer)
        self._backend = backend
        self._root = root
        self._region = region
        self._options: dict[str, Any] = {
            "region": region,
            "retry": retry,
            "limits": limits,
            "observers": tuple(observers),
            "transfer": transfer,
            "fsync": fsync,
        }

    # -- client --------------------------------------------------------------------------------------------
    @property
    def capabilities(self) -> frozenset[Capability]:
        """What this client can do beyond the contract."""
        return _CAPABILITIES

    @property
    def native(self) -> Path | None:
        """The store's folder; None for a store in memory."""
        return self._root

    @property
    def region(self) -> str | None:
        """What the client was given as its region."""
        return self._region

    def __repr__(self) -> str:
        """Return how the client was made."""
        return f"LocalStorageClient({str(self._root)!r})" if self._root else "LocalStorageClient.in_memory()"

    def close(self) -> None:
        """Do nothing: no file stays open between calls."""

    def _translate(self, exc: Exception, context: ErrorContext) -> CloudError | None:
        return translate(exc, context)

    def _constructor(self) -> tuple[Callable[..., Any], tuple[Any, ...], Mapping[str, Any]]:
        if self._root is None:
            raise ConfigurationError(
                "a store in memory cannot be pickled: its objects live in this process",
                hint="use LocalStorageClient(root) to share a store between processes",
            )
        return type(self), (str(self._root),), self._options

    # -- buckets -------------------------------------------------------------------------------------------
    @property
    def _part_limits(self) -> PartLimits:
        return _PART_LIMITS

    def _bucket_problem(self, bucket: str) -> str | None:
        if not _BUCKET_CHARACTERS.issuperset(bucket):
            return "only ASCII letters and digits, '.', '-' and '_' are possible"
        if bucket[0] == ".":
            return "it begins with '.'"
        return "it is longer than 255 characters" if len(bucket) > 255 else None

    def _key_problem(self, key: str) -> str | None:  # noqa: ARG002  # every key is possible
        return None

    def _list_buckets(self) -> list[str]:
        return self._backend.buckets()

    def _create_bucket(self, name: str) -> bool:
        return self._backend.create_bucket(name)

    def _delete_bucket(self, name: str) -> None:
        self._backend.delete_bucket(name)

    def _bucket_exists(self, name: str) -> bool:
        return self._backend.bucket_exists(name)

    # -- objects -------------------------------------------------------------------------------------------
    def _head(self, request: GetRequest) -> ObjectInfo:
        record = self._backend.read(request.bucket, request.key)
        if record is None:
            raise no_such_key(request.bucket, request.key)
        check_read(request, record)
        return record.info(request.bucket, request.key)

    def _get(self, request: GetRequest) -> ObjectBody:
        found = self._backend.open(request.bucket, request.key)
        if found is None:
            raise no_such_key(request.bucket, request.key)
        return FileBody(request, *found)

    def _put(self, request: PutRequest, payload: Payload) -> Stored:
        self._check_early(request)
        with self._backend.stage(request.bucket, payload) as staged:
            return self._commit(request, staged)

    def _check_early(self, request: PutRequest) -> None:
        """Refuse a write whose condition does not hold before its bytes are stored; `_commit` decides."""
        if request.if_absent or request.if_match is not None:
            check_write(request, self._backend.read(request.bucket, request.key))

    def _commit(self, request: PutRequest, staged: Staged) -> Stored:
        record = new_record(
            request,
            size=staged.size,
            etag=new_etag(),
            crc32=staged.crc32,
            data=staged.data,
            tags=request.tags,
        )

        def decide(current: Record | None) -> Record:
            check_write(request, current)
            return record

        self._backend.commit(request.bucket, request.key, decide, staged)
        return Stored(record.etag)

    def _delete(self, request: DeleteRequest) -> bool:
        def decide(current: Record | None) -> None:
            check_delete(request, current)

        return self._backend.commit(request.bucket, request.key, decide) is not None

    def _copy(self, request: CopyRequest) -> Stored:
        source, target = request.source, request.target
        if (source.bucket, source.key) == (target.bucket, target.key):
            return self._change_in_place(request)
        while True:
            record = check_source(request, self._backend.read(source.bucket, source.key))
            copy = self._backend.stage_copy(source.bucket, source.key, record)
            if copy is not None:
                break
            # Replaced since it was read: the next look finds another ETag, or the same bytes elsewhere.
        with copy as staged:
            after = _copied(request, record, staged.data)

            def decide(current: Record | None) -> Record:
                check_write(target, current)
                return after

            self._backend.commit(target.bucket, target.key, decide, staged)
        return Stored(record.etag)

    def _change_in_place(self, request: CopyRequest) -> Stored:
        def decide(current: Record | None) -> Record:
            record = check_source(request, current)
            check_write(request.target, current)
            return _copied(request, record, record.data)

        self._backend.commit(request.target.bucket, request.target.key, decide)
        return Stored(request.source.etag)

    def _list_page(self, request: ListRequest) -> Page[ObjectInfo]:
        return list_page(self._backend, request)

    # -- tags ----------------------------------------------------------------------------------------------
    def _get_tags(self, bucket: str, key: str, version_id: str | None) -> dict[str, str]:  # noqa: ARG002  # no versions here
        record = self._backend.read(bucket, key)
        if record is None:
            raise no_such_key(bucket, key)
        return dict(record.tags)

    def _set_tags(self, bucket: str, key: str, version_id: str | None, tags: Mapping[str, str]) -> None:  # noqa: ARG002  # no versions here
        def decide(current: Record | None) -> Record:
            if current is None:
                raise no_such_key(bucket, key)
            return replace(current, tags=dict(tags))

        self._backend.commit(bucket, key, decide)

    # -- multipart uploads ---------------------------------------------------------------------------------
    def _create_upload(self, request: PutRequest) -> str:
        return self._backend.create_upload(request.bucket, request.key)

    def _put_part(self, upload: Upload, number: int, payload: Payload) -> Part:
        request = upload.request
        return self._backend.put_part(request.bucket, request.key, upload.upload_id, number, payload)

    def _complete_upload(self, upload: Upload, parts: Sequence[Part]) -> Stored:
        request = upload.request
        self._check_early(request)
        with self._backend.assembled(request.bucket, request.key, upload.upload_id, parts) as staged:
            return self._commit(request, staged)

    def _abort_upload(self, upload: Upload) -> None:
        self._backend.abort_upload(upload.request.bucket, upload.request.key, upload.upload_id)

    def _list_uploads_page(self, request: ListRequest) -> Page[UnfinishedUpload]:
        return list_uploads_page(self._backend, request)


def _copied(request: CopyRequest, source: Record, data: str) -> Record:
    """Return the record of a copy: the source's bytes and tags, with its headers or the target's."""
    target = request.target
    tags = target.tags or source.tags
    if not request.replace_metadata:
        return replace(source, modified_at=datetime.now(timezone.utc), data=data, tags=tags)
    return new_record(target, size=source.size, etag=source.etag, crc32=source.crc32, data=data, tags=tags)
