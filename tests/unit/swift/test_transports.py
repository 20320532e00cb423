"""The same requests through keystoneauth's requests session, and ``responses`` mocks without a setting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import responses

from cloud._dialects._sessions import AutoTransport, RequestsTransport
from cloud.common import NotFoundError, ServiceUnavailableError
from cloud.infomaniak import SwiftOptions
from cloud.testing._scripted_server import ScriptedServer
from unit.swift.helpers import (
    TOKEN,
    failed,
    found,
    lines,
    logged_in,
    make_client,
    small_container,
    stored,
    version_1,
)

if TYPE_CHECKING:
    from pathlib import Path

SDK = SwiftOptions(transport="sdk")


def test_the_session_of_the_sdk_sends_the_same_bytes() -> None:
    with ScriptedServer(found(b"body"), stored(b"x"), failed(404)) as server:
        client = make_client(server, options=SDK)
        small_container(client, "c")
        assert isinstance(client._ops.exchange.transport, RequestsTransport)
        assert client.download_file("c", "a/../b //é") == b"body"
        client.upload_file("c", "k", b"x", metadata={"a_b": "1"})
        with pytest.raises(NotFoundError):
            client.get_object_metadata("c", "k")
        read, write, _ = server.requests
    assert (lines(read), read.header("X-Auth-Token")) == ("GET /c/a/../b%20//%C3%A9", TOKEN)
    assert (write.body, write.header("X-Object-Meta-A=5Fb")) == (b"x", "1")


def test_version_1_goes_through_the_session_of_the_sdk_too() -> None:
    with ScriptedServer() as server:
        server.add(logged_in(server), found(b"body"))
        client = version_1(server, options=SDK)
        assert client.download_file("c", "k") == b"body"
        client.close()
        server.add(logged_in(server), found(b"again"))
        assert client.download_file("c", "k") == b"again"


def test_nobody_there_is_unavailable_by_both_ways() -> None:
    with ScriptedServer() as server:
        url = server.url
    for transport in ("wire", "sdk"):
        client = make_client(url, options=SwiftOptions(transport=transport))  # type: ignore[arg-type]  # one of the two
        with pytest.raises(ServiceUnavailableError):
            client.download_file("c", "k")


def test_responses_mocks_a_client_that_was_made_before() -> None:
    client = make_client("http://swift.example", options=SwiftOptions())
    assert isinstance(client._ops.exchange.transport, AutoTransport)
    with responses.RequestsMock() as mock:
        mock.get(
            "http://swift.example/v1/AUTH_a/c/k",
            body=b"mocked",
            headers={"Etag": "opaque"},
            auto_calculate_content_length=True,
        )
        assert client.download_file("c", "k") == b"mocked"
        assert mock.calls[0].request.headers["X-Auth-Token"] == TOKEN


def test_responses_mocks_the_login_by_version_1() -> None:
    with responses.RequestsMock() as mock, ScriptedServer() as server:
        client = version_1(server, options=SwiftOptions())
        headers = {"X-Auth-Token": "t", "X-Storage-Url": "http://swift.example/v1/AUTH_a"}
        mock.get(f"{server.url}/auth/v1.0", headers=headers)
        mock.head("http://swift.example/v1/AUTH_a/c", status=204)
        assert client.bucket_exists("c") is True


def test_the_ca_bundle_is_the_option_s_or_the_environment_s(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    for name in ("option", "OS_CACERT", "REQUESTS_CA_BUNDLE"):
        with monkeypatch.context() as patch:
            options = SwiftOptions(ca_bundle=tmp_path if name == "option" else None)
            if name != "option":
                patch.setenv(name, str(tmp_path))
            assert make_client("http://h", options=options)._setup.connection.verify() == str(tmp_path)
    assert make_client("http://h")._setup.connection.verify() is True
    assert make_client("http://h", options=SwiftOptions(verify=False))._setup.connection.verify() is False
