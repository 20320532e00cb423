"""What a transfer is told, and what it tells: options, progress, items, the report."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

from cloud.common.errors import CloudError
from cloud.common.models import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_FAILURES_KEPT = 1000
"""How many failed items a report keeps; all of them are counted."""


class Existing(Enum):
    """What happens to an item whose target is there already."""

    REPLACE = "replace"
    """The target is replaced, atomically."""
    SKIP = "skip"
    """The item is left out; that is no failure."""
    FAIL = "fail"
    """The item fails: AlreadyExistsError, or FileExistsError for a file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WriteOptions:
    """What stored objects get beside their bytes.

    Attributes:
        content_type: media type; by default that of the source object, or guessed from the key.
        metadata: your own pairs; by default those of the source object. None keeps them, empty drops them.
        storage_class: the service's own word; None for the service's default.
    """

    content_type: str | None = None
    metadata: Mapping[str, str] | None = field(default=None, hash=False)
    storage_class: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TransferItem(Record):
    """What became of one object or file.

    Attributes:
        source: where it came from: the path of a file or the URI of an object.
        target: where it went to.
        bytes: length of the body that was moved; 0 for one that failed or was skipped.
        skipped: why it was left out, such as ``exists``; None when it was not.
        error: why it failed; None when it did not.
    """

    source: str
    target: str
    bytes: int = 0
    skipped: str | None = None
    error: CloudError | OSError | None = None

    @property
    def ok(self) -> bool:
        """Whether it did not fail."""
        return self.error is None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-ready data."""
        if isinstance(self.error, CloudError):
            error: Any = self.error.to_dict()
        else:
            error = self.error and {"error": type(self.error).__name__, "message": str(self.error)}
        return {
            "source": self.source,
            "target": self.target,
            "bytes": self.bytes,
            "skipped": self.skipped,
            "error": error,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class TransferReport(Record):
    """What became of a whole tree.

    Attributes:
        moved: how many were moved.
        bytes: how many bytes they have.
        skipped: how many were left out.
        failed: how many failed.
        failures: the failed items, in the order in which they failed; at most the first 1,000.
        seconds: how long it took.
    """

    moved: int = 0
    bytes: int = 0
    skipped: int = 0
    failed: int = 0
    failures: tuple[TransferItem, ...] = ()
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether nothing failed."""
        return self.failed == 0


class Progress(Protocol):
    """Told how a transfer goes. Calls come from several threads, never two at once; what it raises ends it."""

    def planned(self, items: int, size: int, *, complete: bool) -> None:
        """So many items of `size` bytes in all are known by now; `complete` when no more will follow."""

    def moved(self, count: int) -> None:
        """So many more bytes were moved. After a retry the sum may exceed the size."""

    def finished(self, item: TransferItem) -> None:
        """One item is done, was skipped, or failed."""


class Silence:
    """A `Progress` that tells nobody."""

    def planned(self, items: int, size: int, *, complete: bool) -> None:
        """Ignore it."""

    def moved(self, count: int) -> None:
        """Ignore it."""

    def finished(self, item: TransferItem) -> None:
        """Ignore it."""
