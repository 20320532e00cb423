"""How a test puts docs, pages, tables and rows into a fake Coda, and looks at what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloud.testing._coda_pages import lines_of, written
from cloud.testing._coda_state import Column, Doc, Page, Row, State, Table, Thing
from cloud.testing._coda_values import stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager


@dataclass(frozen=True, kw_only=True)
class FakeCodaColumn:
    """A column of a table that a test makes.

    Attributes:
        type: as the API names it: ``text``, ``number``, ``currency``, ``checkbox``, ``date``, ``person``,
            ``lookup``, ``select``, ``link``, ``image``, ``button``, ``canvas`` ...
        array: whether a cell holds several values.
        formula: what calculates it; such a column takes no writes.
        visible: whether the table shows it.
        options: names of the options of a ``select``.
        table: the table that a ``lookup`` points to.
        format: what else the API says of the format, such as ``{"currencyCode": "EUR"}``.
    """

    type: str = "text"
    array: bool = False
    formula: str | None = None
    visible: bool = True
    options: tuple[str, ...] = ()
    table: FakeCodaTable | None = None
    format: Mapping[str, Any] | None = None

    def made(self, column_id: str, name: str) -> Column:
        """Return the column."""
        shape: dict[str, Any] = {"type": self.type, "isArray": self.array, **(self.format or {})}
        if self.options:
            shape["options"] = [{"name": option} for option in self.options]
        table = None if self.table is None else self.table.id
        return Column(column_id, name, shape, self.formula, self.visible, self.options, table)


class FakeCodaTable:
    """A table, or a view, of a `FakeCodaServer`. All methods may be called while requests come in.

    Attributes:
        id: ``grid-...``; of a view ``table-...``.
        name: as shown.
    """

    def __init__(self, state: State, lock: AbstractContextManager[Any], doc: Doc, table: Table) -> None:
        self._state = state
        self._lock = lock
        self._doc = doc
        self._table = table
        self.id = table.id
        self.name = table.name

    def __repr__(self) -> str:
        """Return name and id."""
        return f"FakeCodaTable({self.name!r}, {self.id!r})"

    def add_rows(self, rows: Iterable[Mapping[str, Any]]) -> list[str]:
        """Add rows at once, as if somebody had typed them; return their ids.

        Args:
            rows: values by the name or id of their column. A lookup's is a row's id or name, a person's is an
                e-mail address.
        """
        added = []
        with self._lock:
            for values in rows:
                now = self._state.touch(self._doc, self._table)
                row_id = self._state.new_id("i-")
                cells = {}
                for name, value in values.items():
                    column = self._table.column(name)
                    cells[column.id] = stored(self._doc, column, value)
                self._table.base.rows[row_id] = Row(row_id, cells, now, now, self._table.base.version)
                added.append(row_id)
        return added

    def add_view(self, name: str, where: Callable[[Mapping[str, Any]], bool] | None = None) -> FakeCodaTable:
        """Add a view that shows the rows for which `where` is true, by their values under column names."""
        with self._lock:
            now = self._state.touch(self._doc)
            view = Table(
                self._state.new_id("table-"),
                name,
                now,
                now,
                page=self._table.page,
                parent=self._table.base,
                where=where,
            )
            self._doc.tables[view.id] = view
        return FakeCodaTable(self._state, self._lock, self._doc, view)

    def time_out_above(self, limit: int | None) -> None:
        """Answer 504 to every page of more than `limit` rows, as the service does for very large tables."""
        with self._lock:
            self._table.too_many = limit

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What the table holds now, oldest first, by the names of the columns."""
        with self._lock:
            return [self._table.named(row) for row in self._table.shown()]

    @property
    def row_ids(self) -> list[str]:
        """The ids of the rows, oldest first."""
        with self._lock:
            return [row.id for row in self._table.shown()]

    @property
    def column_ids(self) -> dict[str, str]:
        """The ids of the columns by their names."""
        with self._lock:
            return {column.name: column.id for column in self._table.base.columns.values()}


class FakeCodaDoc:
    """A doc of a `FakeCodaServer`. All methods may be called while requests come in.

    Attributes:
        id: of the doc.
        name: as shown.
    """

    def __init__(self, state: State, lock: AbstractContextManager[Any], doc: Doc) -> None:
        self._state = state
        self._lock = lock
        self._doc = doc
        self.id = doc.id
        self.name = doc.name

    def __repr__(self) -> str:
        """Return name and id."""
        return f"FakeCodaDoc({self.name!r}, {self.id!r})"

    def add_table(
        self,
        name: str,
        columns: Mapping[str, FakeCodaColumn | str],
        rows: Iterable[Mapping[str, Any]] = (),
        *,
        page: str | None = None,
    ) -> FakeCodaTable:
        """Add a table; its first column names the rows.

        Args:
            name: as shown.
            columns: by their names; a text is a type.
            rows: see `FakeCodaTable.add_rows`.
            page: id of the page that it stands on; the doc's first one when None, which is made if need be.
        """
        if not columns:
            raise ValueError("a table needs at least one column")
        page = page or next(iter(self._doc.pages), None) or self.add_page("Untitled")
        with self._lock:
            now = self._state.touch(self._doc)
            table = Table(self._state.new_id("grid-"), name, now, now, page=page)
            for column_name, wish in columns.items():
                column_id = self._state.new_id("c-")
                spec = FakeCodaColumn(type=wish) if isinstance(wish, str) else wish
                table.columns[column_id] = spec.made(column_id, column_name)
            self._doc.tables[table.id] = table
        added = FakeCodaTable(self._state, self._lock, self._doc, table)
        added.add_rows(rows)
        return added

    def add_page(
        self, name: str, markdown: str = "", *, parent: str | None = None, content_type: str = "canvas"
    ) -> str:
        """Add a page and return its id.

        Args:
            name: as shown.
            markdown: its content.
            parent: id of the page that it is below.
            content_type: ``canvas``, ``embed`` or ``syncPage``.
        """
        with self._lock:
            now = self._state.touch(self._doc)
            page_id = self._state.new_id("canvas-")
            lines = lines_of(self._state, markdown, "markdown")
            self._doc.pages[page_id] = Page(page_id, name, now, now, parent, content_type, lines)
        return page_id

    def add_formula(self, name: str, value: Any) -> str:
        """Add a formula with the value that it gives; return its id."""
        return self._add_thing("f-", self._doc.formulas, name, value, "")

    def add_control(self, name: str, value: Any, kind: str = "textbox") -> str:
        """Add a control of a type that the API names; return its id."""
        return self._add_thing("ctrl-", self._doc.controls, name, value, kind)

    def _add_thing(self, prefix: str, things: dict[str, Thing], name: str, value: Any, kind: str) -> str:
        with self._lock:
            thing = Thing(self._state.new_id(prefix), name, value, kind)
            things[thing.id] = thing
        return thing.id

    def page_markdown(self, page_id: str) -> str:
        """Return the content of a page."""
        with self._lock:
            return written(self._doc.pages[page_id], "markdown")

    @property
    def page_names(self) -> list[str]:
        """The names of the pages, in order."""
        with self._lock:
            return [page.name for page in self._doc.pages.values()]
