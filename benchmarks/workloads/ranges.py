"""Reading 64 KiB here and there in a large object, as readers of columnar files do."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from benchmarks.workloads._workload import CallWorkload, Scale

if TYPE_CHECKING:
    from benchmarks.peers._peer import S3Peer

_LENGTH = 64 << 10


def _warm_up(peer: S3Peer, scale: Scale) -> None:
    for _ in range(20):
        peer.get_range(scale.large_key, 0, 1000)


def _work(peer: S3Peer, scale: Scale) -> float:
    places = random.Random(7)  # noqa: S311  # the same places for every peer
    for _ in range(scale.calls):
        start = places.randrange(scale.large - _LENGTH)
        assert len(peer.get_range(scale.large_key, start, start + _LENGTH)) == _LENGTH
    return scale.calls


RANGES = CallWorkload("ranges", "ranges of 64 KiB", "call", _warm_up, _work)
