"""The cases of the matrix: every kind of fault, met by every operation, at each of its first requests.

Stdlib and the fault proxy's own records alone: the program that runs a peer reads this module too.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cloud.testing import Fault

BUCKET = "matrix"
KIB, MIB = 1 << 10, 1 << 20
SMALL_KEY, LARGE_KEY, TREE = "small", "large", "tree/"
RANGE = (1000, 66_000)
PART_BYTES = 5 * MIB
"""The least that S3 takes for a part; every client that can is told to cut here."""


def random_bytes(size: int) -> bytes:
    """Return always the same `size` bytes, no two ranges of which are alike."""
    return random.Random(size).randbytes(size)  # noqa: S311  # they guard nothing


SMALL = random_bytes(64 * KIB)
LARGE = random_bytes(PART_BYTES + 512 * KIB)
TREE_FILES = {"a": SMALL, "folder/b": b"small", "folder/large": LARGE}


class Operation(Enum):
    """What a client is asked to do."""

    FILE = "download file"
    BYTES = "download bytes"
    STREAM = "download stream"
    RANGE = "download range"
    SYNC_DOWN = "sync down"
    SMALL = "upload small"
    PARTS = "upload multipart"
    UPLOAD_STREAM = "upload stream"
    SYNC_UP = "sync up"

    @property
    def writes(self) -> bool:
        """Whether it stores one object."""
        return self in {Operation.SMALL, Operation.PARTS, Operation.UPLOAD_STREAM}

    @property
    def syncs(self) -> bool:
        """Whether it works on a tree."""
        return self in {Operation.SYNC_DOWN, Operation.SYNC_UP}

    @property
    def data(self) -> bytes:
        """The right bytes of one object."""
        if self is Operation.RANGE:
            return LARGE[slice(*RANGE)]
        return SMALL if self in {Operation.SMALL, Operation.STREAM} else LARGE


POSITIONS = {
    Operation.FILE: (1, 2),
    Operation.BYTES: (1, 2),
    Operation.STREAM: (1, 2),
    Operation.RANGE: (1, 2),
    Operation.SYNC_DOWN: (1, 3),
    Operation.SMALL: (1, 2),
    Operation.PARTS: (1, 2, 4),
    Operation.UPLOAD_STREAM: (2, 4),
    Operation.SYNC_UP: (1, 3),
}
"""Which of its requests meets the fault, as far as the operation makes so many."""


class Verdict(Enum):
    """How a case ended, the worst that is true of it."""

    RIGHT = "right"
    ERROR = "error"
    """A typed error; nothing is torn, and nothing is left."""
    UNTYPED = "untyped"
    """An exception that is not of the library."""
    ORPHAN = "orphan"
    """Parts, or a staged file, are left; `Outcome.succeeded` says how the call itself ended."""
    HANG = "hang"
    TORN = "torn"
    """A file or object that is neither the old nor the new one is where a whole one belongs."""
    WRONG = "wrong"
    """Success was said, and the bytes are wrong or missing."""
    UNMET = "unmet"
    """The operation made no such request."""


@dataclass(frozen=True)
class Case:
    """One cell.

    Attributes:
        client: whose; see `matrix.stores` and `matrix.peers`.
        operation: what it does.
        name: of the fault.
        position: which of its requests meets the fault, from 1.
    """

    client: str
    operation: Operation
    name: str
    position: int

    def __str__(self) -> str:
        return f"{self.client}: {self.operation.value}, {self.name} at request {self.position}"


@dataclass(frozen=True)
class Outcome:
    """What became of a case.

    Attributes:
        verdict: how it ended.
        error: class and words of what was raised.
        succeeded: whether the call returned.
        left: unfinished uploads and staged files that are left.
        seconds: how long it took.
        note: what was wrong, for people.
        requests: how many there were.
    """

    verdict: Verdict
    error: str = ""
    succeeded: bool = False
    left: int = 0
    seconds: float = 0.0
    note: str = ""
    requests: int = 0


def faults(silence: float = 3600.0, away: float = 2.0) -> dict[str, Fault]:
    """Return every kind of fault by its name, each once, and those that stay.

    Args:
        silence: seconds, longer than every timeout.
        away: seconds for which connections are refused.
    """
    from cloud.testing import Fault
    from cloud.testing import FaultKind as Kind

    made = [
        Fault(kind=Kind.REFUSE, seconds=away),
        *(Fault(kind=kind) for kind in Kind if kind not in _told()),
        Fault(kind=Kind.RESET_UPLOAD, at=40_000),
        Fault(kind=Kind.CORRUPT_UPLOAD, at=50_000),
        *(Fault(kind=kind, seconds=silence) for kind in (Kind.SLOW_HEAD, Kind.STALL_BODY)),
        Fault(kind=Kind.STALL_UPLOAD, seconds=silence, at=40_000),
        Fault(kind=Kind.TRICKLE, rate=2 * MIB),
        *(Fault(kind=Kind.STATUS, status=status) for status in (408, 429, 500, 503)),
        Fault(kind=Kind.S3_ERROR, error_code="SlowDown"),
        Fault(kind=Kind.S3_ERROR, error_code="RequestTimeout", status=400),
        Fault(kind=Kind.GZIP_BOMB, size=64 * MIB),
        Fault(kind=Kind.REDIRECT, location="http://127.0.0.1:9{path}"),
    ]
    staying = [
        Fault(kind=kind, count=0)
        for kind in (Kind.RESET_CONNECT, Kind.LOST_REPLY, Kind.TRUNC_CL, Kind.HTML_200, Kind.EMPTY_200)
    ]
    staying.append(Fault(kind=Kind.STATUS, status=503, count=0))
    return {_name(fault): fault for fault in (*made, *staying)}


def _name(fault: Fault) -> str:
    words = [fault.kind.value]
    if fault.status is not None and fault.kind.value != "redirect":
        words.append(str(fault.status))
    if fault.kind.value == "s3_error":
        words.append(fault.error_code)
    if not fault.count:
        words.append("always")
    return " ".join(words)


_ALTERED = {"drop_range", "wrong_range", "redirect", "huge_header", "gzip_bomb"}
_S3 = {"cloud s3", "cloud infomaniak-s3", "boto3", "s3fs", "obstore", "libcloud", "requests"}


def is_transient(client: str, name: str) -> bool:
    """Return whether a repetition may end right, so that a client is expected to end right.

    Not so: what stays, what only something that alters requests and answers does, and elsewhere than at S3 a bad
    request that S3 alone means to be repeated.
    """
    if name.endswith("always") or name in _ALTERED:
        return False
    return client in _S3 or name != "s3_error 400 RequestTimeout"


def at_position(fault: Fault, position: int) -> Fault:
    """Return `fault` for the request of that number."""
    return replace(fault, skip=position - 1)


def cases_of(client: str, names: Sequence[str], requests: Mapping[Operation, int]) -> list[Case]:
    """Return every case of one client.

    Args:
        client: its name.
        names: of the faults.
        requests: how many requests each operation makes while nothing is wrong.
    """
    return [
        Case(client, operation, name, position)
        for operation, count in requests.items()
        for name in names
        for position in POSITIONS[operation]
        if position <= count
    ]


def _told() -> frozenset[object]:
    from cloud.testing import FaultKind as Kind

    return frozenset({
        Kind.REFUSE, Kind.RESET_UPLOAD, Kind.CORRUPT_UPLOAD, Kind.SLOW_HEAD, Kind.STALL_BODY,
        Kind.STALL_UPLOAD, Kind.TRICKLE, Kind.STATUS, Kind.S3_ERROR, Kind.GZIP_BOMB, Kind.REDIRECT,
    })  # fmt: skip  # one line reads best
