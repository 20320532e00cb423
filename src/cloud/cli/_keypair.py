"""``cloud keypair``: SSH keys that new instances let in, at every provider that keeps them."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cloud._registry import open_compute
from cloud.cli._errors import OK
from cloud.cli._items import each
from cloud.cli._openstack import print_list, read_text, show_each
from cloud.common.errors import InvalidRequestError, NotFoundError

if TYPE_CHECKING:
    from argparse import Namespace

    from cloud.cli._console import Console
    from cloud.cli._openstack import Verb
    from cloud.cli._places import Session
    from cloud.common.models import KeyPair


def run(args: Namespace, session: Session, console: Console) -> int:
    """Run one command on key pairs."""
    client = open_compute(
        args.provider,
        config=session.config,
        profile=args.profile,
        region=args.region,
        endpoint_url=args.endpoint,
    )
    with client:
        return VERBS[args.verb](args, client, console)


def _list(args: Namespace, client: Any, console: Console) -> int:
    del args  # it has none
    return print_list(client.list_key_pairs(), ("name", "fingerprint", "created_at"), console)


def _show(args: Namespace, client: Any, console: Console) -> int:
    def get(name: str) -> KeyPair:
        found: KeyPair | None = next((pair for pair in client.list_key_pairs() if pair.name == name), None)
        if found is None:
            raise NotFoundError(f"there is no key pair {name!r}")
        return found

    return show_each(args.items, get, console)


def _create(args: Namespace, client: Any, console: Console) -> int:
    if (args.public_key is None) == (args.save is None):
        raise InvalidRequestError("give one of --public-key and --save")
    if args.dry_run:
        return _plan_create(args, client, console)
    if args.public_key is not None:
        made = client.import_key_pair(args.name, read_text(args.public_key))
    else:
        # The file first: a key that cannot be kept is not made. Nobody else may read it, at no moment.
        descriptor = os.open(args.save, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            try:
                made = client.create_key_pair(args.name)
            except BaseException:
                Path(args.save).unlink()
                raise
            file.write(made.private_key.reveal())
    if console.json:
        console.record(made)
    else:
        console.line(made.fingerprint)
    return OK


def _plan_create(args: Namespace, client: Any, console: Console) -> int:
    """Tell what would be made, once it is known that it could be."""
    if args.public_key is not None:
        client.import_key_pair(args.name, read_text(args.public_key), dry_run=True)
    elif Path(args.save).exists():
        raise FileExistsError(errno.EEXIST, "it is there already, and a key goes to a new file", args.save)
    else:
        client.create_key_pair(args.name, dry_run=True)
    if console.json:
        console.record({"name": args.name, "action": "create", "dry_run": True})
    else:
        console.note(f"would create the key pair {args.name}")
    return OK


def _delete(args: Namespace, client: Any, console: Console) -> int:
    def one(name: str) -> int:
        changed = client.delete_key_pair(name, dry_run=args.dry_run)
        if not changed and not args.force:
            raise NotFoundError(f"there is no key pair {name!r}")
        if console.json:
            console.record({"name": name, "deleted": changed, "dry_run": args.dry_run})
        elif changed and args.dry_run:
            console.note(f"would delete the key pair {name}")
        elif changed:
            console.line(name)
        return OK

    return each(args.items, one, console)


VERBS: dict[str, Verb] = {"list": _list, "show": _show, "create": _create, "delete": _delete}
