"""Everyday calls of compute clients as type checkers see them: checked by ``mypy --strict``, never run."""

from __future__ import annotations

from typing import Any

from typing_extensions import assert_type

from cloud import open_compute
from cloud.aws import EC2Client, EC2InstanceOptions, SecurityGroup, SecurityRule, Spot, Volume
from cloud.common import (
    BaseComputeClient,
    CloudClient,
    CloudResource,
    ComputeCapability,
    ComputeClient,
    Instance,
    InstanceState,
    InstanceType,
    KeyPair,
    Page,
    Pager,
    Secret,
)


def by_contract(client: ComputeClient) -> None:
    assert_type(client.list_instances(), list[Instance])
    assert_type(client.create_instance("web", "t3.micro", "ami-1"), Instance)
    assert_type(client.start_instance("i-1"), bool)


def tell(item: Instance) -> None:
    assert_type(item.raw_state, str)


def by_template(client: BaseComputeClient[Any]) -> None:
    as_contract: ComputeClient = client
    as_client: CloudClient = client
    by_contract(as_contract)
    assert_type(as_client.list_resources(), list[CloudResource])
    assert_type(client.capabilities, frozenset[ComputeCapability])
    assert_type(client.iter_instances(states=[InstanceState.RUNNING], tags={"a": "b"}), Pager[Instance])
    assert_type(next(client.iter_instances().pages()), Page[Instance])
    assert_type(client.wait_for("i-1", progress=tell), Instance)
    assert_type(client.list_instance_types(), list[InstanceType])


def on_ec2(client: EC2Client) -> None:
    options = EC2InstanceOptions(spot=Spot())
    assert_type(client.create_instance("web", "t3.micro", "ami-1", options=options), Instance)
    client.create_instance("web", "t3.micro", "ami-1", dry_run=True)
    client.create_instance("web", "t3.micro", "ami-1", options=object())  # type: ignore[call-overload]  # not EC2's
    assert_type(client.in_region("eu-west-1"), EC2Client)
    pair = client.create_key_pair("k")
    assert_type(pair, KeyPair)
    assert_type(pair.private_key, Secret | None)
    assert_type(client.create_volume("v", "z", size_gib=1), Volume)
    assert_type(client.get_security_group("sg-1"), SecurityGroup)
    assert_type(
        client.add_security_rule("sg-1", SecurityRule(protocol="tcp", peer="::/0", from_port=1, to_port=1)),
        bool,
    )


def by_name() -> None:
    assert_type(open_compute("aws", region="eu-west-1"), BaseComputeClient[Any])
