"""Answers of Lambda and EC2 that lack what they must have are broken ones, not a ``KeyError``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cloud.aws import LambdaClient, _ec2_read, _lambda_records
from cloud.common import CloudCredentials, CloudProvider, OutcomeUnknownError, ServiceUnavailableError
from cloud.testing import ScriptedResponse, ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable

KEYS = CloudCredentials(
    CloudProvider.AWS, access_key="AKIAEXAMPLE000000000", secret_key="secret", region="us-east-1"
)


@pytest.mark.parametrize(
    "read",
    [
        _lambda_records.function_info,
        _lambda_records.described,
        lambda answer: _lambda_records.function_alias("f", answer),
        lambda answer: _lambda_records.function_url("f", answer),
        lambda answer: _lambda_records.layer_version("l", answer),
        lambda answer: _ec2_read.instance(answer, "us-east-1"),
        _ec2_read.image,
        _ec2_read.instance_type,
        _ec2_read.key_pair,
    ],
)
def test_a_record_without_its_name_is_a_broken_answer(read: Callable[[Any], Any]) -> None:
    with pytest.raises(ServiceUnavailableError, match="not what the protocol says"):
        read({})


def test_an_address_that_was_made_and_cannot_be_read_is_not_made_twice() -> None:
    answer = ScriptedResponse(
        status=201,
        headers=(("Content-Type", "application/json"), ("x-amzn-requestid", "r")),
        body=json.dumps({"FunctionArn": "arn"}).encode(),
    )
    with ScriptedServer(answer) as server, LambdaClient(KEYS, endpoint_url=server.url) as client:
        with pytest.raises(OutcomeUnknownError, match="not what the protocol says") as caught:
            client.create_function_url("f")
        assert caught.value.operation == "create_function_url"
        assert len(server.requests) == 1
