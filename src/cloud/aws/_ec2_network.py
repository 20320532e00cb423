"""EC2's security groups and public addresses."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, final

from cloud.aws._ec2_read import tag_specification, tags_of
from cloud.aws._ec2_records import Address, SecurityGroup, SecurityRule
from cloud.aws._ec2_service import EC2Service
from cloud.common._compute_core import checked_tags, checked_text
from cloud.common.errors import AlreadyExistsError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class EC2Network(EC2Service):
    """Firewalls and addresses."""

    # -- security groups -----------------------------------------------------------------------------------
    @final
    def list_security_groups(self, *, vpc_id: str | None = None) -> list[SecurityGroup]:
        """Return all security groups, or those of one VPC."""
        filters = None if vpc_id is None else [{"Name": "vpc-id", "Values": [vpc_id]}]
        return self._all(
            "list_security_groups",
            vpc_id or "",
            "describe_security_groups",
            "SecurityGroups",
            _group,
            Filters=filters,
        )

    @final
    def get_security_group(self, group_id: str) -> SecurityGroup:
        """Return one security group."""
        return self._one(
            "get_security_group", "describe_security_groups", "SecurityGroups", _group, GroupIds=[group_id]
        )

    @final
    def create_security_group(
        self, name: str, description: str, *, vpc_id: str | None = None, tags: Mapping[str, str] | None = None
    ) -> SecurityGroup:
        """Return a new security group; it lets nothing in and everything out. Sent once.

        Args:
            name: unique in the VPC.
            description: what it is for; it cannot be changed.
            vpc_id: the VPC; the account's default one when None.
            tags: labels.

        Raises:
            AlreadyExistsError: the VPC has one of that name.
        """
        checked_text("name", name)
        checked_text("description", description)
        specification = tag_specification("security-group", None, checked_tags(tags))
        made = self._runtime.run(
            "create_security_group",
            name,
            lambda: self._read(
                lambda answer: str(answer["GroupId"]),
                "create_security_group",
                GroupName=name,
                Description=description,
                VpcId=vpc_id,
                TagSpecifications=specification,
            ),
            idempotent=False,
        )
        return self.get_security_group(made)

    @final
    def delete_security_group(self, group_id: str) -> bool:
        """Make sure that the security group is gone; False when there was none.

        Raises:
            ConflictError: something still uses it.
        """
        return self._delete("delete_security_group", group_id, "delete_security_group", GroupId=group_id)

    @final
    def add_security_rule(self, group_id: str, rule: SecurityRule) -> bool:
        """Make sure that the group has the rule; False when it had it."""
        if rule in self.get_security_group(group_id).rules:
            return False
        try:
            self._change_rule(
                "add_security_rule", f"authorize_security_group_{rule.direction}", group_id, rule
            )
        except AlreadyExistsError as error:  # it may be written in another way: 10.0.0.1/8
            return len(error.attempts) > 1  # an earlier try of this call has added it
        return True

    @final
    def remove_security_rule(self, group_id: str, rule: SecurityRule) -> bool:
        """Make sure that the group does not have the rule; False when it did not."""
        if rule not in self.get_security_group(group_id).rules:
            return False
        with suppress(NotFoundError):  # there a moment ago: an earlier try, or somebody else, has removed it
            self._change_rule(
                "remove_security_rule", f"revoke_security_group_{rule.direction}", group_id, rule
            )
        return True

    def _change_rule(self, operation: str, method: str, group_id: str, rule: SecurityRule) -> None:
        self._runtime.run(
            operation,
            group_id,
            lambda: self._call(method, GroupId=group_id, IpPermissions=[_permission(rule)]),
        )

    # -- addresses -----------------------------------------------------------------------------------------
    @final
    def list_addresses(self) -> list[Address]:
        """Return all public addresses of your own."""

        def addresses(answer: Mapping[str, Any]) -> list[Address]:
            return [_address(item) for item in answer["Addresses"]]

        return self._runtime.run("list_addresses", "", lambda: self._read(addresses, "describe_addresses"))

    @final
    def get_address(self, allocation_id: str) -> Address:
        """Return one public address of your own."""
        return self._one(
            "get_address", "describe_addresses", "Addresses", _address, AllocationIds=[allocation_id]
        )

    @final
    def allocate_address(self, *, tags: Mapping[str, str] | None = None) -> Address:
        """Return a new public address, charged until it is released. Sent once: EC2 has no token for it."""
        labels = checked_tags(tags)
        specification = tag_specification("elastic-ip", None, labels)

        def made(answer: Mapping[str, Any]) -> Address:
            return Address(id=answer["AllocationId"], address=answer["PublicIp"], tags=labels, raw=answer)

        return self._runtime.run(
            "allocate_address",
            "",
            lambda: self._read(made, "allocate_address", Domain="vpc", TagSpecifications=specification),
            idempotent=False,
        )

    @final
    def associate_address(self, allocation_id: str, instance_id: str) -> str:
        """Let the address lead to the instance, wherever it led before; return the id of the association."""
        checked_text("allocation_id", allocation_id)
        checked_text("instance_id", instance_id)
        return self._runtime.run(
            "associate_address",
            f"{allocation_id} {instance_id}",
            lambda: self._read(
                lambda answer: str(answer["AssociationId"]),
                "associate_address",
                AllocationId=allocation_id,
                InstanceId=instance_id,
                AllowReassociation=True,
            ),
        )

    @final
    def disassociate_address(self, association_id: str) -> bool:
        """Let the address lead nowhere; False when there is no such association."""
        return self._delete(
            "disassociate_address", association_id, "disassociate_address", AssociationId=association_id
        )

    @final
    def release_address(self, allocation_id: str) -> bool:
        """Give the address back; False when it is not yours. Nobody can promise you the same one again.

        Raises:
            ConflictError: it still leads to something.
        """
        return self._delete("release_address", allocation_id, "release_address", AllocationId=allocation_id)


def _address(item: Mapping[str, Any]) -> Address:
    return Address(
        id=item["AllocationId"],
        address=item["PublicIp"],
        association_id=item.get("AssociationId") or None,
        instance_id=item.get("InstanceId") or None,
        private_address=item.get("PrivateIpAddress") or None,
        tags=tags_of(item),
        raw=item,
    )


def _group(item: Mapping[str, Any]) -> SecurityGroup:
    rules = [
        *(_rules(item.get("IpPermissions", ()), "ingress")),
        *(_rules(item.get("IpPermissionsEgress", ()), "egress")),
    ]
    return SecurityGroup(
        id=item["GroupId"],
        name=item["GroupName"],
        description=item.get("Description") or "",
        vpc_id=item.get("VpcId"),
        rules=tuple(rules),
        tags=tags_of(item),
        raw=item,
    )


# What EC2 calls each kind of peer, in a permission and within it.
_PEERS = (
    ("IpRanges", "CidrIp"),
    ("Ipv6Ranges", "CidrIpv6"),
    ("UserIdGroupPairs", "GroupId"),
    ("PrefixListIds", "PrefixListId"),
)


def _rules(permissions: Any, direction: Any) -> Iterator[SecurityRule]:
    """Yield one rule for each peer: EC2 puts all peers of one range of ports into one permission."""
    for permission in permissions:
        for kind, name in _PEERS:
            for peer in permission.get(kind, ()):
                yield SecurityRule(
                    protocol=permission["IpProtocol"],
                    peer=peer[name],
                    from_port=permission.get("FromPort"),
                    to_port=permission.get("ToPort"),
                    direction=direction,
                    description=peer.get("Description"),
                )


def _permission(rule: SecurityRule) -> dict[str, Any]:
    if rule.peer.startswith("sg-"):
        kind, name = "UserIdGroupPairs", "GroupId"
    elif rule.peer.startswith("pl-"):
        kind, name = "PrefixListIds", "PrefixListId"
    elif ":" in rule.peer:
        kind, name = "Ipv6Ranges", "CidrIpv6"
    else:
        kind, name = "IpRanges", "CidrIp"
    peer = {name: rule.peer}
    if rule.description is not None:
        peer["Description"] = rule.description
    permission: dict[str, Any] = {"IpProtocol": rule.protocol, kind: [peer]}
    if rule.from_port is not None:
        permission |= {"FromPort": rule.from_port, "ToPort": rule.to_port}
    return permission
