"""This library's clients, with the checks that they make against the real services."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from benchmarks.peers._peer import (
    ACCESS_KEY,
    ACCOUNT,
    ACCOUNT_KEY,
    BUCKET,
    PASSWORD,
    PROJECT,
    REGION,
    SECRET_KEY,
    USER,
    Peer,
    S3Peer,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cloud.common import BaseStorageClient


class _CloudPeer(Peer):
    """One contract for every protocol: only the making of a client differs."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint)
        self._client = self._connect()

    @abstractmethod
    def _connect(self) -> BaseStorageClient:
        """Return a client of the endpoint."""

    def head(self, key: str) -> int:
        return self._client.get_object_metadata(BUCKET, key).size

    def get(self, key: str) -> bytes:
        return self._client.download_file(BUCKET, key)

    def put(self, key: str, data: bytes) -> None:
        self._client.upload_file(BUCKET, key, data)

    def list_keys(self) -> int:
        return sum(1 for _ in self._client.list_objects(BUCKET))


class CloudPeer(_CloudPeer, S3Peer):
    """`cloud.aws.S3Client`."""

    def _connect(self) -> BaseStorageClient:
        from cloud import CloudCredentials, CloudProvider
        from cloud.aws import S3Client

        credentials = CloudCredentials(
            CloudProvider.AWS, access_key=ACCESS_KEY, secret_key=SECRET_KEY, region=REGION
        )
        # "aws": checksums are sent and verified as against the real service.
        return S3Client(credentials, endpoint_url=self.endpoint, service="aws")

    def get_range(self, key: str, start: int, end: int) -> bytes:
        return self._client.read_range(BUCKET, key, start, end)

    def delete(self, keys: Sequence[str]) -> None:
        for result in self._client.delete_files(BUCKET, keys):
            if result.error is not None:
                raise result.error

    def download(self, key: str, path: Path) -> None:
        self._client.download_to(BUCKET, key, path)

    def upload(self, key: str, path: Path) -> None:
        self._client.upload_file(BUCKET, key, path)


class CloudGcsPeer(_CloudPeer):
    """`cloud.gcp.GCSClient`."""

    def _connect(self) -> BaseStorageClient:
        from cloud.gcp import GCSClient

        return GCSClient(project=PROJECT, endpoint_url=self.endpoint, anonymous=True)


class CloudAzurePeer(_CloudPeer):
    """`cloud.azure.AzureBlobClient`."""

    def _connect(self) -> BaseStorageClient:
        from cloud import CloudCredentials, CloudProvider
        from cloud.azure import AzureBlobClient

        credentials = CloudCredentials(CloudProvider.AZURE, account_name=ACCOUNT, account_key=ACCOUNT_KEY)
        return AzureBlobClient(credentials, account_url=f"{self.endpoint}/{ACCOUNT}")


class CloudSwiftPeer(_CloudPeer):
    """`cloud.infomaniak.InfomaniakObjectStorageClient`."""

    def _connect(self) -> BaseStorageClient:
        from cloud import CloudCredentials, CloudProvider
        from cloud.infomaniak import InfomaniakObjectStorageClient

        credentials = CloudCredentials(
            CloudProvider.INFOMANIAK,
            auth_url=f"{self.endpoint}/auth/v1.0",
            username=USER,
            password=PASSWORD,
        )
        return InfomaniakObjectStorageClient(credentials)
