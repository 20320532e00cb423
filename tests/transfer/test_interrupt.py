"""Ctrl-C and cancel in the middle of a sync: it ends within a second and the next run goes on."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cloud._registry import StorageLocation
from cloud.common import Cancellation
from cloud.common.errors import CancelledError
from cloud.local import LocalStorageClient
from cloud.transfer import sync

if TYPE_CHECKING:
    from cloud.common._bodies import Payload
    from cloud.common._storage_types import PutRequest, Stored

PROGRAM = Path(__file__).with_name("syncing_program.py")
SOON_SECONDS = 1.0
MIB = 1 << 20


class Slow(LocalStorageClient):
    """A store that takes ten seconds for an object, unless its work is ended."""

    begun = threading.Event()

    def _put(self, request: PutRequest, payload: Payload) -> Stored:
        from cloud.common._cancel import pause

        if request.key.startswith("slow"):
            self.begun.set()
            pause(10)
        return super()._put(request, payload)


def test_a_cancel_ends_a_sync_within_a_second(tmp_path: Path) -> None:
    folder, state = tmp_path / "folder", tmp_path / "state"
    folder.mkdir()
    for name in ("a", "b", "slow 1", "slow 2"):
        (folder / name).write_bytes(b"x")
    client = Slow(tmp_path / "store")
    client.create_bucket("b")
    place, switch, times = StorageLocation(client, "b", ""), Cancellation(), []

    def cancel() -> None:
        client.begun.wait(30)
        times.append(time.monotonic())
        switch.cancel()

    thread = threading.Thread(target=cancel)
    thread.start()
    with pytest.raises(CancelledError):
        sync(folder, place, state=state, cancellation=switch)
    assert time.monotonic() - times[0] < SOON_SECONDS
    thread.join()
    assert len(list(state.iterdir())) == 1
    plain = StorageLocation(LocalStorageClient(tmp_path / "store"), "b", "")
    assert sync(folder, plain, state=state).copied == 2


def test_ctrl_c_ends_a_sync_soon_and_leaves_a_journal(tmp_path: Path) -> None:
    folder, state = tmp_path / "folder", tmp_path / "state"
    folder.mkdir()
    for number in range(3000):
        (folder / str(number)).write_bytes(b"x" * 4096)
    LocalStorageClient(tmp_path / "store").create_bucket("b")
    url = f"file://b?root={tmp_path / 'store'}"
    with subprocess.Popen(
        [sys.executable, PROGRAM, str(folder), url, str(state)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("planned")
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        begun = time.monotonic()
        process.wait(30)
        took = time.monotonic() - begun
        assert process.stderr is not None
        assert "KeyboardInterrupt" in process.stderr.read()
    assert took < 3 * SOON_SECONDS  # the interpreter's own end is in it, on a loaded machine
    assert len(list(state.iterdir())) == 1
    report = sync(folder, url, state=state)
    assert report.ok
    assert 0 < report.copied < 3000
    assert not list(state.iterdir())
