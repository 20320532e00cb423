"""This library's clients, with the checks that they make against the real services."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
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
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cloud.common import BaseStorageClient


def _service(real: str) -> str:
    """Return what the endpoint is: nullstore counts as the real service, with all of its checksums."""
    return os.environ.get("BENCH_SERVICE", real)


class _CloudPeer(Peer, ABC):
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

    def keep_records(self) -> Sequence[object]:
        return list(self._client.list_objects(BUCKET))

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


class CloudPeer(_CloudPeer):
    """`cloud.aws.S3Client`."""

    def _connect(self) -> BaseStorageClient:
        from cloud import CloudCredentials, CloudProvider
        from cloud.aws import S3Client

        credentials = CloudCredentials(
            CloudProvider.AWS, access_key=ACCESS_KEY, secret_key=SECRET_KEY, region=REGION
        )
        return S3Client(credentials, endpoint_url=self.endpoint, service=_service("aws"))


class CloudGcsPeer(_CloudPeer):
    """`cloud.gcp.GCSClient`."""

    def _connect(self) -> BaseStorageClient:
        from cloud.gcp import GCSClient

        service = _service("google")
        return GCSClient(project=PROJECT, endpoint_url=self.endpoint, anonymous=True, service=service)


class CloudAzurePeer(_CloudPeer):
    """`cloud.azure.AzureBlobClient`."""

    def _connect(self) -> BaseStorageClient:
        from cloud import CloudCredentials, CloudProvider
        from cloud.azure import AzureBlobClient

        credentials = CloudCredentials(CloudProvider.AZURE, account_name=ACCOUNT, account_key=ACCOUNT_KEY)
        client = AzureBlobClient(credentials, account_url=f"{self.endpoint}/{ACCOUNT}")
        # nullstore counts as the real service, which takes CRC-64s of blocks.
        client._ops.takes_crc64 = not os.environ.get("BENCH_SERVICE")  # noqa: SLF001  # seen by the path, not set
        return client


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
