"""What a REST service, the wire and `requests` raise, and which of our errors it is. Never by text."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloud._dialects._failures import from_wire, kind_of_status
from cloud._dialects.rest._exchange import RestServiceError
from cloud._wire._errors import WireError
from cloud.common import errors as e
from cloud.common._retry import RetryPolicy, parse_retry_after

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_MESSAGE = 2_000
"""Characters that are kept of a service's message."""


@dataclass(frozen=True, kw_only=True)
class ServiceWords:
    """What a service says in an answer that is no success.

    Attributes:
        message: its own words; None where it says none.
        code: its error code, word for word.
        request_id: its id of the request.
        hint: what the client's user can do about it, where that is known.
        details: attributes that the error gets beside those of every error.
    """

    message: str | None = None
    code: str | None = None
    request_id: str | None = None
    hint: str | None = None
    details: Mapping[str, Any] | None = None


def translate(
    exc: Exception,
    words_of: Callable[[RestServiceError], ServiceWords],
    kind_of: Callable[[int, str | None], type[e.CloudError]],
) -> e.CloudError | None:
    """Return our error for one of the service, the wire or `requests`; None for any other.

    Args:
        exc: what was raised.
        words_of: reads the service's answer.
        kind_of: gives the class by HTTP status and the service's code.
    """
    if isinstance(exc, RestServiceError):
        words = words_of(exc)
        error = kind_of(exc.status, words.code)(
            (words.message or _phrase(exc.status))[:MAX_MESSAGE],
            hint=words.hint,
            http_status=exc.status,
            provider_code=words.code,
            request_id=words.request_id,
            retry_after=parse_retry_after(exc.headers.get("retry-after"), time.time()),
        )
        vars(error).update(words.details or {})
        return error
    if isinstance(exc, WireError):
        return from_wire(exc)
    return _from_requests(exc)


def by_code_then_status(
    codes: Mapping[str, type[e.CloudError]], status: int, code: str | None
) -> type[e.CloudError]:
    """Return the class of a service's code, or else of the status."""
    return codes.get(code or "") or kind_of_status(status)


def _phrase(status: int) -> str:
    from http import HTTPStatus

    return next((known.phrase for known in HTTPStatus if known == status), f"status {status}")


def _from_requests(exc: Exception) -> e.CloudError | None:
    """Return our error for what `requests` raises before or beside an exchange; None for any other."""
    requests = sys.modules.get("requests")
    if requests is None or not isinstance(exc, requests.RequestException):
        return None
    known = requests.exceptions
    # The texts of these may show headers or whole addresses with their query: the class says enough.
    text = f"requests: {type(exc).__name__}"
    if isinstance(exc, known.ConnectTimeout):
        return e.TimeoutError_(text, request_sent=False)
    if isinstance(exc, known.Timeout):
        return e.TimeoutError_(text)
    if isinstance(exc, known.SSLError):
        return e.ConfigurationError(text, request_sent=False)
    if isinstance(exc, ValueError) and not isinstance(exc, known.JSONDecodeError):
        return e.ConfigurationError(text, request_sent=False)  # an address or a header that cannot be sent
    return e.ServiceUnavailableError(text)


@dataclass(frozen=True, kw_only=True)
class RestRetryPolicy(RetryPolicy):
    """As `RetryPolicy`, and patient after a 429 without ``Retry-After``: the service counts in windows.

    A wait of a fraction of a second, right for a server in trouble, would only be counted as another request.

    Attributes:
        rate_limited_base_seconds: the first such wait is at least half of this and at most this; it
            doubles with each try.
        rate_limited_max_seconds: ceiling of every such wait.
    """

    rate_limited_base_seconds: float = 6.0
    rate_limited_max_seconds: float = 60.0

    def __post_init__(self) -> None:
        """Refuse values that cannot work."""
        super().__post_init__()
        for name in ("rate_limited_base_seconds", "rate_limited_max_seconds"):
            if getattr(self, name) < 0:
                raise e.InvalidRequestError(f"{name} must not be negative: {getattr(self, name)}")

    def delay_seconds(self, attempt: int, error: e.CloudError) -> float:
        """Return how long to wait after try number `attempt` (from 1) failed with `error`."""
        if error.retry_after is not None or not isinstance(error, e.RateLimitedError):
            return super().delay_seconds(attempt, error)
        exponent = min(attempt - 1, 60)  # beyond it the doubling overflows; the ceiling rules long before
        ceiling = min(self.rate_limited_max_seconds, self.rate_limited_base_seconds * 2.0**exponent)
        return ceiling / 2 + self.jitter(ceiling / 2)
