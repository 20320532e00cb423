"""``cloud coda upsert``: rows from a file, checked against the table's columns before anything is sent."""

from __future__ import annotations

import csv
import io
import json
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cloud.cli._coda import column_of, columns_by_name, open_client
from cloud.cli._console import standard_input
from cloud.cli._errors import OK
from cloud.cli._text import count_text
from cloud.common.errors import InvalidRequestError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from cloud.cli._console import Console
    from cloud.cli._places import Session
    from cloud.cli._rich import Bar
    from cloud.common._observe import CallEvent

    Rows = list[dict[str, Any]]


def upsert(args: Namespace, session: Session, console: Console) -> int:
    """Change and add the rows of a file, or say what would be done."""
    given = list(_csv_rows(args.csv) if args.csv is not None else _json_rows(args.rows))
    bar = _bar(console)
    observers = [] if bar is None else [_Progress(bar)]
    with open_client(args, session, observers=observers) as client:
        known = columns_by_name(client.list_columns(args.doc, args.table))
        keys = [column_of(known, key).id for key in args.key]
        rows = [_checked(known, row, number, keys) for number, row in enumerate(given, 1)]
        if args.dry_run:
            return _print_plan(args, client, console, rows, keys)
        if bar is not None:
            bar.planned(0, len(json.dumps(rows, ensure_ascii=False).encode()), complete=True)
        with bar or nullcontext():
            report = client.upsert_rows(
                args.doc,
                args.table,
                rows,
                keys or None,
                args.no_parse or None,
                batch_rows=args.batch,
                wait=not args.no_wait,
            )
    return _print_report(args, console, report)


class _Progress:
    """An observer that moves a bar on by the bytes of every request of rows."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar

    def __call__(self, event: CallEvent) -> None:
        if event.operation == "upsert_rows" and event.error is None:
            self._bar.moved(event.bytes_sent)
            self._bar.finished()


def _bar(console: Console) -> Bar | None:
    if not console.wants_progress:
        return None
    from cloud.cli._rich import Bar

    return Bar()


def _read(name: str) -> str:
    data = b"".join(standard_input()) if name == "-" else Path(name).read_bytes()
    try:
        return data.decode("utf-8-sig")  # spreadsheets write a mark in front
    except UnicodeDecodeError as error:
        raise InvalidRequestError(f"{name} is not in UTF-8: byte {error.start}") from error


def _csv_rows(name: str) -> Iterator[dict[str, Any]]:
    lines = csv.reader(io.StringIO(_read(name), newline=""), strict=True)
    try:
        header = next(lines, None)
        if not header:
            raise InvalidRequestError(f"{name} has no line of column names")
        twice = next((column for column in header if header.count(column) > 1), None)
        if twice is not None:
            raise InvalidRequestError(f"{name} has the column {twice!r} twice")
        for cells in lines:
            if not cells:
                continue  # an empty line
            if len(cells) != len(header):
                raise InvalidRequestError(
                    f"{name}, line {lines.line_num}: {len(cells)} cells for {len(header)} columns"
                )
            yield dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise InvalidRequestError(f"{name}, line {lines.line_num}: {error}") from error


def _json_rows(name: str) -> Iterator[dict[str, Any]]:
    text = _read(name)
    try:
        found = json.loads(text) if text.lstrip().startswith("[") else list(map(json.loads, _lines(text)))
    except ValueError as error:
        raise InvalidRequestError(f"{name} is neither a JSON list nor lines of JSON: {error}") from error
    for number, row in enumerate(found, 1):
        if not isinstance(row, dict):
            raise InvalidRequestError(f"{name}, row {number}: it is no object of columns and values")
        yield row


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


def _checked(
    known: dict[str, list[Any]], row: dict[str, Any], number: int, keys: list[str]
) -> dict[str, Any]:
    """Return a row by column ids.

    Raises:
        InvalidRequestError: it names a column that the table does not have, that is calculated, or that it
            names twice; or it has no key.
    """
    found: dict[str, Any] = {}
    for name, value in row.items():
        column = column_of(known, name)
        if column.calculated:
            raise InvalidRequestError(f"the column {name!r} is calculated and cannot be written")
        if column.id in found:
            raise InvalidRequestError(f"row {number} names the column {name!r} twice, by id and by name")
        found[column.id] = value
    missing = [key for key in keys if found.get(key) is None or found[key] == ""]
    if missing:
        names = ", ".join(repr(known[key][0].name) for key in missing)
        raise InvalidRequestError(f"row {number} has no value of the key {names}")
    return found


def _print_plan(args: Namespace, client: Any, console: Console, rows: Rows, keys: list[str]) -> int:
    """Say of every row whether it would be added, or how many rows it would change."""
    present = _present(args, client, keys) if keys else {}
    sums = {"add": 0, "change": 0}
    for row in rows:
        key = tuple(_text(row[column]) for column in keys)
        ids = present.setdefault(key, []) if keys else []
        verb = "change" if ids else "add"
        sums[verb] += 1
        if keys and not ids:
            ids.append("new")  # a later row of the same key changes this one
        shown = key if keys else tuple(_text(value) for value in row.values())
        if console.json:
            console.record(
                {"action": verb, "key": list(key), "rows": [each for each in ids if each != "new"]}
            )
        else:
            console.line("\t".join((verb, *(" ".join(text.split()) for text in shown))))
    console.note(f"{count_text(sums['add'], 'row')} to add, {count_text(sums['change'], 'row')} to change")
    return OK


def _present(args: Namespace, client: Any, keys: list[str]) -> dict[tuple[str, ...], list[str]]:
    """Return the ids of the table's rows by their keys."""
    found: dict[tuple[str, ...], list[str]] = {}
    for row in client.list_rows(args.doc, args.table, value_format="simple"):
        key = tuple(_text(row.cells.get(column)) for column in keys)
        found.setdefault(key, []).append(row.id)
    return found


def _text(value: Any) -> str:
    """Return a value as a text to compare: a file's "5" is a table's 5."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value)


def _print_report(args: Namespace, console: Console, report: Any) -> int:
    warnings = [
        batch.mutation.warning for batch in report.batches if batch.mutation and batch.mutation.warning
    ]
    for warning in warnings:
        console.note(f"the service warns: {warning}")
    if console.json:
        added = list(report.added_row_ids)
        console.document({"rows": report.row_count, "requests": len(report.batches), "added": added})
    state = "accepted" if args.no_wait else "written"
    console.note(f"{count_text(report.row_count, 'row')} {state}")
    return OK
