"""Tables and their columns; formulas and controls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cloud.coda_io._core import CodaCore, commas
from cloud.coda_io._table_records import Column, Control, Formula, Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cloud.common._paging import Pager


class TableOperations(CodaCore):
    """Operations on tables, columns, formulas and controls. The API can make none of them.

    Names may stand for ids, but people change names: take ids.
    """

    def list_tables(
        self,
        doc_id: str,
        limit: int | None = None,
        page_token: str | None = None,
        sort_by: Literal["name"] | None = None,
        table_types: Iterable[Literal["table", "view"]] | None = None,
        *,
        page_size: int | None = None,
        doc_version: str | None = None,
    ) -> Pager[Table]:
        """Return the tables and views of a doc.

        Args:
            doc_id: the doc.
            limit: tables in all.
            page_token: where to go on; nothing else counts then.
            sort_by: ``name``; None for the service's own order.
            table_types: ``table``, ``view``; both by default.
            page_size: tables per request.
            doc_version: ``latest`` to get an error instead of what is older than the last change.
        """
        return self._list(
            "list_tables",
            Table.from_dict,
            doc_id,
            query={"sortBy": sort_by, "tableTypes": commas(table_types, "table_types")},
            limit=limit,
            page_token=page_token,
            page_size=page_size,
            doc_version=doc_version,
        )

    def get_table(
        self,
        doc_id: str,
        table_id_or_name: str,
        use_updated_table_layouts: bool | None = None,
        *,
        doc_version: str | None = None,
    ) -> Table:
        """Return a table or view.

        Args:
            doc_id: the doc.
            table_id_or_name: the table.
            use_updated_table_layouts: give the layouts "detail" and "form" by these names.
            doc_version: ``latest`` to get an error instead of what is older than the last change.
        """
        return self._one(
            "get_table",
            Table.from_dict,
            doc_id,
            table_id_or_name,
            query={"useUpdatedTableLayouts": use_updated_table_layouts},
            doc_version=doc_version,
        )

    def list_columns(
        self,
        doc_id: str,
        table_id_or_name: str,
        limit: int | None = None,
        page_token: str | None = None,
        visible_only: bool | None = None,
        *,
        page_size: int | None = None,
        doc_version: str | None = None,
    ) -> Pager[Column]:
        """Return the columns of a table.

        Args:
            doc_id: the doc.
            table_id_or_name: the table.
            limit: columns in all.
            page_token: where to go on; nothing else counts then.
            visible_only: of a view, the visible ones only.
            page_size: columns per request; the service gives at most 100.
            doc_version: ``latest`` to get an error instead of what is older than the last change.
        """
        return self._list(
            "list_columns",
            Column.from_dict,
            doc_id,
            table_id_or_name,
            query={"visibleOnly": visible_only},
            limit=limit,
            page_token=page_token,
            page_size=page_size,
            doc_version=doc_version,
        )

    def get_column(
        self,
        doc_id: str,
        table_id_or_name: str,
        column_id_or_name: str,
        *,
        doc_version: str | None = None,
    ) -> Column:
        """Return a column."""
        return self._one(
            "get_column",
            Column.from_dict,
            doc_id,
            table_id_or_name,
            column_id_or_name,
            doc_version=doc_version,
        )

    def list_formulas(
        self,
        doc_id: str,
        limit: int | None = None,
        page_token: str | None = None,
        sort_by: Literal["name"] | None = None,
        *,
        page_size: int | None = None,
        doc_version: str | None = None,
    ) -> Pager[Formula]:
        """Return the named formulas of a doc, without their values.

        Args:
            doc_id: the doc.
            limit: formulas in all.
            page_token: where to go on; nothing else counts then.
            sort_by: ``name``; None for the service's own order.
            page_size: formulas per request.
            doc_version: ``latest`` to get an error instead of what is older than the last change.
        """
        return self._list(
            "list_formulas",
            Formula.from_dict,
            doc_id,
            query={"sortBy": sort_by},
            limit=limit,
            page_token=page_token,
            page_size=page_size,
            doc_version=doc_version,
        )

    def get_formula(self, doc_id: str, formula_id_or_name: str, *, doc_version: str | None = None) -> Formula:
        """Return a named formula with its value."""
        return self._one(
            "get_formula", Formula.from_dict, doc_id, formula_id_or_name, doc_version=doc_version
        )

    def list_controls(
        self,
        doc_id: str,
        limit: int | None = None,
        page_token: str | None = None,
        sort_by: Literal["name"] | None = None,
        *,
        page_size: int | None = None,
        doc_version: str | None = None,
    ) -> Pager[Control]:
        """Return the controls of a doc, without their values.

        Args:
            doc_id: the doc.
            limit: controls in all.
            page_token: where to go on; nothing else counts then.
            sort_by: ``name``; None for the service's own order.
            page_size: controls per request.
            doc_version: ``latest`` to get an error instead of what is older than the last change.
        """
        return self._list(
            "list_controls",
            Control.from_dict,
            doc_id,
            query={"sortBy": sort_by},
            limit=limit,
            page_token=page_token,
            page_size=page_size,
            doc_version=doc_version,
        )

    def get_control(self, doc_id: str, control_id_or_name: str, *, doc_version: str | None = None) -> Control:
        """Return a control with its value."""
        return self._one(
            "get_control", Control.from_dict, doc_id, control_id_or_name, doc_version=doc_version
        )
