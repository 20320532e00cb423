"""JSON over HTTP for one service and one token: addressed, sent through `requests`, and its status judged."""

from __future__ import annotations

import ipaddress
import json
import threading
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from cloud._dialects._answers import MAX_ERROR_BYTES, load_json
from cloud._dialects._sessions import RequestsTransport
from cloud._dialects.rest._paths import query_text
from cloud._wire._types import HttpRequest, Origin
from cloud.common._fork import renew_after_fork
from cloud.common._observe import call_facts
from cloud.common._redact import HiddenBytes, HiddenValues, Secret
from cloud.common.errors import ConfigurationError, InvalidRequestError, ServiceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import requests

    from cloud._dialects.rest._paths import Value
    from cloud._wire._types import HttpResponse, Timeouts

MAX_ANSWER_BYTES = 256 << 20
"""More than any page of a listing; an answer beyond it is an error, not a short one."""
_CONNECTIONS = 16
_READ_BLOCK = 1 << 16
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class RawBody(NamedTuple):
    """A body that is no JSON.

    Attributes:
        content_type: its media type.
        data: sent as it is.
    """

    content_type: str
    data: bytes


class RestServiceError(Exception):
    """An answer that is not what was asked for.

    Attributes:
        status: HTTP status.
        headers: the answer's, names in lower case.
        document: the body when it is JSON; None otherwise.
    """

    def __init__(self, status: int, headers: Mapping[str, str], document: Any) -> None:
        super().__init__(str(status))
        self.status = status
        self.headers = headers
        self.document = document


class RestAnswer(NamedTuple):
    """A whole answer.

    Attributes:
        status: HTTP status.
        headers: names in lower case.
        body: as it came.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON.

        Raises:
            ServiceUnavailableError: it is none: a captive portal's page, or a gateway's.
        """
        try:
            return load_json(self.body)
        except ValueError as exc:
            raise ServiceUnavailableError("the answer is no JSON: this was not the service") from exc

    def object(self) -> dict[str, Any]:
        """Return the body as a JSON object.

        Raises:
            ServiceUnavailableError: it is none.
        """
        document = self.json()
        if not isinstance(document, dict):
            raise ServiceUnavailableError("the answer is no JSON object: this was not the service")
        return document


class RestExchange:
    """Sends requests to one service. Safe between threads and after a fork; `requests` is loaded at the first.

    Args:
        base_url: where the service is, with the path that all requests begin with. Tokens are sent over TLS
            only, but for a server on this machine.
        token: sent as a bearer token with every request to `base_url`, and to no other place.
        timeouts: seconds without progress.
        verify: a CA bundle's path, or whether certificates are checked.
    """

    def __init__(
        self, base_url: str, token: Secret | None, *, timeouts: Timeouts, verify: str | bool = True
    ) -> None:
        try:
            self.origin = Origin.parse(base_url)
        except ValueError as exc:
            raise ConfigurationError(f"base_url is {exc}") from exc
        if self.origin.scheme != "https" and not _is_this_machine(self.origin.host):
            raise ConfigurationError(
                f"base_url must begin with https, or the token could be read on its way to {self.origin.host}"
            )
        self._prefix = urlsplit(base_url).path.rstrip("/")
        self._token = token
        self._session: requests.Session | None = None
        self._lock = threading.Lock()
        renew_after_fork(self, "_lock")
        renew_after_fork(self, "_session", lambda: None)
        self._transport = RequestsTransport(self.session, timeouts=timeouts, verify=verify)

    def session(self) -> requests.Session:
        """Return the pooled session, made at first use. It holds no token."""
        with self._lock:
            if self._session is None:
                import requests
                from requests.adapters import HTTPAdapter

                self._session = requests.Session()
                self._session.trust_env = True  # proxies; credentials of netrc are never asked for here
                for scheme in ("http://", "https://"):
                    self._session.mount(scheme, HTTPAdapter(pool_maxsize=_CONNECTIONS))
            return self._session

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Iterable[tuple[str, Value]] = (),
        body: object = None,
        headers: Mapping[str, str] | None = None,
        accepts: tuple[int, ...] = (200,),
    ) -> RestAnswer:
        """Return the whole answer when its status is one of `accepts`. Redirects are not followed.

        Args:
            method: HTTP method in capitals.
            path: below `base_url`; quoted already (see `_paths.segment`).
            query: parameters; see `_paths.query_text`.
            body: sent as JSON, or a `RawBody`; None for none, and then without a content type.
            headers: further ones, names in lower case.
            accepts: the statuses of success.

        Raises:
            RestServiceError: any other status; at most 64 KiB of its body were read.
            ServiceUnavailableError: the answer is larger than 256 MiB.
            ConfigurationError: the token cannot stand in a header.
            InvalidRequestError: `body` is not what JSON can hold.
        """
        sent = HiddenValues({"host": self.origin.host_header, "accept": "application/json"})
        if self._token is not None:
            sent["authorization"] = f"Bearer {_checked(self._token)}"
        if headers is not None:
            sent.update(headers)
        data = None
        if isinstance(body, RawBody):
            data, sent["content-type"] = body.data, body.content_type
        elif body is not None:
            data = json_bytes(body)
            sent["content-type"] = "application/json; charset=utf-8"
        text = query_text(query)
        target = f"{self._prefix}{path}" + (f"?{text}" if text else "")
        return self._exchange(HttpRequest(method, self.origin, target, sent, data), accepts)

    def fetch(self, url: str, *, accepts: tuple[int, ...] = (200,)) -> RestAnswer:
        """Return what `url` holds, an address that the service gave out. The token does not go there.

        Raises:
            RestServiceError: any other status.
            ServiceUnavailableError: `url` is no https URL (or one of this machine).
        """
        parts = urlsplit(url)
        try:
            origin = Origin.parse(url)
        except ValueError as exc:
            raise ServiceUnavailableError(f"the service named an address that is {exc}") from exc
        if origin.scheme != "https" and not _is_this_machine(origin.host):
            raise ServiceUnavailableError("the service named an address without TLS")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = HiddenValues({"host": origin.host_header, "accept": "*/*"})
        return self._exchange(HttpRequest("GET", origin, target, headers), accepts)

    def _exchange(self, request: HttpRequest, accepts: tuple[int, ...]) -> RestAnswer:
        facts = call_facts()
        facts.requests += 1
        if isinstance(request.body, bytes):
            facts.bytes_sent += len(request.body)
        with self._transport.send(request) as response:
            facts.http_status = response.status
            if response.status in accepts:
                body = response.read(MAX_ANSWER_BYTES)
                facts.bytes_received += len(body)
                return RestAnswer(response.status, response.headers, _decoded(body, response.headers))
            start = _start_of(response)
        raise RestServiceError(response.status, response.headers, _json_or_none(start, response.headers))

    def close(self) -> None:
        """Close all connections; the next call opens new ones."""
        with self._lock:
            session, self._session = self._session, None
        if session is not None:
            session.close()


def _start_of(response: HttpResponse) -> bytes:
    start = bytearray()
    buffer = memoryview(bytearray(_READ_BLOCK))
    while len(start) < MAX_ERROR_BYTES and (count := response.readinto(buffer)):
        start += buffer[:count]
    return bytes(start)


def _json_or_none(body: bytes, headers: Mapping[str, str]) -> Any:
    try:
        return load_json(_decoded(body, headers))
    except (ValueError, ServiceUnavailableError):
        return None  # a gateway's page: the status says enough


def _decoded(body: bytes, headers: Mapping[str, str]) -> bytes:
    """Return a body without its content coding. None was asked for, but stored exports have one."""
    coding = headers.get("content-encoding", "identity").strip().lower()
    if coding in {"", "identity"}:
        return body
    if coding not in {"gzip", "x-gzip", "deflate"}:
        raise ServiceUnavailableError(f"the answer is coded as {coding!r}, which was not asked for")
    plain = bytearray()
    while body:  # a coded body may have several members
        engine = zlib.decompressobj(_GZIP_OR_ZLIB)
        try:
            plain += engine.decompress(body, MAX_ANSWER_BYTES)
        except zlib.error as exc:
            raise ServiceUnavailableError("the answer's coding is broken") from exc
        if not engine.eof or len(plain) > MAX_ANSWER_BYTES:
            raise ServiceUnavailableError("the answer's coding ends too early, or it is larger than 256 MiB")
        body = engine.unused_data
    return bytes(plain)


def json_bytes(value: object) -> bytes:
    """Return `value` as JSON in UTF-8, in a form that no repr shows. Secrets in it are revealed here only.

    Raises:
        InvalidRequestError: it holds what JSON has not: NaN, a time, a lone surrogate.
    """
    try:
        text = json.dumps(
            value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_revealed
        )
        return HiddenBytes(text.encode())
    except (TypeError, ValueError, RecursionError) as exc:
        raise InvalidRequestError(
            f"the request cannot be written as JSON: {exc}", request_sent=False
        ) from exc


def _revealed(value: object) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    raise TypeError(f"a value of the type {type(value).__name__} has no form in JSON")


def _checked(token: Secret) -> str:
    """Return the token's text. What `requests` refuses in a header it shows in its error."""
    text = token.reveal()
    if not text.isascii() or not text.isprintable() or text != text.strip():
        del text  # a traceback that shows local variables would show it
        raise ConfigurationError(
            "the token holds characters that no header can carry, such as a line break", request_sent=False
        )
    return text


def _is_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
