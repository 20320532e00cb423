"""Uploads in blocks: ids, checksums, conflicts with others, and what is left behind."""

from __future__ import annotations

import threading
from base64 import b64decode, b64encode
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from cloud._dialects.azure_blob import _blocks
from cloud._dialects.azure_blob._blocks import block_id, crc64_of
from cloud.azure import AzureBlobClient
from cloud.common import TransferConfig
from cloud.common._storage_types import PutRequest, Upload
from cloud.common.errors import AlreadyExistsError, ConflictError, IntegrityError, PreconditionFailedError
from cloud.testing._scripted_server import RecordedRequest, ScriptedResponse, ScriptedServer
from unit.azure.helpers import failed, listing, stored
from unit.azure.scripted import client_of

if TYPE_CHECKING:
    from collections.abc import Callable

PARTS = TransferConfig(part_size=4, threshold=5, max_workers=1)
REQUEST = PutRequest("box", "k", content_type="a/b")
STAGED = (
    "<Blob><Name>k</Name><Properties><Creation-Time>Tue, 24 Nov 2026 02:17:47 GMT</Creation-Time>"
    "<Content-Length>0</Content-Length><BlobType>BlockBlob</BlobType></Properties></Blob>"
)


# -- ids and checksums ---------------------------------------------------------------------------------------
def test_ids_have_one_length_and_hold_upload_and_number() -> None:
    first, second = _blocks.begin(), _blocks.begin()
    ids = {block_id(upload, number) for upload in (first, second) for number in (1, 2, 50_000)}
    assert len(ids) == 6
    assert {len(name) for name in ids} == {64}
    assert b64decode(block_id(first, 7)).decode().startswith(f"{first}-")


def test_crc64_is_azure_s() -> None:
    """The values are those that azure-storage-extensions computes."""
    for body, value in (
        (b"", 0),
        (b"a", 10_101_437_924_136_188_988),
        (b"Hello World" * 100, 12_858_958_322_657_555_237),
    ):
        assert b64decode(crc64_of(body)) == value.to_bytes(8, "little")


def test_upload_in_blocks() -> None:
    with ScriptedServer(stored(), stored(), stored(), stored()) as server, client_of(server) as client:
        client._ops.takes_crc64 = True  # as for Azure itself
        client.upload_file("box", "k", b"0123456789", transfer=PARTS, metadata={"a": "1"}, if_absent=True)
        *parts, commit = server.requests
    assert [part.body for part in parts] == [b"0123", b"4567", b"89"]
    assert [part.header("x-ms-content-crc64") for part in parts] == [crc64_of(part.body) for part in parts]
    ids = [part.path.partition("blockid=")[2].replace("%3D", "=") for part in parts]
    assert commit.path == "/examples/box/k?comp=blocklist"
    assert commit.body.decode().count("<Latest>") == 3
    assert all(f"<Latest>{name}</Latest>" in commit.body.decode() for name in ids)
    expected = {
        "x-ms-meta-a": "1",
        "x-ms-blob-content-type": "application/octet-stream",
        "if-none-match": "*",
    }
    assert {name: commit.header(name) for name in expected} == expected


def test_server_that_takes_no_crc64_gets_md5_from_then_on() -> None:
    refused = failed(500, "FeatureNotSupported")
    with ScriptedServer(refused, *[stored()] * 4) as server, client_of(server) as client:
        client._ops.takes_crc64 = True  # as for Azure itself
        client.upload_file("box", "k", b"0123456789", transfer=PARTS)
        seen = [bool(request.header("content-md5")) for request in server.requests]
    assert seen == [False, True, True, True, True]


def test_block_whose_answer_names_another_checksum_is_sent_again() -> None:
    wrong = stored(("Content-MD5", b64encode(bytes(16)).decode()))
    with ScriptedServer(wrong, *[stored()] * 4) as server, client_of(server) as client:
        client.upload_file("box", "k", b"0123456789", transfer=PARTS)
        assert [request.body for request in server.requests[:2]] == [b"0123", b"0123"]
    with (
        ScriptedServer(otherwise=wrong) as server,
        client_of(server) as client,
        pytest.raises(IntegrityError),
    ):
        client.upload_file("box", "k", b"0123456789", transfer=PARTS)


def test_emulator_is_never_sent_a_crc64() -> None:
    with ScriptedServer(*[stored()] * 4) as server, client_of(server) as client:
        client.upload_file("box", "k", b"0123456789", transfer=PARTS)
        assert {request.header("x-ms-content-crc64") for request in server.requests} == {None}
    with AzureBlobClient(account_url="https://acme.blob.core.windows.net", anonymous=True) as client:
        assert client._ops.takes_crc64
        assert client._ops.takes_urls


# -- others at the same key ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("answer", "condition", "kind"),
    [
        (failed(400, "InvalidBlockList"), {}, ConflictError),
        (failed(409, "BlobAlreadyExists"), {"if_absent": True}, AlreadyExistsError),
        (failed(412, "ConditionNotMet"), {"if_match": "0x9"}, PreconditionFailedError),
        (failed(412, "LeaseIdMissing"), {}, ConflictError),
    ],
)
def test_completion_that_is_refused(
    answer: ScriptedResponse, condition: dict[str, object], kind: type[Exception]
) -> None:
    with ScriptedServer(*[stored()] * 3, answer) as server, client_of(server) as client:
        with pytest.raises(kind):
            client.upload_file("box", "k", b"0123456789", transfer=PARTS, **condition)  # type: ignore[arg-type]  # one of two
        assert len(server.requests) == 4


def test_two_uploads_to_one_key_are_never_mixed(azurite: AzureBlobClient, bucket: str) -> None:
    first, second = (Upload(PutRequest(bucket, "k", content_type="a/b"), _blocks.begin()) for _ in range(2))
    parts = {
        upload.upload_id: [azurite._put_part(upload, number, body * 100) for number in (1, 2)]
        for upload, body in ((first, b"1"), (second, b"2"))
    }
    azurite._complete_upload(second, parts[second.upload_id])
    with pytest.raises(ConflictError) as caught:
        azurite._run("upload_file", "k", lambda: azurite._complete_upload(first, parts[first.upload_id]))
    assert caught.value.provider_code == "InvalidBlockList"
    assert "another upload" in (caught.value.hint or "")
    assert azurite.download_file(bucket, "k") == b"2" * 200


def test_racing_uploads_leave_one_whole_object(azurite: AzureBlobClient, bucket: str) -> None:
    bodies, start = [bytes([number]) * 64 for number in range(4)], threading.Barrier(4)
    config = TransferConfig(part_size=8, threshold=8, max_workers=2)

    def upload(body: bytes) -> None:
        start.wait()
        try:
            azurite.upload_file(bucket, "k", body, transfer=config)
        except ConflictError:
            return

    threads = [threading.Thread(target=upload, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert azurite.download_file(bucket, "k") in bodies


# -- what is left behind -------------------------------------------------------------------------------------
def test_failed_upload_stores_nothing_to_clean_up() -> None:
    with (
        ScriptedServer(stored(), failed(403, "AuthorizationPermissionMismatch")) as server,
        client_of(server) as client,
    ):
        with pytest.raises(PermissionError):
            client.upload_file("box", "k", b"0123456789", transfer=PARTS)
        assert [request.path.partition("?")[2][:10] for request in server.requests] == ["comp=block"] * 2


def staged(client: AzureBlobClient, bucket: str, key: str) -> None:
    upload = Upload(PutRequest(bucket, key, content_type="a/b"), client._create_upload(REQUEST))
    client._put_part(upload, 1, b"staged")


def test_left_blocks_are_listed_and_removed_on_demand(azurite: AzureBlobClient, bucket: str) -> None:
    for key in ("a/1", "a/2", "b"):
        staged(azurite, bucket, key)
    azurite.upload_file(bucket, "a/empty", b"")
    assert [found.key for found in azurite.list_unfinished_uploads(bucket, "a/")] == ["a/1", "a/2"]
    assert azurite.abort_unfinished_uploads(bucket, older_than=timedelta(hours=1)) == []
    removed = azurite.abort_unfinished_uploads(bucket, "a/", older_than=timedelta(0))
    assert [found.key for found in removed] == ["a/1", "a/2"]
    assert [found.key for found in azurite.list_unfinished_uploads(bucket)] == ["b"]
    assert [info.key for info in azurite.list_objects(bucket)] == ["a/empty"]


def test_clean_up_replaces_no_object() -> None:
    def commit(request: RecordedRequest) -> ScriptedResponse:
        assert request.header("if-none-match") == "*"
        return failed(409, "BlobAlreadyExists")

    with ScriptedServer(listing(STAGED), commit) as server, client_of(server) as client:
        removed = client.abort_unfinished_uploads("box", older_than=timedelta(0))
    assert [found.key for found in removed] == ["k"]


def test_clean_up_deletes_only_what_it_stored_itself() -> None:
    check: Callable[[RecordedRequest], str | None] = lambda request: request.header("if-match")  # noqa: E731  # short
    script = (listing(STAGED), stored(etag='"0xE"'), ScriptedResponse(status=202))
    with ScriptedServer(*script) as server, client_of(server) as client:
        client.abort_unfinished_uploads("box", older_than=timedelta(0))
        assert (server.requests[2].method, check(server.requests[2])) == ("DELETE", '"0xE"')
