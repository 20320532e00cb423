"""Says where two sides differ, and changes nothing."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

from cloud.common._cancel import Cancellation
from cloud.common.models import Record
from cloud.transfer._compare import Compare, Comparison
from cloud.transfer._plan import Action
from cloud.transfer._planner import Planning
from cloud.transfer._pool import check_workers
from cloud.transfer._run import DEFAULT_WORKERS
from cloud.transfer._select import Selection
from cloud.transfer._sides import Opener

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud.transfer._plan import Plan, PlanItem
    from cloud.transfer._sides import Location

_EVERYTHING = Selection()


class Difference(Enum):
    """How one name differs between two sides."""

    MISSING = "missing"
    """The source has it, the destination does not."""
    DIFFERENT = "different"
    """Both have it, and not the same."""
    EXTRA = "extra"
    """The destination has it, the source does not."""
    UNKNOWN = "unknown"
    """It could not be compared; `reason` says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckItem(Record):
    """One difference.

    Attributes:
        difference: which kind.
        name: the path below both sides, with ``/``.
        size: bytes, of the source where it has it.
        reason: what differs, such as ``size differs``.
    """

    difference: Difference
    name: str
    size: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class CheckReport:
    """What a comparison of two sides found. Iterate it for the differences; they lie in a temporary file.

    Attributes:
        source: one side.
        destination: the other.
        same: how many items are the same.
        missing: how many the destination lacks.
        different: how many differ.
        extra: how many the destination has beyond the source; 0 when nobody asked.
        unknown: how many could not be compared.
        skipped: how many take no part, such as symbolic links.
    """

    source: str
    destination: str
    same: int
    missing: int
    different: int
    extra: int
    unknown: int
    skipped: int
    plan: Plan = field(repr=False, compare=False)

    @property
    def ok(self) -> bool:
        """Whether both sides are the same."""
        return not (self.missing or self.different or self.extra or self.unknown)

    def __iter__(self) -> Iterator[CheckItem]:
        """Yield the differences."""
        for item in self.plan:
            kind = _difference(item)
            if kind is not None:
                yield CheckItem(difference=kind, name=item.name, size=item.size, reason=item.reason)

    def to_dict(self) -> dict[str, Any]:
        """Return the sums as JSON-ready data."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "plan"}


def _difference(item: PlanItem) -> Difference | None:
    if item.action is Action.COPY:
        return Difference.MISSING if item.reason == "missing" else Difference.DIFFERENT
    return {Action.DELETE: Difference.EXTRA, Action.FAIL: Difference.UNKNOWN}.get(item.action)


def check(
    source: Location,
    destination: Location,
    *,
    compare: Compare = Compare.CHECKSUM,
    one_way: bool = False,
    select: Selection = _EVERYTHING,
    follow_symlinks: bool = False,
    window: timedelta = timedelta(0),
    workers: int = DEFAULT_WORKERS,
    cancellation: Cancellation | None = None,
) -> CheckReport:
    """Compare two sides and return where they differ. Nothing is changed.

    Args:
        source, destination: as for `sync`.
        compare: by what. A checksum needs one request for each object, and reads each file;
            `Compare.CONTENT` reads both sides. What cannot be compared so is a difference of its own kind,
            never taken for the same.
        one_way: whether the destination may hold more than the source.
        select: what takes part.
        follow_symlinks: whether symbolic links of a source folder are followed.
        window: with `Compare.TIME`, how far times may lie apart.
        workers: how many items are compared at once.
        cancellation: ends it from another thread.

    Raises:
        CloudError, OSError: a side cannot be listed.
    """
    check_workers(workers)
    with closing(Opener()) as opener:
        comparison = Comparison(
            opener.open(source, follow_symlinks=follow_symlinks), opener.open(destination), compare, window
        )
        planning = Planning(
            comparison, delete=not one_way, select=select, keeps_names_apart=True, workers=workers
        )
        plan = planning.make(cancellation or Cancellation())
    counts = dict.fromkeys(Difference, 0)
    for item in plan:
        kind = _difference(item)
        if kind is not None:
            counts[kind] += 1
    return CheckReport(
        source=plan.source,
        destination=plan.destination,
        same=plan.unchanged,
        missing=counts[Difference.MISSING],
        different=counts[Difference.DIFFERENT],
        extra=counts[Difference.EXTRA],
        unknown=counts[Difference.UNKNOWN],
        skipped=plan.skipped,
        plan=plan,
    )
