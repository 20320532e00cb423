"""Listings are lazy, complete and in byte order, on any number of pages."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from cloud.common.errors import InvalidRequestError, NotFoundError
from cloud.testing._storage_base import StorageKit, new_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.common._base_storage import BaseStorageClient
    from cloud.testing._storage_base import StorageHarness

# None sorts between "" and "/": what a store makes of those is a test of its own.
_NAMES = ("", "/a", "/a/b", "/b", "0", "1", "A", "Z", "_", "a", "b", "é", "文", "\ue000", "🎉")


_DELIMITERS = {
    "hyphen": "-", "pipe": "|", "space": " ", "percent": "%", "plus": "+", "not ASCII": "é",
    "two letters": "ab", "two colons": "::",
}  # fmt: skip  # one line reads best
_PREFIX = "listing"
_TREE = pytest.StashKey["tuple[str, list[str]]"]()


class ListingPromises(StorageKit):
    """`list_objects`."""

    promises = "Listing"

    @pytest.fixture
    def tree(self, request: pytest.FixtureRequest, client: BaseStorageClient, bucket: str) -> list[str]:
        """Return fifteen keys in byte order, of which the first is a prefix of all; tests leave them as they are."""
        node = request.node.getparent(pytest.Class)
        known = node.stash.get(_TREE, None)
        if known is None or known[0] != bucket:
            keys = sorted((f"{_PREFIX}{name}" for name in _NAMES), key=str.encode)
            for key in reversed(keys):
                client.upload_file(bucket, key, key.encode())
            known = node.stash[_TREE] = (bucket, keys)
        return list(known[1])

    def test_listing_spans_pages(
        self, client: BaseStorageClient, bucket: str, tree: list[str], harness: StorageHarness
    ) -> None:
        """Fifteen keys on pages of four are four requests and fifteen objects, in byte order."""
        with harness.sends(4):
            found = [info.key for info in client.list_objects(bucket, _PREFIX, page_size=4)]
        assert found == tree

    @pytest.mark.parametrize("size", [pytest.param(size, id=str(size)) for size in (1, 2, 5, 15, 16, 1000)])
    def test_page_size_does_not_change_the_listing(
        self, client: BaseStorageClient, bucket: str, tree: list[str], size: int
    ) -> None:
        """Every page size gives the same objects, and no page is longer than asked for."""
        pages = list(client.list_objects(bucket, _PREFIX, page_size=size).pages())
        assert [info.key for page in pages for info in page.items] == tree
        assert all(len(page.items) <= size for page in pages)
        assert pages[-1].next_token is None

    @pytest.mark.parametrize("size", [pytest.param(size, id=f"pages of {size}") for size in (2, 1000)])
    def test_slash_sorts_like_any_other_character(
        self, client: BaseStorageClient, bucket: str, key: str, size: int
    ) -> None:
        """The order is that of bytes, not of folders: a-b comes before a/b, which comes before a0."""
        names = [
            f"{key}{name}" for name in ("", "!", "-", "-/x", ".x", "/!", "/-/x", "/a", "/a!", "/a/b", "0")
        ]
        for name in names:
            client.upload_file(bucket, name, b"")
        found = [info.key for info in client.list_objects(bucket, key, page_size=size)]
        assert found == names

    def test_listing_goes_on_from_every_token(
        self, client: BaseStorageClient, bucket: str, tree: list[str]
    ) -> None:
        """The token of a page, given to a new listing, gives exactly what follows that page."""
        seen = 0
        for page in client.list_objects(bucket, _PREFIX, page_size=4).pages():
            seen += len(page.items)
            if page.next_token is not None:
                rest = client.list_objects(bucket, _PREFIX, page_size=4, token=page.next_token)
                assert [info.key for info in rest] == tree[seen:]
        assert seen == len(tree)

    @pytest.mark.parametrize(
        "end",
        [
            pytest.param("", id="the first key, a prefix of all"),
            pytest.param("/a/b", id="a key in the middle"),
            pytest.param("文", id="a late key"),
            pytest.param("/a/", id="no key, inside a folder"),
            pytest.param("Q", id="no key"),
            pytest.param("\U0001ffff", id="beyond the last key"),
        ],
    )
    def test_listing_starts_after(
        self, client: BaseStorageClient, bucket: str, tree: list[str], end: str
    ) -> None:
        """start_after leaves out that key and everything before it, whether or not it exists."""
        start = _PREFIX + end
        found = client.list_objects(bucket, _PREFIX, start_after=start, page_size=3)
        assert [info.key for info in found] == [name for name in tree if name.encode() > start.encode()]

    def test_limit_ends_the_listing(
        self, client: BaseStorageClient, bucket: str, tree: list[str], harness: StorageHarness
    ) -> None:
        """Limit gives that many objects and asks for no page beyond them."""
        assert [info.key for info in client.list_objects(bucket, _PREFIX, limit=5, page_size=4)] == tree[:5]
        assert client.list_objects(bucket, _PREFIX, limit=100).to_list() != []
        with harness.sends(1):
            client.list_objects(bucket, _PREFIX, limit=4, page_size=4).to_list()
        with harness.sends(0):
            assert client.list_objects(bucket, _PREFIX, limit=0).to_list() == []

    def test_first_item_costs_one_request(
        self, client: BaseStorageClient, bucket: str, tree: list[str], harness: StorageHarness
    ) -> None:
        """A listing asks for nothing before it is iterated, and for one page for the first item."""
        with harness.sends(0):
            pager = client.list_objects(bucket, _PREFIX, page_size=3)
        with harness.sends(1):
            first = pager.first()
        assert first is not None
        assert first.key == tree[0]

    def test_listing_can_be_iterated_again(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """Each iteration starts anew and sees what has changed."""
        for end in ("1", "2", "3"):
            client.upload_file(bucket, key + end, b"")
        pager = client.list_objects(bucket, key, page_size=2)
        assert [info.key for info in pager] == [f"{key}1", f"{key}2", f"{key}3"]
        client.delete_file(bucket, f"{key}2")
        assert [info.key for info in pager] == [f"{key}1", f"{key}3"]

    def test_delimiter_rolls_keys_up(self, client: BaseStorageClient, bucket: str, tree: list[str]) -> None:
        """Keys that hold the delimiter after the prefix appear once, as a prefix that ends with it."""
        pager = client.list_objects(bucket, _PREFIX, delimiter="/", page_size=4)
        assert [info.key for info in pager] == [
            name for name in tree if not name[len(_PREFIX) :].startswith("/")
        ]
        assert list(pager.prefixes()) == [f"{_PREFIX}/"]
        below = client.list_objects(bucket, f"{_PREFIX}/", delimiter="/")
        assert [info.key for info in below] == [f"{_PREFIX}/a", f"{_PREFIX}/b"]
        assert list(below.prefixes()) == [f"{_PREFIX}/a/"]

    def test_many_prefixes_span_pages(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """Prefixes are listed once each, in order, also when they are more than a page."""
        for number in range(9):
            client.upload_file(bucket, f"{key}/{number}/a", b"")
            client.upload_file(bucket, f"{key}/{number}/b", b"")
            client.upload_file(bucket, f"{key}/{number}file", b"")
        pager = client.list_objects(bucket, f"{key}/", delimiter="/", page_size=4)
        assert list(pager.prefixes()) == [f"{key}/{number}/" for number in range(9)]
        assert [info.key for info in pager] == [f"{key}/{number}file" for number in range(9)]

    @pytest.mark.parametrize(
        "delimiter",
        [pytest.param(text, id=name) for name, text in _DELIMITERS.items()],
    )
    def test_any_text_is_a_delimiter(
        self, client: BaseStorageClient, bucket: str, key: str, delimiter: str
    ) -> None:
        """The delimiter may be any character, or several."""
        names = ("1", f"2{delimiter}x", f"2{delimiter}y", f"3{delimiter}", "4")
        for name in names:
            client.upload_file(bucket, f"{key}.{name}", b"")
        pager = client.list_objects(bucket, f"{key}.", delimiter=delimiter)
        assert [info.key for info in pager] == [f"{key}.1", f"{key}.4"]
        assert list(pager.prefixes()) == [f"{key}.2{delimiter}", f"{key}.3{delimiter}"]

    def test_listing_tells_size_etag_and_time(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """A listed object has the size, ETag and time that a look at it gives."""
        client.upload_file(bucket, key, b"12345")
        listed = client.list_objects(bucket, key).first()
        assert listed is not None
        info = client.get_object_metadata(bucket, key)
        assert (listed.bucket, listed.key, listed.size) == (bucket, key, 5)
        assert listed.etag == info.etag
        assert listed.modified_at is not None
        assert info.modified_at is not None
        assert listed.modified_at.tzinfo is timezone.utc
        assert abs(listed.modified_at - info.modified_at) < timedelta(seconds=2)
        assert abs(info.modified_at - datetime.now(timezone.utc)) < timedelta(hours=1)

    def test_empty_bucket_is_an_empty_listing(
        self, client: BaseStorageClient, new_bucket: Callable[[], str], harness: StorageHarness
    ) -> None:
        """An empty bucket has one empty page, by one request."""
        name = new_bucket()
        with harness.sends(1):
            pages = list(client.list_objects(name).pages())
        assert [page.items for page in pages] == [()]
        assert client.list_objects(name).first() is None

    def test_prefix_without_keys_is_an_empty_listing(
        self, client: BaseStorageClient, bucket: str, key: str
    ) -> None:
        """A prefix that no key has gives nothing, without an error."""
        assert client.list_objects(bucket, f"{key}/none").to_list() == []
        assert client.list_objects(bucket, f"{key}/none", delimiter="/").to_list() == []

    def test_missing_bucket_is_not_an_empty_listing(self, client: BaseStorageClient) -> None:
        """Listing a missing bucket raises NotFoundError."""
        with pytest.raises(NotFoundError):
            client.list_objects(new_name()).to_list()

    def test_impossible_listing_is_refused_before_any_request(
        self, client: BaseStorageClient, bucket: str, harness: StorageHarness
    ) -> None:
        """Page sizes, limits and delimiters that a service would change quietly are refused."""
        with harness.sends(0):
            for size in (0, -1, 1001):
                with pytest.raises(InvalidRequestError):
                    client.list_objects(bucket, page_size=size)
            with pytest.raises(InvalidRequestError):
                client.list_objects(bucket, limit=-1)
            with pytest.raises(InvalidRequestError):
                client.list_objects(bucket, delimiter="")

    def test_more_keys_than_a_page_and_a_batch(
        self, client: BaseStorageClient, new_bucket: Callable[[], str], harness: StorageHarness
    ) -> None:
        """More objects than a page or a batch delete holds are all listed and all deleted (25 where slow)."""
        bucket = new_bucket()
        keys = [f"{number:05}" for number in range(1100 if harness.is_cheap else 25)]
        for key in keys:
            client.upload_file(bucket, key, b"")
        assert [info.key for info in client.list_objects(bucket)] == keys
        results = list(client.delete_files(bucket, (info.key for info in client.list_objects(bucket))))
        assert [result.key for result in results if result.ok] == keys
        assert client.list_objects(bucket).first() is None
