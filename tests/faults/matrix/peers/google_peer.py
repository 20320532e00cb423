"""google-cloud-storage, as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faults.matrix.cases import BUCKET, PART_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from faults.matrix.clients import Settings

PACKAGE = "google-cloud-storage"


class Peer:
    def __init__(self, settings: Settings) -> None:
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import storage

        self._client: Any = storage.Client(
            project=settings["project"],
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": settings["url"]},
        )
        self._silence = {"timeout": settings["timeout"]}

    def _blob(self, key: str) -> Any:
        return self._client.bucket(BUCKET).blob(key)

    def download_to(self, key: str, path: Path) -> None:
        self._blob(key).download_to_filename(str(path), **self._silence)

    def download_bytes(self, key: str) -> bytes:
        return bytes(self._blob(key).download_as_bytes(**self._silence))

    def download_stream(self, key: str) -> Iterator[bytes]:
        with self._blob(key).open("rb", **self._silence) as file:
            while piece := file.read(10_000):
                yield piece

    def download_range(self, key: str, start: int, end: int) -> bytes:
        return bytes(self._blob(key).download_as_bytes(start=start, end=end - 1, **self._silence))

    def upload_small(self, key: str, data: bytes) -> None:
        self._blob(key).upload_from_string(data, **self._silence)

    def upload_parts(self, key: str, path: Path) -> None:
        self._blob(key).upload_from_filename(str(path), **self._silence)

    def upload_stream(self, key: str, pieces: Iterator[bytes]) -> None:
        with self._blob(key).open("wb", chunk_size=PART_BYTES, **self._silence) as file:
            for piece in pieces:
                file.write(piece)

    def close(self) -> None:
        self._client.close()
