"""kill -9 in the middle of a sync: old files or whole new ones, and the next run moves what was left.

``CLOUD_KILLS`` says how often each direction is killed; by default 5 times.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from cloud.common import TransferConfig
from cloud.local import LocalStorageClient
from cloud.transfer import cleanup, sync

KILLS = int(os.environ.get("CLOUD_KILLS", "5"))
PROGRAM = Path(__file__).with_name("syncing_program.py")
KIB, MIB = 1 << 10, 1 << 20
PARTS = TransferConfig(part_size=MIB, threshold=2 * MIB, max_workers=2)

pytestmark = pytest.mark.timeout(120 + 15 * KILLS)


def new_tree(chance: random.Random) -> dict[str, bytes]:
    tree = {f"small/{number:03}": chance.randbytes(chance.randrange(64 * KIB)) for number in range(300)}
    tree |= {f"{number}/large": chance.randbytes(3 * MIB + number) for number in range(3)}
    return {**tree, "empty": b""}


def old_tree(tree: dict[str, bytes]) -> dict[str, bytes]:
    old = {name: b"old" + body for name, body in list(tree.items())[::2]}
    return {**old, "extra": b"is to be deleted"}


class Folder:
    """A side that is a folder."""

    def __init__(self, root: Path, name: str) -> None:
        self.path = root / name
        self.url = str(self.path)

    def fill(self, tree: dict[str, bytes]) -> None:
        for name, body in tree.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
            os.utime(path, (1_500_000_000, 1_500_000_000))

    def read(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.path).as_posix(): path.read_bytes()
            for path in self.path.rglob("*")
            if path.is_file() and path.suffix != ".part"
        }


class Store:
    """A side that is a bucket."""

    def __init__(self, root: Path, name: str) -> None:
        self.client = LocalStorageClient(root / name)
        self.client.create_bucket("b")
        self.url = f"file://b/p?root={root / name}"

    def fill(self, tree: dict[str, bytes]) -> None:
        for name, body in tree.items():
            self.client.upload_file("b", f"p/{name}", body)

    def read(self) -> dict[str, bytes]:
        return {
            info.key[2:]: self.client.download_file("b", info.key)
            for info in self.client.list_objects("b", "p/")
        }


def start(source: str, destination: str, state: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, PROGRAM, source, destination, str(state)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("planned")
    return process


@pytest.mark.parametrize(
    ("source_kind", "destination_kind"),
    [(Folder, Store), (Store, Folder), (Folder, Folder)],
    ids=["up", "down", "across"],
)
def test_a_killed_sync(
    tmp_path: Path, source_kind: type[Folder | Store], destination_kind: type[Folder | Store]
) -> None:
    chance = random.Random(20261128)  # noqa: S311  # no secret
    tree = new_tree(chance)
    source = source_kind(tmp_path, "source")
    source.fill(tree)
    seconds, interrupted = 0.0, 0
    for number in range(KILLS + 1):
        root = tmp_path / str(number)
        root.mkdir()
        destination, state = destination_kind(root, "destination"), root / "state"
        old = old_tree(tree)
        destination.fill(old)
        with start(source.url, destination.url, state) as process:
            begun = time.monotonic()
            if number:  # the first run is the measure
                time.sleep(seconds * chance.random())
                if process.poll() is not None:  # the measure was taken of a busier machine
                    seconds *= 0.8
                process.kill()
            process.wait()
            seconds = seconds or time.monotonic() - begun
        found = destination.read()
        for name, body in found.items():
            assert body in {tree.get(name), old.get(name)}, f"{name} is neither old nor new"
        left = sum(len(body) for name, body in tree.items() if found.get(name) != body)
        interrupted += found != tree
        report = sync(source.url, destination.url, delete=True, state=state, transfer=PARTS)
        assert report.ok
        assert report.bytes <= 1.1 * left
        assert destination.read() == tree
        assert not state.exists() or not list(state.iterdir())
        if isinstance(destination, Folder):
            staged = list(cleanup(destination.path, older_than=timedelta(0), state=state))
            assert all(item.removed for item in staged)
            assert not list(destination.path.rglob("*.part"))
    assert interrupted >= KILLS // 2, "the kills came too late to show anything"
