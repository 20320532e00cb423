"""Every error of the service, the login, the wire and the SDK has a class of ours; never by text."""

from __future__ import annotations

import inspect
import time
from email.utils import formatdate
from typing import TYPE_CHECKING

import openstack.exceptions as sdk
import pytest
from keystoneauth1 import exceptions as ks

from cloud._dialects.swift import _errors
from cloud._dialects.swift._errors import LoginError, SwiftServiceError, plain_text, translate
from cloud._wire import _errors as wire
from cloud.common import errors as e
from cloud.common.errors import CloudError, ErrorContext

if TYPE_CHECKING:
    from types import ModuleType

CONTEXT = ErrorContext("infomaniak", "swift", "op", "c/k")


def classes(module: ModuleType, package: str) -> list[type[Exception]]:
    """Return the exception classes of an SDK that a module offers."""
    found = {
        kind
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Exception)
        and not issubclass(kind, Warning)
        and kind.__module__.partition(".")[0] == package
    }
    return sorted(found, key=lambda kind: kind.__name__)


# The roots, which are never raised themselves.
KEYSTONEAUTH = [kind for kind in classes(ks, "keystoneauth1") if kind is not ks.ClientException]
OPENSTACK = [kind for kind in classes(sdk, "openstack") if kind is not sdk.SDKException]


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
@pytest.mark.parametrize("kind", KEYSTONEAUTH, ids=lambda kind: kind.__name__)
def test_every_class_of_keystoneauth_has_a_line_of_its_own_or_of_its_family(kind: type[Exception]) -> None:
    if issubclass(kind, ks.HttpError):
        assert type(ours(kind("words"))) is not e.UnknownServiceError
        return
    known = [n for _, names in _errors._KEYSTONEAUTH for n in names if issubclass(kind, getattr(ks, n, ()))]
    assert known, f"add {kind.__name__} to _KEYSTONEAUTH"
    assert type(ours(bare(kind))) not in {CloudError, e.UnknownServiceError}


@pytest.mark.parametrize("kind", OPENSTACK, ids=lambda kind: kind.__name__)
def test_every_class_of_openstacksdk_has_a_line_of_its_own_or_of_its_family(kind: type[Exception]) -> None:
    if issubclass(kind, sdk.HttpException):
        assert type(ours(kind("words"))) is not e.UnknownServiceError
        return
    known = [n for _, names in _errors._OPENSTACK for n in names if issubclass(kind, getattr(sdk, n, ()))]
    assert known, f"add {kind.__name__} to _OPENSTACK"
    assert type(ours(bare(kind))) not in {CloudError, e.UnknownServiceError}


@pytest.mark.parametrize(("table", "module"), [(_errors._KEYSTONEAUTH, ks), (_errors._OPENSTACK, sdk)])
def test_the_tables_name_only_what_is_there_and_hide_nothing(
    table: tuple[tuple[type, tuple[str, ...]], ...], module: ModuleType
) -> None:
    seen: list[tuple[type, type]] = []
    names = [name for _, group in table for name in group]
    assert len(names) == len(set(names))
    for mapped, group in table:
        for name in group:
            kind = getattr(module, name)
            hiding = [other for other, before in seen if issubclass(kind, other) and before is not mapped]
            assert not hiding, f"{name} is never reached behind {hiding}"
            seen.append((kind, mapped))


# -- answers -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (301, e.ConfigurationError, False), (304, e.NotModifiedError, False), (307, e.ConfigurationError, False),
        (400, e.InvalidRequestError, False), (401, e.AuthenticationError, False), (403, e.PermissionDeniedError, False),
        (404, e.NotFoundError, False), (405, e.UnsupportedOperationError, False), (408, e.TimeoutError_, True),
        (409, e.ConflictError, False), (410, e.NotFoundError, False), (411, e.InvalidRequestError, False),
        (412, e.PreconditionFailedError, False), (413, e.QuotaExceededError, False),
        (416, e.InvalidRequestError, False), (422, e.IntegrityError, True), (429, e.RateLimitedError, True),
        (498, e.RateLimitedError, True), (500, e.ServiceUnavailableError, True),
        (501, e.UnsupportedOperationError, False), (503, e.ServiceUnavailableError, True),
        (507, e.QuotaExceededError, False), (418, e.UnknownServiceError, False),
    ],
)  # fmt: skip  # a table
def test_an_answer_is_read_by_its_status(status: int, kind: type[CloudError], retryable: bool) -> None:
    error = ours(SwiftServiceError(status, "words", {"x-trans-id": "tx1"}))
    assert type(error) is kind
    assert (error.http_status, error.request_id, error.message) == (status, "tx1", "words")
    assert error.retryable is retryable
    assert (error.provider_code or "").startswith(f"{status} ")


def test_the_code_is_the_status_in_swift_s_words() -> None:
    assert ours(SwiftServiceError(404, "", {})).provider_code == "404 Not Found"
    assert ours(SwiftServiceError(498, "", {})).provider_code == "498 Rate Limited"
    assert ours(SwiftServiceError(404, "", {})).message == "404 Not Found"


def test_the_text_of_a_message_decides_nothing() -> None:
    for words in ("404 Not Found", "Forbidden", "Please slow down", "timeout"):
        assert type(ours(SwiftServiceError(400, words, {}))) is e.InvalidRequestError


def test_retry_after_is_read_as_seconds_and_as_a_date() -> None:
    for status in (429, 498, 503):
        assert ours(SwiftServiceError(status, "", {"retry-after": "17"})).retry_after == 17.0
    date = formatdate(time.time() + 1000, usegmt=True)
    assert ours(SwiftServiceError(503, "", {"retry-after": date})).retry_after == pytest.approx(1000, abs=60)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html><h1>Not Found</h1><p>The resource could not be found.</p></html>", "The resource could not be found."),
        (b"<html><p>a &amp; b &lt;c&gt;</p></html>", "a & b <c>"),
        (b"Upload exceeds quota.", "Upload exceeds quota."),
        (b"  two\n lines ", "two lines"), (b"", ""), (b"\xff\xfe", "\ufffd\ufffd"), (b"x" * 9999, "x" * 500),
    ],
)  # fmt: skip  # a table
def test_the_words_of_a_page_are_found(body: bytes, words: str) -> None:
    assert plain_text(body) == words


# -- logins --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, e.AuthenticationError), (403, e.PermissionDeniedError), (404, e.ConfigurationError),
        (300, e.ConfigurationError), (302, e.ConfigurationError), (400, e.ConfigurationError),
        (412, e.ConfigurationError), (429, e.RateLimitedError), (498, e.RateLimitedError),
        (500, e.ServiceUnavailableError), (503, e.ServiceUnavailableError), (408, e.TimeoutError_),
    ],
)  # fmt: skip  # a table
def test_a_login_s_answer_never_says_anything_about_an_object(status: int, kind: type[CloudError]) -> None:
    error = ours(LoginError(status, "words", {}))
    assert type(error) is kind
    assert (error.http_status, error.request_sent) == (status, False)
    through = ours(ks.HttpError("words", http_status=status))
    assert (type(through), through.http_status, through.request_sent) == (kind, status, False)


def test_what_the_wire_raises_is_read_as_everywhere() -> None:
    assert type(ours(wire.ReadTimeoutError("x", request_sent=True))) is e.TimeoutError_
    assert type(ours(wire.TlsError("x"))) is e.ConfigurationError


def test_what_is_not_theirs_passes() -> None:
    for exc in (KeyError("x"), RuntimeError("x"), DeprecationWarning("x")):
        assert translate(exc, CONTEXT) is None
