"""Writing small objects, on one thread and on sixteen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from benchmarks.workloads._workload import SMALL, SMALL_KEY, THREADS, CallWorkload, Scale

if TYPE_CHECKING:
    from benchmarks.peers._peer import Peer

_DATA = bytes(range(256)) * (SMALL // 256)


def _warm_up(peer: Peer, _scale: Scale) -> None:
    for _ in range(20):
        peer.put(SMALL_KEY, _DATA)


def _one_thread(peer: Peer, scale: Scale) -> float:
    for _ in range(scale.calls):
        peer.put(SMALL_KEY, _DATA)
    return scale.calls


def _many_threads(peer: Peer, scale: Scale) -> float:
    calls = 2 * scale.calls
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(lambda number: peer.put(f"objects/{number}.bin", _DATA), range(calls)):
            pass
    return calls


PUT = CallWorkload("put", "put of 4 KiB", "call", _warm_up, _one_thread)
PUT_16 = CallWorkload("put-16", "put of 4 KiB, 16 threads", "call", _warm_up, _many_threads)
