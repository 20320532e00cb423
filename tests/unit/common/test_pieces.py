"""Pieces with checksums of their own: how they make ranges, and what is compared as bytes come."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import md5
from itertools import accumulate
from typing import Any

import pytest

from cloud.common._checksums import ChecksumAlgorithm
from cloud.common._pieces import Pieces, from_plain

BODY = bytes(range(30))


def pieces(*sizes: int) -> Pieces:
    ends = tuple(accumulate(sizes))
    parts = [BODY[end - size : end] for size, end in zip(sizes, ends, strict=True)]
    sums = tuple(b64encode(md5(part, usedforsecurity=False).digest()).decode() for part in parts)
    return Pieces(ChecksumAlgorithm.MD5, ends, sums)


@pytest.mark.parametrize(
    ("sizes", "ranges"),
    [
        ((30,), [(0, 30)]),
        ((10, 10, 10), [(0, 10), (10, 20), (20, 30)]),
        ((5, 5, 1, 19), [(0, 10), (10, 11), (11, 30)]),
        ((12, 2, 8, 8), [(0, 12), (12, 22), (22, 30)]),
        ((1,) * 30, [(0, 10), (10, 20), (20, 30)]),
    ],
)
def test_ranges_are_of_whole_pieces(sizes: tuple[int, ...], ranges: list[tuple[int, int]]) -> None:
    assert pieces(*sizes).ranges(10) == ranges


@pytest.mark.parametrize("step", [1, 7, 10, 30])
@pytest.mark.parametrize("flipped", [None, 0, 9, 10, 29])
def test_each_piece_is_compared_where_it_ends(step: int, flipped: int | None) -> None:
    body = bytearray(BODY)
    if flipped is not None:
        body[flipped] ^= 1
    check, fits = pieces(10, 3, 17).check_from(0), True
    for start in range(0, len(body), step):
        fits = fits and check.goes_on_with(memoryview(body)[start : start + step])
    assert (fits and check.is_between) is (flipped is None)
    assert pieces(10, 3, 17).fit(bytes(body)) is (flipped is None)


def test_what_is_cut_or_too_long_is_not_the_object() -> None:
    for data in (b"", BODY[:10], BODY[:12], BODY + b"x"):
        assert not pieces(10, 20).fit(data)


def test_bytes_are_compared_from_the_beginning_of_a_piece_on() -> None:
    check = pieces(10, 20).check_from(10)
    assert check.goes_on_with(memoryview(BODY)[10:15])
    assert not check.is_between
    with pytest.raises(ValueError, match="begins at 11"):
        pieces(10, 20).check_from(11)


def test_what_was_noted_is_what_is_read() -> None:
    noted = json.loads(json.dumps(pieces(10, 20).plain()))
    assert from_plain(noted, 30) == pieces(10, 20)
    assert from_plain(None, 30) is None


@pytest.mark.parametrize(
    "noted",
    [
        1,
        ["md5"],
        ["none", [30], ["x"]],
        ["md5", [], []],
        ["md5", [31], ["x"]],
        ["md5", [0, 30], ["x", "y"]],
        ["md5", [20, 10, 30], ["x", "y", "z"]],
        ["md5", [10, 30], ["x"]],
        ["md5", ["a"], ["x"]],
    ],
)
def test_a_note_that_is_broken_is_no_pieces(noted: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        from_plain(noted, 30)
