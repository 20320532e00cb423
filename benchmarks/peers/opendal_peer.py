"""opendal: Apache OpenDAL, in Rust, behind Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.peers._peer import ACCESS_KEY, ACCOUNT, ACCOUNT_KEY, BUCKET, REGION, SECRET_KEY, Peer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_CHUNK = 8 << 20
_CONCURRENT = 8


class OpendalPeer(Peer):
    """Its blocking operator. Small deletes go one by one: it has no batch in Python."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint)
        self._operator = self._open()

    def _open(self) -> Any:
        import opendal

        return opendal.Operator(
            "s3",
            bucket=BUCKET,
            endpoint=self.endpoint,
            region=REGION,
            access_key_id=ACCESS_KEY,
            secret_access_key=SECRET_KEY,
        )

    def head(self, key: str) -> int:
        return int(self._operator.stat(key).content_length)

    def get(self, key: str) -> bytes:
        return bytes(self._operator.read(key))

    def get_range(self, key: str, start: int, end: int) -> bytes:
        return bytes(self._operator.read(key, offset=start, size=end - start))

    def put(self, key: str, data: bytes) -> None:
        self._operator.write(key, data)

    def list_keys(self) -> int:
        return sum(1 for _ in self._operator.list("/", recursive=True))

    def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._operator.delete(key)

    def download(self, key: str, path: Path) -> None:
        with self._operator.open(key, "rb") as source, path.open("wb") as file:
            while chunk := source.read(_CHUNK):
                file.write(chunk)

    def upload(self, key: str, path: Path) -> None:
        options = {"chunk": _CHUNK, "concurrent": _CONCURRENT}
        with path.open("rb") as file, self._operator.open(key, "wb", **options) as target:
            while chunk := file.read(_CHUNK):
                target.write(chunk)


class OpendalGcsPeer(OpendalPeer):
    """Google's JSON API, anonymously."""

    def _open(self) -> Any:
        import opendal

        return opendal.Operator(
            "gcs",
            bucket=BUCKET,
            endpoint=self.endpoint,
            allow_anonymous="true",
            disable_vm_metadata="true",
            disable_config_load="true",
        )


class OpendalAzurePeer(OpendalPeer):
    """Signs with the account's key."""

    def _open(self) -> Any:
        import opendal

        return opendal.Operator(
            "azblob",
            container=BUCKET,
            endpoint=f"{self.endpoint}/{ACCOUNT}",
            account_name=ACCOUNT,
            account_key=ACCOUNT_KEY,
        )
