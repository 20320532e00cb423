"""Uploads in blocks: staged in parallel, made visible by one list of their ids.

Azure drops every staged block of a key when a list of blocks is committed there, or one body is put. Ids
hold the id of their upload, so that two uploads to one key are never mixed: the one that ends later finds its
blocks gone and raises ConflictError.

Nothing in Azure removes staged blocks alone. Those of an upload that failed are kept, charged and invisible
for a week, and then removed by Azure; to remove them at once something would have to be stored at the key,
where readers could see it. So a failed upload leaves them, and `abort_unfinished_uploads` is the way to
remove them on demand, for keys that hold no object.

https://learn.microsoft.com/rest/api/storageservices/put-block-list
"""

from __future__ import annotations

import secrets
from base64 import b64encode
from typing import TYPE_CHECKING

from cloud._dialects._answers import read_document
from cloud._dialects.azure_blob._errors import AzureServiceError
from cloud._dialects.azure_blob._operations import (
    Operations,
    check_answered,
    check_stored,
    conditions,
    list_query,
    md5_of,
    object_headers,
)
from cloud.common import _checksums
from cloud.common._bodies import blocks
from cloud.common._paging import sifted
from cloud.common._storage_types import Part, Stored, Upload
from cloud.common.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cloud.common._bodies import Payload
    from cloud.common._paging import Page
    from cloud.common._storage_types import ListRequest, PutRequest
    from cloud.common.models import UnfinishedUpload

LEFT_BEHIND = "uncommitted"
"""The upload id of whatever blocks a listing found at a key; ids of this library's own uploads are hex."""
_ID_BYTES = 48
"""All ids of a key have one length: 48 bytes, 64 in base64, is the longest, and what AzCopy and .NET use."""
_SENT_HEX = 16


def begin() -> str:
    """Return the id of a new upload. Azure need not be told."""
    return secrets.token_hex(_SENT_HEX)


def block_id(upload_id: str, number: int) -> str:
    """Return the id of block `number` of an upload, in base64."""
    return b64encode(f"{upload_id}-{number:0{_ID_BYTES - len(upload_id) - 1}}".encode()).decode("ascii")


def put_part(ops: Operations, upload: Upload, number: int, payload: Payload) -> Part:
    """Store one block, with a checksum that Azure compares.

    The CRC-64 costs a twentieth of an MD5 where awscrt is installed. A server that takes none says so once and
    gets an MD5 from then on.
    """
    if ops.takes_crc64 and _checksums.available(_checksums.ChecksumAlgorithm.CRC64NVME):
        try:
            return _put_block(ops, upload, number, payload, "x-ms-content-crc64", crc64_of(payload))
        except AzureServiceError as error:
            if error.code != "FeatureNotSupported":
                raise
            ops.takes_crc64 = False
    return _put_block(ops, upload, number, payload, "content-md5", md5_of(payload))


def _put_block(
    ops: Operations, upload: Upload, number: int, payload: Payload, header: str, checksum: str
) -> Part:
    request = upload.request
    name = block_id(upload.upload_id, number)
    response = ops.exchange.call(
        "PUT",
        request.bucket,
        request.key,
        query=(("comp", "block"), ("blockid", name)),
        headers={header: checksum, **ops.lease_headers()},
        body=payload,
        accepts=(201,),
    )
    with response:
        if response.length != 0:
            response.read(1 << 16)
    check_answered(response.headers.get(header), checksum)
    return Part(number, name, payload.nbytes if isinstance(payload, memoryview) else len(payload), checksum)


def crc64_of(payload: Payload) -> str:
    """Return a payload's CRC-64 as Azure writes it.

    It is the CRC-64/NVME, which azure-storage-extensions computes too, least significant byte first.
    """
    checksum = _checksums.new(_checksums.ChecksumAlgorithm.CRC64NVME)
    for block in blocks(payload):
        checksum.update(block)
    return b64encode(checksum.digest()[::-1]).decode("ascii")


def complete(ops: Operations, upload: Upload, parts: Sequence[Part]) -> Stored:
    """Make the object visible; its conditions are checked now."""
    request = upload.request
    return commit(ops, request, [part.etag for part in parts])


def commit(ops: Operations, request: PutRequest, ids: Iterable[str]) -> Stored:
    """Make an object of the blocks called `ids`."""
    body = b"".join([
        b'<?xml version="1.0" encoding="utf-8"?><BlockList>',
        *(f"<Latest>{name}</Latest>".encode() for name in ids),
        b"</BlockList>",
    ])  # fmt: skip  # one element a line
    headers = object_headers(request) | ops.lease_headers() | conditions(request)
    checksum = md5_of(body)
    headers["content-type"] = "application/xml"
    headers["content-md5"] = checksum
    response = ops.exchange.call(
        "PUT",
        request.bucket,
        request.key,
        query=(("comp", "blocklist"),),
        headers=headers,
        body=body,
        accepts=(201,),
        create_only=request.if_absent,
        replace_only=request.if_match is not None,
    )
    return check_stored(response)


def abort(ops: Operations, upload: Upload) -> None:
    """Leave the blocks of an own upload to Azure; remove those that a listing found.

    The latter takes an empty object, which is there for the moment between two requests: only where nothing
    else is, and only if it is still the same when it is deleted.
    """
    if upload.upload_id != LEFT_BEHIND:
        return
    request = upload.request._replace(if_absent=True, content_type="application/octet-stream")
    try:
        stored = commit(ops, request, ())
    except AzureServiceError as error:
        if error.code != "BlobAlreadyExists" and error.status != 412:
            raise
        raise NotFoundError("the upload was completed meanwhile") from error
    headers = {"if-match": f'"{stored.etag}"', **ops.lease_headers()}
    ops.exchange.call("DELETE", request.bucket, request.key, headers=headers, accepts=(202,)).close()


def list_page(ops: Operations, request: ListRequest) -> Page[UnfinishedUpload]:
    """Return one page of the keys that have blocks and hold no object.

    Blocks that were staged for a key which holds an object are not listed: Azure tells of them key by key only.
    """
    from cloud._dialects.azure_blob._listing import parse_uncommitted
    from cloud.common._records import UnfinishedUpload

    query = list_query(request, "uncommittedblobs")
    response = ops.exchange.call("GET", request.bucket, query=query)
    found, listed, marker = parse_uncommitted(read_document(response))
    uploads = tuple(
        UnfinishedUpload(bucket=request.bucket, key=key, upload_id=LEFT_BEHIND, started_at=moment)
        for key, moment in found
    )
    return sifted(uploads, listed, marker)
