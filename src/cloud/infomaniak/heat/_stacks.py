"""Stacks looked at and waited for: resources, events, outputs, and why one failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from urllib.parse import urlsplit

from cloud.common.errors import (
    CloudError,
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
    ServiceUnavailableError,
    TimeoutError_,
)
from cloud.infomaniak._errors import AnswerError, ResourceFailedError
from cloud.infomaniak._planning import Step
from cloud.infomaniak._service import ServiceClient, inner, part, read_inner
from cloud.infomaniak.heat import _records as r

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cloud.common._paging import Pager

T = TypeVar("T")

_NESTED = 5  # as deep as Heat nests by default (max_nested_stack_depth)
_BEGIN_SECONDS = 60.0
_HOUR = 3600.0
_MOST_FAILURES = 10  # in a message; the error has them all
_TRUST_HINT = (
    "Heat acts for you by a Keystone trust, which application credentials may be refused: log in with user and "
    "password, or with an unrestricted application credential"
)


class StackOperations(ServiceClient):
    """What Heat does with one stack, but for making and changing it."""

    service_name: ClassVar[str] = "heat"
    service_type: ClassVar[str] = "orchestration"

    # -- stacks ----------------------------------------------------------------------------------------------
    def iter_stacks(
        self,
        *,
        name: str | None = None,
        status: str | None = None,
        tags: str | None = None,
        token: str | None = None,
        limit: int | None = None,
    ) -> Pager[r.Stack]:
        """Return a lazy listing of the stacks, without those that are nested or deleted.

        Args:
            name: only the one of that name.
            status: only those in that state, such as ``CREATE_FAILED``.
            tags: only those with all of these labels, by commas.
            token: `resume_token` of a listing that failed.
            limit: most stacks to give.
        """
        params = {"name": name, "status": status, "tags": tags}
        return self._rest_list(
            "iter_stacks", "", "/stacks", "stacks", r.stack_of, params=params, token=token, limit=limit
        )

    def list_stacks(self, *, name: str | None = None, status: str | None = None) -> list[r.Stack]:
        """Return all stacks, or those of one name or state."""
        return self.iter_stacks(name=name, status=status).to_list()

    def get_stack(self, stack_id: str) -> r.Stack:
        """Return a stack with its parameters and outputs, by its name or its id.

        One that was deleted is found by its id for a while, with the status ``DELETE_COMPLETE``.
        """
        return self._one("get_stack", stack_id, self._stack_path("get_stack", stack_id), "stack", r.stack_of)

    def get_stack_template(self, stack_id: str) -> dict[str, Any]:
        """Return the stack's template."""
        return self._body("get_stack_template", stack_id, "/template")

    def get_stack_environment(self, stack_id: str) -> dict[str, Any]:
        """Return the stack's environment."""
        return self._body("get_stack_environment", stack_id, "/environment")

    def get_stack_files(self, stack_id: str) -> dict[str, Any]:
        """Return the text of the files that the stack's template includes, by name."""
        return self._body("get_stack_files", stack_id, "/files")

    def get_stack_outputs(self, stack_id: str) -> dict[str, Any]:
        """Return the stack's outputs by name.

        Raises:
            ConflictError: one could not be found out; `get_stack` has the others.
        """
        found = self.get_stack(stack_id)
        if found.output_errors:
            name, why = next(iter(found.output_errors.items()))
            raise ConflictError(
                f"the output {name!r} failed: {why}",
                hint="the stack itself has those that did not",
                context=self._runtime.context("get_stack_outputs", stack_id),
            )
        return dict(found.outputs)

    def list_resource_types(self) -> list[str]:
        """Return the types of resources that templates may have here."""
        return self._read(
            lambda body: sorted(
                each if isinstance(each, str) else str(each["resource_type"])
                for each in inner(body, "resource_types")
            ),
            "list_resource_types",
            "",
            "GET",
            "/resource_types",
        )

    # -- resources and events --------------------------------------------------------------------------------
    def list_stack_resources(self, stack_id: str, *, nested_depth: int = 0) -> list[r.StackResource]:
        """Return the resources of a stack.

        Args:
            stack_id: name or id.
            nested_depth: how many levels of nested stacks to look into, too.
        """
        path = f"{self._stack_path('list_stack_resources', stack_id)}/resources"
        return self._rest_list(
            "list_stack_resources",
            stack_id,
            path,
            "resources",
            r.stack_resource_of,
            params={"nested_depth": nested_depth or None},
            page_size=None,
        ).to_list()

    def get_stack_resource(self, stack_id: str, resource_name: str) -> r.StackResource:
        """Return one resource of a stack, with what it says about itself."""
        path = f"{self._stack_path('get_stack_resource', stack_id)}/resources/{part(resource_name, 'name')}"
        return self._one("get_stack_resource", resource_name, path, "resource", r.stack_resource_of)

    def iter_stack_events(
        self,
        stack_id: str,
        resource_name: str | None = None,
        *,
        nested_depth: int = 0,
        token: str | None = None,
        limit: int | None = None,
    ) -> Pager[r.StackEvent]:
        """Return a lazy listing of what happened, the oldest first.

        Args:
            stack_id: name or id.
            resource_name: only events of that resource.
            nested_depth: how many levels of nested stacks to look into, too.
            token: `resume_token` of a listing that failed, or the id of the last event that was seen.
            limit: most events to give.
        """
        path = self._stack_path("iter_stack_events", stack_id)
        if resource_name is not None:
            path += f"/resources/{part(resource_name, 'name')}"
        # Heat answers 404 where a resource has no more events, as where there is no such resource: they come in one page.
        paged: dict[str, Any] = {"marker_of": lambda each: str(each["id"])}
        return self._rest_list(
            "iter_stack_events",
            stack_id,
            f"{path}/events",
            "events",
            r.stack_event_of,
            params={"sort_dir": "asc", "nested_depth": nested_depth or None},
            token=token,
            limit=limit,
            **(paged if resource_name is None else {"page_size": None}),
        )

    def list_stack_events(self, stack_id: str, resource_name: str | None = None) -> list[r.StackEvent]:
        """Return all events of a stack or of one of its resources, the oldest first."""
        return self.iter_stack_events(stack_id, resource_name).to_list()

    # -- waiting ---------------------------------------------------------------------------------------------
    def follow_stack_events(
        self, stack_id: str, *, token: str | None = None, deadline_seconds: float = _HOUR
    ) -> Iterator[r.StackEvent]:
        """Yield events as they happen, until the stack's action has ended, well or badly.

        Args:
            stack_id: name or id.
            token: id of the last event that was seen; None from the first on.
            deadline_seconds: how long to follow at most.

        Raises:
            TimeoutError_: the deadline passed.
        """
        begun, delay = self._clock(), 0.5
        stack = self.get_stack(stack_id).id  # a deleted one is found by its id only
        while True:
            # The state first: what happened before it was read is in the events that are read after it.
            ended = self.get_stack(stack).state != "IN_PROGRESS"
            for event in self.iter_stack_events(stack, token=token):
                token = event.id
                yield event
            if ended:
                return
            if self._clock() - begun >= deadline_seconds:
                raise TimeoutError_(
                    f"still going on after {deadline_seconds:g} seconds",
                    context=self._runtime.context("follow_stack_events", stack_id),
                )
            self._sleep(delay)
            delay = min(delay * 1.5, 5.0)

    def wait_for_stack(
        self,
        stack_id: str,
        *,
        deadline_seconds: float = _HOUR,
        on_event: Callable[[r.StackEvent], None] | None = None,
    ) -> r.Stack:
        """Return the stack once the action that is going on has ended well.

        Args:
            stack_id: name or id.
            deadline_seconds: how long to wait at most.
            on_event: told of each event from now on.

        Raises:
            StackFailedError: it failed, or was rolled back; the reasons are in it.
            TimeoutError_: the deadline passed.
        """
        stack, last = self.get_stack(stack_id), self._last_event(stack_id)
        for event in self.follow_stack_events(stack.id, token=last, deadline_seconds=deadline_seconds):
            if on_event is not None:
                on_event(event)
        found = self.get_stack(stack.id)
        if found.state == "FAILED" or found.action == "ROLLBACK":
            raise self.failure(found)
        return found

    def wait_for_stack_gone(self, stack_id: str, *, deadline_seconds: float = _HOUR) -> None:
        """Return once the stack is deleted and its name is free.

        Raises:
            StackFailedError: it could not be; the reasons are in it.
            TimeoutError_: the deadline passed.
        """
        try:
            stack = self.get_stack(stack_id).id
        except NotFoundError:
            return
        try:
            self._wait(
                "wait_for_stack_gone",
                stack_id,
                lambda: self.get_stack(stack),
                state=_deletion,
                states=("DELETE_COMPLETE",),
                terminal_states=("DELETE_FAILED",),
                deadline_seconds=deadline_seconds,
                gone=True,
            )
        except ResourceFailedError as error:
            raise self.failure(self.get_stack(stack)) from error

    def failure(self, stack: r.Stack) -> r.StackFailedError:
        """Return the error for a stack that failed, with the reasons found in its resources, nested ones too."""
        failures = self._failed_resources(stack) or self._failed_events(stack)
        told = "; ".join(
            f"{each.stack_name}/{each.resource_name}{f' ({each.type})' if each.type else ''}: {each.reason}"
            for each in failures[:_MOST_FAILURES]
        )
        message = f"{stack.status}: {told or stack.status_reason or 'no reason is given'}"
        error = r.StackFailedError(message, context=self._runtime.context("wait_for_stack", stack.name))
        error.state = stack.status
        error.failures = tuple(failures)
        return error

    def _failed_resources(self, stack: r.Stack) -> list[r.StackFailure]:
        """Return what failed, those whose failure only repeats that of a stack nested in them last."""
        found = [
            each
            for each in self.list_stack_resources(stack.id, nested_depth=_NESTED)
            if each.status.endswith("_FAILED")
        ]
        inside = {each.stack_id for each in found}
        found.sort(key=lambda each: each.physical_id in inside)
        return [
            r.StackFailure(
                stack_name=each.stack_name or stack.name,
                resource_name=each.name,
                type=each.type,
                status=each.status,
                reason=each.status_reason,
                physical_id=each.physical_id,
            )
            for each in found
        ]

    def _failed_events(self, stack: r.Stack) -> list[r.StackFailure]:
        """Return what failed before a rollback took it away: events tell of it."""
        return [
            r.StackFailure(
                stack_name=stack.name,
                resource_name=each.resource_name,
                type="",
                status=each.status,
                reason=each.status_reason,
                physical_id=each.physical_id,
            )
            for each in self.iter_stack_events(stack.id)
            if each.status.endswith("_FAILED") and each.physical_id != stack.id
        ]

    # -- helpers ---------------------------------------------------------------------------------------------
    def _body(self, operation: str, stack_id: str, below: str) -> dict[str, Any]:
        path = f"{self._stack_path(operation, stack_id)}{below}"
        return self._read(_mapping, operation, stack_id, "GET", path)

    def _stack_path(self, operation: str, stack: str) -> str:
        """Return the path of a stack, which has both its name and its id; Heat answers either with a redirect."""

        def look() -> str:
            try:
                self._send("GET", f"/stacks/{part(stack, 'name or id')}")
            except AnswerError as exc:
                location = exc.response.headers.get("location", "")
                if exc.response.status_code != 302 or "/stacks/" not in location:
                    raise
                return f"/stacks/{urlsplit(location).path.rpartition('/stacks/')[2]}"
            raise ServiceUnavailableError("Heat answered without a redirect to the stack")

        return self._runtime.run(operation, stack, look)

    def _last_event(self, stack_id: str) -> str | None:
        """Return the id of the newest event; None before the first."""
        path = f"{self._stack_path('iter_stack_events', stack_id)}/events"
        params = {"sort_dir": "desc", "limit": 1}
        return self._read(
            read_inner("events", lambda found: str(found[0]["id"]) if found else None),
            "iter_stack_events",
            stack_id,
            "GET",
            path,
            params=params,
        )

    def _begun(self, operation: str, stack_id: str, send: Callable[[str], None]) -> r.Stack:
        """Return the stack once the action that `send` asks for has left its first event.

        Heat answers before it begins; who looked at once would see the end of the action before, and take it
        for the end of this one.
        """
        path, before = self._stack_path(operation, stack_id), self._last_event(stack_id)
        send(path)
        self._wait(
            operation,
            stack_id,
            lambda: self._last_event(stack_id),
            state=lambda last: "BEGUN" if last != before else "WAITING",
            states=("BEGUN",),
            deadline_seconds=_BEGIN_SECONDS,
        )
        return self.get_stack(stack_id)

    def _action_step(self, operation: str, stack_id: str, action: str) -> Step[r.Stack]:
        def act() -> r.Stack:
            def send(path: str) -> None:
                self._rest(operation, stack_id, "POST", f"{path}/actions", json={action: None})

            return self._begun(operation, stack_id, send)

        return Step(
            stack_id, act, {"action": action}, (lambda: f"the stack is {self.get_stack(stack_id).status}",)
        )

    def _explained(self, call: Callable[[], T]) -> T:
        """Return what `call` returns; a refusal that trusts may be behind says so."""
        try:
            return call()
        except (PermissionDeniedError, ServiceUnavailableError) as error:
            if error.http_status in {403, 500} and self._has_application_credential():
                error.hint = _TRUST_HINT
            raise

    def _has_application_credential(self) -> bool:
        session = self._connection.session()
        try:
            return bool(session.auth.get_access(session).application_credential_id)
        except (AttributeError, CloudError):
            return False  # another kind of login


def _mapping(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise ServiceUnavailableError(
            "the answer is no mapping", hint="is there a proxy between you and the service?"
        )
    return body


def _deletion(stack: r.Stack) -> str:
    """Return the stack's status; as long as Heat has not freed its name, that of a deletion that goes on.

    Heat writes ``DELETE_COMPLETE`` first, then removes what it knows of the stack, and last says when it was deleted.
    """
    unfinished = stack.status == "DELETE_COMPLETE" and stack.deleted_at is None
    return "DELETE_IN_PROGRESS" if unfinished else stack.status
