"""Typed errors: the only exceptions that this library raises on purpose.

CloudError
 +-- ConfigurationError               the settings cannot work; nothing was sent
 +-- MissingDependencyError           an extra is not installed (ModuleNotFoundError)
 +-- AuthenticationError              401: who you are was not accepted
 +-- PermissionDeniedError            403: you may not do this (PermissionError)
 +-- NotFoundError                    404, 410 (FileNotFoundError)
 +-- AlreadyExistsError               it is there and may not be replaced (FileExistsError)
 +-- ConflictError                    409: the present state forbids it
 +-- PreconditionFailedError          412: an ETag or date condition did not hold
 |    +-- NotModifiedError            304: the copy that you have is still the newest
 +-- InvalidRequestError              400, 416, 422, or refused before sending (ValueError)
 +-- QuotaExceededError               the account's limit, not the rate
 +-- RateLimitedError                 429, SlowDown: too fast; retried
 +-- TimeoutError_                    no progress within the time limit (TimeoutError); retried
 +-- ServiceUnavailableError          5xx or no connection (ConnectionError); retried
 +-- IntegrityError                   the bytes are not the ones that were stored or sent
 +-- UnsupportedOperationError        this client cannot; nothing was sent (NotImplementedError)
 +-- OutcomeUnknownError              the answer to a call that must not be repeated was lost
 +-- FunctionError                    a function that you invoked ran, and failed by itself
 +-- CancelledError                   you cancelled it
 +-- UnknownServiceError              the service said something that nobody has mapped yet
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class ErrorContext:
    """Which call failed. Never holds payloads or credentials.

    Attributes:
        provider: value of `CloudProvider`.
        service: the provider's name of the service, such as ``s3``.
        operation: the public method's name, such as ``upload_file``.
        resource: what it was about, such as ``bucket/key``.
    """

    provider: str = ""
    service: str = ""
    operation: str = ""
    resource: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a call.

    Attributes:
        http_status: status of the answer; None when there was none.
        error: class name of the error; None for the successful try.
        seconds: how long the try took.
        delay_seconds: how long the library waited after it, 0 after the last.
    """

    http_status: int | None
    error: str | None
    seconds: float
    delay_seconds: float = 0.0


class CloudError(Exception):
    """Base of every error of this library. An error is data: read its attributes, not its text.

    Attributes:
        message: the service's message, word for word, or ours where nothing was sent.
        hint: what to do about it, where the library knows.
        provider, service, operation, resource: which call failed (see `ErrorContext`).
        http_status: HTTP status, when there was an answer.
        provider_code: the service's own error code, word for word (``NoSuchKey``).
        request_id: the service's id of the request, for support tickets.
        retryable: whether the same call may succeed later, unchanged.
        retry_after: seconds that the service asked to wait, when it did.
        request_sent: whether the service may have acted on the request; False when it was never sent.
        attempts: every try, in order.
        resume_token: for listings, the token of the page that failed: pass it as ``token=`` to go on.
        native: the SDK's or the wire's own exception. Not kept by pickle.
    """

    default_retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        context: ErrorContext | None = None,
        http_status: int | None = None,
        provider_code: str | None = None,
        request_id: str | None = None,
        retryable: bool | None = None,
        retry_after: float | None = None,
        request_sent: bool = True,
        native: BaseException | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.context = context if context is not None else ErrorContext()
        self.http_status = http_status
        self.provider_code = provider_code
        self.request_id = request_id
        self.retryable = self.default_retryable if retryable is None else retryable
        self.retry_after = retry_after
        self.request_sent = request_sent
        self.attempts: tuple[Attempt, ...] = ()
        self.resume_token: str | None = None
        self.native = native

    @property
    def provider(self) -> str:
        """Value of the `CloudProvider`, or an empty string before any call."""
        return self.context.provider

    @property
    def service(self) -> str:
        """The provider's name of the service."""
        return self.context.service

    @property
    def operation(self) -> str:
        """The public method that failed."""
        return self.context.operation

    @property
    def resource(self) -> str:
        """What the call was about."""
        return self.context.resource

    def __str__(self) -> str:
        """Return one line: what failed, what the service said, and what to do."""
        where = " ".join(part for part in (self.operation, self.resource) if part)
        facts = [str(fact) for fact in (self.http_status, self.provider_code) if fact]
        if len(self.attempts) > 1:
            facts.append(f"{len(self.attempts)} attempts")
        if self.request_id:
            facts.append(f"request {self.request_id}")
        text = f"{where}: {self.message}" if where else self.message
        if facts:
            text += f" [{', '.join(facts)}]"
        if self.hint:
            text += f" ({self.hint})"
        if text.isprintable():
            return text
        # A key or the service's message may hold line breaks and escape sequences of terminals.
        return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)

    def to_dict(self) -> dict[str, Any]:
        """Return the error as JSON-ready data, without `native`."""
        return {
            "error": type(self).__name__,
            "message": self.message,
            "hint": self.hint,
            "provider": self.provider,
            "service": self.service,
            "operation": self.operation,
            "resource": self.resource,
            "http_status": self.http_status,
            "provider_code": self.provider_code,
            "request_id": self.request_id,
            "retryable": self.retryable,
            "retry_after": self.retry_after,
            "resume_token": self.resume_token,
            "attempts": [asdict(attempt) for attempt in self.attempts],
        }

    def __reduce__(self) -> tuple[Callable[..., CloudError], tuple[type[CloudError], dict[str, Any]]]:
        """Pickle every field but `native`, which may hold sockets, requests and secrets."""
        state = {name: value for name, value in vars(self).items() if name != "native"}
        return _rebuild, (type(self), state)


def _rebuild(kind: type[CloudError], state: Mapping[str, Any]) -> CloudError:
    error = kind.__new__(kind, state["message"])
    error.args = (state["message"],)
    vars(error).update(state)
    error.native = None
    return error


class ConfigurationError(CloudError):
    """The settings cannot work: missing credentials, an unknown profile, a bad URL."""


class MissingDependencyError(CloudError, ModuleNotFoundError):
    """A package of an optional extra is not installed; the message names the extra."""


class AuthenticationError(CloudError):
    """The service does not accept who you say you are: unknown, wrong or expired credentials."""


class PermissionDeniedError(CloudError, PermissionError):
    """The service knows you and does not allow this."""


class NotFoundError(CloudError, FileNotFoundError):
    """The bucket, object or other thing is not there."""


class AlreadyExistsError(CloudError, FileExistsError):
    """Something of that name is there already and may not be replaced."""


class ConflictError(CloudError):
    """The present state forbids the call, for example deleting a bucket that is not empty."""


class PreconditionFailedError(CloudError):
    """A condition of the call (`if_match`, `if_modified_since`) did not hold; nothing was changed."""


class NotModifiedError(PreconditionFailedError):
    """The object has not changed since the ETag or date that you named."""


class InvalidRequestError(CloudError, ValueError):
    """An argument is wrong; the message says which and what is allowed."""


class QuotaExceededError(CloudError):
    """A limit of the account or project is reached; waiting does not help."""


class RateLimitedError(CloudError):
    """Too many requests; `retry_after` says how long the service wants to be left alone."""

    default_retryable = True


class TimeoutError_(CloudError, TimeoutError):  # noqa: N801, N818  # the agreed name: TimeoutError is Python's own
    """No progress within the client's timeout, or the call's deadline passed."""

    default_retryable = True


class ServiceUnavailableError(CloudError, ConnectionError):
    """The service failed (5xx) or could not be reached."""

    default_retryable = True


class IntegrityError(CloudError):
    """A length or checksum does not fit: the bytes are not the ones that were stored or sent."""


class UnsupportedOperationError(CloudError, NotImplementedError):
    """This client, or this service profile, cannot do that. Nothing was sent."""


class OutcomeUnknownError(CloudError):
    """The answer to a call that must not be repeated was lost: it may or may not have happened."""


class FunctionError(CloudError):
    """A function that you invoked ran and failed: it raised, crashed, ran out of time or of memory.

    The service did its work, so nothing is tried again.

    Attributes:
        error_type: the class of the function's exception, or the runtime's own word (``Sandbox.Timedout``).
        stack_trace: the function's traceback, as its runtime wrote it, outermost frame first.
        logs: the last lines that the function wrote; None where the service does not give them. Not kept in
            `to_dict`.
    """

    def __init__(
        self,
        message: str,
        *,
        error_type: str | None = None,
        stack_trace: tuple[str, ...] = (),
        logs: str | None = None,
        **facts: Any,
    ) -> None:
        super().__init__(message, **facts)
        self.error_type = error_type
        self.stack_trace = stack_trace
        self.logs = logs

    def to_dict(self) -> dict[str, Any]:
        """Return the error as JSON-ready data, without `native` and `logs`."""
        return {**super().to_dict(), "error_type": self.error_type, "stack_trace": list(self.stack_trace)}


class CancelledError(CloudError):
    """You cancelled the transfer; what it had stored so far was removed."""


class UnknownServiceError(CloudError):
    """The service answered with an error that is not mapped to a class; see `provider_code`."""
