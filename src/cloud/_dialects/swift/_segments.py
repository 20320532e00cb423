"""Large objects on their way: segments, and the manifest that makes one object of them.

An upload's segments lie in the container ``<container>_segments``, which is made when it is needed, under
``<key>/slo-<id>/00000001`` and so on. Number 0 is empty and stands for the upload while it is in progress. The
manifest (a static large object) names each segment with its MD5 and size, which Swift compares.
https://docs.openstack.org/swift/latest/overview_large_objects.html
"""

from __future__ import annotations

import json
import re
import secrets
import time
from contextlib import suppress
from hashlib import md5
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from cloud._dialects.swift._bulk import delete_many, raise_first
from cloud._dialects.swift._errors import SwiftServiceError
from cloud._dialects.swift._exchange import require_etag
from cloud._dialects.swift._listing import iter_names, names_after
from cloud._dialects.swift._objects import finish_write, md5_of, object_headers
from cloud._wire._errors import WireError
from cloud.common._paging import Page, sifted
from cloud.common._storage_types import Part, Stored
from cloud.common.errors import CloudError, IntegrityError, InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from cloud._dialects.swift._large import LargeObjects
    from cloud.common._bodies import Payload
    from cloud.common._storage_types import ListRequest, PutRequest, Upload
    from cloud.common.models import UnfinishedUpload

SUFFIX = "_segments"
OWNER_HEADER = "x-container-meta-segments-of"
MAX_CONTAINER_BYTES = 256  # max_container_name_length: https://docs.openstack.org/swift/latest/config/
MAX_SEGMENT_BYTES = 5 << 30  # max_file_size, likewise
MAX_MANIFEST_SEGMENTS = 1000  # https://docs.openstack.org/swift/latest/middleware.html#static-large-objects
MAX_PARTS = 10_000
"""More than one manifest holds are put into manifests of manifests; this many are promised everywhere."""
_MAX_NAME_BYTES = 1024
_FIRST_SERVER_ERROR = 500
_GROUP = re.compile(r"(?s)(.+)/slo-([0-9a-f]{16}-[0-9a-f]{16})/.*").fullmatch
_JSON = {"accept": "application/json", "content-type": "application/json"}


class Group(NamedTuple):
    """What belongs to one upload.

    Attributes:
        container: where its segments are.
        prefix: what their names begin with.
    """

    container: str
    prefix: str

    def name(self, number: int) -> str:
        """Return the name of a segment."""
        return f"{self.prefix}{number:08d}"

    def manifest_name(self, number: int) -> str:
        """Return the name of a manifest within, which is as long, so that both fit or neither does."""
        return f"{self.prefix}m{number:07d}"


def segments_container(bucket: str) -> str:
    """Return the name of the container that holds the segments of large objects in `bucket`."""
    return bucket + SUFFIX


def group_of(upload: Upload) -> Group:
    """Return where an upload's segments are."""
    return Group(segments_container(upload.request.bucket), f"{upload.request.key}/slo-{upload.upload_id}/")


def upload_of(name: str) -> tuple[str, str] | None:
    """Return key and upload id that a segment's name holds; None for a name of another scheme."""
    match = _GROUP(name)
    return None if match is None else (match[1], match[2])


def begin(large: LargeObjects, request: PutRequest) -> str:
    """Begin an upload and return its id.

    Whoever tries again gets another id. So what a try may have left is removed: nobody else knows of it.
    """
    container = segments_container(request.bucket)
    if len(container.encode()) > MAX_CONTAINER_BYTES:
        raise InvalidRequestError(
            f"the container's name leaves no room for {SUFFIX!r}, so it can hold no large objects"
        )
    upload_id = f"{time.time_ns() // 1000:016x}-{secrets.token_hex(8)}"
    marker = Group(container, f"{request.key}/slo-{upload_id}/").name(0)
    if len(marker.encode()) > _MAX_NAME_BYTES:
        raise InvalidRequestError(
            f"a large object's key has at most {_MAX_NAME_BYTES - len(marker.encode()) + len(request.key.encode())}"
            " bytes in UTF-8: its segments are named after it"
        )
    large.note_large(request.bucket)  # before there is anything that a failure would leave behind
    try:
        _put_first(large, request.bucket, container, marker)
    except (SwiftServiceError, WireError) as error:
        if error.request_sent if isinstance(error, WireError) else error.status >= _FIRST_SERVER_ERROR:
            with suppress(
                SwiftServiceError, WireError, CloudError
            ):  # the first failure is the one to tell of
                large.exchange.call("DELETE", container, marker, accepts=(204, 404)).close()
        raise
    return upload_id


def _put_first(large: LargeObjects, bucket: str, container: str, marker: str) -> None:
    """Store the object that stands for an upload, and make the container for it where need be."""
    if _put_marker(large, container, marker) == 404:
        _make_container(large, bucket, container)
        if _put_marker(large, container, marker) == 404:
            raise SwiftServiceError(404, "the container for the segments was deleted", {})


def _put_marker(large: LargeObjects, container: str, name: str) -> int:
    response = large.exchange.call("PUT", container, name, body=b"", accepts=(201, 404))
    response.close()
    return response.status


def _make_container(large: LargeObjects, bucket: str, container: str) -> None:
    """Make the container for segments: of the same policy, and as readable, as reads go through to it."""
    with large.exchange.call("HEAD", bucket, accepts=(200, 204)) as response:
        found = response.headers
    headers = {OWNER_HEADER: quote(bucket, safe="")}
    for name in ("x-storage-policy", "x-container-read"):
        if name in found:
            headers[name] = found[name]
    large.exchange.call("PUT", container, headers=headers, accepts=(201, 202)).close()


def put_part(large: LargeObjects, upload: Upload, number: int, payload: Payload) -> Part:
    """Store one segment, whose MD5 Swift compares."""
    group, expected = group_of(upload), md5_of(payload)
    response = large.exchange.call(
        "PUT",
        group.container,
        group.name(number),
        headers={"etag": expected, "content-type": "application/octet-stream"},
        body=payload,
        accepts=(201,),
    )
    with response:
        response.read(1 << 16)
    etag = require_etag(response)
    if etag != expected:
        raise IntegrityError(
            f"the service stored a segment of MD5 {etag} instead of {expected}", retryable=True
        )
    return Part(number, etag, len(payload))


def complete(
    large: LargeObjects, upload: Upload, parts: Sequence[Part], extra: Mapping[str, str] | None = None
) -> Stored:
    """Make the object visible, and remove the segments of the large object that it replaces.

    Args:
        extra: further headers of the object.
    """
    request, group = upload.request, group_of(upload)
    old = [
        path
        for path in large.segments_of(request.bucket, request.key)
        if path[0] != group.container or not path[1].startswith(group.prefix)  # an earlier try's own
    ]
    entries = [_entry(group, group.name(part.number), part.etag, part.size) for part in parts]
    limit = large.exchange.limit("slo", "max_manifest_segments", MAX_MANIFEST_SEGMENTS)
    if len(entries) > limit:
        entries = _nest(large, group, entries, limit)
    headers = object_headers(request) | dict(extra or {}) | {"accept": "application/json"}
    stored = _put_manifest(large, request.bucket, request.key, entries, headers)
    large.exchange.call("DELETE", group.container, group.name(0), accepts=(204, 404)).close()
    large.remove(request.bucket, old)
    return stored


def _entry(group: Group, name: str, etag: str, size: int) -> dict[str, Any]:
    return {"path": f"/{group.container}/{name}", "etag": etag, "size_bytes": size}


def _nest(
    large: LargeObjects, group: Group, entries: list[dict[str, Any]], limit: int
) -> list[dict[str, Any]]:
    """Store manifests of `limit` segments each, and return what names them."""
    nested = []
    for number, start in enumerate(range(0, len(entries), limit), 1):
        some, name = entries[start : start + limit], group.manifest_name(number)
        stored = _put_manifest(large, group.container, name, some, dict(_JSON))
        nested.append(_entry(group, name, stored.etag or "", sum(entry["size_bytes"] for entry in some)))
    return nested


def _put_manifest(
    large: LargeObjects, container: str, name: str, entries: list[dict[str, Any]], headers: dict[str, str]
) -> Stored:
    expected = md5("".join(entry["etag"] for entry in entries).encode(), usedforsecurity=False).hexdigest()
    headers["etag"] = expected
    response = large.exchange.call(
        "PUT",
        container,
        name,
        query=(("multipart-manifest", "put"), ("heartbeat", "on")),
        headers=headers,
        body=json.dumps(entries, ensure_ascii=False).encode(),
        accepts=(201, 202),
    )
    stored = finish_write(response)
    if stored.etag != expected:
        raise IntegrityError(f"the service made an object of ETag {stored.etag} instead of {expected}")
    return stored


def abort(large: LargeObjects, upload: Upload) -> None:
    """Remove the segments; SwiftServiceError 404 when there are none, or an object has come of them."""
    if not discard(large, upload):
        raise SwiftServiceError(404, "there is no such upload: it was completed or aborted", {})


def discard(large: LargeObjects, upload: Upload) -> bool:
    """Remove the segments; False when there are none, or an object has come of them."""
    request, group = upload.request, group_of(upload)
    if upload.upload_id in large.uploads_in_use(request.bucket, request.key):
        return False
    try:
        paths = [
            (group.container, name) for name in iter_names(large.exchange, group.container, group.prefix)
        ]
    except SwiftServiceError as error:
        if error.status == 404:
            return False
        raise
    failed, _ = delete_many(large.exchange, paths)
    raise_first(failed, paths)
    return bool(paths)


def list_uploads_page(large: LargeObjects, request: ListRequest) -> Page[UnfinishedUpload]:
    """Return one page of uploads of which no object has come, or none is left.

    These are the groups of segments that the object of their key does not name, in no version of it. Where old
    objects are kept by the older kind of versioning, none is listed: what they name is not known here.
    """
    from cloud.common._records import UnfinishedUpload

    container = segments_container(request.bucket)
    large.exchange.call("HEAD", request.bucket, accepts=(200, 204)).close()
    try:
        names = names_after(large.exchange, container, request.prefix, request.token or "", request.page_size)
    except SwiftServiceError as error:
        if error.status == 404:
            return Page((), (), None)
        raise
    begun: dict[tuple[str, str], datetime] = {}
    for name, modified_at, _ in names:
        found = upload_of(name)
        if found is not None and found[0].startswith(request.prefix):
            begun.setdefault(found, modified_at)
    in_use = {key: large.uploads_in_use(request.bucket, key) for key in {key for key, _ in begun}}
    items = [
        UnfinishedUpload(bucket=request.bucket, key=key, upload_id=upload_id, started_at=started_at)
        for (key, upload_id), started_at in begun.items()
        if upload_id not in in_use[key]
    ]
    following = _after(names[-1][0]) if len(names) >= request.page_size else None
    return sifted(tuple(items), len(names), following)


def _after(name: str) -> str:
    """Return the marker behind the rest of the upload that `name` belongs to."""
    found = upload_of(name)
    return name if found is None else f"{found[0]}/slo-{found[1]}0"  # "0" comes right after "/"
