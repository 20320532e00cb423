"""Answers to reads: headers become an `ObjectInfo`, the body is handed out as it comes."""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from cloud._dialects.s3._etag import strip_quotes
from cloud.common._checksums import ChecksumAlgorithm, available
from cloud.common._storage_types import ObjectBody
from cloud.common.errors import IntegrityError
from cloud.common.models import EMPTY, FrozenMap, ObjectInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud._wire._types import HttpResponse

_META = "x-amz-meta-"
_CHECKSUM = "x-amz-checksum-"
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)").fullmatch
_HTTP_DATE = re.compile(r"\w{3}, (\d\d) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT").fullmatch
_MD5_ETAG = re.compile(r'"?([0-9a-f]{32})"?').fullmatch
MAX_MD5_BODY = 8 << 20
"""Larger bodies are not compared with an MD5: it costs 1.4 s of CPU a gigabyte."""
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
# Cheapest first; all are equally good against accidents.
_PREFERENCE = (
    ChecksumAlgorithm.CRC32,
    ChecksumAlgorithm.CRC64NVME,
    ChecksumAlgorithm.CRC32C,
    ChecksumAlgorithm.SHA1,
    ChecksumAlgorithm.SHA256,
)


def parse_http_date(text: str | None) -> datetime | None:
    """Return the moment of an HTTP date; None for a missing or unreadable one."""
    if text is None:
        return None
    match = _HTTP_DATE(text)
    if match is None or match[2] not in _MONTHS:
        return None
    day, _, year, hour, minute, second = match.groups()
    return datetime(
        int(year), _MONTHS[match[2]], int(day), int(hour), int(minute), int(second), tzinfo=timezone.utc
    )


def object_info(bucket: str, key: str, headers: Mapping[str, str], size: int) -> ObjectInfo:
    """Return what the headers of a GET or HEAD answer say about the object."""
    metadata: dict[str, str] = {}
    checksums: dict[str, str] = {}
    for name, value in headers.items():
        if name.startswith("x-amz-"):
            if name.startswith(_META):
                metadata[name[len(_META) :]] = value
            elif name.startswith(_CHECKSUM) and name != "x-amz-checksum-type":
                checksums[name[len(_CHECKSUM) :]] = value
    get = headers.get
    version = get("x-amz-version-id")
    return ObjectInfo(
        bucket=bucket,
        key=key,
        size=size,
        etag=strip_quotes(get("etag")),
        modified_at=parse_http_date(get("last-modified")),
        storage_class=get("x-amz-storage-class"),
        content_type=get("content-type"),
        cache_control=get("cache-control"),
        content_encoding=get("content-encoding"),
        content_disposition=get("content-disposition"),
        content_language=get("content-language"),
        metadata=FrozenMap(metadata) if metadata else EMPTY,
        version_id=None if version == "null" else version,
        checksums=FrozenMap(checksums) if checksums else EMPTY,
        raw=headers,
    )


def whole_checksum(headers: Mapping[str, str]) -> tuple[ChecksumAlgorithm, str] | None:
    """Return a checksum of the whole object that can be computed here, from the headers of a whole read.

    A composite one (``...-3``) is a checksum of checksums of parts whose sizes are not known here.
    """
    if headers.get("x-amz-checksum-type", "FULL_OBJECT") != "FULL_OBJECT":
        return None
    for algorithm in _PREFERENCE:
        value = headers.get(_CHECKSUM + algorithm.value)
        if value is not None and "-" not in value and available(algorithm):
            return algorithm, value
    return None


def _md5_of_etag(headers: Mapping[str, str], size: int) -> tuple[ChecksumAlgorithm, str] | None:
    """Return the MD5 that an ETag is; None for the ETag of an object in parts, or a large one."""
    match = _MD5_ETAG(headers.get("etag", ""))
    if match is None or size > MAX_MD5_BODY:
        return None
    return ChecksumAlgorithm.MD5, b64encode(bytes.fromhex(match[1])).decode("ascii")


class S3Body(ObjectBody):
    """The open answer to a GET."""

    __slots__ = ("_response", "checksum", "info", "length", "start")

    def __init__(self, bucket: str, key: str, response: HttpResponse, *, etag_is_md5: bool = False) -> None:
        headers = response.headers
        self._response = response
        self.checksum = None
        if response.length is None:
            response.close()
            raise IntegrityError("the answer does not say how long it is", retryable=True)
        self.start, self.length, size = 0, response.length, response.length
        if response.status == 206:
            match = _CONTENT_RANGE(headers.get("content-range", ""))
            if match is None or int(match[2]) - int(match[1]) + 1 != response.length:
                response.close()
                raise IntegrityError(
                    "the answer to a ranged read does not say which range it is", retryable=True
                )
            self.start, size = int(match[1]), int(match[3])
        else:
            self.checksum = whole_checksum(headers) or (_md5_of_etag(headers, size) if etag_is_md5 else None)
        self.info = object_info(bucket, key, headers, size)

    def readinto(self, buffer: memoryview) -> int:
        """Fill `buffer` from its start and return how many bytes; 0 only at the end of the answer."""
        return self._response.readinto(buffer)

    def read_all(self) -> bytes:
        """Return everything that is left of the answer."""
        return self._response.read(self.length)

    def close(self) -> None:
        """Give up the connection, or back to the pool when everything was read."""
        self._response.close()


class EmptyBody(ObjectBody):
    """A read of an empty object by range, which S3 refuses with 416."""

    __slots__ = ("checksum", "info", "length", "start")

    def __init__(self, info: ObjectInfo) -> None:
        self.info = info
        self.start = self.length = 0
        self.checksum = None

    def readinto(self, buffer: memoryview) -> int:  # noqa: ARG002  # nothing to put into it
        """Return 0."""
        return 0

    def read_all(self) -> bytes:
        """Return no bytes."""
        return b""

    def close(self) -> None:
        """There is nothing to close."""
