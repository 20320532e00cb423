"""The arguments of ``cloud usage``."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from cloud.cli._command import Command

if TYPE_CHECKING:
    from argparse import ArgumentParser


KINDS: Final = ("bill", "compute", "storage", "network", "objects", "resources", "quotas")
PUBLISHED: Final = "published"
_RATES = re.compile(r"(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)")
_MONTH = re.compile(r"(\d{4})-(\d\d)")


def rates(text: str) -> tuple[Decimal, Decimal] | str:
    """Return units for a franc and for a euro of ``50:55.5``, or the word `PUBLISHED`."""
    if text == PUBLISHED:
        return text
    found = _RATES.fullmatch(text)
    if found is None or not (Decimal(found[1]) and Decimal(found[2])):
        raise ArgumentTypeError(
            f"{text!r} are no rates; write 50:55.5 (ICU for a franc and for a euro), or {PUBLISHED}"
        )
    return Decimal(found[1]), Decimal(found[2])


def month(text: str) -> tuple[int, int]:
    """Return year and month of ``2026-11``."""
    found = _MONTH.fullmatch(text)
    if found is None or not 1 <= int(found[2]) <= 12 or not int(found[1]):
        raise ArgumentTypeError(f"{text!r} is no month; write 2026-11")
    return int(found[1]), int(found[2])


def _usage(parser: ArgumentParser) -> None:
    parser.add_argument(
        "kind",
        metavar="KIND",
        nargs="?",
        choices=KINDS,
        default="bill",
        help="bill (default); compute, storage, network or objects alone; resources: each of them, the dearest "
        "first; quotas: what the project may have now",
    )
    parser.add_argument(
        "--month", type=month, metavar="MONTH", help="such as 2026-11 (default: this one until now)"
    )
    parser.add_argument(
        "--start", metavar="TIME", help="first moment: 2026-11-01, 2026-11-01T06:00+01:00, 7d"
    )
    parser.add_argument("--end", metavar="TIME", help="first moment after it (default: now)")
    parser.add_argument(
        "--time-zone",
        default="UTC",
        metavar="NAME",
        help="whose midnights these are, such as Europe/Zurich (default: UTC)",
    )
    parser.add_argument(
        "--rates",
        type=rates,
        metavar="CHF:EUR",
        help=f"what a franc and a euro are in ICU, such as 50:55.5, or {PUBLISHED}: prices in both, too",
    )


USAGE: Final = Command(
    "usage",
    "what the project used in a period, and what that costs",
    "Prices are in ICU, the provider's unit. An hour is charged after it has ended.",
    _usage,
    "cloud.cli._usage:run",
)
