"""What every group of Coda's operations is made of: one call, one lazy listing, one mutation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from cloud._dialects.rest._client import RestClient
from cloud._dialects.rest._paths import segment
from cloud.coda_io._operations import OPERATIONS, Operation
from cloud.coda_io.errors import kind_of, words_of
from cloud.common._paging import Page, Pager
from cloud.common.enums import CloudProvider
from cloud.common.errors import InvalidRequestError, NotFoundError, ServiceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cloud._dialects.rest._errors import ServiceWords
    from cloud._dialects.rest._exchange import RestAnswer, RestServiceError
    from cloud._dialects.rest._paths import Value
    from cloud.coda_io._mutation import Mutation
    from cloud.common.errors import CloudError

T = TypeVar("T")

DOC_VERSION_HEADER = "x-coda-doc-version"
DEFAULT_PAGE_SIZE = 100
# A success is told by the document that comes with it: which of these the service answers is its own affair.
_SUCCESSES = (200, 201, 202)


class CodaCore(RestClient):
    """Calls by the table of operations."""

    provider = CloudProvider.CODA
    service_name = "docs"

    def _words_of(self, error: RestServiceError) -> ServiceWords:
        return words_of(error)

    def _kind_of(self, status: int, code: str | None) -> type[CloudError]:
        return kind_of(status, code)

    def _one(
        self,
        method: str,
        read: Callable[[dict[str, Any]], T],
        *ids: str | int,
        query: Mapping[str, Value] | None = None,
        body: object = None,
        doc_version: str | None = None,
        idempotent: bool | None = None,
    ) -> T:
        """Return what `read` makes of the answer's JSON object.

        Args:
            method: the public method; it names the operation.
            read: makes the result.
            ids: what fills the placeholders of the operation's path, in order.
            query: parameters; None leaves one out.
            body: the JSON body; of a plain dict, what is None at the top is left out.
            doc_version: value of the header X-Coda-Doc-Version.
            idempotent: whether this call can do no harm twice; None for what the operation says.
        """
        operation = OPERATIONS[method]
        path, resource = place(method, ids)
        return self._call(
            method,
            resource,
            operation.verb,
            path,
            lambda answer: read(answer.object()),
            query=(query or {}).items(),
            body=given(body) if type(body) is dict else body,
            headers=version_header(doc_version),
            accepts=_SUCCESSES,
            idempotent=operation.idempotent if idempotent is None else idempotent,
        )

    def _done(self, method: str, *ids: str | int, body: object = None) -> None:
        """Return when the service has done it. What its answer says is of no interest."""
        operation = OPERATIONS[method]
        path, resource = place(method, ids)
        try:
            self._call(
                method,
                resource,
                operation.verb,
                path,
                _check_done,
                body=given(body) if type(body) is dict else body,
                accepts=(*_SUCCESSES, 204),
                idempotent=operation.idempotent,
            )
        except NotFoundError as error:
            if not is_gone(operation, error):
                raise

    def _list(
        self,
        method: str,
        read: Callable[[dict[str, Any]], T],
        *ids: str | int,
        query: Mapping[str, Value] | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        page_token: str | None = None,
        doc_version: str | None = None,
        key: str = "items",
        sized: bool = True,
        mark: Callable[[T, Mapping[str, Any]], T] | None = None,
        always: Mapping[str, Value] | None = None,
    ) -> Pager[T]:
        """Return a lazy listing.

        Args:
            method, ids, query, doc_version: as for `_one`.
            read: makes an item of its JSON object.
            limit: items in all.
            page_size: items to ask for per request.
            page_token: where to go on; the service then ignores every other parameter, and none is sent.
            key: the field of the answer that holds the items.
            sized: whether the operation takes a page size.
            mark: completes an item by what the answer says of the whole page.
            always: parameters that the operation demands, beside a token too.
        """
        path, resource = place(method, ids)
        first = {**(always or {}), **(query or {})}
        if sized:
            first["limit"] = first_size(limit, page_size)

        def fetch(token: str | None) -> Page[T]:
            pairs = first if token is None else {**(always or {}), "pageToken": token}
            return self._call(
                method,
                resource,
                "GET",
                path,
                lambda answer: read_page(answer.object(), read, key, mark),
                query=pairs.items(),
                headers=version_header(doc_version),
                idempotent=True,
            )

        return Pager(fetch, token=page_token, limit=limit)

    def _mutate(
        self,
        method: str,
        *ids: str | int,
        wait: bool | float,
        query: Mapping[str, Value] | None = None,
        body: object = None,
        idempotent: bool | None = None,
        is_applied: Callable[[], bool] | None = None,
    ) -> Mutation:
        """Return the mutation that the service has queued, or done when `wait` says so.

        Args:
            method, ids, query, body, idempotent: as for `_one`.
            wait: True, or a number of seconds, to wait until it is applied.
            is_applied: for a change that the service gives no id: looks whether it is there.
        """
        from cloud.coda_io._mutation import Mutation

        _, resource = place(method, ids)
        try:
            mutation = self._one(
                method,
                lambda document: Mutation.queued(self, method, resource, document, is_applied),
                *ids,
                query=query,
                body=body,
                idempotent=idempotent,
            )
        except NotFoundError as error:
            if not is_gone(OPERATIONS[method], error):
                raise
            mutation = Mutation(operation=method, resource=resource, completed=True)
        return mutation.settled(wait)


def place(method: str, ids: tuple[str | int, ...]) -> tuple[str, str]:
    """Return the path of a call, and what it is about."""
    operation = OPERATIONS[method]
    parts = [segment(part, name) for part, name in zip(ids, operation.placeholders, strict=True)]
    return operation.fill(*parts), "/".join(map(str, ids))


def is_gone(operation: Operation, error: NotFoundError) -> bool:
    """Return whether a deletion that found nothing is done: an earlier try's answer was lost, not refused."""
    return operation.verb == "DELETE" and any(
        attempt.http_status is None or attempt.http_status >= 500 for attempt in error.attempts[:-1]
    )


def version_header(doc_version: str | None) -> dict[str, str] | None:
    """Return the header that asks for a version of a doc; None for none."""
    if doc_version is None:
        return None
    if not doc_version.isascii() or not doc_version.isprintable() or doc_version != doc_version.strip():
        raise InvalidRequestError(f'doc_version is "latest" or a version in ASCII, not {doc_version!r}')
    return {DOC_VERSION_HEADER: doc_version}


def _check_done(answer: RestAnswer) -> None:
    """Raise ServiceUnavailableError for an answer that was not the service's."""
    if answer.status != 204:
        answer.object()


def text_of(name: str) -> Callable[[dict[str, Any]], str]:
    """Return what reads one text of an answer."""

    def read(document: dict[str, Any]) -> str:
        value = document.get(name)
        if value is None:
            raise ServiceUnavailableError(f"the answer holds no {name!r}: this was not the service")
        return str(value)

    return read


class Exact(dict[str, Any]):
    """A body of which nothing is left out: None in it means something."""


def given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that are not None."""
    return {name: value for name, value in fields.items() if value is not None}


def commas(values: Iterable[str | int] | None, name: str) -> str | None:
    """Return a list as the service takes it in a query; None for none.

    Raises:
        InvalidRequestError: it is empty: the service would take it for no list at all, and answer with more.
    """
    if values is None:
        return None
    text = values if isinstance(values, str) else ",".join(map(str, values))
    if not text:
        raise InvalidRequestError(f"{name} is empty; pass None for all", request_sent=False)
    return text


def is_id(text: str, *prefixes: str) -> bool:
    """Return whether `text` is an id, which stays, and not a name, which may become another thing's."""
    return text.startswith(prefixes)


def first_size(limit: int | None, page_size: int | None, default: int = DEFAULT_PAGE_SIZE) -> int:
    """Return how many items to ask for in one request. The service gives fewer where that is too many."""
    if page_size is not None and page_size < 1:
        raise InvalidRequestError(f"page_size must be at least 1, not {page_size}")
    size = default if page_size is None else page_size
    return size if limit is None else max(1, min(size, limit))


def read_page(
    document: Mapping[str, Any],
    read: Callable[[dict[str, Any]], T],
    key: str = "items",
    mark: Callable[[T, Mapping[str, Any]], T] | None = None,
) -> Page[T]:
    """Return a page of a listing.

    Raises:
        ServiceUnavailableError: the answer holds no list of objects: an error must not look like an empty one.
    """
    items = document.get(key)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ServiceUnavailableError(f"the answer holds no list {key!r}: this was not the service")
    found = tuple(map(read, items))
    if mark is not None:
        found = tuple(mark(item, document) for item in found)
    return Page(found, next_token=next_token(document))


def next_token(document: Mapping[str, Any]) -> str | None:
    """Return the token of the next page; None when this was the last one."""
    token = document.get("nextPageToken")
    if token:
        return str(token)
    link = document.get("nextPageLink")
    if not link:
        return None
    found = parse_qs(urlsplit(str(link)).query).get("pageToken")
    if not found:
        raise ServiceUnavailableError("the answer names a next page without saying which")
    return found[0]
