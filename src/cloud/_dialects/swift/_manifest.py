"""The manifest of a static large object: what it proves of the object, and what its bytes are compared with.

https://docs.openstack.org/swift/latest/middleware.html#static-large-objects
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from contextlib import suppress
from hashlib import md5
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from cloud._dialects._answers import read_document, read_error_bytes, understood
from cloud._dialects.swift._exchange import json_list
from cloud._dialects.swift._objects import is_static_large
from cloud.common._checksums import ChecksumAlgorithm
from cloud.common._pieces import Pieces
from cloud.common.errors import IntegrityError, ServiceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cloud._dialects.swift._exchange import Exchange
    from cloud.common._storage_types import GetRequest
    from cloud.common.models import ObjectInfo

_MD5 = re.compile(r"[0-9a-f]{32}").fullmatch
_REFUSED = (400, 403, 404, 405)
_NOT_PLAIN = ("data", "range", "sub_slo")


def etag_of(entries: Iterable[dict[str, Any]]) -> str:
    """Return the ETag of the large object that these entries of a manifest make."""
    digest = md5(usedforsecurity=False)
    with understood("manifest"):
        for entry in entries:
            if "data" in entry:
                text = md5(b64decode(entry["data"]), usedforsecurity=False).hexdigest()
            elif entry.get("range"):
                text = f"{entry['hash']}:{entry['range']};"
            else:
                text = entry["hash"]
            digest.update(text.encode())
    return digest.hexdigest()


def read_pieces(exchange: Exchange, request: GetRequest, info: ObjectInfo) -> Pieces | None:
    """Return the MD5s of an object's segments; None where the service does not give the MD5 of each.

    It gives none to who may not read the manifest, of a part of a segment and of a large object within.

    Args:
        info: of the answer that is read; its ETag is made of the MD5s, and so proves them.

    Raises:
        IntegrityError: the manifest is damaged, or of what the object was replaced by meanwhile.
    """
    query = [("multipart-manifest", "get")]
    if request.version_id is not None:
        query.append(("version-id", request.version_id))
    accepts = (200, *_REFUSED)
    response = exchange.call("GET", request.bucket, request.key, query=query, accepts=accepts)
    if response.status != 200:
        read_error_bytes(response)
        return None
    found = response.headers
    if not is_static_large(found):
        response.close()
        raise _unfit()
    document = read_document(response)
    with suppress(ServiceUnavailableError):
        entries = json_list(document, "manifest")
        if etag_of(entries) == info.etag:
            if any(entry.get(name) for entry in entries for name in _NOT_PLAIN):
                return None
            pieces = _pieces(entries, info.size)
            if pieces is not None:
                return pieces
    # It proves nothing. Of this very version and undamaged, it is another service's; otherwise it is not to be used.
    is_whole = found.get("etag", "").strip('"') == md5(document, usedforsecurity=False).hexdigest()
    if is_whole and info.raw is not None and found.get("x-timestamp") == info.raw.get("x-timestamp"):
        return None
    raise _unfit()


def _unfit() -> IntegrityError:
    return IntegrityError(
        "the large object's manifest is damaged, or the object was replaced meanwhile", retryable=True
    )


def _pieces(entries: list[dict[str, Any]], size: int) -> Pieces | None:
    """Return the segments as pieces of an object of `size` bytes; None when they are no such."""
    with understood("manifest"):
        sizes = [int(entry["bytes"]) for entry in entries]
        hashes = [str(entry["hash"]) for entry in entries]
        ends = tuple(accumulate(sizes))
    if not sizes or min(sizes) < 1 or ends[-1] != size or not all(map(_MD5, hashes)):
        return None
    checksums = (b64encode(bytes.fromhex(text)).decode("ascii") for text in hashes)
    return Pieces(ChecksumAlgorithm.MD5, ends, tuple(checksums))
