"""Versions, snapshots and deleted objects.

Azurite keeps neither versions nor deleted objects, so their listings are played from the documented ones:
https://learn.microsoft.com/rest/api/storageservices/list-blobs#response-body
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from cloud.common.errors import (
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknownError,
    ServiceUnavailableError,
    UnknownServiceError,
)
from cloud.testing._scripted_server import ScriptedResponse, ScriptedServer
from unit.azure.scripted import XML, Listing, client_of, item, moment, version

if TYPE_CHECKING:
    from cloud.azure import AzureBlobClient

# The service lists the oldest version of a key first.
VERSIONS = [
    *(version("a", number) for number in (1, 2, 3)),
    version("a", 4, current=True),
    version("b ü+%", 5),
    *(version("c", number, current=number == 12) for number in range(6, 13)),
    version("d", 13, current=True),
]
EXPECTED = [
    ("a", 4, True), ("a", 3, False), ("a", 2, False), ("a", 1, False),
    ("b ü+%", 5, False),
    *(("c", number, number == 12) for number in range(12, 5, -1)),
    ("d", 13, True),
]  # fmt: skip  # a key a line


class TestVersions:
    @pytest.mark.parametrize("page_size", [1, 2, 3, 4, 5, 7, 100])
    def test_newest_first_for_each_key_at_any_page_size(self, page_size: int) -> None:
        with ScriptedServer(otherwise=Listing("versions", *VERSIONS)) as server:
            found = client_of(server).list_versions("box", page_size=page_size).to_list()
        assert [(info.key, info.size, info.is_latest) for info in found] == EXPECTED
        assert [info.version_id for info in found] == [moment(number) for _, number, _ in EXPECTED]
        assert not any(info.is_delete_marker for info in found)

    @pytest.mark.parametrize("page_size", [2, 3, 5])
    def test_each_pages_token_goes_on_where_it_ended(self, page_size: int) -> None:
        with ScriptedServer(otherwise=Listing("versions", *VERSIONS)) as server:
            client = client_of(server)
            token: str | None = None
            found = []
            while True:
                page = next(iter(client.list_versions("box", page_size=page_size, token=token).pages()))
                found += [(info.key, info.size, info.is_latest) for info in page.items]
                token = page.next_token
                if token is None:
                    break
        assert found == EXPECTED

    @pytest.mark.parametrize("page_size", [1, 2, 3, 5, 7])
    def test_what_is_deleted_on_the_way_hides_nothing(self, page_size: int) -> None:
        """Emptying a bucket deletes what it lists while it lists."""
        listing = Listing("versions", *VERSIONS)
        with ScriptedServer(otherwise=listing) as server:
            seen = []
            for info in client_of(server).list_versions("box", page_size=page_size):
                seen.append((info.key, info.size, info.is_latest))
                listing.remove(info.key, info.size)
        assert seen == EXPECTED

    @pytest.mark.parametrize("order", ["utf-8", "utf-16-be"])
    def test_keys_beyond_the_first_65536_characters_are_not_lost(self, order: str) -> None:
        keys = sorted(
            ["a", "\uabcd", "\ue000x", "\uffe0", "\U0001f389", "\U0001f389b"],
            key=lambda key: key.encode(order),
        )
        versions = [version(key, number) for key in keys for number in (1, 2)]
        with ScriptedServer(otherwise=Listing("versions", *versions)) as server:
            found = client_of(server).list_versions("box", page_size=2).to_list()
        assert {(info.key, info.size) for info in found} == {
            (key, number) for key in keys for number in (1, 2)
        }

    def test_a_page_costs_at_most_two_requests(self) -> None:
        listing = Listing("versions", *(version(f"k{number:02}", number) for number in range(60)))
        with ScriptedServer(otherwise=listing) as server:
            pages = list(client_of(server).list_versions("box", page_size=20).pages())
        assert sum(len(page.items) for page in pages) == 60
        assert len(listing.seen) <= 2 * len(pages)

    def test_where_no_versions_are_kept_all_is_the_latest(self) -> None:
        with ScriptedServer(otherwise=Listing("versions", item("a"), item("b"))) as server:
            found = client_of(server).list_versions("box").to_list()
        assert [(info.key, info.version_id, info.is_latest) for info in found] == [
            ("a", None, True),
            ("b", None, True),
        ]

    def test_a_listing_that_does_not_move_on_is_an_error(self) -> None:
        same = ScriptedResponse(
            headers=(XML,),
            body=f"<EnumerationResults ContainerName='box'><Blobs>{version('a', 1)}</Blobs>"
            "<NextMarker>at-0</NextMarker></EnumerationResults>".encode(),
        )
        with ScriptedServer(otherwise=same) as server, pytest.raises(UnknownServiceError):
            client_of(server).list_versions("box").to_list()

    def test_a_foreign_token_is_refused(self) -> None:
        with ScriptedServer() as server, pytest.raises(InvalidRequestError, match="no page token"):
            client_of(server).list_versions("box", token="at-0").to_list()

    def test_a_page_that_is_no_listing_is_an_error(self) -> None:
        portal = ScriptedResponse(
            headers=(("Content-Type", "text/html"),), body=b"<html><body>login</body></html>"
        )
        with ScriptedServer(otherwise=portal) as server, pytest.raises(ServiceUnavailableError):
            client_of(server).list_versions("box").to_list()

    def test_the_sdk_does_not_retry_on_its_own(self) -> None:
        """Three tries of our policy are three requests."""
        busy = ScriptedResponse(status=503, headers=(("x-ms-error-code", "ServerBusy"),))
        with ScriptedServer(otherwise=busy) as server:
            with pytest.raises(Exception, match=r".") as caught:
                client_of(server).list_versions("box").to_list()
            assert len(server.requests) == 3
        assert caught.value.attempts  # type: ignore[attr-defined]  # every error of ours has them


class TestSnapshots:
    def test_one_is_made_listed_read_and_deleted(self, azurite: AzureBlobClient, bucket: str) -> None:
        key = "dir/ü a+b%41"
        azurite.upload_file(bucket, key, b"one", metadata={"content-id": "1"})
        first = azurite.create_snapshot(bucket, key)
        azurite.upload_file(bucket, key, b"two!")
        second = azurite.create_snapshot(bucket, key, metadata={"re-read": "yes"})
        azurite.upload_file(bucket, key, b"three")
        listed = azurite.list_snapshots(bucket, "dir/").to_list()
        assert [(info.key, info.version_id, info.size) for info in listed] == [
            (key, second, 4),
            (key, first, 3),
        ]
        assert not any(info.is_latest for info in listed)
        assert azurite.download_file(bucket, key, version_id=first) == b"one"
        assert azurite.get_object_metadata(bucket, key, version_id=first).metadata == {"content-id": "1"}
        assert azurite.get_object_metadata(bucket, key, version_id=second).metadata == {"re-read": "yes"}
        with azurite.open_file(bucket, key, version_id=second) as file:
            assert file.read() == b"two!"
        azurite.copy_file(bucket, key, bucket, "copy", version_id=first)
        assert azurite.download_file(bucket, "copy") == b"one"
        azurite.copy_file(bucket, key, bucket, key, version_id=first)
        assert azurite.download_file(bucket, key) == b"one"
        azurite.delete_file(bucket, key, version_id=first)
        with pytest.raises(NotFoundError):
            azurite.download_file(bucket, key, version_id=first)
        assert azurite.download_file(bucket, key, version_id=second) == b"two!"

    def test_all_of_one_object_are_deleted(self, azurite: AzureBlobClient, bucket: str) -> None:
        azurite.upload_file(bucket, "a", b"x")
        azurite.upload_file(bucket, "b", b"y")
        for key in ("a", "a", "b"):
            azurite.create_snapshot(bucket, key)
        azurite.delete_snapshots(bucket, "a")
        assert [info.key for info in azurite.list_snapshots(bucket)] == ["b"]
        assert azurite.download_file(bucket, "a") == b"x"

    @pytest.mark.parametrize("page_size", [1, 2, 3, 100])
    def test_a_listing_in_small_pages_is_whole(self, page_size: int) -> None:
        """Played: the marker of Azurite is a key, so its next page lacks the rest of that key's snapshots."""
        items = [
            item(key, *([f"<Snapshot>{moment(number)}</Snapshot>"] if number else []))
            for key in ("a", "b ü")
            for number in (1, 2, 3, 0)
        ]
        with ScriptedServer(otherwise=Listing("snapshots", *items)) as server:
            found = client_of(server).list_snapshots("box", page_size=page_size).to_list()
        assert [(info.key, info.version_id) for info in found] == [
            (key, f"snapshot={moment(number)}") for key in ("a", "b ü") for number in (3, 2, 1)
        ]

    def test_one_of_nothing_is_not_found(self, azurite: AzureBlobClient, bucket: str) -> None:
        with pytest.raises(NotFoundError):
            azurite.create_snapshot(bucket, "nothing")

    def test_a_lost_answer_does_not_make_a_second_one(self) -> None:
        with ScriptedServer(ScriptedResponse(raw=b"", close="fin")) as server:
            with pytest.raises(OutcomeUnknownError):
                client_of(server).create_snapshot("box", "a")
            (request,) = server.requests
        assert (request.method, parse_qs(urlsplit(request.path).query)["comp"]) == ("PUT", ["snapshot"])


class TestDeletedObjects:
    def test_only_deleted_ones_are_listed(self) -> None:
        items = [item("a"), item("b", "<Deleted>true</Deleted>"), item("c", "<Deleted>true</Deleted>")]
        with ScriptedServer(otherwise=Listing("deleted", *items)) as server:
            found = client_of(server).list_deleted("box", page_size=1).to_list()
        assert [info.key for info in found] == ["b", "c"]

    def test_one_comes_back(self) -> None:
        with ScriptedServer(ScriptedResponse()) as server:
            client_of(server).undelete_file("box", "dir/ü")
            (request,) = server.requests
        url = urlsplit(request.path)
        assert (request.method, unquote(url.path), url.query) == (
            "PUT",
            "/examples/box/dir/ü",
            "comp=undelete",
        )

    def test_one_that_is_gone_for_good_is_not_found(self) -> None:
        gone = ScriptedResponse(status=404, headers=(("x-ms-error-code", "BlobNotFound"),))
        with ScriptedServer(gone) as server, pytest.raises(NotFoundError):
            client_of(server).undelete_file("box", "a")
