"""What answers say about objects: headers of reads, resources of the JSON API, and the open body of a read.

Objects are read through the XML API, as Google's own library for Go does: only its answers tell size,
generation, checksums, metadata and the stored encoding together with the bytes.
https://cloud.google.com/storage/docs/xml-api/get-object-download
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud._dialects._answers import parse_http_date, understood
from cloud._dialects._xmltree import parse_timestamp
from cloud.common._checksums import ChecksumAlgorithm, available
from cloud.common.errors import IntegrityError, ServiceUnavailableError
from cloud.common.models import EMPTY, FrozenMap, ObjectInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud._wire._types import HttpResponse

_META = "x-goog-meta-"
MAX_MD5_BODY = 8 << 20
"""Larger bodies are not compared with an MD5: it costs 1.4 s of CPU a gigabyte."""
RESOURCE_FIELDS = (
    "name,size,generation,metageneration,updated,timeDeleted,storageClass,contentType,cacheControl,"
    "contentEncoding,contentDisposition,contentLanguage,metadata,crc32c,md5Hash"
)
"""What is asked of the JSON API about an object: https://cloud.google.com/storage/docs/json_api/v1/objects"""
_TEXTS = (
    "storageClass",
    "contentType",
    "cacheControl",
    "contentEncoding",
    "contentDisposition",
    "contentLanguage",
)


def info_of_resource(bucket: str, key: str, resource: Mapping[str, Any]) -> ObjectInfo:
    """Return what an object's resource says. `raw` is the resource.

    Raises:
        ServiceUnavailableError: it is no such resource.
    """
    with understood("object"):
        return _info_of_resource(bucket, key, resource)


def _info_of_resource(bucket: str, key: str, resource: Mapping[str, Any]) -> ObjectInfo:
    get = resource.get
    size, generation, updated = get("size"), get("generation"), get("updated")
    if size is None or not generation:
        raise ServiceUnavailableError("the answer describes no object: this was not Google Cloud Storage")
    if any(not isinstance(value, str) for name in _TEXTS if (value := get(name)) is not None):
        raise ServiceUnavailableError("the answer describes an object by other than text")
    checksums = {name: value for name, value in (("crc32c", get("crc32c")), ("md5", get("md5Hash"))) if value}
    metadata = get("metadata")
    return ObjectInfo(
        bucket=bucket,
        key=key,
        size=int(size),
        etag=generation,
        modified_at=parse_timestamp(updated) if updated else None,
        storage_class=get("storageClass"),
        content_type=get("contentType"),
        cache_control=get("cacheControl") or None,
        content_encoding=get("contentEncoding") or None,
        content_disposition=get("contentDisposition") or None,
        content_language=get("contentLanguage") or None,
        metadata=_metadata(metadata) if metadata else EMPTY,
        version_id=generation,
        # Only a noncurrent version tells when it became one.
        is_latest=False if get("timeDeleted") else None,
        checksums=FrozenMap(checksums) if checksums else EMPTY,
        raw=resource,
    )


def _metadata(pairs: Mapping[str, Any]) -> FrozenMap[str]:
    return FrozenMap({name.lower(): value for name, value in pairs.items() if value is not None})


def hashes(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the base64 checksums of an answer by name: ``crc32c``, and ``md5`` where the service has one.

    The header ``x-goog-hash`` may be repeated, or hold several: its names and values have no comma.
    """
    found = headers.get("x-goog-hash")
    if not found:
        return {}
    pairs = (item.strip().partition("=") for item in found.split(","))
    return {name: value for name, _, value in pairs if name and value}


def info_of_headers(bucket: str, key: str, headers: Mapping[str, str], size: int) -> ObjectInfo:
    """Return what the headers of a read say about the object. `raw` are the headers."""
    get = headers.get
    metadata = {name[len(_META) :]: _text(value) for name, value in headers.items() if name.startswith(_META)}
    generation = get("x-goog-generation")
    checksums = hashes(headers)
    return ObjectInfo(
        bucket=bucket,
        key=key,
        size=size,
        etag=generation,
        modified_at=parse_http_date(get("last-modified")),
        storage_class=get("x-goog-storage-class"),
        content_type=get("content-type"),
        cache_control=get("cache-control"),
        content_encoding=get("content-encoding"),
        content_disposition=get("content-disposition"),
        content_language=get("content-language"),
        metadata=FrozenMap(metadata) if metadata else EMPTY,
        version_id=generation,
        checksums=FrozenMap(checksums) if checksums else EMPTY,
        raw=headers,
    )


def _text(value: str) -> str:
    """Return a header's value; metadata of other programs may hold UTF-8."""
    if value.isascii():
        return value
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def check_untouched(response: HttpResponse) -> None:
    """Refuse an answer whose bytes are not the stored ones, and close it.

    Google decompresses objects of ``Content-Encoding: gzip`` for who does not take gzip, and this client says
    that it does. Where something between has changed that, neither length nor checksum would fit.
    https://cloud.google.com/storage/docs/transcoding

    Raises:
        IntegrityError: the bytes were decompressed or compressed on their way.
    """
    headers = response.headers
    stored = headers.get("x-goog-stored-content-encoding", "identity")
    sent = headers.get("content-encoding", "identity")
    # An object may also be stored as "identity" with a Content-Encoding that its writer gave it.
    decompressed = stored != "identity" and sent == "identity"
    changed = (
        decompressed
        or "x-guploader-response-body-transformations" in headers
        or "214" in headers.get("warning", "")[:4]
    )
    if response.status == 200 and not changed:
        length = headers.get("x-goog-stored-content-length")
        changed = length is not None and response.length is not None and length != str(response.length)
    if changed:
        response.close()
        raise IntegrityError(
            "the bytes were decompressed or compressed on their way, so they are not the stored ones",
            hint="is there a proxy that drops Accept-Encoding? Cache-Control: no-transform on the object helps",
        )


def whole_checksum(checksums: Mapping[str, str], size: int) -> tuple[ChecksumAlgorithm, str] | None:
    """Return that one of an object's checksums that can be computed here at the least cost; None without any."""
    if "crc32c" in checksums and available(ChecksumAlgorithm.CRC32C):
        return ChecksumAlgorithm.CRC32C, checksums["crc32c"]
    if "md5" in checksums and size <= MAX_MD5_BODY:
        return ChecksumAlgorithm.MD5, checksums["md5"]
    return None
