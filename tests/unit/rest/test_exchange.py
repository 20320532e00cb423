"""What is sent, where the token goes, and what becomes of every answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import responses

from cloud._dialects.rest import _exchange
from cloud._dialects.rest._exchange import RestExchange, RestServiceError
from cloud._wire._errors import (
    BodyTruncatedError,
    ConnectError,
    ConnectionBrokenError,
    ReadTimeoutError,
    ResponseTooLargeError,
)
from cloud._wire._types import Timeouts
from cloud.common import Secret
from cloud.common._observe import call_facts
from cloud.common.errors import ConfigurationError, ServiceUnavailableError
from cloud.testing import ScriptedResponse, ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

OK = ScriptedResponse(body=b'{"id": "d", "name": "\xc3\xbc"}')
QUICK = Timeouts(connect=2.0, read=0.3)


def exchange_of(server: ScriptedServer, planted: str | None = "planted-token") -> RestExchange:
    token = None if planted is None else Secret(planted)
    return RestExchange(f"{server.url}/apis/v1/", token, timeouts=QUICK)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(otherwise=OK) as running:
        yield running


def test_a_request_is_sent_as_it_was_asked_for(server: ScriptedServer) -> None:
    exchange = exchange_of(server)
    query = [("limit", 2), ("name", "a b")]
    answer = exchange.call("POST", "/docs/%2F%3F", query=query, body={"rows": ["é"]}, headers={"x-v": "1"})
    assert answer.json() == {"id": "d", "name": "ü"}
    (seen,) = server.requests
    assert (seen.method, seen.path) == ("POST", "/apis/v1/docs/%2F%3F?limit=2&name=a%20b")
    assert json.loads(seen.body) == {"rows": ["é"]}
    assert seen.header("content-type") == "application/json; charset=utf-8"
    assert seen.header("authorization") == "Bearer planted-token"
    assert seen.header("x-v") == "1"
    exchange.close()


def test_a_get_has_neither_body_nor_content_type(server: ScriptedServer) -> None:
    exchange = exchange_of(server, None)
    exchange.call("GET", "/docs")
    (seen,) = server.requests
    assert (seen.body, seen.header("content-type"), seen.header("authorization")) == (b"", None, None)
    exchange.close()


def test_connections_are_kept_and_new_ones_come_after_close(server: ScriptedServer) -> None:
    exchange = exchange_of(server)
    for _ in range(3):
        exchange.call("GET", "/docs")
    exchange.close()
    exchange.call("GET", "/docs")
    exchange.close()
    assert [seen.connection for seen in server.requests] == [0, 0, 0, 1]


def test_another_status_is_an_error_with_the_document() -> None:
    refused = ScriptedResponse(status=404, body=b'{"message": "none"}', headers=(("X-Id", "7"),))
    with ScriptedServer(refused, ScriptedResponse(status=502, body=b"<html>")) as server:
        exchange = exchange_of(server)
        with pytest.raises(RestServiceError) as caught:
            exchange.call("GET", "/docs/x")
        assert (caught.value.status, caught.value.document) == (404, {"message": "none"})
        assert caught.value.headers["x-id"] == "7"
        assert call_facts().http_status == 404
        with pytest.raises(RestServiceError) as caught:
            exchange.call("GET", "/docs/x")
        assert (caught.value.status, caught.value.document) == (502, None)
        exchange.close()


def test_a_page_of_somebody_else_is_no_answer() -> None:
    with ScriptedServer(ScriptedResponse(body=b"<html>log in</html>")) as server:
        exchange = exchange_of(server)
        with pytest.raises(ServiceUnavailableError, match="no JSON"):
            exchange.call("GET", "/docs").json()
        exchange.close()


def test_redirects_are_not_followed(server: ScriptedServer) -> None:
    away = ScriptedResponse(status=302, headers=(("Location", f"{server.url}/stolen"),))
    with ScriptedServer(away) as first:
        exchange = exchange_of(first)
        with pytest.raises(RestServiceError) as caught:
            exchange.call("GET", "/docs")
        assert caught.value.status == 302
        exchange.close()
    assert server.requests == ()


def test_an_address_that_the_service_gives_out_is_fetched_without_the_token(server: ScriptedServer) -> None:
    exchange = exchange_of(server)
    answer = exchange.fetch(f"{server.url}/export/a%20b?sig=1%2B2")
    assert answer.body == OK.body
    (seen,) = server.requests
    assert (seen.path, seen.header("authorization")) == ("/export/a%20b?sig=1%2B2", None)
    for odd in ("http://example.com/x", "file:///etc/passwd", "//x"):
        with pytest.raises(ServiceUnavailableError):
            exchange.fetch(odd)
    exchange.close()


@pytest.mark.parametrize(
    "url", ["http://example.com/v1", "ftp://example.com", "example.com", "https://user:pw@example.com"]
)
def test_the_token_travels_over_tls_only(url: str) -> None:
    with pytest.raises(ConfigurationError, match="base_url"):
        RestExchange(url, Secret("t"), timeouts=QUICK)


@pytest.mark.parametrize("url", ["http://localhost:1", "http://[::1]:1", "https://coda.io/apis/v1"])
def test_where_a_token_may_go(url: str) -> None:
    RestExchange(url, Secret("t"), timeouts=QUICK).close()


def test_what_breaks_says_whether_it_was_sent() -> None:
    short = ScriptedResponse(body=b"{}", headers=(("Content-Length", "100"),), close="fin")
    with ScriptedServer(short, ScriptedResponse(raw=b"", close="rst")) as server:
        exchange = exchange_of(server)
        with pytest.raises(BodyTruncatedError):
            exchange.call("GET", "/docs")
        with pytest.raises(ConnectionBrokenError) as caught:
            exchange.call("POST", "/docs", body={})
        assert caught.value.request_sent
        url = f"{server.url}/apis"
        exchange.close()
    gone = RestExchange(url, None, timeouts=QUICK)
    with pytest.raises(ConnectError) as refused:
        gone.call("GET", "/docs")
    assert not refused.value.request_sent
    gone.close()


def test_silence_ends_by_the_timeout() -> None:
    import threading

    never = threading.Event()
    with ScriptedServer(ScriptedResponse(when=never)) as server:
        exchange = exchange_of(server)
        with pytest.raises(ReadTimeoutError):
            exchange.call("GET", "/docs")
        never.set()
        exchange.close()


def test_a_users_mock_of_requests_works() -> None:
    with responses.RequestsMock() as mock:
        mock.get("https://coda.io/apis/v1/docs", json={"items": []})
        exchange = RestExchange("https://coda.io/apis/v1", Secret("t"), timeouts=QUICK)
        assert exchange.call("GET", "/docs").json() == {"items": []}
        exchange.close()


def test_an_answer_beyond_the_bound_is_an_error(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_exchange, "MAX_ANSWER_BYTES", len(OK.body) - 1)
    exchange = exchange_of(server)
    with pytest.raises(ResponseTooLargeError):
        exchange.call("GET", "/docs")
    exchange.close()
