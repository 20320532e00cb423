"""Lazy listings: pages are fetched as they are needed, and a failure never looks like the end."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Generic, TypeVar

from cloud.common.errors import CloudError, InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One answer of a listing.

    Attributes:
        items: what was listed.
        prefixes: with a delimiter, the common prefixes of the keys that it hides ("folders").
        next_token: pass it as ``token=`` to list from the next page on; None on the last page.
    """

    items: tuple[T, ...]
    prefixes: tuple[str, ...] = ()
    next_token: str | None = None


class Pager(Generic[T]):
    """A listing that has not been fetched yet. Iterate it for the items, or over `pages()`.

    Each iteration starts anew. The first item costs one request. An error on a later page raises; its
    `resume_token` is the token of the page that failed, so nothing already seen must be listed again.
    """

    def __init__(
        self,
        fetch: Callable[[str | None], Page[T]],
        *,
        token: str | None = None,
        limit: int | None = None,
    ) -> None:
        if limit is not None and limit < 0:
            raise InvalidRequestError(f"limit must not be negative: {limit}")
        self._fetch = fetch
        self._token = token
        self._limit = limit

    def pages(self) -> Iterator[Page[T]]:
        """Yield page after page; `limit` does not cut pages."""
        token = self._token
        while True:
            try:
                page = self._fetch(token)
            except CloudError as error:
                error.resume_token = token
                raise
            yield page
            if page.next_token is None:
                return
            if page.next_token == token:
                raise _looping(token)
            token = page.next_token

    def __iter__(self) -> Iterator[T]:
        """Yield item after item, at most `limit`."""
        if self._limit == 0:
            return iter(())
        items = (item for page in self.pages() for item in page.items)
        return items if self._limit is None else islice(items, self._limit)

    def prefixes(self) -> Iterator[str]:
        """Yield the common prefixes of all pages (needs a delimiter)."""
        return (prefix for page in self.pages() for prefix in page.prefixes)

    def first(self) -> T | None:
        """Return the first item, or None when the listing is empty."""
        return next(iter(self), None)

    def to_list(self) -> list[T]:
        """Return all items. Memory grows with the listing; iterate instead where it may be long."""
        return list(self)


def _looping(token: str) -> CloudError:
    from cloud.common.errors import UnknownServiceError

    error = UnknownServiceError("the service gave the same page token twice; stopped instead of looping")
    error.resume_token = token
    return error
