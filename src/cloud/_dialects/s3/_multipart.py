"""Multipart uploads and copies of any size."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from cloud._dialects._answers import read_document
from cloud._dialects.s3 import _xml as xml
from cloud._dialects.s3._operations import (
    Operations,
    check_stored,
    checksum_of,
    conditions,
    raise_error_in_ok,
)
from cloud._dialects.s3._sign import quote_key
from cloud.common import _checksums
from cloud.common._ranges import split
from cloud.common._storage_types import CopyRequest, Part, PutRequest, Stored, Upload
from cloud.common.errors import IntegrityError, UnsupportedOperationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud.common._bodies import Payload
    from cloud.common.models import ObjectInfo

COPY_PART_SIZE = 512 << 20
"""Parts of a copy inside the service: its bytes do not pass here, so few and large."""


def begin(ops: Operations, request: PutRequest) -> str:
    """Begin a multipart upload and return its id."""
    if (request.if_absent or request.if_match) and not ops.service.conditional_complete:
        raise UnsupportedOperationError(
            f"{ops.service.name} checks conditions for bodies of one request only",
            hint="raise TransferConfig.threshold above the body's size, or write without a condition",
            request_sent=False,
        )
    headers = ops.object_headers(request)
    algorithm = ops.algorithm(None)
    if algorithm is not None:
        headers["x-amz-checksum-algorithm"] = algorithm.name
        headers["x-amz-checksum-type"] = "FULL_OBJECT"
    response = ops.exchange.call(
        "POST", request.bucket, request.key, query=(("uploads", ""),), headers=headers
    )
    return xml.parse_initiate(read_document(response))


def put_part(ops: Operations, upload: Upload, number: int, payload: Payload) -> Part:
    """Store one part."""
    request = upload.request
    headers = ops.encryption.key_headers()
    algorithm = ops.algorithm(None)
    checksum: tuple[str, str] | None = None
    if algorithm is not None:
        checksum = (f"x-amz-checksum-{algorithm.value}", checksum_of(algorithm, payload))
        headers[checksum[0]] = checksum[1]
    response = ops.exchange.call(
        "PUT",
        request.bucket,
        request.key,
        query=_part_query(number, upload.upload_id),
        headers=headers,
        body=payload,
        payload_hash=ops.payload_hash(payload, request.bucket),
    )
    with response:
        response.read(1 << 16)
    etag = check_stored(response, checksum)
    return Part(number, etag, len(payload), checksum[1] if checksum else None)


def complete(ops: Operations, upload: Upload, parts: Sequence[Part]) -> Stored:
    """Make the object visible, after comparing the service's checksum with that of all parts."""
    request = upload.request
    algorithm = ops.algorithm(None)
    name = algorithm.value if algorithm is not None else ""
    headers = conditions(request) | ops.encryption.key_headers()
    headers["content-type"] = "application/xml"
    whole: str | None = None
    if algorithm is not None and all(part.checksum for part in parts):
        whole = _checksums.whole_object(algorithm, [(part.checksum or "", part.size) for part in parts])
        headers[f"x-amz-checksum-{name}"] = whole
        headers["x-amz-checksum-type"] = "FULL_OBJECT"
    body = xml.build_complete(
        xml.CompletedPart(part.number, part.etag, {name: part.checksum} if part.checksum else {})
        for part in parts
    )
    replaces = request.if_match is not None
    response = ops.exchange.call(
        "POST",
        request.bucket,
        request.key,
        query=(("uploadId", upload.upload_id),),
        headers=headers,
        body=body,
        payload_hash=sha256(body).hexdigest(),
        create_only=request.if_absent,
        replace_only=replaces,
    )
    answer = read_document(response)
    raise_error_in_ok(answer, response.headers, create_only=request.if_absent, replace_only=replaces)
    done = xml.parse_complete(answer)
    stored = done.checksums.get(name)
    if whole is not None and stored is not None and "-" not in stored and stored != whole:
        raise IntegrityError(f"the service stored an object of checksum {stored} instead of {whole}")
    return Stored(done.etag, response.headers.get("x-amz-version-id"))


def abort(ops: Operations, upload: Upload) -> None:
    """Remove the parts."""
    request = upload.request
    ops.exchange.call(
        "DELETE", request.bucket, request.key, query=(("uploadId", upload.upload_id),), accepts=(204,)
    ).close()


def copy(ops: Operations, request: CopyRequest, *, pinned: bool) -> Stored:
    """Copy an object inside the service: by one request, or in parts where it is too large for one.

    Args:
        pinned: whether the service compares the source's ETag.
    """
    source, target = request.source, request.target
    if target.if_absent and not ops.service.conditional_copy_target:
        raise UnsupportedOperationError(
            f"{ops.service.name} does not look whether the target of a copy exists",
            hint="download and upload with if_absent=True instead",
            request_sent=False,
        )
    if source.size > ops.service.copy_single_limit:
        return _copy_parts(ops, request, pinned=pinned)
    headers = ops.encryption.write_headers() | _copy_source(ops, source, pinned=pinned)
    if request.replace_metadata:
        headers |= ops.object_headers(target)
        headers["x-amz-metadata-directive"] = "REPLACE"
    elif target.storage_class is not None:
        headers["x-amz-storage-class"] = target.storage_class
    headers |= conditions(target)
    response = ops.exchange.call(
        "PUT", target.bucket, target.key, headers=headers, create_only=target.if_absent
    )
    body = read_document(response)
    raise_error_in_ok(body, response.headers, create_only=target.if_absent)
    return Stored(xml.parse_copy_result(body).etag, response.headers.get("x-amz-version-id"))


def _copy_source(ops: Operations, source: ObjectInfo, *, pinned: bool) -> dict[str, str]:
    version = f"?versionId={quote_key(source.version_id)}" if source.version_id else ""
    headers = {"x-amz-copy-source": f"/{source.bucket}/{quote_key(source.key)}{version}"}
    if source.etag is not None and pinned:
        headers["x-amz-copy-source-if-match"] = f'"{source.etag}"'
    return headers | ops.encryption.key_headers("x-amz-copy-source-")


def _copy_parts(ops: Operations, request: CopyRequest, *, pinned: bool) -> Stored:
    """Copy in parts, which are removed on any failure."""
    source, target = request.source, request.target
    part_size = max(COPY_PART_SIZE, -(-source.size // ops.service.max_parts))
    upload = Upload(target, begin(ops, target))
    try:
        parts = [
            _copy_part(ops, source, upload, number, bounds, pinned=pinned)
            for number, bounds in enumerate(split(source.size, part_size), 1)
        ]
        return complete(ops, upload, parts)
    except BaseException:
        abort(ops, upload)
        raise


def _copy_part(
    ops: Operations, source: ObjectInfo, upload: Upload, number: int, bounds: tuple[int, int], *, pinned: bool
) -> Part:
    start, end = bounds
    headers = _copy_source(ops, source, pinned=pinned) | ops.encryption.key_headers()
    headers["x-amz-copy-source-range"] = f"bytes={start}-{end - 1}"
    response = ops.exchange.call(
        "PUT",
        upload.request.bucket,
        upload.request.key,
        query=_part_query(number, upload.upload_id),
        headers=headers,
    )
    body = read_document(response)
    raise_error_in_ok(body, response.headers)
    answer = xml.parse_copy_result(body)
    algorithm = ops.algorithm(None)
    checksum = answer.checksums.get(algorithm.value) if algorithm is not None else None
    return Part(number, answer.etag or "", end - start, checksum)


def _part_query(number: int, upload_id: str) -> tuple[tuple[str, str], ...]:
    return (("partNumber", str(number)), ("uploadId", upload_id))
