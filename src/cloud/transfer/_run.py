"""Runs the items of a tree on a few threads, in bounded memory, and counts what became of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Protocol, TypeAlias

from cloud.common._workers import Workers, take
from cloud.common.errors import CloudError, InvalidRequestError
from cloud.transfer._records import MAX_FAILURES_KEPT, Silence, TransferItem, TransferReport

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cloud.common._cancel import Cancellation
    from cloud.common._workers import Task
    from cloud.transfer._records import Progress

DEFAULT_WORKERS = 8
LOOK_AHEAD = 4096
"""Items that are planned and not done; so many are counted before the first one ends. About 1 KiB each."""

Moved: TypeAlias = Callable[[int], None]


class Run(Protocol):
    """Moves one item."""

    def __call__(self, *, progress: Moved) -> TransferItem:
        """Return what became of it; `progress` is called with counts of bytes."""


@dataclass(frozen=True, slots=True)
class Job:
    """One item to move.

    Attributes:
        source: for the report.
        target: for the report.
        size: bytes, as far as known before.
        run: moves it and returns what became of it.
    """

    source: str
    target: str
    size: int
    run: Run


def run_jobs(
    jobs: Iterable[Job | TransferItem],
    *,
    workers: int,
    progress: Progress | None,
    cancellation: Cancellation,
    clock: Callable[[], float] = time.monotonic,
) -> TransferReport:
    """Run every job and return the sums.

    Args:
        jobs: taken as needed, at most `LOOK_AHEAD` before they are done. A `TransferItem` among them is one
            that was settled without work.
        workers: how many run at once.
        progress: is told.
        cancellation: given to the jobs; it is pulled when this call is left by an exception, such as Ctrl-C.

    Raises:
        CloudError, OSError: `jobs` itself failed; what it had given by then is done first.
    """
    if workers < 1:
        raise InvalidRequestError(f"workers must be at least 1, not {workers}")
    started = clock()
    tally = _Tally(progress or Silence())
    pool = Workers(workers)
    run = _Running(pool, tally, cancellation)
    try:
        try:
            for job in jobs:
                cancellation.check()
                run.add(job)
        except (CloudError, OSError):
            run.drain()
            raise
        tally.plan(complete=True)
        run.drain()
        cancellation.check()
    except BaseException:
        cancellation.cancel()
        raise
    finally:
        pool.end()
    return tally.report(clock() - started)


class _Running:
    def __init__(self, pool: Workers, tally: _Tally, cancellation: Cancellation) -> None:
        self._pool = pool
        self._tally = tally
        self._cancellation = cancellation
        self._done: SimpleQueue[Task[TransferItem]] = SimpleQueue()
        self._open = 0

    def add(self, job: Job | TransferItem) -> None:
        if isinstance(job, TransferItem):
            self._tally.plan(1, 0)
            self._tally.finish(job)
            return
        while self._open >= LOOK_AHEAD or not self._done.empty():
            self._take()
        self._tally.plan(1, job.size)
        self._pool.submit(partial(self._call, job), self._done)
        self._open += 1

    def drain(self) -> None:
        while self._open:
            self._take()

    def _call(self, job: Job) -> TransferItem:
        try:
            self._cancellation.check()
            return job.run(progress=self._tally.move)
        except (CloudError, OSError) as error:
            return TransferItem(source=job.source, target=job.target, error=error)

    def _take(self) -> None:
        ended = take(self._done)
        self._open -= 1
        self._tally.finish(ended.result())


class _Tally:
    """Counts, and tells the progress one thing at a time."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._lock = threading.Lock()
        self._planned = self._planned_bytes = 0
        self._report = TransferReport()

    def plan(self, items: int = 0, size: int = 0, *, complete: bool = False) -> None:
        self._planned += items
        self._planned_bytes += size
        with self._lock:
            self._progress.planned(self._planned, self._planned_bytes, complete=complete)

    def move(self, count: int) -> None:
        with self._lock:
            self._progress.moved(count)

    def finish(self, item: TransferItem) -> None:
        self._report = _counted(self._report, item)
        with self._lock:
            self._progress.finished(item)

    def report(self, seconds: float) -> TransferReport:
        return replace(self._report, seconds=seconds)


def _counted(report: TransferReport, item: TransferItem) -> TransferReport:
    if item.error is not None:
        kept = report.failures if len(report.failures) >= MAX_FAILURES_KEPT else (*report.failures, item)
        return replace(report, failed=report.failed + 1, failures=kept)
    if item.skipped is not None:
        return replace(report, skipped=report.skipped + 1)
    return replace(report, moved=report.moved + 1, bytes=report.bytes + item.bytes)
