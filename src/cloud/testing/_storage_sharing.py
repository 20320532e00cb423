"""One client serves many threads, and the child of a fork."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from cloud.testing._storage_base import StorageKit, noise

if TYPE_CHECKING:
    from cloud.common._base_storage import BaseStorageClient

_THREADS = 8
_CHILD_SECONDS = 30


class SharingPromises(StorageKit):
    """Threads, forks, concurrent readers and writers."""

    promises = "Threads and forks"

    def test_threads_share_a_client(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """Eight threads that write, read, list and delete at once each see their own objects, whole."""
        start = threading.Barrier(_THREADS)

        def work(number: int) -> list[bytes]:
            start.wait()
            seen = []
            for turn in range(5):
                name, body = f"{key}/{number}/{turn}", noise(1000 + number) + bytes([number, turn])
                client.upload_file(bucket, name, body)
                assert client.download_file(bucket, name) == body
                assert [info.key for info in client.list_objects(bucket, name)] == [name]
                seen.append(client.read_range(bucket, name, -2))
                assert client.delete_file(bucket, name) is True
            return seen

        with ThreadPoolExecutor(_THREADS) as pool:
            results = list(pool.map(work, range(_THREADS)))
        assert results == [[bytes([number, turn]) for turn in range(5)] for number in range(_THREADS)]

    def test_readers_never_see_a_mixture(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """While an object is replaced again and again, every read gives one whole body."""
        size, done = 200_000, threading.Event()
        client.upload_file(bucket, key, b"\x00" * size)

        def read() -> set[tuple[int, int]]:
            seen = set()
            while not done.is_set():
                body = client.download_file(bucket, key)
                seen.add((len(body), len(set(body))))
            return seen

        with ThreadPoolExecutor(4) as pool:
            readers = [pool.submit(read) for _ in range(4)]
            try:
                for turn in range(1, 15):
                    client.upload_file(bucket, key, bytes([turn]) * size)
            finally:
                done.set()
            assert set().union(*(reader.result() for reader in readers)) <= {(size, 1)}

    def test_child_of_a_fork_uses_the_client(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """After a fork parent and child both go on with the same client object (on systems that fork)."""
        if not hasattr(os, "fork"):
            assert sys.platform == "win32"
            return
        client.upload_file(bucket, key, b"before the fork")
        reader, writer = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # 3.12 warns where other threads live
            child = os.fork()
        if child == 0:
            _answer(client, bucket, key, writer)
        os.close(writer)
        try:
            assert client.download_file(bucket, key) == b"before the fork"
            ready, _, _ = select.select([reader], [], [], _CHILD_SECONDS)
            assert ready, "the child hangs"
            assert os.read(reader, 100) == b"before the fork"
            assert client.download_file(bucket, key) == b"before the fork"
        finally:
            os.close(reader)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _answer(client: BaseStorageClient, bucket: str, key: str, writer: int) -> None:
    """Send the object's bytes from the child; it must not return into pytest, whatever happens."""
    try:
        os.write(writer, client.download_file(bucket, key))
    finally:
        os._exit(0)
