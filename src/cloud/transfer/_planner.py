"""Makes the plan of a sync from the listings of both sides, merged in order, in constant memory."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from cloud.common._cancel import Cancellation, ended_by
from cloud.common._engine import TransferConfig
from cloud.common._files import unsafe_reason
from cloud.common._storage_types import BatchDeleteHooks
from cloud.common.enums import Capability
from cloud.common.errors import CloudError, InvalidRequestError
from cloud.transfer._compare import Verdict
from cloud.transfer._names import NameGuard
from cloud.transfer._plan import Action, Plan, PlanItem
from cloud.transfer._pool import Pending
from cloud.transfer._prefetch import switch_below
from cloud.transfer._select import Selection
from cloud.transfer._sides import FolderSide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cloud.transfer._compare import Comparison
    from cloud.transfer._journal import Done
    from cloud.transfer._sides import Entry, Side

_APART = "where the folder's file system keeps them apart, say so"
Pair: TypeAlias = "tuple[Entry | None, Entry | None]"


@dataclass(frozen=True)
class Planning:
    """What a plan is made from.

    Attributes:
        comparison: the two sides, and how their items are compared.
        delete: whether what the source does not have is to be deleted.
        select: what takes part, on both sides.
        keeps_names_apart: a destination folder's file system tells names apart that differ by case or Unicode
            form alone.
        done: what an interrupted run has moved.
        workers: how many comparisons are asked for at once.
    """

    comparison: Comparison
    delete: bool = False
    select: Selection = field(default_factory=Selection)
    keeps_names_apart: bool = False
    done: Done | None = None
    workers: int = 8
    transfer: TransferConfig | None = None

    def make(self, cancellation: Cancellation) -> Plan:
        """Return the plan.

        Raises:
            CloudError, OSError: a side cannot be listed.
        """
        source, destination = self.comparison.source, self.comparison.destination
        plan = Plan(source=source.uri(), destination=destination.uri())
        with switch_below(cancellation) as switch, ended_by(switch):
            pending = Pending(self.workers, switch)
            planner = _Planner(self, plan, pending)
            try:
                with (
                    closing(source.entries(self.select, switch, may_miss=False)) as first,
                    closing(destination.entries(self.select, switch, may_miss=True)) as second,
                ):
                    for here, there in merged(first, second):
                        planner.take(here, there)
                        if switch.is_cancelled:
                            switch.check()
                planner.end()
            except BaseException:
                switch.cancel()
                raise
            finally:
                pending.close()
        plan.requests = _requests(plan, source, destination, self.transfer or TransferConfig())
        return plan


def merged(source: Iterable[Entry], destination: Iterable[Entry]) -> Iterator[Pair]:
    """Yield both sides in the order of their names; equal names as a pair."""
    first, second = iter(source), iter(destination)
    here, there = next(first, None), next(second, None)
    while here is not None or there is not None:
        if there is None or (here is not None and here.name < there.name):
            yield here, None
            here = next(first, None)
        elif here is None or there.name < here.name:
            yield None, there
            there = next(second, None)
        else:
            yield here, there
            here, there = next(first, None), next(second, None)


class _Above:
    """The earlier names that the present one begins with: the only ones that can be a folder above it."""

    def __init__(self, forget: Callable[[str], None] | None = None) -> None:
        self._names: list[str] = []
        self._forget = forget

    def move_to(self, name: str) -> None:
        """Forget what is no beginning of `name`; in the order of the names nothing below it can follow."""
        while self._names and not name.startswith(self._names[-1]):
            left = self._names.pop()
            if self._forget is not None:
                self._forget(left)

    def add(self, name: str) -> None:
        """Remember the present name."""
        self._names.append(name)

    def of(self, name: str) -> Iterator[str]:
        """Yield the names that are a folder above `name`."""
        return (
            above for above in self._names if name.startswith(above if above.endswith("/") else above + "/")
        )

    def holds(self, name: str) -> bool:
        """Return whether `name`, or a folder above it, was added."""
        return bool(self._names) and (self._names[-1] == name or next(self.of(name), None) is not None)

    def end(self) -> None:
        """Forget everything."""
        while self._names:
            left = self._names.pop()
            if self._forget is not None:
                self._forget(left)


class _Planner:
    """Decides on one pair after the other."""

    def __init__(self, planning: Planning, plan: Plan, pending: Pending) -> None:
        self._planning = planning
        self._comparison = planning.comparison
        self._plan = plan
        self._pending = pending
        self._into_folder = isinstance(planning.comparison.destination, FolderSide)
        self._guard = NameGuard(keeps_apart=planning.keeps_names_apart)
        self._gone = NameGuard()  # what the destination folder has and the source does not
        self._left_out = _Above()  # of the source: what is at the destination in their place stays
        self._files = _Above()  # of the source: nothing can be below them in a folder
        self._held: dict[str, tuple[Entry, bool]] = {}  # deletes, and whether they make room
        self._deleted = _Above(self._release)

    def take(self, here: Entry | None, there: Entry | None) -> None:
        """Decide on one name."""
        entry = here or there
        if entry is None:
            return
        for above in (self._left_out, self._files, self._deleted):
            above.move_to(entry.name)
        if here is None:
            if there is not None:
                self._plan.destination_items += 1
                self._only_there(there)
            return
        self._plan.source_items += 1
        if there is not None:
            self._plan.destination_items += 1
        problem = here.error or (there.error if there is not None else None)
        if problem is not None:
            self._left_out.add(here.name)
            self._fail(here.name, problem)
        elif here.skipped is not None:
            self._left_out.add(here.name)
            self._pending.now(partial(self._plan.skip, here.name, here.skipped))
        else:
            self._here(here, there)

    def end(self) -> None:
        """Settle what waits."""
        self._deleted.end()
        self._pending.drain()
        if self._plan.failed and self._plan.deletes:
            self._plan.withheld = f"{self._plan.failed} items failed, so the source is not known for certain"

    def _fail(self, name: str, error: CloudError | OSError) -> None:
        self._pending.now(partial(self._failed, name, error))

    def _failed(self, name: str, error: CloudError | OSError) -> None:
        sides = self._comparison
        self._plan.fail(name, error, source=sides.source.uri(name), target=sides.destination.uri(name))

    # -- in the source -----------------------------------------------------------------------------------
    def _here(self, here: Entry, there: Entry | None) -> None:
        if self._into_folder:
            problem = self._problem(here)
            if problem is not None:
                self._fail(here.name, problem)
                return
            if here.is_marker:
                self._marker(here)
                return
            if there is not None and there.skipped is not None:
                self._fail(here.name, InvalidRequestError(f"its place is taken: {there.skipped}"))
                return
            self._files.add(here.name)
        if there is None:
            self._make_room(here.name)
            self._copy(here, "missing")
            return
        done = self._planning.done
        if done is not None and here.name in done.doubtful:
            self._copy(here, "changed while it was copied")
        elif done is not None and here.size == there.size and here in done:
            self._pending.now(partial(self._count_same, resumed=True))
        else:
            self._compare(here, there)

    def _compare(self, here: Entry, there: Entry) -> None:
        verdict = self._comparison.quick(here, there)
        if verdict is Verdict.SAME:
            self._count_same()
        elif verdict is Verdict.ASK:
            self._pending.later(partial(self._ask, here, there), partial(self._told, here))
        else:
            self._copy(here, str(verdict))

    def _ask(self, here: Entry, there: Entry) -> str | CloudError | OSError | None:
        try:
            return self._comparison.ask(here, there)
        except (CloudError, OSError) as error:
            return error

    def _told(self, here: Entry, answer: str | CloudError | OSError | None) -> None:
        if answer is None:
            self._count_same()
        elif isinstance(answer, str):
            self._plan.copy(_item(Action.COPY, here, answer))
        else:
            self._failed(here.name, answer)

    def _count_same(self, *, resumed: bool = False) -> None:
        self._plan.unchanged += 1
        self._plan.resumed += resumed

    def _copy(self, here: Entry, reason: str) -> None:
        self._pending.now(partial(self._plan.copy, _item(Action.COPY, here, reason)))

    def _marker(self, here: Entry) -> None:
        """An empty object whose key ends with ``/`` is a folder; listings of folders show none."""
        if Path(self._comparison.destination.uri(here.name)).is_dir():
            self._pending.now(self._count_same)
        else:
            self._make_room(here.name)
            self._copy(here, "missing")

    def _problem(self, here: Entry) -> CloudError | None:
        """Return why a name cannot be a file below the destination folder."""
        reason = unsafe_reason(here.name[:-1] if here.is_marker else here.name)
        if reason is not None:
            return InvalidRequestError(f"the name {here.name!r} cannot become a file: {reason}")
        if self._planning.delete and not self._planning.keeps_names_apart:
            twin = self._gone.twin(here.name)
            if twin is not None:
                return InvalidRequestError(_one_file(here.name, twin), hint=_APART)
        return _collision(self._guard, here.name)

    # -- not in the source -------------------------------------------------------------------------------
    def _only_there(self, there: Entry) -> None:
        if not self._planning.delete:
            return
        if self._left_out.holds(there.name):
            self._pending.now(partial(self._plan.skip, there.name, "the source could not be looked at here"))
        elif there.error is not None:
            self._fail(there.name, there.error)
        elif there.skipped is not None:
            self._pending.now(partial(self._plan.skip, there.name, there.skipped))
        elif there.is_marker and _is_folder_of(self._comparison.source, there.name):
            self._pending.now(partial(self._plan.skip, there.name, "stands for a folder of the source"))
        elif self._into_folder and not self._planning.keeps_names_apart:
            self._delete_from_folder(there)
        else:
            self._hold(there)

    def _delete_from_folder(self, there: Entry) -> None:
        # Where case does not count, deleting `readme` would delete the `README` that was just written.
        twin = self._guard.twin(there.name)
        if twin is None:
            _collision(self._gone, there.name)  # two of them may collide: the first is remembered
            self._hold(there)
        else:
            self._fail(there.name, InvalidRequestError(_one_file(there.name, twin), hint=_APART))

    def _hold(self, there: Entry) -> None:
        """Keep a delete back until everything below its name has been seen."""
        self._held[there.name] = (there, next(self._files.of(there.name), None) is not None)
        self._deleted.add(there.name)

    def _make_room(self, name: str) -> None:
        for above in self._deleted.of(name):
            self._held[above] = (self._held[above][0], True)

    def _release(self, name: str) -> None:
        there, makes_room = self._held.pop(name)
        item = _item(Action.DELETE, there, "not in the source")
        self._pending.now(partial(self._plan.delete, item, makes_room=makes_room and self._into_folder))


def _collision(guard: NameGuard, name: str) -> InvalidRequestError | None:
    try:
        guard.check(name)
    except InvalidRequestError as error:
        return error
    return None


def _one_file(name: str, twin: str) -> str:
    return f"{name!r} and {twin!r} differ by case or Unicode form alone: many file systems take them for one name"


def _is_folder_of(side: Side, name: str) -> bool:
    """Return whether a store's marker stands for a folder that is there."""
    return isinstance(side, FolderSide) and unsafe_reason(name[:-1]) is None and Path(side.uri(name)).is_dir()


def _item(action: Action, entry: Entry, reason: str) -> PlanItem:
    return PlanItem(
        action=action,
        name=entry.name,
        size=entry.size,
        reason=reason,
        time_ns=entry.time_ns,
        etag=entry.etag,
    )


def _requests(plan: Plan, source: Side, destination: Side, transfer: TransferConfig) -> int:
    """Return how many requests the work needs when nothing has to be repeated."""
    total = 0
    ends = [side for side in (source, destination) if not isinstance(side, FolderSide)]
    inside = len(ends) == 2 and ends[0].client is ends[1].client
    if ends:
        for item in plan:
            if item.action is not Action.COPY:
                continue
            large = item.size >= transfer.threshold
            parts = -(-item.size // transfer.part_size) if large else 1
            # A copy inside a store looks at the source before; an upload in parts begins and ends.
            total += 2 if inside else sum(parts + 2 * (large and end is destination) for end in ends)
    if plan.deletes and not isinstance(destination, FolderSide):
        client = destination.client
        batch = 1
        if Capability.BATCH_DELETE in client.capabilities and isinstance(client, BatchDeleteHooks):
            batch = client.batch_delete_limit
        total += -(-plan.deletes // batch)
    return total
