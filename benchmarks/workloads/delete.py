"""Deleting many objects by batch calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.workloads._workload import SMALL_KEY, CallWorkload, Scale

if TYPE_CHECKING:
    from benchmarks.peers._peer import Peer


def _warm_up(peer: Peer, _scale: Scale) -> None:
    peer.head(SMALL_KEY)
    peer.delete(["objects/first.bin"])


def _work(peer: Peer, scale: Scale) -> float:
    peer.delete([f"data/day=2026-10-21/file-{number:08d}.parquet" for number in range(scale.deletes)])
    return scale.deletes


DELETE = CallWorkload("delete", "batch delete", "key", _warm_up, _work)
