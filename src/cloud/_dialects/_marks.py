"""Names for requests that the service repeats in its answers, so that no answer is taken for another one's."""

from __future__ import annotations

import itertools
import os

from cloud._wire._types import Mark

_FAMILY_BYTES = 6


class Marks:
    """Gives each request of one client another mark of at most 32 characters. Safe between threads.

    Args:
        header: of the answer, in which the service repeats it.
        every_value: that header holds nothing else.
    """

    __slots__ = ("_every_value", "_family", "_header", "_numbers")

    def __init__(self, header: str, *, every_value: bool = False) -> None:
        self._header = header
        self._family = os.urandom(_FAMILY_BYTES).hex()
        self._every_value = every_value
        self._numbers = itertools.count(1)

    def next(self) -> Mark:
        """Return the mark of the next request."""
        return Mark(
            self._header, f"{self._family}-{next(self._numbers)}", "" if self._every_value else self._family
        )
