"""One large object from and to a file."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks.workloads._workload import SMALL_KEY, CallWorkload, Scale

if TYPE_CHECKING:
    from benchmarks.peers._peer import Peer

_GB = 1e9


def _warm_up(peer: Peer, scale: Scale) -> None:
    peer.head(SMALL_KEY)
    peer.head(scale.large_key)


def _download(peer: Peer, scale: Scale) -> float:
    with TemporaryDirectory(dir=scale.folder) as folder:
        target = Path(folder, "large.bin")
        peer.download(scale.large_key, target)
        assert target.stat().st_size == scale.large
    return scale.large / _GB


def _upload(peer: Peer, scale: Scale) -> float:
    peer.upload("objects/large.bin", scale.source)
    return scale.large / _GB


DOWNLOAD = CallWorkload("download", "one large object to a file", "GB", _warm_up, _download)
UPLOAD = CallWorkload("upload", "one large object from a file", "GB", _warm_up, _upload)
