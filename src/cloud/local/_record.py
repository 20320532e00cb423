"""What the embedded store keeps about one object, and its form on disk."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field, fields
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from cloud.common.errors import IntegrityError
from cloud.common.models import ObjectInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud.common._storage_types import PutRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Everything about one object but its bytes.

    Attributes:
        size: length of the body in bytes.
        etag: drawn at random for every stored body; copies of the bytes keep it.
        crc32: CRC-32 of the body, base64 of its four bytes, the most significant first.
        modified_at: when it was put, copied or given new metadata; aware, UTC.
        data: where the bytes are, in the backend's own words.
    """

    size: int
    etag: str
    crc32: str
    modified_at: datetime
    data: str
    content_type: str
    cache_control: str | None = None
    content_encoding: str | None = None
    content_disposition: str | None = None
    content_language: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict, hash=False)
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)

    def info(self, bucket: str, key: str) -> ObjectInfo:
        """Return the record as the library shows it."""
        return ObjectInfo(
            bucket=bucket,
            key=key,
            size=self.size,
            etag=self.etag,
            modified_at=self.modified_at,
            content_type=self.content_type,
            cache_control=self.cache_control,
            content_encoding=self.content_encoding,
            content_disposition=self.content_disposition,
            content_language=self.content_language,
            metadata=self.metadata,
            checksums={"crc32": self.crc32},
        )

    def listed(self, bucket: str, key: str) -> ObjectInfo:
        """Return the record as listings show it."""
        return ObjectInfo(
            bucket=bucket, key=key, size=self.size, etag=self.etag, modified_at=self.modified_at
        )


def new_record(
    request: PutRequest, *, size: int, etag: str, crc32: str, data: str, tags: Mapping[str, str]
) -> Record:
    """Return the record of a body that is stored now, with the headers and metadata of `request`."""
    return Record(
        size=size,
        etag=etag,
        crc32=crc32,
        modified_at=datetime.now(timezone.utc),
        data=data,
        content_type=request.content_type,
        cache_control=request.cache_control,
        content_encoding=request.content_encoding,
        content_disposition=request.content_disposition,
        content_language=request.content_language,
        metadata=dict(request.metadata),
        tags=dict(tags),
    )


def new_etag() -> str:
    """Return an ETag that no other body has: 32 hexadecimal digits."""
    return secrets.token_hex(16)


_FIELDS = tuple(field.name for field in fields(Record))


def dump(record: Record, bucket: str, key: str) -> bytes:
    """Return the record as one line of JSON; bucket and key are in it for people and for recovery."""
    values: dict[str, object] = {"bucket": bucket, "key": key}
    for name in _FIELDS:
        value = getattr(record, name)
        if value is not None and value != {}:
            values[name] = value
    values["modified_at"] = record.modified_at.isoformat()
    return json.dumps(values, separators=(",", ":")).encode("ascii") + b"\n"


def load(text: bytes, what: str) -> tuple[Record, str, str]:
    """Return the record, its bucket and its key from what `dump` made; `what` names it in errors.

    Raises:
        IntegrityError: it is not what `dump` made: the disk or somebody else has changed it.
    """
    try:
        values = json.loads(text)
        bucket, key = values.pop("bucket"), values.pop("key")
        values["modified_at"] = datetime.fromisoformat(values["modified_at"]).astimezone(timezone.utc)
        return Record(**values), bucket, key
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise IntegrityError(f"the stored metadata of {what} is damaged: {exc}") from exc
