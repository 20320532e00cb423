"""Copies: by one request, in blocks, or by the service itself, which is then waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cloud._dialects.azure_blob import _copy
from cloud._dialects.azure_blob._sas import SasResource, SasTerms, resource_sas
from cloud.azure import AzureBlobClient
from cloud.common import CloudCredentials, CloudProvider, Secret
from cloud.common._storage_types import CopyRequest, PutRequest
from cloud.common.errors import AlreadyExistsError, ConflictError, NotFoundError, PreconditionFailedError
from cloud.common.models import FrozenMap, ObjectInfo
from cloud.testing._scripted_server import RecordedRequest, ScriptedResponse, ScriptedServer
from unit.azure import scripted
from unit.azure.helpers import failed, found, stored
from unit.azure.scripted import KEY, NO_WAIT

if TYPE_CHECKING:
    from cloud._dialects.azure_blob._operations import Operations

SAS = "sv=1&ss=b&srt=sco&sig=c2lnbmF0dXJl"
NO_URLS = failed(501, "APINotImplemented")
SOURCE = ObjectInfo(
    bucket="from", key="a b", size=4, etag="0xA", content_type="text/plain",
    metadata=FrozenMap({"a": "1"}), checksums=FrozenMap({"md5": "bWQ1"}), storage_class="Hot", raw={},
)  # fmt: skip  # one line reads best
TARGET = PutRequest("to", "c", content_type="text/plain", metadata={"a": "1"})


def copy(
    client: AzureBlobClient, *, source: ObjectInfo = SOURCE, waits: list[float] | None = None, **more: Any
) -> Any:
    """Copy as the client's hook does, and note in `waits` how long it would have waited."""
    target = TARGET._replace(**{name: value for name, value in more.items() if name != "replace"})
    request = CopyRequest(source, target, replace_metadata=more.get("replace", False))
    return _copy.copy(client._ops, request, (waits if waits is not None else []).append)


def source_of(request: RecordedRequest) -> tuple[str, dict[str, list[str]]]:
    """Return the path and the query of the copy's source."""
    parts = urlsplit(request.header("x-ms-copy-source") or "")
    return parts.path, parse_qs(parts.query)


def client_of(server: ScriptedServer) -> AzureBlobClient:
    """Return a client that copies as from Azure itself: an account in the path is an emulator's."""
    client = scripted.client_of(server)
    client._ops.takes_urls = True
    return client


def sas_client(server: ScriptedServer) -> AzureBlobClient:
    credentials = CloudCredentials(CloudProvider.AZURE, sas_token=SAS)
    client = AzureBlobClient(credentials, account_url=f"{server.url}/examples", retry=NO_WAIT)
    client._ops.takes_urls = True
    return client


# -- by one request ------------------------------------------------------------------------------------------
def test_copy_is_one_request_pinned_to_the_source_with_all_that_belongs_to_it() -> None:
    with ScriptedServer(stored(etag='"0xB"')) as server, client_of(server) as client:
        assert copy(client, if_absent=True).etag == "0xB"
        request = server.requests[0]
    expected = {
        "x-ms-blob-type": "BlockBlob", "x-ms-source-if-match": '"0xA"', "if-none-match": "*",
        "x-ms-blob-content-type": "text/plain", "x-ms-meta-a": "1", "x-ms-source-content-md5": "bWQ1",
        "content-length": "0",
    }  # fmt: skip  # one line reads best
    assert {name: request.header(name) for name in expected} == expected
    assert (request.method, request.path) == ("PUT", "/examples/to/c")


def test_source_is_read_with_a_signature_made_with_the_account_key() -> None:
    with ScriptedServer(stored()) as server, client_of(server) as client:
        copy(client)
        path, query = source_of(server.requests[0])
    assert path == "/examples/from/a%20b"
    assert (query["sp"], query["sr"], query["spr"]) == (["r"], ["b"], ["https,http"])
    assert query["sig"]
    assert isinstance(
        resource_sas("examples", Secret(KEY), SasResource(bucket="from"), SasTerms(policy="p")), str
    )


def test_source_is_read_with_the_client_s_own_signature_or_token() -> None:
    with ScriptedServer(stored()) as server, sas_client(server) as client:
        copy(client)
        assert (server.requests[0].header("x-ms-copy-source") or "").endswith(f"?{SAS}")


def test_old_version_is_named_in_the_source() -> None:
    old = ObjectInfo(bucket="to", key="c", size=4, etag="0xA", version_id="v1", raw={})
    with ScriptedServer(stored()) as server, client_of(server) as client:
        copy(client, source=old)
        assert source_of(server.requests[0])[1]["versionid"] == ["v1"]


def test_large_object_is_copied_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_copy, "MAX_SINGLE_COPY", 9)
    monkeypatch.setattr(_copy, "COPY_BLOCK", 4)
    with (
        ScriptedServer(stored(), stored(), stored(), stored(etag='"0xB"')) as server,
        client_of(server) as client,
    ):
        large = ObjectInfo(bucket="from", key="k", size=10, etag="0xA", raw={})
        assert copy(client, source=large).etag == "0xB"
        requests = server.requests
    assert [request.header("x-ms-source-range") for request in requests[:3]] == [
        "bytes=0-3",
        "bytes=4-7",
        "bytes=8-9",
    ]
    assert {request.header("x-ms-source-if-match") for request in requests[:3]} == {'"0xA"'}
    assert requests[3].path.endswith("?comp=blocklist")
    assert requests[3].body.count(b"<Latest>") == 3


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (failed(409, "BlobAlreadyExists"), AlreadyExistsError),
        (failed(412, "TargetConditionNotMet"), AlreadyExistsError),
        (failed(412, "SourceConditionNotMet"), PreconditionFailedError),
        (failed(404, "CannotVerifyCopySource"), NotFoundError),
    ],
)
def test_refused_copy(answer: ScriptedResponse, kind: type[Exception]) -> None:
    with (
        ScriptedServer(found(b"", size=4), answer) as server,
        client_of(server) as client,
        pytest.raises(kind),
    ):
        client.copy_file("box", "k", "box", "c", if_absent=True)


# -- by the service itself -----------------------------------------------------------------------------------
def pending(status: str, copy_id: str = "C1", **more: str) -> ScriptedResponse:
    """Return the head of a target while it is copied to."""
    headers = [("x-ms-copy-id", copy_id), ("x-ms-copy-status", status)]
    headers += [(f"x-ms-copy-{name.replace('_', '-')}", value) for name, value in more.items()]
    return found(b"", *headers, size=0, etag='"0xB"')


def started(status: str = "pending") -> ScriptedResponse:
    return ScriptedResponse(
        status=202, headers=(("ETag", '"0xA1"'), ("x-ms-copy-id", "C1"), ("x-ms-copy-status", status))
    )


def test_server_without_copies_from_urls_copies_by_itself_and_is_not_asked_again() -> None:
    with (
        ScriptedServer(NO_URLS, started("success"), started("success")) as server,
        client_of(server) as client,
    ):
        assert copy(client).etag == "0xA1"
        assert copy(client, metadata={"b": "2"}).etag == "0xA1"
        requests = server.requests
    assert [request.header("x-ms-blob-type") for request in requests] == ["BlockBlob", None, None]
    assert source_of(requests[1]) == ("/examples/from/a%20b", {})


def test_copy_in_progress_is_waited_for() -> None:
    script = (NO_URLS, started(), pending("pending"), pending("pending"), pending("success"))
    waits: list[float] = []
    with ScriptedServer(*script) as server, client_of(server) as client:
        assert copy(client, waits=waits).etag == "0xB"
    assert waits == [0.1, 0.2]


@pytest.mark.parametrize("status", ["failed", "aborted"])
def test_copy_that_failed_raises_and_leaves_no_empty_object(status: str) -> None:
    ended = pending(status, status_description="500 InternalServerError")
    script = (
        NO_URLS,
        started(),
        ended,
        failed(409, "NoPendingCopyOperation"),
        ended,
        ScriptedResponse(status=202),
    )
    with ScriptedServer(*script) as server, client_of(server) as client:
        with pytest.raises(ConflictError, match=f"{status}.*InternalServerError"):
            copy(client)
        last = server.requests[-1]
    assert (last.method, last.header("if-match")) == ("DELETE", '"0xB"')


def test_interrupted_copy_is_ended() -> None:
    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    done = ScriptedResponse(status=204)
    script = (NO_URLS, started(), pending("pending"), done, pending("aborted"), ScriptedResponse(status=202))
    with ScriptedServer(*script) as server, client_of(server) as client:
        with pytest.raises(KeyboardInterrupt):
            _copy.copy(client._ops, CopyRequest(SOURCE, TARGET, replace_metadata=False), interrupt)
        stop = server.requests[3]
    assert (stop.path, stop.header("x-ms-copy-action")) == ("/examples/to/c?comp=copy&copyid=C1", "abort")


def test_target_that_somebody_else_wrote_meanwhile_is_left_alone() -> None:
    other = pending("success", "C2")
    with ScriptedServer(NO_URLS, started(), other, failed(409, "NoPendingCopyOperation"), other) as server:
        with client_of(server) as client, pytest.raises(ConflictError, match="something else"):
            copy(client)
        assert "DELETE" not in {request.method for request in server.requests}


# -- changes of one object -----------------------------------------------------------------------------------
def change(ops: Operations, source: ObjectInfo = SOURCE, **changes: Any) -> str | None:
    fields = {"content_type": "text/plain", "metadata": {"a": "1"}, "storage_class": "Hot", **changes}
    target = PutRequest(source.bucket, source.key, **fields)
    return _copy.copy(ops, CopyRequest(source, target, replace_metadata=True), lambda _: None).etag


def test_change_is_pinned_from_one_request_to_the_next_and_the_tier_comes_last() -> None:
    script = (stored(etag='"0xB"', status=200), stored(etag='"0xC"', status=200), ScriptedResponse())
    with ScriptedServer(*script) as server, client_of(server) as client:
        assert change(client._ops, content_type="a/b", metadata={"b": "2"}, storage_class="Cool") == "0xC"
        requests = server.requests
    assert [request.path.partition("?")[2] for request in requests] == [
        "comp=properties",
        "comp=metadata",
        "comp=tier",
    ]
    assert [request.header("if-match") for request in requests] == ['"0xA"', '"0xB"', None]
    assert requests[0].header("x-ms-blob-content-md5") == "bWQ1"
    assert requests[0].header("x-ms-blob-content-type") == "a/b"
    assert requests[1].header("x-ms-meta-b") == "2"


def test_what_does_not_change_is_not_sent() -> None:
    with ScriptedServer(stored(etag='"0xB"', status=200)) as server, client_of(server) as client:
        assert change(client._ops) == "0xA"
        assert server.requests == ()
        assert change(client._ops, metadata={}) == "0xB"
        assert server.requests[0].path.endswith("comp=metadata")


def test_object_that_was_replaced_meanwhile_is_not_changed() -> None:
    script = (found(size=4), failed(412, "ConditionNotMet"))
    with (
        ScriptedServer(*script) as server,
        client_of(server) as client,
        pytest.raises(PreconditionFailedError),
    ):
        client.update_metadata("box", "k", metadata={"a": "1"})


def test_current_version_is_changed_in_place_and_an_old_one_is_copied_over_it() -> None:
    current = ObjectInfo(
        bucket="b", key="k", size=4, etag="0xA", content_type="text/plain", version_id="v2",
        metadata=FrozenMap({"a": "1"}), raw={"x-ms-is-current-version": "true"},
    )  # fmt: skip  # one line reads best
    with ScriptedServer(stored(status=200), stored()) as server, client_of(server) as client:
        change(client._ops, current, metadata={}, storage_class=None)
        change(
            client._ops, ObjectInfo(**{**dict(current), "version_id": "v1", "raw": {}}), storage_class=None
        )
        requests = server.requests
    assert requests[0].path.endswith("comp=metadata")
    assert source_of(requests[1])[1]["versionid"] == ["v1"]
