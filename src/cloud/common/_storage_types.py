"""What the storage template hands to a provider's hooks, and what it gets back.

Everything here is validated before a hook sees it. New fields never break a provider.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from cloud.common.models import EMPTY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from cloud.common._checksums import ChecksumAlgorithm
    from cloud.common._paging import Page
    from cloud.common._pieces import Pieces
    from cloud.common.models import (
        DeleteResult,
        ObjectInfo,
        PresignedPost,
        PresignedUrl,
        UnfinishedUpload,
    )


class GetRequest(NamedTuple):
    """A read of one object, whole or a range of it.

    Attributes:
        start: first byte; negative counts from the end (then `end` is None).
        end: byte after the last; None for the end of the object.
        if_match: only if the ETag is this one.
        if_none_match: only if the ETag is not this one.
        if_modified_since: only if stored after this moment.
        version_id: this version instead of the newest.
        piece: the answer may be a beginning of what is asked for, of at most so many bytes, where the service
            has checksums of such ranges only, and the pieces of the object are asked for where it has those of
            them; None for all by one answer.
    """

    bucket: str
    key: str
    start: int = 0
    end: int | None = None
    if_match: str | None = None
    if_none_match: str | None = None
    if_modified_since: datetime | None = None
    version_id: str | None = None
    piece: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the whole object is asked for."""
        return self.start == 0 and self.end is None


class PutRequest(NamedTuple):
    """A write of one object: everything but its bytes."""

    bucket: str
    key: str
    content_type: str
    cache_control: str | None = None
    content_encoding: str | None = None
    content_disposition: str | None = None
    content_language: str | None = None
    metadata: Mapping[str, str] = EMPTY
    tags: Mapping[str, str] = EMPTY
    storage_class: str | None = None
    if_absent: bool = False
    if_match: str | None = None


class CopyRequest(NamedTuple):
    """A copy inside one provider.

    Attributes:
        source: the object as it is now; its ETag pins what is copied where the provider can.
        target: where to, and with which headers and metadata.
        replace_metadata: whether `target`'s headers and metadata replace the source's.
    """

    source: ObjectInfo
    target: PutRequest
    replace_metadata: bool


class DeleteRequest(NamedTuple):
    """A delete of one object or one version."""

    bucket: str
    key: str
    version_id: str | None = None
    if_match: str | None = None


class ListRequest(NamedTuple):
    """One page of a listing. `token` is the provider's own and goes back to it unchanged."""

    bucket: str
    prefix: str
    delimiter: str | None
    start_after: str | None
    page_size: int
    token: str | None


class PresignRequest(NamedTuple):
    """A URL that does one thing without credentials."""

    bucket: str
    key: str
    method: str
    expires_in: int
    content_type: str | None = None
    version_id: str | None = None
    response_headers: Mapping[str, str] = EMPTY


class PresignPostRequest(NamedTuple):
    """A form that uploads one object without credentials."""

    bucket: str
    key: str
    expires_in: int
    min_size: int
    max_size: int
    content_type: str | None = None
    metadata: Mapping[str, str] = EMPTY


@dataclass(frozen=True, slots=True)
class Upload:
    """A multipart upload in progress."""

    request: PutRequest
    upload_id: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part that the service has stored.

    Attributes:
        number: place in the object, from 1.
        etag: the service's tag for it.
        size: length in bytes.
        checksum: the service's encoding of its checksum, when one was sent.
    """

    number: int
    etag: str
    size: int
    checksum: str | None = None


class Stored(NamedTuple):
    """What the service says that it has stored."""

    etag: str | None = None
    version_id: str | None = None


class PartLimits(NamedTuple):
    """Limits of multipart uploads; sizes in bytes.

    Attributes:
        min_part: smallest part but the last.
        max_part: largest part.
        max_parts: how many parts an object may have.
        max_single_put: largest body of one plain write.
        equal_parts: whether all parts but the last must have one size.
    """

    min_part: int
    max_part: int
    max_parts: int
    max_single_put: int
    equal_parts: bool = False


class ObjectBody(ABC):
    """The open answer to a read. Closing it early drops what was not read.

    Attributes:
        info: the object; `size` is the whole object's also for a range.
        start: where in the object the first byte of this answer is.
        length: how many bytes this answer holds.
        checksum: algorithm and base64 value of the whole object's checksum, when the service named one
            that can be computed here; None otherwise.
        range_checksum: likewise of exactly the bytes of this answer.
        asked_end: up to where the service was asked for when that is less than the request; see `GetRequest.piece`.
        pieces: checksums of the pieces that make the whole object, likewise.
    """

    info: ObjectInfo
    start: int
    length: int
    checksum: tuple[ChecksumAlgorithm, str] | None = None
    range_checksum: tuple[ChecksumAlgorithm, str] | None = None
    asked_end: int | None = None
    pieces: Pieces | None = None

    @abstractmethod
    def readinto(self, buffer: memoryview) -> int:
        """Fill `buffer` from its start and return how many bytes; 0 only at the end of the answer."""

    @abstractmethod
    def read_all(self) -> bytes:
        """Return everything that is left of the answer."""

    @abstractmethod
    def close(self) -> None:
        """Give up the connection, or back to the pool when everything was read. Idempotent."""


class BatchDeleteHooks(ABC):
    """Behind `Capability.BATCH_DELETE`."""

    batch_delete_limit: int

    @abstractmethod
    def _delete_batch(self, bucket: str, keys: Sequence[str]) -> list[DeleteResult]:
        """Delete up to `batch_delete_limit` keys by one request; one result per key, in order."""


class TagHooks(ABC):
    """Behind `Capability.TAGS`."""

    @abstractmethod
    def _get_tags(self, bucket: str, key: str, version_id: str | None) -> dict[str, str]:
        """Return the object's tags."""

    @abstractmethod
    def _set_tags(self, bucket: str, key: str, version_id: str | None, tags: Mapping[str, str]) -> None:
        """Replace the object's tags by these."""


class VersionHooks(ABC):
    """Behind `Capability.VERSIONS`."""

    @abstractmethod
    def _list_versions_page(self, request: ListRequest) -> Page[ObjectInfo]:
        """Return one page of versions, newest first for each key, delete markers included."""


class PresignHooks(ABC):
    """Behind `Capability.PRESIGNED_URL`."""

    max_presign_seconds: int

    @abstractmethod
    def _presign(self, request: PresignRequest) -> PresignedUrl:
        """Return the URL, and the headers that its use needs."""


class PresignPostHooks(ABC):
    """Behind `Capability.PRESIGNED_POST`."""

    @abstractmethod
    def _presign_post(self, request: PresignPostRequest) -> PresignedPost:
        """Return the form."""


class UnfinishedUploadHooks(ABC):
    """Behind `Capability.UNFINISHED_UPLOADS`.

    Class attributes:
        lists_upload_ids: whether a listed upload has the id that `_create_upload` returned.
    """

    lists_upload_ids: ClassVar[bool] = True

    @abstractmethod
    def _list_uploads_page(self, request: ListRequest) -> Page[UnfinishedUpload]:
        """Return one page of uploads that were neither completed nor aborted."""
