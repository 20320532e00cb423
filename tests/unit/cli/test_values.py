from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from cloud.cli import _values
from cloud.cli._text import count_text, human_size, visible

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("4096", 4096),
        ("10K", 10240),
        ("1.5M", 1572864),
        ("2GiB", 2 << 30),
        ("1tb", 1 << 40),
        ("7 b", 7),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert _values.size(text) == size


@pytest.mark.parametrize(
    ("text", "seconds"), [("900", 900), ("15m", 900), ("1h", 3600), ("7d", 604800), ("2w", 1209600)]
)
def test_durations(text: str, seconds: int) -> None:
    assert _values.duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-05-01", datetime(2024, 5, 1, tzinfo=timezone.utc)),
        ("2024-05-01T12:30Z", datetime(2024, 5, 1, 12, 30, tzinfo=timezone.utc)),
        ("2024-05-01T12:30:00+02:00", datetime(2024, 5, 1, 10, 30, tzinfo=timezone.utc)),
    ],
)
def test_moments(text: str, moment: datetime) -> None:
    assert _values.moment(text) == moment


def test_an_age_is_before_now() -> None:
    before = datetime.now(timezone.utc)
    moment = _values.moment("2h") + timedelta(hours=2)
    assert before <= moment <= datetime.now(timezone.utc)


@pytest.mark.parametrize(
    ("text", "bounds"),
    [("0:10", (0, 10)), (":10", (0, 10)), ("5:", (5, None)), ("-7:", (-7, None)), ("3:3", (3, 3))],
)
def test_ranges(text: str, bounds: tuple[int, int | None]) -> None:
    assert _values.byte_range(text) == bounds


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (_values.size, "many"),
        (_values.size, "-1"),
        (_values.duration, "1y"),
        (_values.moment, "yesterday"),
        (_values.pair, "=x"),
        (_values.pair, "x"),
        (_values.byte_range, ":"),
        (_values.byte_range, "5"),
        (_values.byte_range, "-:"),
        (_values.byte_range, "-5:3"),
        (_values.byte_range, "5:3"),
        (_values.positive, "0"),
        (_values.positive, "-3"),
        (_values.natural, "x"),
    ],
)
def test_impossible_values_are_refused(parse: Callable[[str], object], text: str) -> None:
    with pytest.raises(ArgumentTypeError, match=r"write|is no|lies"):
        parse(text)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1 << 20, "1.0 MiB"),
        ((1 << 20) - 1, "1.0 MiB"),
        (1 << 62, "4.0 EiB"),
    ],
)
def test_human_sizes(size: int, text: str) -> None:
    assert human_size(size) == text


def test_nothing_invisible_is_shown() -> None:
    text = "a\x1b]0;x\x07\n\x7f\x9b\u202e\u2028\udcff\U000e0001é 日"
    assert visible(text) == r"a\x1b]0;x\x07\x0a\x7f\x9b\u202e\u2028\udcff\U000e0001é 日"


def test_counts() -> None:
    assert (count_text(1, "item"), count_text(0, "item")) == ("1 item", "0 items")


@pytest.mark.parametrize(
    ("text", "rate"), [("1", 1), ("500K", 512000), ("10MiB", 10 << 20), ("10 MiB/s", 10 << 20)]
)
def test_rates(text: str, rate: int) -> None:
    assert _values.rate(text) == rate


@pytest.mark.parametrize("text", ["0", "0.1", "", "fast", "10MiB/h", "-1"])
def test_what_is_no_rate(text: str) -> None:
    with pytest.raises(ArgumentTypeError):
        _values.rate(text)
