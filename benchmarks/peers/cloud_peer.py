"""`cloud.aws.S3Client`, with the checks that it makes against Amazon S3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.peers._peer import ACCESS_KEY, BUCKET, REGION, SECRET_KEY, Peer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class CloudPeer(Peer):
    """This library."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint)
        from cloud import CloudCredentials, CloudProvider
        from cloud.aws import S3Client

        credentials = CloudCredentials(
            CloudProvider.AWS, access_key=ACCESS_KEY, secret_key=SECRET_KEY, region=REGION
        )
        # "aws": checksums are sent and verified as against the real service.
        self._client = S3Client(credentials, endpoint_url=endpoint, service="aws")

    def head(self, key: str) -> int:
        return self._client.get_object_metadata(BUCKET, key).size

    def get(self, key: str) -> bytes:
        return self._client.download_file(BUCKET, key)

    def get_range(self, key: str, start: int, end: int) -> bytes:
        return self._client.read_range(BUCKET, key, start, end)

    def put(self, key: str, data: bytes) -> None:
        self._client.upload_file(BUCKET, key, data)

    def list_keys(self) -> int:
        return sum(1 for _ in self._client.list_objects(BUCKET))

    def delete(self, keys: Sequence[str]) -> None:
        for result in self._client.delete_files(BUCKET, keys):
            if result.error is not None:
                raise result.error

    def download(self, key: str, path: Path) -> None:
        self._client.download_to(BUCKET, key, path)

    def upload(self, key: str, path: Path) -> None:
        self._client.upload_file(BUCKET, key, path)
