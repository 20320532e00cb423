"""Rows: read with typed cells, written in batches, never twice."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from cloud.coda_io._batches import (
    DEFAULT_BATCH_ROWS,
    RowBatch,
    RowsReport,
    check_body,
    checked_keys,
    plan,
    row_edit,
)
from cloud.coda_io._core import CodaCore, first_size, is_id, place, read_page, version_header
from cloud.coda_io._row_pages import RowPage, RowPager, row_reader
from cloud.common.errors import CloudError, InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cloud._dialects.rest._exchange import RestAnswer
    from cloud.coda_io._batches import Planned
    from cloud.coda_io._cells import Scalar, ValueFormat
    from cloud.coda_io._mutation import Mutation
    from cloud.coda_io._table_records import Column, Row

DEFAULT_ROW_PAGE = 200
_ROW_IDS = "i-"
_GATEWAY_TIMEOUT = 504


def row_query(column: str, value: Scalar) -> str:
    """Return a condition for `query` of `list_rows`: rows whose cell of `column` is `value`.

    Args:
        column: id (``c-...``) or name.
        value: text, number or truth value.
    """
    name = column if is_id(column, "c-") else json.dumps(column, ensure_ascii=False)
    return f"{name}:{json.dumps(value, ensure_ascii=False, allow_nan=False)}"


class RowOperations(CodaCore):
    """Operations on rows. Names may stand for ids, but people change names: take ids."""

    def list_rows(
        self,
        doc_id: str,
        table_id_or_name: str,
        query: str | None = None,
        sort_by: Literal["createdAt", "natural", "updatedAt"] | None = None,
        use_column_names: bool | None = None,
        value_format: ValueFormat = "rich",
        visible_only: bool | None = None,
        limit: int | None = None,
        page_token: str | None = None,
        sync_token: str | None = None,
        *,
        columns: Iterable[Column] | None = None,
        page_size: int | None = None,
        doc_version: str | None = None,
    ) -> RowPager:
        """Return the rows of a table, lazily.

        Args:
            doc_id: the doc.
            table_id_or_name: the table or view.
            query: a condition on one column; `row_query` writes it.
            sort_by: ``createdAt``, ``updatedAt``, or ``natural``, as people see them, visible rows only.
            use_column_names: give cells by column name instead of id.
            value_format: ``rich`` loses nothing; ``simple`` makes texts of lists; see `parse_cell`.
            visible_only: of a view, visible rows and columns only.
            limit: rows in all.
            page_token: where to go on; nothing but `value_format` and `columns` counts then: give the same
                ones as before.
            sync_token: only what changed since (see `RowPager.sync_token`); deleted rows are never listed.
            columns: the table's columns: their dates and times become Python's.
            page_size: rows per request, at first; it is halved when the service gives up.
            doc_version: ``latest`` to get an error instead of what is older than the last change.
        """
        if sort_by == "natural" and visible_only is False:
            raise InvalidRequestError("sort_by='natural' lists visible rows only", request_sent=False)
        read = row_reader(value_format, columns)
        path, resource = place("list_rows", (doc_id, table_id_or_name))
        first = {
            "query": query,
            "sortBy": sort_by,
            "useColumnNames": use_column_names,
            "valueFormat": value_format,
            "visibleOnly": visible_only,
            "syncToken": sync_token,
        }

        def read_rows(answer: RestAnswer) -> RowPage | None:
            if answer.status == _GATEWAY_TIMEOUT:
                return None
            document = answer.object()
            token = document.get("nextSyncToken")
            return RowPage(read_page(document, read), str(token) if token else None)

        def ask(token: str | None, size: int, *, may_shrink: bool) -> RowPage | None:
            pairs = {**first, "limit": size} if token is None else {"pageToken": token}
            return self._call(
                "list_rows",
                resource,
                "GET",
                path,
                read_rows,
                query=pairs.items(),
                headers=version_header(doc_version),
                accepts=(200, _GATEWAY_TIMEOUT) if may_shrink else (200,),
                idempotent=True,
            )

        size = first_size(limit, page_size, DEFAULT_ROW_PAGE)
        return RowPager(ask, size=size, token=page_token, limit=limit)

    def get_row(
        self,
        doc_id: str,
        table_id_or_name: str,
        row_id_or_name: str,
        use_column_names: bool | None = None,
        value_format: ValueFormat = "rich",
        *,
        columns: Iterable[Column] | None = None,
        doc_version: str | None = None,
    ) -> Row:
        """Return a row; by name, one of those that have it.

        Args:
            doc_id: the doc.
            table_id_or_name: the table or view.
            row_id_or_name: the row.
            use_column_names: give cells by column name instead of id.
            value_format: see `list_rows`.
            columns: see `list_rows`.
            doc_version: ``latest`` to get an error instead of what is older than the last change.
        """
        return self._one(
            "get_row",
            row_reader(value_format, columns),
            doc_id,
            table_id_or_name,
            row_id_or_name,
            query={"useColumnNames": use_column_names, "valueFormat": value_format},
            doc_version=doc_version,
        )

    def insert_rows(
        self,
        doc_id: str,
        table_id_or_name: str,
        rows: Iterable[Mapping[str, Any]],
        key_columns: Iterable[str] | None = None,
        disable_parsing: bool | None = None,
        *,
        wait: bool | float = False,
    ) -> Mutation:
        """Add rows to a table in one request; the mutation has their ids in `added_row_ids`.

        Without key columns the rows are never sent twice: a lost answer raises OutcomeUnknownError.

        Args:
            doc_id: the doc.
            table_id_or_name: the table, not a view.
            rows: values by column id or name; see `encode_cell` for what a value may be.
            key_columns: change every row whose cells of these columns are equal instead of adding one.
            disable_parsing: take texts as they are, also where a date, a person or a row is meant.
            wait: wait until they are there; True, or at most so many seconds.

        Raises:
            InvalidRequestError: a row has more than 85 KB (it is named), or all have more than 2 MB.
        """
        keys = checked_keys(key_columns)
        edits = [row_edit(row, number)[0] for number, row in enumerate(rows)]
        if not edits:
            raise InvalidRequestError("there are no rows to insert", request_sent=False)
        body = {"rows": edits, **({"keyColumns": keys} if keys else {})}
        check_body(body)
        return self._mutate(
            "insert_rows",
            doc_id,
            table_id_or_name,
            query={"disableParsing": disable_parsing},
            body=body,
            wait=wait,
            idempotent=bool(keys),
        )

    def upsert_rows(
        self,
        doc_id: str,
        table_id_or_name: str,
        rows: Iterable[Mapping[str, Any]],
        key_columns: Iterable[str] | None = None,
        disable_parsing: bool | None = None,
        *,
        batch_rows: int = DEFAULT_BATCH_ROWS,
        wait: bool | float = False,
    ) -> RowsReport:
        """Change or add any number of rows, in order, in as few requests as their sizes allow.

        All rows are checked before the first is sent. With key columns a batch whose answer was lost is sent
        again, which changes nothing; without them it is not: OutcomeUnknownError. An error ends the sending:
        ``RowsReport.of(error)`` says what was accepted before, and its `resume_token` is the place of the
        first row that is not known to be accepted.

        Args:
            doc_id: the doc.
            table_id_or_name: the table, not a view.
            rows: values by column id or name; see `encode_cell` for what a value may be.
            key_columns: every row whose cells of these columns are equal is changed; without, all are added.
            disable_parsing: take texts as they are, also where a date, a person or a row is meant.
            batch_rows: rows per request at most.
            wait: wait until they are there, after all were sent; True, or so many seconds for each batch.

        Raises:
            InvalidRequestError: a row has more than 85 KB or cannot be written; it is named by its place.
        """
        keys = checked_keys(key_columns)
        planned = plan(rows, keys, batch_rows)
        query = {"disableParsing": disable_parsing}
        done: list[RowBatch] = []
        for request in planned:
            body = {"rows": request.rows, **({"keyColumns": keys} if keys else {})}
            try:
                mutation = self._mutate(
                    "upsert_rows",
                    doc_id,
                    table_id_or_name,
                    query=query,
                    body=body,
                    wait=False,
                    idempotent=bool(keys),
                )
            except CloudError as error:
                _report(error, done, planned)
                raise
            done.append(replace(request.batch, mutation=mutation))
        report = RowsReport(batches=tuple(done))
        if wait is False:
            return report
        return report.wait() if wait is True else report.wait(wait)

    def update_row(
        self,
        doc_id: str,
        table_id_or_name: str,
        row_id_or_name: str,
        row: Mapping[str, Any],
        disable_parsing: bool | None = None,
        *,
        wait: bool | float = False,
    ) -> Mutation:
        """Change cells of a row; other cells stay. By name it is sent once only: it may be another row's.

        Args:
            doc_id: the doc.
            table_id_or_name: the table or view.
            row_id_or_name: the row.
            row: values by column id or name; see `encode_cell` for what a value may be.
            disable_parsing: take texts as they are, also where a date, a person or a row is meant.
            wait: wait until it is applied; True, or at most so many seconds.
        """
        return self._mutate(
            "update_row",
            doc_id,
            table_id_or_name,
            row_id_or_name,
            query={"disableParsing": disable_parsing},
            body={"row": row_edit(row)[0]},
            wait=wait,
            idempotent=is_id(row_id_or_name, _ROW_IDS),
        )

    def delete_row(
        self, doc_id: str, table_id_or_name: str, row_id_or_name: str, *, wait: bool | float = False
    ) -> Mutation:
        """Delete a row; by name, any one of those that have it, and it is sent once only."""
        return self._mutate(
            "delete_row",
            doc_id,
            table_id_or_name,
            row_id_or_name,
            wait=wait,
            idempotent=is_id(row_id_or_name, _ROW_IDS),
        )

    def delete_rows(
        self, doc_id: str, table_id_or_name: str, row_ids: Iterable[str], *, wait: bool | float = False
    ) -> Mutation:
        """Delete the rows with these ids in one request."""
        ids = [] if isinstance(row_ids, str) else list(row_ids)
        if not ids:
            raise InvalidRequestError(f"row_ids must be a list of ids, not {row_ids!r}", request_sent=False)
        body = {"rowIds": ids}
        check_body(body)
        return self._mutate("delete_rows", doc_id, table_id_or_name, body=body, wait=wait)

    def push_button(
        self,
        doc_id: str,
        table_id_or_name: str,
        row_id_or_name: str,
        column_id_or_name: str,
        *,
        wait: bool | float = False,
    ) -> Mutation:
        """Push a button in a row. It is pushed once: a lost answer raises OutcomeUnknownError."""
        return self._mutate(
            "push_button", doc_id, table_id_or_name, row_id_or_name, column_id_or_name, wait=wait
        )


def _report(error: CloudError, done: list[RowBatch], planned: list[Planned]) -> None:
    """Let an error say what was accepted before it."""
    left = [request.batch for request in planned[len(done) :]]
    RowsReport(batches=(*done, *left)).attach(error)
    error.resume_token = str(left[0].first_row)
