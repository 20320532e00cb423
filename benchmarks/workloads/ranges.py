"""Reading 64 KiB here and there in a large object, as readers of columnar files do."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from benchmarks.workloads._workload import THREADS, CallWorkload, Scale

if TYPE_CHECKING:
    from benchmarks.peers._peer import Peer

_LENGTH = 64 << 10


def _warm_up(peer: Peer, scale: Scale) -> None:
    for _ in range(20):
        peer.get_range(scale.large_key, 0, 1000)


def _work(peer: Peer, scale: Scale) -> float:
    places = random.Random(7)  # noqa: S311  # the same places for every peer
    for _ in range(scale.calls):
        start = places.randrange(scale.large - _LENGTH)
        assert len(peer.get_range(scale.large_key, start, start + _LENGTH)) == _LENGTH
    return scale.calls


def _many_threads(peer: Peer, scale: Scale) -> float:
    places = random.Random(7)  # noqa: S311  # likewise
    starts = [places.randrange(scale.large - _LENGTH) for _ in range(2 * scale.calls)]
    with ThreadPoolExecutor(THREADS) as pool:
        sizes = set(
            pool.map(lambda start: len(peer.get_range(scale.large_key, start, start + _LENGTH)), starts)
        )
    assert sizes == {_LENGTH}
    return len(starts)


RANGES = CallWorkload("ranges", "ranges of 64 KiB", "call", _warm_up, _work)
RANGES_16 = CallWorkload("ranges-16", "ranges of 64 KiB, 16 threads", "call", _warm_up, _many_threads)
