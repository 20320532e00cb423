"""The operations of Swift on plain objects and containers: each builds its request and reads its answer.

https://docs.openstack.org/api-ref/object-store/
"""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from cloud._dialects._answers import AnswerBody, EmptyBody, http_date, read_error_bytes, size_of
from cloud._dialects.swift import _bulk
from cloud._dialects.swift._errors import SwiftServiceError, plain_text
from cloud._dialects.swift._exchange import quote_key, require_etag
from cloud._dialects.swift._listing import list_containers, list_page, list_versions_page
from cloud._dialects.swift._objects import (
    finish_write,
    is_static_large,
    kept_headers,
    md5_of,
    object_headers,
    object_info,
    whole_checksum,
)
from cloud._dialects.swift._versions import uncover
from cloud.common._storage_types import DeleteRequest, Stored
from cloud.common.errors import IntegrityError, InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cloud._dialects.swift._exchange import Exchange
    from cloud._dialects.swift._large import LargeObjects
    from cloud._wire._types import HttpResponse
    from cloud.common._bodies import Payload
    from cloud.common._paging import Page
    from cloud.common._storage_types import (
        CopyRequest,
        GetRequest,
        ListRequest,
        ObjectBody,
        PutRequest,
    )
    from cloud.common.models import ObjectInfo

SMALL_BODY = 64 << 10
"""A body up to this size is sent at once "if nothing is there"; for a larger one Swift is asked first."""
HEARTBEAT_ABOVE = 64 << 20
"""Copies of more bytes than this ask Swift to send white space while it copies, so that no timeout ends them."""


class Operations:
    """Swift's operations for one account. Safe between threads.

    Args:
        exchange: sends requests and judges the status of their answers.
    """

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    @cached_property
    def large(self) -> LargeObjects:
        """The large objects of the account; what only reads does not load them."""
        from cloud._dialects.swift._large import LargeObjects

        return LargeObjects(self.exchange)

    # -- containers --------------------------------------------------------------------------------------------
    def list_buckets(self) -> list[str]:
        """Return all container names, of every page."""
        return list_containers(self.exchange)

    def create_bucket(self, name: str) -> bool:
        """Create the container; False when it was there: 202 instead of 201."""
        response = self.exchange.call("PUT", name, accepts=(201, 202))
        response.close()
        if response.status == 201:
            self.large.note_new(name)
        return response.status == 201

    def delete_bucket(self, name: str) -> None:
        """Delete the empty container, and the one with its segments when that is empty and was made here."""
        self.exchange.call("DELETE", name, accepts=(204,)).close()
        self.large.remove_container(name)

    def bucket_exists(self, name: str) -> bool:
        """Return whether the container is there."""
        response = self.exchange.call("HEAD", name, accepts=(200, 204, 404))
        response.close()
        return response.status != 404

    def require_bucket(self, name: str) -> None:
        """Raise what Swift says when the container is missing."""
        self.exchange.call("HEAD", name, accepts=(200, 204)).close()

    # -- reads -------------------------------------------------------------------------------------------------
    def head(self, request: GetRequest) -> ObjectInfo:
        """Return the object's info."""
        with self._read("HEAD", request, read_headers(request), (200,)) as response:
            require_etag(response)
            size = size_of(response)
            return object_info(request.bucket, request.key, response.headers, size)

    def get(self, request: GetRequest) -> ObjectBody:
        """Return the open answer to a read.

        The whole object is asked for as a range too: nothing else than the Content-Range of the answer says how
        long a large object is, should the answer's own length be too short. A download of a static large object
        costs a second request, for the MD5s of its segments.
        """
        headers = read_headers(request)
        last = "" if request.end is None else str(request.end - 1)
        headers["range"] = f"bytes={request.start}" if request.start < 0 else f"bytes={request.start}-{last}"
        response = self._read("GET", request, headers, (200, 206, 416))
        if response.status == 416 and request.is_whole:  # an empty object has no ranges
            read_error_bytes(response)
            response = self._read("GET", request, read_headers(request), (200,))
        if response.status == 416:
            return _unsatisfiable(request, response)
        require_etag(response)
        found = response.headers
        body = AnswerBody(
            response,
            partial(object_info, request.bucket, request.key, found),
            lambda _: whole_checksum(found),
        )
        if request.piece is not None and request.is_whole and is_static_large(found):
            from cloud._dialects.swift._manifest import read_pieces

            try:
                body.pieces = read_pieces(self.exchange, request, body.info)
            except BaseException:
                body.close()
                raise
        return body

    def _read(
        self, method: str, request: GetRequest, headers: dict[str, str], accepts: tuple[int, ...]
    ) -> HttpResponse:
        """Return the answer to a read, whose condition is checked here where Swift does it wrongly.

        A plain object that was copied from a large one keeps the large one's ETag inside; Swift names its own
        in every answer, and compares conditions with the other.
        """
        query = _version(request.version_id)
        pin = request.if_match
        if pin is not None:
            accepts = (*accepts, 412)
        response = self.exchange.call(
            method, request.bucket, request.key, query=query, headers=headers, accepts=accepts
        )
        if response.status != 412:
            return response
        refusal = SwiftServiceError(412, plain_text(read_error_bytes(response)), response.headers)
        if _etag(response) != pin:
            raise refusal
        del headers["if-match"]
        response = self.exchange.call(
            method, request.bucket, request.key, query=query, headers=headers, accepts=accepts
        )
        if response.status == 412 or _etag(response) != pin:
            response.close()
            raise refusal
        return response

    def list_page(self, request: ListRequest) -> Page[ObjectInfo]:
        """Return one page of objects."""
        return list_page(self.exchange, request)

    def list_versions_page(self, request: ListRequest) -> Page[ObjectInfo]:
        """Return one page of versions."""
        return list_versions_page(self.exchange, request)

    # -- writes ------------------------------------------------------------------------------------------------
    def put(self, request: PutRequest, payload: Payload) -> Stored:
        """Store one object by one request.

        In a container that holds large objects the segments of one that is replaced are removed. To know
        whether one is replaced costs nothing for a new small object, and two requests for an existing one.
        """
        headers = object_headers(request)
        headers["etag"] = md5_of(payload)
        bucket, key = request.bucket, request.key
        if not self.large.may_lose(bucket):
            return self._store(bucket, key, headers, payload)
        if len(payload) <= SMALL_BODY:
            new = self._store_new(bucket, key, headers, payload)
            if new is not None:
                return new
        old = self.large.segments_of(bucket, key)
        stored = self._store(bucket, key, headers, payload)
        self.large.remove(bucket, old)
        return stored

    def _store(self, bucket: str, key: str, headers: Mapping[str, str], payload: Payload) -> Stored:
        response = self.exchange.call("PUT", bucket, key, headers=headers, body=payload, accepts=(201,))
        return _stored(response, headers["etag"])

    def _store_new(
        self, bucket: str, key: str, headers: Mapping[str, str], payload: Payload
    ) -> Stored | None:
        """Store an object where nothing is; None when something is there, and may be a large object."""
        headers = {**headers, "if-none-match": "*"}
        response = self.exchange.call("PUT", bucket, key, headers=headers, body=payload, accepts=(201, 412))
        if response.status == 201:
            return _stored(response, headers["etag"])
        read_error_bytes(response)
        version = response.headers.get("x-object-version-id")
        if version is not None:
            # The container keeps versions since a moment ago. Swift then stores the refused body all the same.
            query = _version(version)
            self.exchange.call("DELETE", bucket, key, query=query, accepts=(204, 404)).close()
            self.large.forget(bucket)
        return None

    def delete(self, request: DeleteRequest) -> bool:
        """Delete one object or version, and the segments that were its own; whether something was there."""
        bucket, key, version = request.bucket, request.key, request.version_id
        query = _version(version)
        response = self.exchange.call("HEAD", bucket, key, query=query, accepts=(200, 404))
        response.close()
        if response.status == 404 and version is None:
            self.require_bucket(bucket)
            return False  # in a container with versions a delete would leave another marker
        old: Sequence[_bulk.Path] = ()
        if is_static_large(response.headers):
            old = self.large.segments_of(bucket, key, version_id=version, keep_versioned=version is None)
        # A delete marker is a version that cannot be looked at, only deleted.
        response = self.exchange.call("DELETE", bucket, key, query=query, accepts=(204, 404))
        response.close()
        self.large.remove(bucket, old)
        if version is not None:
            if response.status == 404:
                self.require_bucket(bucket)
            else:
                uncover(self.exchange, bucket, key, response.headers)
        return response.status == 204

    def delete_batch(self, bucket: str, keys: Sequence[str]) -> dict[str, SwiftServiceError]:
        """Delete many objects; return the keys that failed, and why.

        One request, and in a container that holds large objects one or more to know which of the keys are
        large: these go one by one, with their segments.
        """
        failed: dict[str, SwiftServiceError] = {}
        large = self.large.among(bucket, keys) if self.large.may_hold(bucket) else frozenset()
        for key in sorted(large):
            failed |= self._delete_large(bucket, key)
        plain = [(bucket, key) for key in keys if key not in large]
        errors, missing = _bulk.delete_many(self.exchange, plain)
        if missing == len(plain) and not large:
            self.require_bucket(bucket)
        if plain and len(errors) == len(set(plain)) and all(e.status == 401 for e in errors.values()):
            raise errors[plain[0]]  # nobody's token: not a matter of single keys
        return failed | {key: error for (_, key), error in errors.items()}

    def _delete_large(self, bucket: str, key: str) -> dict[str, SwiftServiceError]:
        """Delete one of many objects, with its segments; return why it failed, by its key."""
        try:
            self.delete(DeleteRequest(bucket, key))
        except SwiftServiceError as error:
            return {key: error}
        return {}

    # -- copies ------------------------------------------------------------------------------------------------
    def copy(self, request: CopyRequest) -> Stored:
        """Copy an object inside the account, or change the metadata of one that is its own copy."""
        source, target = request.source, request.target
        if (source.bucket, source.key) == (target.bucket, target.key) and source.version_id is None:
            if request.replace_metadata:
                self._replace_metadata(target, source.raw)
            return Stored(source.etag)
        if is_static_large(source.raw):
            return self.large.copy(request)
        old: Sequence[_bulk.Path] = ()
        if self.large.may_lose(target.bucket):
            old = self.large.segments_of(target.bucket, target.key)
        stored = self._copy_plain(request)
        self.large.remove(target.bucket, old)
        return stored

    def _replace_metadata(self, target: PutRequest, present: Mapping[str, str]) -> None:
        """Replace the object's metadata as a whole, as Swift does it, with what is to stay in it."""
        headers = object_headers(target) | kept_headers(present, manifest=True)
        self.exchange.call("POST", target.bucket, target.key, headers=headers, accepts=(202,)).close()

    def _copy_plain(self, request: CopyRequest) -> Stored:
        source, target = request.source, request.target
        headers = {
            "x-copy-from": f"/{quote_key(source.bucket)}/{quote_key(source.key)}",
            "accept": "application/json",
        }
        if source.etag is not None:
            headers["if-match"] = f'"{source.etag}"'
        if request.replace_metadata:
            headers |= object_headers(target) | kept_headers(source.raw) | {"x-fresh-metadata": "true"}
        query = _version(source.version_id)
        if source.size > HEARTBEAT_ABOVE:
            query = (*query, ("heartbeat", "on"))
        for last in (False, True):
            response = self.exchange.call(
                "PUT", target.bucket, target.key, query=query, headers=headers, accepts=(201, 202, 412)
            )
            if response.status != 412:
                break
            refusal = SwiftServiceError(412, plain_text(read_error_bytes(response)), response.headers)
            if last or _etag(response) != source.etag:
                raise refusal
            del headers["if-match"]  # see `_read`
        return finish_write(response)


def read_headers(request: GetRequest) -> dict[str, str]:
    """Return the headers of a read's conditions."""
    headers = {}
    if request.if_match is not None:
        headers["if-match"] = f'"{request.if_match}"'
    if request.if_none_match is not None:
        headers["if-none-match"] = f'"{request.if_none_match}"'
    if request.if_modified_since is not None:
        headers["if-modified-since"] = http_date(request.if_modified_since)
    return headers


def _version(version_id: str | None) -> tuple[tuple[str, str], ...]:
    return () if version_id is None else (("version-id", version_id),)


def _etag(response: HttpResponse) -> str:
    return response.headers.get("etag", "").strip('"')


def _stored(response: HttpResponse, md5: str) -> Stored:
    """Return what was stored, after comparing the MD5 that Swift computed with ours."""
    with response:
        response.read(1 << 16)
    etag = require_etag(response)
    if etag != md5:
        raise IntegrityError(f"the service stored a body of MD5 {etag} instead of {md5}", retryable=True)
    return Stored(etag, response.headers.get("x-object-version-id"))


def _unsatisfiable(request: GetRequest, response: HttpResponse) -> ObjectBody:
    """Give an empty answer for a range of an empty object; raise for a start beyond a real one."""
    content_range = response.headers.get("content-range", "")
    read_error_bytes(response)
    if request.start <= 0 and content_range.endswith("/0"):
        return EmptyBody(object_info(request.bucket, request.key, response.headers, 0))
    raise InvalidRequestError(
        f"the range starts at {request.start}, beyond the object's end ({content_range or 'size not told'})",
        http_status=416,
        provider_code="416 Requested Range Not Satisfiable",
        request_id=response.headers.get("x-openstack-request-id") or response.headers.get("x-trans-id"),
    )
