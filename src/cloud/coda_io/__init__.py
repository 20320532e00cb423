"""Coda: docs, pages, tables and rows. Needs nothing beyond the core: ``pip install cloud``."""

from typing import TYPE_CHECKING

from cloud.common._lazy import lazy_exports

if TYPE_CHECKING:
    from cloud.coda_io._batches import RowBatch as RowBatch
    from cloud.coda_io._batches import RowsReport as RowsReport
    from cloud.coda_io._cells import Currency as Currency
    from cloud.coda_io._cells import Image as Image
    from cloud.coda_io._cells import Link as Link
    from cloud.coda_io._cells import Markdown as Markdown
    from cloud.coda_io._cells import Person as Person
    from cloud.coda_io._cells import RowReference as RowReference
    from cloud.coda_io._cells import encode_cell as encode_cell
    from cloud.coda_io._cells import parse_cell as parse_cell
    from cloud.coda_io._client import CodaClient as CodaClient
    from cloud.coda_io._doc_records import ApiLink as ApiLink
    from cloud.coda_io._doc_records import Doc as Doc
    from cloud.coda_io._doc_records import DocCategory as DocCategory
    from cloud.coda_io._doc_records import DocPublished as DocPublished
    from cloud.coda_io._doc_records import DocSize as DocSize
    from cloud.coda_io._doc_records import Folder as Folder
    from cloud.coda_io._doc_records import Icon as Icon
    from cloud.coda_io._doc_records import Reference as Reference
    from cloud.coda_io._doc_records import User as User
    from cloud.coda_io._export import PageExport as PageExport
    from cloud.coda_io._limits import CodaLimits as CodaLimits
    from cloud.coda_io._limits import Window as Window
    from cloud.coda_io._mutation import Mutation as Mutation
    from cloud.coda_io._mutation import MutationStatus as MutationStatus
    from cloud.coda_io._page_records import Page as Page
    from cloud.coda_io._page_records import PageElement as PageElement
    from cloud.coda_io._page_records import PageImage as PageImage
    from cloud.coda_io._page_records import PageLine as PageLine
    from cloud.coda_io._pages import content_update as content_update
    from cloud.coda_io._pages import page_content as page_content
    from cloud.coda_io._row_pages import RowPager as RowPager
    from cloud.coda_io._rows import row_query as row_query
    from cloud.coda_io._table_records import Column as Column
    from cloud.coda_io._table_records import ColumnFormat as ColumnFormat
    from cloud.coda_io._table_records import Control as Control
    from cloud.coda_io._table_records import Formula as Formula
    from cloud.coda_io._table_records import Row as Row
    from cloud.coda_io._table_records import Sort as Sort
    from cloud.coda_io._table_records import Table as Table
    from cloud.coda_io._table_records import TableFilter as TableFilter
    from cloud.coda_io.errors import CodaAPIError as CodaAPIError
    from cloud.coda_io.errors import CodaAuthenticationError as CodaAuthenticationError
    from cloud.coda_io.errors import CodaConflictError as CodaConflictError
    from cloud.coda_io.errors import CodaForbiddenError as CodaForbiddenError
    from cloud.coda_io.errors import CodaGoneError as CodaGoneError
    from cloud.coda_io.errors import CodaNotFoundError as CodaNotFoundError
    from cloud.coda_io.errors import CodaRateLimitError as CodaRateLimitError
    from cloud.coda_io.errors import CodaServiceError as CodaServiceError
    from cloud.coda_io.errors import CodaValidationError as CodaValidationError

_EXPORTS = {
    "ApiLink": "._doc_records",
    "CodaAPIError": ".errors",
    "CodaAuthenticationError": ".errors",
    "CodaClient": "._client",
    "CodaConflictError": ".errors",
    "CodaForbiddenError": ".errors",
    "CodaGoneError": ".errors",
    "CodaLimits": "._limits",
    "CodaNotFoundError": ".errors",
    "CodaRateLimitError": ".errors",
    "CodaServiceError": ".errors",
    "CodaValidationError": ".errors",
    "Column": "._table_records",
    "ColumnFormat": "._table_records",
    "Control": "._table_records",
    "Currency": "._cells",
    "Doc": "._doc_records",
    "DocCategory": "._doc_records",
    "DocPublished": "._doc_records",
    "DocSize": "._doc_records",
    "Folder": "._doc_records",
    "Formula": "._table_records",
    "Icon": "._doc_records",
    "Image": "._cells",
    "Link": "._cells",
    "Markdown": "._cells",
    "Mutation": "._mutation",
    "MutationStatus": "._mutation",
    "Page": "._page_records",
    "PageElement": "._page_records",
    "PageExport": "._export",
    "PageImage": "._page_records",
    "PageLine": "._page_records",
    "Person": "._cells",
    "Reference": "._doc_records",
    "Row": "._table_records",
    "RowBatch": "._batches",
    "RowPager": "._row_pages",
    "RowReference": "._cells",
    "RowsReport": "._batches",
    "Sort": "._table_records",
    "Table": "._table_records",
    "TableFilter": "._table_records",
    "User": "._doc_records",
    "Window": "._limits",
    "content_update": "._pages",
    "encode_cell": "._cells",
    "page_content": "._pages",
    "parse_cell": "._cells",
    "row_query": "._rows",
}
__all__ = [
    "ApiLink",
    "CodaAPIError",
    "CodaAuthenticationError",
    "CodaClient",
    "CodaConflictError",
    "CodaForbiddenError",
    "CodaGoneError",
    "CodaLimits",
    "CodaNotFoundError",
    "CodaRateLimitError",
    "CodaServiceError",
    "CodaValidationError",
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
    "RowPager",
    "RowReference",
    "RowsReport",
    "Sort",
    "Table",
    "TableFilter",
    "User",
    "Window",
    "content_update",
    "encode_cell",
    "page_content",
    "parse_cell",
    "row_query",
]
__getattr__, __dir__ = lazy_exports(__name__, _EXPORTS)
