"""Infomaniak's orchestration (Heat): stacks of resources that are made, changed and deleted together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from cloud.common.enums import ResourceType
from cloud.common.errors import InvalidRequestError, NotFoundError, UnsupportedOperationError
from cloud.common.models import FrozenMap
from cloud.infomaniak._planning import Step, change
from cloud.infomaniak._service import given, id_in, part, read_inner
from cloud.infomaniak.heat._preview import StackPreviews
from cloud.infomaniak.heat._templates import Bundle

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cloud.common.models import CloudResource
    from cloud.infomaniak._planning import Plan
    from cloud.infomaniak.heat import _records as r

_STACK_OPTIONS = frozenset(
    {"template", "parameters", "environment", "timeout_mins", "disable_rollback", "tags", "files"}
)


class InfomaniakHeatClient(StackPreviews):
    """Stacks at Infomaniak Public Cloud, or any Heat.

    Arguments and login as for every OpenStack client: see `OpenStackClient`. A stack is named by its name or its
    id. Templates and environments are a text, a mapping, or a `Path` to a file, which may include files below
    its own folder.

    Making, changing and deleting return when Heat has begun; `wait_for_stack` waits, and raises `StackFailedError`
    with the reasons of the resources that failed. https://docs.openstack.org/api-ref/orchestration/v1/
    """

    # -- making, changing, deleting --------------------------------------------------------------------------
    @change
    def create_stack(
        self,
        name: str,
        template: str | Path | Mapping[str, Any],
        parameters: Mapping[str, Any] | None = None,
        environment: str | Path | Mapping[str, Any] | None = None,
        timeout_mins: int | None = None,
        disable_rollback: bool = True,  # noqa: FBT002  # the service's own name and default
        *,
        tags: Sequence[str] = (),
        files: Mapping[str, str] | None = None,
    ) -> Step[r.Stack]:
        """Return the stack that Heat has begun to make. It is sent once.

        Args:
            name: unique in the project; letters, digits, ``_``, ``-`` and ``.``, beginning with a letter.
            template: a text, a mapping, or the `Path` of a file.
            parameters: what the template takes.
            environment: parameters, defaults and types, likewise a text, a mapping or a `Path`.
            timeout_mins: minutes after which it fails.
            disable_rollback: False undoes a creation that fails.
            tags: labels.
            files: further files by the name that the template includes them by.
            dry_run: let Heat check it and return what it would make instead.

        Raises:
            AlreadyExistsError: there is a stack of that name.
            InvalidRequestError: Heat does not accept the template; it says why.
        """
        options = {
            "stack_name": _stack_name(name),
            "parameters": dict(parameters) if parameters else None,
            "timeout_mins": timeout_mins,
            "disable_rollback": disable_rollback,
            "tags": ",".join(tags) or None,
        }
        bundle = Bundle(template, environment, files)
        body = given({**bundle.body(), **options})

        def act() -> r.Stack:
            made = self._explained(
                lambda: self._read(
                    read_inner("stack", id_in), "create_stack", name, "POST", "/stacks", json=body
                )
            )
            return self.get_stack(made)

        def preview() -> str:
            found = self._preview(body)
            return f"Heat accepts it: {', '.join(f'{each.name} ({each.type})' for each in found) or 'no resources'}"

        return Step(name, act, _shown(options, bundle), (lambda: self._is_free(name), preview))

    @overload
    def create_stack_from_file(
        self,
        name: str,
        template_path: str | Path,
        parameters: Mapping[str, Any] | None = None,
        *,
        dry_run: Literal[False] = ...,
        **options: Any,
    ) -> r.Stack: ...
    @overload
    def create_stack_from_file(
        self,
        name: str,
        template_path: str | Path,
        parameters: Mapping[str, Any] | None = None,
        *,
        dry_run: Literal[True],
        **options: Any,
    ) -> Plan: ...
    def create_stack_from_file(
        self,
        name: str,
        template_path: str | Path,
        parameters: Mapping[str, Any] | None = None,
        *,
        dry_run: bool = False,
        **options: Any,
    ) -> r.Stack | Plan:
        """Return the stack that Heat has begun to make of the template at `template_path`.

        Args:
            name: see `create_stack`, as for `parameters` and the other options.
            template_path: the file.
            parameters: what the template takes.
            dry_run: let Heat check it and return what it would make instead.
            options: of `create_stack`.
        """
        from pathlib import Path as FilePath

        found: r.Stack | Plan = self.create_stack(
            name, FilePath(template_path), parameters, dry_run=dry_run, **options
        )
        return found

    @change
    def update_stack(
        self,
        stack_id: str,
        template: str | Path | Mapping[str, Any] | None = None,
        parameters: Mapping[str, Any] | None = None,
        environment: str | Path | Mapping[str, Any] | None = None,
        *,
        timeout_mins: int | None = None,
        disable_rollback: bool | None = None,
        tags: Sequence[str] | None = None,
        clear_parameters: Sequence[str] = (),
        files: Mapping[str, str] | None = None,
    ) -> Step[r.Stack]:
        """Return the stack that Heat has begun to change; what is not given stays as it is.

        Args:
            stack_id: name or id.
            template: the new template; None for the present one.
            parameters: those that change.
            environment: the new environment.
            timeout_mins: minutes after which it fails.
            disable_rollback: False undoes a change that fails.
            tags: new labels.
            clear_parameters: parameters that go back to the template's default.
            files: further files by the name that the template includes them by.
            dry_run: return what would change instead.

        Raises:
            ConflictError: another action is going on.
        """
        options = {
            "parameters": dict(parameters) if parameters else None,
            "timeout_mins": timeout_mins,
            "disable_rollback": disable_rollback,
            "tags": None if tags is None else ",".join(tags),
            "clear_parameters": list(clear_parameters) or None,
        }
        bundle = Bundle(template, environment, files)
        body = given({**bundle.body(), **options})
        if not body:
            raise InvalidRequestError("nothing to change: give a template, parameters or an environment")
        # PATCH keeps what is not given: the present template too.
        body["existing"] = True

        def act() -> r.Stack:
            def send(path: str) -> None:
                # Sent once: a second update would change the stack a second time.
                self._explained(
                    lambda: self._rest("update_stack", stack_id, "PATCH", path, json=body, idempotent=False)
                )

            return self._begun("update_stack", stack_id, send)

        def preview() -> str:
            found = self.preview_update(
                stack_id, template, parameters, environment, clear_parameters=clear_parameters, files=files
            )
            told = (
                f"{kind} {', '.join(found[kind])}" for kind in found if found[kind] and kind != "unchanged"
            )
            return "; ".join(told) or "nothing would change"

        return Step(stack_id, act, _shown(options, bundle), (preview,))

    @change
    def delete_stack(self, stack_id: str) -> Step[bool]:
        """Make sure that the stack and its resources are going; False when there is none.

        `wait_for_stack_gone` waits until they are.
        """

        def act() -> bool:
            try:
                path = self._stack_path("delete_stack", stack_id)
            except NotFoundError:
                return False
            return self._gone("delete_stack", stack_id, path)

        def shown() -> str:
            names = [f"{each.name} ({each.type})" for each in self.list_stack_resources(stack_id)]
            return f"it has {', '.join(names) or 'no resources'}"

        return Step(stack_id, act, {}, (shown,))

    @change
    def suspend_stack(self, stack_id: str) -> Step[r.Stack]:
        """Return the stack that Heat has begun to suspend."""
        return self._action_step("suspend_stack", stack_id, "suspend")

    @change
    def resume_stack(self, stack_id: str) -> Step[r.Stack]:
        """Return the stack that Heat has begun to resume."""
        return self._action_step("resume_stack", stack_id, "resume")

    @change
    def check_stack(self, stack_id: str) -> Step[r.Stack]:
        """Return the stack that Heat has begun to compare with what is really there."""
        return self._action_step("check_stack", stack_id, "check")

    @change
    def cancel_update(self, stack_id: str, *, rollback: bool = True) -> Step[r.Stack]:
        """Return the stack whose update is being cancelled.

        Args:
            stack_id: name or id.
            rollback: undo what the update has done so far.
        """
        return self._action_step(
            "cancel_update", stack_id, "cancel_update" if rollback else "cancel_without_rollback"
        )

    @change
    def abandon_stack(self, stack_id: str) -> Step[dict[str, Any]]:
        """Return what `adopt_stack` makes the stack from again. Heat forgets it; its resources stay.

        Raises:
            UnsupportedOperationError: the service does not allow it, which is the default of Heat.
        """

        def act() -> dict[str, Any]:
            path = f"{self._stack_path('abandon_stack', stack_id)}/abandon"
            # Sent once: the answer is the only copy, and a second one would find nothing.
            found: dict[str, Any] = self._rest("abandon_stack", stack_id, "DELETE", path, idempotent=False)
            return found

        return Step(stack_id, act, {}, (lambda: f"the stack is {self.get_stack(stack_id).status}",))

    @change
    def adopt_stack(
        self,
        name: str,
        data: Mapping[str, Any],
        *,
        timeout_mins: int | None = None,
        disable_rollback: bool = True,
    ) -> Step[r.Stack]:
        """Return the stack that Heat has begun to make of resources that are there. It is sent once.

        Args:
            name: of the stack.
            data: what `abandon_stack` returned.
            timeout_mins: minutes after which it fails.
            disable_rollback: False undoes an adoption that fails.
            dry_run: return what would be made instead.

        Raises:
            UnsupportedOperationError: the service does not allow it, which is the default of Heat.
        """
        import json

        if not isinstance(data, dict) or "template" not in data or "resources" not in data:
            raise InvalidRequestError(
                "data is what abandon_stack returns: it has no template or no resources"
            )
        options = {
            "stack_name": _stack_name(name),
            "timeout_mins": timeout_mins,
            "disable_rollback": disable_rollback,
        }
        body = given(
            {
                **options,
                "template": data["template"],
                "adopt_stack_data": json.dumps(data),
                "environment": json.dumps(data.get("environment") or {}),
            }
        )

        def act() -> r.Stack:
            made = self._explained(
                lambda: self._read(
                    read_inner("stack", id_in), "adopt_stack", name, "POST", "/stacks", json=body
                )
            )
            return self.get_stack(made)

        return Step(
            name, act, {**options, "resources": sorted(data["resources"])}, (lambda: self._is_free(name),)
        )

    # -- CloudClient: stacks are the resources ---------------------------------------------------------------
    def list_resources(self, resource_type: ResourceType | None = None) -> list[CloudResource]:
        """Return the stacks; an empty list for every type but ORCHESTRATION."""
        if resource_type not in {None, ResourceType.ORCHESTRATION}:
            return []
        return [self._resource(stack) for stack in self.list_stacks()]

    def get_resource(self, id: str) -> CloudResource | None:  # noqa: A002  # the specification's name
        """Return the stack with this id or name, or None."""
        try:
            found = self.get_stack(id)
        except NotFoundError:
            return None
        return None if found.status == "DELETE_COMPLETE" else self._resource(found)

    def create_resource(
        self, name: str, resource_type: ResourceType, config: Mapping[str, Any]
    ) -> CloudResource:
        """Return the stack that Heat has begun to make.

        Args:
            name: its name.
            resource_type: `ResourceType.ORCHESTRATION`.
            config: ``template`` and the other arguments of `create_stack`.
        """
        if resource_type is not ResourceType.ORCHESTRATION:
            raise UnsupportedOperationError(f"this client makes stacks, not {resource_type.value}")
        unknown = sorted(config.keys() - _STACK_OPTIONS)
        if unknown or "template" not in config:
            raise InvalidRequestError(
                f"a stack takes no {unknown[0]!r}" if unknown else "a stack needs a template",
                hint=f"its config: {', '.join(sorted(_STACK_OPTIONS))}",
            )
        return self._resource(self.create_stack(name, **config))

    def delete_resource(self, id: str) -> bool:  # noqa: A002  # the specification's name
        """Begin to delete the stack with this id or name and its resources; False when there was none."""
        return self.delete_stack(id)

    def _resource(self, stack: r.Stack) -> CloudResource:
        from cloud.common.models import CloudResource

        return CloudResource(
            id=stack.id,
            name=stack.name,
            resource_type=ResourceType.ORCHESTRATION,
            provider=self.provider,
            region=self.region,
            status=stack.status,
            created_at=stack.created_at,
            tags=FrozenMap(dict.fromkeys(stack.tags, "")),
            metadata={"status_reason": stack.status_reason, "description": stack.description},
            raw=stack,
        )

    def _is_free(self, name: str) -> str:
        from cloud.common.errors import AlreadyExistsError

        if self.iter_stacks(name=name).first() is not None:
            raise AlreadyExistsError(f"there is a stack {name!r} already", request_sent=False)
        return f"there is no stack {name!r}"


def _shown(options: Mapping[str, Any], bundle: Bundle) -> dict[str, Any]:
    """Return what a plan shows: the names of parameters, whose values may be secrets, and of files."""
    shown = dict(options)
    if options.get("parameters"):
        shown["parameters"] = sorted(options["parameters"])
    if bundle.files:
        shown["files"] = sorted(bundle.files)
    return shown


def _stack_name(name: str) -> str:
    import re

    # heat/common/identifier and the API's own check of names
    if not isinstance(name, str) or not re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_.-]{0,254}", name):
        raise InvalidRequestError(
            f"{name!r} is no name of a stack",
            hint="a letter, then at most 254 letters, digits, '_', '-' and '.'",
        )
    return part(name)
