from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cloud.common._engine import TransferConfig
from cloud.common._retry import RetryPolicy
from cloud.local import LocalStorageClient

if TYPE_CHECKING:
    from pathlib import Path

ONCE = RetryPolicy(max_attempts=1)
SMALL_PARTS = TransferConfig(part_size=1000, threshold=4000, max_workers=3)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def local(root: Path) -> LocalStorageClient:
    """A store in a folder, with a bucket."""
    client = LocalStorageClient(root, retry=ONCE, transfer=SMALL_PARTS)
    client.create_bucket("bucket")
    return client


@pytest.fixture(params=["folder", "folder that ignores case", "folder with fsync", "memory"])
def client(request: pytest.FixtureRequest, root: Path) -> LocalStorageClient:
    """Every kind of store, with a bucket."""
    if request.param == "memory":
        client = LocalStorageClient.in_memory(retry=ONCE, transfer=SMALL_PARTS)
    else:
        if request.param == "folder that ignores case":
            (root / ".cloud").mkdir(parents=True)
            (root / ".cloud" / "format.json").write_text('{"version": 1, "case_sensitive": false}')
        fsync = request.param == "folder with fsync"
        client = LocalStorageClient(root, retry=ONCE, transfer=SMALL_PARTS, fsync=fsync)
    client.create_bucket("bucket")
    return client
