"""What belongs to an object beside its bytes, and what moves objects: metadata, copies, moves, batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cloud.common._engine import MIB
from cloud.common.enums import Capability
from cloud.common.errors import InvalidRequestError, NotFoundError, UnsupportedOperationError
from cloud.testing._storage_base import SMALL_PARTS, StorageKit, about, new_name, noise

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.common._base_storage import BaseStorageClient
    from cloud.testing._storage_base import StorageHarness

_HEADERS: dict[str, Any] = {
    "cache_control": "max-age=60, public",
    "content_encoding": "gzip",
    "content_disposition": 'attachment; filename="a b.txt"',
    "content_language": "de-CH",
}


class MetadataPromises(StorageKit):
    """Content type, content headers, metadata, tags, storage class."""

    promises = "Metadata"

    def test_metadata_is_kept(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """Pairs come back with lower-case names and unchanged values."""
        pairs = {"plain": "value", "With-Case1": 'Mixed Case, kept; a=b %20 "q"', "a": "x"}
        client.upload_file(bucket, key, b"x", metadata=pairs)
        expected = {name.lower(): value for name, value in pairs.items()}
        assert client.get_object_metadata(bucket, key).metadata == expected

    def test_underscore_in_metadata_names_is_kept(
        self, client: BaseStorageClient, bucket: str, key: str
    ) -> None:
        """The names a_b and a-b are two, and neither becomes the other."""
        client.upload_file(bucket, key, b"x", metadata={"a_b": "1", "a-b": "2"})
        assert client.get_object_metadata(bucket, key).metadata == {"a_b": "1", "a-b": "2"}

    def test_empty_metadata_value_is_kept(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """A name with an empty value is there, with an empty value."""
        client.upload_file(bucket, key, b"x", metadata={"empty": "", "full": "1"})
        assert client.get_object_metadata(bucket, key).metadata == {"empty": "", "full": "1"}

    def test_large_metadata_is_kept(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """2,048 bytes of metadata, which every provider holds, are kept."""
        pairs = {f"name-{number:03}": "v" * 120 for number in range(16)}
        assert sum(len(name) + len(value) for name, value in pairs.items()) == 2048
        client.upload_file(bucket, key, b"x", metadata=pairs)
        assert client.get_object_metadata(bucket, key).metadata == pairs

    def test_upload_without_metadata_clears_it(
        self, client: BaseStorageClient, bucket: str, key: str
    ) -> None:
        """A new upload replaces metadata and headers together with the body."""
        client.upload_file(bucket, key, b"x", metadata={"old": "1"}, content_type="text/x-old")
        client.upload_file(bucket, key, b"y")
        info = client.get_object_metadata(bucket, key)
        assert (info.metadata, info.content_type) == ({}, "application/octet-stream")

    @pytest.mark.parametrize(
        "pairs",
        [
            pytest.param({"a b": "x"}, id="space in a name"),
            pytest.param({"ä": "x"}, id="name not ASCII"),
            pytest.param({"": "x"}, id="empty name"),
            pytest.param({"a": "ä"}, id="value not ASCII"),
            pytest.param({"a": "x\r\nInjected: y"}, id="line break"),
            pytest.param({"a": " x"}, id="outer space"),
            pytest.param({"a": "1", "A": "2"}, id="name twice"),
            pytest.param({"a": "x" * 2048}, id="too long"),
        ],
    )
    def test_metadata_that_would_change_is_refused_before_any_request(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness, pairs: dict[str, str]
    ) -> None:
        """Pairs that some provider would alter or drop are refused, and nothing is sent."""
        with harness.sends(0), pytest.raises(InvalidRequestError):
            client.upload_file(bucket, key, b"x", metadata=pairs)

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            pytest.param("page.html", "text/html", id="html"),
            pytest.param("data.JSON", "application/json", id="upper case"),
            pytest.param("archive.tar.gz", "application/gzip", id="gz"),
            pytest.param("noextension", "application/octet-stream", id="none"),
            pytest.param("folder.html/file", "application/octet-stream", id="suffix of a folder"),
            pytest.param("strange.zzzzz", "application/octet-stream", id="unknown"),
        ],
    )
    def test_content_type_is_guessed_from_the_key(
        self, client: BaseStorageClient, bucket: str, key: str, name: str, expected: str
    ) -> None:
        """Without a content type the key's suffix tells it, the same on every machine."""
        client.upload_file(bucket, f"{key}/{name}", b"x")
        info = client.get_object_metadata(bucket, f"{key}/{name}")
        assert (info.content_type, info.content_encoding) == (expected, None)

    def test_content_type_is_kept(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """A given content type wins over the suffix."""
        client.upload_file(bucket, f"{key}.html", b"x", content_type="text/plain; charset=utf-8")
        info = client.get_object_metadata(bucket, f"{key}.html")
        assert info.content_type == "text/plain; charset=utf-8"

    @about(Capability.CONTENT_ENCODING)
    def test_content_headers_are_kept(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """The content headers come back as given, from single writes and from parts, and decode nothing."""
        if Capability.CONTENT_ENCODING not in client.capabilities:
            with harness.sends(0), pytest.raises(UnsupportedOperationError):
                client.upload_file(bucket, key, b"x", **_HEADERS)
            return
        for body in (b"not really gzip", noise(11 * MIB)):
            client.upload_file(bucket, key, body, transfer=SMALL_PARTS, **_HEADERS)
            info = client.get_object_metadata(bucket, key)
            assert {name: info[name] for name in _HEADERS} == _HEADERS
            assert client.download_file(bucket, key) == body

    def test_header_injection_is_refused_before_any_request(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """Header values with line breaks or text outside ASCII are refused, and nothing is sent."""
        with harness.sends(0):
            for value in ("a\r\nX-Evil: 1", "ü", ""):
                with pytest.raises(InvalidRequestError):
                    client.upload_file(bucket, key, b"x", content_type=value)
                with pytest.raises(InvalidRequestError):
                    client.upload_file(bucket, key, b"x", cache_control=value)

    def test_update_changes_what_is_given_and_keeps_the_rest(
        self, client: BaseStorageClient, bucket: str, key: str
    ) -> None:
        """update_metadata keeps the bytes and everything that is not named."""
        client.upload_file(bucket, key, b"body", content_type="text/x-one", metadata={"a": "1", "b": "2"})
        info = client.update_metadata(bucket, key, content_type="text/x-two")
        assert (info.content_type, info.metadata) == ("text/x-two", {"a": "1", "b": "2"})
        info = client.update_metadata(bucket, key, metadata={"c": "3"})
        assert (info.content_type, info.metadata) == ("text/x-two", {"c": "3"})
        assert client.update_metadata(bucket, key, metadata={}).metadata == {}
        assert client.download_file(bucket, key) == b"body"
        with pytest.raises(NotFoundError):
            client.update_metadata(bucket, f"{key}-missing", metadata={"a": "1"})

    @about(Capability.CONTENT_ENCODING)
    def test_update_keeps_content_headers(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """update_metadata keeps the content headers that it is not told to change."""
        if Capability.CONTENT_ENCODING not in client.capabilities:
            with harness.sends(0), pytest.raises(UnsupportedOperationError):
                client.update_metadata(bucket, key, cache_control="no-store")
            return
        client.upload_file(bucket, key, b"body", **_HEADERS)
        info = client.update_metadata(bucket, key, cache_control="no-store")
        assert {name: info[name] for name in _HEADERS} == _HEADERS | {"cache_control": "no-store"}

    @about(Capability.TAGS)
    def test_tags(self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness) -> None:
        """Tags are stored with the upload, read, and replaced; unicode and signs are kept, or refused before any request."""
        if Capability.TAGS not in client.capabilities:
            for call in (
                lambda: client.upload_file(bucket, key, b"x", tags={"a": "b"}),
                lambda: client.get_tags(bucket, key),
                lambda: client.set_tags(bucket, key, {"a": "b"}),
            ):
                with harness.sends(0), pytest.raises(UnsupportedOperationError):
                    call()
            return
        client.upload_file(bucket, key, b"x", tags={"project": "a b+c=d", "stage": ""})
        assert client.get_tags(bucket, key) == {"project": "a b+c=d", "stage": ""}
        further = {"Größe": "1/2:3@4"} if harness.takes_any_tag else {"size": "1/2:3_4"}
        client.set_tags(bucket, key, further)
        assert client.get_tags(bucket, key) == further
        if not harness.takes_any_tag:
            with harness.sends(0), pytest.raises(InvalidRequestError):
                client.set_tags(bucket, key, {"Größe": "1"})
        with pytest.raises(NotFoundError):
            client.get_tags(bucket, f"{key}-missing")
        with harness.sends(0), pytest.raises(InvalidRequestError):
            client.set_tags(bucket, key, {f"n{number}": "" for number in range(11)})

    @about(Capability.TAGS)
    def test_tags_are_removed(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """set_tags with no tags removes them; an object without tags has none, without an error."""
        client.upload_file(bucket, key, b"x")
        if Capability.TAGS not in client.capabilities:
            with harness.sends(0), pytest.raises(UnsupportedOperationError):
                client.set_tags(bucket, key, {})
            return
        assert client.get_tags(bucket, key) == {}
        client.set_tags(bucket, key, {"a": "b"})
        client.set_tags(bucket, key, {})
        assert client.get_tags(bucket, key) == {}

    @about(Capability.STORAGE_CLASS)
    def test_storage_class(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """A storage class in the service's own word is kept and listed."""
        if Capability.STORAGE_CLASS not in client.capabilities:
            with harness.sends(0), pytest.raises(UnsupportedOperationError):
                client.upload_file(bucket, key, b"x", storage_class=harness.other_storage_class)
            return
        client.upload_file(bucket, key, b"x", storage_class=harness.other_storage_class)
        assert client.get_object_metadata(bucket, key).storage_class == harness.other_storage_class
        listed = client.list_objects(bucket, key).first()
        assert listed is not None
        assert listed.storage_class == harness.other_storage_class


class CopyPromises(StorageKit):
    """`copy_file`, `move_file`, `delete_files`."""

    promises = "Copies, moves and batches"

    def test_copy_takes_everything_along(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """A copy has the source's bytes, content type and metadata, and the source stays."""
        client.upload_file(bucket, key, b"body", content_type="text/x-kit", metadata={"a": "1"})
        assert client.copy_file(bucket, key, bucket, f"{key}-2") == f"{client.scheme}://{bucket}/{key}-2"
        for name in (key, f"{key}-2"):
            info = client.get_object_metadata(bucket, name)
            assert (info.content_type, info.metadata, info.size) == ("text/x-kit", {"a": "1"}, 4)
            assert client.download_file(bucket, name) == b"body"

    def test_copy_replaces_what_is_given(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """metadata= and content_type= replace the source's on the copy, and only there."""
        client.upload_file(bucket, key, b"body", content_type="text/x-one", metadata={"a": "1"})
        client.copy_file(bucket, key, bucket, f"{key}-2", metadata={"b": "2"})
        client.copy_file(bucket, key, bucket, f"{key}-3", content_type="text/x-two")
        infos = [client.get_object_metadata(bucket, f"{key}{end}") for end in ("", "-2", "-3")]
        assert [info.metadata for info in infos] == [{"a": "1"}, {"b": "2"}, {"a": "1"}]
        assert [info.content_type for info in infos] == ["text/x-one", "text/x-one", "text/x-two"]

    def test_copy_to_another_bucket(
        self, client: BaseStorageClient, bucket: str, key: str, new_bucket: Callable[[], str]
    ) -> None:
        """A copy may go to another bucket, and replaces what is there."""
        other = new_bucket()
        client.upload_file(other, key, b"replaced")
        client.upload_file(bucket, key, noise(11 * MIB), transfer=SMALL_PARTS)
        client.copy_file(bucket, key, other, key)
        assert client.download_file(other, key) == noise(11 * MIB)

    def test_copy_of_an_empty_object(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """An object of 0 bytes is copied like any other."""
        client.upload_file(bucket, key, b"", metadata={"a": "1"})
        client.copy_file(bucket, key, bucket, f"{key}-2")
        info = client.get_object_metadata(bucket, f"{key}-2")
        assert (info.size, info.metadata) == (0, {"a": "1"})

    @pytest.mark.parametrize(
        "missing",
        [pytest.param(name, id=name) for name in ("source", "source bucket", "target bucket")],
    )
    def test_copy_of_something_missing_is_not_found(
        self, client: BaseStorageClient, bucket: str, key: str, missing: str
    ) -> None:
        """A missing source, source bucket or target bucket is NotFoundError, and nothing is lost."""
        client.upload_file(bucket, key, b"kept")
        source = f"{key}-missing" if missing == "source" else key
        source_bucket = new_name() if missing == "source bucket" else bucket
        target_bucket = new_name() if missing == "target bucket" else bucket
        with pytest.raises(NotFoundError):
            client.copy_file(source_bucket, source, target_bucket, f"{key}-2")
        with pytest.raises(NotFoundError):
            client.move_file(source_bucket, source, target_bucket, f"{key}-2")
        assert [info.key for info in client.list_objects(bucket, key)] == [key]

    def test_move_takes_everything_along(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """After a move the target has everything and the source is gone."""
        client.upload_file(bucket, key, b"body", metadata={"a": "1"})
        assert client.move_file(bucket, key, bucket, f"{key}-2") == f"{client.scheme}://{bucket}/{key}-2"
        assert client.object_exists(bucket, key) is False
        assert client.download_file(bucket, f"{key}-2") == b"body"
        assert client.get_object_metadata(bucket, f"{key}-2").metadata == {"a": "1"}

    def test_move_onto_itself_is_refused_before_any_request(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """Source and target must differ: moving an object onto itself would delete it."""
        client.upload_file(bucket, key, b"kept")
        with harness.sends(0), pytest.raises(InvalidRequestError):
            client.move_file(bucket, key, bucket, key)
        assert client.download_file(bucket, key) == b"kept"

    @about(Capability.BATCH_DELETE)
    def test_batch_delete_answers_for_every_key(
        self,
        client: BaseStorageClient,
        new_bucket: Callable[[], str],
        key: str,
        harness: StorageHarness,
    ) -> None:
        """delete_files has one result per key, in order; a batch is one request where the client declares it."""
        bucket = new_bucket()
        keys = [f"{key}/{number:02} é&<" for number in range(25)]
        for name in keys:
            client.upload_file(bucket, name, b"")
        asked = [*keys, f"{key}/missing"]
        with harness.sends(1 if Capability.BATCH_DELETE in client.capabilities else len(asked)):
            results = list(client.delete_files(bucket, asked))
        assert [(result.key, result.ok, result.error) for result in results] == [
            (name, True, None) for name in asked
        ]
        assert client.list_objects(bucket, key).to_list() == []

    def test_batch_delete_is_lazy(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """delete_files deletes nothing until its results are read."""
        client.upload_file(bucket, key, b"x")
        with harness.sends(0):
            results = client.delete_files(bucket, iter([key]))
        assert client.object_exists(bucket, key)
        assert [result.ok for result in results] == [True]
        assert not client.object_exists(bucket, key)
        assert list(client.delete_files(bucket, [])) == []

    def test_batch_delete_in_a_missing_bucket_is_not_found(self, client: BaseStorageClient, key: str) -> None:
        """A missing bucket is no success."""
        with pytest.raises(NotFoundError):
            list(client.delete_files(new_name(), [key, f"{key}2"]))

    def test_batch_delete_of_one_text_is_refused(
        self, client: BaseStorageClient, bucket: str, harness: StorageHarness
    ) -> None:
        """A single str is not taken for an iterable of one-letter keys."""
        with harness.sends(0), pytest.raises(InvalidRequestError):
            client.delete_files(bucket, "abc")
