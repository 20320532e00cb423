"""What OpenStack's services, keystoneauth and openstacksdk raise, and which of our errors it is. Never by text.

The class is found by the service's own code where it has one, then by the HTTP status. Every project writes its
errors differently; `read_answer` knows their shapes.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from cloud._dialects._failures import kind_of_status
from cloud.common import errors as e
from cloud.common._redact import redact
from cloud.common._retry import parse_retry_after

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

_MAX_MESSAGE = 1000
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

# Codes that say more than their status. The rest of a service's codes mean what their status means.
_BY_CODE: Mapping[str, type[e.CloudError]] = {
    # Neutron: https://docs.openstack.org/api-ref/network/v2/ and neutron_lib/exceptions/__init__.py
    "OverQuota": e.QuotaExceededError,
    "QuotaResourceUnknown": e.InvalidRequestError,
    "SecurityGroupRuleExists": e.AlreadyExistsError,
    "IpAddressAlreadyAllocated": e.AlreadyExistsError,
    "MacAddressInUse": e.AlreadyExistsError,
    "RouterInterfaceAttachmentConflict": e.AlreadyExistsError,
    "IpAddressGenerationFailure": e.QuotaExceededError,  # the subnet has no address left
    "ExternalIpAddressExhausted": e.QuotaExceededError,
    # Nova and Cinder: the key around the error (nova/api/openstack/wsgi.py, class Fault)
    "overLimit": e.QuotaExceededError,
    # Heat: the engine's exception (heat/api/middleware/fault.py)
    "StackExists": e.AlreadyExistsError,
    "StackValidationFailed": e.InvalidRequestError,
    "RequestLimitExceeded": e.QuotaExceededError,
    "StackResourceLimitExceeded": e.QuotaExceededError,
    "NotSupported": e.UnsupportedOperationError,
    # Designate: `error_type` (designate/exceptions.py)
    "over_quota": e.QuotaExceededError,
    "duplicate_zone": e.AlreadyExistsError,
    "duplicate_recordset": e.AlreadyExistsError,
    "duplicate_record": e.AlreadyExistsError,
    "duplicate_tsigkey": e.AlreadyExistsError,
}
# OpenStack's convention, which HTTP does not share: a limit of the project.
_BY_STATUS: Mapping[int, type[e.CloudError]] = {413: e.QuotaExceededError}


class AnswerError(Exception):
    """An answer of a service that is no success.

    Attributes:
        response: the answer.
    """

    def __init__(self, response: requests.Response) -> None:
        super().__init__(f"{response.status_code}")
        self.response = response


class AnswerShapeError(Exception):
    """A success whose body is not what the service documents: a proxy's page, or half an answer.

    Attributes:
        response: the answer.
    """

    def __init__(self, response: requests.Response, problem: str) -> None:
        super().__init__(problem)
        self.response = response


class ResourceFailedError(e.CloudError):
    """What was waited for went into a state that it does not leave by itself.

    Attributes:
        state: the service's own word for it, such as ``ERROR``.
    """

    state: str = ""


class Answer(NamedTuple):
    """What an error's body says: the service's code and its words; None where it has none."""

    code: str | None
    message: str


def translate(exc: Exception, _context: e.ErrorContext) -> e.CloudError | None:
    """Return our error for one of a service, keystoneauth, openstacksdk or requests; None for any other."""
    if isinstance(exc, AnswerError):
        return from_answer(exc.response)
    if isinstance(exc, AnswerShapeError):
        return e.ServiceUnavailableError(
            f"the answer is not what the service documents: {exc}",
            http_status=exc.response.status_code,
            request_id=_request_id(exc.response.headers),
            retryable=_is_safe(exc.response.request),
            request_sent=not _is_safe(exc.response.request),
        )
    if isinstance(exc, Warning):
        return None  # somebody made the SDK's warnings errors
    package = type(exc).__module__.partition(".")[0]
    if package == "keystoneauth1":
        return _from_keystoneauth(exc)
    if package == "openstack":
        return _from_openstack(exc)
    return _from_requests(exc) if package in {"requests", "urllib3"} else None


# -- answers -------------------------------------------------------------------------------------------------
def from_answer(response: requests.Response) -> e.CloudError:
    """Return our error for an answer that is no success."""
    if _is_login(response.request):
        return _from_login(response)
    status = response.status_code
    code, message = read_answer(response)
    kind = _BY_CODE.get(code or "") or _BY_STATUS.get(status) or kind_of_status(status)
    return kind(
        message,
        hint=_refused_token_hint(response.request) if status == 401 else None,
        http_status=status,
        provider_code=code,
        request_id=_request_id(response.headers),
        retry_after=parse_retry_after(response.headers.get("retry-after"), time.time()),
        # A GET that was lost has changed nothing, whatever the call around it would have done next.
        request_sent=not _is_safe(response.request),
    )


def _refused_token_hint(request: Any) -> str:
    path = urlsplit(str(getattr(request, "url", None) or "")).path
    return (
        f"the service refused a token that Keystone gave for this login: do the access rules of the application "
        f"credential allow {getattr(request, 'method', None)} {path}? "
        "InfomaniakIdentityClient.get_token_info().access_rules has them"
    )


def read_answer(response: requests.Response) -> Answer:
    """Return the code and the words of an error, in whatever shape the service writes it."""
    try:
        body = response.json()
    except (RecursionError, ValueError):
        body = None
    code, message = _read_body(body) if isinstance(body, dict) else (None, "")
    if not message:
        message = _plain_text(response.text) if body is None else ""
    message = redact(" ".join(message.split())[:_MAX_MESSAGE])
    return Answer(code, message or f"{response.status_code} {response.reason or ''}".strip())


def _read_body(body: Mapping[str, Any]) -> tuple[str | None, str]:
    """Return code and words of a JSON body; the first shape that fits."""
    inner = body.get("NeutronError")
    if inner is not None:
        if not isinstance(inner, dict):
            return None, str(inner)
        return inner.get("type"), f"{inner.get('message', '')} {inner.get('detail', '')}"
    error = body.get("error")
    if isinstance(error, dict):  # Heat names the engine's exception as type; Keystone has a title only
        return error.get("type") or error.get("title"), str(
            error.get("message") or body.get("explanation") or ""
        )
    if "faultstring" in body:  # Octavia, CloudKitty v1 (WSME): the code says "Client" or "Server"
        return None, str(body["faultstring"])
    if isinstance(body.get("errors"), list) and body["errors"] and isinstance(body["errors"][0], dict):
        first = body["errors"][0]  # Placement, and what the API guidelines ask for
        return first.get("code") or first.get("title"), str(first.get("detail") or "")
    if "type" in body and ("message" in body or "errors" in body):
        return str(body["type"]), _designate_words(body)
    if isinstance(body.get("description"), (str, dict)):
        return None, _gnocchi_words(body["description"])
    for name, inner in body.items():  # Nova, Cinder: {"itemNotFound": {"code": 404, "message": "..."}}
        if isinstance(inner, dict) and "message" in inner:
            return str(name), str(inner["message"])
    return None, str(body.get("message") or "")


def _designate_words(body: Mapping[str, Any]) -> str:
    """Return Designate's words; where the body was refused they say which member of it is wrong."""
    problems = body.get("errors")
    if isinstance(problems, dict) and isinstance(problems.get("errors"), list):
        told = [
            f"{'.'.join(map(str, each.get('path') or ()))}: {each.get('message')}"
            for each in problems["errors"]
        ]
        return " ".join([str(body.get("message") or "")] + [text.removeprefix(": ") for text in told])
    return f"{body.get('message') or ''} {_json(problems) if problems else ''}"


def _gnocchi_words(described: str | Mapping[str, Any]) -> str:
    if isinstance(described, str):
        return described
    return f"{described.get('cause', '')}: {_json(described.get('detail', ''))}"


def _json(value: object) -> str:
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _plain_text(text: str) -> str:
    import re
    from html import unescape

    without_head = re.sub(
        r"<(title|style|script|head)[^>]*>.*?</\1>", " ", text, flags=re.DOTALL | re.IGNORECASE
    )
    return unescape(re.sub(r"<[^>]*>", " ", without_head))


def _request_id(headers: Mapping[str, str]) -> str | None:
    for name in ("x-openstack-request-id", "x-compute-request-id", "x-trans-id"):
        if headers.get(name):
            return headers[name]
    return None


# -- logins --------------------------------------------------------------------------------------------------
def _is_login(request: Any) -> bool:
    """Return whether `request` asked for a token, before what was to be done was even asked for."""
    url = str(getattr(request, "url", None) or "").partition("?")[0]
    return getattr(request, "method", "") == "POST" and url.endswith("/auth/tokens")


def _is_safe(request: Any) -> bool:
    return getattr(request, "method", "") in _SAFE_METHODS


def _from_login(response: requests.Response) -> e.CloudError:
    status = response.status_code
    code, message = read_answer(response)
    if status == 404 and code is not None:
        kind: type[e.CloudError] = e.AuthenticationError  # Keystone knows no such application credential
    elif status in {401, 403, 408, 429} or status >= 500:
        kind = kind_of_status(status)
    else:
        kind = e.ConfigurationError  # a 404 without Keystone's words is a wrong URL
    hint = None
    if kind is e.AuthenticationError:
        hint = "wrong or expired application credential or password, or those of another Keystone"
    elif kind is e.ConfigurationError:
        hint = "check the auth_url"
    return kind(
        f"the login was refused: {message}",
        hint=hint,
        http_status=status,
        provider_code=code,
        request_id=_request_id(response.headers),
        retry_after=parse_retry_after(response.headers.get("retry-after"), time.time()),
        request_sent=False,
    )


# -- the SDKs ------------------------------------------------------------------------------------------------
# keystoneauth's exceptions, the most specific first. A test walks keystoneauth1.exceptions and fails on a class
# that no line names. Answers (HttpError) are read as answers.
KEYSTONEAUTH: tuple[tuple[type[e.CloudError], tuple[str, ...]], ...] = (
    (e.ConfigurationError, ("SSLError",)),
    (e.TimeoutError_, ("ConnectTimeout",)),
    (e.ServiceUnavailableError, ("ConnectionError", "RetriableConnectionFailure")),
    (e.AuthenticationError, ("AuthorizationFailure", "MissingAuthMethods")),
    (
        e.ConfigurationError,
        ("AuthPluginException", "CatalogException", "ServiceProviderNotFound", "ImpliedVersionMismatch"),
    ),
    # A service could not be asked for its versions: it is away, or the URL is wrong.
    (e.ServiceUnavailableError, ("DiscoveryFailure", "InvalidResponse")),
)
# openstacksdk's, likewise; HttpException is read as an answer.
OPENSTACK: tuple[tuple[type[e.CloudError], tuple[str, ...]], ...] = (
    (e.TimeoutError_, ("ResourceTimeout",)),
    (
        e.ConfigurationError,
        ("ConfigException", "EndpointNotFound", "ServiceDisabledException", "ServiceDiscoveryException"),
    ),
    (e.UnsupportedOperationError, ("NotSupported", "MethodNotSupported")),
    (e.InvalidRequestError, ("InvalidRequest", "InvalidResourceQuery", "ValidationException")),
    (ResourceFailedError, ("ResourceFailure",)),
    (e.ServiceUnavailableError, ("InvalidResponse",)),
    (e.ConflictError, ("DuplicateResource",)),
)
_HINTS: Mapping[type[e.CloudError], str] = {
    e.ConfigurationError: "check auth_url, region, and whether the project has this service",
}


def _from_keystoneauth(exc: Exception) -> e.CloudError:
    from keystoneauth1 import exceptions as ks

    if isinstance(exc, ks.HttpError):
        if exc.response is not None:
            return from_answer(exc.response)
        return kind_of_status(int(exc.http_status or 0))(str(exc.message or ""), http_status=exc.http_status)
    if isinstance(exc, ks.ConnectionError):
        return _of_cause(exc, _by_class(exc, ks, KEYSTONEAUTH))
    return _by_class(exc, ks, KEYSTONEAUTH)


def _from_openstack(exc: Exception) -> e.CloudError:
    import openstack.exceptions as sdk

    if isinstance(exc, sdk.HttpException):
        if exc.response is not None:
            return from_answer(exc.response)
        status = int(exc.status_code or 0)
        return kind_of_status(status)(str(exc), http_status=status or None)
    if isinstance(exc, sdk.ResourceTimeout | sdk.ResourceFailure):  # it was asked for, and waited for
        return _by_class(exc, sdk, OPENSTACK, request_sent=True)
    return _by_class(exc, sdk, OPENSTACK)


def _from_requests(exc: Exception) -> e.CloudError | None:
    """Return our error for what requests raises past keystoneauth: while an answer's body is read."""
    import requests
    import urllib3

    if isinstance(exc, requests.exceptions.SSLError):
        return e.ConfigurationError(redact(str(exc)), request_sent=False)
    timeouts = (requests.Timeout, urllib3.exceptions.TimeoutError)
    if isinstance(exc, timeouts):
        return _of_cause(exc, e.TimeoutError_("no answer within the time limit"))
    if isinstance(exc, (requests.RequestException, urllib3.exceptions.HTTPError)):
        return _of_cause(exc, e.ServiceUnavailableError(redact(str(exc))))
    return None


def _of_cause(exc: BaseException, error: e.CloudError) -> e.CloudError:
    """Return `error`, saying whether the service may have acted: what failed was asked of it, and reached it."""
    chain: list[BaseException] = []
    cause: BaseException | None = exc
    while cause is not None and cause not in chain:
        chain.append(cause)
        reason = getattr(cause, "reason", None)  # urllib3's MaxRetryError
        first = cause.args[0] if cause.args and isinstance(cause.args[0], BaseException) else None
        cause = (
            cause.__cause__ or cause.__context__ or (reason if isinstance(reason, BaseException) else first)
        )
    import urllib3

    unreached = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
    request = next((found for part in chain if (found := getattr(part, "request", None)) is not None), None)
    reached = not any(isinstance(part, unreached) for part in chain)
    if isinstance(error, e.ConfigurationError):
        reached = False  # TLS: nothing was said before both sides agreed
    error.request_sent = reached and not _is_login(request) and not _is_safe(request)
    return error


def _by_class(
    exc: Exception,
    module: Any,
    table: tuple[tuple[type[e.CloudError], tuple[str, ...]], ...],
    *,
    request_sent: bool = False,
) -> e.CloudError:
    for kind, names in table:
        if isinstance(exc, tuple(getattr(module, name) for name in names if hasattr(module, name))):
            return kind(redact(str(exc)), hint=_HINTS.get(kind), request_sent=request_sent)
    return e.UnknownServiceError(redact(str(exc)), request_sent=request_sent)
