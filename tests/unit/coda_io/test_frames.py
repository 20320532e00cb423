"""Rows as a data frame: nothing is lost, nothing is mixed up."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from cloud.coda_io import Column, Person, Row, _frames, rows_to_dataframe
from cloud.common import MissingDependencyError

COLUMNS = [
    Column.from_dict({"id": f"c-{number}", "name": name, "format": {"type": kind, "isArray": False}})
    for number, (name, kind) in enumerate(
        [("Näme", "text"), ("Count", "number"), ("Who", "person"), ("When", "dateTime"), ("Count", "text")]
    )
]


def row(number: int, **cells: Any) -> Row:
    return Row(id=f"i-{number}", cells={name.replace("_", "-"): value for name, value in cells.items()})


def test_columns_have_their_names_and_order_and_blank_numbers_are_missing() -> None:
    moment = datetime(2026, 1, 2, tzinfo=timezone.utc)
    rows = [
        row(1, c_0="a", c_1=1.5, c_2=Person(name="Ann"), c_3=moment, c_4="x"),
        row(2, c_0="", c_1="", c_3=""),
    ]
    frame = rows_to_dataframe(iter(rows), iter(COLUMNS))
    assert list(frame.columns) == ["Näme", "Count", "Who", "When", "c-4"]
    assert (frame.index.name, list(frame.index)) == ("id", ["i-1", "i-2"])
    assert list(frame["Näme"]) == ["a", ""]
    assert frame["Count"].dtype == float
    assert frame["Count"].isna().tolist() == [False, True]
    assert frame.loc["i-1", "Who"] == Person(name="Ann")
    assert frame.loc["i-1", "When"] == moment
    assert frame["When"].isna().tolist() == [False, True]


def test_cells_by_name_are_found_too() -> None:
    frame = rows_to_dataframe([Row(id="i-1", cells={"Näme": "a"})], COLUMNS[:1])
    assert frame.to_dict("list") == {"Näme": ["a"]}


def test_without_columns_the_rows_name_them() -> None:
    frame = rows_to_dataframe([row(1, c_0="a"), row(2, c_1=2)])
    assert list(frame.columns) == ["c-0", "c-1"]
    assert frame.loc["i-1", "c-1"] != frame.loc["i-1", "c-1"], "a cell that is not there is missing"  # NaN


def test_empty_tables_keep_their_columns_and_rows_without_cells_their_ids() -> None:
    assert list(rows_to_dataframe([], COLUMNS).columns) == ["Näme", "Count", "Who", "When", "c-4"]
    assert rows_to_dataframe([]).empty
    assert list(rows_to_dataframe([row(1)]).index) == ["i-1"]


def test_without_pandas_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(module: str, *, extra: str) -> None:
        raise MissingDependencyError(f"{module} {extra}")

    monkeypatch.setattr(_frames, "require", missing)
    with pytest.raises(MissingDependencyError, match="pandas pandas"):
        rows_to_dataframe([])
