"""The DNS client over HTTP: what is sent, how often, and what is left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
import responses

from cloud.common.errors import (
    AlreadyExistsError,
    NotFoundError,
    OutcomeUnknownError,
    PreconditionFailedError,
)
from cloud.infomaniak.dns._client import InfomaniakDNSClient
from cloud.infomaniak.dns._zonefile import WantedZone
from unit.infomaniak.clouds import body_of, client_of, login, sent

if TYPE_CHECKING:
    from collections.abc import Iterator

DNS = "http://designate.test/v2"
ZONE_ID = "a86dba58-0043-4cc6-a1bb-69d5e86f3ca3"
ZONE = {"id": ZONE_ID, "name": "example.org.", "email": "a@example.org", "ttl": 3600, "status": "ACTIVE"}
SETS = f"{DNS}/zones/{ZONE_ID}/recordsets"
WWW = {"id": "w", "zone_id": ZONE_ID, "name": "www.example.org.", "type": "A", "records": ["192.0.2.1"]}
WWW |= {"ttl": None, "status": "ACTIVE"}
LOST = requests.exceptions.ConnectionError("Connection aborted.", ConnectionResetError(104, "reset"))


@pytest.fixture
def cloud() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        login(mock, dns="http://designate.test")
        mock.get(f"{DNS}/zones/{ZONE_ID}", json=ZONE)
        yield mock


@pytest.fixture
def client(cloud: responses.RequestsMock) -> InfomaniakDNSClient:
    return client_of(InfomaniakDNSClient)


def test_zones_beyond_the_first_page(cloud: responses.RequestsMock, client: InfomaniakDNSClient) -> None:
    cloud.get(f"{DNS}/zones", json={"zones": [ZONE], "links": {"next": f"{DNS}/zones?marker={ZONE_ID}"}})
    cloud.get(f"{DNS}/zones", json={"zones": [{**ZONE, "id": "b", "name": "b.org."}], "links": {}})
    assert [zone.name for zone in client.list_zones()] == ["example.org.", "b.org."]
    assert f"marker={ZONE_ID}" in sent(cloud)[-1]


def test_a_zone_is_made_once(cloud: responses.RequestsMock, client: InfomaniakDNSClient) -> None:
    cloud.post(f"{DNS}/zones", body=LOST)
    with pytest.raises(OutcomeUnknownError):
        client.create_zone("example.org", "a@example.org")
    assert sent(cloud, "POST") == [f"POST {DNS}/zones"]
    cloud.replace(
        responses.POST,
        f"{DNS}/zones",
        json={"code": 409, "type": "duplicate_zone", "message": "x"},
        status=409,
    )
    with pytest.raises(AlreadyExistsError):
        client.create_zone("example.org", "a@example.org")


def test_a_zone_that_goes_is_told_until_it_is_gone(
    cloud: responses.RequestsMock, client: InfomaniakDNSClient
) -> None:
    cloud.replace(responses.GET, f"{DNS}/zones/{ZONE_ID}", json={**ZONE, "status": "PENDING"})
    cloud.get(f"{DNS}/zones/{ZONE_ID}", json={"code": 404, "message": "gone"}, status=404)
    seen: list[str] = []
    client.wait_for_zone_gone(ZONE_ID, progress=lambda zone: seen.append(zone.status))
    assert seen == ["PENDING"]


def test_set_record_sends_only_what_is_new(
    cloud: responses.RequestsMock, client: InfomaniakDNSClient
) -> None:
    cloud.get(SETS, json={"recordsets": [WWW], "links": {}})
    cloud.put(f"{SETS}/w", json={**WWW, "records": ["192.0.2.2"]}, status=202)
    client.set_record(ZONE_ID, "www", "A", ["192.0.2.1"])
    assert sent(cloud, "PUT") == []
    client.set_record(ZONE_ID, "www", "A", ["192.0.2.2"])
    assert sent(cloud, "PUT") == [f"PUT {SETS}/w"]
    assert body_of(cloud) == {"records": ["192.0.2.2"]}


def test_apply_zone_changes_what_differs_and_nothing_beyond_the_threshold(
    cloud: responses.RequestsMock, client: InfomaniakDNSClient
) -> None:
    cloud.get(f"{DNS}/zones", json={"zones": [ZONE], "links": {}})
    cloud.get(SETS, json={"recordsets": [WWW], "links": {}})
    cloud.post(SETS, json={**WWW, "id": "n"}, status=202)
    cloud.delete(f"{SETS}/w", json=WWW, status=202)
    wanted = WantedZone.from_bind("new A 192.0.2.9", zone="example.org")
    planned = client.apply_zone(wanted, dry_run=True)
    assert (planned.applied, planned.is_new) == (False, False)
    with pytest.raises(PreconditionFailedError, match="delete 1 of 1"):
        client.apply_zone(wanted, delete_threshold=0)
    assert sent(cloud, "POST") + sent(cloud, "DELETE") == []
    done = client.apply_zone(wanted)
    assert (done.applied, done.is_new) == (True, False)
    assert sent(cloud)[-2:] == [f"POST {SETS}", f"DELETE {SETS}/w"]


def test_what_apply_zone_did_says_whether_the_zone_was_new(
    cloud: responses.RequestsMock, client: InfomaniakDNSClient
) -> None:
    cloud.get(f"{DNS}/zones", json={"zones": [], "links": {}})
    cloud.get(f"{DNS}/zones", json={"zones": [ZONE], "links": {}})
    cloud.post(f"{DNS}/zones", json=ZONE, status=202)
    cloud.get(SETS, json={"recordsets": [], "links": {}})
    wanted = WantedZone.from_dict({"zone": "example.org", "email": "a@example.org", "ttl": 3600})
    done = client.apply_zone(wanted)
    assert (done.is_new, done.applied, done.zone_id) == (True, True, ZONE_ID)
    assert done.to_dict()["is_new"] is True
    again = client.apply_zone(wanted)
    assert (again.is_new, again.applied, again.is_empty) == (False, True, True)
    assert sent(cloud, "POST") == [f"POST {DNS}/zones"]


def test_reverse_names(cloud: responses.RequestsMock, client: InfomaniakDNSClient) -> None:
    at = f"{DNS}/reverse/floatingips"
    ptr = {"id": "dc3-a:f", "address": "192.0.2.7", "ptrdname": None, "status": None, "ttl": None}
    cloud.get(at, json={"floatingips": [ptr]})
    cloud.get(f"{at}/dc3-a%3Af", json=ptr)
    cloud.patch(
        f"{at}/dc3-a%3Af", json={**ptr, "ptrdname": "h.example.org.", "status": "PENDING"}, status=202
    )
    assert client.delete_reverse_dns("192.0.2.7") is False
    assert sent(cloud, "PATCH") == []
    assert client.set_reverse_dns("192.0.2.7", "h.example.org").hostname == "h.example.org."
    assert body_of(cloud) == {"ptrdname": "h.example.org."}
    with pytest.raises(NotFoundError, match="no floating IP"):
        client.get_reverse_dns("192.0.2.8")
