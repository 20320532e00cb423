"""``cloud ls``, ``du`` and ``find``."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from cloud.cli._errors import OK
from cloud.cli._items import each
from cloud.cli._places import url_of
from cloud.cli._text import size_text, time_text
from cloud.common.errors import InvalidRequestError, NotFoundError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from cloud._registry import StorageLocation
    from cloud.cli._console import Console
    from cloud.cli._places import Session
    from cloud.common._paging import Page
    from cloud.common._urls import StorageUrl
    from cloud.common.models import ObjectInfo


def ls(args: Namespace, session: Session, console: Console) -> int:
    """List the buckets of a store, or what is in a bucket or folder."""
    return each(args.urls, lambda text: _ls_one(url_of(text), args, session, console), console)


def _ls_one(url: StorageUrl, args: Namespace, session: Session, console: Console) -> None:
    location = session.open_any(url)
    if not url.bucket:
        for name in location.client.list_buckets():
            _print_bucket(replace(url, bucket=name), console)
        return
    base, pages = _found_pages(location, url, recursive=args.recursive)
    for page in pages:
        rows: list[tuple[str, ObjectInfo | None]] = [(info.key, info) for info in page.items]
        rows += [(prefix, None) for prefix in page.prefixes]
        for key, info in sorted(rows, key=lambda row: row[0].encode("utf-8", "surrogatepass")):
            _print_row(replace(url, key=key), key[len(base) :], info, args, console)


def _print_bucket(url: StorageUrl, console: Console) -> None:
    if console.json:
        console.record({"type": "bucket", "name": url.bucket, "url": str(url)})
    else:
        console.line(url.bucket)


def _found_pages(
    location: StorageLocation, url: StorageUrl, *, recursive: bool
) -> tuple[str, Iterator[Page[ObjectInfo]]]:
    """Return the pages with what `url` names, and the part of the keys that need not be printed.

    A folder of that name comes first; where there is none, everything whose key begins so.
    """
    client, bucket, key = location
    prefixes = [key] if not key or key.endswith("/") else [key + "/", key]
    for prefix in prefixes:
        pages = client.list_objects(bucket, prefix, delimiter=None if recursive else "/").pages()
        for page in pages:
            if page.items or page.prefixes:
                return prefix[: prefix.rfind("/") + 1], chain([page], pages)
    if not key:
        return "", iter(())
    raise NotFoundError(f"{url}: nothing is there")


def _print_row(
    url: StorageUrl, name: str, info: ObjectInfo | None, args: Namespace, console: Console
) -> None:
    if console.json:
        kind = (
            {"type": "object", **info.to_dict()} if info is not None else {"type": "prefix", "key": url.key}
        )
        console.record({**kind, "url": str(url)})
        return
    name = name or url.key  # the empty object that stands for the folder itself
    if not args.long:
        console.line(name)
        return
    time, size, kind_text = "-", "-", "-"
    if info is not None:
        time, kind_text = time_text(info.modified_at), info.storage_class or "-"
        size = size_text(info.size, exact=args.bytes)
    if console.is_terminal:
        console.line(f"{time:<20}  {size:>12}  {kind_text:<12}  {name}")
    else:
        console.line(f"{time}\t{size}\t{kind_text}\t{name}")


def du(args: Namespace, session: Session, console: Console) -> int:
    """Print what each folder holds."""
    from cloud.transfer import folder_usage

    url = url_of(args.url)
    location = session.open_any(url)
    buckets = [url.bucket] if url.bucket else location.client.list_buckets()
    rows = [
        (replace(url, bucket=bucket, key=usage.prefix), usage)
        for bucket in buckets
        for usage in folder_usage(location.client, bucket, url.key, max_depth=args.max_depth)
    ]
    if console.json:
        console.document([{"url": str(place), "objects": u.objects, "bytes": u.bytes} for place, u in rows])
        return OK
    cells = [(size_text(u.bytes, exact=args.bytes), str(u.objects), str(place)) for place, u in rows]
    console.table(("size", "objects", "folder"), cells, right=(0, 1))
    return OK


def find(args: Namespace, session: Session, console: Console) -> int:
    """Print the URL of every object that meets all conditions."""
    url = url_of(args.url)
    if args.null and console.json:
        raise InvalidRequestError("-0 and --json exclude each other")
    location = session.open_any(url)
    buckets = [url.bucket] if url.bucket else location.client.list_buckets()
    prefix = url.key if not url.key or url.key.endswith("/") else url.key + "/"
    for bucket in buckets:
        for info in location.client.list_objects(bucket, prefix):
            if not _fits(info, args):
                continue
            found = replace(url, bucket=bucket, key=info.key)
            if console.json:
                console.record({**info.to_dict(), "url": str(found)})
            else:
                console.line(str(found), end="\0" if args.null else "\n")
    return OK


def _fits(info: ObjectInfo, args: Namespace) -> bool:
    from cloud.transfer._select import glob_pattern

    time = info.modified_at
    return (
        (args.name is None or glob_pattern(args.name).fullmatch(info.key.rpartition("/")[2]) is not None)
        and (args.larger is None or info.size > args.larger)
        and (args.smaller is None or info.size < args.smaller)
        and (args.newer is None or (time is not None and time > args.newer))
        and (args.older is None or (time is not None and time < args.older))
    )
