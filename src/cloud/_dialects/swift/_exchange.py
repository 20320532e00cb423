"""One Swift request after the other: addressed, with a token that lives, and its answer's status judged."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cloud._dialects._answers import load_json, read_document, read_error_bytes
from cloud._dialects._marks import Marks
from cloud._dialects.swift._errors import SwiftServiceError, plain_text
from cloud._wire._types import HttpRequest
from cloud.common._observe import call_facts
from cloud.common._redact import HiddenValues
from cloud.common.errors import ServiceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cloud._dialects.swift._login import Access, Login
    from cloud._wire._types import Body, HttpResponse, Origin, Transport

_SAFE_KEY = re.compile(r"[A-Za-z0-9_.~/-]*").fullmatch
_STATUS_DIGITS = 3
_INFO_CLOSED = frozenset({401, 403, 404})
_MAX_KNOWN_CONTAINERS = 1024


class Exchange:
    """Sends requests for one account. Safe between threads.

    Args:
        login: gives the token and the account's URL.
        transport: sends the requests.
        clock: seconds since the epoch.
    """

    def __init__(self, login: Login, transport: Transport, *, clock: Callable[[], float] = time.time) -> None:
        self.login = login
        self.transport = transport
        self._clock = clock
        self._quoted: dict[str, str] = {}
        self._info: Mapping[str, Any] | None = None
        # Swift appends it to the transaction's id: https://docs.openstack.org/api-ref/object-store/
        self._marks = Marks("x-trans-id")

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return self._clock()

    def storage_url(self) -> tuple[Origin, str]:
        """Return origin and path of the account, after logging in where need be."""
        access = self.login.access()
        return access.origin, access.path

    def call(
        self,
        method: str,
        bucket: str,
        key: str = "",
        *,
        query: Iterable[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        body: Body | None = None,
        accepts: tuple[int, ...] = (200,),
    ) -> HttpResponse:
        """Return the answer, open, when its status is one of `accepts`.

        A token that is refused is renewed once and the request sent again: the service has refused it before
        doing anything. No redirect is followed.

        Args:
            bucket: empty for the account.
            key: empty for the container.

        Raises:
            SwiftServiceError: any other status; the body was read up to a bound and closed.
        """
        target = self._target(bucket, key, query)
        access = self.login.access()
        response = self._send(access, method, target, headers, body)
        if response.status == 401 and 401 not in accepts:
            refusal = read_error_bytes(response)
            renewed = self.login.renew(access)
            if renewed is None:
                raise SwiftServiceError(401, plain_text(refusal), response.headers)
            response = self._send(renewed, method, target, headers, body)
        if response.status in accepts:
            return response
        raise SwiftServiceError(response.status, plain_text(read_error_bytes(response)), response.headers)

    def _target(self, bucket: str, key: str, query: Iterable[tuple[str, str]]) -> str:
        """Return what follows the account's path. Nothing is normalised: ``a/../b`` and ``//x`` are keys."""
        target = ""
        if bucket:
            container = self._quoted.get(bucket)
            if container is None:
                container = quote(bucket, safe="")
                if len(self._quoted) < _MAX_KNOWN_CONTAINERS:
                    self._quoted[bucket] = container
            target = f"/{container}/{quote_key(key)}" if key else f"/{container}"
        if query:
            pairs = [f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query]
            target = f"{target}?{'&'.join(pairs)}"
        return target

    def _send(
        self, access: Access, method: str, target: str, headers: Mapping[str, str] | None, body: Body | None
    ) -> HttpResponse:
        mark = self._marks.next()
        sent = HiddenValues(
            {
                "host": access.origin.host_header,
                "x-auth-token": access.token.reveal(),
                "x-trans-id-extra": mark.text,
            }
        )
        if headers is not None:
            sent.update(headers)
        return self._exchange(HttpRequest(method, access.origin, access.path + target, sent, body, mark=mark))

    def _exchange(self, request: HttpRequest) -> HttpResponse:
        facts = call_facts()
        facts.requests += 1
        response = self.transport.send(request)
        facts.http_status = response.status
        found = response.headers
        facts.request_id = found.get("x-openstack-request-id") or found.get("x-trans-id")
        return response

    def renew_login(self) -> bool:
        """Renew a token that was refused in the middle of an answer; whether there is another one now."""
        return self.login.renew(self.login.access()) is not None

    def info(self) -> Mapping[str, Any]:
        """Return what the cluster says about itself, asked for once; nothing where it says nothing.

        https://docs.openstack.org/swift/latest/api/discoverability.html
        """
        if self._info is None:
            access = self.login.access()
            before, version, _ = access.path.partition("/v1")
            request = HttpRequest(
                "GET", access.origin, f"{before if version else ''}/info", {"host": access.origin.host_header}
            )
            response = self._exchange(request)
            if response.status == 200:
                self._info = json_object(read_document(response), "description of the cluster")
            elif response.status in _INFO_CLOSED:
                read_error_bytes(response)
                self._info = {}
            else:
                text = plain_text(read_error_bytes(response))
                raise SwiftServiceError(response.status, text, response.headers)
        return self._info

    def limit(self, section: str, name: str, default: int) -> int:
        """Return a limit of the cluster, or what Swift's documentation says where the cluster is silent."""
        found = self.info().get(section)
        value = found.get(name) if isinstance(found, dict) else None
        return value if isinstance(value, int) and value > 0 else default


def quote_key(key: str) -> str:
    """Return `key` as it stands in a path: unreserved characters and ``/`` stay, the rest is %XX."""
    return key if _SAFE_KEY(key) else quote(key, safe="/")


def json_object(document: bytes, what: str) -> dict[str, Any]:
    """Return the JSON object in an answer. White space before it kept the connection alive.

    Raises:
        ServiceUnavailableError: it is none; captive portals and broken gateways answer 200 to everything.
    """
    try:
        found = load_json(document)
    except ValueError as exc:
        raise ServiceUnavailableError(f"the {what} is no JSON: this was not a Swift service") from exc
    if not isinstance(found, dict):
        raise ServiceUnavailableError(f"the {what} is no JSON object: this was not a Swift service")
    return found


def json_list(document: bytes, what: str) -> list[dict[str, Any]]:
    """Return the list of JSON objects in an answer.

    Raises:
        ServiceUnavailableError: it is none.
    """
    try:
        found = load_json(document)
    except ValueError as exc:
        raise ServiceUnavailableError(f"the {what} is no JSON: this was not a Swift service") from exc
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise ServiceUnavailableError(f"the {what} is no list: this was not a Swift service")
    return found


def ended_status(document: Mapping[str, Any]) -> int:
    """Return the status in a document that ends an answer whose own status came too early to know it.

    Raises:
        ServiceUnavailableError: there is none.
    """
    text = str(document.get("Response Status", ""))
    number = text.split(" ", 1)[0]
    if not (number.isascii() and number.isdigit() and len(number) == _STATUS_DIGITS):
        raise ServiceUnavailableError("the answer does not say how it ended: this was not a Swift service")
    return int(number)


def require_etag(response: HttpResponse) -> str:
    """Return the ETag of the answer to a read or write of an object, which Swift always sends.

    Captive portals and broken gateways answer 200 to everything. Such an answer is closed.
    """
    etag = response.headers.get("etag", "").strip('"')
    if not etag:
        response.close()
        raise ServiceUnavailableError("the answer has no ETag: this was not a Swift service")
    return etag
