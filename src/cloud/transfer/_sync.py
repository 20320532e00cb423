"""Makes a destination hold what a source holds, with a plan first and a journal on the way."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from cloud.common.models import Record, to_json
from cloud.transfer._batches import run_on
from cloud.transfer._compare import Compare, Comparison
from cloud.transfer._copying import Copying, DoubtfulError, delete_file
from cloud.transfer._journal import Journal, default_state_folder
from cloud.transfer._many import delete_many
from cloud.transfer._plan import Action, DeleteLimits
from cloud.transfer._planner import Planning
from cloud.transfer._pool import check_limit, check_workers
from cloud.transfer._prefetch import switch_below
from cloud.transfer._records import MAX_FAILURES_KEPT, Silence, TransferItem, WriteOptions
from cloud.transfer._run import DEFAULT_WORKERS, Job, run_jobs
from cloud.transfer._select import Selection
from cloud.transfer._sides import FolderSide, Opener, check_apart

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Executor

    from cloud.common._cancel import Cancellation
    from cloud.common._engine import TransferConfig
    from cloud.common.errors import CloudError
    from cloud.common.models import DeleteResult
    from cloud.transfer._plan import Plan, PlanItem, Spool
    from cloud.transfer._records import Progress
    from cloud.transfer._run import Moved
    from cloud.transfer._sides import Location

_NO_OPTIONS = WriteOptions()
_EVERYTHING = Selection()


@dataclass(frozen=True, kw_only=True, slots=True)
class SyncReport(Record):
    """What a sync did.

    Attributes:
        plan: what it was going to do.
        copied: how many items were copied.
        bytes: how many bytes they have.
        deleted: how many items were deleted at the destination.
        unchanged: how many were the same on both sides.
        skipped: how many took no part.
        failed: how many failed, in planning or later.
        failures: the failed items; at most the first 1,000.
        withheld: why nothing was deleted although it was asked for; None where that did not happen.
        seconds: how long it took.
        executed: whether the plan was carried out; False for a dry run.
    """

    plan: Plan = field(repr=False, compare=False)
    copied: int = 0
    bytes: int = 0
    deleted: int = 0
    unchanged: int = 0
    skipped: int = 0
    failed: int = 0
    failures: tuple[TransferItem, ...] = ()
    withheld: str | None = None
    seconds: float = 0.0
    executed: bool = False

    @property
    def ok(self) -> bool:
        """Whether nothing failed and nothing was withheld."""
        return self.failed == 0 and self.withheld is None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-ready data, with the sums of the plan."""
        return {name: self.plan.to_dict() if name == "plan" else to_json(self[name]) for name in self}


def sync(
    source: Location,
    destination: Location,
    *,
    compare: Compare = Compare.TIME,
    delete: bool = False,
    max_delete: int | None = None,
    max_delete_percent: float | None = None,
    select: Selection = _EVERYTHING,
    options: WriteOptions = _NO_OPTIONS,
    server_side: bool | None = None,
    follow_symlinks: bool = False,
    keeps_names_apart: bool = False,
    window: timedelta = timedelta(0),
    dry_run: bool = False,
    confirm: Callable[[Plan], bool] | None = None,
    resume: bool = True,
    state: str | os.PathLike[str] | None = None,
    workers: int = DEFAULT_WORKERS,
    executor: Executor | None = None,
    transfer: TransferConfig | None = None,
    progress: Progress | None = None,
    cancellation: Cancellation | None = None,
) -> SyncReport:
    """Make `destination` hold what `source` holds, and return what was done.

    First both sides are listed and a plan is made, in memory that does not grow with them; then it is carried
    out. Every item that was moved is noted in a journal, from which the next run goes on when this one is cut
    short, however that happens. An item that fails does not stop the others.

    Args:
        source, destination: each the path of a folder, a URL such as ``s3://bucket/prefix``, or what
            `open_storage` returns. The bucket must be there; a destination folder is made
            for the first file.
        compare: by what items of one name are taken for the same.
        delete: delete at the destination what the source does not have, after everything was copied, and only
            if nothing failed.
        max_delete, max_delete_percent: if more items, or a larger part of the destination's, would be deleted,
            nothing at all is done. Without either, an empty source deletes nothing.
        select: what takes part; what does not is left alone on both sides.
        options: what stored objects get beside their bytes.
        server_side: whether the destination's provider copies by itself; by default where both sides are one
            client's.
        follow_symlinks: whether symbolic links of a source folder are followed; otherwise they are skipped,
            and what is at the destination in their place stays.
        keeps_names_apart: the destination folder's file system tells names apart that differ by case or
            Unicode form alone.
        window: with `Compare.TIME`, how far the times of a downloaded file and its object may lie apart.
        dry_run: make the plan, and do nothing.
        confirm: shown the plan; nothing is done unless it returns True.
        resume: go on from the journal of an interrupted run, and inside each object from the transfer threshold
            on that goes up or down: what a run that was cut short had moved of it stays at the service or beside
            the target. False forgets the journal, and such an object begins anew and leaves nothing when it
            fails.
        state: folder of the journals, by default ``$XDG_STATE_HOME/cloud/sync``.
        workers: items in flight at once; with `executor`, batches of items.
        executor: moves the items: any `concurrent.futures.Executor`, see also `cloud.adapters`. For other
            processes the clients must pickle; they find their credentials there.
        transfer: how each large item is cut. Its `bandwidth_limit` is one for the whole run, and not for use
            with `executor`.
        progress: is told.
        cancellation: ends the sync from another thread; the running items are given up.

    Raises:
        ConflictError: too much would be deleted, or another process is at work on the same two sides.
        InvalidRequestError: the sides lie in each other, or cannot be compared so.
        CloudError, OSError: a side cannot be listed; then nothing was done.
    """
    check_workers(workers)
    bandwidth = None if transfer is None else transfer.bandwidth_limit
    check_limit(bandwidth, executor)
    limits = DeleteLimits(max_delete, max_delete_percent)
    started = time.monotonic()
    with closing(Opener()) as opener, switch_below(cancellation, bandwidth) as switch:
        first = opener.open(source, follow_symlinks=follow_symlinks)
        second = opener.open(destination)
        check_apart(first, second)
        comparison = Comparison(first, second, compare, window)
        folder = default_state_folder() if state is None else Path(state)
        title = f"{first.uri()} -> {second.uri()}"
        journal = Journal(folder, first.identity, second.identity, title=title)
        if resume:
            journal.load()
        plan = Planning(comparison, delete, select, keeps_names_apart, journal.done, workers, transfer).make(
            switch
        )
        limits.check(plan)
        run = _Run(
            plan,
            Copying(first, second, options, server_side, delete, transfer, resume),
            journal,
            workers,
            executor,
            progress or Silence(),
            switch,
        )
        if not (dry_run or (confirm is not None and not confirm(plan))):
            run.carry_out(anew=not resume)
        return replace(run.report, seconds=time.monotonic() - started)


class _Run:
    """Carries one plan out."""

    def __init__(
        self,
        plan: Plan,
        copying: Copying,
        journal: Journal,
        workers: int,
        executor: Executor | None,
        progress: Progress,
        cancellation: Cancellation,
    ) -> None:
        self._plan = plan
        self._copying = copying
        self._journal = journal
        self._workers = workers
        self._executor = executor
        self._progress = progress
        self._cancellation = cancellation
        self.report = SyncReport(
            plan=plan,
            unchanged=plan.unchanged,
            skipped=plan.skipped,
            failed=plan.failed,
            failures=plan.failures,
            withheld=plan.withheld,
        )

    def carry_out(self, *, anew: bool) -> None:
        """Do what the plan says.

        Raises:
            CancelledError: it was ended; the journal knows what was done by then.
        """
        plan = self._plan
        self.report = replace(self.report, executed=True)
        self._progress.planned(
            plan.copies + (0 if plan.withheld else plan.deletes), plan.bytes, complete=True
        )
        if plan.is_empty:
            if anew or not plan.failed:  # what an interrupted run had left to do is done, whoever did it
                self._journal.forget()
            return
        self._journal.begin(anew=anew)
        try:
            if plan.withheld is None:
                self._delete(plan.making_room)
            self._copy()
            if self.report.failed and plan.deletes and plan.withheld is None:
                self._withhold()
            elif plan.withheld is None:
                self._delete(plan.late_deletes)
        except BaseException:
            self._journal.end(complete=False)
            raise
        self._journal.end(complete=self.report.failed == 0)

    def _withhold(self) -> None:
        reason = f"{self.report.failed} items failed, and deletes come after everything was copied"
        self.report = replace(self.report, withheld=reason)

    # -- copies ------------------------------------------------------------------------------------------
    def _copies(self) -> Iterator[PlanItem]:
        return (item for item in self._plan.others if item.action is Action.COPY)

    def _copy(self) -> None:
        if self._executor is not None:
            results = run_on(
                self._executor,
                self._copies(),
                self._copying,
                workers=self._workers,
                cancellation=self._cancellation,
            )
            with closing(results):
                for item, done in results:
                    self._note(item, done)
                    self._progress.moved(done.bytes)
                    self._progress.finished(done)
                    self._count(done)
            return
        report = run_jobs(
            (self._job(item) for item in self._copies()),
            workers=self._workers,
            progress=_OnlyItems(self._progress),
            cancellation=self._cancellation,
        )
        self.report = replace(
            self.report,
            copied=report.moved,
            bytes=report.bytes,
            failed=self.report.failed + report.failed,
            failures=(*self.report.failures, *report.failures)[:MAX_FAILURES_KEPT],
        )

    def _job(self, item: PlanItem) -> Job:
        copying = self._copying
        source, target = copying.source.uri(item.name), copying.destination.uri(item.name)
        return Job(source, target, item.size, partial(self._settle, item))

    def _settle(self, item: PlanItem, *, progress: Moved) -> TransferItem:
        done = self._copying.settle(item, progress=progress, cancellation=self._cancellation)
        self._note(item, done)
        return done

    def _note(self, item: PlanItem, done: TransferItem) -> None:
        if done.error is None:
            self._journal.add(item)
        elif isinstance(done.error, DoubtfulError):
            self._journal.doubt(item.name)

    def _count(self, done: TransferItem) -> None:
        report = self.report
        if done.error is None:
            self.report = replace(report, copied=report.copied + 1, bytes=report.bytes + done.bytes)
            return
        failures = (*report.failures, done)[:MAX_FAILURES_KEPT]
        self.report = replace(report, failed=report.failed + 1, failures=failures)

    # -- deletes -----------------------------------------------------------------------------------------
    def _delete(self, items: Spool) -> None:
        for done in self._deleted(items):
            self._cancellation.check()
            self._progress.finished(done)
            if done.error is None:
                self.report = replace(self.report, deleted=self.report.deleted + 1)
            else:
                self._count(done)

    def _deleted(self, items: Spool) -> Iterable[TransferItem]:
        side = self._copying.destination
        if isinstance(side, FolderSide):
            return (delete_file(side, item) for item in items)
        keys = (side.key(item.name) for item in items)
        results = delete_many(
            side.client, side.bucket, keys, workers=self._workers, cancellation=self._cancellation
        )
        prefix = side.uri()[: len(side.uri()) - len(side.prefix)]
        return (_deleted_object(prefix, done) for done in results)


def _deleted_object(prefix: str, done: DeleteResult) -> TransferItem:
    error = cast("CloudError | None", done.error)  # the template raises nothing else
    return TransferItem(source="", target=prefix + done.key, error=error)


class _OnlyItems:
    """A `Progress` that leaves the totals alone: they are known from the plan."""

    def __init__(self, progress: Progress) -> None:
        self.moved = progress.moved
        self.finished = progress.finished

    def planned(self, items: int, size: int, *, complete: bool) -> None:
        """Ignore it."""
