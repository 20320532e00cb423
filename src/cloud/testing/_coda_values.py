"""Cells of a fake Coda: what a written value becomes, and how it is read in each value format."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cloud.testing._coda_state import BROWSER
from cloud.testing._service_calls import Refusal

if TYPE_CHECKING:
    from cloud.testing._coda_state import Column, Doc, Row, Table

VALUE_FORMATS = ("simple", "simpleWithArrays", "rich")
MAX_ROW_BYTES = 85 * 1024
_CONTEXT = "http://schema.org/"
_NUMBERS = frozenset({"number", "percent", "currency", "slider", "scale", "duration"})
_NUMBER = re.compile(r"[^\d.\-]")
_READ_ONLY = frozenset({"button"})


def check_cells(table: Table, edit: Any) -> list[tuple[Column, Any]]:
    """Return column and value of each cell of a row edit.

    Raises:
        Refusal: 400, it is no row edit, a column is unknown or takes no writes, or the row is too large.
    """
    cells = edit.get("cells") if isinstance(edit, dict) else None
    if not isinstance(cells, list):
        raise Refusal(400, "A row needs a list of cells.")
    found = []
    size = 0
    for cell in cells:
        if not isinstance(cell, dict) or not isinstance(cell.get("column"), str) or "value" not in cell:
            raise Refusal(400, "A cell needs a column and a value.")
        column, value = table.column(cell["column"], 400), cell["value"]
        if not _is_value(value):
            raise Refusal(400, "A value is a text, a number, a boolean or a list of them.")
        if column.formula is not None or column.type in _READ_ONLY:
            raise Refusal(400, f"The column {column.name!r} cannot be edited.")
        size += size_of(value)
        found.append((column, value))
    if size > MAX_ROW_BYTES:
        raise Refusal(400, f"Row edit of size {size // 1024} KB exceeds maximum size of 85 KB.")
    return found


def size_of(value: Any) -> int:
    """Return the bytes that a value counts for: UTF-8, and one more for each new line."""
    if isinstance(value, list):
        return sum(map(size_of, value))
    text = value if isinstance(value, str) else str(value)
    return len(text.encode("utf-8", "surrogatepass")) + text.count("\n")


def _is_value(value: Any, depth: int = 0) -> bool:
    if isinstance(value, list):
        return depth < 2 and all(_is_value(item, depth + 1) for item in value)
    return isinstance(value, (str, int, float))


def stored(doc: Doc, column: Column, value: Any, *, parse: bool = True) -> Any:
    """Return what a cell holds after `value` was written to it, as if it had been typed."""
    if isinstance(value, list):
        return [stored(doc, column, item, parse=parse) for item in value]
    if not parse:
        return value
    if column.type in _NUMBERS and isinstance(value, str):
        return _parsed_number(value)
    if column.type == "checkbox" and isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    if column.type == "lookup" and column.table in doc.tables:
        return _row_id(doc.tables[column.table], value)
    return value


def _parsed_number(text: str) -> Any:
    digits = _NUMBER.sub("", text)
    try:
        number = float(digits)
    except ValueError:
        return text  # what is no number stays a broken text
    return int(number) if number.is_integer() else number


def _row_id(table: Table, value: Any) -> Any:
    """Return the id of the row that a lookup's value names; the value itself, a broken text, when none is."""
    if value in table.base.rows:
        return value
    named = (row.id for row in table.base.rows.values() if table.name_of(row) == str(value))
    return next(named, value)


def simple(doc: Doc, column: Column, value: Any) -> Any:
    """Return a value as a text, a number or a boolean, and a list as a list of them."""
    if isinstance(value, list):
        return [simple(doc, column, item) for item in value]
    if column.type == "lookup" and (row := _target(doc, column, value)) is not None:
        return doc.tables[str(column.table)].name_of(row)
    if column.type == "currency" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"${value:,.2f}"
    return value


def read(doc: Doc, column: Column, value: Any, value_format: str) -> Any:
    """Return a cell in one of `VALUE_FORMATS`."""
    if value_format == "rich":
        return _rich(doc, column, value)
    plain = simple(doc, column, value)
    return _joined(plain) if value_format == "simple" and isinstance(plain, list) else plain


def _joined(items: list[Any]) -> str:
    return ",".join(_joined(item) if isinstance(item, list) else _shown(item) for item in items)


def _shown(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _rich(doc: Doc, column: Column, value: Any) -> Any:
    if isinstance(value, list):
        return [_rich(doc, column, item) for item in value]
    if value == "" or isinstance(value, bool):
        return value
    if column.type == "lookup" and (row := _target(doc, column, value)) is not None:
        return _row_value(doc, doc.tables[str(column.table)], row)
    if column.type == "currency" and not isinstance(value, str):
        code = str(column.format.get("currencyCode", "USD"))
        return {"@context": _CONTEXT, "@type": "MonetaryAmount", "currency": code, "amount": value}
    if column.type == "person":
        name = str(value).partition("@")[0]
        return {"@context": _CONTEXT, "@type": "Person", "name": name, "email": str(value)}
    if column.type == "link":
        return {"@context": _CONTEXT, "@type": "WebPage", "name": str(value), "url": str(value)}
    if column.type in {"image", "imageReference"}:
        name = str(value).rpartition("/")[2]
        return {
            "@context": _CONTEXT,
            "@type": "ImageObject",
            "name": name,
            "url": str(value),
            "status": "live",
        }
    return f"```{value}```" if isinstance(value, str) and column.type in {"text", "canvas"} else value


def _target(doc: Doc, column: Column, value: Any) -> Row | None:
    """Return the row that a lookup's cell points to; None when its text is broken."""
    table = doc.tables.get(column.table or "")
    return None if table is None else table.base.rows.get(str(value))


def _row_value(doc: Doc, table: Table, row: Row) -> dict[str, Any]:
    url = f"{BROWSER}/d/_d{doc.id}#_tu{quote(table.id)}"
    return {
        "@context": _CONTEXT,
        "@type": "StructuredValue",
        "additionalType": "row",
        "name": table.name_of(row),
        "rowId": row.id,
        "tableId": table.id,
        "tableUrl": url,
        "url": f"{url}/_ru{row.id}",
    }
