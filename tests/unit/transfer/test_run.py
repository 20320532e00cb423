import threading
from collections.abc import Iterator

import pytest

from cloud.common._engine import Cancellation
from cloud.common.errors import CancelledError, InvalidRequestError, NotFoundError, ServiceUnavailableError
from cloud.transfer import TransferItem
from cloud.transfer._records import MAX_FAILURES_KEPT
from cloud.transfer._run import LOOK_AHEAD, Job, Moved, run_jobs


class Seen:
    def __init__(self) -> None:
        self.plans: list[tuple[int, int, bool]] = []
        self.bytes = 0
        self.items: list[TransferItem] = []

    def planned(self, items: int, size: int, *, complete: bool) -> None:
        self.plans.append((items, size, complete))

    def moved(self, count: int) -> None:
        self.bytes += count

    def finished(self, item: TransferItem) -> None:
        self.items.append(item)


def moving(name: str, size: int) -> Job:
    def run(*, progress: Moved) -> TransferItem:
        progress(size)
        return TransferItem(source=name, target=name, bytes=size)

    return Job(name, name, size, run)


def failing(name: str, error: Exception) -> Job:
    def run(*, progress: Moved) -> TransferItem:
        raise error

    return Job(name, name, 1, run)


def test_items_are_counted_and_failures_do_not_stop_the_rest() -> None:
    seen = Seen()
    missing = NotFoundError("gone")
    jobs = [
        moving("a", 3),
        failing("b", missing),
        failing("c", OSError(28, "No space left on device")),
        TransferItem(source="d", target="d", skipped="symbolic link"),
        moving("e", 4),
    ]
    report = run_jobs(jobs, workers=2, progress=seen, cancellation=Cancellation())
    assert (report.moved, report.bytes, report.skipped, report.failed) == (2, 7, 1, 2)
    assert not report.ok
    assert {item.source: item.error for item in report.failures}["b"] is missing
    assert seen.bytes == 7
    assert seen.plans[-1] == (5, 9, True)
    assert sorted(item.source for item in seen.items) == list("abcde")
    failed = next(item for item in report.failures if item.source == "b")
    assert failed.to_dict()["error"]["error"] == "NotFoundError"


def test_a_bug_is_not_an_item_that_failed() -> None:
    with pytest.raises(ZeroDivisionError):
        run_jobs([failing("a", ZeroDivisionError())], workers=1, progress=None, cancellation=Cancellation())


def test_the_listing_is_never_held_whole() -> None:
    go, taken = threading.Event(), 0

    def jobs() -> Iterator[Job]:
        nonlocal taken
        for number in range(3 * LOOK_AHEAD):
            taken = number + 1
            if taken == LOOK_AHEAD + 1:
                go.set()  # the first item waits until the look-ahead is full
            yield Job("a", "a", 0, wait if number == 0 else moving("a", 0).run)

    def wait(*, progress: Moved) -> TransferItem:
        assert go.wait(60)
        assert taken <= LOOK_AHEAD + 1
        return moving("a", 0).run(progress=progress)

    report = run_jobs(jobs(), workers=1, progress=None, cancellation=Cancellation())
    assert report.moved == 3 * LOOK_AHEAD


def test_workers_run_at_once() -> None:
    barrier = threading.Barrier(3)

    def run(*, progress: Moved) -> TransferItem:
        barrier.wait(60)
        return TransferItem(source="a", target="a")

    jobs = [Job("a", "a", 0, run)] * 3
    assert run_jobs(jobs, workers=3, progress=None, cancellation=Cancellation()).moved == 3


def test_an_interrupt_cancels_what_runs_and_forgets_what_waits() -> None:
    started, ended = threading.Event(), []
    cancellation = Cancellation()

    def run(*, progress: Moved) -> TransferItem:
        started.set()
        try:
            while True:
                cancellation.check()
        except CancelledError:
            ended.append(True)
            raise

    def jobs() -> Iterator[Job]:
        yield Job("a", "a", 0, run)
        yield moving("waits", 1)
        assert started.wait(60)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_jobs(jobs(), workers=1, progress=None, cancellation=cancellation)
    assert ended == [True]


def test_cancelling_from_outside_raises() -> None:
    cancellation = Cancellation()

    def run(*, progress: Moved) -> TransferItem:
        cancellation.cancel()
        return TransferItem(source="a", target="a")

    with pytest.raises(CancelledError):
        run_jobs([Job("a", "a", 0, run)], workers=1, progress=None, cancellation=cancellation)


def test_a_failed_listing_raises_after_what_it_gave_is_done() -> None:
    seen = Seen()

    def jobs() -> Iterator[Job]:
        yield moving("a", 5)
        raise ServiceUnavailableError("page 2")

    with pytest.raises(ServiceUnavailableError, match="page 2"):
        run_jobs(jobs(), workers=1, progress=seen, cancellation=Cancellation())
    assert [item.source for item in seen.items] == ["a"]
    assert not any(complete for *_, complete in seen.plans)


def test_failures_are_kept_up_to_a_limit_and_counted_beyond() -> None:
    jobs = (failing(str(number), NotFoundError("gone")) for number in range(MAX_FAILURES_KEPT + 5))
    report = run_jobs(jobs, workers=2, progress=None, cancellation=Cancellation())
    assert (report.failed, len(report.failures)) == (MAX_FAILURES_KEPT + 5, MAX_FAILURES_KEPT)


def test_no_workers_are_refused() -> None:
    with pytest.raises(InvalidRequestError, match="workers"):
        run_jobs([], workers=0, progress=None, cancellation=Cancellation())
