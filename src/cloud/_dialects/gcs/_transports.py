"""The ways in which requests are sent: the wire, or a `requests` session for mocks and unusual set-ups."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from cloud._dialects._sessions import AutoTransport, RequestsTransport, requests_is_patched
from cloud._wire._transport import SocketTransport
from cloud._wire._types import TlsOptions
from cloud.common._fork import renew_after_fork

if TYPE_CHECKING:
    from typing import Literal

    import requests

    from cloud._wire._types import HttpRequest, HttpResponse, Timeouts, Transport


class GoogleSessionTransport:
    """A `RequestsTransport` with a session of its own, which it opens with the first request and closes.

    The requests are authorized already: the session adds nothing but its adapters and proxies.
    """

    def __init__(self, timeouts: Timeouts, verify: str | bool) -> None:
        self._requests = RequestsTransport(self._opened, timeouts=timeouts, verify=verify)
        self._lock = threading.Lock()
        renew_after_fork(self, "_lock")
        self._session: requests.Session | None = None

    def _opened(self) -> requests.Session:
        with self._lock:
            if self._session is None:
                import requests

                self._session = requests.Session()
                self._session.trust_env = True
                self._session.auth = _unchanged  # no password of a .netrc replaces the token
            return self._session

    def send(self, request: HttpRequest) -> HttpResponse:
        """Return the answer as soon as its head is there."""
        return self._requests.send(request)

    def close(self) -> None:
        """Close the session."""
        with self._lock:
            session, self._session = self._session, None
        if session is not None:
            session.close()


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def make_transport(
    kind: Literal["auto", "wire", "sdk"], timeouts: Timeouts, *, ca_bundle: str | None, verify: bool
) -> Transport:
    """Return a new transport of the kind that `GCSOptions.transport` names."""
    wire = SocketTransport(timeouts=timeouts, tls=TlsOptions(ca_bundle=ca_bundle, verify=verify))
    if kind == "wire":
        return wire
    session = GoogleSessionTransport(timeouts, (ca_bundle or True) if verify else False)
    return session if kind == "sdk" else AutoTransport(wire, session, requests_is_patched)
