"""Arithmetic of byte ranges; no I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cloud.common.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

Range = tuple[int, int]


def check_range(start: int, end: int | None) -> None:
    """Refuse a range that cannot mean anything: `end` is exclusive, a negative `start` counts from the end."""
    if start < 0 and end is not None:
        raise InvalidRequestError(f"a start from the end ({start}) takes no end: pass end=None")
    if end is not None and end <= start:
        raise InvalidRequestError(f"the end ({end}, exclusive) must lie after the start ({start})")


@dataclass
class MergedRange:
    """One request that answers several wanted ranges; `wanted` holds their places in the caller's list."""

    start: int
    end: int
    wanted: list[int] = field(default_factory=list)


def coalesce(ranges: Sequence[Range], *, max_gap: int, max_size: int) -> list[MergedRange]:
    """Return the fewest requests such that no gap over `max_gap` bytes is read for nothing.

    A merged request is not made longer than `max_size` bytes, but a single wanted range may be.
    """
    merged: list[MergedRange] = []
    for place in sorted(range(len(ranges)), key=lambda index: ranges[index]):
        start, end = ranges[place]
        last = merged[-1] if merged else None
        if last is not None and start - last.end <= max_gap and max(end, last.end) - last.start <= max_size:
            last.end = max(last.end, end)
            last.wanted.append(place)
        else:
            merged.append(MergedRange(start, end, [place]))
    return merged


def split(size: int, part_size: int) -> list[Range]:
    """Return the ranges that cut `size` bytes into parts of `part_size`; the last may be shorter."""
    return [(start, min(start + part_size, size)) for start in range(0, size, part_size)]
