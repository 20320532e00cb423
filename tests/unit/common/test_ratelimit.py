"""The sliding window: never more than the limit in any window, however it is laid."""

from __future__ import annotations

import threading
from bisect import bisect_left
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.common._ratelimit import SlidingWindowLimiter, shared_limiter
from cloud.common.errors import InvalidRequestError


class Clock:
    """Time that passes only in `sleep` and `pass_time`."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def most_in_a_window(times: list[float], window: float) -> int:
    """Return the most of `times` that lie in any ``[t, t + window)``; the fullest begins at one of them."""
    ordered = sorted(times)
    # A hair less than the window: sums of floats may fall short of it by one unit in the last place.
    return max(
        bisect_left(ordered, start + window * (1 - 1e-9)) - index for index, start in enumerate(ordered)
    )


@given(
    limit=st.integers(1, 12),
    window=st.floats(0.01, 100),
    gaps=st.lists(st.one_of(st.just(0.0), st.floats(0, 30)), min_size=1, max_size=120),
)
def test_no_window_holds_more_than_the_limit(limit: int, window: float, gaps: list[float]) -> None:
    clock = Clock()
    limiter = SlidingWindowLimiter(limit, window, clock=clock, sleep=clock.sleep)
    sent: list[float] = []
    for gap in gaps:
        clock.now += gap
        before = clock.now
        waited = limiter.acquire("op")
        assert clock.now == pytest.approx(before + waited)
        sent.append(clock.now)
    assert most_in_a_window(sent, window) <= limit


@given(limit=st.integers(1, 20), extra=st.integers(0, 20))
def test_it_waits_no_longer_than_it_must(limit: int, extra: int) -> None:
    clock = Clock()
    limiter = SlidingWindowLimiter(limit, 6.0, clock=clock, sleep=clock.sleep)
    waits = [limiter.acquire("op") for _ in range(limit + extra)]
    assert waits[:limit] == [0.0] * limit
    # The whole burst went out at once, so the next one may go as soon as the window is over.
    assert waits[limit:] == [6.0 if index % limit == 0 else 0.0 for index in range(extra)]


@given(limit=st.integers(1, 10), rounds=st.integers(1, 8), data=st.data())
def test_eight_threads_together_stay_under_the_limit(limit: int, rounds: int, data: Any) -> None:
    """Each thread lives by a clock of its own that its sleeps move, as real threads that sleep in parallel do."""
    window, sent, lock = 6.0, [], threading.Lock()
    local = threading.local()
    starts = data.draw(st.lists(st.floats(0, 12), min_size=8, max_size=8))

    def sleep(seconds: float) -> None:
        local.now += seconds

    limiter = SlidingWindowLimiter(limit, window, clock=lambda: local.now, sleep=sleep)

    def work(start: float) -> None:
        local.now = start
        for _ in range(rounds):
            limiter.acquire("op")
            with lock:
                sent.append(local.now)

    threads = [threading.Thread(target=work, args=(start,)) for start in starts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sent) == 8 * rounds
    assert most_in_a_window(sent, window) <= limit


def test_who_comes_first_goes_first() -> None:
    slept: list[float] = []
    limiter = SlidingWindowLimiter(1, 10.0, clock=lambda: 0.0, sleep=slept.append)
    assert [limiter.acquire("op") for _ in range(4)] == [0.0, 10.0, 20.0, 30.0]
    assert slept == [10.0, 20.0, 30.0]


@pytest.mark.parametrize(("limit", "window"), [(0, 1.0), (-1, 1.0), (1, 0.0), (1, -1.0)])
def test_a_limit_that_cannot_be_kept_is_refused(limit: int, window: float) -> None:
    with pytest.raises(InvalidRequestError, match="limit"):
        SlidingWindowLimiter(limit, window)


def test_one_limiter_per_credential_in_the_process() -> None:
    def make() -> SlidingWindowLimiter:
        return SlidingWindowLimiter(10, 6.0)

    key = ("coda", "write", object())  # nobody else's
    first = shared_limiter(key, make)
    assert shared_limiter(key, make) is first
    assert shared_limiter((*key[:2], object()), make) is not first


def test_threads_that_ask_at_once_get_the_same_limiter() -> None:
    key, made, got = ("coda", "read", object()), [], []
    barrier = threading.Barrier(8)

    def make() -> SlidingWindowLimiter:
        made.append(1)
        return SlidingWindowLimiter(1, 1.0)

    def ask() -> None:
        barrier.wait()
        got.append(shared_limiter(key, make))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert len({id(limiter) for limiter in got}) == 1
