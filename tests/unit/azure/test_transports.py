"""The second transport: azure-core's pipeline with the user's own policies, and `responses` in a user's tests."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import responses
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.pipeline.transport import RequestsTransport

from cloud._wire._transport import SocketTransport
from cloud.azure import AzureBlobClient, AzureOptions
from cloud.common import TransferConfig
from cloud.common.errors import NotFoundError, ServiceUnavailableError, TimeoutError_
from cloud.testing._scripted_server import ScriptedResponse, ScriptedServer
from unit.azure.helpers import failed, found, stored
from unit.azure.scripted import KEY, NO_WAIT

if TYPE_CHECKING:
    from pathlib import Path

    from azure.core.pipeline import PipelineRequest

    from servers.azurite import AzuriteServer

SDK = AzureOptions(transport="sdk")


class Stamp(SansIOHTTPPolicy[Any, Any]):
    """A user's policy that adds a header and counts what it sees."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Add the header."""
        self.seen.append(request.http_request.method)
        request.http_request.headers["x-company"] = "acme"


def client_over(server: ScriptedServer, options: AzureOptions, **settings: Any) -> AzureBlobClient:
    text = f"AccountName=examples;AccountKey={KEY};BlobEndpoint={server.url}/examples"
    return AzureBlobClient(connection_string=text, retry=NO_WAIT, options=options, **settings)


def test_everyday_calls_through_the_pipeline(
    azurite_server: AzuriteServer, bucket: str, tmp_path: Path
) -> None:
    text, parts = azurite_server.connection_string, TransferConfig(part_size=1 << 20, threshold=1 << 20)
    source = tmp_path / "source"
    source.write_bytes(bytes(range(256)) * 8192)
    with AzureBlobClient(connection_string=text, options=SDK, transfer=parts) as client:
        client.upload_file(bucket, "a b/ü%+?#", b"body", metadata={"a-b": "1"})
        assert client.download_file(bucket, "a b/ü%+?#") == b"body"
        assert client.get_object_metadata(bucket, "a b/ü%+?#").metadata == {"a-b": "1"}
        client.upload_file(bucket, "large", source)
        assert client.download_file(bucket, "large") == source.read_bytes()
        assert client.read_range(bucket, "large", 255, 258) == b"\xff\x00\x01"
        assert [info.key for info in client.list_objects(bucket)] == ["a b/ü%+?#", "large"]
        with pytest.raises(NotFoundError):
            client.download_file(bucket, "missing")
        assert all(result.ok for result in client.delete_files(bucket, ["a b/ü%+?#", "large"]))


def test_user_s_policies_see_every_request() -> None:
    policy = Stamp()
    with ScriptedServer(stored(), found(b"x")) as server:
        with client_over(server, AzureOptions(policies=[policy])) as client:
            client.upload_file("box", "k", b"x")
            client.download_file("box", "k")
        assert [request.header("x-company") for request in server.requests] == ["acme", "acme"]
    assert policy.seen == ["PUT", "GET"]


def test_user_s_transport_sends_and_stays_open() -> None:
    with RequestsTransport() as transport, ScriptedServer(found(b"1"), found(b"2")) as server:
        for expected in (b"1", b"2"):
            with client_over(server, AzureOptions(pipeline_transport=transport)) as client:
                assert client.download_file("box", "k") == expected
        assert transport.session is not None
        assert server.connections == 1


def test_encoded_body_is_not_decoded() -> None:
    whole = ("Content-Range", "bytes 0-14/15")
    answer = replace(found(b"not really gzip", ("Content-Encoding", "gzip"), whole), status=206)
    with ScriptedServer(answer) as server, client_over(server, SDK) as client:
        assert client.download_file("box", "k") == b"not really gzip"


def test_cut_body_is_read_on(tmp_path: Path) -> None:
    cut = ScriptedResponse(headers=(("ETag", '"0x1"'), ("Content-Length", "8")), body=b"0123", close="fin")
    rest = ScriptedResponse(
        status=206, headers=(("ETag", '"0x1"'), ("Content-Range", "bytes 4-7/8")), body=b"4567"
    )
    with ScriptedServer(cut, rest) as server, client_over(server, SDK) as client:
        client.download_to("box", "k", tmp_path / "k")
        assert server.requests[1].header("x-ms-range") == "bytes=4-7"
    assert (tmp_path / "k").read_bytes() == b"01234567"


def test_failures_of_the_pipeline_are_the_wire_s() -> None:
    broken = ScriptedResponse(raw=b"", close="rst")
    with ScriptedServer(broken, found(b"x")) as server, client_over(server, SDK) as client:
        assert client.download_file("box", "k") == b"x"
    with ScriptedServer() as server:
        url = server.url
    with (
        AzureBlobClient(account_url=f"{url}/examples", anonymous=True, retry=NO_WAIT, options=SDK) as client,
        pytest.raises(ServiceUnavailableError) as caught,
    ):
        client.download_file("box", "k")
    assert caught.value.request_sent is False


def test_silence_is_a_timeout() -> None:
    never = threading.Event()
    with (
        ScriptedServer(otherwise=ScriptedResponse(when=never)) as server,
        client_over(server, SDK, timeout=0.1) as client,
        pytest.raises(TimeoutError_),
    ):
        client.download_file("box", "k")
    never.set()


def test_errors_have_their_code_and_words() -> None:
    with (
        ScriptedServer(failed(404, "BlobNotFound")) as server,
        client_over(server, SDK) as client,
        pytest.raises(NotFoundError) as caught,
    ):
        client.download_file("box", "k")
    assert (caught.value.provider_code, caught.value.message, caught.value.request_id) == (
        "BlobNotFound",
        "words",
        "REQ1",
    )


# -- a user's mocked test ------------------------------------------------------------------------------------
def archive_report(client: AzureBlobClient, text: str) -> str:
    """Stand for a user's function."""
    return client.upload_file("reports", "2030/report.txt", text.encode(), metadata={"kind": "yearly"})


@responses.activate
def test_a_user_s_test_needs_nothing_but_the_decorator() -> None:
    url = "https://acme.blob.core.windows.net/reports/2030/report.txt"
    responses.add(responses.PUT, url, status=201, headers={"ETag": '"0x1"'})
    with AzureBlobClient(connection_string=f"AccountName=acme;AccountKey={KEY}") as client:
        assert archive_report(client, "all is well") == "az://reports/2030/report.txt"
    sent = responses.calls[0].request
    assert sent.headers["x-ms-meta-kind"] == "yearly"
    assert sent.body == b"all is well"


def test_client_made_before_the_mock_is_mocked_and_works_on_the_wire_afterwards() -> None:
    with ScriptedServer(found(b"real")) as server, client_over(server, AzureOptions()) as client:
        with responses.RequestsMock() as mock:
            url, etag = f"{server.url}/examples/box/k", {"ETag": '"0x1"'}
            mock.add(responses.GET, url, body=b"mocked", headers=etag, auto_calculate_content_length=True)
            assert client.download_file("box", "k") == b"mocked"
        assert client.download_file("box", "k") == b"real"
        assert len(server.requests) == 1


def test_wire_is_taken_where_nothing_speaks_against_it(azurite: AzureBlobClient, bucket: str) -> None:
    azurite.upload_file(bucket, "k", b"x")
    chosen = azurite._setup.transport()
    assert not isinstance(chosen, SocketTransport)  # it asks at each request
    with AzureBlobClient(account_url="https://acme.blob.core.windows.net", anonymous=True,
                         options=AzureOptions(transport="wire")) as client:  # fmt: skip  # short
        assert isinstance(client._setup.transport(), SocketTransport)


def test_first_request_with_a_key_loads_no_sdk() -> None:
    program = f"""
import sys
from cloud.azure import AzureBlobClient
before = [name for name in sys.modules if name.split(".")[0] in ("azure", "msal", "requests")]
client = AzureBlobClient(connection_string="AccountName=examples;AccountKey={KEY};BlobEndpoint=" + sys.argv[1])
assert client.download_file("box", "k") == b"x"
loaded = [name for name in sys.modules if name.startswith(("azure.core", "azure.storage.blob", "msal", "requests"))]
print(before, loaded)
"""
    with ScriptedServer(found(b"x")) as server:
        done = subprocess.run(  # this test's own program
            [sys.executable, "-c", program, f"{server.url}/examples"],
            capture_output=True,
            text=True,
            check=True,
        )
    assert done.stdout.strip() == "[] []"
