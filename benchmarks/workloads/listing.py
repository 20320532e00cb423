"""Going through all objects of a bucket, a thousand a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.workloads._workload import SMALL_KEY, CallWorkload, Scale

if TYPE_CHECKING:
    from benchmarks.peers._peer import Peer


def _warm_up(peer: Peer, _scale: Scale) -> None:
    peer.head(SMALL_KEY)


def _work(peer: Peer, scale: Scale) -> float:
    assert peer.list_keys() == scale.keys
    return scale.keys


LISTING = CallWorkload("list", "listing, 1,000 keys a page", "key", _warm_up, _work)


def _keep(peer: Peer, _scale: Scale) -> float:
    return len(peer.keep_records())


KEPT = CallWorkload(
    "kept",
    "100,000 records of a listing kept",
    "key",
    _warm_up,
    _keep,
    server="s3-many",
    rounds=1,
)
