"""Lazy listings: pages are fetched as they are needed, and a failure never looks like the end."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Generic, TypeVar

from cloud.common.errors import CloudError, InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

MAX_EMPTY_PAGES = 10_000
"""Empty pages in a row after which a listing that still says "more" is given up. Empty pages are legal where a
service looks through what it does not show (delete markers, what a filter leaves out): S3, Azure and Google look at
a thousand or more entries a request, so that this is ten million of them in one gap."""


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


class SiftedPage(Page[T]):
    """A page of which this client left something out: that nothing remains says nothing about the service."""

    __slots__ = ()


def sifted(
    items: tuple[T, ...], listed: int, next_token: str | None, prefixes: tuple[str, ...] = ()
) -> Page[T]:
    """Return the page of the `items` and `prefixes` that were wanted, of the `listed` many that the service gave."""
    return (Page if len(items) + len(prefixes) == listed else SiftedPage)(items, prefixes, next_token)


class Advance:
    """Watches that a listing moves on, page by page.

    Args:
        token: what the first page is asked for by.
    """

    __slots__ = ("_empty", "_token")

    def __init__(self, token: str | None = None) -> None:
        self._token = token
        self._empty = 0

    def to(self, token: str, *, is_empty: bool) -> str:
        """Return the `token` of the next page.

        Args:
            token: what the page that was just read names.
            is_empty: whether the service listed nothing on that page.

        Raises:
            UnknownServiceError: the token is the page's own, or there were `MAX_EMPTY_PAGES` empty pages in a row.
        """
        if token == self._token:
            raise _stopped("the service gave the same page token twice; stopped instead of looping", token)
        self._empty = self._empty + 1 if is_empty else 0
        if self._empty >= MAX_EMPTY_PAGES:
            raise _stopped(
                f"the service gave {self._empty} empty pages in a row and says that there is more; "
                "stopped instead of looping",
                token,
            )
        self._token = token
        return token


class Pager(Generic[T]):
    """A listing that has not been fetched yet. Iterate it for the items, or over `pages()`.

    Each iteration starts anew. The first item costs one request. An error on a later page raises; its
    `resume_token` is the token of the page that failed, so nothing already seen must be listed again. A listing
    that does not move on (the same token twice, or `MAX_EMPTY_PAGES` empty pages in a row) raises, too.
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
        advance = Advance(token)
        while True:
            try:
                page = self._fetch(token)
            except CloudError as error:
                error.resume_token = token
                raise
            yield page
            if page.next_token is None:
                return
            is_empty = not page.items and not page.prefixes and page.__class__ is not SiftedPage
            token = advance.to(page.next_token, is_empty=is_empty)

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


def _stopped(message: str, token: str) -> CloudError:
    from cloud.common.errors import UnknownServiceError

    error = UnknownServiceError(message)
    error.resume_token = token
    return error
