"""``cloud stack``: resources that are made, changed and deleted together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cloud.cli._errors import OK
from cloud.cli._openstack import (
    change_each,
    make,
    print_list,
    read_text,
    run_verb,
    show_each,
)
from cloud.cli._text import time_text
from cloud.common.errors import ConflictError, InvalidRequestError, NotFoundError
from cloud.common.models import to_json

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from cloud.cli._console import Console
    from cloud.cli._openstack import Verb
    from cloud.cli._places import Session

_COLUMNS = ("name", "status", "created_at", "updated_at")
_RESOURCES = ("name", "type", "status", "physical_id")
_PARAMETERS = ("name", "type", "is_required", "default", "description")
_NOTHING = "state changed"  # the reason of events that have none


def run(args: Namespace, session: Session, console: Console) -> int:
    """Run one command on stacks."""
    return run_verb("stack", VERBS, args, session, console)


def _source(path: str | None) -> str | Path | None:
    """Return a template or environment: its path, by which it includes others, or the text of standard input."""
    if path is None:
        return None
    return read_text(path) if path == "-" else Path(path)


# -- watching --------------------------------------------------------------------------------------------------
class _Watch:
    """Tells the events of a stack's action, and waits for its end.

    Args:
        client: of the stack.
        console: where to.
        stack: the stack before the action begins; None for one that is yet to be made.
    """

    def __init__(self, client: Any, console: Console, stack: str | None) -> None:
        self._client = client
        self._console = console
        self._seen: str | None = None
        if stack is not None:
            for event in client.iter_stack_events(stack):
                self._seen = event.id

    def __call__(self, stack_id: str, *, deadline_seconds: float, progress: object = None) -> Any:
        """Return the stack once the action has ended well."""
        del progress  # events say more
        self._follow(stack_id, deadline_seconds)
        return self._client.wait_for_stack(stack_id, deadline_seconds=deadline_seconds)

    def gone(self, stack_id: str, *, deadline_seconds: float) -> None:
        """Return once the stack is deleted."""
        self._follow(stack_id, deadline_seconds)
        self._client.wait_for_stack_gone(stack_id, deadline_seconds=deadline_seconds)

    def _follow(self, stack_id: str, deadline_seconds: float) -> None:
        found = self._client.follow_stack_events(
            stack_id, token=self._seen, deadline_seconds=deadline_seconds
        )
        for event in found:
            # Why the stack itself failed is what its resources said already, and the error says it again.
            is_known = event.status.endswith("_FAILED") and event.physical_id == stack_id
            why = "" if is_known or event.status_reason == _NOTHING else _reason(event)
            self._console.note(f"{event.resource_name}: {event.status}{why and f' ({why})'}")


def _reason(event: Any) -> str:
    return " ".join(event.status_reason.split())


def _watch(args: Namespace, client: Any, console: Console, stack: str | None = None) -> _Watch | None:
    if args.dry_run or not args.wait:
        return None
    return _Watch(client, console, stack)


# -- stacks ----------------------------------------------------------------------------------------------------
def _list(args: Namespace, client: Any, console: Console) -> int:
    found = client.iter_stacks(name=args.name, status=args.status, tags=args.tag)
    return print_list(found, _COLUMNS, console)


def _show(args: Namespace, client: Any, console: Console) -> int:
    return show_each(args.items, client.get_stack, console)


def _create(args: Namespace, client: Any, console: Console) -> int:
    arguments = (args.name, _source(args.template), dict(args.parameter), _source(args.environment))
    keywords = {"timeout_mins": args.give_up, "disable_rollback": not args.rollback, "tags": args.tag}
    return make(args, client.create_stack, arguments, keywords, console, wait=_watch(args, client, console))


def _update(args: Namespace, client: Any, console: Console) -> int:
    arguments = (args.stack, _source(args.template), dict(args.parameter), _source(args.environment))
    keywords = {
        "timeout_mins": args.give_up,
        "disable_rollback": None if args.rollback is None else not args.rollback,
        "tags": args.tag or None,
        "clear_parameters": args.clear_parameter,
    }
    watch = _watch(args, client, console, args.stack)
    return make(args, client.update_stack, arguments, keywords, console, wait=watch)


def _delete(args: Namespace, client: Any, console: Console) -> int:
    watches: dict[str, _Watch | None] = {}

    def resolve(text: str) -> str:
        found = client.get_stack(text)
        if found.status == "DELETE_COMPLETE":  # an id is known for a while after that
            raise NotFoundError(f"there is no stack {text!r} any more")
        watches[found.id] = _watch(args, client, console, found.id)
        return str(found.id)

    def gone(stack_id: str) -> None:
        watch = watches[stack_id]
        if watch is not None:
            watch.gone(stack_id, deadline_seconds=args.timeout)

    return change_each(args, resolve, client.delete_stack, console, gone=gone)


def _preview(args: Namespace, client: Any, console: Console) -> int:
    found = client.preview_stack(
        args.name, _source(args.template), dict(args.parameter), _source(args.environment)
    )
    return print_list(found, ("name", "type"), console)


def _validate(args: Namespace, client: Any, console: Console) -> int:
    found = client.validate_template(_source(args.template), _source(args.environment))
    if console.json:
        console.record(found)
        return OK
    return print_list(found.parameters, _PARAMETERS, console)


def _outputs(args: Namespace, client: Any, console: Console) -> int:
    stack = client.get_stack(args.stack)
    if args.output is not None:
        return _output(args, stack, console)
    if console.json:
        console.document(stack.outputs)
    else:
        console.table(("name", "value"), [(name, _value(value)) for name, value in stack.outputs.items()])
        console.flush()
    failed = [f"{name!r} ({why})" for name, why in stack.output_errors.items()]
    if failed:
        raise ConflictError(f"outputs of {args.stack} that failed: {', '.join(failed)}")
    return OK


def _output(args: Namespace, stack: Any, console: Console) -> int:
    if args.output in stack.output_errors:
        raise ConflictError(f"the output {args.output!r} failed: {stack.output_errors[args.output]}")
    if args.output not in stack.outputs:
        names = ", ".join(stack.outputs) or "none"
        raise NotFoundError(f"{args.stack} has no output {args.output!r}", hint=f"it has {names}")
    value = stack.outputs[args.output]
    if console.json:
        console.document(value)
    else:
        console.line(_value(value))
    return OK


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(to_json(value), ensure_ascii=False)


def _events(args: Namespace, client: Any, console: Console) -> int:
    if not args.follow:
        found = client.iter_stack_events(args.stack, args.resource, nested_depth=args.nested)
        if console.json:
            return print_list(found, (), console)
        console.table(("at", "resource", "status", "reason"), [_event(each) for each in found])
        return OK
    if args.resource or args.nested:
        raise InvalidRequestError("--follow goes with neither --resource nor --nested")
    for event in client.follow_stack_events(args.stack, deadline_seconds=args.timeout):
        if console.json:
            console.record(event)
        else:
            console.line("\t".join(_event(event)))
        console.flush()  # they take their time: whoever reads along shall see each at once
    return OK


def _event(event: Any) -> tuple[str, ...]:
    return time_text(event.at), event.resource_name, event.status, _reason(event) or "-"


def _resources(args: Namespace, client: Any, console: Console) -> int:
    found = client.list_stack_resources(args.stack, nested_depth=args.nested)
    return print_list(found, ("stack_name", *_RESOURCES) if args.nested else _RESOURCES, console)


def _action(args: Namespace, client: Any, console: Console, method: Callable[..., Any]) -> int:
    watch = _watch(args, client, console, args.stack)
    return make(args, method, (args.stack,), {}, console, wait=watch)


def _suspend(args: Namespace, client: Any, console: Console) -> int:
    return _action(args, client, console, client.suspend_stack)


def _resume(args: Namespace, client: Any, console: Console) -> int:
    return _action(args, client, console, client.resume_stack)


def _check(args: Namespace, client: Any, console: Console) -> int:
    return _action(args, client, console, client.check_stack)


VERBS: dict[str, Verb] = {
    "list": _list,
    "show": _show,
    "create": _create,
    "update": _update,
    "delete": _delete,
    "preview": _preview,
    "validate": _validate,
    "outputs": _outputs,
    "events": _events,
    "resources": _resources,
    "suspend": _suspend,
    "resume": _resume,
    "check": _check,
}
