"""From an `HttpRequest` to the bytes of its head, refusing what would not be one request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud._wire._errors import InvalidHeaderError
from cloud.common._bodies import FileRange
from cloud.common._redact import HiddenBytes

if TYPE_CHECKING:
    from cloud._wire._types import HttpRequest

# RFC 9110, section 5.6.2: tchar. Names must be lower case so that none can stand there twice. The RFC has no
# "=", but Swift spells an underscore of a metadata name so (``X-Object-Meta-A=5Fb``).
_DIGITS_AND_MARKS = "0123456789!#$%&'*+-.=^_`|~"
_NAME_CHARS = "abcdefghijklmnopqrstuvwxyz" + _DIGITS_AND_MARKS
_METHOD_CHARS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + _DIGITS_AND_MARKS
# Every control character except the tab, which may stand within a value (RFC 9110, section 5.5).
_CONTROLS = bytes(set(range(0x20)) - {ord("\t")}) + b"\x7f"
# The transport decides about these: a caller's own value could contradict what really happens.
_TRANSPORT_OWNED = ("connection", "transfer-encoding", "upgrade", "te", "trailer", "proxy-authorization")
_WITH_BODY = frozenset({"PATCH", "POST", "PUT"})  # they say "content-length: 0" for an empty body
_MAX_KNOWN_NAMES = 1024

_known_names: set[str] = set()  # names that were checked already: a client sends the same few


def encode_head(
    request: HttpRequest, target_prefix: str = "", extra_lines: str = ""
) -> tuple[bytes, int | None]:
    """Return the head's bytes and the body's length; None when the body goes out chunked.

    Args:
        request: checked here: what is sent is exactly one request, or nothing.
        target_prefix: put before the target, for a proxy that wants the absolute form.
        extra_lines: whole header lines of the transport, such as the proxy's credentials.

    Raises:
        InvalidHeaderError: the request would not be exactly one HTTP request. The text names the
            place, never the value.
    """
    method, target, headers = request.method, request.target, request.headers
    _check(request, method, target, headers)
    lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
    length = _body_length(request)
    if length is None:
        lines.append("transfer-encoding: chunked\r\n")
    elif "content-length" in headers:
        if headers["content-length"] != str(length):
            raise _invalid(request, "content-length is not the body's length")
    elif length or request.body is not None or method in _WITH_BODY:
        lines.append(f"content-length: {length}\r\n")
    head = _latin1(f"{method} {target_prefix}{target} HTTP/1.1\r\n{extra_lines}{''.join(lines)}\r\n")
    if head is None:
        raise _invalid(request, "a header value has characters outside Latin-1")
    # Each line ends in exactly one CR and LF; any control character beyond these is an injection.
    line_ends = 2 * (len(lines) + 2 + extra_lines.count("\n"))
    if len(head.translate(None, _CONTROLS)) != len(head) - line_ends:
        raise _invalid(request, "a header value has control characters")
    return HiddenBytes(head), length


def _body_length(request: HttpRequest) -> int | None:
    body, promised = request.body, request.content_length
    if body is None:
        length: int | None = 0
    elif isinstance(body, (bytes, bytearray)):
        length = len(body)
    elif isinstance(body, memoryview):
        length = body.nbytes
    elif isinstance(body, FileRange):
        length = body.length
    else:
        length = promised
    if promised is not None and promised != length:
        raise _invalid(request, "content_length is not the body's length")
    return length


def _check(request: HttpRequest, method: str, target: str, headers: dict[str, str]) -> None:
    if not method or method.strip(_METHOD_CHARS):
        raise _invalid(request, "the method is not an upper-case token")
    if target[:1] not in {"/", "*"} or not target.isascii() or not target.isprintable() or " " in target:
        raise _invalid(request, "the target must begin with '/' and be percent-encoded")
    if "host" not in headers:
        raise _invalid(request, "the host header is missing")
    if headers.keys() <= _known_names:
        return
    for name in headers:
        if not name or name.strip(_NAME_CHARS):
            raise _invalid(request, "a header name is not a lower-case token")
        if name in _TRANSPORT_OWNED:
            raise _invalid(request, f"the header {name!r} belongs to the transport")
        if len(_known_names) < _MAX_KNOWN_NAMES:
            _known_names.add(name)


def _latin1(text: str) -> bytes | None:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return None  # the exception holds the whole text, credentials too: it must not get out


def _invalid(request: HttpRequest, message: str) -> InvalidHeaderError:
    return InvalidHeaderError(message, host=request.origin.host)
