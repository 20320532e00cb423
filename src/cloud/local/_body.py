"""Reads of the embedded store: the open answer, and the conditions of every request."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from cloud.common._checksums import ChecksumAlgorithm
from cloud.common._storage_types import ObjectBody
from cloud.common.errors import (
    AlreadyExistsError,
    InvalidRequestError,
    NotModifiedError,
    PreconditionFailedError,
)
from cloud.local._backend import no_such_key

if TYPE_CHECKING:
    from cloud.common._storage_types import CopyRequest, DeleteRequest, GetRequest, PutRequest
    from cloud.local._record import Record


class FileBody(ObjectBody):
    """The bytes of one object, from an open binary file that nobody changes any more."""

    def __init__(self, request: GetRequest, record: Record, file: BinaryIO) -> None:
        self._file = file
        self._left = 0
        try:
            check_read(request, record)
            self.info = record.info(request.bucket, request.key)
            self.start, end = _bounds(request, record.size)
            self.length = self._left = end - self.start
            self.checksum = (ChecksumAlgorithm.CRC32, record.crc32)
            if self.start:
                file.seek(self.start)
        except BaseException:
            file.close()
            raise

    def readinto(self, buffer: memoryview) -> int:
        """Fill `buffer` from its start and return how many bytes; 0 only at the end of the answer."""
        count: int = self._file.readinto(buffer[: self._left])  # type: ignore[attr-defined]  # both file kinds have it
        self._left -= count
        return count

    def read_all(self) -> bytes:
        """Return everything that is left of the answer."""
        pieces = []
        while self._left and (piece := self._file.read(self._left)):
            pieces.append(piece)
            self._left -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _bounds(request: GetRequest, size: int) -> tuple[int, int]:
    """Return where the answer begins and ends in a body of `size` bytes."""
    if request.start < 0:
        return max(0, size + request.start), size
    if request.start and request.start >= size:
        raise InvalidRequestError(
            f"the range begins at byte {request.start}, but the object has {size} bytes",
            provider_code="InvalidRange",
        )
    return request.start, size if request.end is None else min(request.end, size)


def check_read(request: GetRequest, record: Record) -> None:
    """Refuse a read whose condition does not hold.

    The ETag decides where both it and a date are given: https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2
    """
    if request.if_match is not None and request.if_match != record.etag:
        raise _not_matching(request.if_match, record)
    if request.if_none_match is not None:
        if request.if_none_match == record.etag:
            raise NotModifiedError(f"the ETag is still {record.etag}", provider_code="NotModified")
    elif request.if_modified_since is not None and record.modified_at <= request.if_modified_since:
        raise NotModifiedError(
            f"nothing was stored since {request.if_modified_since.isoformat()}", provider_code="NotModified"
        )


def check_write(request: PutRequest, current: Record | None) -> None:
    """Refuse a write whose condition does not hold."""
    if request.if_absent and current is not None:
        raise AlreadyExistsError(
            f"there is an object {request.key!r} in the bucket {request.bucket!r}",
            provider_code="PreconditionFailed",
        )
    if request.if_match is not None and (current is None or current.etag != request.if_match):
        raise _not_matching(request.if_match, current)


def check_delete(request: DeleteRequest, current: Record | None) -> None:
    """Refuse a delete whose condition does not hold."""
    if request.if_match is not None and (current is None or current.etag != request.if_match):
        raise _not_matching(request.if_match, current)


def check_source(request: CopyRequest, current: Record | None) -> Record:
    """Return the source of a copy, when it still is what the request says."""
    source = request.source
    if current is None:
        raise no_such_key(source.bucket, source.key)
    if source.etag is not None and source.etag != current.etag:
        raise _not_matching(source.etag, current)
    return current


def _not_matching(etag: str, current: Record | None) -> PreconditionFailedError:
    found = "nothing is there" if current is None else f"the ETag is {current.etag}"
    return PreconditionFailedError(f"{found}, not {etag}", provider_code="PreconditionFailed")
