"""azure-storage-blob, as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faults.matrix.cases import BUCKET, PART_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from faults.matrix.clients import Settings

PACKAGE = "azure-storage-blob"


class Peer:
    def __init__(self, settings: Settings) -> None:
        from azure.storage.blob import BlobServiceClient

        self._client: Any = BlobServiceClient(
            settings["url"] + settings["path"],
            credential={"account_name": settings["access_key"], "account_key": settings["secret_key"]},
            connection_timeout=settings["timeout"],
            read_timeout=settings["timeout"],
            max_single_put_size=PART_BYTES,
            max_block_size=PART_BYTES,
            max_single_get_size=PART_BYTES,
            max_chunk_get_size=PART_BYTES,
        )

    def _blob(self, key: str) -> Any:
        return self._client.get_blob_client(BUCKET, key)

    def download_to(self, key: str, path: Path) -> None:
        with path.open("wb") as file:
            self._blob(key).download_blob().readinto(file)

    def download_bytes(self, key: str) -> bytes:
        return bytes(self._blob(key).download_blob().readall())

    def download_stream(self, key: str) -> Iterator[bytes]:
        yield from self._blob(key).download_blob().chunks()

    def download_range(self, key: str, start: int, end: int) -> bytes:
        return bytes(self._blob(key).download_blob(offset=start, length=end - start).readall())

    def upload_small(self, key: str, data: bytes) -> None:
        self._blob(key).upload_blob(data, overwrite=True)

    def upload_parts(self, key: str, path: Path) -> None:
        with path.open("rb") as file:
            self._blob(key).upload_blob(file, overwrite=True)

    def upload_stream(self, key: str, pieces: Iterator[bytes]) -> None:
        self._blob(key).upload_blob(pieces, overwrite=True)

    def close(self) -> None:
        self._client.close()
