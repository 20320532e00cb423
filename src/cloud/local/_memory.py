"""Objects in the memory of this process: for tests, caches and examples."""

from __future__ import annotations

import io
import os
import secrets
import threading
import zlib
from base64 import b64encode
from bisect import bisect_left, insort
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, BinaryIO

from cloud.common._bodies import as_bytes
from cloud.common._storage_types import Part
from cloud.common.models import UnfinishedUpload
from cloud.local._backend import (
    bucket_not_empty,
    check_part_order,
    no_such_bucket,
    no_such_part,
    no_such_upload,
)
from cloud.local._record import new_etag

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from typing_extensions import Self

    from cloud.common._bodies import Payload
    from cloud.local._backend import Decide, Staged
    from cloud.local._record import Record

# One for all stores, held for microseconds, and never by the thread that forks: a child gets whole stores.
_lock = threading.Lock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)


@dataclass(frozen=True, slots=True)
class _Object:
    record: Record
    body: bytes


@dataclass(slots=True)
class _Upload:
    key: str
    started_at: datetime
    parts: dict[int, tuple[str, bytes]] = field(default_factory=dict)


@dataclass(slots=True)
class _Bucket:
    """Objects by key, the keys once more in order, and unfinished uploads by id."""

    objects: dict[bytes, _Object] = field(default_factory=dict)
    order: list[bytes] = field(default_factory=list)
    uploads: dict[str, _Upload] = field(default_factory=dict)


class StagedBytes:
    """A body that belongs to no object yet."""

    def __init__(self, body: bytes, crc32: str | None = None) -> None:
        self.body = body
        self.size = len(body)
        self.crc32 = crc32 or b64encode(zlib.crc32(body).to_bytes(4, "big")).decode("ascii")
        self.data = secrets.token_hex(8)

    def __enter__(self) -> Self:
        """Return the body."""
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Do nothing: memory goes by itself."""


class MemoryBackend:
    """Buckets as dictionaries. Bodies are immutable, so that readers need no lock."""

    def __init__(self) -> None:
        self._buckets: dict[str, _Bucket] = {}

    def _bucket(self, bucket: str) -> _Bucket:
        found = self._buckets.get(bucket)
        if found is None:
            raise no_such_bucket(bucket)
        return found

    def buckets(self) -> list[str]:
        """Return the names of all buckets."""
        with _lock:
            return list(self._buckets)

    def bucket_exists(self, bucket: str) -> bool:
        """Return whether the bucket is there."""
        return bucket in self._buckets

    def create_bucket(self, bucket: str) -> bool:
        """Make the bucket; False when it was there."""
        with _lock:
            if bucket in self._buckets:
                return False
            self._buckets[bucket] = _Bucket()
            return True

    def delete_bucket(self, bucket: str) -> None:
        """Remove the bucket and its unfinished uploads."""
        with _lock:
            if self._bucket(bucket).objects:
                raise bucket_not_empty(bucket)
            del self._buckets[bucket]

    def read(self, bucket: str, key: str) -> Record | None:
        """Return the record of an object."""
        found = self._bucket(bucket).objects.get(key.encode())
        return None if found is None else found.record

    def open(self, bucket: str, key: str) -> tuple[Record, BinaryIO] | None:
        """Return an object's record and its bytes; a BytesIO shares them instead of copying."""
        found = self._bucket(bucket).objects.get(key.encode())
        return None if found is None else (found.record, io.BytesIO(found.body))

    def scan(self, bucket: str, low: bytes, high: bytes | None) -> MemoryScan:
        """Return a walk over the keys."""
        return MemoryScan(self._bucket(bucket), low, high)

    def stage(self, bucket: str, payload: Payload) -> StagedBytes:
        """Take the bytes."""
        self._bucket(bucket)
        return StagedBytes(as_bytes(payload))

    def stage_copy(self, bucket: str, key: str, source: Record) -> StagedBytes | None:
        """Take the bytes of an object, which both then share."""
        found = self._bucket(bucket).objects.get(key.encode())
        if found is None or found.record.data != source.data:
            return None
        return StagedBytes(found.body, found.record.crc32)

    def commit(self, bucket: str, key: str, decide: Decide, staged: Staged | None = None) -> Record | None:
        """Change what is at a key."""
        name = key.encode()
        with _lock:
            held = self._bucket(bucket)
            current = held.objects.get(name)
            before = None if current is None else current.record
            record = decide(before)
            if record is None:
                if current is not None:
                    del held.objects[name]
                    del held.order[bisect_left(held.order, name)]
                return before
            if isinstance(staged, StagedBytes):
                body = staged.body
            elif current is not None:
                body = current.body
            else:
                raise TypeError("a new object needs staged bytes")
            if current is None:
                insort(held.order, name)
            held.objects[name] = _Object(record, body)
            return before

    def create_upload(self, bucket: str, key: str) -> str:
        """Begin a multipart upload."""
        upload_id = secrets.token_hex(16)
        with _lock:
            self._bucket(bucket).uploads[upload_id] = _Upload(key, datetime.now(timezone.utc))
        return upload_id

    def _upload(self, bucket: str, key: str, upload_id: str) -> _Upload:
        upload = self._bucket(bucket).uploads.get(upload_id)
        if upload is None or upload.key != key:
            raise no_such_upload(upload_id)
        return upload

    def put_part(self, bucket: str, key: str, upload_id: str, number: int, payload: Payload) -> Part:
        """Take a part."""
        staged, etag = self.stage(bucket, payload), new_etag()
        with _lock:
            self._upload(bucket, key, upload_id).parts[number] = (etag, staged.body)
        return Part(number, etag, staged.size, staged.crc32)

    @contextmanager
    def assembled(
        self, bucket: str, key: str, upload_id: str, parts: Sequence[Part]
    ) -> Iterator[StagedBytes]:
        """Give the parts in a row."""
        check_part_order(parts)
        bodies: list[bytes] = []
        with _lock:  # who takes the upload away completes it; nobody else can meanwhile
            upload = self._upload(bucket, key, upload_id)
            for part in parts:
                etag, body = upload.parts.get(part.number, ("", b""))
                if etag != part.etag:
                    raise no_such_part(part.number)
                bodies.append(body)
            del self._bucket(bucket).uploads[upload_id]
        try:
            yield StagedBytes(b"".join(bodies))
        except BaseException:
            with _lock:
                held = self._buckets.get(bucket)
                if held is not None:
                    held.uploads[upload_id] = upload
            raise

    def abort_upload(self, bucket: str, key: str, upload_id: str) -> None:
        """Forget a multipart upload."""
        with _lock:
            self._upload(bucket, key, upload_id)
            del self._bucket(bucket).uploads[upload_id]

    def uploads(self, bucket: str) -> list[UnfinishedUpload]:
        """Return all unfinished multipart uploads."""
        with _lock:
            held = list(self._bucket(bucket).uploads.items())
        return [
            UnfinishedUpload(bucket=bucket, key=upload.key, upload_id=upload_id, started_at=upload.started_at)
            for upload_id, upload in held
        ]


class MemoryScan:
    """A walk that finds its place anew for every key, so that changes meanwhile do no harm."""

    def __init__(self, held: _Bucket, low: bytes, high: bytes | None) -> None:
        self._held = held
        self._low = low
        self._high = high

    def next(self) -> tuple[bytes, Record] | None:
        """Return the next key and its record."""
        with _lock:
            order = self._held.order
            place = bisect_left(order, self._low)
            if place == len(order) or (self._high is not None and order[place] >= self._high):
                return None
            key = order[place]
            record = self._held.objects[key].record
        self._low = key + b"\0"
        return key, record

    def seek(self, low: bytes) -> None:
        """Go on with the first key that is not below `low`."""
        self._low = max(self._low, low)
