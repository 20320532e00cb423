"""What Swift has beyond the contract for objects: expiry, and many objects from one archive."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Literal, final

from cloud._dialects._answers import parse_unix_time, read_document
from cloud._dialects.swift._errors import SwiftServiceError
from cloud._dialects.swift._exchange import require_etag
from cloud._dialects.swift._sharing import SwiftSharing
from cloud.common._bodies import FileRange
from cloud.common._observe import call_facts
from cloud.common._storage_read import checked_time
from cloud.common.errors import InvalidRequestError, UnsupportedOperationError

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from cloud._dialects.swift._container_records import ArchiveResult
    from cloud.common._bodies import Payload

_ARCHIVES = ("tar", "tar.gz", "tar.bz2")
# What a POST to an object replaces as a whole, so what has to be sent again when one of them changes.
# https://docs.openstack.org/api-ref/object-store/#create-or-update-object-metadata
_OBJECT_SETTINGS = frozenset({
    "cache-control", "content-disposition", "content-encoding", "content-language", "expires",
    "x-object-manifest", "x-robots-tag",
})  # fmt: skip  # two lines read best


class SwiftObjectFeatures(SwiftSharing):
    """Expiry and archives."""

    # -- expiry of objects -----------------------------------------------------------------------------------
    @final
    def get_expiry(self, bucket: str, key: str) -> datetime | None:
        """Return when Swift will delete the object; None for never."""
        self._check_key(bucket, key)
        at = self._run("get_expiry", f"{bucket}/{key}", lambda: self._head_object(bucket, key)).get(
            "x-delete-at"
        )
        return parse_unix_time(at)

    @final
    def set_expiry(
        self, bucket: str, key: str, *, at: datetime | None = None, after: timedelta | None = None
    ) -> datetime:
        """Let Swift delete the object at a moment, and return that moment, in whole seconds.

        Reads end at once then; the space is free some time later. Of a large object only what ties its
        segments together goes: remove those by `abort_unfinished_uploads`. Not atomic: Swift replaces an
        object's metadata as a whole, so metadata that somebody else sets in the same moment may be lost.
        https://docs.openstack.org/swift/latest/overview_expiring_objects.html

        Args:
            at: the moment, with a time zone.
            after: instead, that long from now.

        Raises:
            NotFoundError: there is no such object.
        """
        self._check_key(bucket, key)
        if (at is None) == (after is None):
            raise InvalidRequestError("pass either at or after")
        moment = None if at is None else int(checked_time("at", at).timestamp())
        if after is not None and after < timedelta(seconds=1):
            raise InvalidRequestError("after must be at least a second")

        def change() -> int:
            now = int(self._now())
            seconds = now + int(after.total_seconds()) if after is not None else moment or 0
            if seconds <= now:
                raise InvalidRequestError("at must lie in the future; delete_file deletes now")
            self._replace_expiry(bucket, key, str(seconds))
            return seconds

        expires = self._run("set_expiry", f"{bucket}/{key}", change)
        return datetime.fromtimestamp(expires, timezone.utc)

    @final
    def clear_expiry(self, bucket: str, key: str) -> None:
        """Let the object live until somebody deletes it. Not atomic, as `set_expiry`."""
        self._check_key(bucket, key)
        self._run("clear_expiry", f"{bucket}/{key}", lambda: self._replace_expiry(bucket, key, None))

    def _head_object(self, bucket: str, key: str) -> Mapping[str, str]:
        with self._ops.exchange.call("HEAD", bucket, key, accepts=(200,)) as response:
            require_etag(response)
            return response.headers

    def _replace_expiry(self, bucket: str, key: str, delete_at: str | None) -> None:
        present = self._head_object(bucket, key)
        headers = {
            name: value
            for name, value in present.items()
            if name in _OBJECT_SETTINGS or name.startswith("x-object-meta-")
        }
        if delete_at is not None:
            headers["x-delete-at"] = delete_at
        self._ops.exchange.call("POST", bucket, key, headers=headers, accepts=(202,)).close()

    # -- archives --------------------------------------------------------------------------------------------
    @final
    def upload_archive(
        self,
        bucket: str,
        data: bytes | bytearray | memoryview | os.PathLike[str],
        *,
        archive_format: Literal["tar", "tar.gz", "tar.bz2"] = "tar",
        prefix: str = "",
    ) -> ArchiveResult:
        """Store every file in an archive as an object, by one request, and return what became of them.

        Names in the archive are Swift's to read: it drops a leading ``./`` and ``/``, and takes regular files
        only. Existing objects are replaced; the segments of large ones stay until `abort_unfinished_uploads`.
        A failure of one member does not stop the others.
        https://docs.openstack.org/swift/latest/middleware.html#bulk

        Args:
            data: the archive, or the path of the file that it is in.
            archive_format: how it is packed.
            prefix: what the new keys begin with; a folder, so Swift puts a slash behind it.

        Raises:
            NotFoundError: there is no such container (Swift would make one).
            InvalidRequestError: `data` is no such archive, or has no file in it.
        """
        self._check_bucket(bucket)
        if prefix:
            self._check_key(bucket, prefix)
        if archive_format not in _ARCHIVES:
            raise InvalidRequestError(
                f"archive_format must be one of {', '.join(_ARCHIVES)}, not {archive_format!r}"
            )
        body = data if isinstance(data, (bytes, bytearray, memoryview)) else FileRange(data)
        place = prefix.rstrip("/")
        self._run("upload_archive", bucket, lambda: self._check_archives(bucket))
        return self._run(
            "upload_archive", f"{bucket}/{place}", lambda: self._extract(bucket, place, body, archive_format)
        )

    def _check_archives(self, bucket: str) -> None:
        """Refuse where Swift would make a container, or store the archive itself as one object."""
        exchange = self._ops.exchange
        if "bulk_upload" not in exchange.info():
            raise UnsupportedOperationError("the cluster does not say in its /info that it unpacks archives")
        self._head_settings(bucket)

    def _extract(self, bucket: str, place: str, body: Payload, archive_format: str) -> ArchiveResult:
        from cloud._dialects.swift._archive import DEFAULT_MAX_FAILURES, parse_answer
        from cloud._dialects.swift._container_records import ArchiveError, ArchiveResult

        call_facts().bytes_sent += len(body)
        response = self._ops.exchange.call(
            "PUT",
            bucket,
            place,
            query=(("extract-archive", archive_format),),
            headers={"accept": "application/json"},
            body=body,
            accepts=(200,),
        )
        answer = parse_answer(read_document(response))
        if answer.was_stopped:
            raise SwiftServiceError(answer.status, answer.message, response.headers)
        limit = DEFAULT_MAX_FAILURES
        if answer.failed:
            limit = self._ops.exchange.limit("bulk_upload", "max_failed_extractions", limit)
        return ArchiveResult(
            created=answer.created,
            errors=tuple(
                ArchiveError(path=path, http_status=status, message=line)
                for path, status, line in answer.failed
            ),
            is_complete=len(answer.failed) < limit,
        )
