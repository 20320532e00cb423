"""The second transport: the same requests through botocore's own HTTP session and its events."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from cloud._dialects._sessions import SessionResponse, session_body
from cloud._wire._errors import (
    ConnectError,
    ConnectionBrokenError,
    ConnectTimeoutError,
    ReadTimeoutError,
    TlsError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud._wire._types import HttpRequest, HttpResponse


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
            data=session_body(request),
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
        return SessionResponse(
            answer.status_code,
            answer.headers.items(),
            answer.raw,
            is_head=request.method == "HEAD",
            host=origin.host,
        )

    def close(self) -> None:
        """Close the session's connections."""
        http, self._http = self._http, None
        if http is not None:
            http.close()


class BotocoreHooks:
    """Whether somebody has hooked botocore's ``before-send`` events, as moto's mocks do."""

    def __init__(self) -> None:
        self._seen = -1
        self._hooks: list[Any] = []

    def __call__(self) -> bool:
        """Return whether a hook is there and switched on."""
        handlers = sys.modules.get("botocore.handlers")
        if handlers is None:
            return False
        builtin = handlers.BUILTIN_HANDLERS
        if len(builtin) != self._seen:
            self._hooks = [entry[1] for entry in builtin if entry[0].startswith("before-send")]
            self._seen = len(builtin)
        return any(getattr(hook, "enabled", True) for hook in self._hooks)
