"""Tables, columns, rows, formulas and controls of a fake Coda, as they are read."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from cloud.testing._coda_lists import choice, flag
from cloud.testing._coda_parts import READ, Group
from cloud.testing._coda_state import find
from cloud.testing._coda_values import VALUE_FORMATS, read
from cloud.testing._service_calls import Answer, Call, Refusal, Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.testing._coda_state import Column, Doc, Row, Table, Thing

MOST_COLUMNS = 100
_SORTS = ("createdAt", "natural", "updatedAt")
_TABLE_TYPES = {"table", "view"}


class Tables(Group):
    """``/docs/{doc}/tables`` but for what is in them, formulas and controls."""

    def routes(self) -> list[Route]:
        """Return what the group answers."""
        base = "/docs/{doc}/tables"
        columns = f"{base}/{{table}}/columns"
        return [
            Route("GET", base, self._list, "listTables", READ),
            Route("GET", f"{base}/{{table}}", self._get, "getTable", READ),
            Route("GET", columns, self._list_columns, "listColumns", READ),
            Route("GET", f"{columns}/{{column}}", self._get_column, "getColumn", READ),
            Route("GET", "/docs/{doc}/formulas", partial(self._things, "formulas"), "listFormulas", READ),
            Route("GET", "/docs/{doc}/formulas/{id}", partial(self._thing, "formulas"), "getFormula", READ),
            Route("GET", "/docs/{doc}/controls", partial(self._things, "controls"), "listControls", READ),
            Route("GET", "/docs/{doc}/controls/{id}", partial(self._thing, "controls"), "getControl", READ),
        ]

    def _list(self, call: Call) -> Answer:
        doc = self.doc(call)
        wanted = {word for text in call.query.get("tableTypes", ()) for word in text.split(",")}
        if not wanted <= _TABLE_TYPES:
            raise Refusal(400, "tableTypes must be table or view.")

        def tables() -> list[Table]:
            kinds = wanted or _TABLE_TYPES
            found = [
                table
                for table in doc.tables.values()
                if ("table" if table.parent is None else "view") in kinds
            ]
            return _sorted_by_name(call, found)

        return self.lists.answer(call, tables, lambda table: self.shapes.table_reference(doc, table))

    def _get(self, call: Call) -> Answer:
        doc = self.doc(call)
        return Answer(200, self.shapes.table(doc, doc.table(call.params["table"])))

    def _list_columns(self, call: Call) -> Answer:
        doc = self.doc(call)
        table = doc.table(call.params["table"])
        visible = flag(call, "visibleOnly")

        def columns() -> list[Column]:
            return [column for column in table.base.columns.values() if column.visible or not visible]

        return self.lists.answer(
            call, columns, lambda column: self.shapes.column(doc, table, column), most=MOST_COLUMNS
        )

    def _get_column(self, call: Call) -> Answer:
        doc = self.doc(call)
        table = doc.table(call.params["table"])
        shape = self.shapes.column(doc, table, table.column(call.params["column"]))
        return Answer(200, {**shape, "parent": self.shapes.table_reference(doc, table)})

    def _things(self, kind: str, call: Call) -> Answer:
        doc = self.doc(call)
        things: dict[str, Thing] = getattr(doc, kind)
        return self.lists.answer(
            call,
            lambda: _sorted_by_name(call, list(things.values())),
            lambda thing: self.shapes.thing_reference(doc, thing),
        )

    def _thing(self, kind: str, call: Call) -> Answer:
        doc = self.doc(call)
        thing = find(getattr(doc, kind), call.params["id"], kind.removesuffix("s"))
        return Answer(200, self.shapes.thing(doc, thing))


def _sorted_by_name(call: Call, things: list[Any]) -> list[Any]:
    if choice(call, "sortBy", ("name",)) is None:
        return things
    return sorted(things, key=lambda thing: thing.name.casefold())


class RowReads(Group):
    """``/docs/{doc}/tables/{table}/rows``, as they are read."""

    def routes(self) -> list[Route]:
        """Return what the group answers."""
        base = "/docs/{doc}/tables/{table}/rows"
        return [
            Route("GET", base, self._list, "listRows", READ),
            Route("GET", f"{base}/{{row}}", self._get, "getRow", READ),
        ]

    def _list(self, call: Call) -> Answer:
        doc = self.doc(call)
        table = doc.table(call.params["table"])
        sort = choice(call, "sortBy", _SORTS)
        visible = flag(call, "visibleOnly", default=sort == "natural")
        if sort == "natural" and not visible:
            raise Refusal(400, "sortBy=natural implies visibleOnly=true.")
        since = self._since(call, table)
        places = {row.id: place for place, row in enumerate(table.base.rows.values())}

        def rows() -> list[Row]:
            fits = _query_of(call, doc, table)
            shown = table.shown() if visible or table.parent is not None else table.base.rows.values()
            found = [row for row in shown if row.version > since and fits(row)]
            return sorted(found, key=lambda row: row.updated) if sort == "updatedAt" else found

        render = self._render(call, doc, table, visible=visible)
        return self.lists.answer(
            call,
            rows,
            lambda row: render(row, places[row.id]),
            extra=lambda: {"nextSyncToken": f"fake-sync-{table.id}-{table.base.version}"},
        )

    @staticmethod
    def _since(call: Call, table: Table) -> int:
        """Return the version after which rows are wanted: they were added or changed since."""
        token = call.argument("syncToken")
        if token is None:
            return -1
        name, _, version = token.rpartition("-")
        if name != f"fake-sync-{table.id}" or not version.isdecimal():
            raise Refusal(400, "Invalid pageToken.")  # the service's own words for a sync token too
        return int(version)

    def _render(self, call: Call, doc: Doc, table: Table, *, visible: bool) -> Callable[[Row, int], Any]:
        return partial(
            self.shapes.row,
            doc,
            table,
            names=flag(call, "useColumnNames"),
            visible=visible,
            value_format=choice(call, "valueFormat", VALUE_FORMATS) or "simple",
        )

    def _get(self, call: Call) -> Answer:
        doc = self.doc(call)
        table = doc.table(call.params["table"])
        row = table.row(call.params["row"])
        place = list(table.base.rows).index(row.id)
        shape = self._render(call, doc, table, visible=False)(row, place)
        return Answer(200, {**shape, "parent": self.shapes.table_reference(doc, table)})


def _query_of(call: Call, doc: Doc, table: Table) -> Callable[[Row], bool]:
    """Return the test that ``query=<column>:<JSON>`` stands for. A column's name stands in quotes.

    Raises:
        Refusal: 400, it is no such query, or the column is unknown.
    """
    text = call.argument("query")
    if text is None:
        return lambda _row: True
    try:
        if text.startswith('"'):
            column_name, end = json.JSONDecoder().raw_decode(text)
            rest = text[end:]
        else:
            column_name, colon, value_text = text.partition(":")
            rest = colon + value_text
        if not rest.startswith(":"):
            raise Refusal(400, "query must be <column>:<value>.")
        wanted = json.loads(rest[1:])
    except ValueError as error:
        raise Refusal(400, "query must be <column>:<value>, and the value JSON.") from error
    column = table.column(column_name, 400)
    if not text.startswith('"') and column.id != column_name:
        raise Refusal(400, "query needs quotes around the name of a column.")
    return lambda row: read(doc, column, row.cells.get(column.id, ""), "simple") == wanted
