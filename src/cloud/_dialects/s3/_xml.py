"""The XML of S3: the answers that are not listings, and the request bodies."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from cloud._dialects._xmltree import (
    Element,
    MalformedAnswerError,
    escape_text,
    fits_xml,
    parse_root,
    parse_timestamp,
    parse_xml,
)
from cloud._dialects.s3._etag import strip_quotes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

__all__ = [
    "CompleteAnswer",
    "CompletedPart",
    "CopyAnswer",
    "DeleteAnswer",
    "DeleteBody",
    "DeletedKey",
    "Element",
    "ErrorDocument",
    "FailedKey",
    "MalformedAnswerError",
    "build_complete",
    "build_create_bucket",
    "build_delete",
    "escape_text",
    "find_error_in_ok",
    "fits_xml",
    "parse_buckets",
    "parse_complete",
    "parse_copy_result",
    "parse_delete_result",
    "parse_error",
    "parse_initiate",
    "parse_root",
    "parse_timestamp",
    "parse_xml",
    "strip_quotes",
]

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_ERROR_HEAD = 2048  # an error document says so in its first bytes; what comes before is a declaration
_ERROR_START = re.compile(rb"\s*(?:<\?xml[^>]*\?>\s*)?<Error[\s>]")
_SALVAGE = re.compile(rb"<(Code|Message|RequestId)>([^<]{0,4096})</\1>")


class ErrorDocument(NamedTuple):
    """What an error document says.

    Attributes:
        code: the service's code (``NoSuchKey``).
        message: the service's words; empty where it has none (Ceph).
        request_id: what the service's support asks for; None where it does not say.
        extra: every other field by its own name: ``BucketName``, ``Key``, ``Region``, ``Endpoint``,
            ``HostId``, ``Condition`` ...
    """

    code: str
    message: str
    request_id: str | None
    extra: Mapping[str, str]


def parse_error(body: bytes) -> ErrorDocument | None:
    """Return what an error answer says, or None when `body` is no S3 error document.

    Junk is tolerated: a proxy's HTML page gives None, and from a document that was cut in the middle what
    is whole is taken, as long as its code is.
    """
    try:
        root = parse_xml(body)
    except MalformedAnswerError:
        return _salvage_error(body)
    if root.name == "ErrorResponse":  # how the other AWS services, and some gateways, wrap it
        root = next(root.all("Error"), root)
    fields = {child.name: child.text for child in root.children if not child.children}
    if root.name != "Error" or not fields.get("Code"):
        return None
    code, message = fields.pop("Code"), fields.pop("Message", "")
    return ErrorDocument(code, message, fields.pop("RequestId", None) or None, MappingProxyType(fields))


def _salvage_error(body: bytes) -> ErrorDocument | None:
    """Return the whole fields of a cut error document, or None when it does not start as one."""
    if b"<!" in body or not _ERROR_START.match(body):
        return None
    fields: dict[bytes, str] = {}
    for name, value in _SALVAGE.findall(body):
        fields.setdefault(name, value.decode("utf-8", "replace"))
    if not fields.get(b"Code"):
        return None
    return ErrorDocument(
        fields[b"Code"], fields.get(b"Message", ""), fields.get(b"RequestId"), MappingProxyType({})
    )


def find_error_in_ok(body: bytes) -> ErrorDocument | None:
    """Return the error that a 200 answer carries, or None.

    CopyObject, UploadPartCopy, CompleteMultipartUpload and DeleteObjects send their status before the work
    is done: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
    The ``<Error>`` entries inside of a ``<DeleteResult>`` are answers for single keys and not meant here.
    """
    return parse_error(body) if b"<Error" in body.lstrip()[:_ERROR_HEAD] else None


def parse_buckets(body: bytes) -> tuple[list[str], str | None]:
    """Return the names of a ListBuckets answer and the token of the next page, None on the last one.

    Raises:
        MalformedAnswerError: it is no such answer, or a bucket has no name.
    """
    root = parse_root(body, "ListAllMyBucketsResult")
    names = [_required(bucket, "Name") for group in root.all("Buckets") for bucket in group.all("Bucket")]
    return names, root.get("ContinuationToken") or None


class DeletedKey(NamedTuple):
    """One key that a batch deleted. With versions, a plain delete leaves a delete marker."""

    key: str
    version_id: str | None
    delete_marker: bool
    delete_marker_version_id: str | None


class FailedKey(NamedTuple):
    """One key that a batch could not delete, and why."""

    key: str
    version_id: str | None
    code: str
    message: str


class DeleteAnswer(NamedTuple):
    """What DeleteObjects did. In quiet mode `deleted` is empty."""

    deleted: tuple[DeletedKey, ...]
    failed: tuple[FailedKey, ...]


def parse_delete_result(body: bytes) -> DeleteAnswer:
    """Return what a DeleteObjects answer says of each key.

    Raises:
        MalformedAnswerError: it is no such answer, or an entry names no key.
    """
    root = parse_root(body, "DeleteResult")
    deleted = tuple(
        DeletedKey(
            _required(entry, "Key"),
            entry.get("VersionId") or None,
            entry.get("DeleteMarker") == "true",
            entry.get("DeleteMarkerVersionId") or None,
        )
        for entry in root.all("Deleted")
    )
    failed = tuple(
        FailedKey(
            _required(entry, "Key"),
            entry.get("VersionId") or None,
            entry.get("Code") or "",
            entry.get("Message") or "",
        )
        for entry in root.all("Error")
    )
    return DeleteAnswer(deleted, failed)


class CopyAnswer(NamedTuple):
    """What a copy stored: ETag without quotes, time, and checksums by algorithm (``crc32``) in base64."""

    etag: str | None
    modified_at: datetime | None
    checksums: Mapping[str, str]


def parse_copy_result(body: bytes) -> CopyAnswer:
    """Return what CopyObject or UploadPartCopy stored. Call `find_error_in_ok` first.

    Raises:
        MalformedAnswerError: it is no such answer.
    """
    root = parse_root(body, "CopyObjectResult", "CopyPartResult")
    modified = root.get("LastModified")
    return CopyAnswer(
        strip_quotes(root.get("ETag")), parse_timestamp(modified) if modified else None, _checksums(root)
    )


def parse_initiate(body: bytes) -> str:
    """Return the id of the multipart upload that was started.

    Raises:
        MalformedAnswerError: it is no such answer.
    """
    return _required(parse_root(body, "InitiateMultipartUploadResult"), "UploadId")


class CompleteAnswer(NamedTuple):
    """The object that a multipart upload became.

    Attributes:
        etag: without quotes; None where the service leaves it empty (Ceph 16).
        checksums: by algorithm (``crc64nvme``), in base64.
        checksum_type: ``FULL_OBJECT`` or ``COMPOSITE``; None where the service does not say.
    """

    etag: str | None
    checksums: Mapping[str, str]
    checksum_type: str | None


def parse_complete(body: bytes) -> CompleteAnswer:
    """Return the object that was completed. Call `find_error_in_ok` first.

    Raises:
        MalformedAnswerError: it is no such answer; an empty body is none, so whether the object is there
            is then unknown.
    """
    root = parse_root(body, "CompleteMultipartUploadResult")
    return CompleteAnswer(strip_quotes(root.get("ETag")), _checksums(root), root.get("ChecksumType") or None)


def build_create_bucket(region: str) -> bytes:
    """Return the body that creates a bucket in `region`; us-east-1 is Amazon's own default and takes none."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><CreateBucketConfiguration xmlns="{_NAMESPACE}">'
        f"<LocationConstraint>{escape_text(region)}</LocationConstraint></CreateBucketConfiguration>"
    ).encode()


class DeleteBody(NamedTuple):
    """The body of a DeleteObjects request.

    Attributes:
        body: the document; with no key in it, there is nothing to send.
        sent: the ``(key, version id)`` pairs that are in it.
        singly: the pairs that XML 1.0 cannot hold; delete each with a request of its own.
    """

    body: bytes
    sent: tuple[tuple[str, str | None], ...]
    singly: tuple[tuple[str, str | None], ...]


_PLAIN = re.compile(r"[\w./=+, -]+", re.ASCII)
"""Keys that XML holds as they are."""


def build_delete(keys: Iterable[tuple[str, str | None]], *, quiet: bool) -> DeleteBody:
    """Return the body that deletes `keys`, pairs of key and version id (None for the newest).

    Args:
        keys: at most as many as the service takes in one request.
        quiet: the answer names only the keys that failed.
    """
    sent: list[tuple[str, str | None]] = []
    singly: list[tuple[str, str | None]] = []
    lines = [f'<?xml version="1.0" encoding="UTF-8"?><Delete xmlns="{_NAMESPACE}">']
    for key, version in keys:
        if version is None and _PLAIN.fullmatch(key):  # nearly all: one match instead of three searches
            sent.append((key, None))
            lines.append(f"<Object><Key>{key}</Key></Object>")
            continue
        if not fits_xml(key):
            singly.append((key, version))
            continue
        sent.append((key, version))
        named = "" if version is None else f"<VersionId>{escape_text(version)}</VersionId>"
        lines.append(f"<Object><Key>{escape_text(key)}</Key>{named}</Object>")
    lines.append("<Quiet>true</Quiet></Delete>" if quiet else "</Delete>")
    return DeleteBody("".join(lines).encode(), tuple(sent), tuple(singly))


class CompletedPart(NamedTuple):
    """One uploaded part.

    Attributes:
        number: 1 to 10,000.
        etag: as the service gave it, with or without quotes.
        checksums: by algorithm (``crc32c``), in base64, as they were sent with the part.
    """

    number: int
    etag: str
    checksums: Mapping[str, str] = MappingProxyType({})


def build_complete(parts: Iterable[CompletedPart]) -> bytes:
    """Return the body that completes a multipart upload of `parts`, which must be in ascending order."""
    lines = [f'<?xml version="1.0" encoding="UTF-8"?><CompleteMultipartUpload xmlns="{_NAMESPACE}">']
    for part in parts:
        checksums = "".join(
            f"<Checksum{name.upper()}>{escape_text(value)}</Checksum{name.upper()}>"
            for name, value in part.checksums.items()
        )
        etag = escape_text(strip_quotes(part.etag) or "")
        # Quotes need no escaping inside of an element, and some servers compare the raw text.
        lines.append(f'<Part><PartNumber>{part.number}</PartNumber><ETag>"{etag}"</ETag>{checksums}</Part>')
    lines.append("</CompleteMultipartUpload>")
    return "".join(lines).encode()


def _required(element: Element, name: str) -> str:
    value = element.get(name)
    if not value:
        raise MalformedAnswerError(f"{element.name!r} in the answer has no {name!r}")
    return value


def _checksums(element: Element) -> dict[str, str]:
    """Return the ``Checksum...`` children by algorithm in lower case, without the words about them."""
    return {
        child.name.removeprefix("Checksum").lower(): child.text
        for child in element.children
        if child.name.startswith("Checksum") and child.name not in _ABOUT_CHECKSUMS and child.text
    }


_ABOUT_CHECKSUMS = frozenset({"ChecksumType", "ChecksumAlgorithm"})
