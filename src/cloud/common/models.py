"""Values that cross the public surface: frozen records that are also read-only mappings.

``info.size`` and ``info["size"]`` are the same; ``info.to_dict()`` is JSON-ready. Times are aware and in
UTC, sizes are bytes. `raw` holds the service's own record where there is one: it is not shown by repr,
not compared and not part of the mapping, and reading it makes your code provider-specific.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from pathlib import Path

    from cloud.common.enums import CloudProvider, InstanceState, ResourceType

V = TypeVar("V")
_HIDDEN = frozenset({"raw"})


class FrozenMap(Mapping[str, V]):
    """A mapping that cannot change; unlike `types.MappingProxyType` it can be hashed and pickled."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, V] | None = None) -> None:
        self._items = dict(items or {})

    def __getitem__(self, name: str) -> V:
        """Return the value of `name`."""
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self._items)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._items)

    def __hash__(self) -> int:
        """Return a hash of names and values."""
        return hash(frozenset(self._items.items()))

    def __eq__(self, other: object) -> bool:
        """Return whether `other` is a mapping of the same names and values."""
        return isinstance(other, Mapping) and self._items == dict(other)

    def __repr__(self) -> str:
        """Return the items as a dict shows them."""
        return repr(self._items)


EMPTY: FrozenMap[Any] = FrozenMap()


def utc(moment: datetime) -> datetime:
    """Return `moment` in UTC.

    Raises:
        ValueError: it has no time zone, so nobody can know which moment it is.
    """
    if moment.tzinfo is None:
        raise ValueError(f"the time {moment!r} has no time zone; pass an aware datetime")
    return moment if moment.tzinfo is timezone.utc else moment.astimezone(timezone.utc)


def to_json(value: object) -> Any:
    """Return `value` as JSON-ready data."""
    if isinstance(value, Record):
        return value.to_dict()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(name): to_json(item) for name, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_json(item) for item in value]
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    return str(value) if isinstance(value, PurePath) else value


class Record(Mapping[str, Any]):
    """Base of every record: a frozen dataclass that is also a read-only mapping of its fields."""

    __slots__ = ()

    def __getitem__(self, name: str) -> Any:
        """Return the field called `name`."""
        if name in _HIDDEN or name not in self.__dataclass_fields__:  # type: ignore[attr-defined]  # subclasses are dataclasses
            raise KeyError(name)
        return getattr(self, name)

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the fields."""
        return (name for name in self.__dataclass_fields__ if name not in _HIDDEN)  # type: ignore[attr-defined]  # likewise

    def __len__(self) -> int:
        """Return how many fields there are."""
        return sum(1 for _ in self)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-ready data."""
        return {name: to_json(self[name]) for name in self}


@dataclass(frozen=True, kw_only=True, slots=True)
class CloudResource(Record):
    """Anything that a provider holds for you, in the words that all providers share.

    Attributes:
        id: what `get_resource` and `delete_resource` take.
        name: what people call it.
        resource_type: kind of thing.
        provider: who holds it.
        region: where it is, in the provider's words; None where the service does not say.
        status: the service's own word for its state; None where it has none.
        created_at: when it was made; None where the service does not say.
        tags: labels.
        metadata: further facts of the provider, as JSON-ready values.
        raw: the SDK's own record.
    """

    id: str
    name: str
    resource_type: ResourceType
    provider: CloudProvider
    region: str | None = None
    status: str | None = None
    created_at: datetime | None = None
    tags: Mapping[str, str] = field(default=EMPTY, hash=False)
    metadata: Mapping[str, Any] = field(default=EMPTY, hash=False)
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectInfo(Record):
    """What a store says about one object, without its bytes.

    Listings fill what one page carries for free: key, size, etag, modified_at and storage_class.

    Attributes:
        bucket: the bucket it is in.
        key: its name, byte-exact.
        size: length of the body in bytes.
        etag: opaque, without quotes; equal etags mean equal bytes, nothing else may be read from it.
        modified_at: when this body was stored.
        content_type: media type; None in listings.
        cache_control: Cache-Control header that downloads carry.
        content_encoding: Content-Encoding header; the library never decodes by it.
        content_disposition: Content-Disposition header.
        content_language: Content-Language header.
        metadata: your own pairs; names are lower case.
        storage_class: the service's own word; None where it has no classes or names none.
        version_id: id of this version where the bucket keeps versions.
        is_latest: whether this version is the one that plain reads see; None outside version listings.
        is_delete_marker: whether this version says that the object was deleted.
        checksums: checksums that the service stores, by algorithm (``crc32``), in the service's encoding.
        raw: the answer's own headers or the SDK's record.
    """

    bucket: str
    key: str
    size: int
    etag: str | None = None
    modified_at: datetime | None = None
    storage_class: str | None = None
    content_type: str | None = None
    cache_control: str | None = None
    content_encoding: str | None = None
    content_disposition: str | None = None
    content_language: str | None = None
    metadata: Mapping[str, str] = field(default=EMPTY, hash=False)
    version_id: str | None = None
    is_latest: bool | None = None
    is_delete_marker: bool = False
    checksums: Mapping[str, str] = field(default=EMPTY, hash=False)
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class DownloadResult(Record):
    """One finished download to a file.

    Attributes:
        path: where the bytes are.
        info: the object that was read.
        bytes_written: length of the file.
        verified: the checksum that the whole body was compared with (``crc32``), or None when the
            service stores none that can be computed here; lengths are always compared.
    """

    path: Path
    info: ObjectInfo
    bytes_written: int
    verified: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DeleteResult(Record):
    """What became of one key of `delete_files`.

    Attributes:
        key: the key.
        version_id: the version that was asked for, if one was.
        error: why it could not be deleted; None when nothing is at the key any more.
    """

    key: str
    version_id: str | None = None
    error: Exception | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is at the key any more."""
        return self.error is None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-ready data."""
        return {"key": self.key, "version_id": self.version_id, "error": self.error and str(self.error)}


@dataclass(frozen=True, kw_only=True, slots=True)
class PresignedPost(Record):
    """A form that uploads one object without credentials.

    Attributes:
        url: where to send the ``multipart/form-data`` form.
        fields: form fields that go before the ``file`` field. They grant the upload: treat them as secrets.
        expires_at: when the service stops accepting it.
    """

    url: str
    fields: Mapping[str, str] = field(repr=False, hash=False)
    expires_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class UnfinishedUpload(Record):
    """A multipart upload that was neither completed nor aborted; its parts are stored and charged.

    Attributes:
        bucket: the bucket.
        key: the object that it would become.
        upload_id: the service's id.
        started_at: when it was started; None where the service does not say.
    """

    bucket: str
    key: str
    upload_id: str
    started_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Instance(Record):
    """One compute instance.

    Attributes:
        id: the service's id.
        name: its name or Name tag; empty where it has none.
        state: where it is in its life.
        raw_state: the service's own word for the state.
        instance_type: the flavor or type.
        image_id: what it was started from; None when the service does not say.
        region: region or zone.
        private_addresses: addresses inside its network.
        public_addresses: addresses that the internet reaches.
        created_at: when it was made.
        tags: labels.
        raw: the SDK's own record.
    """

    id: str
    name: str
    state: InstanceState
    raw_state: str
    instance_type: str
    image_id: str | None = None
    region: str | None = None
    private_addresses: tuple[str, ...] = ()
    public_addresses: tuple[str, ...] = ()
    created_at: datetime | None = None
    tags: Mapping[str, str] = field(default=EMPTY, hash=False)
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionInfo(Record):
    """One deployed function.

    Attributes:
        name: its name, unique in the account and region.
        runtime: the language runtime, in the service's words (``python3.12``).
        handler: the entry point (``module.function``).
        memory_bytes: memory limit; None where the service does not say.
        timeout_seconds: time limit of one invocation; None where the service does not say.
        modified_at: when code or configuration changed last.
        code_sha256: base64 of the package's SHA-256; None where the service does not say.
        raw: the SDK's own record.
    """

    name: str
    runtime: str
    handler: str
    memory_bytes: int | None = None
    timeout_seconds: float | None = None
    modified_at: datetime | None = None
    code_sha256: str | None = None
    raw: Any = field(default=None, repr=False, compare=False)
