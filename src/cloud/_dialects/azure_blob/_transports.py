"""The second transport: the same requests through azure-core's pipeline, with the user's own policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud._dialects._sessions import body_length, session_body
from cloud._wire._errors import (
    BodyTruncatedError,
    ConnectError,
    ConnectionBrokenError,
    ConnectTimeoutError,
    ReadTimeoutError,
)
from cloud._wire._types import HttpResponse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cloud._wire._types import HttpRequest, Timeouts

_BLOCK = 1 << 18


class PipelineTransport:
    """Sends requests through a pipeline of azure-core. It adds nothing to them: they are signed already.

    Slower than the wire by the cost of azure-core and `requests`.

    Args:
        transport: the user's own ``HttpTransport``, which stays open; None for one over `requests`.
        policies: the user's own policies.
        timeouts: seconds without progress.
        verify: a CA bundle's path, or whether certificates are checked.
    """

    def __init__(
        self, transport: Any, policies: Sequence[Any], *, timeouts: Timeouts, verify: str | bool = True
    ) -> None:
        self._given = transport
        self._policies = tuple(policies)
        self._timeouts = timeouts
        self._verify = verify
        self._own: Any = None
        self._pipeline: Any = None

    def send(self, request: HttpRequest) -> HttpResponse:
        """Return the answer as soon as its head is there."""
        from azure.core import exceptions as core
        from azure.core.pipeline.transport import HttpRequest as SdkRequest

        origin = request.origin
        sent = SdkRequest(
            request.method,
            f"{origin.scheme}://{origin.host_header}{request.target}",
            headers=dict(request.headers),
            data=session_body(request),
        )
        try:
            run = self._made().run(
                sent,
                stream=True,
                connection_timeout=self._timeouts.connect,
                read_timeout=self._timeouts.read,
                connection_verify=self._verify,
            )
        except core.ServiceRequestTimeoutError as exc:
            raise ConnectTimeoutError("connecting took too long", host=origin.host) from exc
        except core.ServiceResponseTimeoutError as exc:
            raise ReadTimeoutError("no answer in time", host=origin.host, request_sent=True) from exc
        except core.ServiceRequestError as exc:
            raise ConnectError("no connection", host=origin.host) from exc
        except core.ServiceResponseError as exc:
            raise ConnectionBrokenError("the connection broke", host=origin.host, request_sent=True) from exc
        return _PipelineResponse(
            run.http_response, self._pipeline, is_head=request.method == "HEAD", host=origin.host
        )

    def _made(self) -> Any:
        if self._pipeline is None:
            from azure.core.pipeline import Pipeline
            from azure.core.pipeline.transport import RequestsTransport

            if self._given is None:
                self._own = RequestsTransport(connection_data_block_size=_BLOCK)
            self._pipeline = Pipeline(
                self._own if self._given is None else self._given, policies=self._policies
            )
        return self._pipeline

    def close(self) -> None:
        """Close the own session's connections; a transport that was given is its maker's."""
        own, self._own, self._pipeline = self._own, None, None
        if own is not None:
            own.close()


class _PipelineResponse(HttpResponse):
    """An answer of azure-core, whose body comes in chunks."""

    __slots__ = ("_answer", "_chunks", "_host", "_left", "_read", "headers", "length", "status")

    def __init__(self, answer: Any, pipeline: Any, *, is_head: bool, host: str) -> None:
        self._answer = answer
        self._host = host
        self._read = 0
        self._left = memoryview(b"")
        self.status = answer.status_code
        self.headers = {name.lower(): value for name, value in answer.headers.items()}
        is_empty = is_head or self.status in {204, 304}
        self.length = 0 if is_empty else body_length(self.headers, host)
        self._chunks: Iterator[bytes] = (
            iter(()) if is_empty else iter(answer.stream_download(pipeline, decompress=False))
        )

    def readinto(self, buffer: memoryview) -> int:
        """Return how many bytes of the body were written to `buffer`; 0 only at the body's end."""
        while not len(self._left):
            chunk = self._next_chunk()
            if chunk is None:
                if self.length is not None and self._read < self.length:
                    raise self._truncated()
                return 0
            self._left = memoryview(chunk)
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        self._read += count
        return count

    def _next_chunk(self) -> bytes | None:
        from azure.core.exceptions import AzureError

        try:
            return next(self._chunks, None)
        except AzureError as exc:
            raise self._truncated() from exc

    def _truncated(self) -> BodyTruncatedError:
        return BodyTruncatedError(
            "the connection ended within the body", host=self._host, received=self._read, expected=self.length
        )

    def close(self) -> None:
        """Drop what was not read, and the connection with it."""
        inner = getattr(self._answer, "internal_response", None)
        close = getattr(inner, "close", None)
        if close is not None:
            close()
