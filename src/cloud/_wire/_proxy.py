"""Proxies from the environment: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY, in either case."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cloud._wire._errors import ProxyError

if TYPE_CHECKING:
    from cloud._wire._types import Origin

_DEFAULT_PORT = 80  # of an http:// proxy URL without one, as curl and Python's urllib have it


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy.

    Attributes:
        authorization: the whole ``proxy-authorization`` line with its line end, or empty.
    """

    host: str
    port: int
    authorization: str = field(default="", repr=False)


def proxy_for(origin: Origin) -> Proxy | None:
    """Return the proxy that the environment names for `origin`; None to connect directly.

    Raises:
        ProxyError: it is not an ``http://`` proxy. The text does not repeat its URL.
    """
    if not any(name[-6:].lower() == "_proxy" for name in os.environ):
        return None  # the usual case does without the next import, 40 ms of it
    # typeshed lists the second one for Windows only; every platform has it
    from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined, unused-ignore]  # not in every stub

    proxies = getproxies_environment()
    url = proxies.get(origin.scheme) or proxies.get("all")
    if not url or proxy_bypass_environment(f"{origin.host}:{origin.port}", proxies):
        return None
    return _parse(url if "://" in url else f"http://{url}", origin.host)


def _parse(url: str, host: str) -> Proxy:
    from base64 import b64encode
    from urllib.parse import unquote_to_bytes, urlsplit

    try:
        parts = urlsplit(url)
        proxy_host, port = parts.hostname if parts.scheme == "http" else None, parts.port
    except ValueError:  # its text would repeat the URL
        proxy_host = None
    if not proxy_host:
        raise ProxyError("the proxy of the environment is not of the form http://host:port", host=host)
    authorization = ""
    if parts.username is not None:
        user = unquote_to_bytes(parts.username) + b":" + unquote_to_bytes(parts.password or "")
        authorization = f"proxy-authorization: Basic {b64encode(user).decode()}\r\n"
    return Proxy(proxy_host, port or _DEFAULT_PORT, authorization)
