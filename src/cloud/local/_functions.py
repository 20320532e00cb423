"""Python functions on this machine, with Lambda's handlers, limits and errors."""

from __future__ import annotations

import re
import sys
import threading
import uuid
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timezone
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from cloud.common._base_serverless import BaseServerlessClient
from cloud.common._paging import Page
from cloud.common._redact import HiddenValues
from cloud.common._serverless_types import Described, FunctionLimits
from cloud.common.enums import CloudProvider
from cloud.common.errors import UnsupportedOperationError
from cloud.common.models import FunctionInfo
from cloud.local._errors import translate
from cloud.local._functions_logs import log_page, write_log
from cloud.local._functions_run import MAX_RESULT_BYTES, Output, run_function
from cloud.local._functions_store import FunctionStore, StoredFunction
from cloud.local._layout import checked_root

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from cloud.common._observe import Observer
    from cloud.common._packaging import CodePackage
    from cloud.common._ratelimit import Limiter
    from cloud.common._retry import RetryPolicy
    from cloud.common._serverless_types import (
        FunctionSettings,
        InvokeAnswer,
        InvokeRequest,
        LogRequest,
        NewFunction,
    )
    from cloud.common.enums import Capability
    from cloud.common.errors import CloudError, ErrorContext
    from cloud.common.models import LogEvent

_MIB = 1 << 20
# Lambda's: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_LIMITS = FunctionLimits(
    max_event_bytes=MAX_RESULT_BYTES,
    max_async_event_bytes=_MIB,
    max_package_bytes=250 * _MIB,
    max_unpacked_bytes=250 * _MIB,
    max_environment_bytes=4096,
    memory_bytes=(128 * _MIB, 10_240 * _MIB),
    timeout_seconds=(1, 900),
)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_HANDLER = re.compile(r"[\w./-]+\.[A-Za-z_]\w*")
_DEFAULT_MEMORY_BYTES = 128 * _MIB
_DEFAULT_TIMEOUT_SECONDS = 3.0
_OWN_VERSION = f"python{sys.version_info[0]}.{sys.version_info[1]}"


class LocalServerlessClient(BaseServerlessClient):
    """Functions in a folder of this machine, so that what runs here runs on Lambda unchanged. No dependency.

    Every invocation is a process of its own: the handler gets ``(event, context)`` as on Lambda, sees its
    package, the standard library and its own environment, and nothing of this process's environment. It is
    ended with all its children when its time is up, on Ctrl-C, and when it has answered. Memory is limited
    on Linux. This keeps mistakes apart, not attackers: a function may read your files. Run only code that
    you trust.

    Functions are stored whole or not at all, also when the writer is killed; invocations that run keep the
    code that they began with. Names are 1 to 64 letters, digits, ``-`` and ``_``.

    Args:
        root: the folder. It may be missing or empty, or hold functions. What this client makes in it is
            readable by its owner alone: environments may hold secrets.
        region: shown as `region`; it has no effect.
        retry, limits, observers: as on every client.
        interpreters: programs for runtimes, such as ``{"python3.12": "/usr/bin/python3.12"}``. Without an
            entry a function must be for the version of this interpreter, or for ``python3``, which is any.
        site_packages: whether functions see the packages that are installed beside their interpreter. They
            are not on Lambda, except boto3.

    Raises:
        ConfigurationError: `root` cannot be a folder.
    """

    provider: ClassVar[CloudProvider] = CloudProvider.LOCAL
    service_name: ClassVar[str] = "functions"

    def __init__(
        self,
        root: str | os.PathLike[str],
        *,
        region: str | None = None,
        retry: RetryPolicy | None = None,
        limits: Limiter | None = None,
        observers: Sequence[Observer] = (),
        interpreters: Mapping[str, str] = MappingProxyType({}),
        site_packages: bool = False,
    ) -> None:
        super().__init__(retry=retry, limits=limits, observers=observers)
        self._root = checked_root(root)
        self._store = FunctionStore(self._root)
        self._region = region
        self._interpreters = dict(interpreters)
        self._site_packages = site_packages
        self._running: set[threading.Thread] = set()
        self._options: dict[str, Any] = {
            "region": region,
            "retry": retry,
            "limits": limits,
            "observers": tuple(observers),
            "interpreters": self._interpreters,
            "site_packages": site_packages,
        }

    # -- client --------------------------------------------------------------------------------------------
    @property
    def capabilities(self) -> frozenset[Capability]:
        """What this client can do beyond the contract: nothing."""
        return frozenset()

    @property
    def native(self) -> Path:
        """The folder of the functions."""
        return self._root

    @property
    def region(self) -> str | None:
        """What the client was given as its region."""
        return self._region

    def __repr__(self) -> str:
        """Return how the client was made."""
        return f"LocalServerlessClient({str(self._root)!r})"

    def close(self) -> None:
        """Wait for the invocations of `invoke_async`; each ends at the function's timeout at the latest."""
        for thread in tuple(self._running):
            thread.join()

    def _translate(self, exc: Exception, context: ErrorContext) -> CloudError | None:
        return translate(exc, context)

    def _constructor(self) -> tuple[Callable[..., Any], tuple[Any, ...], Mapping[str, Any]]:
        return type(self), (str(self._root),), self._options

    # -- hooks ---------------------------------------------------------------------------------------------
    @property
    def _function_limits(self) -> FunctionLimits:
        return _LIMITS

    def _name_problem(self, name: str, *, qualified: bool) -> str | None:  # noqa: ARG002  # no versions here
        if _NAME.fullmatch(name):
            return None
        return "1 to 64 letters, digits, - and _ are"

    def _settings_problem(self, settings: FunctionSettings) -> str | None:
        if settings.options is not None:
            return "local functions have no options of their own"
        if settings.handler is not None and not _HANDLER.fullmatch(settings.handler):
            return f"the handler {settings.handler!r} is not written as module.function"
        if settings.runtime is not None:
            self._interpreter(settings.runtime)
        return None

    def _list_functions_page(self, token: str | None, page_size: int) -> Page[FunctionInfo]:
        names = [name for name in self._store.names() if token is None or name > token]
        found = tuple(_info(self._store.read(name)) for name in names[:page_size])
        return Page(found, (), names[page_size - 1] if len(names) > page_size else None)

    def _describe(self, name: str) -> Described:
        function = self._store.read(name)
        return Described(info=_info(function), environment=HiddenValues(function.environment))

    def _place_code(self, name: str, package: CodePackage) -> CodePackage:  # noqa: ARG002  # it is here already
        return package

    def _create(self, function: NewFunction) -> FunctionInfo:
        settings, package = function.settings, function.package
        made = StoredFunction(
            name=function.name,
            runtime=settings.runtime or _OWN_VERSION,
            handler=settings.handler or "",
            memory_bytes=settings.memory_bytes or _DEFAULT_MEMORY_BYTES,
            timeout_seconds=settings.timeout_seconds or _DEFAULT_TIMEOUT_SECONDS,
            description=settings.description or "",
            code="",
            code_sha256=package.sha256,
            code_size=package.size,
            modified_at=_now(),
            environment=dict(settings.environment or {}),
        )
        return _info(self._store.create(made, package, _LIMITS.max_unpacked_bytes))

    def _update_code(self, function: NewFunction) -> FunctionInfo:
        package = function.package

        def change(present: StoredFunction) -> StoredFunction:
            return replace(present, code_sha256=package.sha256, code_size=package.size, modified_at=_now())

        return _info(self._store.replace_code(function.name, package, _LIMITS.max_unpacked_bytes, change))

    def _update_settings(self, name: str, settings: FunctionSettings, now: Described) -> FunctionInfo:
        del now  # `change` reads it again, under the function's lock
        given: dict[str, Any] = {
            field: value
            for field in ("runtime", "handler", "memory_bytes", "timeout_seconds", "description")
            if (value := getattr(settings, field)) is not None
        }
        if settings.environment is not None:
            given["environment"] = dict(settings.environment)
        return _info(self._store.change(name, lambda present: replace(present, **given, modified_at=_now())))

    def _delete(self, name: str) -> None:
        self._store.delete(name)

    def _invoke(self, request: InvokeRequest) -> InvokeAnswer:
        with self._store.in_use(request.function_name) as (function, code), Output() as output:
            return self._execute(request, str(uuid.uuid4()), function, code, output)

    def _invoke_async(self, request: InvokeRequest) -> str:
        request_id, held = str(uuid.uuid4()), ExitStack()

        def work() -> None:
            with held:
                self._execute(request, request_id, function, code, output)

        # Not a daemon: an interpreter that ends waits for it, so that no accepted invocation is lost.
        thread = threading.Thread(target=work, name="cloud-function")
        try:
            held.callback(self._running.discard, thread)
            # From now on: an accepted invocation runs, though the function be deleted before its thread begins.
            function, code = held.enter_context(self._store.in_use(request.function_name))
            self._interpreter(function.runtime)
            output = held.enter_context(Output())
            self._running.add(thread)
            thread.start()
        except BaseException:
            held.close()
            raise
        return request_id

    def _log_page(self, request: LogRequest) -> Page[LogEvent]:
        return log_page(self._store, request.function_name, request.since, request.token)

    # -- below ---------------------------------------------------------------------------------------------
    def _execute(
        self,
        request: InvokeRequest,
        request_id: str,
        function: StoredFunction,
        code: Path,
        output: Output,
    ) -> InvokeAnswer:
        self._store.make()
        command = self._interpreter(function.runtime)
        ran = run_function(function, code, request, self._store.runs, command, request_id, output)
        write_log(self._store, function.name, request_id, ran.lines)
        return ran.answer

    def _interpreter(self, runtime: str) -> list[str]:
        """Return the command that runs functions of `runtime`, without the handler's program."""
        program = self._interpreters.get(runtime)
        if program is None:
            if runtime not in {"python3", _OWN_VERSION}:
                raise UnsupportedOperationError(
                    f"functions of {runtime!r} cannot run here: this interpreter is {_OWN_VERSION}",
                    hint=f'use runtime="{_OWN_VERSION}", or interpreters={{"{runtime}": "/path/of/it"}}',
                )
            program = sys.executable
        # -I: no variable and no folder of the caller's counts. -S: no package but the function's own.
        # -B: nothing is written beside the code, which several invocations share.
        return [program, "-I", "-B"] if self._site_packages else [program, "-I", "-B", "-S"]


def _now() -> float:
    return datetime.now(timezone.utc).timestamp()


def _info(function: StoredFunction) -> FunctionInfo:
    return FunctionInfo(
        name=function.name,
        runtime=function.runtime,
        handler=function.handler,
        memory_bytes=function.memory_bytes,
        timeout_seconds=function.timeout_seconds,
        modified_at=datetime.fromtimestamp(function.modified_at, timezone.utc),
        code_sha256=function.code_sha256,
        version="$LATEST",
        description=function.description,
        environment_names=tuple(sorted(function.environment)),
        code_size=function.code_size,
    )
