"""Reads of the storage template: whole, by range, as a stream, as a file, into a file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, final

from cloud.common._cancel import one_call
from cloud.common._downloads import Download, download, download_bytes
from cloud.common._engine import MIB, TransferConfig, map_bounded
from cloud.common._files import FileSink, replacing
from cloud.common._pace import active_pace
from cloud.common._paging import Page, Pager
from cloud.common._ranges import check_range, coalesce
from cloud.common._reading import SMALL_BODY, ObjectReader, ObjectStream, fetch_small
from cloud.common._state import client_identity
from cloud.common._storage_core import StorageCore
from cloud.common._storage_types import GetRequest, ListRequest
from cloud.common.errors import IntegrityError, InvalidRequestError, NotFoundError
from cloud.common.models import utc

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from cloud.common._cancel import Cancellation
    from cloud.common.models import DownloadResult, ObjectInfo

MAX_PAGE_SIZE = 1000


class StorageReads(StorageCore):
    """Everything that changes nothing."""

    @final
    def download_file(
        self,
        bucket: str,
        key: str,
        *,
        version_id: str | None = None,
        if_match: str | None = None,
        if_none_match: str | None = None,
        if_modified_since: datetime | None = None,
    ) -> bytes:
        """Return the whole body of the object, verified where the service has a checksum.

        One request for bodies under the client's transfer threshold; larger ones come by parallel ranges
        pinned to one ETag, into one allocation.

        Raises:
            NotFoundError: there is no such object, version or bucket.
            PreconditionFailedError: the ETag is not `if_match`.
            NotModifiedError: the ETag is `if_none_match`, or nothing was stored since `if_modified_since`.
            IntegrityError: the bytes do not fit the service's checksum, twice.
        """
        request = self._get_request(
            bucket, key, 0, None, version_id, if_match, if_none_match, if_modified_since
        )
        limit = min(SMALL_BODY, self._transfer.threshold - 1)
        return self._read("download_file", request._replace(piece=self._transfer.part_size), limit)

    def _read(self, operation: str, request: GetRequest, limit: int) -> bytes:
        """Return what was asked for: by one request up to `limit` bytes, in parts above it."""
        bandwidth = self._transfer.bandwidth_limit
        if bandwidth is None or active_pace() is not None:
            return self._read_all(operation, request, limit)
        with one_call(None, bandwidth):
            return self._read_all(operation, request, limit)

    def _read_all(self, operation: str, request: GetRequest, limit: int) -> bytes:
        resource = f"{request.bucket}/{request.key}"
        answer = self._run(operation, resource, lambda: fetch_small(self._get, request, limit))
        if isinstance(answer, bytes):
            return answer
        stream = ObjectStream(self._runtime, operation, self._get, request, body=answer)
        return download_bytes(Download(self._runtime, operation, self._get, request, self._transfer), stream)

    @final
    def download_to(
        self,
        bucket: str,
        key: str,
        path: str | os.PathLike[str],
        *,
        overwrite: bool = True,
        version_id: str | None = None,
        if_match: str | None = None,
        if_none_match: str | None = None,
        if_modified_since: datetime | None = None,
        resume: bool = False,
        transfer: TransferConfig | None = None,
        progress: Callable[[int], None] | None = None,
        cancellation: Cancellation | None = None,
    ) -> DownloadResult:
        """Write the object to the file `path` and return what was written.

        The file is assembled beside `path` and moved in when it is whole: `path` has the old content or all
        of the new, also after a crash. Memory stays under 1 MiB per worker.

        Args:
            path: the file itself, not a folder; its folder must exist.
            overwrite: False raises FileExistsError when `path` exists.
            resume: go on where an earlier call with `resume` was cut short, however that happened. What it had
                moved stays beside `path` when it fails, with a journal; an object that was replaced since is
                read anew, with a warning in the log. For objects from the transfer threshold on.
            transfer: part size and workers for this call.
            progress: called with the number of bytes of each piece, from several threads.
            cancellation: ends the transfer from another thread.

        Raises:
            NotFoundError, PreconditionFailedError, NotModifiedError: as `download_file`.
            IntegrityError: the bytes do not fit the service's checksum, twice.
            OSError: the file cannot be written; nothing is left behind.
        """
        target = Path(path)
        request = self._get_request(
            bucket, key, 0, None, version_id, if_match, if_none_match, if_modified_since
        )
        config = transfer or self._transfer
        request = request._replace(piece=config.part_size)
        task = Download(self._runtime, "download_to", self._get, request, config, progress)

        if resume:
            info, verified = self._resume_download(task, target, cancellation, overwrite=overwrite)
            return _downloaded(target, info, verified)

        def attempt(file: BinaryIO) -> tuple[ObjectInfo, str | None]:
            with one_call(cancellation, config.bandwidth_limit):
                stream = ObjectStream(self._runtime, "download_to", self._get, request)
                return stream.info, download(task, stream, FileSink(file))

        with replacing(target, overwrite=overwrite) as file:
            try:
                info, verified = attempt(file)
            except IntegrityError as error:
                if not error.retryable:
                    raise
                info, verified = attempt(file)
            file.truncate(info.size)
        return _downloaded(target, info, verified)

    def _resume_download(
        self, task: Download, path: Path, cancellation: Cancellation | None, *, overwrite: bool
    ) -> tuple[ObjectInfo, str | None]:
        from cloud.common._resumed_download import ResumedDownload

        if task.request.if_none_match is not None or task.request.if_modified_since is not None:
            raise InvalidRequestError(
                "resume goes with if_match, not with if_none_match or if_modified_since"
            )
        identity = client_identity(self)
        call = one_call(cancellation, task.config.bandwidth_limit)
        return ResumedDownload(task, path, identity).run(call, overwrite=overwrite)

    @final
    def iter_file(
        self,
        bucket: str,
        key: str,
        *,
        chunk_size: int = MIB,
        start: int = 0,
        end: int | None = None,
        version_id: str | None = None,
        if_match: str | None = None,
    ) -> Iterator[bytes]:
        """Yield the body in chunks of `chunk_size` bytes; only the last may be shorter.

        A cut connection is resumed from the last byte. Close the iterator to stop early.

        Args:
            start: first byte; negative counts from the end of the object.
            end: byte after the last, None for the end of the object; it may lie beyond it.
        """
        if chunk_size < 1:
            raise InvalidRequestError(f"chunk_size must be at least 1, not {chunk_size}")
        request = self._get_request(bucket, key, start, end, version_id, if_match)
        limit = self._transfer.bandwidth_limit
        stream = ObjectStream(self._runtime, "iter_file", self._get, request, limit=limit)
        return self._chunks(stream, chunk_size)

    @staticmethod
    def _chunks(stream: ObjectStream, chunk_size: int) -> Iterator[bytes]:
        try:
            while stream.position < stream.end:
                buffer = bytearray(min(chunk_size, stream.end - stream.position))
                view = memoryview(buffer)
                while view and (count := stream.readinto(view)):
                    view = view[count:]
                yield bytes(buffer)
        finally:
            stream.close()

    @final
    def read_range(
        self,
        bucket: str,
        key: str,
        start: int,
        end: int | None = None,
        *,
        version_id: str | None = None,
        if_match: str | None = None,
    ) -> bytes:
        """Return bytes `start` up to but not including `end`, by one request.

        Args:
            start: first byte; negative counts from the end of the object.
            end: byte after the last; None for the end of the object. Beyond the object, the result is shorter.

        Raises:
            InvalidRequestError: `start` lies at or beyond the end of an object that is not empty.
        """
        request = self._get_request(bucket, key, start, end, version_id, if_match)
        return self._read("read_range", request, SMALL_BODY)

    @final
    def read_ranges(
        self,
        bucket: str,
        key: str,
        ranges: Sequence[tuple[int, int]],
        *,
        max_gap: int = 64 << 10,
        version_id: str | None = None,
        if_match: str | None = None,
    ) -> list[bytes]:
        """Return the bytes of each ``(start, end)``, in the order of `ranges`.

        Ranges that lie closer than `max_gap` bytes share one request; the requests run in parallel and are
        pinned to the ETag of the first answer.
        """
        for start, end in ranges:
            check_range(start, end)
            if start < 0:
                raise InvalidRequestError("read_ranges takes no start from the end")
        merged = coalesce(ranges, max_gap=max_gap, max_size=self._transfer.part_size)
        results: list[bytes] = [b""] * len(ranges)
        pin = if_match

        def fetch(index: int) -> None:
            nonlocal pin
            group = merged[index]
            request = self._get_request(bucket, key, group.start, group.end, version_id, pin)
            try:
                etag, data = self._range(request)
            except IntegrityError as error:
                if not error.retryable:
                    raise
                etag, data = self._range(request)
            pin = pin or etag
            for place in group.wanted:
                start, end = ranges[place]
                results[place] = data[start - group.start : end - group.start]

        if merged:
            with one_call(None, self._transfer.bandwidth_limit):
                fetch(0)  # alone, for the pin
                map_bounded(fetch, range(1, len(merged)), self._transfer.max_workers)
        return results

    def _range(self, request: GetRequest) -> tuple[str | None, bytes]:
        """Return the object's ETag and the bytes of one range."""
        stream = ObjectStream(self._runtime, "read_ranges", self._get, request)
        return stream.info.etag, b"".join(self._chunks(stream, max(1, stream.end - stream.position)))

    @final
    def get_object_metadata(
        self, bucket: str, key: str, *, version_id: str | None = None, if_match: str | None = None
    ) -> ObjectInfo:
        """Return what the store says about the object, without its bytes; one request.

        Raises:
            NotFoundError: there is no such object, version or bucket.
        """
        request = self._get_request(bucket, key, 0, None, version_id, if_match)
        return self._run("get_object_metadata", f"{bucket}/{key}", lambda: self._head(request))

    @final
    def object_exists(self, bucket: str, key: str, *, version_id: str | None = None) -> bool:
        """Return whether there is such an object; False also when the bucket is missing. One request."""
        request = self._get_request(bucket, key, 0, None, version_id)
        try:
            self._run("object_exists", f"{bucket}/{key}", lambda: self._head(request))
        except NotFoundError:
            return False
        return True

    @final
    def list_objects(
        self,
        bucket: str,
        prefix: str = "",
        *,
        delimiter: str | None = None,
        start_after: str | None = None,
        page_size: int = MAX_PAGE_SIZE,
        limit: int | None = None,
        token: str | None = None,
    ) -> Pager[ObjectInfo]:
        """Return a lazy listing of the objects whose key begins with `prefix`, in UTF-8 byte order.

        Args:
            delimiter: keys that hold it after the prefix are rolled up into `Page.prefixes`.
            start_after: list only keys after this one.
            page_size: keys per request, 1 to 1000.
            limit: stop after this many objects.
            token: `Page.next_token` or `CloudError.resume_token` of an earlier listing, to go on there.
        """
        self._check_bucket(bucket)
        check_page_size(page_size)
        if delimiter == "":
            raise InvalidRequestError("the delimiter must not be empty; pass None for none")

        def fetch(page_token: str | None) -> Page[ObjectInfo]:
            request = ListRequest(bucket, prefix, delimiter, start_after, page_size, page_token)
            return self._run("list_objects", bucket, lambda: self._list_page(request))

        return Pager(fetch, token=token, limit=limit)

    @final
    def _open_reader(
        self, bucket: str, key: str, version_id: str | None, buffer_size: int
    ) -> io.BufferedReader:
        def open_stream(position: int, etag: str | None) -> ObjectStream:
            request = self._get_request(bucket, key, position, None, version_id, etag)
            limit = self._transfer.bandwidth_limit
            return ObjectStream(self._runtime, "open_file", self._get, request, limit=limit)

        return io.BufferedReader(ObjectReader(open_stream), buffer_size)

    @final
    def _get_request(
        self,
        bucket: str,
        key: str,
        start: int,
        end: int | None,
        version_id: str | None,
        if_match: str | None = None,
        if_none_match: str | None = None,
        if_modified_since: datetime | None = None,
    ) -> GetRequest:
        self._check_key(bucket, key)
        if end is not None or start:
            check_range(start, end)
        if version_id is not None:
            self._check_version(version_id)
        if if_modified_since is not None:
            if_modified_since = checked_time("if_modified_since", if_modified_since)
        return GetRequest(bucket, key, start, end, if_match, if_none_match, if_modified_since, version_id)

    def _check_version(self, version_id: str) -> None:
        from cloud.common.enums import Capability

        self._require(Capability.VERSIONS, "version_id")
        if not version_id:
            raise InvalidRequestError("version_id must not be empty; pass None for the newest version")


def _downloaded(path: Path, info: ObjectInfo, verified: str | None) -> DownloadResult:
    from cloud.common._records import DownloadResult

    return DownloadResult(path=path, info=info, bytes_written=info.size, verified=verified)


def checked_time(name: str, moment: datetime) -> datetime:
    """Return `moment` in UTC, or say that it lacks a time zone."""
    try:
        return utc(moment)
    except ValueError as exc:
        raise InvalidRequestError(f"{name}: {exc}") from exc


def check_page_size(page_size: int) -> None:
    """Refuse page sizes that a service would quietly change."""
    if not 1 <= page_size <= MAX_PAGE_SIZE:
        raise InvalidRequestError(f"page_size must be 1 to {MAX_PAGE_SIZE}, not {page_size}")
