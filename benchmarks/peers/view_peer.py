"""smart_open and cloudpathlib: files and paths over boto3's client."""

from __future__ import annotations

import shutil
import tempfile
from typing import TYPE_CHECKING, Any

from benchmarks.peers._peer import ACCESS_KEY, BUCKET, REGION, SECRET_KEY, Peer

if TYPE_CHECKING:
    from pathlib import Path

_CHUNK = 1 << 20


class SmartOpenPeer(Peer):
    """Every object is a file that is opened."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint)
        import boto3
        import smart_open

        client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            region_name=REGION,
        )
        self._smart_open = smart_open
        self._parameters = {"client": client}

    def _open(self, key: str, mode: str) -> Any:
        return self._smart_open.open(f"s3://{BUCKET}/{key}", mode, transport_params=self._parameters)

    def head(self, key: str) -> int:
        return int(self._parameters["client"].head_object(Bucket=BUCKET, Key=key)["ContentLength"])

    def get(self, key: str) -> bytes:
        with self._open(key, "rb") as file:
            return bytes(file.read())

    def put(self, key: str, data: bytes) -> None:
        with self._open(key, "wb") as file:
            file.write(data)

    def download(self, key: str, path: Path) -> None:
        with self._open(key, "rb") as source, path.open("wb") as target:
            shutil.copyfileobj(source, target, _CHUNK)

    def upload(self, key: str, path: Path) -> None:
        with path.open("rb") as source, self._open(key, "wb") as target:
            shutil.copyfileobj(source, target, _CHUNK)


class CloudpathlibPeer(Peer):
    """Every object is a path. Without its cache of files, which it would read the second time."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint)
        import cloudpathlib

        self._client = cloudpathlib.S3Client(
            endpoint_url=endpoint,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            local_cache_dir=tempfile.mkdtemp(prefix="cloud-bench-"),
            file_cache_mode=cloudpathlib.enums.FileCacheMode.close_file,
        )

    def _path(self, key: str) -> Any:
        return self._client.CloudPath(f"s3://{BUCKET}/{key}")

    def head(self, key: str) -> int:
        return int(self._path(key).stat().st_size)

    def get(self, key: str) -> bytes:
        return bytes(self._path(key).read_bytes())

    def put(self, key: str, data: bytes) -> None:
        self._path(key).write_bytes(data)

    def download(self, key: str, path: Path) -> None:
        self._path(key).download_to(path)

    def upload(self, key: str, path: Path) -> None:
        self._path(key).upload_from(path, force_overwrite_to_cloud=True)
