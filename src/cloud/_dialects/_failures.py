"""What an HTTP status and a broken exchange mean, where the service says nothing better."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud._wire import _errors as wire
from cloud.common import errors as e

if TYPE_CHECKING:
    from collections.abc import Mapping

_BY_STATUS: Mapping[int, type[e.CloudError]] = {
    304: e.NotModifiedError,
    400: e.InvalidRequestError,
    401: e.AuthenticationError,
    403: e.PermissionDeniedError,
    404: e.NotFoundError,
    405: e.UnsupportedOperationError,
    408: e.TimeoutError_,
    409: e.ConflictError,
    410: e.NotFoundError,
    411: e.InvalidRequestError,
    412: e.PreconditionFailedError,
    413: e.InvalidRequestError,
    416: e.InvalidRequestError,
    422: e.InvalidRequestError,
    429: e.RateLimitedError,
    501: e.UnsupportedOperationError,
    507: e.QuotaExceededError,
}


def kind_of_status(status: int) -> type[e.CloudError]:
    """Return the error class of an HTTP status that is no success."""
    kind = _BY_STATUS.get(status)
    if kind is not None:
        return kind
    if status >= 500 or status < 300:  # a success that was not asked for: a portal's, or another request's
        return e.ServiceUnavailableError
    if 300 <= status < 400:
        return e.ConfigurationError
    return e.UnknownServiceError


# The wire's exceptions, the most specific first: our class, and whether the same request may work later.
_WIRE: tuple[tuple[type[wire.WireError], type[e.CloudError], bool], ...] = (
    (wire.ConnectTimeoutError, e.TimeoutError_, True),
    (wire.ReadTimeoutError, e.TimeoutError_, True),
    (wire.WriteTimeoutError, e.TimeoutError_, True),
    (wire.ConnectError, e.ServiceUnavailableError, True),
    (wire.ConnectionBrokenError, e.ServiceUnavailableError, True),
    (wire.BodyTruncatedError, e.ServiceUnavailableError, True),
    (wire.ProtocolError, e.ServiceUnavailableError, True),
    (
        wire.TransportClosedError,
        e.ServiceUnavailableError,
        True,
    ),  # by another thread: the next try opens anew
    (wire.ProxyError, e.ServiceUnavailableError, False),
    (wire.ResponseTooLargeError, e.ServiceUnavailableError, False),
    (wire.TlsError, e.ConfigurationError, False),
    (wire.InvalidHeaderError, e.InvalidRequestError, False),
    (wire.RequestBodyError, e.InvalidRequestError, False),
)


def from_wire(exc: wire.WireError) -> e.CloudError:
    """Return our error for one of the wire."""
    # A kept connection that the server closed while it was idle: nothing is wrong, try again at once.
    retry_after = 0.0 if exc.reused and not exc.response_started else None
    kind, retryable = next(
        ((kind, retryable) for known, kind, retryable in _WIRE if isinstance(exc, known)),
        (e.UnknownServiceError, False),
    )
    return kind(str(exc), retryable=retryable, retry_after=retry_after, request_sent=exc.request_sent)
