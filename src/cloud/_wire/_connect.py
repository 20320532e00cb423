"""Opening connections: TCP, a proxy's tunnel, TLS. Loaded with the first request."""

from __future__ import annotations

import os
import socket
import struct
import sys
from typing import TYPE_CHECKING

from cloud._wire._errors import ConnectError, ConnectTimeoutError, ProxyError, TlsError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from cloud._wire._pool import Route
    from cloud._wire._proxy import Proxy
    from cloud._wire._types import Origin, Timeouts, TlsOptions

_MAX_TUNNEL_HEAD = 1 << 14
# Linux keeps the timeout itself (socket(7)): a blocking call per step instead of a poll and a call.
KERNEL_TIMEOUTS = sys.platform == "linux" and sys.maxsize > 1 << 32  # where a timeval is two longs


def make_tls_context(options: TlsOptions) -> ssl.SSLContext:
    """Return a client's context: TLS 1.2 or newer, certificate and host name checked.

    Raises:
        TlsError: the CA bundle cannot be read.
    """
    import ssl

    bundle = None if options.ca_bundle is None else os.fspath(options.ca_bundle)
    try:
        if bundle is not None and os.path.isdir(bundle):  # noqa: PTH112  # pathlib is not loaded otherwise
            context = ssl.create_default_context(capath=bundle)
        else:
            context = ssl.create_default_context(cafile=bundle)
    except OSError as error:
        raise TlsError(f"cannot use the CA bundle {bundle!r}: {error}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if not options.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def open_socket(
    route: Route, timeouts: Timeouts, tls_context: Callable[[], ssl.SSLContext]
) -> tuple[socket.socket, ssl.SSLSocket | None, bool]:
    """Return a socket that is ready for requests, the same if it has TLS, and whether the kernel times it.

    Raises:
        ConnectError, ConnectTimeoutError, TlsError, ProxyError: nothing of a request was sent.
    """
    origin, proxy = route.origin, route.proxy
    context = tls_context() if origin.scheme == "https" else None  # a bad bundle costs no connection
    address = (origin.host, origin.port) if proxy is None else (proxy.host, proxy.port)
    raw = _connect(address, origin.host, timeouts.connect)
    try:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            if proxy is not None:
                _open_tunnel(raw, origin, proxy)
            secure = _start_tls(raw, origin.host, context)
            secure.settimeout(timeouts.read)
            return secure, secure, False
        if KERNEL_TIMEOUTS:
            raw.settimeout(None)
            timeval = struct.pack("@ll", int(timeouts.read), max(1, int(timeouts.read % 1 * 1e6)))
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeval)
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeval)
            return raw, None, True
        raw.settimeout(timeouts.read)
    except BaseException:
        raw.close()  # wrapping has taken the descriptor over, and closed it, when TLS failed
        raise
    return raw, None, False


def _connect(address: tuple[str, int], host: str, timeout: float) -> socket.socket:
    try:
        return socket.create_connection(address, timeout)
    except TimeoutError as error:
        raise ConnectTimeoutError(f"no connection within {timeout:g} s", host=host) from error
    except (OSError, UnicodeError) as error:  # UnicodeError: a host name that IDNA cannot encode
        raise ConnectError(f"cannot connect: {error}", host=host) from error


def _start_tls(raw: socket.socket, host: str, context: ssl.SSLContext) -> ssl.SSLSocket:
    import ssl

    try:
        # An end without TLS's own closing message must not pass for the end of a body.
        return context.wrap_socket(raw, server_hostname=host, suppress_ragged_eofs=False)
    except TimeoutError as error:
        raise ConnectTimeoutError("no TLS handshake in time", host=host) from error
    except ssl.SSLEOFError as error:
        raise ConnectError("closed within the TLS handshake", host=host) from error
    except ssl.SSLError as error:
        raise TlsError(f"TLS: {error}", host=host) from error
    except (OSError, ValueError) as error:  # ValueError: a host name that no certificate can hold
        raise ConnectError(f"broken within the TLS handshake: {error}", host=host) from error


def _open_tunnel(raw: socket.socket, origin: Origin, proxy: Proxy) -> None:
    """Ask the proxy for a connection to the origin (RFC 9110, section 9.3.6)."""
    authority = f"[{origin.host}]" if ":" in origin.host else origin.host
    authority = f"{authority}:{origin.port}"
    request = f"CONNECT {authority} HTTP/1.1\r\nhost: {authority}\r\n{proxy.authorization}\r\n"
    head = bytearray()
    try:
        raw.sendall(request.encode("latin-1"))
        while not head.endswith(b"\r\n\r\n"):
            # One byte at a time: what follows the head belongs to TLS, and this happens once.
            byte = raw.recv(1)
            if not byte or len(head) > _MAX_TUNNEL_HEAD:
                raise ProxyError("no answer to CONNECT that is HTTP", host=origin.host)
            head += byte
    except TimeoutError as error:
        raise ConnectTimeoutError("no answer of the proxy in time", host=origin.host) from error
    except OSError as error:
        raise ConnectError(f"the proxy broke the connection: {error}", host=origin.host) from error
    status = head[9:12]
    if not (head.startswith(b"HTTP/1.") and status.isdigit()):
        raise ProxyError("no answer to CONNECT that is HTTP", host=origin.host)
    if status[:1] != b"2":
        raise ProxyError(f"refused CONNECT with {int(status)}", host=origin.host, status=int(status))
