"""Ctrl-C in the middle of a transfer: it ends soon, and leaves neither parts nor a file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cloud.testing import Fault
from faults.support import BUCKET, KIB, MIB, SILENCE, Kind, random_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud.aws import S3Client
    from cloud.testing import FaultProxy
    from servers import Server

pytestmark = pytest.mark.timeout(60)

PROGRAM = Path(__file__).with_name("interrupted_program.py")
# One silence of the program's read timeout, and time for a loaded machine.
END_SECONDS = 15.0


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
    # What was on its way ended by its timeout; nothing was tried again after that.
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
