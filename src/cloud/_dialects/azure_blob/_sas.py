"""Shared access signatures: tokens in a URL that allow a few operations until they end.

Pure functions of their arguments and the standard library; only `DelegationKeys` asks the service, by what
it is given. A service SAS and an account SAS are signed with the account's key, a user delegation SAS with
a key that the service gives to whoever is logged in. What is signed depends on the service version (``sv``).

https://learn.microsoft.com/rest/api/storageservices/delegate-access-with-shared-access-signature
"""

from __future__ import annotations

import re
import threading
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from hmac import digest
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import quote

from cloud.common._fork import renew_after_fork
from cloud.common.errors import ConfigurationError, InvalidRequestError
from cloud.common.models import EMPTY, utc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cloud.common._redact import Secret

OLDEST_VERSION: Final = "2020-12-06"
"""The first version with encryption scopes; older ones sign other texts and are not made here."""
DEFAULT_VERSION: Final = "2025-01-05"
"""The service understands all versions since; newer ones add nothing that is used here, and Azurite 3.35
checks user delegation SAS by an older text than theirs."""
MAX_DELEGATION_SECONDS: Final = 7 * 24 * 3600
"""A user delegation key ends at most seven days from now:
https://learn.microsoft.com/rest/api/storageservices/get-user-delegation-key#request-body"""

# From these versions on a user delegation SAS signs more lines: the user it is for
# (https://learn.microsoft.com/rest/api/storageservices/create-user-delegation-sas), then headers and
# parameters that a request must carry (azure-storage-blob 12.29.0).
_WITH_USER: Final = "2025-07-05"
_WITH_REQUEST: Final = "2026-04-06"

# Letters in the order that the service demands:
# https://learn.microsoft.com/rest/api/storageservices/create-service-sas#specify-permissions
# https://learn.microsoft.com/rest/api/storageservices/create-account-sas#specify-the-account-sas-parameters
_OBJECT_PERMISSIONS: Final = "racwdxytmei"
_BUCKET_PERMISSIONS: Final = "racwdxyltfmei"
_ACCOUNT_PERMISSIONS: Final = "rwdxylacupfti"

# https://learn.microsoft.com/rest/api/storageservices/create-service-sas#specify-query-parameters-to-override-response-headers-blob-storage-and-azure-files-only
_OVERRIDES: Final[Mapping[str, str]] = {
    "cache_control": "rscc",
    "content_disposition": "rscd",
    "content_encoding": "rsce",
    "content_language": "rscl",
    "content_type": "rsct",
}
_VERSION = re.compile(r"20\d\d-[01]\d-[0-3]\d").fullmatch
# The service clock may be behind ours: a key that begins now would not be valid yet.
_SKEW: Final = timedelta(minutes=15)
_KEY_LIFETIME: Final = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class SasTerms:
    """What a signature allows, from when to when, and from where.

    Attributes:
        permissions: letters of the service, in any order; empty when `policy` has them.
        expires_at: when it ends; None when `policy` says so.
        starts_at: from when; None for at once, which no clock skew can delay.
        policy: id of a stored access policy of the bucket, for a service SAS.
        ip_range: one address, or two with a hyphen between, that requests must come from.
        https_only: whether plain HTTP is refused.
        encryption_scope: scope that written objects are encrypted in.
        response_headers: headers that answers to reads carry instead of the stored ones, under the names of
            `generate_presigned_url`.
        version: service version, ``sv``.
    """

    permissions: str = ""
    expires_at: datetime | None = None
    starts_at: datetime | None = None
    policy: str | None = None
    ip_range: str | None = None
    https_only: bool = True
    encryption_scope: str | None = None
    response_headers: Mapping[str, str] = field(default=EMPTY)
    version: str = DEFAULT_VERSION

    def __post_init__(self) -> None:
        """Refuse what the service would refuse, or would understand differently."""
        check_version(self.version)
        if self.policy is None and (not self.permissions or self.expires_at is None):
            raise InvalidRequestError(
                "a signature needs permissions and an end, or a stored access policy that has them"
            )
        if self.starts_at is not None and self.expires_at is not None and self.starts_at >= self.expires_at:
            raise InvalidRequestError("the signature would end before it starts")
        if self.ip_range is not None:
            _check_ip_range(self.ip_range)
        if unknown := self.response_headers.keys() - _OVERRIDES.keys():
            raise InvalidRequestError(f"a signature cannot override the header {min(unknown)!r}")
        for text in (self.policy, self.encryption_scope, *self.response_headers.values()):
            _check_line(text or "")


@dataclass(frozen=True, kw_only=True, slots=True)
class SasResource:
    """What a service SAS or a user delegation SAS is for.

    Attributes:
        bucket: the container.
        key: one blob in it; None for all.
        version_id: this version of the blob.
        snapshot: this snapshot of the blob.
    """

    bucket: str
    key: str | None = None
    version_id: str | None = None
    snapshot: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be one resource."""
        if self.version_id is not None and self.snapshot is not None:
            raise InvalidRequestError("version_id and snapshot exclude each other")
        if self.key is None and (self.version_id is not None or self.snapshot is not None):
            raise InvalidRequestError("a version or snapshot is one of a key")
        # The service signs texts of lines: a key with a line break could be made to look like another key
        # with other terms.
        _check_line(self.key or "")
        _check_line(self.version_id or self.snapshot or "")

    @property
    def kind(self) -> Literal["c", "b", "bv", "bs"]:
        """The signed resource, ``sr``."""
        if self.key is None:
            return "c"
        if self.version_id is not None:
            return "bv"
        return "b" if self.snapshot is None else "bs"

    @property
    def permissions(self) -> str:
        """The letters that may stand in its permissions, in order."""
        return _BUCKET_PERMISSIONS if self.key is None else _OBJECT_PERMISSIONS


@dataclass(frozen=True, kw_only=True, slots=True)
class UserDelegationKey:
    """A key of the service for whoever is logged in; it signs for some days without another login.

    https://learn.microsoft.com/rest/api/storageservices/get-user-delegation-key#response-body

    Attributes:
        object_id, tenant_id: who it was given to.
        starts, expires: its times as the service wrote them, which is how they are signed.
        service: ``b``.
        version: service version of the request for it.
        value: the key, in base64.
    """

    object_id: str
    tenant_id: str
    starts: str
    expires: str
    service: str
    version: str
    value: Secret = field(repr=False)

    @property
    def expires_at(self) -> datetime:
        """When it ends."""
        return datetime.strptime(self.expires[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)


class DelegationKeys:
    """Gives a user delegation key that lasts long enough; asks the service for one about once a day.

    Threads may share it. One thread asks, the others wait for its answer.

    Args:
        fetch: asks the service for a key from a first to a second moment.
    """

    def __init__(self, fetch: Callable[[datetime, datetime], UserDelegationKey]) -> None:
        self._fetch = fetch
        self._key: UserDelegationKey | None = None
        self._lock = threading.Lock()
        renew_after_fork(self, "_lock")

    def get(self, until: datetime, now: datetime) -> UserDelegationKey:
        """Return a key that is valid `until` then.

        Raises:
            InvalidRequestError: that is more than seven days from now.
        """
        if until - now > timedelta(seconds=MAX_DELEGATION_SECONDS):
            raise InvalidRequestError("a signature with a user delegation key lives at most seven days")
        with self._lock:
            key = self._key
            if key is None or key.expires_at < until:
                end = min(
                    max(until, now + _KEY_LIFETIME) + _SKEW, now + timedelta(seconds=MAX_DELEGATION_SECONDS)
                )
                key = self._key = self._fetch(now - _SKEW, end)
            return key


def check_version(version: str) -> None:
    """Refuse a service version whose signatures this module cannot make."""
    if not _VERSION(version) or version < OLDEST_VERSION:
        raise InvalidRequestError(
            f"the service version must be a date such as {DEFAULT_VERSION}, from {OLDEST_VERSION} on, "
            f"not {version!r}"
        )


def resource_sas(
    account: str, key: Secret | UserDelegationKey, resource: SasResource, terms: SasTerms
) -> str:
    """Return the token, as a URL's query without ``?``, that gives access to a bucket or an object.

    Args:
        account: name of the storage account.
        key: the account's key for a service SAS, or a user delegation key.
        resource: what it is for.
        terms: what it allows.
    """
    delegation = key if isinstance(key, UserDelegationKey) else None
    if delegation is not None and terms.policy is not None:
        raise InvalidRequestError("stored access policies are for signatures with the account key")
    fields = _common_fields(terms, resource.permissions)
    fields["si"] = terms.policy or ""
    fields["sr"] = resource.kind
    fields |= {_OVERRIDES[name]: value for name, value in terms.response_headers.items()}
    if delegation is not None:
        fields |= {
            "skoid": delegation.object_id,
            "sktid": delegation.tenant_id,
            "skt": delegation.starts,
            "ske": delegation.expires,
            "sks": delegation.service,
            "skv": delegation.version,
        }
    path = resource.bucket if resource.key is None else f"{resource.bucket}/{resource.key}"
    lines = [
        *_values(fields, "sp", "st", "se"),
        f"/blob/{account}/{path}",
        *(_values(fields, "si") if delegation is None else _delegation_lines(fields, terms.version)),
        *_values(fields, "sip", "spr", "sv", "sr"),
        resource.version_id or resource.snapshot or "",
        *_values(fields, "ses"),
        *(("", "") if delegation is not None and terms.version >= _WITH_REQUEST else ()),
        *_values(fields, "rscc", "rscd", "rsce", "rscl", "rsct"),
    ]
    # One line each: https://learn.microsoft.com/rest/api/storageservices/create-service-sas#version-2020-12-06-and-later
    return _token(fields, key.value if isinstance(key, UserDelegationKey) else key, "\n".join(lines))


def account_sas(account: str, key: Secret, terms: SasTerms, resource_types: str) -> str:
    """Return the token, as a URL's query without ``?``, that gives access to the account's blob service.

    Args:
        account: name of the storage account.
        key: its key.
        terms: what it allows; no policy and no headers.
        resource_types: letters: ``s`` the account itself, ``c`` its buckets, ``o`` the objects in them.
    """
    if terms.policy is not None or terms.response_headers:
        raise InvalidRequestError("an account's signature takes no stored access policy and no headers")
    fields = _common_fields(terms, _ACCOUNT_PERMISSIONS)
    fields["ss"] = "b"
    fields["srt"] = _ordered(resource_types, "sco", "resource types")
    # https://learn.microsoft.com/rest/api/storageservices/create-account-sas#construct-the-signature-string
    lines = [account, *_values(fields, "sp", "ss", "srt", "st", "se", "sip", "spr", "sv", "ses"), ""]
    return _token(fields, key, "\n".join(lines))


def _common_fields(terms: SasTerms, allowed: str) -> dict[str, str]:
    return {
        "sv": terms.version,
        "sp": _ordered(terms.permissions, allowed, "permissions"),
        "st": "" if terms.starts_at is None else _moment(terms.starts_at),
        "se": "" if terms.expires_at is None else _moment(terms.expires_at),
        "sip": terms.ip_range or "",
        "spr": "https" if terms.https_only else "https,http",
        "ses": terms.encryption_scope or "",
    }


def _delegation_lines(fields: Mapping[str, str], version: str) -> list[str]:
    """Return the lines that say who signs; those for other users of a directory are always empty here."""
    names = ["skoid", "sktid", "skt", "ske", "sks", "skv", "saoid", "suoid", "scid"]
    if version >= _WITH_USER:
        names += ["skdutid", "sduoid"]
    return _values(fields, *names)


def _values(fields: Mapping[str, str], *names: str) -> list[str]:
    return [fields.get(name, "") for name in names]


def _token(fields: Mapping[str, str], key: Secret, text: str) -> str:
    signed = {name: value for name, value in fields.items() if value} | {"sig": _sign(key, text)}
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in signed.items())


def _sign(key: Secret, text: str) -> str:
    message = text.encode()
    try:
        # The key stays in this one expression: no frame of a traceback holds it.
        return b64encode(digest(b64decode(key.reveal(), validate=True), message, "sha256")).decode()
    except ValueError as exc:  # binascii's, whose text does not hold the key
        raise ConfigurationError(
            "the account key is not base64 text", hint="copy it from the portal as a whole"
        ) from exc


def bucket_permissions(letters: str) -> str:
    """Return the permissions of a bucket's signature or policy in the order that the service demands."""
    return _ordered(letters, _BUCKET_PERMISSIONS, "permissions")


def _moment(moment: datetime) -> str:
    return utc(moment).strftime("%Y-%m-%dT%H:%M:%SZ")


def _ordered(letters: str, allowed: str, what: str) -> str:
    """Return the letters once each, in the order that the service demands."""
    if unknown := set(letters) - set(allowed):
        raise InvalidRequestError(f"{what} here are letters of {allowed!r}, not {min(unknown)!r}")
    return "".join(letter for letter in allowed if letter in letters)


def _check_line(text: str) -> None:
    if "\n" in text:
        raise InvalidRequestError(f"{text!r} holds a line break and cannot be signed safely")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidRequestError(f"{text!r} holds a lone surrogate, which UTF-8 cannot") from None


def _check_ip_range(text: str) -> None:
    from ipaddress import ip_address

    ends: Iterable[str] = text.split("-", 1)
    try:
        first, *rest = [ip_address(end) for end in ends]
        in_order = all(int(first) <= int(last) and first.version == last.version for last in rest)
    except ValueError as exc:
        raise InvalidRequestError(f"{text!r} is no IP address and no range of them") from exc
    if not in_order:
        raise InvalidRequestError(f"the range {text!r} ends before it begins")
