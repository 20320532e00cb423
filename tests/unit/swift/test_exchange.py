"""Requests as they are sent: byte-exact paths, no redirects, and what is no Swift is not taken for one."""

from __future__ import annotations

import logging
import traceback
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud._dialects.swift._exchange import Exchange, ended_status, json_list, json_object, quote_key
from cloud._dialects.swift._login import FixedLogin
from cloud._wire._transport import SocketTransport
from cloud.common import (
    CloudError,
    ConfigurationError,
    InvalidRequestError,
    NotFoundError,
    Secret,
    ServiceUnavailableError,
)
from cloud.testing._scripted_server import ScriptedResponse, ScriptedServer
from unit.swift.helpers import (
    ACCOUNT,
    TOKEN,
    document,
    empty,
    failed,
    found,
    lines,
    make_client,
    small_container,
    stored,
)

PORTAL = ScriptedResponse(
    headers=(("Content-Type", "text/html"),), body=b"<html><body>Please log in</body></html>"
)


def exchange_of(url: str) -> Exchange:
    return Exchange(FixedLogin(Secret(TOKEN), url, None), SocketTransport())


@pytest.mark.parametrize(
    ("bucket", "key", "path"),
    [
        ("c", "k", "/c/k"), ("c", "a/../b", "/c/a/../b"), ("c", "./x", "/c/./x"), ("c", "/lead", "/c//lead"),
        ("c", "a//b/", "/c/a//b/"), ("c", "..", "/c/.."), ("c", "a b+c%2F", "/c/a%20b%2Bc%252F"),
        ("c", "?x=1#y", "/c/%3Fx%3D1%23y"), ("c", "é", "/c/%C3%A9"), ("c", "~-._", "/c/~-._"),
        ("my photos", "k", "/my%20photos/k"), ("größe", "k", "/gr%C3%B6%C3%9Fe/k"), ("a%b", "k", "/a%25b/k"),
    ],
)  # fmt: skip  # a table
def test_names_go_into_the_path_byte_for_byte(bucket: str, key: str, path: str) -> None:
    with ScriptedServer(found(b"body")) as server:
        make_client(server).download_file(bucket, key)
        assert lines(server.requests[0]) == f"GET {path}"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_quoted_key_is_the_key(key: str) -> None:
    quoted = quote_key(key)
    assert unquote(quoted) == key
    assert quoted.isascii()
    assert not set(quoted) & set(" ?#%\r\n") - {"%"}


def test_no_redirect_is_followed() -> None:
    with ScriptedServer() as elsewhere:
        for status in (301, 302, 303, 307, 308):
            answer = empty(status, ("Location", f"{elsewhere.url}/v1/AUTH_a/c/k"))
            with ScriptedServer(answer) as server, pytest.raises(ConfigurationError):
                make_client(server).download_file("c", "k")
        assert elsewhere.requests == ()


def test_the_token_goes_to_the_account_only_and_is_nowhere_to_be_seen(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with ScriptedServer(otherwise=failed(404)) as server, caplog.at_level(logging.DEBUG):
        client = make_client(server)
        with pytest.raises(NotFoundError) as caught:
            client.download_file("c", "k")
        assert server.requests[0].header("X-Auth-Token") == TOKEN
    error = caught.value
    text = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert TOKEN not in text + repr(vars(client)) + caplog.text + str(error.to_dict())


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.download_file("c", "k"), lambda c: c.get_object_metadata("c", "k"),
        lambda c: c.list_objects("c").to_list(), lambda c: c.list_buckets(), lambda c: c.list_versions("c").to_list(),
        lambda c: list(c.delete_files("c", ["k"])),
        lambda c: c.upload_file("c", "k", b"x"), lambda c: c.create_bucket("c"),
    ],
)  # fmt: skip  # a table
def test_a_captive_portal_is_no_swift(call: object) -> None:
    with ScriptedServer(otherwise=PORTAL) as server:
        client = make_client(server)
        small_container(client, "c")
        with pytest.raises(CloudError) as caught:
            call(client)  # type: ignore[operator]  # one of the calls above
        assert not isinstance(caught.value, NotFoundError)


@pytest.mark.parametrize(
    ("account", "path"),
    [
        ("/v1/AUTH_a", "/info"),
        ("/object/v1/AUTH_a", "/object/info"),
        ("/swift/v1", "/swift/info"),
        ("/", "/info"),
    ],
)
def test_the_cluster_is_asked_for_its_limits_once_and_without_a_token(account: str, path: str) -> None:
    with ScriptedServer(document({"slo": {"max_manifest_segments": 7}})) as server:
        exchange = exchange_of(f"{server.url}{account}")
        assert exchange.limit("slo", "max_manifest_segments", 1000) == 7
        assert exchange.limit("slo", "unknown", 5) == 5
        assert exchange.limit("unknown", "unknown", 6) == 6
        assert server.requests[0].path == path
        assert server.requests[0].header("X-Auth-Token") is None


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_cluster_that_says_nothing_has_the_documented_limits(status: int) -> None:
    with ScriptedServer(failed(status)) as server:
        assert exchange_of(f"{server.url}{ACCOUNT}").limit("slo", "max_manifest_segments", 1000) == 1000


def test_limits_that_are_none_are_not_taken() -> None:
    for wrong in ("1000", -1, 0, None, [1]):
        with ScriptedServer(document({"slo": {"max": wrong}})) as server:
            assert exchange_of(f"{server.url}{ACCOUNT}").limit("slo", "max", 1000) == 1000


@pytest.mark.parametrize("body", [b"", b"<html>", b"[", b"[1]", b"{}", b"null", b"\xff"])
def test_what_is_no_list_of_objects_raises(body: bytes) -> None:
    with pytest.raises(ServiceUnavailableError):
        json_list(body, "listing")


@pytest.mark.parametrize("body", [b"", b"  ", b"{", b"[]", b"7"])
def test_what_is_no_object_raises(body: bytes) -> None:
    with pytest.raises(ServiceUnavailableError):
        json_object(body, "answer")


def test_the_end_of_an_answer_is_its_status() -> None:
    assert ended_status(json_object(b'  \r\n\r\n{"Response Status": "201 Created"}', "answer")) == 201
    for wrong in ({}, {"Response Status": ""}, {"Response Status": "Created"}, {"Response Status": None}):
        with pytest.raises(ServiceUnavailableError):
            ended_status(wrong)


def test_names_that_cannot_be_sent_are_refused_before_any_request() -> None:
    with ScriptedServer() as server:
        client = make_client(server)
        for bucket in ("a/b", ".", "..", "a\nb", "a\x00", "a" * 257, "é" * 129, "a\ud800"):
            with pytest.raises(InvalidRequestError):
                client.download_file(bucket, "k")
        with pytest.raises(InvalidRequestError):
            client.download_file("c", "a\x00b")
        assert server.requests == ()


def test_a_small_write_is_one_request_with_its_md5() -> None:
    with ScriptedServer(stored(b"body")) as server:
        client = make_client(server)
        small_container(client, "c")
        assert client.upload_file("c", "k", b"body") == "swift://c/k"
        assert server.requests[0].header("ETag") == "841a2d689ad86bd1611447453c22c6fc"
