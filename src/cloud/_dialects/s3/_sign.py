"""AWS Signature Version 4 for S3: request headers, presigned URLs and POST forms.

Pure functions of their arguments: the clock is passed in and nothing is read or sent. S3 differs from the
other services in that a path is signed exactly as it is sent, encoded once and never normalised, so
``a/../b`` and ``//x`` stay what they are.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from hmac import digest
from time import gmtime, strftime
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
"""Payload hash of a request whose body is not part of the signature."""
EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""Payload hash of an empty body."""

MAX_EXPIRES_SECONDS = 604_800
"""Seven days: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html (X-Amz-Expires)."""

_ALGORITHM = "AWS4-HMAC-SHA256"
_SHOWN = 4  # how much of an access key a repr shows
_SAFE_KEY = re.compile(r"[A-Za-z0-9\-_.~/]*").fullmatch
_SAFE_TEXT = re.compile(r"[A-Za-z0-9\-_.~]*").fullmatch
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}

_UNSIGNED_HEADERS = frozenset({
    # Hop-by-hop, or rewritten on the way by proxies and load balancers.
    "connection", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer",
    "transfer-encoding", "upgrade", "user-agent", "content-length",
    # Tracing adds or changes these after the signature.
    "baggage", "traceparent", "tracestate", "x-amzn-trace-id",
    # Google's S3 interface changes it before it checks: https://github.com/rclone/rclone/issues/6670
    "accept-encoding",
    # What is being computed; a header of an earlier attempt may still be there.
    "authorization",
})  # fmt: skip  # one reason above each group


@dataclass(frozen=True, slots=True, repr=False)
class SigningKeys:
    """What a request is signed with. It is not pickled or copied, and its repr shows no secret.

    Attributes:
        access_key: public half; the repr shows its last four characters.
        secret_key: private half.
        session_token: token of temporary credentials.
    """

    access_key: str
    secret_key: str
    session_token: str | None = None

    def __repr__(self) -> str:
        """Return the class and the end of the access key."""
        shown = self.access_key[-_SHOWN:] if len(self.access_key) > 2 * _SHOWN else ""
        return f"SigningKeys(access_key='...{shown}')"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: what holds keys pickles how to get them."""
        raise TypeError("signing keys hold a secret and are not pickled")


class Signer:
    """Signs for one credential, region and service. Threads may share it.

    The derived key changes once a day and the date text once a second; both are kept in one tuple each,
    which is replaced as a whole, so that a reader never sees half of a new value.
    """

    __slots__ = ("_day", "_keys", "_region", "_second", "_service")

    def __init__(self, keys: SigningKeys, region: str, service: str = "s3") -> None:
        self._keys = keys
        self._region = region
        self._service = service
        self._second: tuple[int, str] = (-1, "")
        self._day: tuple[str, str, bytes] = ("", "", b"")

    def __repr__(self) -> str:
        """Return what it signs for, without a secret."""
        return f"Signer({self._keys!r}, region={self._region!r}, service={self._service!r})"

    def sign_headers(
        self,
        method: str,
        path: str,
        query: str,
        headers: dict[str, str],
        payload_hash: str,
        now: float,
    ) -> None:
        """Add ``x-amz-date``, ``x-amz-content-sha256``, ``x-amz-security-token`` and ``authorization``.

        Signing the same dictionary again, as a retry does, replaces what the first time added.

        Args:
            method: HTTP method in capitals.
            path: the percent-encoded path as it is sent, with its leading slash.
            query: the query as `canonical_query` writes it and as it is sent; empty for none.
            headers: names in lower case, with ``host``. All are signed but those that change on the way.
                Values are signed as UTF-8, so that is how a value outside of ASCII must be sent.
            payload_hash: hex SHA-256 of the body, `UNSIGNED_PAYLOAD` or `EMPTY_SHA256`.
            now: seconds since the epoch.
        """
        stamp = self._stamp(now)
        keys = self._keys
        headers["x-amz-date"] = stamp
        headers["x-amz-content-sha256"] = payload_hash
        if keys.session_token is not None:
            headers["x-amz-security-token"] = keys.session_token
        else:
            headers.pop("x-amz-security-token", None)
        canonical, signed = _canonical_headers(headers)
        scope, signature = self._signature(
            stamp, f"{method}\n{path}\n{query}\n{canonical}\n\n{signed}\n{payload_hash}"
        )
        headers["authorization"] = (
            f"{_ALGORITHM} Credential={keys.access_key}/{scope}, SignedHeaders={signed}, Signature={signature}"
        )

    def presign(
        self,
        method: str,
        scheme_host: str,
        path: str,
        query: Sequence[tuple[str, str]],
        headers: Mapping[str, str],
        expires_seconds: int,
        now: float,
    ) -> str:
        """Return a URL that makes one request without credentials until it expires.

        Args:
            method: HTTP method in capitals.
            scheme_host: ``https://host`` or ``https://host:port``.
            path: the percent-encoded path as it will be sent, with its leading slash.
            query: parameters that the URL carries, not encoded yet.
            headers: names in lower case, without ``host``: headers that whoever uses the URL must send.
            expires_seconds: 1 to `MAX_EXPIRES_SECONDS`.
            now: seconds since the epoch.

        Raises:
            ValueError: `expires_seconds` is out of bounds.
        """
        if not 1 <= expires_seconds <= MAX_EXPIRES_SECONDS:
            raise ValueError(
                f"a presigned URL lives 1 to {MAX_EXPIRES_SECONDS} seconds (7 days), not {expires_seconds}"
            )
        stamp = self._stamp(now)
        scheme, _, host = scheme_host.partition("://")
        to_sign = {**headers, "host": host.removesuffix(_DEFAULT_PORTS.get(scheme, ""))}
        canonical, signed = _canonical_headers(to_sign)
        scope = self._scope_and_key(stamp[:8])[0]
        pairs = [
            *query,
            ("X-Amz-Algorithm", _ALGORITHM),
            ("X-Amz-Credential", f"{self._keys.access_key}/{scope}"),
            ("X-Amz-Date", stamp),
            ("X-Amz-Expires", str(expires_seconds)),
            ("X-Amz-SignedHeaders", signed),
        ]
        if self._keys.session_token is not None:
            pairs.append(("X-Amz-Security-Token", self._keys.session_token))
        text = canonical_query(pairs)
        _, signature = self._signature(
            stamp, f"{method}\n{path}\n{text}\n{canonical}\n\n{signed}\n{UNSIGNED_PAYLOAD}"
        )
        return f"{scheme_host}{path}?{text}&X-Amz-Signature={signature}"

    def sign_post_policy(self, policy: Mapping[str, object], now: float) -> dict[str, str]:
        """Return the form fields that sign `policy`, the policy itself among them.

        Args:
            policy: ``{"expiration": ..., "conditions": [...]}``; it is not changed. The conditions that
                the signature needs are added to the signed copy.
            now: seconds since the epoch.

        See https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
        """
        import json

        stamp = self._stamp(now)
        scope, key = self._scope_and_key(stamp[:8])
        fields = {
            "x-amz-algorithm": _ALGORITHM,
            "x-amz-credential": f"{self._keys.access_key}/{scope}",
            "x-amz-date": stamp,
        }
        if self._keys.session_token is not None:
            fields["x-amz-security-token"] = self._keys.session_token
        given = policy.get("conditions") or []
        if not isinstance(given, (list, tuple)):
            raise TypeError("the conditions of a POST policy are a list")
        conditions = [*given, *({name: value} for name, value in fields.items())]
        text = b64encode(json.dumps({**policy, "conditions": conditions}).encode()).decode("ascii")
        fields["policy"] = text
        fields["x-amz-signature"] = digest(key, text.encode("ascii"), "sha256").hex()
        return fields

    def _stamp(self, now: float) -> str:
        """Return `now` as ``YYYYMMDDTHHMMSSZ``."""
        moment = int(now)
        second, text = self._second
        if second != moment:
            text = strftime("%Y%m%dT%H%M%SZ", gmtime(moment))
            self._second = (moment, text)
        return text

    def _scope_and_key(self, day: str) -> tuple[str, bytes]:
        """Return the credential scope of `day` (YYYYMMDD) and the key derived for it."""
        known, scope, key = self._day
        if known != day:
            scope = f"{day}/{self._region}/{self._service}/aws4_request"
            key = f"AWS4{self._keys.secret_key}".encode()
            for part in (day, self._region, self._service, "aws4_request"):
                key = digest(key, part.encode(), "sha256")
            self._day = (day, scope, key)
        return scope, key

    def _signature(self, stamp: str, canonical_request: str) -> tuple[str, str]:
        """Return the credential scope and the hex signature of a canonical request."""
        scope, key = self._scope_and_key(stamp[:8])
        hashed = sha256(canonical_request.encode()).hexdigest()
        text = f"{_ALGORITHM}\n{stamp}\n{scope}\n{hashed}"
        return scope, digest(key, text.encode(), "sha256").hex()


def quote_key(key: str) -> str:
    """Return `key` as it stands in a request path: unreserved characters and ``/`` stay, the rest is %XX.

    Nothing is normalised: ``a/../b`` and ``//x`` are legal, distinct keys.

    Raises:
        UnicodeEncodeError: the key holds a lone surrogate, which UTF-8 cannot.
    """
    return key if _SAFE_KEY(key) else quote(key, safe="/")


def canonical_query(pairs: Iterable[tuple[str, str]]) -> str:
    """Return `pairs` encoded and sorted, both as they are signed and as they may be sent."""
    encoded = sorted((_quote_text(name), _quote_text(value)) for name, value in pairs)
    return "&".join([f"{name}={value}" for name, value in encoded])


def _quote_text(text: str) -> str:
    return text if _SAFE_TEXT(text) else quote(text, safe="")


def _canonical_headers(headers: Mapping[str, str]) -> tuple[str, str]:
    """Return the canonical lines and the list of names of the headers that are signed."""
    names = sorted(headers.keys() - _UNSIGNED_HEADERS)
    lines = [f"{name}:{' '.join(headers[name].split())}" for name in names]
    return "\n".join(lines), ";".join(names)
