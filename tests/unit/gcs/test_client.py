"""What GCSClient sends and how it reads the answers, one call after the other."""

from __future__ import annotations

import base64
import json
import pickle
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import quote as standard_quote

import pytest
from google.cloud.storage._helpers import _bucket_bound_hostname_url
from google.cloud.storage.blob import Blob, _quote
from hypothesis import given
from hypothesis import strategies as st

from cloud._dialects.gcs._names import bucket_problem, key_problem, object_path, quoted
from cloud.common import (
    AlreadyExistsError,
    Capability,
    CloudCredentials,
    CloudProvider,
    ConfigurationError,
    ConflictError,
    IntegrityError,
    InvalidRequestError,
    NotFoundError,
    NotModifiedError,
    OutcomeUnknownError,
    PreconditionFailedError,
    Secret,
    ServiceUnavailableError,
    UnsupportedOperationError,
)
from cloud.gcp import GCSClient, GCSOptions
from cloud.testing import ScriptedResponse, ScriptedServer
from unit.gcs.helpers import (
    CREDENTIALS,
    GENERATION,
    TOKEN,
    crc32c,
    failed,
    make_client,
    md5_of,
    parts_of,
    path_of,
    query_of,
    read,
    resource,
    said,
    stored,
)

if TYPE_CHECKING:
    from cloud.testing import RecordedRequest

OTHER = "1700000000000009"
KEY = Secret(base64.b64encode(bytes(range(32))).decode())
assert _bucket_bound_hostname_url  # the oracle's module is the one that quotes


# -- looks ---------------------------------------------------------------------------------------------------
def test_a_look_is_one_request_for_what_is_needed() -> None:
    body = resource(
        "a/b c", b"hello", metadata={"Color": "red"}, cacheControl="no-store", contentEncoding="gzip",
        contentDisposition="inline", contentLanguage="de", md5Hash=md5_of(b"hello"),
    )  # fmt: skip  # one line reads best
    with ScriptedServer(said(body)) as server, make_client(server) as client:
        info = client.get_object_metadata("bucket", "a/b c")
        (request,) = server.requests
    assert (request.method, path_of(request)) == ("GET", "/storage/v1/b/bucket/o/a%2Fb%20c")
    assert request.header("authorization") == f"Bearer {TOKEN}"
    assert "generation" in query_of(request)["fields"]
    assert (info.size, info.etag, info.version_id) == (5, GENERATION, GENERATION)
    assert info.modified_at == datetime(2024, 1, 2, 3, 4, 5, 678000, tzinfo=timezone.utc)
    assert (info.content_type, info.cache_control, info.content_encoding) == (
        "text/plain",
        "no-store",
        "gzip",
    )
    assert (info.content_disposition, info.content_language) == ("inline", "de")
    assert (info.metadata, info.storage_class) == ({"color": "red"}, "STANDARD")
    assert info.checksums == {"crc32c": crc32c(b"hello"), "md5": md5_of(b"hello")}


@pytest.mark.parametrize(
    ("arguments", "query"),
    [
        ({"if_match": GENERATION}, {"ifGenerationMatch": GENERATION}),
        ({"version_id": GENERATION}, {"generation": GENERATION}),
    ],
    ids=["if_match", "version_id"],
)
def test_conditions_of_a_look_are_generations(arguments: dict[str, str], query: dict[str, str]) -> None:
    with ScriptedServer(said(resource())) as server, make_client(server) as client:
        client.get_object_metadata("bucket", "key", **arguments)
        assert query.items() <= query_of(server.requests[0]).items()


@pytest.mark.parametrize("body", [b"<html>hello</html>", b"[]", b"{}", b'{"size": "1"}', b""])
def test_a_page_of_somebody_else_is_no_object(body: bytes) -> None:
    with (
        ScriptedServer(otherwise=ScriptedResponse(body=body)) as server,
        make_client(server) as client,
        pytest.raises(ServiceUnavailableError),
    ):
        client.get_object_metadata("bucket", "key")


def test_an_etag_that_no_object_can_have_fails_before_any_request() -> None:
    with ScriptedServer() as server, make_client(server) as client:
        for call in (
            lambda: client.download_file("bucket", "key", if_match="900150983cd24fb0d6963f7d28e17f72"),
            lambda: client.get_object_metadata("bucket", "key", if_match="*"),
            lambda: client.upload_file("bucket", "key", b"x", if_match="0"),
            lambda: client.delete_file("bucket", "key", if_match="CKih16GjycICEAE="),
        ):
            with pytest.raises(PreconditionFailedError, match="ETag"):
                call()
        with pytest.raises(NotFoundError):
            client.download_file("bucket", "key", version_id="null")


# -- reads ---------------------------------------------------------------------------------------------------
def test_a_read_is_one_request_for_the_bytes_as_they_are_stored() -> None:
    with ScriptedServer(read(b"hello")) as server, make_client(server) as client:
        assert client.download_file("bucket", "a/ü") == b"hello"
        (request,) = server.requests
    assert (request.method, request.path) == ("GET", "/bucket/a%2F%C3%BC")
    assert request.header("accept-encoding") == "gzip"


def test_an_answer_says_everything_about_the_object(tmp_path: Any) -> None:
    answer = read(
        b"hello", ("x-goog-meta-color", "red"), ("x-goog-hash", f"md5={md5_of(b'hello')}"), cache_control="no-store",
    )  # fmt: skip  # one line reads best
    with ScriptedServer(answer) as server, make_client(server) as client:
        result = client.download_to("bucket", "key", tmp_path / "file")
    info = result.info
    assert (info.size, info.etag, info.version_id, info.metadata) == (
        5,
        GENERATION,
        GENERATION,
        {"color": "red"},
    )
    assert info.checksums == {"crc32c": crc32c(b"hello"), "md5": md5_of(b"hello")}
    assert (info.cache_control, info.storage_class) == ("no-store", "STANDARD")
    assert result.verified == "crc32c"


@pytest.mark.parametrize("hashes", [f"crc32c={crc32c(b'x')}", f"md5={md5_of(b'x')},crc32c={crc32c(b'x')}"])
def test_bytes_that_do_not_fit_their_checksum_are_read_again_and_then_refused(hashes: str) -> None:
    wrong = read(b"hello", x_goog_hash=hashes)
    with ScriptedServer(wrong, read(b"hello")) as server, make_client(server) as client:
        assert client.download_file("bucket", "key") == b"hello"
        assert len(server.requests) == 2
    with (
        ScriptedServer(otherwise=wrong) as server,
        make_client(server) as client,
        pytest.raises(IntegrityError, match="CRC32C"),
    ):
        client.download_file("bucket", "key")


def test_an_object_without_crc32c_is_compared_with_its_md5() -> None:
    wrong = read(b"hello", x_goog_hash=f"md5={md5_of(b'other')}")
    with (
        ScriptedServer(otherwise=wrong) as server,
        make_client(server) as client,
        pytest.raises(IntegrityError, match="MD5"),
    ):
        client.download_file("bucket", "key")


@pytest.mark.parametrize(
    "answer",
    [
        read(b"decompressed", x_goog_stored_content_encoding="gzip", x_goog_stored_content_length="7"),
        read(b"decompressed", x_guploader_response_body_transformations="gunzipped"),
        read(b"decompressed", warning="214 UploadServer gunzipped"),
        read(b"decompressed", x_goog_stored_content_length="7"),
    ],
    ids=["stored encoding", "transformations", "warning", "stored length"],
)
def test_bytes_that_were_decompressed_on_their_way_are_refused(answer: ScriptedResponse) -> None:
    with ScriptedServer(answer) as server, make_client(server) as client:
        with pytest.raises(IntegrityError, match="decompressed"):
            client.download_file("bucket", "key")
        assert len(server.requests) == 1  # asking again would change nothing


def test_a_gzip_object_comes_as_it_is_stored() -> None:
    packed = b"\x1f\x8b not really"
    answer = read(packed, x_goog_stored_content_encoding="gzip", content_encoding="gzip")
    with ScriptedServer(answer) as server, make_client(server) as client:
        assert client.download_file("bucket", "key") == packed


@pytest.mark.parametrize(
    ("start", "end", "sent"), [(2, None, "bytes=2-"), (1, 3, "bytes=1-2"), (-2, None, "bytes=-2")]
)
def test_a_range_is_asked_for_and_checked(start: int, end: int | None, sent: str) -> None:
    body = b"hello"[start:end]
    first = start % 5
    answer = read(
        body, status=206, content_range=f"bytes {first}-{first + len(body) - 1}/5", x_goog_stored_content_length="5",
    )  # fmt: skip  # one line reads best
    with ScriptedServer(answer) as server, make_client(server) as client:
        assert client.read_range("bucket", "key", start, end) == body
        assert server.requests[0].header("range") == sent


def test_a_range_of_an_empty_object_is_empty_and_one_beyond_the_end_is_refused() -> None:
    beyond = ScriptedResponse(status=416, headers=(("content-range", "bytes */0"),))
    with ScriptedServer(beyond, said(resource())) as server, make_client(server) as client:
        assert client.read_range("bucket", "key", 0, 5) == b""
    beyond = ScriptedResponse(status=416, headers=(("content-range", "bytes */5"),))
    with (
        ScriptedServer(beyond) as server,
        make_client(server) as client,
        pytest.raises(InvalidRequestError, match=r"\*/5"),
    ):
        client.read_range("bucket", "key", 7, 9)


def test_conditions_of_a_read_go_as_headers_and_are_checked_in_the_answer() -> None:
    with (
        ScriptedServer(read(b"x"), read(b"x", x_goog_generation=OTHER)) as server,
        make_client(server) as client,
    ):
        assert client.download_file("bucket", "key", if_match=GENERATION) == b"x"
        assert server.requests[0].header("x-goog-if-generation-match") == GENERATION
        with pytest.raises(PreconditionFailedError):  # from a server that ignores the header
            client.download_file("bucket", "key", if_match=GENERATION)


def test_a_version_is_asked_for_and_checked_in_the_answer() -> None:
    with (
        ScriptedServer(read(b"x"), read(b"x", x_goog_generation=OTHER)) as server,
        make_client(server) as client,
    ):
        assert client.download_file("bucket", "key", version_id=GENERATION) == b"x"
        assert query_of(server.requests[0]) == {"generation": GENERATION}
        with pytest.raises(NotFoundError):
            client.download_file("bucket", "key", version_id=GENERATION)


def test_what_one_has_already_is_asked_about_before_any_byte_moves() -> None:
    unchanged = ScriptedResponse(status=304)
    with ScriptedServer(unchanged) as server, make_client(server) as client:
        with pytest.raises(NotModifiedError):
            client.download_file("bucket", "key", if_none_match=GENERATION)
        (request,) = server.requests
        assert query_of(request)["ifGenerationNotMatch"] == GENERATION
        assert path_of(request).startswith("/storage/v1/")
    with ScriptedServer(said(resource(body=b"new")), read(b"new")) as server, make_client(server) as client:
        assert client.download_file("bucket", "key", if_none_match=OTHER) == b"new"


def test_a_server_that_ignores_if_none_match_is_not_believed() -> None:
    with (
        ScriptedServer(said(resource())) as server,
        make_client(server) as client,
        pytest.raises(NotModifiedError),
    ):
        client.download_file("bucket", "key", if_none_match=GENERATION)


def test_if_modified_since_is_decided_by_what_the_answer_says_too() -> None:
    moment = datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    with ScriptedServer(read(b"x"), read(b"x")) as server, make_client(server) as client:
        assert client.download_file("bucket", "key", if_modified_since=moment - timedelta(seconds=1)) == b"x"
        assert server.requests[0].header("if-modified-since") == "Tue, 02 Jan 2024 03:04:04 GMT"
        with pytest.raises(NotModifiedError):
            client.download_file("bucket", "key", if_modified_since=moment)


def test_a_read_without_generation_is_not_google_s() -> None:
    with (
        ScriptedServer(otherwise=read(b"<html>", x_goog_generation="")) as server,
        make_client(server) as client,
        pytest.raises(ServiceUnavailableError, match="generation"),
    ):
        client.download_file("bucket", "key")


def test_a_stand_in_that_does_not_say_what_it_sends_is_asked_before_each_read() -> None:
    silent = read(b"hello", x_goog_generation="", last_modified="")
    look = said(resource("key", b"hello"))
    part = read(b"llo", status=206, content_range="bytes 2-4/5", x_goog_generation="", x_goog_hash="")
    with (
        ScriptedServer(silent, look, silent, look, part, look) as server,
        make_client(server, service=None) as client,
    ):
        assert client.download_file("bucket", "key") == b"hello"
        assert client.read_range("bucket", "key", -3, None) == b"llo"
        assert server.requests[4].header("range") == "bytes=2-4"
        with pytest.raises(PreconditionFailedError):
            client.download_file("bucket", "key", if_match=OTHER)


# -- writes --------------------------------------------------------------------------------------------------
def test_a_small_write_is_one_request_with_its_checksum() -> None:
    with ScriptedServer(stored(b"hello")) as server, make_client(server) as client:
        uri = client.upload_file(
            "bucket", "a/ü.txt", b"hello", metadata={"color": "red"}, cache_control="no-store", content_encoding="x",
            content_disposition="inline", content_language="de", storage_class="NEARLINE",
        )  # fmt: skip  # one line reads best
        (request,) = server.requests
    assert uri == "gs://bucket/a/ü.txt"
    assert (request.method, path_of(request)) == ("POST", "/upload/storage/v1/b/bucket/o")
    assert query_of(request)["uploadType"] == "multipart"
    document, kind, data = parts_of(request)
    assert (kind, data) == ("text/plain", b"hello")
    assert document == {
        "name": "a/ü.txt", "contentType": "text/plain", "metadata": {"color": "red"}, "cacheControl": "no-store",
        "contentEncoding": "x", "contentDisposition": "inline", "contentLanguage": "de", "storageClass": "NEARLINE",
        "crc32c": crc32c(b"hello"),
    }  # fmt: skip  # one line reads best


@pytest.mark.parametrize(
    "answer", [stored(b"other"), stored(b"hello", size="6"), stored(b"hello", crc32c=crc32c(b"x"))]
)
def test_a_write_is_compared_with_what_the_service_says_it_stored(answer: ScriptedResponse) -> None:
    with ScriptedServer(answer, stored(b"hello")) as server, make_client(server) as client:
        client.upload_file("bucket", "key", b"hello")
        assert len(server.requests) == 2


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b"[1]"])
def test_a_page_of_somebody_else_is_no_write(body: bytes) -> None:
    with (
        ScriptedServer(otherwise=ScriptedResponse(body=body)) as server,
        make_client(server) as client,
        pytest.raises(ServiceUnavailableError),
    ):
        client.upload_file("bucket", "key", b"x")


@pytest.mark.parametrize(
    ("arguments", "sent", "error"),
    [
        ({"if_absent": True}, "0", AlreadyExistsError),
        ({"if_match": GENERATION}, GENERATION, PreconditionFailedError),
    ],
    ids=["if_absent", "if_match"],
)
def test_conditions_of_a_write(arguments: dict[str, Any], sent: str, error: type[Exception]) -> None:
    with (
        ScriptedServer(stored(b"x"), failed(412, "conditionNotMet")) as server,
        make_client(server) as client,
    ):
        client.upload_file("bucket", "key", b"x", **arguments)
        assert query_of(server.requests[0])["ifGenerationMatch"] == sent
        with pytest.raises(error):
            client.upload_file("bucket", "key", b"x", **arguments)


def test_a_lost_answer_to_a_conditional_write_is_said_to_be_unknown() -> None:
    lost = ScriptedResponse(raw=b"", close="rst")
    with ScriptedServer(lost) as server, make_client(server) as client, pytest.raises(OutcomeUnknownError):
        client.upload_file("bucket", "key", b"x", if_absent=True)


# -- deletes -------------------------------------------------------------------------------------------------
def test_a_delete_says_whether_something_was_there() -> None:
    gone = failed(404, "notFound")
    with (
        ScriptedServer(ScriptedResponse(status=204), gone, gone) as server,
        make_client(server) as client,
    ):
        assert client.delete_file("bucket", "a/b") is True
        assert client.delete_file("bucket", "a/b") is False  # the bucket answered a moment ago
        assert len(server.requests) == 2
        assert server.requests[0].path == "/storage/v1/b/bucket/o/a%2Fb"


def test_a_404_of_an_unknown_bucket_is_asked_about() -> None:
    gone = failed(404, "notFound")
    with ScriptedServer(gone, said({})) as server, make_client(server) as client:
        assert client.delete_file("bucket", "key") is False
        assert path_of(server.requests[1]) == "/storage/v1/b/bucket/o"
    with ScriptedServer(gone, gone) as server, make_client(server) as client, pytest.raises(NotFoundError):
        client.delete_file("bucket", "key")
    # Who may delete and not list is told that it is forbidden, which is said of a bucket that is there only.
    with ScriptedServer(gone, failed(403, "forbidden")) as server, make_client(server) as client:
        assert client.delete_file("bucket", "key") is False


def test_a_delete_of_one_generation_and_on_a_condition() -> None:
    with (
        ScriptedServer(
            ScriptedResponse(status=204), ScriptedResponse(status=204), failed(404, "notFound")
        ) as server,
        make_client(server) as client,
    ):
        client.delete_file("bucket", "key", version_id=OTHER)
        client.delete_file("bucket", "key", if_match=GENERATION)
        assert [query_of(request) for request in server.requests] == [
            {"generation": OTHER}, {"ifGenerationMatch": GENERATION},
        ]  # fmt: skip  # one line reads best
        with pytest.raises(PreconditionFailedError):
            client.delete_file("bucket", "key", if_match=GENERATION)


# -- copies --------------------------------------------------------------------------------------------------
def rewritten(**members: Any) -> ScriptedResponse:
    return said({"done": True, "resource": {"generation": OTHER, "size": "5"}, **members})


def test_a_copy_is_pinned_to_what_was_looked_at_and_takes_everything_along() -> None:
    with (
        ScriptedServer(said(resource("a/b", b"hello")), rewritten()) as server,
        make_client(server) as client,
    ):
        client.copy_file("bucket", "a/b", "other", "c d")
        request = server.requests[1]
    assert path_of(request) == "/storage/v1/b/bucket/o/a%2Fb/rewriteTo/b/other/o/c%20d"
    assert query_of(request)["ifSourceGenerationMatch"] == GENERATION
    assert json.loads(request.body) == {}


def test_a_large_copy_goes_on_until_it_is_done() -> None:
    steps = [
        said({"done": False, "rewriteToken": f"t/{step}=", "totalBytesRewritten": str(step)})
        for step in (1, 2)
    ]
    with (
        ScriptedServer(said(resource("key", b"hello")), *steps, rewritten()) as server,
        make_client(server) as client,
    ):
        client.copy_file("bucket", "key", "other", "key")
        assert [query_of(request).get("rewriteToken") for request in server.requests[1:]] == [
            None,
            "t/1=",
            "t/2=",
        ]


@pytest.mark.parametrize(
    "answer", [{"done": False}, {"done": False, "rewriteToken": "t", "totalBytesRewritten": "0"}]
)
def test_a_copy_that_does_not_get_on_ends(answer: dict[str, Any]) -> None:
    with (
        ScriptedServer(said(resource("key", b"hello")), otherwise=said(answer)) as server,
        make_client(server) as client,
        pytest.raises(ServiceUnavailableError, match="no progress"),
    ):
        client.copy_file("bucket", "key", "other", "key")


def test_a_copy_that_replaces_metadata_and_nothing_else() -> None:
    source = said(resource("key", b"hello", cacheControl="no-store", metadata={"a": "1"}))
    with (
        ScriptedServer(source, rewritten(), source, failed(412, "conditionNotMet")) as server,
        make_client(server) as client,
    ):
        client.copy_file(
            "bucket", "key", "bucket", "copy", metadata={"b": "2"}, if_absent=True, storage_class="COLDLINE"
        )
        request = server.requests[1]
        assert json.loads(request.body) == {
            "contentType": "text/plain", "cacheControl": "no-store", "metadata": {"b": "2"}, "storageClass": "COLDLINE",
        }  # fmt: skip  # one line reads best
        assert query_of(request)["ifGenerationMatch"] == "0"
        with pytest.raises(AlreadyExistsError):
            client.copy_file("bucket", "key", "bucket", "copy", if_absent=True)


def test_a_copy_of_an_old_version_names_it() -> None:
    old = said(resource("key", b"hello", timeDeleted="2024-02-02T00:00:00Z"))
    with ScriptedServer(old, rewritten()) as server, make_client(server) as client:
        client.copy_file("bucket", "key", "bucket", "back", version_id=GENERATION)
        query = query_of(server.requests[1])
    assert query["sourceGeneration"] == GENERATION
    assert "ifSourceGenerationMatch" not in query


def test_an_update_moves_no_bytes_and_removes_what_is_not_kept() -> None:
    source = resource(
        "key", b"hello", metageneration="7", metadata={"Old": "1", "both": "1"}, cacheControl="no-store"
    )
    with (
        ScriptedServer(said(source), said({"generation": GENERATION}), said(source)) as server,
        make_client(server) as client,
    ):
        client.update_metadata("bucket", "key", metadata={"both": "2", "new": "3"})
        request = server.requests[1]
    assert (request.method, path_of(request)) == ("PATCH", "/storage/v1/b/bucket/o/key")
    query = query_of(request)
    assert (query["ifGenerationMatch"], query["ifMetagenerationMatch"]) == (GENERATION, "7")
    assert json.loads(request.body) == {
        "contentType": "text/plain", "cacheControl": "no-store", "contentEncoding": None, "contentDisposition": None,
        "contentLanguage": None, "metadata": {"Old": None, "both": "2", "new": "3"},
    }  # fmt: skip  # one line reads best


def test_an_update_of_the_storage_class_is_a_copy_onto_itself() -> None:
    source = said(resource("key", b"hello", metadata={"a": "1"}))
    with ScriptedServer(source, rewritten(), source) as server, make_client(server) as client:
        client.update_metadata("bucket", "key", storage_class="ARCHIVE")
        request = server.requests[1]
    assert "/rewriteTo/" in request.path
    assert json.loads(request.body) == {
        "contentType": "text/plain",
        "metadata": {"a": "1"},
        "storageClass": "ARCHIVE",
    }


# -- buckets -------------------------------------------------------------------------------------------------
def test_a_bucket_is_made_in_the_project_and_the_location() -> None:
    with (
        ScriptedServer(said({"name": "bucket"})) as server,
        make_client(server, region="EUROPE-WEST6") as client,
    ):
        assert client.create_bucket("bucket") is True
        (request,) = server.requests
    assert query_of(request)["project"] == "project"
    assert json.loads(request.body) == {"name": "bucket", "location": "EUROPE-WEST6"}


@pytest.mark.parametrize(("status", "ours"), [(200, True), (403, False), (404, False)])
def test_a_bucket_that_is_there_is_ours_or_somebody_else_s(status: int, ours: bool) -> None:
    answer = said({"name": "bucket"}) if status == 200 else failed(status, "forbidden")
    with ScriptedServer(failed(409, "conflict"), answer) as server, make_client(server) as client:
        if ours:
            assert client.create_bucket("bucket") is False
        else:
            with pytest.raises(AlreadyExistsError):
                client.create_bucket("bucket")


def test_a_bucket_needs_a_project() -> None:
    with ScriptedServer() as server, make_client(server, anonymous=True) as client:
        for call in (lambda: client.create_bucket("bucket"), client.list_buckets):
            with pytest.raises(ConfigurationError, match="project"):
                call()


def test_buckets_are_listed_on_all_pages() -> None:
    pages = [
        said({"items": [{"name": "b"}], "nextPageToken": "t/+="}), said({"nextPageToken": "u"}), said({"items": [{"name": "a"}]}),
    ]  # fmt: skip  # one line reads best
    with ScriptedServer(*pages) as server, make_client(server) as client:
        assert client.list_buckets() == ["a", "b"]
        assert [query_of(request).get("pageToken") for request in server.requests] == [None, "t/+=", "u"]


@pytest.mark.parametrize("status", [409, 412])
def test_a_bucket_that_is_not_empty_is_a_conflict_on_every_server(status: int) -> None:
    with (
        ScriptedServer(failed(status, "conflict" if status == 409 else "Precondition Failed")) as server,
        make_client(server) as client,
        pytest.raises(ConflictError),
    ):
        client.delete_bucket("bucket")


def test_a_bucket_that_may_not_be_looked_at_is_no_missing_one() -> None:
    from cloud.common import PermissionDeniedError

    with (
        ScriptedServer(failed(404, "notFound"), failed(403, "forbidden")) as server,
        make_client(server) as client,
    ):
        assert client.bucket_exists("bucket") is False
        with pytest.raises(PermissionDeniedError):
            client.bucket_exists("bucket")


# -- options -------------------------------------------------------------------------------------------------
def test_who_pays_is_said_in_every_request() -> None:
    options = GCSOptions(transport="wire", user_project="my project")
    gone = said({})
    with (
        ScriptedServer(
            said(resource()), read(b""), stored(b""), ScriptedResponse(status=204), gone
        ) as server,
        make_client(server, options=options) as client,
    ):
        client.get_object_metadata("bucket", "key")
        client.download_file("bucket", "key")
        client.upload_file("bucket", "key", b"")
        client.delete_file("bucket", "key")
        client.list_objects("bucket").to_list()
        for request in server.requests:
            if path_of(request).startswith("/bucket/"):
                assert request.header("x-goog-user-project") == "my project"
            else:
                assert query_of(request)["userProject"] == "my project"


def test_a_customer_s_key_goes_with_reads_writes_and_copies_and_is_shown_nowhere() -> None:
    options = GCSOptions(transport="wire", customer_key=KEY)
    with (
        ScriptedServer(said(resource()), read(b""), stored(b""), said(resource()), rewritten()) as server,
        make_client(server, options=options) as client,
    ):
        client.get_object_metadata("bucket", "key")
        client.download_file("bucket", "key")
        client.upload_file("bucket", "key", b"")
        client.copy_file("bucket", "key", "bucket", "copy")
        for request in server.requests:
            assert request.header("x-goog-encryption-algorithm") == "AES256"
            assert request.header("x-goog-encryption-key") == KEY.reveal()
            assert request.header("x-goog-encryption-key-sha256")
        assert server.requests[-1].header("x-goog-copy-source-encryption-key") == KEY.reveal()
        assert KEY.reveal() not in repr(options) + repr(vars(client))
        assert KEY.reveal().encode() not in pickle.dumps(client)


@pytest.mark.parametrize("key", ["c2hvcnQ=", "no base64!", ""])
def test_a_customer_s_key_that_is_none_is_refused_without_showing_it(key: str) -> None:
    options = GCSOptions(customer_key=Secret(key) if key else Secret("?"))
    with (
        ScriptedServer() as server,
        make_client(server, options=options) as client,
        pytest.raises(InvalidRequestError) as caught,
    ):
        client.download_file("bucket", "key")
    assert not key or key not in str(caught.value)


def test_a_kms_key_is_named_in_writes_and_copies() -> None:
    name = "projects/p/locations/eu/keyRings/r/cryptoKeys/k"
    options = GCSOptions(transport="wire", kms_key_name=name)
    with (
        ScriptedServer(stored(b""), said(resource()), rewritten()) as server,
        make_client(server, options=options) as client,
    ):
        client.upload_file("bucket", "key", b"")
        client.copy_file("bucket", "key", "bucket", "copy")
        assert query_of(server.requests[0])["kmsKeyName"] == name
        assert query_of(server.requests[2])["destinationKmsKeyName"] == name
    with pytest.raises(InvalidRequestError):
        GCSOptions(kms_key_name=name, customer_key=KEY)


# -- names ---------------------------------------------------------------------------------------------------
@given(st.text(min_size=1).filter(lambda key: all(not "\ud800" <= char <= "\udfff" for char in key)))
def test_keys_are_quoted_as_google_s_own_library_does(key: str) -> None:
    assert quoted(key) == _quote(key) == standard_quote(key, safe="~")
    assert object_path("bucket", key) == "/storage/v1" + Blob.path_helper("/b/bucket", key)


@pytest.mark.parametrize("key", [".", "..", "a\nb", "a\r", ".well-known/acme-challenge/x"])
def test_keys_that_google_does_not_allow_are_refused_before_any_request(key: str) -> None:
    assert key_problem(key)
    with (
        ScriptedServer() as server,
        make_client(server) as client,
        pytest.raises(InvalidRequestError, match="Google"),
    ):
        client.upload_file("bucket", key, b"x")


@pytest.mark.parametrize(
    "name", ["ab", "A-b", "a_b-", "-ab", "a" * 64, "a..b", "192.168.1.2", "a b", "ü" * 5, "a" * 223, "abc\n"]
)
def test_impossible_buckets(name: str) -> None:
    assert bucket_problem(name)


@pytest.mark.parametrize("name", ["abc", "a_b", "1.2.3", "a" * 63, ".".join(["a" * 60] * 3), "goog-things"])
def test_possible_buckets(name: str) -> None:
    assert bucket_problem(name) is None


# -- the client itself ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("endpoint", "service"),
    [
        (None, "google"), ("https://storage.googleapis.com", "google"), ("https://www.googleapis.com", "google"),
        ("https://storage.europe-west6.rep.googleapis.com", "google"), ("https://storage-psc.p.googleapis.com", "google"),
        ("https://storage.googleapis.com.evil.example", "custom"), ("http://127.0.0.1:4443", "custom"),
        ("https://gcs.example", "custom"),
    ],
)  # fmt: skip  # a table
def test_an_unknown_endpoint_is_trusted_with_nothing_that_fails_silently(
    endpoint: str | None, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    client = GCSClient(CREDENTIALS, endpoint_url=endpoint)
    assert client._setup.service.name == service
    assert client._setup.endpoint.is_google is (service == "google")
    assert (Capability.CONDITIONAL_CREATE in client.capabilities) is (service == "google")
    assert (Capability.VERSIONS in client.capabilities) is (service == "google")
    assert Capability.TAGS not in client.capabilities
    if service == "custom":
        with pytest.raises(UnsupportedOperationError):
            client.upload_file("bucket", "key", b"x", if_absent=True)


def test_settings_that_cannot_work_are_refused() -> None:
    for arguments in (
        {"endpoint_url": "http://127.0.0.1:1/path"}, {"endpoint_url": "ftp://host"}, {"endpoint_url": "http://u:p@127.0.0.1"},
        {"service": "minio"}, {"endpoint_url": "http://gcs.example"},
    ):  # fmt: skip  # a list
        with pytest.raises(ConfigurationError):
            GCSClient(CREDENTIALS, **arguments)  # type: ignore[arg-type]  # of two kinds
    with pytest.raises(InvalidRequestError):
        GCSClient(CREDENTIALS, anonymous=True)


@pytest.mark.parametrize("value", ["{url}", "{host}"])
def test_an_emulator_of_the_environment_is_asked_anonymously(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer(said(resource())) as server:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", value.format(url=server.url, host=server.url[7:]))
        with GCSClient(project="p") as client:
            client.get_object_metadata("bucket", "key")
        assert server.requests[0].header("authorization") is None
        assert client.native.project == "p"
        assert server.url == client.native._connection.API_BASE_URL


def test_a_client_pickles_without_its_token() -> None:
    client = GCSClient(CREDENTIALS, options=GCSOptions(user_project="p"))
    data = pickle.dumps(client)
    assert TOKEN.encode() not in data
    assert TOKEN not in repr(vars(client)) + repr(vars(client._setup))


def test_the_first_request_with_a_token_needs_no_sdk() -> None:
    program = """
import sys
from cloud.testing import ScriptedResponse, ScriptedServer
from cloud.common import CloudCredentials, CloudProvider
from cloud.gcp import GCSClient
headers = (("x-goog-generation", "1"), ("x-goog-hash", "crc32c=AAAAAA=="))
with ScriptedServer(ScriptedResponse(headers=headers)) as server:
    credentials = CloudCredentials(CloudProvider.GCP, token="t")
    with GCSClient(credentials, endpoint_url=server.url, service="google") as client:
        assert client.download_file("bucket", "key") == b""
sdks = ("google.auth", "google.oauth2", "google.api_core", "google.cloud.storage", "requests", "urllib3")
print([name for name in sys.modules if name.startswith(sdks)])
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (result.stdout.strip(), result.stderr) == ("[]", "")


def test_native_is_google_s_own_client_of_the_same_settings() -> None:
    client = GCSClient(CREDENTIALS, endpoint_url="http://127.0.0.1:4443", project="other")
    native = client.native
    assert native is client.native
    assert native.project == "other"
    assert native._connection.API_BASE_URL == "http://127.0.0.1:4443"
    assert native._credentials.token == TOKEN


def test_from_env_takes_the_documented_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "from-env")
    client = GCSClient.from_env(region="EU")
    assert (client.project, client.region, client.provider) == ("from-env", "EU", CloudProvider.GCP)
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS")
    with pytest.raises(ConfigurationError, match="GOOGLE_APPLICATION_CREDENTIALS"):
        GCSClient.from_env()


def methods(requests: tuple[RecordedRequest, ...]) -> list[str]:
    return [request.method for request in requests]


def test_an_expired_token_is_refused_before_any_request() -> None:
    from cloud.common import AuthenticationError

    ended = datetime.now(timezone.utc) - timedelta(seconds=1)
    credentials = CloudCredentials(CloudProvider.GCP, token=TOKEN, expires_at=ended)
    with ScriptedServer() as server, make_client(server, credentials=credentials) as client:
        with pytest.raises(AuthenticationError, match="expired"):
            client.download_file("bucket", "key")
        assert methods(server.requests) == []
