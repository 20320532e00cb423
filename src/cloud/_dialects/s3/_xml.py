"""The XML of S3: a small safe parser, the answers that are not listings, and the request bodies.

What comes from the network is not trusted: a document type declaration (and with it every entity
declaration), deep nesting and oversized documents are refused. Text is kept byte for byte, white space
included, because keys are text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple
from xml.parsers import expat

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MAX_BYTES = 64 << 20
"""More than any answer of S3: 1,000 keys of 1,024 bytes, each byte as ``%XX``, are some 4 MB."""
MAX_DEPTH = 32
"""The deepest answers of S3 have five levels."""

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_ERROR_HEAD = 2048  # an error document says so in its first bytes; what comes before is a declaration
_ERROR_START = re.compile(rb"\s*(?:<\?xml[^>]*\?>\s*)?<Error[\s>]")
_SALVAGE = re.compile(rb"<(Code|Message|RequestId)>([^<]{0,4096})</\1>")


class MalformedAnswerError(ValueError):
    """The service's answer is not what the protocol says: cut, no XML, or another document."""


@dataclass(slots=True)
class Element:
    """One XML element. Names are without their namespace prefix.

    Attributes:
        name: local name.
        text: the character data directly inside.
        children: elements directly inside, in order.
    """

    name: str
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def get(self, name: str) -> str | None:
        """Return the text of the first child called `name`, or None."""
        for child in self.children:
            if child.name == name:
                return child.text
        return None

    def all(self, name: str) -> Iterator[Element]:
        """Yield the children called `name`."""
        return (child for child in self.children if child.name == name)


class _Builder:
    """Builds the tree of one document from expat's events."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[tuple[Element, list[str]]] = []

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise MalformedAnswerError(f"the answer nests deeper than {MAX_DEPTH} levels")
        element = Element(name.rpartition(":")[2])
        if self._open:
            self._open[-1][0].children.append(element)
        else:
            self.root = element
        self._open.append((element, []))

    def end(self, _name: str) -> None:
        element, texts = self._open.pop()
        element.text = "".join(texts)

    def text(self, data: str) -> None:
        self._open[-1][1].append(data)

    def doctype(self, *_declaration: object) -> None:
        raise MalformedAnswerError("the answer holds a document type declaration, which S3 never sends")


def parse_xml(body: bytes) -> Element:
    """Return the root element of `body`.

    White space before the document is allowed: S3-compatible services send it to keep a connection open
    while they complete an upload.

    Raises:
        MalformedAnswerError: it is empty, cut, not well-formed, too large or too deep, or declares a
            document type.
    """
    if len(body) > MAX_BYTES:
        raise MalformedAnswerError(f"the answer is longer than {MAX_BYTES} bytes")
    builder = _Builder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = builder.doctype
    try:
        parser.Parse(body.lstrip(), True)
    except (expat.ExpatError, LookupError, ValueError) as error:  # the last two: an encoding nobody knows
        if isinstance(error, MalformedAnswerError):
            raise
        raise MalformedAnswerError(f"the answer is not well-formed XML: {error}") from error
    if builder.root is None:
        raise MalformedAnswerError("the answer is empty")
    return builder.root


def parse_root(body: bytes, *names: str) -> Element:
    """Return the root element of `body`, which must be called one of `names`.

    Raises:
        MalformedAnswerError: it is no such document.
    """
    root = parse_xml(body)
    if root.name not in names:
        raise MalformedAnswerError(f"the answer is a {root.name!r} document where {names[0]!r} was expected")
    return root


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


# What XML 1.0 has no way to write, not even as a character reference:
# https://www.w3.org/TR/xml/#charsets (the production Char).
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Markup, and the characters that a parser may change: line ends are normalised, C1 controls are discouraged.
_ESCAPED = re.compile("[&<>\"'\t\n\r\x7f-\x9f\u2028]")
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}


def parse_timestamp(text: str) -> datetime:
    """Return an ISO 8601 time of an answer in UTC; one without a zone is in UTC already.

    Fractions finer than a microsecond, which some services send, are cut off.

    Raises:
        MalformedAnswerError: it is no such time.
    """
    try:
        # Python 3.10 does not know the "Z", and takes three or six digits of a fraction only.
        return datetime.fromisoformat(text[:-1] + "+00:00") if text[-1:] == "Z" else _odd_timestamp(text)
    except ValueError:
        return _odd_timestamp(text)


def _odd_timestamp(text: str) -> datetime:
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        raise MalformedAnswerError(f"the answer holds a time that is none: {text!r}")
    moment, fraction, sign, hours, minutes = match.groups()
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    try:
        whole = datetime.fromisoformat(moment).replace(tzinfo=timezone.utc)
        return whole + timedelta(microseconds=int((fraction or "")[:6].ljust(6, "0"))) - offset
    except (ValueError, OverflowError) as error:
        raise MalformedAnswerError(f"the answer holds a time that is none: {text!r}") from error


_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):?(\d\d))?", re.ASCII)


def strip_quotes(etag: str | None) -> str | None:
    """Return an ETag without the quotes around it; None for an empty or missing one.

    A weak one (``W/"..."``) stays as it is: without its mark it would pass for a strong one.
    """
    if not etag:
        return None
    quoted = len(etag) > 1 and etag[0] == etag[-1] == '"'
    return (etag[1:-1] if quoted else etag) or None


def fits_xml(text: str) -> bool:
    """Return whether XML 1.0 can hold every character of `text`."""
    return _UNFIT.search(text) is None


def escape_text(text: str) -> str:
    """Return `text` as character data that every parser reads back unchanged.

    Raises:
        ValueError: XML 1.0 cannot hold it; see `fits_xml`.
    """
    if _UNFIT.search(text):
        raise ValueError(f"XML 1.0 cannot hold a character of {text!r}")
    return _ESCAPED.sub(_reference, text)


def _reference(match: re.Match[str]) -> str:
    character = match.group()
    return _NAMED.get(character) or f"&#x{ord(character):X};"


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
