"""What Swift, Keystone, the wire and the SDK raise, and which of our errors it is. Never by text.

Swift has no error codes: the status, in the words of its own documents (``404 Not Found``), is the code.
https://docs.openstack.org/api-ref/object-store/
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from cloud._dialects._answers import load_json
from cloud._dialects._failures import from_wire, kind_of_status
from cloud._wire._errors import WireError
from cloud.common import errors as e
from cloud.common._retry import parse_retry_after

if TYPE_CHECKING:
    from collections.abc import Mapping

_BY_STATUS: Mapping[int, type[e.CloudError]] = {
    # https://docs.openstack.org/swift/latest/middleware.html#module-swift.common.middleware.container_quotas;
    # a body over the limit of one request is refused before it is sent.
    413: e.QuotaExceededError,
    422: e.IntegrityError,  # the body's MD5 is not the ETag that was sent
    498: e.RateLimitedError,  # https://docs.openstack.org/swift/latest/ratelimit.html
}
_RETRYABLE = frozenset({422})  # bytes that arrived wrong are sent again
_MAX_MESSAGE = 500
_TAG = re.compile(r"<[^<>]*>")  # in linear time, also where nothing but brackets comes


class SwiftServiceError(Exception):
    """An answer of the service that is not what was asked for.

    Attributes:
        status: HTTP status, or the status in the document of an answer that had to begin before its end was
            known (bulk deletes, manifests with a heartbeat).
        message: the service's own words.
        headers: the answer's headers.
    """

    def __init__(self, status: int, message: str, headers: Mapping[str, str]) -> None:
        super().__init__(f"{status}")
        self.status = status
        self.message = message
        self.headers = headers


class LoginError(Exception):
    """The answer of an authentication service that is no login.

    Attributes:
        status: HTTP status.
        message: the service's own words.
        headers: the answer's headers.
    """

    def __init__(self, status: int, message: str, headers: Mapping[str, str]) -> None:
        super().__init__(f"{status}")
        self.status = status
        self.message = message
        self.headers = headers


def plain_text(body: bytes) -> str:
    """Return the words in an error's body, which Swift writes as a page of one paragraph."""
    from html import unescape

    text = body.decode("utf-8", "replace")
    _, _, inside = text.partition("<p>")
    paragraph, end, _ = inside.partition("</p>")
    words = unescape(_TAG.sub(" ", paragraph if end else text))
    return " ".join(words.split())[:_MAX_MESSAGE]


def translate(exc: Exception, _context: e.ErrorContext) -> e.CloudError | None:
    """Return our error for one of the service, the wire, keystoneauth or openstacksdk; None for any other."""
    if isinstance(exc, SwiftServiceError):
        return _from_service(exc)
    if isinstance(exc, WireError):
        return from_wire(exc)
    if isinstance(exc, LoginError):
        return _from_login(exc.status, exc.message, exc.headers)
    if isinstance(exc, Warning):
        return None  # somebody made the SDK's warnings errors
    package = type(exc).__module__.partition(".")[0]
    if package == "keystoneauth1":
        return from_keystoneauth(exc)
    return from_openstack(exc) if package == "openstack" else None


def _code(status: int) -> str:
    from http import HTTPStatus

    phrase = "Rate Limited" if status == 498 else next((s.phrase for s in HTTPStatus if s == status), "")
    return f"{status} {phrase}".rstrip()


def _request_id(headers: Mapping[str, str]) -> str | None:
    return headers.get("x-openstack-request-id") or headers.get("x-trans-id")


def _from_service(exc: SwiftServiceError) -> e.CloudError:
    kind = _BY_STATUS.get(exc.status) or kind_of_status(exc.status)
    return kind(
        exc.message or _code(exc.status),
        http_status=exc.status,
        provider_code=_code(exc.status),
        request_id=_request_id(exc.headers),
        retryable=True if exc.status in _RETRYABLE else None,
        retry_after=parse_retry_after(exc.headers.get("retry-after"), time.time()),
    )


def _login_kind(status: int, *, keystone_spoke: bool) -> type[e.CloudError]:
    """Return the class for a login's status.

    A 404 is never a missing object there: in Keystone's own words it is an application credential that does not
    exist, from anybody else a wrong URL.
    """
    if status == 404 and keystone_spoke:
        return e.AuthenticationError
    if status in {401, 403, 408, 429} or status >= 500:
        return kind_of_status(status)
    return e.RateLimitedError if status == 498 else e.ConfigurationError


def _from_login(
    status: int, message: str, headers: Mapping[str, str], *, keystone_spoke: bool = False
) -> e.CloudError:
    kind = _login_kind(status, keystone_spoke=keystone_spoke)
    return kind(
        f"the login was refused: {message or _code(status)}",
        hint="check the auth_url" if kind is e.ConfigurationError else None,
        http_status=status or None,
        provider_code=_code(status) if status else None,
        request_id=_request_id(headers),
        retry_after=parse_retry_after(headers.get("retry-after"), time.time()),
        request_sent=False,  # what was to be done was not even asked for
    )


# keystoneauth's exceptions, the most specific first. tests/unit/swift walks keystoneauth1.exceptions and
# fails on a class that no line names. Answers (HttpError) are read by their status.
_KEYSTONEAUTH: tuple[tuple[type[e.CloudError], tuple[str, ...]], ...] = (
    (e.ConfigurationError, ("SSLError",)),
    (e.TimeoutError_, ("ConnectTimeout",)),
    (e.ServiceUnavailableError, ("ConnectionError", "RetriableConnectionFailure")),
    (e.AuthenticationError, ("AuthorizationFailure", "MissingAuthMethods")),
    (
        e.ConfigurationError,
        ("AuthPluginException", "CatalogException", "ServiceProviderNotFound", "ImpliedVersionMismatch"),
    ),
    # Keystone could not be asked for its versions: it is away, or the URL is wrong.
    (e.ServiceUnavailableError, ("DiscoveryFailure", "InvalidResponse")),
)

# openstacksdk's, likewise; HttpException is read by its status.
_OPENSTACK: tuple[tuple[type[e.CloudError], tuple[str, ...]], ...] = (
    (e.TimeoutError_, ("ResourceTimeout",)),
    (
        e.ConfigurationError,
        (
            "ConfigException", "EndpointNotFound", "ServiceDisabledException", "ServiceDiscoveryException",
        ),
    ),
    (e.UnsupportedOperationError, ("NotSupported", "MethodNotSupported")),
    (e.InvalidRequestError, ("InvalidRequest", "InvalidResourceQuery", "ValidationException")),
    (e.ServiceUnavailableError, ("InvalidResponse", "ResourceFailure")),
    (e.ConflictError, ("DuplicateResource",)),
)  # fmt: skip  # one kind in a few lines
_HINTS: Mapping[type[e.CloudError], str] = {
    e.ServiceUnavailableError: "is the auth_url right?",
    e.ConfigurationError: "check auth_url, region and the kind of credentials",
}


def from_keystoneauth(exc: Exception) -> e.CloudError:
    """Return our error for one of keystoneauth's, which only logins raise."""
    from keystoneauth1 import exceptions as ks

    if isinstance(exc, ks.HttpError):
        answer = getattr(exc, "response", None)
        headers = {} if answer is None else {name.lower(): text for name, text in answer.headers.items()}
        status = int(exc.http_status or 0)
        return _from_login(
            status, str(exc.message or ""), headers, keystone_spoke=_is_keystones(answer, status)
        )
    return _by_class(exc, ks, _KEYSTONEAUTH)


def _is_keystones(answer: Any, status: int) -> bool:
    """Return whether an answer is an error document of Keystone: ``{"error": {"code": 404, ...}}``."""
    try:
        document = None if answer is None else load_json(answer.content)
    except ValueError:
        return False
    error = document.get("error") if isinstance(document, dict) else None
    return isinstance(error, dict) and error.get("code") == status


def from_openstack(exc: Exception) -> e.CloudError:
    """Return our error for one of openstacksdk's: it reads settings for logins."""
    import openstack.exceptions as sdk

    if isinstance(exc, sdk.HttpException):
        return _from_login(int(getattr(exc, "status_code", None) or 0), str(exc), {})
    return _by_class(exc, sdk, _OPENSTACK)


def _by_class(
    exc: Exception, module: Any, table: tuple[tuple[type[e.CloudError], tuple[str, ...]], ...]
) -> e.CloudError:
    for kind, names in table:
        if isinstance(exc, tuple(getattr(module, name) for name in names if hasattr(module, name))):
            return kind(str(exc), hint=_HINTS.get(kind), request_sent=False)
    return e.UnknownServiceError(str(exc), request_sent=False)
