"""What the template of functions hands to a provider's hooks, and what it gets back.

Everything here is checked before a hook sees it. New fields never break a provider.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from cloud.common._redact import HiddenValues

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from cloud.common._packaging import CodePackage
    from cloud.common.models import FunctionInfo


@dataclass(frozen=True, kw_only=True)
class FunctionLimits:
    """What one provider takes.

    Attributes:
        max_event_bytes: longest event of an invocation that is waited for, as JSON.
        max_async_event_bytes: likewise, of one that is not waited for.
        max_package_bytes: largest package.
        package_hint: what to do about a larger one.
        max_unpacked_bytes: largest sum of the files in a package.
        max_environment_bytes: longest names and values of the environment together.
        memory_bytes: least and most memory.
        timeout_seconds: least and most time of an invocation.
    """

    max_event_bytes: int
    max_async_event_bytes: int
    max_package_bytes: int
    max_unpacked_bytes: int
    max_environment_bytes: int
    memory_bytes: tuple[int, int]
    timeout_seconds: tuple[float, float]
    package_hint: str | None = None


@dataclass(frozen=True, kw_only=True)
class FunctionOptions:
    """Base of what only one provider can be told about a function, such as `LambdaOptions`."""

    def differ_from(self, present: FunctionOptions | None) -> bool:
        """Return whether something is said here (not None) that is not so in `present`."""
        return any(
            (wanted := getattr(self, each.name)) is not None and wanted != getattr(present, each.name, None)
            for each in fields(self)
        )


@dataclass(frozen=True, kw_only=True)
class FunctionSettings:
    """A function's settings; None leaves what is there, or the provider's default.

    Attributes:
        runtime: the language runtime, in the service's words.
        handler: the entry point.
        environment: all environment variables.
        memory_bytes: memory limit.
        timeout_seconds: time limit of one invocation.
        description: what people read about it.
        options: what only this provider can be told.
    """

    runtime: str | None = None
    handler: str | None = None
    environment: HiddenValues | None = None
    memory_bytes: int | None = None
    timeout_seconds: float | None = None
    description: str | None = None
    options: FunctionOptions | None = None


@dataclass(frozen=True, kw_only=True)
class Described:
    """A function as it is.

    Attributes:
        info: what everybody may see.
        environment: its variables.
        options: what only this provider knows of it.
        log_source: where its log is, in the provider's words.
    """

    info: FunctionInfo
    environment: HiddenValues = field(default_factory=HiddenValues)
    options: FunctionOptions | None = None
    log_source: str = ""


@dataclass(frozen=True, kw_only=True)
class NewFunction:
    """A function that shall be made, or get new code.

    Attributes:
        code: what `_place_code` returned for the package.
    """

    name: str
    settings: FunctionSettings
    package: CodePackage
    code: Any = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class InvokeRequest:
    """One invocation.

    Attributes:
        function_name: the function, with what the provider allows behind its name.
        event: the event as JSON.
        idempotency_key: by which the function knows an invocation that it has seen.
    """

    function_name: str
    event: bytes = field(repr=False)
    idempotency_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class InvokeAnswer:
    """What came back.

    Attributes:
        payload: what the function returned, as JSON; or its error, as an object.
        failed: whether the function failed.
        version, request_id, logs: see `InvokeResult`.
    """

    payload: bytes = field(repr=False)
    failed: bool = False
    version: str | None = None
    request_id: str | None = None
    logs: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class LogRequest:
    """A page of a function's log.

    Attributes:
        function_name: the function.
        source: its `Described.log_source`.
        since: only entries from this moment on.
        token: where to go on; None for the start.
    """

    function_name: str
    source: str
    since: datetime | None
    token: str | None


def hidden(values: Mapping[str, str] | None) -> HiddenValues | None:
    """Return `values` as a mapping whose repr shows the names only."""
    return None if values is None else HiddenValues(values)


def settings_differ(settings: FunctionSettings, now: Described) -> bool:
    """Return whether a setting is given that the function does not have."""
    if settings.options is not None and settings.options.differ_from(now.options):
        return True
    return any(wanted != present for wanted, present in _given(settings, now))


def _given(settings: FunctionSettings, now: Described) -> Iterator[tuple[object, object]]:
    for name in ("runtime", "handler", "memory_bytes", "timeout_seconds", "description"):
        if (wanted := getattr(settings, name)) is not None:
            yield wanted, getattr(now.info, name)
    if settings.environment is not None:
        yield dict(settings.environment), dict(now.environment)
