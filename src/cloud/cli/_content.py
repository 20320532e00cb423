"""``cloud cat``, ``put``, ``stat`` and ``presign``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud.cli._console import standard_input
from cloud.cli._errors import OK
from cloud.cli._items import each
from cloud.cli._places import url_of
from cloud.cli._text import human_size, time_text
from cloud.common.errors import NotFoundError

if TYPE_CHECKING:
    from argparse import Namespace

    from cloud.cli._console import Console
    from cloud.cli._places import Session
    from cloud.common.models import ObjectInfo


def cat(args: Namespace, session: Session, console: Console) -> int:
    """Write the bodies of objects to standard output, one after the other."""
    start, end = args.range or (0, None)

    def write(text: str) -> None:
        location = session.open_object(url_of(text))
        chunks = location.client.iter_file(
            location.bucket, location.key, start=start, end=end, version_id=location.version_id
        )
        for chunk in chunks:
            console.write(chunk)

    return each(args.urls, write, console)


def put(args: Namespace, session: Session, console: Console) -> int:
    """Store standard input, or a text, as an object."""
    url = url_of(args.url)
    location = session.open_object(url)
    data = standard_input() if args.text is None else args.text.encode("utf-8", "surrogateescape")
    uri = location.client.upload_file(
        location.bucket,
        location.key,
        data,
        content_type=args.content_type,
        metadata=dict(args.metadata) if args.metadata else None,
        storage_class=args.storage_class,
        if_absent=args.if_absent,
        if_match=args.if_match,
    )
    if console.json:
        console.document({"uri": uri, "url": str(url)})
    elif not console.quiet:
        console.line(uri)
    return OK


def stat(args: Namespace, session: Session, console: Console) -> int:
    """Print what the store says about an object, or that a bucket is there."""
    url = url_of(args.url)
    location = session.open(url) if url.key else session.open_bucket(url)
    if not url.key:
        if not location.client.bucket_exists(url.bucket):
            raise NotFoundError(f"{url}: there is no such bucket")
        facts = {"type": "bucket", "bucket": url.bucket, "region": location.client.region}
        if console.json:
            console.document({**facts, "url": str(url)})
        else:
            console.table(("", ""), [(name, value) for name, value in facts.items() if value is not None])
        return OK
    info = location.client.get_object_metadata(url.bucket, url.key, version_id=location.version_id)
    if console.json:
        console.document({"type": "object", **info.to_dict(), "url": str(url)})
    else:
        console.table(("", ""), _rows(info, human=console.is_terminal))
    return OK


def _rows(info: ObjectInfo, *, human: bool) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for name, value in info.items():
        if name == "size":
            rows.append((name, f"{value} ({human_size(value)})" if human and value >= 1024 else str(value)))
        elif name == "modified_at":
            rows.append((name, time_text(value)))
        elif name in {"metadata", "checksums"}:
            rows += [(f"{name}.{key}", text) for key, text in sorted(value.items())]
        elif value is not None and value is not False:
            rows.append((name, str(value)))
    return rows


def presign(args: Namespace, session: Session, console: Console) -> int:
    """Print a URL that does one thing without credentials until it expires."""
    url = url_of(args.url)
    location = session.open_object(url)
    signed = location.client.generate_presigned_url(
        location.bucket,
        location.key,
        method=args.method,
        expires_in=args.expires,
        content_type=args.content_type,
        version_id=location.version_id,
    )
    if console.json:
        console.document({
            "url": signed, "method": args.method, "headers": signed.headers, "expires_in": args.expires,
        })  # fmt: skip  # one line reads best
    else:
        console.line(signed)
        for name, value in signed.headers.items():
            console.note(f"the request must carry the header {name}: {value}")
    return OK
