"""Operations of Google Cloud Storage on buckets and single objects.

JSON API for everything but the bytes: https://cloud.google.com/storage/docs/json_api/v1
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from cloud._dialects._answers import AnswerBody, EmptyBody, http_date, understood
from cloud._dialects.gcs._body import (
    RESOURCE_FIELDS,
    check_untouched,
    hashes,
    info_of_headers,
    info_of_resource,
    whole_checksum,
)
from cloud._dialects.gcs._errors import GCSServiceError
from cloud._dialects.gcs._names import bucket_path, checked_generation, is_generation, object_path, quoted
from cloud._dialects.gcs._writes import (
    STORED_FIELDS,
    MultipartBody,
    check_stored,
    conditions,
    kms_query,
    read_json,
    resource_of,
    seal,
    to_json,
)
from cloud.common._paging import Advance
from cloud.common._storage_types import GetRequest, Stored
from cloud.common.errors import (
    AlreadyExistsError,
    CloudError,
    IntegrityError,
    InvalidRequestError,
    NotFoundError,
    NotModifiedError,
    PreconditionFailedError,
    ServiceUnavailableError,
    UnsupportedOperationError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud._dialects.gcs._exchange import Exchange
    from cloud._dialects.gcs._options import GCSOptions
    from cloud._dialects.gcs._profiles import ServiceProfile
    from cloud._wire._types import HttpResponse
    from cloud.common._bodies import Payload
    from cloud.common._storage_types import DeleteRequest, ObjectBody, PutRequest
    from cloud.common.models import ObjectInfo

SEEN_SECONDS = 10.0
"""A bucket that answered so short a time ago is there: a 404 is then about the object."""
_JSON = {"content-type": "application/json; charset=UTF-8"}
# A server that does not keep to it tells by what its answer says of the stored encoding.
_AS_STORED = {"accept-encoding": "gzip"}


class Operations:
    """Google Cloud Storage's operations for one set of credentials. Safe between threads.

    Args:
        exchange: sends requests and judges the status of their answers.
        service: what the server takes.
        options: of the client.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        exchange: Exchange,
        service: ServiceProfile,
        options: GCSOptions,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.exchange = exchange
        self.service = service
        self.options = options
        self._clock = clock
        self._seen: dict[str, float] = {}
        self._looks_first = False
        self.key_headers = options.key_headers()

    # -- buckets ---------------------------------------------------------------------------------------------
    def list_buckets(self, project: str) -> list[str]:
        """Return all bucket names of a project, of every page."""
        query = f"project={quoted(project)}&fields=items/name,nextPageToken"
        names: list[str] = []
        token = ""
        advance = Advance()
        while True:
            page = read_json(self.exchange.call("GET", f"/storage/v1/b?{query}{token}"))
            with understood("list of buckets"):
                names += [item["name"] for item in page.get("items") or ()]
                "".join(names)  # which only texts can be
                following = page.get("nextPageToken")
                if not following:
                    return names
                token = f"&pageToken={quoted(following)}"
            advance.to(following, is_empty=not page.get("items"))

    def create_bucket(self, name: str, project: str, location: str | None) -> bool:
        """Create the bucket; False when it was there and ours."""
        body: dict[str, Any] = {"name": name}
        if location is not None:
            body["location"] = location
        target = f"/storage/v1/b?project={quoted(project)}&fields=name"
        response = self.exchange.call("POST", target, headers=_JSON, body=to_json(body), accepts=(200, 409))
        if response.status == 200:
            if read_json(response).get("name") != name:
                raise ServiceUnavailableError("the answer is about no bucket: this was not Google's service")
            return True
        error = GCSServiceError.of(response)
        # Names are the world's: 409 says nothing of whose it is, but others' settings cannot be looked at.
        answer = self.exchange.call("GET", f"{bucket_path(name)}?fields=name", accepts=(200, 403, 404))
        answer.close()
        if answer.status == 200:
            return False
        raise AlreadyExistsError(
            error.message or "somebody else owns a bucket of this name",
            http_status=409,
            provider_code=error.code,
            request_id=error.headers.get("x-guploader-uploadid"),
        )

    def delete_bucket(self, name: str) -> None:
        """Delete the empty bucket."""
        self._seen.pop(name, None)
        try:
            self.exchange.call("DELETE", bucket_path(name), accepts=(204, 200)).close()
        except GCSServiceError as error:
            error.unconditional = True  # a stand-in answers 412 where Google answers 409
            raise

    def bucket_exists(self, name: str) -> bool:
        """Return whether the bucket is there."""
        response = self.exchange.call("GET", f"{bucket_path(name)}?fields=name", accepts=(200, 404))
        response.close()
        return response.status == 200

    def require_bucket(self, name: str) -> None:
        """Check, after a 404 about an object, that its bucket is there.

        Google's 404 is the same for both, but for its words. Who may not list the bucket is answered 403 for
        one that is there, which says enough.

        Raises:
            GCSServiceError: there is no such bucket.
        """
        now = self._clock()
        if now - self._seen.get(name, -SEEN_SECONDS) < SEEN_SECONDS:
            return
        target = f"{bucket_path(name)}/o?maxResults=1&fields=nextPageToken"
        self.exchange.call("GET", target, accepts=(200, 403)).close()
        self._seen[name] = now

    # -- reads -----------------------------------------------------------------------------------------------
    def head(self, request: GetRequest) -> ObjectInfo:
        """Return the object's info."""
        target = f"{object_path(request.bucket, request.key)}?fields={RESOURCE_FIELDS}"
        if request.version_id is not None:
            target += f"&generation={_version(request.version_id)}"
        if request.if_match is not None:
            target += f"&ifGenerationMatch={checked_generation(request.if_match)}"
        if request.if_none_match is not None and is_generation(request.if_none_match):
            target += f"&ifGenerationNotMatch={request.if_none_match}"
        resource = read_json(self.exchange.call("GET", target, headers=self.key_headers))
        info = info_of_resource(request.bucket, request.key, resource)
        _check_conditions(request, info)
        return info

    def get(self, request: GetRequest) -> ObjectBody:
        """Return the open answer to a read."""
        if self._looks_first:
            return self._get_described(request)
        if request.if_none_match is not None:
            # The XML API knows no such condition, and a body that nobody wants is not to be sent.
            self.head(request._replace(if_modified_since=None))
        response = self._get(request, request)
        if response.status == 416:
            return self._unsatisfiable(request, response)
        if "x-goog-generation" not in response.headers:
            response.close()
            if self.service.tells_generation:
                raise ServiceUnavailableError(
                    "the answer has no generation: this was not Google Cloud Storage"
                )
            self._looks_first = True
            return self._get_described(request)
        check_untouched(response)
        headers = response.headers
        body = AnswerBody(
            response,
            lambda size: info_of_headers(request.bucket, request.key, headers, size),
            lambda size: whole_checksum(hashes(headers), size),
        )
        try:
            _check_conditions(request, body.info)
        except CloudError:
            body.close()
            raise
        return body

    def _get_described(self, request: GetRequest) -> ObjectBody:
        """Look at the object, then read it: for a server whose answers to reads do not say of what they are."""
        info = self.head(request)
        start = max(0, info.size + request.start) if request.start < 0 else request.start
        end = info.size if request.end is None else min(request.end, info.size)
        if info.size == 0 and request.start <= 0:
            return EmptyBody(info)
        if start >= info.size:
            raise _beyond(request, f"bytes */{info.size}", None)
        response = self._get(request, request._replace(start=start, end=None if request.is_whole else end))
        check_untouched(response)
        if request.is_whole and hashes(response.headers).get("crc32c") != info.checksums.get("crc32c"):
            response.close()
            raise IntegrityError(
                "the object was replaced between a look at it and its reading", retryable=True
            )
        return AnswerBody(response, lambda _: info, lambda size: whole_checksum(info.checksums, size))

    def _get(self, request: GetRequest, part: GetRequest) -> HttpResponse:
        """Return the answer to a read of what `part` says."""
        target = f"/{request.bucket}/{quoted(request.key)}"
        if request.version_id is not None:
            target += f"?generation={_version(request.version_id)}"
        return self.exchange.call(
            "GET",
            target,
            headers=self._read_headers(part),
            accepts=(200,) if request.is_whole else (200, 206, 416),
        )

    def _read_headers(self, request: GetRequest) -> dict[str, str]:
        headers = self.key_headers | _AS_STORED
        if not request.is_whole:
            last = "" if request.end is None else str(request.end - 1)
            headers["range"] = (
                f"bytes={request.start}" if request.start < 0 else f"bytes={request.start}-{last}"
            )
        if request.if_match is not None:
            headers["x-goog-if-generation-match"] = checked_generation(request.if_match)
        if request.if_modified_since is not None:
            headers["if-modified-since"] = http_date(request.if_modified_since)
        return headers

    def _unsatisfiable(self, request: GetRequest, response: HttpResponse) -> ObjectBody:
        """Give an empty answer for a range of an empty object; raise for a start beyond a real one."""
        content_range = response.headers.get("content-range", "")
        response.close()
        if request.start <= 0:
            info = self.head(
                GetRequest(
                    request.bucket,
                    request.key,
                    if_match=request.if_match,
                    version_id=request.version_id,
                )
            )
            if info.size == 0:
                return EmptyBody(info)
        raise _beyond(request, content_range or "size not told", response.headers.get("x-guploader-uploadid"))

    # -- writes ----------------------------------------------------------------------------------------------
    def put_at_once(self, request: PutRequest, payload: Payload) -> Stored:
        """Store one object by one request."""
        sealed = seal(payload)
        resource = resource_of(request)
        resource["name"] = request.key
        if sealed is not None:
            resource[sealed.member] = sealed.value
        body = MultipartBody(resource, payload)
        target = (
            f"/upload{bucket_path(request.bucket)}/o?uploadType=multipart&{STORED_FIELDS}"
            f"{conditions(request)}{kms_query(self.options.kms_key_name)}"
        )
        headers = self.key_headers | {"content-type": body.content_type}
        answer = self.exchange.call(
            "POST",
            target,
            headers=headers,
            body=body.joined() if body.is_small else body,
            content_length=None if body.is_small else len(body),
            create_only=request.if_absent,
        )
        generation = check_stored(read_json(answer), len(payload), sealed)
        return Stored(generation, generation)

    def delete(self, request: DeleteRequest) -> bool:
        """Delete one object or one generation; False when nothing was there."""
        target = object_path(request.bucket, request.key)
        query = []
        if request.version_id is not None:
            query.append(f"generation={_version(request.version_id)}")
        if request.if_match is not None:
            query.append(f"ifGenerationMatch={checked_generation(request.if_match)}")
        if query:
            target += "?" + "&".join(query)
        try:
            self.exchange.call("DELETE", target, accepts=(204, 200)).close()
        except GCSServiceError as error:
            if error.status != 404:
                raise
            self.require_bucket(request.bucket)
            if request.if_match is None:
                return False
            error.replace_only = True
            raise
        self._seen[request.bucket] = self._clock()
        return True


def _beyond(request: GetRequest, content_range: str, request_id: str | None) -> InvalidRequestError:
    return InvalidRequestError(
        f"the range starts at {request.start}, beyond the object's end ({content_range})",
        http_status=416,
        provider_code="InvalidRange",
        request_id=request_id,
    )


def _version(version_id: str) -> str:
    """Return a generation that can be asked for.

    Raises:
        NotFoundError: no object has it. Nothing was sent.
    """
    if not is_generation(version_id):
        raise NotFoundError(
            f"there is no version {version_id!r}",
            hint="a version of Google Cloud Storage is a generation, a number",
            request_sent=False,
        )
    return version_id


def _check_conditions(request: GetRequest, info: ObjectInfo) -> None:
    """Compare what was asked for with what came: also a server that ignores conditions gives no wrong object."""
    generation = info.etag
    if request.if_match is None and request.version_id is None and request.if_none_match is None:
        if request.if_modified_since is not None:
            _check_modified(request, info)
        return
    if generation is None:
        raise UnsupportedOperationError(
            "the server does not say which generation it sent, so conditions cannot be relied upon"
        )
    if request.version_id is not None and generation != request.version_id:
        raise NotFoundError(f"the server sent generation {generation} instead of {request.version_id}")
    if request.if_match is not None and generation != request.if_match:
        raise PreconditionFailedError(f"the object's ETag is {generation}, not {request.if_match}")
    if request.if_none_match is not None and generation == request.if_none_match:
        raise NotModifiedError(f"the object's ETag is still {generation}")
    if request.if_modified_since is not None:
        _check_modified(request, info)


def _check_modified(request: GetRequest, info: ObjectInfo) -> None:
    if info.modified_at is None:
        raise UnsupportedOperationError("the server does not say when the object was stored")
    if request.if_modified_since is not None and info.modified_at <= request.if_modified_since:
        raise NotModifiedError(f"the object was stored at {info.modified_at.isoformat()}")
