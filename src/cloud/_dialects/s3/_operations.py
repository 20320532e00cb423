"""The hot operations of S3: each builds its request, sends it, and reads its answer."""

from __future__ import annotations

from base64 import b64encode
from functools import cached_property, partial
from hashlib import md5, sha256
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from cloud._dialects._answers import EmptyBody, http_date, read_document, size_of
from cloud._dialects.s3._addressing import check_bucket
from cloud._dialects.s3._body import object_info, s3_body
from cloud._dialects.s3._errors import S3ServiceError
from cloud._dialects.s3._exchange import read_error, require_etag
from cloud._dialects.s3._profiles import AWS
from cloud._dialects.s3._sign import EMPTY_SHA256, UNSIGNED_PAYLOAD
from cloud.common import _checksums
from cloud.common._bodies import FileRange, blocks
from cloud.common._listed import listed_object
from cloud.common._paging import Advance, Page
from cloud.common._storage_types import (
    DeleteRequest,
    GetRequest,
    ListRequest,
    ObjectBody,
    PutRequest,
    Stored,
)
from cloud.common.errors import (
    AlreadyExistsError,
    IntegrityError,
    InvalidRequestError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cloud._dialects.s3._exchange import Exchange
    from cloud._dialects.s3._options import Encryption
    from cloud._dialects.s3._profiles import ServiceProfile
    from cloud._wire._types import HttpResponse
    from cloud.common._bodies import Payload
    from cloud.common.models import ObjectInfo

SMALL_SIGNED_BODY = 8 << 20
"""Without TLS, bodies in memory up to this size are signed too; larger ones rely on their checksum."""

_HEADERS = (
    ("content_type", "content-type"),
    ("cache_control", "cache-control"),
    ("content_encoding", "content-encoding"),
    ("content_disposition", "content-disposition"),
    ("content_language", "content-language"),
    ("storage_class", "x-amz-storage-class"),
)


class Operations:
    """S3's operations for one set of credentials and one service. Safe between threads.

    Args:
        exchange: sends requests and judges the status of their answers.
        service: what the service takes.
        encryption: server-side encryption of what is written and read.
    """

    def __init__(self, exchange: Exchange, service: ServiceProfile, encryption: Encryption) -> None:
        self.exchange = exchange
        self.service = service
        self.encryption = encryption
        self._algorithms = tuple(map(_checksums.ChecksumAlgorithm, service.checksums))

    def list_buckets(self) -> list[str]:
        """Return all bucket names, of every page."""
        from cloud._dialects.s3 import _xml as xml

        names: list[str] = []
        token: str | None = None
        advance = Advance()
        while True:
            query = (("continuation-token", token),) if token else ()
            answer = read_document(self.exchange.call("GET", "", query=query))
            page, following = xml.parse_buckets(answer)
            names += page
            if not following:
                return names
            token = advance.to(following, is_empty=not page)

    def create_bucket(self, name: str) -> bool:
        """Create the bucket; False when it was there and ours."""
        check_bucket(name, strict=self.service is AWS)
        # A second CreateBucket in us-east-1 answers 200 and resets the bucket's ACL, so ask first.
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
        response = self.exchange.call("HEAD", name, accepts=(200, 403, 404))
        response.close()
        # 403 is what others' buckets answer, and so do own ones that may not be looked at.
        if response.status != 404 and name in self.list_buckets():
            return False
        if response.status == 200:
            raise AlreadyExistsError("somebody else owns a bucket of this name")
        region = self.exchange.region
        from cloud._dialects.s3 import _xml as xml

        body = xml.build_create_bucket(region) if self.service is AWS and region != "us-east-1" else None
        response = self.exchange.call(
            "PUT",
            name,
            body=body,
            payload_hash=sha256(body).hexdigest() if body else EMPTY_SHA256,
            accepts=(200, 409),
        )
        if response.status == 200:
            response.close()
            return True
        document = read_error(response)
        if document is not None and document.code == "BucketAlreadyOwnedByYou":  # made meanwhile
            return False
        raise S3ServiceError(409, document, response.headers)

    def delete_bucket(self, name: str) -> None:
        """Delete the empty bucket."""
        self.exchange.call("DELETE", name, accepts=(204,)).close()
        self.exchange.forget(name)

    def bucket_exists(self, name: str) -> bool:
        """Return whether the bucket is there."""
        response = self.exchange.call("HEAD", name, accepts=(200, 404))
        response.close()
        return response.status == 200

    def head(self, request: GetRequest) -> ObjectInfo:
        """Return the object's info."""
        with self.exchange.call(
            "HEAD",
            request.bucket,
            request.key,
            query=_version(request.version_id),
            headers=self._read_headers(request),
        ) as response:
            require_etag(response)
            size = size_of(response)
            return object_info(request.bucket, request.key, response.headers, size)

    def get(self, request: GetRequest) -> ObjectBody:
        """Return the open answer to a read.

        A service that names no checksums is asked for the whole object as for a range, too: nothing else than
        the Content-Range of the answer says how long an object in parts is, should the answer's own length be
        too short.
        """
        headers = self._read_headers(request)
        plain = request.is_whole and self.service.checksum_mode
        if not plain:
            last = "" if request.end is None else str(request.end - 1)
            headers["range"] = (
                f"bytes={request.start}" if request.start < 0 else f"bytes={request.start}-{last}"
            )
        response = self.exchange.call(
            "GET",
            request.bucket,
            request.key,
            query=_version(request.version_id),
            headers=headers,
            accepts=(200,) if plain else (200, 206, 416),
        )
        if response.status != 416 and not (response.status == 206 and response.length == 0):
            require_etag(response)
            return s3_body(request.bucket, request.key, response, etag_is_md5=self.service.etag_is_md5)
        return self._unsatisfiable(request, response)

    def _unsatisfiable(self, request: GetRequest, response: HttpResponse) -> ObjectBody:
        """Give an empty answer for a range of an empty object; raise for a start beyond a real one."""
        content_range = response.headers.get("content-range", "")
        response.close()
        if request.start <= 0:
            info = self.head(
                GetRequest(
                    request.bucket, request.key, 0, None, request.if_match, version_id=request.version_id
                )
            )  # one call
            if info.size == 0:
                return EmptyBody(info)
        raise InvalidRequestError(
            f"the range starts at {request.start}, beyond the object's end ({content_range or 'size not told'})",
            http_status=416,
            provider_code="InvalidRange",
            request_id=response.headers.get("x-amz-request-id"),
        )

    def _read_headers(self, request: GetRequest) -> dict[str, str]:
        headers = self.encryption.key_headers()
        if self.service.checksum_mode and request.is_whole:
            headers["x-amz-checksum-mode"] = "ENABLED"
        if request.if_match is not None:
            headers["if-match"] = f'"{request.if_match}"'
        if request.if_none_match is not None:
            headers["if-none-match"] = f'"{request.if_none_match}"'
        if request.if_modified_since is not None:
            headers["if-modified-since"] = http_date(request.if_modified_since)
        return headers

    def list_page(self, request: ListRequest) -> Page[ObjectInfo]:
        """Return one page of objects."""
        from cloud._dialects.s3._listing import parse_list_page

        query = [("encoding-type", "url"), ("list-type", "2"), ("max-keys", str(request.page_size))]
        if request.prefix:
            query.append(("prefix", request.prefix))
        if request.delimiter is not None:
            query.append(("delimiter", request.delimiter))
        if request.start_after is not None:
            query.append(("start-after", request.start_after))
        if request.token is not None:
            query.append(("continuation-token", request.token))
        body = read_document(self.exchange.call("GET", request.bucket, query=query))
        page = parse_list_page(body, request.bucket, partial(listed_object, request.bucket))
        return Page(page.items, page.prefixes, page.next_token)

    def put(self, request: PutRequest, payload: Payload) -> Stored:
        """Store one object by one request."""
        headers = self.object_headers(request)
        headers |= conditions(request)
        checksum = self.seal(payload, headers)
        response = self.exchange.call(
            "PUT",
            request.bucket,
            request.key,
            headers=headers,
            body=payload,
            payload_hash=self.payload_hash(payload, request.bucket),
            create_only=request.if_absent,
            replace_only=request.if_match is not None,
        )
        with response:
            response.read(1 << 16)
        return Stored(check_stored(response, checksum), response.headers.get("x-amz-version-id"))

    def object_headers(self, request: PutRequest) -> dict[str, str]:
        """Return the headers that make an object what `request` says."""
        headers = self.encryption.write_headers()
        for name, header in _HEADERS:
            value = getattr(request, name)
            if value is not None:
                headers[header] = value
        for name, value in request.metadata.items():
            headers[f"x-amz-meta-{name}"] = value
        if request.tags:
            headers["x-amz-tagging"] = urlencode(request.tags, quote_via=quote)
        return headers

    def seal(self, payload: Payload, headers: dict[str, str]) -> tuple[str, str] | None:
        """Add a checksum of the body that the service compares; return its header and value."""
        algorithm = self.algorithm(len(payload))
        if algorithm is None:
            return None
        name, value = f"x-amz-checksum-{algorithm.value}", checksum_of(algorithm, payload)
        headers[name] = value
        return name, value

    def algorithm(self, size: int | None) -> _checksums.ChecksumAlgorithm | None:
        """Return the checksum for a body of `size` bytes, or for the parts of one (None); None to send none."""
        if size is not None and size < _checksums.WORTH_LOADING:
            return self._small_algorithm
        return _checksums.best_for_upload(self._algorithms, size=size)

    @cached_property
    def _small_algorithm(self) -> _checksums.ChecksumAlgorithm | None:
        """The checksum of bodies that are not worth loading an engine for: chosen once, not at every put."""
        return _checksums.best_for_upload(self._algorithms, size=0)

    def payload_hash(self, payload: Payload, bucket: str) -> str:
        """Return what is signed of a body: its hash where nothing else protects it on the way."""
        in_memory = not isinstance(payload, FileRange)
        plain = self.exchange.target(bucket).origin.scheme == "http"
        if (plain and in_memory and len(payload) <= SMALL_SIGNED_BODY) or self.service.sign_payload:
            digest = sha256()
            for block in blocks(payload):
                digest.update(block)
            return digest.hexdigest()
        return UNSIGNED_PAYLOAD

    def delete(self, request: DeleteRequest) -> None:
        """Delete one object or version."""
        headers = {"if-match": f'"{request.if_match}"'} if request.if_match is not None else None
        self.exchange.call(
            "DELETE",
            request.bucket,
            request.key,
            query=_version(request.version_id),
            headers=headers,
            accepts=(204,),  # a captive portal says 200
            replace_only=request.if_match is not None,
        ).close()

    def delete_batch(self, bucket: str, keys: Sequence[str]) -> dict[str, S3ServiceError]:
        """Delete many objects by one request; return the keys that failed, and why."""
        from cloud._dialects.s3 import _xml as xml

        document = xml.build_delete([(key, None) for key in keys], quiet=True)
        for key, _ in document.singly:  # their characters do not fit into XML
            self.delete(DeleteRequest(bucket, key))
        if not document.sent:
            return {}
        body = document.body
        headers = {"content-type": "application/xml"}
        if self.service.content_md5:
            headers["content-md5"] = b64encode(md5(body, usedforsecurity=False).digest()).decode("ascii")
        else:
            self.seal(body, headers)
        response = self.exchange.call(
            "POST",
            bucket,
            query=(("delete", ""),),
            headers=headers,
            body=body,
            payload_hash=sha256(body).hexdigest(),
        )
        answer = read_document(response)
        raise_error_in_ok(answer, response.headers)
        return {
            entry.key: S3ServiceError(
                200, xml.ErrorDocument(entry.code, entry.message, None, {}), response.headers
            )
            for entry in xml.parse_delete_result(answer).failed
        }


def checksum_of(algorithm: _checksums.ChecksumAlgorithm, payload: Payload) -> str:
    """Return a payload's checksum in base64."""
    checksum = _checksums.new(algorithm)
    for block in blocks(payload):
        checksum.update(block)
    return checksum.value()


def _version(version_id: str | None) -> tuple[tuple[str, str], ...]:
    return () if version_id is None else (("versionId", version_id),)


def conditions(request: PutRequest) -> dict[str, str]:
    """Return the headers of a conditional write."""
    if request.if_absent:
        return {"if-none-match": "*"}
    return {} if request.if_match is None else {"if-match": f'"{request.if_match}"'}


def raise_error_in_ok(
    body: bytes, headers: Mapping[str, str], *, create_only: bool = False, replace_only: bool = False
) -> None:
    """Raise the error that the body of a 200 answer holds, if it holds one."""
    from cloud._dialects.s3 import _xml as xml

    document = xml.find_error_in_ok(body)
    if document is not None:
        raise S3ServiceError(200, document, headers, create_only=create_only, replace_only=replace_only)


def check_stored(response: HttpResponse, checksum: tuple[str, str] | None) -> str:
    """Return the ETag of a write's answer, after comparing the checksum that it names with ours."""
    etag = require_etag(response)
    if checksum is not None:
        named = response.headers.get(checksum[0])
        if named is not None and named != checksum[1]:
            raise IntegrityError(
                f"the service stored a body of checksum {named} instead of {checksum[1]}", retryable=True
            )
    return etag
