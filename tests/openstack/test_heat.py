"""Stacks on a real Heat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cloud.common import (
    AlreadyExistsError,
    CloudError,
    InvalidRequestError,
    NotFoundError,
    ResourceType,
    TimeoutError_,
)
from cloud.infomaniak import InfomaniakHeatClient, StackEvent, StackFailedError
from servers.openstack_cloud import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from servers.openstack_cloud import OpenStackCloud

RANDOM = """
heat_template_version: 2018-08-31
description: one word
parameters:
  length: {type: number, default: 8}
  hidden: {type: string, default: x, hidden: true}
resources:
  word:
    type: OS::Heat::RandomString
    properties: {length: {get_param: length}}
outputs:
  word: {value: {get_attr: [word, value]}}
"""
NETWORK = """
heat_template_version: 2018-08-31
resources:
  net: {type: "OS::Neutron::Net"}
  subnet:
    type: OS::Neutron::Subnet
    properties: {network: {get_resource: net}, cidr: 10.77.0.0/24}
outputs:
  id: {value: {get_resource: net}}
"""


@pytest.fixture
def client(login: str) -> Iterator[InfomaniakHeatClient]:
    with InfomaniakHeatClient.from_cloud(login) as client:
        yield client


@pytest.fixture
def trusting(openstack_cloud: OpenStackCloud) -> Iterator[InfomaniakHeatClient]:
    """Yield a client of the Heat that acts by trusts, as nested stacks need it; logged in by password."""
    with InfomaniakHeatClient(profile=PASSWORD, endpoint_url=openstack_cloud.trusts_heat_url) as client:
        yield client


@pytest.fixture
def made(client: InfomaniakHeatClient) -> Iterator[list[str]]:
    """Yield a list of names: the stacks of those are deleted at the end."""
    names: list[str] = []
    yield names
    for name in names:
        client.delete_stack(name)
    for name in names:
        client.wait_for_stack_gone(name)


def test_a_stack_from_making_to_deleting(client: InfomaniakHeatClient, unique: str, made: list[str]) -> None:
    plan = client.create_stack(unique, RANDOM, {"length": 12}, dry_run=True)
    assert "word (OS::Heat::RandomString)" in plan.checks[1]
    assert client.get_resource(unique) is None

    made.append(unique)
    stack = client.create_stack(unique, RANDOM, {"length": 12, "hidden": "s3cret"}, tags=["a", "b"])
    seen: list[StackEvent] = []
    done = client.wait_for_stack(stack.id, deadline_seconds=120, on_event=seen.append)
    assert (done.status, done.tags, done.parameters["length"]) == ("CREATE_COMPLETE", ("a", "b"), "12")
    assert done.parameters["hidden"] == "******"
    assert len(client.get_stack_outputs(unique)["word"]) == 12
    assert [event.resource_name for event in client.iter_stack_events(unique)].count("word") == 2
    assert {each.name: each.type for each in client.list_stack_resources(unique)} == {
        "word": "OS::Heat::RandomString"
    }
    assert len(client.get_stack_resource(unique, "word").attributes["value"]) == 12
    assert client.get_stack_template(unique)["description"] == "one word"
    assert client.get_stack_environment(unique)["parameters"]["length"] == 12
    with pytest.raises(AlreadyExistsError):
        client.create_stack(unique, RANDOM)
    assert stack.id in {each.id for each in client.iter_stacks(name=unique)}
    assert stack.id in {each.id for each in client.list_resources(ResourceType.ORCHESTRATION)}

    changes = client.preview_update(unique, parameters={"length": 20})
    assert (changes.replaced, changes.added) == (("word",), ())
    assert "replaced word" in client.update_stack(unique, parameters={"length": 20}, dry_run=True).checks[0]
    client.update_stack(unique, parameters={"length": 20})
    assert client.wait_for_stack(unique, deadline_seconds=120).status == "UPDATE_COMPLETE"
    assert len(client.get_stack_outputs(unique)["word"]) == 20

    client.suspend_stack(unique)
    assert client.wait_for_stack(unique, deadline_seconds=120).status == "SUSPEND_COMPLETE"
    client.resume_stack(unique)
    assert client.wait_for_stack(unique, deadline_seconds=120).status == "RESUME_COMPLETE"
    for _ in range(2):
        client.check_stack(unique)
        assert client.wait_for_stack(unique, deadline_seconds=120).status == "CHECK_COMPLETE"

    assert client.delete_stack(unique) is True
    client.wait_for_stack_gone(stack.id, deadline_seconds=120)
    assert client.delete_stack(unique) is False
    assert client.get_stack(stack.id).status == "DELETE_COMPLETE"
    with pytest.raises(NotFoundError):
        client.get_stack(unique)


def test_real_resources_are_made_and_removed(
    client: InfomaniakHeatClient, unique: str, made: list[str]
) -> None:
    made.append(unique)
    client.create_stack(unique, NETWORK)
    events = list(client.follow_stack_events(unique, deadline_seconds=120))
    assert events[0].status == "CREATE_IN_PROGRESS"
    assert (events[-1].resource_name, events[-1].status) == (unique, "CREATE_COMPLETE")
    network = client.get_stack_outputs(unique)["id"]
    assert network in {each.physical_id for each in client.list_stack_resources(unique)}


def test_the_reason_of_a_failure_is_found_in_nested_stacks(
    trusting: InfomaniakHeatClient, unique: str, tmp_path: Path
) -> None:
    client = trusting
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "inner.yaml").write_text(
        """
heat_template_version: 2018-08-31
resources:
  net: {type: "OS::Neutron::Net"}
  broken:
    type: OS::Neutron::Subnet
    properties: {network: {get_resource: net}, cidr: 10.78.0.0/24, gateway_ip: 10.78.0.0}
"""
    )
    outer = tmp_path / "outer.yaml"
    outer.write_text("heat_template_version: 2018-08-31\nresources:\n  inside: {type: parts/inner.yaml}\n")
    client.create_stack(unique, outer)
    with pytest.raises(StackFailedError) as caught:
        client.wait_for_stack(unique, deadline_seconds=120)
    client.delete_stack(unique)
    client.wait_for_stack_gone(unique)
    error = caught.value
    assert error.state == "CREATE_FAILED"
    assert error.failures[0].resource_name == "broken"
    assert error.failures[0].type == "OS::Neutron::Subnet"
    assert "Gateway" in str(error) or "gateway" in str(error)
    assert error.failures[-1].resource_name == "inside"


def test_the_reason_of_a_rollback_is_found_in_the_events(
    client: InfomaniakHeatClient, unique: str, made: list[str]
) -> None:
    template: dict[str, Any] = {
        "heat_template_version": "2018-08-31",
        "resources": {
            "ok": {"type": "OS::Heat::RandomString"},
            "bad": {"type": "OS::Heat::TestResource", "properties": {"fail": True}, "depends_on": "ok"},
        },
    }
    made.append(unique)
    client.create_stack(unique, template, disable_rollback=False)
    with pytest.raises(StackFailedError) as caught:
        client.wait_for_stack(unique, deadline_seconds=120)
    assert caught.value.state == "ROLLBACK_COMPLETE"
    assert {each.resource_name for each in caught.value.failures} == {"bad"}
    assert "Test Resource failed" in str(caught.value)


def test_files_are_included_from_below_the_template_only(
    trusting: InfomaniakHeatClient, unique: str, tmp_path: Path
) -> None:
    client = trusting
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "text.txt").write_text("grüezi")
    (tmp_path / "parts" / "inner.yaml").write_text(
        """
heat_template_version: 2018-08-31
resources:
  v: {type: "OS::Heat::Value", properties: {value: {get_file: text.txt}}}
outputs:
  text: {value: {get_attr: [v, value]}}
"""
    )
    outer = tmp_path / "outer.yaml"
    outer.write_text(
        """
heat_template_version: 2018-08-31
resources:
  inside: {type: "My::Type"}
outputs:
  text: {value: {get_attr: [inside, text]}}
"""
    )
    environment = tmp_path / "env.yaml"
    environment.write_text('resource_registry: {"My::Type": parts/inner.yaml}\n')
    client.create_stack_from_file(unique, outer, environment=environment)
    client.wait_for_stack(unique, deadline_seconds=120)
    assert client.get_stack_outputs(unique) == {"text": "grüezi"}
    assert set(client.get_stack_files(unique)) == {"parts/inner.yaml", "parts/text.txt"}
    nested = client.list_stack_resources(unique, nested_depth=2)
    assert {each.name for each in nested} == {"inside", "v"}
    client.delete_stack(unique)
    client.wait_for_stack_gone(unique)


def test_templates_are_validated(client: InfomaniakHeatClient, unique: str) -> None:
    found = client.validate_template(RANDOM)
    assert {each.name: (each.type, each.is_required, each.is_hidden) for each in found.parameters} == {
        "length": ("Number", False, False),
        "hidden": ("String", False, True),
    }
    with pytest.raises(InvalidRequestError, match="OS::No::Such"):
        client.validate_template(
            {"heat_template_version": "2018-08-31", "resources": {"x": {"type": "OS::No::Such"}}}
        )
    with pytest.raises(InvalidRequestError):
        client.create_stack(unique, RANDOM, {"length": "many"})
    assert client.get_resource(unique) is None
    assert "OS::Nova::Server" in client.list_resource_types()


def test_a_stack_is_abandoned_and_adopted(client: InfomaniakHeatClient, unique: str, made: list[str]) -> None:
    client.create_stack(unique, NETWORK)
    client.wait_for_stack(unique, deadline_seconds=120)
    network = client.get_stack_outputs(unique)["id"]
    data = client.abandon_stack(unique)
    client.wait_for_stack_gone(unique)
    made.append(f"{unique}-again")
    adopted = client.adopt_stack(f"{unique}-again", data)
    assert client.wait_for_stack(adopted.id, deadline_seconds=120).status == "ADOPT_COMPLETE"
    assert client.get_stack_outputs(adopted.id)["id"] == network


def test_a_refused_trust_says_what_to_log_in_with(
    login: str, openstack_cloud: OpenStackCloud, unique: str
) -> None:
    with InfomaniakHeatClient(profile=login, endpoint_url=openstack_cloud.trusts_heat_url) as client:
        with pytest.raises(CloudError) as caught:
            client.create_stack(unique, RANDOM)
        assert "user and password" in (caught.value.hint or "")
        assert client.get_resource(unique) is None


def test_waiting_ends(client: InfomaniakHeatClient, unique: str, made: list[str]) -> None:
    template = {
        "heat_template_version": "2018-08-31",
        "resources": {"slow": {"type": "OS::Heat::TestResource", "properties": {"wait_secs": 8}}},
    }
    made.append(unique)
    client.create_stack(unique, template)
    with pytest.raises(TimeoutError_):
        client.wait_for_stack(unique, deadline_seconds=1)
    client.wait_for_stack(unique, deadline_seconds=120)
