"""What cells hold, read from the three formats that the service writes, and written as it takes them.

The service has three formats: ``simple`` (a list is a text with commas), ``simpleWithArrays`` (a list is a
list), and ``rich``, which loses nothing: people, images, links, rows of other tables and amounts of money are
objects, and text is Markdown. It takes texts, numbers, truth values and lists of them, and reads texts as if
somebody had typed them.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, Union

from cloud.coda_io._record import CodaRecord, day, integer, moment, needed, wire
from cloud.common.errors import InvalidRequestError
from cloud.common.models import FrozenMap, utc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud.coda_io._table_records import ColumnFormat

ValueFormat: TypeAlias = Literal["simple", "simpleWithArrays", "rich"]
VALUE_FORMATS: Final = ("simple", "simpleWithArrays", "rich")
_FENCE: Final = "```"
_ISO_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d(T.*)?").fullmatch


class Markdown(str):
    """Text of a rich cell that has formatting: it is Markdown. Plain text is a `str`."""

    __slots__ = ()


def amount(value: object) -> Decimal | None:
    """Return an exact number that the service wrote as a number or a text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Person(CodaRecord):
    """Somebody.

    Attributes:
        name: full name.
        email: e-mail address, by which a cell is written; None where the service does not say.
    """

    name: str
    email: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Currency(CodaRecord):
    """An amount of money.

    Attributes:
        currency: code of three letters.
        amount: the exact decimal number that the service wrote.
    """

    currency: str
    amount: Decimal = needed(amount)


@dataclass(frozen=True, kw_only=True, slots=True)
class Image(CodaRecord):
    """A picture.

    Attributes:
        name: what it is called.
        url: where it is, by which a cell is written; None for one that was deleted.
        width: in pixels.
        height: in pixels.
        status: ``live``, ``deleted`` or ``failed``.
    """

    name: str | None = None
    url: str | None = None
    width: int | None = wire(integer)
    height: int | None = wire(integer)
    status: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Link(CodaRecord):
    """A hyperlink.

    Attributes:
        url: where it leads.
        name: the text that people see.
    """

    url: str
    name: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RowReference(CodaRecord):
    """A row of another table.

    Attributes:
        row_id: id of the row, by which a cell is written.
        name: text of its display column.
        table_id: id of its table.
        url: URL of the row for people.
        table_url: URL of the table for people.
    """

    row_id: str
    name: str = ""
    table_id: str | None = None
    url: str | None = None
    table_url: str | None = None


Scalar: TypeAlias = Union[  # noqa: UP007 - evaluated, on 3.10
    str, int, float, bool, datetime, date, time, Person, Currency, Image, Link, RowReference
]
Cell: TypeAlias = Union[Scalar, FrozenMap[Any], "tuple[Cell, ...]", None]
"""What a cell may hold when it is read. An object of a kind that is not known yet is a `FrozenMap`."""

_KINDS: Final[Mapping[str, type[CodaRecord]]] = {
    "Person": Person,
    "MonetaryAmount": Currency,
    "ImageObject": Image,
    "WebPage": Link,
    "StructuredValue": RowReference,
}


def parse_cell(value: Any, value_format: str = "rich", column: ColumnFormat | None = None) -> Cell:
    """Return the typed value of a cell.

    Args:
        value: what the service wrote.
        value_format: in which format.
        column: the column's format: dates, times and numbers are told from text by it only. A text that is
            not what its column says stays a text.
    """
    if isinstance(value, list):
        return tuple(parse_cell(item, value_format, column) for item in value)
    if isinstance(value, dict):
        kind = _KINDS.get(str(value.get("@type")))
        # A kind that is not known, or has not its fields: nothing is lost.
        return kind.from_dict(value) if kind is not None and kind.fits(value) else FrozenMap(value)  # type: ignore[return-value]  # one of the kinds
    if not isinstance(value, str):
        return value  # type: ignore[no-any-return]  # a number, a truth value or None
    text = _unfenced(value) if value_format == "rich" else value
    typed = _by_column(str(text), column)
    return text if typed is None else typed


def _unfenced(text: str) -> str:
    """Return the text of a rich cell: plain text is fenced, everything else is Markdown."""
    if len(text) >= 2 * len(_FENCE) and text.startswith(_FENCE) and text.endswith(_FENCE):
        return text[len(_FENCE) : -len(_FENCE)]
    return Markdown(text) if text else ""


def _by_column(text: str, column: ColumnFormat | None) -> Cell:
    """Return what a text stands for in a column; None when it stands for itself."""
    if column is None or not text:
        return None
    if column.type == "dateTime":
        return moment(text)
    if column.type == "date" and _ISO_DAY(text):
        # A day is written as the midnight that begins it in the doc's zone: UTC may have another day then.
        return day(text)
    if column.type == "time":
        try:
            return time.fromisoformat(text)
        except ValueError:
            return None
    return None


def encode_cell(value: Any, column: str = "") -> Any:
    """Return `value` as the service takes it: a text, a number, a truth value or a list of them.

    None becomes an empty text, which makes a cell blank. Times and dates become ISO 8601, the one form that
    does not depend on the doc's locale; people become their e-mail address (or their name), images and links
    their URL, rows their id, amounts of money their number.

    Args:
        value: what `parse_cell` returns, or plain Python values.
        column: named in errors.

    Raises:
        InvalidRequestError: no cell can hold it.
    """
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        items = [encode_cell(item, column) for item in value]
        if any(isinstance(inner, list) for item in items if isinstance(item, list) for inner in item):
            raise _impossible(column, "lists are nested at most once")
        return items
    if isinstance(value, str | bool | int):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, float | Decimal):
        return _number(value, column)
    if isinstance(value, datetime):
        try:
            return utc(value).isoformat().replace("+00:00", "Z")
        except ValueError as exc:
            raise _impossible(column, str(exc)) from exc
    if isinstance(value, date | time):
        return value.isoformat()
    return _reference(value, column)


def _number(value: float | Decimal, column: str) -> float | str:
    if not math.isfinite(value):
        raise _impossible(column, f"{value} is no number; use None for a blank cell")
    number = float(value)
    # A number does not depend on the doc's locale; a text holds the digits that a float cannot.
    return number if isinstance(value, float) or Decimal(repr(number)) == value else str(value)


def _reference(value: Any, column: str) -> Any:
    text: str | None
    if isinstance(value, Person):
        text = value.email or value.name
    elif isinstance(value, Image | Link):
        text = value.url
    elif isinstance(value, RowReference):
        text = value.row_id
    elif isinstance(value, Currency):
        return _number(value.amount, column)
    else:
        raise _impossible(column, f"a cell cannot hold a value of the type {type(value).__name__}")
    if not text:
        raise _impossible(column, f"{value!r} has nothing that a cell could be written by")
    return text


def _impossible(column: str, reason: str) -> InvalidRequestError:
    where = f"column {column!r}: " if column else ""
    return InvalidRequestError(f"{where}{reason}", request_sent=False)
