"""Sliding rate windows as a service keeps them: what is too much is refused, and how long that lasts is known."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class RateWindow:
    """A limit of one kind of call.

    Attributes:
        name: of the kind.
        limit: calls that are answered.
        seconds: in any period of this length.
    """

    name: str
    limit: int
    seconds: float

    def __post_init__(self) -> None:
        if self.limit < 1 or self.seconds <= 0:
            raise ValueError("a rate window needs at least 1 call in more than 0 seconds")


class RateWindows:
    """Counts the answered calls of every caller. What was refused does not count."""

    def __init__(self, windows: Iterable[RateWindow]) -> None:
        self._windows = {window.name: window for window in windows}
        self._answered: dict[tuple[str, str], deque[float]] = {}

    def wait(self, name: str | None, caller: str, now: float) -> float:
        """Count a call, or return the seconds after which it would be answered.

        Args:
            name: of its window; 0 is returned when there is none such.
            caller: whose call it is.
            now: seconds of any clock that does not go back.
        """
        window = self._windows.get(name or "")
        if window is None:
            return 0.0
        answered = self._answered.setdefault((window.name, caller), deque())
        while answered and answered[0] <= now - window.seconds:
            answered.popleft()
        if len(answered) >= window.limit:
            return answered[0] + window.seconds - now
        answered.append(now)
        return 0.0

    def seconds_of(self, name: str) -> float:
        """Return the length of the window `name`."""
        return self._windows[name].seconds


def most_in_any_period(times: Iterable[float], seconds: float) -> int:
    """Return how many of `times` lie in the fullest period of `seconds`, whose end is not part of it."""
    most, inside = 0, deque[float]()
    for time in sorted(times):
        inside.append(time)
        while inside[0] <= time - seconds:
            inside.popleft()
        most = max(most, len(inside))
    return most
