"""Pages of objects and of versions.

https://cloud.google.com/storage/docs/json_api/v1/objects/list
"""

from __future__ import annotations

from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from cloud._dialects._answers import load_json, read_document, understood
from cloud._dialects._xmltree import MalformedAnswerError, parse_timestamp
from cloud._dialects.gcs._names import bucket_path, quoted
from cloud.common._listed import listed_object
from cloud.common._paging import Advance, Page
from cloud.common.models import ObjectInfo

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cloud._dialects.gcs._exchange import Exchange
    from cloud.common._storage_types import ListRequest

# Asking for these members only makes an answer a quarter as long, and its parsing three times as cheap.
_FIELDS = "items(name,size,generation,updated,storageClass),prefixes,nextPageToken"
_VERSION_FIELDS = "items(name,size,generation,updated,storageClass,timeDeleted),nextPageToken"
_FROM = "from:"


def list_page(exchange: Exchange, request: ListRequest) -> Page[ObjectInfo]:
    """Return one page of objects in the byte order of their keys."""
    query = [f"fields={_FIELDS}", f"maxResults={request.page_size}"]
    if request.prefix:
        query.append(f"prefix={quoted(request.prefix)}")
    if request.delimiter is not None:
        query.append(f"delimiter={quoted(request.delimiter)}")
    if request.start_after is not None:
        query.append(f"startOffset={quoted(request.start_after)}")
    if request.token is not None:
        query.append(f"pageToken={quoted(request.token)}")
    page = _page(exchange, request.bucket, query)
    items = _items(request.bucket, page)
    prefixes = tuple(page.get("prefixes") or ())
    token = page.get("nextPageToken") or None
    if not all(isinstance(text, str) for text in (*prefixes, token or "")):
        raise MalformedAnswerError(f"listing of bucket {request.bucket!r}: a prefix or token is no text")
    if request.start_after is not None:
        items, prefixes = _after(exchange, request, request.start_after, items, prefixes)
    return Page(tuple(items), prefixes, token)


def _page(exchange: Exchange, bucket: str, query: Iterable[str]) -> dict[str, Any]:
    """Return one answer to a listing.

    Raises:
        MalformedAnswerError: it is no listing, or cut.
    """
    body = read_document(exchange.call("GET", f"{bucket_path(bucket)}/o?{'&'.join(query)}"))
    try:
        page = load_json(body)
    except ValueError as error:
        raise MalformedAnswerError(f"listing of bucket {bucket!r}: the answer is no JSON") from error
    # With `fields` an empty page is an empty object: there is no member that every page has.
    if (
        not isinstance(page, dict)
        or not isinstance(page.get("items") or [], list)
        or not isinstance(page.get("prefixes") or [], list)
    ):
        raise MalformedAnswerError(f"listing of bucket {bucket!r}: the answer is no listing")
    return page


def _items(bucket: str, page: dict[str, Any]) -> list[ObjectInfo]:
    make = partial(listed_object, bucket)
    try:
        return [
            make(
                _text(item["name"]),
                int(item["size"]),
                _text(item["generation"]),
                parse_timestamp(item["updated"]),
                item.get("storageClass"),
            )
            for item in page.get("items") or ()
        ]
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        if isinstance(error, MalformedAnswerError):
            raise
        raise MalformedAnswerError(
            f"listing of bucket {bucket!r}: an entry is incomplete ({error})"
        ) from error


def _text(value: Any) -> str:
    if value.__class__ is not str:
        raise TypeError("a name or a generation is no text")
    return value


def _after(
    exchange: Exchange,
    request: ListRequest,
    start: str,
    items: list[ObjectInfo],
    prefixes: tuple[str, ...],
) -> tuple[list[ObjectInfo], tuple[str, ...]]:
    """Leave out what does not come after `start`: the service's offset is inclusive.

    A prefix that `start` itself begins with stays only if a key below it comes after `start`.
    """
    least = start.encode()
    items = [item for item in items if item.key.encode() > least]
    kept = []
    for prefix in prefixes:
        if start.startswith(prefix):
            query = [
                "fields=items(name)",
                "maxResults=2",
                f"prefix={quoted(prefix)}",
                f"startOffset={quoted(start)}",
            ]
            found = _page(exchange, request.bucket, query).get("items") or ()
            with understood("listing"):
                is_beyond = any(item["name"].encode() > least for item in found)
            if is_beyond:
                kept.append(prefix)
        elif prefix.encode() > least:
            kept.append(prefix)
    return items, tuple(kept)


def versions_page(exchange: Exchange, request: ListRequest) -> Page[ObjectInfo]:
    """Return one page of versions, newest first for each key.

    The service lists the versions of a key oldest first, so a page ends with the last version of a key: what
    has begun is read to its end, and what comes after it is left to the next page.
    """
    start, token = _position(request.token)
    found: list[ObjectInfo] = []
    advance = Advance(token)
    while True:
        query = [f"fields={_VERSION_FIELDS}", "versions=true", f"maxResults={request.page_size}"]
        if request.prefix:
            query.append(f"prefix={quoted(request.prefix)}")
        if start is not None:
            query.append(f"startOffset={quoted(start)}")
        if token is not None:
            query.append(f"pageToken={quoted(token)}")
        page = _page(exchange, request.bucket, query)
        entries = _versions(request.bucket, page)
        found += entries
        token = page.get("nextPageToken") or None
        with understood("listing of versions"):
            if token is None:
                return Page(tuple(_newest_first(found)))
            last = found[-1].key if found else None
            if last is not None and found[0].key != last:
                whole = [item for item in found if item.key != last]
                return Page(tuple(_newest_first(whole)), next_token=_FROM + last)
        advance.to(token, is_empty=not entries)


def _position(token: str | None) -> tuple[str | None, str | None]:
    """Return the key that a page begins with, and the service's token."""
    if token is None:
        return None, None
    if token.startswith(_FROM):
        return token[len(_FROM) :], None
    return None, token


def _versions(bucket: str, page: dict[str, Any]) -> list[ObjectInfo]:
    return [
        ObjectInfo(
            bucket=bucket,
            key=item.key,
            size=item.size,
            etag=item.etag,
            modified_at=item.modified_at,
            storage_class=item.storage_class,
            version_id=item.etag,
            is_latest="timeDeleted" not in entry,
            raw=entry,
        )
        for item, entry in zip(_items(bucket, page), page.get("items") or (), strict=True)
    ]


def _newest_first(items: list[ObjectInfo]) -> Iterable[ObjectInfo]:
    for _, versions in groupby(items, key=attrgetter("key")):
        yield from sorted(versions, key=lambda version: int(version.version_id or 0), reverse=True)
