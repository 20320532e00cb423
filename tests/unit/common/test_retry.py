"""When a failed call is tried again, how long to wait, and what stops it."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.common._retry import RetryBudget, RetryPolicy, parse_retry_after
from cloud.common.errors import InvalidRequestError, RateLimitedError, ServiceUnavailableError

NOW = datetime(2030, 5, 1, 12, 0, 0, tzinfo=timezone.utc)


def failure(retry_after: float | None = None) -> ServiceUnavailableError:
    return ServiceUnavailableError("busy", retry_after=retry_after)


@given(
    attempt=st.integers(1, 10_000), base=st.floats(0, 100), ceiling=st.floats(0, 1000), share=st.floats(0, 1)
)
def test_backoff_draws_from_zero_up_to_the_doubling_ceiling(
    attempt: int, base: float, ceiling: float, share: float
) -> None:
    drawn: list[float] = []

    def jitter(upper: float) -> float:
        drawn.append(upper)
        return upper * share

    delay = RetryPolicy(base_seconds=base, max_seconds=ceiling, jitter=jitter).delay_seconds(
        attempt, failure()
    )
    assert drawn == [min(ceiling, base * 2.0 ** min(attempt - 1, 60))]
    assert delay == drawn[0] * share


def test_the_default_jitter_is_full() -> None:
    policy = RetryPolicy(base_seconds=8.0)
    drawn = [policy.delay_seconds(1, failure()) for _ in range(2000)]
    assert all(0 <= delay <= 8 for delay in drawn)
    # Full jitter reaches both ends: a draw of 2,000 misses a tenth at an end with a chance under 1e-90.
    assert min(drawn) < 0.8
    assert max(drawn) > 7.2


@pytest.mark.parametrize(
    ("asked", "waited"), [(0.0, 0.0), (3.5, 3.5), (60.0, 60.0), (61.0, 60.0), (-5.0, 0.0)]
)
def test_a_server_s_wait_wins_and_is_capped(asked: float, waited: float) -> None:
    policy = RetryPolicy(jitter=lambda _: pytest.fail("the backoff was asked"), retry_after_cap_seconds=60.0)
    assert policy.delay_seconds(9, failure(asked)) == waited
    assert policy.delay_seconds(1, RateLimitedError("slow", retry_after=asked)) == waited


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_attempts", 0),
        ("base_seconds", -0.1),
        ("max_seconds", -1),
        ("deadline_seconds", -1),
        ("retry_after_cap_seconds", -1),
    ],
)
def test_settings_that_cannot_work_are_refused(name: str, value: Any) -> None:
    with pytest.raises(InvalidRequestError, match=name):
        RetryPolicy(**{name: value})


def test_the_budget_pays_for_a_hundred_retries_in_a_row_and_no_more() -> None:
    budget = RetryBudget()
    assert [budget.take() for _ in range(101)] == [True] * 100 + [False]


def test_five_successes_pay_for_one_retry() -> None:
    budget = RetryBudget()
    while budget.take():
        continue
    for _ in range(4):
        budget.give_back()
    assert not budget.take()
    budget.give_back()
    assert budget.take()
    assert not budget.take()


def test_successes_do_not_save_up_beyond_the_capacity() -> None:
    budget = RetryBudget()
    for _ in range(1000):
        budget.give_back()
    assert [budget.take() for _ in range(101)].count(True) == 100


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("nan", None),
        ("inf", None),
        ("+Infinity", None),
        ("1e400", None),
        ("", None),
        ("soon", None),
        ("Wed, 99 Foo 2030 12:00:00 GMT", None),
        ("Wed, 01 May 2030 12:00:30 GMT", 30.0),
        ("Wed, 01 May 2030 11:59:00 GMT", 0.0),
        # The two older forms of RFC 9110, 5.6.7, which must be understood.
        ("Wednesday, 01-May-30 12:00:30 GMT", 30.0),
        ("Wed May  1 12:00:30 2030", 30.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert parse_retry_after(header, NOW.timestamp()) == seconds


def test_a_date_without_a_zone_is_utc_wherever_the_machine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert parse_retry_after("Wed May  1 12:00:30 2030", NOW.timestamp()) == 30
    finally:
        monkeypatch.undo()
        time.tzset()


@given(ahead=st.integers(-(10**6), 10**6))
def test_every_http_date_is_counted_from_now(ahead: int) -> None:
    header = format_datetime(NOW + timedelta(seconds=ahead), usegmt=True)
    assert parse_retry_after(header, NOW.timestamp()) == max(0, ahead)


@given(st.one_of(st.text(max_size=40), st.text("0123456789:, -+GMTadyWeonJS", max_size=40)))
def test_junk_gives_a_wait_or_none_and_never_an_exception(header: str) -> None:
    seconds = parse_retry_after(header, NOW.timestamp())
    assert seconds is None or seconds >= 0
    json.dumps(seconds, allow_nan=False)
