"""Calls on a few workers whose results come in the order of the items."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYetError
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from cloud.common._cancel import ended_by
from cloud.common._workers import Task, Workers
from cloud.common.errors import InvalidRequestError
from cloud.transfer._prefetch import switch_below

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Executor

    from cloud.common._cancel import Cancellation

T = TypeVar("T")
R = TypeVar("R")


def check_workers(workers: int) -> None:
    """Refuse a number of workers that cannot work."""
    if workers < 1:
        raise InvalidRequestError(f"workers must be at least 1, not {workers}")


def map_ordered(
    call: Callable[[T], R],
    items: Iterable[T],
    *,
    workers: int,
    cancellation: Cancellation | None = None,
    executor: Executor | None = None,
    limit: int | None = None,
) -> Iterator[R]:
    """Yield ``call(item)`` for every item, in order.

    Lazy: items are taken as results are read, at most ``2 * workers`` ahead; that many results wait at most.
    Leaving early ends what runs. What `call` raises is raised here.

    Args:
        call: for another process it must pickle, as the items must.
        executor: runs the calls instead of threads of our own; calls there cannot be ended from here.
        limit: the most bytes per second of all calls together.
    """
    check_workers(workers)
    check_limit(limit, executor)
    return _map_ordered(call, items, workers, cancellation, executor, limit)


def check_limit(limit: int | None, executor: Executor | None) -> None:
    """Refuse a limit on bytes per second that cannot be kept."""
    if limit is not None and limit < 1:
        raise InvalidRequestError(f"bandwidth_limit must be at least 1 byte per second, not {limit}")
    if limit is not None and executor is not None:
        raise InvalidRequestError(
            "an executor's workers cannot share one bandwidth limit",
            hint="leave the executor out, or give each client a TransferConfig with its own limit",
        )


def _map_ordered(
    call: Callable[[T], R],
    items: Iterable[T],
    workers: int,
    cancellation: Cancellation | None,
    executor: Executor | None,
    limit: int | None,
) -> Iterator[R]:
    waiting: deque[Task[R] | Future[R]] = deque()
    with switch_below(cancellation, limit) as switch:
        own = Workers(workers)  # has no thread before something is submitted

        def run(item: T) -> R:
            switch.check()
            with ended_by(switch):
                return call(item)

        try:
            for item in items:
                switch.check()
                waiting.append(
                    executor.submit(call, item) if executor is not None else own.submit(partial(run, item))
                )
                if len(waiting) >= 2 * workers:
                    yield _result_of(waiting.popleft())
            while waiting:
                yield _result_of(waiting.popleft())
        except BaseException:
            switch.cancel()
            raise
        finally:
            for each in waiting:
                if isinstance(each, Future):
                    each.cancel()
            own.end()


def _result_of(work: Task[R] | Future[R]) -> R:
    """Return the result; Ctrl-C is noticed on every system."""
    if isinstance(work, Task):
        return work.result()
    while True:
        try:
            return work.result(timeout=1)
        except NotYetError:  # noqa: PERF203  # in steps, because Windows delivers no Ctrl-C to a wait without an end
            if work.done():  # the result was a TimeoutError, or came just now
                return work.result()


class Pending:
    """Decisions in the order of their items, some known at once and some still being asked for.

    Args:
        workers: how many are asked for at once.
    """

    def __init__(self, workers: int, switch: Cancellation) -> None:
        self._limit = 4 * workers
        self._switch = switch
        self._workers = Workers(workers)
        self._waiting: deque[Callable[[], None]] = deque()

    def now(self, act: Callable[[], None]) -> None:
        """Do `act` in its turn."""
        if self._waiting:
            self._wait_with(act)
        else:
            act()

    def later(self, ask: Callable[[], R], act: Callable[[R], None]) -> None:
        """Call `ask` on a worker, and `act` with its result in its turn."""
        task = self._workers.submit(partial(self._run, ask))
        self._wait_with(lambda: act(task.result()))

    def _wait_with(self, act: Callable[[], None]) -> None:
        self._waiting.append(act)
        while len(self._waiting) > self._limit:
            self._waiting.popleft()()

    def _run(self, ask: Callable[[], R]) -> R:
        self._switch.check()
        with ended_by(self._switch):
            return ask()

    def drain(self) -> None:
        """Do everything that waits."""
        while self._waiting:
            self._waiting.popleft()()

    def close(self) -> None:
        """Give the threads up."""
        self._workers.end()
