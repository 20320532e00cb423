"""Pages of a listing, fetched while the ones before are being worked on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYetError
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from cloud.common._cancel import Cancellation, active_switch, ended_by, pace_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

T = TypeVar("T")


def prefetched(pages: Iterator[T], cancellation: Cancellation) -> Iterator[T]:
    """Yield what `pages` yields, with one page fetched ahead on a thread of its own."""
    with switch_below(cancellation) as switch:

        def fetch() -> T | None:
            with ended_by(switch):
                return next(pages, None)

        pool = ThreadPoolExecutor(1, thread_name_prefix="cloud-transfer")
        try:
            coming = pool.submit(fetch)
            while (page := patiently(coming)) is not None:
                coming = pool.submit(fetch)
                yield page
        except BaseException:
            switch.cancel()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def switch_below(cancellation: Cancellation | None, limit: int | None = None) -> Iterator[Cancellation]:
    """Give a switch of its own that `cancellation`, and what may end this thread's work, pull too.

    `limit` is the most bytes per second of everything below it together.
    """
    parents = {parent for parent in (cancellation, active_switch()) if parent is not None}
    switch = Cancellation()
    switch.pace = pace_for(parents, limit)
    try:
        for parent in parents:
            parent.watch(switch)
        yield switch
    finally:
        for parent in parents:
            parent.forget(switch)


def patiently(future: Future[T]) -> T:
    """Return the result of `future`; Ctrl-C is noticed on every system."""
    while True:
        try:
            return future.result(timeout=1)
        except NotYetError:  # noqa: PERF203  # in steps, because Windows delivers no Ctrl-C to a wait without an end
            if future.done():  # the result was a TimeoutError, or came just now
                return future.result()
