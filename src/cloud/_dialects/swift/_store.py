"""The storage hooks over Swift: what every Swift client shares."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from cloud._dialects._wire_store import WireStore
from cloud._dialects.swift._errors import translate
from cloud._dialects.swift._operations import Operations
from cloud._dialects.swift._options import SwiftOptions
from cloud._dialects.swift._setup import SwiftSetup
from cloud.common._storage_types import BatchDeleteHooks, PartLimits, UnfinishedUploadHooks, VersionHooks
from cloud.common.enums import Capability

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud._dialects.swift._setup import Connection
    from cloud.common._bodies import Payload
    from cloud.common._engine import TransferConfig
    from cloud.common._observe import Observer
    from cloud.common._paging import Page
    from cloud.common._ratelimit import Limiter
    from cloud.common._retry import RetryPolicy
    from cloud.common._storage_types import (
        CopyRequest,
        DeleteRequest,
        ListRequest,
        Part,
        PutRequest,
        Stored,
        Upload,
    )
    from cloud.common.credentials import CloudCredentials
    from cloud.common.errors import CloudError, ErrorContext
    from cloud.common.models import DeleteResult, ObjectInfo, UnfinishedUpload

MAX_CONTAINER_BYTES = 256
"""``max_container_name_length``: https://docs.openstack.org/swift/latest/config/"""
MAX_OBJECT_BYTES = 5 << 30
"""``max_file_size``, 5 GiB and 2 bytes: https://docs.openstack.org/swift/latest/api/large_objects.html"""
MAX_PARTS = 10_000
"""Ours: a manifest holds 1,000 segments unless the cluster says otherwise, and manifests may be nested."""
# Swift takes If-None-Match: * on a PUT and looks and stores in two steps: of 16 racing writers up to 16 won. It
# ignores If-Match on PUT and DELETE, has no tags and no storage class of an object (policies are a container's),
# and its forms append the sender's file name to the key.
# https://docs.openstack.org/swift/latest/s3_compat.html, https://docs.openstack.org/api-ref/object-store/
UNSUPPORTED = frozenset({
    "conditional_create", "conditional_replace", "conditional_delete", "tags", "storage_class",
    "presigned_post", "presigned_content_type", "presigned_response_headers",
})  # fmt: skip  # one line reads best


class SwiftObjectStore(WireStore[Operations], BatchDeleteHooks, VersionHooks, UnfinishedUploadHooks):
    """Objects and containers over the Swift protocol, on the library's own wire.

    Class attributes:
        extra: the installation extra that brings the SDK.
    """

    service_name = "swift"
    scheme = "swift"
    tells_missing_on_delete = True
    batch_delete_limit = 1000
    extra: str

    def __init__(
        self,
        credentials: CloudCredentials | None = None,
        *,
        region: str | None = None,
        endpoint_url: str | None = None,
        profile: str | None = None,
        timeout: float | tuple[float, float] | None = None,
        retry: RetryPolicy | None = None,
        limits: Limiter | None = None,
        observers: Sequence[Observer] = (),
        transfer: TransferConfig | None = None,
        options: SwiftOptions | None = None,
    ) -> None:
        arguments: dict[str, Any] = {
            "credentials": credentials,
            "region": region,
            "endpoint_url": endpoint_url,
            "profile": profile,
            "timeout": timeout,
            "retry": retry,
            "limits": limits,
            "observers": observers,
            "transfer": transfer,
            "options": options,
        }
        super().__init__(sdk="openstack", extra=self.extra, arguments=arguments)
        options = options or SwiftOptions()
        if credentials is None and profile is None:
            credentials = self._default_credentials()
        self._setup = SwiftSetup(
            credentials=credentials,
            endpoint_url=endpoint_url,
            timeout=timeout,
            options=options,
            connection=self._connect(credentials, profile, region, options),
        )
        self._capabilities = frozenset(c for c in Capability if c.value not in UNSUPPORTED)
        self._known_buckets: set[str] = set()

    @classmethod
    @abstractmethod
    def _default_credentials(cls) -> CloudCredentials | None:
        """Return what to log in with when nothing is given; None for the SDK's own chain."""

    @abstractmethod
    def _connect(
        self,
        credentials: CloudCredentials | None,
        profile: str | None,
        region: str | None,
        options: SwiftOptions,
    ) -> Connection:
        """Return the provider's login; nothing is sent and no SDK is loaded by it."""

    # -- the client itself -------------------------------------------------------------------------------------
    @property
    def region(self) -> str | None:
        """Region of the catalogue's endpoint; None for whatever it names first."""
        return self._setup.connection.region()

    @property
    def native(self) -> Any:
        """The SDK's own ``openstack.connection.Connection`` with the same login. Made at first use."""
        return self._setup.native()

    def close(self) -> None:
        """Close all connections; the next call opens new ones."""
        super().close()
        self._setup.connection.close()

    def _make_ops(self) -> Operations:
        return Operations(self._setup.exchange())

    def _now(self) -> float:
        """Return the time in seconds since the epoch."""
        return self._setup.clock()

    def _translate(self, exc: Exception, context: ErrorContext) -> CloudError | None:
        return translate(exc, context)

    @property
    def _part_limits(self) -> PartLimits:
        return PartLimits(
            min_part=1, max_part=MAX_OBJECT_BYTES, max_parts=MAX_PARTS, max_single_put=MAX_OBJECT_BYTES
        )

    def _bucket_problem(self, bucket: str) -> str | None:
        if bucket in self._known_buckets:
            return None
        if "/" in bucket or bucket in {".", ".."}:
            return "a container's name has no slash and is neither '.' nor '..'"
        if any(ord(character) < 0x20 or character == "\x7f" for character in bucket):
            return "a container's name has no control characters here"
        try:
            size = len(bucket.encode())
        except UnicodeEncodeError:
            return "it holds a lone surrogate, which UTF-8 cannot"
        if size > MAX_CONTAINER_BYTES:
            return f"it has {size} bytes in UTF-8; at most {MAX_CONTAINER_BYTES} are possible"
        self._known_buckets.add(bucket)
        return None

    def _key_problem(self, key: str) -> str | None:
        return "Swift holds no NUL characters" if "\x00" in key else None

    # -- hooks: one operation each -------------------------------------------------------------------------------
    def _list_buckets(self) -> list[str]:
        return self._ops.list_buckets()

    def _create_bucket(self, name: str) -> bool:
        return self._ops.create_bucket(name)

    def _put(self, request: PutRequest, payload: Payload) -> Stored:
        return self._ops.put(request, payload)

    def _delete(self, request: DeleteRequest) -> bool:
        return self._ops.delete(request)

    def _delete_batch(self, bucket: str, keys: Sequence[str]) -> list[DeleteResult]:
        return self._delete_results(bucket, keys, self._ops.delete_batch(bucket, keys))

    def _list_versions_page(self, request: ListRequest) -> Page[ObjectInfo]:
        return self._ops.list_versions_page(request)

    def _copy(self, request: CopyRequest) -> Stored:
        return self._ops.copy(request)

    def _create_upload(self, request: PutRequest) -> str:
        from cloud._dialects.swift import _segments

        return _segments.begin(self._ops.large, request)

    def _put_part(self, upload: Upload, number: int, payload: Payload) -> Part:
        from cloud._dialects.swift import _segments

        return _segments.put_part(self._ops.large, upload, number, payload)

    def _complete_upload(self, upload: Upload, parts: Sequence[Part]) -> Stored:
        from cloud._dialects.swift import _segments

        return _segments.complete(self._ops.large, upload, parts)

    def _abort_upload(self, upload: Upload) -> None:
        from cloud._dialects.swift import _segments

        _segments.abort(self._ops.large, upload)

    def _list_uploads_page(self, request: ListRequest) -> Page[UnfinishedUpload]:
        from cloud._dialects.swift import _segments

        return _segments.list_uploads_page(self._ops.large, request)
