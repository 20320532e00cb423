"""How the values of options are written: sizes, times, ranges, pairs."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from cloud.common._times import read_time

if TYPE_CHECKING:
    from argparse import ArgumentParser

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgtp]?)(?:i?b)?", re.IGNORECASE)
_DURATION = re.compile(r"(\d+)\s*([smhdw]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_RANGE = re.compile(r"(-?\d*):(\d*)")


def size(text: str) -> int:
    """Return bytes: ``4096``, ``10K``, ``1.5M``, ``2GiB``; the units are powers of 1024."""
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise ArgumentTypeError(f"{text!r} is no size; write 4096, 10K, 1.5M or 2G")
    return int(float(found[1]) * 1024 ** " kmgtp".index(found[2].lower() or " "))


def rate(text: str) -> int:
    """Return bytes per second: ``500K``, ``10MiB``, ``10MiB/s``."""
    found = size(text.strip().removesuffix("/s"))
    if found < 1:
        raise ArgumentTypeError(f"{text!r} moves nothing; write at least 1 byte per second")
    return found


def add_bandwidth_limit(parser: ArgumentParser) -> None:
    """Add ``--bandwidth-limit``."""
    parser.add_argument(
        "--bandwidth-limit",
        type=rate,
        metavar="SIZE",
        help="the most bytes per second of the whole command: 500K, 10MiB",
    )


def duration(text: str) -> int:
    """Return seconds: ``900``, ``15m``, ``1h``, ``7d``, ``2w``."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ArgumentTypeError(f"{text!r} is no duration; write 900, 15m, 1h, 7d or 2w")
    return int(found[1]) * _SECONDS[found[2]]


def moment(text: str) -> datetime:
    """Return a time: an age such as ``7d`` before now, or ISO 8601 (without a zone: UTC)."""
    if _DURATION.fullmatch(text.strip()):
        return datetime.now(timezone.utc) - timedelta(seconds=duration(text))
    try:
        found = read_time(text.strip())
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no time; write 2024-05-01, 2024-05-01T12:00Z or 7d") from None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def pair(text: str) -> tuple[str, str]:
    """Return name and value of ``name=value``."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise ArgumentTypeError(f"{text!r} is no pair; write name=value")
    return name, value


def count_or_percent(text: str) -> tuple[int | None, float | None]:
    """Return a count or a percentage, of which one is None: ``100``, ``2.5%``."""
    number = text.removesuffix("%")
    if text.isdecimal():
        return int(text), None
    if number == text or not re.fullmatch(r"\d+(?:\.\d+)?", number) or float(number) > 100:
        raise ArgumentTypeError(f"{text!r} is neither a count nor a percentage; write 100 or 10%")
    return None, float(number)


def byte_range(text: str) -> tuple[int, int | None]:
    """Return the first byte and the one after the last: ``0:100``, ``100:``, ``-100:``."""
    found = _RANGE.fullmatch(text)
    if found is None or text == ":" or found[1] == "-":
        raise ArgumentTypeError(f"{text!r} is no range; write 0:100, 100: or =-100: for the last 100 bytes")
    start, end = int(found[1] or 0), int(found[2]) if found[2] else None
    if end is not None and (start < 0 or end < start):
        raise ArgumentTypeError(f"{text!r} is no range: its end lies before its start")
    return start, end


def positive(text: str) -> int:
    """Return a whole number above 0."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def natural(text: str) -> int:
    """Return a whole number, also 0."""
    if not text.isdecimal():
        raise ArgumentTypeError(f"{text!r} is no whole number")
    return int(text)
