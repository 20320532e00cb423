"""What is around instances, and a user's own ``mock_aws``: EC2Client against moto in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from cloud.aws import EC2Client, SecurityRule
from cloud.common import AlreadyExistsError, ConflictError, InstanceState, InvalidRequestError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION = "eu-west-1"
IMAGE = "ami-12c6146b"  # moto takes any


@pytest.fixture(scope="module")
def client() -> Iterator[EC2Client]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE000000000")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-test")
        patch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # they take seconds
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EC2"):
            patch.delenv(name, raising=False)
        with mock_aws(), EC2Client.from_env(region=REGION) as client:
            yield client


def test_security_groups(client: EC2Client) -> None:
    group = client.create_security_group("wéb", "HTTP", tags={"a": "b"})
    assert (group.name, group.description, dict(group.tags)) == ("wéb", "HTTP", {"a": "b"})
    assert group.vpc_id is not None
    with pytest.raises(AlreadyExistsError):
        client.create_security_group("wéb", "again")
    http = SecurityRule(protocol="tcp", peer="0.0.0.0/0", from_port=80, to_port=80, description="all")
    ipv6 = SecurityRule(protocol="tcp", peer="::/0", from_port=80, to_port=80)
    own = SecurityRule(protocol="-1", peer=group.id)
    for rule in (http, ipv6, own):
        assert client.add_security_rule(group.id, rule) is True
        assert client.add_security_rule(group.id, rule) is False
    rules = client.get_security_group(group.id).rules
    assert {http, ipv6, own} <= set(rules)
    assert next(rule for rule in rules if rule == http).description == "all"
    assert client.remove_security_rule(group.id, http) is True
    assert client.remove_security_rule(group.id, http) is False
    assert group.id in [each.id for each in client.list_security_groups(vpc_id=group.vpc_id)]
    assert client.list_security_groups(vpc_id="vpc-0") == []
    assert client.delete_security_group(group.id) is True
    assert client.delete_security_group(group.id) is False
    with pytest.raises(NotFoundError):
        client.get_security_group(group.id)
    with pytest.raises(NotFoundError):
        client.add_security_rule(group.id, http)


def test_addresses(client: EC2Client) -> None:
    server = client.create_instance("web", "t3.micro", IMAGE)
    address = client.allocate_address(tags={"a": "b"})
    association = client.associate_address(address.id, server.id)
    held = client.get_address(address.id)
    assert (held.address, held.instance_id, held.association_id) == (address.address, server.id, association)
    assert dict(held.tags) == {"a": "b"}
    assert address.address in client.get_instance(server.id).public_addresses
    assert client.disassociate_address(association) is True
    assert client.get_address(address.id).association_id is None
    assert client.release_address(address.id) is True
    assert client.release_address(address.id) is False
    assert address.id not in [each.id for each in client.list_addresses()]
    with pytest.raises(NotFoundError):
        client.get_address(address.id)
    client.terminate_instance(server.id)


def test_volumes_and_snapshots(client: EC2Client) -> None:
    server = client.create_instance("db", "t3.micro", IMAGE)
    assert server.zone is not None
    disk = client.create_volume("data", server.zone, size_gib=3, volume_type="gp3", tags={"a": "b"})
    assert (disk.name, disk.size_bytes, disk.volume_type, dict(disk.tags)) == (
        "data",
        3 << 30,
        "gp3",
        {"a": "b"},
    )
    client.attach_volume(disk.id, server.id, "/dev/sdf")
    assert client.get_volume(disk.id).instance_ids == (server.id,)
    with pytest.raises(ConflictError):
        client.delete_volume(disk.id)
    client.detach_volume(disk.id, instance_id=server.id)
    assert client.get_volume(disk.id).instance_ids == ()
    copy = client.create_snapshot("today", disk.id, description="before", tags={"c": "d"})
    found = client.get_snapshot(copy.id)
    assert (found.name, found.volume_id, found.size_bytes, found.description, dict(found.tags)) == (
        "today",
        disk.id,
        3 << 30,
        "before",
        {"c": "d"},
    )
    assert [each.id for each in client.list_snapshots(volume_id=disk.id)] == [copy.id]
    restored = client.create_volume("restored", server.zone, snapshot_id=copy.id)
    assert (restored.snapshot_id, restored.size_bytes) == (copy.id, 3 << 30)
    assert {disk.id, restored.id} <= {each.id for each in client.list_volumes()}
    assert client.delete_snapshot(copy.id) is True
    assert client.delete_snapshot(copy.id) is False
    assert client.delete_volume(disk.id) is True
    assert client.delete_volume(disk.id) is False
    with pytest.raises(NotFoundError):
        client.get_volume(disk.id)
    client.terminate_instance(server.id)


def test_an_empty_id_is_refused_everywhere(client: EC2Client) -> None:
    for call in (
        client.get_volume,
        client.get_snapshot,
        client.get_address,
        client.get_security_group,
        client.delete_volume,
        client.delete_snapshot,
        client.delete_security_group,
        client.release_address,
    ):
        with pytest.raises(InvalidRequestError):
            call("")


def test_regions(client: EC2Client) -> None:
    regions = client.list_regions()
    assert regions == sorted(regions)
    assert {REGION, "us-west-2"} <= set(regions)
    here = client.create_instance("here", "t3.micro", IMAGE, tags={"where": "test"})
    with client.in_region("us-west-2") as far:
        there = far.create_instance("there", "t3.micro", IMAGE, tags={"where": "test"})
        found = client.list_instances_everywhere(tags={"where": "test"}, states=[InstanceState.RUNNING])
        assert {(each.region, each.id) for each in found} == {(REGION, here.id), ("us-west-2", there.id)}
        far.terminate_instance(there.id)
    client.terminate_instance(here.id)


def test_protection_is_a_conflict(client: EC2Client) -> None:
    from cloud.aws import EC2InstanceOptions

    server = client.create_instance("kept", "t3.micro", IMAGE, options=EC2InstanceOptions(protected=True))
    client.native.modify_instance_attribute(InstanceId=server.id, DisableApiTermination={"Value": True})
    with pytest.raises(ConflictError):
        client.terminate_instance(server.id)
    client.native.modify_instance_attribute(InstanceId=server.id, DisableApiTermination={"Value": False})
    assert client.terminate_instance(server.id) is True
