"""Large objects in parallel parts, in the two ways that the service has, told apart by the upload's id.

XML multipart uploads are the service's own: its parts are no objects and need no copying, but it checks no
condition. Where one must hold, or the server has no such uploads, parts are temporary objects (`_compose`).
https://cloud.google.com/storage/docs/multipart-uploads
https://cloud.google.com/storage/docs/parallel-composite-uploads
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud._dialects._answers import read_document
from cloud._dialects._xmltree import (
    MalformedAnswerError,
    escape_text,
    parse_root,
    parse_timestamp,
)
from cloud._dialects.gcs import _compose
from cloud._dialects.gcs._body import hashes
from cloud._dialects.gcs._errors import GCSServiceError, parse_error
from cloud._dialects.gcs._names import checked_generation, quoted
from cloud._dialects.gcs._writes import check_whole, seal
from cloud.common._checksums import ChecksumAlgorithm
from cloud.common._paging import Page
from cloud.common._records import UnfinishedUpload
from cloud.common._storage_types import ListRequest, Part, PartLimits, PutRequest, Stored, Upload
from cloud.common.errors import IntegrityError, NotFoundError, UnsupportedOperationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud._dialects.gcs._operations import Operations
    from cloud.common._bodies import Payload

# https://cloud.google.com/storage/quotas#requests (XML multipart uploads; object size)
LIMITS = PartLimits(min_part=5 << 20, max_part=5 << 30, max_parts=10_000, max_single_put=5 << 40)
"""A composed object has no such limits but its size; what holds for both is what is planned with."""
_XML = "xml-"
_CRC32C = ChecksumAlgorithm.CRC32C
_HEADERS = (
    ("content_type", "content-type"),
    ("cache_control", "cache-control"),
    ("content_encoding", "content-encoding"),
    ("content_disposition", "content-disposition"),
    ("content_language", "content-language"),
    ("storage_class", "x-goog-storage-class"),
)


def begin(ops: Operations, request: PutRequest) -> str:
    """Begin an upload and return its id."""
    conditional = request.if_absent or request.if_match is not None
    way = ops.options.parallel_upload
    if conditional and (way == "xml" or not ops.service.compose_conditions):
        raise UnsupportedOperationError(
            f"{'XML multipart uploads check' if way == 'xml' else ops.service.name + ' checks'} no condition "
            "for bodies in parts",
            hint="raise TransferConfig.threshold above the body's size, or write without a condition",
            request_sent=False,
        )
    if request.if_match is not None:
        checked_generation(request.if_match)
    if way == "compose" or conditional or (way == "auto" and not ops.service.xml_multipart):
        return _compose.begin(ops, request)
    response = ops.exchange.call("POST", f"{_path(request)}?uploads", headers=_object_headers(ops, request))
    upload_id = parse_root(read_document(response), "InitiateMultipartUploadResult").get("UploadId")
    if not upload_id:
        raise MalformedAnswerError("the answer names no upload")
    return _XML + upload_id


def put_part(ops: Operations, upload: Upload, number: int, payload: Payload) -> Part:
    """Store one part."""
    if not upload.upload_id.startswith(_XML):
        return _compose.put_part(ops, upload, number, payload)
    sealed = seal(payload)
    headers = ops.key_headers.copy()
    if sealed is not None:
        headers["x-goog-hash"] = f"{sealed.algorithm.value}={sealed.value}"
    response = ops.exchange.call(
        "PUT",
        f"{_path(upload.request)}?partNumber={number}&uploadId={_upload_id(upload)}",
        headers=headers,
        body=payload,
    )
    response.close()
    etag = response.headers.get("etag")
    if not etag:
        raise MalformedAnswerError("the answer to a part has no ETag")
    named = hashes(response.headers).get(sealed.algorithm.value) if sealed is not None else None
    if sealed is not None and named is not None and named != sealed.value:
        raise IntegrityError(
            f"the service stored a part of checksum {named} instead of {sealed.value}", retryable=True
        )
    is_crc = sealed is not None and sealed.algorithm is _CRC32C
    return Part(number, etag, len(payload), sealed.value if sealed is not None and is_crc else None)


def complete(ops: Operations, upload: Upload, parts: Sequence[Part]) -> Stored:
    """Make the object visible, and compare the service's checksum with that of all parts."""
    if not upload.upload_id.startswith(_XML):
        return _compose.complete(ops, upload, parts)
    entries = "".join(
        f"<Part><PartNumber>{part.number}</PartNumber><ETag>{escape_text(part.etag)}</ETag></Part>"
        for part in parts
    )
    response = ops.exchange.call(
        "POST",
        f"{_path(upload.request)}?uploadId={_upload_id(upload)}",
        headers=ops.key_headers | {"content-type": "application/xml"},
        body=f"<CompleteMultipartUpload>{entries}</CompleteMultipartUpload>".encode(),
    )
    body = read_document(response)
    code, message = parse_error(body)
    if code is not None:  # an error that showed after the answer had begun
        raise GCSServiceError(200, code, message, response.headers)
    parse_root(body, "CompleteMultipartUploadResult")
    check_whole(parts, hashes(response.headers).get("crc32c"))
    generation = response.headers.get("x-goog-generation")
    return Stored(generation, generation)


def abort(ops: Operations, upload: Upload) -> None:
    """Remove the parts."""
    if not upload.upload_id.startswith(_XML):
        if not _compose.abort(ops, upload):
            raise NotFoundError(f"there is no upload {upload.upload_id!r}")
        return
    target = f"{_path(upload.request)}?uploadId={_upload_id(upload)}"
    ops.exchange.call("DELETE", target, accepts=(204,)).close()


def unfinished_page(ops: Operations, request: ListRequest) -> Page[UnfinishedUpload]:
    """Return one page of unfinished uploads: those by compose, and where there are such, the XML ones."""
    token = request.token
    if token is None or not token.startswith(_XML):
        page = _compose.unfinished_page(ops, request)
        if page.next_token is not None or not ops.service.xml_multipart:
            return page
        return Page(page.items, next_token=_XML)  # they begin on the next page
    return _xml_page(ops, request, token[len(_XML) :])


def _xml_page(ops: Operations, request: ListRequest, markers: str) -> Page[UnfinishedUpload]:
    """Return one page of XML multipart uploads, from after `markers` on.

    https://cloud.google.com/storage/docs/xml-api/get-bucket-uploads
    """
    query = f"uploads&max-uploads={request.page_size}"
    if request.prefix:
        query += f"&prefix={quoted(request.prefix)}"
    answer = read_document(ops.exchange.call("GET", f"/{request.bucket}?{query}{markers}"))
    root = parse_root(answer, "ListMultipartUploadsResult")
    found = []
    for entry in root.all("Upload"):
        key, upload_id, started = entry.get("Key"), entry.get("UploadId"), entry.get("Initiated")
        if not key or not upload_id:
            raise MalformedAnswerError("an unfinished upload has no key or no id")
        found.append(
            UnfinishedUpload(
                bucket=request.bucket,
                key=key,
                upload_id=_XML + upload_id,
                started_at=parse_timestamp(started) if started else None,
            )
        )
    if root.get("IsTruncated") != "true":
        return Page(tuple(found))
    after_key, after_id = root.get("NextKeyMarker"), root.get("NextUploadIdMarker")
    if not after_key:
        raise MalformedAnswerError("there are more unfinished uploads, but no marker to go on with")
    markers = f"&key-marker={quoted(after_key)}"
    if after_id:
        markers += f"&upload-id-marker={quoted(after_id)}"
    return Page(tuple(found), next_token=_XML + markers)


def _path(request: PutRequest) -> str:
    return f"/{request.bucket}/{quoted(request.key)}"


def _upload_id(upload: Upload) -> str:
    return quoted(upload.upload_id[len(_XML) :])


def _object_headers(ops: Operations, request: PutRequest) -> dict[str, str]:
    headers = ops.key_headers.copy()
    for name, header in _HEADERS:
        value = getattr(request, name)
        if value is not None:
            headers[header] = value
    for name, value in request.metadata.items():
        headers[f"x-goog-meta-{name}"] = value
    if ops.options.kms_key_name is not None:
        headers["x-goog-encryption-kms-key-name"] = ops.options.kms_key_name
    return headers
