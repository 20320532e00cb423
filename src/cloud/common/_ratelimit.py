"""Client-side rate limits: published figures are kept, so that 429 stays an exception."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Protocol

from cloud.common._fork import renew_after_fork

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable


class Limiter(Protocol):
    """Decides when a request may be sent."""

    def acquire(self, operation: str, /) -> float:
        """Block until a request of `operation` may be sent; return the seconds that were waited."""


class SlidingWindowLimiter:
    """At most `limit` requests in any window of `window_seconds`, however the window is laid.

    Safe between threads, and fair: who comes first goes first.
    """

    def __init__(
        self,
        limit: int,
        window_seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        from cloud.common.errors import InvalidRequestError

        if limit < 1 or window_seconds <= 0:
            raise InvalidRequestError(
                f"a limit needs limit >= 1 and a window > 0, not {limit}/{window_seconds}"
            )
        self._limit = limit
        self._window = window_seconds
        self._clock = clock
        self._sleep = sleep
        self._granted: deque[float] = deque(maxlen=limit)
        self._lock = threading.Lock()
        renew_after_fork(self, "_lock")

    def acquire(self, operation: str, /) -> float:  # noqa: ARG002  # one window for all operations
        """Block until a request may be sent; return the seconds that were waited."""
        with self._lock:
            # The clock is read under the lock: who was held up before it must not be counted as earlier. A slot is
            # reserved under it too, and waited for outside: whoever comes next sees it.
            now = slot = self._clock()
            if len(self._granted) == self._limit:
                slot = max(now, self._granted[0] + self._window)
            self._granted.append(slot)
        wait = slot - now
        if wait > 0:
            self._sleep(wait)
        return wait


class _SharedLimiters:
    def __init__(self) -> None:
        self._limiters: dict[Hashable, Limiter] = {}
        self._lock = threading.Lock()
        renew_after_fork(self, "_lock")

    def get(self, key: Hashable, make: Callable[[], Limiter]) -> Limiter:
        with self._lock:
            limiter = self._limiters.get(key)
            if limiter is None:
                limiter = self._limiters[key] = make()
            return limiter


_shared = _SharedLimiters()


def shared_limiter(key: Hashable, make: Callable[[], Limiter]) -> Limiter:
    """Return the one limiter of `key` in this process, made at first use.

    `key` is (provider, kind, fingerprint of the credential): all clients of one credential share it.
    """
    return _shared.get(key, make)
