"""Errors of Coda: each is the library's own of the same meaning, too.

CodaAPIError (CloudError)
 +-- CodaValidationError       400, 413, 422 (InvalidRequestError)
 +-- CodaAuthenticationError   401 (AuthenticationError)
 +-- CodaForbiddenError        403 (PermissionDeniedError)
 +-- CodaNotFoundError         404 (NotFoundError)
 +-- CodaGoneError             410 (NotFoundError)
 +-- CodaConflictError         409 (ConflictError)
 +-- CodaRateLimitError        429 (RateLimitedError)
 +-- CodaServiceError          5xx (ServiceUnavailableError)

Without an answer there is nothing of Coda in an error: it is `ServiceUnavailableError`, `TimeoutError_` or
`OutcomeUnknownError` itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cloud._dialects._failures import kind_of_status
from cloud._dialects.rest._errors import ServiceWords
from cloud.common import errors as e

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud._dialects.rest._exchange import RestServiceError

__all__ = [
    "CodaAPIError",
    "CodaAuthenticationError",
    "CodaConflictError",
    "CodaForbiddenError",
    "CodaGoneError",
    "CodaNotFoundError",
    "CodaRateLimitError",
    "CodaServiceError",
    "CodaValidationError",
]


class CodaAPIError(e.CloudError):
    """Coda answered with an error.

    Attributes:
        details: what the answer says beyond its message, as it came (``codaDetail``): for a request that does
            not fit the schema, the list of what is wrong where. None where it says no more.
    """

    details: Any = None

    def to_dict(self) -> dict[str, Any]:
        """Return the error as JSON-ready data, without `native`."""
        return {**super().to_dict(), "details": self.details}


class CodaValidationError(CodaAPIError, e.InvalidRequestError):
    """400, 413, 422: the request, or its size, is not acceptable; `details` may say where."""


class CodaAuthenticationError(CodaAPIError, e.AuthenticationError):
    """401: the token is not accepted, or what was asked for needs another plan (analytics of pages)."""


class CodaForbiddenError(CodaAPIError, e.PermissionDeniedError):
    """403: the token's user, or the token's scope, does not allow this."""


class CodaNotFoundError(CodaAPIError, e.NotFoundError):
    """404: there is no such thing, or the token may not see it."""


class CodaGoneError(CodaAPIError, e.NotFoundError):
    """410: it was there and has been deleted."""


class CodaConflictError(CodaAPIError, e.ConflictError):
    """409: the present state forbids it."""


class CodaRateLimitError(CodaAPIError, e.RateLimitedError):
    """429: too many requests of the token's user, from all of their programs together."""


class CodaServiceError(CodaAPIError, e.ServiceUnavailableError):
    """5xx: the service failed."""


_BY_STATUS: Final[Mapping[int, type[e.CloudError]]] = {
    400: CodaValidationError,
    401: CodaAuthenticationError,
    403: CodaForbiddenError,
    404: CodaNotFoundError,
    409: CodaConflictError,
    410: CodaGoneError,
    413: CodaValidationError,
    422: CodaValidationError,
    429: CodaRateLimitError,
}
_HINTS: Final[Mapping[int, str]] = {
    401: "make a token at https://coda.io/account and set CODA_API_TOKEN",
    429: "other programs of the same user count too; wait, or send less",
}


def kind_of(status: int, _code: str | None) -> type[e.CloudError]:
    """Return the class of a status; the codes that answers sometimes carry say nothing more."""
    found = _BY_STATUS.get(status)
    if found is not None:
        return found
    return CodaServiceError if status >= 500 else kind_of_status(status)


def words_of(error: RestServiceError) -> ServiceWords:
    """Return what an answer that is no success says."""
    document = error.document if isinstance(error.document, dict) else {}
    return ServiceWords(
        message=_text(document.get("message")) or _text(document.get("statusMessage")),
        code=_text(document.get("codaType")) or _text(document.get("statusMessage")),
        request_id=error.headers.get("x-request-id"),
        hint=_HINTS.get(error.status),
        details={"details": document["codaDetail"]} if document.get("codaDetail") is not None else None,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
