"""Leases: nobody else changes a blob or a container while one is held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

from cloud._dialects.azure_blob._native import blob_client, call_sdk
from cloud._dialects.azure_blob._store import AzureObjectStore
from cloud.common.errors import InvalidRequestError

if TYPE_CHECKING:
    from cloud._dialects.azure_blob._records import Lease


class AzureLeases(AzureObjectStore):
    """Leases of blobs and containers: https://learn.microsoft.com/rest/api/storageservices/lease-blob."""

    @final
    def acquire_lease(
        self, bucket: str, key: str | None = None, *, seconds: int | None = 60, lease_id: str | None = None
    ) -> Lease:
        """Return a lease: until it ends, writes and deletes by others fail with `ConflictError`.

        A lease of a blob protects it from writes, deletes and new settings; one of a container only from its
        own deletion. Reads are free to all. This client writes under the lease that it was made with:
        ``AzureOptions(lease_id=lease.lease_id)``.

        Args:
            bucket: the container.
            key: the blob, which must exist; None for the container.
            seconds: 15 to 60, or None for one that lasts until it is released or broken.
            lease_id: a UUID of your own; a new one by default. Whoever holds a lease may acquire it again
                under the same id.

        Raises:
            ConflictError: somebody else holds one.
        """
        from cloud._dialects.azure_blob._records import Lease

        if seconds is not None and not 15 <= seconds <= 60:
            raise InvalidRequestError(f"a lease lasts 15 to 60 seconds, or for ever (None), not {seconds}")
        lease = Lease(bucket=bucket, key=key, lease_id=_uuid(lease_id), seconds=seconds)
        duration = -1 if seconds is None else seconds
        # Under the same id a repeated request is the same lease: safe to try again.
        self._lease_call("acquire_lease", lease, lambda client: call_sdk(client.acquire, duration))
        return lease

    @final
    def renew_lease(self, lease: Lease) -> None:
        """Let the lease last its full time again, from now on; also one that has ended, if nobody wrote since.

        Raises:
            ConflictError: it is somebody else's now, or was broken.
        """
        self._lease_call("renew_lease", lease, lambda client: call_sdk(client.renew))

    @final
    def release_lease(self, lease: Lease) -> None:
        """End the lease: others may take one at once.

        Raises:
            ConflictError: it is not held any more.
        """
        self._lease_call("release_lease", lease, lambda client: call_sdk(client.release))

    @final
    def break_lease(self, bucket: str, key: str | None = None, *, within_seconds: int = 0) -> int:
        """End whoever's lease without its id; return how many seconds of it are left.

        Args:
            bucket: the container.
            key: the blob; None for the container.
            within_seconds: 0 to 60; a lease that ends sooner by itself is left to do so.

        Raises:
            ConflictError: there is none.
        """
        from cloud._dialects.azure_blob._records import Lease

        if not 0 <= within_seconds <= 60:
            raise InvalidRequestError(f"a lease is broken within 0 to 60 seconds, not {within_seconds}")
        anyones = Lease(bucket=bucket, key=key, lease_id=_uuid(None))
        left: int = self._lease_call(
            "break_lease", anyones, lambda client: call_sdk(client.break_lease, within_seconds)
        )
        return left

    def _lease_call(self, operation: str, lease: Lease, call: Any) -> Any:
        bucket, key = lease.bucket, lease.key
        if key is None:
            self._check_bucket(bucket)
        else:
            self._check_key(bucket, key)

        def run() -> Any:
            from azure.storage.blob import BlobLeaseClient

            native = self.native
            owner = native.get_container_client(bucket) if key is None else blob_client(native, bucket, key)
            return call(BlobLeaseClient(owner, lease.lease_id))

        return self._run(operation, bucket if key is None else f"{bucket}/{key}", run)


def _uuid(text: str | None) -> str:
    import uuid

    if text is None:
        return str(uuid.uuid4())
    try:
        return str(uuid.UUID(text))
    except ValueError as exc:
        raise InvalidRequestError(f"a lease id is a UUID, not {text!r}") from exc
