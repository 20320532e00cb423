"""What a sync is going to do: kept on disk, however much it is."""

from __future__ import annotations

import json
import tempfile
import threading
import weakref
from dataclasses import dataclass
from enum import Enum
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from cloud.common.errors import CloudError, ConflictError, InvalidRequestError
from cloud.common.models import Record, to_json
from cloud.transfer._records import MAX_FAILURES_KEPT, TransferItem

if TYPE_CHECKING:
    from collections.abc import Iterator

_IN_MEMORY = 1 << 20
_PIECE = 1 << 16


class Action(Enum):
    """What becomes of one item."""

    COPY = "copy"
    """It is written to the destination."""
    DELETE = "delete"
    """It is deleted at the destination."""
    SKIP = "skip"
    """It takes no part; `reason` says why."""
    FAIL = "fail"
    """It cannot be done; `reason` says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanItem(Record):
    """One item of a plan.

    Attributes:
        action: what is going to be done.
        name: its path below both sides, with ``/``.
        size: bytes to move; of a delete, the bytes that go.
        reason: why.
        time_ns: when the source was changed or stored, in nanoseconds since 1970; None where nobody knows.
        etag: the source object's ETag.
    """

    action: Action
    name: str
    size: int
    reason: str
    time_ns: int | None = None
    etag: str | None = None

    def __str__(self) -> str:
        """Return one line; characters that are not printable are escaped."""
        name = self.name if self.name.isprintable() else repr(self.name)[1:-1]
        return f"{self.action.value:<6}  {self.size:>12}  {name}  ({self.reason})"


class Spool:
    """Plan items, in a temporary file of this process when they are many. Read it as often as needed."""

    def __init__(self) -> None:
        self._file: BinaryIO = BytesIO()
        self._is_small = True
        self._lock = threading.Lock()

    def add(self, item: PlanItem) -> None:
        """Keep an item behind the others."""
        values = (item.action.value, item.name, item.size, item.reason, item.time_ns, item.etag)
        self._file.write(json.dumps(values, separators=(",", ":")).encode() + b"\n")
        if self._is_small and self._file.tell() > _IN_MEMORY:
            self._move_to_disk()

    def _move_to_disk(self) -> None:
        file = cast("BinaryIO", tempfile.TemporaryFile("w+b"))  # noqa: SIM115  # it lives as long as the plan
        weakref.finalize(self, file.close)
        file.write(cast("BytesIO", self._file).getbuffer())
        self._file, self._is_small = file, False

    def __iter__(self) -> Iterator[PlanItem]:
        """Yield the items in the order in which they came."""
        place, rest = 0, b""
        while True:
            with self._lock:
                self._file.seek(place)
                piece = self._file.read(_PIECE)
                self._file.seek(0, 2)
            if not piece:
                return
            place += len(piece)
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                action, name, size, reason, time_ns, etag = json.loads(line)
                yield PlanItem(
                    action=Action(action), name=name, size=size, reason=reason, time_ns=time_ns, etag=etag
                )


@dataclass(kw_only=True)
class Plan:
    """What a sync is going to do. Iterate it for the items: deletes that make room, copies, other deletes.

    Items that are the same on both sides are counted, not kept. The items lie in a temporary file of this
    process, so that a plan may have any length; it goes with the plan.

    Attributes:
        source: where from.
        destination: where to.
        copies: how many items are to be written.
        bytes: how many bytes they have.
        deletes: how many items are to be deleted at the destination.
        unchanged: how many are the same on both sides.
        resumed: how many of those an interrupted run had moved.
        skipped: how many take no part, such as symbolic links.
        failed: how many cannot be done.
        source_items: how many items the source has.
        destination_items: how many items the destination has.
        requests: how many requests the work needs when nothing has to be repeated, beside the listings.
        withheld: why nothing is deleted although it was asked for; None where nothing stands against it.
        failures: those that cannot be done; at most the first 1,000.
    """

    source: str
    destination: str
    copies: int = 0
    bytes: int = 0
    deletes: int = 0
    unchanged: int = 0
    resumed: int = 0
    skipped: int = 0
    failed: int = 0
    source_items: int = 0
    destination_items: int = 0
    requests: int = 0
    withheld: str | None = None
    failures: tuple[TransferItem, ...] = ()

    def __post_init__(self) -> None:
        """Begin without items."""
        self.making_room, self.others, self.late_deletes = Spool(), Spool(), Spool()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.copies or self.deletes)

    def __iter__(self) -> Iterator[PlanItem]:
        """Yield the items."""
        for spool in (self.making_room, self.others, self.late_deletes):
            yield from spool

    def __str__(self) -> str:
        """Return the sums on one line."""
        facts = [
            f"{self.copies} to copy ({self.bytes} bytes)",
            f"{self.deletes} to delete",
            f"{self.unchanged} unchanged",
            f"{self.skipped} skipped",
            f"{self.failed} failed",
            f"{self.requests} requests",
        ]
        return f"{self.source} -> {self.destination}: {', '.join(facts)}"

    def to_dict(self) -> dict[str, Any]:
        """Return the sums as JSON-ready data; the items are ``[item.to_dict() for item in plan]``."""
        return {name: to_json(getattr(self, name)) for name in self.__dataclass_fields__}

    # -- how it is made --------------------------------------------------------------------------------------
    def copy(self, item: PlanItem) -> None:
        """Add a copy."""
        self.copies += 1
        self.bytes += item.size
        self.others.add(item)

    def skip(self, name: str, reason: str) -> None:
        """Add something that takes no part."""
        self.skipped += 1
        self.others.add(PlanItem(action=Action.SKIP, name=name, size=0, reason=reason))

    def fail(self, name: str, error: CloudError | OSError, *, source: str, target: str) -> None:
        """Add something that cannot be done."""
        self.failed += 1
        if self.failed <= MAX_FAILURES_KEPT:
            self.failures += (TransferItem(source=source, target=target, error=error),)
        self.others.add(PlanItem(action=Action.FAIL, name=name, size=0, reason=str(error)))

    def delete(self, item: PlanItem, *, makes_room: bool) -> None:
        """Add a delete."""
        self.deletes += 1
        (self.making_room if makes_room else self.late_deletes).add(item)


@dataclass(frozen=True)
class DeleteLimits:
    """How much a sync may delete; more, and nothing at all is done.

    Attributes:
        count: at most so many items.
        percent: at most this part of the destination's items, 0 to 100.
    """

    count: int | None = None
    percent: float | None = None

    def __post_init__(self) -> None:
        """Refuse limits that make no sense.

        Raises:
            InvalidRequestError: negative, or more than 100 per cent.
        """
        if (self.count is not None and self.count < 0) or not 0 <= (self.percent or 0) <= 100:
            raise InvalidRequestError("max_delete must not be negative, max_delete_percent is 0 to 100")

    def check(self, plan: Plan) -> None:
        """Refuse a plan that deletes more.

        Raises:
            ConflictError: a limit is exceeded, or there is none and the source is empty.
        """
        total = plan.destination_items
        if self.count is not None and plan.deletes > self.count:
            raise _too_many(plan, f"{self.count} are allowed")
        if self.percent is not None and plan.deletes * 100 > total * self.percent:
            raise _too_many(plan, f"{self.percent:g} % are allowed")
        if self == DeleteLimits() and plan.deletes and not plan.source_items:
            raise ConflictError(
                f"{plan.source} is empty: everything in {plan.destination} would be deleted ({plan.deletes} items)",
                hint="if that is meant, say how many may be deleted",
            )


def _too_many(plan: Plan, allowed: str) -> ConflictError:
    return ConflictError(
        f"{plan.deletes} of {plan.destination_items} items in {plan.destination} would be deleted, {allowed}; "
        "nothing was done"
    )
