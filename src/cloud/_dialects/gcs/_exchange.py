"""One request after the other: authorized, sent, and its answer's status judged."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from cloud._dialects.gcs._errors import GCSServiceError
from cloud._wire._types import HttpRequest
from cloud.common._observe import call_facts
from cloud.common._redact import HiddenValues

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud._dialects.gcs._tokens import TokenSource
    from cloud._wire._types import Body, HttpResponse, Origin, Transport

_REQUEST_ID = "x-guploader-uploadid"


class Exchange:
    """Sends requests for one set of credentials. Safe between threads.

    Args:
        origin: where the service is.
        tokens: what requests are authorized with.
        transport: sends them.
        user_project: project that pays for every request.
    """

    def __init__(
        self, origin: Origin, tokens: TokenSource, transport: Transport, *, user_project: str | None = None
    ) -> None:
        self.origin = origin
        self.tokens = tokens
        self.transport = transport
        self._user_project = user_project
        self._host = origin.host_header

    def call(
        self,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Body | None = None,
        content_length: int | None = None,
        accepts: tuple[int, ...] = (200,),
        create_only: bool = False,
        authorized: bool = True,
    ) -> HttpResponse:
        """Return the answer, open, when its status is one of `accepts`.

        A token that is refused is renewed once and the request sent again: the service has refused it before
        doing anything. No redirect is followed.

        Args:
            method: HTTP method.
            target: path and query, percent-encoded.
            headers: of this request.
            body: of this request; one that can be sent again.
            content_length: of a body that does not know its length.
            accepts: every other status is an error.
            create_only: the request is to store only what is not there yet.
            authorized: False for addresses that are a credential themselves.

        Raises:
            GCSServiceError: any other status; the body was read up to a bound and closed.
        """
        if self._user_project is not None and authorized:
            target, headers = self._billed(target, headers or {})
        for last in (False, True):
            token = self.tokens.headers() if authorized else HiddenValues()
            sent = HiddenValues(token)
            sent["host"] = self._host
            if headers is not None:
                sent.update(headers)
            response = self._send(HttpRequest(method, self.origin, target, sent, body, content_length))
            if response.status in accepts:
                return response
            if last or response.status != 401 or not token or not self.tokens.renew(token):
                break
            response.close()
        raise GCSServiceError.of(response, create_only=create_only)

    def _send(self, request: HttpRequest) -> HttpResponse:
        facts = call_facts()
        facts.requests += 1
        response = self.transport.send(request)
        facts.http_status = response.status
        facts.request_id = response.headers.get(_REQUEST_ID)
        return response

    def _billed(self, target: str, headers: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
        """Return target and headers that say who pays.

        The JSON API takes a parameter and the XML API a header:
        https://cloud.google.com/storage/docs/using-requester-pays#using
        """
        project = self._user_project or ""
        if target.startswith(("/storage/v1/", "/upload/")):
            return f"{target}{'&' if '?' in target else '?'}userProject={quote(project, safe='')}", headers
        if target.startswith("/batch/"):
            return target, headers  # its calls say so themselves
        return target, HiddenValues(headers) | {"x-goog-user-project": project}

    @property
    def payer(self) -> str:
        """The query, to be appended after a ``?``, that says who pays; empty when nobody is named."""
        return "" if self._user_project is None else f"userProject={quote(self._user_project, safe='')}"
