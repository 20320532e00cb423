"""Large objects over scripted answers: what is sent, how it ends, and what is never left or lost."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from cloud._dialects.swift._segments import group_of, segments_container, upload_of
from cloud.common import (
    IntegrityError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    PreconditionFailedError,
    TransferConfig,
    UnsupportedOperationError,
)
from cloud.common._storage_types import PutRequest, Upload
from cloud.testing._scripted_server import RecordedRequest, ScriptedResponse, ScriptedServer
from unit.swift.helpers import document, empty, failed, found, lines, make_client, md5_hex, stored

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud.infomaniak import InfomaniakObjectStorageClient

PARTS = TransferConfig(part_size=4, threshold=5, max_workers=1)
LARGE = ("X-Static-Large-Object", "True")
INFO = {"slo": {"max_manifest_segments": 1000}}
DELETED = {
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
    return knowing(server)


def knowing(server: ScriptedServer) -> InfomaniakObjectStorageClient:
    """Return a client that knows that its containers hold large objects and keep no versions."""
    made = make_client(server)
    for name in ("c", "d"):
        made._ops.large._remember(name, (True, False))
    return made


def etag_of(*bodies: bytes) -> str:
    return md5_hex("".join(map(md5_hex, bodies)).encode())


def ended(etag: str, status: str = "201 Created", errors: object = (), code: int = 202) -> ScriptedResponse:
    return document(
        {"Response Status": status, "Response Body": "", "Etag": f'"{etag}"', "Errors": list(errors)},  # type: ignore[call-overload]  # a list
        code,
        b"   \r\n\r\n",
    )


def upload(client: InfomaniakObjectStorageClient, body: bytes = b"aaaabbbbc", **arguments: Any) -> None:
    client.upload_file("c", "k/ü", body, transfer=PARTS, **arguments)


def numbered(request: RecordedRequest) -> str:
    """Return method and path with the upload's id left out."""
    return re.sub(r"slo-[0-9a-f]{16}-[0-9a-f]{16}", "slo-ID", lines(request))


# -- uploads -------------------------------------------------------------------------------------------------
def test_what_a_large_upload_sends(client: InfomaniakObjectStorageClient, server: ScriptedServer) -> None:
    bodies = (b"aaaa", b"bbbb", b"c")
    server.add(
        failed(404),
        empty(204, ("X-Storage-Policy", "cold"), ("X-Container-Read", ".r:*")),
        empty(201),
        stored(b""),
    )
    server.add(*map(stored, bodies), failed(404), document(INFO), ended(etag_of(*bodies)), empty(204))
    upload(client, metadata={"a_b": "1"}, content_type="text/x")
    folder = "/c_segments/k/%C3%BC/slo-ID"
    assert [numbered(request) for request in server.requests] == [
        f"PUT {folder}/00000000", "HEAD /c", "PUT /c_segments", f"PUT {folder}/00000000",
        f"PUT {folder}/00000001", f"PUT {folder}/00000002", f"PUT {folder}/00000003",
        "HEAD /c/k/%C3%BC", "GET /info", "PUT /c/k/%C3%BC?multipart-manifest=put&heartbeat=on",
        f"DELETE {folder}/00000000",
    ]  # fmt: skip  # one line reads best
    made, part, manifest = server.requests[2], server.requests[4], server.requests[9]
    assert (made.header("X-Storage-Policy"), made.header("X-Container-Read")) == ("cold", ".r:*")
    assert made.header("X-Container-Meta-Segments-Of") == "c"
    assert part.header("ETag") == md5_hex(b"aaaa")
    assert manifest.header("ETag") == etag_of(*bodies)
    assert (manifest.header("X-Object-Meta-A=5Fb"), manifest.header("Content-Type")) == ("1", "text/x")
    entries = json.loads(manifest.body)
    assert [(entry["etag"], entry["size_bytes"]) for entry in entries] == [
        (md5_hex(b), len(b)) for b in bodies
    ]
    assert re.fullmatch(r"/c_segments/k/ü/slo-[0-9a-f-]{33}/00000001", entries[0]["path"])


def begun(server: ScriptedServer) -> None:
    """Script what comes before the manifest of a two-part upload of `aaaab`."""
    server.add(stored(b""), stored(b"aaaa"), stored(b"b"), failed(404), document(INFO))


def test_an_old_server_that_knows_no_heartbeat_is_understood(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    begun(server)
    server.add(empty(201, ("Etag", f'"{etag_of(b"aaaa", b"b")}"')), empty(204))
    upload(client, b"aaaab")


@pytest.mark.parametrize(
    ("status", "errors", "kind"),
    [
        ("400 Bad Request", [["/c_segments/k/1", "404 Not Found"]], NotFoundError),
        ("400 Bad Request", [["/c_segments/k/1", "Etag Mismatch"]], IntegrityError),
        ("400 Bad Request", [["/c_segments/k/1", "Size Mismatch"]], IntegrityError),
        ("400 Bad Request", [["/c_segments/k/1", "403 Forbidden"]], InvalidRequestError),
        ("403 Forbidden", [], PermissionDeniedError), ("404 Not Found", [], NotFoundError),
    ],
)  # fmt: skip  # a table
def test_an_end_that_is_bad_is_an_error_though_the_answer_began_well(
    server: ScriptedServer, status: str, errors: list[list[str]], kind: type
) -> None:
    client = knowing(server)
    retried = 2 if kind is IntegrityError else 0
    begun(server)
    for _ in range(retried):
        server.add(ended("", status, errors), failed(404))
    server.add(ended("", status, errors))
    # What is left of it is looked for and removed.
    server.add(
        empty(204),
        failed(404),
        document([{"name": "k/ü/slo-x/00000001"}]),
        document({**DELETED, "Number Deleted": 1}),
    )
    with pytest.raises(kind):
        upload(client, b"aaaab")
    assert server.requests[-1].body == "c_segments/k/ü/slo-x/00000001".encode()


def test_a_segment_that_is_refused_removes_the_others(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    server.add(stored(b""), stored(b"aaaa"), failed(403))
    names = [{"name": f"k/ü/slo-x/0000000{number}"} for number in (0, 1)]
    server.add(empty(204), failed(404), document(names), document({**DELETED, "Number Deleted": 2}))
    with pytest.raises(PermissionDeniedError):
        upload(client)
    assert server.requests[-1].body == "c_segments/k/ü/slo-x/00000000\nc_segments/k/ü/slo-x/00000001".encode()


def test_an_interruption_removes_the_segments() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"aaaabbbb"
        raise KeyboardInterrupt

    answers = {
        "PUT": lambda request: stored(request.body),
        "HEAD": lambda _: failed(404),
        "GET": lambda _: document([{"name": "k/slo-x/00000000"}, {"name": "k/slo-x/00000001"}]),
        "POST": lambda _: document({**DELETED, "Number Deleted": 2}),
    }
    with ScriptedServer(otherwise=lambda request: answers[request.method](request)) as server:
        with pytest.raises(KeyboardInterrupt):
            make_client(server).upload_file("c", "k", pieces(), transfer=PARTS)
        assert server.requests[-1].body == b"c_segments/k/slo-x/00000000\nc_segments/k/slo-x/00000001"
        assert not [request for request in server.requests if "multipart-manifest=put" in request.path]


def test_a_missing_container_is_not_made(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    server.add(failed(404), failed(404))
    with pytest.raises(NotFoundError):
        upload(client)
    assert [request.method for request in server.requests] == ["PUT", "HEAD"]


def test_names_without_room_for_segments_are_refused_before_any_request(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    with pytest.raises(InvalidRequestError, match="container"):
        client.upload_file("c" * 250, "k", b"aaaabbbb", transfer=PARTS)
    with pytest.raises(InvalidRequestError, match="at most 977 bytes"):
        client.upload_file("c", "k" * 978, b"aaaabbbb", transfer=PARTS)
    assert server.requests == ()


def test_more_segments_than_a_manifest_holds_go_into_manifests_of_manifests(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    bodies = [b"aaaa", b"bbbb", b"cccc", b"d"]
    inner = [etag_of(*bodies[:2]), etag_of(*bodies[2:])]
    outer = md5_hex("".join(inner).encode())
    server.add(
        stored(b""), *map(stored, bodies), failed(404), document({"slo": {"max_manifest_segments": 2}})
    )
    server.add(ended(inner[0]), ended(inner[1]), ended(outer), empty(204))
    upload(client, b"".join(bodies))
    first, second, whole = (request for request in server.requests if "multipart-manifest" in request.path)
    assert numbered(first).startswith("PUT /c_segments/k/%C3%BC/slo-ID/m0000001?")
    assert [entry["etag"] for entry in json.loads(second.body)] == [md5_hex(b"cccc"), md5_hex(b"d")]
    assert [(e["etag"], e["size_bytes"]) for e in json.loads(whole.body)] == [(inner[0], 8), (inner[1], 5)]


def test_an_object_of_another_etag_is_an_error(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    begun(server)
    server.add(ended("another"), empty(204), failed(404), document([]))
    with pytest.raises(IntegrityError, match="another"):
        upload(client, b"aaaab")


# -- what is left of uploads ---------------------------------------------------------------------------------
ID = "0000000000000001-0000000000000002"


def test_a_segment_s_name_tells_whose_it_is() -> None:
    group = group_of(Upload(PutRequest("c", "a/slo-b/é", ""), ID))
    assert group.container == segments_container("c") == "c_segments"
    assert upload_of(group.name(7)) == ("a/slo-b/é", ID)
    assert len(group.name(7)) == len(group.manifest_name(7))
    assert upload_of(group.manifest_name(7)) == ("a/slo-b/é", ID)
    for other in ("k/slo/1490000000.0/100/10/00000001", "k/1", f"slo-{ID}/1", f"k/slo-{ID}", ""):
        assert upload_of(other) is None


def segment(name: str) -> dict[str, Any]:
    return {"name": name, "bytes": 1, "hash": "h", "last_modified": "2026-01-02T03:04:05.000000"}


def test_an_upload_of_which_an_object_has_come_is_not_unfinished(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    other = "0000000000000003-0000000000000004"
    server.add(
        empty(204),
        document([segment(f"k/slo-{ID}/00000001"), segment(f"k/slo-{other}/00000000"), segment("k/x")]),
    )
    manifest = [{"name": f"/c_segments/k/slo-{ID}/00000001", "bytes": 1, "hash": "h"}]
    server.add(empty(204), found(b"", LARGE, size=1), found(json.dumps(manifest).encode(), LARGE))
    assert [upload.upload_id for upload in client.list_unfinished_uploads("c")] == [other]


def test_an_upload_that_an_old_version_needs_is_not_unfinished(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    versioned = empty(204, ("X-Versions-Enabled", "true"))
    manifest = [{"name": f"/c_segments/k/slo-{ID}/00000001", "bytes": 1, "hash": "h"}]
    server.add(versioned, document([segment(f"k/slo-{ID}/00000001")]), versioned, found(b"plain"))
    server.add(document([{**segment("k"), "version_id": "17.1", "is_latest": False}]))
    server.add(found(b"", LARGE, size=1), found(json.dumps(manifest).encode(), LARGE))
    assert client.list_unfinished_uploads("c") == []
    legacy = empty(204, ("X-History-Location", "old"))
    server.add(legacy, document([segment(f"k/slo-{ID}/00000001")]), legacy)
    assert client.list_unfinished_uploads("c") == []


def test_pages_of_segments_skip_the_rest_of_an_upload(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    many = [segment(f"k/slo-{ID}/{number:08}") for number in range(1000)]
    server.add(empty(204), document(many), empty(204), failed(404), empty(204), document([]))
    assert len(client.list_unfinished_uploads("c", "k")) == 1
    assert server.requests[-1].path.endswith(f"&marker=k%2Fslo-{ID}0")


def test_a_container_without_large_objects_has_no_unfinished_uploads(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    server.add(empty(204), failed(404))
    assert client.list_unfinished_uploads("c") == []
    server.add(failed(404))
    with pytest.raises(NotFoundError):
        client.list_unfinished_uploads("c")


def test_an_abort_never_removes_what_an_object_is_made_of(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    manifest = [{"name": f"/c_segments/k/slo-{ID}/00000001", "bytes": 1, "hash": "h"}]
    server.add(empty(204), found(b"", LARGE, size=1), found(json.dumps(manifest).encode(), LARGE))
    with pytest.raises(NotFoundError, match="completed"):
        client._run("abort", "c/k", lambda: client._abort_upload(Upload(PutRequest("c", "k", ""), ID)))
    assert not [request for request in server.requests if request.method in {"DELETE", "POST"}]


# -- copies ----------------------------------------------------------------------------------------------------
def scripted_source(server: ScriptedServer, entries: list[dict[str, Any]], etag: str) -> None:
    head = found(b"", ("Etag", f'"{etag}"'), LARGE, ("X-Delete-At", "1999999999"), size=9)
    server.add(head, head, found(json.dumps(entries).encode(), LARGE))


def test_a_copy_of_a_large_object_has_segments_of_its_own(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    a, b = md5_hex(b"aaaa"), md5_hex(b"bbbb")
    inner = md5_hex(f"{a}".encode())
    entries = [
        {"name": "/c_segments/k/x/m", "bytes": 4, "hash": inner, "sub_slo": True},
        {"name": "/other/k 2", "bytes": 10, "hash": b, "range": "2-5"},
        {"data": "Yw=="},
    ]
    source = md5_hex(f"{inner}{b}:2-5;{md5_hex(b'c')}".encode())
    scripted_source(server, entries, source)
    server.add(
        stored(b""), found(json.dumps([{"name": "/c_segments/k/x/1", "bytes": 4, "hash": a}]).encode(), LARGE)
    )
    server.add(stored(b"aaaa"), stored(b"bbbb"), stored(b"c"), failed(404), document(INFO))
    server.add(ended(etag_of(b"aaaa", b"bbbb", b"c")), empty(204))
    client.copy_file("c", "k", "d", "copy")
    puts = [request for request in server.requests if request.method == "PUT"]
    assert [request.header("X-Copy-From") for request in puts] == [
        None,
        "/c_segments/k/x/1",
        "/other/k%202",
        None,
        None,
    ]
    assert (puts[2].header("Range"), puts[2].header("If-Match")) == ("bytes=2-5", f'"{b}"')
    assert puts[3].body == b"c"
    assert numbered(puts[1]) == "PUT /d_segments/copy/slo-ID/00000001"
    assert puts[4].header("X-Delete-At") == "1999999999"


def test_a_large_object_that_is_replaced_while_it_is_copied_fails(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    entries = [{"name": "/c_segments/k/1", "bytes": 4, "hash": md5_hex(b"aaaa")}]
    scripted_source(server, entries, "the one that was looked at")
    with pytest.raises(PreconditionFailedError):
        client.copy_file("c", "k", "d", "copy")
    scripted_source(server, entries, etag_of(b"aaaa"))
    server.add(stored(b""), stored(b"other bytes"))
    server.add(
        empty(204),
        failed(404),
        document([{"name": "copy/slo-x/00000000"}]),
        document({**DELETED, "Number Deleted": 1}),
    )
    with pytest.raises(PreconditionFailedError):
        client.copy_file("c", "k", "d", "copy")
    assert server.requests[-1].body == b"d_segments/copy/slo-x/00000000"


def test_a_manifest_that_cannot_be_copied_is_refused(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    entries = [{"name": "/c_segments/k/m", "bytes": 4, "hash": "h", "sub_slo": True, "range": "0-1"}]
    scripted_source(server, entries, md5_hex(b"h:0-1;"))
    server.add(stored(b""), empty(204), failed(404), document([]))
    with pytest.raises(UnsupportedOperationError):
        client.copy_file("c", "k", "d", "copy")


# -- which of many keys are large --------------------------------------------------------------------------------
def test_keys_that_lie_together_are_looked_up_by_one_listing(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    server.add(found(b"x"), document([segment("b"), {**segment("d"), "slo_etag": '"e"'}, segment("e")]))
    assert client._ops.large.among("c", ["d", "a", "b", "z"]) == {"d"}
    assert [lines(request) for request in server.requests] == [
        "HEAD /c/a", "GET /c?format=json&limit=1000&prefix=&marker=a",
    ]  # fmt: skip  # one line reads best


def test_keys_that_lie_apart_are_each_looked_up(
    client: InfomaniakObjectStorageClient, server: ScriptedServer
) -> None:
    full = [segment(f"b{number:04}") for number in range(1000)]
    server.add(found(b"x"), document(full), found(b"", LARGE, size=1), document([segment("n")]))
    assert client._ops.large.among("c", ["a", "m", "z"]) == {"m"}
    assert server.requests[-1].path.endswith("limit=10&prefix=&marker=m")


def test_nothing_of_a_large_object_is_left_after_a_batch(server: ScriptedServer) -> None:
    client = knowing(server)
    manifest = [{"name": "/c_segments/b/1", "bytes": 1, "hash": "h"}]
    large = found(b"", LARGE, size=1)
    server.add(found(b"x"), document([{**segment("b"), "slo_etag": '"e"'}]))  # which are large
    server.add(large, large, found(json.dumps(manifest).encode(), LARGE), empty(204), empty(204))
    server.add(document({**DELETED, "Number Deleted": 1}), document({**DELETED, "Number Deleted": 1}))
    assert [result.ok for result in client.delete_files("c", ["a", "b"])] == [True, True]
    assert [request.body for request in server.requests[-2:]] == [b"c_segments/b/1", b"c/a"]
