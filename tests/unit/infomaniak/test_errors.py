"""What the SDKs raise, class by class: every one has an error of ours on purpose."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import keystoneauth1.exceptions as keystoneauth
import openstack.exceptions as openstack
import pytest

from cloud.common.errors import (
    AuthenticationError,
    CloudError,
    ConfigurationError,
    ErrorContext,
    ServiceUnavailableError,
    TimeoutError_,
    UnknownServiceError,
)
from cloud.infomaniak._errors import ResourceFailedError, translate

if TYPE_CHECKING:
    from types import ModuleType

# The roots of both hierarchies say nothing of what happened, and nothing but they may be unknown.
ROOTS = {keystoneauth.ClientException, openstack.SDKException}


def classes(module: ModuleType) -> list[type[Exception]]:
    package = module.__name__.partition(".")[0]
    return sorted(
        {
            found
            for _, found in inspect.getmembers(module, inspect.isclass)
            if issubclass(found, Exception)
            and not issubclass(found, Warning)
            and found.__module__.partition(".")[0] == package
        },
        key=lambda each: each.__name__,
    )


def bare(kind: type[Exception]) -> Exception:
    """Return one as it is raised when nothing is known of it; their constructors differ."""
    if issubclass(kind, openstack.HttpException):
        return kind("planted")
    made: Any = kind.__new__(kind)
    Exception.__init__(made, "planted")
    for name in ("response", "http_status", "status_code", "message", "details", "request_id"):
        if not hasattr(made, name):
            setattr(made, name, None)
    return made


def context() -> ErrorContext:
    return ErrorContext(provider="infomaniak", service="nova", operation="x")


@pytest.mark.parametrize(
    "kind",
    [*classes(keystoneauth), *classes(openstack)],
    ids=lambda kind: f"{kind.__module__}.{kind.__name__}",
)
def test_every_class_of_the_sdks_has_an_error_on_purpose(kind: type[Exception]) -> None:
    is_answer = issubclass(kind, (keystoneauth.HttpError, openstack.HttpException))
    error = translate(bare(kind), context())
    assert isinstance(error, CloudError)
    if kind not in ROOTS and not is_answer:
        assert type(error) is not UnknownServiceError


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (keystoneauth.SSLError("x"), ConfigurationError),
        (keystoneauth.ConnectTimeout("x"), TimeoutError_),
        (keystoneauth.ConnectFailure("x"), ServiceUnavailableError),
        (keystoneauth.EndpointNotFound("x"), ConfigurationError),
        (keystoneauth.Unauthorized("x"), AuthenticationError),
        (openstack.ResourceTimeout("x"), TimeoutError_),
        (openstack.ResourceFailure("x"), ResourceFailedError),
        (openstack.ConfigException("x"), ConfigurationError),
    ],
    ids=lambda value: type(value).__name__,
)
def test_classes(raised: Exception, kind: type[CloudError]) -> None:
    assert type(translate(raised, context())) is kind


def test_what_is_no_failure_of_the_sdks_is_left_alone() -> None:
    assert translate(ValueError("mine"), context()) is None
    assert translate(DeprecationWarning("mine"), context()) is None
