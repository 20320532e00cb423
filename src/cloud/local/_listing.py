"""Pages of listings over an ordered walk: prefix, delimiter, start and token.

A token is the place where the next page begins, in base64; it stays good when objects come and go.
"""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING

from cloud.common._paging import Page
from cloud.common.errors import InvalidRequestError

if TYPE_CHECKING:
    from cloud.common._storage_types import ListRequest
    from cloud.common.models import ObjectInfo, UnfinishedUpload
    from cloud.local._backend import Backend


def list_page(backend: Backend, request: ListRequest) -> Page[ObjectInfo]:
    """Return one page of objects; common prefixes count towards its size.

    `start_after` is compared with keys, before these are rolled up: a common prefix is listed as long as it
    stands for a key after it.
    """
    prefix = _utf8("prefix", request.prefix)
    delimiter = None if request.delimiter is None else _utf8("delimiter", request.delimiter)
    low = prefix
    if request.start_after is not None:
        low = max(low, _utf8("start_after", request.start_after) + b"\0")
    if request.token is not None:
        low = max(low, _read_token(request.token))
    scan = backend.scan(request.bucket, low, _after_all(prefix) if prefix else None)
    items: list[ObjectInfo] = []
    prefixes: list[str] = []
    while (found := scan.next()) is not None:
        if len(items) + len(prefixes) == request.page_size:
            return Page(tuple(items), tuple(prefixes), _token(low))
        key, record = found
        cut = -1 if delimiter is None else key.find(delimiter, len(prefix))
        if delimiter is None or cut < 0:
            items.append(record.listed(request.bucket, key.decode()))
            low = key + b"\0"
        else:
            common = key[: cut + len(delimiter)]
            prefixes.append(common.decode())
            low = _after_all(common)
            scan.seek(low)
    return Page(tuple(items), tuple(prefixes))


def list_uploads_page(backend: Backend, request: ListRequest) -> Page[UnfinishedUpload]:
    """Return one page of unfinished uploads, in the order of their keys."""
    after = b"" if request.token is None else _read_token(request.token)
    found = [
        (place, upload)
        for upload in backend.uploads(request.bucket)
        if upload.key.startswith(request.prefix) and (place := _place(upload)) > after
    ]
    found.sort(key=lambda item: item[0])
    page = found[: request.page_size]
    return Page(
        tuple(upload for _, upload in page), (), _token(page[-1][0]) if len(found) > len(page) else None
    )


def _place(upload: UnfinishedUpload) -> bytes:
    # Ids have one length, so that no two uploads have one place, whatever is in the keys.
    return upload.key.encode() + b"\0" + upload.upload_id.encode()


def _after_all(prefix: bytes) -> bytes:
    """Return the least bytes that lie after all keys beginning with `prefix`.

    UTF-8 has no byte 0xff, so that the last byte can always be raised by one.
    """
    return prefix[:-1] + bytes([prefix[-1] + 1])


def _utf8(name: str, text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise InvalidRequestError(f"{name} {text!r} holds a lone surrogate, which UTF-8 cannot") from None


def _token(place: bytes) -> str:
    return urlsafe_b64encode(place).decode("ascii")


def _read_token(token: str) -> bytes:
    try:
        return b64decode(token, altchars=b"-_", validate=True)
    except ValueError as exc:
        raise InvalidRequestError(f"the page token {token!r} is none of this store") from exc
