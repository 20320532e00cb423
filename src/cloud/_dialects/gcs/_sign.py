"""V4 signatures of Google Cloud Storage: signed URLs and POST forms.

Pure functions of their arguments: the clock is passed in and nothing is read. What makes the RSA signature of
a few bytes, a key or Google's IAM, is a `BlobSigner`. A path is signed exactly as it is sent, encoded once and
never normalised, so ``a/../b`` and ``//x`` stay what they are.

https://cloud.google.com/storage/docs/authentication/canonical-requests
https://cloud.google.com/storage/docs/authentication/signatures
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from time import gmtime, strftime
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cloud._wire._types import Origin

MAX_EXPIRES_SECONDS = 604_800
"""Seven days: https://cloud.google.com/storage/docs/authentication/canonical-requests (X-Goog-Expires)."""

_ALGORITHM = "GOOG4-RSA-SHA256"


class BlobSigner(Protocol):
    """What signs for one service account."""

    @property
    def email(self) -> str:
        """The service account whose rights a signed URL has."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Return the RSA signature (PKCS #1 v1.5 with SHA-256) of `data`."""
        ...


def presign(
    signer: BlobSigner,
    method: str,
    origin: Origin,
    path: str,
    *,
    query: Iterable[tuple[str, str]] = (),
    headers: Mapping[str, str] | None = None,
    expires_seconds: int,
    now: float,
) -> str:
    """Return a URL that makes one request without credentials until it expires.

    Args:
        signer: whose rights the URL has.
        method: HTTP method in capitals.
        origin: where the request will go; any endpoint that takes paths of the form ``/bucket/key``.
        path: the percent-encoded path as it will be sent; see `object_path`.
        query: parameters that the URL carries, not encoded yet.
        headers: names in lower case, without ``host``: headers that whoever uses the URL must send.
        expires_seconds: 1 to `MAX_EXPIRES_SECONDS`.
        now: seconds since the epoch.
    """
    _check_expiry(expires_seconds)
    stamp, scope = _stamp_and_scope(now)
    canonical, signed = _canonical_headers({**(headers or {}), "host": origin.host_header})
    text = _canonical_query([
        *query,
        ("X-Goog-Algorithm", _ALGORITHM),
        ("X-Goog-Credential", f"{signer.email}/{scope}"),
        ("X-Goog-Date", stamp),
        ("X-Goog-Expires", str(expires_seconds)),
        ("X-Goog-SignedHeaders", signed),
    ])  # fmt: skip  # one parameter a line
    request = f"{method}\n{path}\n{text}\n{canonical}\n\n{signed}\nUNSIGNED-PAYLOAD"
    hashed = sha256(request.encode()).hexdigest()
    signature = signer.sign(f"{_ALGORITHM}\n{stamp}\n{scope}\n{hashed}".encode())
    return f"{origin.scheme}://{origin.host_header}{path}?{text}&X-Goog-Signature={signature.hex()}"


def sign_post_form(
    signer: BlobSigner,
    bucket: str,
    key: str,
    *,
    fields: Mapping[str, str],
    conditions: Sequence[object],
    expires_seconds: int,
    now: float,
) -> dict[str, str]:
    """Return the fields of a form that uploads one object, with the policy and its signature among them.

    Args:
        signer: whose rights the form has.
        bucket: the only bucket that it uploads to.
        key: the only key that it uploads to.
        fields: further fields that the form must carry with these very values, such as ``Content-Type``,
            ``x-goog-meta-*`` and ``success_action_status``.
        conditions: further conditions, such as ``["content-length-range", 0, 10]``.
        expires_seconds: 1 to `MAX_EXPIRES_SECONDS`.
        now: seconds since the epoch.

    See https://cloud.google.com/storage/docs/authentication/signatures#policy-document
    """
    import json

    _check_expiry(expires_seconds)
    stamp, scope = _stamp_and_scope(now)
    required = {
        "bucket": bucket,
        "key": key,
        "x-goog-date": stamp,
        "x-goog-credential": f"{signer.email}/{scope}",
        "x-goog-algorithm": _ALGORITHM,
    }
    expiration = strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(int(now) + expires_seconds))
    exact = [{name: value} for name, value in (*sorted(fields.items()), *required.items())]
    # Other characters than ASCII are escaped: the service compares the text of the policy before it reads it.
    document = json.dumps(
        {"conditions": [*conditions, *exact], "expiration": expiration}, separators=(",", ":")
    )
    policy = b64encode(document.encode("ascii"))
    del required["bucket"]  # the form's address names it
    return {
        **fields,
        **required,
        "policy": policy.decode("ascii"),
        "x-goog-signature": signer.sign(policy).hex(),
    }


def object_path(bucket: str, key: str) -> str:
    """Return the path of an object on the XML API: unreserved characters and ``/`` stay, the rest is %XX.

    Raises:
        UnicodeEncodeError: the key holds a lone surrogate, which UTF-8 cannot.
    """
    return f"/{bucket}/{quote(key, safe='/~')}"


def _check_expiry(seconds: int) -> None:
    if not 1 <= seconds <= MAX_EXPIRES_SECONDS:
        raise ValueError(f"a signature lives 1 to {MAX_EXPIRES_SECONDS} seconds (7 days), not {seconds}")


def _stamp_and_scope(now: float) -> tuple[str, str]:
    """Return `now` as ``YYYYMMDDTHHMMSSZ``, and the credential scope of its day."""
    stamp = strftime("%Y%m%dT%H%M%SZ", gmtime(int(now)))
    # "auto" stands for the bucket's location, which need not be known:
    # https://cloud.google.com/storage/docs/authentication/signatures#credential-scope
    return stamp, f"{stamp[:8]}/auto/storage/goog4_request"


def _canonical_query(pairs: Iterable[tuple[str, str]]) -> str:
    """Return `pairs` encoded and sorted by name, as they are signed and sent."""
    encoded = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in pairs)
    return "&".join([f"{name}={value}" for name, value in encoded])


def _canonical_headers(headers: Mapping[str, str]) -> tuple[str, str]:
    """Return the canonical lines and the list of names of the headers."""
    names = sorted(headers)
    lines = [f"{name}:{' '.join(headers[name].split())}" for name in names]
    return "\n".join(lines), ";".join(names)
