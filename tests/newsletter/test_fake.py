"""The fake newsletter as any HTTP client sees it: what it refuses, how it counts, what it says."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests

from cloud.testing import FakeNewsletterServer

if TYPE_CHECKING:
    from newsletter.conftest import Clock


def send(
    server: FakeNewsletterServer,
    method: str,
    path: str,
    *,
    token: str | None = None,
    domain: int | None = None,
    **options: Any,
) -> requests.Response:
    headers = {"Authorization": f"Bearer {token or server.token}", **options.pop("headers", {})}
    url = f"{server.url}/1/newsletters/{domain or server.newsletter_id}{path}"
    return requests.request(method, url, headers=headers, timeout=30, **options)


def code(response: requests.Response) -> tuple[int, str]:
    document = response.json()
    assert document["result"] == "error"
    return response.status_code, document["error"]["code"]


def test_strangers_and_other_newsletters_are_refused(server: FakeNewsletterServer) -> None:
    assert code(send(server, "GET", "/groups", token="other")) == (401, "not_authorized")
    assert code(requests.get(f"{server.url}/1/newsletters/1001/groups", timeout=30)) == (
        401,
        "not_authorized",
    )
    assert code(send(server, "GET", "/groups", domain=5)) == (404, "object_not_found")
    assert code(send(server, "GET", "/campaigns/none")) == (404, "object_not_found")
    assert code(send(server, "PATCH", "/groups")) == (405, "method_not_found")
    assert send(server, "GET", "/nothing").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("GET", "/campaigns?with=content", {"headers": {"Content-Type": "application/json"}}),
        ("GET", "/subscribers?filter[colour]=red", {}),
        ("GET", "/subscribers?filter=red", {}),
        ("GET", "/subscribers?filter[status]=odd", {}),
        ("GET", "/campaigns?filter[status][]=draft&filter[status][]=odd", {}),
        ("GET", "/groups?page=1&skip=0", {}),
        ("GET", "/groups?page=one", {}),
        ("POST", "/groups", {"json": {}}),
        ("POST", "/groups", {"json": {"name": "x", "colour": "red"}}),
        ("POST", "/groups", {"json": {"name": "x" * 256}}),
        ("POST", "/groups", {"data": '{"name": "x"}'}),
        ("POST", "/subscribers", {"json": {"email": "nobody"}}),
        ("POST", "/segments", {"json": {"name": "x", "data": {"conds": [{}]}}}),
        ("POST", "/fields", {"json": {"name": "x", "type": "colour"}}),
        ("DELETE", "/subscribers", {"json": {"select": {"include": [1]}}}),
        ("POST", "/campaigns", {"json": {"subject": "no sender"}}),
        (
            "POST",
            "/campaigns",
            {
                "json": {
                    "subject": "x",
                    "email_from_addr": "a@b.ch",
                    "email_from_name": "A",
                    "lang": "en",
                }
            },
        ),
    ],
)
def test_what_the_service_does_not_know_is_refused(
    method: str, path: str, options: dict[str, Any], server: FakeNewsletterServer
) -> None:
    assert code(send(server, method, path, **options)) == (422, "validation_failed")


def test_every_problem_is_named(server: FakeNewsletterServer) -> None:
    document = send(server, "POST", "/campaigns", json={"colour": "red"}).json()
    assert [problem["description"] for problem in document["errors"]] == [
        "email_from_addr is required",
        "email_from_name is required",
        "lang is required",
        "subject is required",
        "colour field is prohibited",
    ]


def test_both_pagings_and_the_count(server: FakeNewsletterServer) -> None:
    for number in range(7):
        server._state.add(server._state.groups, f"g{number}")

    def names(query: str) -> list[str]:
        return [group["name"] for group in send(server, "GET", f"/groups?{query}").json()["data"]]

    page = send(server, "GET", "/groups?page=2&per_page=3").json()
    assert [group["name"] for group in page["data"]] == ["g3", "g4", "g5"]
    assert (page["total"], page["page"], page["pages"], page["items_per_page"]) == (7, 2, 3, 3)
    assert names("page=3&per_page=3") == ["g6"]
    assert names("page=4&per_page=3") == []
    by_position = send(server, "GET", "/groups?limit=2&skip=5").json()
    assert [group["name"] for group in by_position["data"]] == ["g5", "g6"]
    assert "total" not in by_position
    assert names("limit=2&skip=7") == []
    assert names("order_by=name&order=desc&page=1&per_page=2") == ["g6", "g5"]
    assert names("order_by=id,name&order_for[id]=desc&limit=1&skip=0") == ["g6"]
    assert send(server, "GET", "/groups?return=total&filter[search]=g1").json()["data"] == 1


def test_the_61st_request_of_a_minute_is_refused_and_says_until_when(clock: Clock) -> None:
    with FakeNewsletterServer(clock=clock) as server:
        statuses = [send(server, "GET", "/groups").status_code for _ in range(61)]
        assert statuses == [200] * 60 + [429]
        refused = send(server, "GET", "/groups")
        assert code(refused) == (429, "too_many_requests")
        assert refused.headers["Retry-After"] == "60"
        server.retry_after = "date"
        moment = parsedate_to_datetime(send(server, "GET", "/groups").headers["Retry-After"])
        assert 58 < (moment - server.now()).total_seconds() <= 60
        server.retry_after = None
        assert "Retry-After" not in send(server, "GET", "/groups").headers
        clock.sleep(60)
        assert send(server, "GET", "/groups").status_code == 200


def test_a_bulk_call_is_answered_before_it_is_done(server: FakeNewsletterServer, clock: Clock) -> None:
    server.lag_seconds = 5
    made = server._state.add(server._state.groups, "g")
    answer = send(server, "DELETE", "/groups", json={"select": {"all": False, "include": [made.id]}})
    assert (answer.status_code, answer.json()["result"]) == (202, "asynchronous")
    assert send(server, "GET", f"/groups/{made.id}").status_code == 200
    clock.sleep(5)
    assert send(server, "GET", f"/groups/{made.id}").status_code == 404
    assert send(server, "DELETE", f"/operations/{answer.json()['data']}").status_code == 404


def test_an_event_of_nobody_is_a_mistake_of_the_test(server: FakeNewsletterServer) -> None:
    with pytest.raises(ValueError, match="no subscriber"):
        server.record_event(1, "nobody@example.com", "open")
