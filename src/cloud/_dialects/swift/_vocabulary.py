"""Swift's own words for what the contract calls buckets and files.

Each method is the contract's under another name, so it keeps the contract's promises: failures raise, nothing is
cut short, an empty object is an object. `upload_file`, `download_file`, `list_objects` and `get_object_metadata`
are words of both: there the contract's meaning stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cloud.common._base_storage import BaseStorageClient

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping

    from cloud.common._sources import UploadSource
    from cloud.common.models import DeleteResult, DownloadResult, ObjectInfo


class SwiftVocabulary(BaseStorageClient):
    """Containers and objects, for programs that speak Swift."""

    # -- containers ------------------------------------------------------------------------------------------
    @final
    def list_containers(self) -> list[str]:
        """Return the names of all containers, sorted: `list_buckets`."""
        return self.list_buckets()

    @final
    def create_container(self, name: str) -> bool:
        """Make sure that there is a container of this name; False when there was: `create_bucket`."""
        return self.create_bucket(name)

    @final
    def delete_container(self, name: str, *, force: bool = False) -> bool:
        """Make sure that the container is gone; False when there was none: `delete_bucket`."""
        return self.delete_bucket(name, force=force)

    @final
    def container_exists(self, name: str) -> bool:
        """Return whether the container is there and yours to see: `bucket_exists`."""
        return self.bucket_exists(name)

    # -- objects ---------------------------------------------------------------------------------------------
    @final
    def upload_object(
        self,
        container: str,
        name: str,
        data: UploadSource,
        content_type: str | None = None,
        *,
        metadata: Mapping[str, str] | None = None,
    ) -> str:
        """Store `data` (bytes, a `pathlib.Path`, a binary file or chunks) and return its URI: `upload_file`."""
        return self.upload_file(container, name, data, content_type=content_type, metadata=metadata)

    @final
    def download_object(self, container: str, name: str) -> bytes:
        """Return the whole body of the object: `download_file`."""
        return self.download_file(container, name)

    @final
    def download_object_to(
        self, container: str, name: str, file_path: str | os.PathLike[str]
    ) -> DownloadResult:
        """Write the object to the file at `file_path` and return what was written: `download_to`."""
        return self.download_to(container, name, file_path)

    @final
    def delete_object(self, container: str, name: str) -> bool:
        """Make sure that no object is there; False when none was: `delete_file`."""
        return self.delete_file(container, name)

    @final
    def delete_objects(self, container: str, names: Iterable[str]) -> Iterator[DeleteResult]:
        """Delete many objects and yield one result for each, lazily: `delete_files`."""
        return self.delete_files(container, names)

    @final
    def copy_object(self, source_container: str, source_name: str, container: str, name: str) -> str:
        """Copy an object inside the account and return the copy's URI: `copy_file`."""
        return self.copy_file(source_container, source_name, container, name)

    @final
    def set_object_metadata(self, container: str, name: str, metadata: Mapping[str, str]) -> ObjectInfo:
        """Replace the object's own pairs and return its new info: `update_metadata`."""
        return self.update_metadata(container, name, metadata=metadata)
