"""What a call costs that moves no bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.workloads._workload import SMALL, SMALL_KEY, CallWorkload, Scale

if TYPE_CHECKING:
    from benchmarks.peers._peer import Peer


def _warm_up(peer: Peer, _scale: Scale) -> None:
    for _ in range(20):
        assert peer.head(SMALL_KEY) == SMALL


def _work(peer: Peer, scale: Scale) -> float:
    for _ in range(scale.calls):
        peer.head(SMALL_KEY)
    return scale.calls


HEAD = CallWorkload("head", "head of an object", "call", _warm_up, _work)
