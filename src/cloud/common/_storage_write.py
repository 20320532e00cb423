"""Writes of the storage template: upload, copy, move, delete, and the writable file."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cloud.common._bodies import FileRange
from cloud.common._engine import (
    PartWriter,
    cut_payload,
    plan_part_size,
    stream_part_size,
    upload_parts,
)
from cloud.common._observe import call_facts
from cloud.common._sources import fill_part, guess_content_type, opened
from cloud.common._storage_core import checked_header, checked_metadata, checked_tags
from cloud.common._storage_read import StorageReads
from cloud.common._storage_types import (
    BatchDeleteHooks,
    CopyRequest,
    DeleteRequest,
    PutRequest,
    Upload,
)
from cloud.common._writing import ObjectWriter
from cloud.common.enums import Capability
from cloud.common.errors import (
    CloudError,
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknownError,
)
from cloud.common.models import DeleteResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from cloud.common._bodies import Payload
    from cloud.common._engine import Cancellation, TransferConfig
    from cloud.common._sources import UploadSource
    from cloud.common._storage_types import Part
    from cloud.common.models import ObjectInfo


class StorageWrites(StorageReads):
    """Everything that changes objects."""

    @final
    def upload_file(
        self,
        bucket: str,
        key: str,
        data: UploadSource,
        *,
        content_type: str | None = None,
        cache_control: str | None = None,
        content_encoding: str | None = None,
        content_disposition: str | None = None,
        content_language: str | None = None,
        metadata: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        storage_class: str | None = None,
        if_absent: bool = False,
        if_match: str | None = None,
        transfer: TransferConfig | None = None,
        progress: Callable[[int], None] | None = None,
        cancellation: Cancellation | None = None,
    ) -> str:
        """Store `data` under `key` and return the object's URI, such as ``s3://bucket/key``.

        Atomic: readers see the old object or the new one. One request for bodies under the transfer
        threshold (32 MiB); larger ones go in parallel parts, which are removed on any failure.

        Args:
            data: bytes, a `pathlib.Path`, a binary file (read from its position to its end, not closed) or
                an iterable of bytes. All but bytes are streamed in bounded memory.
            content_type: media type; guessed from the key's suffix when not given.
            cache_control, content_encoding, content_disposition, content_language: headers of later
                downloads. The library never compresses or decompresses.
            metadata: your own pairs: names of letters, digits, '_' and '-', stored in lower case; printable
                ASCII values; at most 2,048 bytes in all.
            tags: at most 10 labels.
            storage_class: the service's own word, such as ``STANDARD_IA``.
            if_absent: store only if nothing is at the key; of many racing writers one wins.
            if_match: store only if the object's ETag is this one (compare and swap).
            transfer: part size, workers and threshold for this call.
            progress: called with the number of bytes of each finished part, from several threads.
            cancellation: ends the transfer from another thread.

        Raises:
            NotFoundError: there is no such bucket.
            AlreadyExistsError: `if_absent`, and an object is there.
            PreconditionFailedError: the ETag is not `if_match`, or nothing is there.
            OutcomeUnknownError: with `if_absent` or `if_match`, the answer was lost.
            UnsupportedOperationError: the client lacks a capability that an argument needs.
        """
        request = self._put_request(
            bucket,
            key,
            content_type=content_type,
            cache_control=cache_control,
            content_encoding=content_encoding,
            content_disposition=content_disposition,
            content_language=content_language,
            metadata=metadata,
            tags=tags,
            storage_class=storage_class,
            if_absent=if_absent,
            if_match=if_match,
        )
        config = transfer or self._transfer
        if isinstance(data, bytes) and len(data) < config.threshold:
            self._put_one(request, data)  # the everyday case, without a detour
            if progress is not None:
                progress(len(data))
        else:
            with opened(data) as body:
                self._upload(request, body, config, progress, cancellation)
        return self._uri(bucket, key)

    def _put_request(
        self,
        bucket: str,
        key: str,
        *,
        content_type: str | None,
        cache_control: str | None = None,
        content_encoding: str | None = None,
        content_disposition: str | None = None,
        content_language: str | None = None,
        metadata: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        storage_class: str | None = None,
        if_absent: bool = False,
        if_match: str | None = None,
    ) -> PutRequest:
        self._check_key(bucket, key)
        if if_absent and if_match is not None:
            raise InvalidRequestError("if_absent and if_match exclude each other")
        needed = (
            (if_absent, Capability.CONDITIONAL_CREATE),
            (if_match is not None, Capability.CONDITIONAL_REPLACE),
            (bool(tags), Capability.TAGS),
            (storage_class is not None, Capability.STORAGE_CLASS),
        )
        for asked, capability in needed:
            if asked:
                self._require(capability, "upload_file")
        return PutRequest(
            bucket=bucket,
            key=key,
            content_type=checked_header("content_type", content_type) or guess_content_type(key),
            cache_control=checked_header("cache_control", cache_control),
            content_encoding=checked_header("content_encoding", content_encoding),
            content_disposition=checked_header("content_disposition", content_disposition),
            content_language=checked_header("content_language", content_language),
            metadata=checked_metadata(metadata),
            tags=checked_tags(tags),
            storage_class=checked_header("storage_class", storage_class),
            if_absent=if_absent,
            if_match=if_match,
        )

    def _put_one(self, request: PutRequest, payload: Payload, operation: str = "upload_file") -> None:
        def put() -> None:
            call_facts().bytes_sent += len(payload)
            self._put(request, payload)

        conditional = request.if_absent or request.if_match is not None
        self._run(operation, f"{request.bucket}/{request.key}", put, idempotent=not conditional)

    def _upload(
        self,
        request: PutRequest,
        body: Payload | Iterator[bytes],
        config: TransferConfig,
        progress: Callable[[int], None] | None,
        cancellation: Cancellation | None,
    ) -> None:
        if cancellation is not None:
            cancellation.check()
        limits = self._part_limits
        if isinstance(body, (bytes, bytearray, memoryview, FileRange)):
            size = body.nbytes if isinstance(body, memoryview) else len(body)
            if size < config.threshold and size <= limits.max_single_put:
                self._put_one(request, body)
                if progress is not None:
                    progress(size)
                return
            parts = cut_payload(body, plan_part_size(size, config, limits))
            upload_parts(self._start_parts(request, config, progress), parts, cancellation)
            return
        carry = bytearray()
        first_size = stream_part_size(1, config, limits)
        first = fill_part(body, carry, first_size)
        if len(first) < first_size or not (second := fill_part(body, carry, first_size)):
            self._put_one(request, first)
            if progress is not None:
                progress(len(first))
            return

        def rest() -> Iterator[Payload]:
            yield first
            part, number = second, 2
            while part:
                yield part
                number += 1
                part = fill_part(body, carry, stream_part_size(number, config, limits))

        upload_parts(self._start_parts(request, config, progress), rest(), cancellation)

    def _start_parts(
        self,
        request: PutRequest,
        config: TransferConfig,
        progress: Callable[[int], None] | None = None,
        operation: str = "upload_file",
    ) -> PartWriter:
        resource = f"{request.bucket}/{request.key}"
        upload_id = self._run(operation, resource, lambda: self._create_upload(request))
        return PartWriter(
            _RunningUpload(self, Upload(request, upload_id), operation, progress), config.max_workers
        )

    @final
    def copy_file(
        self,
        source_bucket: str,
        source_key: str,
        bucket: str,
        key: str,
        *,
        version_id: str | None = None,
        if_match: str | None = None,
        if_absent: bool = False,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        storage_class: str | None = None,
    ) -> str:
        """Copy an object inside the provider, of any size, and return the copy's URI.

        The bytes do not pass through this machine. Headers and metadata come along unless you give
        `metadata` or `content_type`, which replace theirs.

        Args:
            version_id: copy this version of the source.
            if_match: copy only if the source's ETag is this one.
            if_absent: copy only if nothing is at the target.

        Raises:
            NotFoundError: the source object or one of the buckets is not there.
            PreconditionFailedError: the source changed, or its ETag is not `if_match`.
        """
        if if_match is not None:
            self._require(Capability.CONDITIONAL_COPY, "copy_file")
        self._check_key(bucket, key)
        read = self._get_request(source_bucket, source_key, 0, None, version_id, if_match)
        source_name = f"{source_bucket}/{source_key}"
        info = self._run("copy_file", source_name, lambda: self._head(read))
        replaces = metadata is not None or content_type is not None
        target = self._put_request(
            bucket,
            key,
            content_type=content_type or info.content_type,
            cache_control=info.cache_control,
            content_encoding=info.content_encoding,
            content_disposition=info.content_disposition,
            content_language=info.content_language,
            metadata=info.metadata if metadata is None else metadata,
            storage_class=storage_class,
            if_absent=if_absent,
        )
        request = CopyRequest(source=info, target=target, replace_metadata=replaces)
        self._run(
            "copy_file",
            f"{source_name} to {bucket}/{key}",
            lambda: self._copy(request),
            idempotent=not if_absent,
        )
        return self._uri(bucket, key)

    @final
    def move_file(
        self, source_bucket: str, source_key: str, bucket: str, key: str, *, if_absent: bool = False
    ) -> str:
        """Copy an object inside the provider, then delete the source; return the new URI.

        Not atomic: between the two steps both are there. The source stays when the copy fails, and, where
        the provider has conditional deletes, when it was replaced meanwhile (PreconditionFailedError).
        """
        if (source_bucket, source_key) == (bucket, key):
            raise InvalidRequestError(f"source and target are the same object: {bucket}/{key}")
        info = self.get_object_metadata(source_bucket, source_key)
        pins = self.capabilities
        uri = self.copy_file(
            source_bucket,
            source_key,
            bucket,
            key,
            if_match=info.etag if Capability.CONDITIONAL_COPY in pins else None,
            if_absent=if_absent,
        )
        self.delete_file(
            source_bucket, source_key, if_match=info.etag if Capability.CONDITIONAL_DELETE in pins else None
        )
        return uri

    @final
    def update_metadata(
        self,
        bucket: str,
        key: str,
        *,
        metadata: Mapping[str, str] | None = None,
        content_type: str | None = None,
        cache_control: str | None = None,
        content_encoding: str | None = None,
        content_disposition: str | None = None,
        content_language: str | None = None,
        storage_class: str | None = None,
        if_match: str | None = None,
    ) -> ObjectInfo:
        """Change what is given, keep the rest and the bytes, and return the object's new info.

        `metadata` replaces all of the object's own pairs. Where the provider can pin a copy, an object that
        is replaced meanwhile raises PreconditionFailedError instead of losing the new bytes.
        """
        info = self.get_object_metadata(bucket, key, if_match=if_match)
        if storage_class is None and Capability.STORAGE_CLASS in self.capabilities:
            storage_class = info.storage_class
        target = self._put_request(
            bucket,
            key,
            content_type=content_type or info.content_type,
            cache_control=cache_control or info.cache_control,
            content_encoding=content_encoding or info.content_encoding,
            content_disposition=content_disposition or info.content_disposition,
            content_language=content_language or info.content_language,
            metadata=info.metadata if metadata is None else metadata,
            storage_class=storage_class,
        )
        request = CopyRequest(source=info, target=target, replace_metadata=True)
        self._run("update_metadata", f"{bucket}/{key}", lambda: self._copy(request))
        return self.get_object_metadata(bucket, key)

    @final
    def delete_file(
        self, bucket: str, key: str, *, version_id: str | None = None, if_match: str | None = None
    ) -> bool:
        """Make sure that no object is at `key`; False when none was there.

        Services that do not say whether something was there are asked before: two callers that delete one
        key at the same moment may then both get True.

        Args:
            version_id: delete this version for good, instead of the newest (in a bucket with versions,
                deleting the newest hides it behind a delete marker).
            if_match: delete only if the ETag is this one.

        Raises:
            NotFoundError: there is no such bucket.
            PreconditionFailedError: the ETag is not `if_match`.
        """
        read = self._get_request(bucket, key, 0, None, version_id)
        if if_match is not None:
            self._require(Capability.CONDITIONAL_DELETE, "delete_file")
        request = DeleteRequest(bucket, key, version_id, if_match)
        resource = f"{bucket}/{key}"
        existed = True
        if not self.tells_missing_on_delete:
            try:
                self._run("delete_file", resource, lambda: self._head(read))
            except NotFoundError:
                existed = False
        told = self._run("delete_file", resource, lambda: self._delete(request), idempotent=if_match is None)
        return told if self.tells_missing_on_delete else existed

    @final
    def delete_files(self, bucket: str, keys: Iterable[str]) -> Iterator[DeleteResult]:
        """Delete many objects and yield one result per key, in order.

        Lazy: nothing is deleted until the results are read, and keys are taken from `keys` as needed. A key
        that fails does not stop the others; its result holds the error. A missing key is a success.

        Raises:
            NotFoundError: there is no such bucket.
        """
        if isinstance(keys, (str, bytes)):
            raise InvalidRequestError("keys must be an iterable of keys, not one text")
        self._check_bucket(bucket)
        return self._delete_files(bucket, keys)

    def _delete_files(self, bucket: str, keys: Iterable[str]) -> Iterator[DeleteResult]:
        if Capability.BATCH_DELETE in self.capabilities and isinstance(self, BatchDeleteHooks):
            yield from self._delete_batches(self, bucket, keys)
            return
        for key in keys:
            self._check_key(bucket, key)
            try:
                self._run(
                    "delete_files",
                    f"{bucket}/{key}",
                    partial(self._delete, DeleteRequest(bucket, key)),
                )  # type: ignore[misc]  # mypy cannot infer a default's type
            except CloudError as error:
                if isinstance(error, NotFoundError):
                    raise  # the bucket: a missing key is no error
                yield DeleteResult(key=key, error=error)
            else:
                yield DeleteResult(key=key)

    def _delete_batches(
        self, hooks: BatchDeleteHooks, bucket: str, keys: Iterable[str]
    ) -> Iterator[DeleteResult]:
        batch: list[str] = []

        def flush() -> list[DeleteResult]:
            sent = tuple(batch)
            batch.clear()
            return self._run("delete_files", bucket, lambda: hooks._delete_batch(bucket, sent))

        for key in keys:
            self._check_key(bucket, key)
            batch.append(key)
            if len(batch) == hooks.batch_delete_limit:
                yield from flush()
        if batch:
            yield from flush()

    @final
    def _open_writer(self, request: PutRequest) -> ObjectWriter:
        config, limits = self._transfer, self._part_limits
        return ObjectWriter(
            put=lambda body: self._put_one(request, body, "open_file"),
            start_parts=lambda: self._start_parts(request, config, operation="open_file"),
            part_size=lambda number: stream_part_size(number, config, limits),
        )


class _RunningUpload:
    """One multipart upload with the runtime around each call."""

    def __init__(
        self,
        client: StorageWrites,
        upload: Upload,
        operation: str,
        progress: Callable[[int], None] | None,
    ) -> None:
        self._client = client
        self._upload = upload
        self._operation = operation
        self._progress = progress
        self._resource = f"{upload.request.bucket}/{upload.request.key}"

    def put_part(self, number: int, payload: Payload) -> Part:
        def put() -> Part:
            call_facts().bytes_sent += len(payload)
            return self._client._put_part(self._upload, number, payload)

        part = self._client._run(self._operation, self._resource, put)
        if self._progress is not None:
            self._progress(part.size)
        return part

    def complete(self, parts: list[Part]) -> None:
        request = self._upload.request
        conditional = request.if_absent or request.if_match is not None
        try:
            self._client._run(
                self._operation,
                self._resource,
                lambda: self._client._complete_upload(self._upload, parts),
                idempotent=not conditional,
            )
        except NotFoundError as error:
            if len(error.attempts) < 2:
                raise
            raise OutcomeUnknownError(
                "the answer to the completion was lost, and the upload is gone: it was completed or aborted",
                hint="compare the object with what you sent",
                context=error.context,
                request_id=error.request_id,
            ) from error

    def abort(self) -> None:
        try:
            self._client._run(
                self._operation,
                self._resource,
                lambda: self._client._abort_upload(self._upload),
            )
        except NotFoundError:
            return  # gone already: what was asked for
