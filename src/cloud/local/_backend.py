"""What the embedded client needs of a place to keep objects in: a folder or memory."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, BinaryIO, Protocol, TypeAlias

from cloud.common.errors import (
    ConflictError,
    IntegrityError,
    InvalidRequestError,
    NotFoundError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from cloud.common._bodies import Payload
    from cloud.common._storage_types import Part
    from cloud.common.models import UnfinishedUpload
    from cloud.local._record import Record

    Decide: TypeAlias = Callable[[Record | None], Record | None]
    """Gets what is at a key now and returns what shall be there; None for nothing. It raises to refuse."""


class Staged(Protocol):
    """Bytes that are stored and belong to no object yet.

    Used as a context manager; leaving it removes them, unless a commit has taken them.
    """

    @property
    def size(self) -> int:
        """Length in bytes."""

    @property
    def crc32(self) -> str:
        """CRC-32 in base64."""

    @property
    def data(self) -> str:
        """What `Record.data` must say for these bytes."""


class Scan(Protocol):
    """An ordered walk over the objects of one bucket, in the byte order of their UTF-8 keys.

    It sees every object that is there during the whole walk. One that is put or deleted meanwhile may or
    may not be seen.
    """

    def next(self) -> tuple[bytes, Record] | None:
        """Return the next key and its record; None at the end."""

    def seek(self, low: bytes) -> None:
        """Go on with the first key that is not below `low`. Never goes back."""


class Backend(Protocol):
    """A place to keep objects in. Safe between threads and after a fork.

    Every call but `bucket_exists` raises NotFoundError (``NoSuchBucket``) when the bucket is not there.
    """

    def buckets(self) -> list[str]:
        """Return the names of all buckets."""

    def bucket_exists(self, bucket: str) -> bool:
        """Return whether the bucket is there."""

    def create_bucket(self, bucket: str) -> bool:
        """Make the bucket; False when it was there."""

    def delete_bucket(self, bucket: str) -> None:
        """Remove the bucket and its unfinished uploads; ConflictError when it holds an object."""

    def read(self, bucket: str, key: str) -> Record | None:
        """Return the record of an object; None when there is none."""

    def open(self, bucket: str, key: str) -> tuple[Record, BinaryIO] | None:
        """Return an object's record and its bytes, which stay readable when it is replaced or deleted."""

    def scan(self, bucket: str, low: bytes, high: bytes | None) -> Scan:
        """Return a walk over the keys from `low` on and below `high`; None for no end."""

    def stage(self, bucket: str, payload: Payload) -> AbstractContextManager[Staged]:
        """Store the bytes of `payload`."""

    def stage_copy(self, bucket: str, key: str, source: Record) -> AbstractContextManager[Staged] | None:
        """Store the bytes of an object once more; None when it is not `source` any more."""

    def commit(self, bucket: str, key: str, decide: Decide, staged: Staged | None = None) -> Record | None:
        """Change what is at a key atomically, by what `decide` says; return what was there before.

        A record whose `data` is that of `staged` takes its bytes over; one with the `data` of the present
        record keeps the bytes. `decide` may be called more than once.
        """

    def create_upload(self, bucket: str, key: str) -> str:
        """Begin a multipart upload and return its id."""

    def put_part(self, bucket: str, key: str, upload_id: str, number: int, payload: Payload) -> Part:
        """Store a part; the one that had the number goes."""

    def assembled(
        self, bucket: str, key: str, upload_id: str, parts: Sequence[Part]
    ) -> AbstractContextManager[Staged]:
        """Give the parts in a row, to be committed inside the block.

        The upload is gone after the block, or as it was when the block is left by an exception.
        """

    def abort_upload(self, bucket: str, key: str, upload_id: str) -> None:
        """Remove a multipart upload and its parts."""

    def uploads(self, bucket: str) -> list[UnfinishedUpload]:
        """Return all unfinished multipart uploads."""


def no_such_bucket(bucket: str) -> NotFoundError:
    """Return the error for a bucket that is not there."""
    return NotFoundError(f"there is no bucket called {bucket!r}", provider_code="NoSuchBucket")


def no_such_key(bucket: str, key: str) -> NotFoundError:
    """Return the error for an object that is not there."""
    return NotFoundError(f"there is no object {key!r} in the bucket {bucket!r}", provider_code="NoSuchKey")


def no_such_upload(upload_id: str) -> NotFoundError:
    """Return the error for an upload that is not there."""
    return NotFoundError(
        f"there is no unfinished upload {upload_id!r}: it was completed or aborted",
        provider_code="NoSuchUpload",
    )


def bucket_not_empty(bucket: str, what: str = "objects") -> ConflictError:
    """Return the error for deleting a bucket that is not empty."""
    return ConflictError(
        f"the bucket {bucket!r} is not empty: it holds {what}", provider_code="BucketNotEmpty"
    )


def no_such_part(number: int) -> InvalidRequestError:
    """Return the error for completing an upload with a part that it does not have."""
    return InvalidRequestError(
        f"part {number} was not uploaded, or another one has taken its place", provider_code="InvalidPart"
    )


def part_changed(number: int, size: int, found: int) -> IntegrityError:
    """Return the error for a stored part that has another length than it was stored with."""
    return IntegrityError(f"part {number} has {found} bytes instead of the {size} that were stored")


def check_part_order(parts: Sequence[Part]) -> None:
    """Refuse a list of parts that is empty, or not in the order of its numbers.

    Raises:
        InvalidRequestError: with the code of S3, ``InvalidPartOrder`` or ``MalformedXML``.
    """
    if not parts:
        raise InvalidRequestError(
            "an upload is completed with at least one part", provider_code="MalformedXML"
        )
    numbers = [part.number for part in parts]
    if any(after <= before for before, after in pairwise(numbers)):
        raise InvalidRequestError(
            f"the parts must be in the order of their numbers, each once, not {numbers}",
            provider_code="InvalidPartOrder",
        )
