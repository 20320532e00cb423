"""Answers to reads: headers become an `ObjectInfo`, the body is handed out as it comes."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING

from cloud._dialects._answers import AnswerBody, parse_http_date
from cloud._dialects.s3._etag import strip_quotes
from cloud.common._checksums import ChecksumAlgorithm, available
from cloud.common.models import EMPTY, FrozenMap, ObjectInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud._wire._types import HttpResponse
    from cloud.common._storage_types import ObjectBody

_META = "x-amz-meta-"
_CHECKSUM = "x-amz-checksum-"
_MD5_ETAG = re.compile(r'"?([0-9a-f]{32})"?').fullmatch
MAX_MD5_BODY = 8 << 20
"""Larger bodies are not compared with an MD5: it costs 1.4 s of CPU a gigabyte."""
# Cheapest first; all are equally good against accidents.
_PREFERENCE = (
    ChecksumAlgorithm.CRC32,
    ChecksumAlgorithm.CRC64NVME,
    ChecksumAlgorithm.CRC32C,
    ChecksumAlgorithm.SHA1,
    ChecksumAlgorithm.SHA256,
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


def s3_body(bucket: str, key: str, response: HttpResponse, *, etag_is_md5: bool = False) -> ObjectBody:
    """Return the open answer to a GET."""
    headers = response.headers
    return AnswerBody(
        response,
        lambda size: object_info(bucket, key, headers, size),
        lambda size: whole_checksum(headers) or (_md5_of_etag(headers, size) if etag_is_md5 else None),
    )
