"""Times as ISO 8601 writes them, read alike by every Python."""

from __future__ import annotations

import re
from datetime import datetime, timezone

_DAY = r"(\d{4}-\d\d-\d\d)"
_CLOCK = r"(\d\d:\d\d(?::\d\d(?:[.,](\d+))?)?)"
_ZONE = r"(?:([Zz])|([+-]\d\d)(?::?(\d\d))?)"
_TIME = re.compile(f"{_DAY}(?:[T ]{_CLOCK}{_ZONE}?)?", re.ASCII)


def read_time(text: str) -> datetime:
    """Return what `text` says: a day, or a time, which has a zone if the text names one.

    Python 3.10 itself knows neither ``Z``, nor an offset without a colon, nor a fraction of other than three or six
    digits. What is finer than a microsecond, which some services write, is cut off.

    Raises:
        ValueError: it is no such time.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no time of ISO 8601")
    day, clock, fraction, is_utc, hours, minutes = match.groups()
    if fraction:
        clock = f"{clock[:8]}.{fraction[:6]:0<6}"
    zone = "+00:00" if is_utc else f"{hours}:{minutes or '00'}" if hours else ""
    return datetime.fromisoformat(f"{day}T{clock}{zone}" if clock else day)


def read_utc(text: str) -> datetime:
    """Return a service's time in UTC; one that names no zone is in UTC already.

    Raises:
        ValueError: it is no such time.
    """
    found = read_time(text)
    if found.tzinfo is None:
        return found.replace(tzinfo=timezone.utc)
    try:
        return found.astimezone(timezone.utc)
    except OverflowError as exc:
        raise ValueError(f"{text!r} is beyond what a datetime holds") from exc
