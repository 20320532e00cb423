"""When a failed call is tried again, and how long to wait before."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING

from cloud.common._fork import renew_after_fork

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.common.errors import CloudError


def _uniform(ceiling: float) -> float:
    import random

    return random.uniform(0.0, ceiling)  # noqa: S311  # jitter spreads load, it guards nothing


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """Exponential backoff with full jitter, bounded in tries and in time.

    A server's ``Retry-After`` wins over the backoff and is capped by `retry_after_cap_seconds`. Only errors
    with `retryable` are tried again, and only for calls that may be repeated: a call that may not
    (`if_absent=True`, creating an instance) is repeated only when the service certainly did not act on it.

    Attributes:
        max_attempts: tries in all, the first one included; 1 switches retries off.
        base_seconds: ceiling of the first wait; it doubles with each try. The default waits 2 seconds in all
            on average, about as long as a service that starts again refuses connections.
        max_seconds: ceiling of every wait.
        deadline_seconds: no try starts later than this after the first. It never cuts a transfer that
            makes progress; the client's `timeout` ends one that makes none.
        retry_after_cap_seconds: the longest wait that a server may ask for.
        jitter: draws a wait between 0 and the given ceiling; replace it in tests.
    """

    max_attempts: int = 5
    base_seconds: float = 0.3
    max_seconds: float = 20.0
    deadline_seconds: float = 300.0
    retry_after_cap_seconds: float = 60.0
    jitter: Callable[[float], float] = field(default=_uniform, repr=False)

    def __post_init__(self) -> None:
        """Refuse values that cannot work."""
        from cloud.common.errors import InvalidRequestError

        if self.max_attempts < 1:
            raise InvalidRequestError(f"max_attempts must be at least 1, not {self.max_attempts}")
        for name in ("base_seconds", "max_seconds", "deadline_seconds", "retry_after_cap_seconds"):
            if getattr(self, name) < 0:
                raise InvalidRequestError(f"{name} must not be negative: {getattr(self, name)}")

    def delay_seconds(self, attempt: int, error: CloudError) -> float:
        """Return how long to wait after try number `attempt` (from 1) failed with `error`."""
        if error.retry_after is not None:
            return min(max(error.retry_after, 0.0), self.retry_after_cap_seconds)
        exponent = min(attempt - 1, 60)  # beyond it the doubling overflows; the ceiling rules long before
        return self.jitter(min(self.max_seconds, self.base_seconds * 2.0**exponent))


class RetryBudget:
    """A token bucket shared by all calls of a client, so that retries cannot multiply an outage.

    A retry takes 5 tokens and is not made when fewer are left; a success gives 1 back. With 500 tokens a
    client makes about 100 retries in a row before it fails at once, the figures of AWS's standard mode
    (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html).
    """

    CAPACITY = 500
    RETRY_COST = 5

    def __init__(self) -> None:
        self._tokens = self.CAPACITY
        self._lock = threading.Lock()
        renew_after_fork(self, "_lock")

    def take(self) -> bool:
        """Take the price of one retry; False when the budget is spent."""
        with self._lock:
            if self._tokens < self.RETRY_COST:
                return False
            self._tokens -= self.RETRY_COST
            return True

    def give_back(self) -> None:
        """Record a success."""
        if self._tokens < self.CAPACITY:  # unlocked look: a full bucket is the everyday case
            with self._lock:
                self._tokens = min(self.CAPACITY, self._tokens + 1)


def parse_retry_after(value: str | None, now: float) -> float | None:
    """Return the seconds that a ``Retry-After`` header asks for (RFC 9110, 10.2.3).

    Args:
        value: the header: seconds, or an HTTP date.
        now: the present as seconds since the epoch, to count a date from.
    """
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        from datetime import timezone
        from email.utils import parsedate_to_datetime

        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return None  # neither form: the policy's own backoff decides
        # The oldest of HTTP's three forms names no zone; all of them mean UTC (RFC 9110, 5.6.7).
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)
        return max(0.0, aware.timestamp() - now)
    return max(0.0, seconds) if isfinite(seconds) else None
