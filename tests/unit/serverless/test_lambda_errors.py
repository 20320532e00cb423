"""Every error of Lambda and CloudWatch Logs has a class of ours, by code, then status, never by text."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError, IncompleteReadError

from cloud.aws import LambdaClient
from cloud.aws._errors import COMMON
from cloud.aws._lambda_errors import CREATING, TABLE
from cloud.common import errors as e

CONTEXT = e.ErrorContext("aws", "lambda", "op", "f")
_SESSION = botocore.session.Session()
CODES = {
    shape.error_code: shape.metadata["error"].get("httpStatusCode") if "error" in shape.metadata else None
    for service in ("lambda", "logs")
    for shape in _SESSION.get_service_model(service).error_shapes
}
LAMBDA = _SESSION.get_service_model("lambda")


def ours(code: str, status: int = 400, operation: str = "Invoke", message: str = "words") -> e.CloudError:
    client = LambdaClient(region="us-east-1")
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "R", "HTTPHeaders": {}},
    }
    found = client._translate(ClientError(response, operation), CONTEXT)
    assert found is not None
    return found


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_error_of_the_service_models_has_a_class(code: str) -> None:
    assert code in TABLE.by_code or code in COMMON, f"{code} is mapped nowhere"
    assert type(ours(code)) is not e.UnknownServiceError


def test_models_are_the_ones_that_are_walked() -> None:
    assert len(CODES) > 60
    assert "ResourceNotFoundException" in CODES


@pytest.mark.parametrize("code", sorted(TABLE.by_code))
def test_message_decides_nothing(code: str) -> None:
    for message in ("", "Function not found", "Rate exceeded", "already exists"):
        assert type(ours(code, message=message)) is type(ours(code))


def test_table_has_no_code_that_the_services_do_not_know() -> None:
    assert set(TABLE.by_code) <= set(CODES)
    assert TABLE.refused <= set(TABLE.by_code)
    assert TABLE.retryable <= set(TABLE.by_code)
    assert set(TABLE.hints) <= set(TABLE.by_code)
    assert set(LAMBDA.operation_names) >= CREATING


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("ResourceNotFoundException", 404, e.NotFoundError),
        ("ResourceConflictException", 409, e.ConflictError),
        ("TooManyRequestsException", 429, e.RateLimitedError),
        ("ServiceException", 500, e.ServiceUnavailableError),
        ("InvalidParameterValueException", 400, e.InvalidRequestError),
        ("ExpiredTokenException", 403, e.AuthenticationError),
        ("AccessDeniedException", 403, e.PermissionDeniedError),
        ("InvalidZipFileException", 502, e.InvalidRequestError),
        ("NeverHeardOf", 404, e.NotFoundError),
        ("NeverHeardOf", 503, e.ServiceUnavailableError),
        ("NeverHeardOf", 418, e.UnknownServiceError),
    ],
)
def test_code_then_status(code: str, status: int, kind: type[e.CloudError]) -> None:
    error = ours(code, status)
    assert type(error) is kind
    assert (error.http_status, error.provider_code, error.request_id) == (status, code, "R")


@pytest.mark.parametrize("operation", sorted(CREATING))
def test_conflict_of_a_creation_is_a_name_that_is_taken(operation: str) -> None:
    error = ours("ResourceConflictException", 409, operation)
    assert type(error) is e.AlreadyExistsError
    assert (error.http_status, error.provider_code, error.request_id) == (
        409,
        "ResourceConflictException",
        "R",
    )


def test_answer_that_was_cut_is_a_lost_answer() -> None:
    found = LambdaClient(region="r")._translate(
        IncompleteReadError(actual_bytes=1, expected_bytes=2), CONTEXT
    )
    assert type(found) is e.ServiceUnavailableError
    assert found.retryable


def test_bug_passes_unchanged() -> None:
    assert LambdaClient(region="r")._translate(KeyError("x"), CONTEXT) is None
