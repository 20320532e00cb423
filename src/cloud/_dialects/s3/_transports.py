"""The second transport: the same requests through botocore's own HTTP session and its events."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from cloud._wire._errors import (
    BodyTruncatedError,
    ConnectError,
    ConnectionBrokenError,
    ConnectTimeoutError,
    ReadTimeoutError,
    TlsError,
)
from cloud._wire._types import HttpResponse
from cloud.common._bodies import FileRange, as_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud._wire._types import HttpRequest, Transport


class SdkTransport:
    """Sends requests through botocore: its ``before-send`` events, its session, its proxies and CA settings.

    Slower than the wire by the cost of urllib3, and the way in for moto and for companies that hook
    botocore's events.

    Args:
        session: gives the botocore session, at the first request.
        options: keyword arguments of ``botocore.httpsession.URLLib3Session``.
    """

    def __init__(self, session: Callable[[], Any], options: dict[str, Any]) -> None:
        self._session = session
        self._options = options
        self._http: Any = None

    def send(self, request: HttpRequest) -> HttpResponse:
        """Return the answer as soon as its head is there."""
        from botocore import exceptions as bc
        from botocore.awsrequest import AWSRequest
        from botocore.hooks import first_non_none_response

        origin = request.origin
        prepared = AWSRequest(
            method=request.method,
            url=f"{origin.scheme}://{origin.host_header}{request.target}",
            headers=dict(request.headers),
            data=_body(request),
            stream_output=True,
        ).prepare()
        emitter = self._session().get_component("event_emitter")
        answer = first_non_none_response(emitter.emit("before-send.s3", request=prepared))
        if answer is None:
            if self._http is None:
                from botocore.httpsession import URLLib3Session

                self._http = URLLib3Session(**self._options)
            try:
                answer = self._http.send(prepared)
            except bc.ConnectTimeoutError as exc:
                raise ConnectTimeoutError("connecting took too long", host=origin.host) from exc
            except bc.ReadTimeoutError as exc:
                raise ReadTimeoutError("no answer in time", host=origin.host, request_sent=True) from exc
            except bc.SSLError as exc:
                raise TlsError("the certificate was not accepted", host=origin.host) from exc
            except bc.EndpointConnectionError as exc:
                raise ConnectError("no connection", host=origin.host) from exc
            except (bc.HTTPClientError, bc.ConnectionError) as exc:
                raise ConnectionBrokenError(
                    "the connection broke", host=origin.host, request_sent=True
                ) from exc
        return _SdkResponse(answer, is_head=request.method == "HEAD", host=origin.host)

    def close(self) -> None:
        """Close the session's connections."""
        http, self._http = self._http, None
        if http is not None:
            http.close()


def _body(request: HttpRequest) -> Any:
    body = request.body
    if isinstance(body, FileRange):
        return as_bytes(body)
    if isinstance(body, memoryview):
        return bytes(body)
    return body


class _SdkResponse(HttpResponse):
    __slots__ = ("_answer", "_host", "_is_empty", "_left", "_read", "headers", "length", "status")

    def __init__(self, answer: Any, *, is_head: bool, host: str) -> None:
        self._answer = answer
        self._host = host
        self._read = 0
        self.status = answer.status_code
        self.headers = {name.lower(): value for name, value in answer.headers.items()}
        length = self.headers.get("content-length")
        empty = is_head or self.status in {204, 304}
        self.length = 0 if empty else int(length) if length is not None else None
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
            chunk: bytes = self._answer.raw.read(1 << 18)
        except HTTPError as exc:
            raise self._truncated() from exc
        return chunk

    def _truncated(self) -> BodyTruncatedError:
        return BodyTruncatedError(
            "the connection ended within the body", host=self._host, received=self._read, expected=self.length
        )

    def close(self) -> None:
        """Give the connection back, or drop it when the body was not read."""
        close = getattr(self._answer.raw, "close", None)
        if close is not None:
            close()


class AutoTransport:
    """The wire, unless somebody has hooked botocore's ``before-send`` events, as moto's mocks do.

    Asked at every request, so that a client made before ``mock_aws`` starts is mocked too, and one made
    inside works on the wire after it ended.
    """

    def __init__(self, wire: Transport, sdk: Transport) -> None:
        self._wire = wire
        self._sdk = sdk
        self._seen = -1
        self._hooks: list[Any] = []

    def send(self, request: HttpRequest) -> HttpResponse:
        """Return the answer as soon as its head is there."""
        handlers = sys.modules.get("botocore.handlers")
        if handlers is not None and self._is_hooked(handlers.BUILTIN_HANDLERS):
            return self._sdk.send(request)
        return self._wire.send(request)

    def _is_hooked(self, builtin: list[tuple[Any, ...]]) -> bool:
        if len(builtin) != self._seen:
            self._hooks = [entry[1] for entry in builtin if entry[0].startswith("before-send")]
            self._seen = len(builtin)
        return any(getattr(hook, "enabled", True) for hook in self._hooks)

    def close(self) -> None:
        """Close both."""
        self._wire.close()
        self._sdk.close()
