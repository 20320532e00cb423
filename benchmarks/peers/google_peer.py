"""google-cloud-storage, Google's own library for Google Cloud Storage."""

from __future__ import annotations

from benchmarks.peers._peer import BUCKET, PROJECT, Peer

_PAGE = 1000  # also what the service gives at most: https://cloud.google.com/storage/docs/json_api/v1/objects/list


class GooglePeer(Peer):
    """Google's SDK."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint)
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import storage

        client = storage.Client(
            project=PROJECT, credentials=AnonymousCredentials(), client_options={"api_endpoint": endpoint}
        )
        self._bucket = client.bucket(BUCKET)

    def head(self, key: str) -> int:
        return int(self._bucket.get_blob(key).size)

    def get(self, key: str) -> bytes:
        return bytes(self._bucket.blob(key).download_as_bytes())

    def put(self, key: str, data: bytes) -> None:
        self._bucket.blob(key).upload_from_string(data, content_type="application/octet-stream")

    def list_keys(self) -> int:
        return sum(1 for _ in self._bucket.list_blobs(page_size=_PAGE))
