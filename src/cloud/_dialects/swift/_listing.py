"""Listings, as JSON: objects, versions, containers, and the names of segments.

A page that is cut is no JSON and raises; a page that is full has a successor.
https://docs.openstack.org/api-ref/object-store/#show-container-details-and-list-objects
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from cloud._dialects._answers import read_document, understood
from cloud._dialects.swift._exchange import json_list
from cloud.common._listed import listed_object
from cloud.common._paging import Advance, Page
from cloud.common.errors import ServiceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud._dialects.swift._exchange import Exchange
    from cloud.common._storage_types import ListRequest
    from cloud.common.models import ObjectInfo

MAX_PAGE = 10_000
"""``container_listing_limit`` and ``account_listing_limit``: https://docs.openstack.org/swift/latest/config/"""
_DELETED = "application/x-deleted;swift_versions_deleted=1"


def _page(exchange: Exchange, bucket: str, query: list[tuple[str, str]]) -> list[dict[str, Any]]:
    response = exchange.call("GET", bucket, query=[("format", "json"), *query], accepts=(200, 204))
    body = read_document(response)
    return json_list(body, "listing") if response.status == 200 else []


def list_page(exchange: Exchange, request: ListRequest) -> Page[ObjectInfo]:
    """Return one page of objects."""
    query = [("limit", str(request.page_size))]
    if request.prefix:
        query.append(("prefix", request.prefix))
    if request.delimiter is not None:
        query.append(("delimiter", request.delimiter))
    marker = request.token if request.token is not None else request.start_after
    if marker is not None:
        query.append(("marker", marker))
    entries = _page(exchange, request.bucket, query)
    token = None
    if len(entries) >= request.page_size:
        last = entries[-1]
        token = last.get("name") or last.get("subdir")
        if not token or not isinstance(token, str) or token == request.token:
            raise ServiceUnavailableError("a full page of a listing does not say where the next one begins")
    bucket = request.bucket
    items, prefixes = [], []
    for entry in entries:
        prefix = entry.get("subdir")
        if prefix is not None:
            prefixes.append(prefix)
        else:
            items.append(_listed(bucket, entry))
    return Page(tuple(items), tuple(prefixes), token)


def _listed(bucket: str, entry: dict[str, Any]) -> ObjectInfo:
    try:
        return listed_object(
            bucket, entry["name"], int(entry["bytes"]), _etag(entry), parse_time(entry["last_modified"]), None
        )
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as exc:
        raise ServiceUnavailableError("an entry of a listing lacks name, size or time") from exc


def _etag(entry: dict[str, Any]) -> str:
    large: str | None = entry.get("slo_etag")
    if large is not None:
        return large.strip('"')
    found: str = entry["hash"]
    return found.partition(";")[0] if ";" in found else found


def parse_time(text: str) -> datetime:
    """Return the moment of a listing's time, which is in UTC and does not say so."""
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def list_versions_page(exchange: Exchange, request: ListRequest) -> Page[ObjectInfo]:
    """Return one page of versions, newest first for each key.

    https://docs.openstack.org/swift/latest/api/object_versioning.html
    """
    from cloud.common.models import ObjectInfo

    query = [("versions", "true"), ("limit", str(request.page_size))]
    if request.prefix:
        query.append(("prefix", request.prefix))
    if request.token is not None:
        version, _, name = request.token.partition("/")
        query += [("marker", name), ("version_marker", version)]
    entries = _page(exchange, request.bucket, query)
    try:
        items = tuple(
            ObjectInfo(
                bucket=request.bucket,
                key=entry["name"],
                size=entry["bytes"],
                etag=_etag(entry),
                modified_at=parse_time(entry["last_modified"]),
                # A container that never kept versions has one of each, which it calls null.
                version_id=entry.get("version_id", "null"),
                is_latest=entry.get("is_latest", True),
                is_delete_marker=entry.get("content_type") == _DELETED,
            )
            for entry in entries
        )
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as exc:
        raise ServiceUnavailableError("an entry of a listing lacks name, size or time") from exc
    token = None
    if len(items) >= request.page_size:
        token = f"{items[-1].version_id}/{items[-1].key}"
        if token == request.token:
            raise ServiceUnavailableError("a full page of a listing does not say where the next one begins")
    return Page(items, (), token)


def list_containers(exchange: Exchange) -> list[str]:
    """Return the names of all containers, of every page."""
    names: list[str] = []
    advance = Advance()
    while True:
        marker = [("marker", names[-1])] if names else []
        page = _page(exchange, "", [("limit", str(MAX_PAGE)), *marker])
        with understood("list of containers"):
            names += [entry["name"] for entry in page if "name" in entry]
            "".join(names)  # which only texts can be
        if len(page) < MAX_PAGE:
            return names
        advance.to(names[-1] if names else "", is_empty=False)


def iter_names(exchange: Exchange, bucket: str, prefix: str) -> Iterator[str]:
    """Yield the names of all objects that begin with `prefix`, page by page."""
    marker = ""
    advance = Advance()
    while True:
        page = _page(exchange, bucket, [("limit", str(MAX_PAGE)), ("prefix", prefix), ("marker", marker)])
        with understood("listing"):
            names = [entry["name"] for entry in page]
            marker = "".join(names[-1:]) and names[-1]
        yield from names
        if len(page) < MAX_PAGE:
            return
        advance.to(marker, is_empty=False)


def names_after(
    exchange: Exchange, bucket: str, prefix: str, marker: str, limit: int
) -> list[tuple[str, datetime, bool]]:
    """Return name, time, and whether it is a large object, of the next objects after `marker`."""
    page = _page(exchange, bucket, [("limit", str(limit)), ("prefix", prefix), ("marker", marker)])
    try:
        return [(entry["name"], parse_time(entry["last_modified"]), "slo_etag" in entry) for entry in page]
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as exc:
        raise ServiceUnavailableError("an entry of a listing lacks name or time") from exc
