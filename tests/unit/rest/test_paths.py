"""Paths and queries hold exactly what they were given, and name nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud._dialects.rest._paths import query_text, segment
from cloud.common.errors import InvalidRequestError


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_segment_comes_back_as_it_was_and_ends_no_path(text: str) -> None:
    if text in {".", ".."}:
        return
    quoted = segment(text)
    assert unquote(quoted) == text
    assert not set(quoted) & set("/?#;&= ")


@pytest.mark.parametrize("text", ["", ".", "..", "\ud800"])
def test_a_segment_that_would_name_another_path_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError):
        segment(text, "doc id")


def test_numbers_are_segments() -> None:
    assert segment(42) == "42"


def test_a_query_leaves_out_what_is_none_and_repeats_lists() -> None:
    moment = datetime(2026, 11, 24, 1, 2, 3, tzinfo=timezone(timedelta(hours=1)))
    text = query_text([
        ("limit", 10), ("none", None), ("visible", True), ("hidden", False), ("name", "a b&c=ü+"),
        ("since", moment), ("id", ["x", "y z"]), ("empty", ()), ("filter[status]", "all"),
    ])  # fmt: skip  # one line reads best
    assert parse_qsl(text, keep_blank_values=True) == [
        ("limit", "10"), ("visible", "true"), ("hidden", "false"), ("name", "a b&c=ü+"),
        ("since", "2026-11-24T00:02:03Z"), ("id", "x"), ("id", "y z"), ("filter[status]", "all"),
    ]  # fmt: skip  # likewise
    assert " " not in text
    assert "+" not in text
    assert query_text([]) == ""


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="time zone"):
        query_text([("since", datetime(2026, 1, 1))])  # noqa: DTZ001  # that is what is tested
