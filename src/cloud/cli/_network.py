"""``cloud network``: networks, subnets, routers, security groups and ports."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from cloud.cli._errors import OK
from cloud.cli._openstack import change_each, id_of, make, print_list, run_verb, show_each
from cloud.common.errors import InvalidRequestError

if TYPE_CHECKING:
    from argparse import Namespace

    from cloud.cli._console import Console
    from cloud.cli._openstack import Verb
    from cloud.cli._places import Session


def run(args: Namespace, session: Session, console: Console) -> int:
    """Run one command on networks."""
    return run_verb("network", VERBS, args, session, console)


def network_id(client: Any, text: str) -> str:
    """Return the id of a network by id or name."""
    return id_of(text, client.list_networks, "network")


def subnet_id(client: Any, text: str) -> str:
    """Return the id of a subnet by id or name."""
    return id_of(text, client.list_subnets, "subnet")


def port_id(client: Any, text: str) -> str:
    """Return the id of a port by id or name."""
    return id_of(text, client.list_ports, "port")


def _router(client: Any, text: str) -> str:
    return id_of(text, client.list_routers, "router")


def _group(client: Any, text: str) -> str:
    return id_of(text, client.list_security_groups, "security group")


def _list(args: Namespace, client: Any, console: Console) -> int:
    found = client.list_networks(name=args.name, is_external=True if args.external else None)
    return print_list(found, ("id", "name", "status", "is_external", "subnet_ids", "created_at"), console)


def _show(args: Namespace, client: Any, console: Console) -> int:
    return show_each(args.items, lambda text: client.get_network(network_id(client, text)), console)


def _create(args: Namespace, client: Any, console: Console) -> int:
    if args.dns and not args.cidr:
        raise InvalidRequestError("--dns needs --cidr")
    if args.dry_run or not args.cidr:
        return make(args, client.create_network, (args.name, args.description), {}, console)
    client.create_network(
        args.name, args.description, dry_run=True
    )  # nothing is made of what cannot be whole
    made = client.create_network(args.name, args.description)
    if not console.json:
        console.line(made.id)
        console.flush()
    client.create_subnet(made.id, args.name, args.cidr, dns_nameservers=args.dns)
    if console.json:
        console.record(client.get_network(made.id))
    return OK


def _delete(args: Namespace, client: Any, console: Console) -> int:
    return change_each(args, partial(network_id, client), client.delete_network, console)


def _quotas(args: Namespace, client: Any, console: Console) -> int:
    del args  # it has none
    return print_list(client.list_quotas(), ("name", "used", "limit", "unit"), console)


def _subnet_list(args: Namespace, client: Any, console: Console) -> int:
    found = client.list_subnets(name=args.name)
    return print_list(found, ("id", "name", "network_id", "cidr", "gateway_ip", "is_dhcp_enabled"), console)


def _subnet_create(args: Namespace, client: Any, console: Console) -> int:
    arguments = (network_id(client, args.network), args.name, args.cidr)
    keywords = {
        "gateway_ip": args.gateway,
        "dns_nameservers": args.dns,
        "enable_dhcp": not args.no_dhcp,
    }
    return make(args, client.create_subnet, arguments, keywords, console)


def _subnet_delete(args: Namespace, client: Any, console: Console) -> int:
    return change_each(args, partial(subnet_id, client), client.delete_subnet, console)


def _router_list(args: Namespace, client: Any, console: Console) -> int:
    columns = ("id", "name", "status", "external_network_id", "external_addresses", "created_at")
    return print_list(client.list_routers(name=args.name), columns, console)


def _router_create(args: Namespace, client: Any, console: Console) -> int:
    external = args.external and network_id(client, args.external)
    return make(args, client.create_router, (args.name, external), {}, console)


def _connection(args: Namespace, client: Any, console: Console, method: Any) -> int:
    arguments = (_router(client, args.router), subnet_id(client, args.subnet))
    return make(args, method, arguments, {}, console, shown="port_id")


def _router_connect(args: Namespace, client: Any, console: Console) -> int:
    return _connection(args, client, console, client.add_router_interface)


def _router_disconnect(args: Namespace, client: Any, console: Console) -> int:
    return _connection(args, client, console, client.remove_router_interface)


def _router_delete(args: Namespace, client: Any, console: Console) -> int:
    return change_each(args, partial(_router, client), client.delete_router, console)


def _group_list(args: Namespace, client: Any, console: Console) -> int:
    found = client.list_security_groups(name=args.name)
    return print_list(found, ("id", "name", "description", "created_at"), console)


def _group_show(args: Namespace, client: Any, console: Console) -> int:
    group = client.get_security_group(_group(client, args.group))
    columns = (
        "id",
        "direction",
        "ethertype",
        "protocol",
        "port_range_min",
        "port_range_max",
        "remote_ip_prefix",
        "remote_group_id",
    )
    return print_list(group.rules, columns, console)


def _group_create(args: Namespace, client: Any, console: Console) -> int:
    return make(args, client.create_security_group, (args.name, args.description), {}, console)


def _group_allow(args: Namespace, client: Any, console: Console) -> int:
    first, last = _ports(args.port)
    keywords = {
        "direction": "egress" if args.egress else "ingress",
        "protocol": args.protocol,
        "port_range_min": first,
        "port_range_max": last,
        "remote_ip_prefix": args.prefix,
    }
    return make(args, client.add_security_group_rule, (_group(client, args.group),), keywords, console)


def _ports(text: str | None) -> tuple[int | None, int | None]:
    if text is None:
        return None, None
    first, colon, last = text.partition(":")
    if not first.isdecimal() or (colon and not last.isdecimal()):
        raise InvalidRequestError(f"{text!r} is no port", hint="write 80 or 8000:8010")
    return int(first), int(last) if colon else int(first)


def _group_revoke(args: Namespace, client: Any, console: Console) -> int:
    return change_each(args, str, client.delete_security_group_rule, console)


def _group_delete(args: Namespace, client: Any, console: Console) -> int:
    return change_each(args, partial(_group, client), client.delete_security_group, console)


def _port_list(args: Namespace, client: Any, console: Console) -> int:
    found = client.list_ports(name=args.name, device_id=args.device)
    columns = ("id", "name", "status", "network_id", "fixed_addresses", "device_owner", "device_id")
    return print_list(found, columns, console)


def _port_delete(args: Namespace, client: Any, console: Console) -> int:
    return change_each(args, partial(port_id, client), client.delete_port, console)


VERBS: dict[str, Verb] = {
    "list": _list,
    "show": _show,
    "create": _create,
    "delete": _delete,
    "quotas": _quotas,
    "subnet_list": _subnet_list,
    "subnet_create": _subnet_create,
    "subnet_delete": _subnet_delete,
    "router_list": _router_list,
    "router_create": _router_create,
    "router_connect": _router_connect,
    "router_disconnect": _router_disconnect,
    "router_delete": _router_delete,
    "group_list": _group_list,
    "group_show": _group_show,
    "group_create": _group_create,
    "group_allow": _group_allow,
    "group_revoke": _group_revoke,
    "group_delete": _group_delete,
    "port_list": _port_list,
    "port_delete": _port_delete,
}
