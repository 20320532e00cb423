"""Tables, their columns and rows; formulas and controls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloud.coda_io._doc_records import Reference
from cloud.coda_io._record import CodaRecord, aside, flag, integer, many, mapping, moment, one, wire
from cloud.common.models import EMPTY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cloud.coda_io._cells import Cell


@dataclass(frozen=True, kw_only=True, slots=True)
class Sort(CodaRecord):
    """A sort of a table.

    Attributes:
        column: by which column.
        direction: ``ascending`` or ``descending``.
    """

    column: Reference | None = wire(one(Reference))
    direction: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TableFilter(CodaRecord):
    """The formula that decides which rows a view shows.

    Attributes:
        valid: whether it can be computed.
        is_volatile: whether it may change without an edit.
        has_user_formula: whether it depends on who looks.
        has_today_formula: whether it depends on the day.
        has_now_formula: whether it depends on the time.
    """

    valid: bool = False
    is_volatile: bool | None = None
    has_user_formula: bool | None = None
    has_today_formula: bool | None = None
    has_now_formula: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Table(CodaRecord):
    """A table or a view. Listings fill the fields up to `parent`; `get_table` fills all.

    Attributes:
        id: what methods take.
        type: ``table``.
        table_type: ``table``, or ``view``, which rows cannot be upserted into.
        name: its name.
        href: URL of it in the API.
        browser_link: URL for people.
        parent: the page that it is on.
        parent_table: of a view, the table below it.
        display_column: the column that stands for a row.
        row_count: how many rows it has.
        sorts: how it is sorted.
        layout: ``default``, ``card``, ``calendar`` ...
        filter: what decides which rows are shown.
        created_at: when it was made, in UTC.
        updated_at: when it was last changed, in UTC.
    """

    id: str
    type: str = "table"
    table_type: str | None = None
    name: str = ""
    href: str | None = None
    browser_link: str | None = None
    parent: Reference | None = wire(one(Reference))
    parent_table: Reference | None = wire(one(Reference))
    display_column: Reference | None = wire(one(Reference))
    row_count: int | None = wire(integer)
    sorts: tuple[Sort, ...] = wire(many(Sort), default=())
    layout: str | None = None
    filter: TableFilter | None = wire(one(TableFilter))
    created_at: datetime | None = wire(moment)
    updated_at: datetime | None = wire(moment)


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnFormat(CodaRecord):
    """What a column holds.

    Attributes:
        type: ``text``, ``number``, ``date``, ``person``, ``lookup`` ...; ``other`` for what the API cannot say.
        is_array: whether a cell may hold several values.
        options: the type's further settings by the service's names: ``precision``, ``currencyCode``,
            ``table``, ``options`` ...
    """

    type: str = "other"
    is_array: bool = wire(flag, default=False)
    options: Mapping[str, Any] = aside(EMPTY, hashed=False)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> ColumnFormat:
        """Return the format of a JSON object of the service."""
        options = {name: value for name, value in document.items() if name not in {"type", "isArray"}}
        return cls(
            type=str(document.get("type", "other")),
            is_array=document.get("isArray") is True,
            options=mapping(options) or EMPTY,
            raw=document,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Column(CodaRecord):
    """A column.

    Attributes:
        id: what methods take.
        type: ``column``.
        name: its name.
        href: URL of it in the API.
        display: whether it stands for a row.
        calculated: whether a formula fills it: it cannot be written.
        formula: that formula.
        default_value: formula of the value of new rows.
        format: what it holds.
        parent: the table; None in listings.
    """

    id: str
    type: str = "column"
    name: str = ""
    href: str | None = None
    display: bool = False
    calculated: bool = False
    formula: str | None = None
    default_value: str | None = None
    format: ColumnFormat = wire(one(ColumnFormat), default=ColumnFormat())  # frozen
    parent: Reference | None = wire(one(Reference))


@dataclass(frozen=True, kw_only=True, slots=True)
class Row(CodaRecord):
    """A row.

    Attributes:
        id: what methods take.
        type: ``row``.
        name: text of its display column.
        href: URL of it in the API.
        index: its place in the table, from 0.
        browser_link: URL for people.
        created_at: when it was made, in UTC.
        updated_at: when it was last changed, in UTC.
        cells: its values by column id, or by column name where that was asked for.
        parent: the table; None in listings.
    """

    id: str
    type: str = "row"
    name: str = ""
    href: str | None = None
    index: int | None = wire(integer)
    browser_link: str | None = None
    created_at: datetime | None = wire(moment)
    updated_at: datetime | None = wire(moment)
    cells: Mapping[str, Cell] = wire(mapping, key="values", default=EMPTY, hashed=False)
    parent: Reference | None = wire(one(Reference))


@dataclass(frozen=True, kw_only=True, slots=True)
class Formula(CodaRecord):
    """A named formula of a doc. Listings leave `value` None; `get_formula` fills it.

    Attributes:
        id: what methods take.
        type: ``formula``.
        name: its name.
        href: URL of it in the API.
        parent: the page that it is on.
        value: its value, in the format ``simpleWithArrays``.
    """

    id: str
    type: str = "formula"
    name: str = ""
    href: str | None = None
    parent: Reference | None = wire(one(Reference))
    value: Cell = wire(hashed=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Control(CodaRecord):
    """A control of a doc. Listings leave `control_type` and `value` None; `get_control` fills them.

    Attributes:
        id: what methods take.
        type: ``control``.
        name: its name.
        href: URL of it in the API.
        parent: the page that it is on.
        control_type: ``button``, ``checkbox``, ``datePicker``, ``select``, ``slider`` ...
        value: its value, in the format ``simpleWithArrays``.
    """

    id: str
    type: str = "control"
    name: str = ""
    href: str | None = None
    parent: Reference | None = wire(one(Reference))
    control_type: str | None = None
    value: Cell = wire(hashed=False)
