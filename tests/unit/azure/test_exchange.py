"""One request: its headers, its answer's status, and a token that is renewed once."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime, timezone
from hashlib import md5
from typing import TYPE_CHECKING, Any

import pytest

from cloud._dialects.azure_blob._addressing import parse_account_url
from cloud._dialects.azure_blob._auth import Anonymous, BearerAuthorization, SharedKey
from cloud._dialects.azure_blob._errors import AzureServiceError
from cloud._dialects.azure_blob._exchange import Exchange
from cloud._dialects.azure_blob._operations import Operations
from cloud._dialects.azure_blob._options import AzureOptions
from cloud._dialects.azure_blob._tokens import GivenToken
from cloud._wire._transport import SocketTransport
from cloud.azure import AzureOptions as PublicOptions
from cloud.common import Secret
from cloud.common._storage_types import DeleteRequest, GetRequest, PutRequest
from cloud.common.errors import (
    AlreadyExistsError,
    ConflictError,
    IntegrityError,
    InvalidRequestError,
    NotFoundError,
    PreconditionFailedError,
    ServiceUnavailableError,
)
from cloud.testing._scripted_server import ScriptedResponse, ScriptedServer
from unit.azure.helpers import failed, found, stored
from unit.azure.scripted import KEY, NO_WAIT, client_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.azure import AzureBlobClient

OK = ScriptedResponse()


class Tokens:
    """A source of numbered tokens."""

    def __init__(self, *, renewable: bool = True) -> None:
        self.number = 1
        self.renewable = renewable

    def token(self, now: float | None = None) -> str:  # the protocol's
        return f"token-{self.number}"

    def renew(self) -> bool:
        self.number += 1
        return self.renewable


def exchange_of(server: ScriptedServer, authorization: Any) -> Exchange:
    endpoint = parse_account_url(f"{server.url}/examples").endpoint
    assert endpoint is not None
    return Exchange(endpoint, authorization, SocketTransport(), "2021-12-02", clock=lambda: 0.0)


# -- the exchange --------------------------------------------------------------------------------------------
def test_request_names_the_service_version_and_is_sent_as_it_was_built() -> None:
    with ScriptedServer(OK) as server:
        exchange = exchange_of(server, Anonymous())
        exchange.call(
            "GET", "box", "a b/ü%+?", query=[("comp", "x y&")], headers={"x-ms-range": "bytes=0-1"}
        ).close()
        request = server.requests[0]
    assert request.path == "/examples/box/a%20b/%C3%BC%25%2B%3F?comp=x%20y%26"
    assert request.header("x-ms-version") == "2021-12-02"
    assert request.header("x-ms-range") == "bytes=0-1"
    assert request.header("authorization") is None


def test_refused_token_is_renewed_once() -> None:
    refused = failed(401, "InvalidAuthenticationInfo")
    with ScriptedServer(refused, OK) as server:
        exchange_of(server, BearerAuthorization(Tokens())).call("GET", "box").close()
        sent = [request.header("authorization") for request in server.requests]
    assert sent == ["Bearer token-1", "Bearer token-2"]
    with ScriptedServer(refused, refused) as server, pytest.raises(AzureServiceError) as caught:
        exchange_of(server, BearerAuthorization(Tokens())).call("GET", "box")
    assert caught.value.status == 401


@pytest.mark.parametrize(
    "authorization",
    [
        Anonymous(),
        BearerAuthorization(GivenToken(Secret("tok"))),
        BearerAuthorization(Tokens(renewable=False)),
    ],
)
def test_refusal_without_another_token_stands(authorization: Any) -> None:
    with (
        ScriptedServer(failed(401, "NoAuthenticationInformation")) as server,
        pytest.raises(AzureServiceError),
    ):
        exchange_of(server, authorization).call("GET", "box")


def test_wrong_clock_is_corrected_once() -> None:
    refused = failed(403, "AuthenticationFailed", ("Date", "Tue, 24 Nov 2026 02:17:47 GMT"))
    key = SharedKey("examples", Secret(KEY))
    with ScriptedServer(refused, OK, OK) as server:
        exchange = exchange_of(server, key)
        for _ in range(2):
            exchange.call("GET", "box").close()
        sent = [request.header("x-ms-date") for request in server.requests]
    assert sent == ["Thu, 01 Jan 1970 00:00:00 GMT", *["Tue, 24 Nov 2026 02:17:47 GMT"] * 2]
    assert exchange.now() == datetime(2026, 11, 24, 2, 17, 47, tzinfo=timezone.utc).timestamp()
    with ScriptedServer(refused, refused) as server, pytest.raises(AzureServiceError):
        exchange_of(server, key).call("GET", "box")


def test_refusal_by_a_service_whose_clock_is_ours_stands() -> None:
    refused = failed(403, "AuthenticationFailed", ("Date", "Thu, 01 Jan 1970 00:05:00 GMT"))
    with ScriptedServer(refused) as server, pytest.raises(AzureServiceError):
        exchange_of(server, SharedKey("examples", Secret(KEY))).call("GET", "box")


def test_redirect_is_not_followed() -> None:
    moved = ScriptedResponse(status=307, headers=(("Location", "http://127.0.0.1:1/elsewhere"),))
    with ScriptedServer(moved) as server, pytest.raises(AzureServiceError) as caught:
        exchange_of(server, Anonymous()).call("GET", "box")
    assert caught.value.status == 307


# -- reads ---------------------------------------------------------------------------------------------------
def test_info_of_an_object() -> None:
    headers = (
        ("Content-Type", "text/plain"), ("Cache-Control", "no-store"), ("x-ms-meta-A__0x2d__b", "1"),
        ("x-ms-access-tier", "Cool"), ("Content-MD5", "bWQ1"), ("x-ms-version-id", "v1"),
    )  # fmt: skip  # one line reads best
    with ScriptedServer(found(b"", *headers, size=7)) as server, client_of(server) as client:
        info = client.get_object_metadata("box", "k")
    assert (info.size, info.etag, info.content_type, info.cache_control) == (
        7,
        "0x1",
        "text/plain",
        "no-store",
    )
    assert (info.metadata, info.storage_class, info.version_id) == ({"a-b": "1"}, "Cool", "v1")
    assert info.checksums == {"md5": "bWQ1"}
    assert info.modified_at == datetime(2026, 11, 24, 2, 17, 47, tzinfo=timezone.utc)


def md5_of(body: bytes) -> str:
    return b64encode(md5(body, usedforsecurity=False).digest()).decode()


def test_whole_read_is_compared_with_the_stored_md5() -> None:
    right, wrong = (
        found(b"body", ("Content-MD5", md5_of(b"body"))),
        found(b"bady", ("Content-MD5", md5_of(b"body"))),
    )
    with ScriptedServer(wrong, right) as server, client_of(server) as client:
        assert client.download_file("box", "k") == b"body"
    with (
        ScriptedServer(otherwise=wrong) as server,
        client_of(server) as client,
        pytest.raises(IntegrityError),
    ):
        client.download_file("box", "k")


def test_range_is_named_in_azure_s_own_header() -> None:
    part = ScriptedResponse(
        status=206,
        headers=(("ETag", '"0x1"'), ("Content-Range", "bytes 2-3/10"), ("x-ms-blob-content-md5", "bWQ1")),
        body=b"23",
    )
    with ScriptedServer(part, part) as server, client_of(server) as client:
        assert client.read_range("box", "k", 2, 4) == b"23"
        ops = Operations(client._ops.exchange, AzureOptions())
        with_body = ops.get(GetRequest("box", "k", 2, 4))
        assert (with_body.info.size, with_body.info.checksums) == (10, {"md5": "bWQ1"})
        with_body.close()
        assert server.requests[0].header("x-ms-range") == "bytes=2-3"


def test_last_bytes_are_asked_for_from_the_front() -> None:
    tail = ScriptedResponse(
        status=206, headers=(("ETag", '"0x1"'), ("Content-Range", "bytes 7-9/10")), body=b"789"
    )
    with ScriptedServer(found(size=10), tail) as server, client_of(server) as client:
        assert client.read_range("box", "k", -3) == b"789"
        assert [request.method for request in server.requests] == ["HEAD", "GET"]
        assert server.requests[1].header("x-ms-range") == "bytes=7-9"


@pytest.mark.parametrize(
    "answer",
    [
        failed(416, "InvalidRange"),
        ScriptedResponse(status=206, headers=(("ETag", '"0x1"'), ("Content-Range", "bytes 0--1/0"))),
    ],
    ids=["Azure", "Azurite"],
)
def test_range_of_an_empty_object_is_empty_and_one_beyond_the_end_is_refused(
    answer: ScriptedResponse,
) -> None:
    with ScriptedServer(answer, found(size=0)) as server, client_of(server) as client:
        assert client.read_range("box", "k", 0, 5) == b""
    with ScriptedServer(answer) as server, client_of(server) as client, pytest.raises(InvalidRequestError):
        client.read_range("box", "k", 3)


@pytest.mark.parametrize("method", ["download_file", "get_object_metadata"])
def test_answer_without_an_etag_is_not_azure_s(method: str) -> None:
    portal = ScriptedResponse(body=b"<html>please log in</html>")
    with (
        ScriptedServer(otherwise=portal) as server,
        client_of(server) as client,
        pytest.raises(ServiceUnavailableError, match="ETag"),
    ):
        getattr(client, method)("box", "k")


# -- writes --------------------------------------------------------------------------------------------------
def test_put_sends_what_belongs_to_the_object_and_a_checksum() -> None:
    with ScriptedServer(stored()) as server, client_of(server) as client:
        client.upload_file(
            "box", "k.txt", b"body", metadata={"a-b": "1"}, cache_control="no-store", storage_class="Cool",
            tags={"a b": "c+d"}, if_absent=True,
        )  # fmt: skip  # one line reads best
        request = server.requests[0]
    assert (request.method, request.path, request.body) == ("PUT", "/examples/box/k.txt", b"body")
    expected = {
        "x-ms-blob-type": "BlockBlob", "content-md5": md5_of(b"body"), "x-ms-blob-content-type": "text/plain",
        "x-ms-blob-cache-control": "no-store", "x-ms-meta-a__0x2d__b": "1", "x-ms-access-tier": "Cool",
        "x-ms-tags": "a%20b=c%2Bd", "if-none-match": "*", "content-length": "4",
    }  # fmt: skip  # one line reads best
    assert {name: request.header(name) for name in expected} == expected


def test_answer_that_names_another_checksum_is_tried_again() -> None:
    other = stored(("Content-MD5", md5_of(b"other")))
    with (
        ScriptedServer(other, stored(("Content-MD5", md5_of(b"body")))) as server,
        client_of(server) as client,
    ):
        client.upload_file("box", "k", b"body")
        assert len(server.requests) == 2


def test_success_of_a_captive_portal_stores_nothing() -> None:
    with ScriptedServer(otherwise=ScriptedResponse(status=200)) as server, client_of(server) as client:
        for call in (lambda: client.upload_file("box", "k", b"x"), lambda: client.delete_file("box", "k")):
            with pytest.raises(Exception, match="200"):
                call()


@pytest.mark.parametrize(
    ("answer", "arguments", "kind"),
    [
        (failed(409, "BlobAlreadyExists"), {"if_absent": True}, AlreadyExistsError),
        (failed(412, "ConditionNotMet"), {"if_absent": True}, AlreadyExistsError),
        (failed(412, "ConditionNotMet"), {"if_match": "0x9"}, PreconditionFailedError),
        (failed(404, "BlobNotFound"), {"if_match": "0x9"}, PreconditionFailedError),
        (failed(404, "ContainerNotFound"), {"if_match": "0x9"}, NotFoundError),
        (failed(412, "LeaseIdMissing"), {}, ConflictError),
    ],
)
def test_refused_write(answer: ScriptedResponse, arguments: dict[str, Any], kind: type[Exception]) -> None:
    with ScriptedServer(answer) as server, client_of(server) as client, pytest.raises(kind):
        client.upload_file("box", "k", b"x", **arguments)


def test_lease_that_is_held_is_named_by_every_write() -> None:
    from cloud.azure import AzureBlobClient

    calls: list[tuple[Callable[[AzureBlobClient], object], ScriptedResponse]] = [
        (lambda client: client.upload_file("box", "k", b"x"), stored()),
        (lambda client: client.delete_file("box", "k"), ScriptedResponse(status=202)),
    ]
    for call, answer in calls:
        with ScriptedServer(answer) as server:
            text = f"AccountName=examples;AccountKey={KEY};BlobEndpoint={server.url}/examples"
            options = PublicOptions(lease_id="4c2e")
            with AzureBlobClient(connection_string=text, retry=NO_WAIT, options=options) as client:
                call(client)
            assert server.requests[0].header("x-ms-lease-id") == "4c2e"


# -- deletes -------------------------------------------------------------------------------------------------
def test_delete_tells_a_missing_object_from_a_missing_bucket() -> None:
    script = (ScriptedResponse(status=202), failed(404, "BlobNotFound"), failed(404, "ContainerNotFound"))
    with ScriptedServer(*script) as server, client_of(server) as client:
        assert client.delete_file("box", "k") is True
        assert client.delete_file("box", "k") is False
        with pytest.raises(NotFoundError):
            client.delete_file("box", "k")


def test_delete_of_a_missing_object_under_a_condition_has_failed_it() -> None:
    with (
        ScriptedServer(failed(404, "BlobNotFound")) as server,
        client_of(server) as client,
        pytest.raises(PreconditionFailedError),
    ):
        client.delete_file("box", "k", if_match="0x1")


def test_snapshots_are_deleted_on_demand_only() -> None:
    with ScriptedServer(failed(409, "SnapshotsPresent")) as server, client_of(server) as client:
        with pytest.raises(ConflictError) as caught:
            client.delete_file("box", "k")
        assert "delete_snapshots" in (caught.value.hint or "")
        assert server.requests[0].header("x-ms-delete-snapshots") is None
    with ScriptedServer(ScriptedResponse(status=202)) as server, client_of(server) as client:
        ops = Operations(client._ops.exchange, AzureOptions(delete_snapshots=True))
        assert ops.delete(DeleteRequest("box", "k")) is True
        assert server.requests[0].header("x-ms-delete-snapshots") == "include"


def test_current_version_is_deleted_by_way_of_an_old_one() -> None:
    done = ScriptedResponse(status=202)
    with (
        ScriptedServer(failed(403, "OperationNotAllowedOnRootBlob"), done, done) as server,
        client_of(server) as client,
    ):
        assert client.delete_file("box", "k", version_id="v1") is True
        paths = [request.path for request in server.requests]
    assert paths == ["/examples/box/k?versionid=v1", "/examples/box/k", "/examples/box/k?versionid=v1"]


def test_snapshot_is_read_by_its_own_parameter() -> None:
    with ScriptedServer(found(b"old")) as server, client_of(server) as client:
        assert client.download_file("box", "k", version_id="snapshot=2026-11-24T01:00:00.0Z") == b"old"
        assert server.requests[0].path == "/examples/box/k?snapshot=2026-11-24T01%3A00%3A00.0Z"


def test_write_that_is_refused_for_its_state_is_not_tried_again() -> None:
    request = PutRequest("box", "k", content_type="a/b")
    with ScriptedServer(failed(409, "BlobArchived")) as server, client_of(server) as client:
        with pytest.raises(ConflictError) as caught:
            client._run("upload_file", "box/k", lambda: client._put(request, b"x"))
        assert "archived" in (caught.value.hint or "")
