"""Text for people: names without control characters, sizes, times."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def visible(text: str) -> str:
    r"""Return `text` with everything that is not printable escaped (``\x1b``): no name can steer a terminal."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def human_size(size: float) -> str:
    """Return a size in binary units: ``0 B``, ``17.3 MiB``."""
    unit = 0
    while abs(size) >= 1024 and unit < len(_UNITS) - 1:
        size /= 1024
        unit += 1
    if round(size, 1) >= 1024 and unit < len(_UNITS) - 1:  # 1023.99 KiB would read "1024.0 KiB"
        size, unit = size / 1024, unit + 1
    return f"{size:.0f} B" if unit == 0 else f"{size:.1f} {_UNITS[unit]}"


def size_text(size: int, *, exact: bool) -> str:
    """Return the size in bytes, or for people."""
    return str(size) if exact else human_size(size)


def time_text(moment: datetime | None) -> str:
    """Return a time in UTC to the second, ``2024-05-01T12:00:00Z``, or ``-`` where there is none."""
    return "-" if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def count_text(count: int, noun: str) -> str:
    """Return ``1 object``, ``2 objects``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
