"""obstore: Rust's object_store behind a thin Python layer. Its blocking functions let other threads run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.peers._peer import ACCESS_KEY, BUCKET, REGION, SECRET_KEY, Peer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_CHUNK = 8 << 20


class ObstorePeer(Peer):
    """The fastest library of the field for small objects and listings."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint)
        import obstore
        from obstore.store import S3Store

        self._obstore = obstore
        self._store = S3Store(
            BUCKET,
            endpoint=endpoint,
            region=REGION,
            access_key_id=ACCESS_KEY,
            secret_access_key=SECRET_KEY,
            virtual_hosted_style_request=False,
            client_options={"allow_http": True},
        )

    def head(self, key: str) -> int:
        return self._obstore.head(self._store, key)["size"]

    def get(self, key: str) -> bytes:
        return bytes(self._obstore.get(self._store, key).bytes())

    def get_range(self, key: str, start: int, end: int) -> bytes:
        return bytes(self._obstore.get_range(self._store, key, start=start, end=end))

    def put(self, key: str, data: bytes) -> None:
        self._obstore.put(self._store, key, data, use_multipart=False)

    def list_keys(self) -> int:
        return sum(1 for page in self._obstore.list(self._store, chunk_size=1000) for _ in page)

    def delete(self, keys: Sequence[str]) -> None:
        self._obstore.delete(self._store, list(keys))

    def download(self, key: str, path: Path) -> None:
        with path.open("wb") as file:
            for chunk in self._obstore.get(self._store, key).stream(min_chunk_size=_CHUNK):
                file.write(chunk)

    def upload(self, key: str, path: Path) -> None:
        self._obstore.put(self._store, key, path, chunk_size=_CHUNK)
