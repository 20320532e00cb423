"""What every client's constructor takes, checked."""

from __future__ import annotations

from cloud._wire._types import Timeouts
from cloud.common.errors import InvalidRequestError

DEFAULT_CONNECT_SECONDS = 10.0
DEFAULT_READ_SECONDS = 60.0


def timeouts_of(timeout: float | tuple[float, float] | None) -> Timeouts:
    """Return the timeouts of a client's `timeout` argument: one number of seconds, or (connect, read)."""
    connect, read = DEFAULT_CONNECT_SECONDS, DEFAULT_READ_SECONDS
    if isinstance(timeout, tuple):
        connect, read = timeout
    elif timeout is not None:
        connect = read = float(timeout)
    try:
        return Timeouts(connect=connect, read=read)
    except ValueError as exc:
        raise InvalidRequestError(f"timeout: {exc}") from exc
