"""Rows on their way to a table: checked against the service's sizes, cut into requests, accounted for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from cloud._dialects.rest._exchange import json_bytes
from cloud.coda_io._cells import encode_cell
from cloud.coda_io._mutation import DEFAULT_WAIT_SECONDS
from cloud.common.errors import InvalidRequestError
from cloud.common.models import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cloud.coda_io._mutation import Mutation
    from cloud.common.errors import CloudError

MAX_ROW_BYTES: Final = 85_000
"""The service refuses a row over 85 KB; a line break counts twice, as it does in JSON."""
MAX_REQUEST_BYTES: Final = 2_000_000
"""The service refuses a body over 2 MB."""
DEFAULT_BATCH_ROWS: Final = 500
_OVERHEAD: Final = 64
_ATTRIBUTE: Final = "report"


@dataclass(frozen=True, kw_only=True, slots=True)
class RowBatch(Record):
    """One request of many rows.

    Attributes:
        first_row: place of its first row among those that were given, from 0.
        row_count: how many rows it has.
        byte_count: size of its rows as they are sent.
        mutation: the change that the service has queued; None for one that was not accepted.
    """

    first_row: int
    row_count: int
    byte_count: int
    mutation: Mutation | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RowsReport(Record):
    """What became of many rows.

    Attributes:
        batches: the requests in the order in which they were sent; those that were not have no mutation.
    """

    batches: tuple[RowBatch, ...] = ()

    @property
    def row_count(self) -> int:
        """How many rows were accepted."""
        return sum(batch.row_count for batch in self.batches if batch.mutation is not None)

    @property
    def added_row_ids(self) -> tuple[str, ...]:
        """The ids of the rows that were added; a row that was changed instead is not among them."""
        return tuple(
            row
            for batch in self.batches
            if batch.mutation is not None
            for row in batch.mutation.added_row_ids
        )

    @classmethod
    def of(cls, error: CloudError) -> RowsReport | None:
        """Return what was accepted before `error` ended `upsert_rows`; None for an error of something else."""
        return vars(error).get(_ATTRIBUTE)

    def attach(self, error: CloudError) -> None:
        """Let `error` say what was accepted before it."""
        vars(error)[_ATTRIBUTE] = self

    def wait(self, timeout: float = DEFAULT_WAIT_SECONDS) -> RowsReport:
        """Return the report once every batch is applied; `timeout` is for each. See `Mutation.wait`."""
        return RowsReport(
            batches=tuple(
                batch if batch.mutation is None else replace(batch, mutation=batch.mutation.wait(timeout))
                for batch in self.batches
            )
        )


@dataclass(frozen=True)
class Planned:
    """A request before it is sent.

    Attributes:
        batch: what it is about.
        rows: as they are sent.
    """

    batch: RowBatch
    rows: Sequence[dict[str, Any]]


def row_edit(row: Mapping[str, Any], number: int | None = None) -> tuple[dict[str, Any], int]:
    """Return a row as the service takes it, and its size, after checking that.

    Args:
        row: values by column id or name, or the API's own form ``{"cells": [{"column": ..., "value": ...}]}``.
        number: its place among several, for errors.
    """
    where = "the row" if number is None else f"row {number}"
    if not hasattr(row, "items"):
        raise InvalidRequestError(f"{where} is no mapping of columns to values", request_sent=False)
    pairs = _cells(row)
    if not pairs:
        raise InvalidRequestError(f"{where} has no cells", request_sent=False)
    try:
        edit = {"cells": [{"column": column, "value": encode_cell(value, column)} for column, value in pairs]}
        size = len(json_bytes(edit))
    except InvalidRequestError as error:
        raise InvalidRequestError(f"{where}, {error.message}", request_sent=False) from error
    if size > MAX_ROW_BYTES:
        raise InvalidRequestError(
            f"{where} has {size} bytes as it is sent; the service takes at most {MAX_ROW_BYTES}",
            request_sent=False,
        )
    return edit, size


def _cells(row: Mapping[str, Any]) -> list[tuple[str, Any]]:
    cells = row.get("cells")
    if len(row) == 1 and isinstance(cells, list | tuple) and all(map(_is_cell, cells)):
        return [(cell["column"], cell["value"]) for cell in cells]
    for column in row:
        if not isinstance(column, str) or not column:
            raise InvalidRequestError(f"{column!r} is no column id or name", request_sent=False)
    return list(row.items())


def _is_cell(cell: object) -> bool:
    return isinstance(cell, dict) and cell.keys() == {"column", "value"}


def checked_keys(key_columns: Iterable[str] | None) -> list[str]:
    """Return the key columns as a list."""
    if isinstance(key_columns, str):
        raise InvalidRequestError(f"key_columns is a list, not the text {key_columns!r}", request_sent=False)
    return list(key_columns or ())


def plan(rows: Iterable[Mapping[str, Any]], keys: Sequence[str], batch_rows: int) -> list[Planned]:
    """Return the requests for `rows`, in order. Every row is checked before the first is sent.

    Raises:
        InvalidRequestError: a row is too large or cannot be written; it is named by its place.
    """
    if batch_rows < 1:
        raise InvalidRequestError(f"batch_rows must be at least 1, not {batch_rows}", request_sent=False)
    edits = [row_edit(row, number) for number, row in enumerate(rows)]
    room = MAX_REQUEST_BYTES - _OVERHEAD - len(json_bytes(list(keys)))
    return list(_cut(edits, batch_rows, room))


def _cut(edits: Sequence[tuple[dict[str, Any], int]], batch_rows: int, room: int) -> Iterator[Planned]:
    start = size = 0
    for place, (_, length) in enumerate(edits):
        if place > start and (size + length + 1 > room or place - start == batch_rows):
            yield _planned(edits, start, place, size)
            start, size = place, 0
        size += length + 1  # the comma
    if edits:
        yield _planned(edits, start, len(edits), size)


def _planned(edits: Sequence[tuple[dict[str, Any], int]], start: int, stop: int, size: int) -> Planned:
    batch = RowBatch(first_row=start, row_count=stop - start, byte_count=size)
    return Planned(batch, [edit for edit, _ in edits[start:stop]])


def check_body(body: object) -> None:
    """Raise InvalidRequestError for a body that the service would refuse for its size."""
    size = len(json_bytes(body))
    if size > MAX_REQUEST_BYTES:
        raise InvalidRequestError(
            f"the request has {size} bytes; the service takes at most {MAX_REQUEST_BYTES}",
            hint="send it in parts; upsert_rows does so",
            request_sent=False,
        )
