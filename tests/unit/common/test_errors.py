"""Errors as data: the tree, what each carries, and that all of it survives JSON and pickle."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.common import errors
from cloud.common.errors import Attempt, CloudError, ErrorContext

KINDS: list[type[CloudError]] = sorted(
    (kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, CloudError)),
    key=lambda kind: kind.__name__,
)
CANARY = "canary-secret-of-the-native-error"


def full(kind: type[CloudError]) -> CloudError:
    error = kind(
        "the service's words",
        hint="what to do",
        context=ErrorContext("aws", "s3", "upload_file", "bucket/key"),
        http_status=503,
        provider_code="SlowDown",
        request_id="REQ1",
        retryable=False,
        retry_after=2.5,
        request_sent=False,
        native=RuntimeError(CANARY),
    )
    error.attempts = (Attempt(503, "ServiceUnavailableError", 0.25, 1.5), Attempt(None, "TimeoutError_", 1.0))
    error.resume_token = "token of page 7"
    return error


def test_the_tree_is_the_one_that_the_module_draws() -> None:
    drawn = re.findall(r"\+-- (\w+)", errors.__doc__ or "")
    assert sorted(drawn) == sorted(kind.__name__ for kind in KINDS if kind is not CloudError)
    nested = re.findall(r"^ \|    \+-- (\w+)", errors.__doc__ or "", re.MULTILINE)
    assert nested == ["NotModifiedError"]
    assert errors.NotModifiedError.__bases__ == (errors.PreconditionFailedError,)
    for kind in KINDS:
        assert kind in {CloudError, errors.NotModifiedError} or kind.__bases__[0] is CloudError


@pytest.mark.parametrize(
    ("name", "builtin"),
    [
        ("MissingDependencyError", ModuleNotFoundError),
        ("PermissionDeniedError", PermissionError),
        ("NotFoundError", FileNotFoundError),
        ("AlreadyExistsError", FileExistsError),
        ("InvalidRequestError", ValueError),
        ("TimeoutError_", TimeoutError),
        ("ServiceUnavailableError", ConnectionError),
        ("UnsupportedOperationError", NotImplementedError),
    ],
)
def test_python_s_own_class_catches_it_too(name: str, builtin: type[Exception]) -> None:
    kind = getattr(errors, name)
    with pytest.raises(builtin):
        raise kind("words")
    assert kind("words").args == ("words",)


def test_the_other_classes_have_no_builtin_that_would_catch_them_by_accident() -> None:
    with_builtin = {
        kind.__name__ for kind in KINDS if issubclass(kind, (OSError, ValueError, ImportError, RuntimeError))
    }
    assert with_builtin == {
        "MissingDependencyError", "PermissionDeniedError", "NotFoundError", "AlreadyExistsError",
        "InvalidRequestError", "TimeoutError_", "ServiceUnavailableError", "UnsupportedOperationError",
    }  # fmt: skip  # one line reads best


def test_only_what_passes_by_itself_is_retryable_by_default() -> None:
    assert {kind.__name__ for kind in KINDS if kind("x").retryable} == {
        "RateLimitedError", "ServiceUnavailableError", "TimeoutError_",
    }  # fmt: skip  # one line reads best
    assert not errors.RateLimitedError("x", retryable=False).retryable
    assert errors.ConflictError("x", retryable=True).retryable


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_to_dict_is_json_with_every_field(kind: type[CloudError]) -> None:
    own = {"error_type": None, "stack_trace": []} if kind is errors.FunctionError else {}
    assert json.loads(json.dumps(full(kind).to_dict(), allow_nan=False)) == {
        "error": kind.__name__,
        "message": "the service's words",
        "hint": "what to do",
        "provider": "aws",
        "service": "s3",
        "operation": "upload_file",
        "resource": "bucket/key",
        "http_status": 503,
        "provider_code": "SlowDown",
        "request_id": "REQ1",
        "retryable": False,
        "retry_after": 2.5,
        "resume_token": "token of page 7",
        "attempts": [
            {"http_status": 503, "error": "ServiceUnavailableError", "seconds": 0.25, "delay_seconds": 1.5},
            {"http_status": None, "error": "TimeoutError_", "seconds": 1.0, "delay_seconds": 0.0},
        ],
        **own,
    }


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_pickle_keeps_every_field_but_the_native_error(kind: type[CloudError], protocol: int) -> None:
    error = full(kind)
    data = pickle.dumps(error, protocol)
    assert CANARY.encode() not in data
    copied = pickle.loads(data)  # noqa: S301  # our own bytes
    assert type(copied) is kind
    assert {**vars(copied), "native": None} == {**vars(error), "native": None}
    assert copied.native is None
    assert copied.args == error.args
    assert str(copied) == str(error)
    assert copied.to_dict() == error.to_dict()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_copy_is_equal_in_all_that_it_tells(kind: type[CloudError]) -> None:
    for copied in (copy.copy(full(kind)), copy.deepcopy(full(kind))):
        assert copied.to_dict() == full(kind).to_dict()


def test_the_text_says_what_failed_why_and_what_to_do() -> None:
    assert str(full(errors.RateLimitedError)) == (
        "upload_file bucket/key: the service's words [503, SlowDown, 2 attempts, request REQ1] (what to do)"
    )
    assert str(errors.ConfigurationError("no region")) == "no region"
    assert str(errors.NotFoundError("gone", http_status=404)) == "gone [404]"


@given(*[st.text(max_size=20)] * 5)
def test_the_text_is_one_printable_line_whatever_the_service_says(
    message: str, hint: str, resource: str, code: str, request_id: str
) -> None:
    error = errors.NotFoundError(
        message, hint=hint, context=ErrorContext(resource=resource), provider_code=code, request_id=request_id
    )
    assert str(error).isprintable()
    assert error.message == message  # word for word where programs read it


def test_line_breaks_and_escape_sequences_are_shown_not_sent() -> None:
    error = errors.UnknownServiceError(
        "first\r\nsecond\x1b[2Jthird", context=ErrorContext(resource="b/k\ud800")
    )
    assert str(error) == r"b/k\ud800: first\r\nsecond\x1b[2Jthird"
    assert str(errors.NotFoundError("Schlüssel 鍵 fehlt")) == "Schlüssel 鍵 fehlt"


def test_no_field_of_one_error_is_shared_with_another() -> None:
    first: Any = errors.NotFoundError("a")
    second: Any = errors.NotFoundError("b")
    first.attempts += (Attempt(404, "NotFoundError", 0.1),)
    assert second.attempts == ()
