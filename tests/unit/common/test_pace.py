"""A limit on bytes per second holds over all threads together, in both directions, and ends with the call."""

from __future__ import annotations

import io
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from cloud.common import Cancellation, CancelledError, InvalidRequestError, TransferConfig
from cloud.common._cancel import ended_by, one_call
from cloud.common._engine import Window
from cloud.common._pace import Pace, active_pace, paced
from cloud.common._reading import ObjectStream, fetch_small
from cloud.common._storage_types import GetRequest
from cloud.local import LocalStorageClient
from unit.common.doubles import Store, make_runtime

if TYPE_CHECKING:
    from pathlib import Path

KIB, MIB = 1 << 10, 1 << 20


class Clock:
    """Seconds that pass only where somebody waits for them."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pace(clock: Clock) -> Pace:
    return Pace(100 * KIB, clock=clock, wait=clock.wait)


@pytest.fixture
def switch(pace: Pace) -> Cancellation:
    switch = Cancellation()
    switch.pace = pace
    return switch


def test_slots_follow_each_other(pace: Pace, clock: Clock) -> None:
    for _ in range(100):
        pace.take(10 * KIB)
    assert clock.now - 1000.0 == pytest.approx(9.9)


def test_idle_time_is_made_up_for_only_a_little(pace: Pace, clock: Clock) -> None:
    clock.now += 60
    for _ in range(100):
        pace.take(10 * KIB)
    assert clock.now - 1060.0 == pytest.approx(9.9 - 0.25)


def test_pieces_are_about_a_tenth_of_a_second_of_any_rate() -> None:
    assert [Pace(rate).piece for rate in (1, 100 * KIB, 1 << 30)] == [KIB, 10 * KIB, 256 * KIB]


def test_pieces_lose_nothing(pace: Pace) -> None:
    data = bytes(range(256)) * 200
    assert b"".join(pace.pieces(data)) == data
    assert pace.moved_here() == len(data)


def test_a_body_is_read_at_the_rate(switch: Cancellation, pace: Pace, clock: Clock) -> None:
    store = Store(b"x" * (50 * KIB))
    buffer = memoryview(bytearray(50 * KIB))
    with ended_by(switch):
        stream = ObjectStream(make_runtime(), "iter_file", store.get, GetRequest("b", "k"))
        while buffer:
            buffer = buffer[stream.readinto(buffer) :]
    assert clock.now - 1000.0 == pytest.approx(0.5, abs=0.01)
    assert pace.moved_here() == 50 * KIB


def test_a_small_body_is_read_at_the_rate(switch: Cancellation, clock: Clock) -> None:
    with ended_by(switch):
        data = fetch_small(Store(b"x" * (50 * KIB)).get, GetRequest("b", "k"), MIB)
    assert data == b"x" * (50 * KIB)
    assert clock.now - 1000.0 == pytest.approx(0.5, abs=0.01)


def test_what_a_transport_did_not_count_is_waited_for(switch: Cancellation, pace: Pace, clock: Clock) -> None:
    def counts_half() -> str:
        pace.take(50 * KIB)
        return "done"

    with ended_by(switch):
        assert paced(100 * KIB, counts_half) == "done"
    assert clock.now - 1000.0 == pytest.approx(1.0, abs=0.01)


def test_workers_share_one_limit_and_a_call_within_keeps_it() -> None:
    seen: list[Pace | None] = []
    with one_call(None, 1000):
        outer = active_pace()
        with one_call(None, 5):
            seen.append(active_pace())
            with Window(2, limit=7) as window:
                window.submit(lambda: seen.append(active_pace()))
                window.drain()
    assert outer is not None
    assert seen == [outer, outer]
    assert active_pace() is None
    with one_call(None):
        assert active_pace() is None


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_that_moves_nothing_is_refused(limit: int) -> None:
    with pytest.raises(InvalidRequestError, match="bandwidth_limit"):
        TransferConfig(bandwidth_limit=limit)


SLOW = TransferConfig(part_size=16 * KIB, threshold=64 * KIB, max_workers=2, bandwidth_limit=KIB)
MOVES: dict[str, Any] = {
    "parts": lambda client, path, switch: client.upload_file(
        "b", "new", bytes(MIB), transfer=SLOW, cancellation=switch
    ),
    "stream": lambda client, path, switch: client.upload_file(
        "b", "new", io.BytesIO(bytes(MIB)), transfer=SLOW, cancellation=switch
    ),
    "download": lambda client, path, switch: client.download_to(
        "b", "old", path, transfer=SLOW, cancellation=switch
    ),
}


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_a_cancel_ends_a_throttled_transfer(move: Any, tmp_path: Path) -> None:
    client, switch = LocalStorageClient(tmp_path / "store"), Cancellation()
    client.create_bucket("b")
    client.upload_file("b", "old", bytes(MIB))
    moments: list[float] = []

    def cancel() -> None:
        moments.append(time.monotonic())
        switch.cancel()

    timer = threading.Timer(0.05, cancel)
    timer.start()
    with pytest.raises(CancelledError):
        move(client, tmp_path / "file", switch)
    assert time.monotonic() - moments[0] < 1.0
    timer.join()
    assert not (tmp_path / "file").exists()
    assert not client.object_exists("b", "new")
    assert not list(client.list_unfinished_uploads("b"))
