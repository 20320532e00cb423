"""The records of Coda, by the names that `cloud.coda_io` has too."""

from typing import TYPE_CHECKING

from cloud.common._lazy import lazy_exports

if TYPE_CHECKING:
    from cloud.coda_io._batches import RowBatch, RowsReport
    from cloud.coda_io._cells import Currency, Image, Link, Markdown, Person, RowReference
    from cloud.coda_io._doc_records import (
        ApiLink,
        Doc,
        DocCategory,
        DocPublished,
        DocSize,
        Folder,
        Icon,
        Reference,
        User,
    )
    from cloud.coda_io._export import PageExport
    from cloud.coda_io._mutation import Mutation, MutationStatus
    from cloud.coda_io._page_records import Page, PageElement, PageImage, PageLine
    from cloud.coda_io._table_records import (
        Column,
        ColumnFormat,
        Control,
        Formula,
        Row,
        Sort,
        Table,
        TableFilter,
    )

_EXPORTS = {
    "ApiLink": "cloud.coda_io._doc_records",
    "Column": "cloud.coda_io._table_records",
    "ColumnFormat": "cloud.coda_io._table_records",
    "Control": "cloud.coda_io._table_records",
    "Currency": "cloud.coda_io._cells",
    "Doc": "cloud.coda_io._doc_records",
    "DocCategory": "cloud.coda_io._doc_records",
    "DocPublished": "cloud.coda_io._doc_records",
    "DocSize": "cloud.coda_io._doc_records",
    "Folder": "cloud.coda_io._doc_records",
    "Formula": "cloud.coda_io._table_records",
    "Icon": "cloud.coda_io._doc_records",
    "Image": "cloud.coda_io._cells",
    "Link": "cloud.coda_io._cells",
    "Markdown": "cloud.coda_io._cells",
    "Mutation": "cloud.coda_io._mutation",
    "MutationStatus": "cloud.coda_io._mutation",
    "Page": "cloud.coda_io._page_records",
    "PageElement": "cloud.coda_io._page_records",
    "PageExport": "cloud.coda_io._export",
    "PageImage": "cloud.coda_io._page_records",
    "PageLine": "cloud.coda_io._page_records",
    "Person": "cloud.coda_io._cells",
    "Reference": "cloud.coda_io._doc_records",
    "Row": "cloud.coda_io._table_records",
    "RowBatch": "cloud.coda_io._batches",
    "RowReference": "cloud.coda_io._cells",
    "RowsReport": "cloud.coda_io._batches",
    "Sort": "cloud.coda_io._table_records",
    "Table": "cloud.coda_io._table_records",
    "TableFilter": "cloud.coda_io._table_records",
    "User": "cloud.coda_io._doc_records",
}
__all__ = [
    "ApiLink",
    "Column",
    "ColumnFormat",
    "Control",
    "Currency",
    "Doc",
    "DocCategory",
    "DocPublished",
    "DocSize",
    "Folder",
    "Formula",
    "Icon",
    "Image",
    "Link",
    "Markdown",
    "Mutation",
    "MutationStatus",
    "Page",
    "PageElement",
    "PageExport",
    "PageImage",
    "PageLine",
    "Person",
    "Reference",
    "Row",
    "RowBatch",
    "RowReference",
    "RowsReport",
    "Sort",
    "Table",
    "TableFilter",
    "User",
]
__getattr__, __dir__ = lazy_exports(__name__, _EXPORTS)
