"""No window of the service ever holds more requests than it allows, whatever the client's methods do."""

from __future__ import annotations

import threading
from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor

import pytest

from cloud._dialects.rest._limits import WindowedLimiter
from cloud.coda_io import CodaClient, CodaLimits, Window
from cloud.coda_io._limits import limiter_of, window_of
from cloud.coda_io._operations import OPERATIONS
from cloud.common import Secret
from cloud.testing import ScriptedServer
from unit.coda_io.helpers import answer

WHO = {"name": "Ann"}


class Clock:
    """One simulated time for all threads: it moves to a thread's moment as soon as everybody waits.

    Every thread is either working or waiting for a moment. When the last one begins to wait, time goes on to
    the earliest moment, as it would.
    """

    def __init__(self, threads: int) -> None:
        self._changed = threading.Condition()
        self._working = threads
        self._waiting: list[float] = []
        self.now = 0.0

    def __call__(self) -> float:
        with self._changed:
            return self.now

    def sleep(self, seconds: float) -> None:
        with self._changed:
            until = self.now + seconds
            self._waiting.append(until)
            self._working -= 1
            self._go_on()
            self._changed.wait_for(lambda: self.now >= until, timeout=30)
            assert self.now >= until

    def ended(self) -> None:
        """Take note that a thread has ended."""
        with self._changed:
            self._working -= 1
            self._go_on()

    def _go_on(self) -> None:
        while self._working == 0 and self._waiting:
            self.now = max(self.now, min(self._waiting))
            due = [until for until in self._waiting if until <= self.now]
            self._waiting = [until for until in self._waiting if until > self.now]
            self._working += len(due)
            self._changed.notify_all()


@pytest.mark.parametrize(
    ("method", "window"),
    [
        ("whoami", Window(100, 6.0)),
        ("update_doc", Window(10, 6.0)),
        ("list_docs", Window(4, 6.0)),
        ("list_doc_analytics", Window(100, 6.0)),
        ("upsert_rows", Window(3, 10.0)),
    ],
)
def test_eight_threads_and_two_clients_never_exceed_a_window(method: str, window: Window) -> None:
    threads, calls = 8, 3 * window.limit // 8 + 2
    clock = Clock(threads)
    token = Secret(f"token-{method}-{id(clock)}")
    windows = CodaLimits().windows()
    limiters = [
        WindowedLimiter("coda", windows, window_of, token, clock=clock, sleep=clock.sleep) for _ in range(2)
    ]
    sent: list[float] = []

    def work(number: int) -> None:
        try:
            for _ in range(calls):
                limiters[number % 2].acquire(method)
                sent.append(clock())
        finally:
            clock.ended()

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))
    sent.sort()
    assert len(sent) == threads * calls
    most = max(bisect_left(sent, moment + window.seconds) - place for place, moment in enumerate(sent))
    assert most <= window.limit
    # It is as fast as the limit allows, but for the margin of 5 %.
    assert sent[-1] <= (len(sent) - 1) // window.limit * window.seconds * 1.05 + 1e-6


def test_clients_of_a_token_share_their_windows_and_others_have_their_own() -> None:
    limits = CodaLimits(writes=Window(1, 600.0))
    with ScriptedServer(otherwise=answer({})) as server:
        first, second, other = (CodaClient(t, server.url, limits=limits) for t in ("one", "one", "two"))
        first.update_doc("d", "x")
        other.update_doc("d", "x")
        waits: list[float] = []
        limiter = second._runtime._limiter
        assert isinstance(limiter, WindowedLimiter)
        shared = limiter._shared("writes")
        shared._sleep = waits.append  # type: ignore[attr-defined]  # the window's own
        second.update_doc("d", "x")
        (wait,) = waits
        assert 590 < wait <= 630
        assert second.metrics.snapshot().limiter_wait_seconds == pytest.approx(wait)
        for client in (first, second, other):
            client.close()


def test_a_limiter_of_ones_own_is_asked_with_the_methods_name() -> None:
    class Own:
        asked: list[str]

        def acquire(self, operation: str, /) -> float:
            self.asked.append(operation)
            return 0.0

    own = Own()
    own.asked = []
    with ScriptedServer(otherwise=answer(WHO)) as server:
        client = CodaClient("t", server.url, limits=own)
        client.whoami()
        client.close()
    assert own.asked == ["whoami"]


def test_the_figures_are_the_published_ones() -> None:
    assert CodaLimits().windows() == {
        "reads": Window(100, 6.0),
        "writes": Window(10, 6.0),
        "doc_content": Window(3, 10.0),
        "doc_listings": Window(4, 6.0),
        "analytics": Window(100, 6.0),
    }
    assert {operation.window for operation in OPERATIONS.values()} == set(CodaLimits().windows())
    assert window_of("download_page") is None, "the store behind exports has no limit of the API's"
    assert isinstance(limiter_of(CodaLimits(), None), WindowedLimiter)
