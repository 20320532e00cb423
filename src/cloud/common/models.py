"""Values that cross the public surface: frozen records that are also read-only mappings.

``info.size`` and ``info["size"]`` are the same; ``info.to_dict()`` is JSON-ready. Times are aware and in
UTC, sizes are bytes. `raw` holds the service's own record where there is one: it is not shown by repr,
not compared and not part of the mapping, and reading it makes your code provider-specific.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timezone
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TypeVar

from cloud.common._lazy import lazy_exports

if TYPE_CHECKING:
    from cloud.common._records import (
        CloudResource,
        DeleteResult,
        DownloadResult,
        FunctionInfo,
        Image,
        Instance,
        InstanceType,
        KeyPair,
        PresignedPost,
        PresignedUrl,
        Quota,
        UnfinishedUpload,
    )
    from cloud.common._serverless_records import (
        Deployment,
        FunctionAlias,
        FunctionUrl,
        InvokeResult,
        LayerVersion,
        LogEvent,
    )

__all__ = [
    "EMPTY",
    "CloudResource",
    "DeleteResult",
    "Deployment",
    "DownloadResult",
    "FrozenMap",
    "FunctionAlias",
    "FunctionInfo",
    "FunctionUrl",
    "Image",
    "Instance",
    "InstanceType",
    "InvokeResult",
    "KeyPair",
    "LayerVersion",
    "LogEvent",
    "ObjectInfo",
    "PresignedPost",
    "PresignedUrl",
    "Quota",
    "Record",
    "UnfinishedUpload",
    "to_json",
    "utc",
]

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
    if isinstance(value, (date, time)):
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


# Making a dataclass costs 0.7 ms, and these are not needed to read or write an object.
__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "CloudResource": "cloud.common._records",
        "DeleteResult": "cloud.common._records",
        "Deployment": "cloud.common._serverless_records",
        "DownloadResult": "cloud.common._records",
        "FunctionAlias": "cloud.common._serverless_records",
        "FunctionInfo": "cloud.common._records",
        "FunctionUrl": "cloud.common._serverless_records",
        "Image": "cloud.common._records",
        "Instance": "cloud.common._records",
        "InstanceType": "cloud.common._records",
        "InvokeResult": "cloud.common._serverless_records",
        "KeyPair": "cloud.common._records",
        "LayerVersion": "cloud.common._serverless_records",
        "LogEvent": "cloud.common._serverless_records",
        "PresignedPost": "cloud.common._records",
        "PresignedUrl": "cloud.common._records",
        "Quota": "cloud.common._records",
        "UnfinishedUpload": "cloud.common._records",
    },
)
