"""azure-storage-blob, Microsoft's own library for Azure Blob Storage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.peers._peer import ACCOUNT, ACCOUNT_KEY, BUCKET, Peer

if TYPE_CHECKING:
    from pathlib import Path

_PARALLEL = 8


class AzurePeer(Peer):
    """Microsoft's SDK; large objects by eight connections, which is faster than its default of one."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint)
        from azure.storage.blob import BlobServiceClient

        service = BlobServiceClient(f"{endpoint}/{ACCOUNT}", credential=ACCOUNT_KEY)
        self._container = service.get_container_client(BUCKET)

    def head(self, key: str) -> int:
        return int(self._container.get_blob_client(key).get_blob_properties().size)

    def get(self, key: str) -> bytes:
        return bytes(self._container.get_blob_client(key).download_blob().readall())

    def put(self, key: str, data: bytes) -> None:
        self._container.get_blob_client(key).upload_blob(data, overwrite=True)

    def list_keys(self) -> int:
        return sum(1 for _ in self._container.list_blobs())

    def download(self, key: str, path: Path) -> None:
        with path.open("wb") as file:
            self._container.get_blob_client(key).download_blob(max_concurrency=_PARALLEL).readinto(file)

    def upload(self, key: str, path: Path) -> None:
        with path.open("rb") as file:
            blob = self._container.get_blob_client(key)
            blob.upload_blob(file, overwrite=True, max_concurrency=_PARALLEL)
