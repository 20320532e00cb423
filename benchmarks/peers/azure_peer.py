"""azure-storage-blob, Microsoft's own library for Azure Blob Storage."""

from __future__ import annotations

from benchmarks.peers._peer import ACCOUNT, ACCOUNT_KEY, BUCKET, Peer


class AzurePeer(Peer):
    """Microsoft's SDK."""

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
