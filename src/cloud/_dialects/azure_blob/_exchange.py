"""One request to Azure after the other: addressed, authorised, sent, and its answer's status judged."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cloud._dialects._answers import parse_http_date, read_error_bytes
from cloud._dialects._marks import Marks
from cloud._dialects.azure_blob._auth import BearerAuthorization, SharedKey
from cloud._dialects.azure_blob._errors import AzureServiceError
from cloud._wire._types import HttpRequest
from cloud.common._observe import call_facts
from cloud.common._redact import HiddenValues
from cloud.common.errors import ServiceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cloud._dialects.azure_blob._addressing import Endpoint
    from cloud._dialects.azure_blob._auth import Authorization
    from cloud._wire._types import HttpResponse, Transport
    from cloud.common._bodies import Payload

_WHO = frozenset({401, 403})
_SKEW_SECONDS = 600.0
"""A clock this far off makes signatures that Azure may refuse; it takes 15 minutes:
https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key#specifying-the-date-header"""


class Exchange:
    """Sends requests to one account. Safe between threads.

    Args:
        endpoint: where the account is.
        authorization: what says who asks.
        transport: sends the requests.
        api_version: service version of all requests.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        authorization: Authorization,
        transport: Transport,
        api_version: str,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.endpoint = endpoint
        self.authorization = authorization
        self.transport = transport
        self.api_version = api_version
        self._clock = clock
        self._skew = 0.0
        self._host = endpoint.origin.host_header
        # https://learn.microsoft.com/rest/api/storageservices/get-blob#response-headers
        self._marks = Marks("x-ms-client-request-id", every_value=True)

    def now(self) -> float:
        """Return the service's time as far as it is known, in seconds since the epoch."""
        return self._clock() + self._skew

    def call(
        self,
        method: str,
        bucket: str = "",
        key: str = "",
        *,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        body: Payload | None = None,
        accepts: tuple[int, ...] = (200,),
        create_only: bool = False,
        replace_only: bool = False,
    ) -> HttpResponse:
        """Return the answer, open, when its status is one of `accepts`.

        A token that the service does not accept is renewed once, a wrong clock corrected once, and the request
        sent again: the service has refused it before doing anything. Redirects are not followed.

        Args:
            method: HTTP method in capitals.
            bucket: the container; empty for the account itself.
            key: the blob in it.
            query: parameters with names in lower case.
            headers: names in lower case.
            body: what is sent; it may be sent twice.
            accepts: the statuses of success.
            create_only: the request stores only what is not there yet.
            replace_only: the request replaces one given ETag.

        Raises:
            AzureServiceError: any other status; the body was read up to a bound and closed.
        """
        path = self.endpoint.path(bucket, key)
        response = self._send(method, path, query, headers, body)
        if response.status in _WHO and self._correct(response):
            response.close()
            response = self._send(method, path, query, headers, body)
        if response.status in accepts:
            return response
        raise AzureServiceError(
            response.status,
            response.headers,
            read_error_bytes(response),
            create_only=create_only,
            replace_only=replace_only,
        )

    def authorized(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]],
        headers: dict[str, str],
        length: int,
    ) -> str:
        """Add what says who asks to `headers` and return the target to ask for."""
        text = self.authorization.authorize(method, path, query, headers, length, self.now())
        return f"{path}?{text}" if text else path

    def _send(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]],
        headers: Mapping[str, str] | None,
        body: Payload | None,
    ) -> HttpResponse:
        mark = self._marks.next()
        sent = HiddenValues(
            {"host": self._host, "x-ms-version": self.api_version, "x-ms-client-request-id": mark.text}
        )
        if headers is not None:
            sent.update(headers)
        length = 0 if body is None else body.nbytes if isinstance(body, memoryview) else len(body)
        # The target is in no local variable: a signature may stand in it.
        request = HttpRequest(
            method,
            self.endpoint.origin,
            self.authorized(method, path, query, sent, length),
            sent,
            body,
            mark=mark,
        )
        facts = call_facts()
        facts.requests += 1
        response = self.transport.send(request)
        facts.http_status = response.status
        facts.request_id = response.headers.get("x-ms-request-id")
        return response

    def _correct(self, response: HttpResponse) -> bool:
        """Renew the token, or learn the service's clock, from a refusal; whether to send again."""
        authorization = self.authorization
        if isinstance(authorization, BearerAuthorization):
            return response.status == 401 and authorization.source.renew()
        if not isinstance(authorization, SharedKey):
            return False
        told = parse_http_date(response.headers.get("date"))
        skew = 0.0 if told is None else told.timestamp() - self._clock()
        if abs(skew - self._skew) < _SKEW_SECONDS:
            return False
        self._skew = skew
        return True


def require_etag(response: HttpResponse) -> str:
    """Return the ETag of the answer to a read or write of an object, without quotes; Azure always sends one.

    Captive portals and broken gateways answer 200 to everything. Such an answer is closed.
    """
    etag = response.headers.get("etag", "").strip('"')
    if not etag:
        response.close()
        raise ServiceUnavailableError("the answer has no ETag: this was not Azure Blob Storage")
    return etag
