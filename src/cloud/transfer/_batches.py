"""Runs the items of a sync on an executor that is already there: threads, processes, or other machines."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloud.common.errors import CancelledError, CloudError, OutcomeUnknownError
from cloud.transfer._records import TransferItem

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from concurrent.futures import Executor, Future

    from cloud.common._cancel import Cancellation
    from cloud.transfer._copying import Copying
    from cloud.transfer._plan import PlanItem

BATCH_ITEMS = 64
BATCH_BYTES = 64 << 20
"""A batch ends with the item that reaches either: small items share the price of sending a task."""


@dataclass(frozen=True)
class Batch:
    """Some items to move one after the other. It pickles when its clients do; the switch stays here."""

    copying: Copying
    items: tuple[PlanItem, ...]
    cancellation: Cancellation | None = field(default=None, compare=False)

    def __call__(self) -> list[TransferItem]:
        """Return what became of each item, in order."""
        return [
            self.copying.settle(item, progress=_nobody, cancellation=self.cancellation)
            for item in self.items
            if self.cancellation is None or not self.cancellation.is_cancelled
        ]

    def __reduce__(self) -> tuple[Any, ...]:
        """Leave the switch behind: it works in this process alone."""
        return Batch, (self.copying, self.items)


def run_batch(batch: Batch) -> list[TransferItem]:
    """Return what became of the items of `batch`: what is submitted to executors."""
    items = batch()
    return items if batch.cancellation is not None else [bare(item) for item in items]


def bare(item: TransferItem) -> TransferItem:
    """Return `item`, whose error is without its causes and frames.

    They hold requests with their headers, and Dask pickles them along with every error (by tblib).
    """
    error = item.error
    if error is not None:
        error.__cause__ = error.__context__ = error.__traceback__ = None
        if isinstance(error, CloudError):
            error.native = None
    return item


def _nobody(count: int) -> None:
    del count  # bytes are told when their item is done


def batches(
    items: Iterable[PlanItem], copying: Copying, cancellation: Cancellation | None
) -> Iterator[Batch]:
    """Yield the items in batches."""
    batch: list[PlanItem] = []
    size = 0
    for item in items:
        batch.append(item)
        size += item.size
        if len(batch) >= BATCH_ITEMS or size >= BATCH_BYTES:
            yield Batch(copying, tuple(batch), cancellation)
            batch, size = [], 0
    if batch:
        yield Batch(copying, tuple(batch), cancellation)


def run_on(
    executor: Executor,
    items: Iterable[PlanItem],
    copying: Copying,
    *,
    workers: int,
    cancellation: Cancellation,
) -> Generator[tuple[PlanItem, TransferItem], None, None]:
    """Yield every item with what became of it, as batches end.

    At most `workers` batches are with the executor. Leaving early cancels those that have not begun; those
    that run in other processes end by themselves, and nobody waits for them.

    An item whose batch was lost, with its process or its machine, fails with `OutcomeUnknownError`.
    """
    local = cancellation if isinstance(executor, ThreadPoolExecutor) else None
    waiting = batches(items, copying, local)
    running: dict[Future[list[TransferItem]], Batch] = {}
    try:
        while True:
            while len(running) < workers and (batch := next(waiting, None)) is not None:
                running[executor.submit(run_batch, batch)] = batch
            if not running:
                return
            cancellation.check()
            # In steps, so that a cancel from another thread and Ctrl-C on Windows are noticed.
            done, _ = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
            for future in done:
                yield from _settled(future, running.pop(future))
    finally:
        for future in running:
            future.cancel()


def _settled(future: Future[list[TransferItem]], batch: Batch) -> Iterator[tuple[PlanItem, TransferItem]]:
    if future.cancelled():
        raise CancelledError("the executor cancelled the work")
    error = future.exception()
    if error is None:
        yield from zip(batch.items, future.result(), strict=False)
        return
    for item in batch.items:
        lost = OutcomeUnknownError(
            f"the executor lost it: {type(error).__name__}: {error}",
            hint="sync again: what is there will be found",
            native=error,
        )
        source, target = batch.copying.source.uri(item.name), batch.copying.destination.uri(item.name)
        yield item, TransferItem(source=source, target=target, error=lost)
