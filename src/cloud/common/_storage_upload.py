"""Uploads of the storage template: whole, in parts, and through a writable file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, final

from cloud.common._bodies import FileRange
from cloud.common._cancel import one_call
from cloud.common._engine import (
    PartWriter,
    cut_payload,
    plan_part_size,
    stream_part_size,
    upload_parts,
)
from cloud.common._observe import call_facts
from cloud.common._pace import paced
from cloud.common._paging import Pager
from cloud.common._sources import PartReader, guess_content_type, opened
from cloud.common._state import client_identity
from cloud.common._storage_core import checked_header, checked_metadata, checked_tags
from cloud.common._storage_read import StorageReads
from cloud.common._storage_types import (
    ListRequest,
    PutRequest,
    UnfinishedUploadHooks,
    Upload,
)
from cloud.common._writing import ObjectWriter
from cloud.common.enums import Capability
from cloud.common.errors import (
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknownError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cloud.common._bodies import Payload
    from cloud.common._cancel import Cancellation
    from cloud.common._engine import TransferConfig
    from cloud.common._paging import Page
    from cloud.common._sources import UploadSource
    from cloud.common._storage_types import Part
    from cloud.common.models import UnfinishedUpload


class StorageUploads(StorageReads):
    """Everything that sends bytes."""

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
        resume: bool = False,
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
            resume: for a `Path` from the transfer threshold on: go on where an earlier call with `resume` was
                cut short, however that happened. Parts that the service has are not sent again; they stay there
                when the call fails, with a journal below ``$XDG_STATE_HOME/cloud/uploads``. A file that was
                changed since is sent anew, with a warning in the log.
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
        limit = config.bandwidth_limit
        if resume:
            with one_call(cancellation, limit):
                self._resume_upload(request, data, config, progress)
        elif (
            isinstance(data, bytes)
            and len(data) < config.threshold
            and cancellation is None
            and limit is None
        ):
            self._put_one(request, data)  # the everyday case, without a detour
            if progress is not None:
                progress(len(data))
        else:
            with one_call(cancellation, limit), opened(data) as body:
                self._upload(request, body, config, progress)
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
            (
                any((cache_control, content_encoding, content_disposition, content_language)),
                Capability.CONTENT_ENCODING,
            ),
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
            paced(len(payload), lambda: self._put(request, payload))

        conditional = request.if_absent or request.if_match is not None
        self._run(operation, f"{request.bucket}/{request.key}", put, idempotent=not conditional)

    def _upload(
        self,
        request: PutRequest,
        body: Payload | Iterator[bytes],
        config: TransferConfig,
        progress: Callable[[int], None] | None,
    ) -> None:
        limits = self._part_limits
        if isinstance(body, (bytes, bytearray, memoryview, FileRange)):
            size = body.nbytes if isinstance(body, memoryview) else len(body)
            if size < config.threshold and size <= limits.max_single_put:
                self._put_one(request, body)
                if progress is not None:
                    progress(size)
                return
            parts = cut_payload(body, plan_part_size(size, config, limits))
            upload_parts(self._start_parts(request, config, progress), parts)
            return
        source = PartReader(body)
        first_size = stream_part_size(1, config, limits)
        first = source.read(first_size)
        if len(first) < first_size or not (second := source.read(first_size)):
            self._put_one(request, first)
            if progress is not None:
                progress(len(first))
            return

        begun: list[Payload] = [second, first]
        del first, second  # or they would stay until the end

        def rest() -> Iterator[Payload]:
            while begun:
                yield begun.pop()
            number = 3
            while part := source.read(stream_part_size(number, config, limits)):
                yield part
                del part  # before the next is read
                number += 1

        upload_parts(self._start_parts(request, config, progress), rest())

    def _resume_upload(
        self,
        request: PutRequest,
        path: UploadSource,
        config: TransferConfig,
        progress: Callable[[int], None] | None,
    ) -> None:
        from cloud.common._resumed_upload import ResumedUpload, UploadCalls

        if not isinstance(path, Path):
            raise InvalidRequestError(
                f"only a file can be gone on with, not a {type(path).__name__}", hint="pass a pathlib.Path"
            )
        operation, resource = "upload_file", f"{request.bucket}/{request.key}"
        calls = UploadCalls(
            identity=client_identity(self),
            begin=lambda: self._run(operation, resource, lambda: self._create_upload(request)),
            is_there=lambda upload_id: self._has_upload(request, upload_id),
            hooks=lambda upload_id: _RunningUpload(self, Upload(request, upload_id), operation, None),
        )
        with path.open("rb", buffering=0) as file:
            state = os.fstat(file.fileno())
            if state.st_size < config.threshold and state.st_size <= self._part_limits.max_single_put:
                self._upload(request, FileRange(file.fileno(), 0, state.st_size), config, progress)
                return
            place = (file.fileno(), state)
            ResumedUpload(calls, request, path, place, config, self._part_limits, progress).run()

    def _has_upload(self, request: PutRequest, upload_id: str) -> bool:
        """Return whether the service still has an upload; True where it does not tell one from another."""
        if not isinstance(self, UnfinishedUploadHooks) or not self.lists_upload_ids:
            return True
        hooks: UnfinishedUploadHooks = self

        def fetch(token: str | None) -> Page[UnfinishedUpload]:
            page = ListRequest(request.bucket, request.key, None, None, 1000, token)
            return self._run("upload_file", request.bucket, lambda: hooks._list_uploads_page(page))

        return any(found.upload_id == upload_id and found.key == request.key for found in Pager(fetch))

    def _start_parts(
        self,
        request: PutRequest,
        config: TransferConfig,
        progress: Callable[[int], None] | None = None,
        operation: str = "upload_file",
    ) -> PartWriter:
        resource = f"{request.bucket}/{request.key}"
        upload_id = self._run(operation, resource, lambda: self._create_upload(request))
        upload = _RunningUpload(self, Upload(request, upload_id), operation, progress)
        return PartWriter(upload, config.max_workers, limit=config.bandwidth_limit)

    @final
    def _open_writer(self, request: PutRequest) -> ObjectWriter:
        config, limits = self._transfer, self._part_limits

        def put(body: bytes) -> None:
            with one_call(None, config.bandwidth_limit):
                self._put_one(request, body, "open_file")

        return ObjectWriter(
            put=put,
            start_parts=lambda: self._start_parts(request, config, operation="open_file"),
            part_size=lambda number: stream_part_size(number, config, limits),
            name=self._uri(request.bucket, request.key),
        )


class _RunningUpload:
    """One multipart upload with the runtime around each call."""

    def __init__(
        self,
        client: StorageUploads,
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
            return paced(len(payload), lambda: self._client._put_part(self._upload, number, payload))

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
