"""Pages of objects and of versions: complete, in order, on any number of pages."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any
from urllib.parse import unquote

import pytest

from cloud.common import NotFoundError, RetryPolicy, ServiceUnavailableError
from cloud.common._listed import listed_object
from cloud.testing import RecordedRequest, ScriptedResponse, ScriptedServer
from unit.gcs.helpers import WHEN, failed, make_client, query_of, resource, said


def item(name: str, generation: int = 1, **members: Any) -> dict[str, Any]:
    return {
        "name": name,
        "size": "5",
        "generation": str(generation),
        "updated": WHEN,
        "storageClass": "STANDARD",
        **members,
    }


def page(*names: str, token: str | None = None, prefixes: tuple[str, ...] = ()) -> ScriptedResponse:
    return said({"items": [item(name) for name in names], "prefixes": list(prefixes), "nextPageToken": token})


def test_a_page_asks_for_what_it_shows_and_nothing_else() -> None:
    with ScriptedServer(page("a/ü +")) as server, make_client(server) as client:
        (info,) = client.list_objects("bucket", "a/ü", delimiter="é", page_size=7)
        query = query_of(server.requests[0])
    assert query == {
        "fields": "items(name,size,generation,updated,storageClass),prefixes,nextPageToken", "maxResults": "7",
        "prefix": "a/ü", "delimiter": "é",
    }  # fmt: skip  # one line reads best
    moment = datetime(2024, 1, 2, 3, 4, 5, 678000, tzinfo=timezone.utc)
    assert info == listed_object("bucket", "a/ü +", 5, "1", moment, "STANDARD")


def test_a_listing_goes_on_by_the_service_s_token_to_its_end() -> None:
    script = (page("a", "b", token="t/+= 1"), page(token="u"), page("c"))
    with ScriptedServer(*script) as server, make_client(server) as client:
        assert [info.key for info in client.list_objects("bucket", page_size=2)] == ["a", "b", "c"]
        assert [query_of(request).get("pageToken") for request in server.requests] == [None, "t/+= 1", "u"]


def test_an_error_on_a_later_page_keeps_the_token() -> None:
    script = (page("a", token="t"), failed(403, "forbidden"))
    with ScriptedServer(*script) as server, make_client(server) as client:
        with pytest.raises(PermissionError) as caught:
            list(client.list_objects("bucket"))
        assert caught.value.resume_token == "t"  # type: ignore[attr-defined]  # a CloudError


def test_an_empty_bucket_is_an_empty_page() -> None:
    for document in ({}, {"kind": "storage#objects"}, {"items": [], "prefixes": []}):
        with ScriptedServer(said(document)) as server, make_client(server) as client:
            assert [each.items for each in client.list_objects("bucket").pages()] == [()]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"items": 1}',
        b'{"items": [{"name": "a"}]}',
        b'{"items": [{"name": "a", "size": "x"',
        b'{"items": [1]}',
    ],
)
def test_what_is_no_listing_is_no_empty_one(body: bytes) -> None:
    with (
        ScriptedServer(otherwise=ScriptedResponse(body=body)) as server,
        make_client(server) as client,
        pytest.raises(ServiceUnavailableError),
    ):
        list(client.list_objects("bucket"))


def test_a_time_that_is_none_is_told() -> None:
    with (
        ScriptedServer(otherwise=said({"items": [item("a", updated="yesterday")]})) as server,
        make_client(server) as client,
        pytest.raises(ServiceUnavailableError, match="yesterday"),
    ):
        list(client.list_objects("bucket"))


@pytest.mark.parametrize(
    "updated", ["2024-01-02T03:04:05Z", "2024-01-02T03:04:05.1Z", "2024-01-02T03:04:05.123456789Z"]
)
def test_times_of_any_precision_are_read(updated: str) -> None:
    with (
        ScriptedServer(said({"items": [item("a", updated=updated)]})) as server,
        make_client(server) as client,
    ):
        (info,) = client.list_objects("bucket")
        assert info.modified_at is not None
        assert info.modified_at.replace(microsecond=0) == datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


def test_start_after_leaves_its_key_out_though_the_service_counts_it_in() -> None:
    with ScriptedServer(page("b", "c")) as server, make_client(server) as client:
        assert [info.key for info in client.list_objects("bucket", start_after="b")] == ["c"]
        assert query_of(server.requests[0])["startOffset"] == "b"


def test_a_prefix_around_start_after_stays_only_if_something_below_it_comes_after() -> None:
    first = page("z", prefixes=("a/", "b/", "c/"))
    below_b = said({"items": [{"name": "b/m"}, {"name": "b/n"}]})
    with ScriptedServer(first, below_b) as server, make_client(server) as client:
        listing = client.list_objects("bucket", delimiter="/", start_after="b/m")
        assert [(each.prefixes, len(each.items)) for each in listing.pages()] == [(("b/", "c/"), 1)]
    with ScriptedServer(first, said({"items": [{"name": "b/m"}]})) as server, make_client(server) as client:
        (only,) = client.list_objects("bucket", delimiter="/", start_after="b/m").pages()
        assert only.prefixes == ("c/",)


# -- versions ------------------------------------------------------------------------------------------------
class Versions:
    """Answers listings of versions as the service does: by key, the oldest first."""

    def __init__(self, *entries: tuple[str, int]) -> None:
        newest = dict(entries)
        self.entries = [
            item(name, generation, **({} if newest[name] == generation else {"timeDeleted": WHEN}))
            for name, generation in entries
        ]

    def __call__(self, request: RecordedRequest) -> ScriptedResponse:
        query = query_of(request)
        assert query["versions"] == "true"
        found = [entry for entry in self.entries if entry["name"] >= query.get("startOffset", "")]
        start = int(query.get("pageToken", "0"))
        size = int(query["maxResults"])
        token = str(start + size) if start + size < len(found) else None
        return said({"items": found[start : start + size], "nextPageToken": token})


ENTRIES = (("a", 1), ("b", 2), ("b", 5), ("b", 6), ("c", 3), ("c", 7), ("ü /+", 4), ("ü /+", 8))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 8, 1000])
def test_versions_come_newest_first_for_each_key_whatever_the_page_size(size: int) -> None:
    with ScriptedServer(otherwise=Versions(*ENTRIES)) as server, make_client(server) as client:
        found = client.list_versions("bucket", page_size=size).to_list()
        assert [(info.key, int(info.version_id or 0), info.is_latest) for info in found] == [
            ("a", 1, True), ("b", 6, True), ("b", 5, False), ("b", 2, False), ("c", 7, True), ("c", 3, False),
            ("ü /+", 8, True), ("ü /+", 4, False),
        ]  # fmt: skip  # one line reads best


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_listing_of_versions_goes_on_from_every_token(size: int) -> None:
    with ScriptedServer(otherwise=Versions(*ENTRIES)) as server, make_client(server) as client:
        whole = client.list_versions("bucket").to_list()
        seen = 0
        for each in client.list_versions("bucket", page_size=size).pages():
            seen += len(each.items)
            if each.next_token is not None:
                assert (
                    client.list_versions("bucket", page_size=size, token=each.next_token).to_list()
                    == whole[seen:]
                )
        assert seen == len(whole)


def test_versions_of_a_missing_bucket_are_no_empty_list() -> None:
    with (
        ScriptedServer(failed(404, "notFound")) as server,
        make_client(server) as client,
        pytest.raises(NotFoundError),
    ):
        client.list_versions("bucket").to_list()


# -- batches -------------------------------------------------------------------------------------------------
def batch(request: RecordedRequest, *, shuffle: bool = False) -> ScriptedResponse:
    """Answer a batch as Google does: 204 to all but what is missing or held."""
    parts = []
    for line in request.body.decode().splitlines():
        if not line.startswith("DELETE "):
            continue
        name = unquote(line.split()[1].partition("/o/")[2].partition("?")[0])
        place = len(parts)
        status, body = "204 No Content", ""
        if "missing" in name:
            status, body = (
                "404 Not Found",
                '{"error": {"code": 404, "message": "m", "errors": [{"reason": "notFound"}]}}',
            )
        elif "held" in name:
            status = "403 Forbidden"
            body = '{"error": {"code": 403, "message": "words", "errors": [{"reason": "objectUnderActiveHold"}]}}'
        parts.append(
            f"--batch_x\r\nContent-Type: application/http\r\nContent-ID: <response-{place}>\r\n\r\n"
            f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}\r\n"
        )
    if shuffle:
        parts.reverse()
    headers = (("Content-Type", 'multipart/mixed; boundary="batch_x"'),)
    return ScriptedResponse(headers=headers, body="".join(parts).encode() + b"--batch_x--\r\n")


@pytest.mark.parametrize("shuffle", [False, True])
def test_a_batch_answers_for_every_key_in_order(*, shuffle: bool) -> None:
    keys = ["a/ü", "missing", "held", "b c"]
    with (
        ScriptedServer(otherwise=lambda request: batch(request, shuffle=shuffle)) as server,
        make_client(server) as client,
    ):
        results = list(client.delete_files("bucket", keys))
        (request,) = server.requests
    assert request.path == "/batch/storage/v1"
    assert b"DELETE /storage/v1/b/bucket/o/a%2F%C3%BC HTTP/1.1" in request.body
    assert [(result.key, result.ok) for result in results] == [
        ("a/ü", True), ("missing", True), ("held", False), ("b c", True),
    ]  # fmt: skip  # one line reads best
    error: Any = results[2].error
    assert (error.http_status, error.provider_code, error.message) == (403, "objectUnderActiveHold", "words")


def test_a_batch_holds_a_hundred_calls() -> None:
    with ScriptedServer(otherwise=batch) as server, make_client(server) as client:
        assert all(
            result.ok for result in client.delete_files("bucket", (f"k{number}" for number in range(250)))
        )
        assert [request.body.count(b"DELETE ") for request in server.requests] == [100, 100, 50]


def test_a_batch_that_finds_nothing_asks_for_the_bucket() -> None:
    with ScriptedServer(batch, said({})) as server, make_client(server) as client:
        assert [result.ok for result in client.delete_files("bucket", ["missing1", "missing2"])] == [
            True,
            True,
        ]
    with (
        ScriptedServer(batch, failed(404, "notFound")) as server,
        make_client(server) as client,
        pytest.raises(NotFoundError),
    ):
        list(client.delete_files("bucket", ["missing1", "missing2"]))


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/html", b"<html>"), ("multipart/mixed; boundary=b", b""), ("multipart/mixed; boundary=b", b"--b--"),
        ("multipart/mixed; boundary=b", b"--b\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n--b--"),
        ("multipart/mixed; boundary=b", b"--b\r\nContent-ID: <response-7>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n--b\r\n\r\nHTTP/1.1 204 X\r\n--b--"),
    ],
    ids=["no batch", "empty", "no answers", "one answer of two", "another call's"],
)  # fmt: skip  # a table
def test_a_batch_that_does_not_answer_all_calls_is_no_success(content_type: str, body: bytes) -> None:
    answer = ScriptedResponse(headers=(("Content-Type", content_type),), body=body)
    with (
        ScriptedServer(otherwise=answer) as server,
        make_client(server) as client,
        pytest.raises(ServiceUnavailableError),
    ):
        list(client.delete_files("bucket", ["a", "b"]))


def test_answers_without_a_number_are_in_order() -> None:
    body = b"--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n--b\r\n\r\nHTTP/1.1 500 X\r\n\r\n{}\r\n--b--"
    answer = ScriptedResponse(headers=(("Content-Type", "multipart/mixed; boundary=b"),), body=body)
    with ScriptedServer(answer) as server, make_client(server) as client:
        assert [result.ok for result in client.delete_files("bucket", ["a", "b"])] == [True, False]


# -- answers that are none -------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["contentType", "cacheControl", "storageClass", "contentLanguage"])
def test_an_object_that_is_described_by_other_than_text_is_none(name: str) -> None:
    with (
        ScriptedServer(otherwise=said(resource(**{name: ["text/plain"]}))) as server,
        make_client(server) as client,
        pytest.raises(ServiceUnavailableError, match="by other than text"),
    ):
        client.get_object_metadata("bucket", "key")


def test_a_copy_goes_on_with_a_token_that_is_text_only() -> None:
    answer = said({"done": False, "rewriteToken": ["a"], "totalBytesRewritten": "1"})
    with (
        ScriptedServer(said(resource()), answer) as server,
        make_client(server, retry=RetryPolicy(max_attempts=1)) as client,
        pytest.raises(ServiceUnavailableError, match="answer to a copy"),
    ):
        client.copy_file("bucket", "key", "bucket", "other")
