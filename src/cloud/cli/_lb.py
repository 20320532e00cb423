"""``cloud lb``: load balancers, listeners, pools and their members."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from cloud.cli._errors import OK
from cloud.cli._network import subnet_id
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
from cloud.common.errors import InvalidRequestError

if TYPE_CHECKING:
    from argparse import Namespace

    from cloud.cli._console import Console
    from cloud.cli._openstack import Verb
    from cloud.cli._places import Session

_CHECK_SECONDS, _CHECK_TIMEOUT_SECONDS = 5, 3


def run(args: Namespace, session: Session, console: Console) -> int:
    """Run one command on load balancers."""
    return run_verb("network", VERBS, args, session, console)


def _balancer(client: Any, text: str) -> str:
    return id_of(text, client.list_loadbalancers, "load balancer")


def _listener(client: Any, text: str) -> str:
    return id_of(text, client.list_listeners, "listener")


def _pool(client: Any, text: str) -> str:
    return id_of(text, client.list_pools, "pool")


def _list(args: Namespace, client: Any, console: Console) -> int:
    columns = ("id", "name", "provisioning_status", "operating_status", "vip_address", "created_at")
    return print_list(client.list_loadbalancers(name=args.name), columns, console)


def _show(args: Namespace, client: Any, console: Console) -> int:
    return show_each(args.items, lambda text: client.get_loadbalancer(_balancer(client, text)), console)


def _create(args: Namespace, client: Any, console: Console) -> int:
    return make(
        args,
        client.create_loadbalancer,
        (args.name, subnet_id(client, args.subnet), args.address),
        {"description": args.description},
        console,
        wait=client.wait_for_loadbalancer,
    )


def _delete(args: Namespace, client: Any, console: Console) -> int:
    gone = partial(
        client.wait_for_loadbalancer,
        states=("DELETED",),
        deadline_seconds=args.timeout,
        progress=Teller(console),
    )
    keywords = {"cascade": args.cascade}
    return change_each(
        args, partial(_balancer, client), client.delete_loadbalancer, console, keywords=keywords, gone=gone
    )


def _stats(args: Namespace, client: Any, console: Console) -> int:
    return print_record(client.get_loadbalancer_statistics(_balancer(client, args.item)), console)


def _listener_list(args: Namespace, client: Any, console: Console) -> int:
    columns = ("id", "name", "protocol", "port", "provisioning_status", "load_balancer_ids")
    return print_list(client.list_listeners(name=args.name), columns, console)


def _listener_create(args: Namespace, client: Any, console: Console) -> int:
    arguments = (_balancer(client, args.item), args.name, args.protocol.upper(), args.port)
    return make(args, client.create_listener, arguments, {}, console)


def _listener_delete(args: Namespace, client: Any, console: Console) -> int:
    return change_each(args, partial(_listener, client), client.delete_listener, console)


def _pool_list(args: Namespace, client: Any, console: Console) -> int:
    columns = ("id", "name", "protocol", "lb_algorithm", "provisioning_status", "member_ids")
    return print_list(client.list_pools(name=args.name), columns, console)


def _pool_create(args: Namespace, client: Any, console: Console) -> int:
    if args.check_path and not args.check:
        raise InvalidRequestError("--check-path needs --check")
    arguments = (args.name, args.protocol.upper(), args.algorithm.upper())
    keywords = {"listener_id": _listener(client, args.listener)}
    if args.dry_run:
        return print_plan(client.create_pool(*arguments, **keywords, dry_run=True), console)
    made = client.create_pool(*arguments, **keywords)
    if not console.json:
        console.line(made.id)
        console.flush()
    if args.check:
        client.create_health_monitor(
            made.id, args.check.upper(), _CHECK_SECONDS, _CHECK_TIMEOUT_SECONDS, url_path=args.check_path
        )
    return print_record(client.get_pool(made.id), console) if console.json else OK


def _pool_delete(args: Namespace, client: Any, console: Console) -> int:
    return change_each(args, partial(_pool, client), client.delete_pool, console)


def _member_list(args: Namespace, client: Any, console: Console) -> int:
    columns = ("id", "name", "address", "port", "weight", "operating_status")
    return print_list(client.list_pool_members(_pool(client, args.pool)), columns, console)


def _member_add(args: Namespace, client: Any, console: Console) -> int:
    arguments = (_pool(client, args.pool), args.address, args.port, args.weight)
    return make(args, client.add_pool_member, arguments, {}, console)


def _member_remove(args: Namespace, client: Any, console: Console) -> int:
    pool_id = _pool(client, args.pool)
    return change_each(args, str, partial(client.remove_pool_member, pool_id), console)


VERBS: dict[str, Verb] = {
    "list": _list,
    "show": _show,
    "create": _create,
    "delete": _delete,
    "stats": _stats,
    "listener_list": _listener_list,
    "listener_create": _listener_create,
    "listener_delete": _listener_delete,
    "pool_list": _pool_list,
    "pool_create": _pool_create,
    "pool_delete": _pool_delete,
    "member_list": _member_list,
    "member_add": _member_add,
    "member_remove": _member_remove,
}
