"""What headers say of an object, and what an object becomes headers by."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import md5
from typing import TYPE_CHECKING

from cloud._dialects._answers import parse_http_date, read_document
from cloud._dialects.swift._errors import SwiftServiceError, plain_text
from cloud._dialects.swift._exchange import ended_status, json_object, require_etag
from cloud.common._bodies import blocks
from cloud.common._checksums import ChecksumAlgorithm
from cloud.common._storage_types import Stored
from cloud.common.models import EMPTY, FrozenMap, ObjectInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud._wire._types import HttpResponse
    from cloud.common._bodies import Payload
    from cloud.common._storage_types import PutRequest

_META = "x-object-meta-"
# Swift takes the underscores of a header's name for hyphens. Its own S3 interface writes this for them, so that
# one object has one set of names over both: swift/common/middleware/s3api/s3request.py
_UNDERSCORE = "=5F"
_MD5 = re.compile(r"[0-9a-f]{32}").fullmatch
_HEADERS = (
    ("content_type", "content-type"),
    ("cache_control", "cache-control"),
    ("content_encoding", "content-encoding"),
    ("content_disposition", "content-disposition"),
    ("content_language", "content-language"),
)


def object_info(bucket: str, key: str, headers: Mapping[str, str], size: int) -> ObjectInfo:
    """Return what the headers of a GET or HEAD answer say about the object."""
    metadata = {
        name[len(_META) :].replace("=5f", "_"): _text(value)
        for name, value in headers.items()
        if name.startswith(_META)
    }
    get = headers.get
    version = get("x-object-version-id")
    return ObjectInfo(
        bucket=bucket,
        key=key,
        size=size,
        etag=get("etag", "").strip('"') or None,
        modified_at=parse_http_date(get("last-modified")),
        content_type=get("content-type") or None,
        cache_control=get("cache-control"),
        content_encoding=get("content-encoding"),
        content_disposition=get("content-disposition"),
        content_language=get("content-language"),
        metadata=FrozenMap(metadata) if metadata else EMPTY,
        version_id=None if version == "null" else version,
        raw=headers,
    )


def _text(value: str) -> str:
    """Return a value that others wrote as UTF-8, which HTTP hands over as Latin-1."""
    return value if value.isascii() else value.encode("latin-1").decode("utf-8", "replace")


def object_headers(request: PutRequest) -> dict[str, str]:
    """Return the headers that make an object what `request` says."""
    headers = {}
    for name, header in _HEADERS:
        value = getattr(request, name)
        if value is not None:
            headers[header] = value
    for name, value in request.metadata.items():
        headers[_META + name.replace("_", _UNDERSCORE).lower()] = value
    return headers


# What an object has beside what `PutRequest` knows of it.
# https://docs.openstack.org/api-ref/object-store/#create-or-update-object-metadata
_KEPT = ("x-delete-at", "expires", "x-robots-tag")


def kept_headers(headers: Mapping[str, str] | None, *, manifest: bool = False) -> dict[str, str]:
    """Return what has to be sent again, because Swift replaces an object's metadata as a whole.

    Args:
        headers: of the object as it is.
        manifest: also what makes it a dynamic large object; without it its segments would be lost.
    """
    names = (*_KEPT, "x-object-manifest") if manifest else _KEPT
    return {} if headers is None else {name: headers[name] for name in names if name in headers}


def is_static_large(headers: Mapping[str, str]) -> bool:
    """Return whether the answer is about a static large object: one of segments."""
    return "x-static-large-object" in headers


def whole_checksum(headers: Mapping[str, str]) -> tuple[ChecksumAlgorithm, str] | None:
    """Return the MD5 of the whole object, which is a plain object's ETag.

    That of a large object is made of its segments' MD5s. Swift compares each of these itself as it reads, and
    ends the answer early when one does not fit.
    """
    if "x-static-large-object" in headers or "x-object-manifest" in headers:
        return None
    etag = headers.get("etag", "").strip('"')
    if not _MD5(etag):
        return None
    return ChecksumAlgorithm.MD5, b64encode(bytes.fromhex(etag)).decode("ascii")


def md5_of(payload: Payload) -> str:
    """Return a payload's MD5 in hexadecimal, as Swift compares it."""
    digest = md5(usedforsecurity=False)
    for block in blocks(payload):
        digest.update(block)
    return digest.hexdigest()


def finish_write(response: HttpResponse) -> Stored:
    """Return what was stored by a request whose answer may have begun before its end was known.

    Raises:
        SwiftServiceError: it ended badly. A segment that is not there any more is a 404, one of other bytes a
            422, whatever the whole is.
    """
    if response.status == 201:
        with response:
            response.read(1 << 16)
        return Stored(require_etag(response), response.headers.get("x-object-version-id"))
    answer = json_object(read_document(response), "end of the answer")
    status = ended_status(answer)
    if status != 201:
        reasons = [str(error[1]) for error in answer.get("Errors", ()) if len(error) == 2]
        if any(reason.startswith("404") for reason in reasons):
            status = 404
        elif any("Mismatch" in reason for reason in reasons):
            status = 422
        message = "; ".join(reasons) or str(answer.get("Response Body", ""))
        raise SwiftServiceError(status, plain_text(message.encode()), response.headers)
    return Stored(str(answer.get("Etag", "")).strip('"') or None)
