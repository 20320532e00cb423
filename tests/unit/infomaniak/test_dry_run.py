"""Every call of the seven clients that changes something can be tried first."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pytest
import responses

from cloud.common.errors import AlreadyExistsError, InvalidRequestError, NotFoundError
from cloud.infomaniak import (
    InfomaniakComputeClient,
    InfomaniakDNSClient,
    InfomaniakHeatClient,
    InfomaniakIdentityClient,
    InfomaniakMeteringClient,
    InfomaniakNetworkClient,
    InfomaniakVolumeClient,
    Plan,
)
from unit.infomaniak.clouds import AUTH, NEUTRON, NOVA, SAMPLES, client_of, login, sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CLIENTS: list[type[Any]] = [
    InfomaniakComputeClient,
    InfomaniakVolumeClient,
    InfomaniakNetworkClient,
    InfomaniakIdentityClient,
    InfomaniakDNSClient,
    InfomaniakHeatClient,
    InfomaniakMeteringClient,
]
READS = ("list_", "get_", "iter_", "find_", "wait_for", "validate_", "plan_", "preview_", "follow_", "from_")
FURTHER_READS = {
    "close": "of the client",
    "export_zone": "text of a zone; the task that makes it is removed again",
    "failure": "why a stack failed",
    "options_type": "a class",
    "rating_version": "of the service",
}
EXCEPTIONS = {
    "create_resource": "the specification gives its arguments: the client's own create_* takes dry_run",
    "delete_resource": "the specification gives its arguments: the client's own delete_* takes dry_run",
    "ephemeral": "a block whose body needs an instance: plan_instance is its plan",
    "s3_key": "what S3 clients log in with: ensure_ec2_credentials takes dry_run",
}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB planted"


def public(kind: type[Any]) -> list[str]:
    return [
        name
        for name in dir(kind)
        if not name.startswith("_")
        and callable(getattr(kind, name))
        and not isinstance(inspect.getattr_static(kind, name), property)
    ]


@pytest.mark.parametrize("kind", CLIENTS, ids=lambda kind: kind.__name__)
def test_what_changes_something_takes_dry_run_by_keyword(kind: type[Any]) -> None:
    without = []
    for name in public(kind):
        if name.startswith(READS) or name in FURTHER_READS or name in EXCEPTIONS:
            continue
        found = inspect.signature(getattr(kind, name)).parameters.get("dry_run")
        if found is None or found.kind is not inspect.Parameter.KEYWORD_ONLY or found.default is not False:
            without.append(name)
    assert without == []


def test_the_lists_of_this_file_name_what_there_is() -> None:
    there = {name for kind in CLIENTS for name in public(kind)}
    assert {*FURTHER_READS, *EXCEPTIONS} <= there


@pytest.fixture
def cloud() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        login(mock, identity=AUTH, orchestration="http://heat.test/v1/project")
        yield mock


def test_key_pairs_are_made_and_deleted_or_only_looked_at(cloud: responses.RequestsMock) -> None:
    client = client_of(InfomaniakComputeClient)
    pair = SAMPLES["keypair"]["keypair"]
    cloud.get(f"{NOVA}/os-keypairs?limit=500", json={"keypairs": [{"keypair": pair}]})
    cloud.get(f"{NOVA}/os-keypairs?limit=500&marker={pair['name']}", json={"keypairs": []})
    taken: list[Callable[[], object]] = [
        lambda: client.create_key_pair(pair["name"], dry_run=True),
        lambda: client.import_key_pair(pair["name"], KEY, dry_run=True),
        lambda: client.create_keypair(pair["name"], dry_run=True),
        lambda: client.create_keypair(pair["name"], KEY, dry_run=True),
    ]
    for call in taken:
        with pytest.raises(AlreadyExistsError, match="there is a key pair called"):
            call()
    with pytest.raises(InvalidRequestError):
        client.import_key_pair("new", "-----BEGIN", dry_run=True)
    free: list[object] = [
        client.create_key_pair("new", dry_run=True),
        client.import_key_pair("new", KEY, dry_run=True),
        client.create_keypair("new", KEY, dry_run=True),
    ]
    assert free == [None, None, None]
    assert client.delete_key_pair(pair["name"], dry_run=True) is True
    assert client.delete_keypair("new", dry_run=True) is False
    assert {line.split()[0] for line in sent(cloud)} == {"GET"}


def test_tags_of_a_network_are_planned(cloud: responses.RequestsMock) -> None:
    client = client_of(InfomaniakNetworkClient)
    cloud.get(f"{NEUTRON}/networks/n/tags", json={"tags": ["old"]})
    plan = client.set_tags("networks", "n", ["b", "a", "b"], dry_run=True)
    assert plan == Plan(
        operation="set_tags", resource="n", changes={"tags": ["a", "b"]}, checks=("it has old now",)
    )
    cloud.put(f"{NEUTRON}/networks/n/tags", json={"tags": ["a", "b"]})
    assert client.set_tags("networks", "n", ["b", "a"]) == ("a", "b")
    cloud.get(f"{NEUTRON}/networks/m/tags", json=SAMPLES["error_network_not_found"], status=404)
    with pytest.raises(NotFoundError):
        client.set_tags("networks", "m", [], dry_run=True)


def test_a_key_for_s3_is_planned(cloud: responses.RequestsMock) -> None:
    client = client_of(InfomaniakIdentityClient)
    keys = f"{AUTH}/users/user/credentials/OS-EC2"
    cloud.get(keys, json={"credentials": []})
    cloud.get(f"{AUTH}/auth/projects", json={"projects": [{"id": "project", "name": "PCP-TEST"}]})
    found = {"access": "planted-access", "secret": "planted-s3", "tenant_id": "project", "user_id": "user"}
    plan = client.ensure_ec2_credentials("project", dry_run=True)
    assert plan.checks == ("the key would open project PCP-TEST", "a key would be made")
    cloud.replace(responses.GET, keys, json={"credentials": [found]})
    plan = client.ensure_ec2_credentials("project", dry_run=True)
    assert plan.checks[1] == "the key planted-access is there"
    assert "planted-s3" not in f"{plan!r}{plan.to_dict()}"
    assert client.ensure_ec2_credentials().access_key == "planted-access"
    assert [
        call
        for call in cloud.calls
        if str(call.request.url).startswith(keys) and call.request.method == "POST"
    ] == []
    with pytest.raises(NotFoundError):
        client.ensure_ec2_credentials("elsewhere", dry_run=True)


def test_a_stack_of_a_file_is_planned(cloud: responses.RequestsMock, tmp_path: Path) -> None:
    client = client_of(InfomaniakHeatClient)
    file = tmp_path / "stack.yaml"
    file.write_text("heat_template_version: 2018-08-31\n", "utf-8")
    heat = "http://heat.test/v1/project/stacks"
    cloud.get(heat, json={"stacks": []})
    cloud.post(f"{heat}/preview", json={"stack": {"resources": []}})
    plan = client.create_stack_from_file("s", file, dry_run=True)
    assert plan.checks == ("there is no stack 's'", "Heat accepts it: no resources")
    assert sent(cloud, "POST") == [f"POST {heat}/preview"]
