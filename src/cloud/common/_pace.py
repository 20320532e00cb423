"""A limit on bytes per second that all workers of one transfer share."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, TypeVar

from cloud.common._cancel import active_switch, pause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")
_MOST_PIECE, _LEAST_PIECE = 256 << 10, 1 << 10
_CREDIT_SECONDS = 0.25
"""How much of an idle time may be made up for: scheduling is not exact, and a burst is what nobody wants."""


class Pace:
    """A bucket of tokens: whoever moves bytes takes a slot of time for them, and waits until it begins.

    Slots follow each other without gaps, so that the rate holds over all threads together; each thread moves
    one piece in its slot, so that they advance side by side.

    Args:
        rate: bytes per second.
        clock: monotonic seconds.
        wait: waits; it ends at once when the transfer is ended.

    Attributes:
        piece: how many bytes to move at once at most: about a tenth of a second's.
    """

    def __init__(
        self,
        rate: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = pause,
    ) -> None:
        self._rate = rate
        self._clock = clock
        self._wait = wait
        self._lock = threading.Lock()
        self._free_at = clock()
        self._here = threading.local()
        self.piece = max(_LEAST_PIECE, min(_MOST_PIECE, rate // 10))

    def take(self, count: int) -> None:
        """Take the slot of `count` bytes and wait until it begins."""
        seconds = self.charge(count)
        if seconds > 0:
            self._wait(seconds)

    def charge(self, count: int) -> float:
        """Take the slot of `count` bytes and return in how many seconds it begins; at most 0 when it has."""
        self._here.moved = self.moved_here() + count
        with self._lock:
            now = self._clock()
            begin = max(self._free_at, now - _CREDIT_SECONDS)
            self._free_at = begin + count / self._rate
        return begin - now

    def spend(self, count: int) -> None:
        """Take the slot of `count` bytes that were moved already, and wait until it ends."""
        seconds = self.charge(count) + count / self._rate
        if seconds > 0:
            self._wait(seconds)

    def moved_here(self) -> int:
        """Return how many bytes this thread has taken slots for."""
        moved: int = getattr(self._here, "moved", 0)
        return moved

    def pieces(self, data: bytes | memoryview) -> Iterator[memoryview]:
        """Yield `data` in pieces, each when its slot begins."""
        view = memoryview(data).cast("B")
        for start in range(0, len(view), self.piece):
            piece = view[start : start + self.piece]
            self.take(len(piece))
            yield piece


def active_pace() -> Pace | None:
    """Return the limit of what this thread does; None for none."""
    switch = active_switch()
    return None if switch is None else switch.pace


def paced(size: int, send: Callable[[], T]) -> T:
    """Return what `send` returns, which sends `size` bytes, after waiting for what was sent before.

    What a transport sends without keeping the limit by itself (an SDK's session, a local store) is waited for
    afterwards: such a request goes at full speed, and the transfer takes as long as the limit says.
    """
    pace = active_pace()
    if pace is None:
        return send()
    pace.take(0)
    before = pace.moved_here()
    result = send()
    rest = size - (pace.moved_here() - before)
    if rest > 0:
        pace.spend(rest)
    return result
