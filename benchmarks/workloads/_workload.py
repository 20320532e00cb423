"""The two kinds of measurement."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

SMALL = 4096
THREADS = 16
SMALL_KEY = f"crc32-{SMALL}/objects/0001.bin"
"""As both boto3 and `cloud` would have stored it: with a CRC32, which `cloud` and boto3 verify on reading."""


@dataclass(frozen=True)
class Scale:
    """How much of everything one measurement does.

    Attributes:
        calls: small calls on one thread; with threads it is twice as many.
        keys: keys that the server lists.
        deletes: keys to delete.
        large: bytes of the large object.
        folder: for files; on tmpfs where there is one.
        source: a file of `large` bytes.
        sync_small, sync_large: how many small files and files of 256 MiB are synced.
    """

    calls: int
    keys: int
    deletes: int
    large: int
    folder: Path
    source: Path
    sync_small: int = 5000
    sync_large: int = 3

    @property
    def large_key(self) -> str:
        """The large object, stored with the checksum that S3 keeps by default."""
        return f"crc64nvme-{self.large}/objects/large.bin"


@dataclass(frozen=True)
class CallWorkload:
    """Work of a client that is there already: its imports and first calls are not measured.

    Attributes:
        name: for the command line.
        title: for the report.
        unit: what figures are given for.
        warm_up: called with the peer before the measurement.
        work: what is measured; returns how many units it did.
        protocol: whose peers are compared.
        server: what they talk to; empty for nullstore, which is called like the protocol.
        kind: what peers are asked whether they take part in; the name of the work without its server.
        rounds: how often at most; some work is long, and varies little.
    """

    name: str
    title: str
    unit: Literal["call", "key", "GB"]
    warm_up: Callable[[Any, Scale], object]
    work: Callable[[Any, Scale], float]
    protocol: str = "s3"
    server: str = ""
    kind: str = ""
    rounds: int = 99

    def elsewhere(
        self, prefix: str, title: str, *, protocol: str = "", server: str = "", rounds: int = 99
    ) -> CallWorkload:
        """Return the same work against another server."""
        return replace(
            self,
            name=f"{prefix}-{self.name}",
            title=title,
            protocol=protocol or self.protocol,
            server=server,
            kind=self.kind or self.name,
            rounds=min(rounds, self.rounds),
        )


@dataclass(frozen=True)
class ProcessWorkload:
    """Whole processes, from their start to their end.

    Attributes:
        name: for the command line.
        title: for the report.
        scripts: label -> program for ``python -c``; ``{endpoint}`` is filled in. The first label is what
            ratios refer to.
        baseline: a label whose median is taken off the others' figures.
        protocol: of the server that ``{endpoint}`` names.
        server: as for calls.
    """

    name: str
    title: str
    scripts: Mapping[str, str]
    baseline: str | None = None
    protocol: str = "s3"
    server: str = ""


@dataclass(frozen=True)
class SyncWorkload:
    """A folder that is made a bucket's prefix by command line tools, whole processes too.

    Attributes:
        name: for the command line.
        title: for the report.
        again: whether the second run is what counts, which finds nothing to do.
    """

    name: str
    title: str
    again: bool
    protocol: str = "s3"
    server: str = "seaweedfs"


Workload: TypeAlias = "CallWorkload | ProcessWorkload | SyncWorkload"
