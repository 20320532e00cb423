"""A limit on bytes per second, measured on a real server, and kept by whole runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from cloud._registry import StorageLocation
from cloud.aws import S3Client
from cloud.common import Cancellation, CancelledError, InvalidRequestError, TransferConfig
from cloud.local import LocalStorageClient
from cloud.transfer import download_many, sync, upload_many, upload_tree
from faults.support import credentials_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from servers import Server

MIB = 1 << 20
LIMIT = 8 * MIB
PARTS = TransferConfig(part_size=5 * MIB, threshold=6 * MIB, max_workers=3, bandwidth_limit=LIMIT)
BODY = os.urandom(12 * MIB)


@pytest.fixture
def client(seaweedfs_server: Server) -> Iterator[S3Client]:
    with S3Client(
        credentials_of(seaweedfs_server),
        endpoint_url=seaweedfs_server.endpoint_url,
        service="seaweedfs",
        transfer=PARTS,
    ) as client:
        client.create_bucket("bandwidth")
        yield client


@pytest.fixture
def unlimited(client: S3Client, seaweedfs_server: Server) -> Iterator[S3Client]:
    with S3Client(
        credentials_of(seaweedfs_server),
        endpoint_url=seaweedfs_server.endpoint_url,
        service="seaweedfs",
    ) as unlimited:
        yield unlimited


def seconds(call: Callable[[], object]) -> float:
    begun = time.monotonic()
    call()
    return time.monotonic() - begun


def check(size: int, took: float) -> None:
    """Check that `size` bytes kept the limit. How much longer a busy machine takes is no property of the code."""
    assert size / LIMIT - 0.5 < took


def test_every_way_up_and_down_keeps_the_limit(client: S3Client, tmp_path: Path) -> None:
    file, small = tmp_path / "file", BODY[: 5 * MIB]
    file.write_bytes(BODY)
    check(len(BODY), seconds(lambda: client.upload_file("bandwidth", "parts", file)))
    check(len(small), seconds(lambda: client.upload_file("bandwidth", "one", small)))
    check(len(BODY), seconds(lambda: client.download_to("bandwidth", "parts", tmp_path / "back")))
    assert (tmp_path / "back").read_bytes() == BODY
    check(len(small), seconds(lambda: client.download_file("bandwidth", "one")))


def test_a_run_of_many_has_one_limit(client: S3Client, unlimited: S3Client) -> None:
    bodies = {f"many/{number}": BODY[number * MIB : (number + 1) * MIB] for number in range(8)}
    up = upload_many(unlimited, "bandwidth", bodies, bandwidth_limit=LIMIT)
    check(8 * MIB, seconds(lambda: list(up)))
    down = list(download_many(unlimited, "bandwidth", bodies, bandwidth_limit=LIMIT))
    assert {result.key: result.data for result in down} == bodies


def test_a_tree_and_a_sync_have_one_limit(unlimited: S3Client, tmp_path: Path) -> None:
    for number in range(8):
        (tmp_path / str(number)).write_bytes(BODY[number * MIB : (number + 1) * MIB])
    check(8 * MIB, seconds(lambda: upload_tree(tmp_path, unlimited, "bandwidth", "tree", transfer=PARTS)))
    place = StorageLocation(unlimited, "bandwidth", "sync")
    state = tmp_path.parent / "state"
    check(8 * MIB, seconds(lambda: sync(tmp_path, place, transfer=PARTS, state=state)))


def test_a_limit_for_no_bytes_or_for_an_executor_is_refused(tmp_path: Path) -> None:
    client = LocalStorageClient.in_memory()
    client.create_bucket("b")
    with pytest.raises(InvalidRequestError, match="bandwidth_limit"):
        upload_many(client, "b", {}, bandwidth_limit=0)
    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(InvalidRequestError, match="executor"):
            download_many(client, "b", [], bandwidth_limit=LIMIT, executor=pool)
        with pytest.raises(InvalidRequestError, match="executor"):
            sync(tmp_path, StorageLocation(client, "b", ""), transfer=PARTS, executor=pool)


def test_a_cancel_ends_a_throttled_upload_on_the_wire(client: S3Client, tmp_path: Path) -> None:
    file, switch, moments = tmp_path / "file", Cancellation(), []
    file.write_bytes(BODY)

    def cancel() -> None:
        moments.append(time.monotonic())
        switch.cancel()

    timer = threading.Timer(0.3, cancel)
    timer.start()
    crawl = TransferConfig(part_size=5 * MIB, threshold=6 * MIB, bandwidth_limit=4096)
    with pytest.raises(CancelledError):
        client.upload_file("bandwidth", "cancelled", file, transfer=crawl, cancellation=switch)
    assert time.monotonic() - moments[0] < 1.0
    timer.join()
    assert not client.object_exists("bandwidth", "cancelled")
    assert client.list_unfinished_uploads("bandwidth", "cancelled") == []


@pytest.mark.parametrize("command", ["cp", "sync"])
def test_ctrl_c_ends_a_throttled_command(command: str, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "file").write_bytes(bytes(40 * MIB))
    LocalStorageClient(tmp_path / "store").create_bucket("b")
    url = f"file://b?root={tmp_path / 'store'}"
    recursive = ["-r"] if command == "cp" else ["--state", str(tmp_path / "state")]
    line = [sys.executable, "-m", "cloud.cli", command, str(folder), url, "--bandwidth-limit", "100KiB/s"]
    with subprocess.Popen([*line, *recursive], stderr=subprocess.PIPE, text=True) as process:
        time.sleep(2.0)  # it is at work by then, and takes minutes
        assert process.poll() is None
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.wait(30)
        took = time.monotonic() - begun
        assert process.stderr is not None
        errors = process.stderr.read()
    assert process.returncode in {130, -signal.SIGINT}, errors
    assert errors.rstrip().endswith("interrupted")
    assert took < 3.0  # the interpreter's own end is in it, on a loaded machine
