"""obstore: Rust's object_store behind a thin Python layer. Its blocking functions let other threads run."""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from benchmarks.peers._peer import (
    ACCESS_KEY,
    ACCOUNT,
    ACCOUNT_KEY,
    BUCKET,
    REGION,
    SECRET_KEY,
    Peer,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_CHUNK = 8 << 20
_PARALLEL = 6
_OPTIONS = {
    "allow_http": True,
    "allow_invalid_certificates": True,
}  # it knows nullstore's authority by no variable


class _ObstorePeer(Peer, ABC):
    """What is the same for every protocol."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint)
        import obstore

        self._obstore = obstore
        self._store = self._open()

    @abstractmethod
    def _open(self) -> Any:
        """Return the store at the endpoint."""

    def head(self, key: str) -> int:
        return self._obstore.head(self._store, key)["size"]

    def get(self, key: str) -> bytes:
        return bytes(self._obstore.get(self._store, key).bytes())

    def put(self, key: str, data: bytes) -> None:
        self._obstore.put(self._store, key, data, use_multipart=False)

    def list_keys(self) -> int:
        return sum(1 for page in self._obstore.list(self._store, chunk_size=1000) for _ in page)

    def keep_records(self) -> Sequence[object]:
        return [record for page in self._obstore.list(self._store, chunk_size=1000) for record in page]

    def get_range(self, key: str, start: int, end: int) -> bytes:
        return bytes(self._obstore.get_range(self._store, key, start=start, end=end))

    def delete(self, keys: Sequence[str]) -> None:
        self._obstore.delete(self._store, list(keys))

    def download(self, key: str, path: Path) -> None:
        with path.open("wb") as file:
            for chunk in self._obstore.get(self._store, key).stream(min_chunk_size=_CHUNK):
                file.write(chunk)

    def upload(self, key: str, path: Path) -> None:
        self._obstore.put(self._store, key, path, chunk_size=_CHUNK)


class ObstorePeer(_ObstorePeer):
    """The fastest library of the field for small objects and listings."""

    def _open(self) -> Any:
        from obstore.store import S3Store

        return S3Store(
            BUCKET,
            endpoint=self.endpoint,
            region=REGION,
            access_key_id=ACCESS_KEY,
            secret_access_key=SECRET_KEY,
            virtual_hosted_style_request=False,
            client_options=_OPTIONS,
        )


class ObstoreGcsPeer(_ObstorePeer):
    """Speaks Google's XML API, and lists by it too."""

    def _open(self) -> Any:
        from obstore.store import GCSStore

        account = {
            "gcs_base_url": self.endpoint,
            "disable_oauth": True,
            "client_email": "",
            "private_key": "",
            "private_key_id": "",
        }
        return GCSStore(BUCKET, service_account_key=json.dumps(account), client_options=_OPTIONS)


class ObstoreAzurePeer(_ObstorePeer):
    """Signs with the account's key."""

    def _open(self) -> Any:
        from obstore.store import AzureStore

        return AzureStore(
            BUCKET,
            endpoint=f"{self.endpoint}/{ACCOUNT}",
            account_name=ACCOUNT,
            account_key=ACCOUNT_KEY,
            client_options=_OPTIONS,
        )


class _InParallel(_ObstorePeer, ABC):
    """Downloads by parallel ranges with positioned writes: the fastest that it can do. Nothing is verified."""

    def download(self, key: str, path: Path) -> None:
        size = self._obstore.head(self._store, key)["size"]
        descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        try:
            os.truncate(descriptor, size)

            def fetch(start: int) -> None:
                end = min(start + _CHUNK, size)
                os.pwrite(descriptor, self._obstore.get_range(self._store, key, start=start, end=end), start)

            with ThreadPoolExecutor(_PARALLEL) as pool:
                list(pool.map(fetch, range(0, size, _CHUNK)))
        finally:
            os.close(descriptor)


class ObstoreParallelPeer(_InParallel, ObstorePeer):
    """From S3."""


class ObstoreParallelGcsPeer(_InParallel, ObstoreGcsPeer):
    """From Google Cloud Storage."""


class ObstoreParallelAzurePeer(_InParallel, ObstoreAzurePeer):
    """From Azure Blob Storage."""
