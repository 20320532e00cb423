"""Copies inside the service, and changes of metadata.

https://cloud.google.com/storage/docs/json_api/v1/objects/rewrite
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud._dialects._answers import understood
from cloud._dialects.gcs._names import object_path, quoted
from cloud._dialects.gcs._writes import kms_query, read_json, resource_of, to_json
from cloud.common._storage_types import Stored
from cloud.common.errors import ServiceUnavailableError, UnsupportedOperationError

if TYPE_CHECKING:
    from cloud._dialects.gcs._operations import Operations
    from cloud.common._storage_types import CopyRequest, PutRequest
    from cloud.common.models import ObjectInfo

_JSON = {"content-type": "application/json; charset=UTF-8"}
_REWRITE_FIELDS = "fields=done,rewriteToken,totalBytesRewritten,resource(generation,size)"
# What an update without a value removes.
_MEMBERS = ("cacheControl", "contentEncoding", "contentDisposition", "contentLanguage")


def copy(ops: Operations, request: CopyRequest) -> Stored:
    """Copy an object inside the service, of any size; or change its metadata where it is copied onto itself."""
    source, target = request.source, request.target
    onto_itself = (source.bucket, source.key) == (target.bucket, target.key) and source.is_latest is not False
    if (
        onto_itself
        and request.replace_metadata
        and not target.if_absent
        and target.storage_class in {None, source.storage_class}
        and isinstance(source.raw, dict)
    ):
        return _update(ops, source, target)
    return _rewrite(ops, request)


def _update(ops: Operations, source: ObjectInfo, target: PutRequest) -> Stored:
    """Change the metadata of an object that is still as it was looked at; no byte moves, its generation stays."""
    resource: dict[str, Any] = resource_of(target)
    resource.pop("storageClass", None)
    if ops.service.update_method == "PATCH":  # only null removes
        pairs: dict[str, str | None] = dict.fromkeys(source.raw.get("metadata") or ())
        pairs.update(target.metadata)
        resource = {**dict.fromkeys(_MEMBERS), **resource, "metadata": pairs}
    else:
        resource["metadata"] = dict(target.metadata)
    query = f"fields=generation&ifGenerationMatch={source.etag}"
    if source.raw.get("metageneration"):
        query += f"&ifMetagenerationMatch={source.raw['metageneration']}"
    answer = read_json(
        ops.exchange.call(
            ops.service.update_method,
            f"{object_path(target.bucket, target.key)}?{query}",
            headers=ops.key_headers | _JSON,
            body=to_json(resource),
        )
    )
    return Stored(answer.get("generation"), answer.get("generation"))


def _rewrite(ops: Operations, request: CopyRequest) -> Stored:
    """Copy by as many calls as the service wants: a large object takes several across locations and classes."""
    source, target = request.source, request.target
    if target.if_absent and not ops.service.target_conditions:
        raise UnsupportedOperationError(
            f"{ops.service.name} does not look whether the target of a copy exists",
            hint="download and upload with if_absent=True instead",
            request_sent=False,
        )
    path = f"{object_path(source.bucket, source.key)}/rewriteTo/b/{target.bucket}/o/{quoted(target.key)}"
    query = f"{_REWRITE_FIELDS}{kms_query(ops.options.kms_key_name, 'destinationKmsKeyName')}"
    if source.is_latest is False:
        query += f"&sourceGeneration={source.version_id}"
    elif source.etag is not None:
        query += f"&ifSourceGenerationMatch={source.etag}"
    if target.if_absent:
        query += "&ifGenerationMatch=0"
    # A resource in the request replaces all of the source's metadata; an empty one keeps it.
    replaces = request.replace_metadata or target.storage_class is not None
    body = to_json({**resource_of(target), "metadata": dict(target.metadata)} if replaces else {})
    headers = ops.key_headers | ops.options.key_headers("x-goog-copy-source-") | _JSON
    token = ""
    rewritten = -1
    while True:
        answer = read_json(
            ops.exchange.call(
                "POST", f"{path}?{query}{token}", headers=headers, body=body, create_only=target.if_absent
            )
        )
        if answer.get("done"):
            with understood("answer to a copy"):
                resource = answer.get("resource") or {}
                return Stored(resource.get("generation"), resource.get("generation"))
        with understood("answer to a copy"):
            following, now = (
                quoted(answer.get("rewriteToken") or ""),
                int(answer.get("totalBytesRewritten") or 0),
            )
        if not following or now <= rewritten:
            raise ServiceUnavailableError(
                "the copy makes no progress: the service says neither done nor more"
            )
        token, rewritten = f"&rewriteToken={following}", now
