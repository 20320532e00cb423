"""``cloud ip``: floating IPs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from cloud.cli._network import network_id, port_id
from cloud.cli._openstack import ID, change_each, make, print_list, run_verb, show_each
from cloud.common.errors import InvalidRequestError, NotFoundError

if TYPE_CHECKING:
    from argparse import Namespace

    from cloud.cli._console import Console
    from cloud.cli._openstack import Verb
    from cloud.cli._places import Session


def run(args: Namespace, session: Session, console: Console) -> int:
    """Run one command on floating IPs."""
    return run_verb("network", VERBS, args, session, console)


def _ip(client: Any, text: str) -> str:
    """Return the id of a floating IP by id or address."""
    if ID.fullmatch(text):
        return text
    found = client.list_floating_ips(ip_address=text).first()
    if found is None:
        raise NotFoundError(f"there is no floating IP {text}")
    return str(found.id)


def _target(args: Namespace, client: Any) -> str | None:
    """Return the port that is named, or the first one of the instance that is named."""
    if args.port and args.instance:
        raise InvalidRequestError("--port and --instance exclude each other")
    if args.port:
        return port_id(client, args.port)
    if not args.instance:
        return None
    found = client.list_ports(device_id=args.instance).first()
    if found is None:
        raise NotFoundError(f"the instance {args.instance} has no port")
    return str(found.id)


def _list(args: Namespace, client: Any, console: Console) -> int:
    del args  # it has none
    columns = ("id", "ip_address", "status", "fixed_ip_address", "port_id", "description", "created_at")
    return print_list(client.list_floating_ips(), columns, console)


def _show(args: Namespace, client: Any, console: Console) -> int:
    return show_each(args.items, lambda text: client.get_floating_ip(_ip(client, text)), console)


def _create(args: Namespace, client: Any, console: Console) -> int:
    keywords = {"port_id": _target(args, client), "description": args.description}
    arguments = (network_id(client, args.network),)
    return make(args, client.allocate_floating_ip, arguments, keywords, console, shown="ip_address")


def _attach(args: Namespace, client: Any, console: Console) -> int:
    target = _target(args, client)
    if target is None:
        raise InvalidRequestError("where to? give --port or --instance")
    return make(
        args,
        client.associate_floating_ip,
        (_ip(client, args.item), target),
        {"reassociate": args.move},
        console,
        shown="ip_address",
    )


def _detach(args: Namespace, client: Any, console: Console) -> int:
    return make(
        args, client.disassociate_floating_ip, (_ip(client, args.item),), {}, console, shown="ip_address"
    )


def _delete(args: Namespace, client: Any, console: Console) -> int:
    return change_each(args, partial(_ip, client), client.release_floating_ip, console)


VERBS: dict[str, Verb] = {
    "list": _list,
    "show": _show,
    "create": _create,
    "attach": _attach,
    "detach": _detach,
    "delete": _delete,
}
