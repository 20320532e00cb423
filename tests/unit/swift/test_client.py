"""The Swift client over scripted answers: requests made, answers judged, nothing taken for what it is not."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from cloud.common import (
    AuthenticationError,
    Capability,
    CloudCredentials,
    CloudError,
    CloudProvider,
    ConflictError,
    IntegrityError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    PreconditionFailedError,
    QuotaExceededError,
    RateLimitedError,
    Secret,
    ServiceUnavailableError,
    UnsupportedOperationError,
)
from cloud.infomaniak import InfomaniakObjectStorageClient, SwiftOptions
from cloud.testing._scripted_server import ScriptedResponse, ScriptedServer
from unit.swift.helpers import (
    NO_WAIT,
    PASSWORD,
    TOKEN,
    document,
    empty,
    failed,
    found,
    lines,
    make_client,
    md5_hex,
    small_container,
    stored,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGE = ("X-Static-Large-Object", "True")
NONE_LEFT = {
    "Response Status": "200 OK",
    "Response Body": "",
    "Number Deleted": 0,
    "Number Not Found": 0,
    "Errors": [],
}


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def client(server: ScriptedServer) -> InfomaniakObjectStorageClient:
    made = make_client(server)
    small_container(made, "c", "d")
    return made


# -- reads -----------------------------------------------------------------------------------------------------
def test_everything_that_the_headers_say_is_in_the_info(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    server.add(
        found(
            b"",
            ("Etag", '"abc"'),
            ("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ("Content-Type", "text/x"),
            ("Cache-Control", "no-store"),
            ("Content-Encoding", "gzip"),
            ("Content-Disposition", "inline"),
            ("Content-Language", "de"),
            ("X-Object-Meta-Plain-Name", "1"),
            ("X-Object-Meta-With=5Funderscore", "2"),
            ("X-Object-Meta-Bytes", "K\xc3\xa4se"),
            ("X-Object-Version-Id", "1700000000.12345"),
            size=7,
        )
    )
    info = client.get_object_metadata("c", "k")
    assert (info.size, info.etag, info.content_type) == (7, "abc", "text/x")
    assert (info.cache_control, info.content_encoding) == ("no-store", "gzip")
    assert (info.content_disposition, info.content_language) == ("inline", "de")
    assert info.metadata == {"plain-name": "1", "with_underscore": "2", "bytes": "Käse"}
    assert info.version_id == "1700000000.12345"
    assert info.modified_at is not None
    assert info.modified_at.isoformat() == "1994-11-06T08:49:37+00:00"


def test_bytes_that_do_not_fit_the_md5_in_the_etag_are_read_again_and_then_an_error(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    wrong = found(b"flipped", ("Etag", md5_hex(b"body")))
    server.add(wrong, found(b"body"))
    assert client.download_file("c", "k") == b"body"
    server.add(wrong, wrong, wrong)
    with pytest.raises(IntegrityError):
        client.download_file("c", "k")


@pytest.mark.parametrize(
    "headers", [(LARGE,), (("X-Object-Manifest", "c/p"),), ()], ids=["SLO", "DLO", "odd"]
)
def test_the_etag_of_a_large_object_is_no_md5_of_its_bytes(
    client: InfomaniakObjectStorageClient, server: ScriptedServer, headers: tuple[tuple[str, str], ...]
) -> None:
    etag = "0" * 32 if headers else "opaque"
    server.add(found(b"body", ("Etag", f'"{etag}"'), *headers))
    if LARGE in headers:
        server.add(failed(403))  # the manifest
    assert client.download_file("c", "k") == b"body"


def test_a_condition_that_swift_gets_wrong_is_checked_here(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    # A plain object that was copied from a large one: Swift names its ETag, and compares with another one.
    etag = ("Etag", md5_hex(b"body"))
    server.add(failed(412, etag), found(b"body"))
    assert client.download_file("c", "k", if_match=md5_hex(b"body")) == b"body"
    first, second = server.requests
    assert (first.header("If-Match"), second.header("If-Match")) == (f'"{md5_hex(b"body")}"', None)


def test_a_condition_that_does_not_hold_stays_an_error(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    server.add(failed(412, ("Etag", "another")))
    with pytest.raises(PreconditionFailedError):
        client.download_file("c", "k", if_match="one")
    server.add(failed(412, ("Etag", "one")), found(b"new", ("Etag", "two")))  # replaced in between
    with pytest.raises(PreconditionFailedError):
        client.download_file("c", "k", if_match="one")
    server.add(failed(412, ("Etag", "one")), failed(412, ("Etag", "one")))
    with pytest.raises(PreconditionFailedError):
        client.get_object_metadata("c", "k", if_match="one")


def test_a_range_beyond_the_end_tells_an_empty_object_from_a_short_one(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    server.add(failed(416, ("Etag", "e"), ("Content-Range", "bytes */0")))
    assert client.read_range("c", "k", 0, 10) == b""
    server.add(failed(416, ("Etag", "e"), ("Content-Range", "bytes */10")))
    with pytest.raises(InvalidRequestError, match="10"):
        client.read_range("c", "k", 10, 20)


# -- writes ----------------------------------------------------------------------------------------------------
def test_a_body_that_was_changed_on_the_way_is_sent_again(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    server.add(failed(422), stored(b"body"))
    client.upload_file("c", "k", b"body")
    server.add(failed(422), failed(422), failed(422))
    with pytest.raises(IntegrityError):
        client.upload_file("c", "k", b"body")


def test_what_swift_says_it_stored_is_compared(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    server.add(*[stored(b"something else")] * 3)
    with pytest.raises(IntegrityError, match="MD5"):
        client.upload_file("c", "k", b"body")


def test_headers_of_a_write(client: InfomaniakObjectStorageClient, server: ScriptedServer) -> None:
    server.add(stored(b"x"))
    client.upload_file(
        "c", "k", b"x", content_type="text/x", cache_control="no-store", metadata={"A_b": "1", "a-b": "2"}
    )
    request = server.requests[0]
    assert (request.header("Content-Type"), request.header("Cache-Control")) == ("text/x", "no-store")
    assert (request.header("X-Object-Meta-A=5Fb"), request.header("X-Object-Meta-A-b")) == ("1", "2")


def test_a_full_quota_and_a_rate_limit_are_told_apart(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    server.add(failed(413, words="Upload exceeds quota."))
    with pytest.raises(QuotaExceededError, match="exceeds quota"):
        client.upload_file("c", "k", b"x")
    server.add(*[failed(498)] * 3)
    with pytest.raises(RateLimitedError):
        client.upload_file("c", "k", b"x")


def test_a_container_is_asked_once_whether_it_holds_large_objects(server: ScriptedServer) -> None:
    client = make_client(server)
    server.add(failed(404), failed(404), stored(b"x"), stored(b"y"))
    client.upload_file("c", "k", b"x")
    client.upload_file("c", "k", b"y")
    assert [lines(r) for r in server.requests] == [
        "HEAD /c_segments",
        "HEAD /c%2Bsegments",
        "PUT /c/k",
        "PUT /c/k",
    ]


def test_where_large_objects_are_a_new_small_one_is_still_one_request(server: ScriptedServer) -> None:
    client = make_client(server)
    server.add(empty(204), empty(204), stored(b"x"), stored(b"y"))
    client.upload_file("c", "k", b"x")
    client.upload_file("c", "k2", b"y")
    assert [lines(r) for r in server.requests] == ["HEAD /c_segments", "HEAD /c", "PUT /c/k", "PUT /c/k2"]
    assert server.requests[2].header("If-None-Match") == "*"


def test_a_large_object_that_is_replaced_loses_its_segments_after(server: ScriptedServer) -> None:
    client = make_client(server)
    manifest = [
        {"name": "/c_segments/k/slo-1/00000001", "bytes": 1, "hash": "h"},
        {"name": "/elsewhere/k/2", "bytes": 1, "hash": "h"},  # not its own
        {"name": "/c_segments/k2/3", "bytes": 1, "hash": "h"},  # likewise
    ]
    server.add(empty(204), empty(204), failed(412), found(b"", LARGE, size=3))
    server.add(found(json.dumps(manifest).encode(), LARGE), empty(204), stored(b"x"))
    server.add(document({**NONE_LEFT, "Number Deleted": 1}))
    client.upload_file("c", "k", b"x")
    assert [lines(r) for r in server.requests][4:] == [
        "GET /c/k?multipart-manifest=get", "HEAD /c", "PUT /c/k", "POST ?bulk-delete=true",
    ]  # fmt: skip  # one line reads best
    assert server.requests[-1].body == b"c_segments/k/slo-1/00000001"


def test_where_versions_are_kept_nothing_that_is_replaced_is_removed(server: ScriptedServer) -> None:
    for header in ("X-Versions-Enabled", "X-Versions-Location", "X-History-Location"):
        client = make_client(server)
        server.add(empty(204), empty(204, (header, "true")), stored(b"x"), stored(b"y"))
        client.upload_file("c", "k", b"x")
        client.upload_file("c", "k", b"y")
        assert [lines(r) for r in server.requests][-2:] == ["PUT /c/k", "PUT /c/k"]
        assert server.requests[-1].header("If-None-Match") is None


def test_a_refused_write_that_became_a_version_is_removed(server: ScriptedServer) -> None:
    # Swift stores the body of a PUT that it refuses as a version, where versions were switched on meanwhile.
    client = make_client(server)
    server.add(empty(204), empty(204), failed(412, ("X-Object-Version-Id", "17.5")), empty(204))
    server.add(found(b"", size=3), stored(b"x"))
    client.upload_file("c", "k", b"x")
    assert [lines(r) for r in server.requests][2:] == [
        "PUT /c/k", "DELETE /c/k?version-id=17.5", "HEAD /c/k", "PUT /c/k",
    ]  # fmt: skip  # one line reads best


# -- deletes -----------------------------------------------------------------------------------------------------
def test_a_missing_object_and_a_missing_container_are_told_apart(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    server.add(failed(404), empty(204))
    assert client.delete_file("c", "k") is False
    server.add(failed(404), failed(404))
    with pytest.raises(NotFoundError):
        client.delete_file("c", "k")


def test_a_full_container_is_a_conflict(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    server.add(failed(409))
    with pytest.raises(ConflictError):
        client.delete_bucket("c")


def test_the_container_of_segments_goes_with_its_container_if_it_was_made_for_it(
    server: ScriptedServer,
) -> None:
    client = make_client(server)
    server.add(empty(204), empty(204, ("X-Container-Meta-Segments-Of", "my%20c")), empty(204))
    assert client.delete_bucket("my c") is True
    assert lines(server.requests[-1]) == "DELETE /my%20c_segments"
    server.add(empty(204), empty(204))  # somebody's own container of that name
    assert client.delete_bucket("my c") is True
    assert lines(server.requests[-1]) == "HEAD /my%20c_segments"


def test_a_batch_tells_of_every_key(client: InfomaniakObjectStorageClient, server: ScriptedServer) -> None:
    keys = ["a", "b c", "/lead", "100%", "ü\n", "a//b/"]
    errors = [
        ["c/b%20c", "403 Forbidden"],
        ["/c//lead", "503 Service Unavailable"],
        ["c/100%25", "409 Conflict"],
    ]
    server.add(
        document(
            {
                **NONE_LEFT,
                "Response Status": "400 Bad Request",
                "Number Deleted": 2,
                "Number Not Found": 1,
                "Errors": errors,
            }
        )
    )
    results = list(client.delete_files("c", keys))
    assert [result.key for result in results] == keys
    kinds = [PermissionDeniedError, ServiceUnavailableError, ConflictError]
    assert [type(result.error) for result in results] == [type(None), *kinds, type(None), type(None)]
    assert server.requests[0].body == "c/a\nc/b%20c\nc//lead\nc/100%25\nc/ü%0A\nc/a//b/".encode()
    assert server.requests[0].header("Accept") == "application/json"


def test_a_batch_whose_answer_does_not_tell_of_all_is_asked_again(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    short = {**NONE_LEFT, "Number Deleted": 1}
    server.add(
        document(short),
        document({**NONE_LEFT, "Number Deleted": 1, "Number Not Found": 1}, before=b" \r\n\r\n"),
    )
    assert [result.ok for result in client.delete_files("c", ["a", "b"])] == [True, True]
    strange = {**NONE_LEFT, "Number Deleted": 1, "Errors": [["c/z", "500 Internal Error"]]}
    server.add(*[document(strange)] * 3)
    with pytest.raises(ServiceUnavailableError):
        list(client.delete_files("c", ["a", "b"]))
    stopped = {
        **NONE_LEFT,
        "Response Status": "400 Bad Request",
        "Response Body": "Max delete failures exceeded",
    }
    server.add(document(stopped))
    with pytest.raises(InvalidRequestError, match="Max delete failures"):
        list(client.delete_files("c", ["a", "b"]))


def test_a_batch_in_a_missing_container_is_not_found(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    server.add(document({**NONE_LEFT, "Number Not Found": 2}), failed(404))
    with pytest.raises(NotFoundError):
        list(client.delete_files("c", ["a", "b"]))
    server.add(document({**NONE_LEFT, "Number Not Found": 2}), empty(204))
    assert all(result.ok for result in client.delete_files("c", ["a", "b"]))


def test_a_batch_that_nobody_may_delete_raises(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    refused = {**NONE_LEFT, "Response Status": "401 Unauthorized", "Errors": [["c/a", "401 Unauthorized"]]}
    server.add(document(refused))
    with pytest.raises(AuthenticationError):
        list(client.delete_files("c", ["a"]))


def test_a_key_too_long_for_a_batch_goes_by_itself(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    long = "%" * 1000
    server.add(empty(204), document({**NONE_LEFT, "Number Deleted": 1}))
    assert [r.ok for r in client.delete_files("c", [long, "short"])] == [True, True]
    assert [r.method for r in server.requests] == ["DELETE", "POST"]
    assert server.requests[1].body == b"c/short"


def test_without_the_bulk_middleware_keys_go_one_by_one(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    server.add(empty(204), empty(204), failed(404), failed(403))
    results = list(client.delete_files("c", ["a", "b", "d"]))
    assert [type(result.error) for result in results] == [type(None), type(None), PermissionDeniedError]


def test_a_deleted_version_uncovers_the_one_below(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    version = {
        "name": "k", "bytes": 1, "hash": "h", "last_modified": "2026-01-02T03:04:05.000000",
        "content_type": "x", "version_id": "17.1", "is_latest": False,
    }  # fmt: skip  # one line reads best
    server.add(
        failed(404),
        empty(204, ("X-Object-Current-Version-Id", "null")),
        document([version]),
        failed(404),
        empty(201),
    )
    assert client.delete_file("c", "k", version_id="17.2") is True
    assert [lines(r) for r in server.requests][-2:] == ["HEAD /c/k", "PUT /c/k?version-id=17.1"]
    server.add(found(b"", size=1), empty(204, ("X-Object-Current-Version-Id", "17.1")))
    assert client.delete_file("c", "k", version_id="17.0") is True  # an old one: nothing to uncover


# -- copies and metadata -----------------------------------------------------------------------------------------
def test_metadata_is_replaced_as_a_whole_so_everything_is_sent_again(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    present = found(
        b"",
        ("Content-Type", "text/x"), ("Content-Encoding", "gzip"), ("Content-Disposition", "inline"),
        ("X-Delete-At", "1999999999"), ("X-Object-Manifest", "c/parts"), ("X-Robots-Tag", "none"),
        ("X-Object-Meta-Old", "1"),
        size=3,
    )  # fmt: skip  # one line reads best
    server.add(present, empty(202), present)
    client.update_metadata("c", "k", metadata={"new": "2"})
    sent = {name.lower(): value for name, value in server.requests[1].headers}
    assert server.requests[1].method == "POST"
    assert sent["content-type"] == "text/x"
    assert (sent["content-encoding"], sent["content-disposition"]) == ("gzip", "inline")
    assert (sent["x-delete-at"], sent["x-object-manifest"], sent["x-robots-tag"]) == (
        "1999999999",
        "c/parts",
        "none",
    )
    assert (sent["x-object-meta-new"], "x-object-meta-old" in sent) == ("2", False)


def test_a_copy_is_pinned_and_keeps_the_expiry(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    source = found(b"", ("Etag", "e1"), ("X-Delete-At", "1999999999"), ("Content-Type", "text/x"), size=3)
    server.add(source, stored(b"copy"))
    client.copy_file("c", "a b%", "d", "k")
    copy = server.requests[1]
    assert (lines(copy), copy.header("X-Copy-From")) == ("PUT /d/k", "/c/a%20b%25")
    assert (copy.header("If-Match"), copy.header("X-Fresh-Metadata")) == ('"e1"', None)
    server.add(source, stored(b"copy"))
    client.copy_file("c", "a", "d", "k", metadata={"n": "1"})
    copy = server.requests[3]
    assert (copy.header("X-Fresh-Metadata"), copy.header("X-Delete-At")) == ("true", "1999999999")
    assert (copy.header("X-Object-Meta-N"), copy.header("Content-Type")) == ("1", "text/x")


def test_a_copy_of_a_source_that_changed_fails(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    server.add(found(b"", ("Etag", "e1"), size=3), failed(412, ("Etag", "e2")))
    with pytest.raises(PreconditionFailedError):
        client.copy_file("c", "k", "d", "k")
    # Swift's own mistake about plain copies of large objects.
    server.add(found(b"", ("Etag", "e1"), size=3), failed(412, ("Etag", "e1")), stored(b"copy"))
    client.copy_file("c", "k", "d", "k")
    assert server.requests[-1].header("If-Match") is None


def test_a_long_copy_is_kept_alive_and_its_end_is_read(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    source = found(b"", ("Etag", "e1"), size=100 << 20)
    server.add(
        source, document({"Response Status": "201 Created", "Etag": '"e1"', "Errors": []}, 202, b"   ")
    )
    client.copy_file("c", "k", "d", "k")
    assert server.requests[1].path.endswith("?heartbeat=on")
    end = {"Response Status": "507 Insufficient Storage", "Response Body": "full", "Errors": []}
    server.add(source, document(end, 202, b"   "))
    with pytest.raises(QuotaExceededError, match="full"):
        client.copy_file("c", "k", "d", "k")


# -- the client itself ---------------------------------------------------------------------------------------------
def test_what_swift_cannot_is_refused_before_any_request(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    wanted: list[dict[str, Any]] = [
        {"if_absent": True},
        {"if_match": "e"},
        {"tags": {"a": "b"}},
        {"storage_class": "x"},
    ]
    for arguments in wanted:
        with pytest.raises(UnsupportedOperationError):
            client.upload_file("c", "k", b"x", **arguments)
    with pytest.raises(UnsupportedOperationError):
        client.delete_file("c", "k", if_match="e")
    assert server.requests == ()
    assert client.capabilities >= {
        Capability.BATCH_DELETE, Capability.VERSIONS, Capability.UNFINISHED_UPLOADS, Capability.CONDITIONAL_COPY,
        Capability.CONTENT_ENCODING,
    }  # fmt: skip  # one line reads best


def test_making_a_client_sends_nothing(server: ScriptedServer) -> None:
    for credentials in (
        CloudCredentials(CloudProvider.INFOMANIAK, token=TOKEN),
        CloudCredentials(
            CloudProvider.INFOMANIAK, username="u", password=PASSWORD, auth_url=f"{server.url}/auth/v1.0"
        ),
        CloudCredentials(
            CloudProvider.INFOMANIAK, username="u", password=PASSWORD, auth_url=f"{server.url}/v3"
        ),
    ):
        make_client(server, credentials=credentials)
    InfomaniakObjectStorageClient(profile="a cloud that need not be there")
    assert server.requests == ()


def test_a_copy_through_pickle_has_no_secret(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANTED", TOKEN)
    key = "planted-temp-url-key-0123456789"
    credentials = CloudCredentials(CloudProvider.INFOMANIAK, token=Secret.from_env("PLANTED"))
    client = make_client(
        server, credentials=credentials, options=SwiftOptions(transport="wire", temp_url_key=key)
    )
    data = pickle.dumps(client)
    assert TOKEN.encode() not in data
    assert key.encode() not in data
    server.add(found(b"body"))
    with pickle.loads(data) as copy:  # noqa: S301  # made right here
        assert copy.download_file("c", "k") == b"body"
        assert copy._runtime.retry == NO_WAIT


def test_native_is_the_sdk_s_connection_with_the_same_login(server: ScriptedServer) -> None:
    client = make_client(server)
    server.add(empty(204, ("X-Account-Container-Count", "3"), ("X-Timestamp", "1")))
    native = client.native
    assert type(native).__module__ == "openstack.connection"
    assert native is client.native
    account = native.object_store.get_account_metadata()
    assert account.account_container_count == 3
    assert server.requests[0].header("X-Auth-Token") == TOKEN


def test_other_answers_than_expected_are_errors() -> None:
    with ScriptedServer(otherwise=ScriptedResponse(status=207)) as server:
        client = make_client(server)
        for call in (
            lambda: client.create_bucket("c"),
            lambda: client.delete_bucket("c"),
            lambda: client.update_metadata("c", "k", metadata={}),
        ):
            with pytest.raises(CloudError) as caught:
                call()
            assert caught.value.http_status == 207
