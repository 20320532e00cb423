"""kill -9 in the middle of one large upload or download: the next run moves what was left, and no more.

``CLOUD_KILLS`` says how often each direction is killed; by default twice.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cloud.aws import S3Client
from cloud.transfer import cleanup
from faults.support import credentials_of
from transfer.hop import Hop
from transfer.resuming_program import BUCKET, MIB, PARTS, RANGES, move

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servers import Server

KILLS = int(os.environ.get("CLOUD_KILLS", "2"))
PROGRAM = Path(__file__).with_name("resuming_program.py")
SIZE = 24 * MIB
HEADS = 256 << 10
"""Requests, answers without bodies, and what a closed connection had on its way."""

pytestmark = pytest.mark.timeout(120 + 15 * KILLS)


@pytest.fixture
def hop(seaweedfs_server: Server) -> Iterator[Hop]:
    hop = Hop(seaweedfs_server.endpoint_url)
    yield hop
    hop.close()


@pytest.fixture
def client(hop: Hop, seaweedfs_server: Server) -> Iterator[S3Client]:
    with S3Client(credentials_of(seaweedfs_server), endpoint_url=hop.url, service="seaweedfs") as client:
        client.create_bucket(BUCKET)
        yield client


@pytest.fixture
def direct(client: S3Client, seaweedfs_server: Server) -> Iterator[S3Client]:
    """Give a client whose bytes are not counted; `client` has made the bucket."""
    with S3Client(
        credentials_of(seaweedfs_server),
        endpoint_url=seaweedfs_server.endpoint_url,
        service="seaweedfs",
    ) as direct:
        yield direct


@contextmanager
def running(
    direction: str, hop: Hop, key: str, file: Path, server: Server
) -> Iterator[subprocess.Popen[str]]:
    keys = {
        "AWS_ACCESS_KEY_ID": server.admin.access_key,
        "AWS_SECRET_ACCESS_KEY": server.admin.secret_key,
        "AWS_REGION": server.region,
    }
    command = [sys.executable, PROGRAM, direction, hop.url, key, str(file)]
    with subprocess.Popen(command, env={**os.environ, **keys}, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process


def lines(journal: Path) -> list[dict[str, Any]]:
    """Return what a journal says; a line that was cut off is left out."""
    return [json.loads(line) for line in journal.read_bytes().split(b"\n")[:-1]]


def noted(direction: str, file: Path, state: Path) -> int:
    """Return how many bytes the killed process knew to be whole."""
    if direction == "up":
        journals = list(state.glob("cloud/uploads/*.journal"))
        return sum(line["size"] for journal in journals for line in lines(journal)[1:])
    part = RANGES.part_size
    # The staged file beside it is random bytes, and may have few of them yet.
    journals = [path for path in file.parent.glob(".*.part") if path.read_bytes()[:2] == b'{"']
    return sum(min(part, SIZE - line["start"]) for journal in journals for line in lines(journal)[1:])


@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_killed_transfer(
    direction: str,
    hop: Hop,
    client: S3Client,
    direct: S3Client,
    seaweedfs_server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance = random.Random(20261128)  # noqa: S311  # no secret
    data, old, state = chance.randbytes(SIZE), b"old", tmp_path / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
    source = tmp_path / "source"
    source.write_bytes(data)
    direct.upload_file(BUCKET, "source", data)
    up = direction == "up"
    # A download's first answer is to the whole object: the system's buffers hold more of it than its first range.
    buffered = 0 if up else 8 * MIB
    in_flight = PARTS.part_size * 4 if up else RANGES.part_size * 4 + buffered
    interrupted = 0
    for number in range(KILLS + 1):
        folder = tmp_path / str(number)
        folder.mkdir()
        file, key = (source, f"target/{number}") if up else (folder / "target", "source")

        def found(file: Path = file, key: str = key) -> bytes:
            return direct.download_file(BUCKET, key) if up else file.read_bytes()

        if up:
            direct.upload_file(BUCKET, key, old)
        else:
            file.write_bytes(old)
        hop.moved = 0
        with hop.until_passed_on(), running(direction, hop, key, file, seaweedfs_server) as process:
            if number:  # the first run comes to its end
                moment = chance.random() * SIZE
                while hop.moved < moment and process.poll() is None:
                    time.sleep(0.001)
                process.kill()
            process.wait()
        now, first = found(), hop.moved
        assert now in {old, data}, "neither old nor new"
        if now == old:
            interrupted += 1
            whole = noted(direction, file, state)
            hop.moved = 0
            move(direction, client, key, file)
            anew = 0 if whole else buffered
            assert hop.moved <= 1.1 * (SIZE - whole) + HEADS + RANGES.part_size + anew
            assert first + hop.moved <= 1.1 * SIZE + in_flight + HEADS
            assert found() == data
        # Between its last step and its end a process leaves a journal without its object.
        for left in cleanup(folder, older_than=timedelta(0)):
            assert now == data, left
        assert direct.list_unfinished_uploads(BUCKET) == []
        assert not [*folder.glob(".*.part"), *state.glob("cloud/uploads/*")]
        if up:
            direct.delete_file(BUCKET, key)
        else:
            file.unlink()
    assert interrupted >= KILLS // 2, "the kills came too late to show anything"
