"""Changes are waited for, never sent anew; exports are downloaded before and after their address expired."""

from __future__ import annotations

import gzip
import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from cloud.coda_io import (
    CodaAPIError,
    CodaGoneError,
    CodaNotFoundError,
    Mutation,
    content_update,
    page_content,
)
from cloud.common import (
    InvalidRequestError,
    ServiceUnavailableError,
    TimeoutError_,
    UnsupportedOperationError,
)
from cloud.testing import ScriptedResponse, ScriptedServer
from unit.coda_io.helpers import TOKEN, Time, answer, make_client, refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.testing import RecordedRequest

QUEUED = answer({"requestId": "r/1", "id": "canvas-9"}, 202)
PENDING, DONE = answer({"completed": False}), answer({"completed": True, "warning": "partly"})


def test_a_change_is_waited_for_through_lag() -> None:
    time = Time()
    with ScriptedServer(QUEUED, refused(404), refused(404), PENDING, DONE) as server:
        client = make_client(server, time)
        mutation = client.create_page("d", "Tëst", page_content=page_content("# Hi"), wait=True)
        assert (mutation.completed, mutation.warning, mutation.id) == (True, "partly", "canvas-9")
        assert [seen.path for seen in server.requests[1:]] == ["/mutationStatus/r%2F1"] * 4
        assert time.waits == [1.0, 1.0, 1.5, 2.25]
        assert mutation.wait() is mutation
        client.close()


def test_a_wait_that_ends_too_early_can_be_taken_up_again() -> None:
    time = Time()
    with ScriptedServer(QUEUED, *[PENDING] * 4, DONE) as server:
        client = make_client(server, time)
        mutation = client.delete_page("d", "canvas-9")
        with pytest.raises(
            TimeoutError_, match="delete_page d/canvas-9: the change is not done after 5 s"
        ) as caught:
            mutation.wait(5)
        assert caught.value.retryable is False
        assert time.now == 5.0
        assert mutation.wait().completed
        assert [seen.method for seen in server.requests] == ["DELETE"] + ["GET"] * 5
        client.close()


def test_a_change_that_the_service_has_forgotten_is_an_error() -> None:
    time = Time()
    with ScriptedServer(otherwise=refused(404, "unknown")) as server:
        client = make_client(server, time)
        with pytest.raises(CodaNotFoundError, match="unknown"):
            client.wait_for_mutation("old", timeout=600)
        assert 60 < time.now < 90
        client.close()
    with (
        ScriptedServer(PENDING, refused(404)) as server,
        make_client(server) as client,
        pytest.raises(CodaNotFoundError),
    ):
        client.wait_for_mutation("r")


def test_a_wait_of_seconds() -> None:
    time = Time()
    with ScriptedServer(QUEUED, otherwise=PENDING) as server:
        client = make_client(server, time)
        with pytest.raises(TimeoutError_):
            client.push_button("d", "t", "i-1", "c-1", wait=3.5)
        assert time.now == 3.5
        with pytest.raises(InvalidRequestError, match="timeout"):
            client.wait_for_mutation("r", -1)
        client.close()


def test_a_pickled_mutation_is_waited_for_by_its_id() -> None:
    with ScriptedServer(QUEUED, DONE) as server, make_client(server) as client:
        copy = pickle.loads(pickle.dumps(client.delete_row("d", "t", "i-1")))  # noqa: S301  # our own
        assert (copy.request_id, copy.operation) == ("r/1", "delete_row")
        with pytest.raises(UnsupportedOperationError, match="wait_for_mutation"):
            copy.wait()
        assert client.wait_for_mutation(copy.request_id).completed


def test_a_change_without_an_id_cannot_be_waited_for_unless_it_can_be_seen() -> None:
    with (
        ScriptedServer(answer({}, 202)) as server,
        make_client(server) as client,
        pytest.raises(UnsupportedOperationError, match="no id"),
    ):
        client.publish_doc("d", wait=True)
    with ScriptedServer(answer({}, 202), answer({"id": "d"}), refused(404)) as server:
        client = make_client(server)
        assert client.delete_doc("d", wait=True).completed
        assert [seen.method for seen in server.requests] == ["DELETE", "GET", "GET"]
        client.close()
    domain = {"customDocDomain": "x.example.com"}
    listed = [answer({"customDocDomains": []}), answer({"customDocDomains": [domain]})]
    with ScriptedServer(answer({}, 202), *listed) as server, make_client(server) as client:
        assert client.add_custom_doc_domain("d", "x.example.com", wait=True).completed


def test_a_refused_look_does_not_end_as_gone() -> None:
    with (
        ScriptedServer(answer({}, 202), refused(403)) as server,
        make_client(server) as client,
        pytest.raises(PermissionError),
    ):
        client.delete_doc("d", wait=True)


def test_a_new_doc_is_waited_for() -> None:
    made = answer({"id": "d", "requestId": "r"}, 201)
    with ScriptedServer(made, PENDING, DONE) as server, make_client(server) as client:
        assert client.create_doc("T", initial_page={"name": "P"}, wait=True).id == "d"
        assert len(server.requests) == 3


def test_content_is_written_as_the_api_takes_it() -> None:
    assert page_content("<p>", "html") == {
        "type": "canvas",
        "canvasContent": {"format": "html", "content": "<p>"},
    }
    assert content_update("x", "prepend", element_id="cl-1") == {
        "insertionMode": "prepend",
        "elementId": "cl-1",
        "canvasContent": {"format": "markdown", "content": "x"},
    }
    for odd in (lambda: page_content("x", "rtf"), lambda: content_update("x", "insert")):  # type: ignore[arg-type]  # that is what is tested
        with pytest.raises(InvalidRequestError):
            odd()


# -- exports -------------------------------------------------------------------------------------------------------
class Exports:
    """Plays the API and the store behind it, at one address.

    Args:
        states: answers of the status, in order; the last one stays.
        files: answers of the store, in order.
    """

    def __init__(self, states: list[dict[str, Any] | None], files: list[ScriptedResponse]) -> None:
        self.states = states
        self.files = files
        self.url = ""
        self.links = 0

    def __call__(self, request: RecordedRequest) -> ScriptedResponse:
        if request.path.startswith("/store"):
            assert request.header("authorization") is None, "the token goes to the API only"
            return self.files.pop(0)
        assert request.header("authorization") == f"Bearer {TOKEN}"
        if request.method == "POST":
            assert json.loads(request.body) == {"outputFormat": "markdown"}
            return answer({"id": "x1", "status": "inProgress", "href": "h"}, 202)
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        if state is None:
            return refused(404)
        if state.get("status") == "complete" and "error" not in state:
            self.links += 1
            state = {**state, "downloadLink": f"{self.url}/store/x?sig={self.links}"}
        return answer({"id": "x1", "href": "h", **state})


COMPLETE = {"status": "complete"}
STORE_ERROR = b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code></Error>'


def run(exports: Exports, use: Callable[[Any], Any]) -> tuple[Any, list[str]]:
    with ScriptedServer(otherwise=exports) as server:
        exports.url = server.url
        client = make_client(server)
        try:
            return use(client), [seen.path for seen in server.requests]
        finally:
            client.close()


def test_a_page_is_exported_and_read() -> None:
    text = "# Ünï\n\n```code```\n"
    packed = ScriptedResponse(body=gzip.compress(text.encode()), headers=(("Content-Encoding", "gzip"),))
    exports = Exports([None, {"status": "inProgress"}, COMPLETE], [packed])
    found, paths = run(exports, lambda client: client.download_page("d", "p é"))
    assert found == text
    assert paths[-2:] == ["/docs/d/pages/p%20%C3%A9/export/x1", "/store/x?sig=1"]


@pytest.mark.parametrize(
    "dead", [ScriptedResponse(status=403, body=STORE_ERROR), ScriptedResponse(body=STORE_ERROR)]
)
def test_an_expired_address_is_asked_for_anew_once(dead: ScriptedResponse) -> None:
    exports = Exports([COMPLETE], [dead, ScriptedResponse(body=b"text")])
    found, _ = run(exports, lambda client: client.export_page("d", "p", "markdown", wait=True).download())
    assert (found, exports.links) == ("text", 2)
    with pytest.raises(CodaGoneError, match="refused"):
        run(Exports([COMPLETE], [dead, dead]), lambda client: client.download_page("d", "p"))


def test_a_failed_export_is_an_error_in_the_services_words() -> None:
    failed = {"status": "complete", "error": "page is too large"}
    with pytest.raises(CodaAPIError, match="export_page d/p: page is too large"):
        run(Exports([failed], []), lambda client: client.download_page("d", "p"))
    gone = [refused(410, "deleted")]
    with ScriptedServer(*gone) as server, make_client(server) as client, pytest.raises(CodaGoneError):
        client.export_page("d", "p")


def test_an_export_that_takes_too_long_goes_on() -> None:
    with pytest.raises(TimeoutError_, match="export_page d/p: the export is not done"):
        run(Exports([{"status": "inProgress"}], []), lambda client: client.download_page("d", "p", timeout=9))


def test_an_export_that_is_no_text_is_an_error() -> None:
    files = [ScriptedResponse(body=b"\xff\xfe")] * 3
    with pytest.raises(ServiceUnavailableError, match="UTF-8"):
        run(Exports([COMPLETE], files), lambda client: client.download_page("d", "p"))


def test_only_known_formats_are_asked_for() -> None:
    client = make_client("https://sample.invalid")
    with pytest.raises(InvalidRequestError, match="html or markdown"):
        client.export_page("d", "p", "pdf")  # type: ignore[arg-type]  # that is what is tested


def test_a_pickled_export_asks_nobody() -> None:
    exports = Exports([COMPLETE], [])
    export, _ = run(exports, lambda client: client.export_page("d", "p", "markdown"))
    copy = pickle.loads(pickle.dumps(export))  # noqa: S301  # our own
    assert (copy.id, copy.doc_id, copy.page) == ("x1", "d", "p")
    with pytest.raises(UnsupportedOperationError):
        copy.wait()


def test_a_mutation_can_be_made_of_an_id() -> None:
    with ScriptedServer(DONE) as server, make_client(server) as client:
        mutation = Mutation.queued(client, "mine", "d", {"requestId": "r"})
        assert mutation.wait().warning == "partly"
