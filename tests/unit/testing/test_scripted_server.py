"""The scripted server says what it was told and tells what it was asked."""

from __future__ import annotations

import http.client
import ssl
import threading

import pytest
import trustme

from cloud.testing._scripted_server import RecordedRequest, ScriptedResponse, ScriptedServer


def connect(server: ScriptedServer) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)


def exchange(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None = None
) -> tuple[int, bytes]:
    connection.request(method, path, body=body)
    response = connection.getresponse()
    return response.status, response.read()


def test_answers_come_in_order_and_requests_are_recorded() -> None:
    with ScriptedServer(ScriptedResponse(status=503), ScriptedResponse(body=b"data")) as server:
        client = connect(server)
        assert exchange(client, "PUT", "/a?b=c", b"body") == (503, b"")
        assert exchange(client, "GET", "/d") == (200, b"data")
        client.close()
        other = connect(server)
        server.add(lambda request: ScriptedResponse(status=201, body=request.path.encode()))
        assert exchange(other, "GET", "/own") == (201, b"/own")
        other.close()
        assert server.connections == 2
    first, second, third = server.requests
    assert (first.method, first.path, first.body, first.connection) == ("PUT", "/a?b=c", b"body", 0)
    assert first.header("CONTENT-LENGTH") == "4"
    assert (second.connection, third.connection) == (0, 1)


def test_chunked_uploads_and_expectations_are_understood() -> None:
    with ScriptedServer(ScriptedResponse()) as server:
        client = connect(server)
        client.request(
            "PUT", "/", body=iter([b"ab", b"cde"]), headers={"Expect": "100-continue"}, encode_chunked=True
        )
        assert client.getresponse().status == 200
        client.close()
    assert server.requests[0].body == b"abcde"


def test_an_answer_and_its_body_wait_for_their_events() -> None:
    head, body = threading.Event(), threading.Event()
    with ScriptedServer(ScriptedResponse(body=b"late", when=head, body_when=body)) as server:
        client = connect(server)
        client.request("GET", "/")
        assert [request.path for request in server.wait_for_requests(1)] == ["/"]
        head.set()
        response = client.getresponse()
        body.set()
        assert response.read() == b"late"
        client.close()


def test_raw_bytes_and_resets() -> None:
    cut = ScriptedResponse(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", close="fin")
    with ScriptedServer(cut, ScriptedResponse(raw=b"", close="rst")) as server:
        client = connect(server)
        with pytest.raises(http.client.IncompleteRead):
            exchange(client, "GET", "/")
        client.close()
        client = connect(server)
        with pytest.raises(ConnectionResetError):
            exchange(client, "GET", "/")
        client.close()


def test_a_request_beyond_the_script_is_an_error() -> None:
    server = ScriptedServer().__enter__()
    client = connect(server)
    assert exchange(client, "GET", "/more")[0] == 500
    client.close()
    with pytest.raises(RuntimeError, match="1 requests beyond the script: GET /more"):
        server.__exit__(None, None, None)


def test_an_answer_for_all_the_rest() -> None:
    def repeat(request: RecordedRequest) -> ScriptedResponse:
        return ScriptedResponse(body=request.path.encode())

    with ScriptedServer(ScriptedResponse(body=b"first"), otherwise=repeat) as server:
        client = connect(server)
        assert [exchange(client, "GET", f"/{n}")[1] for n in range(3)] == [b"first", b"/1", b"/2"]
        client.close()


def test_waiting_for_too_many_requests_times_out() -> None:
    with ScriptedServer() as server, pytest.raises(TimeoutError, match="0 of 1"):
        server.wait_for_requests(1, timeout=0)


def test_tls_is_served_and_a_client_that_refuses_it_harms_nothing() -> None:
    authority = trustme.CA()
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(served)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with ScriptedServer(ScriptedResponse(body=b"safe"), ssl_context=served) as server:
        assert server.url.startswith("https://127.0.0.1:")
        refusing = http.client.HTTPSConnection(
            "127.0.0.1", server.port, timeout=30, context=ssl.create_default_context()
        )
        with pytest.raises(ssl.SSLCertVerificationError):
            refusing.request("GET", "/")
        refusing.close()
        client = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=30, context=trusting)
        assert exchange(client, "GET", "/") == (200, b"safe")
        client.close()
