"""Blob index tags, through the SDK, on Azurite."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from cloud.common.errors import InvalidRequestError, NotFoundError, ServiceUnavailableError
from cloud.testing._scripted_server import ScriptedResponse, ScriptedServer
from unit.azure.scripted import client_of

if TYPE_CHECKING:
    from cloud.azure import AzureBlobClient


@pytest.mark.parametrize("key", ["plain", "a b+c%2F?d=é&#", "ü/🎉.txt", "//x", "/lead", "trail/"])
def test_tags_of_odd_keys_are_set_replaced_and_removed(
    azurite: AzureBlobClient, bucket: str, key: str
) -> None:
    azurite.upload_file(bucket, key, b"x", tags={"first": "1"})
    assert azurite.get_tags(bucket, key) == {"first": "1"}
    azurite.set_tags(bucket, key, {"a b": "x y", "c": "-"})
    assert azurite.get_tags(bucket, key) == {"a b": "x y", "c": "-"}
    azurite.set_tags(bucket, key, {})
    assert azurite.get_tags(bucket, key) == {}
    assert azurite.download_file(bucket, key) == b"x"


def test_tags_of_nothing_are_not_found(azurite: AzureBlobClient, bucket: str) -> None:
    with pytest.raises(NotFoundError):
        azurite.get_tags(bucket, "nothing")
    with pytest.raises(NotFoundError):
        azurite.set_tags(bucket, "nothing", {"a": "1"})


@pytest.mark.parametrize("tags", [{"name": "a&b"}, {"Größe": "1"}, {"a@b": "1"}], ids=ascii)
def test_a_tag_that_azure_does_not_take_is_refused_before_any_request(tags: dict[str, str]) -> None:
    with ScriptedServer() as server:
        with pytest.raises(InvalidRequestError):
            client_of(server).set_tags("box", "a", tags)
        assert server.requests == ()


def test_tags_are_of_a_version() -> None:
    tags = b"<?xml version='1.0'?><Tags><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tags>"
    answer = ScriptedResponse(headers=(("Content-Type", "application/xml"),), body=tags)
    with ScriptedServer(answer, ScriptedResponse(status=204)) as server:
        client = client_of(server)
        assert client.get_tags("box", "a", version_id="2026-11-24T01:00:00.1234567Z") == {"a": "1"}
        client.set_tags("box", "a", {"b": "2"}, version_id="2026-11-24T01:00:00.1234567Z")
        read, written = server.requests
    assert "versionid=2026-11-24T01%3A00%3A00.1234567Z" in read.path
    assert "versionid=2026-11-24T01%3A00%3A00.1234567Z" in written.path
    assert b"<Key>b</Key>" in written.body


def test_an_empty_value_is_sent_and_read() -> None:
    """Played: Azurite refuses it, and Azure takes values of 0 to 256 characters.

    https://learn.microsoft.com/rest/api/storageservices/set-blob-tags#remarks
    """
    tags = b"<Tags><TagSet><Tag><Key>a</Key><Value></Value></Tag></TagSet></Tags>"
    answer = ScriptedResponse(headers=(("Content-Type", "application/xml"),), body=tags)
    with ScriptedServer(ScriptedResponse(status=204), answer) as server:
        client = client_of(server)
        client.set_tags("box", "a", {"a": ""})
        assert client.get_tags("box", "a") == {"a": ""}
        written, _ = server.requests
    assert b"<Key>a</Key><Value /></Tag>" in written.body


def test_an_answer_without_tags_is_an_error() -> None:
    portal = ScriptedResponse(
        headers=(("Content-Type", "text/html"),), body=b"<html><body>login</body></html>"
    )
    with ScriptedServer(otherwise=portal) as server, pytest.raises(ServiceUnavailableError):
        client_of(server).get_tags("box", "a")


class TestFind:
    def test_objects_are_found_by_their_tags(self, azurite: AzureBlobClient, bucket: str) -> None:
        project = uuid4().hex
        for number in range(5):
            azurite.upload_file(bucket, f"dir/{number} ü", b"x", tags={"project": project, "n": str(number)})
        azurite.upload_file(bucket, "other", b"x", tags={"project": "another"})
        found = azurite.find_by_tags(f"\"project\" = '{project}'", bucket=bucket, page_size=2).to_list()
        assert {(item.bucket, item.key) for item in found} == {(bucket, f"dir/{n} ü") for n in range(5)}
        everywhere = azurite.find_by_tags(f"\"project\" = '{project}' AND \"n\" >= '3'").to_list()
        assert {(item.bucket, item.key) for item in everywhere} == {(bucket, "dir/3 ü"), (bucket, "dir/4 ü")}
        assert everywhere[0].tags["project"] == project

    def test_nothing_is_found(self, azurite: AzureBlobClient, bucket: str) -> None:
        assert azurite.find_by_tags(f"\"project\" = '{uuid4().hex}'", bucket=bucket).to_list() == []

    def test_a_broken_expression_is_refused(self, azurite: AzureBlobClient, bucket: str) -> None:
        with pytest.raises(InvalidRequestError):
            azurite.find_by_tags("project ==", bucket=bucket).to_list()
