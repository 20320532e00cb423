"""Published rate limits, kept by construction: sliding windows that all clients of one token share."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloud.common._cancel import pause
from cloud.common._ratelimit import SlidingWindowLimiter, shared_limiter
from cloud.common.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cloud.common._ratelimit import Limiter
    from cloud.common._redact import Secret

MARGIN = 0.05
"""What is added to each window: the service counts when requests arrive, which is not when they are sent."""


@dataclass(frozen=True)
class Window:
    """A published limit.

    Attributes:
        limit: requests.
        seconds: in any period of this length.
    """

    limit: int
    seconds: float


class WindowedLimiter:
    """Keeps each operation within the window that it belongs to.

    Args:
        service: whose limits these are; windows are shared below this name.
        windows: the limits by name.
        window_of: gives the name of an operation's window; None for an operation without a limit.
        token: what the service counts by. Clients of one token in this process share their windows. It is
            read at the first request.
        clock: monotonic seconds.
        sleep: waits that many seconds.
    """

    def __init__(
        self,
        service: str,
        windows: Mapping[str, Window],
        window_of: Callable[[str], str | None],
        token: Secret | None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = pause,
    ) -> None:
        for name, window in windows.items():
            if window.limit < 1 or window.seconds <= 0:
                raise InvalidRequestError(
                    f"the limit {name!r} needs at least 1 request in more than 0 seconds"
                )
        self._service = service
        self._windows = dict(windows)
        self._window_of = window_of
        self._token = token
        self._clock = clock
        self._sleep = sleep
        self._limiters: dict[str, Limiter] = {}

    def acquire(self, operation: str, /) -> float:
        """Block until a request of `operation` may be sent; return the seconds that were waited."""
        name = self._window_of(operation)
        if name is None:
            return 0.0
        limiter = self._limiters.get(name)
        if limiter is None:
            limiter = self._limiters[name] = self._shared(name)
        return limiter.acquire(operation)

    def _shared(self, name: str) -> Limiter:
        window = self._windows[name]
        # Other figures for the same token are another limiter: who asks for less gets less.
        key = (self._service, name, window, self._fingerprint(), self._clock, self._sleep)
        return shared_limiter(
            key,
            lambda: SlidingWindowLimiter(
                window.limit, window.seconds * (1 + MARGIN), clock=self._clock, sleep=self._sleep
            ),
        )

    def _fingerprint(self) -> str:
        """Return what stands for the token in the table of limiters, so that the table holds no secret."""
        if self._token is None:
            return ""
        return hashlib.sha256(self._token.reveal().encode()).hexdigest()
