"""What `test_other_processes.py` lets another process do: here, because that process imports it by name."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cloud.common import BaseStorageClient

PARTS = b"0123456789" * 300


class Done(NamedTuple):
    """What the other process found and did."""

    process: int
    read: bytes
    by_threads: list[bytes]
    calls: int


def use(client: BaseStorageClient, key: str) -> Done:
    """Read what the parent wrote, on threads too, and write something under `key`."""
    with client, ThreadPoolExecutor(4) as pool:
        read = client.download_file("bucket", "before")
        by_threads = list(pool.map(client.download_file, ["bucket"] * 8, ["before"] * 8))
        client.upload_file("bucket", key, b"child")
        return Done(os.getpid(), read, by_threads, client.metrics.snapshot().calls)
