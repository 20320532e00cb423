"""The libraries that are compared, one module each."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.peers._peer import Peer

# Protocol (nullstore.c's word) -> name -> module and class. The first of each is what ratios refer to.
PEERS = {
    "s3": {
        "boto3": ("benchmarks.peers.boto3_peer", "Boto3Peer"),
        "minio": ("benchmarks.peers.minio_peer", "MinioPeer"),
        "obstore": ("benchmarks.peers.obstore_peer", "ObstorePeer"),
        "cloud": ("benchmarks.peers.cloud_peer", "CloudPeer"),
    },
    "gcs": {
        "google-cloud-storage": ("benchmarks.peers.google_peer", "GooglePeer"),
        "obstore": ("benchmarks.peers.obstore_peer", "ObstoreGcsPeer"),
        "cloud": ("benchmarks.peers.cloud_peer", "CloudGcsPeer"),
    },
    "azure": {
        "azure-storage-blob": ("benchmarks.peers.azure_peer", "AzurePeer"),
        "obstore": ("benchmarks.peers.obstore_peer", "ObstoreAzurePeer"),
        "cloud": ("benchmarks.peers.cloud_peer", "CloudAzurePeer"),
    },
    "swift": {
        "openstacksdk": ("benchmarks.peers.openstack_peer", "OpenstackPeer"),
        "cloud": ("benchmarks.peers.cloud_peer", "CloudSwiftPeer"),
    },
}


def make_peer(protocol: str, name: str, endpoint: str) -> Peer:
    """Return a client of the library `name`, importing nothing but that library."""
    module, class_name = PEERS[protocol][name]
    peer: Peer = getattr(import_module(module), class_name)(endpoint)
    return peer
