"""Paths and queries of REST requests: every part quoted, nothing that could name something else."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from cloud.common.errors import InvalidRequestError
from cloud.common.models import utc

if TYPE_CHECKING:
    from collections.abc import Iterable

    # What a query may hold; None leaves a parameter out, a list gives it several times.
    Value = str | int | float | bool | date | datetime | None | Iterable[str | int | float]


def segment(value: str | int, what: str = "id") -> str:
    """Return one part of a path, quoted with nothing safe.

    Raises:
        InvalidRequestError: it is empty, or ``.`` or ``..``, which would name another path.
    """
    text = str(value)
    if not text or text in {".", ".."}:
        raise InvalidRequestError(f"{text!r} is no {what}")
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise InvalidRequestError(f"the {what} {text!r} holds a lone surrogate, which UTF-8 cannot") from None


def query_text(pairs: Iterable[tuple[str, Value]]) -> str:
    """Return an encoded query without its question mark.

    Booleans are ``true`` and ``false``, times are ISO 8601 in UTC. What is None is left out.
    """
    encoded: list[tuple[str, str]] = []
    for name, value in pairs:
        if value is None:
            continue
        if isinstance(value, (str, int, float, date)):
            encoded.append((name, _text(value)))
        else:
            encoded.extend((name, _text(item)) for item in value)
    return urlencode(encoded, quote_via=quote)


def _text(value: str | float | date) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        try:
            return utc(value).isoformat().replace("+00:00", "Z")
        except ValueError as exc:
            raise InvalidRequestError(str(exc)) from exc
    return value.isoformat() if isinstance(value, date) else str(value)
