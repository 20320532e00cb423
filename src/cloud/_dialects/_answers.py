"""Answers of storage services: documents of bounded size, HTTP dates, and the open body of a read."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, TypeVar

from cloud.common._storage_types import ObjectBody
from cloud.common.errors import IntegrityError, ServiceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from cloud._wire._types import HttpResponse
    from cloud.common._checksums import ChecksumAlgorithm
    from cloud.common.models import ObjectInfo

T = TypeVar("T")

MAX_ERROR_BYTES = 64 << 10
MAX_DOCUMENT_BYTES = 64 << 20
# 18 digits are more than any object has, and keep int() cheap.
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})", re.ASCII).fullmatch
_HTTP_DATE = re.compile(r"\w{3}, (\d\d) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT", re.ASCII).fullmatch
_MAX_LENGTH_DIGITS = 18
# What comes of reading something of another shape than was expected, and whose exceptions these are. An SDK's own
# are its word on the answer, and have their place in the tables of errors.
# RuntimeError is what botocore says of a time that no clock has, and Python of a document that nests too deep.
_CONFUSED = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
_PLAIN = frozenset({"binascii", "builtins", "decimal", "ipaddress", "json", "xml"})
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}


def read_error_bytes(response: HttpResponse) -> bytes:
    """Read and close an answer that is no success; return the start of its body.

    Of a longer answer the rest is not read: its status says enough.
    """
    start = bytearray()
    with response:
        buffer = memoryview(bytearray(1 << 12))
        while len(start) < MAX_ERROR_BYTES and (count := response.readinto(buffer)):
            start += buffer[:count]
    return bytes(start)


def read_document(response: HttpResponse) -> bytes:
    """Read and close an answer that is a document of moderate size."""
    with response:
        return response.read(MAX_DOCUMENT_BYTES)


def size_of(response: HttpResponse) -> int:
    """Return the size of the object that the answer to a HEAD describes; close one that does not say it.

    Gateways that re-frame bodies drop the length, and without it every object would look empty.

    Raises:
        ServiceUnavailableError: it does not say it, or says no number.
    """
    length = response.headers.get("content-length", "")
    if not (length.isascii() and length.isdigit() and len(length) <= _MAX_LENGTH_DIGITS):
        response.close()
        raise ServiceUnavailableError("the answer does not say how large the object is")
    return int(length)


def load_json(document: bytes) -> Any:
    """Return a JSON document.

    Raises:
        ValueError: it is none, or nests deeper than Python's parser goes.
    """
    import json

    try:
        return json.loads(document)
    except RecursionError as exc:
        raise ValueError("the document nests too deep") from exc


class understood:  # noqa: N801  # reads as a statement: ``with understood("listing"):``
    """Inside of it an answer is read, and whatever Python finds wrong with its shape is the answer's fault.

    For answers whose members are many and of which none may be taken for granted: the SDKs read what they get
    without looking, too.

    Args:
        what: the answer, for the message.
        request_sent: False for the answer to a login, before what was to be done was even asked for.

    Raises:
        ServiceUnavailableError: it is not what the protocol says.
    """

    __slots__ = ("_request_sent", "_what")

    def __init__(self, what: str, *, request_sent: bool = True) -> None:
        self._what = what
        self._request_sent = request_sent

    def __enter__(self) -> None:
        """Begin to read."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Translate what reading raised."""
        if isinstance(error, _CONFUSED) and type(error).__module__.partition(".")[0] in _PLAIN:
            raise ServiceUnavailableError(
                f"the {self._what} is not what the protocol says ({type(error).__name__})",
                hint="is there a proxy between you and the service?",
                request_sent=self._request_sent,
            ) from error


def read_by(read: Callable[[Any], T], answer: Any) -> T:
    """Return what `read` makes of an answer; see `understood`."""
    with understood("answer"):
        return read(answer)


def parse_http_date(text: str | None) -> datetime | None:
    """Return the moment of an HTTP date; None for a missing or unreadable one."""
    if text is None:
        return None
    match = _HTTP_DATE(text)
    if match is None or match[2] not in _MONTHS:
        return None
    day, _, year, hour, minute, second = match.groups()
    try:
        return datetime(
            int(year), _MONTHS[match[2]], int(day), int(hour), int(minute), int(second), tzinfo=timezone.utc
        )
    except ValueError:  # a day that no month has, or a leap second
        return None


def parse_unix_time(text: str | None) -> datetime | None:
    """Return the moment of seconds since the epoch, with or without a fraction; None for an unreadable one."""
    if text is None or len(text) > 32:
        return None
    try:
        return datetime.fromtimestamp(float(text), timezone.utc)
    except (OverflowError, OSError, ValueError):
        return None


def http_date(moment: datetime) -> str:
    """Return a time in UTC as HTTP writes it."""
    from email.utils import format_datetime

    return format_datetime(moment, usegmt=True)


class AnswerBody(ObjectBody):
    """The open answer to a read of an object, whole (200) or a range of it (206).

    Args:
        response: the answer; it is closed when it does not say how long it is or which range it holds.
        describe: makes the object's info of the whole object's size.
        checksum: gives algorithm and base64 value of the whole object's checksum, from its size, where the
            service names one that can be computed here. Asked only of an answer that has the whole object.
    """

    __slots__ = ("_response", "asked_end", "checksum", "info", "length", "pieces", "range_checksum", "start")

    def __init__(
        self,
        response: HttpResponse,
        describe: Callable[[int], ObjectInfo],
        checksum: Callable[[int], tuple[ChecksumAlgorithm, str] | None],
    ) -> None:
        self._response = response
        self.checksum = self.range_checksum = None
        self.asked_end = None
        self.pieces = None
        if response.length is None:
            response.close()
            raise IntegrityError("the answer does not say how long it is", retryable=True)
        self.start, self.length, size = 0, response.length, response.length
        if response.status == 206:
            match = _CONTENT_RANGE(response.headers.get("content-range", ""))
            if match is None or int(match[2]) - int(match[1]) + 1 != response.length:
                response.close()
                raise IntegrityError(
                    "the answer to a ranged read does not say which range it is", retryable=True
                )
            self.start, size = int(match[1]), int(match[3])
        if self.length == size:
            self.checksum = checksum(size)
        self.info = describe(size)

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
    """A read of an empty object by range, which services refuse with 416."""

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
