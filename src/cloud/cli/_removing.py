"""``cloud rm``, ``mb`` and ``rb``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cloud.cli._errors import OK, PARTIAL
from cloud.cli._items import each
from cloud.cli._places import url_of
from cloud.common.errors import InvalidRequestError, NotFoundError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from cloud.cli._console import Console
    from cloud.cli._places import Session
    from cloud.common._urls import StorageUrl


def rm(args: Namespace, session: Session, console: Console) -> int:
    """Delete objects, or everything in folders."""
    action = _rm_folder if args.recursive else _rm_object
    return each(args.urls, lambda text: action(url_of(text), args, session, console), console)


def _rm_object(url: StorageUrl, args: Namespace, session: Session, console: Console) -> int:
    location = session.open_object(url)
    if args.dry_run:
        there = location.client.object_exists(url.bucket, url.key, version_id=location.version_id)
    else:
        there = location.client.delete_file(url.bucket, url.key, version_id=location.version_id)
    if there:
        _print_deleted(url, args, console)
    elif not args.force:
        raise NotFoundError(f"{url}: there is no such object")
    return OK


def _rm_folder(url: StorageUrl, args: Namespace, session: Session, console: Console) -> int:
    from cloud.transfer import Selection
    from cloud.transfer._trees import folder_prefix

    location = session.open_folder(url)
    if not url.key and not (args.force or args.dry_run):
        raise InvalidRequestError(f"{url} is a whole bucket", hint="--force deletes everything in it")
    prefix, select = folder_prefix(url.key), Selection(args.include, args.exclude)
    found = False

    def keys() -> Iterator[str]:
        nonlocal found
        for info in location.client.list_objects(url.bucket, prefix):
            found = True
            if select.takes(info.key[len(prefix) :].rstrip("/")):
                yield info.key

    code = OK
    if args.dry_run:
        for key in keys():
            _print_deleted(replace(url, key=key), args, console)
    else:
        for result in location.client.delete_files(url.bucket, keys()):
            if result.error is None:
                _print_deleted(replace(url, key=result.key), args, console)
            else:
                console.error(result.error)
                code = PARTIAL
    if not found and url.key and not args.force:
        raise NotFoundError(f"{url}: there is no such folder", hint="without -r it is taken for an object")
    return code


def _print_deleted(url: StorageUrl, args: Namespace, console: Console) -> None:
    if console.json:
        console.record({"url": str(url), "deleted": not args.dry_run})
    elif args.dry_run or not console.quiet:
        console.line(str(url))


def mb(args: Namespace, session: Session, console: Console) -> int:
    """Make a bucket; one that is yours already is fine."""
    url = url_of(args.url)
    made = session.open_bucket(url).client.create_bucket(url.bucket)
    if console.json:
        console.document({"bucket": url.bucket, "created": made, "url": str(url)})
    elif not made:
        console.note(f"{url} is there already")
    return OK


def rb(args: Namespace, session: Session, console: Console) -> int:
    """Remove a bucket."""
    url = url_of(args.url)
    if not session.open_bucket(url).client.delete_bucket(url.bucket, force=args.force):
        raise NotFoundError(f"{url}: there is no such bucket")
    if console.json:
        console.document({"bucket": url.bucket, "deleted": True, "url": str(url)})
    return OK
