"""The hooks of a provider of functions, and the checks that every operation shares."""

from __future__ import annotations

import json
import time
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, TypeVar

from cloud.common._base_resource import BaseClient
from cloud.common._cancel import pause
from cloud.common._serverless_types import FunctionOptions, FunctionSettings, hidden
from cloud.common.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cloud.common._observe import Observer
    from cloud.common._packaging import CodePackage
    from cloud.common._paging import Page
    from cloud.common._ratelimit import Limiter
    from cloud.common._retry import RetryPolicy
    from cloud.common._serverless_types import (
        Described,
        FunctionLimits,
        InvokeAnswer,
        InvokeRequest,
        LogRequest,
        NewFunction,
    )
    from cloud.common.models import FunctionInfo, LogEvent

T = TypeVar("T")
MAX_KEY_CHARACTERS = 256


class ServerlessCore(BaseClient):
    """The hooks. A hook gets checked arguments, talks to the service and lets its errors escape.

    No hook has a default, calls another hook, or catches.
    """

    def __init__(
        self,
        *,
        retry: RetryPolicy | None = None,
        limits: Limiter | None = None,
        observers: Sequence[Observer] = (),
    ) -> None:
        super().__init__(retry=retry, limits=limits, observers=observers)
        self._sleep: Callable[[float], None] = pause
        self._clock: Callable[[], float] = time.monotonic

    # -- hooks ---------------------------------------------------------------------------------------------
    @property
    @abstractmethod
    def _function_limits(self) -> FunctionLimits:
        """What the provider takes."""

    @abstractmethod
    def _name_problem(self, name: str, *, qualified: bool) -> str | None:
        """Return why there can be no function of this name; `qualified`: a version or alias may follow it."""

    @abstractmethod
    def _settings_problem(self, settings: FunctionSettings) -> str | None:
        """Return why the provider cannot hold these settings; None when it can."""

    @abstractmethod
    def _list_functions_page(self, token: str | None, page_size: int) -> Page[FunctionInfo]:
        """Return one page of functions."""

    @abstractmethod
    def _describe(self, name: str) -> Described:
        """Return the function as it is."""

    @abstractmethod
    def _place_code(self, name: str, package: CodePackage) -> Any:
        """Return what `_create` and `_update_code` name the package by; upload it first where that is needed."""

    @abstractmethod
    def _create(self, function: NewFunction) -> FunctionInfo:
        """Make the function; AlreadyExistsError when there is one of that name."""

    @abstractmethod
    def _update_code(self, function: NewFunction) -> FunctionInfo:
        """Replace the function's package by the one of `function`."""

    @abstractmethod
    def _update_settings(self, name: str, settings: FunctionSettings, now: Described) -> FunctionInfo:
        """Replace those settings that are not None; `now` is how the function is."""

    @abstractmethod
    def _delete(self, name: str) -> None:
        """Delete the function; NotFoundError when there is none."""

    @abstractmethod
    def _invoke(self, request: InvokeRequest) -> InvokeAnswer:
        """Run the function once and wait for it."""

    @abstractmethod
    def _invoke_async(self, request: InvokeRequest) -> str:
        """Let the function run once, soon; return the id of the invocation."""

    @abstractmethod
    def _log_page(self, request: LogRequest) -> Page[LogEvent]:
        """Return one page of what the function wrote, oldest first."""

    # -- shared checks -------------------------------------------------------------------------------------
    def _run(self, operation: str, resource: str, call: Callable[[], T], *, idempotent: bool = True) -> T:
        return self._runtime.run(operation, resource, call, idempotent=idempotent)

    def _check_name(self, name: str, *, qualified: bool = False) -> None:
        if not isinstance(name, str) or not name:
            raise InvalidRequestError(f"the function must be a name, not {name!r}")
        problem = self._name_problem(name, qualified=qualified)
        if problem is not None:
            raise InvalidRequestError(f"the function name {name!r} is not possible here: {problem}")

    def _checked_settings(
        self,
        *,
        runtime: str | None = None,
        handler: str | None = None,
        environment: Mapping[str, str] | None = None,
        memory_bytes: int | None = None,
        timeout_seconds: float | None = None,
        description: str | None = None,
        options: FunctionOptions | None = None,
    ) -> FunctionSettings:
        limits = self._function_limits
        for name, value in (("runtime", runtime), ("handler", handler)):
            if value is not None and (not isinstance(value, str) or not value.strip()):
                raise InvalidRequestError(f"{name} must be a text, not {value!r}")
        _check_between("memory_bytes", memory_bytes, limits.memory_bytes)
        _check_between("timeout_seconds", timeout_seconds, limits.timeout_seconds)
        _check_environment(environment, limits.max_environment_bytes)
        settings = FunctionSettings(
            runtime=runtime,
            handler=handler,
            environment=hidden(environment),
            memory_bytes=memory_bytes,
            timeout_seconds=timeout_seconds,
            description=description,
            options=options,
        )
        problem = self._settings_problem(settings)
        if problem is not None:
            raise InvalidRequestError(f"these settings are not possible here: {problem}")
        return settings

    def _checked_event(self, payload: object, limit: int) -> bytes:
        event = event_bytes(payload)
        if len(event) > limit:
            raise InvalidRequestError(
                f"the payload has {len(event)} bytes; at most {limit} are possible here"
            )
        return event


def _check_between(name: str, value: float | None, bounds: tuple[float, float]) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not bounds[0] <= value <= bounds[1]:
        raise InvalidRequestError(f"{name} must be {bounds[0]} to {bounds[1]}, not {value}")


def _check_environment(environment: Mapping[str, str] | None, limit: int) -> None:
    """Refuse variables that no process can have; values stand in no message: they may be secrets."""
    if environment is None:
        return
    for name in environment:
        letters = name.replace("_", "a") if isinstance(name, str) else ""
        if not (letters.isascii() and letters.isalnum() and letters[0].isalpha()) or name.startswith("_"):
            raise InvalidRequestError(
                f"the environment variable {name!r} is not possible: a letter, then letters, digits and _"
            )
        if not _is_value(environment[name]):
            raise InvalidRequestError(
                f"the value of the environment variable {name} must be text without NUL"
            )
    size = sum(len(f"{name}{value}".encode("utf-8", "surrogatepass")) for name, value in environment.items())
    if size > limit:
        raise InvalidRequestError(f"the environment has {size} bytes; at most {limit} are possible here")


def _is_value(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value


def event_bytes(payload: object) -> bytes:
    """Return `payload` as JSON.

    Raises:
        InvalidRequestError: JSON cannot hold it unchanged.
    """
    try:
        _check_names(payload)
        return json.dumps(payload, allow_nan=False, separators=(",", ":")).encode("ascii")
    except (TypeError, ValueError, RecursionError) as exc:
        raise InvalidRequestError(
            f"the payload is no JSON: {exc}", hint="only dict, list, str, int, float, bool and None are"
        ) from exc


def _check_names(value: Any) -> None:
    """Refuse names that are no text: JSON would turn 1 into "1" and tell nobody."""
    if isinstance(value, dict):
        for name, item in value.items():
            if not isinstance(name, str):
                raise TypeError(f"the name {name!r} is no text")
            _check_names(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check_names(item)


def check_idempotency_key(key: str | None) -> None:
    """Refuse a key that cannot travel beside an event."""
    if key is not None and not (0 < len(key) <= MAX_KEY_CHARACTERS and key.isascii() and key.isprintable()):
        raise InvalidRequestError(
            f"idempotency_key must be 1 to {MAX_KEY_CHARACTERS} printable ASCII characters, not {key!r}"
        )
