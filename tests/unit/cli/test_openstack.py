"""``cloud volume``, ``network``, ``ip``, ``lb`` and ``keypair`` over HTTP, with the answers of a real OpenStack."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Any

import pytest
import responses

from unit.infomaniak.clouds import AUTH, CINDER, NEUTRON, NOVA, OCTAVIA, SAMPLES, login, sent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from unit.cli.conftest import Run

VOLUME = SAMPLES["volume"]["volume"]
NETWORK = SAMPLES["network"]["network"]


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[responses.RequestsMock]:
    for name in (
        "OS_CLOUD",
        "INFOMANIAK_APP_CREDENTIAL_ID",
        "INFOMANIAK_APP_CREDENTIAL_SECRET",
        "CLOUD_CONFIG",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OS_AUTH_URL", AUTH)
    monkeypatch.setenv("OS_APPLICATION_CREDENTIAL_ID", "id")
    monkeypatch.setenv("OS_APPLICATION_CREDENTIAL_SECRET", "planted-secret")
    monkeypatch.setenv("OS_REGION_NAME", "dc3-a")
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        login(mock)
        yield mock


def volumes(*found: dict[str, Any]) -> dict[str, Any]:
    return {"volumes": list(found)}


def test_listings(run: Run, cloud: responses.RequestsMock) -> None:
    cloud.get(f"{CINDER}/volumes/detail", json=volumes(VOLUME))
    ran = run("volume", "list", "--name", "sample", "--status", "available")
    assert ran.code == 0
    assert ran.lines[0].split("\t")[:4] == [VOLUME["id"], "sample", "available", "1"]
    assert "name=sample" in sent(cloud)[0]
    (record,) = run("volume", "list", "--json").records
    assert (record["id"], record["metadata"]) == (VOLUME["id"], {"a": "b"})


def test_names_are_ids_where_one_thing_has_them(run: Run, cloud: responses.RequestsMock) -> None:
    cloud.get(f"{CINDER}/volumes/detail", json=volumes(VOLUME))
    cloud.get(f"{CINDER}/volumes/{VOLUME['id']}", json=SAMPLES["volume"])
    assert run("volume", "show", "sample", "--json").json["id"] == VOLUME["id"]
    assert run("volume", "show", VOLUME["id"], "--json").json["name"] == "sample"
    cloud.replace(
        responses.GET, f"{CINDER}/volumes/detail", json=volumes(VOLUME, {**VOLUME, "id": "another"})
    )
    ran = run("volume", "delete", "sample")
    assert ran.code == 6
    assert VOLUME["id"] in ran.err
    assert "another" in ran.err
    cloud.replace(responses.GET, f"{CINDER}/volumes/detail", json=volumes())
    assert run("volume", "delete", "sample").code == 4
    assert run("volume", "delete", "sample", "--force").code == 0
    assert sent(cloud, "DELETE") == []


def test_a_plan_changes_nothing(run: Run, cloud: responses.RequestsMock) -> None:
    cloud.get(f"{CINDER}/os-quota-sets/project", json=SAMPLES["quota_set"])
    ran = run("volume", "create", "data", "--size", "1", "--dry-run")
    assert (ran.code, ran.out) == (0, b"")
    assert "would create volume data" in ran.err
    assert "the quota leaves room" in ran.err
    (plan,) = run("volume", "create", "data", "--size", "1", "-n", "--json").records
    assert plan["changes"] == {"size": 1, "name": "data"}
    assert {line.partition(" ")[0] for line in sent(cloud)} == {"GET"}


def test_the_id_is_printed_once_it_is_known(run: Run, cloud: responses.RequestsMock) -> None:
    cloud.post(f"{CINDER}/volumes", json=SAMPLES["volume_creating"], status=202)
    failed = {"volume": {**VOLUME, "status": "error"}}
    cloud.get(f"{CINDER}/volumes/{SAMPLES['volume_creating']['volume']['id']}", json=failed)
    ran = run("volume", "create", "data", "--size", "1", "--wait")
    assert ran.lines == [SAMPLES["volume_creating"]["volume"]["id"]]
    assert ran.code == 1
    assert ": error" in ran.err


def test_a_network_with_its_subnet(run: Run, cloud: responses.RequestsMock) -> None:
    cloud.get(f"{NEUTRON}/quotas/project/details.json", json=SAMPLES["quota_details"])
    cloud.post(f"{NEUTRON}/networks", json=SAMPLES["network"], status=201)
    cloud.post(f"{NEUTRON}/subnets", json=SAMPLES["subnet"], status=201)
    ran = run("network", "create", "n", "--cidr", "10.0.0.0/24", "--dns", "9.9.9.9")
    assert (ran.code, ran.lines) == (0, [NETWORK["id"]])
    assert run("network", "create", "n", "--dns", "9.9.9.9").code == 2
    assert len(sent(cloud, "POST")) == 2


def test_rules(run: Run, cloud: responses.RequestsMock) -> None:
    group = SAMPLES["security_group"]["security_group"]
    cloud.get(f"{NEUTRON}/security-groups", json={"security_groups": [group]})
    cloud.post(f"{NEUTRON}/security-group-rules", json=SAMPLES["error_rule_exists"], status=409)
    assert run("network", "group", "allow", "sample", "--protocol", "tcp", "--port", "80").code == 6
    assert run("network", "group", "allow", "sample", "--protocol", "tcp", "--port", "x").code == 2
    assert run("network", "group", "revoke", "..").code == 2


def test_floating_ips_by_address(run: Run, cloud: responses.RequestsMock) -> None:
    found = SAMPLES["floating_ip"]["floatingip"]
    cloud.get(f"{NEUTRON}/floatingips", json={"floatingips": [found]})
    cloud.put(f"{NEUTRON}/floatingips/{found['id']}", json=SAMPLES["floating_ip"])
    ran = run("ip", "detach", found["floating_ip_address"])
    assert ran.lines == [found["floating_ip_address"]]
    assert f"floating_ip_address={found['floating_ip_address']}" in sent(cloud)[0]
    assert run("ip", "attach", found["id"]).code == 2
    assert run("ip", "attach", found["id"], "--port", "p", "--instance", "i").code == 2


def test_load_balancers(run: Run, cloud: responses.RequestsMock) -> None:
    found = SAMPLES["loadbalancer_active"]["loadbalancer"]
    cloud.get(f"{OCTAVIA}/loadbalancers", json={"loadbalancers": [found]})
    cloud.get(f"{OCTAVIA}/loadbalancers/{found['id']}", json=SAMPLES["loadbalancer_active"])
    cloud.post(f"{OCTAVIA}/listeners", json=SAMPLES["listener"], status=201)
    ran = run("lb", "listener", "create", "sample", "web", "http", "80")
    assert ran.lines == [SAMPLES["listener"]["listener"]["id"]]
    assert run("lb", "listener", "create", "sample", "web", "gopher", "70").code == 2


def test_a_private_key_goes_to_a_file_of_its_own(
    run: Run, cloud: responses.RequestsMock, tmp_path: Path
) -> None:
    cloud.post(f"{NOVA}/os-keypairs", json=SAMPLES["keypair"])
    file = tmp_path / "key.pem"
    ran = run("keypair", "create", "laptop", "--save", file)
    assert ran.code == 0
    assert file.read_text() == SAMPLES["keypair"]["keypair"]["private_key"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"planted" not in ran.out
    again = run("keypair", "create", "laptop", "--save", file)
    assert again.code == 6
    assert len(sent(cloud, "POST")) == 1
    assert run("keypair", "create", "laptop").code == 2


def test_a_key_that_was_not_made_leaves_no_file(
    run: Run, cloud: responses.RequestsMock, tmp_path: Path
) -> None:
    cloud.post(f"{NOVA}/os-keypairs", json=SAMPLES["error_nova_conflict"], status=409)
    file = tmp_path / "key.pem"
    assert run("keypair", "create", "laptop", "--save", file).code == 6
    assert not file.exists()
