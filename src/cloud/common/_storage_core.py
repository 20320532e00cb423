"""The hooks of a storage provider, and the checks that every operation shares."""

from __future__ import annotations

import re
from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, TypeVar

from cloud.common._base_resource import BaseClient
from cloud.common._engine import TransferConfig
from cloud.common.errors import InvalidRequestError
from cloud.common.models import EMPTY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cloud.common._bodies import Payload
    from cloud.common._observe import Observer
    from cloud.common._paging import Page
    from cloud.common._ratelimit import Limiter
    from cloud.common._retry import RetryPolicy
    from cloud.common._storage_types import (
        CopyRequest,
        DeleteRequest,
        GetRequest,
        ListRequest,
        ObjectBody,
        Part,
        PartLimits,
        PutRequest,
        Stored,
        Upload,
    )
    from cloud.common.enums import Capability
    from cloud.common.models import ObjectInfo

T = TypeVar("T")
MAX_KEY_BYTES = 1024  # S3, Google Cloud Storage, Azure Blob and Swift document 1,024
MAX_METADATA_BYTES = (
    2048  # the least of all: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
)
_METADATA_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?")
_PRINTABLE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")


class StorageCore(BaseClient):
    """The hooks. A hook gets checked arguments, talks to the service and lets its errors escape.

    No hook has a default, calls another hook, or catches. What only some providers can do is a class of its
    own in ``_storage_types`` and stands behind a `Capability`.

    Class attributes:
        scheme: scheme of the URIs that `upload_file` returns; an instance may have its own.
        tells_missing_on_delete: whether `_delete` knows if something was there; otherwise the template
            asks before.
    """

    scheme: str
    tells_missing_on_delete: ClassVar[bool]

    def __init__(
        self,
        *,
        retry: RetryPolicy | None = None,
        limits: Limiter | None = None,
        observers: Sequence[Observer] = (),
        transfer: TransferConfig | None = None,
    ) -> None:
        super().__init__(retry=retry, limits=limits, observers=observers)
        self._transfer = transfer or TransferConfig()

    @property
    @abstractmethod
    def capabilities(self) -> frozenset[Capability]:
        """What this client can do beyond the contract."""

    # -- hooks ---------------------------------------------------------------------------------------------
    @property
    @abstractmethod
    def _part_limits(self) -> PartLimits:
        """Limits of multipart uploads."""

    @abstractmethod
    def _bucket_problem(self, bucket: str) -> str | None:
        """Return why the provider cannot hold a bucket of this name; None when it can."""

    @abstractmethod
    def _key_problem(self, key: str) -> str | None:
        """Return why the provider cannot hold this key byte-exactly; None when it can."""

    @abstractmethod
    def _list_buckets(self) -> list[str]:
        """Return all bucket names."""

    @abstractmethod
    def _create_bucket(self, name: str) -> bool:
        """Create the bucket; False when it was there and ours."""

    @abstractmethod
    def _delete_bucket(self, name: str) -> None:
        """Delete the empty bucket; NotFoundError when there is none, ConflictError when it is not empty."""

    @abstractmethod
    def _bucket_exists(self, name: str) -> bool:
        """Return whether the bucket is there."""

    @abstractmethod
    def _head(self, request: GetRequest) -> ObjectInfo:
        """Return the object's info."""

    @abstractmethod
    def _get(self, request: GetRequest) -> ObjectBody:
        """Return the open answer to a read."""

    @abstractmethod
    def _put(self, request: PutRequest, payload: Payload) -> Stored:
        """Store one object atomically."""

    @abstractmethod
    def _delete(self, request: DeleteRequest) -> bool:
        """Delete one object; whether something was there, if `tells_missing_on_delete`."""

    @abstractmethod
    def _list_page(self, request: ListRequest) -> Page[ObjectInfo]:
        """Return one page of objects in the byte order of their UTF-8 keys."""

    @abstractmethod
    def _copy(self, request: CopyRequest) -> Stored:
        """Copy one object inside the provider, atomically, of any size."""

    @abstractmethod
    def _create_upload(self, request: PutRequest) -> str:
        """Begin a multipart upload and return its id."""

    @abstractmethod
    def _put_part(self, upload: Upload, number: int, payload: Payload) -> Part:
        """Store one part; a second one of the same number replaces the first."""

    @abstractmethod
    def _complete_upload(self, upload: Upload, parts: Sequence[Part]) -> Stored:
        """Make the object visible; the upload's conditions are checked now."""

    @abstractmethod
    def _abort_upload(self, upload: Upload) -> None:
        """Remove the parts; NotFoundError when the upload is gone already."""

    # -- shared checks -------------------------------------------------------------------------------------
    def _run(self, operation: str, resource: str, call: Callable[[], T], *, idempotent: bool = True) -> T:
        return self._runtime.run(operation, resource, call, idempotent=idempotent)

    def _check_bucket(self, bucket: str) -> None:
        if not isinstance(bucket, str) or not bucket:
            raise InvalidRequestError(f"the bucket must be a name, not {bucket!r}")
        problem = self._bucket_problem(bucket)
        if problem is not None:
            raise InvalidRequestError(f"the bucket name {bucket!r} is not possible here: {problem}")

    def _check_key(self, bucket: str, key: str) -> None:
        self._check_bucket(bucket)
        if not isinstance(key, str) or not key:
            raise InvalidRequestError(f"the key must be text of at least one character, not {key!r}")
        try:
            size = len(key) if key.isascii() else len(key.encode())
        except UnicodeEncodeError:
            raise InvalidRequestError(f"the key {key!r} holds a lone surrogate, which UTF-8 cannot") from None
        if size > MAX_KEY_BYTES:
            raise InvalidRequestError(
                f"the key has {size} bytes in UTF-8; at most {MAX_KEY_BYTES} are possible"
            )
        problem = self._key_problem(key)
        if problem is not None:
            raise InvalidRequestError(f"the key {key!r} is not possible here: {problem}")

    def _uri(self, bucket: str, key: str) -> str:
        return f"{self.scheme}://{bucket}/{key}"


def checked_metadata(metadata: Mapping[str, str] | None) -> Mapping[str, str]:
    """Return `metadata` with lower-case names, after checking that every provider can hold it.

    Raises:
        InvalidRequestError: a name or value cannot be stored unchanged by every provider.
    """
    if not metadata:
        return EMPTY
    result: dict[str, str] = {}
    for name, value in metadata.items():
        lower = name.lower()
        if not _METADATA_NAME.fullmatch(lower):
            raise InvalidRequestError(
                f"the metadata name {name!r} is not possible: letters, digits, '_' and inner '-' are"
            )
        if lower in result:
            raise InvalidRequestError(f"the metadata name {name!r} is there twice; names ignore case")
        if not isinstance(value, str) or not (value == "" or _PRINTABLE.fullmatch(value)):
            raise InvalidRequestError(
                f"the metadata value of {name!r} must be printable ASCII text without outer spaces",
                hint="encode other text, for example with urllib.parse.quote",
            )
        result[lower] = value
    size = sum(len(name) + len(value) for name, value in result.items())
    if size > MAX_METADATA_BYTES:
        raise InvalidRequestError(f"the metadata has {size} bytes; at most {MAX_METADATA_BYTES} are possible")
    return result


def checked_tags(tags: Mapping[str, str] | None) -> Mapping[str, str]:
    """Return `tags` after checking them against the limits that all providers share.

    At most 10 tags, names of 1 to 128 and values of up to 256 characters:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
    """
    if not tags:
        return EMPTY
    if len(tags) > 10:
        raise InvalidRequestError(f"{len(tags)} tags; at most 10 are possible")
    for name, value in tags.items():
        if not 1 <= len(name) <= 128 or not isinstance(value, str) or len(value) > 256:
            raise InvalidRequestError(
                f"the tag {name!r} is not possible: names have 1 to 128 characters, values up to 256"
            )
    return dict(tags)


def checked_header(name: str, value: str | None) -> str | None:
    """Return a header value after refusing what HTTP cannot carry."""
    if value is not None and not _PRINTABLE.fullmatch(value):
        raise InvalidRequestError(f"{name} must be printable ASCII text without outer spaces, not {value!r}")
    return value
