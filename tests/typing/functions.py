"""Everyday calls of functions as type checkers see them: checked by ``mypy --strict``, never run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from typing_extensions import assert_type

from cloud import open_functions
from cloud.aws import LambdaClient, LambdaOptions
from cloud.common import (
    BaseServerlessClient,
    CloudClient,
    Deployment,
    FunctionAlias,
    FunctionError,
    FunctionInfo,
    FunctionState,
    FunctionUrl,
    InvokeResult,
    LayerVersion,
    LogEvent,
    Pager,
    Requirements,
    ServerlessClient,
)
from cloud.local import LocalServerlessClient


def construction() -> None:
    client: BaseServerlessClient = LocalServerlessClient(
        "functions", interpreters={"python3.12": "/usr/bin/python3.12"}
    )
    contract: ServerlessClient = client
    anything: CloudClient = client
    assert_type(open_functions("aws", region="eu-west-3"), BaseServerlessClient)
    assert_type(LambdaClient.from_env(), LambdaClient)
    assert_type(contract.list_functions(), list[FunctionInfo])
    assert_type(anything.delete_resource("f"), bool)


def everyday(client: BaseServerlessClient) -> None:
    assert_type(client.list_functions(), list[FunctionInfo])
    assert_type(client.iter_functions(limit=3), Pager[FunctionInfo])
    assert_type(client.get_function("f").state, FunctionState)
    assert_type(client.get_environment("f"), Mapping[str, str])
    needs = Requirements(packages=["requests"], platforms=["manylinux2014_x86_64"])
    assert_type(client.create_function("f", "python3", "a.b", Path("code"), requirements=needs), FunctionInfo)
    assert_type(client.update_function("f", code_path="code.zip", environment={"A": "1"}), FunctionInfo)
    assert_type(client.deploy_function("f", "python3", "a.b", "code"), Deployment)
    assert_type(client.delete_function("f"), bool)
    value: Any = client.invoke_function("f", {"a": 1}, idempotency_key="k")
    assert_type(client.invoke("f", value), InvokeResult)
    assert_type(client.invoke_async("f", [1]), str)
    assert_type(client.iter_logs("f", since=datetime.now(timezone.utc), follow=True), Iterator[LogEvent])


def errors(error: FunctionError) -> None:
    assert_type(error.error_type, str | None)
    assert_type(error.stack_trace, tuple[str, ...])


def on_lambda(client: LambdaClient) -> None:
    client.create_function("f", "python3.12", "a.b", "code", options=LambdaOptions(role="arn", layers=("l",)))
    assert_type(client.publish_version("f"), FunctionInfo)
    assert_type(client.list_versions("f"), list[FunctionInfo])
    assert_type(client.create_alias("f", "live", "1", weights={"2": 0.1}), FunctionAlias)
    assert_type(client.create_function_url("f", public=True), FunctionUrl)
    assert_type(client.get_concurrency("f"), int | None)
    assert_type(client.publish_layer("l", "folder"), LayerVersion)
