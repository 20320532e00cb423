"""What every library under test is asked to do, in its own idiomatic way."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

BUCKET = "bench"
REGION = "us-east-1"
ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # noqa: S105  # the key of Amazon's own examples
ACCOUNT = "devstoreaccount1"
# Published for everybody: https://learn.microsoft.com/en-us/azure/storage/common/storage-use-azurite
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
USER = "bench:tester"
PASSWORD = "testing"  # noqa: S105  # as in Swift's own examples
PROJECT = "bench"


class Peer(ABC):
    """One library with one client. Its SDK is imported by the constructor, so a process loads one peer only.

    Args:
        endpoint: the server, ``http://host:port``.
    """

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint

    @abstractmethod
    def head(self, key: str) -> int:
        """Return the object's size."""

    @abstractmethod
    def get(self, key: str) -> bytes:
        """Return the object's bytes."""

    @abstractmethod
    def put(self, key: str, data: bytes) -> None:
        """Store the bytes."""

    @abstractmethod
    def list_keys(self) -> int:
        """Go through all objects of the bucket, as records with their dates, and return how many there are."""


class S3Peer(Peer):
    """A library for S3, where more is measured."""

    @abstractmethod
    def get_range(self, key: str, start: int, end: int) -> bytes:
        """Return bytes `start` up to but not including `end`."""

    @abstractmethod
    def delete(self, keys: Sequence[str]) -> None:
        """Delete the objects; raise if one could not be deleted."""

    @abstractmethod
    def download(self, key: str, path: Path) -> None:
        """Write the object to a file."""

    @abstractmethod
    def upload(self, key: str, path: Path) -> None:
        """Store a file's content."""
