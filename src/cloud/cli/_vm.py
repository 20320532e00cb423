"""``cloud vm``: instances of every provider that has a compute client."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from cloud._registry import open_compute
from cloud.cli._console import standard_input
from cloud.cli._errors import OK
from cloud.cli._items import each
from cloud.cli._openstack import print_plan
from cloud.cli._text import time_text
from cloud.common.enums import InstanceState
from cloud.common.errors import NotFoundError, UnsupportedOperationError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator

    from cloud.cli._console import Console
    from cloud.cli._places import Session
    from cloud.common._base_compute import BaseComputeClient
    from cloud.common.models import Instance

    AnyComputeClient = BaseComputeClient[Any]

_HEADERS = ("provider", "id", "name", "state", "type", "region", "addresses", "created")


def _client(args: Namespace, session: Session, provider: str) -> AnyComputeClient:
    return open_compute(
        provider,
        config=session.config,
        profile=args.profile,
        region=args.region,
        endpoint_url=args.endpoint,
    )


def list_(args: Namespace, session: Session, console: Console) -> int:
    """Print the instances of one or several providers, in one table."""
    found: list[tuple[str, Instance]] = []

    def add(provider: str) -> int:
        with _client(args, session, provider) as client:
            found.extend((provider, item) for item in _instances(args, client))
        return OK

    code = each(list(dict.fromkeys(args.provider or ["aws"])), add, console)
    if console.json:
        for provider, item in found:
            console.record({"provider": provider, **item.to_dict()})
    else:
        console.table(_HEADERS, [_row(provider, item) for provider, item in found])
    return code


def _instances(args: Namespace, client: AnyComputeClient) -> Iterator[Instance]:
    filters: dict[str, Any] = {
        "states": [InstanceState(state) for state in args.state],
        "name": args.name,
        "tags": dict(args.tag),
    }
    if not args.all_regions:
        yield from client.iter_instances(**filters)
        return
    everywhere = getattr(client, "list_instances_everywhere", None)
    if everywhere is None:
        raise UnsupportedOperationError(f"{type(client).__name__} works in one region")
    yield from everywhere(**filters)


def _row(provider: str, item: Instance) -> tuple[str, ...]:
    return (
        provider,
        item.id,
        item.name or "-",
        item.state.value if item.state is not InstanceState.UNKNOWN else item.raw_state,
        item.instance_type,
        item.zone or item.region or "-",
        " ".join([*item.public_addresses, *item.private_addresses]) or "-",
        time_text(item.created_at),
    )


def show(args: Namespace, session: Session, console: Console) -> int:
    """Print everything that is known of instances."""
    with _client(args, session, args.provider) as client:

        def one(instance_id: str) -> int:
            _print(args, console, client.get_instance(instance_id))
            return OK

        return each(args.ids, one, console)


def _print(args: Namespace, console: Console, item: Instance) -> None:
    if console.json:
        console.record({"provider": args.provider, **item.to_dict()})
        return
    facts = {"provider": args.provider, **item.to_dict()}
    tags = facts.pop("tags")
    rows = [(name, _text(value)) for name, value in facts.items()]
    console.table(("field", "value"), [*rows, *((f"tag {name}", value) for name, value in tags.items())])


def _text(value: object) -> str:
    if isinstance(value, list):
        return " ".join(str(item) for item in value) or "-"
    return "-" if value is None or value == "" else str(value)


def create(args: Namespace, session: Session, console: Console) -> int:
    """Make one instance and print its id; once, whatever happens to the answer."""
    options: dict[str, Any] = {
        "key_pair": args.key_pair,
        "user_data": None if args.user_data is None else _read(args.user_data),
        "security_groups": args.security_group,
        "networks": args.network,
        "zone": args.zone,
        "tags": dict(args.tag),
        "token": args.token,
    }
    with _client(args, session, args.provider) as client:
        if args.dry_run:
            return _plan(args, client, options, console)
        made = client.create_instance(args.name, args.type, args.image, **options)
        if not console.json:
            console.line(made.id)
            console.flush()  # waiting takes its time, and may fail: the id is out before
        if args.wait:
            made = _wait(args, client, made.id, [InstanceState.RUNNING], console)
        if console.json:
            console.record({"provider": args.provider, **made.to_dict()})
        return OK


def _plan(args: Namespace, client: AnyComputeClient, options: dict[str, Any], console: Console) -> int:
    """Print what would be made: the client's own plan where it has one, else that the service would make it."""
    token = options.pop("token")  # it is of the making, not of what is made
    ask: Callable[..., Any] = getattr(client, "plan_instance", None) or partial(
        client.create_instance, token=token, dry_run=True
    )
    plan = ask(args.name, args.type, args.image, **options)
    if plan is not None:
        return print_plan(plan, console)
    if console.json:
        console.record({"operation": "create_instance", "resource": args.name, "changes": {}, "checks": []})
    else:
        console.note(f"would create {args.name}")
    return OK


def _read(path: str) -> bytes:
    if path == "-":
        return b"".join(standard_input())
    with open(path, "rb") as file:  # noqa: PTH123  # errors name the path as it was typed
        return file.read()


def start(args: Namespace, session: Session, console: Console) -> int:
    """Start instances."""
    return _change(
        args,
        session,
        console,
        lambda client, one: client.start_instance(one, dry_run=args.dry_run),
        ("start", InstanceState.RUNNING),
    )


def stop(args: Namespace, session: Session, console: Console) -> int:
    """Stop instances."""
    return _change(
        args,
        session,
        console,
        lambda client, one: client.stop_instance(one, force=args.force, dry_run=args.dry_run),
        ("stop", InstanceState.STOPPED),
    )


def reboot(args: Namespace, session: Session, console: Console) -> int:
    """Reboot instances."""
    return _change(
        args,
        session,
        console,
        lambda client, one: client.reboot_instance(one, force=args.force, dry_run=args.dry_run),
        ("reboot", None),
    )


def delete(args: Namespace, session: Session, console: Console) -> int:
    """Terminate instances, for ever."""

    def terminate(client: AnyComputeClient, instance_id: str) -> bool:
        changed = client.terminate_instance(instance_id, dry_run=args.dry_run)
        if not changed and not args.force:
            client.get_instance(instance_id)  # raises when it was never there
        return changed

    return _change(args, session, console, terminate, ("delete", InstanceState.TERMINATED))


def _change(
    args: Namespace,
    session: Session,
    console: Console,
    action: Callable[[AnyComputeClient, str], bool],
    what: tuple[str, InstanceState | None],
) -> int:
    """Do one thing to each instance and tell what became of it."""
    word, state = what
    with _client(args, session, args.provider) as client:

        def one(instance_id: str) -> int:
            changed = action(client, instance_id)
            if state is not None and not args.dry_run and args.wait:
                _wait_gone(args, client, instance_id, state, console)
            if console.json:
                console.record(
                    {"id": instance_id, "action": word, "changed": changed, "dry_run": args.dry_run}
                )
            elif args.dry_run:
                console.note(f"would {word} {instance_id}" if changed else f"{instance_id}: nothing to do")
            elif changed:
                console.line(instance_id)
                console.flush()
            else:
                console.note(f"{instance_id}: nothing to do")
            return OK

        return each(args.ids, one, console)


def _wait_gone(
    args: Namespace, client: AnyComputeClient, instance_id: str, state: InstanceState, console: Console
) -> None:
    """Wait for the state; what the service has forgotten is terminated."""
    try:
        _wait(args, client, instance_id, [state], console)
    except NotFoundError:
        if state is not InstanceState.TERMINATED:
            raise


def wait(args: Namespace, session: Session, console: Console) -> int:
    """Wait until each instance is in a state, and print it."""
    states = [InstanceState(state) for state in args.state] or [InstanceState.RUNNING]
    with _client(args, session, args.provider) as client:

        def one(instance_id: str) -> int:
            found = _wait(args, client, instance_id, states, console)
            if console.json:
                console.record({"provider": args.provider, **found.to_dict()})
            else:
                console.line(f"{found.id}\t{found.state.value}")
                console.flush()
            return OK

        return each(args.ids, one, console)


def _wait(
    args: Namespace, client: AnyComputeClient, instance_id: str, states: list[InstanceState], console: Console
) -> Instance:
    """Wait for one of the states; every change on the way is told on standard error."""
    told: list[str] = []

    def tell(item: Instance) -> None:
        if not told or told[-1] != item.raw_state:
            told.append(item.raw_state)
            console.note(f"{instance_id}: {item.raw_state}")

    return client.wait_for(instance_id, states, deadline_seconds=args.timeout, progress=tell)


def console_output(args: Namespace, session: Session, console: Console) -> int:
    """Write what an instance wrote to its serial console."""
    with _client(args, session, args.provider) as client:
        text = client.get_console_output(args.id)
    if console.json:
        console.document({"provider": args.provider, "id": args.id, "output": text})
        return OK
    for line in text.splitlines():
        console.line(line)
    return OK
