"""``cloud vm`` and ``cloud inventory`` against moto in this process."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from cloud._registry import compute_providers, open_compute
from cloud._resources import _SERVICES, resource_services
from cloud.aws import EC2Client, S3Client
from cloud.common import CloudProvider, ConfigurationError, InvalidRequestError, PermissionDeniedError
from cloud.common.config import CloudConfig, Profile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cloud.local import LocalStorageClient
    from conftest import Run

REGION = "eu-west-1"
IMAGE = "ami-12c6146b"  # moto takes any


@pytest.fixture(autouse=True)
def aws(store: LocalStorageClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_SESSION_TOKEN", "OS_CLOUD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE000000000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-test")
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # they take seconds
    with mock_aws():
        yield


@pytest.fixture
def client() -> Iterator[EC2Client]:
    with EC2Client(region=REGION) as client:
        yield client


@pytest.fixture
def instance(client: EC2Client) -> str:
    return client.create_instance("wéb", "t3.micro", IMAGE, tags={"team": "blue"}).id


# -- vm ----------------------------------------------------------------------------------------------------------
def test_list_is_a_row_for_each_and_json_lines(run: Run, instance: str) -> None:
    ran = run("vm", "list")
    assert ran.code == 0
    (row,) = [line.split("\t") for line in ran.lines]
    assert row[:6] == ["aws", instance, "wéb", "running", "t3.micro", "eu-west-1a"]
    (record,) = run("vm", "list", "--json", "--state", "running", "--tag", "team=blue").records
    assert (record["provider"], record["id"], record["tags"]) == ("aws", instance, {"team": "blue"})


def test_list_filters(run: Run, instance: str) -> None:
    assert run("vm", "list", "--state", "stopped").lines == []
    assert run("vm", "list", "--name", "wéb*").lines == []
    assert len(run("vm", "list", "--name", "wéb", "--state", "stopped", "--state", "running").lines) == 1


def test_list_of_every_region(run: Run, instance: str) -> None:
    with EC2Client(region="us-west-2") as far:
        other = far.create_instance("far", "t3.micro", IMAGE).id
    assert {line.split("\t")[1] for line in run("vm", "list", "--all-regions").lines} == {instance, other}
    assert [line.split("\t")[1] for line in run("vm", "list", "--region", "us-west-2").lines] == [other]


def test_one_provider_that_fails_does_not_hide_the_others(run: Run, instance: str) -> None:
    ran = run("vm", "list", "-p", "nowhere", "-p", "aws")
    assert ran.code == 3
    assert "nowhere" in ran.err
    assert [line.split("\t")[1] for line in ran.lines] == [instance]
    alone = run("vm", "list", "-p", "nowhere")
    assert (alone.code, alone.lines) == (2, [])


def test_show(run: Run, instance: str) -> None:
    lines = run("vm", "show", instance).lines
    assert f"id\t{instance}" in lines
    assert "tag team\tblue" in lines
    ran = run("vm", "show", "i-0123456789abcdef0")
    assert ran.code == 4
    assert "i-0123456789abcdef0" in ran.err
    both = run("vm", "show", "i-0123456789abcdef0", instance, "--json")
    assert both.code == 3
    assert [record["id"] for record in both.records] == [instance]


def test_create_prints_the_id_and_waits(run: Run, client: EC2Client, tmp_path: Path) -> None:
    script = tmp_path / "boot.sh"
    script.write_text("#!/bin/sh\n")
    ran = run(
        *("vm", "create", "new", "--type", "t3.small", "--image", IMAGE, "--tag", "a=b", "--wait"),
        *("--user-data", script, "--zone", "eu-west-1b"),
    )
    assert ran.code == 0, ran.err
    made = client.get_instance(ran.lines[0])
    assert (made.name, made.instance_type, dict(made.tags), made.zone) == (
        "new",
        "t3.small",
        {"a": "b"},
        "eu-west-1b",
    )
    assert "running" in ran.err


def test_user_data_comes_from_standard_input(run: Run, client: EC2Client) -> None:
    args = ("vm", "create", "new", "--type", "t3.small", "--image", IMAGE, "--user-data", "-", "--json")
    (record,) = run(*args, stdin=b"#!/bin/sh\n# from here").records
    answer = client.native.describe_instance_attribute(InstanceId=record["id"], Attribute="userData")
    from base64 import b64decode

    assert b64decode(answer["UserData"]["Value"]) == b"#!/bin/sh\n# from here"


def test_a_dry_run_makes_and_changes_nothing(run: Run, client: EC2Client, instance: str) -> None:
    ran = run("vm", "create", "no", "--type", "t3.micro", "--image", IMAGE, "-n")
    assert (ran.code, ran.lines, ran.err) == (0, [], "would create no\n")
    for command in ("stop", "reboot", "delete"):
        ran = run("vm", command, instance, "--dry-run")
        assert (ran.code, ran.lines, ran.err) == (0, [], f"would {command} {instance}\n")
    assert [item.id for item in client.list_instances()] == [instance]
    assert client.get_instance(instance).state.value == "running"


def test_stop_start_reboot_delete(run: Run, client: EC2Client, instance: str) -> None:
    assert run("vm", "stop", instance, "--wait").lines == [instance]
    assert client.get_instance(instance).state.value == "stopped"
    again = run("vm", "stop", instance)
    assert (again.code, again.lines, again.err) == (0, [], f"{instance}: nothing to do\n")
    assert run("vm", "reboot", instance).code == 6
    assert run("vm", "start", instance, "--wait", "--json").records == [
        {"id": instance, "action": "start", "changed": True, "dry_run": False}
    ]
    assert run("vm", "reboot", instance).lines == [instance]
    assert run("vm", "delete", instance, "--wait").lines == [instance]
    assert client.get_instance(instance).state.value == "terminated"


def test_delete_of_what_is_not_there_is_an_error_without_force(run: Run) -> None:
    assert run("vm", "delete", "i-0123456789abcdef0").code == 4
    assert run("vm", "delete", "-f", "i-0123456789abcdef0").code == 0


def test_wait(run: Run, instance: str) -> None:
    assert run("vm", "wait", instance).lines == [f"{instance}\trunning"]
    assert run("vm", "wait", instance, "--state", "stopped", "--timeout", "0").code == 7


def test_console(run: Run, instance: str) -> None:
    assert run("vm", "console", instance).lines[0].startswith("Linux version")
    assert run("vm", "console", instance, "--json").json["output"].startswith("Linux version")


# -- the registry ------------------------------------------------------------------------------------------------
def test_every_compute_provider_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "aws" in compute_providers()
    with open_compute("aws", region="us-east-2", timeout=None) as client:
        assert client.region == "us-east-2"
    with pytest.raises(InvalidRequestError, match="known are"):
        open_compute("nowhere")
    with pytest.raises(InvalidRequestError, match="takes no colour"):
        open_compute("aws", colour="red")


def test_a_profile_opens_its_provider_only() -> None:
    config = CloudConfig([
        Profile(name="work", provider=CloudProvider.AWS, region="ap-south-1"),
        Profile(name="store", provider=CloudProvider.LOCAL, root="/x"),
    ])  # fmt: skip  # a list
    with open_compute("aws", config=config, profile="work") as client:
        assert client.region == "ap-south-1"
    with pytest.raises(ConfigurationError, match="store"):
        open_compute("aws", config=config, profile="store")


# -- inventory ---------------------------------------------------------------------------------------------------
def test_inventory_is_everything_of_every_provider(run: Run, instance: str) -> None:
    with S3Client(region=REGION) as s3:
        s3.create_bucket("photos-of-the-test")
    ran = run("inventory")
    assert ran.code == 0, ran.err
    rows = [line.split("\t") for line in ran.lines]
    assert [(row[0], row[1], row[3]) for row in rows] == [
        ("aws/s3", "storage", "photos-of-the-test"),
        ("aws/ec2", "compute", instance),
        ("local/storage", "storage", "b"),
    ]
    assert ran.err == "3 resources: 1 compute, 2 storage\n"


def test_inventory_filters_and_sums_up(run: Run, instance: str) -> None:
    document = run("inventory", "--json", "--tag", "team=blue").json
    assert [item["id"] for item in document["resources"]] == [instance]
    assert document["totals"] == {"all": 1, "by_type": {"compute": 1}, "by_provider": {"aws": 1}}
    assert document["problems"] == []
    assert [item["id"] for item in run("inventory", "--json", "--type", "storage").json["resources"]] == ["b"]
    assert run("inventory", "--json", "--tag", "team", "-p", "local").json["resources"] == []
    assert run("inventory", "-p", "local").lines[0].startswith("local/storage\tstorage\tb")


def test_a_service_that_fails_is_told_and_fails_the_command(
    run: Run, instance: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **keywords: object) -> None:
        raise PermissionDeniedError("the door is shut")

    monkeypatch.setattr(S3Client, "_list_buckets", fail)
    ran = run("inventory", "--json")
    assert ran.code == 3
    assert "aws/s3" in ran.err
    assert "the door is shut" in ran.err
    assert [problem["service"] for problem in ran.json["problems"]] == ["aws/s3"]
    assert instance in [item["id"] for item in ran.json["resources"]]


def test_half_a_login_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    ran = run("inventory")
    assert ran.code == 3
    assert "AWS_SECRET_ACCESS_KEY" in ran.err
    assert "this is not everything" in ran.err


def test_no_credentials_is_an_error_and_no_empty_inventory(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = run("inventory", "-p", "coda")
    assert ran.code == 2
    assert "coda" in ran.err
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "CLOUD_LOCAL_ROOT"):
        monkeypatch.delenv(name)
    assert run("inventory").code == 2


def test_inventory_of_every_region(run: Run, instance: str) -> None:
    with EC2Client(region="us-west-2") as far:
        other = far.create_instance("far", "t3.micro", IMAGE).id
    ran = run("inventory", "-p", "aws", "--type", "compute", "--all-regions", "--json")
    assert ran.code == 0, ran.err
    assert {(item["region"], item["id"]) for item in ran.json["resources"]} == {
        (REGION, instance),
        ("us-west-2", other),
    }


def test_inventory_of_a_profile(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(
        json.dumps({"profiles": {"mine": {"provider": "local", "root": str(tmp_path / "store")}}})
    )
    ran = run("inventory", "--config", config, "--profile", "mine")
    assert ran.code == 0, ran.err
    assert ran.lines[0].split("\t")[0] == "local/storage (mine)"


def test_every_service_of_the_inventory_is_there_and_lists() -> None:
    from importlib import import_module

    for service in _SERVICES:
        module, _, name = service.target.partition(":")
        assert callable(getattr(import_module(module), name).list_resources), service.name


def test_services_follow_from_the_logins() -> None:
    def names(**environ: str) -> list[str]:
        nowhere = {"AWS_SHARED_CREDENTIALS_FILE": "/nowhere", "AWS_CONFIG_FILE": "/nowhere"}
        return [each.name for each in resource_services(CloudConfig(), environ={**nowhere, **environ})]

    assert names() == []
    assert names(AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b") == ["aws/s3", "aws/ec2", "aws/lambda"]
    s3_keys = {"INFOMANIAK_S3_ACCESS_KEY": "a", "INFOMANIAK_S3_SECRET_KEY": "b"}
    assert names(**s3_keys) == ["infomaniak/s3"]
    assert "infomaniak/s3" not in names(**s3_keys, OS_USERNAME="u", OS_PASSWORD="p")
    assert names(INFOMANIAK_NEWSLETTER_TOKEN="t") == ["infomaniak/newsletter"]
    assert names(CLOUD_LOCAL_ROOT="/r", CLOUD_LOCAL_FUNCTIONS="/f") == ["local/storage", "local/functions"]
