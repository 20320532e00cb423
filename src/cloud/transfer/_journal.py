"""What a sync has done so far, on disk: it survives the process, and the next run goes on from there."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from array import array
from bisect import bisect_left
from contextlib import suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from cloud.common._state import SUFFIX, lock, open_locked, state_folder
from cloud.common.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_SYNC_SECONDS = 1.0
"""How much work a power cut may make forgotten; a killed process loses nothing that was written."""


def default_state_folder() -> Path:
    """Return where journals are kept: ``$XDG_STATE_HOME/cloud/sync``, by default below ``~/.local/state``."""
    return state_folder("sync")


class Fingerprint(Protocol):
    """What tells one state of a source item from the next."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def size(self) -> int:
        """Bytes."""

    @property
    def time_ns(self) -> int | None:
        """When it was changed."""

    @property
    def etag(self) -> str | None:
        """Its ETag."""


class Done:
    """What an earlier run has moved, at 8 bytes an item, and what it may have left wrong."""

    def __init__(self) -> None:
        self._digests = array("Q")
        self.doubtful: set[str] = set()

    def __len__(self) -> int:
        """Return how many items were moved."""
        return len(self._digests)

    def read(self, lines: Iterator[bytes]) -> None:
        """Take over what a journal says; a last line that was cut off is left out."""
        for line in lines:
            with suppress(ValueError, KeyError, TypeError):
                record = json.loads(line)
                if "doubt" in record:
                    self.doubtful.add(record["doubt"])
                    continue
                self._digests.append(_digest(record["done"], record["size"], record["time"], record["etag"]))
                self.doubtful.discard(record["done"])
        self._digests = array("Q", sorted(self._digests))

    def __contains__(self, item: Fingerprint) -> bool:
        """Return whether this state of the item was moved."""
        if not self._digests:
            return False
        digest = _digest(item.name, item.size, item.time_ns, item.etag)
        place = bisect_left(self._digests, digest)
        return place < len(self._digests) and self._digests[place] == digest


def _digest(name: str, size: int, time_ns: int | None, etag: str | None) -> int:
    text = json.dumps((name, size, time_ns, etag)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")


class Journal:
    """The journal of one sync: a line for every item that was moved.

    Every line is handed to the system when its item is done, so that a killed process loses none, and to the
    disk once a second. One process at a time has it.

    Args:
        folder: where journals are kept; made, for its owner alone, when there is something to write.
        source, destination: what is kept in step, in words that tell it from everything else; the file is named
            by them.
        title: what people call it.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        folder: Path,
        source: str,
        destination: str,
        *,
        title: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        sides = json.dumps((source, destination)).encode()
        self.path = folder / (hashlib.sha256(sides).hexdigest()[:32] + SUFFIX)
        self._title = title
        self._clock = clock
        self._synced = clock()
        self._file: BinaryIO | None = None
        self.done = Done()

    def load(self) -> None:
        """Read what an interrupted run has left, if anything."""
        with suppress(FileNotFoundError), self.path.open("rb") as file:
            self.done.read(iter(file))

    def begin(self, *, anew: bool) -> None:
        """Open it for writing.

        Args:
            anew: forget what an earlier run has left.

        Raises:
            ConflictError: another process has it.
        """
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = open_locked(self.path)
        self._file = file
        if anew:
            file.truncate(0)
        size = file.seek(0, os.SEEK_END)
        if size and not self._ends_with_line(file, size):
            file.write(b"\n")  # a line that was cut off must not swallow the next one
        started = datetime.now(timezone.utc).isoformat()
        self._write({"begun": started, "sync": self._title, "process": os.getpid()})

    @staticmethod
    def _ends_with_line(file: BinaryIO, size: int) -> bool:
        file.seek(size - 1)
        return file.read(1) == b"\n"

    def add(self, item: Fingerprint) -> None:
        """Note that an item was moved."""
        self._write({"done": item.name, "size": item.size, "time": item.time_ns, "etag": item.etag})

    def doubt(self, name: str) -> None:
        """Note that what is at the destination may be wrong although it looks right."""
        self._write({"doubt": name})

    def _write(self, record: dict[str, Any]) -> None:
        if self._file is None:
            return
        self._file.write(json.dumps(record, separators=(",", ":")).encode() + b"\n")
        now = self._clock()
        if now - self._synced >= _SYNC_SECONDS:
            os.fsync(self._file.fileno())
            self._synced = now

    def forget(self) -> None:
        """Remove what an interrupted run has left, unless a running one is about to need it."""
        if self.path.exists():
            with suppress(ConflictError):
                self.begin(anew=True)
                self.end(complete=True)

    def end(self, *, complete: bool) -> None:
        """Close it; remove it when everything was done."""
        if self._file is None:
            return
        file, self._file = self._file, None
        if complete and sys.platform != "win32":
            self.path.unlink(missing_ok=True)  # while we have the lock
        if not complete:
            os.fsync(file.fileno())
        file.close()
        if complete and sys.platform == "win32":  # which removes no open file
            self.path.unlink(missing_ok=True)


def discard(path: Path, *, dry_run: bool) -> bool:
    """Remove a journal and return True; False for that of a running sync, which stays."""
    with path.open("r+b") as file:
        if not lock(file):
            return False
        if not dry_run and sys.platform != "win32":
            path.unlink()
    if not dry_run and sys.platform == "win32":  # which removes no open file
        path.unlink()
    return True
