"""Apache Libcloud's S3 driver, as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from faults.matrix.cases import BUCKET

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from faults.matrix.clients import Settings

PACKAGE = "apache-libcloud"


class Peer:
    def __init__(self, settings: Settings) -> None:
        from libcloud.storage.drivers.s3 import S3StorageDriver

        place = urlsplit(settings["url"])
        self._driver: Any = S3StorageDriver(
            settings["access_key"],
            settings["secret_key"],
            secure=False,
            host=place.hostname,
            port=place.port,
            region=settings["region"],
            timeout=settings["timeout"],
        )
        self._driver.connectionCls.timeout = settings["timeout"]

    def _object(self, key: str) -> Any:
        return self._driver.get_object(BUCKET, key)

    def _bucket(self) -> Any:
        from libcloud.storage.base import Container

        return Container(BUCKET, {}, self._driver)

    def download_to(self, key: str, path: Path) -> None:
        if not self._object(key).download(str(path), overwrite_existing=True):
            raise OSError("libcloud says that the download failed")

    def download_bytes(self, key: str) -> bytes:
        return b"".join(self._object(key).as_stream())

    def download_stream(self, key: str) -> Iterator[bytes]:
        yield from self._object(key).as_stream(chunk_size=10_000)

    def download_range(self, key: str, start: int, end: int) -> bytes:
        return b"".join(self._object(key).range_as_stream(start, end))

    def upload_small(self, key: str, data: bytes) -> None:
        self._bucket().upload_object_via_stream(iter([data]), key)

    def upload_parts(self, key: str, path: Path) -> None:
        self._bucket().upload_object(str(path), key)

    def upload_stream(self, key: str, pieces: Iterator[bytes]) -> None:
        self._bucket().upload_object_via_stream(pieces, key)

    def close(self) -> None:
        """Its connections end with it."""
