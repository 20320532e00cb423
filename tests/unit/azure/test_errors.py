"""Every error of the service, the wire and the SDK has a class of ours, by code and status, never by text."""

from __future__ import annotations

import inspect
from email.utils import formatdate
from time import time
from types import SimpleNamespace
from typing import Any

import pytest
from azure.core import exceptions as core
from azure.identity import AuthenticationRequiredError, CredentialUnavailableError
from azure.storage.blob import StorageErrorCode

from cloud._dialects._xmltree import MalformedAnswerError
from cloud._dialects.azure_blob import _errors
from cloud._dialects.azure_blob._errors import AzureServiceError, error_fields, translate
from cloud._wire import _errors as wire
from cloud.common import errors as e
from cloud.common.errors import CloudError, ErrorContext

CONTEXT = ErrorContext("azure", "blob", "op", "b/k")
AZURITE = {"server": "Azurite-Blob/3.35.0"}
AZURE_CORE = [
    kind
    for _, kind in sorted(inspect.getmembers(core, inspect.isclass))
    if kind.__module__ == core.__name__ and issubclass(kind, Exception)
]


def service_error(status: int, code: str | None = None, **options: Any) -> AzureServiceError:
    headers = options.pop("headers", {}) | ({} if code is None else {"x-ms-error-code": code})
    return AzureServiceError(status, headers, **options)


def ours(exc: Exception) -> CloudError:
    error = translate(exc, CONTEXT)
    assert error is not None
    return error


# -- completeness --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", AZURE_CORE, ids=lambda kind: kind.__name__)
def test_every_class_of_azure_core_has_a_line_of_its_own(kind: type[Exception]) -> None:
    named = [name for _, names in _errors._AZURE_CORE for name in names]
    assert named.count(kind.__name__) == 1


def test_lines_of_families_come_after_those_of_their_members() -> None:
    order = [getattr(core, name) for _, names in _errors._AZURE_CORE for name in names]
    for place, kind in enumerate(order):
        assert not [later for later in order[place + 1 :] if issubclass(later, kind)]


def test_every_code_of_ours_is_one_of_the_service_s() -> None:
    known = {code.value for code in StorageErrorCode}
    newer = {"Crc64Mismatch", "OperationNotAllowedOnRootBlob", "PublicAccessNotPermitted"}
    azurite = {"APINotImplemented", "FeatureNotSupported"}
    used = {*_errors._BY_CODE, *_errors._HINTS, *_errors._RETRYABLE_CODES}
    assert used - newer - azurite - {"AuthorizationPermissionMismatch"} <= known


# -- the service ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (404, "BlobNotFound", e.NotFoundError),
        (404, "ContainerNotFound", e.NotFoundError),
        (403, "AuthenticationFailed", e.AuthenticationError),
        (401, "NoAuthenticationInformation", e.AuthenticationError),
        (400, "InvalidAuthenticationInfo", e.AuthenticationError),
        (403, "AuthorizationFailure", e.PermissionDeniedError),
        (403, "AuthorizationPermissionMismatch", e.PermissionDeniedError),
        (409, "PublicAccessNotPermitted", e.PermissionDeniedError),
        (409, "BlobAlreadyExists", e.AlreadyExistsError),
        (409, "ContainerAlreadyExists", e.AlreadyExistsError),
        (409, "ContainerBeingDeleted", e.ConflictError),
        (409, "SnapshotsPresent", e.ConflictError),
        (409, "BlobArchived", e.ConflictError),
        (412, "LeaseIdMissing", e.ConflictError),
        (412, "LeaseIdMismatchWithBlobOperation", e.ConflictError),
        (412, "LeaseLost", e.ConflictError),
        (412, "ConditionNotMet", e.PreconditionFailedError),
        (412, "SourceConditionNotMet", e.PreconditionFailedError),
        (304, "ConditionNotMet", e.NotModifiedError),
        (400, "InvalidBlockList", e.ConflictError),
        (400, "InvalidBlobOrBlock", e.ConflictError),
        (400, "Md5Mismatch", e.IntegrityError),
        (400, "Crc64Mismatch", e.IntegrityError),
        (400, "InvalidHeaderValue", e.InvalidRequestError),
        (416, "InvalidRange", e.InvalidRequestError),
        (503, "ServerBusy", e.RateLimitedError),
        (500, "OperationTimedOut", e.TimeoutError_),
        (500, "InternalError", e.ServiceUnavailableError),
        (501, "APINotImplemented", e.UnsupportedOperationError),
        (500, "FeatureNotSupported", e.UnsupportedOperationError),
        (307, None, e.ConfigurationError),
        (418, None, e.UnknownServiceError),
    ],
)
def test_code_then_status_tell_the_class(status: int, code: str | None, kind: type[CloudError]) -> None:
    error = ours(service_error(status, code))
    assert type(error) is kind
    assert (error.http_status, error.provider_code) == (status, code)


@pytest.mark.parametrize("code", ["AuthorizationFailure", "ResourceNotFound"])
def test_azurite_s_words_for_wrong_credentials(code: str) -> None:
    assert type(ours(service_error(403, code, headers=AZURITE))) is e.AuthenticationError


@pytest.mark.parametrize("code", ["ContainerBeingDeleted", "ServerBusy"])
def test_what_was_refused_unseen_may_be_repeated_even_if_it_is_not_idempotent(code: str) -> None:
    error = ours(service_error(409, code))
    assert (error.retryable, error.request_sent) == (True, False)


@pytest.mark.parametrize("code", ["LeaseIdMissing", "BlobArchived", "SnapshotsPresent", "InvalidBlockList"])
def test_states_that_users_meet_have_a_hint(code: str) -> None:
    assert ours(service_error(412, code)).hint


@pytest.mark.parametrize(
    ("code", "kind"),
    [("ConditionNotMet", e.AlreadyExistsError), ("SourceConditionNotMet", e.PreconditionFailedError)],
)
def test_condition_of_a_create_is_told_from_that_of_a_source(code: str, kind: type[CloudError]) -> None:
    assert type(ours(service_error(412, code, create_only=True))) is kind


def test_replacing_nothing_is_a_failed_condition_but_a_missing_bucket_is_not_found() -> None:
    assert type(ours(service_error(404, "BlobNotFound", replace_only=True))) is e.PreconditionFailedError
    assert type(ours(service_error(404, "ContainerNotFound", replace_only=True))) is e.NotFoundError


def test_message_is_the_service_s_without_the_id_and_time_behind_it() -> None:
    body = b"<?xml?><Error><Code>BlobNotFound</Code><Message>No &lt;blob&gt;.\nRequestId:1\nTime:2</Message></Error>"
    error = ours(AzureServiceError(404, {"x-ms-request-id": "REQ1"}, body))
    assert (error.message, error.provider_code, error.request_id) == ("No <blob>.", "BlobNotFound", "REQ1")


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe", b"<Code>"])
def test_answer_that_is_no_error_document_is_judged_by_its_status(body: bytes) -> None:
    assert error_fields(body) == {}
    error = ours(AzureServiceError(404, {}, body))
    assert (type(error), error.message) == (e.NotFoundError, "not found")


def test_retry_after_is_taken_in_seconds_or_as_a_date() -> None:
    error = ours(service_error(503, "ServerBusy", headers={"retry-after": "7"}))
    assert error.retry_after == 7
    date = formatdate(time() + 30, usegmt=True)
    later = ours(service_error(503, "ServerBusy", headers={"retry-after": date})).retry_after
    assert later is not None
    assert 25 < later <= 30


# -- the wire, the parser, and bugs --------------------------------------------------------------------------
def test_wire_and_parser() -> None:
    error = ours(wire.ReadTimeoutError("silence", host="h", request_sent=True))
    assert (type(error), error.retryable, error.request_sent) == (e.TimeoutError_, True, True)
    assert type(ours(MalformedAnswerError("no XML"))) is e.ServiceUnavailableError
    assert translate(ValueError("a bug"), CONTEXT) is None


# -- the SDK -------------------------------------------------------------------------------------------------
def response(status: int, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return SimpleNamespace(status_code=status, headers=named, reason="reason", body=lambda: b"")


def answered(kind: type[Any], status: int, **headers: str) -> Exception:
    error: Exception = kind(message="words\nRequestId:1", response=response(status, **headers))
    return error


@pytest.mark.parametrize(
    ("exc", "kind"),
    [
        (core.ServiceRequestError("no route"), e.ServiceUnavailableError),
        (core.ServiceRequestTimeoutError("slow"), e.TimeoutError_),
        (core.ServiceResponseError("broken"), e.ServiceUnavailableError),
        (core.ServiceResponseTimeoutError("slow"), e.TimeoutError_),
        (core.IncompleteReadError("cut"), e.IntegrityError),
        (core.ClientAuthenticationError("no login"), e.AuthenticationError),
        (CredentialUnavailableError("no identity"), e.AuthenticationError),
        (AuthenticationRequiredError(scopes=["s"]), e.AuthenticationError),
        (core.AzureError("else"), e.UnknownServiceError),
        (answered(core.ResourceNotFoundError, 404, x_ms_error_code="BlobNotFound"), e.NotFoundError),
        (answered(core.HttpResponseError, 412, x_ms_error_code="LeaseIdMissing"), e.ConflictError),
        (
            answered(core.ClientAuthenticationError, 403, x_ms_error_code="AuthorizationFailure"),
            e.PermissionDeniedError,
        ),
        (answered(core.ClientAuthenticationError, 400), e.AuthenticationError),
        (answered(core.HttpResponseError, 503), e.ServiceUnavailableError),
    ],
)
def test_sdk_s_exceptions_by_code_or_class(exc: Exception, kind: type[CloudError]) -> None:
    assert type(ours(exc)) is kind


def test_sdk_s_request_that_was_never_sent_is_told_from_a_lost_answer() -> None:
    assert ours(core.ServiceRequestError("x")).request_sent is False
    assert ours(core.ServiceResponseError("x")).request_sent is True


def test_signature_in_the_sdk_s_text_is_hidden() -> None:
    text = "Max retries exceeded with url: /box/k?sv=2025-01-05&sig=c2VjcmV0c2VjcmV0&comp=list"
    assert "c2VjcmV0c2VjcmV0" not in ours(core.ServiceRequestError(text)).message
