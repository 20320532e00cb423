"""Listings of rows: typed cells, sync tokens, and smaller pages for docs that are slow to read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from cloud.coda_io._cells import VALUE_FORMATS, parse_cell
from cloud.coda_io._table_records import Row
from cloud.common._paging import Page, Pager, sifted
from cloud.common.errors import InvalidRequestError, ServiceUnavailableError
from cloud.common.models import FrozenMap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cloud.coda_io._table_records import Column, ColumnFormat


class RowPage(NamedTuple):
    """One answer of a listing of rows.

    Attributes:
        page: the rows.
        sync_token: on the last page, what a later listing of changes begins with.
    """

    page: Page[Row]
    sync_token: str | None


class AskRows(Protocol):
    """One request for rows."""

    def __call__(self, token: str | None, size: int, /, *, may_shrink: bool) -> RowPage | None:
        """Return a page; None when the service gave up and `may_shrink`, so that less can be asked for."""


class RowPager(Pager[Row]):
    """A lazy listing of rows.

    The service gives up (504) on large pages of large docs, and again on the same ones. The listing is then
    begun anew with pages of half the size, and rows that were given already are not given again.

    Args:
        ask: makes one request.
        size: rows per request, at first.
        token: where to go on. The service then keeps the page size that the token was made with.
        limit: rows in all.
    """

    def __init__(self, ask: AskRows, *, size: int, token: str | None, limit: int | None) -> None:
        super().__init__(self._unused, token=token, limit=limit)
        self._ask = ask
        self._size = size
        self._sync_token: str | None = None

    @property
    def sync_token(self) -> str | None:
        """What `list_rows(sync_token=...)` takes to list the changes since the listing that ended last.

        None before the end of a listing. Deleted rows are never among the changes.
        """
        return self._sync_token

    def pages(self) -> Iterator[Page[Row]]:
        """Yield page after page; `limit` does not cut pages."""
        return Pager(_Walk(self, self._ask, self._size, self._token).fetch, token=self._token).pages()

    def _unused(self, token: str | None) -> Page[Row]:
        raise AssertionError(token)  # `pages` gives each walk its own


class _Walk:
    """One walk over the pages."""

    def __init__(self, pager: RowPager, ask: AskRows, size: int, token: str | None) -> None:
        self._pager = pager
        self._ask = ask
        self._size = size
        self._from_start = token is None
        self._anew = False
        self._given: set[str] = set()

    def fetch(self, token: str | None) -> Page[Row]:
        """Return the page at `token`."""
        while True:
            found = self._ask(token, self._size, may_shrink=self._from_start and self._size > 1)
            if found is not None:
                break
            self._size, token, self._anew = self._size // 2, None, True
        page = found.page
        if page.next_token is None:
            self._pager._sync_token = found.sync_token  # noqa: SLF001  # its own walk
        if self._anew:
            rest = tuple(row for row in page.items if row.id not in self._given)
            page = sifted(rest, len(page.items), page.next_token)
        if self._from_start:
            self._given.update(row.id for row in page.items)
        return page


def row_reader(value_format: str, columns: Iterable[Column] | None = None) -> Callable[[dict[str, Any]], Row]:
    """Return what makes a row with typed cells of a JSON object."""
    if value_format not in VALUE_FORMATS:
        raise InvalidRequestError(
            f"value_format is one of {', '.join(VALUE_FORMATS)}, not {value_format!r}", request_sent=False
        )
    formats: dict[str, ColumnFormat] = {}
    for column in columns or ():
        formats[column.name] = formats[column.id] = column.format

    def read(document: dict[str, Any]) -> Row:
        row = Row.from_dict(document)
        if not isinstance(row.id, str):
            raise ServiceUnavailableError("the id of a row is no text")
        cells = {
            name: parse_cell(value, value_format, formats.get(name)) for name, value in row.cells.items()
        }
        return replace(row, cells=FrozenMap(cells))

    return read
