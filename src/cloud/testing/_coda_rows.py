"""Rows of a fake Coda, as they are written: queued, applied in order, keys matched when they are applied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud.testing._coda_lists import flag
from cloud.testing._coda_parts import CONTENT, Group, only
from cloud.testing._coda_state import Row
from cloud.testing._coda_values import check_cells, simple, stored
from cloud.testing._service_calls import Answer, Call, Refusal, Route

if TYPE_CHECKING:
    from cloud.testing._coda_state import Column, Doc, Table

    Cells = list[tuple[Column, Any]]


class RowWrites(Group):
    """``/docs/{doc}/tables/{table}/rows``, as they are written."""

    def routes(self) -> list[Route]:
        """Return what the group answers."""
        base = "/docs/{doc}/tables/{table}/rows"
        one = f"{base}/{{row}}"
        return [
            Route("POST", base, self._upsert, "upsertRows", CONTENT),
            Route("DELETE", base, self._delete_many, "deleteRows", CONTENT),
            Route("PUT", one, self._update, "updateRow", CONTENT),
            Route("DELETE", one, self._delete, "deleteRow", CONTENT),
            Route("POST", f"{one}/buttons/{{column}}", self._push, "pushButton", CONTENT),
        ]

    def _upsert(self, call: Call) -> Answer:
        doc = self.doc(call)
        table = doc.table(call.params["table"])
        if table.parent is not None:
            raise Refusal(400, "Rows can only be added to base tables, not to views.")
        wish = only(call.json_object(), "rows", "keyColumns")
        if not isinstance(wish.get("rows"), list):
            raise Refusal(400, "rows must be a list.")
        edits = [check_cells(table, edit) for edit in wish["rows"]]
        keys = [table.column(str(key), 400) for key in wish.get("keyColumns") or ()]
        parse = not flag(call, "disableParsing")
        if not keys:
            ids = [self.state.new_id("i-") for _ in edits]

            def insert() -> None:
                for row_id, cells in zip(ids, edits, strict=True):
                    self._insert(doc, table, row_id, cells, parse=parse)

            return self.queued(doc, insert, addedRowIds=ids)

        def upsert() -> None:
            index = _index(doc, table, keys)
            for cells in edits:
                self._upsert_one(doc, table, keys, cells, index, parse=parse)

        return self.queued(doc, upsert)

    def _insert(self, doc: Doc, table: Table, row_id: str, cells: Cells, *, parse: bool) -> Row:
        now = self.state.touch(doc, table)
        row = table.rows[row_id] = Row(row_id, {}, now, now, table.version)
        _write(doc, row, cells, parse=parse)
        return row

    def _upsert_one(
        self,
        doc: Doc,
        table: Table,
        keys: list[Column],
        cells: Cells,
        index: dict[tuple[str, ...], list[Row]],
        *,
        parse: bool,
    ) -> None:
        """Change every row that has the same keys, or add one."""
        written = {column.id: stored(doc, column, value, parse=parse) for column, value in cells}
        key = tuple(_key_text(doc, column, written.get(column.id, "")) for column in keys)
        rows = index.setdefault(key, [])
        for row in rows:
            _write(doc, row, cells, parse=parse)
            row.updated, row.version = self.state.touch(doc, table), table.version
        if not rows:
            rows.append(self._insert(doc, table, self.state.new_id("i-"), cells, parse=parse))

    def _update(self, call: Call) -> Answer:
        doc = self.doc(call)
        table = doc.table(call.params["table"])
        row = table.row(call.params["row"])
        cells = check_cells(table, only(call.json_object(), "row").get("row"))
        parse = not flag(call, "disableParsing")

        def apply() -> str | None:
            if row.id not in table.base.rows:
                return "The row has been deleted."
            _write(doc, row, cells, parse=parse)
            row.updated, row.version = self.state.touch(doc, table), table.base.version
            return None

        return self.queued(doc, apply, id=row.id)

    def _delete(self, call: Call) -> Answer:
        doc = self.doc(call)
        table = doc.table(call.params["table"])
        row = table.row(call.params["row"])
        return self.queued(doc, lambda: self._remove(doc, table, [row.id]), id=row.id)

    def _delete_many(self, call: Call) -> Answer:
        doc = self.doc(call)
        table = doc.table(call.params["table"])
        ids = only(call.json_object(), "rowIds").get("rowIds")
        if not isinstance(ids, list) or not all(isinstance(row_id, str) for row_id in ids):
            raise Refusal(400, "rowIds must be a list of strings.")
        return self.queued(doc, lambda: self._remove(doc, table, ids), rowIds=ids)

    def _remove(self, doc: Doc, table: Table, ids: list[str]) -> None:
        for row_id in ids:
            table.base.rows.pop(row_id, None)
        self.state.touch(doc, table)

    def _push(self, call: Call) -> Answer:
        doc = self.doc(call)
        table = doc.table(call.params["table"])
        row, column = table.row(call.params["row"]), table.column(call.params["column"])
        if column.type != "button":
            raise Refusal(400, "The column is no button.")
        entry = (doc.id, table.base.id, row.id, column.id)
        return self.queued(doc, lambda: self.state.pushed.append(entry), rowId=row.id, columnId=column.id)


def _write(doc: Doc, row: Row, cells: Cells, *, parse: bool) -> None:
    for column, value in cells:
        row.cells[column.id] = stored(doc, column, value, parse=parse)


def _index(doc: Doc, table: Table, keys: list[Column]) -> dict[tuple[str, ...], list[Row]]:
    """Return the rows by their keys."""
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in table.rows.values():
        key = tuple(_key_text(doc, column, row.cells.get(column.id, "")) for column in keys)
        found.setdefault(key, []).append(row)
    return found


def _key_text(doc: Doc, column: Column, value: Any) -> str:
    return repr(simple(doc, column, value))
