"""minio-py: pure Python over urllib3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.peers._peer import ACCESS_KEY, BUCKET, REGION, SECRET_KEY, Peer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class MinioPeer(Peer):
    """The light SDK of the field."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint)
        from minio import Minio

        self._client = Minio(
            endpoint.partition("://")[2],
            access_key=ACCESS_KEY,
            secret_key=SECRET_KEY,
            region=REGION,
            secure=endpoint.startswith("https:"),
        )

    def head(self, key: str) -> int:
        return int(self._client.stat_object(BUCKET, key).size or 0)

    def get(self, key: str) -> bytes:
        return self._read(key, 0, 0)

    def get_range(self, key: str, start: int, end: int) -> bytes:
        return self._read(key, start, end - start)

    def _read(self, key: str, start: int, length: int) -> bytes:
        answer = self._client.get_object(BUCKET, key, offset=start, length=length)
        try:
            return bytes(answer.read())
        finally:
            answer.close()
            answer.release_conn()

    def put(self, key: str, data: bytes) -> None:
        from io import BytesIO

        self._client.put_object(BUCKET, key, BytesIO(data), len(data))

    def list_keys(self) -> int:
        return sum(1 for _ in self._client.list_objects(BUCKET, recursive=True))

    def keep_records(self) -> Sequence[object]:
        return list(self._client.list_objects(BUCKET, recursive=True))

    def delete(self, keys: Sequence[str]) -> None:
        from minio.deleteobjects import DeleteObject

        for error in self._client.remove_objects(BUCKET, [DeleteObject(key) for key in keys]):
            raise RuntimeError(f"not deleted: {error}")

    def download(self, key: str, path: Path) -> None:
        self._client.fget_object(BUCKET, key, str(path))

    def upload(self, key: str, path: Path) -> None:
        self._client.fput_object(BUCKET, key, str(path))
