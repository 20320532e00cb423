"""``cloud coda docs``, ``tables`` and ``rows``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cloud._registry import open_documents
from cloud.cli._errors import OK
from cloud.cli._text import time_text
from cloud.common.errors import InvalidRequestError
from cloud.common.models import to_json

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Sequence

    from cloud.cli._console import Console
    from cloud.cli._places import Session

_NUMBERS = frozenset({"number", "percent", "slider", "scale"})


def open_client(args: Namespace, session: Session, **options: Any) -> Any:
    """Return the client of Coda that the global options name."""
    return open_documents(
        config=session.config,
        profile=args.profile,
        region=args.region,
        endpoint_url=args.endpoint,
        **options,
    )


def docs(args: Namespace, session: Session, console: Console) -> int:
    """Print the docs that the token may see."""
    with open_client(args, session) as client:
        found = client.list_docs(is_owner=args.mine or None, query=args.query)
        if console.json:
            _records(found, console)
            return OK
        rows = [(doc.id, doc.name, doc.owner_name or doc.owner, time_text(doc.updated_at)) for doc in found]
    console.table(("id", "name", "owner", "updated"), rows)
    return OK


def tables(args: Namespace, session: Session, console: Console) -> int:
    """Print the tables and views of a doc."""
    with open_client(args, session) as client:
        found = client.list_tables(args.doc, table_types=args.type or None)
        if console.json:
            _records(found, console)
            return OK
        rows = [
            (table.id, table.name, table.table_type, table.parent.name if table.parent else "-")
            for table in found
        ]
    console.table(("id", "name", "type", "page"), rows)
    return OK


def rows(args: Namespace, session: Session, console: Console) -> int:
    """Print the rows of a table, in its columns' order."""
    with open_client(args, session) as client:
        everything = list(client.list_columns(args.doc, args.table))
        columns = chosen(everything, args.columns)
        found = client.list_rows(
            args.doc,
            args.table,
            query=_condition(columns_by_name(everything), args.where),
            sort_by=args.sort,
            value_format="rich" if console.json else "simple",
            limit=args.limit,
            columns=columns if console.json else None,
        )
        if console.json:
            for row in found:
                cells = {column.name: row.cells.get(column.id) for column in columns}
                console.record({"id": row.id, "name": row.name, "cells": cells})
            return OK
        lines = [(row.id, *(_cell(row.cells.get(column.id)) for column in columns)) for row in found]
    console.table(("id", *(column.name for column in columns)), lines)
    return OK


def chosen(columns: Sequence[Any], names: Iterable[str] | None) -> list[Any]:
    """Return the columns that are called `names`, by id or name; all of them for None.

    Raises:
        InvalidRequestError: there is no such column, or several have the name.
    """
    if names is None:
        return list(columns)
    known = columns_by_name(columns)
    return [column_of(known, name) for name in names]


def columns_by_name(columns: Iterable[Any]) -> dict[str, list[Any]]:
    """Return the columns by each id and name that they have."""
    found: dict[str, list[Any]] = {}
    for column in columns:
        found.setdefault(column.id, []).append(column)
        if column.name != column.id:
            found.setdefault(column.name, []).append(column)
    return found


def column_of(known: dict[str, list[Any]], name: str) -> Any:
    """Return the one column of that id or name.

    Raises:
        InvalidRequestError: there is none, or several have the name.
    """
    found = known.get(name, [])
    if len(found) == 1:
        return found[0]
    if not found:
        names = sorted({column.name for columns in known.values() for column in columns})
        raise InvalidRequestError(
            f"the table has no column {name!r}", hint=f"its columns are {', '.join(names)}"
        )
    raise InvalidRequestError(
        f"{len(found)} columns are called {name!r}",
        hint=f"take one of the ids {', '.join(column.id for column in found)}",
    )


def _condition(known: dict[str, list[Any]], where: tuple[str, str] | None) -> str | None:
    """Return the API's form of ``COLUMN=VALUE``: the value is a number or a truth value where the column is."""
    if where is None:
        return None
    column, value = column_of(known, where[0]), where[1]
    written: object = value
    if column.format.type in _NUMBERS:
        try:
            written = int(value) if value.lstrip("-").isdecimal() else float(value)
        except ValueError as error:
            raise InvalidRequestError(f"the column {column.name!r} holds numbers, not {value!r}") from error
    elif column.format.type == "checkbox":
        if value not in {"true", "false"}:
            raise InvalidRequestError(f"the column {column.name!r} holds true or false, not {value!r}")
        written = value == "true"
    return f"{column.id}:{json.dumps(written, ensure_ascii=False)}"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    # A cell may hold lines and tabs: here they would be others' lines and columns.
    text = value if isinstance(value, str) else str(to_json(value))
    return " ".join(text.split()) if set(text) & set("\n\r\t") else text


def _records(items: Iterable[Any], console: Console) -> None:
    for item in items:
        console.record(item)
