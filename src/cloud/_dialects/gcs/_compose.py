"""Large objects by compose: parts are temporary objects in the same bucket, below ``.cloud-uploads/``.

An upload's id is part of the names of its objects. The first of them, called ``upload``, says which key the
upload is for; it is made first and deleted last, so that whatever is left of a broken upload can be found and
removed (`list_unfinished_uploads`, `abort_unfinished_uploads`, or a lifecycle rule for the prefix).
https://cloud.google.com/storage/docs/composite-objects
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, unquote

from cloud._dialects._answers import understood
from cloud._dialects._xmltree import MalformedAnswerError, parse_timestamp
from cloud._dialects.gcs import _batch
from cloud._dialects.gcs._errors import GCSServiceError
from cloud._dialects.gcs._names import UPLOADS_PREFIX, bucket_path, object_path, quoted
from cloud._dialects.gcs._writes import (
    STORED_FIELDS,
    check_whole,
    conditions,
    kms_query,
    read_json,
    resource_of,
    seal,
    to_json,
)
from cloud._wire._errors import WireError
from cloud.common._checksums import ChecksumAlgorithm
from cloud.common._paging import Advance, Page, sifted
from cloud.common._records import UnfinishedUpload
from cloud.common._storage_types import DeleteRequest, Part, PutRequest, Stored, Upload
from cloud.common.errors import CloudError, IntegrityError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud._dialects.gcs._operations import Operations
    from cloud.common._bodies import Payload
    from cloud.common._storage_types import ListRequest

COMPOSE_SOURCES = 32
"""Objects that one call composes: https://cloud.google.com/storage/docs/composite-objects#_Compose"""
_MARKER = "upload"
_FIRST_SERVER_ERROR = 500
_KEY = "cloud-upload-of"
_JSON = {"content-type": "application/json; charset=UTF-8"}
_OCTETS = "application/octet-stream"
# Of a part that lives for minutes the colder classes would charge a month and more:
# https://cloud.google.com/storage/docs/storage-classes#classes (minimum storage duration)
_PART_CLASS = "STANDARD"


class _Source(NamedTuple):
    """One object to compose."""

    name: str
    generation: str


def begin(ops: Operations, request: PutRequest) -> str:
    """Begin an upload: store the object that says so, and return the upload's id.

    Whoever tries again gets another id. So what a try may have left is removed: nobody else knows of it.
    """
    upload_id = uuid.uuid4().hex
    marker = PutRequest(
        request.bucket,
        f"{UPLOADS_PREFIX}{upload_id}/{_MARKER}",
        _OCTETS,
        metadata={_KEY: quote(request.key, safe="")},
        storage_class=_PART_CLASS,
    )
    try:
        ops.put_at_once(marker, b"")
    except (CloudError, GCSServiceError, WireError) as error:
        if _may_be_stored(error):
            with suppress(CloudError, GCSServiceError, WireError):  # the first failure is the one to tell of
                abort(ops, Upload(request, upload_id))
        raise
    return upload_id


def _may_be_stored(error: CloudError | GCSServiceError | WireError) -> bool:
    """Return whether a write that failed so may have happened."""
    if isinstance(error, GCSServiceError):
        return error.status >= _FIRST_SERVER_ERROR
    return error.request_sent


def put_part(ops: Operations, upload: Upload, number: int, payload: Payload) -> Part:
    """Store one part as an object; a second one of the same number replaces the first."""
    bucket = upload.request.bucket
    name = _part_name(upload.upload_id, number)
    stored = ops.put_at_once(PutRequest(bucket, name, _OCTETS, storage_class=_PART_CLASS), payload)
    sealed = seal(payload)
    crc = sealed.value if sealed is not None and sealed.algorithm is ChecksumAlgorithm.CRC32C else None
    return Part(number, stored.etag or "", len(payload), crc)


def _part_name(upload_id: str, number: int) -> str:
    return f"{UPLOADS_PREFIX}{upload_id}/{number:05}"


def complete(ops: Operations, upload: Upload, parts: Sequence[Part]) -> Stored:
    """Compose the parts, in several steps where they are many, and delete them."""
    request = upload.request
    used = [_Source(_part_name(upload.upload_id, part.number), part.etag) for part in parts]
    sources, level = list(used), 0
    while len(sources) > COMPOSE_SOURCES:
        level += 1
        sources = [
            _intermediate(ops, upload, f"{level}-{place:05}", sources[place : place + COMPOSE_SOURCES])
            for place in range(0, len(sources), COMPOSE_SOURCES)
        ]
        used += sources
    target = f"{object_path(request.bucket, request.key)}/compose?{STORED_FIELDS}"
    target += f"{conditions(request)}{kms_query(ops.options.kms_key_name)}"
    answer = _compose(ops, target, sources, resource_of(request), create_only=request.if_absent)
    size = sum(part.size for part in parts)
    with understood("answer to a compose"):
        composed = int(answer.get("size") or 0)
    if composed != size:
        raise IntegrityError(f"the service composed {answer.get('size')} instead of {size} bytes")
    check_whole(parts, answer.get("crc32c"))
    _clean_up(ops, upload, used)
    return Stored(answer["generation"], answer["generation"])


def _intermediate(ops: Operations, upload: Upload, name: str, sources: Sequence[_Source]) -> _Source:
    """Compose some sources into one that can be composed further."""
    name = f"{UPLOADS_PREFIX}{upload.upload_id}/{name}"
    target = f"{object_path(upload.request.bucket, name)}/compose?{STORED_FIELDS}"
    resource = {"contentType": _OCTETS, "storageClass": _PART_CLASS}
    answer = _compose(ops, target + kms_query(ops.options.kms_key_name), sources, resource)
    return _Source(name, answer["generation"])


def _compose(
    ops: Operations,
    target: str,
    sources: Sequence[_Source],
    resource: dict[str, Any],
    *,
    create_only: bool = False,
) -> dict[str, Any]:
    """Make one object of several and return what it is.

    https://cloud.google.com/storage/docs/json_api/v1/objects/compose
    """
    body = {
        "kind": "storage#composeRequest",
        "sourceObjects": [{"name": source.name, "generation": source.generation} for source in sources],
        "destination": resource,
    }
    response = ops.exchange.call(
        "POST", target, headers=ops.key_headers | _JSON, body=to_json(body), create_only=create_only
    )
    answer = read_json(response)
    if not answer.get("generation") or not isinstance(answer["generation"], str):
        raise MalformedAnswerError("the answer to a compose describes no object")
    return answer


def _clean_up(ops: Operations, upload: Upload, used: Sequence[_Source]) -> None:
    """Delete what the object was composed of; the marker last.

    The object is stored: what cannot be deleted now is no failure of the upload. It stays listed as unfinished.
    """
    try:
        _delete(ops, upload.request.bucket, [(source.name, source.generation) for source in used])
        marker = DeleteRequest(upload.request.bucket, f"{UPLOADS_PREFIX}{upload.upload_id}/{_MARKER}")
        ops.delete(marker)
    except (GCSServiceError, WireError) as error:
        import logging

        logging.getLogger("cloud.transfer").warning(
            "parts of a finished upload were left below %s%s/: %s", UPLOADS_PREFIX, upload.upload_id, error
        )


def _delete(ops: Operations, bucket: str, names: Sequence[tuple[str, str | None]]) -> None:
    """Delete objects for good: by generation, so that a bucket with versions keeps none of them."""
    by_generation = "versions" not in ops.service.unsupported
    names = [(name, generation if by_generation else None) for name, generation in names]
    if "batch_delete" not in ops.service.unsupported:
        for start in range(0, len(names), _batch.BATCH_CALLS):
            failed = _batch.delete(ops, bucket, names[start : start + _batch.BATCH_CALLS])
            for error in failed.values():
                raise error
        return
    for name, generation in names:
        ops.delete(DeleteRequest(bucket, name, generation))


def abort(ops: Operations, upload: Upload) -> bool:
    """Delete everything of the upload, the marker last; whether anything was there."""
    bucket = upload.request.bucket
    prefix = f"{UPLOADS_PREFIX}{upload.upload_id}/"
    found: list[tuple[str, str | None]] = []
    token = ""
    advance = Advance()
    while True:
        query = f"versions=true&fields=items(name,generation),nextPageToken&prefix={quoted(prefix)}{token}"
        page = read_json(ops.exchange.call("GET", f"{bucket_path(bucket)}/o?{query}"))
        with understood("list of parts"):
            found += [(item["name"], item["generation"]) for item in page.get("items") or ()]
            markers = [entry for entry in found if entry[0].endswith(f"/{_MARKER}")]
            following = page.get("nextPageToken")
            if not following:
                break
            token = f"&pageToken={quoted(following)}"
        advance.to(following, is_empty=not page.get("items"))
    _delete(ops, bucket, [entry for entry in found if entry not in markers])
    _delete(ops, bucket, markers)
    return bool(found)


def unfinished_page(ops: Operations, request: ListRequest) -> Page[UnfinishedUpload]:
    """Return one page of uploads by compose: those whose marker is there."""
    query = f"fields=items(name,metadata,timeCreated),nextPageToken&prefix={quoted(UPLOADS_PREFIX)}"
    query += f"&maxResults={request.page_size}"
    if request.token is not None:
        query += f"&pageToken={quoted(request.token)}"
    page = read_json(ops.exchange.call("GET", f"{bucket_path(request.bucket)}/o?{query}"))
    found = []
    with understood("list of uploads"):
        for item in page.get("items") or ():
            upload_id, _, name = item["name"].removeprefix(UPLOADS_PREFIX).partition("/")
            key = unquote((item.get("metadata") or {}).get(_KEY, ""))
            if name == _MARKER and key.startswith(request.prefix):
                found.append(
                    UnfinishedUpload(
                        bucket=request.bucket,
                        key=key,
                        upload_id=upload_id,
                        started_at=parse_timestamp(item["timeCreated"]),
                    )
                )
        token = quoted(page.get("nextPageToken") or "") and page["nextPageToken"]
    return sifted(tuple(found), len(page.get("items") or ()), token or None)
