"""How the clients of OpenStack's services call, list and wait: to whom the token goes, and when it ends."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import requests
import responses

from cloud.common._observe import call_facts
from cloud.common.errors import (
    ConfigurationError,
    NotFoundError,
    OutcomeUnknownError,
    ServiceUnavailableError,
    TimeoutError_,
    UnknownServiceError,
)
from cloud.infomaniak import (
    InfomaniakComputeClient,
    InfomaniakDNSClient,
    InfomaniakNetworkClient,
    InfomaniakVolumeClient,
    ResourceFailedError,
)
from cloud.infomaniak._base_calls import _next_marker
from cloud.infomaniak._connection import _note
from unit.infomaniak.clouds import AUTH, CINDER, NOVA, OCTAVIA, SAMPLES, client_of, login, sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cloud.infomaniak._base import OpenStackClient

DNS = "http://designate.test/v2"
ZONE_ID = "a86dba58-0043-4cc6-a1bb-69d5e86f3ca3"
RECORD_ID = "f7b10e9b-0cae-4a91-b162-562bc6096648"


@pytest.fixture
def cloud() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        login(mock, dns="http://designate.test")
        yield mock


# -- where the token goes ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "url",
    [
        "http://evil.test/v2/zones",
        "https://designate.test/v2/zones",  # another scheme is another place
        "http://designate.test.evil.test/v2/zones",
        "http://designate.test:8080/v2/zones",
        "http://user@designate.test/v2/zones",
        "http://designate.test@evil.test/v2/zones",
        f"{DNS}.evil.test/zones",
        "http://designate.test/v2x/zones",
    ],
)
def test_the_token_goes_to_the_service_only(cloud: responses.RequestsMock, url: str) -> None:
    client = client_of(InfomaniakDNSClient)
    with pytest.raises(ConfigurationError, match=r"another place than designate\.test") as caught:
        client._rest("x", "", "GET", url)
    assert sent(cloud) == []
    assert url not in str(caught.value)


def test_a_link_of_the_service_itself_is_followed(cloud: responses.RequestsMock) -> None:
    client = client_of(InfomaniakDNSClient)
    cloud.get(f"{DNS}/zones?marker=b", json={"zones": []})
    assert client._rest("x", "", "GET", f"{DNS}/zones?marker=b") == {"zones": []}
    assert cloud.calls[-1].request.headers["X-Auth-Token"] == "planted-token"


def test_a_redirect_to_another_host_is_not_followed_with_the_token(cloud: responses.RequestsMock) -> None:
    client = client_of(InfomaniakDNSClient)
    cloud.get(f"{DNS}/zones", status=302, headers={"Location": "http://evil.test/zones"})
    cloud.get("http://evil.test/zones", json={"zones": []})
    with pytest.raises(ConfigurationError) as caught:
        client.list_zones()
    assert caught.value.http_status == 302
    assert not [line for line in sent(cloud) if "evil" in line]


# -- answers that are none -----------------------------------------------------------------------------------------
_SERVER = SAMPLES["server"]["server"]


@pytest.mark.parametrize(
    "server",
    [{}, [], "x", {**_SERVER, "addresses": {"net": [None]}}, {**_SERVER, "created": 5}, {**_SERVER, "flavor": None}],
)  # fmt: skip  # one kind each
def test_a_record_that_cannot_be_read_is_a_broken_answer(
    cloud: responses.RequestsMock, server: object
) -> None:
    cloud.get(f"{NOVA}/servers/detail", json={"servers": [server]})
    cloud.get(f"{NOVA}/servers/i", json={"server": server})
    client = client_of(InfomaniakComputeClient)
    for call in (client.list_instances, lambda: client.get_instance("i"), lambda: client.list_addresses("i")):
        with pytest.raises(ServiceUnavailableError, match="is not what the protocol says") as caught:
            call()
        assert caught.value.operation
        assert len(caught.value.attempts) > 1


def test_what_was_made_and_cannot_be_read_is_not_made_twice(cloud: responses.RequestsMock) -> None:
    cloud.post(f"{CINDER}/volumes", json={"volume": {"id": "v"}}, status=202)
    with pytest.raises(OutcomeUnknownError, match="protocol says"):
        client_of(InfomaniakVolumeClient).create_volume(1, "n")
    assert len(sent(cloud, "POST")) == 1


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({"token": SAMPLES["identity_token"]["token"]}, {}),
        (
            {"token": {**SAMPLES["identity_token"]["token"], "expires_at": "tomorrow"}},
            {"X-Subject-Token": "t"},
        ),
        (
            {
                "token": {
                    **SAMPLES["identity_token"]["token"],
                    "catalog": [{"type": "compute", "endpoints": [None]}],
                }
            },
            {"X-Subject-Token": "t"},
        ),
        ({"token": None}, {"X-Subject-Token": "t"}),
        ([], {"X-Subject-Token": "t"}),
        (None, {"X-Subject-Token": "t"}),
    ],
)
def test_a_login_that_cannot_be_read_is_a_broken_answer(body: object, headers: dict[str, str]) -> None:
    with responses.RequestsMock() as mock:
        mock.post(f"{AUTH}/auth/tokens", json=body, status=201, headers=headers)
        with pytest.raises(ServiceUnavailableError) as caught:
            client_of(InfomaniakComputeClient).list_instances()
    assert (caught.value.operation, caught.value.request_sent) == ("iter_instances", False)


@pytest.mark.parametrize("length", ["\u00b2", "9" * 5000, "-1", "1, 1"])
def test_a_length_that_is_none_is_not_counted(length: str) -> None:
    answer = requests.Response()
    answer.status_code, answer.request = 200, requests.Request("GET", "http://nova.test").prepare()
    answer.headers["Content-Length"] = length
    facts = call_facts()
    facts.reset()
    _note(answer)
    assert (facts.requests, facts.bytes_received) == (1, 0)


@pytest.mark.parametrize("location", ["http://[", "http://h:99999/", "http://h/\u00ff"])
def test_a_redirect_to_no_url_is_a_broken_answer(cloud: responses.RequestsMock, location: str) -> None:
    cloud.get(f"{DNS}/zones", status=302, headers={"Location": location})
    with pytest.raises(ServiceUnavailableError, match="Location is no URL"):
        client_of(InfomaniakDNSClient).list_zones()


def test_an_answer_nested_without_end_is_a_broken_one(cloud: responses.RequestsMock) -> None:
    cloud.get(f"{DNS}/zones", body="[" * 100_000)
    cloud.get(f"{DNS}/zones/{ZONE_ID}", body="[" * 100_000, status=500)
    with pytest.raises(ServiceUnavailableError, match="no JSON"):
        client_of(InfomaniakDNSClient).list_zones()
    with pytest.raises(ServiceUnavailableError):
        client_of(InfomaniakDNSClient).get_zone(ZONE_ID)


# -- listings ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("body", "marker"),
    [
        ({"links": {"next": f"{DNS}/zones?limit=1&marker=b"}}, "b"),
        ({"links": {"self": f"{DNS}/zones?marker=a"}}, None),
        ({"next": "/v2/images?marker=%C3%A9%26"}, "é&"),
        ({"servers_links": [{"rel": "previous", "href": "?marker=a"}, {"rel": "next", "href": "?marker=c"}]}, "c"),
        ({"links": [{"rel": "next", "href": "?limit=2&marker=d"}]}, "d"),
        ({"links": {"next": None}}, None),
        ({"next": None}, None),
        ({"ports_links": [{"rel": "next", "href": "?marker=e"}]}, None),  # of another list
        ({"links": {"next": f"{DNS}/zones?limit=1"}}, None),  # a link that leads to the beginning
        ({}, None),
    ],
)  # fmt: skip  # a table
def test_the_next_page_is_where_the_link_says(body: dict[str, Any], marker: str | None) -> None:
    assert _next_marker(body, "servers") == marker


def test_a_link_to_another_host_gives_its_marker_and_no_host(cloud: responses.RequestsMock) -> None:
    client = client_of(InfomaniakDNSClient)
    zone = {"id": ZONE_ID, "name": "a.org.", "status": "ACTIVE"}
    # A Designate behind a proxy links to itself by an inner name.
    cloud.get(f"{DNS}/zones", json={"zones": [zone], "links": {"next": "http://inner.test/zones?marker=b"}})
    cloud.get(f"{DNS}/zones", json={"zones": [], "links": {}})
    assert [each.name for each in client.list_zones()] == ["a.org."]
    assert sent(cloud) == [f"GET {DNS}/zones?limit=500", f"GET {DNS}/zones?limit=500&marker=b"]


def test_pages_that_lead_to_themselves_end_in_an_error(cloud: responses.RequestsMock) -> None:
    client = client_of(InfomaniakDNSClient)
    zone = {"id": ZONE_ID, "name": "a.org.", "status": "ACTIVE"}
    cloud.get(f"{DNS}/zones", json={"zones": [zone], "links": {"next": "?marker=b"}})
    with pytest.raises(UnknownServiceError, match="the same page token twice") as caught:
        client.list_zones()
    assert caught.value.resume_token == "b"
    assert len(sent(cloud)) == 2


@pytest.mark.parametrize("body", [{}, {"zones": None}, {"zones": {}}, []])
def test_an_answer_without_the_list_is_no_empty_list(cloud: responses.RequestsMock, body: object) -> None:
    cloud.get(f"{DNS}/zones", json=body)
    with pytest.raises(ServiceUnavailableError, match="no list called 'zones'"):
        client_of(InfomaniakDNSClient).list_zones()


def test_an_answer_that_is_no_json_is_an_error(cloud: responses.RequestsMock) -> None:
    cloud.get(f"{DNS}/zones", body="<html>", content_type="text/html")
    with pytest.raises(ServiceUnavailableError):
        client_of(InfomaniakDNSClient).list_zones()


# -- waits ---------------------------------------------------------------------------------------------------------
class Clock:
    """A clock that only sleeping moves."""

    def __init__(self, client: OpenStackClient) -> None:
        self.now, self.leap = 1000.0, 0.0
        self.slept: list[float] = []
        client._clock = lambda: self.now
        client._sleep = self.sleep

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds + self.leap


def waiting(client: OpenStackClient, seen: list[str], **options: Any) -> tuple[object, int]:
    left = iter(seen)
    looks = 0

    def look() -> str:
        nonlocal looks
        looks += 1
        found = next(left)
        if found == "gone":
            raise NotFoundError("gone")
        return found

    arguments: dict[str, Any] = {"states": ("ACTIVE",), "deadline_seconds": 60.0, **options}
    return client._wait("wait", "r", look, state=lambda found: found, **arguments), looks


def test_a_wait_looks_less_and_less_often() -> None:
    client = client_of(InfomaniakDNSClient)
    clock = Clock(client)
    assert waiting(client, ["PENDING"] * 9 + ["active"]) == ("active", 10)
    assert clock.slept == [0.5, 0.75, 1.125, 1.6875, 2.53125, 3.796875, 5.0, 5.0, 5.0]


def test_a_wait_ends_at_its_deadline_and_not_later() -> None:
    client = client_of(InfomaniakDNSClient)
    clock = Clock(client)
    with pytest.raises(TimeoutError_, match="still PENDING after 7 seconds") as caught:
        waiting(client, ["PENDING"] * 99, deadline_seconds=7.0)
    assert sum(clock.slept) == 7.0
    assert isinstance(caught.value, TimeoutError)
    assert (caught.value.context.operation, caught.value.context.resource) == ("wait", "r")


def test_a_deadline_of_nothing_looks_once() -> None:
    client = client_of(InfomaniakDNSClient)
    clock = Clock(client)
    assert waiting(client, ["ACTIVE"], deadline_seconds=0.0) == ("ACTIVE", 1)
    with pytest.raises(TimeoutError_):
        waiting(client, ["PENDING", "ACTIVE"], deadline_seconds=0.0)
    assert clock.slept == []


def test_a_wait_ends_early_where_there_is_no_way_on() -> None:
    client = client_of(InfomaniakDNSClient)
    clock = Clock(client)
    with pytest.raises(ResourceFailedError, match="it is in state Error: no host") as caught:
        waiting(client, ["PENDING", "Error"], reason=lambda found: "no host")
    assert caught.value.state == "Error"
    with pytest.raises(ResourceFailedError, match=r"it is in state KILLED$"):
        waiting(client, ["KILLED"], terminal_states=("killed",))
    # What is waited for counts before what ends a wait badly.
    assert waiting(client, ["ERROR"], states=("ERROR",)) == ("ERROR", 1)
    assert clock.slept == [0.5]


def test_what_is_waited_to_be_gone() -> None:
    client = client_of(InfomaniakDNSClient)
    clock = Clock(client)
    assert waiting(client, ["PENDING", "gone"], gone=True) == (None, 2)
    with pytest.raises(NotFoundError):
        waiting(client, ["PENDING", "gone"])
    told: list[str] = []
    assert waiting(client, ["A", "B", "ACTIVE"], poll_seconds=3.0, tell=told.append) == ("ACTIVE", 3)
    assert told == ["A", "B", "ACTIVE"]
    assert clock.slept[-2:] == [3.0, 3.0]


SERVER = SAMPLES["server"]["server"]
VOLUME = SAMPLES["volume"]["volume"]
BACKUP = SAMPLES["backup"]["backup"]
SNAPSHOT = SAMPLES["snapshot"]["snapshot"]
BALANCER = SAMPLES["loadbalancer_active"]["loadbalancer"]
ZONE = {"id": ZONE_ID, "name": "a.org.", "email": "a@a.org", "ttl": 3600}
RECORD = {"id": RECORD_ID, "zone_id": ZONE_ID, "name": "a.org.", "type": "A", "records": ["192.0.2.1"]}
PTR = {"id": "dc3-a:f", "address": "192.0.2.7", "ptrdname": "h.a.org."}
RECORDS, BALANCERS = f"{DNS}/zones/{ZONE_ID}/recordsets", f"{OCTAVIA}/loadbalancers"


@pytest.mark.parametrize(
    ("kind", "call", "url", "body", "words"),
    [
        (InfomaniakComputeClient, ("wait_for_status", "i"), f"{NOVA}/servers/i",
         lambda w: {"server": {**SERVER, "status": w}}, ("BUILD", "ACTIVE", "ERROR")),
        (InfomaniakComputeClient, ("wait_for_image", "i"), "http://glance.test/v2/images/i",
         lambda w: {**SAMPLES["image"], "status": w}, ("queued", "active", "killed")),
        (InfomaniakVolumeClient, ("wait_for_volume", "v"), f"{CINDER}/volumes/v",
         lambda w: {"volume": {**VOLUME, "status": w}}, ("creating", "available", "error_extending")),
        (InfomaniakVolumeClient, ("wait_for_snapshot", "s"), f"{CINDER}/snapshots/s",
         lambda w: {"snapshot": {**SNAPSHOT, "status": w}}, ("creating", "available", "error_deleting")),
        (InfomaniakVolumeClient, ("wait_for_backup", "b"), f"{CINDER}/backups/b",
         lambda w: {"backup": {**BACKUP, "status": w}}, ("creating", "available", "error")),
        (InfomaniakNetworkClient, ("wait_for_loadbalancer", "b"), f"{BALANCERS}/b",
         lambda w: {"loadbalancer": {**BALANCER, "provisioning_status": w}},
         ("PENDING_CREATE", "ACTIVE", "ERROR")),
        (InfomaniakDNSClient, ("wait_for_zone", ZONE_ID), f"{DNS}/zones/{ZONE_ID}",
         lambda w: {**ZONE, "status": w}, ("PENDING", "ACTIVE", "ERROR")),
        (InfomaniakDNSClient, ("wait_for_record", ZONE_ID, RECORD_ID), f"{RECORDS}/{RECORD_ID}",
         lambda w: {**RECORD, "status": w}, ("PENDING", "ACTIVE", "ERROR")),
        (InfomaniakDNSClient, ("wait_for_reverse_dns", "dc3-a:f"),
         f"{DNS}/reverse/floatingips/dc3-a%3Af", lambda w: {**PTR, "status": w},
         ("PENDING", "ACTIVE", "ERROR")),
    ],
    ids=["instance", "image", "volume", "snapshot", "backup", "balancer", "zone", "record", "ptr"],
)  # fmt: skip  # a table
def test_each_client_waits_for_its_own_words(
    cloud: responses.RequestsMock,
    kind: type[Any],
    call: tuple[str, ...],
    url: str,
    body: Callable[[str], Any],
    words: tuple[str, str, str],
) -> None:
    going, done, failed = words
    client = client_of(kind)
    clock = Clock(client)
    cloud.get(url, json=body(going))
    cloud.get(url, json=body(going))
    cloud.get(url, json=body(done))
    seen: list[Any] = []
    wait = partial(getattr(client, call[0]), *call[1:], progress=seen.append)
    found = wait()
    assert found is not None
    assert clock.slept == [0.5, 0.75]
    assert len(seen) == 3
    assert seen[0] == seen[1] != seen[2]
    assert seen[2] is found
    cloud.replace(responses.GET, url, json=body(failed))
    with pytest.raises(ResourceFailedError) as caught:
        wait()
    assert caught.value.state == failed
    cloud.replace(responses.GET, url, json=body(going))
    clock.leap = 3600.0
    with pytest.raises(TimeoutError_, match=f"still {going}"):
        wait()
    assert len(clock.slept) in {3, 4}
    assert len(seen) > 4  # what ends a wait badly is told, too


@pytest.mark.parametrize(
    ("kind", "call", "url"),
    [
        (InfomaniakComputeClient, lambda c: c.wait_for_status("i", ["DELETED"]), f"{NOVA}/servers/i"),
        (InfomaniakComputeClient, lambda c: c.wait_for_image("i", ["deleted"]), "http://glance.test/v2/images/i"),
        (InfomaniakVolumeClient, lambda c: c.wait_for_volume("v", ["deleted"]), f"{CINDER}/volumes/v"),
        (InfomaniakVolumeClient, lambda c: c.wait_for_snapshot("s", ["deleted"]), f"{CINDER}/snapshots/s"),
        (InfomaniakVolumeClient, lambda c: c.wait_for_backup("b", ["deleted"]), f"{CINDER}/backups/b"),
        (InfomaniakNetworkClient, lambda c: c.wait_for_loadbalancer("b", ["DELETED"]), f"{BALANCERS}/b"),
        (InfomaniakDNSClient, lambda c: c.wait_for_zone_gone(ZONE_ID), f"{DNS}/zones/{ZONE_ID}"),
    ],
    ids=["instance", "image", "volume", "snapshot", "backup", "balancer", "zone"],
)  # fmt: skip  # a table
def test_what_is_gone_is_what_was_waited_for(
    cloud: responses.RequestsMock, kind: type[Any], call: Callable[[Any], Any], url: str
) -> None:
    client = client_of(kind)
    cloud.get(url, json=SAMPLES["error_nova_not_found"], status=404)
    assert call(client) is None
