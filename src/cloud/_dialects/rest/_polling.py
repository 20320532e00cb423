"""Waiting for what a service does after it has answered: asked again and again, with an end."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from cloud.common._cancel import pause
from cloud.common.errors import CloudError, InvalidRequestError, TimeoutError_

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.common.errors import ErrorContext

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class PollSchedule:
    """How often the state of something is asked for.

    Attributes:
        first_seconds: wait before the first question.
        base_seconds: wait between the first two; it grows by `factor` up to `max_seconds`.
        factor: growth of the waits.
        max_seconds: ceiling of every wait.
        lag_seconds: for so long "there is no such thing" may mean that the answer comes from a replica that
            has not heard of it.
    """

    first_seconds: float = 1.0
    base_seconds: float = 1.0
    factor: float = 1.5
    max_seconds: float = 10.0
    lag_seconds: float = 60.0


def poll(
    ask: Callable[[], T | None],
    *,
    timeout: float,
    what: str,
    schedule: PollSchedule,
    lag: tuple[type[CloudError], ...] = (),
    context: ErrorContext | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = pause,
) -> T:
    """Return the first answer of `ask` that is not None.

    Args:
        ask: one question; None for "not yet". Its errors end the wait, but those of `lag` in the beginning.
        timeout: seconds in all; the last question is asked at their end.
        what: what is waited for, for the error.
        schedule: when to ask.
        lag: errors that may mean "not yet" until the first other answer, for `schedule.lag_seconds`.
        context: of the error when the time is over.
        clock: monotonic seconds.
        sleep: waits that many seconds; by default until the thread's work is ended.

    Raises:
        TimeoutError_: it was not done in time. It goes on: wait again, nothing needs to be sent anew.
    """
    checked_seconds(timeout, "timeout")
    begun = clock()
    wait = min(schedule.first_seconds, timeout)
    following, known = schedule.base_seconds, False
    while True:
        if wait > 0:
            sleep(wait)
        try:
            answer = ask()
        except lag:
            if known or clock() - begun > schedule.lag_seconds:
                raise
        else:
            if answer is not None:
                return answer
            known = True
        left = timeout - (clock() - begun)
        if left <= 0:
            raise TimeoutError_(
                f"{what} is not done after {timeout:g} s",
                hint="it goes on: wait for it again",
                context=context,
                retryable=False,
            )
        wait = min(following, left)
        following = min(schedule.max_seconds, following * schedule.factor)


def checked_seconds(seconds: float, name: str) -> float:
    """Return `seconds` when it is a number of at least 0."""
    if not (seconds >= 0 and math.isfinite(seconds)):
        raise InvalidRequestError(f"{name} must be a number of seconds of at least 0, not {seconds!r}")
    return seconds
