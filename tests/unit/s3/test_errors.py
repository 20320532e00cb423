"""Every error of the service, the wire and botocore has a class of ours, by code and status, never by text."""

from __future__ import annotations

import inspect
import time
from email.utils import formatdate
from typing import Any

import boto3.exceptions
import pytest
from botocore import exceptions as bc

from cloud._dialects.s3 import _errors
from cloud._dialects.s3._errors import S3ServiceError, translate
from cloud._dialects.s3._xml import ErrorDocument, MalformedAnswerError
from cloud._wire import _errors as wire
from cloud.common import errors as e
from cloud.common.errors import CloudError, ErrorContext

CONTEXT = ErrorContext("aws", "s3", "op", "b/k")
# The root, which is never raised itself, and answers, which are mapped by their code.
NOT_MAPPED_BY_CLASS = {"BotoCoreError", "ClientError", "EventStreamError"}
BOTOCORE = [
    kind
    for _, kind in sorted(inspect.getmembers(bc, inspect.isclass))
    if kind.__module__ == bc.__name__
    and issubclass(kind, Exception)
    and not issubclass(kind, Warning)
    and kind.__name__ not in NOT_MAPPED_BY_CLASS
]


def service_error(
    status: int, code: str | None = None, message: str = "words", **options: Any
) -> S3ServiceError:
    headers = options.pop("headers", {})
    document = ErrorDocument(code, message, "DOC1", {}) if code is not None else None
    return S3ServiceError(status, document, headers, **options)


def ours(exc: Exception) -> CloudError:
    error = translate(exc, CONTEXT)
    assert error is not None
    return error


def bare(kind: type[Exception]) -> Exception:
    """Return an instance without running the constructor, whose arguments differ from class to class."""
    exc = kind.__new__(kind)
    exc.args = ("words",)
    return exc


# -- completeness --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", BOTOCORE, ids=lambda kind: kind.__name__)
def test_every_class_of_botocore_has_a_line_of_its_own_or_of_its_family(kind: type[Exception]) -> None:
    known = [
        name for _, names in _errors._BOTOCORE for name in names if issubclass(kind, getattr(bc, name, ()))
    ]
    assert known, f"add {kind.__name__} to _BOTOCORE"
    error = translate(bare(kind), CONTEXT)
    assert type(error) not in {CloudError} | (
        {e.UnknownServiceError} if kind is not bc.PaginationError else set()
    )


def test_the_table_names_no_class_that_botocore_does_not_have() -> None:
    names = [name for _, group in _errors._BOTOCORE for name in group]
    assert [name for name in names if not hasattr(bc, name)] == []
    assert len(names) == len(set(names))


def test_no_line_of_the_table_hides_a_more_specific_one_below_it() -> None:
    seen: list[tuple[str, type, object]] = []
    for ours_, names in _errors._BOTOCORE:
        for name in names:
            kind = getattr(bc, name)
            hiding = [
                earlier for earlier, other, mapped in seen if issubclass(kind, other) and mapped is not ours_
            ]
            assert not hiding, f"{name} is never reached behind {hiding}"
            seen.append((name, kind, ours_))


# -- the wire ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("exc", "kind", "retryable", "sent"),
    [
        (wire.ConnectError("x", host="h"), e.ServiceUnavailableError, True, False),
        (wire.ConnectTimeoutError("x"), e.TimeoutError_, True, False),
        (wire.ReadTimeoutError("x", request_sent=True), e.TimeoutError_, True, True),
        (wire.WriteTimeoutError("x", request_sent=True), e.TimeoutError_, True, True),
        (wire.ConnectionBrokenError("x", request_sent=True), e.ServiceUnavailableError, True, True),
        (
            wire.BodyTruncatedError("x", host="h", received=1, expected=2),
            e.ServiceUnavailableError,
            True,
            True,
        ),
        (wire.ProtocolError("x", request_sent=True), e.ServiceUnavailableError, True, True),
        (wire.ResponseTooLargeError("x", request_sent=True), e.ServiceUnavailableError, False, True),
        (wire.ProxyError("x", status=407), e.ServiceUnavailableError, False, False),
        (wire.TlsError("x"), e.ConfigurationError, False, False),
        (wire.InvalidHeaderError("x"), e.InvalidRequestError, False, False),
        (wire.RequestBodyError("x", request_sent=True), e.InvalidRequestError, False, True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_the_wire_raises(exc: Exception, kind: type, retryable: bool, sent: bool) -> None:  # parameters
    error = ours(exc)
    assert type(error) is kind
    assert (error.retryable, error.request_sent) == (retryable, sent)
    assert error.http_status is None


def test_an_idle_connection_that_was_closed_is_replaced_at_once() -> None:
    stale = wire.ConnectionBrokenError("x", request_sent=True, reused=True)
    assert ours(stale).retry_after == 0.0
    begun = wire.ConnectionBrokenError("x", request_sent=True, reused=True, response_started=True)
    assert ours(begun).retry_after is None


def test_an_answer_that_is_no_s3_is_an_error_with_a_hint() -> None:
    error = ours(MalformedAnswerError("no XML"))
    assert type(error) is e.ServiceUnavailableError
    assert "endpoint" in (error.hint or "")


# -- the service ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, e.ConfigurationError), (302, e.ConfigurationError), (304, e.NotModifiedError), (307, e.ConfigurationError),
        (400, e.InvalidRequestError), (401, e.AuthenticationError), (403, e.PermissionDeniedError),
        (404, e.NotFoundError), (405, e.UnsupportedOperationError), (408, e.TimeoutError_), (409, e.ConflictError),
        (410, e.NotFoundError), (411, e.InvalidRequestError), (412, e.PreconditionFailedError),
        (413, e.InvalidRequestError), (416, e.InvalidRequestError), (418, e.UnknownServiceError),
        (422, e.InvalidRequestError), (429, e.RateLimitedError), (500, e.ServiceUnavailableError),
        (501, e.UnsupportedOperationError), (502, e.ServiceUnavailableError), (503, e.ServiceUnavailableError),
        (504, e.ServiceUnavailableError), (507, e.QuotaExceededError), (599, e.ServiceUnavailableError),
    ],
)  # fmt: skip  # a table
def test_an_answer_without_a_document_is_read_by_its_status(status: int, kind: type[CloudError]) -> None:
    error = ours(service_error(status, headers={"x-amz-request-id": "HEAD1"}))
    assert type(error) is kind
    assert (error.http_status, error.provider_code, error.request_id) == (status, None, "HEAD1")
    assert error.message


@pytest.mark.parametrize(("code", "kind"), _errors._BY_CODE.items(), ids=str)
@pytest.mark.parametrize("status", [200, 400, 403, 500, 503])
def test_the_code_wins_over_the_status(code: str, kind: type[CloudError], status: int) -> None:
    error = ours(service_error(status, code))
    assert type(error) is kind
    assert (error.provider_code, error.message, error.request_id) == (code, "words", "DOC1")


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [(404, "NoSuchThingOfTomorrow", e.NotFoundError), (503, "New", e.ServiceUnavailableError), (418, "Tea", e.UnknownServiceError)],
)  # fmt: skip  # a table
def test_a_code_of_tomorrow_is_read_by_its_status(status: int, code: str, kind: type[CloudError]) -> None:
    error = ours(service_error(status, code))
    assert type(error) is kind
    assert error.provider_code == code


def test_the_text_of_a_message_decides_nothing() -> None:
    for words in ("404 Not Found", "AccessDenied", "Please reduce your request rate", "timeout"):
        assert type(ours(service_error(400, "InvalidArgument", words))) is e.InvalidRequestError


@pytest.mark.parametrize("code", ["SlowDown", "ServiceUnavailable", None])
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_read_as_seconds_and_as_a_date(status: int, code: str | None) -> None:
    error = ours(service_error(status, code, headers={"retry-after": "17"}))
    assert (error.retryable, error.retry_after) == (True, 17.0)
    dated = ours(
        service_error(status, code, headers={"retry-after": formatdate(time.time() + 1000, usegmt=True)})
    )
    assert dated.retry_after == pytest.approx(1000, abs=60)


def test_conditions_say_what_they_mean_for_the_call() -> None:
    assert type(ours(service_error(412, "PreconditionFailed"))) is e.PreconditionFailedError
    assert type(ours(service_error(412, "PreconditionFailed", create_only=True))) is e.AlreadyExistsError
    assert type(ours(service_error(412, create_only=True))) is e.AlreadyExistsError
    assert type(ours(service_error(404, "NoSuchKey", replace_only=True))) is e.PreconditionFailedError
    assert type(ours(service_error(404, "NoSuchBucket", replace_only=True))) is e.NotFoundError


def test_a_conflict_of_racing_writers_may_be_repeated_because_nothing_was_done() -> None:
    for code in ("ConditionalRequestConflict", "OperationAborted"):
        error = ours(service_error(409, code))
        assert (type(error), error.retryable, error.request_sent) == (e.ConflictError, True, False)
    assert not ours(service_error(409, "BucketNotEmpty")).retryable


@pytest.mark.parametrize("code", ["BadDigest", "XAmzContentSHA256Mismatch"])
def test_bytes_that_arrived_wrong_are_sent_again(code: str) -> None:
    error = ours(service_error(400, code))
    assert (type(error), error.retryable) == (e.IntegrityError, True)


# -- botocore ------------------------------------------------------------------------------------------------
def client_error(status: int, code: str, **headers: str) -> bc.ClientError:
    answer = {
        "Error": {"Code": code, "Message": "words"},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "R", "HTTPHeaders": headers},
    }
    return bc.ClientError(answer, "GetObjectTagging")  # type: ignore[arg-type]  # as much of an answer as is read


def test_an_answer_through_botocore_is_read_as_one_through_the_wire() -> None:
    for status, code in ((404, "NoSuchKey"), (503, "SlowDown"), (403, "Unheard"), (400, "ExpiredToken")):
        through, direct = ours(client_error(status, code)), ours(service_error(status, code))
        assert type(through) is type(direct)
        assert (through.http_status, through.provider_code, through.message, through.retryable, through.hint) == (
            direct.http_status, direct.provider_code, direct.message, direct.retryable, direct.hint,
        )  # fmt: skip  # one line reads best
        assert through.request_id == "R"
    assert ours(client_error(503, "SlowDown", **{"retry-after": "4"})).retry_after == 4.0


@pytest.mark.parametrize(
    ("exc", "kind", "retryable"),
    [
        (bc.NoCredentialsError(), e.AuthenticationError, False),
        (bc.PartialCredentialsError(provider="env", cred_var="x"), e.ConfigurationError, False),
        (bc.ProfileNotFound(profile="nope"), e.ConfigurationError, False),
        (bc.NoRegionError(), e.ConfigurationError, False),
        (bc.EndpointConnectionError(endpoint_url="http://x"), e.ServiceUnavailableError, True),
        (bc.ConnectTimeoutError(endpoint_url="http://x"), e.TimeoutError_, True),
        (bc.ReadTimeoutError(endpoint_url="http://x"), e.TimeoutError_, True),
        (bc.SSLError(endpoint_url="http://x", error="e"), e.ConfigurationError, False),
        (bc.ParamValidationError(report="r"), e.InvalidRequestError, False),
        (bc.SSOTokenLoadError(error_msg="m"), e.AuthenticationError, False),
        (bc.MissingDependencyException(msg="m"), e.MissingDependencyError, False),
        (bc.FlexibleChecksumError(error_msg="m"), e.IntegrityError, False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_botocore_raises(exc: Exception, kind: type, retryable: bool) -> None:  # parameters
    error = ours(exc)
    assert type(error) is kind
    assert error.retryable is retryable


@pytest.mark.parametrize(
    "exc",
    [
        ValueError("ours"), KeyError("k"), OSError("disk"), RuntimeError("r"),
        bc.StubAssertionError(operation_name="o", reason="r"), bc.UndefinedModelAttributeError("m"),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip  # a list
def test_a_bug_is_nobody_s_and_passes(exc: Exception) -> None:
    assert translate(exc, CONTEXT) is None


def test_boto3_s_own_errors_are_known() -> None:
    assert isinstance(ours(boto3.exceptions.S3UploadFailedError("x")), CloudError)
