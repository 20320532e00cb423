"""The hot operations of Azure Blob Storage: each builds its request, sends it, and reads its answer."""

from __future__ import annotations

from base64 import b64encode
from functools import partial
from hashlib import md5
from typing import TYPE_CHECKING

from cloud._dialects._answers import AnswerBody, EmptyBody, http_date, read_document, size_of
from cloud._dialects.azure_blob._addressing import quote_text
from cloud._dialects.azure_blob._body import (
    MAX_CHECKED_RANGE,
    asked_end,
    object_info,
    range_checksum,
    refuse_encoded,
    whole_checksum,
)
from cloud._dialects.azure_blob._errors import AzureServiceError
from cloud._dialects.azure_blob._exchange import require_etag
from cloud._dialects.azure_blob._metadata import check_tags, metadata_headers
from cloud.common import _checksums
from cloud.common._bodies import blocks
from cloud.common._paging import Advance, Page
from cloud.common._storage_types import GetRequest, ObjectBody, Stored
from cloud.common.errors import (
    ConflictError,
    IntegrityError,
    InvalidRequestError,
)

if TYPE_CHECKING:
    from cloud._dialects.azure_blob._exchange import Exchange
    from cloud._dialects.azure_blob._options import AzureOptions
    from cloud._wire._types import HttpResponse
    from cloud.common._bodies import Payload
    from cloud.common._storage_types import DeleteRequest, ListRequest, PutRequest
    from cloud.common.models import ObjectInfo

_CONTAINER = (("restype", "container"),)
_ROOT = "OperationNotAllowedOnRootBlob"
_WORTH_CRC64 = 64 << 20
"""Bytes whose MD5 costs about what it costs to load the engine of the CRC-64."""
SNAPSHOT = "snapshot="
"""What the version_id of a snapshot begins with; the rest is the service's own name for it."""


class Operations:
    """The operations of one account. Safe between threads.

    Attributes:
        exchange: sends requests and judges the status of their answers.
        options: what the user set.
        takes_crc64: whether blocks may be sent with a CRC-64; False for emulators, which have the account in
            the path (Azurite refuses one before it has read the block), and once a server refused one.
        takes_urls: whether an object may be written from a URL; False likewise.
        gives_crc64: whether ranges are asked for with a CRC-64; False likewise, and once an answer had none.
    """

    def __init__(self, exchange: Exchange, options: AzureOptions) -> None:
        self.exchange = exchange
        self.options = options
        self.takes_crc64 = self.takes_urls = self.gives_crc64 = not exchange.endpoint.path_prefix
        self._by_md5 = 0

    # -- containers ------------------------------------------------------------------------------------------
    def list_buckets(self) -> list[str]:
        """Return all container names, of every page."""
        from cloud._dialects.azure_blob._listing import parse_containers

        names: list[str] = []
        token: str | None = None
        advance = Advance()
        while True:
            query = [("comp", "list"), *([("marker", token)] if token else [])]
            page, following = parse_containers(read_document(self.exchange.call("GET", query=query)))
            names += page
            if not following:
                return names
            token = advance.to(following, is_empty=not page)

    def create_bucket(self, name: str) -> bool:
        """Create the container; False when it was there."""
        response = self.exchange.call("PUT", name, query=_CONTAINER, accepts=(201, 409))
        if response.status == 201:
            response.close()
            return True
        if response.headers.get("x-ms-error-code") == "ContainerAlreadyExists":
            response.close()
            return False
        raise _refusal(response)

    def delete_bucket(self, name: str) -> None:
        """Delete the container if nothing is in it.

        Azure deletes containers with everything inside, so this looks first: an object, or an old version of
        one, that is stored between the two requests is deleted too.
        """
        query = [*_CONTAINER, ("comp", "list"), ("maxresults", "1")]
        # Accounts with a hierarchical namespace keep no versions and refuse to list them.
        response = self.exchange.call(
            "GET", name, query=[*query, ("include", "versions")], accepts=(200, 400, 409)
        )
        if response.status != 200:
            response.close()
            response = self.exchange.call("GET", name, query=query)
        from cloud._dialects.azure_blob._listing import has_content

        advance = Advance()
        while True:
            is_filled, token = has_content(read_document(response))
            if is_filled:
                raise ConflictError("the bucket is not empty", request_sent=False)
            if token is None:
                break
            marker = advance.to(token, is_empty=True)
            response = self.exchange.call("GET", name, query=[*query, ("marker", marker)])
        self.exchange.call(
            "DELETE", name, query=_CONTAINER, headers=self.lease_headers(), accepts=(202,)
        ).close()

    def bucket_exists(self, name: str) -> bool:
        """Return whether the container is there."""
        response = self.exchange.call("HEAD", name, query=_CONTAINER, accepts=(200, 404))
        code = response.headers.get("x-ms-error-code")
        if response.status == 404 and code != "ContainerNotFound":
            raise _refusal(response)
        response.close()
        return response.status == 200

    # -- reads -----------------------------------------------------------------------------------------------
    def head(self, request: GetRequest) -> ObjectInfo:
        """Return the object's info."""
        with self.exchange.call(
            "HEAD",
            request.bucket,
            request.key,
            query=version_query(request.version_id),
            headers=_read_conditions(request),
        ) as response:
            require_etag(response)
            size = size_of(response)
            return object_info(
                request.bucket, request.key, response.headers, size, version_id=request.version_id
            )

    def get(self, request: GetRequest) -> ObjectBody:
        """Return the open answer to a read.

        The whole object is asked for as a range too: nothing else than the Content-Range of the answer says how
        long an object in blocks is, should the answer's own length be too short. Azure computes the checksum of a
        small range when it is asked to: nothing else shows a flipped byte in one, nor in an object in blocks.
        """
        if request.start < 0:
            request = self._from_front(request)
        end = asked_end(request)
        length = None if end is None else end - request.start
        name = self._checksum_name(length)
        response = self._read(request, end, name)
        if name == "crc64" and response.status == 206 and "x-ms-content-crc64" not in response.headers:
            self.gives_crc64 = False  # an emulator under a name of its own
            response.close()
            response = self._read(request, end, self._checksum_name(length))
        if response.status == 416 or (response.status == 206 and response.length == 0):  # the latter: Azurite
            return self._unsatisfiable(request, response)
        require_etag(response)
        refuse_encoded(response)
        headers = response.headers
        body = AnswerBody(
            response,
            partial(object_info, request.bucket, request.key, headers, version_id=request.version_id),
            partial(whole_checksum, headers),
        )
        if name is not None:
            body.range_checksum = range_checksum(headers)
            self._by_md5 += body.length
        if end != request.end and response.status == 206:
            body.asked_end = end
            body.checksum = whole_checksum(headers, body.info.size)
        return body

    def _read(self, request: GetRequest, end: int | None, checksum: str | None) -> HttpResponse:
        headers = _read_conditions(request)
        headers["x-ms-range"] = f"bytes={request.start}-{'' if end is None else end - 1}"
        if checksum is not None:
            headers[f"x-ms-range-get-content-{checksum}"] = "true"
        return self.exchange.call(
            "GET",
            request.bucket,
            request.key,
            query=version_query(request.version_id),
            headers=headers,
            accepts=(200, 206, 416),
        )

    def _checksum_name(self, length: int | None) -> str | None:
        """Return which checksum to ask for; None for a range of which Azure computes none.

        The CRC-64 costs a twentieth of an MD5 once its engine is loaded, which many bytes alone are worth.
        """
        if length is None or length > MAX_CHECKED_RANGE:
            return None
        if self.gives_crc64 and _checksums.has_crc64_engine(load=self._by_md5 > _WORTH_CRC64):
            return "crc64"
        return "md5"

    def _from_front(self, request: GetRequest) -> GetRequest:
        """Return the request for the last bytes of an object as one from its front.

        Azure has no ranges that count from the end. An object that is replaced between the two requests is
        noticed by the template, which compares the range of the answer with the size of the object.
        https://learn.microsoft.com/rest/api/storageservices/specifying-the-range-header-for-blob-service-operations
        """
        size = self.head(request).size
        return request._replace(start=max(0, size + request.start), end=size or None)

    def _unsatisfiable(self, request: GetRequest, response: HttpResponse) -> ObjectBody:
        """Give an empty answer for a range of an empty object; raise for a start beyond a real one."""
        response.close()
        if request.start == 0:
            info = self.head(request)
            if info.size == 0:
                return EmptyBody(info)
        raise InvalidRequestError(
            f"the range starts at {request.start}, beyond the object's end",
            http_status=416,
            provider_code="InvalidRange",
            request_id=response.headers.get("x-ms-request-id"),
        )

    def list_page(self, request: ListRequest) -> Page[ObjectInfo]:
        """Return one page of objects."""
        from cloud._dialects.azure_blob._listing import object_page

        query = list_query(request)
        return object_page(read_document(self.exchange.call("GET", request.bucket, query=query)), request)

    # -- writes ----------------------------------------------------------------------------------------------
    def put(self, request: PutRequest, payload: Payload) -> Stored:
        """Store one object by one request.

        It carries an MD5: Azure compares and keeps it, so that reads can be compared with it, too.
        """
        headers = object_headers(request) | self.lease_headers() | conditions(request)
        checksum = md5_of(payload)
        headers["x-ms-blob-type"] = "BlockBlob"
        headers["content-md5"] = checksum
        response = self.exchange.call(
            "PUT",
            request.bucket,
            request.key,
            headers=headers,
            body=payload,
            accepts=(201,),
            create_only=request.if_absent,
            replace_only=request.if_match is not None,
        )
        return check_stored(response, "content-md5", checksum)

    def lease_headers(self) -> dict[str, str]:
        """Return the header that names the lease which the user holds."""
        lease = self.options.lease_id
        return {} if lease is None else {"x-ms-lease-id": lease}

    def delete(self, request: DeleteRequest) -> bool:
        """Delete one object, version or snapshot; whether it was there."""
        is_gone = self._delete(request)
        if is_gone is not None:
            return is_gone
        # Azure deletes no version that is the current one, so it is first made an old one.
        self._delete(request._replace(version_id=None))
        return self._delete(request._replace(if_match=None)) is not False

    def _delete(self, request: DeleteRequest) -> bool | None:
        """Delete; None when the version cannot be deleted because it is the current one."""
        headers = self.lease_headers()
        if request.if_match is not None:
            headers["if-match"] = f'"{request.if_match}"'
        if request.version_id is None and self.options.delete_snapshots:
            headers["x-ms-delete-snapshots"] = "include"
        response = self.exchange.call(
            "DELETE",
            request.bucket,
            request.key,
            query=version_query(request.version_id),
            headers=headers,
            accepts=(202, 403, 404),  # a captive portal says 200
            replace_only=request.if_match is not None,
        )
        code = response.headers.get("x-ms-error-code")
        if response.status == 202 or (response.status == 404 and is_missing(code, request)):
            response.close()
            return response.status == 202
        if code == _ROOT and request.version_id is not None:
            response.close()
            return None
        raise _refusal(response, replace_only=request.if_match is not None)


def is_missing(code: str | None, request: DeleteRequest) -> bool:
    """Return whether a 404 says that there was nothing to delete, under no condition."""
    return code == "BlobNotFound" and request.if_match is None


def _refusal(response: HttpResponse, *, replace_only: bool = False) -> AzureServiceError:
    from cloud._dialects._answers import read_error_bytes

    return AzureServiceError(
        response.status, response.headers, read_error_bytes(response), replace_only=replace_only
    )


def version_query(version_id: str | None) -> tuple[tuple[str, str], ...]:
    """Return the parameter that names a version, or a snapshot (``snapshot=`` and its time)."""
    if version_id is None:
        return ()
    if version_id.startswith(SNAPSHOT):
        return (("snapshot", version_id[len(SNAPSHOT) :]),)
    return (("versionid", version_id),)


def list_query(request: ListRequest, *include: str) -> list[tuple[str, str]]:
    """Return the parameters of one page of a listing."""
    query = [*_CONTAINER, ("comp", "list"), ("maxresults", str(request.page_size))]
    optional = (
        ("prefix", request.prefix or None),
        ("delimiter", request.delimiter),
        ("marker", request.token),
        ("include", ",".join(include) or None),
    )
    query += [(name, value) for name, value in optional if value is not None]
    return query


def object_headers(request: PutRequest) -> dict[str, str]:
    """Return the headers that make an object what `request` says."""
    headers = content_headers(request)
    headers |= metadata_headers(request.metadata)
    if request.storage_class is not None:
        headers["x-ms-access-tier"] = request.storage_class
    if request.tags:
        check_tags(request.tags)
        headers["x-ms-tags"] = "&".join(
            f"{quote_text(name)}={quote_text(value)}" for name, value in request.tags.items()
        )
    return headers


def content_headers(request: PutRequest) -> dict[str, str]:
    """Return the content headers under the names by which Azure stores them."""
    values = (
        ("x-ms-blob-content-type", request.content_type),
        ("x-ms-blob-cache-control", request.cache_control),
        ("x-ms-blob-content-encoding", request.content_encoding),
        ("x-ms-blob-content-disposition", request.content_disposition),
        ("x-ms-blob-content-language", request.content_language),
    )
    return {name: value for name, value in values if value is not None}


def conditions(request: PutRequest) -> dict[str, str]:
    """Return the headers of a conditional write."""
    if request.if_absent:
        return {"if-none-match": "*"}
    return {} if request.if_match is None else {"if-match": f'"{request.if_match}"'}


def _read_conditions(request: GetRequest) -> dict[str, str]:
    headers: dict[str, str] = {}
    if request.if_match is not None:
        headers["if-match"] = f'"{request.if_match}"'
    if request.if_none_match is not None:
        headers["if-none-match"] = f'"{request.if_none_match}"'
    if request.if_modified_since is not None:
        headers["if-modified-since"] = http_date(request.if_modified_since)
    return headers


def md5_of(payload: Payload) -> str:
    """Return a payload's MD5 in base64."""
    if isinstance(payload, bytes):
        return b64encode(md5(payload, usedforsecurity=False).digest()).decode("ascii")
    checksum = md5(usedforsecurity=False)
    for block in blocks(payload):
        checksum.update(block)
    return b64encode(checksum.digest()).decode("ascii")


def check_stored(response: HttpResponse, name: str = "", checksum: str = "") -> Stored:
    """Return what a write's answer says, after comparing the checksum that it names with ours."""
    with response:
        if response.length != 0:
            response.read(1 << 16)
    etag = require_etag(response)
    check_answered(response.headers.get(name), checksum)
    return Stored(etag, response.headers.get("x-ms-version-id"))


def check_answered(named: str | None, checksum: str) -> None:
    """Compare the checksum that a write's answer names, if any, with ours."""
    if named is not None and named != checksum:
        raise IntegrityError(
            f"the service stored a body of checksum {named} instead of {checksum}", retryable=True
        )
