"""Answers to reads: what their headers say about the object."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

from cloud._dialects._answers import parse_http_date
from cloud._dialects.azure_blob._metadata import PREFIX, decode_name
from cloud.common._checksums import ChecksumAlgorithm
from cloud.common.errors import IntegrityError
from cloud.common.models import EMPTY, FrozenMap, ObjectInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud._wire._types import HttpResponse
    from cloud.common._storage_types import GetRequest

MAX_MD5_BODY = 32 << 20
"""Larger bodies are not compared with an MD5, the only checksum that Azure keeps: it costs 1.4 s of CPU a
gigabyte. Bodies above the default threshold are stored in blocks, for which Azure keeps none anyway."""
MAX_CHECKED_RANGE = 4 << 20
"""Azure computes the MD5 or CRC-64 of a range up to this many bytes, and refuses to be asked for that of a larger one.
https://learn.microsoft.com/rest/api/storageservices/get-blob#request-headers"""
_CUT = len(PREFIX)


def object_info(
    bucket: str, key: str, headers: Mapping[str, str], size: int, *, version_id: str | None = None
) -> ObjectInfo:
    """Return what the headers of a GET or HEAD answer say about the object.

    Args:
        bucket, key: where it is.
        headers: of the answer.
        size: length of the whole object in bytes.
        version_id: what was asked for; the answer does not repeat that it is about a snapshot.
    """
    metadata = {decode_name(name[_CUT:]): value for name, value in headers.items() if name.startswith(PREFIX)}
    get = headers.get
    md5 = stored_md5(headers)
    return ObjectInfo(
        bucket=bucket,
        key=key,
        size=size,
        etag=get("etag", "").strip('"') or None,
        modified_at=parse_http_date(get("last-modified")),
        storage_class=get("x-ms-access-tier"),
        content_type=get("content-type"),
        cache_control=get("cache-control"),
        content_encoding=get("content-encoding"),
        content_disposition=get("content-disposition"),
        content_language=get("content-language"),
        metadata=FrozenMap(metadata) if metadata else EMPTY,
        version_id=version_id if version_id is not None else get("x-ms-version-id"),
        checksums=EMPTY if md5 is None else FrozenMap({"md5": md5}),
        raw=headers,
    )


def stored_md5(headers: Mapping[str, str]) -> str | None:
    """Return the MD5 of the whole object in base64, where Azure keeps one.

    The answer to a range may have an MD5 of the range in ``Content-MD5``, and then that of the object in a
    header of its own. https://learn.microsoft.com/rest/api/storageservices/get-blob#response-headers
    """
    whole = headers.get("x-ms-blob-content-md5")
    if whole is not None:
        return whole or None
    return None if "content-range" in headers else headers.get("content-md5") or None


def range_checksum(headers: Mapping[str, str]) -> tuple[ChecksumAlgorithm, str] | None:
    """Return the checksum of the range in an answer to a request that asked for it; None without one."""
    if "content-range" not in headers:
        return None
    crc64 = headers.get("x-ms-content-crc64")
    if crc64:
        return ChecksumAlgorithm.CRC64NVME, _reversed(crc64)
    md5 = headers.get("content-md5")
    return (ChecksumAlgorithm.MD5, md5) if md5 else None


def _reversed(crc64: str) -> str:
    """Return a CRC-64 of Azure, which has its least significant byte first, as the other services write it."""
    try:
        return b64encode(b64decode(crc64, validate=True)[::-1]).decode("ascii")
    except ValueError:
        return crc64  # it fits no bytes, which the reader then says


def whole_checksum(headers: Mapping[str, str], size: int) -> tuple[ChecksumAlgorithm, str] | None:
    """Return the checksum to compare a whole read with; None where Azure keeps none, or for a large object."""
    md5 = stored_md5(headers)
    return None if md5 is None or size > MAX_MD5_BODY else (ChecksumAlgorithm.MD5, md5)


def asked_end(request: GetRequest) -> int | None:
    """Return up to where to ask: no further than there is a checksum of, where a beginning will do."""
    if request.piece is None:
        return request.end
    end = request.start + min(request.piece, MAX_CHECKED_RANGE)
    return end if request.end is None else min(end, request.end)


def refuse_encoded(response: HttpResponse) -> None:
    """Refuse what a proxy made of an answer: Azure answers a range with 206, and never encodes it on its way."""
    headers = response.headers
    if response.status == 200 and "content-encoding" in headers and "content-md5" not in headers:
        response.close()
        raise IntegrityError(
            "the answer to a range is a whole body in another encoding, as no service but a proxy makes it",
            retryable=True,
        )
