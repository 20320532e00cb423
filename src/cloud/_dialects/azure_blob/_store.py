"""The storage hooks over Azure Blob Storage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud._dialects._wire_store import WireStore
from cloud._dialects.azure_blob._addressing import bucket_problem, key_problem
from cloud._dialects.azure_blob._errors import translate
from cloud._dialects.azure_blob._operations import Operations
from cloud._dialects.azure_blob._options import AzureOptions
from cloud._dialects.azure_blob._setup import EXTRA, AzureSetup
from cloud.common._redact import Secret
from cloud.common._storage_types import (
    BatchDeleteHooks,
    PartLimits,
    PresignHooks,
    TagHooks,
    UnfinishedUploadHooks,
    VersionHooks,
)
from cloud.common.enums import Capability

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    from cloud.common.models import DeleteResult, UnfinishedUpload

MIB = 1 << 20
# https://learn.microsoft.com/azure/storage/blobs/scalability-targets#scale-targets-for-blob-storage
_LIMITS = PartLimits(min_part=1, max_part=4000 * MIB, max_parts=50_000, max_single_put=5000 * MIB)
_ALWAYS = frozenset({
    Capability.BATCH_DELETE,
    Capability.CONDITIONAL_COPY,
    Capability.CONDITIONAL_CREATE,
    Capability.CONDITIONAL_DELETE,
    Capability.CONDITIONAL_REPLACE,
    Capability.CONTENT_ENCODING,
    Capability.STORAGE_CLASS,
    Capability.UNFINISHED_UPLOADS,
})  # fmt: skip  # one a line
_SIGNED = frozenset({Capability.PRESIGNED_URL, Capability.PRESIGNED_RESPONSE_HEADERS})
_BY_HOOKS: tuple[tuple[type, tuple[Capability, ...]], ...] = (
    (TagHooks, (Capability.TAGS,)),
    (VersionHooks, (Capability.VERSIONS,)),
    (PresignHooks, tuple(_SIGNED)),
)


class AzureObjectStore(WireStore[Operations], BatchDeleteHooks, UnfinishedUploadHooks):
    """Objects and containers of one storage account; the hot operations, on the library's own wire."""

    service_name = "blob"
    lists_upload_ids = False  # it lists keys that have blocks
    tells_missing_on_delete = True
    batch_delete_limit = 256
    """https://learn.microsoft.com/rest/api/storageservices/blob-batch#remarks"""

    def __init__(
        self,
        credentials: CloudCredentials | None = None,
        *,
        account_url: str | Secret | None = None,
        connection_string: str | Secret | None = None,
        anonymous: bool = False,
        timeout: float | tuple[float, float] | None = None,
        retry: RetryPolicy | None = None,
        limits: Limiter | None = None,
        observers: Sequence[Observer] = (),
        transfer: TransferConfig | None = None,
        options: AzureOptions | None = None,
    ) -> None:
        # Rebound before anything can raise: they may hold a signature or a key.
        account_url = Secret.of(account_url)
        connection_string = Secret.of(connection_string, variable="AZURE_STORAGE_CONNECTION_STRING")
        has_signature = account_url is not None and "?" in account_url.reveal()
        arguments: dict[str, Any] = {
            "credentials": credentials,
            "account_url": account_url if has_signature or account_url is None else account_url.reveal(),
            "connection_string": connection_string,
            "anonymous": anonymous,
            "timeout": timeout,
            "retry": retry,
            "limits": limits,
            "observers": observers,
            "transfer": transfer,
            "options": options,
        }
        super().__init__(sdk="azure.storage.blob", extra=EXTRA, arguments=arguments)
        self._setup = AzureSetup(
            credentials=credentials,
            account_url=account_url,
            connection_string=connection_string,
            anonymous=anonymous,
            timeout=timeout,
            options=options or AzureOptions(),
        )
        own = (more for kind, more in _BY_HOOKS if isinstance(self, kind))
        self._capabilities = _ALWAYS.union(*own).difference(() if self._setup.can_sign else _SIGNED)

    # -- the client itself -------------------------------------------------------------------------------------
    @property
    def native(self) -> Any:
        """The SDK's ``BlobServiceClient`` with the same settings, without retries. Made at first use."""
        return self._setup.native()

    def _make_ops(self) -> Operations:
        return Operations(self._setup.exchange(), self._setup.options)

    def _now(self) -> float:
        """Return the time in seconds since the epoch."""
        return self._ops.exchange.now()

    def _translate(self, exc: Exception, context: ErrorContext) -> CloudError | None:
        return translate(exc, context)

    @property
    def _part_limits(self) -> PartLimits:
        return _LIMITS

    def _bucket_problem(self, bucket: str) -> str | None:
        return bucket_problem(bucket)

    def _key_problem(self, key: str) -> str | None:
        return key_problem(key)

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
        from cloud._dialects.azure_blob import _batch

        return self._delete_results(bucket, keys, _batch.delete(self._ops, bucket, keys))

    def _copy(self, request: CopyRequest) -> Stored:
        from cloud._dialects.azure_blob import _copy

        sleep = self._runtime._sleep  # noqa: SLF001  # waits as retries do, so that tests need not
        return _copy.copy(self._ops, request, sleep)

    def _create_upload(self, request: PutRequest) -> str:  # noqa: ARG002  # Azure need not be told
        from cloud._dialects.azure_blob import _blocks

        return _blocks.begin()

    def _put_part(self, upload: Upload, number: int, payload: Payload) -> Part:
        from cloud._dialects.azure_blob import _blocks

        return _blocks.put_part(self._ops, upload, number, payload)

    def _complete_upload(self, upload: Upload, parts: Sequence[Part]) -> Stored:
        from cloud._dialects.azure_blob import _blocks

        return _blocks.complete(self._ops, upload, parts)

    def _abort_upload(self, upload: Upload) -> None:
        from cloud._dialects.azure_blob import _blocks

        _blocks.abort(self._ops, upload)

    def _list_uploads_page(self, request: ListRequest) -> Page[UnfinishedUpload]:
        from cloud._dialects.azure_blob import _blocks

        return _blocks.list_page(self._ops, request)
