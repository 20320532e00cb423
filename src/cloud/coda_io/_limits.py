"""What Coda allows per user, by kind of request, and which kind a request is of."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from cloud._dialects.rest._limits import Window, WindowedLimiter
from cloud.coda_io._operations import OPERATIONS
from cloud.common.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud.common._redact import Secret

__all__ = ["CodaLimits", "Window"]


@dataclass(frozen=True, kw_only=True)
class CodaLimits:
    """How many requests are sent in which time. The service counts per user, over all docs.

    The figures are Coda's own (https://coda.io/developers/apis/v1#section/Using-the-API/Rate-Limiting), for
    `doc_content` the lower of the two that are published (3 and 5 in 10 s). They may change without notice,
    and other programs of the same user count too: a 429 is waited out all the same.

    Attributes:
        reads: of everything but docs' list and analytics.
        writes: of everything but what is in a doc.
        doc_content: writing pages, tables and rows, and triggering automations.
        doc_listings: listing docs.
        analytics: reading analytics.
    """

    reads: Window = Window(100, 6.0)  # frozen: sharing it is harmless
    writes: Window = Window(10, 6.0)  # likewise
    doc_content: Window = Window(3, 10.0)  # likewise
    doc_listings: Window = Window(4, 6.0)  # likewise
    analytics: Window = Window(100, 6.0)  # likewise

    def __post_init__(self) -> None:
        """Refuse what is no window."""
        for field in fields(self):
            if not isinstance(getattr(self, field.name), Window):
                raise InvalidRequestError(f"{field.name} must be a Window, such as Window(100, 6.0)")

    def windows(self) -> Mapping[str, Window]:
        """Return the windows by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


SERVICE: Final = "coda"


def limiter_of(limits: CodaLimits, token: Secret | None) -> WindowedLimiter:
    """Return the limiter that all clients of `token` in this process share."""
    return WindowedLimiter(SERVICE, limits.windows(), window_of, token)


def window_of(method: str) -> str | None:
    """Return the name of the window that a public method's requests fall in; None for other hosts'."""
    operation = OPERATIONS.get(method)
    return None if operation is None else operation.window
