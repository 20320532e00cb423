"""Reading answers with llhttp (httptools): heads, and bodies in chunks. Loaded with the first request."""

from __future__ import annotations

import re

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

MAX_HEAD_BYTES = 1 << 16
MAX_HEADERS = 256
_MAX_OVERHEAD = 2 * MAX_HEAD_BYTES  # received without any byte of the body, in a chunked one
_FIRST_STATUS = 100
_MAX_LENGTH_DIGITS = 18  # of a content-length: 10**18 bytes; also keeps int() cheap
_MAX_KNOWN_NAMES = 1024

# Swift spells an underscore of a metadata name ``=5F``; llhttp takes no "=" in a name, but takes a "~".
_EQUALS_SIGN_IN_NAME = re.compile(rb"^[^:\s]*=[^:\s]*:", re.MULTILINE)
_STANDING_FOR_EQUALS_SIGN = "~3d"

_known_names: dict[bytes, str] = {}  # as sent -> lower case: servers send the same few names


class BadAnswer(Exception):  # noqa: N818  # never leaves the package: it becomes a ProtocolError with the host
    """The bytes are not an HTTP/1.x answer, or contradict themselves."""


class Head:
    """The parser's view of one answer: callbacks for llhttp, then the facts.

    Attributes:
        status, headers: as in `HttpResponse`.
        chunks: pieces of a chunked body that nobody has taken yet.
        complete: a chunked body's last chunk was seen.
        surplus: bytes came after the end of the message.
    """

    __slots__ = ("_in_body", "_overhead", "_parser", "chunks", "complete", "headers", "status", "surplus")

    def __init__(self, buffer: bytearray, view: memoryview, end: int) -> None:
        """Parse the head at the start of `buffer`; `end` is the place after its empty line.

        Raises:
            BadAnswer: it is no HTTP/1.x head, or one that nobody can have asked for.
        """
        if not buffer.startswith(b"HTTP/1."):
            raise BadAnswer("not HTTP/1")
        if buffer.count(b"\n", 0, end) > MAX_HEADERS + 2:
            raise BadAnswer(f"more than {MAX_HEADERS} headers")
        self.headers: dict[str, str] = {}
        self.chunks: list[bytes] = []
        self.complete = self.surplus = self._in_body = False
        self._overhead = 0
        parser = HttpResponseParser(self)
        try:
            parser.feed_data(view[:end])
        except HttpParserUpgrade:
            raise BadAnswer("the server switched protocols unasked") from None
        except HttpParserError as error:
            parser = self._parse_odd_names(bytes(view[:end]), error)
        self.status = parser.get_status_code()
        if self.status < _FIRST_STATUS:
            raise BadAnswer(f"status {self.status}")
        self._in_body = True
        # The parser holds our callbacks: a cycle that only the garbage collector would end.
        self._parser = parser if "transfer-encoding" in self.headers else None

    def _parse_odd_names(self, head: bytes, error: HttpParserError) -> HttpResponseParser:
        """Parse a head whose names hold an equals sign, which is all that may be wrong with it."""
        mended = _EQUALS_SIGN_IN_NAME.sub(
            lambda name: name[0].replace(b"=", _STANDING_FOR_EQUALS_SIGN.encode()), head
        )
        if mended == head:
            raise BadAnswer(str(error)) from error
        self.headers = {}
        parser = HttpResponseParser(self)
        try:
            parser.feed_data(mended)
        except (HttpParserError, HttpParserUpgrade) as still:
            raise BadAnswer(str(still)) from still
        self.headers = {
            name.replace(_STANDING_FOR_EQUALS_SIGN, "="): value for name, value in self.headers.items()
        }
        return parser

    def on_message_begin(self) -> None:
        """A message after the end of this one is surplus."""
        self.surplus = self.complete

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header of the head; trailers are not used, and headers of a surplus message are not ours."""
        if self._in_body:
            return
        key = _known_names.get(name) or _lower(name)
        text = value.decode("latin-1").rstrip(" \t")
        headers = self.headers
        headers[key] = f"{headers[key]}, {text}" if key in headers else text

    def on_body(self, chunk: bytes) -> None:
        """Keep a piece of a chunked body."""
        if not self.complete:
            self._overhead = 0
            self.chunks.append(chunk)

    def on_message_complete(self) -> None:
        """The message's end was seen."""
        self.complete = True

    def body_length(self) -> int | None:
        """Return the content-length; None when there is none (`is_chunked` tells the two cases apart).

        Raises:
            BadAnswer: it is no number, or stands beside a transfer-encoding.
        """
        length = self.headers.get("content-length")
        if length is None:
            return None
        if "transfer-encoding" in self.headers:
            raise BadAnswer("content-length and transfer-encoding at once")
        if not (length.isascii() and length.isdigit() and len(length) <= _MAX_LENGTH_DIGITS):
            raise BadAnswer("the content-length is not one number")
        return int(length)

    def is_chunked(self) -> bool:
        """Return whether the body comes in chunks.

        Raises:
            BadAnswer: it is encoded in another way, which nobody asked for.
        """
        encoding = self.headers.get("transfer-encoding")
        if encoding is None:
            return False
        if encoding.lower() != "chunked":
            raise BadAnswer("a transfer-encoding other than chunked")
        return True

    def feed(self, data: memoryview) -> None:
        """Take more bytes of a chunked body; see `chunks`, `complete` and `surplus`.

        Raises:
            BadAnswer: they are no chunks, or only extensions and trailers without end.
        """
        self._overhead += len(data)
        parser = self._parser
        if parser is None:
            raise BadAnswer("chunks after the end")
        try:
            parser.feed_data(data)
        except HttpParserUpgrade:
            self.surplus = True
        except HttpParserError as error:
            if not self.complete:
                raise BadAnswer(str(error)) from error
            self.surplus = True  # whatever follows the body is no message: the body itself is whole
        if self.complete:
            self._parser = None
        elif self._overhead > _MAX_OVERHEAD:
            raise BadAnswer("too much between two chunks")


def _lower(name: bytes) -> str:
    text = name.decode("latin-1").lower()
    if len(_known_names) < _MAX_KNOWN_NAMES:
        _known_names[name] = text
    return text
