"""What calls about functions return, beside `FunctionInfo`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloud.common.models import EMPTY, Record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cloud.common._records import FunctionInfo


@dataclass(frozen=True, kw_only=True, slots=True)
class InvokeResult(Record):
    """What one finished invocation gave.

    Attributes:
        value: what the function returned, decoded from JSON.
        version: the version that ran; None where the service does not say.
        request_id: the provider's id of the invocation; the function's log names it.
        logs: the last lines that the function wrote, at most 4 KiB; None where the service does not give them.
    """

    value: Any
    version: str | None = None
    request_id: str | None = None
    logs: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class LogEvent(Record):
    """One entry of a function's log.

    Attributes:
        id: what tells it from all others of this function.
        at: when it was written.
        message: the text, without its last line break.
        stream: the provider's name of what wrote it: a log stream, or the invocation's id.
    """

    id: str
    at: datetime
    message: str
    stream: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployment(Record):
    """What `deploy_function` did.

    Attributes:
        function: the function as it is now.
        action: ``created``, ``updated`` or ``unchanged``.
        code_changed: whether a package was sent.
    """

    function: FunctionInfo
    action: str
    code_changed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionAlias(Record):
    """A name for a version of a function.

    Attributes:
        function_name: the function.
        name: the alias; ``function:alias`` invokes it.
        version: where it points.
        weights: share of the invocations, 0 to 1, that go to other versions instead, by version.
        description: what people wrote about it.
        id: the provider's full name of it.
        raw: the SDK's own record.
    """

    function_name: str
    name: str
    version: str
    weights: Mapping[str, float] = field(default=EMPTY, hash=False)
    description: str = ""
    id: str | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionUrl(Record):
    """An HTTPS address at which a function answers.

    Attributes:
        function_name: the function.
        url: the address.
        public: whether everybody may call it; otherwise requests are signed.
        created_at: when it was made; None where the service does not say.
        raw: the SDK's own record.
    """

    function_name: str
    url: str
    public: bool
    created_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerVersion(Record):
    """One version of files that functions share.

    Attributes:
        name: the layer.
        version: its number.
        id: the full name that `LambdaOptions.layers` takes.
        runtimes: runtimes that it is for; empty where it does not say.
        created_at: when it was made.
        raw: the SDK's own record.
    """

    name: str
    version: int
    id: str
    runtimes: tuple[str, ...] = ()
    created_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)
