"""Answers of Lambda and EC2 that lack what they must have are broken ones, not a ``KeyError``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cloud.aws import EC2Client, LambdaClient
from cloud.common import (
    CloudCredentials,
    CloudProvider,
    OutcomeUnknownError,
    RetryPolicy,
    ServiceUnavailableError,
)
from cloud.testing import ScriptedResponse, ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable

KEYS = CloudCredentials(
    CloudProvider.AWS, access_key="AKIAEXAMPLE000000000", secret_key="secret", region="us-east-1"
)
ONCE = RetryPolicy(max_attempts=1)


def of_lambda(body: dict[str, Any]) -> ScriptedResponse:
    """Return an answer of Lambda's."""
    headers = (("Content-Type", "application/json"), ("x-amzn-requestid", "r"))
    return ScriptedResponse(status=200, headers=headers, body=json.dumps(body).encode())


def of_ec2(body: str) -> ScriptedResponse:
    """Return an answer of EC2's."""
    document = f"<Answer><requestId>r</requestId>{body}</Answer>".encode()
    return ScriptedResponse(status=200, headers=(("Content-Type", "text/xml"),), body=document)


@pytest.mark.parametrize(
    ("call", "body"),
    [
        (lambda c: c.list_functions(), {}),
        (lambda c: c.list_functions(), {"Functions": [{"FunctionArn": "arn"}]}),
        (lambda c: c.get_function("f"), {"FunctionArn": "arn"}),
        (lambda c: c.publish_version("f"), {"FunctionName": "f", "MemorySize": "much"}),
        (lambda c: c.list_versions("f"), {"NextMarker": "m"}),
        (lambda c: c.get_alias("f", "live"), {"Name": "live"}),
        (lambda c: c.list_aliases("f"), {"Aliases": [{"Name": "live"}]}),
        (lambda c: c.get_function_url("f"), {"AuthType": "NONE"}),
        (lambda c: c.get_concurrency("f"), {"ReservedConcurrentExecutions": "many"}),
        (lambda c: c.list_layers(), {"Layers": [{"LayerName": "l"}]}),
    ],
)
def test_an_answer_of_lambda_without_what_it_must_have(
    call: Callable[[LambdaClient], object], body: dict[str, Any]
) -> None:
    with (
        ScriptedServer(of_lambda(body)) as server,
        LambdaClient(KEYS, endpoint_url=server.url, retry=ONCE) as client,
    ):
        with pytest.raises(ServiceUnavailableError, match="not what the protocol says") as caught:
            call(client)
        assert caught.value.operation


@pytest.mark.parametrize(
    ("call", "body"),
    [
        (lambda c: c.list_instances(), ""),
        (lambda c: c.list_instances(), "<reservationSet><item/></reservationSet>"),
        (lambda c: c.get_instance("i-1"), "<reservationSet><item/></reservationSet>"),
        (lambda c: c.list_instances_everywhere(), "<regionInfo><item/></regionInfo>"),
        (lambda c: c.list_images(), "<imagesSet><item/></imagesSet>"),
        (lambda c: c.list_instance_types(), "<instanceTypeSet><item/></instanceTypeSet>"),
        (lambda c: c.list_key_pairs(), "<keySet><item/></keySet>"),
        (lambda c: c.list_security_groups(), "<securityGroupInfo><item/></securityGroupInfo>"),
        (lambda c: c.get_security_group("sg-1"), ""),
        (lambda c: c.list_volumes(), "<volumeSet><item><size>1</size></item></volumeSet>"),
        # Of a time that no clock has botocore says RuntimeError.
        (lambda c: c.list_volumes(), "<volumeSet><item><createTime>inf</createTime></item></volumeSet>"),
        (lambda c: c.list_volumes(), "<volumeSet><item><tagSet><item/></tagSet></item></volumeSet>"),
        (lambda c: c.create_volume("disk", "z", size_gib=1), "<size>1</size>"),
        (lambda c: c.list_snapshots(), "<snapshotSet><item/></snapshotSet>"),
        (lambda c: c.list_addresses(), "<addressesSet><item/></addressesSet>"),
        (lambda c: c.associate_address("eipalloc-1", "i-1"), ""),
        # Of a text that comes twice botocore leaves the elements.
        (
            lambda c: c.list_addresses(),
            "<addressesSet><item><publicIp>a</publicIp><publicIp>b</publicIp></item></addressesSet>",
        ),
    ],
)
def test_an_answer_of_ec2_without_what_it_must_have(call: Callable[[EC2Client], object], body: str) -> None:
    with (
        ScriptedServer(of_ec2(body)) as server,
        EC2Client(KEYS, endpoint_url=server.url, retry=ONCE) as client,
    ):
        with pytest.raises(ServiceUnavailableError, match="not what the protocol says") as caught:
            call(client)
        assert caught.value.operation


@pytest.mark.parametrize(
    ("kind", "answer", "call", "operation"),
    [
        (
            LambdaClient,
            of_lambda({"FunctionArn": "arn"}),
            lambda c: c.create_function_url("f"),
            "create_function_url",
        ),
        (EC2Client, of_ec2(""), lambda c: c.allocate_address(), "allocate_address"),
        (EC2Client, of_ec2(""), lambda c: c.create_snapshot("s", "vol-1"), "create_snapshot"),
        (EC2Client, of_ec2(""), lambda c: c.create_security_group("g", "d"), "create_security_group"),
    ],
)
def test_what_was_made_and_cannot_be_read_is_not_made_twice(
    kind: type[LambdaClient | EC2Client],
    answer: ScriptedResponse,
    call: Callable[[Any], object],
    operation: str,
) -> None:
    with ScriptedServer(answer) as server, kind(KEYS, endpoint_url=server.url) as client:
        with pytest.raises(OutcomeUnknownError, match="not what the protocol says") as caught:
            call(client)
        assert caught.value.operation == operation
        assert len(server.requests) == 1
