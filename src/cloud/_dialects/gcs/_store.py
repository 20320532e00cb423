"""The storage hooks over Google Cloud Storage: the hot operations, on the library's own wire."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from cloud._dialects.gcs._errors import translate
from cloud._dialects.gcs._names import bucket_problem, key_problem
from cloud._dialects.gcs._operations import Operations
from cloud._dialects.gcs._options import GCSOptions
from cloud._dialects.gcs._setup import GCSSetup
from cloud.common._base_storage import BaseStorageClient
from cloud.common._fork import renew_after_fork
from cloud.common._lazy import require_installed
from cloud.common._storage_types import BatchDeleteHooks, UnfinishedUploadHooks, VersionHooks
from cloud.common.enums import Capability

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cloud.common._bodies import Payload
    from cloud.common._engine import TransferConfig
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
    from cloud.common.credentials import CloudCredentials
    from cloud.common.errors import CloudError, ErrorContext
    from cloud.common.models import DeleteResult, ObjectInfo, UnfinishedUpload


class GCSObjectStore(BaseStorageClient, BatchDeleteHooks, VersionHooks, UnfinishedUploadHooks):
    """Objects and buckets of Google Cloud Storage.

    An ETag here is an object's generation, which changes with its bytes and not with its metadata: that is what
    the service compares. The `version_id` is the same number.

    Class attributes:
        extra: the installation extra that brings the SDK.
    """

    service_name = "gcs"
    tells_missing_on_delete = True
    batch_delete_limit = 100  # https://cloud.google.com/storage/docs/batch#overview
    extra: str

    def __init__(
        self,
        credentials: CloudCredentials | None = None,
        *,
        project: str | None = None,
        region: str | None = None,
        endpoint_url: str | None = None,
        service: str | None = None,
        anonymous: bool = False,
        timeout: float | tuple[float, float] | None = None,
        retry: RetryPolicy | None = None,
        limits: Limiter | None = None,
        observers: Sequence[Observer] = (),
        transfer: TransferConfig | None = None,
        options: GCSOptions | None = None,
    ) -> None:
        require_installed("google.cloud.storage", extra=self.extra)
        require_installed("httptools", extra=self.extra)
        super().__init__(retry=retry, limits=limits, observers=observers, transfer=transfer)
        self._setup = GCSSetup(
            credentials=credentials,
            project=project,
            endpoint_url=endpoint_url,
            service=service,
            anonymous=anonymous,
            region=region,
            timeout=timeout,
            options=options or GCSOptions(),
            extra=self.extra,
        )
        self._arguments: dict[str, Any] = {
            "credentials": credentials,
            "project": project,
            "region": region,
            "endpoint_url": endpoint_url,
            "service": service,
            "anonymous": anonymous,
            "timeout": timeout,
            "retry": retry,
            "limits": limits,
            "observers": observers,
            "transfer": transfer,
            "options": options,
        }
        unsupported = self._setup.service.unsupported
        self._capabilities = frozenset(
            capability for capability in Capability if capability.value not in unsupported
        )
        self._refused_keys = self._setup.service.refused_keys
        self._lazy_ops: Operations | None = None
        self._ops_lock = threading.Lock()
        renew_after_fork(self, "_ops_lock")
        self._known_buckets: set[str] = set()

    # -- the client itself -------------------------------------------------------------------------------------
    @property
    def capabilities(self) -> frozenset[Capability]:
        """What the server behind this client can do beyond the contract, by its profile."""
        return self._capabilities

    @property
    def region(self) -> str | None:
        """Location of the buckets that this client creates; None for the service's default."""
        return self._setup.region

    @property
    def project(self) -> str | None:
        """Project of the buckets; None when nobody named one. It may have to load the credentials."""
        return self._setup.project()

    @property
    def native(self) -> Any:
        """google-cloud-storage's client with the same settings. Made at first use.

        It has no switch for its retries: pass ``retry=None`` where a call must not be repeated.
        """
        return self._setup.native()

    def close(self) -> None:
        """Close all connections; the next call opens new ones."""
        with self._ops_lock:
            ops, self._lazy_ops = self._lazy_ops, None
        if ops is not None:
            ops.exchange.transport.close()

    def _constructor(self) -> tuple[Any, tuple[Any, ...], Mapping[str, Any]]:
        return type(self), (), self._arguments

    @property
    def _ops(self) -> Operations:
        found = self._lazy_ops
        if found is None:
            with self._ops_lock:
                found = self._lazy_ops
                if found is None:
                    setup = self._setup
                    found = self._lazy_ops = Operations(setup.exchange(), setup.service, setup.options)
        return found

    @staticmethod
    def _now() -> float:
        """Return the present in seconds since the epoch."""
        return time.time()

    def _translate(self, exc: Exception, context: ErrorContext) -> CloudError | None:
        return translate(exc, context)

    @property
    def _part_limits(self) -> PartLimits:
        from cloud._dialects.gcs._parts import LIMITS

        return LIMITS

    def _bucket_problem(self, bucket: str) -> str | None:
        if bucket in self._known_buckets:
            return None
        problem = bucket_problem(bucket)
        if problem is None:
            self._known_buckets.add(bucket)
        return problem

    def _key_problem(self, key: str) -> str | None:
        refused = self._refused_keys
        if refused is not None and refused.search(key):
            return f"{self._setup.service.name} cannot store it"
        return key_problem(key)

    # -- hooks: one operation each -----------------------------------------------------------------------------
    def _list_buckets(self) -> list[str]:
        return self._ops.list_buckets(self._setup.needed_project())

    def _create_bucket(self, name: str) -> bool:
        return self._ops.create_bucket(name, self._setup.needed_project(), self._setup.region)

    def _delete_bucket(self, name: str) -> None:
        self._ops.delete_bucket(name)

    def _bucket_exists(self, name: str) -> bool:
        return self._ops.bucket_exists(name)

    def _head(self, request: GetRequest) -> ObjectInfo:
        return self._ops.head(request)

    def _get(self, request: GetRequest) -> ObjectBody:
        return self._ops.get(request)

    def _put(self, request: PutRequest, payload: Payload) -> Stored:
        from cloud._dialects.gcs import _uploads

        return _uploads.put(self._ops, request, payload)

    def _delete(self, request: DeleteRequest) -> bool:
        return self._ops.delete(request)

    def _delete_batch(self, bucket: str, keys: Sequence[str]) -> list[DeleteResult]:
        from cloud._dialects.gcs import _batch
        from cloud.common._records import DeleteResult

        failed = _batch.delete(self._ops, bucket, [(key, None) for key in keys])
        context = self._runtime.context("delete_files", bucket)
        return [
            DeleteResult(key=key, error=translate(failed[place], context) if place in failed else None)
            for place, key in enumerate(keys)
        ]

    def _list_page(self, request: ListRequest) -> Page[ObjectInfo]:
        from cloud._dialects.gcs import _listing

        return _listing.list_page(self._ops.exchange, request)

    def _list_versions_page(self, request: ListRequest) -> Page[ObjectInfo]:
        from cloud._dialects.gcs import _listing

        return _listing.versions_page(self._ops.exchange, request)

    def _copy(self, request: CopyRequest) -> Stored:
        from cloud._dialects.gcs import _copy

        return _copy.copy(self._ops, request)

    def _create_upload(self, request: PutRequest) -> str:
        from cloud._dialects.gcs import _parts

        return _parts.begin(self._ops, request)

    def _put_part(self, upload: Upload, number: int, payload: Payload) -> Part:
        from cloud._dialects.gcs import _parts

        return _parts.put_part(self._ops, upload, number, payload)

    def _complete_upload(self, upload: Upload, parts: Sequence[Part]) -> Stored:
        from cloud._dialects.gcs import _parts

        return _parts.complete(self._ops, upload, parts)

    def _abort_upload(self, upload: Upload) -> None:
        from cloud._dialects.gcs import _parts

        _parts.abort(self._ops, upload)

    def _list_uploads_page(self, request: ListRequest) -> Page[UnfinishedUpload]:
        from cloud._dialects.gcs import _parts

        return _parts.unfinished_page(self._ops, request)
