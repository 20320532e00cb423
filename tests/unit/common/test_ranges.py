"""Byte ranges: what is refused, what is merged, and that no byte is lost or doubled."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.common._ranges import check_range, coalesce, split
from cloud.common.errors import InvalidRequestError

wanted_ranges = st.lists(
    st.tuples(st.integers(0, 300), st.integers(1, 60)).map(lambda pair: (pair[0], pair[0] + pair[1])),
    max_size=12,
)


@pytest.mark.parametrize(
    ("start", "end"), [(0, 1), (0, None), (5, None), (-1, None), (-9, None), (3, 10**15)]
)
def test_ranges_that_mean_something_pass(start: int, end: int | None) -> None:
    check_range(start, end)


@pytest.mark.parametrize(("start", "end"), [(0, 0), (5, 5), (5, 4), (0, -1), (-3, 5), (-3, -1), (-1, 0)])
def test_ranges_that_mean_nothing_are_refused(start: int, end: int) -> None:
    with pytest.raises(InvalidRequestError):
        check_range(start, end)


@given(ranges=wanted_ranges, max_gap=st.integers(0, 80), max_size=st.integers(1, 200))
def test_every_wanted_byte_is_in_the_request_that_answers_it(
    ranges: list[tuple[int, int]], max_gap: int, max_size: int
) -> None:
    merged = coalesce(ranges, max_gap=max_gap, max_size=max_size)
    assert sorted(place for group in merged for place in group.wanted) == list(range(len(ranges)))
    for group in merged:
        members = [ranges[place] for place in group.wanted]
        assert group.start == min(start for start, _ in members)
        assert group.end == max(end for _, end in members)


@given(ranges=wanted_ranges, max_gap=st.integers(0, 80), max_size=st.integers(1, 200))
def test_no_gap_over_the_bound_is_read_and_no_request_is_too_long(
    ranges: list[tuple[int, int]], max_gap: int, max_size: int
) -> None:
    for group in coalesce(ranges, max_gap=max_gap, max_size=max_size):
        members = sorted(ranges[place] for place in group.wanted)
        reached = members[0][1]
        for start, end in members:
            assert start - reached <= max_gap
            reached = max(reached, end)
        assert len(members) == 1 or group.end - group.start <= max_size


@given(ranges=wanted_ranges, max_gap=st.integers(0, 80))
def test_neighbours_that_could_share_a_request_do(ranges: list[tuple[int, int]], max_gap: int) -> None:
    merged = coalesce(ranges, max_gap=max_gap, max_size=10**9)
    for one, following in pairwise(merged):
        assert following.start - one.end > max_gap


def test_order_and_repetition_do_not_matter() -> None:
    merged = coalesce([(90, 95), (0, 10), (12, 20), (0, 10)], max_gap=2, max_size=100)
    assert [(group.start, group.end, sorted(group.wanted)) for group in merged] == [
        (0, 20, [1, 2, 3]),
        (90, 95, [0]),
    ]


def test_one_range_longer_than_the_bound_stays_whole() -> None:
    merged = coalesce([(0, 1000), (1000, 1001)], max_gap=10, max_size=100)
    assert [(group.start, group.end) for group in merged] == [(0, 1000), (1000, 1001)]


@given(size=st.integers(0, 5000), part_size=st.integers(1, 700))
def test_splitting_covers_every_byte_once_in_equal_parts(size: int, part_size: int) -> None:
    parts = split(size, part_size)
    assert [end - start for start, end in parts[:-1]] == [part_size] * (len(parts) - 1)
    assert [byte for start, end in parts for byte in range(start, end)] == list(range(size))
    assert all(0 < end - start <= part_size for start, end in parts)
