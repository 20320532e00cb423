"""Requests through an SDK's own HTTP session instead of the wire: for mocks and unusual set-ups."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from cloud._wire._errors import (
    BodyTruncatedError,
    ConnectError,
    ConnectionBrokenError,
    ConnectTimeoutError,
    ProtocolError,
    ReadTimeoutError,
    TlsError,
)
from cloud._wire._types import HttpResponse
from cloud.common._bodies import FileRange, as_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import requests

    from cloud._wire._types import HttpRequest, Timeouts, Transport

_MAX_LENGTH_DIGITS = 18  # of a content-length: 10**18 bytes


def session_body(request: HttpRequest) -> Any:
    """Return the request's body as SDK sessions take it: bytes, an iterable of bytes, or None."""
    body = request.body
    if isinstance(body, FileRange):
        return as_bytes(body)
    if isinstance(body, memoryview):
        return bytes(body)
    return body


class RequestsTransport:
    """Sends requests through a `requests` session: its adapters, its proxies, and what mocks put there.

    Slower than the wire by the cost of urllib3.

    Args:
        session: gives the session, at the first request. It stays open: whoever made it closes it.
        timeouts: seconds without progress.
        verify: a CA bundle's path, or whether certificates are checked.
    """

    def __init__(
        self, session: Callable[[], requests.Session], *, timeouts: Timeouts, verify: str | bool = True
    ) -> None:
        self._session = session
        self._timeouts = timeouts
        self._verify = verify

    def send(self, request: HttpRequest) -> HttpResponse:
        """Return the answer as soon as its head is there."""
        import requests

        session = self._session()
        origin = request.origin
        base = f"{origin.scheme}://{origin.host_header}"
        prepared = requests.Request(
            request.method, base, headers=dict(request.headers), data=session_body(request)
        ).prepare()
        prepared.url = base + request.target  # byte for byte: preparing it would quote it anew
        if request.content_length is not None:
            prepared.headers.pop("Transfer-Encoding", None)
            prepared.headers["Content-Length"] = str(request.content_length)
        settings = session.merge_environment_settings(prepared.url, {}, True, self._verify, None)
        try:
            answer = session.send(
                prepared,
                allow_redirects=False,
                timeout=(self._timeouts.connect, self._timeouts.read),
                **settings,
            )
        except requests.exceptions.ConnectTimeout as exc:
            raise ConnectTimeoutError("connecting took too long", host=origin.host) from exc
        except requests.exceptions.Timeout as exc:
            raise ReadTimeoutError("no answer in time", host=origin.host, request_sent=True) from exc
        except requests.exceptions.SSLError as exc:
            raise TlsError("the certificate was not accepted", host=origin.host) from exc
        except requests.exceptions.ConnectionError as exc:
            if _never_connected(exc):
                raise ConnectError("no connection", host=origin.host) from exc
            raise ConnectionBrokenError("the connection broke", host=origin.host, request_sent=True) from exc
        except requests.exceptions.RequestException as exc:
            raise ProtocolError("the answer is no HTTP", host=origin.host, request_sent=True) from exc
        return SessionResponse(
            answer.status_code,
            answer.headers.items(),
            answer.raw,
            is_head=request.method == "HEAD",
            host=origin.host,
        )

    def close(self) -> None:
        """There is nothing to close: the session is its maker's."""


def _never_connected(exc: BaseException) -> bool:
    """Return whether urllib3's own reason for a broken exchange is that no connection was made."""
    from urllib3.exceptions import MaxRetryError, NewConnectionError

    reason = exc.args[0] if exc.args else None
    return isinstance(reason, MaxRetryError) and isinstance(reason.reason, NewConnectionError)


class SessionResponse(HttpResponse):
    """An answer whose body is a raw stream of urllib3.

    Args:
        status: HTTP status.
        headers: pairs of name and value.
        raw: the stream, not decoded.
        is_head: whether the request was a HEAD, whose answer has no body.
        host: for error texts.
    """

    __slots__ = ("_host", "_is_empty", "_left", "_raw", "_read", "headers", "length", "status")

    def __init__(
        self, status: int, headers: Iterable[tuple[str, str]], raw: Any, *, is_head: bool, host: str
    ) -> None:
        self._raw = raw
        self._host = host
        self._read = 0
        self.status = status
        self.headers = {name.lower(): value for name, value in headers}
        empty = is_head or self.status in {204, 304}
        self.length = 0 if empty else body_length(self.headers, host)
        self._is_empty = empty
        self._left = memoryview(b"")

    def readinto(self, buffer: memoryview) -> int:
        """Return how many bytes of the body were written to `buffer`; 0 only at the body's end."""
        while not len(self._left):
            chunk = b"" if self._is_empty else self._next_chunk()
            if not chunk:
                if self.length is not None and self._read < self.length:
                    raise self._truncated()
                return 0
            self._left = memoryview(chunk)
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        self._read += count
        return count

    def _next_chunk(self) -> bytes:
        from urllib3.exceptions import HTTPError

        try:
            chunk: bytes = self._raw.read(1 << 18)
        except HTTPError as exc:
            raise self._truncated() from exc
        return chunk

    def _truncated(self) -> BodyTruncatedError:
        return BodyTruncatedError(
            "the connection ended within the body", host=self._host, received=self._read, expected=self.length
        )

    def close(self) -> None:
        """Give the connection back, or drop it when the body was not read."""
        close = getattr(self._raw, "close", None)
        if close is not None:
            close()


def body_length(headers: Mapping[str, str], host: str) -> int | None:
    """Return the content-length; None when there is none.

    Raises:
        ProtocolError: it is no number.
    """
    length = headers.get("content-length")
    if length is None:
        return None
    if not (length.isascii() and length.isdigit() and len(length) <= _MAX_LENGTH_DIGITS):
        raise ProtocolError(
            "the content-length is not one number", host=host, request_sent=True, response_started=True
        )
    return int(length)


class AutoTransport:
    """The wire, unless somebody has hooked the SDK's own session, as mocks do.

    Asked at every request, so that a client made before a mock starts is mocked too, and one made inside
    works on the wire after it ended.

    Args:
        wire: the transport of every day.
        sdk: the transport through the SDK's session.
        is_hooked: tells whether `sdk` must be taken; it is asked at every request and must be cheap.
    """

    def __init__(self, wire: Transport, sdk: Transport, is_hooked: Callable[[], bool]) -> None:
        self._wire = wire
        self._sdk = sdk
        self._is_hooked = is_hooked

    def send(self, request: HttpRequest) -> HttpResponse:
        """Return the answer as soon as its head is there."""
        return (self._sdk if self._is_hooked() else self._wire).send(request)

    def close(self) -> None:
        """Close both."""
        self._wire.close()
        self._sdk.close()


def requests_is_patched() -> bool:
    """Return whether somebody has replaced the way in which `requests` sends, as ``responses`` does."""
    adapters = sys.modules.get("requests.adapters")
    return adapters is not None and adapters.HTTPAdapter.send.__module__ != "requests.adapters"
