"""Changes of the storage template: copy, move, metadata, delete."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, final

from cloud.common._storage_types import (
    BatchDeleteHooks,
    CopyRequest,
    DeleteRequest,
)
from cloud.common._storage_upload import StorageUploads
from cloud.common.enums import Capability
from cloud.common.errors import (
    CloudError,
    InvalidRequestError,
    NotFoundError,
    UnsupportedOperationError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cloud.common.models import DeleteResult, ObjectInfo


class StorageWrites(StorageUploads):
    """Everything that changes objects without sending bytes."""

    @final
    def copy_file(
        self,
        source_bucket: str,
        source_key: str,
        bucket: str,
        key: str,
        *,
        version_id: str | None = None,
        if_match: str | None = None,
        if_absent: bool = False,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        storage_class: str | None = None,
    ) -> str:
        """Copy an object inside the provider, of any size, and return the copy's URI.

        The bytes do not pass through this machine. Headers and metadata come along unless you give
        `metadata` or `content_type`, which replace theirs.

        Args:
            version_id: copy this version of the source.
            if_match: copy only if the source's ETag is this one.
            if_absent: copy only if nothing is at the target.

        Raises:
            NotFoundError: the source object or one of the buckets is not there.
            PreconditionFailedError: the source changed, or its ETag is not `if_match`.
        """
        if if_match is not None:
            self._require(Capability.CONDITIONAL_COPY, "copy_file")
        self._check_key(bucket, key)
        read = self._get_request(source_bucket, source_key, 0, None, version_id, if_match)
        source_name = f"{source_bucket}/{source_key}"
        info = self._run("copy_file", source_name, lambda: self._head(read))
        replaces = metadata is not None or content_type is not None
        target = self._put_request(
            bucket,
            key,
            content_type=content_type or info.content_type,
            cache_control=info.cache_control,
            content_encoding=info.content_encoding,
            content_disposition=info.content_disposition,
            content_language=info.content_language,
            metadata=info.metadata if metadata is None else metadata,
            storage_class=storage_class,
            if_absent=if_absent,
        )
        request = CopyRequest(source=info, target=target, replace_metadata=replaces)
        self._run(
            "copy_file",
            f"{source_name} to {bucket}/{key}",
            lambda: self._copy(request),
            idempotent=not if_absent,
        )
        return self._uri(bucket, key)

    @final
    def move_file(
        self, source_bucket: str, source_key: str, bucket: str, key: str, *, if_absent: bool = False
    ) -> str:
        """Copy an object inside the provider, then delete the source; return the new URI.

        Not atomic: between the two steps both are there. The source stays when the copy fails, and, where
        the provider has conditional deletes, when it was replaced meanwhile (PreconditionFailedError).
        """
        if (source_bucket, source_key) == (bucket, key):
            raise InvalidRequestError(f"source and target are the same object: {bucket}/{key}")
        info = self.get_object_metadata(source_bucket, source_key)
        pins = self.capabilities
        uri = self.copy_file(
            source_bucket,
            source_key,
            bucket,
            key,
            if_match=info.etag if Capability.CONDITIONAL_COPY in pins else None,
            if_absent=if_absent,
        )
        self.delete_file(
            source_bucket, source_key, if_match=info.etag if Capability.CONDITIONAL_DELETE in pins else None
        )
        return uri

    @final
    def update_metadata(
        self,
        bucket: str,
        key: str,
        *,
        metadata: Mapping[str, str] | None = None,
        content_type: str | None = None,
        cache_control: str | None = None,
        content_encoding: str | None = None,
        content_disposition: str | None = None,
        content_language: str | None = None,
        storage_class: str | None = None,
        if_match: str | None = None,
    ) -> ObjectInfo:
        """Change what is given, keep the rest and the bytes, and return the object's new info.

        `metadata` replaces all of the object's own pairs. Where the provider can pin a copy, an object that
        is replaced meanwhile raises PreconditionFailedError instead of losing the new bytes.
        """
        info = self.get_object_metadata(bucket, key, if_match=if_match)
        if storage_class is None and Capability.STORAGE_CLASS in self.capabilities:
            storage_class = info.storage_class
        target = self._put_request(
            bucket,
            key,
            content_type=content_type or info.content_type,
            cache_control=cache_control or info.cache_control,
            content_encoding=content_encoding or info.content_encoding,
            content_disposition=content_disposition or info.content_disposition,
            content_language=content_language or info.content_language,
            metadata=info.metadata if metadata is None else metadata,
            storage_class=storage_class,
        )
        request = CopyRequest(source=info, target=target, replace_metadata=True)
        self._run("update_metadata", f"{bucket}/{key}", lambda: self._copy(request))
        return self.get_object_metadata(bucket, key)

    @final
    def delete_file(
        self, bucket: str, key: str, *, version_id: str | None = None, if_match: str | None = None
    ) -> bool:
        """Make sure that no object is at `key`; False when none was there.

        Services that do not say whether something was there are asked before: two callers that delete one
        key at the same moment may then both get True.

        Args:
            version_id: delete this version for good, instead of the newest (in a bucket with versions,
                deleting the newest hides it behind a delete marker).
            if_match: delete only if the ETag is this one.

        Raises:
            NotFoundError: there is no such bucket.
            PreconditionFailedError: the ETag is not `if_match`.
        """
        read = self._get_request(bucket, key, 0, None, version_id)
        if if_match is not None:
            self._require(Capability.CONDITIONAL_DELETE, "delete_file")
        request = DeleteRequest(bucket, key, version_id, if_match)
        resource = f"{bucket}/{key}"
        existed = True
        if not self.tells_missing_on_delete:
            try:
                self._run("delete_file", resource, lambda: self._head(read))
            except NotFoundError:
                existed = False
            except UnsupportedOperationError:
                if version_id is None:
                    raise
                # A delete marker is a version that cannot be looked at, only deleted.
        told = self._run("delete_file", resource, lambda: self._delete(request), idempotent=if_match is None)
        return told if self.tells_missing_on_delete else existed

    @final
    def delete_files(self, bucket: str, keys: Iterable[str]) -> Iterator[DeleteResult]:
        """Delete many objects and yield one result per key, in order.

        Lazy: nothing is deleted until the results are read, and keys are taken from `keys` as needed. A key
        that fails does not stop the others; its result holds the error. A missing key is a success.

        Raises:
            NotFoundError: there is no such bucket.
        """
        if isinstance(keys, (str, bytes)):
            raise InvalidRequestError("keys must be an iterable of keys, not one text")
        self._check_bucket(bucket)
        return self._delete_files(bucket, keys)

    def _delete_files(self, bucket: str, keys: Iterable[str]) -> Iterator[DeleteResult]:
        if Capability.BATCH_DELETE in self.capabilities and isinstance(self, BatchDeleteHooks):
            yield from self._delete_batches(self, bucket, keys)
            return
        from cloud.common._records import DeleteResult

        for key in keys:
            self._check_key(bucket, key)
            try:
                self._run(
                    "delete_files",
                    f"{bucket}/{key}",
                    partial(self._delete, DeleteRequest(bucket, key)),
                )
            except CloudError as error:
                if isinstance(error, NotFoundError):
                    raise  # the bucket: a missing key is no error
                yield DeleteResult(key=key, error=error)
            else:
                yield DeleteResult(key=key)

    def _delete_batches(
        self, hooks: BatchDeleteHooks, bucket: str, keys: Iterable[str]
    ) -> Iterator[DeleteResult]:
        batch: list[str] = []

        def flush() -> list[DeleteResult]:
            sent = tuple(batch)
            batch.clear()
            return self._run("delete_files", bucket, lambda: hooks._delete_batch(bucket, sent))

        for key in keys:
            self._check_key(bucket, key)
            batch.append(key)
            if len(batch) == hooks.batch_delete_limit:
                yield from flush()
        if batch:
            yield from flush()
