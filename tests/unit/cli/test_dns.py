"""``cloud dns`` over HTTP: what is printed, what is sent, and what keeps a zone from being emptied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import responses

from unit.cli.logins import logged_in
from unit.infomaniak.clouds import body_of, sent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from unit.cli.conftest import Run

DNS = "http://designate.test/v2"
ZONE_ID = "a86dba58-0043-4cc6-a1bb-69d5e86f3ca3"
ONE = f"{DNS}/zones/{ZONE_ID}"
SETS = f"{ONE}/recordsets"
ZONE: dict[str, Any] = {
    "id": ZONE_ID,
    "name": "example.org.",
    "email": "a@example.org",
    "ttl": 3600,
    "serial": 7,
    "status": "ACTIVE",
    "type": "PRIMARY",
}
WWW: dict[str, Any] = {
    "id": "w",
    "zone_id": ZONE_ID,
    "zone_name": "example.org.",
    "name": "www.example.org.",
    "type": "A",
    "records": ["192.0.2.1", "192.0.2.2"],
    "ttl": None,
    "status": "ACTIVE",
}
PTRS = f"{DNS}/reverse/floatingips"
PTR: dict[str, Any] = {"id": "dc3-a:f", "address": "192.0.2.7", "ptrdname": None, "status": None, "ttl": None}
YAML = """
zone: example.org
ttl: 3600
records:
  - {name: www, type: A, records: [192.0.2.1, 192.0.2.9], ttl: 300}
  - {name: new, type: MX, records: 10 mx.example.org.}
"""


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[responses.RequestsMock]:
    with logged_in(monkeypatch, dns="http://designate.test") as mock:
        yield mock


@pytest.fixture
def zone(cloud: responses.RequestsMock) -> responses.RequestsMock:
    """A cloud with one zone of one record set."""
    cloud.get(f"{DNS}/zones", json={"zones": [ZONE], "links": {}})
    cloud.get(ONE, json=ZONE)
    cloud.get(SETS, json={"recordsets": [WWW], "links": {}})
    return cloud


def changes(cloud: responses.RequestsMock) -> list[str]:
    """Return every request that changes something."""
    return [line for line in sent(cloud) if not line.startswith("GET")]


# -- zones -----------------------------------------------------------------------------------------------------
def test_zones_of_every_page(run: Run, cloud: responses.RequestsMock) -> None:
    cloud.get(f"{DNS}/zones", json={"zones": [ZONE], "links": {"next": f"{DNS}/zones?marker={ZONE_ID}"}})
    cloud.get(f"{DNS}/zones", json={"zones": [{**ZONE, "id": "b", "name": "b.org."}], "links": {}})
    ran = run("dns", "list", "--name", "*.org.")
    assert ran.lines == [
        "example.org.\tACTIVE\tPRIMARY\t3600\t7\ta@example.org",
        "b.org.\tACTIVE\tPRIMARY\t3600\t7\ta@example.org",
    ]
    assert "name=%2A.org." in sent(cloud)[0]


def test_a_zone_is_named_by_name_or_id(run: Run, zone: responses.RequestsMock) -> None:
    assert run("dns", "show", "example.org", "--json").json["id"] == ZONE_ID
    assert run("dns", "show", ZONE_ID, "--json").json["name"] == "example.org."
    zone.replace(responses.GET, f"{DNS}/zones", json={"zones": [], "links": {}})
    ran = run("dns", "show", "example.com")
    assert ran.code == 4
    assert "there is no zone example.com." in ran.err
    assert run("dns", "delete", "example.com").code == 4
    assert run("dns", "delete", "example.com", "--force").code == 0
    assert changes(zone) == []


def test_a_zone_is_made_and_waited_for(run: Run, cloud: responses.RequestsMock) -> None:
    cloud.post(f"{DNS}/zones", json={**ZONE, "status": "PENDING"}, status=202)
    for status in ("PENDING", "PENDING", "ACTIVE"):
        cloud.get(ONE, json={**ZONE, "status": status})
    ran = run("dns", "create", "example.org", "--email", "a@example.org", "--ttl", "1h", "--wait")
    assert (ran.code, ran.lines) == (0, [ZONE_ID])
    assert ran.err == "example.org.: PENDING\nexample.org.: ACTIVE\n"
    assert changes(cloud) == [f"POST {DNS}/zones"]


def test_a_zone_that_fails_has_its_id_out(run: Run, cloud: responses.RequestsMock) -> None:
    cloud.post(f"{DNS}/zones", json={**ZONE, "status": "PENDING"}, status=202)
    cloud.get(ONE, json={**ZONE, "status": "ERROR"})
    ran = run("dns", "create", "example.org", "--email", "a@example.org", "--wait")
    assert (ran.code, ran.lines) == (1, [ZONE_ID])
    assert "state ERROR" in ran.err


def test_a_zone_without_an_email_is_refused_before_any_request(
    run: Run, cloud: responses.RequestsMock
) -> None:
    ran = run("dns", "create", "example.org")
    assert ran.code == 2
    assert "--email hostmaster@example.org" in ran.err
    assert sent(cloud) == []


def test_plans_of_zones_change_nothing(run: Run, zone: responses.RequestsMock) -> None:
    taken = run("dns", "create", "example.org", "--email", "a@example.org", "--dry-run")
    assert taken.code == 6
    ran = run("dns", "delete", "example.org", "--dry-run")
    assert (ran.code, ran.out) == (0, b"")
    assert "the zone example.org. has 1 record sets of yours" in ran.err
    (plan,) = run("dns", "update", "example.org", "--ttl", "5m", "-n", "--json").records
    assert plan["changes"] == {"ttl": 300}
    assert changes(zone) == []


def test_a_zone_is_deleted_and_waited_for(run: Run, zone: responses.RequestsMock) -> None:
    zone.delete(ONE, json=ZONE, status=202)
    zone.replace(responses.GET, ONE, json={**ZONE, "status": "PENDING"})
    zone.get(ONE, json={"code": 404, "message": "gone"}, status=404)
    ran = run("dns", "delete", "example.org", "--wait")
    assert (ran.code, ran.lines, ran.err) == (0, [ZONE_ID], "example.org.: PENDING\n")
    assert run("dns", "delete", ZONE_ID).code == 4


# -- records ---------------------------------------------------------------------------------------------------
def test_records_are_listed_with_all_their_data(run: Run, zone: responses.RequestsMock) -> None:
    ran = run("dns", "record", "list", "example.org", "--name", "www", "--type", "a")
    assert ran.lines == ["www.example.org.\tA\t-\tACTIVE\t192.0.2.1, 192.0.2.2"]
    assert "name=www.example.org.&type=A" in sent(zone)[-1]
    (record,) = run("dns", "record", "list", "example.org", "--json").records
    assert record["records"] == WWW["records"]
    assert run("dns", "record", "show", "example.org", "www", "A", "--json").json["id"] == "w"


def test_records_are_set(run: Run, zone: responses.RequestsMock) -> None:
    zone.put(f"{SETS}/w", json={**WWW, "records": ["192.0.2.3"], "status": "PENDING"}, status=202)
    zone.get(f"{SETS}/w", json={**WWW, "status": "PENDING"})
    zone.get(f"{SETS}/w", json=WWW)
    planned = run("dns", "record", "set", "example.org", "www", "A", "192.0.2.3", "--ttl", "5m", "-n")
    assert (planned.code, planned.out) == (0, b"")
    assert "  records: 192.0.2.3\n  ttl: 300\n  checked: it holds 192.0.2.1, 192.0.2.2 now\n" in planned.err
    assert changes(zone) == []
    ran = run("dns", "record", "set", "example.org", "www", "A", "192.0.2.3", "--ttl", "5m", "--wait")
    assert (ran.code, ran.lines) == (0, ["www.example.org."])
    assert ran.err == "www.example.org.: PENDING\nwww.example.org.: ACTIVE\n"
    assert changes(zone) == [f"PUT {SETS}/w"]
    assert run("dns", "record", "set", "example.org", "www", "A", "192.0.2").code == 2


def test_records_that_are_there_are_not_made_again(run: Run, zone: responses.RequestsMock) -> None:
    zone.post(SETS, json={"code": 409, "type": "duplicate_recordset", "message": "Duplicate"}, status=409)
    assert run("dns", "record", "create", "example.org", "www", "A", "192.0.2.3").code == 6
    assert run("dns", "record", "create", "example.org", "www", "A", "192.0.2.3", "-n").code == 6
    assert changes(zone) == [f"POST {SETS}"]


def test_records_are_deleted(run: Run, zone: responses.RequestsMock) -> None:
    zone.get(f"{SETS}/w", json=WWW)
    zone.delete(f"{SETS}/w", json=WWW, status=202)
    planned = run("dns", "record", "delete", "example.org", "www", "A", "-n")
    assert "www.example.org. A holds 192.0.2.1, 192.0.2.2" in planned.err
    assert changes(zone) == []
    ran = run("dns", "record", "delete", "example.org", "www", "A", "--wait")
    assert (ran.code, ran.lines, ran.err) == (0, ["www.example.org."], "example.org.: ACTIVE\n")
    zone.replace(responses.GET, SETS, json={"recordsets": [], "links": {}})
    gone = run("dns", "record", "delete", "example.org", "www", "A")
    assert gone.code == 4
    assert "no records of name 'www' and type A" in gone.err
    assert run("dns", "record", "delete", "example.org", "www", "A", "-f").code == 0
    assert changes(zone) == [f"DELETE {SETS}/w"]


# -- whole zones -----------------------------------------------------------------------------------------------
def test_a_plan_says_what_differs(run: Run, zone: responses.RequestsMock, tmp_path: Path) -> None:
    file = tmp_path / "zone.yaml"
    file.write_text(YAML)
    ran = run("dns", "plan", "example.org", file)
    assert ran.code == 0
    assert ran.lines == [
        "create\tnew.example.org.\tMX\t-\t10 mx.example.org.",
        "update\twww.example.org.\tA\t192.0.2.1, 192.0.2.2\t192.0.2.1, 192.0.2.9 (ttl 300)",
    ]
    assert ran.err == "example.org.: 1 to create, 1 to update, 0 to delete, 0 as they shall be\n"
    assert run("dns", "plan", ZONE_ID, file, "--exit-code").code == 3
    (plan,) = run("dns", "plan", "example.org", file, "--json").records
    assert [change["action"] for change in plan["changes"]] == ["create", "update"]
    same = run("dns", "plan", "example.org", "-", "--exit-code", stdin=b"www A 192.0.2.2\nwww A 192.0.2.1\n")
    assert (same.code, same.out) == (0, b"")
    assert changes(zone) == []


def test_a_file_is_applied(run: Run, zone: responses.RequestsMock, tmp_path: Path) -> None:
    file = tmp_path / "zone.txt"
    file.write_text("$ORIGIN example.org.\nnew A 192.0.2.9\n")
    zone.post(SETS, json={**WWW, "id": "n"}, status=202)
    zone.delete(f"{SETS}/w", json=WWW, status=202)
    assert run("dns", "apply", "example.org", file, "--dry-run").lines == [
        "create\tnew.example.org.\tA\t-\t192.0.2.9",
        "delete\twww.example.org.\tA\t192.0.2.1, 192.0.2.2\t-",
    ]
    assert changes(zone) == []
    ran = run("dns", "apply", "example.org", file, "--wait")
    assert ran.code == 0
    assert ran.err == (
        "example.org.: 1 created, 0 updated, 1 deleted, 0 as they shall be\nexample.org.: ACTIVE\n"
    )
    assert changes(zone) == [f"POST {SETS}", f"DELETE {SETS}/w"]


def test_thresholds_hold_a_file_back(run: Run, zone: responses.RequestsMock, tmp_path: Path) -> None:
    file = tmp_path / "zone.txt"
    file.write_text("new A 192.0.2.9\nwww A 192.0.2.5\n")
    ran = run("dns", "apply", "example.org", file, "--max-update", "0%")
    assert ran.code == 6
    assert "raise --max-delete or --max-update" in ran.err
    assert "dry_run" not in ran.err
    file.write_text("new A 192.0.2.9\n")
    assert run("dns", "apply", "example.org", file, "--max-delete", "0%").code == 6
    assert run("dns", "apply", "example.org", file, "--max-delete", "5").code == 2
    assert run("dns", "apply", "example.org", file, "--max-delete", "101%").code == 2
    assert changes(zone) == []


def test_a_file_that_was_cut_short_empties_no_zone(
    run: Run, zone: responses.RequestsMock, tmp_path: Path
) -> None:
    file = tmp_path / "zone.txt"
    file.write_text("")
    zone.delete(f"{SETS}/w", json=WWW, status=202)
    ran = run("dns", "apply", "example.org", file)
    assert ran.code == 6
    assert "every record of example.org. would be deleted" in ran.err
    assert changes(zone) == []
    assert run("dns", "apply", "example.org", file, "--max-delete", "100%").code == 0
    assert changes(zone) == [f"DELETE {SETS}/w"]


def test_a_file_of_another_zone_is_refused(run: Run, zone: responses.RequestsMock, tmp_path: Path) -> None:
    file = tmp_path / "zone.yml"
    file.write_text(YAML)
    ran = run("dns", "apply", "example.com", file)
    assert ran.code == 2
    assert "is about the zone example.org., not about example.com." in ran.err
    assert run("dns", "apply", "example.com", "-", stdin=b"www.example.org. A 192.0.2.1\n").code == 2
    file.write_bytes(b"zone: \xff")
    assert run("dns", "plan", "example.org", file).code == 2
    assert run("dns", "plan", "example.org", tmp_path / "none.yml").code == 4
    assert sent(zone) == []


def test_a_zone_that_is_not_there_is_made(run: Run, cloud: responses.RequestsMock) -> None:
    cloud.get(f"{DNS}/zones", json={"zones": [], "links": {}})
    cloud.post(f"{DNS}/zones", json={**ZONE, "status": "PENDING"}, status=202)
    cloud.post(SETS, json=WWW, status=202)
    nobody = run("dns", "apply", "example.org", "-", stdin=b"www A 192.0.2.1\n")
    assert nobody.code == 2
    assert "no email" in nobody.err
    text = YAML.replace("ttl: 3600", "email: a@example.org").encode()
    planned = run("dns", "plan", "example.org", "-", "--format", "yaml", stdin=text)
    assert planned.lines[0] == "create\texample.org.\tzone\t-\temail=a@example.org"
    ran = run("dns", "apply", "example.org", "-", "--format", "yaml", stdin=text)
    assert ran.code == 0
    assert ran.lines[0] == "create\texample.org.\tzone\t-\temail=a@example.org"
    assert changes(cloud) == [f"POST {DNS}/zones", f"POST {SETS}", f"POST {SETS}"]
    (done,) = run("dns", "apply", "example.org", "-", "--format", "yaml", "--json", stdin=text).records
    assert (done["is_new"], done["applied"], done["zone_id"]) == (True, True, ZONE_ID)


def test_settings_of_a_zone_that_is_there_are_set(run: Run, zone: responses.RequestsMock) -> None:
    zone.patch(ONE, json=ZONE, status=202)
    text = b"zone: example.org\nttl: 60\nrecords: [{name: www, type: A, records: [192.0.2.1, 192.0.2.2], ttl: 3600}]"
    ran = run("dns", "apply", "example.org", "-", "--format", "yaml", stdin=text)
    assert ran.lines == ["set\texample.org.\tzone\t-\tttl=60"]
    (done,) = run("dns", "apply", "example.org", "-", "--format", "yaml", "--json", stdin=text).records
    assert (done["is_new"], done["applied"]) == (False, True)


def test_a_zone_goes_out_as_text(run: Run, zone: responses.RequestsMock) -> None:
    task = {"id": "t", "status": "COMPLETE"}
    zone.post(f"{ONE}/tasks/export", json=task, status=202)
    zone.get(f"{DNS}/zones/tasks/exports/t", json=task)
    zone.get(f"{DNS}/zones/tasks/exports/t/export", body="$ORIGIN example.org.\nwww IN A 192.0.2.1\n")
    zone.delete(f"{DNS}/zones/tasks/exports/t", status=204)
    assert run("dns", "export", ZONE_ID).out == b"$ORIGIN example.org.\nwww IN A 192.0.2.1\n"
    zone.get(f"{ONE}/nameservers", json={"nameservers": [{"hostname": "ns1.test.", "priority": 1}]})
    assert run("dns", "nameservers", ZONE_ID).lines == ["ns1.test."]


# -- reverse names ---------------------------------------------------------------------------------------------
def test_reverse_names(run: Run, cloud: responses.RequestsMock) -> None:
    named = {**PTR, "ptrdname": "h.example.org.", "status": "ACTIVE"}
    cloud.get(PTRS, json={"floatingips": [PTR]})
    cloud.get(f"{PTRS}/dc3-a%3Af", json=PTR)
    cloud.patch(f"{PTRS}/dc3-a%3Af", json={**named, "status": "PENDING"}, status=202)
    assert run("dns", "ptr", "list").lines == ["192.0.2.7\t-\t-\t-"]
    assert "it is not set now" in run("dns", "ptr", "set", "192.0.2.7", "h.example.org", "-n").err
    assert run("dns", "ptr", "delete", "192.0.2.7").code == 4
    assert run("dns", "ptr", "delete", "192.0.2.7", "--force").code == 0
    assert changes(cloud) == []
    cloud.replace(responses.GET, f"{PTRS}/dc3-a%3Af", json=named)
    ran = run("dns", "ptr", "set", "192.0.2.7", "h.example.org", "--wait")
    assert (ran.code, ran.lines, ran.err) == (0, ["h.example.org."], "192.0.2.7: ACTIVE\n")
    assert body_of(cloud, [call.request.method for call in cloud.calls].index("PATCH")) == {
        "ptrdname": "h.example.org."
    }
    assert run("dns", "ptr", "show", "192.0.2.8").code == 4
    assert run("dns", "ptr", "delete", "192.0.2.7").lines == ["192.0.2.7"]
