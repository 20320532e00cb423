"""google-cloud-storage, Google's own library for Google Cloud Storage, and its transfer manager."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.peers._peer import BUCKET, PROJECT, Peer

if TYPE_CHECKING:
    from pathlib import Path

_PAGE = 1000  # also what the service gives at most: https://cloud.google.com/storage/docs/json_api/v1/objects/list
_CONNECTIONS = 32
_IN_THREADS: dict[str, Any] = {"worker_type": "thread", "max_workers": 8}


class GooglePeer(Peer):
    """Google's SDK."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint)
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import storage
        from requests.adapters import HTTPAdapter

        client = storage.Client(
            project=PROJECT, credentials=AnonymousCredentials(), client_options={"api_endpoint": endpoint}
        )
        # As its documentation says for many threads; requests keeps ten connections by itself.
        adapter = HTTPAdapter(pool_connections=_CONNECTIONS, pool_maxsize=_CONNECTIONS)
        client._http.mount(endpoint, adapter)  # noqa: SLF001  # there is no other way to its session
        self._bucket = client.bucket(BUCKET)

    def head(self, key: str) -> int:
        return int(self._bucket.get_blob(key).size)

    def get(self, key: str) -> bytes:
        return bytes(self._bucket.blob(key).download_as_bytes())

    def put(self, key: str, data: bytes) -> None:
        self._bucket.blob(key).upload_from_string(data, content_type="application/octet-stream")

    def list_keys(self) -> int:
        return sum(1 for _ in self._bucket.list_blobs(page_size=_PAGE))

    def download(self, key: str, path: Path) -> None:
        self._bucket.blob(key).download_to_filename(str(path))

    def upload(self, key: str, path: Path) -> None:
        self._bucket.blob(key).upload_from_filename(str(path))


class GoogleTransferManagerPeer(GooglePeer):
    """Its parts in eight threads: its processes, which are its default, forget the client's endpoint."""

    def download(self, key: str, path: Path) -> None:
        from google.cloud.storage import transfer_manager

        transfer_manager.download_chunks_concurrently(self._bucket.blob(key), str(path), **_IN_THREADS)

    def upload(self, key: str, path: Path) -> None:
        from google.cloud.storage import transfer_manager

        transfer_manager.upload_chunks_concurrently(str(path), self._bucket.blob(key), **_IN_THREADS)
