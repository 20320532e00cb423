"""What the service, the wire and Google's SDK raise, and which of our errors it is. By code, then status."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from cloud._dialects._answers import load_json, read_error_bytes
from cloud._dialects._failures import from_wire, kind_of_status
from cloud._wire._errors import WireError
from cloud.common import errors as e
from cloud.common._retry import parse_retry_after

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud._wire._types import HttpResponse

# Reasons of the JSON API: https://cloud.google.com/storage/docs/json_api/v1/status-codes
# Codes of the XML API: https://cloud.google.com/storage/docs/xml-api/reference-status
# Named here is what the status alone does not tell, or tells wrongly.
_BY_CODE: Mapping[str, type[e.CloudError]] = {
    "accountDisabled": e.PermissionDeniedError,
    "authError": e.AuthenticationError,
    "authenticationRequiredRequesterPays": e.AuthenticationError,
    "backendError": e.ServiceUnavailableError,
    "conditionNotMet": e.PreconditionFailedError,
    "conflict": e.ConflictError,
    "dailyLimitExceeded": e.QuotaExceededError,
    "dataLoss": e.IntegrityError,
    "expired": e.AuthenticationError,
    "forbidden": e.PermissionDeniedError,
    "gatewayTimeout": e.ServiceUnavailableError,
    "gone": e.NotFoundError,
    "insufficientPermissions": e.PermissionDeniedError,
    "internalError": e.ServiceUnavailableError,
    "lockedDomainExpired": e.AuthenticationError,
    "methodNotAllowed": e.UnsupportedOperationError,
    "notFound": e.NotFoundError,
    "notImplemented": e.UnsupportedOperationError,
    "notModified": e.NotModifiedError,
    "objectUnderActiveHold": e.ConflictError,
    "quotaExceeded": e.QuotaExceededError,
    "rateLimitExceeded": e.RateLimitedError,
    "requestTimeout": e.TimeoutError_,
    "retentionPolicyNotMet": e.ConflictError,
    "uploadBrokenConnection": e.TimeoutError_,
    "usageLimits.rateLimitExceeded": e.RateLimitedError,
    "userRateLimitExceeded": e.RateLimitedError,
    "AccessDenied": e.PermissionDeniedError,
    "AuthenticationRequired": e.AuthenticationError,
    "BadDigest": e.IntegrityError,
    "BucketAlreadyExists": e.AlreadyExistsError,
    "BucketAlreadyOwnedByYou": e.AlreadyExistsError,
    "BucketNotEmpty": e.ConflictError,
    "CrcMismatch": e.IntegrityError,
    "ExpiredToken": e.AuthenticationError,
    "InsufficientQuota": e.QuotaExceededError,
    "InternalError": e.ServiceUnavailableError,
    "InvalidAccessKeyId": e.AuthenticationError,
    "InvalidSecurity": e.AuthenticationError,
    "NoSuchBucket": e.NotFoundError,
    "NoSuchKey": e.NotFoundError,
    "NoSuchUpload": e.NotFoundError,
    "NoSuchVersion": e.NotFoundError,
    "NotModified": e.NotModifiedError,
    "ObjectUnderActiveHold": e.ConflictError,
    "OperationAborted": e.ConflictError,
    "PreconditionFailed": e.PreconditionFailedError,
    "RateLimitExceeded": e.RateLimitedError,
    "RequestTimeout": e.TimeoutError_,
    "RetentionPolicyNotMet": e.ConflictError,
    "ServiceUnavailable": e.ServiceUnavailableError,
    "SignatureDoesNotMatch": e.AuthenticationError,
    "SlowDown": e.RateLimitedError,
    "TooManyBuckets": e.QuotaExceededError,
    "UserProjectAccountProblem": e.PermissionDeniedError,
}
# The service did nothing and says so: safe to repeat.
_RETRYABLE_CODES = frozenset({"OperationAborted", "BadDigest", "CrcMismatch"})
_HINTS: Mapping[str, str] = {
    "authError": "log in again, or renew the token",
    "required": "the request came without credentials: pass some, or grant allUsers access",
    "userProjectMissing": "the bucket's requester pays: pass GCSOptions(user_project=...)",
    "UserProjectMissing": "the bucket's requester pays: pass GCSOptions(user_project=...)",
    "resourceIsEncryptedWithCustomerEncryptionKey": "pass GCSOptions(customer_key=...)",
    "ResourceIsEncryptedWithCustomerEncryptionKey": "pass GCSOptions(customer_key=...)",
    "retentionPolicyNotMet": "the bucket's retention period still holds it",
    "objectUnderActiveHold": "release its hold: set_object_hold(enabled=False)",
}
_STATUS_TEXT = {
    304: "not modified",
    400: "the service refused the request",
    401: "the credentials were not accepted",
    403: "access denied",
    404: "not found",
    409: "the present state forbids it",
    412: "a condition of the request did not hold",
}


class GCSServiceError(Exception):
    """An answer of the service that is not what was asked for.

    Attributes:
        status: HTTP status.
        code: reason (JSON) or code (XML) of the error document; None where there was none.
        message: the service's own words; empty where there were none.
        headers: the answer's headers.
        create_only: the request was to store only what is not there yet.
        replace_only: the request was about one given generation, and the bucket is there.
        unconditional: the request had no condition that could fail.
    """

    def __init__(
        self,
        status: int,
        code: str | None,
        message: str,
        headers: Mapping[str, str],
        *,
        create_only: bool = False,
        replace_only: bool = False,
        unconditional: bool = False,
    ) -> None:
        super().__init__(f"{status} {code or ''}".rstrip())
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers
        self.create_only = create_only
        self.replace_only = replace_only
        self.unconditional = unconditional

    @classmethod
    def of(cls, response: HttpResponse, *, create_only: bool = False) -> GCSServiceError:
        """Read and close an answer that is no success, and return it as an error."""
        code, message = parse_error(read_error_bytes(response))
        return cls(response.status, code, message, response.headers, create_only=create_only)


def parse_error(body: bytes) -> tuple[str | None, str]:
    """Return code and message of an error document, JSON or XML; None and nothing for anything else."""
    start = body.lstrip()[:1]
    if start == b"{":
        return _parse_json_error(body)
    if start == b"<" and b"<Error" in body[:256]:
        from cloud._dialects._xmltree import MalformedAnswerError, parse_root

        try:
            root = parse_root(body, "Error")
        except MalformedAnswerError:
            return None, ""  # cut, or a proxy's: the status says enough
        return root.get("Code"), root.get("Message") or root.get("Details") or ""
    return None, ""


def _parse_json_error(body: bytes) -> tuple[str | None, str]:
    try:
        document = load_json(body)
    except ValueError:
        return None, ""
    error = document.get("error") if isinstance(document, dict) else None
    if isinstance(error, str):  # of the token endpoint
        return error, str(document.get("error_description") or error)
    if not isinstance(error, dict):
        return None, ""
    errors = error.get("errors")
    first: Any = errors[0] if isinstance(errors, list) and errors else None
    reason = (first.get("reason") if isinstance(first, dict) else None) or error.get("status")
    return reason if isinstance(reason, str) else None, str(error.get("message") or "")


def translate(exc: Exception, _context: e.ErrorContext) -> e.CloudError | None:
    """Return our error for one of the service, the wire or Google's SDK; None for any other."""
    from cloud._dialects._xmltree import MalformedAnswerError

    if isinstance(exc, GCSServiceError):
        return _from_service(exc)
    if isinstance(exc, WireError):
        return from_wire(exc)
    if isinstance(exc, MalformedAnswerError):
        return e.ServiceUnavailableError(str(exc), hint="is this an endpoint of Google Cloud Storage?")
    if type(exc).__module__.partition(".")[0] in {"google", "requests"}:
        return from_sdk(exc)
    return None


def _from_service(exc: GCSServiceError) -> e.CloudError:
    kind = _kind(exc.code, exc.status)
    if exc.create_only and kind is e.PreconditionFailedError:
        kind = e.AlreadyExistsError
    elif exc.replace_only and kind is e.NotFoundError:
        kind = e.PreconditionFailedError  # nothing is there that could be replaced
    elif exc.unconditional and kind is e.PreconditionFailedError:
        kind = e.ConflictError  # what fails without a condition is the present state
    return _made(kind, exc.status, exc.code, exc.message, exc.headers)


def _made(
    kind: type[e.CloudError],
    status: int | None,
    code: str | None,
    message: str,
    headers: Mapping[str, str],
) -> e.CloudError:
    return kind(
        message or _STATUS_TEXT.get(status or 0, f"the service answered with status {status}"),
        hint=_HINTS.get(code or ""),
        http_status=status,
        provider_code=code,
        request_id=headers.get("x-guploader-uploadid"),
        retryable=True if code in _RETRYABLE_CODES else None,
        retry_after=parse_retry_after(headers.get("retry-after"), time.time()),
        request_sent=code != "OperationAborted",
    )


def _kind(code: str | None, status: int) -> type[e.CloudError]:
    return _BY_CODE.get(code or "") or kind_of_status(status)


# Exceptions of google-auth, google-api-core, google-resumable-media, google-cloud-storage and requests: module
# and names to our class, the most specific first. tests/unit/gcs/test_errors.py walks these packages and fails
# on a class that no line names. Where older releases lack one, its line does nothing.
SDK_ERRORS: tuple[tuple[type[e.CloudError], str, tuple[str, ...]], ...] = (
    (e.ConfigurationError, "google.auth.exceptions", (
        "DefaultCredentialsError", "MutualTLSChannelError", "ClientCertError", "MalformedError",
        "InvalidResource", "InvalidOperation", "InvalidValue", "InvalidType", "OSError",
    )),
    (e.ServiceUnavailableError, "google.auth.exceptions", ("TransportError", "ResponseError")),
    (e.TimeoutError_, "google.auth.exceptions", ("TimeoutError",)),
    (e.AuthenticationError, "google.auth.exceptions", (
        "RefreshError", "UserAccessTokenError", "OAuthError", "ReauthFailError", "ReauthSamlChallengeFailError",
        "GoogleAuthError",
    )),
    (e.TimeoutError_, "google.api_core.exceptions", ("RetryError", "TransferStalledError")),
    (e.CancelledError, "google.api_core.exceptions", ("UploadCancelledError",)),
    (e.InvalidRequestError, "google.api_core.exceptions", (
        "DuplicateCredentialArgs", "UnseekableStreamError", "AsyncRestUnsupportedParameterError",
    )),
    (e.ServiceUnavailableError, "google.api_core.exceptions", (
        "MissingStatusHeaderError", "ResumableTransferError",
    )),
    (e.UnknownServiceError, "google.api_core.exceptions", ("GoogleAPIError",)),
    (e.IntegrityError, "google.cloud.storage.exceptions", ("DataCorruption",)),
    (e.InvalidRequestError, "google.cloud.storage.exceptions", ("InvalidPathError",)),
    (e.ServiceUnavailableError, "google.cloud.storage.exceptions", ("InvalidResponse",)),
    (e.IntegrityError, "google.resumable_media.common", ("DataCorruption",)),
    (e.ServiceUnavailableError, "google.resumable_media.common", ("InvalidResponse",)),
    (e.ConfigurationError, "requests.exceptions", ("SSLError", "TooManyRedirects")),
    (e.TimeoutError_, "requests.exceptions", ("Timeout",)),
    (e.ServiceUnavailableError, "requests.exceptions", ("JSONDecodeError",)),  # an answer of somebody else
    (e.InvalidRequestError, "requests.exceptions", (
        "InvalidURL", "MissingSchema", "InvalidSchema", "InvalidHeader", "InvalidJSONError", "URLRequired",
        "UnrewindableBodyError",
    )),
    (e.ServiceUnavailableError, "requests.exceptions", ("RequestException",)),
)  # fmt: skip  # one kind in a few lines
# Broken by the network, not refused: the same call may succeed later.
_TRANSIENT = frozenset({"google.auth.exceptions", "requests.exceptions"})


def from_sdk(exc: Exception) -> e.CloudError:
    """Return our error for one of Google's SDK: by code and status for an answer, by class for the rest."""
    import sys

    api_core = sys.modules.get("google.api_core.exceptions")
    if api_core is not None and isinstance(exc, api_core.GoogleAPICallError) and exc.code is not None:
        return _from_api_call(exc)
    for kind, module, names in SDK_ERRORS:
        loaded = sys.modules.get(module)
        known = tuple(getattr(loaded, name) for name in names if hasattr(loaded, name))
        if known and isinstance(exc, known):
            retryable = bool(getattr(exc, "retryable", False)) if module == "google.auth.exceptions" else None
            if kind is e.ServiceUnavailableError and module in _TRANSIENT:
                retryable = True
            sent = kind not in {e.ConfigurationError, e.InvalidRequestError}
            return kind(str(exc), retryable=retryable, request_sent=sent)
    return e.UnknownServiceError(str(exc))


def _from_api_call(exc: Any) -> e.CloudError:
    first: Any = exc.errors[0] if isinstance(exc.errors, (list, tuple)) and exc.errors else None
    code = first.get("reason") if isinstance(first, dict) else None
    code = code if isinstance(code, str) else None
    status = int(exc.code)
    headers = getattr(exc.response, "headers", None) or {}
    lower = {str(name).lower(): str(value) for name, value in headers.items()}
    return _made(_kind(code, status), status, code, str(exc.message or ""), lower)
