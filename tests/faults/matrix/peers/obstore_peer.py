"""obstore, as it comes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from faults.matrix.cases import BUCKET, KIB, PART_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from faults.matrix.clients import Settings

PACKAGE = "obstore"


class Peer:
    def __init__(self, settings: Settings) -> None:
        import obstore
        from obstore.store import S3Store

        self._obstore: Any = obstore
        silence = timedelta(seconds=settings["timeout"])
        self._store: Any = S3Store(
            BUCKET,
            endpoint=settings["url"],
            access_key_id=settings["access_key"],
            secret_access_key=settings["secret_key"],
            region=settings["region"],
            virtual_hosted_style_request=False,
            client_options={"allow_http": True, "connect_timeout": silence, "timeout": silence},
        )

    def download_to(self, key: str, path: Path) -> None:
        """It has no such operation: its stream is written as its guide shows it."""
        with path.open("wb") as file:
            for piece in self._obstore.get(self._store, key):
                file.write(piece)

    def download_bytes(self, key: str) -> bytes:
        return bytes(self._obstore.get(self._store, key).bytes())

    def download_stream(self, key: str) -> Iterator[bytes]:
        for piece in self._obstore.get(self._store, key).stream(min_chunk_size=10 * KIB):
            yield bytes(piece)

    def download_range(self, key: str, start: int, end: int) -> bytes:
        return bytes(self._obstore.get_range(self._store, key, start=start, end=end))

    def upload_small(self, key: str, data: bytes) -> None:
        self._obstore.put(self._store, key, data)

    def upload_parts(self, key: str, path: Path) -> None:
        self._obstore.put(self._store, key, path, chunk_size=PART_BYTES)

    def upload_stream(self, key: str, pieces: Iterator[bytes]) -> None:
        self._obstore.put(self._store, key, pieces, chunk_size=PART_BYTES)

    def close(self) -> None:
        """Its connections end with it."""
