"""The libraries that are compared, one module each."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.peers._peer import Peer


@dataclass(frozen=True)
class Entry:
    """One library.

    Attributes:
        module, class_name: its `Peer`.
        works: kinds of work that it takes part in; None for all. Views over another peer's client take part
            where they add something of their own.
    """

    module: str
    class_name: str
    works: frozenset[str] | None = None


def _entry(module: str, class_name: str, *works: str) -> Entry:
    return Entry(f"benchmarks.peers.{module}", class_name, frozenset(works) if works else None)


_LARGE = ("download", "upload")
_FSSPEC = ("head", "get", "put", "list", "delete", "ranges", *_LARGE)
# obstore has no call that downloads by parallel ranges: this is the loop that its users write.
_RANGES_ONLY = ("download",)

# Protocol (nullstore.c's word) -> name -> entry. The first of each is what ratios refer to.
PEERS: dict[str, dict[str, Entry]] = {
    "s3": {
        "boto3": _entry("boto3_peer", "Boto3Peer"),
        "boto3, CRT": _entry("boto3_peer", "Boto3CrtPeer", *_LARGE),
        "minio": _entry("minio_peer", "MinioPeer"),
        "s3fs": _entry("fsspec_peer", "S3fsPeer", *_FSSPEC),
        "smart_open": _entry("view_peer", "SmartOpenPeer", "get", "put", *_LARGE),
        "cloudpathlib": _entry("view_peer", "CloudpathlibPeer", "head", "get", "put", *_LARGE),
        "opendal": _entry("opendal_peer", "OpendalPeer"),
        "obstore": _entry("obstore_peer", "ObstorePeer"),
        "obstore, parallel": _entry("obstore_peer", "ObstoreParallelPeer", *_RANGES_ONLY),
        "cloud": _entry("cloud_peer", "CloudPeer"),
    },
    "gcs": {
        "google-cloud-storage": _entry("google_peer", "GooglePeer"),
        "its transfer manager": _entry("google_peer", "GoogleTransferManagerPeer", *_LARGE),
        "gcsfs": _entry("fsspec_peer", "GcsfsPeer", *_FSSPEC),
        "opendal": _entry("opendal_peer", "OpendalGcsPeer"),
        "obstore": _entry("obstore_peer", "ObstoreGcsPeer"),
        "obstore, parallel": _entry("obstore_peer", "ObstoreParallelGcsPeer", *_RANGES_ONLY),
        "cloud": _entry("cloud_peer", "CloudGcsPeer"),
    },
    "azure": {
        "azure-storage-blob": _entry("azure_peer", "AzurePeer"),
        "adlfs": _entry("fsspec_peer", "AdlfsPeer", *_FSSPEC),
        "opendal": _entry("opendal_peer", "OpendalAzurePeer"),
        "obstore": _entry("obstore_peer", "ObstoreAzurePeer"),
        "obstore, parallel": _entry("obstore_peer", "ObstoreParallelAzurePeer", *_RANGES_ONLY),
        "cloud": _entry("cloud_peer", "CloudAzurePeer"),
    },
    "swift": {
        "openstacksdk": _entry("openstack_peer", "OpenstackPeer"),
        "cloud": _entry("cloud_peer", "CloudSwiftPeer"),
    },
}

LEFT_OUT = {
    ("s3-tls", "opendal"): "opendal trusts the certificates that are compiled into it, and no other",
}
"""(Server, peer) -> why they are not measured together."""


def peers_of(protocol: str, kind: str, server: str) -> list[str]:
    """Return the names of those that take part in work of `kind` against `server`."""
    return [
        name
        for name, entry in PEERS[protocol].items()
        if (entry.works is None or kind in entry.works) and (server, name) not in LEFT_OUT
    ]


def make_peer(protocol: str, name: str, endpoint: str) -> Peer:
    """Return a client of the library `name`, importing nothing but that library."""
    entry = PEERS[protocol][name]
    peer: Peer = getattr(import_module(entry.module), entry.class_name)(endpoint)
    return peer
