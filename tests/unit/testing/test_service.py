"""What fake services are made of: routes, tokens, windows that refuse, faults, and a log that tells it all."""

from __future__ import annotations

import http.client
import json
import re
import threading
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest

from cloud.testing import Fault, FaultKind
from cloud.testing._service import FakeService
from cloud.testing._service_calls import Answer, Call, Refusal, Route
from cloud.testing._service_windows import RateWindow, most_in_any_period

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "planted"


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Notes(FakeService):
    """Keeps texts by name."""

    def __init__(self, **options: Any) -> None:
        self.notes: dict[str, Any] = {}
        super().__init__(
            [
                Route("GET", "/notes/{name}", self._get, "getNote", "read"),
                Route("GET", "/notes/latest", self._latest, "latestNote"),
                Route("PUT", "/notes/{name}", self._put, "putNote"),
                Route("GET", "/file", self._file, "getFile", open=True),
            ],
            tokens=[TOKEN],
            prefix="/v1",
            windows=[RateWindow("read", 3, 10.0)],
            **options,
        )

    def error_document(self, refusal: Refusal) -> object:
        return {"status": refusal.status, "message": refusal.message, **refusal.details}

    def _get(self, call: Call) -> Answer:
        if call.params["name"] not in self.notes:
            raise Refusal(404, "no such note", name=call.params["name"])
        return Answer(200, {"text": self.notes[call.params["name"]], "as": call.argument("as")})

    def _latest(self, call: Call) -> Answer:
        return Answer(200, {"latest": True})

    def _put(self, call: Call) -> Answer:
        self.notes[call.params["name"]] = call.json_object()["text"]
        return Answer(202, {"stored": True})

    def _file(self, call: Call) -> Answer:
        return Answer(200, body=b"bytes", headers=(("Content-Type", "text/plain"),))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(clock: Clock) -> Iterator[Notes]:
    with Notes(clock=clock) as running:
        yield running


class Reply:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self) -> Any:
        return json.loads(self.body)


def send(service: Notes, method: str, path: str, document: object = None, token: str = TOKEN) -> Reply:
    connection = http.client.HTTPConnection(re.sub(r"http://|/v1", "", service.url), timeout=30)
    try:
        body = None if document is None else json.dumps(document)
        connection.request(method, f"/v1{path}", body, {"Authorization": f"Bearer {token}"})
        return Reply(connection.getresponse())
    finally:
        connection.close()


def test_calls_reach_their_handler_with_what_stands_in_the_path(service: Notes) -> None:
    assert send(service, "PUT", "/notes/a%2Fb%20%C3%BC", {"text": "é"}).status == 202
    assert service.notes == {"a/b ü": "é"}
    reply = send(service, "GET", "/notes/a%2Fb%20%C3%BC?as=x&as=y")
    assert (reply.status, reply.json()) == (200, {"text": "é", "as": "y"})
    assert reply.headers["Content-Type"] == "application/json; charset=utf-8"


def test_words_of_a_template_win_over_places(service: Notes) -> None:
    service.notes["latest"] = "by name"
    assert send(service, "GET", "/notes/latest").json() == {"latest": True}


def test_refusals_have_the_form_of_the_service(service: Notes) -> None:
    refused = send(service, "GET", "/notes/none")
    assert (refused.status, refused.json()) == (
        404,
        {"status": 404, "message": "no such note", "name": "none"},
    )
    assert send(service, "GET", "/nothing").status == 404
    assert send(service, "DELETE", "/notes/a").status == 405
    assert send(service, "PUT", "/notes/a", ["no object"]).status == 400
    assert [request.executed for request in service.log] == [False] * 4


def test_only_known_tokens_pass_but_for_open_routes(service: Notes) -> None:
    assert send(service, "PUT", "/notes/a", {"text": "x"}, token="other").status == 401
    assert send(service, "PUT", "/notes/a", {"text": "x"}, token="").status == 401
    assert not service.notes
    opened = send(service, "GET", "/file", token="other")
    assert (opened.status, opened.body, opened.headers["Content-Type"]) == (200, b"bytes", "text/plain")


def test_a_window_refuses_what_is_too_much_and_slides(service: Notes, clock: Clock) -> None:
    service.notes["a"] = "x"
    statuses = []
    for step in (0.0, 4.0, 4.0, 0.5, 1.0, 0.5, 3.6):
        clock.seconds += step
        statuses.append(send(service, "GET", "/notes/a").status)
    # 8.5 and 9.5 are too many; at 10 the first has left the window; at 13.6 the second is still in it
    assert statuses == [200, 200, 200, 429, 429, 200, 429]
    assert send(service, "GET", "/notes/latest").status == 200  # in no window
    assert service.most_in_window("read") == 6  # the refused ones too
    clock.seconds += 100
    assert send(service, "GET", "/notes/a").status == 200


def test_the_window_is_one_for_each_token(clock: Clock) -> None:
    with Notes(clock=clock) as service:
        service._tokens |= {"second"}
        service.notes["a"] = "x"
        assert [send(service, "GET", "/notes/a").status for _ in range(4)] == [200, 200, 200, 429]
        assert send(service, "GET", "/notes/a", token="second").status == 200


def test_a_429_says_when_to_come_again_as_asked(clock: Clock) -> None:
    with Notes(clock=clock) as service:
        for _ in range(3):
            send(service, "GET", "/notes/none")
        clock.seconds += 2.5
        assert send(service, "GET", "/notes/a").headers["Retry-After"] == "8"
        service.retry_after = "date"
        moment = parsedate_to_datetime(send(service, "GET", "/notes/a").headers["Retry-After"])
        assert 6.9 < (moment - service.now()).total_seconds() <= 8
        service.retry_after = None
        assert send(service, "GET", "/notes/a").headers["Retry-After"] is None


def test_a_lost_answer_has_had_its_effect(service: Notes) -> None:
    service.add(Fault(kind=FaultKind.LOST_REPLY, method="PUT"), Fault(kind=FaultKind.LOST_REPLY_FIN))
    with pytest.raises(ConnectionError):
        send(service, "PUT", "/notes/a", {"text": "x"})
    with pytest.raises(http.client.RemoteDisconnected):
        send(service, "PUT", "/notes/b", {"text": "y"})
    assert service.notes == {"a": "x", "b": "y"}
    assert [(seen.status, seen.executed) for seen in service.log] == [(202, True)] * 2
    service.add(Fault(kind=FaultKind.LOST_REPLY_503))
    told = send(service, "PUT", "/notes/c", {"text": "z"})
    assert (told.status, told.json()["message"], service.notes["c"]) == (503, "Service Unavailable", "z")


def test_a_status_comes_in_the_place_of_the_effect_as_often_as_asked(service: Notes) -> None:
    wait = {"Retry-After": "1"}
    service.add(Fault(kind=FaultKind.STATUS, status=504, path="/notes/a", count=2, skip=1, headers=wait))
    replies = [send(service, "PUT", "/notes/a", {"text": str(number)}) for number in range(4)]
    assert [reply.status for reply in replies] == [202, 504, 504, 202]
    assert replies[1].json() == {"status": 504, "message": "made by the test"}
    assert replies[1].headers["Retry-After"] == "1"
    assert [seen.executed for seen in service.log] == [True, False, False, True]
    assert [seen.fault for seen in service.log] == [None, FaultKind.STATUS, FaultKind.STATUS, None]
    service.add(Fault(kind=FaultKind.STATUS, status=500, count=0))
    assert {send(service, "GET", "/file").status for _ in range(3)} == {500}
    service.clear_faults()
    assert send(service, "GET", "/file").status == 200


def test_pages_redirects_and_cut_bodies(service: Notes) -> None:
    service.notes["a"] = "x" * 100
    elsewhere = "http://localhost:1{path}"
    service.add(Fault(kind=FaultKind.HTML_200), Fault(kind=FaultKind.REDIRECT, location=elsewhere))
    page = send(service, "GET", "/notes/a")
    assert (page.status, page.headers["Content-Type"], page.body[:6]) == (200, "text/html", b"<html>")
    redirect = send(service, "GET", "/notes/a")
    assert (redirect.status, redirect.headers["Location"]) == (307, "http://localhost:1/v1/notes/a")
    service.add(Fault(kind=FaultKind.TRUNC_FIN), Fault(kind=FaultKind.TRUNC_CL))
    with pytest.raises(http.client.IncompleteRead):
        send(service, "GET", "/notes/a")
    with pytest.raises(ValueError, match="Unterminated"):
        send(service, "GET", "/notes/a").json()


def test_a_slow_answer_comes_late_and_ends_with_the_service(clock: Clock) -> None:
    with Notes(clock=clock) as service:
        service.add(Fault(kind=FaultKind.SLOW_HEAD, seconds=0.05))
        assert send(service, "PUT", "/notes/a", {"text": "x"}).status == 202
        service.add(Fault(kind=FaultKind.SLOW_HEAD))
        seen: list[BaseException] = []

        def wait() -> None:
            try:
                send(service, "GET", "/notes/a")
            except (OSError, http.client.HTTPException) as error:
                seen.append(error)

        waiting = threading.Thread(target=wait)
        waiting.start()
        service._server.wait_for_requests(2)
        assert send(service, "GET", "/file").status == 200  # others are served meanwhile
    waiting.join(10)
    assert not waiting.is_alive()


def test_a_fault_that_only_the_proxy_knows_is_refused(service: Notes) -> None:
    with pytest.raises(ValueError, match="STALL_BODY"):
        service.add(Fault(kind=FaultKind.STALL_BODY))


def test_no_secret_in_the_log_s_repr(service: Notes) -> None:
    send(service, "PUT", "/notes/a", {"text": "secret-text"})
    assert TOKEN not in repr(service.log)
    assert "secret-text" not in repr(service.log)
    assert service.log[0].header("authorization") == f"Bearer {TOKEN}"
    assert service.log[0].json() == {"text": "secret-text"}
    assert service.calls_of("putNote") == service.log
    assert service.calls_of("getNote") == ()


def test_the_fullest_period_is_found() -> None:
    assert most_in_any_period([], 1.0) == 0
    assert most_in_any_period([0.0, 1.0, 2.0], 1.0) == 1
    assert most_in_any_period([5.0, 0.0, 0.9, 0.95, 1.0, 1.8], 1.0) == 4


def test_a_window_needs_calls_and_time() -> None:
    with pytest.raises(ValueError, match="at least 1 call"):
        RateWindow("read", 0, 1.0)
