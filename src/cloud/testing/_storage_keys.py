"""Keys are byte-exact: what was put is what is listed, whatever the characters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from cloud.common.errors import InvalidRequestError, NotFoundError
from cloud.testing._storage_base import StorageKit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cloud.common._base_storage import BaseStorageClient
    from cloud.testing._storage_base import StorageHarness

ODD_KEYS: Final[Mapping[str, str]] = {
    "plain": "plain",
    "one character": "x",
    "prefix of another": "tree",
    "below another": "tree/leaf",
    "far below another": "tree/leaf/vein",
    "sorts between": "tree-house",
    "upper case": "PLAIN",
    "mixed case": "Plain",
    "extension": "file.tar.gz",
    "hidden file": ".hidden",
    "dot at the end": "end.",
    "only dots": "...",
    "dot segment": "a/./b",
    "dot dot segment": "a/../b",
    "dot dot first": "../up",
    "dot first": "./here",
    "dot alone": ".",
    "dot dot alone": "..",
    "dot dot last": "a/..",
    "leading slash": "/lead",
    "two leading slashes": "//lead",
    "double slash": "a//b",
    "triple slash": "a///b",
    "trailing slash": "folder/",
    "two trailing slashes": "folder//",
    "slash alone": "/",
    "space": "a b",
    "spaces outside": " a ",
    "space alone": " ",
    "two spaces": "a  b",
    "plus": "a+b",
    "plus and space": "a+b c",
    "percent": "100%",
    "percent twenty": "a%20b",
    "percent two F": "a%2Fb",
    "percent small two f": "a%2fb",
    "percent twenty-five": "a%2520b",
    "percent zero": "a%00b",
    "percent not hex": "a%zzb",
    "question mark": "a?b=c",
    "hash": "a#b",
    "ampersand": "a&b=c",
    "equals": "a=b",
    "semicolon": "a;b;version=1",
    "colon": "C:file",
    "at": "user@host",
    "comma": "a,b",
    "exclamation": "a!b",
    "dollar": "$HOME",
    "tilde": "~user",
    "backtick": "`id`",
    "caret": "a^b",
    "pipe": "a|b",
    "asterisk": "a*b",
    "parentheses": "a(b)c",
    "brackets": "a[0]",
    "braces": "{a}",
    "double quote": 'a"b"',
    "single quote": "a'b'",
    "backslash": "a\\b",
    "backslash last": "a\\",
    "less and greater": "<a>b</a>",
    "XML entity": "a&amp;b&#10;c",
    "XML CDATA": "]]>",
    "minus first": "-rf",
    "two minuses first": "--all",
    "newline": "a\nb",
    "newline last": "a\n",
    "carriage return": "a\rb",
    "tab": "a\tb",
    "control character": "a\x01b",
    "escape character": "a\x1bb",
    "delete character": "a\x7fb",
    "umlauts": "Käse/Größe.txt",
    "composed (NFC)": "caf\u00e9",
    "decomposed (NFD)": "cafe\u0301",
    "Chinese": "文件/数据",
    "Arabic": "ملف",
    "emoji": "🎉/👩\u200d🚀.png",
    "beyond the BMP": "\U0001f600",
    "private use": "\ue000",
    "right-to-left mark": "a\u200fb",
    "right-to-left override": "a\u202etxt.exe",
    "zero width space": "a\u200bb",
    "byte order mark": "\ufeffa",
    "no-break space": "a\u00a0b",
    "line separator": "a\u2028b",
    "next line": "a\u0085b",
    "noncharacter": "a\uffffb",
    "fullwidth slash": "a\uff0fb",
    "Windows device": "CON",
    "Windows device with extension": "aux.txt",
    "Windows stream": "file::$DATA",
    "lost+found": "lost+found/x",
    "temporary file": ".tmp",
    "looks like metadata": "object.json",
    "looks like an upload": "a?uploads",
    "looks like a URL": "https://example.org/a?b#c",
    "looks like a query": "a?prefix=b&delimiter=/",
    "255 bytes": "n" * 255,
    "256 bytes": "n" * 256,
    "1024 bytes": "k" * 1024,
    "1024 bytes in segments": "/".join(["seg"] * 256) + "s",
    "1024 bytes in unicode": "é" * 512,
    "200 levels": "/".join("d" * 200),
}
"""Id of a test to the key; readable ids are what `refused_keys` and `deviations` name."""

_HARD = (
    "umlauts", "composed (NFC)", "space", "plus", "percent", "percent two F", "question mark", "hash",
    "ampersand", "emoji", "double quote", "less and greater", "trailing slash", "double slash",
    "control character",
)  # fmt: skip  # one line reads best


class KeyPromises(StorageKit):
    """Every key is kept byte-exactly, or refused before any request."""

    promises = "Keys"

    @pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in ODD_KEYS])
    def test_odd_key_round_trips(
        self, client: BaseStorageClient, bucket: str, harness: StorageHarness, name: str
    ) -> None:
        """A key is put, read, listed and deleted byte-exactly, or it is refused before any request."""
        key, body = ODD_KEYS[name], b"body of " + name.encode()
        if name in self.refused_keys:
            with harness.sends(0), pytest.raises(InvalidRequestError):
                client.upload_file(bucket, key, body)
            with harness.sends(0), pytest.raises(InvalidRequestError):
                client.download_file(bucket, key)
            return
        assert client.upload_file(bucket, key, body) == f"{client.scheme}://{bucket}/{key}"
        assert client.download_file(bucket, key) == body
        info = client.get_object_metadata(bucket, key)
        assert (info.key, info.size) == (key, len(body))
        assert key in [info.key for info in client.list_objects(bucket, key)]
        assert client.delete_file(bucket, key) is True
        assert key not in [info.key for info in client.list_objects(bucket, key)]

    @pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in _HARD])
    def test_odd_key_is_copied(self, client: BaseStorageClient, bucket: str, key: str, name: str) -> None:
        """A server-side copy finds an odd source and makes an odd target, byte-exactly."""
        if name in self.refused_keys:
            with pytest.raises(InvalidRequestError):
                client.copy_file(bucket, ODD_KEYS[name], bucket, key)
            return
        source, target = f"{key}-from/{ODD_KEYS[name]}", f"{key}-to/{ODD_KEYS[name]}"
        client.upload_file(bucket, source, b"copied")
        client.copy_file(bucket, source, bucket, target)
        assert client.download_file(bucket, target) == b"copied"
        client.copy_file(bucket, target, bucket, key)
        assert client.download_file(bucket, key) == b"copied"
        assert all(result.ok for result in client.delete_files(bucket, [source, target, key]))

    def test_odd_keys_live_beside_each_other(
        self, client: BaseStorageClient, new_bucket: Callable[[], str]
    ) -> None:
        """All odd keys together are listed once each in byte order, keep their bodies, and go in a batch."""
        bucket, keys = new_bucket(), self._kept_keys()
        for key in keys:
            client.upload_file(bucket, key, key.encode())
        expected = sorted(keys, key=str.encode)
        for size in (7, 1000):
            found = [info.key for info in client.list_objects(bucket, page_size=size)]
            if "test_odd_keys_are_listed_in_byte_order" in self.deviations:
                found.sort(key=str.encode)
            assert found == expected
        assert [key for key in keys if client.download_file(bucket, key) != key.encode()] == []
        results = list(client.delete_files(bucket, keys))
        assert [result.key for result in results if not result.ok] == []
        assert client.list_objects(bucket).to_list() == []

    def test_odd_keys_are_listed_in_byte_order(
        self, client: BaseStorageClient, new_bucket: Callable[[], str]
    ) -> None:
        """Keys are listed in the order of their UTF-8 bytes: not by folder, by code unit or by locale."""
        bucket = new_bucket()
        odd = ("x", "x!", "x/y", "x-y", "x0", "X", "x y", "ä", "a\u0308", "é", "\ue000", "\U0001f600", "文")
        for key in odd:
            client.upload_file(bucket, key, b"")
        expected = sorted(odd, key=str.encode)
        assert [info.key for info in client.list_objects(bucket)] == expected
        assert [info.key for info in client.list_objects(bucket, page_size=2)] == expected

    def _kept_keys(self) -> list[str]:
        test = "test_odd_key_round_trips"
        wrong = {name for name in ODD_KEYS if f"{test}[{name}]" in self.deviations} | self.refused_keys
        return [key for name, key in ODD_KEYS.items() if name not in wrong]

    def test_odd_keys_are_prefixes(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """A prefix is text like a key: special characters in it mean themselves."""
        for odd in ("%", "+", " ", "&", "?", "*", "[", "é", "%2F", "_", "."):
            client.upload_file(bucket, f"{key}{odd}x", b"1")
        for odd in ("%", "+", " ", "&", "?", "*", "[", "é", "%2F", "_", "."):
            found = [info.key for info in client.list_objects(bucket, f"{key}{odd}")]
            expected = [f"{key}%2Fx", f"{key}%x"] if odd == "%" else [f"{key}{odd}x"]
            assert found == expected

    def test_keys_that_differ_only_in_unicode_form_are_two(
        self, client: BaseStorageClient, bucket: str, key: str
    ) -> None:
        """NFC and NFD, upper and lower case, are different keys with different objects."""
        for number, form in enumerate(("é", "e\u0301", "É", "E\u0301")):
            client.upload_file(bucket, f"{key}/{form}", bytes([number]))
        for number, form in enumerate(("é", "e\u0301", "É", "E\u0301")):
            assert client.download_file(bucket, f"{key}/{form}") == bytes([number])
        assert len(client.list_objects(bucket, f"{key}/").to_list()) == 4

    def test_dots_do_not_lead_elsewhere(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """The key a/../b is not the key b: either it is its own object or it is refused."""
        client.upload_file(bucket, f"{key}b", b"untouched")
        for odd in (f"{key}a/../{key}b", f"x/../{key}b", f"./{key}b", f"/{key}b", f"{key}b/"):
            try:
                client.upload_file(bucket, odd, b"another")
            except InvalidRequestError:
                continue
            client.delete_file(bucket, odd)
        assert client.download_file(bucket, f"{key}b") == b"untouched"

    @pytest.mark.parametrize(
        "key",
        [
            pytest.param("", id="empty"),
            pytest.param("k" * 1025, id="1025 bytes"),
            pytest.param("é" * 513, id="1026 bytes in 513 characters"),
            pytest.param("a\ud800b", id="lone surrogate"),
        ],
    )
    def test_impossible_key_is_refused_before_any_request(
        self, client: BaseStorageClient, bucket: str, harness: StorageHarness, key: str
    ) -> None:
        """No call sends a request for a key that no store can hold."""
        with harness.sends(0):
            for call in (client.download_file, client.get_object_metadata, client.delete_file):
                with pytest.raises(InvalidRequestError):
                    call(bucket, key)
            with pytest.raises(InvalidRequestError):
                client.upload_file(bucket, key, b"x")
            with pytest.raises(InvalidRequestError):
                client.copy_file(bucket, "source", bucket, key)
            with pytest.raises(InvalidRequestError):
                list(client.delete_files(bucket, [key]))

    def test_missing_odd_key_is_not_found(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """A missing key is NotFoundError with the key as it was given, also an odd one."""
        odd = f"{key} é%2F+&?#"
        with pytest.raises(NotFoundError) as caught:
            client.download_file(bucket, odd)
        assert caught.value.resource == f"{bucket}/{odd}"
