"""Pages of a listing, fetched while the ones before are being worked on."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from cloud.common._cancel import Cancellation, active_switch, ended_by, pace_for
from cloud.common._workers import Workers

if TYPE_CHECKING:
    from collections.abc import Iterator
T = TypeVar("T")


def prefetched(pages: Iterator[T], cancellation: Cancellation) -> Iterator[T]:
    """Yield what `pages` yields, with one page fetched ahead on a thread of its own."""
    with switch_below(cancellation) as switch:

        def fetch() -> T | None:
            with ended_by(switch):
                return next(pages, None)

        worker = Workers(1)
        try:
            coming = worker.submit(fetch)
            while (page := coming.result()) is not None:
                coming = worker.submit(fetch)
                yield page
        except BaseException:
            switch.cancel()
            raise
        finally:
            worker.end()


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
