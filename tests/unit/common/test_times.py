"""Times of ISO 8601 are read alike by every Python, the oldest one included."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from cloud.common._times import read_time, read_utc

UTC = timezone.utc


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-29T08:00:44Z", datetime(2026, 11, 29, 8, 0, 44, tzinfo=UTC)),
        ("2026-11-29T08:00Z", datetime(2026, 11, 29, 8, 0, tzinfo=UTC)),
        ("2026-11-29 08:00:44z", datetime(2026, 11, 29, 8, 0, 44, tzinfo=UTC)),
        # AWS Lambda, and what stands in for it, to the nanosecond.
        ("2026-11-29T08:00:44.158+0000", datetime(2026, 11, 29, 8, 0, 44, 158000, tzinfo=UTC)),
        ("2026-11-29T08:00:44.158113999+00:00", datetime(2026, 11, 29, 8, 0, 44, 158113, tzinfo=UTC)),
        ("2026-11-29T08:00:44.5+01", datetime(2026, 11, 29, 7, 0, 44, 500000, tzinfo=UTC)),
        ("2026-11-29T08:00:44,25-0530", datetime(2026, 11, 29, 13, 30, 44, 250000, tzinfo=UTC)),
        # OpenStack, which means UTC.
        ("2026-11-29T08:00:44", datetime(2026, 11, 29, 8, 0, 44, tzinfo=UTC)),
        ("2026-11-29 08:00:44.000001", datetime(2026, 11, 29, 8, 0, 44, 1, tzinfo=UTC)),
        ("2026-11-29", datetime(2026, 11, 29, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_time_is_read(text: str, expected: datetime) -> None:
    found = read_utc(text)
    assert found == expected
    assert found.tzinfo is UTC


def test_its_zone_is_the_one_that_is_written() -> None:
    assert read_time("2026-11-29T08:00:44.1").tzinfo is None
    assert read_time("2026-11-29T08:00:44+0130").utcoffset() == timedelta(minutes=90)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Z",
        "now",
        "2026-13-01T00:00:00Z",
        "2026-11-29T25:00:00Z",
        "2026-11-29T08:00:44.Z",
        "2026-11-29T08:00:44ZZ",
        "2026-11-29T08:00:44+99:00",
        "2026-11-29T08:00:44Z\n",
        "٢٠٢٦-11-29T08:00:44Z",
        "Sun, 29 Nov 2026 08:00:44 GMT",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the words are Python's
        read_utc(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"])
def test_a_time_beyond_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="beyond what a datetime holds"):
        read_utc(text)
