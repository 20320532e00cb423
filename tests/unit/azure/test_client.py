"""Containers and batches of deletes: what Azure says, and what it means here."""

from __future__ import annotations

import pytest

from cloud._dialects._xmltree import MalformedAnswerError
from cloud._dialects.azure_blob._batch import parse_answers
from cloud.azure import AzureBlobClient
from cloud.common import CloudCredentials, CloudProvider
from cloud.common.errors import (
    AuthenticationError,
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
    ServiceUnavailableError,
)
from cloud.testing._scripted_server import RecordedRequest, ScriptedResponse, ScriptedServer
from unit.azure.helpers import blob, failed, listing
from unit.azure.scripted import NO_WAIT, client_of

CREATED, GONE = ScriptedResponse(status=201), ScriptedResponse(status=202)
KINDS = (
    ("BlobNotFound", 404, None),
    ("SnapshotsPresent", 409, ConflictError),
    ("AuthorizationPermissionMismatch", 403, PermissionDeniedError),
)


# -- containers ----------------------------------------------------------------------------------------------
def test_create_says_whether_it_made_one() -> None:
    with (
        ScriptedServer(CREATED, failed(409, "ContainerAlreadyExists")) as server,
        client_of(server) as client,
    ):
        assert client.create_bucket("box") is True
        assert client.create_bucket("box") is False
        assert server.requests[0].path == "/examples/box?restype=container"


def test_container_that_is_being_deleted_is_waited_for() -> None:
    busy = failed(409, "ContainerBeingDeleted")
    with ScriptedServer(busy, busy, CREATED) as server, client_of(server) as client:
        assert client.create_bucket("box") is True
    with (
        ScriptedServer(busy, busy, busy) as server,
        client_of(server) as client,
        pytest.raises(ConflictError) as caught,
    ):
        client.create_bucket("box")
    assert len(caught.value.attempts) == 3
    assert caught.value.hint is not None


def test_container_that_is_being_deleted_is_waited_for_by_writes_under_a_condition_too() -> None:
    stored = ScriptedResponse(status=201, headers=(("ETag", '"0x1"'),))
    with ScriptedServer(failed(409, "ContainerBeingDeleted"), stored) as server, client_of(server) as client:
        client.upload_file("box", "k", b"x", if_absent=True)


def test_delete_looks_for_objects_and_versions_first() -> None:
    with ScriptedServer(listing(blob("a"))) as server, client_of(server) as client:
        with pytest.raises(ConflictError, match="not empty"):
            client.delete_bucket("box")
        assert "maxresults=1&include=versions" in server.requests[0].path
    with ScriptedServer(listing("", marker="m"), listing(""), GONE) as server, client_of(server) as client:
        assert client.delete_bucket("box") is True
        assert [request.method for request in server.requests] == ["GET", "GET", "DELETE"]


def test_delete_looks_without_versions_where_the_account_keeps_none() -> None:
    refused = failed(400, "InvalidQueryParameterValue")
    with ScriptedServer(refused, listing(""), GONE) as server, client_of(server) as client:
        assert client.delete_bucket("box") is True
        assert "include" not in server.requests[1].path


def test_answer_that_does_not_say_whether_there_is_more_deletes_nothing() -> None:
    with ScriptedServer(otherwise=listing("", marker=None)) as server, client_of(server) as client:
        with pytest.raises(ServiceUnavailableError):
            client.delete_bucket("box")
        assert {request.method for request in server.requests} == {"GET"}


def test_existence_is_told_by_the_code_not_by_any_404() -> None:
    missing = failed(404, "ContainerNotFound")
    stranger = failed(404, "ResourceNotFound", ("Server", "Azurite-Blob/3.35.0"))
    with ScriptedServer(ScriptedResponse(), missing, stranger) as server, client_of(server) as client:
        assert client.bucket_exists("box") is True
        assert client.bucket_exists("box") is False
        with pytest.raises(AuthenticationError):
            client.bucket_exists("box")


# -- batches -------------------------------------------------------------------------------------------------
def answers(*entries: tuple[int, int, str | None]) -> ScriptedResponse:
    """Return the answer to a batch, in Azure's form: content id, status, code."""
    pieces = []
    for number, status, code in entries:
        head = [f"HTTP/1.1 {status} words", f"x-ms-request-id: R{number}"]
        body = ""
        if code is not None:
            head += [f"x-ms-error-code: {code}", "Content-Type: application/xml"]
            body = f"\ufeff<Error><Code>{code}</Code><Message>words {number}\nTime:1</Message></Error>"
        inner = "\r\n".join([*head, "", body])
        pieces.append(f"--b1\r\nContent-Type: application/http\r\nContent-ID: {number}\r\n\r\n{inner}\r\n")
    text = "".join(pieces) + "--b1--\r\n"
    return ScriptedResponse(
        status=202, headers=(("Content-Type", "multipart/mixed; boundary=b1"),), body=text.encode()
    )


def test_batch_answers_for_every_key_in_order_whatever_the_order_of_the_answers() -> None:
    entries = [(number + 1, status, code) for number, (code, status, _) in enumerate(KINDS)]
    with ScriptedServer(answers(*reversed(entries), (0, 202, None))) as server, client_of(server) as client:
        results = list(client.delete_files("box", ["done", "missing", "snapped", "denied"]))
        request = server.requests[0]
    assert [result.key for result in results] == ["done", "missing", "snapped", "denied"]
    assert [type(result.error) if result.error else None for result in results] == [
        None,
        *[kind for *_, kind in KINDS],
    ]
    assert results[3].error is not None
    assert (results[3].error.message, results[3].error.request_id) == ("words 3", "R3")
    assert request.path == "/examples/box?restype=container&comp=batch"


def test_every_delete_of_a_batch_is_signed_by_itself() -> None:
    with ScriptedServer(answers((0, 202, None), (1, 202, None))) as server, client_of(server) as client:
        list(client.delete_files("box", ["a b", "ü"]))
        body = server.requests[0].body.decode()
    assert "DELETE /examples/box/a%20b HTTP/1.1\r\n" in body
    assert "DELETE /examples/box/%C3%BC HTTP/1.1\r\n" in body
    assert body.count("authorization: SharedKey examples:") == body.count("x-ms-date: ") == 2


def test_batch_with_a_signature_of_the_account_goes_to_the_account() -> None:
    def answer(request: RecordedRequest) -> ScriptedResponse:
        assert request.path == "/examples/?comp=batch&sv=1&ss=b&sig=x"
        assert b"DELETE /examples/box/k?sv=1&ss=b&sig=x HTTP/1.1" in request.body
        return answers((0, 202, None))

    with ScriptedServer(answer) as server:
        credentials = CloudCredentials(CloudProvider.AZURE, sas_token="?sv=1&ss=b&sig=x")
        url = f"{server.url}/examples"
        with AzureBlobClient(credentials, account_url=url, retry=NO_WAIT) as client:
            assert [result.ok for result in client.delete_files("box", ["k"])] == [True]


def test_batch_in_a_missing_bucket_is_not_found() -> None:
    missing = answers((0, 404, "ContainerNotFound"))
    with ScriptedServer(missing) as server, client_of(server) as client, pytest.raises(NotFoundError):
        list(client.delete_files("box", ["k"]))


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(b"--b1\r\nContent-ID: 0\r\n\r\nHTTP/1.1 202 OK\r\n\r\n\r\n--b1--", "multipart/mixed; boundary=b1",
                     id="one is missing"),
        pytest.param(b"<html>", "text/html", id="no multipart"),
        pytest.param(b"", "multipart/mixed; boundary=b1", id="empty"),
        pytest.param(b"--b1\r\nContent-ID: 1\r\n\r\nnonsense\r\n\r\n--b1--", "multipart/mixed; boundary=b1", id="nonsense"),
    ],
)  # fmt: skip  # one case in a few lines
def test_answer_that_does_not_tell_of_every_delete_is_no_success(body: bytes, content_type: str) -> None:
    with pytest.raises(MalformedAnswerError):
        parse_answers(body, content_type, 2)


def test_boundary_may_be_quoted() -> None:
    body = b"--b 1\r\nContent-ID: 0\r\n\r\nHTTP/1.1 202 OK\r\n\r\n\r\n--b 1--".replace(b"b 1", b"b1")
    assert [answer.status for answer in parse_answers(body, 'multipart/mixed; boundary="b1"', 1)] == [202]
