"""What Azure, the wire and the SDK raise, and which of our errors it is. By code, then status, never by text."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from cloud._dialects._failures import from_wire, kind_of_status
from cloud._wire import _errors as wire
from cloud.common import errors as e
from cloud.common._redact import redact
from cloud.common._retry import parse_retry_after

if TYPE_CHECKING:
    from collections.abc import Mapping

# Only what the status does not say as well.
# https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes
# https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes
_BY_CODE: Mapping[str, type[e.CloudError]] = {
    "AuthenticationFailed": e.AuthenticationError,  # 403
    "InvalidAuthenticationInfo": e.AuthenticationError,  # 400, 401
    "NoAuthenticationInformation": e.AuthenticationError,
    "PublicAccessNotPermitted": e.PermissionDeniedError,  # 409
    "AccountAlreadyExists": e.AlreadyExistsError,
    "BlobAlreadyExists": e.AlreadyExistsError,
    "ContainerAlreadyExists": e.AlreadyExistsError,
    "ResourceAlreadyExists": e.AlreadyExistsError,
    # 412, where somebody holds a lease: no condition of the caller's
    "LeaseIdMismatchWithBlobOperation": e.ConflictError,
    "LeaseIdMismatchWithContainerOperation": e.ConflictError,
    "LeaseIdMismatchWithLeaseOperation": e.ConflictError,
    "LeaseIdMissing": e.ConflictError,
    "LeaseLost": e.ConflictError,
    "LeaseNotPresentWithBlobOperation": e.ConflictError,
    "LeaseNotPresentWithContainerOperation": e.ConflictError,
    "LeaseNotPresentWithLeaseOperation": e.ConflictError,
    "SystemInUse": e.ConflictError,
    # 400, where somebody else writes the same key
    "InvalidBlobOrBlock": e.ConflictError,
    "InvalidBlockList": e.ConflictError,
    # 403, where the state forbids it to everybody
    "OperationNotAllowedOnRootBlob": e.ConflictError,
    "Crc64Mismatch": e.IntegrityError,
    "Md5Mismatch": e.IntegrityError,
    "ServerBusy": e.RateLimitedError,  # 503; refused before anything was done
    "OperationTimedOut": e.TimeoutError_,  # 500
    "APINotImplemented": e.UnsupportedOperationError,  # Azurite: 501
    "FeatureNotSupported": e.UnsupportedOperationError,  # Azurite: 500
}
# Azurite says these of credentials; in Azure the first is a firewall's and the second has other meanings.
_BY_AZURITE_CODE: Mapping[str, type[e.CloudError]] = {
    "AuthorizationFailure": e.AuthenticationError,
    "ResourceNotFound": e.AuthenticationError,
}
# The service did nothing and says so: safe to repeat, also for a conditional write.
_REFUSED = frozenset({"ContainerBeingDeleted", "ServerBusy"})
_RETRYABLE_CODES = _REFUSED | {"AccountBeingCreated", "Crc64Mismatch", "Md5Mismatch"}
_LEASED = "somebody holds a lease on it: pass its id as AzureOptions(lease_id=...), or break the lease"
_HINTS: Mapping[str, str] = {
    "AuthenticationFailed": "check the account key, the signature or the token, and this machine's clock",
    "AuthorizationFailure": "check the account's firewall and what the credentials may do",
    "AuthorizationPermissionMismatch": "the identity needs a data role, such as Storage Blob Data Contributor",
    "BlobArchived": "the object is archived: move it to Hot, Cool or Cold, which takes hours, and read it then",
    "BlobBeingRehydrated": "the object is being brought back from the archive: try again in some hours",
    "ContainerBeingDeleted": "the bucket is being deleted, which takes half a minute or more",
    "InvalidBlobOrBlock": "an unfinished upload of another program holds the key: it ends within a week",
    "InvalidBlockList": "another upload to the same key was completed meanwhile: upload again",
    "LeaseIdMismatchWithBlobOperation": _LEASED,
    "LeaseIdMismatchWithContainerOperation": _LEASED,
    "LeaseIdMissing": _LEASED,
    "LeaseLost": "your lease has ended: acquire a new one",
    "LeaseNotPresentWithBlobOperation": "the object has no lease: leave AzureOptions.lease_id out",
    "LeaseNotPresentWithContainerOperation": "the bucket has no lease: leave AzureOptions.lease_id out",
    "PendingCopyOperation": "the object is the target of a copy that is not finished",
    "SnapshotsPresent": "AzureOptions(delete_snapshots=True) deletes them too",
}
_STATUS_TEXT = {
    304: "not modified",
    400: "the service refused the request",
    403: "access denied",
    404: "not found",
    412: "a condition of the request did not hold",
}
_FIELD = re.compile(rb"<(Code|Message)>([^<]*)</\1>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))


class AzureServiceError(Exception):
    """An answer of the service that is not what was asked for.

    Attributes:
        status: HTTP status.
        code: the service's error code; None for an answer without one.
        body: the start of the answer's body.
        headers: the answer's headers.
        create_only: the request was to store only what is not there yet.
        replace_only: the request was to replace one given ETag.
    """

    def __init__(
        self,
        status: int,
        headers: Mapping[str, str],
        body: bytes = b"",
        *,
        create_only: bool = False,
        replace_only: bool = False,
    ) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.code = headers.get("x-ms-error-code") or error_fields(body).get("Code")
        self.create_only = create_only
        self.replace_only = replace_only
        super().__init__(f"{status} {self.code or ''}".rstrip())

    @property
    def message(self) -> str:
        """The service's words; empty where it has none. Its lines of request id and time are left out."""
        return error_fields(self.body).get("Message", "").partition("\n")[0].rstrip()


def error_fields(body: bytes) -> Mapping[str, str]:
    """Return code and message of an error document; what is no such document has neither."""
    fields: dict[str, str] = {}
    for name, value in _FIELD.findall(body):
        text = value.decode("utf-8", "replace")
        for entity, character in _ENTITIES:
            text = text.replace(entity, character)
        fields.setdefault(name.decode(), text)
    return fields


def translate(exc: Exception, _context: e.ErrorContext) -> e.CloudError | None:
    """Return our error for one of the service, the wire or the SDK; None for any other."""
    if isinstance(exc, AzureServiceError):
        return _from_service(exc)
    if isinstance(exc, wire.WireError):
        return from_wire(exc)
    from cloud._dialects._xmltree import MalformedAnswerError  # an error is worth the XML parser

    if isinstance(exc, MalformedAnswerError):
        return e.ServiceUnavailableError(str(exc), hint="is this an account of Azure Blob Storage?")
    if type(exc).__module__.partition(".")[0] in {"azure", "msal"}:
        return from_azure_core(exc)
    return None


def _from_service(exc: AzureServiceError) -> e.CloudError:
    code = exc.code or ""
    kind = _kind(code, exc.status, exc.headers.get("server", ""))
    if exc.create_only and kind is e.PreconditionFailedError and code != "SourceConditionNotMet":
        kind = e.AlreadyExistsError
    if exc.replace_only and kind is e.NotFoundError and code == "BlobNotFound":
        kind = e.PreconditionFailedError  # nothing is there that could be replaced
    return kind(
        exc.message or _STATUS_TEXT.get(exc.status, f"the service answered with status {exc.status}"),
        hint=_HINTS.get(code),
        http_status=exc.status,
        provider_code=exc.code,
        request_id=exc.headers.get("x-ms-request-id"),
        retryable=True if code in _RETRYABLE_CODES else None,
        retry_after=parse_retry_after(exc.headers.get("retry-after"), time.time()),
        request_sent=code not in _REFUSED,
    )


def _kind(code: str, status: int, server: str = "") -> type[e.CloudError]:
    if status == 304:  # its code is ConditionNotMet, like that of a failed condition
        return e.NotModifiedError
    if server.startswith("Azurite"):
        kind = _BY_AZURITE_CODE.get(code)
        if kind is not None:
            return kind
    return _BY_CODE.get(code) or kind_of_status(status)


# The SDK's exceptions by name, the most specific first: those without an answer, as it is judged by its code.
# https://learn.microsoft.com/python/api/azure-core/azure.core.exceptions
_AZURE_CORE: tuple[tuple[type[e.CloudError], tuple[str, ...]], ...] = (
    (e.TimeoutError_, ("ServiceRequestTimeoutError", "ServiceResponseTimeoutError")),
    (e.ServiceUnavailableError, ("ServiceRequestError", "ServiceResponseError")),
    (e.IntegrityError, ("IncompleteReadError", "StreamConsumedError", "StreamClosedError")),
    (e.ServiceUnavailableError, ("DecodeError", "ResponseNotReadError")),
    (e.AuthenticationError, ("ClientAuthenticationError",)),
    (e.AlreadyExistsError, ("ResourceExistsError",)),
    (e.NotFoundError, ("ResourceNotFoundError",)),
    (e.NotModifiedError, ("ResourceNotModifiedError",)),
    (e.PreconditionFailedError, ("ResourceModifiedError",)),
    (e.ConfigurationError, ("TooManyRedirectsError",)),
    (e.InvalidRequestError, ("SerializationError",)),
    (e.ServiceUnavailableError, ("DeserializationError",)),
    (e.UnknownServiceError, ("ODataV4Error", "HttpResponseError", "AzureError")),
)


def from_azure_core(exc: Exception) -> e.CloudError:
    """Return our error for one of azure-core, azure-identity or azure-storage-blob."""
    from azure.core import exceptions as core

    response = getattr(exc, "response", None)
    status = getattr(exc, "status_code", None)
    if isinstance(exc, core.HttpResponseError) and response is not None and status:
        is_login = isinstance(exc, core.ClientAuthenticationError)
        return _from_answer(exc, response, int(status), is_login=is_login)
    for kind, names in _AZURE_CORE:
        if isinstance(exc, tuple(getattr(core, name) for name in names)):
            # urllib3's text, which some of them repeat, holds the whole URL with its signature.
            return kind(redact(str(exc)), request_sent=not isinstance(exc, core.ServiceRequestError))
    return e.UnknownServiceError(redact(str(exc)))


def _from_answer(exc: Any, response: Any, status: int, *, is_login: bool) -> e.CloudError:
    headers: Mapping[str, str] = {name.lower(): value for name, value in response.headers.items()}
    given = getattr(exc, "error_code", None) or headers.get("x-ms-error-code")
    code = str(getattr(given, "value", given) or "")
    kind = _kind(code, status, headers.get("server", ""))
    if status < 300:  # what came with a success could not be read: a captive portal's, or cut
        kind = e.ServiceUnavailableError
    if is_login and not code:  # of the server that gives tokens, not of the storage
        kind = e.AuthenticationError
    return kind(
        redact(str(exc.message or _STATUS_TEXT.get(status, code)).partition("\n")[0]),
        hint=_HINTS.get(code),
        http_status=status,
        provider_code=code or None,
        request_id=headers.get("x-ms-request-id"),
        retryable=True if code in _RETRYABLE_CODES else None,
        retry_after=parse_retry_after(headers.get("retry-after"), time.time()),
        request_sent=code not in _REFUSED,
    )
