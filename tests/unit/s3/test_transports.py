"""The second transport: a user's mocked test works unchanged, and a real server through botocore's session."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.handlers import BUILTIN_HANDLERS
from moto import mock_aws
from moto.core.models import botocore_stubber

from cloud.aws import S3Client, S3Options
from cloud.common import (
    AlreadyExistsError,
    ConfigurationError,
    NotFoundError,
    RetryPolicy,
    ServiceUnavailableError,
    TimeoutError_,
    TransferConfig,
)
from cloud.testing._scripted_server import ScriptedResponse, ScriptedServer
from unit.s3.helpers import ObjectServer, failed, found, make_client, stored

if TYPE_CHECKING:
    from pathlib import Path

SDK = S3Options(transport="sdk")
SMALL_PARTS = TransferConfig(part_size=5 << 20, threshold=5 << 20, max_workers=2)


@pytest.fixture(autouse=True)
def no_aws_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    nothing = str(tmp_path_factory.getbasetemp() / "no-such-file")
    monkeypatch.setenv("AWS_CONFIG_FILE", nothing)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", nothing)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


# -- a user's code and its test ------------------------------------------------------------------------------
def archive_report(client: S3Client, text: str) -> str:
    """Stand for a user's function."""
    client.create_bucket("reports")
    return client.upload_file("reports", "2030/report.txt", text.encode(), metadata={"kind": "yearly"})


@mock_aws
def test_a_user_s_test_needs_nothing_but_the_decorator() -> None:
    client = S3Client()
    assert archive_report(client, "all is well") == "s3://reports/2030/report.txt"
    assert (
        boto3.client("s3", region_name="us-east-1")
        .get_object(Bucket="reports", Key="2030/report.txt")["Body"]
        .read()
        == b"all is well"
    )
    client.close()


@mock_aws
def test_everyday_calls_work_under_the_mock() -> None:
    with S3Client(region="eu-west-3", transfer=SMALL_PARTS) as client:
        assert client.create_bucket("bucket") is True
        assert client.create_bucket("bucket") is False
        assert client.list_buckets() == ["bucket"]
        for number in range(5):
            client.upload_file("bucket", f"k/{number}", bytes([number]) * 10)
        assert [info.key for info in client.list_objects("bucket", page_size=2)] == [
            f"k/{n}" for n in range(5)
        ]
        assert client.download_file("bucket", "k/3") == b"\3" * 10
        assert client.read_range("bucket", "k/3", 2, 5) == b"\3" * 3
        assert client.get_object_metadata("bucket", "k/3").size == 10
        assert client.copy_file("bucket", "k/3", "bucket", "copy") == "s3://bucket/copy"
        assert client.delete_file("bucket", "k/3") is True
        assert client.delete_file("bucket", "k/3") is False
        assert all(result.ok for result in client.delete_files("bucket", ["k/0", "k/1"]))
        with pytest.raises(NotFoundError):
            client.download_file("bucket", "k/3")
        client.upload_file("bucket", "once", b"1", if_absent=True)
        with pytest.raises(AlreadyExistsError):
            client.upload_file("bucket", "once", b"2", if_absent=True)
        client.set_tags("bucket", "once", {"a": "b"})
        assert client.get_tags("bucket", "once") == {"a": "b"}


@mock_aws
def test_a_body_in_parts_works_under_the_mock() -> None:
    body = bytes(range(256)) * (11 << 12)
    with S3Client(transfer=SMALL_PARTS) as client:
        client.create_bucket("bucket")
        client.upload_file("bucket", "big", body)
        assert client.download_file("bucket", "big") == body
        with client.open_file("bucket", "written", "wb") as file:
            file.write(body)
        with client.open_file("bucket", "written") as file:
            assert file.read() == body
        assert client.list_unfinished_uploads("bucket") == []


def test_a_client_made_before_the_mock_is_mocked_too() -> None:
    client = S3Client()
    with mock_aws():
        client.create_bucket("bucket")
        client.upload_file("bucket", "k", b"data")
        assert client.download_file("bucket", "k") == b"data"
    client.close()


def is_through_the_sdk(server: ScriptedServer, number: int) -> bool:
    """Tell by a header that botocore's session adds and the wire does not."""
    return server.requests[number].header("accept-encoding") is not None


def test_the_wire_is_used_before_and_again_after_the_mock() -> None:
    assert not botocore_stubber.enabled
    with ScriptedServer(otherwise=found(b"data")) as server:
        with make_client(server, options=S3Options()) as client:
            client.download_file("bucket", "k")
            with mock_aws():
                assert botocore_stubber.enabled
                client.download_file("bucket", "k")  # moto lets hosts pass that are not Amazon's
            client.download_file("bucket", "k")
        with mock_aws():
            inside = make_client(server, options=S3Options())
        inside.download_file("bucket", "k")
        inside.close()
        assert [is_through_the_sdk(server, number) for number in range(4)] == [False, True, False, False]


def test_an_event_hook_of_one_s_own_is_honoured() -> None:
    seen: list[str] = []

    def hook(request: object, **_: object) -> None:
        seen.append(getattr(request, "url", ""))

    entry = ("before-send.s3", hook)
    BUILTIN_HANDLERS.append(entry)
    try:
        with ScriptedServer(found(b"data")) as server, make_client(server, options=S3Options()) as client:
            assert client.download_file("bucket", "k") == b"data"
            assert seen == [f"{server.url}/bucket/k"]
    finally:
        BUILTIN_HANDLERS.remove(entry)


# -- a real server through botocore's session ----------------------------------------------------------------
@pytest.mark.parametrize("transport", ["wire", "sdk"])
def test_both_transports_send_the_same_signed_requests(transport: str) -> None:
    options = S3Options(transport=transport)  # type: ignore[arg-type]  # one of its names
    with ScriptedServer(otherwise=ObjectServer()) as server, make_client(server, options=options) as client:
        key = "odd key/ü+%41?&=~"
        client.upload_file("bucket", key, b"data", metadata={"a": "b"})
        client.upload_file("bucket", "empty", b"")
        assert client.download_file("bucket", key) == b"data"
        assert client.download_file("bucket", "empty") == b""
        assert client.get_object_metadata("bucket", key).size == 4
        assert client.delete_file("bucket", key)
        put = server.requests[0]
        assert put.path == "/bucket/odd%20key/%C3%BC%2B%2541%3F%26%3D~"
        assert put.header("x-amz-meta-a") == "b"
        assert put.header("content-length") == "4"
        assert "AWS4-HMAC-SHA256 Credential=" in (put.header("authorization") or "")


def test_a_file_goes_through_the_sdk_by_parts(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"x" * 1000)
    store = ObjectServer()
    with ScriptedServer(otherwise=store) as server, make_client(server, options=SDK) as client:
        client.upload_file("bucket", "k", path)
        client.upload_file("bucket", "view", memoryview(b"abc"))
        assert store.objects == {"/bucket/k": b"x" * 1000, "/bucket/view": b"abc"}


def test_errors_through_the_sdk_are_those_of_the_wire() -> None:
    cut = ScriptedResponse(headers=(("ETag", '"e"'), ("Content-Length", "10")), body=b"half", close="fin")
    with (
        ScriptedServer(failed(404, "NoSuchKey"), cut, cut, cut) as server,
        make_client(server, options=SDK) as client,
    ):
        with pytest.raises(NotFoundError) as caught:
            client.download_file("bucket", "k")
        assert caught.value.provider_code == "NoSuchKey"
        with pytest.raises(ServiceUnavailableError):
            client.download_file("bucket", "k")
        assert len(server.requests) == 4


def test_a_lost_answer_and_a_refused_connection_through_the_sdk() -> None:
    with ScriptedServer(ScriptedResponse(raw=b"", close="rst"), stored()) as server:
        with make_client(server, options=SDK) as client:
            client.upload_file("bucket", "k", b"data")
            assert len(server.requests) == 2
        url = server.url
    with make_client(url, options=SDK) as client:
        with pytest.raises(ServiceUnavailableError) as caught:
            client.download_file("bucket", "k")
        assert not caught.value.request_sent


def test_silence_through_the_sdk_is_a_timeout() -> None:
    silent = ScriptedResponse(when=threading.Event())
    with (
        ScriptedServer(silent) as server,
        make_client(server, options=SDK, timeout=0.05, retry=RetryPolicy(max_attempts=1)) as client,
        pytest.raises(TimeoutError_),
    ):
        client.download_file("bucket", "k")


def test_a_redirect_is_not_followed_through_the_sdk_either() -> None:
    with ScriptedServer(otherwise=found(b"stolen")) as other:
        away = ScriptedResponse(status=302, headers=(("Location", f"{other.url}/bucket/k"),))
        with (
            ScriptedServer(away) as server,
            make_client(server, options=SDK) as client,
            pytest.raises(ConfigurationError, match="302"),
        ):
            client.download_file("bucket", "k")
        assert other.requests == ()
