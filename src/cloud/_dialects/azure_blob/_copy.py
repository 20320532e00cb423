"""Copies inside Azure, and changes of what belongs to an object beside its bytes.

Up to 5,000 MiB are copied by one request that ends when the copy is whole (Put Blob From URL), more than that
in blocks: readers see the old object or the new one. A server that has neither (Azurite) copies by itself
(Copy Blob), and is asked until it has ended.

https://learn.microsoft.com/rest/api/storageservices/put-blob-from-url
https://learn.microsoft.com/rest/api/storageservices/copy-blob
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from cloud._dialects.azure_blob import _blocks
from cloud._dialects.azure_blob._auth import BearerAuthorization, SasAuthorization, SharedKey, encode_query
from cloud._dialects.azure_blob._errors import AzureServiceError
from cloud._dialects.azure_blob._metadata import metadata_headers
from cloud._dialects.azure_blob._operations import (
    SNAPSHOT,
    check_stored,
    conditions,
    content_headers,
    object_headers,
    version_query,
)
from cloud.common._ranges import split
from cloud.common._redact import HiddenValues
from cloud.common._storage_types import GetRequest, Stored
from cloud.common.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud._dialects.azure_blob._operations import Operations
    from cloud.common._storage_types import CopyRequest, PutRequest
    from cloud.common.models import ObjectInfo

MIB = 1 << 20
MAX_SINGLE_COPY = 5000 * MIB
"""Largest object of one Put Blob From URL."""
COPY_BLOCK = 1000 * MIB
"""Blocks of a larger copy, of at most 4,000 MiB: the bytes do not pass here, so few and large."""
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0
_SOURCE_SECONDS = 24 * 3600
_NOT_THERE = frozenset({"APINotImplemented", "FeatureNotSupported"})


def copy(ops: Operations, request: CopyRequest, sleep: Callable[[float], None]) -> Stored:
    """Copy one object, or change it where source and target are the same.

    Args:
        ops: the account's operations.
        request: what to copy, and where to.
        sleep: waits that many seconds, between two questions whether a copy has ended.
    """
    source, target = request.source, request.target
    if (source.bucket, source.key) == (target.bucket, target.key) and _is_current(source):
        return update(ops, request)
    if ops.takes_urls:
        try:
            if source.size > MAX_SINGLE_COPY:
                return _copy_blocks(ops, request)
            return _put_from_url(ops, request)
        except AzureServiceError as error:
            if not _knows_no_urls(error):
                raise
            ops.takes_urls = False
    stored = _copy_blob(ops, request, sleep)
    if not request.replace_metadata:
        return stored
    return _set_properties(ops, request, stored.etag)


def _knows_no_urls(error: AzureServiceError) -> bool:
    """Return whether a server says that it writes nothing from a URL; Azurite fails at it with a signature."""
    is_azurite = error.headers.get("server", "").startswith("Azurite")
    return error.code in _NOT_THERE or (is_azurite and error.status == 500)


def _is_current(source: ObjectInfo) -> bool:
    """Return whether the source is what plain reads see, rather than an old version or a snapshot."""
    version = source.version_id
    if version is None:
        return True
    return not version.startswith(SNAPSHOT) and (source.raw or {}).get("x-ms-is-current-version") == "true"


# -- copies -------------------------------------------------------------------------------------------------------
def _put_from_url(ops: Operations, request: CopyRequest) -> Stored:
    target = request.target
    headers = _source_headers(ops, request.source) | object_headers(target)
    headers |= ops.lease_headers() | conditions(target)
    headers["x-ms-blob-type"] = "BlockBlob"
    if request.source.checksums.get("md5"):
        # Azure compares the bytes that it reads with it, and keeps it with the copy.
        headers["x-ms-source-content-md5"] = request.source.checksums["md5"]
    response = ops.exchange.call(
        "PUT", target.bucket, target.key, headers=headers, accepts=(201,), create_only=target.if_absent
    )
    return check_stored(response)


def _copy_blocks(ops: Operations, request: CopyRequest) -> Stored:
    source, target = request.source, request.target
    upload_id, ids = _blocks.begin(), []
    for number, (start, end) in enumerate(split(source.size, COPY_BLOCK), 1):
        ids.append(_blocks.block_id(upload_id, number))
        headers = _source_headers(ops, source) | ops.lease_headers()
        headers["x-ms-source-range"] = f"bytes={start}-{end - 1}"
        ops.exchange.call(
            "PUT",
            target.bucket,
            target.key,
            query=(("comp", "block"), ("blockid", ids[-1])),
            headers=headers,
            accepts=(201,),
        ).close()
    return _blocks.commit(ops, target, ids)


def _copy_blob(ops: Operations, request: CopyRequest, sleep: Callable[[float], None]) -> Stored:
    """Let the service copy, and wait until it has; headers come along, metadata may be replaced."""
    target = request.target
    headers = _source_headers(ops, request.source) | ops.lease_headers() | conditions(target)
    headers.pop(
        "x-ms-copy-source-authorization", None
    )  # in one account the request's own authorization counts
    if request.replace_metadata:
        headers |= metadata_headers(target.metadata)
    if target.storage_class is not None:
        headers["x-ms-access-tier"] = target.storage_class
    response = ops.exchange.call(
        "PUT", target.bucket, target.key, headers=headers, accepts=(202,), create_only=target.if_absent
    )
    stored = check_stored(response)
    copy_id = response.headers.get("x-ms-copy-id", "")
    if response.headers.get("x-ms-copy-status", "success") == "success":
        return stored
    try:
        return _wait(ops, target.bucket, target.key, copy_id, sleep)
    except BaseException:
        _stop(ops, target.bucket, target.key, copy_id)
        raise


def _wait(ops: Operations, bucket: str, key: str, copy_id: str, sleep: Callable[[float], None]) -> Stored:
    """Return what was stored when the copy has ended well.

    Raises:
        ConflictError: it failed, was ended by somebody, or something else was stored meanwhile.
    """
    wait = _FIRST_WAIT
    while True:
        info = ops.head(GetRequest(bucket, key))
        headers = info.raw
        status = headers.get("x-ms-copy-status", "")
        if headers.get("x-ms-copy-id") != copy_id:
            raise ConflictError("something else was stored at the target while it was being copied to")
        if status == "success":
            return Stored(info.etag, info.version_id)
        if status != "pending":
            why = headers.get("x-ms-copy-status-description") or "no reason given"
            raise ConflictError(f"the copy ended as {status!r}: {why}")
        sleep(wait)
        wait = min(wait * 2, _LONGEST_WAIT)


def _stop(ops: Operations, bucket: str, key: str, copy_id: str) -> None:
    """End a copy, and remove the empty object that Azure leaves at its target."""
    ops.exchange.call(
        "PUT",
        bucket,
        key,
        query=(("comp", "copy"), ("copyid", copy_id)),
        headers={"x-ms-copy-action": "abort", **ops.lease_headers()},
        accepts=(204, 404, 409),  # the latter two: it has ended, or its target is gone
    ).close()
    with ops.exchange.call("HEAD", bucket, key, accepts=(200, 404)) as response:
        headers = response.headers
    is_ours = headers.get("x-ms-copy-id") == copy_id and headers.get("x-ms-copy-status") != "success"
    if response.status == 200 and is_ours:
        pin = {"if-match": headers.get("etag", ""), **ops.lease_headers()}
        ops.exchange.call("DELETE", bucket, key, headers=pin, accepts=(202, 404, 412)).close()


def _source_headers(ops: Operations, source: ObjectInfo) -> dict[str, str]:
    """Return the headers that name the source, pin it to its ETag, and allow to read it."""
    headers = HiddenValues({"x-ms-copy-source": _source_url(ops, source)})
    if source.etag is not None:
        headers["x-ms-source-if-match"] = f'"{source.etag}"'
    authorization = ops.exchange.authorization
    if isinstance(authorization, BearerAuthorization):
        token = authorization.source.token(ops.exchange.now())
        headers["x-ms-copy-source-authorization"] = f"Bearer {token}"
    return headers


def _source_url(ops: Operations, source: ObjectInfo) -> str:
    endpoint, authorization = ops.exchange.endpoint, ops.exchange.authorization
    path = endpoint.path(source.bucket, source.key)
    url = f"{endpoint.origin.scheme}://{endpoint.origin.host_header}{path}"
    # A version that is the current one is named all the same: it is what was looked at.
    query = [encode_query(version_query(source.version_id))]
    if isinstance(authorization, SasAuthorization):
        query.append(authorization.sas.reveal().lstrip("?"))
    elif isinstance(authorization, SharedKey) and ops.takes_urls:
        query.append(_read_signature(ops, authorization, source))
    text = "&".join(filter(None, query))
    return f"{url}?{text}" if text else url


def _read_signature(ops: Operations, authorization: SharedKey, source: ObjectInfo) -> str:
    """Return a signature that lets the service read the source: a key's own requests do not reach so far."""
    from cloud._dialects.azure_blob._sas import DEFAULT_VERSION, SasResource, SasTerms, resource_sas

    now = datetime.fromtimestamp(ops.exchange.now(), timezone.utc)
    version = source.version_id or ""
    is_snapshot = version.startswith(SNAPSHOT)
    resource = SasResource(
        bucket=source.bucket,
        key=source.key,
        version_id=None if is_snapshot else source.version_id,
        snapshot=version.removeprefix(SNAPSHOT) if is_snapshot else None,
    )
    terms = SasTerms(
        permissions="r",
        expires_at=now + timedelta(seconds=_SOURCE_SECONDS),
        https_only=ops.exchange.endpoint.origin.scheme == "https",
        version=ops.options.sas_version or DEFAULT_VERSION,
    )
    return resource_sas(authorization.account, authorization.key, resource, terms)


# -- changes of one object ----------------------------------------------------------------------------------------
def update(ops: Operations, request: CopyRequest) -> Stored:
    """Change headers, metadata and tier of an object where it is.

    Azure takes them by one request each. Those that change nothing are not sent, and each is pinned to the
    ETag that the one before has left, so that an object which is replaced meanwhile is not touched; only a
    change of the tier cannot be pinned, and comes last.
    """
    source, target = request.source, request.target
    stored = Stored(source.etag, source.version_id)
    if request.replace_metadata:
        if content_headers(target) != content_headers(_as_stored(request)):
            stored = _set_properties(ops, request, stored.etag)
        if dict(target.metadata) != dict(source.metadata):
            stored = _set(ops, request, "metadata", metadata_headers(target.metadata), stored.etag)
    tier = target.storage_class
    if tier is not None and tier != source.storage_class:
        ops.exchange.call(
            "PUT",
            target.bucket,
            target.key,
            query=(("comp", "tier"),),
            headers={"x-ms-access-tier": tier, **ops.lease_headers()},
            accepts=(200, 202),
        ).close()
    return stored


def _set_properties(ops: Operations, request: CopyRequest, etag: str | None) -> Stored:
    headers = content_headers(request.target)
    checksum = request.source.checksums.get("md5")
    if checksum:
        headers["x-ms-blob-content-md5"] = checksum  # what is not sent is removed
    return _set(ops, request, "properties", headers, etag)


def _set(
    ops: Operations, request: CopyRequest, what: str, headers: dict[str, str], etag: str | None
) -> Stored:
    target = request.target
    pin = {} if etag is None else {"if-match": f'"{etag}"'}
    response = ops.exchange.call(
        "PUT",
        target.bucket,
        target.key,
        query=(("comp", what),),
        headers=headers | pin | ops.lease_headers(),
    )
    return check_stored(response)


def _as_stored(request: CopyRequest) -> PutRequest:
    """Return the target with the content headers that the object has now."""
    source = request.source
    return request.target._replace(
        content_type=source.content_type or "",
        cache_control=source.cache_control,
        content_encoding=source.content_encoding,
        content_disposition=source.content_disposition,
        content_language=source.content_language,
    )
