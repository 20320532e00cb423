"""What every library under test is asked to do, in its own idiomatic way."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

BUCKET = "bench"
REGION = "us-east-1"
# A real server makes its own; nullstore takes any. Both are Amazon's own examples.
ACCESS_KEY = os.environ.get("BENCH_ACCESS_KEY", "AKIAIOSFODNN7EXAMPLE")
SECRET_KEY = os.environ.get("BENCH_SECRET_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
CA_FILE = os.environ.get("SSL_CERT_FILE")
"""The authority of nullstore's certificate, where it speaks TLS."""
ACCOUNT = "devstoreaccount1"
# Published for everybody: https://learn.microsoft.com/en-us/azure/storage/common/storage-use-azurite
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
USER = "bench:tester"
PASSWORD = "testing"  # noqa: S105  # as in Swift's own examples
PROJECT = "bench"


class Peer:
    """One library with one client. Its SDK is imported by the constructor, so a process loads one peer only.

    A peer has the methods of the works that it takes part in (`PEERS`).

    Args:
        endpoint: the server, ``http://host:port``.
    """

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint

    def head(self, key: str) -> int:
        """Return the object's size."""
        raise NotImplementedError

    def get(self, key: str) -> bytes:
        """Return the object's bytes."""
        raise NotImplementedError

    def put(self, key: str, data: bytes) -> None:
        """Store the bytes."""
        raise NotImplementedError

    def list_keys(self) -> int:
        """Go through all objects of the bucket, as records with their dates, and return how many there are."""
        raise NotImplementedError

    def keep_records(self) -> Sequence[object]:
        """Return the records of all objects of the bucket."""
        raise NotImplementedError

    def get_range(self, key: str, start: int, end: int) -> bytes:
        """Return bytes `start` up to but not including `end`."""
        raise NotImplementedError

    def delete(self, keys: Sequence[str]) -> None:
        """Delete the objects; raise if one could not be deleted."""
        raise NotImplementedError

    def download(self, key: str, path: Path) -> None:
        """Write the object to a file."""
        raise NotImplementedError

    def upload(self, key: str, path: Path) -> None:
        """Store a file's content."""
        raise NotImplementedError
