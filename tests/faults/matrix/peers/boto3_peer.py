"""boto3, as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faults.matrix.cases import BUCKET, PART_BYTES
from faults.matrix.pieces import Pieces

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from faults.matrix.clients import Settings

PACKAGE = "boto3"


class Peer:
    def __init__(self, settings: Settings) -> None:
        import boto3
        from boto3.s3.transfer import TransferConfig
        from botocore.config import Config

        self._client: Any = boto3.client(
            "s3",
            endpoint_url=settings["url"],
            aws_access_key_id=settings["access_key"],
            aws_secret_access_key=settings["secret_key"],
            region_name=settings["region"],
            config=Config(connect_timeout=settings["timeout"], read_timeout=settings["timeout"]),
        )
        self._parts = TransferConfig(multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES)

    def download_to(self, key: str, path: Path) -> None:
        self._client.download_file(BUCKET, key, str(path), Config=self._parts)

    def download_bytes(self, key: str) -> bytes:
        return bytes(self._client.get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def download_stream(self, key: str) -> Iterator[bytes]:
        yield from self._client.get_object(Bucket=BUCKET, Key=key)["Body"].iter_chunks(10_000)

    def download_range(self, key: str, start: int, end: int) -> bytes:
        answer = self._client.get_object(Bucket=BUCKET, Key=key, Range=f"bytes={start}-{end - 1}")
        return bytes(answer["Body"].read())

    def upload_small(self, key: str, data: bytes) -> None:
        self._client.put_object(Bucket=BUCKET, Key=key, Body=data)

    def upload_parts(self, key: str, path: Path) -> None:
        self._client.upload_file(str(path), BUCKET, key, Config=self._parts)

    def upload_stream(self, key: str, pieces: Iterator[bytes]) -> None:
        self._client.upload_fileobj(Pieces(pieces), BUCKET, key, Config=self._parts)

    def close(self) -> None:
        self._client.close()
