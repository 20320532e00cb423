"""Rows as a data frame of pandas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cloud.common._lazy import require

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from cloud.coda_io._cells import Cell
    from cloud.coda_io._table_records import Column, Row

# Of these types a blank cell is an empty text and nothing else; in the others it stands for no value.
_TEXTS: Final = frozenset({"text", "canvas", "select", "email", "link", "other"})


def rows_to_dataframe(rows: Iterable[Row], columns: Iterable[Column] | None = None) -> pd.DataFrame:
    """Return rows as a data frame, indexed by row id.

    Cells are what `list_rows` gives: people, links, images, amounts of money and references stay records. A
    cell that a row does not have is missing.

    Args:
        rows: a listing, or any rows; all of it is read.
        columns: the table's columns, as `list_columns` gives them: the frame then has these, by name and in
            their order, and blank cells of numbers, dates and the like are missing values. Without them it has
            the columns that the rows have, as they name them.

    Raises:
        MissingDependencyError: pandas is not installed: ``pip install 'cloud[pandas]'``.
    """
    pandas = require("pandas", extra="pandas")
    found = list(rows)
    series: dict[str, list[Any]]
    if columns is None:
        names = dict.fromkeys(name for row in found for name in row.cells)
        series = {name: [row.cells.get(name) for row in found] for name in names}
    else:
        series = _by_columns(found, list(columns))
    index = pandas.Index([row.id for row in found], name="id")
    # A frame of a dict alone forgets an index without columns, and columns without rows.
    frame: pd.DataFrame = pandas.DataFrame(series, index=index, columns=list(series))
    return frame


def _by_columns(rows: list[Row], columns: list[Column]) -> dict[str, list[Any]]:
    series: dict[str, list[Any]] = {}
    for column in columns:
        name = column.id if column.name in series else column.name  # no column hides another one
        series[name] = [_value(row.cells, column) for row in rows]
    return series


def _value(cells: Mapping[str, Cell], column: Column) -> Cell:
    value = cells[column.id] if column.id in cells else cells.get(column.name)
    return None if value == "" and column.format.type not in _TEXTS else value
