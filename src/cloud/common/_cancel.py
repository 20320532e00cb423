"""One switch that ends a transfer: its waits end, its connections are shut down, nothing is tried again."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from cloud.common._fork import renew_after_fork
from cloud.common.errors import CancelledError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cloud.common._pace import Pace


class Stoppable(Protocol):
    """Something that a thread may be waiting for."""

    def stop(self) -> None:
        """End the wait, from another thread. It must not raise or block."""


class Cancellation:
    """A switch that ends transfers: pass it to a call and `cancel()` from any thread or signal handler.

    Calls that wait for the service end at once, with `CancelledError`. A connection that is still being made
    ends by its timeout, and so does a request through an SDK's own session.
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        # A signal handler may run in the thread that holds the lock.
        self._lock = threading.RLock()
        renew_after_fork(self, "_lock", threading.RLock)
        self._running: set[Stoppable] = set()
        self.pace: Pace | None = None

    @property
    def is_cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._event.is_set()

    def cancel(self) -> None:
        """End every transfer that was given this switch. It stays so: make a new one for the next transfer."""
        self._event.set()
        with self._lock:
            # Under the lock, so that nothing is stopped that has ended meanwhile and serves somebody else.
            for running in tuple(self._running):
                running.stop()

    stop = cancel  # a switch stops those that were made from it

    def check(self) -> None:
        """Raise CancelledError after `cancel()`."""
        if self._event.is_set():
            raise CancelledError("cancelled")

    def wait(self, seconds: float) -> None:
        """Wait; raise CancelledError as soon as `cancel` is called."""
        self._event.wait(seconds)
        self.check()

    def watch(self, running: Stoppable) -> None:
        """Stop `running` at `cancel`, until `forget`; raise CancelledError when that has been already."""
        with self._lock:
            self.check()
            self._running.add(running)

    def forget(self, running: Stoppable) -> None:
        """Leave `running` alone from now on."""
        with self._lock:
            self._running.discard(running)


class _Local(threading.local):
    switch: Cancellation | None = None


_local = _Local()


def active_switch() -> Cancellation | None:
    """Return what ends the work of this thread; None for work that nobody can end from outside."""
    return _local.switch


@contextmanager
def ended_by(switch: Cancellation | None) -> Iterator[None]:
    """Let `switch` end what this thread does in the block; None for what must be done in any case."""
    before, _local.switch = _local.switch, switch
    try:
        yield
    finally:
        _local.switch = before


@contextmanager
def one_call(cancellation: Cancellation | None, limit: int | None = None) -> Iterator[None]:
    """Let the block be ended by `cancellation`, and by a failure of any of its threads.

    The block has a switch of its own below `cancellation`, and below the one that is active already, so that
    ending one call does not end others that share theirs. `limit` is the most bytes per second that all of its
    threads move together; within a call that has a limit already, that one holds.
    """
    parents = {parent for parent in (cancellation, active_switch()) if parent is not None}
    switch = Cancellation()
    switch.pace = pace_for(parents, limit)
    try:
        for parent in parents:
            parent.watch(switch)
        with ended_by(switch):
            yield
    finally:
        for parent in parents:
            parent.forget(switch)


def pace_for(parents: Iterable[Cancellation], limit: int | None) -> Pace | None:
    """Return the limit that the calls above have already, or a new one; None for none."""
    above = next((parent.pace for parent in parents if parent.pace is not None), None)
    if above is not None or limit is None:
        return above
    from cloud.common._pace import Pace

    return Pace(limit)


def pause(seconds: float) -> None:
    """Wait, or raise CancelledError as soon as this thread's work is ended."""
    switch = active_switch()
    if switch is None:
        time.sleep(seconds)
    else:
        switch.wait(seconds)
