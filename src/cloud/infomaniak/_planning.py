"""Calls that change something: validated first, then carried out, or with ``dry_run=True`` only described."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from functools import wraps
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    Generic,
    Literal,
    ParamSpec,
    Protocol,
    TypeVar,
    cast,
    overload,
)

from cloud.common._times import read_utc
from cloud.common.models import EMPTY, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

S = TypeVar("S")
S_contra = TypeVar("S_contra", contravariant=True)
P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan(Record):
    """What a call would do. The service was asked, and nothing was changed.

    Attributes:
        operation: the method.
        resource: what it is about: an id, or the name of what would be made.
        changes: what would be sent, without secrets.
        checks: what was looked at and holds: that things exist, that the quota suffices.
    """

    operation: str
    resource: str
    changes: Mapping[str, Any] = field(default=EMPTY, hash=False)
    checks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step(Generic[R]):
    """A validated change that has not been made.

    Attributes:
        resource: what it is about.
        act: makes the change.
        changes: what it sends, without secrets.
        checks: each asks the service one thing, raises when it does not hold, and returns a sentence. They run
            with ``dry_run=True`` only: without it the service itself refuses, and asking first proves nothing.
    """

    resource: str
    act: Callable[[], R]
    changes: Mapping[str, Any] = field(default_factory=dict)
    checks: tuple[Callable[[], str], ...] = ()


class Change(Protocol[P, R_co]):
    """A method that changes something, bound to its client."""

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...
    @overload
    def __call__(self, *args: Any, dry_run: Literal[True], **kwargs: Any) -> Plan: ...
    @overload
    def __call__(self, *args: Any, dry_run: bool, **kwargs: Any) -> R_co | Plan: ...


class ChangeMethod(Protocol[S_contra, P, R_co]):
    """A method that changes something, in its class."""

    @overload
    def __get__(self, instance: None, owner: type) -> ChangeMethod[S_contra, P, R_co]: ...
    @overload
    def __get__(self, instance: S_contra, owner: type | None = None) -> Change[P, R_co]: ...


def change(method: Callable[Concatenate[S, P], Step[R]]) -> ChangeMethod[S, P, R]:
    """Return a method that makes the change that `method` prepares, or with ``dry_run=True`` returns its `Plan`."""

    @wraps(method)
    def changing(self: Any, *args: Any, dry_run: bool = False, **kwargs: Any) -> Any:
        step = method(self, *args, **kwargs)
        operation = method.__name__

        def run(part: Callable[[], Any]) -> Any:
            # What a part refuses by itself says of which call it was.
            return self._runtime.translated(operation, step.resource, part)

        if not dry_run:
            return run(step.act)
        return Plan(
            operation=operation,
            resource=step.resource,
            changes={name: value for name, value in step.changes.items() if value is not None},
            checks=tuple(run(check) for check in step.checks),
        )

    found = inspect.signature(method)
    flag = inspect.Parameter("dry_run", inspect.Parameter.KEYWORD_ONLY, default=False, annotation="bool")
    result = str(found.return_annotation)
    changing.__signature__ = found.replace(  # type: ignore[attr-defined]  # what inspect reads
        parameters=[*found.parameters.values(), flag],
        return_annotation=f"{result.removeprefix('Step[').removesuffix(']')} | Plan",
    )
    return cast("ChangeMethod[S, P, R]", changing)


def moment(text: str | None) -> datetime | None:
    """Return a time of an OpenStack service, which is in UTC whether it says so or not."""
    return read_utc(text) if text else None
