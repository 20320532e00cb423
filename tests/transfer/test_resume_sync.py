"""A sync that is killed or cancelled inside one large object: the next one moves what was left of it, and no more."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cloud._registry import StorageLocation
from cloud.aws import S3Client
from cloud.azure import AzureBlobClient
from cloud.common import Cancellation, CancelledError, CloudCredentials, CloudProvider, TransferConfig
from cloud.transfer import Leftover, SyncReport, cleanup, sync
from faults.support import credentials_of, random_bytes
from transfer.hop import Hop
from transfer.test_resume_kill import HEADS, lines
from transfer.test_resume_services import _swift

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cloud.common import BaseStorageClient
    from servers import Server
    from servers.azurite import AzuriteServer
    from servers.swift import SwiftServer

MIB = 1 << 20
PROGRAM = Path(__file__).with_name("syncing_program.py")
PART = 5 * MIB
PARTS = TransferConfig(part_size=PART, threshold=6 * MIB, max_workers=2)
DATA = random_bytes(40 * MIB)
SIZE = len(DATA)
BUCKET = "resumed-syncs"
NAME = "folder/é large"

pytestmark = pytest.mark.timeout(120)


class World:
    """A folder and a prefix behind a hop; `direct` is not counted."""

    def __init__(self, hop: Hop, direct: S3Client, root: Path, prefix: str) -> None:
        self.hop = hop
        self.direct = direct
        self.folder = root / "folder"
        self.file = self.folder / NAME
        self.state = root / "state" / "cloud"
        self.key = f"{prefix}/{NAME}"
        self.url = f"s3://{BUCKET}/{prefix}?service=seaweedfs&endpoint={hop.url}"

    def sides(self, direction: str) -> tuple[str, str]:
        return (str(self.folder), self.url) if direction == "up" else (self.url, str(self.folder))

    def sync(self, direction: str, **options: Any) -> SyncReport:
        return sync(*self.sides(direction), transfer=PARTS, delete=True, **options)

    def fill(self, direction: str) -> None:
        if direction == "up":
            self.file.parent.mkdir(parents=True)
            self.file.write_bytes(DATA)
        else:
            self.direct.upload_file(BUCKET, self.key, DATA)

    def found(self, direction: str) -> bytes | None:
        if direction == "up":
            there = self.direct.object_exists(BUCKET, self.key)
            return self.direct.download_file(BUCKET, self.key) if there else None
        return self.file.read_bytes() if self.file.exists() else None

    @property
    def staged(self) -> list[Path]:
        return sorted(self.file.parent.glob(".*.part"), key=lambda path: path.stat().st_size)

    @property
    def journals(self) -> list[Path]:
        return sorted(self.state.glob("*/*"))

    def noted(self, direction: str) -> int:
        """Return how many bytes a killed process knew to be whole."""
        if direction == "up":
            return sum(line["size"] for line in lines(next(self.state.glob("uploads/*")))[1:])
        journal, file = self.staged
        assert file.stat().st_size <= SIZE
        return sum(min(MIB, SIZE - line["start"]) for line in lines(journal)[1:])

    def check_nothing_left(self) -> None:
        assert list(self.direct.list_unfinished_uploads(BUCKET)) == []
        assert self.staged == []
        assert self.journals == []


@pytest.fixture
def world(
    seaweedfs_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[World]:
    server = seaweedfs_server
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.admin.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.admin.secret_key)
    monkeypatch.setenv("AWS_REGION", server.region)
    hop = Hop(server.endpoint_url)
    with S3Client(credentials_of(server), endpoint_url=server.endpoint_url, service="seaweedfs") as direct:
        direct.create_bucket(BUCKET)
        yield World(hop, direct, tmp_path, request.node.name)
        for key in [info.key for info in direct.list_objects(BUCKET)]:
            direct.delete_file(BUCKET, key)
    hop.close()


def kill(world: World, direction: str) -> None:
    """Let a process begin, and end it by SIGKILL when half has been moved."""
    world.hop.hold_at = SIZE // 2
    command = [sys.executable, PROGRAM, *world.sides(direction), str(world.state / "sync")]
    with subprocess.Popen(command, env=os.environ, stdout=subprocess.DEVNULL) as process:
        while world.hop.moved < SIZE // 2:
            assert process.poll() is None
            time.sleep(0.005)
        time.sleep(0.1)  # for the answers to what came through
        process.kill()
    world.hop.release()


class Half:
    """Cancels when half has been moved."""

    def __init__(self) -> None:
        self.switch = Cancellation()
        self._sum = 0

    def planned(self, items: int, size: int, *, complete: bool) -> None: ...
    def finished(self, item: object) -> None: ...
    def moved(self, count: int) -> None:
        self._sum += count
        if self._sum >= SIZE // 2:
            self.switch.cancel()


@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_killed_sync_goes_on_inside_an_object(world: World, direction: str) -> None:
    world.fill(direction)
    kill(world, direction)
    assert world.found(direction) is None
    whole = world.noted(direction)
    assert whole >= 2 * MIB
    world.hop.moved = 0
    report = world.sync(direction)
    assert (report.copied, report.failed) == (1, 0)
    assert world.hop.moved <= 1.1 * (SIZE - whole) + HEADS
    assert world.found(direction) == DATA
    world.hop.moved = 0
    assert world.sync(direction).plan.is_empty
    assert world.hop.moved < HEADS
    world.check_nothing_left()


def test_a_worker_goes_on_where_this_process_stopped(world: World) -> None:
    world.fill("up")
    half = Half()
    with pytest.raises(CancelledError):
        world.sync("up", progress=half, cancellation=half.switch)
    whole = world.noted("up")
    world.hop.moved = 0
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert world.sync("up", executor=pool).copied == 1
    assert world.hop.moved <= 1.1 * (SIZE - whole) + HEADS
    assert world.found("up") == DATA
    world.check_nothing_left()


def test_cleanup_finds_what_a_killed_sync_left(world: World) -> None:
    world.fill("up")
    kill(world, "up")
    found = list(cleanup(*world.sides("up"), older_than=timedelta(0)))
    assert [item.kind for item in found] == [Leftover.UPLOAD, Leftover.JOURNAL, Leftover.JOURNAL]
    world.check_nothing_left()


@contextmanager
def _azure(server: AzuriteServer) -> Iterator[BaseStorageClient]:
    credentials = CloudCredentials(
        CloudProvider.AZURE, account_name=server.account_name, account_key=server.account_key
    )
    with AzureBlobClient(credentials, account_url=f"{server.endpoint_url}/{server.account_name}") as client:
        yield client


def _cancelled_and_again(
    connect: Callable[[Any], Any],
    server: Any,
    sides: Callable[[BaseStorageClient], tuple[Any, Any]],
    state: Path,
) -> int:
    """Return how many bytes of bodies the second of two syncs moved."""
    half = Half()
    with connect(server) as client, pytest.raises(CancelledError):
        sync(*sides(client), transfer=PARTS, state=state, progress=half, cancellation=half.switch)
    with connect(server) as client:
        assert sync(*sides(client), transfer=PARTS, state=state).copied == 1
        snapshot = client.metrics.snapshot()
    with connect(server) as client:
        assert sync(*sides(client), transfer=PARTS, state=state).plan.is_empty
    moved: int = snapshot.bytes_sent + snapshot.bytes_received
    return moved


def test_up_to_swift(swift_server: SwiftServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "large").write_bytes(DATA)
    with _swift(swift_server) as direct:
        direct.create_bucket(BUCKET)
        moved = _cancelled_and_again(
            _swift,
            swift_server,
            lambda client: (tmp_path / "folder", StorageLocation(client, BUCKET, "up")),
            tmp_path / "journals",
        )
        assert moved <= SIZE - 3 * PART + HEADS
        assert direct.download_file(BUCKET, "up/large") == DATA
        assert list(direct.list_unfinished_uploads(BUCKET)) == []
    assert list((tmp_path / "state/cloud/uploads").iterdir()) == []


def test_down_from_azure(azurite_server: AzuriteServer, tmp_path: Path) -> None:
    with _azure(azurite_server) as direct:
        direct.create_bucket(BUCKET)
        direct.upload_file(BUCKET, "down/large", DATA)
    moved = _cancelled_and_again(
        _azure,
        azurite_server,
        lambda client: (StorageLocation(client, BUCKET, "down"), tmp_path / "folder"),
        tmp_path / "journals",
    )
    assert moved <= SIZE - 2 * PART + HEADS
    assert (tmp_path / "folder/large").read_bytes() == DATA
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["large"]
