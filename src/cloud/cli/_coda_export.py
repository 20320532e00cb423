"""``cloud coda export``."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cloud.cli._coda import open_client
from cloud.cli._errors import OK
from cloud.cli._items import each
from cloud.common._files import replacing, safe_join
from cloud.common.errors import InvalidRequestError

if TYPE_CHECKING:
    from argparse import Namespace

    from cloud.cli._console import Console
    from cloud.cli._places import Session

_SUFFIXES = {"markdown": ".md", "html": ".html"}
# Names are people's: a file's name keeps letters, digits and what separates them, in any script.
_ODD = re.compile(r"[^\w.-]+")
_LONGEST = 80


def export(args: Namespace, session: Session, console: Console) -> int:
    """Write pages as files of a folder, or one page to a file or to standard output."""
    with open_client(args, session) as client:
        pages = _pages(args, client, console)
        if args.output == "-" and len(pages) > 1:
            raise InvalidRequestError(
                f"{len(pages)} pages do not fit into one output", hint="name a folder with -o"
            )
        targets = {page.id: _target(args, page, alone=bool(args.pages) and len(pages) == 1) for page in pages}

        def write(page: Any) -> int:
            _write(args, client, console, page, targets[page.id])
            return OK

        return each(pages, write, console) if pages else OK


def _pages(args: Namespace, client: Any, console: Console) -> list[Any]:
    """Return the pages to export: those that are named, or every canvas of the doc."""
    if args.pages:
        return [client.get_page(args.doc, page) for page in args.pages]
    pages = []
    for page in client.list_pages(args.doc):
        if page.content_type in {"canvas", None}:
            pages.append(page)
        else:
            console.note(f"skipped {page.name}: a page of the type {page.content_type} cannot be exported")
    return pages


def _target(args: Namespace, page: Any, *, alone: bool) -> Path | None:
    """Return the file that a page is written to; None for standard output."""
    if args.output == "-":
        return None
    folder = Path(args.output)
    if alone and not folder.is_dir() and not args.output.endswith(tuple(filter(None, (os.sep, os.altsep)))):
        return folder
    name = _ODD.sub("-", page.name).strip("-.")[:_LONGEST]
    return safe_join(folder, f"{name or 'page'}-{page.id}{_SUFFIXES[args.format]}")


def _write(args: Namespace, client: Any, console: Console, page: Any, target: Path | None) -> None:
    if args.dry_run:
        _tell(args, console, page, target)
        return
    text = client.download_page(args.doc, page.id, args.format)
    if target is None:
        console.write(text.encode())
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as file:
        file.write(text.encode())
    _tell(args, console, page, target)


def _tell(args: Namespace, console: Console, page: Any, target: Path | None) -> None:
    place = "-" if target is None else str(target)
    if console.json:
        written = not args.dry_run
        console.record({"page": page.id, "name": page.name, "target": place, "written": written})
    elif args.dry_run or not console.quiet:
        console.line(f"{page.name} -> {place}")
        console.flush()  # pages take their time: whoever reads along shall see each at once
