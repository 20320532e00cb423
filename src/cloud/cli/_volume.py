"""``cloud volume``: volumes, snapshots and backups."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from cloud.cli._errors import OK
from cloud.cli._openstack import (
    Teller,
    change_each,
    id_of,
    make,
    print_list,
    print_plan,
    print_record,
    run_verb,
    show_each,
)

if TYPE_CHECKING:
    from argparse import Namespace

    from cloud.cli._console import Console
    from cloud.cli._openstack import Verb
    from cloud.cli._places import Session

_COLUMNS = ("id", "name", "status", "size_gib", "volume_type", "attachments", "created_at")
_PARTS = ("id", "name", "status", "size_gib", "volume_id", "created_at")


def run(args: Namespace, session: Session, console: Console) -> int:
    """Run one command on volumes."""
    return run_verb("volume", VERBS, args, session, console)


def _volume(client: Any, text: str) -> str:
    return id_of(text, client.list_volumes, "volume")


def _snapshot(client: Any, text: str) -> str:
    return id_of(text, client.list_snapshots, "snapshot")


def _backup(client: Any, text: str) -> str:
    return id_of(text, client.list_backups, "backup")


def _list(args: Namespace, client: Any, console: Console) -> int:
    return print_list(client.list_volumes(name=args.name, status=args.status), _COLUMNS, console)


def _show(args: Namespace, client: Any, console: Console) -> int:
    return show_each(args.items, lambda text: client.get_volume(_volume(client, text)), console)


def _create(args: Namespace, client: Any, console: Console) -> int:
    keywords = {
        "description": args.description,
        "volume_type": args.type,
        "availability_zone": args.zone,
        "image_id": args.image,
        "snapshot_id": args.snapshot and _snapshot(client, args.snapshot),
        "source_volume_id": args.volume and _volume(client, args.volume),
        "backup_id": args.backup and _backup(client, args.backup),
        "metadata": dict(args.metadata) or None,
    }
    return make(
        args, client.create_volume, (args.size, args.name), keywords, console, wait=client.wait_for_volume
    )


def _gone(args: Namespace, wait: Any, console: Console) -> Any:
    return partial(wait, states=("deleted",), deadline_seconds=args.timeout, progress=Teller(console))


def _delete(args: Namespace, client: Any, console: Console) -> int:
    return change_each(
        args,
        partial(_volume, client),
        client.delete_volume,
        console,
        keywords={"cascade": args.cascade},
        gone=_gone(args, client.wait_for_volume, console),
    )


def _extend(args: Namespace, client: Any, console: Console) -> int:
    arguments = (_volume(client, args.item), args.size)
    return make(args, client.extend_volume, arguments, {}, console, wait=client.wait_for_volume)


def _retype(args: Namespace, client: Any, console: Console) -> int:
    arguments = (_volume(client, args.item), args.type)
    keywords = {"may_migrate": args.migrate}
    return make(args, client.retype_volume, arguments, keywords, console, wait=client.wait_for_volume)


def _attach(args: Namespace, client: Any, console: Console) -> int:
    keywords = {"wait_seconds": args.timeout, "progress": Teller(console)}
    return make(args, client.attach_volume, (_volume(client, args.item), args.instance), keywords, console)


def _detach(args: Namespace, client: Any, console: Console) -> int:
    volume_id = _volume(client, args.item)
    if args.dry_run:
        return print_plan(client.detach_volume(volume_id, args.instance, dry_run=True), console)
    done = client.detach_volume(volume_id, args.instance, wait_seconds=args.timeout, progress=Teller(console))
    if console.json:
        console.record({"id": volume_id, "detached": done})
    elif done:
        console.line(volume_id)
    else:
        console.note(f"{args.item}: nothing to do")
    return OK


def _types(args: Namespace, client: Any, console: Console) -> int:
    del args  # it has none
    return print_list(client.list_volume_types(), ("id", "name", "is_public", "description"), console)


def _quotas(args: Namespace, client: Any, console: Console) -> int:
    del args  # it has none
    return print_list(client.list_quotas(), ("name", "used", "limit", "unit"), console)


def _snapshot_list(args: Namespace, client: Any, console: Console) -> int:
    return print_list(client.list_snapshots(name=args.name), _PARTS, console)


def _snapshot_create(args: Namespace, client: Any, console: Console) -> int:
    arguments = (_volume(client, args.item), args.name)
    keywords = {"description": args.description, "force": args.attached}
    return make(args, client.create_snapshot, arguments, keywords, console, wait=client.wait_for_snapshot)


def _snapshot_delete(args: Namespace, client: Any, console: Console) -> int:
    return change_each(
        args,
        partial(_snapshot, client),
        client.delete_snapshot,
        console,
        gone=_gone(args, client.wait_for_snapshot, console),
    )


def _backup_list(args: Namespace, client: Any, console: Console) -> int:
    return print_list(client.list_backups(name=args.name), (*_PARTS, "is_incremental"), console)


def _backup_create(args: Namespace, client: Any, console: Console) -> int:
    arguments = (_volume(client, args.item), args.name)
    keywords = {
        "description": args.description,
        "incremental": args.incremental,
        "force": args.attached,
    }
    return make(args, client.create_backup, arguments, keywords, console, wait=client.wait_for_backup)


def _backup_restore(args: Namespace, client: Any, console: Console) -> int:
    backup_id = _backup(client, args.item)
    onto = args.volume and _volume(client, args.volume)
    if args.dry_run:
        return print_plan(client.restore_backup(backup_id, onto, args.name, dry_run=True), console)
    restored = client.restore_backup(backup_id, onto, args.name)
    if not console.json:
        console.line(restored.volume_id)
        console.flush()
    if args.wait:
        client.wait_for_volume(restored.volume_id, deadline_seconds=args.timeout, progress=Teller(console))
    return print_record(restored, console) if console.json else OK


def _backup_prune(args: Namespace, client: Any, console: Console) -> int:
    volume_id, keywords = _volume(client, args.item), {"name_prefix": args.prefix}
    if args.dry_run:
        return print_plan(client.prune_backups(volume_id, args.keep, **keywords, dry_run=True), console)
    return print_list(client.prune_backups(volume_id, args.keep, **keywords), _PARTS, console)


def _backup_delete(args: Namespace, client: Any, console: Console) -> int:
    return change_each(
        args,
        partial(_backup, client),
        client.delete_backup,
        console,
        gone=_gone(args, client.wait_for_backup, console),
    )


VERBS: dict[str, Verb] = {
    "list": _list,
    "show": _show,
    "create": _create,
    "delete": _delete,
    "extend": _extend,
    "retype": _retype,
    "attach": _attach,
    "detach": _detach,
    "types": _types,
    "quotas": _quotas,
    "snapshot_list": _snapshot_list,
    "snapshot_create": _snapshot_create,
    "snapshot_delete": _snapshot_delete,
    "backup_list": _backup_list,
    "backup_create": _backup_create,
    "backup_restore": _backup_restore,
    "backup_prune": _backup_prune,
    "backup_delete": _backup_delete,
}
