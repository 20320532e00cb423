"""LambdaClient inside moto's mock: what is kept, found, versioned and removed. It does not run functions."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from cloud.aws import LambdaClient, LambdaOptions, S3Client
from cloud.aws import _lambda as lambda_module
from cloud.common import CloudCredentials, CloudProvider, RetryPolicy
from cloud.common import errors as e

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEYS = CloudCredentials(CloudProvider.AWS, access_key="AKIAEXAMPLE000000000", secret_key="secret")


@pytest.fixture
def role() -> Iterator[str]:
    """Yield a role inside the mock."""
    with mock_aws(config={"lambda": {"use_docker": False}}):
        iam = boto3.client("iam", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        trust = {
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ]
        }
        made = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust))
        yield made["Role"]["Arn"]


@pytest.fixture
def client(role: str) -> Iterator[LambdaClient]:
    with LambdaClient(KEYS, region="us-east-1", role=role, retry=RetryPolicy(max_attempts=1)) as client:
        yield client


@pytest.fixture
def code(tmp_path: Path) -> Path:
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "app.py").write_text("def handler(event, context): return 1\n")
    return folder


def make(client: LambdaClient, code: Path, name: str = "f", **options: Any) -> str:
    client.create_function(name, "python3.12", "app.handler", code, **options)
    return name


def test_function_is_made_found_changed_and_removed(client: LambdaClient, code: Path) -> None:
    name = make(
        client, code, environment={"A": "1"}, memory_bytes=256 << 20, timeout_seconds=9, description="d"
    )
    info = client.get_function(name)
    assert (info.runtime, info.handler, info.memory_bytes, info.timeout_seconds) == (
        "python3.12",
        "app.handler",
        256 << 20,
        9,
    )
    assert (info.description, info.environment_names, info.version) == ("d", ("A",), "$LATEST")
    assert dict(client.get_environment(name)) == {"A": "1"}
    assert client.update_function(name, environment={"B": "2"}, timeout_seconds=10).timeout_seconds == 10
    assert dict(client.get_environment(name)) == {"B": "2"}
    assert client.delete_function(name) is True
    assert client.delete_function(name) is False
    assert client.list_functions() == []


def test_second_function_of_a_name_is_refused(client: LambdaClient, code: Path) -> None:
    make(client, code)
    with pytest.raises(e.AlreadyExistsError) as caught:
        make(client, code)
    assert caught.value.provider_code == "ResourceConflictException"


def test_same_code_is_not_sent_again(client: LambdaClient, code: Path) -> None:
    make(client, code)
    before = client.metrics.snapshot().requests
    assert client.deploy_function("f", "python3.12", "app.handler", code).action == "unchanged"
    assert client.metrics.snapshot().requests - before == 2  # two looks, nothing else
    (code / "app.py").write_text("def handler(event, context): return 2\n")
    done = client.deploy_function("f", "python3.12", "app.handler", code)
    assert (done.action, done.code_changed) == ("updated", True)
    assert done.function.code_sha256 == client.get_function("f").code_sha256


def test_invocation_echoes_in_the_mock(client: LambdaClient, code: Path) -> None:
    make(client, code)
    assert client.invoke("f", {"x": 1}).request_id
    assert client.invoke_async("f", {"x": 1})


def test_versions_and_aliases(client: LambdaClient, code: Path) -> None:
    make(client, code)
    first = client.publish_version("f", description="one")
    assert first.version == "1"
    assert [each.version for each in client.list_versions("f")] == ["$LATEST", "1"]
    alias = client.create_alias("f", "live", "1", description="d")
    assert (alias.function_name, alias.name, alias.version, alias.description) == ("f", "live", "1", "d")
    with pytest.raises(e.AlreadyExistsError):
        client.create_alias("f", "live", "1")
    assert client.update_alias("f", "live", version="$LATEST").version == "$LATEST"
    assert client.get_alias("f", "live").version == "$LATEST"
    assert client.delete_alias("f", "live") is True
    assert client.delete_alias("f", "live") is False
    with pytest.raises(e.NotFoundError):
        client.get_alias("f", "live")


def test_address(client: LambdaClient, code: Path) -> None:
    make(client, code)
    with pytest.raises(e.NotFoundError):
        client.get_function_url("f")
    made = client.create_function_url("f", public=True)
    assert made.public
    assert made.url.startswith("https://")
    found = client.get_function_url("f")
    assert (found.url, found.public) == (made.url, True)
    policy = json.loads(client.native.get_policy(FunctionName="f")["Policy"])
    assert {each["Sid"] for each in policy["Statement"]} == {"cloud-public-url", "cloud-public-url-invoke"}
    assert client.delete_function_url("f") is True
    with pytest.raises(e.NotFoundError):
        client.get_function_url("f")


def test_concurrency(client: LambdaClient, code: Path) -> None:
    make(client, code)
    assert client.get_concurrency("f") is None
    client.set_concurrency("f", 0)
    assert client.get_concurrency("f") == 0
    client.set_concurrency("f", 7)
    assert client.get_concurrency("f") == 7
    client.set_concurrency("f", None)
    assert client.get_concurrency("f") is None
    with pytest.raises(e.InvalidRequestError):
        client.set_concurrency("f", -1)


def test_layers(client: LambdaClient, code: Path) -> None:
    layer = client.publish_layer("shared", code, runtimes=["python3.12"], description="d")
    assert (layer.name, layer.version, layer.runtimes) == ("shared", 1, ("python3.12",))
    second = client.publish_layer("shared", code)
    assert second.version == 2
    assert [each.name for each in client.list_layers()] == ["shared"]
    assert sorted(each.version for each in client.list_layer_versions("shared")) == [1, 2]
    make(client, code, options=LambdaOptions(layers=(layer.id,)))
    described = client._describe("f").options
    assert isinstance(described, LambdaOptions)
    assert described.layers == (layer.id,)
    client.delete_layer_version("shared", 1)
    assert [each.version for each in client.list_layer_versions("shared")] == [2]


def test_large_package_goes_through_s3_once(role: str, code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lambda_module, "MAX_DIRECT_BYTES", 10)
    with (
        S3Client(KEYS, region="us-east-1") as store,
        LambdaClient(KEYS, region="us-east-1", role=role, code_bucket="packages") as client,
    ):
        store.create_bucket("packages")
        make(client, code)
        (info,) = store.list_objects("packages").to_list()
        digest = base64.b64decode(client.get_function("f").code_sha256 or "").hex()
        assert info.key == f"functions/{digest}.zip"
        make(client, code, "g")
        assert len(store.list_objects("packages").to_list()) == 1
        assert store.get_object_metadata("packages", info.key).modified_at == info.modified_at


def test_package_that_is_too_large_names_the_way_out(
    role: str, code: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lambda_module._DIRECT.max_package_bytes == 50 << 20
    monkeypatch.setattr(lambda_module, "_DIRECT", replace(lambda_module._DIRECT, max_package_bytes=10))
    with LambdaClient(KEYS, region="us-east-1", role=role) as client:
        with pytest.raises(e.InvalidRequestError) as caught:
            make(client, code)
        assert "code_bucket" in (caught.value.hint or "")
        assert client.metrics.snapshot().requests == 0


def test_role_may_come_with_the_call(role: str, code: Path) -> None:
    with LambdaClient(KEYS, region="us-east-1", role="arn:aws:iam::1:role/other") as client:
        make(client, code, options=LambdaOptions(role=role))
        assert client.get_function("f").raw["Role"] == role
