"""Signatures of TempURL and FormPost: what Swift lets somebody do without a token. Nothing is sent here.

https://docs.openstack.org/swift/latest/api/temporary_url_middleware.html
https://docs.openstack.org/swift/latest/api/form_post_middleware.html
"""

from __future__ import annotations

import hashlib
import hmac
import time
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from cloud.common.errors import InvalidRequestError, UnsupportedOperationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cloud._wire._types import Origin
    from cloud.common._redact import Secret

DIGESTS = ("sha256", "sha512", "sha1")
"""What Swift knows, the preferred first: sha256 is allowed by default since 2017, sha1 is deprecated."""
DEFAULT_DIGEST = "sha256"
MAX_EXPIRES_SECONDS = 10 * 365 * 86_400
"""Ten years. Swift itself has no limit; this one catches a Unix time or milliseconds taken for seconds."""
KEY_SECONDS = 60.0
"""How long a key that was read stays known: as long as Swift's own proxies remember a container's metadata
(``recheck_container_existence``, https://docs.openstack.org/swift/latest/config/proxy_server_config.html)."""
_PREFIX_PARAMETER = "&temp_url_prefix="


class TempUrlSigner:
    """Signs for one account with one key.

    Args:
        origin: where the cluster is.
        storage_path: path of the account there, percent-encoded, such as ``/v1/AUTH_a``; what stands before
            ``/v1`` is the cluster's own (``/object/v1/AUTH_a`` at Infomaniak) and is not signed.
        key: of the account or of the one container that it is used for.
        digest: ``sha1``, ``sha256`` or ``sha512``.
    """

    __slots__ = ("_base", "_digest", "_key", "_signed_base")

    def __init__(self, origin: Origin, storage_path: str, key: Secret, digest: str = DEFAULT_DIGEST) -> None:
        if digest not in DIGESTS:
            raise InvalidRequestError(f"the digest must be one of {', '.join(DIGESTS)}, not {digest!r}")
        path = storage_path.rstrip("/")
        self._base = f"{origin.scheme}://{origin.host_header}{path}"
        self._signed_base = signed_path(path)
        self._key = key
        self._digest = digest

    def url(
        self,
        method: str,
        container: str,
        name: str,
        expires_at: int,
        *,
        prefix: str | None = None,
        ip_range: str | None = None,
        filename: str | None = None,
        inline: bool = False,
    ) -> str:
        """Return a URL for one method on one object until `expires_at`, in seconds since the epoch.

        Args:
            prefix: sign for every object whose name begins so, instead of for this one alone.
            ip_range: an address, or a network such as ``192.0.2.0/24``, that the request must come from.
            filename: name under which a browser saves the answer. Not signed: the holder may change it.
            inline: a browser shows the answer instead of saving it. Not signed either.

        Raises:
            UnsupportedOperationError: the name is nothing but slashes: TempURL lets nobody through to it.
        """
        if not name.strip("/"):
            raise UnsupportedOperationError(f"TempURL does not work for a key of slashes only, {name!r}")
        if prefix is None:
            signed = f"{self._signed_base}/{container}/{name}"
        elif name.startswith(prefix):
            signed = f"prefix:{self._signed_base}/{container}/{prefix}"
        else:
            raise InvalidRequestError(f"the key {name!r} does not begin with the prefix {prefix!r}")
        lines = [method, str(expires_at), signed]
        if ip_range is not None:
            lines.insert(0, f"ip={checked_ip_range(ip_range)}")
        url = (
            f"{self._base}/{quote(container, safe='')}/{quote(name)}"
            f"?temp_url_sig={self._sign(lines)}&temp_url_expires={expires_at}"
        )
        if ip_range is not None:
            url += f"&temp_url_ip_range={quote(ip_range, safe='')}"
        if prefix is not None:
            url += f"{_PREFIX_PARAMETER}{quote(prefix, safe='')}"
        if filename is not None:
            url += f"&filename={quote(filename, safe='')}"
        return f"{url}&inline" if inline else url

    def form(
        self,
        container: str,
        prefix: str,
        expires_at: int,
        *,
        max_file_size: int,
        max_file_count: int,
        redirect: str = "",
    ) -> tuple[str, dict[str, str]]:
        """Return the address and the fields of a form; each file becomes ``prefix`` + its own name."""
        path = f"{container}/{prefix}"
        # Swift signs lines without escaping, and strips line ends and hyphens from the end of a field. A line
        # break in one of them would make the signature good for another form than this one.
        if any(end in text for text in (path, redirect) for end in "\r\n") or redirect.endswith("-"):
            raise InvalidRequestError(
                "neither prefix nor redirect of a form may hold a line break, nor redirect end in '-'"
            )
        numbers = {
            "max_file_size": str(max_file_size),
            "max_file_count": str(max_file_count),
            "expires": str(expires_at),
        }
        signature = self._sign([f"{self._signed_base}/{path}", redirect, *numbers.values()])
        fields = {"redirect": redirect} if redirect else {}
        url = f"{self._base}/{quote(container, safe='')}/{quote(prefix)}"
        return url, {**fields, **numbers, "signature": signature}

    def _sign(self, lines: Iterable[str]) -> str:
        key, message = self._key.reveal().encode(), "\n".join(lines).encode()
        mac = hmac.new(key, message, getattr(hashlib, self._digest))
        if self._digest != "sha512":
            return mac.hexdigest()
        # The only form that Swift documents for SHA-512.
        return f"sha512:{urlsafe_b64encode(mac.digest()).decode().rstrip('=')}"


def signed_path(storage_path: str) -> str:
    """Return the part of an account's path that signatures are made of: from its version on, decoded.

    A gateway in front of Swift may add a path of its own before; Swift never sees it.
    """
    segments = storage_path.split("/")
    start = segments.index("v1") if "v1" in segments else 1
    return "/" + "/".join(unquote(segment) for segment in segments[start:])


def choose_digest(allowed: Iterable[str] | None) -> str:
    """Return the best digest of those that a cluster allows.

    Args:
        allowed: ``tempurl.allowed_digests`` of the cluster's ``/info``; None for a cluster whose TempURL
            names none, which then is too old to know another one than sha1
            (https://docs.openstack.org/swift/latest/middleware.html#tempurl).

    Raises:
        UnsupportedOperationError: the cluster allows none of those that are known here.
    """
    if allowed is None:
        return "sha1"
    names = tuple(allowed)
    for digest in DIGESTS:
        if digest in names:
            return digest
    raise UnsupportedOperationError(f"the cluster allows {', '.join(names) or 'no'} digests for TempURL only")


def checked_ip_range(text: str) -> str:
    """Return an address or network as it is given, after refusing what Swift would answer with 401."""
    from ipaddress import ip_network

    try:
        ip_network(text)
    except ValueError as exc:
        raise InvalidRequestError(f"ip_range is neither an address nor a network: {exc}") from exc
    return text


class KeyCache:
    """Keys as they were a short while ago, by container ("" for the account). Safe between threads.

    Args:
        seconds: how long one stays known, and how long it stays known that there is none.
        clock: seconds on a clock that only goes forward.
    """

    def __init__(self, seconds: float = KEY_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._keys: dict[str, tuple[float, Secret | None]] = {}

    def get(self, container: str, read: Callable[[], Secret | None]) -> Secret | None:
        """Return the container's key, None where it has none; `read` finds it when it is not known."""
        found = self._keys.get(container)
        if found is not None and found[0] > self._clock():
            return found[1]
        key = read()
        self.put(container, key)
        return key

    def put(self, container: str, key: Secret | None) -> None:
        """Remember the container's key, and forget the keys that are too old."""
        now = self._clock()
        live = {name: entry for name, entry in list(self._keys.items()) if entry[0] > now}
        self._keys = {**live, container: (now + self._seconds, key)}

    def clear(self) -> None:
        """Forget all of them."""
        self._keys = {}
