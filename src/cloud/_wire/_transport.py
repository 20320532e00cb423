"""The default transport: HTTP/1.1 over pooled sockets. Cheap to import and to make."""

from __future__ import annotations

import time
import weakref
from typing import TYPE_CHECKING

from cloud._wire._encode import encode_head
from cloud._wire._errors import TransportClosedError
from cloud._wire._pool import Pool, Route
from cloud._wire._types import Timeouts, TlsOptions
from cloud.common._cancel import active_switch
from cloud.common._lazy import require

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from cloud._wire._types import HttpRequest, HttpResponse, Origin


class SocketTransport:
    """Sends requests over kept-alive connections. Safe to share between threads and to use after a fork.

    Sockets, TLS and the parser are loaded with the first request. Each request uses one connection;
    there is no limit on how many are open at once, that is the caller's number of workers.
    """

    def __init__(
        self,
        *,
        timeouts: Timeouts = Timeouts(),  # noqa: B008  # frozen
        tls: TlsOptions = TlsOptions(),  # noqa: B008  # frozen
        max_idle_per_origin: int = 32,
        max_idle_seconds: float = 30.0,
        use_environment_proxies: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make a transport without any connection.

        Args:
            timeouts: when silence becomes an error.
            tls: whom to trust.
            max_idle_per_origin: connections kept for the next request.
            max_idle_seconds: after which an idle one is not used again.
            use_environment_proxies: follow HTTP_PROXY and its sisters, read at the first request to an origin.
            clock: monotonic seconds.
        """
        self._timeouts = timeouts
        self._tls = tls
        self._use_proxies = use_environment_proxies
        self._context: ssl.SSLContext | None = None
        self._pool = Pool(max_idle=max_idle_per_origin, max_idle_seconds=max_idle_seconds, clock=clock)
        # A transport that is thrown away, or still there at the end of the program, leaves no open socket.
        weakref.finalize(self, self._pool.close)

    def send(self, request: HttpRequest) -> HttpResponse:
        """Return the answer once its head is there, whatever its status. Nothing is ever sent twice.

        Raises:
            WireError: see its subclasses; `request_sent` says whether the server may have seen it.
            CancelledError: the thread's work was ended before anything was sent.
            MissingDependencyError: httptools, the parser, is not installed.
        """
        pool = self._pool
        route = pool.routes.get(request.origin) or self._add_route(request.origin)
        head, length = encode_head(request, route.target_prefix, route.extra_lines)
        switch = active_switch()
        if switch is not None:
            switch.check()
        connection = pool.take(route)
        if connection is None:
            if pool.closed:
                raise TransportClosedError("the transport is closed", host=request.origin.host)
            pool.sweep()
            require("httptools", extra="all")
            from cloud._wire._connection import Connection

            connection = Connection(pool, route, self._timeouts, self._tls_context)
        if switch is not None:
            connection.ended_by(switch)
        return connection.exchange(request, head, length)

    def close(self) -> None:
        """Close every idle connection. Answers that are being read can be read to their end."""
        self._pool.close()

    def _add_route(self, origin: Origin) -> Route:
        from cloud._wire._proxy import proxy_for

        route = Route(origin, proxy_for(origin) if self._use_proxies else None)
        with self._pool.lock:
            return self._pool.routes.setdefault(origin, route)

    def _tls_context(self) -> ssl.SSLContext:
        with self._pool.lock:
            if self._context is None:
                from cloud._wire._connect import make_tls_context

                self._context = make_tls_context(self._tls)
            return self._context
