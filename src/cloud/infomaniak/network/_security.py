"""Security groups and their rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud.common.errors import InvalidRequestError
from cloud.infomaniak._planning import Step, change
from cloud.infomaniak._service import exists, has_room, one_of, part, something
from cloud.infomaniak.network._core import NetworkCalls, _joined, _range
from cloud.infomaniak.network._read import rule_of, security_group_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cloud.common._paging import Pager
    from cloud.infomaniak.network._records import SecurityGroup, SecurityGroupRule

_WITH_PORTS = frozenset({"tcp", "udp", "sctp", "dccp", "udplite", "6", "17", "33", "132", "136"})


class SecurityGroupCalls(NetworkCalls):
    """What ports let through."""

    def list_security_groups(
        self,
        *,
        name: str | None = None,
        tags: Iterable[str] = (),
        token: str | None = None,
        limit: int | None = None,
    ) -> Pager[SecurityGroup]:
        """Return the project's security groups with their rules."""
        return self._rest_list(
            "list_security_groups",
            "",
            "/security-groups",
            "security_groups",
            security_group_of,
            params={"name": name, "tags": _joined(tags)},
            token=token,
            limit=limit,
        )

    def get_security_group(self, security_group_id: str) -> SecurityGroup:
        """Return one security group with its rules."""
        path = f"/security-groups/{part(security_group_id)}"
        return self._one("get_security_group", security_group_id, path, "security_group", security_group_of)

    @change
    def create_security_group(self, name: str, description: str | None = None) -> Step[SecurityGroup]:
        """Return the new security group. It lets everything out and nothing in."""
        body = {"name": name, "description": description}
        return Step(
            name,
            lambda: self._made(
                "create_security_group", name, "/security-groups", "security_group", body, security_group_of
            ),
            body,
            (has_room(self.list_quotas, security_group=1),),
        )

    @change
    def update_security_group(
        self, security_group_id: str, *, name: str | None = None, description: str | None = None
    ) -> Step[SecurityGroup]:
        """Return the changed security group. What is None stays."""
        body = something({"name": name, "description": description})
        path = f"/security-groups/{part(security_group_id)}"
        return Step(
            security_group_id,
            lambda: self._changed(
                "update_security_group", security_group_id, path, "security_group", body, security_group_of
            ),
            body,
            exists("security group", security_group_id, self.get_security_group),
        )

    @change
    def delete_security_group(self, security_group_id: str) -> Step[bool]:
        """Make sure that the security group is gone; False when there was none.

        Raises:
            ConflictError: a port uses it.
        """
        path = f"/security-groups/{part(security_group_id)}"
        return self._gone_step(
            "delete_security_group", "security group", security_group_id, path, self.get_security_group
        )

    # -- rules -----------------------------------------------------------------------------------------------
    def list_security_group_rules(
        self,
        security_group_id: str | None = None,
        *,
        direction: str | None = None,
        protocol: str | None = None,
        token: str | None = None,
        limit: int | None = None,
    ) -> Pager[SecurityGroupRule]:
        """Return the rules of one security group, or of all."""
        return self._rest_list(
            "list_security_group_rules",
            security_group_id or "",
            "/security-group-rules",
            "security_group_rules",
            rule_of,
            params={"security_group_id": security_group_id, "direction": direction, "protocol": protocol},
            token=token,
            limit=limit,
        )

    def get_security_group_rule(self, rule_id: str) -> SecurityGroupRule:
        """Return one rule."""
        path = f"/security-group-rules/{part(rule_id)}"
        return self._one("get_security_group_rule", rule_id, path, "security_group_rule", rule_of)

    @change
    def add_security_group_rule(
        self,
        security_group_id: str,
        direction: str = "ingress",
        protocol: str | None = None,
        port_range_min: int | None = None,
        port_range_max: int | None = None,
        remote_ip_prefix: str | None = None,
        ethertype: str | None = None,
        *,
        remote_group_id: str | None = None,
        description: str | None = None,
    ) -> Step[SecurityGroupRule]:
        """Return the new rule.

        Args:
            direction: ``ingress`` or ``egress``.
            protocol: ``tcp``, ``udp``, ``icmp``, ``ipv6-icmp``, a number as text; every one when None.
            port_range_min: first port, or the ICMP type; all when None.
            port_range_max: last port, or the ICMP code; `port_range_min` when None and the protocol has ports.
            remote_ip_prefix: the range at the other end; any when None.
            ethertype: ``IPv4`` or ``IPv6``; what `remote_ip_prefix` is, else IPv4, when None.
            remote_group_id: the security group at the other end, instead of `remote_ip_prefix`.

        Raises:
            AlreadyExistsError: the group has this very rule.
        """
        if remote_ip_prefix is not None and remote_group_id is not None:
            raise InvalidRequestError("remote_ip_prefix and remote_group_id exclude each other")
        _check_ports(protocol, port_range_min, port_range_max)
        if port_range_max is None and (protocol or "").lower() in _WITH_PORTS:
            port_range_max = port_range_min
        body = {
            "security_group_id": security_group_id,
            "direction": one_of(direction, ("ingress", "egress"), "direction"),
            "protocol": protocol,
            "port_range_min": port_range_min,
            "port_range_max": port_range_max,
            "remote_ip_prefix": remote_ip_prefix,
            "ethertype": _ethertype(ethertype, remote_ip_prefix),
            "remote_group_id": remote_group_id,
            "description": description,
        }
        checks = (
            *exists("security group", security_group_id, self.get_security_group),
            *exists("security group", remote_group_id, self.get_security_group),
            has_room(self.list_quotas, security_group_rule=1),
        )
        return Step(
            security_group_id,
            lambda: self._made(
                "add_security_group_rule",
                security_group_id,
                "/security-group-rules",
                "security_group_rule",
                body,
                rule_of,
            ),
            body,
            checks,
        )

    @change
    def delete_security_group_rule(self, rule_id: str) -> Step[bool]:
        """Make sure that the rule is gone; False when there was none."""
        path = f"/security-group-rules/{part(rule_id)}"
        return self._gone_step(
            "delete_security_group_rule", "rule", rule_id, path, self.get_security_group_rule
        )


def _check_ports(protocol: str | None, first: int | None, last: int | None) -> None:
    if first is None and last is None:
        return
    if protocol is None:
        raise InvalidRequestError("ports need a protocol", hint="such as tcp")
    if protocol.lower() not in _WITH_PORTS:
        return
    if first is None:
        raise InvalidRequestError("port_range_max needs port_range_min")
    last = first if last is None else last
    if not 1 <= first <= last <= 65535:
        raise InvalidRequestError(f"the ports {first} to {last} are no range within 1 to 65535")


def _ethertype(ethertype: str | None, prefix: str | None) -> str:
    if ethertype is not None:
        one_of(ethertype, ("IPv4", "IPv6"), "ethertype")
    if prefix is None:
        return ethertype or "IPv4"
    found = f"IPv{_range(prefix).version}"
    if ethertype not in {None, found}:
        raise InvalidRequestError(f"{prefix} is a range of {found}, not of {ethertype}")
    return found
