"""The template of functions: every public method of a serverless client, over a provider's hooks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, final

from cloud.common._packaging import packed
from cloud.common._paging import Page, Pager
from cloud.common._serverless_calls import ServerlessCalls
from cloud.common._serverless_types import NewFunction, hidden, settings_differ
from cloud.common.contracts import CloudClient, ServerlessClient
from cloud.common.enums import FunctionState, ResourceType
from cloud.common.errors import (
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    TimeoutError_,
    UnsupportedOperationError,
)

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from cloud.common._packaging import CodePackage
    from cloud.common._requirements import Requirements
    from cloud.common._serverless_types import Described, FunctionOptions, FunctionSettings
    from cloud.common.models import CloudResource, Deployment, FunctionInfo

DEFAULT_PAGE_SIZE = 50
DEFAULT_WAIT_SECONDS = 300.0
_FIRST_LOOK_SECONDS, _LONGEST_LOOK_SECONDS = 0.5, 5.0
_BUSY = frozenset({FunctionState.PENDING, FunctionState.UPDATING})
_RESOURCE_SETTINGS = frozenset(
    {"runtime", "handler", "code_path", "environment", "memory_bytes", "timeout_seconds", "description"}
)


class BaseServerlessClient(ServerlessCalls, ServerlessClient, CloudClient):
    """Functions of one provider. Safe between threads, after a fork, and picklable."""

    # -- looking ---------------------------------------------------------------------------------------------
    @final
    def list_functions(self) -> list[FunctionInfo]:
        """Return all functions, of every page, sorted by name."""
        return sorted(self.iter_functions(), key=lambda function: function.name)

    @final
    def iter_functions(
        self, *, page_size: int = DEFAULT_PAGE_SIZE, limit: int | None = None, token: str | None = None
    ) -> Pager[FunctionInfo]:
        """Return a lazy listing of the functions, in the provider's order.

        Args:
            page_size: functions that one request asks for, 1 to 50.
            limit: at most so many functions.
            token: where to go on: a page's `next_token`, or an error's `resume_token`.
        """
        if not 1 <= page_size <= DEFAULT_PAGE_SIZE:
            raise InvalidRequestError(f"page_size must be 1 to {DEFAULT_PAGE_SIZE}, not {page_size}")

        def fetch(page_token: str | None) -> Page[FunctionInfo]:
            return self._run("list_functions", "", lambda: self._list_functions_page(page_token, page_size))

        return Pager(fetch, token=token, limit=limit)

    @final
    def get_function(self, function_name: str) -> FunctionInfo:
        """Return the function; NotFoundError when there is none."""
        self._check_name(function_name, qualified=True)
        return self._described("get_function", function_name).info

    @final
    def function_exists(self, function_name: str) -> bool:
        """Return whether there is a function of this name."""
        self._check_name(function_name, qualified=True)
        try:
            self._described("function_exists", function_name)
        except NotFoundError:
            return False
        return True

    @final
    def get_environment(self, function_name: str) -> Mapping[str, str]:
        """Return the function's environment variables. They may be secrets: the mapping's repr hides them."""
        self._check_name(function_name, qualified=True)
        return self._described("get_environment", function_name).environment

    # -- making and changing ---------------------------------------------------------------------------------
    @final
    def create_function(
        self,
        name: str,
        runtime: str,
        handler: str,
        code_path: str | os.PathLike[str],
        *,
        environment: Mapping[str, str] | None = None,
        memory_bytes: int | None = None,
        timeout_seconds: float | None = None,
        description: str | None = None,
        requirements: Requirements | None = None,
        options: FunctionOptions | None = None,
        wait: bool = True,
        wait_seconds: float = DEFAULT_WAIT_SECONDS,
    ) -> FunctionInfo:
        """Return the function made from the file, folder or zip at `code_path`.

        It is asked for once: after a lost answer nobody knows whether it was made.

        Args:
            runtime: the language runtime, in the provider's words (``python3.12``).
            handler: the entry point (``module.function``).
            environment: environment variables; they may be secrets.
            memory_bytes: memory limit; the provider's default when None.
            timeout_seconds: time limit of one invocation; the provider's default when None.
            description: what people read about it.
            requirements: packages that pip installs beside the code.
            options: what only this provider can be told.
            wait: return when the function can be invoked.
            wait_seconds: how long to wait at most.

        Raises:
            AlreadyExistsError: there is a function of that name.
            InvalidRequestError: the code or a setting is not possible; nothing was sent.
            OutcomeUnknownError: the answer was lost.
        """
        environment = hidden(environment)  # debuggers and tracebacks show the locals of every frame
        self._check_name(name)
        settings = self._checked_settings(
            runtime=runtime,
            handler=handler,
            environment=environment,
            memory_bytes=memory_bytes,
            timeout_seconds=timeout_seconds,
            description=description,
            options=options,
        )
        with self._packed(code_path, requirements) as package:
            function = self._placed("create_function", name, settings, package)
            made = self._run("create_function", name, lambda: self._create(function), idempotent=False)
        return self._ready("create_function", name, wait_seconds).info if wait else made

    @final
    def update_function(
        self,
        function_name: str,
        *,
        code_path: str | os.PathLike[str] | None = None,
        runtime: str | None = None,
        handler: str | None = None,
        environment: Mapping[str, str] | None = None,
        memory_bytes: int | None = None,
        timeout_seconds: float | None = None,
        description: str | None = None,
        requirements: Requirements | None = None,
        options: FunctionOptions | None = None,
        wait: bool = True,
        wait_seconds: float = DEFAULT_WAIT_SECONDS,
    ) -> FunctionInfo:
        """Return the function after its code, then its settings were replaced; None leaves what is there.

        A package that the function has already is not sent again, and settings that it has already neither.

        Args:
            code_path: file, folder or zip of the new code.
            environment: all variables; those that are not in it go.
            requirements: packages that pip installs beside the code; needs `code_path`.
            runtime, handler, memory_bytes, timeout_seconds, description, options: see `create_function`.
            wait: return when the function can be invoked with all of it. Without, code and settings cannot be
                changed in one call: a provider refuses the second change while it works on the first.
            wait_seconds: how long to wait at most.

        Raises:
            NotFoundError: there is no such function.
        """
        environment = hidden(environment)  # debuggers and tracebacks show the locals of every frame
        self._check_name(function_name)
        if requirements is not None and code_path is None:
            raise InvalidRequestError("requirements are packed with code: pass code_path too")
        settings = self._checked_settings(
            runtime=runtime,
            handler=handler,
            environment=environment,
            memory_bytes=memory_bytes,
            timeout_seconds=timeout_seconds,
            description=description,
            options=options,
        )
        if code_path is None:
            return self._update("update_function", function_name, settings, None, wait, wait_seconds).function
        with self._packed(code_path, requirements) as package:
            return self._update(
                "update_function", function_name, settings, package, wait, wait_seconds
            ).function

    @final
    def deploy_function(
        self,
        name: str,
        runtime: str,
        handler: str,
        code_path: str | os.PathLike[str],
        *,
        environment: Mapping[str, str] | None = None,
        memory_bytes: int | None = None,
        timeout_seconds: float | None = None,
        description: str | None = None,
        requirements: Requirements | None = None,
        options: FunctionOptions | None = None,
        wait_seconds: float = DEFAULT_WAIT_SECONDS,
    ) -> Deployment:
        """Make sure that the function is there with this code and these settings, and can be invoked.

        Doing it twice changes nothing the second time. The arguments are those of `create_function`.
        """
        from cloud.common._serverless_records import Deployment

        environment = hidden(environment)  # debuggers and tracebacks show the locals of every frame
        self._check_name(name)
        settings = self._checked_settings(
            runtime=runtime,
            handler=handler,
            environment=environment,
            memory_bytes=memory_bytes,
            timeout_seconds=timeout_seconds,
            description=description,
            options=options,
        )
        with self._packed(code_path, requirements) as package:
            try:
                self._described("deploy_function", name)
            except NotFoundError:
                function = self._placed("deploy_function", name, settings, package)
            else:
                return self._update("deploy_function", name, settings, package, True, wait_seconds)
            self._run("deploy_function", name, lambda: self._create(function), idempotent=False)
        info = self._ready("deploy_function", name, wait_seconds).info
        return Deployment(function=info, action="created", code_changed=True)

    @final
    def delete_function(self, function_name: str) -> bool:
        """Make sure that the function and all its versions are gone; False when there was none."""
        self._check_name(function_name)
        try:
            self._run("delete_function", function_name, lambda: self._delete(function_name))
        except NotFoundError as error:
            # Gone at a later try: the first one did it, and only its answer was lost.
            return any(attempt.http_status is None for attempt in error.attempts[:-1])
        return True

    def _packed(
        self, code_path: str | os.PathLike[str], requirements: Requirements | None
    ) -> AbstractContextManager[CodePackage]:
        limits = self._function_limits
        return packed(
            code_path,
            max_package_bytes=limits.max_package_bytes,
            max_unpacked_bytes=limits.max_unpacked_bytes,
            requirements=requirements,
            hint=limits.package_hint,
        )

    def _placed(
        self, operation: str, name: str, settings: FunctionSettings, package: CodePackage
    ) -> NewFunction:
        code = self._run(operation, name, lambda: self._place_code(name, package))
        return NewFunction(name=name, settings=settings, package=package, code=code)

    def _update(
        self,
        operation: str,
        name: str,
        settings: FunctionSettings,
        package: CodePackage | None,
        wait: bool,
        wait_seconds: float,
    ) -> Deployment:
        from cloud.common._serverless_records import Deployment

        if wait:
            now = self._ready(operation, name, wait_seconds, after_change=False)
        else:
            now = self._described(operation, name)
        sends_code = package is not None and package.sha256 != now.info.code_sha256
        sends_settings = settings_differ(settings, now)
        info = now.info
        if sends_code and package is not None:
            if sends_settings and not wait:
                raise InvalidRequestError("code and settings can be changed in one call only with wait=True")
            function = self._placed(operation, name, settings, package)
            info = self._run(operation, name, lambda: self._update_code(function))
            if wait:
                now = self._ready(operation, name, wait_seconds)
                info = now.info
        if sends_settings:
            info = self._run(operation, name, lambda: self._update_settings(name, settings, now))
            if wait:
                info = self._ready(operation, name, wait_seconds).info
        action = "updated" if sends_code or sends_settings else "unchanged"
        return Deployment(function=info, action=action, code_changed=sends_code)

    def _ready(
        self, operation: str, name: str, wait_seconds: float, *, after_change: bool = True
    ) -> Described:
        """Return the function as soon as nothing is changing it.

        Args:
            after_change: whether the change was ours, so that its failure is one of this call.

        Raises:
            ConflictError: the provider could not make it ready.
            TimeoutError_: it is not ready within `wait_seconds`.
        """
        deadline, delay = self._clock() + wait_seconds, _FIRST_LOOK_SECONDS
        while True:
            found = self._described(operation, name)
            if after_change and found.info.state is FunctionState.FAILED:
                raise ConflictError(
                    f"the provider could not make the function ready: {found.info.raw_state}",
                    context=self._runtime.context(operation, name),
                )
            if found.info.state not in _BUSY:
                return found
            if self._clock() + delay > deadline:
                raise TimeoutError_(
                    f"the function is still {found.info.state.value} after {wait_seconds} seconds",
                    hint="it may become ready later: look again with get_function",
                    context=self._runtime.context(operation, name),
                    retryable=False,
                )
            self._sleep(delay)
            delay = min(delay * 1.5, _LONGEST_LOOK_SECONDS)

    # -- CloudClient: functions are the resources of a serverless client ---------------------------------------
    @final
    def list_resources(self, resource_type: ResourceType | None = None) -> list[CloudResource]:
        """Return the functions as resources; an empty list for every type but SERVERLESS."""
        if resource_type not in {None, ResourceType.SERVERLESS}:
            return []
        return [self._resource(function) for function in self.list_functions()]

    @final
    def get_resource(self, id: str) -> CloudResource | None:  # noqa: A002  # the specification's name
        """Return the function called `id`, or None."""
        try:
            return self._resource(self.get_function(id))
        except NotFoundError:
            return None

    @final
    def create_resource(
        self, name: str, resource_type: ResourceType, config: Mapping[str, Any]
    ) -> CloudResource:
        """Return the function that was made.

        Args:
            resource_type: `ResourceType.SERVERLESS`.
            config: ``runtime``, ``handler`` and ``code_path``; also ``environment``, ``memory_bytes``,
                ``timeout_seconds`` and ``description``, as `create_function` takes them.
        """
        if resource_type is not ResourceType.SERVERLESS:
            raise UnsupportedOperationError(f"this client makes functions, not {resource_type.value}")
        for key in config:
            if key not in _RESOURCE_SETTINGS:
                raise InvalidRequestError(
                    f"a function takes no {key!r} here",
                    hint=f"known are {', '.join(sorted(_RESOURCE_SETTINGS))}",
                )
        for key in ("runtime", "handler", "code_path"):
            if key not in config:
                raise InvalidRequestError(f"a function needs {key!r} in its config")
        return self._resource(partial(self.create_function, name)(**config))

    @final
    def delete_resource(self, id: str) -> bool:  # noqa: A002  # the specification's name
        """Delete the function called `id`; False when there was none."""
        return self.delete_function(id)

    def _resource(self, function: FunctionInfo) -> CloudResource:
        from cloud.common._records import CloudResource

        return CloudResource(
            id=function.name,
            name=function.name,
            resource_type=ResourceType.SERVERLESS,
            provider=self.provider,
            region=self.region,
            status=function.raw_state or function.state.value,
            metadata={name: function.to_dict()[name] for name in _SHOWN},
            raw=function.raw,
        )

    @property
    def region(self) -> str | None:
        """Where the client works, in the provider's words; None where there is no such thing."""
        return None


_SHOWN = ("runtime", "handler", "memory_bytes", "timeout_seconds", "modified_at", "code_sha256", "id")
