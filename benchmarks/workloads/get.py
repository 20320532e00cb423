"""Reading small objects, on one thread and on sixteen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from benchmarks.workloads._workload import SMALL, SMALL_KEY, THREADS, CallWorkload, Scale

if TYPE_CHECKING:
    from benchmarks.peers._peer import Peer


def _warm_up(peer: Peer, _scale: Scale) -> None:
    for _ in range(20):
        peer.get(SMALL_KEY)


def _one_thread(peer: Peer, scale: Scale) -> float:
    for _ in range(scale.calls):
        assert len(peer.get(SMALL_KEY)) == SMALL
    return scale.calls


def _many_threads(peer: Peer, scale: Scale) -> float:
    calls = 2 * scale.calls
    with ThreadPoolExecutor(THREADS) as pool:
        sizes = set(pool.map(lambda number: len(peer.get(f"crc32-{SMALL}/{number}.bin")), range(calls)))
    assert sizes == {SMALL}
    return calls


GET = CallWorkload("get", "get of 4 KiB", "call", _warm_up, _one_thread)
GET_16 = CallWorkload("get-16", "get of 4 KiB, 16 threads", "call", _warm_up, _many_threads)
