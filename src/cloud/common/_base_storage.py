"""The storage template: every public method of a storage client, over a provider's hooks.

A provider subclasses `BaseStorageClient` and implements the hooks of `StorageCore`, plus those of the
capabilities that it declares; ``docs/writing-a-provider.md`` walks through it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, final, overload

from cloud.common._storage_manage import StorageManagement
from cloud.common.contracts import CloudClient, StorageClient
from cloud.common.enums import ResourceType
from cloud.common.errors import AlreadyExistsError, InvalidRequestError, UnsupportedOperationError

if TYPE_CHECKING:
    import io
    from collections.abc import Mapping

    from cloud.common._writing import ObjectWriter
    from cloud.common.models import CloudResource


class BaseStorageClient(StorageManagement, StorageClient, CloudClient):
    """Buckets and objects on one provider. Safe between threads, after a fork, and picklable."""

    @overload
    def open_file(
        self,
        bucket: str,
        key: str,
        mode: Literal["rb"] = "rb",
        *,
        version_id: str | None = None,
        buffer_size: int = ...,
    ) -> io.BufferedReader: ...
    @overload
    def open_file(
        self,
        bucket: str,
        key: str,
        mode: Literal["wb"],
        *,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        if_absent: bool = False,
        if_match: str | None = None,
    ) -> ObjectWriter: ...
    @final
    def open_file(
        self,
        bucket: str,
        key: str,
        mode: Literal["rb", "wb"] = "rb",
        *,
        version_id: str | None = None,
        buffer_size: int = 256 << 10,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        if_absent: bool = False,
        if_match: str | None = None,
    ) -> io.BufferedReader | ObjectWriter:
        """Return the object as a binary file.

        ``"rb"``: seekable; opening makes the first request, every read is pinned to its ETag. ``"wb"``:
        closing publishes the object; leaving the ``with`` block by an exception publishes nothing.

        Args:
            mode: ``"rb"`` or ``"wb"``. For text wrap the file in `io.TextIOWrapper`.
            version_id: for reading, this version.
            buffer_size: for reading, bytes that small reads share.
            content_type, metadata, if_absent, if_match: for writing, as for `upload_file`.
        """
        if mode == "wb":
            if version_id is not None:
                raise InvalidRequestError("version_id is for reading")
            return self._open_writer(
                self._put_request(
                    bucket,
                    key,
                    content_type=content_type,
                    metadata=metadata,
                    if_absent=if_absent,
                    if_match=if_match,
                )
            )
        if mode != "rb":
            raise InvalidRequestError(f'mode must be "rb" or "wb", not {mode!r}')
        if content_type is not None or metadata is not None or if_absent or if_match is not None:
            raise InvalidRequestError("content_type, metadata, if_absent and if_match are for writing")
        return self._open_reader(bucket, key, version_id, buffer_size)

    # -- CloudClient: buckets are the resources of a storage client ------------------------------------------
    @final
    def list_resources(self, resource_type: ResourceType | None = None) -> list[CloudResource]:
        """Return the buckets as resources; an empty list for every type but STORAGE."""
        if resource_type not in {None, ResourceType.STORAGE}:
            return []
        return [self._resource(name) for name in self.list_buckets()]

    @final
    def get_resource(self, id: str) -> CloudResource | None:  # noqa: A002  # the specification's name
        """Return the bucket called `id`, or None."""
        return self._resource(id) if self.bucket_exists(id) else None

    @final
    def create_resource(
        self, name: str, resource_type: ResourceType, config: Mapping[str, Any]
    ) -> CloudResource:
        """Return the bucket that was made.

        Args:
            resource_type: `ResourceType.STORAGE`.
            config: empty; the client's own region decides where the bucket is.

        Raises:
            AlreadyExistsError: it was there already.
        """
        if resource_type is not ResourceType.STORAGE:
            raise UnsupportedOperationError(f"a storage client makes buckets, not {resource_type.value}")
        if config:
            raise InvalidRequestError(f"a bucket takes no configuration here, not {min(config)!r}")
        if not self.create_bucket(name):
            raise AlreadyExistsError(f"you already own a bucket called {name!r}")
        return self._resource(name)

    @final
    def delete_resource(self, id: str) -> bool:  # noqa: A002  # the specification's name
        """Delete the empty bucket called `id`; False when there was none."""
        return self.delete_bucket(id)

    def _resource(self, name: str) -> CloudResource:
        from cloud.common._records import CloudResource

        return CloudResource(
            id=name,
            name=name,
            resource_type=ResourceType.STORAGE,
            provider=self.provider,
            region=self.region,
        )

    @property
    def region(self) -> str | None:
        """Where the client works, in the provider's words; None where there is no such thing."""
        return None
