"""``cloud dns``: zones, their records, whole zones from a file, and reverse names of floating IPs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from cloud._registry import infrastructure_value
from cloud.cli._errors import OK, PARTIAL
from cloud.cli._openstack import (
    ID,
    Teller,
    change_each,
    make,
    print_list,
    print_plan,
    print_record,
    read_text,
    run_verb,
    show_each,
    text_of,
)
from cloud.common.errors import InvalidRequestError, NotFoundError, PreconditionFailedError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from cloud.cli._console import Console
    from cloud.cli._openstack import Verb
    from cloud.cli._places import Session

_ZONES = ("name", "status", "type", "ttl", "serial", "email")
_RECORDS = ("name", "type", "ttl", "status", "records")
_PTRS = ("address", "hostname", "ttl", "status")
_YAML = (".yaml", ".yml", ".json")


def run(args: Namespace, session: Session, console: Console) -> int:
    """Run one command on zones, records or reverse names."""
    return run_verb("dns", VERBS, args, session, console)


def _wait_zone(wait: Callable[..., Any], zone_id: str, args: Namespace, console: Console) -> None:
    """Wait for a zone; each state on the way is told by its name."""
    wait(zone_id, deadline_seconds=args.timeout, progress=Teller(console, "name"))


# -- zones -----------------------------------------------------------------------------------------------------
def _list(args: Namespace, client: Any, console: Console) -> int:
    return print_list(client.iter_zones(name=args.name), _ZONES, console)


def _show(args: Namespace, client: Any, console: Console) -> int:
    return show_each(args.items, client.get_zone, console)


def _create(args: Namespace, client: Any, console: Console) -> int:
    if not args.email and not args.master:
        raise InvalidRequestError(
            "a zone of your own needs who answers for it", hint=f"--email hostmaster@{args.zone}"
        )
    arguments = (args.zone, args.email, args.ttl, args.description)
    return make(
        args,
        client.create_zone,
        arguments,
        {"masters": args.master},
        console,
        wait=client.wait_for_zone,
        called="name",
    )


def _update(args: Namespace, client: Any, console: Console) -> int:
    arguments = (args.zone, args.email, args.ttl, args.description)
    return make(args, client.update_zone, arguments, {}, console, wait=client.wait_for_zone, called="name")


def _delete(args: Namespace, client: Any, console: Console) -> int:
    def gone(zone_id: str) -> None:
        _wait_zone(client.wait_for_zone_gone, zone_id, args, console)

    return change_each(
        args, lambda text: str(client.get_zone(text).id), client.delete_zone, console, gone=gone
    )


def _nameservers(args: Namespace, client: Any, console: Console) -> int:
    found = client.list_nameservers(args.zone)
    if console.json:
        console.document(found)
        return OK
    for name in found:
        console.line(name)
    return OK


def _export(args: Namespace, client: Any, console: Console) -> int:
    text = client.export_zone(args.zone)
    if console.json:
        console.document({"zone": args.zone, "text": text})
        return OK
    for line in text.splitlines():
        console.line(line)
    return OK


# -- whole zones -----------------------------------------------------------------------------------------------
def _wanted(args: Namespace, client: Any) -> Any:
    """Return what the file says, which must be about the zone that was named."""
    text, reader = read_text(args.file), infrastructure_value("zone")
    is_yaml = args.file.lower().endswith(_YAML) if args.format is None else args.format == "yaml"
    zone = client.get_zone(args.zone).name if ID.fullmatch(args.zone) else args.zone
    wanted = reader.from_yaml(text) if is_yaml else reader.from_bind(text, zone=zone)
    # The reader brings names into one form: dots, case, unicode.
    named = reader.from_dict({"zone": zone}).name
    if wanted.name != named:
        raise InvalidRequestError(
            f"{args.file} is about the zone {wanted.name}, not about {named}",
            hint="name the one that you mean",
        )
    return wanted


def _plan(args: Namespace, client: Any, console: Console) -> int:
    plan = client.plan_zone(_wanted(args, client))
    _print_zone_plan(plan, console)
    return PARTIAL if args.exit_code and not plan.is_empty else OK


def _apply(args: Namespace, client: Any, console: Console) -> int:
    wanted = _wanted(args, client)
    if not wanted.record_sets and args.max_delete < 1 and client.plan_zone(wanted).count("delete"):
        # A file that was cut short or never written looks like this.
        raise PreconditionFailedError(
            f"{args.file} has no records, so every record of {wanted.name} would be deleted",
            hint="--max-delete 100% if that is meant",
            request_sent=False,
        )
    try:
        plan = client.apply_zone(
            wanted,
            delete_threshold=args.max_delete,
            update_threshold=args.max_update,
            dry_run=args.dry_run,
        )
    except PreconditionFailedError as error:
        if not error.request_sent:  # the thresholds, which have other names here
            error.hint = "look at `cloud dns plan`; if it is right, raise --max-delete or --max-update"
        raise
    _print_zone_plan(plan, console)
    if args.wait and plan.applied and not (plan.zone_id is None or plan.is_empty):
        console.flush()
        _wait_zone(client.wait_for_zone, plan.zone_id, args, console)
    return OK


def _print_zone_plan(plan: Any, console: Console) -> None:
    """Print what differs, a row for each record set, and how many on standard error."""
    if console.json:
        console.record(plan)
        return
    rows = []
    if plan.zone_changes or plan.is_new:
        action = "create" if plan.is_new else "set"
        rows.append((action, plan.zone, "zone", "-", text_of(plan.zone_changes)))
    for each in plan.changes:
        before, after = _data(each.before, each.ttl_before), _data(each.after, each.ttl_after)
        rows.append((each.action, each.name, each.type, before, after))
    if rows:
        console.table(("action", "name", "type", "before", "after"), rows)
        console.flush()
    counts = [f"{plan.count(action)} {action}d" for action in ("create", "update", "delete")]
    counts = (
        counts
        if plan.applied
        else [f"{plan.count(word)} to {word}" for word in ("create", "update", "delete")]
    )
    console.note(f"{plan.zone}: {', '.join(counts)}, {plan.unchanged} as they shall be")


def _data(records: tuple[str, ...], ttl: int | None) -> str:
    text = ", ".join(records) or "-"  # data may have spaces
    return text if ttl is None else f"{text} (ttl {ttl})"


# -- records ---------------------------------------------------------------------------------------------------
def _record_list(args: Namespace, client: Any, console: Console) -> int:
    found = client.iter_records(args.zone, name=args.name, record_type=args.type)
    if console.json:
        return print_list(found, (), console)
    console.table(
        _RECORDS,
        [(each.name, each.type, text_of(each.ttl), each.status, ", ".join(each.records)) for each in found],
        right=(2,),
    )
    return OK


def _record(args: Namespace, client: Any) -> Any:
    found = client.find_record(args.zone, args.name, args.type)
    if found is None:
        raise NotFoundError(f"{args.zone} has no records of name {args.name!r} and type {args.type.upper()}")
    return found


def _record_show(args: Namespace, client: Any, console: Console) -> int:
    return print_record(_record(args, client), console)


def _make_records(args: Namespace, client: Any, console: Console, method: Callable[..., Any]) -> int:
    zone_id = str(client.get_zone(args.zone).id)

    return make(
        args,
        method,
        (zone_id, args.name, args.type, args.values, args.ttl, args.description),
        {},
        console,
        wait=partial(client.wait_for_record, zone_id),
        shown="name",
        called="name",
    )


def _record_create(args: Namespace, client: Any, console: Console) -> int:
    return _make_records(args, client, console, client.create_record)


def _record_set(args: Namespace, client: Any, console: Console) -> int:
    return _make_records(args, client, console, client.set_record)


def _record_delete(args: Namespace, client: Any, console: Console) -> int:
    try:
        found = _record(args, client)
    except NotFoundError:
        if not args.force:
            raise
        return OK
    if args.dry_run:
        return print_plan(client.delete_record(found.zone_id, found.id, dry_run=True), console)
    deleted = client.delete_record(found.zone_id, found.id)
    if not console.json:
        console.line(found.name)
        console.flush()
    if args.wait:
        # What is deleted has no state of its own; the zone's is that of all its changes.
        _wait_zone(client.wait_for_zone, found.zone_id, args, console)
    if console.json:
        console.record({"name": found.name, "type": found.type, "deleted": deleted})
    return OK


# -- reverse names ---------------------------------------------------------------------------------------------
def _ptr_list(args: Namespace, client: Any, console: Console) -> int:
    del args  # it has none
    return print_list(client.list_ptr_records(), _PTRS, console)


def _ptr_show(args: Namespace, client: Any, console: Console) -> int:
    return print_record(client.get_reverse_dns(args.address), console)


def _ptr_set(args: Namespace, client: Any, console: Console) -> int:
    return make(
        args,
        client.set_reverse_dns,
        (args.address, args.name, args.ttl, args.description),
        {},
        console,
        wait=client.wait_for_reverse_dns,
        shown="hostname",
        called="address",
    )


def _ptr_delete(args: Namespace, client: Any, console: Console) -> int:
    return change_each(args, str, client.delete_reverse_dns, console)


VERBS: dict[str, Verb] = {
    "list": _list,
    "show": _show,
    "create": _create,
    "update": _update,
    "delete": _delete,
    "nameservers": _nameservers,
    "export": _export,
    "plan": _plan,
    "apply": _apply,
    "record_list": _record_list,
    "record_show": _record_show,
    "record_create": _record_create,
    "record_set": _record_set,
    "record_delete": _record_delete,
    "ptr_list": _ptr_list,
    "ptr_show": _ptr_show,
    "ptr_set": _ptr_set,
    "ptr_delete": _ptr_delete,
}
