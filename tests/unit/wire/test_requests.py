"""Requests as values, and what is refused before anything is sent."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from httptools import HttpRequestParser
from hypothesis import given
from hypothesis import strategies as st

from cloud._wire import HttpRequest, InvalidHeaderError, Origin, Timeouts
from cloud._wire._encode import encode_head
from cloud.common.errors import MissingDependencyError
from unit.wire.scripted import request

if TYPE_CHECKING:
    from cloud._wire import SocketTransport

ORIGIN = Origin("https", "store.example", 443)


@pytest.mark.parametrize(
    ("url", "origin", "header"),
    [
        ("https://store.example", Origin("https", "store.example", 443), "store.example"),
        ("https://Store.Example:443/p?q", Origin("https", "store.example", 443), "store.example"),
        ("http://store.example:8333/", Origin("http", "store.example", 8333), "store.example:8333"),
        ("http://127.0.0.1:443", Origin("http", "127.0.0.1", 443), "127.0.0.1:443"),
        ("http://[::1]:9000/x", Origin("http", "::1", 9000), "[::1]:9000"),
        ("https://[2001:DB8::1]", Origin("https", "2001:db8::1", 443), "[2001:db8::1]"),
    ],
)
def test_an_origin_is_read_from_a_url(url: str, origin: Origin, header: str) -> None:
    assert Origin.parse(url) == origin
    assert origin.host_header == header


@pytest.mark.parametrize(
    "url",
    [
        "",
        "store.example",
        "ftp://h",
        "http://",
        "http://geheim:x@h",
        "https://geheim@h",
        "http://h:geheim",
        "http://[geheim",
    ],
)
def test_a_url_without_an_origin_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="URL") as caught:
        Origin.parse(url)
    assert "geheim" not in f"{caught.value} {caught.value.__context__!r}"


def test_a_request_shows_no_secrets() -> None:
    one = request(ORIGIN, "PUT", "/k?X-Amz-Signature=geheim", b"geheim", authorization="geheim")
    assert "geheim" not in repr(one)
    assert "store.example" in repr(one)


@pytest.mark.parametrize("seconds", [0, -1, float("inf"), float("nan")])
def test_timeouts_are_finite_and_positive(seconds: float) -> None:
    with pytest.raises(ValueError, match="timeout"):
        Timeouts(read=seconds)
    with pytest.raises(ValueError, match="timeout"):
        Timeouts(connect=seconds)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-a", "geheim\r\nx-b: 1"),
        ("x-a", "geheim\n"),
        ("x-a", "geheim\r"),
        ("x-a", "geheim\0"),
        ("x-a", "geheim\x7f"),
        ("x-a", "geheim\u20ac"),
        ("x-a", "geheim\r\n\r\nGET / HTTP/1.1"),
        ("geheim\r\nx", "1"),
        ("geheim:", "1"),
        ("geheim x", "1"),
        ("X-Geheim", "1"),
        ("", "geheim"),
        ("gehe\xefm", "1"),
        ("connection", "geheim"),
        ("transfer-encoding", "geheim"),
        ("proxy-authorization", "geheim"),
    ],
)
def test_header_injection_is_refused_before_anything_is_sent(
    transport: SocketTransport, name: str, value: str
) -> None:
    one = request(Origin("http", "127.0.0.1", 1))
    one.headers[name] = value
    with pytest.raises(InvalidHeaderError) as caught:
        transport.send(one)
    assert not caught.value.request_sent
    assert "geheim" not in f"{caught.value!r} {vars(caught.value)} {caught.value.__context__!r}"


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/geheim x"), ("GET", "/geheim\r\nx: y"), ("GET", "/geheim\x00"), ("GET", "/gehe\xefm"), ("GET", ""),
        ("GET", "geheim"), ("GET", "http://other/"), ("GE T", "/"), ("get", "/"), ("", "/"), ("GET\r\n", "/"),
    ],
)  # fmt: skip
def test_a_bad_method_or_target_is_refused(transport: SocketTransport, method: str, target: str) -> None:
    with pytest.raises(InvalidHeaderError) as caught:
        transport.send(request(Origin("http", "127.0.0.1", 1), method, target))
    assert "geheim" not in str(caught.value)


def test_a_request_without_a_host_is_refused() -> None:
    with pytest.raises(InvalidHeaderError, match="host"):
        encode_head(HttpRequest("GET", ORIGIN, "/", {"x-a": "1"}))


class _Seen:
    def __init__(self) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.messages = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_message_complete(self) -> None:
        self.messages += 1


@given(
    st.dictionaries(
        st.sampled_from(["x-a", "x-b", "x-c"]), st.text(st.characters(max_codepoint=300)), max_size=3
    )
)
def test_any_headers_make_one_request_with_exactly_them_or_are_refused(headers: dict[str, str]) -> None:
    try:
        head, _ = encode_head(HttpRequest("GET", ORIGIN, "/k", {"host": "store.example", **headers}))
    except InvalidHeaderError:
        assert any(
            ord(char) > 255 or char == "\x7f" or (ord(char) < 32 and char != "\t")
            for value in headers.values()
            for char in value
        )
        return
    seen = _Seen()
    HttpRequestParser(seen).feed_data(head)
    assert seen.messages == 1
    assert [(name.decode(), value.decode("latin-1").strip(" \t")) for name, value in seen.headers] == [
        ("host", "store.example"),
        *((name, value.strip(" \t")) for name, value in headers.items()),
    ]


LOADED = """
import sys
before = set(sys.modules)
import cloud._wire
heavy = {"socket", "_socket", "ssl", "_ssl", "select", "httptools", "urllib.request", "http.client", "asyncio"}
assert not heavy & (set(sys.modules) - before), "importing"
assert not {"dataclasses", "cloud._wire._types"} & (set(sys.modules) - before), "importing"
transport = cloud._wire.SocketTransport()
cloud._wire.FileRange, cloud._wire.HttpRequest
assert not heavy & (set(sys.modules) - before), heavy & set(sys.modules)
assert set(dir(cloud._wire)) >= set(cloud._wire.__all__)
for name in cloud._wire.__all__:
    getattr(cloud._wire, name)
"""


def test_importing_and_making_a_transport_loads_no_network_modules() -> None:
    subprocess.run([sys.executable, "-I", "-c", LOADED], check=True, timeout=60)


def test_a_missing_parser_is_named(transport: SocketTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httptools", None)  # Python's own mark for "not there"
    with pytest.raises(MissingDependencyError, match="httptools"):
        transport.send(request(Origin("http", "127.0.0.1", 1)))
