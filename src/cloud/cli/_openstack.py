"""What the commands on volumes, networks and load balancers share: clients, names, tables, plans, waits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cloud._registry import open_infrastructure
from cloud.cli._console import standard_input
from cloud.cli._errors import OK
from cloud.cli._items import each
from cloud.cli._text import time_text
from cloud.common.errors import ConflictError, InvalidRequestError, NotFoundError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from cloud.cli._console import Console
    from cloud.cli._places import Session
    from cloud.common.models import Record

    Verb = Callable[[Namespace, Any, Console], int]

ID = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)


def run_verb(kind: str, verbs: dict[str, Verb], args: Namespace, session: Session, console: Console) -> int:
    """Open the client of a kind of infrastructure and run the command's verb."""
    client = open_infrastructure(
        kind, config=session.config, profile=args.profile, region=args.region, endpoint_url=args.endpoint
    )
    with client:
        return verbs[args.verb](args, client, console)


def id_of(text: str, listing: Callable[..., Iterable[Any]], what: str) -> str:
    """Return the id that `text` is, or the id of the only thing of that name.

    Raises:
        NotFoundError: nothing has that name.
        ConflictError: several have.
    """
    if ID.fullmatch(text):
        return text
    found = [item.id for item in listing(name=text) if item.name == text]
    if not found:
        raise NotFoundError(f"there is no {what} called {text!r}")
    if len(found) > 1:
        raise ConflictError(f"{len(found)} have the name {text!r}", hint=f"take one of {', '.join(found)}")
    return str(found[0])


def read_text(path: str) -> str:
    """Return the text of a file, or of standard input for ``-``.

    Raises:
        InvalidRequestError: it is not UTF-8.
        OSError: it cannot be read.
    """
    data = b"".join(standard_input()) if path == "-" else Path(path).read_bytes()
    try:
        return data.decode()
    except UnicodeDecodeError as exc:
        raise InvalidRequestError(f"{path} is no text in UTF-8: byte {exc.start} is not") from exc


def print_list(items: Iterable[Record], columns: Sequence[str], console: Console) -> int:
    """Print a table, or a line of JSON for each item as it comes."""
    if console.json:
        for item in items:
            console.record(item)
    else:
        console.table(columns, [[_cell(item, name) for name in columns] for item in items])
    return OK


def _cell(item: Record, name: str) -> str:
    value = item[name]
    if name.endswith("_at"):
        moment: datetime | None = value
        return time_text(moment)
    return text_of(value)


def text_of(value: object) -> str:
    """Return a value as a cell of a table."""
    if value is None or value in ("", (), []):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return " ".join(text_of(each_value) for each_value in value)
    if isinstance(value, Mapping) and not hasattr(value, "to_dict"):
        return " ".join(f"{name}={text_of(inner)}" for name, inner in value.items()) or "-"
    if hasattr(value, "ip_address"):
        return str(value.ip_address)
    if hasattr(value, "instance_id"):
        return str(value.instance_id)
    return str(value)


def print_record(item: Record, console: Console) -> int:
    """Print everything that is known of one thing."""
    if console.json:
        console.record(item)
        return OK
    rows: list[tuple[str, str]] = []
    for name in item:
        value = item[name]
        if hasattr(value, "items"):
            rows.extend((f"{name} {key}", text_of(inner)) for key, inner in value.items())
        else:
            rows.append((name, _cell(item, name)))
    console.table(("field", "value"), rows)
    return OK


def show_each(texts: Sequence[str], get: Callable[[str], Record], console: Console) -> int:
    """Print everything that is known of each thing."""
    return each(texts, lambda text: print_record(get(text), console), console)


def print_plan(plan: Any, console: Console) -> int:
    """Print what would be done, and what was looked at."""
    if console.json:
        console.record(plan)
        return OK
    console.note(f"would {plan.operation.replace('_', ' ')} {plan.resource}")
    for name, value in plan.changes.items():
        console.note(f"  {name}: {text_of(value)}")
    for fact in plan.checks:
        console.note(f"  checked: {fact}")
    return OK


def make(
    args: Namespace,
    method: Callable[..., Any],
    arguments: Sequence[Any],
    keywords: dict[str, Any],
    console: Console,
    *,
    wait: Callable[..., Any] | None = None,
    shown: str = "id",
    called: str = "id",
) -> int:
    """Make or change one thing, or print the plan; print its id, and wait for it where that was asked for.

    `shown` is what of it is printed in the place of the id, `called` what its states are told of.
    """
    if args.dry_run:
        return print_plan(method(*arguments, **keywords, dry_run=True), console)
    made = method(*arguments, **keywords)
    if not console.json:
        console.line(str(made[shown]))
        console.flush()  # waiting takes its time, and may fail: the id is out before
    if wait is not None and args.wait:
        made = wait(made.id, deadline_seconds=args.timeout, progress=Teller(console, called)) or made
    if console.json:
        console.record(made)
    return OK


def change_each(
    args: Namespace,
    resolve: Callable[[str], str],
    method: Callable[..., Any],
    console: Console,
    *,
    keywords: dict[str, Any] | None = None,
    gone: Callable[[str], Any] | None = None,
) -> int:
    """Delete each thing, or print the plans."""

    def one(text: str) -> int:
        try:
            found = resolve(text)
        except NotFoundError:
            if not args.force:
                raise
            return OK
        if args.dry_run:
            return print_plan(method(found, **(keywords or {}), dry_run=True), console)
        changed = method(found, **(keywords or {}))
        if not changed and not args.force:
            raise NotFoundError(f"{text}: there is none")
        if changed and gone is not None and args.wait:
            gone(found)
        if console.json:
            console.record({"id": found, "deleted": changed})
        elif changed:
            console.line(found)
            console.flush()
        return OK

    return each(args.items, one, console)


class Teller:
    """Tells each new state of what is waited for, on standard error."""

    def __init__(self, console: Console, called: str = "id") -> None:
        self._console = console
        self._called = called
        self._last = ""

    def __call__(self, item: Any) -> None:
        """Tell the state when it is another one than before."""
        state = getattr(item, "provisioning_status", None) or item.status
        if state != self._last:
            self._last = state
            self._console.note(f"{item[self._called]}: {state}")
