"""No window of the service ever holds more requests than it allows, whoever shares the token."""

from __future__ import annotations

import threading
from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor

import pytest

from cloud._dialects.rest._limits import MARGIN, Window, WindowedLimiter
from cloud.common import Secret
from cloud.common.errors import InvalidRequestError

READS, WRITES = Window(100, 6.0), Window(10, 6.0)


class SimulatedClock:
    """Time that passes by waiting only; each thread has its own sleep, and all of them one clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self._lock = threading.Lock()

    def __call__(self) -> float:
        with self._lock:
            return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds


def limiter(clock: SimulatedClock, planted: str | None = "planted", **windows: Window) -> WindowedLimiter:
    return WindowedLimiter(
        f"service-{id(clock)}",
        windows or {"reads": READS, "writes": WRITES},
        {"get": "reads", "list": "reads", "put": "writes"}.get,
        None if planted is None else Secret(planted),
        clock=clock,
        sleep=clock.sleep,
    )


def test_eight_threads_and_two_clients_keep_the_window_together() -> None:
    clock = SimulatedClock()
    clients = [limiter(clock), limiter(clock)]
    slots: list[float] = []
    lock = threading.Lock()

    def work(number: int) -> None:
        for _ in range(50):
            with lock:  # the moment of the slot, not of the thread that comes last
                clients[number % 2].acquire("put")
                slots.append(clock())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    slots.sort()
    for place, moment in enumerate(slots):
        within = bisect_left(slots, moment + WRITES.seconds) - place
        assert within <= WRITES.limit


def test_each_operation_waits_for_its_own_window_only() -> None:
    clock = SimulatedClock()
    it = limiter(clock)
    for _ in range(WRITES.limit):
        assert it.acquire("put") == 0
    assert it.acquire("get") == 0
    assert it.acquire("elsewhere") == 0
    assert it.acquire("put") == pytest.approx(WRITES.seconds * (1 + MARGIN))


def test_other_tokens_and_other_figures_have_windows_of_their_own() -> None:
    clock = SimulatedClock()
    first, other = limiter(clock, "one"), limiter(clock, "two")
    for _ in range(WRITES.limit):
        first.acquire("put")
    assert other.acquire("put") == 0
    assert limiter(clock, "one", writes=Window(1, 6.0), reads=READS).acquire("put") == 0
    assert limiter(clock, None).acquire("put") == 0


def test_the_token_is_read_at_the_first_request_and_never_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimulatedClock()
    it = WindowedLimiter("s", {"w": WRITES}, lambda _: "w", Secret.from_env("LATER_TOKEN"), clock=clock)
    monkeypatch.setenv("LATER_TOKEN", "planted-secret")
    assert it.acquire("put") == 0
    assert "planted-secret" not in repr(vars(it))


def test_impossible_windows_are_refused() -> None:
    for window in (Window(0, 6.0), Window(1, 0.0)):
        with pytest.raises(InvalidRequestError, match="at least 1 request"):
            limiter(SimulatedClock(), w=window)
