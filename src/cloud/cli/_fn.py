"""``cloud fn``: functions of one or several providers."""

from __future__ import annotations

import json
import os
from datetime import timezone
from typing import TYPE_CHECKING, Any

from cloud._registry import function_providers, open_functions
from cloud.cli._console import standard_input
from cloud.cli._errors import OK
from cloud.cli._items import each
from cloud.cli._text import size_text, time_text
from cloud.common._requirements import Requirements
from cloud.common.errors import (
    ConfigurationError,
    FunctionError,
    InvalidRequestError,
    MissingDependencyError,
    NotFoundError,
)

if TYPE_CHECKING:
    from argparse import Namespace

    from cloud.cli._console import Console
    from cloud.cli._places import Session
    from cloud.common._base_serverless import BaseServerlessClient
    from cloud.common.models import FunctionInfo, LogEvent

_HEADERS = ("provider", "name", "runtime", "memory", "timeout", "changed", "handler")


def fn_list(args: Namespace, session: Session, console: Console) -> int:
    """Print the functions of the providers in one table."""
    rows: list[tuple[str, FunctionInfo]] = []

    def look(provider: str) -> None:
        try:
            with _client(provider, args, session) as client:
                rows.extend((provider, function) for function in client.list_functions())
        except (ConfigurationError, MissingDependencyError) as error:
            if args.providers:
                raise
            console.note(f"{provider}: not set up ({error})")

    code = each(args.providers or function_providers(), look, console)
    if console.json:
        console.document([{"provider": provider, **function.to_dict()} for provider, function in rows])
    else:
        console.table(_HEADERS, [_cells(provider, function) for provider, function in rows], right=(3, 4))
    return code


def _cells(provider: str, function: FunctionInfo) -> tuple[str, ...]:
    memory, timeout = function.memory_bytes, function.timeout_seconds
    return (
        provider,
        function.name,
        function.runtime or "-",
        "-" if memory is None else size_text(memory, exact=False),
        "-" if timeout is None else f"{timeout:g} s",
        time_text(function.modified_at),
        function.handler or "-",
    )


def deploy(args: Namespace, session: Session, console: Console) -> int:
    """Make the function be there with this code and these settings."""
    requirements = None
    if args.requirements is not None:
        version = args.runtime.removeprefix("python") if args.runtime.startswith("python3.") else None
        requirements = Requirements(
            file=args.requirements,
            platforms=args.platform,
            python_version=version if args.platform else None,
        )
    elif args.platform:
        raise InvalidRequestError("--platform is for --requirements")
    with _client(args.provider, args, session, role=args.role) as client:
        done = client.deploy_function(
            args.name,
            args.runtime,
            args.entry,
            args.code,
            environment=_environment(args.env),
            memory_bytes=args.memory,
            timeout_seconds=args.timeout,
            description=args.description,
            requirements=requirements,
        )
    if console.json:
        console.document(done)
    else:
        console.line(f"{done.action}\t{args.provider}\t{done.function.name}")
    return OK


def _environment(pairs: list[str] | None) -> dict[str, str] | None:
    if pairs is None:
        return None
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals and name not in os.environ:
            raise InvalidRequestError(f"--env {name}: this shell has no such variable")
        found[name] = value if equals else os.environ[name]
    return found


def invoke(args: Namespace, session: Session, console: Console) -> int:
    """Run the function and print what it returned."""
    payload = _payload(args.payload)
    with _client(args.provider, args, session) as client:
        if args.later:
            request_id = client.invoke_async(args.name, payload)
            console.document({"request_id": request_id}) if console.json else console.line(request_id)
            return OK
        try:
            result = client.invoke(args.name, payload)
        except FunctionError as error:
            _show_logs(error.logs, console)
            raise
    if args.logs:
        _show_logs(result.logs, console)
    console.document(result.value)
    return OK


def _payload(text: str) -> Any:
    if text == "-":
        try:
            text = b"".join(standard_input()).decode()
        except UnicodeDecodeError as exc:
            raise InvalidRequestError("standard input is no UTF-8 text") from exc
    try:
        return json.loads(text)
    except ValueError as exc:
        raise InvalidRequestError(f"the payload is no JSON: {exc}") from exc


def _show_logs(logs: str | None, console: Console) -> None:
    for line in (logs or "").splitlines():
        console.note(line)


def logs(args: Namespace, session: Session, console: Console) -> int:
    """Print what the function wrote, oldest first."""
    with _client(args.provider, args, session) as client:
        for event in client.iter_logs(args.name, since=args.since, follow=args.follow):
            if console.json:
                console.record(event)
            else:
                console.line(_log_line(event))
            if args.follow:
                console.flush()
    return OK


def _log_line(event: LogEvent) -> str:
    at = event.at.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"{at}\t{event.message}"


def rm(args: Namespace, session: Session, console: Console) -> int:
    """Delete functions."""
    with _client(args.provider, args, session) as client:

        def remove(name: str) -> None:
            if not client.delete_function(name) and not args.force:
                raise NotFoundError(f"there is no function called {name!r}")

        return each(args.names, remove, console)


def _client(provider: str, args: Namespace, session: Session, **more: Any) -> BaseServerlessClient:
    overrides = {"profile": args.profile, "region": args.region, "endpoint_url": args.endpoint, **more}
    if provider == "local":
        del overrides["endpoint_url"]
        overrides["root"] = args.root
    config = session.config if args.profile or args.config else None
    return open_functions(provider, config=config, **overrides)
