"""The library's own clients in the matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud._registry import StorageLocation
from cloud.aws import S3Client
from cloud.azure import AzureBlobClient
from cloud.common import CloudCredentials, CloudError, CloudProvider, TransferConfig
from cloud.gcp import GCSClient
from cloud.infomaniak import InfomaniakObjectStorageClient, InfomaniakS3Client
from cloud.transfer import sync
from faults.matrix.cases import BUCKET, KIB, PART_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cloud.common import BaseStorageClient
    from cloud.transfer import SyncReport
    from faults.matrix.clients import Settings

PARTS = TransferConfig(part_size=PART_BYTES, threshold=PART_BYTES, max_workers=2)


def _s3(settings: Settings, arguments: dict[str, Any]) -> BaseStorageClient:
    credentials = CloudCredentials(
        CloudProvider.AWS,
        access_key=settings["access_key"],
        secret_key=settings["secret_key"],
        region=settings["region"],
    )
    return S3Client(credentials, endpoint_url=settings["url"], service="seaweedfs", **arguments)


def _infomaniak_s3(settings: Settings, arguments: dict[str, Any]) -> BaseStorageClient:
    credentials = CloudCredentials(
        CloudProvider.INFOMANIAK,
        access_key=settings["access_key"],
        secret_key=settings["secret_key"],
        region=settings["region"],
    )
    return InfomaniakS3Client(credentials, endpoint_url=settings["url"], **arguments)


def _swift(settings: Settings, arguments: dict[str, Any]) -> BaseStorageClient:
    credentials = CloudCredentials(
        CloudProvider.INFOMANIAK,
        auth_url=settings["auth_url"],
        username=settings["access_key"],
        password=settings["secret_key"],
    )
    return InfomaniakObjectStorageClient(
        credentials, endpoint_url=settings["url"] + settings["path"], **arguments
    )


def _gcs(settings: Settings, arguments: dict[str, Any]) -> BaseStorageClient:
    return GCSClient(project=settings["project"], endpoint_url=settings["url"], anonymous=True, **arguments)


def _azure(settings: Settings, arguments: dict[str, Any]) -> BaseStorageClient:
    credentials = CloudCredentials(
        CloudProvider.AZURE, account_name=settings["access_key"], account_key=settings["secret_key"]
    )
    return AzureBlobClient(credentials, account_url=settings["url"] + settings["path"], **arguments)


CONNECT: dict[str, Callable[[Settings, dict[str, Any]], BaseStorageClient]] = {
    "cloud s3": _s3,
    "cloud infomaniak-s3": _infomaniak_s3,
    "cloud infomaniak-swift": _swift,
    "cloud gcs": _gcs,
    "cloud azure": _azure,
}


def connect(name: str, settings: Settings, **arguments: Any) -> Ours:
    """Return a client of that name, with the library's own defaults but for time limits and parts."""
    silence = settings["timeout"]
    return Ours(CONNECT[name](settings, {"timeout": (silence, silence), "transfer": PARTS, **arguments}))


class Ours:
    """One of the library's clients."""

    def __init__(self, client: BaseStorageClient) -> None:
        self.client = client

    def download_to(self, key: str, path: Path) -> None:
        self.client.download_to(BUCKET, key, path)

    def download_bytes(self, key: str) -> bytes:
        return self.client.download_file(BUCKET, key)

    def download_stream(self, key: str) -> Iterator[bytes]:
        return self.client.iter_file(BUCKET, key, chunk_size=10 * KIB)

    def download_range(self, key: str, start: int, end: int) -> bytes:
        return self.client.read_range(BUCKET, key, start, end)

    def upload_small(self, key: str, data: bytes) -> None:
        self.client.upload_file(BUCKET, key, data)

    def upload_parts(self, key: str, path: Path) -> None:
        self.client.upload_file(BUCKET, key, path)

    def upload_stream(self, key: str, pieces: Iterator[bytes]) -> None:
        self.client.upload_file(BUCKET, key, pieces)

    def sync_down(self, prefix: str, folder: Path, state: Path) -> Iterator[tuple[str, str]]:
        return _failures(sync(StorageLocation(self.client, BUCKET, prefix), folder, state=state))

    def sync_up(self, folder: Path, prefix: str, state: Path) -> Iterator[tuple[str, str]]:
        return _failures(sync(folder, StorageLocation(self.client, BUCKET, prefix), state=state))

    def close(self) -> None:
        self.client.close()


def _failures(report: SyncReport) -> Iterator[tuple[str, str]]:
    """Yield the target of each failed item and the class of its error, empty for one that is not typed."""
    for item in report.failures:
        yield item.target, type(item.error).__name__ if isinstance(item.error, CloudError) else ""
