"""EC2Client: what it sends, what it makes of the answers, and what happens when they are lost."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from cloud.aws import BlockDevice, EC2Client, EC2InstanceOptions, SecurityRule, Spot
from cloud.aws._ec2_read import STATES, filters_of, instance, run_arguments
from cloud.common import (
    CloudCredentials,
    CloudProvider,
    ComputeCapability,
    ConflictError,
    InstanceState,
    InvalidRequestError,
    OutcomeUnknownError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitedError,
    RetryPolicy,
    UnknownServiceError,
)
from cloud.common._compute_types import CreateInstanceRequest, InstanceListRequest
from cloud.testing import ScriptedResponse, ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS = CloudCredentials(CloudProvider.AWS, access_key="AKIAEXAMPLE000000000", secret_key="the-secret-key")
LOST = ScriptedResponse(raw=b"", close="rst")


def answer(inner: str, status: int = 200) -> ScriptedResponse:
    return ScriptedResponse(status=status, body=f"<R><requestId>r</requestId>{inner}</R>".encode())


def refusal(code: str, status: int = 400) -> ScriptedResponse:
    body = f"<Response><Errors><Error><Code>{code}</Code><Message>m</Message></Error></Errors><RequestID>r</RequestID></Response>"
    return ScriptedResponse(status=status, body=body.encode())


def item(number: int, state: str = "running") -> str:
    return (
        f"<item><instanceId>i-{number}</instanceId><instanceState><name>{state}</name></instanceState>"
        "<instanceType>t3.micro</instanceType><imageId>ami-1</imageId></item>"
    )


def page(*numbers: int, state: str = "running", token: str = "") -> ScriptedResponse:
    items = "".join(item(number, state) for number in numbers)
    return answer(
        f"<reservationSet><item><instancesSet>{items}</instancesSet></item></reservationSet>"
        f"<nextToken>{token}</nextToken>"
    )


MADE = answer(f"<instancesSet>{item(1, 'pending')}</instancesSet>")


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def client(server: ScriptedServer) -> Iterator[EC2Client]:
    policy = RetryPolicy(max_attempts=3, base_seconds=0.0)
    with EC2Client(KEYS, region="eu-west-1", endpoint_url=server.url, retry=policy) as client:
        yield client


def forms(server: ScriptedServer) -> list[dict[str, str]]:
    """Return the parameters of each request."""
    return [
        {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        for request in server.requests
    ]


# -- once ----------------------------------------------------------------------------------------------------------
def test_a_lost_create_is_asked_for_again_by_the_same_token(
    server: ScriptedServer, client: EC2Client
) -> None:
    server.add(LOST, ScriptedResponse(status=503), MADE)
    assert client.create_instance("web", "t3.micro", "ami-1").id == "i-1"
    sent = forms(server)
    assert {form["Action"] for form in sent} == {"RunInstances"}
    assert len({form["ClientToken"] for form in sent}) == 1
    assert (sent[0]["MinCount"], sent[0]["MaxCount"]) == ("1", "1")
    assert client.metrics.snapshot().retries == 2


def test_your_own_token_is_sent_and_each_create_has_another(
    server: ScriptedServer, client: EC2Client
) -> None:
    server.add(MADE, MADE, MADE)
    client.create_instance("web", "t3.micro", "ami-1", token="mine")
    client.create_instance("web", "t3.micro", "ami-1")
    client.create_instance("web", "t3.micro", "ami-1")
    tokens = [form["ClientToken"] for form in forms(server)]
    assert tokens[0] == "mine"
    assert len(set(tokens)) == 3
    assert all(len(token) <= 64 for token in tokens)  # the longest that EC2 takes


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("InstanceLimitExceeded", QuotaExceededError),
        ("IdempotentParameterMismatch", ConflictError),
        ("UnauthorizedOperation", PermissionDeniedError),
    ],
)
def test_a_refusal_is_final(
    server: ScriptedServer, client: EC2Client, code: str, kind: type[Exception]
) -> None:
    server.add(refusal(code))
    with pytest.raises(kind):
        client.create_instance("web", "t3.micro", "ami-1")
    assert len(server.requests) == 1


def test_throttling_is_waited_for_and_ends(server: ScriptedServer, client: EC2Client) -> None:
    server.add(refusal("RequestLimitExceeded", 503), MADE)
    assert client.create_instance("web", "t3.micro", "ami-1").id == "i-1"
    server.add(*[refusal("RequestLimitExceeded", 503)] * 3)
    with pytest.raises(RateLimitedError):
        client.list_instances()


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.allocate_address(),
        lambda client: client.create_snapshot("s", "vol-1"),
        lambda client: client.create_security_group("g", "d"),
        lambda client: client.create_key_pair("k"),
        lambda client: client.attach_volume("vol-1", "i-1", "/dev/sdf"),
    ],
)
def test_what_has_no_token_is_sent_once(server: ScriptedServer, client: EC2Client, call: Any) -> None:
    server.add(LOST)
    with pytest.raises(OutcomeUnknownError):
        call(client)
    assert len(server.requests) == 1


def test_a_volume_has_a_token(server: ScriptedServer, client: EC2Client) -> None:
    made = "<volumeId>vol-1</volumeId><size>2</size><status>creating</status><availabilityZone>z</availabilityZone>"
    server.add(LOST, answer(made))
    assert client.create_volume("v", "z", size_gib=2).size_bytes == 2 << 30
    assert len({form["ClientToken"] for form in forms(server)}) == 1
    with pytest.raises(InvalidRequestError):
        client.create_volume("v", "z")


def test_a_delete_whose_answer_was_lost_was_a_change(server: ScriptedServer, client: EC2Client) -> None:
    server.add(LOST, refusal("InvalidVolume.NotFound"), refusal("InvalidVolume.NotFound"))
    assert client.delete_volume("vol-1") is True
    assert client.delete_volume("vol-1") is False


# -- dry runs ------------------------------------------------------------------------------------------------------
def test_a_dry_run_asks(server: ScriptedServer, client: EC2Client) -> None:
    server.add(refusal("DryRunOperation", 412), page(1), refusal("DryRunOperation", 412))
    assert client.create_instance("web", "t3.micro", "ami-1", dry_run=True) is None
    assert client.stop_instance("i-1", dry_run=True) is True
    sent = forms(server)
    assert [form.get("DryRun") for form in sent] == ["true", None, "true"]
    server.add(refusal("UnauthorizedOperation", 403))
    with pytest.raises(PermissionDeniedError):
        client.create_instance("web", "t3.micro", "ami-1", dry_run=True)


def test_a_service_that_knows_no_dry_runs_is_an_error(server: ScriptedServer, client: EC2Client) -> None:
    server.add(MADE)
    with pytest.raises(UnknownServiceError, match="may have happened"):
        client.create_instance("web", "t3.micro", "ami-1", dry_run=True)


# -- listings ------------------------------------------------------------------------------------------------------
def test_pages_follow_tokens_and_a_failure_carries_one(server: ScriptedServer, client: EC2Client) -> None:
    server.add(page(1, 2, token="next"), page(token="more"), page(3))
    assert [found.id for found in client.iter_instances(page_size=2)] == ["i-1", "i-2", "i-3"]
    assert [form.get("NextToken") for form in forms(server)] == [None, "next", "more"]
    assert {form["MaxResults"] for form in forms(server)} == {"5"}  # EC2 takes no less
    server.add(page(1, token="next"), refusal("UnauthorizedOperation"))
    with pytest.raises(PermissionDeniedError) as caught:
        client.list_instances()
    assert caught.value.resume_token == "next"


def test_a_page_of_somebody_else_is_never_an_empty_listing(server: ScriptedServer, client: EC2Client) -> None:
    server.add(*[ScriptedResponse(body=b"<html><body>Log in first</body></html>")] * 3)
    with pytest.raises(ConnectionError):
        client.list_instances()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, None),
        ({"states": {InstanceState.RUNNING}}, [("instance-state-name", ["running"])]),
        ({"states": {InstanceState.TERMINATING}}, [("instance-state-name", ["shutting-down"])]),
        ({"states": {InstanceState.ERROR, InstanceState.RUNNING}}, None),
        ({"name": "web"}, [("tag:Name", ["web"])]),
        ({"name": "web*"}, None),
        ({"tags": {"a": "b", "c": "d?"}}, [("tag:a", ["b"])]),
        ({"tags": {"a": ""}}, None),
        ({"filters": {"vpc-id": ["v"]}}, [("vpc-id", ["v"])]),
    ],
)
def test_ec2_is_asked_only_what_it_compares_exactly(options: dict[str, Any], expected: Any) -> None:
    base: dict[str, Any] = {"states": (), "name": None, "tags": {}, "filters": {}, **options}
    base["states"] = frozenset(base["states"])
    filters = filters_of(InstanceListRequest(**base, page_size=5, token=None))
    assert (filters and [(each["Name"], each["Values"]) for each in filters]) == expected


# -- records -------------------------------------------------------------------------------------------------------
def test_every_state_of_ec2_is_known_and_a_new_one_keeps_its_word() -> None:
    from botocore.session import Session

    model = Session().get_service_model("ec2")
    assert set(model.shape_for("InstanceStateName").enum) == set(STATES)
    odd = instance({"InstanceId": "i", "State": {"Name": "dreaming"}, "InstanceType": "t"}, "r")
    assert (odd.state, odd.raw_state, odd.name, odd.created_at) == (
        InstanceState.UNKNOWN,
        "dreaming",
        "",
        None,
    )


def test_addresses_are_of_all_cards_and_each_once() -> None:
    card = {
        "PrivateIpAddresses": [
            {"PrivateIpAddress": "10.0.0.1", "Association": {"PublicIp": "192.0.2.1"}},
            {"PrivateIpAddress": "10.0.0.2"},
        ],
        "Ipv6Addresses": [{"Ipv6Address": "2001:db8::1"}],
    }
    found = instance(
        {
            "InstanceId": "i",
            "State": {"Name": "running"},
            "InstanceType": "t",
            "PrivateIpAddress": "10.0.0.1",
            "PublicIpAddress": "192.0.2.1",
            "NetworkInterfaces": [card],
        },
        "r",
    )
    assert found.private_addresses == ("10.0.0.1", "10.0.0.2")
    assert found.public_addresses == ("192.0.2.1", "2001:db8::1")


# -- what is sent ----------------------------------------------------------------------------------------------------
def request(**options: Any) -> CreateInstanceRequest:
    return CreateInstanceRequest(name="web", instance_type="t3.micro", image_id="ami-1", **options)


def test_user_data_arrives_byte_for_byte(server: ScriptedServer, client: EC2Client) -> None:
    data = bytes(range(256))
    server.add(MADE)
    client.create_instance("web", "t3.micro", "ami-1", user_data=data)
    assert b64decode(forms(server)[0]["UserData"]) == data


def test_options_become_arguments() -> None:
    options = EC2InstanceOptions(
        block_devices=(BlockDevice(device_name="/dev/sda1", size_gib=20, encrypted=True),),
        spot=Spot(max_price="0.01", persistent=True, interruption="stop"),
        iam_profile="arn:aws:iam::1:instance-profile/x",
        imds_tokens="required",
        shutdown="terminate",
        protected=True,
        tag_volumes=True,
    )
    sent = run_arguments(
        request(options=options, tags={"a": "b"}, networks=("subnet-1",), security_groups=("sg-1",))
    )
    assert sent["BlockDeviceMappings"] == [
        {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 20, "Encrypted": True, "DeleteOnTermination": True}}
    ]
    assert sent["InstanceMarketOptions"]["SpotOptions"] == {
        "SpotInstanceType": "persistent",
        "InstanceInterruptionBehavior": "stop",
        "MaxPrice": "0.01",
    }
    assert sent["IamInstanceProfile"] == {"Arn": "arn:aws:iam::1:instance-profile/x"}
    assert sent["MetadataOptions"] == {"HttpTokens": "required"}
    assert (sent["SubnetId"], sent["SecurityGroupIds"]) == ("subnet-1", ["sg-1"])
    assert [each["ResourceType"] for each in sent["TagSpecifications"]] == ["instance", "volume"]


def test_a_public_address_is_asked_of_the_card() -> None:
    options = EC2InstanceOptions(public_address=True, private_address="10.0.0.9")
    sent = run_arguments(request(options=options, networks=("subnet-1",), security_groups=("sg-1",)))
    assert "SubnetId" not in sent
    assert "SecurityGroupIds" not in sent
    assert sent["NetworkInterfaces"] == [
        {
            "DeviceIndex": 0,
            "AssociatePublicIpAddress": True,
            "SubnetId": "subnet-1",
            "Groups": ["sg-1"],
            "PrivateIpAddress": "10.0.0.9",
        }
    ]


@pytest.mark.parametrize(
    "make",
    [
        lambda: run_arguments(request(networks=("a", "b"))),
        lambda: run_arguments(request(tags={"Name": "other"})),
        lambda: BlockDevice(device_name=""),
        lambda: BlockDevice(device_name="/dev/sda1", size_gib=0),
        lambda: Spot(interruption="stop"),
        lambda: SecurityRule(protocol="tcp", peer=""),
        lambda: SecurityRule(protocol="tcp", peer="10.0.0.0/8", from_port=1),
        lambda: SecurityRule(protocol="tcp", peer="10.0.0.0/8", direction="sideways"),  # type: ignore[arg-type]  # what is refused
    ],
)
def test_what_cannot_be_is_refused(make: Any) -> None:
    with pytest.raises(InvalidRequestError):
        make()


# -- security groups -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("peer", "field"),
    [
        ("203.0.113.0/24", "IpRanges.1.CidrIp"),
        ("2001:db8::/32", "Ipv6Ranges.1.CidrIpv6"),
        ("sg-2", "Groups.1.GroupId"),
        ("pl-1", "PrefixListIds.1.PrefixListId"),
    ],
)
def test_a_rule_is_sent_in_the_form_of_its_peer(
    server: ScriptedServer, client: EC2Client, peer: str, field: str
) -> None:
    empty = answer(
        "<securityGroupInfo><item><groupId>sg-1</groupId><groupName>g</groupName></item></securityGroupInfo>"
    )
    server.add(empty, answer("<return>true</return>"))
    rule = SecurityRule(protocol="tcp", peer=peer, from_port=22, to_port=22, direction="egress")
    assert client.add_security_rule("sg-1", rule) is True
    sent = forms(server)[1]
    assert sent["Action"] == "AuthorizeSecurityGroupEgress"
    assert sent[f"IpPermissions.1.{field}"] == peer
    assert sent["IpPermissions.1.FromPort"] == "22"


def test_a_rule_that_is_there_in_another_spelling_is_no_change(
    server: ScriptedServer, client: EC2Client
) -> None:
    empty = answer(
        "<securityGroupInfo><item><groupId>sg-1</groupId><groupName>g</groupName></item></securityGroupInfo>"
    )
    rule = SecurityRule(protocol="tcp", peer="10.0.0.1/8", from_port=22, to_port=22)
    server.add(empty, refusal("InvalidPermission.Duplicate"))
    assert client.add_security_rule("sg-1", rule) is False
    server.add(empty, LOST, refusal("InvalidPermission.Duplicate"))
    assert client.add_security_rule("sg-1", rule) is True


# -- the client itself -----------------------------------------------------------------------------------------------
def test_it_declares_what_it_can() -> None:
    assert EC2Client(KEYS, region="r").capabilities == set(ComputeCapability) - {ComputeCapability.QUOTAS}


def test_making_one_loads_no_sdk() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from cloud.aws import EC2Client; EC2Client(region='r');"
        "sys.exit(len({'boto3', 'botocore', 'requests'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_another_region_shares_the_login(server: ScriptedServer, client: EC2Client) -> None:
    server.add(page(1), page(2))
    with client.in_region("us-west-2") as far:
        assert far.region == "us-west-2"
        assert [found.region for found in far.list_instances()] == ["us-west-2"]
    assert [found.region for found in client.list_instances()] == ["eu-west-1"]
    scopes = [re.search(r"/([a-z0-9-]+)/ec2/", str(each.header("authorization"))) for each in server.requests]
    assert [scope and scope[1] for scope in scopes] == ["us-west-2", "eu-west-1"]
    with pytest.raises(InvalidRequestError):
        client.in_region("")


def test_a_region_that_fails_leaves_no_partial_listing(server: ScriptedServer, client: EC2Client) -> None:
    regions = "".join(f"<item><regionName>{name}</regionName></item>" for name in ("b", "a"))
    server.add(answer(f"<regionInfo>{regions}</regionInfo>"), page(1), refusal("AuthFailure", 401))
    with pytest.raises(Exception, match="AuthFailure") as caught:
        client.list_instances_everywhere()
    assert caught.value.resource == "b"  # type: ignore[attr-defined]  # it is a CloudError
