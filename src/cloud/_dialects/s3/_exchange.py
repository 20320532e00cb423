"""One S3 request after the other: addressed, signed, sent, and its answer's status judged."""

from __future__ import annotations

import re
import threading
import time
from typing import TYPE_CHECKING

from cloud._dialects._answers import read_error_bytes
from cloud._dialects.s3._errors import S3ServiceError
from cloud._dialects.s3._sign import EMPTY_SHA256, Signer, canonical_query
from cloud._wire._types import HttpRequest, Origin
from cloud.common._fork import renew_after_fork
from cloud.common._observe import call_facts
from cloud.common._redact import HiddenValues
from cloud.common.errors import ServiceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cloud._dialects.s3._addressing import BucketAddress, Endpoint
    from cloud._dialects.s3._keys import KeySource
    from cloud._dialects.s3._sign import SigningKeys
    from cloud._dialects.s3._xml import ErrorDocument
    from cloud._wire._types import Body, HttpResponse, Transport

_REGION_HINTS = frozenset({301, 307, 400, 403})
_SKEW = "RequestTimeTooSkewed"
_REGION_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}").fullmatch


class Target:
    """Where the requests for one bucket go, and for which region they are signed."""

    __slots__ = ("address", "origin", "region")

    def __init__(self, address: BucketAddress, region: str) -> None:
        self.address = address
        self.region = region
        self.origin = Origin(address.scheme, address.host, address.port)


class Exchange:
    """Sends requests for one set of credentials. Safe between threads.

    Args:
        endpoint: gives the endpoint of a region: AWS's own differ, a custom one is always the same.
        region: region of buckets that nobody has corrected yet.
        keys: what requests are signed with.
        transport: sends them.
        extra_headers: sent with every request for a bucket (requester pays).
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        endpoint: Callable[[str], Endpoint],
        region: str,
        keys: KeySource,
        transport: Transport,
        *,
        extra_headers: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.region = region
        self.keys = keys
        self.transport = transport
        self._endpoint = endpoint
        self._extra_headers = dict(extra_headers or {})
        self._clock = clock
        self._skew = 0.0
        self._targets: dict[str, Target] = {}
        self._signers: dict[str, tuple[SigningKeys, Signer]] = {}
        self._lock = threading.Lock()
        renew_after_fork(self, "_lock")

    def now(self) -> float:
        """Return the service's time as far as it is known, in seconds since the epoch."""
        return self._clock() + self._skew

    def target(self, bucket: str) -> Target:
        """Return where requests for `bucket` go; an empty name stands for the service itself."""
        found = self._targets.get(bucket)
        return found if found is not None else self._set_region(bucket, self.region)

    def _set_region(self, bucket: str, region: str) -> Target:
        endpoint = self._endpoint(region)
        target = Target(endpoint.bucket(bucket) if bucket else endpoint.service, region)
        self._targets[bucket] = target
        return target

    def signer(self, region: str) -> Signer | None:
        """Return the signer of the present keys for `region`; None for anonymous access."""
        keys = self.keys.keys()
        if keys is None:
            return None
        found = self._signers.get(region)
        if found is None or found[0] is not keys:
            found = self._signers[region] = (keys, Signer(keys, region))
        return found[1]

    def call(
        self,
        method: str,
        bucket: str,
        key: str = "",
        *,
        query: Iterable[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        body: Body | None = None,
        payload_hash: str = EMPTY_SHA256,
        accepts: tuple[int, ...] = (200,),
        create_only: bool = False,
        replace_only: bool = False,
    ) -> HttpResponse:
        """Return the answer, open, when its status is one of `accepts`.

        A wrong region or clock is corrected once, remembered, and the request sent again: the service has
        refused it before doing anything. No other redirect is followed.

        Raises:
            S3ServiceError: any other status; the body was read up to a bound and closed.
        """
        text = canonical_query(query) if query else ""
        for last in (False, True):
            target = self.target(bucket)
            response = self._send(target, method, key, text, headers, body, payload_hash)
            status = response.status
            if status in accepts:
                return response
            document = read_error(response)
            if last or not self._correct(bucket, target, status, document, response.headers):
                break
        raise S3ServiceError(
            status, document, response.headers, create_only=create_only, replace_only=replace_only
        )

    def _send(
        self,
        target: Target,
        method: str,
        key: str,
        query: str,
        headers: Mapping[str, str] | None,
        body: Body | None,
        payload_hash: str,
    ) -> HttpResponse:
        address = target.address
        path = address.path(key)
        sent = HiddenValues(host=address.host_header)
        if self._extra_headers:
            sent.update(self._extra_headers)
        if headers is not None:
            sent.update(headers)
        signer = self.signer(target.region)
        if signer is not None:
            signer.sign_headers(method, path, query, sent, payload_hash, self._clock() + self._skew)
        request = HttpRequest(method, target.origin, f"{path}?{query}" if query else path, sent, body)
        facts = call_facts()
        facts.requests += 1
        response = self.transport.send(request)
        facts.http_status = response.status
        facts.request_id = response.headers.get("x-amz-request-id")
        return response

    def _correct(
        self,
        bucket: str,
        target: Target,
        status: int,
        document: ErrorDocument | None,
        headers: Mapping[str, str],
    ) -> bool:
        """Learn the bucket's region or the service's clock from a refusal; whether to send again."""
        if document is not None and document.code == _SKEW:
            return self._learn_clock(headers.get("date"))
        if status not in _REGION_HINTS:
            return False
        region = headers.get("x-amz-bucket-region") or (
            document.extra.get("Region") if document is not None else None
        )
        # A region becomes part of a host name, so what a server calls one must look like one.
        if not region or region == target.region or not _REGION_NAME(region):
            return False
        with self._lock:
            self._set_region(bucket, region)
        return True

    def _learn_clock(self, date: str | None) -> bool:
        if date is None:
            return False
        from email.utils import parsedate_to_datetime

        try:
            self._skew = parsedate_to_datetime(date).timestamp() - self._clock()
        except (OverflowError, ValueError):
            return False  # no date to learn from: the refusal stands
        return True

    def forget(self, bucket: str) -> None:
        """Forget what was learnt about a bucket that is gone."""
        self._targets.pop(bucket, None)


def read_error(response: HttpResponse) -> ErrorDocument | None:
    """Read and close an answer that is no success; return the error document in it, if there is one.

    Of a longer answer only the start is read: its status says enough.
    """
    from cloud._dialects.s3._xml import parse_error

    return parse_error(read_error_bytes(response))


def require_etag(response: HttpResponse) -> str:
    """Return the ETag of the answer to a read or write of an object; every S3 service sends one.

    Captive portals and broken gateways answer 200 to everything. Such an answer is closed.
    """
    etag = response.headers.get("etag", "").strip('"')
    if not etag:
        response.close()
        raise ServiceUnavailableError("the answer has no ETag: this was not an S3 service")
    return etag
