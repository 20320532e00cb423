"""The libraries that are compared, one module each."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.peers._peer import Peer

# Name -> module and class. boto3 is the one that ratios refer to.
PEERS = {
    "boto3": ("benchmarks.peers.boto3_peer", "Boto3Peer"),
    "minio": ("benchmarks.peers.minio_peer", "MinioPeer"),
    "obstore": ("benchmarks.peers.obstore_peer", "ObstorePeer"),
    "cloud": ("benchmarks.peers.cloud_peer", "CloudPeer"),
}


def make_peer(name: str, endpoint: str) -> Peer:
    """Return a client of the library `name`, importing nothing but that library."""
    module, class_name = PEERS[name]
    peer: Peer = getattr(import_module(module), class_name)(endpoint)
    return peer
