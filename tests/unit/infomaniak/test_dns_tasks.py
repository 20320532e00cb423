"""Zones as BIND text, in and out: the service's tasks are waited for, and cleaned up whatever becomes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
import responses

from cloud.common.errors import InvalidRequestError, NotFoundError, OutcomeUnknownError, TimeoutError_
from cloud.infomaniak import InfomaniakDNSClient, ResourceFailedError
from unit.infomaniak.clouds import client_of, login, sent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud.infomaniak import ZoneTask

DNS = "http://designate.test/v2"
ZONE_ID = "a86dba58-0043-4cc6-a1bb-69d5e86f3ca3"
ZONE = {"id": ZONE_ID, "name": "example.org.", "email": "a@example.org", "ttl": 3600, "status": "ACTIVE"}
EXPORT, IMPORT = f"{DNS}/zones/tasks/exports/t", f"{DNS}/zones/tasks/imports/t"
TEXT = "$ORIGIN example.org.\n$TTL 3600\nwww IN A 192.0.2.1\n; grüezi\n"
LOST = requests.exceptions.ConnectionError("Connection aborted.", ConnectionResetError(104, "reset"))


def task(status: str, **further: Any) -> dict[str, Any]:
    return {"id": "t", "status": status, "message": None, "zone_id": None, **further}


@pytest.fixture
def cloud() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        login(mock, dns="http://designate.test")
        mock.get(f"{DNS}/zones/{ZONE_ID}", json=ZONE)
        mock.post(f"{DNS}/zones/{ZONE_ID}/tasks/export", json=task("PENDING"), status=202)
        mock.get(f"{EXPORT}/export", body=TEXT, content_type="text/dns; charset=utf-8")
        mock.delete(EXPORT, status=204)
        mock.delete(IMPORT, status=204)
        yield mock


@pytest.fixture
def client(cloud: responses.RequestsMock) -> InfomaniakDNSClient:
    return client_of(InfomaniakDNSClient)


def test_a_zone_is_exported_when_its_task_is_done(
    cloud: responses.RequestsMock, client: InfomaniakDNSClient
) -> None:
    cloud.get(EXPORT, json=task("PENDING"))
    cloud.get(EXPORT, json=task("COMPLETE"))
    seen: list[ZoneTask] = []
    assert client.export_zone(ZONE_ID, progress=seen.append) == TEXT
    assert [each.status for each in seen] == ["PENDING", "COMPLETE"]
    assert sent(cloud) == [
        f"POST {DNS}/zones/{ZONE_ID}/tasks/export",
        f"GET {EXPORT}",
        f"GET {EXPORT}",
        f"GET {EXPORT}/export",
        f"DELETE {EXPORT}",
    ]
    # The one call whose answer is not JSON.
    assert cloud.calls[-2].request.headers["Accept"] == "text/dns"


def test_an_export_that_fails_says_why_and_leaves_no_task(
    cloud: responses.RequestsMock, client: InfomaniakDNSClient
) -> None:
    cloud.get(EXPORT, json=task("ERROR", message="no space left"))
    with pytest.raises(ResourceFailedError, match="no space left"):
        client.export_zone(ZONE_ID)
    assert sent(cloud)[-1] == f"DELETE {EXPORT}"
    assert not [line for line in sent(cloud) if line.endswith("/export") and line.startswith("GET")]


def test_an_export_that_does_not_end_is_given_up(
    cloud: responses.RequestsMock, client: InfomaniakDNSClient
) -> None:
    cloud.get(EXPORT, json=task("PENDING"))
    with pytest.raises(TimeoutError_, match="still PENDING after 3 seconds"):
        client.export_zone(ZONE_ID, deadline_seconds=3)
    assert sent(cloud)[-1] == f"DELETE {EXPORT}"


def test_an_export_of_nothing_starts_no_task(
    cloud: responses.RequestsMock, client: InfomaniakDNSClient
) -> None:
    cloud.get(f"{DNS}/zones", json={"zones": [], "links": {}})
    with pytest.raises(NotFoundError, match=r"there is no zone nowhere\.org\."):
        client.export_zone("nowhere.org")
    assert sent(cloud, "POST") == []


def test_a_zone_is_imported_byte_by_byte(cloud: responses.RequestsMock, client: InfomaniakDNSClient) -> None:
    cloud.post(f"{DNS}/zones/tasks/imports", json=task("PENDING"), status=202)
    cloud.get(IMPORT, json=task("PENDING"))
    cloud.get(IMPORT, json=task("COMPLETE", zone_id=ZONE_ID))
    seen: list[ZoneTask] = []
    assert client.import_zone(TEXT, progress=seen.append).name == "example.org."
    assert [(each.status, each.zone_id) for each in seen] == [("PENDING", None), ("COMPLETE", ZONE_ID)]
    (posted,) = (call for call in cloud.calls if call.request.url == f"{DNS}/zones/tasks/imports")
    assert (posted.request.body, posted.request.headers["Content-Type"]) == (TEXT.encode(), "text/dns")
    assert sent(cloud)[-2:] == [f"DELETE {IMPORT}", f"GET {DNS}/zones/{ZONE_ID}"]


def test_an_import_is_sent_once(cloud: responses.RequestsMock, client: InfomaniakDNSClient) -> None:
    cloud.post(f"{DNS}/zones/tasks/imports", body=LOST)
    with pytest.raises(OutcomeUnknownError):
        client.import_zone(TEXT)
    assert sent(cloud) == [f"POST {DNS}/zones/tasks/imports"]


def test_an_import_that_fails_says_why_and_leaves_no_task(
    cloud: responses.RequestsMock, client: InfomaniakDNSClient
) -> None:
    cloud.post(f"{DNS}/zones/tasks/imports", json=task("PENDING"), status=202)
    cloud.get(IMPORT, json=task("ERROR", message="Duplicate zone."))
    with pytest.raises(ResourceFailedError, match="Duplicate zone"):
        client.import_zone(TEXT)
    assert sent(cloud)[-1] == f"DELETE {IMPORT}"


def test_what_is_no_zone_file_is_refused_before_any_request(
    cloud: responses.RequestsMock, client: InfomaniakDNSClient
) -> None:
    for text in ("www IN A 192.0.2.1\n", "$ORIGIN example.org.\nwww IN A (\n"):
        with pytest.raises(InvalidRequestError):
            client.import_zone(text)
    plan = client.import_zone(TEXT, dry_run=True)
    assert (plan.operation, plan.resource, plan.changes) == (
        "import_zone",
        "example.org.",
        {"record_sets": 1},
    )
    assert sent(cloud) == []
