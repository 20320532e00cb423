"""What AWS answers through boto3, and which of our errors it is. By code, then status, never by text.

`COMMON` holds the codes that every service may answer; each service adds its own in an `ErrorTable`. What
botocore raises by itself (no credentials, no connection) stands in the S3 dialect's table, once.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloud._dialects._failures import kind_of_status
from cloud._dialects.s3._errors import from_botocore
from cloud.common import errors as e
from cloud.common._retry import parse_retry_after

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMON: Mapping[str, type[e.CloudError]] = {
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonErrors.html and
    # https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html
    "AuthFailure": e.AuthenticationError,
    "ExpiredToken": e.AuthenticationError,
    "ExpiredTokenException": e.AuthenticationError,
    "IncompleteSignature": e.AuthenticationError,
    "IncompleteSignatureException": e.AuthenticationError,
    "InvalidAccessKeyId": e.AuthenticationError,
    "InvalidClientTokenId": e.AuthenticationError,
    "InvalidSignatureException": e.AuthenticationError,
    "InvalidToken": e.AuthenticationError,
    "MissingAuthenticationToken": e.AuthenticationError,
    "MissingAuthenticationTokenException": e.AuthenticationError,
    "NotAuthorized": e.PermissionDeniedError,
    "RequestExpired": e.AuthenticationError,
    "SignatureDoesNotMatch": e.AuthenticationError,
    "UnrecognizedClientException": e.AuthenticationError,
    "AccessDenied": e.PermissionDeniedError,
    "AccessDeniedException": e.PermissionDeniedError,
    "Blocked": e.PermissionDeniedError,
    "OptInRequired": e.PermissionDeniedError,
    "PendingVerification": e.PermissionDeniedError,
    "UnauthorizedOperation": e.PermissionDeniedError,
    "InvalidAction": e.UnsupportedOperationError,
    "UnknownOperationException": e.UnsupportedOperationError,
    "Unsupported": e.UnsupportedOperationError,
    "UnsupportedOperation": e.UnsupportedOperationError,
    "InvalidParameterCombination": e.InvalidRequestError,
    "InvalidParameterValue": e.InvalidRequestError,
    "InvalidQueryParameter": e.InvalidRequestError,
    "MalformedQueryString": e.InvalidRequestError,
    "MissingAction": e.InvalidRequestError,
    "MissingParameter": e.InvalidRequestError,
    "ValidationError": e.InvalidRequestError,
    "ValidationException": e.InvalidRequestError,
    "RequestLimitExceeded": e.RateLimitedError,
    "Throttling": e.RateLimitedError,
    "ThrottlingException": e.RateLimitedError,
    "TooManyRequestsException": e.RateLimitedError,
    "InternalError": e.ServiceUnavailableError,
    "InternalFailure": e.ServiceUnavailableError,
    "InternalServerError": e.ServiceUnavailableError,
    "ServiceUnavailable": e.ServiceUnavailableError,
    "ServiceUnavailableException": e.ServiceUnavailableError,
    "Unavailable": e.ServiceUnavailableError,
}
COMMON_HINTS: Mapping[str, str] = {
    "AuthFailure": "check the keys, and that the account may use this region",
    "ExpiredToken": "renew the temporary credentials",
    "ExpiredTokenException": "renew the temporary credentials",
    "InvalidClientTokenId": "check the access key and the endpoint that it belongs to",
    "OptInRequired": "the account must first sign up for the service, or enable the region",
    "RequestExpired": "set this machine's clock",
    "SignatureDoesNotMatch": "check the secret key and the region",
    "UnrecognizedClientException": "check the access key and the endpoint that it belongs to",
}


@dataclass(frozen=True)
class ErrorTable:
    """The codes of one service.

    Attributes:
        by_code: codes of the service itself; they win over `COMMON`.
        by_ending: ``(".NotFound", NotFoundError)``: codes that are built from a name and a kind, for those
            that `by_code` does not name.
        hints: what to do, by code.
        retryable: codes whose class is not retryable, but the same call may work later.
        refused: codes that say that nothing was done: also a call that must not be doubled may go again.
    """

    by_code: Mapping[str, type[e.CloudError]]
    by_ending: tuple[tuple[str, type[e.CloudError]], ...] = ()
    hints: Mapping[str, str] = field(default_factory=dict)
    retryable: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()

    def kind(self, code: str, status: int) -> type[e.CloudError]:
        """Return the error class of an answer."""
        found = self.by_code.get(code) or COMMON.get(code)
        if found is not None:
            return found
        ending = next((kind for ending, kind in self.by_ending if code.endswith(ending)), None)
        return ending or kind_of_status(status)


def translate(exc: Exception, table: ErrorTable) -> e.CloudError | None:
    """Return our error for one of boto3 or botocore; None for any other, and for what is a bug."""
    if type(exc).__module__.partition(".")[0] not in {"botocore", "boto3"}:
        return None
    from botocore import exceptions as bc
    from botocore.parsers import ResponseParserError

    if isinstance(exc, bc.ClientError):
        return _from_answer(exc.response, table)
    if isinstance(exc, ResponseParserError):
        return e.ServiceUnavailableError(
            "the answer is not in the service's format", hint="is this endpoint an AWS service?"
        )
    found = from_botocore(exc)
    if found is not None and isinstance(
        exc, (bc.EndpointConnectionError, bc.ConnectTimeoutError, bc.ProxyConnectionError)
    ):
        found.request_sent = False  # there was no connection to send it over
    return found


def _from_answer(response: Mapping[str, Any], table: ErrorTable) -> e.CloudError:
    meta, error = response.get("ResponseMetadata", {}), response.get("Error", {})
    # Some services put a namespace before the code or a URL behind it: ``ns#Code:http://...``.
    code = str(error.get("Code") or "").rpartition("#")[2].partition(":")[0]
    status = int(meta.get("HTTPStatusCode") or 0)
    if code.isdecimal():  # botocore puts the status in its place when the answer names none
        code = ""
    return table.kind(code, status)(
        str(error.get("Message") or code or f"the service answered with status {status}"),
        hint=table.hints.get(code) or COMMON_HINTS.get(code),
        http_status=status or None,
        provider_code=code or None,
        request_id=meta.get("RequestId"),
        retryable=True if code in table.retryable else None,
        retry_after=parse_retry_after(meta.get("HTTPHeaders", {}).get("retry-after"), time.time()),
        request_sent=code not in table.refused,
    )
