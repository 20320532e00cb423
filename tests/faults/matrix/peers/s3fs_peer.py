"""s3fs, as it comes, without its caches of listings and instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faults.matrix.cases import BUCKET, PART_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from faults.matrix.clients import Settings

PACKAGE = "s3fs"


class Peer:
    def __init__(self, settings: Settings) -> None:
        import s3fs

        self._files: Any = s3fs.S3FileSystem(
            key=settings["access_key"],
            secret=settings["secret_key"],
            endpoint_url=settings["url"],
            client_kwargs={"region_name": settings["region"]},
            config_kwargs={"connect_timeout": settings["timeout"], "read_timeout": settings["timeout"]},
            use_listings_cache=False,
            skip_instance_cache=True,
        )

    def download_to(self, key: str, path: Path) -> None:
        self._files.get_file(f"{BUCKET}/{key}", str(path))

    def download_bytes(self, key: str) -> bytes:
        return bytes(self._files.cat_file(f"{BUCKET}/{key}"))

    def download_stream(self, key: str) -> Iterator[bytes]:
        with self._files.open(f"{BUCKET}/{key}", "rb") as file:
            while piece := file.read(10_000):
                yield piece

    def download_range(self, key: str, start: int, end: int) -> bytes:
        return bytes(self._files.cat_file(f"{BUCKET}/{key}", start=start, end=end))

    def upload_small(self, key: str, data: bytes) -> None:
        self._files.pipe_file(f"{BUCKET}/{key}", data)

    def upload_parts(self, key: str, path: Path) -> None:
        self._files.put_file(str(path), f"{BUCKET}/{key}", chunksize=PART_BYTES)

    def upload_stream(self, key: str, pieces: Iterator[bytes]) -> None:
        with self._files.open(f"{BUCKET}/{key}", "wb", block_size=PART_BYTES) as file:
            for piece in pieces:
                file.write(piece)

    def close(self) -> None:
        """Its connections end with its loop's thread."""
