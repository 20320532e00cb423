"""s3fs, gcsfs and adlfs: fsspec's file systems, asyncio behind a blocking face. Their caches are off."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from benchmarks.peers._peer import ACCESS_KEY, ACCOUNT, ACCOUNT_KEY, BUCKET, PROJECT, SECRET_KEY, Peer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_CONNECTIONS = 32
_UNCACHED: dict[str, Any] = {"skip_instance_cache": True, "use_listings_cache": False}


class S3fsPeer(Peer):
    """s3fs, over aiobotocore."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint)
        self._files = self._open()

    def _open(self) -> Any:
        import s3fs

        settings = {"max_pool_connections": _CONNECTIONS}
        return s3fs.S3FileSystem(
            key=ACCESS_KEY,
            secret=SECRET_KEY,
            endpoint_url=self.endpoint,
            config_kwargs=settings,
            **_UNCACHED,
        )

    def head(self, key: str) -> int:
        return int(self._files.info(f"{BUCKET}/{key}")["size"])

    def get(self, key: str) -> bytes:
        return bytes(self._files.cat_file(f"{BUCKET}/{key}"))

    def get_range(self, key: str, start: int, end: int) -> bytes:
        return bytes(self._files.cat_file(f"{BUCKET}/{key}", start=start, end=end))

    def put(self, key: str, data: bytes) -> None:
        self._files.pipe_file(f"{BUCKET}/{key}", data)

    def list_keys(self) -> int:
        return len(self._files.find(BUCKET))

    def delete(self, keys: Sequence[str]) -> None:
        self._files.rm([f"{BUCKET}/{key}" for key in keys])

    def download(self, key: str, path: Path) -> None:
        self._files.get_file(f"{BUCKET}/{key}", str(path))

    def upload(self, key: str, path: Path) -> None:
        self._files.put_file(str(path), f"{BUCKET}/{key}")


class GcsfsPeer(S3fsPeer):
    """gcsfs, over aiohttp."""

    def _open(self) -> Any:
        os.environ["GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT"] = "false"  # it would ask a service of its own first
        import gcsfs

        return gcsfs.GCSFileSystem(project=PROJECT, token="anon", endpoint_url=self.endpoint, **_UNCACHED)  # noqa: S106  # a mode


class AdlfsPeer(S3fsPeer):
    """adlfs, over azure-storage-blob's asyncio client."""

    def _open(self) -> Any:
        import adlfs

        connection = (
            f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY};"
            f"BlobEndpoint={self.endpoint}/{ACCOUNT};"
        )
        return adlfs.AzureBlobFileSystem(account_name=ACCOUNT, connection_string=connection, **_UNCACHED)
