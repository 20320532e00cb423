"""What Swift says about accounts, containers and archives, as records. Loaded when one is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cloud._dialects._answers import parse_http_date, parse_unix_time
from cloud._dialects.swift._acl import ContainerAcl
from cloud.common._redact import HiddenValues
from cloud.common.errors import ServiceUnavailableError
from cloud.common.models import EMPTY, FrozenMap, Record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_CONTAINER = "x-container-meta-"
_ACCOUNT = "x-account-meta-"
_MAX_DIGITS = 18
RESERVED_METADATA = ("access-control-", "quota-", "segments-of", "temp-url-key", "web-")
"""What metadata names may not begin with, because they mean something to Swift or to this library."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerInfo(Record):
    """What Swift says about one container. TempURL keys are not part of it.

    Attributes:
        name: the container.
        object_count: objects in it. Swift counts them a while after they are written.
        bytes_used: bytes in them, counted likewise.
        metadata: your own pairs; names are lower case.
        read_acl, write_acl: who else may read and write; empty also when you are not its owner.
        quota_bytes, quota_count: most bytes and objects that it takes; None for no limit.
        versions_enabled: whether it keeps versions.
        storage_policy: where its objects are stored, in the cluster's word.
        created_at: when it was made.
        modified_at: when its settings changed last.
        web_index, web_error, web_listings, web_listings_css: settings as a static site.
        cors_origins, cors_expose_headers: settings for browsers of other origins.
        cors_max_age_seconds: how long a browser may remember them.
    """

    name: str
    object_count: int
    bytes_used: int
    metadata: Mapping[str, str] = field(default=EMPTY, hash=False)
    read_acl: ContainerAcl
    write_acl: ContainerAcl
    quota_bytes: int | None = None
    quota_count: int | None = None
    versions_enabled: bool = False
    storage_policy: str | None = None
    created_at: datetime | None = None
    modified_at: datetime | None = None
    web_index: str | None = None
    web_error: str | None = None
    web_listings: bool = False
    web_listings_css: str | None = None
    cors_origins: tuple[str, ...] = ()
    cors_expose_headers: tuple[str, ...] = ()
    cors_max_age_seconds: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountInfo(Record):
    """What Swift says about the whole account of a project.

    Attributes:
        container_count: containers in it.
        object_count: objects in them. Swift counts them a while after they are written.
        bytes_used: bytes in them, counted likewise.
        quota_bytes: most bytes that the operator lets it have; None for no limit.
        metadata: further pairs; names are lower case.
    """

    container_count: int
    object_count: int
    bytes_used: int
    quota_bytes: int | None = None
    metadata: Mapping[str, str] = field(default=EMPTY, hash=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchiveError(Record):
    """One member of an archive that was not stored.

    Attributes:
        path: the member, as Swift names it: ``container/key``.
        http_status: what Swift answered for it.
        message: the same in words.
    """

    path: str
    http_status: int
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchiveResult(Record):
    """What became of an uploaded archive.

    Attributes:
        created: how many objects were stored.
        errors: the members that were not.
        is_complete: False when there were so many errors that Swift stopped: what came after in the archive
            is neither stored nor among `errors`.
    """

    created: int
    errors: tuple[ArchiveError, ...] = ()
    is_complete: bool = True

    @property
    def ok(self) -> bool:
        """Whether every member was stored."""
        return not self.errors


def container_info(name: str, headers: Mapping[str, str]) -> ContainerInfo:
    """Return the record in the answer to a HEAD of a container."""
    headers = _decoded(headers)

    def meta(suffix: str) -> str | None:
        return headers.get(_CONTAINER + suffix)

    return ContainerInfo(
        name=name,
        object_count=_count(headers, "x-container-object-count"),
        bytes_used=_count(headers, "x-container-bytes-used"),
        metadata=_own_metadata(headers, _CONTAINER),
        read_acl=ContainerAcl.parse(headers.get("x-container-read", "")),
        write_acl=ContainerAcl.parse(headers.get("x-container-write", "")),
        quota_bytes=_number(meta("quota-bytes")),
        quota_count=_number(meta("quota-count")),
        versions_enabled=_flag(headers.get("x-versions-enabled")),
        storage_policy=headers.get("x-storage-policy"),
        created_at=parse_unix_time(headers.get("x-timestamp")),
        modified_at=parse_http_date(headers.get("last-modified")),
        web_index=meta("web-index"),
        web_error=meta("web-error"),
        web_listings=_flag(meta("web-listings")),
        web_listings_css=meta("web-listings-css"),
        cors_origins=tuple((meta("access-control-allow-origin") or "").split()),
        cors_expose_headers=tuple((meta("access-control-expose-headers") or "").split()),
        cors_max_age_seconds=_number(meta("access-control-max-age")),
    )


def account_info(headers: Mapping[str, str]) -> AccountInfo:
    """Return the record in the answer to a HEAD of an account."""
    return AccountInfo(
        container_count=_count(headers, "x-account-container-count"),
        object_count=_count(headers, "x-account-object-count"),
        bytes_used=_count(headers, "x-account-bytes-used"),
        quota_bytes=_number(headers.get("x-account-meta-quota-bytes")),
        metadata=_own_metadata(_decoded(headers), _ACCOUNT),
    )


def _decoded(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return headers whose values may be UTF-8, which HTTP hands over as Latin-1. A TempURL key is among them."""
    return HiddenValues(
        {
            name: value if value.isascii() else value.encode("latin-1").decode("utf-8", "replace")
            for name, value in headers.items()
        }
    )


def _own_metadata(headers: Mapping[str, str], prefix: str) -> Mapping[str, str]:
    return FrozenMap(
        {
            name[len(prefix) :]: value
            for name, value in headers.items()
            if name.startswith(prefix)
            and not name.startswith(tuple(prefix + word for word in RESERVED_METADATA))
        }
    )


def _count(headers: Mapping[str, str], name: str) -> int:
    """Return a number that every answer of Swift has: a captive portal's page has not."""
    found = _number(headers.get(name))
    if found is None:
        raise ServiceUnavailableError(f"the answer has no {name}: this was not a Swift service")
    return found


def _number(text: str | None) -> int | None:
    if text is None or len(text) > _MAX_DIGITS or not (text.isascii() and text.isdigit()):
        return None
    return int(text)


def _flag(text: str | None) -> bool:
    # https://github.com/openstack/swift/blob/master/swift/common/utils/config.py TRUE_VALUES
    return text is not None and text.lower() in {"true", "1", "yes", "on", "t", "y"}
