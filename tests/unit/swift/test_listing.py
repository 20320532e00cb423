"""Listings: complete, in pages, and never short without an error."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from cloud.common import NotFoundError, ServiceUnavailableError
from cloud.testing._scripted_server import ScriptedResponse, ScriptedServer
from unit.swift.helpers import document, empty, failed, lines, make_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud.infomaniak import InfomaniakObjectStorageClient

TIME = "2026-01-02T03:04:05.678900"


def entry(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "bytes": 1, "hash": "h", "last_modified": TIME, "content_type": "x", **fields}


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def client(server: ScriptedServer) -> InfomaniakObjectStorageClient:
    return make_client(server)


def test_pages_follow_each_other_by_their_last_name(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    server.add(document([entry("a"), {"subdir": "b c/"}]), document([entry("é"), entry("z")]), document([]))
    pager = client.list_objects("c", "p&", delimiter="/", page_size=2)
    assert [info.key for info in pager] == ["a", "é", "z"]
    assert [lines(r) for r in server.requests] == [
        "GET /c?format=json&limit=2&prefix=p%26&delimiter=%2F",
        "GET /c?format=json&limit=2&prefix=p%26&delimiter=%2F&marker=b%20c%2F",
        "GET /c?format=json&limit=2&prefix=p%26&delimiter=%2F&marker=z",
    ]


def test_a_short_page_is_the_last(client: InfomaniakObjectStorageClient, server: ScriptedServer) -> None:
    server.add(document([entry("a")]))
    assert [info.key for info in client.list_objects("c", page_size=2)] == ["a"]
    server.add(empty(204))  # an empty container, in the words of some clusters
    assert client.list_objects("c").to_list() == []


def test_what_a_page_tells(client: InfomaniakObjectStorageClient, server: ScriptedServer) -> None:
    large = entry("large", bytes=5 << 40, hash="manifest's", slo_etag='"slo"')
    s3 = entry("by S3", hash="plain; s3_etag=abc-3")
    server.add(document([large, s3, entry("empty", bytes=0, last_modified="2026-01-02T03:04:05")]))
    found = client.list_objects("c").to_list()
    assert [(info.key, info.size, info.etag) for info in found] == [
        ("large", 5 << 40, "slo"), ("by S3", 1, "plain"), ("empty", 0, "h"),
    ]  # fmt: skip  # one line reads best
    assert found[0].modified_at == datetime(2026, 1, 2, 3, 4, 5, 678900, timezone.utc)
    assert found[2].modified_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "answer",
    [
        ScriptedResponse(body=json.dumps([entry("a")]).encode()[:-9]),
        document({"error": "words"}), document([entry("a", bytes="many")]), document([{"name": "a"}]),
        document([{"bytes": 1}]), document([entry("a", last_modified="yesterday")]), document(["a"]),
    ],
    ids=["cut", "no list", "no size", "no hash", "no name", "no time", "names only"],
)  # fmt: skip  # a table
def test_what_is_no_listing_raises(server: ScriptedServer, answer: ScriptedResponse) -> None:
    server.add(*[answer] * 3)
    with pytest.raises(ServiceUnavailableError):
        make_client(server).list_objects("c").to_list()


def test_a_listing_that_stands_still_raises(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    server.add(*[document([entry("a")])] * 4)
    with pytest.raises(ServiceUnavailableError, match="next"):
        client.list_objects("c", page_size=1).to_list()


def test_an_error_on_a_later_page_carries_the_token(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    server.add(document([entry("a")]), failed(404))
    seen = []
    with pytest.raises(NotFoundError) as caught:
        seen += [info.key for info in client.list_objects("c", page_size=1)]
    assert caught.value.resume_token == "a"
    server.add(document([entry("b")]), document([]))
    rest = client.list_objects("c", page_size=1, token=caught.value.resume_token)
    assert [info.key for info in rest] == ["b"]


def test_containers_of_all_pages(client: InfomaniakObjectStorageClient, server: ScriptedServer) -> None:
    many = [{"name": f"{number:05}"} for number in range(10_000)]
    server.add(document(many), document([{"name": "ä b"}]))
    assert client.list_buckets()[-1] == "ä b"
    assert server.requests[1].path.endswith("&marker=09999")
    server.add(failed(404))  # an account that nobody has used yet, where accounts are not made by themselves
    with pytest.raises(NotFoundError):
        client.list_buckets()


def test_versions_go_on_after_name_and_version(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    deleted = "application/x-deleted;swift_versions_deleted=1"
    first = entry("a/b", version_id="17.3", is_latest=True, content_type=deleted, bytes=0)
    second = entry("a/b", version_id="17.2", is_latest=False)
    server.add(document([first, second]), document([entry("c", version_id="null", is_latest=True)]))
    found = client.list_versions("c", "p", page_size=2).to_list()
    assert [(i.key, i.version_id, i.is_latest, i.is_delete_marker) for i in found] == [
        ("a/b", "17.3", True, True), ("a/b", "17.2", False, False), ("c", "null", True, False),
    ]  # fmt: skip  # one line reads best
    assert [lines(r) for r in server.requests] == [
        "GET /c?format=json&versions=true&limit=2&prefix=p",
        "GET /c?format=json&versions=true&limit=2&prefix=p&marker=a%2Fb&version_marker=17.2",
    ]
