"""Ctrl-C in the middle of a transfer: it ends soon, and leaves neither parts nor a file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cloud.aws import S3Client
from cloud.common import Cancellation, CancelledError, TransferConfig
from cloud.testing import Fault, FaultKind
from faults.support import BUCKET, KIB, MIB, SILENCE, Kind, credentials_of, make_client, random_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud.testing import FaultProxy
    from servers import Server

pytestmark = pytest.mark.timeout(60)

SMALL_PARTS = TransferConfig(part_size=5 * MIB, threshold=5 * MIB, max_workers=2)
PROGRAM = Path(__file__).with_name("interrupted_program.py")
# The program waits up to a minute for a silent service, but not after Ctrl-C; the rest is for a loaded machine.
END_SECONDS = 10.0
SOON_SECONDS = 1.0


@contextmanager
def running(
    direction: str, url: str, key: str, file: Path, server: Server
) -> Iterator[subprocess.Popen[str]]:
    """Give the program once it has moved its first bytes; it is ended in any case."""
    keys = {
        "AWS_ACCESS_KEY_ID": server.admin.access_key,
        "AWS_SECRET_ACCESS_KEY": server.admin.secret_key,
        "AWS_REGION": server.region,
    }
    process = subprocess.Popen(
        [sys.executable, PROGRAM, direction, url, key, str(file)],
        env={**os.environ, **keys},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "moving\n"
            yield process
        finally:
            process.kill()


def interrupt(process: subprocess.Popen[str]) -> None:
    """Send Ctrl-C, as a terminal does, and check that it was what ended the program."""
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=END_SECONDS)
    assert process.returncode == -signal.SIGINT, errors
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert "done" not in output


def test_an_upload_removes_its_parts(
    proxy: FaultProxy, server: Server, direct: S3Client, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.write_bytes(random_bytes(16 * MIB))
    stalls = r"partNumber=[234]"
    proxy.inject(
        Fault(kind=Kind.STALL_UPLOAD, method="PUT", path=stalls, seconds=SILENCE, count=0, at=40_000)
    )
    with running("upload", proxy.url, "interrupted", source, server) as process:
        interrupt(process)
    assert not direct.object_exists(BUCKET, "interrupted")
    assert direct.list_unfinished_uploads(BUCKET, "interrupted") == []
    # What was on its way was cut; nothing was tried again after that.
    tries = [request.path for request in proxy.requests if request.fault is not None]
    assert len(tries) == len(set(tries)) <= 2
    assert [request.method for request in proxy.requests][-1] == "DELETE"


def test_a_download_leaves_the_old_file(proxy: FaultProxy, server: Server, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"old")
    proxy.inject(Fault(kind=Kind.TRICKLE, method="GET", rate=2 * KIB, count=0))
    with running("download", proxy.url, "large", target, server) as process:
        interrupt(process)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_workers_may_be_interrupted_at_any_moment() -> None:
    """What comes out is the KeyboardInterrupt, nothing waits forever, and no thread is left."""
    program = PROGRAM.with_name("interrupted_workers.py")
    done = subprocess.run(
        [sys.executable, program, "1000"], capture_output=True, text=True, timeout=50, check=False
    )
    assert done.returncode == 0, done.stderr
    hits, left = map(int, done.stdout.split())
    assert hits > 100
    assert left == 0


@contextmanager
def cancelled_soon(switch: Cancellation, begun: threading.Event) -> Iterator[None]:
    """Pull the switch once the transfer hangs; check that it then ends soon."""
    moments: list[float] = []

    def pull() -> None:
        begun.wait()
        moments.append(time.monotonic())
        switch.cancel()

    thread = threading.Thread(target=pull)
    thread.start()
    try:
        with pytest.raises(CancelledError):
            yield
    finally:
        begun.set()
        thread.join()
    assert time.monotonic() - moments[0] < SOON_SECONDS


class Hanging(threading.Event):
    """Is set when a request has met the fault that never ends."""

    def __init__(self, proxy: FaultProxy) -> None:
        super().__init__()
        self._proxy = proxy

    def wait(self, timeout: float | None = None) -> bool:
        while not any(request.fault is not None for request in self._proxy.requests):
            if super().wait(0.01):
                break
        return super().wait(0.05 if timeout is None else timeout)  # until the client waits for the answer


@pytest.mark.parametrize("size", [64 * KIB, 16 * MIB], ids=["put", "parts"])
def test_cancel_ends_an_upload_that_hangs(
    size: int, proxy: FaultProxy, server: Server, direct: S3Client, tmp_path: Path
) -> None:
    source, switch = tmp_path / "source", Cancellation()
    source.write_bytes(random_bytes(size))
    proxy.inject(Fault(kind=Kind.STALL_UPLOAD, method="PUT", seconds=SILENCE, count=0, at=40_000))
    client, _ = make_client(server, proxy.url, silence=60.0)
    with client, cancelled_soon(switch, Hanging(proxy)):
        client.upload_file(BUCKET, "cancelled", source, cancellation=switch, transfer=SMALL_PARTS)
    assert not direct.object_exists(BUCKET, "cancelled")
    assert direct.list_unfinished_uploads(BUCKET, "cancelled") == []


@pytest.mark.parametrize("key", ["small", "large"])
@pytest.mark.parametrize("kind", [Kind.SLOW_HEAD, Kind.STALL_BODY], ids=lambda kind: kind.value)
def test_cancel_ends_a_download_that_hangs(
    kind: FaultKind, key: str, proxy: FaultProxy, server: Server, tmp_path: Path
) -> None:
    switch = Cancellation()
    proxy.inject(Fault(kind=kind, method="GET", seconds=SILENCE, count=0))
    client, _ = make_client(server, proxy.url, silence=60.0)
    with client, cancelled_soon(switch, Hanging(proxy)):
        client.download_to(BUCKET, key, tmp_path / "file", cancellation=switch)
    assert list(tmp_path.iterdir()) == []


def test_cancel_ends_the_wait_for_the_next_try(proxy: FaultProxy, server: Server, tmp_path: Path) -> None:
    switch = Cancellation()
    slow_down = {"retry-after": "30"}
    proxy.inject(Fault(kind=Kind.STATUS, status=503, headers=slow_down, method="GET", count=0))
    client = S3Client(credentials_of(server), endpoint_url=proxy.url, service="seaweedfs")
    with client, cancelled_soon(switch, Hanging(proxy)):
        client.download_to(BUCKET, "small", tmp_path / "file", cancellation=switch)
