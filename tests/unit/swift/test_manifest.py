"""The manifest of a large object over scripted answers: what it proves, and what is read without one."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from cloud.common import (
    IntegrityError,
    PermissionDeniedError,
    PreconditionFailedError,
    ServiceUnavailableError,
    TransferConfig,
)
from cloud.testing._scripted_server import RecordedRequest, ScriptedResponse, ScriptedServer
from unit.swift.helpers import failed, found, lines, make_client, md5_hex

if TYPE_CHECKING:
    from pathlib import Path

LARGE = ("X-Static-Large-Object", "True")
PARTS = TransferConfig(part_size=5, threshold=100, max_workers=1)
LOW = TransferConfig(part_size=5, threshold=6, max_workers=1)
SEGMENTS = (b"aaaa", b"bb", b"cc", b"dddddd")
BODY = b"".join(SEGMENTS)


def entries_of(*segments: bytes) -> list[dict[str, Any]]:
    """Return a manifest as Swift lists it."""
    return [
        {"name": f"/c_segments/{number}", "bytes": len(segment), "hash": md5_hex(segment)}
        for number, segment in enumerate(segments)
    ]


class Large:
    """A large object, and what Swift says of it.

    Attributes:
        manifest: the answer to who asks for it.
        etag: of the object.
        flips: numbers of answers with bytes in which the first one is flipped.
    """

    def __init__(self, *segments: bytes) -> None:
        self.body = b"".join(segments)
        self.etag = md5_hex("".join(map(md5_hex, segments)).encode())
        self.manifest = manifest(entries_of(*segments))
        self.flips: set[int] = set()
        self.count = 0

    def __call__(self, request: RecordedRequest) -> ScriptedResponse:
        """Answer a GET."""
        if "multipart-manifest=get" in request.path:
            return self.manifest
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", request.header("Range") or "")
        assert match is not None
        pin = request.header("If-Match")
        if pin is not None and pin != f'"{self.etag}"':
            return failed(412, ("Etag", f'"{self.etag}"'))
        start = int(match[1])
        data = self.body[start : int(match[2]) + 1 if match[2] else None]
        headers = (
            LARGE,
            ("Etag", f'"{self.etag}"'),
            ("X-Timestamp", "1.0"),
            ("Content-Range", f"bytes {start}-{start + len(data) - 1}/{len(self.body)}"),
        )
        if self.count in self.flips:
            data = bytes([data[0] ^ 1]) + data[1:]
        self.count += 1
        return ScriptedResponse(status=206, headers=headers, body=data)


def manifest(value: Any, *headers: tuple[str, str], timestamp: str = "1.0") -> ScriptedResponse:
    """Return the answer to who asks for the manifest."""
    return found(json.dumps(value).encode(), LARGE, ("X-Timestamp", timestamp), *headers)


def ranges(server: ScriptedServer) -> list[str | None]:
    """Return the ranges that were asked for, None for the manifest."""
    return [request.header("Range") for request in server.requests]


@pytest.mark.parametrize("flipped", [0, 1, 2])
def test_small_segments_share_a_range_and_a_large_one_has_its_own(flipped: int, tmp_path: Path) -> None:
    large = Large(*SEGMENTS)
    large.flips = {flipped}
    with ScriptedServer(otherwise=large) as server, make_client(server) as client:
        result = client.download_to("c", "k", tmp_path / "k", transfer=PARTS)
        asked = ["bytes=0-3", "bytes=4-7", "bytes=8-13"]
        expected = ["bytes=0-", None, *asked[1:]]
        expected.insert(2 + flipped, asked[flipped])
        assert ranges(server) == expected
        assert {request.header("If-Match") for request in server.requests[2:]} == {f'"{large.etag}"'}
    assert ((tmp_path / "k").read_bytes(), result.verified) == (BODY, "md5")


def test_a_small_one_is_read_by_one_request_and_compared() -> None:
    large = Large(*SEGMENTS)
    large.flips = {0}
    with ScriptedServer(otherwise=large) as server, make_client(server) as client:
        assert client.download_file("c", "k") == BODY
        assert ranges(server) == ["bytes=0-", None, "bytes=0-", None]
        large.flips = set(range(9))
        with pytest.raises(IntegrityError, match="MD5"):
            client.download_file("c", "k")


def test_what_is_no_download_asks_for_no_manifest() -> None:
    with ScriptedServer(otherwise=Large(*SEGMENTS)) as server, make_client(server) as client:
        assert b"".join(client.iter_file("c", "k")) == BODY
        assert client.read_range("c", "k", 3, 9) == BODY[3:9]
        with client.open_file("c", "k") as file:
            assert file.read() == BODY
        assert len(server.requests) == 3


def test_the_manifest_is_that_of_the_version_that_is_read() -> None:
    with ScriptedServer(otherwise=Large(*SEGMENTS)) as server, make_client(server) as client:
        assert client.download_file("c", "k", version_id="17.1") == BODY
        assert [lines(request) for request in server.requests] == [
            "GET /c/k?version-id=17.1", "GET /c/k?multipart-manifest=get&version-id=17.1",
        ]  # fmt: skip  # one line reads best


def part_of_one() -> list[dict[str, Any]]:
    return [{**entry, "range": f"0-{entry['bytes'] - 1}"} for entry in entries_of(*SEGMENTS)]


UNUSABLE = {
    "403": failed(403),
    "404": failed(404),
    "400": failed(400),
    "another service's": manifest([{"path": "/c_segments/1"}]),
    "no list": manifest({}),
    "empty": manifest([]),
    "nested": manifest([{**entry, "sub_slo": True} for entry in entries_of(*SEGMENTS)]),
    "sizes that are none": manifest([{**entry, "bytes": "x"} for entry in entries_of(*SEGMENTS)]),
    "too small": manifest([{**entry, "bytes": 1} for entry in entries_of(*SEGMENTS)]),
    "nothing in one": manifest(
        [{**entry, "bytes": size} for entry, size in zip(entries_of(*SEGMENTS), (8, 0, 0, 6), strict=True)]
    ),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_without_md5s_of_all_segments_it_is_read_all_the_same_and_says_so(name: str, tmp_path: Path) -> None:
    large = Large(*SEGMENTS)
    large.manifest = UNUSABLE[name]
    with ScriptedServer(otherwise=large) as server, make_client(server) as client:
        result = client.download_to("c", "k", tmp_path / "k", transfer=PARTS)
        assert ranges(server) == ["bytes=0-", None]
    assert ((tmp_path / "k").read_bytes(), result.verified) == (BODY, None)


def test_a_part_of_a_segment_has_no_md5(tmp_path: Path) -> None:
    large, entries = Large(*SEGMENTS), part_of_one()
    large.etag = md5_hex("".join(f"{entry['hash']}:{entry['range']};" for entry in entries).encode())
    large.manifest = manifest(entries)
    with ScriptedServer(otherwise=large) as server, make_client(server) as client:
        assert client.download_to("c", "k", tmp_path / "k", transfer=PARTS).verified is None
        assert (tmp_path / "k").read_bytes() == BODY


DAMAGED = {
    "another version's": manifest(entries_of(b"other"), timestamp="2.0"),
    "no JSON": manifest([], ("Etag", "0" * 32)),
    "flipped hash": manifest(entries_of(b"e", *SEGMENTS[1:]), ("Etag", "0" * 32)),
    "flipped size": manifest([{**entry, "bytes": 7} for entry in entries_of(*SEGMENTS)], ("Etag", "0" * 32)),
    "a plain object": found(b"plain"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_manifest_that_does_not_fit_is_read_anew_and_then_an_error(name: str, tmp_path: Path) -> None:
    large = Large(*SEGMENTS)
    right, large.manifest = large.manifest, DAMAGED[name]
    with ScriptedServer(otherwise=large) as server, make_client(server) as client:
        with pytest.raises(IntegrityError, match="manifest"):
            client.download_to("c", "k", tmp_path / "k", transfer=PARTS)
        assert list(tmp_path.iterdir()) == []
        assert ranges(server) == ["bytes=0-", None] * 6  # three tries, and these once more
    with ScriptedServer(large, DAMAGED[name], otherwise=large) as server, make_client(server) as client:
        large.manifest = right
        result = client.download_to("c", "k", tmp_path / "k", transfer=PARTS)
    assert ((tmp_path / "k").read_bytes(), result.verified) == (BODY, "md5")


def test_a_service_that_fails_for_the_manifest_is_no_reason_to_compare_less(tmp_path: Path) -> None:
    large = Large(*SEGMENTS)
    large.manifest = failed(503)
    with (
        ScriptedServer(otherwise=large) as server,
        make_client(server) as client,
        pytest.raises(ServiceUnavailableError),
    ):
        client.download_to("c", "k", tmp_path / "k", transfer=PARTS)


def test_an_object_that_is_replaced_after_its_manifest_is_never_mixed(tmp_path: Path) -> None:
    large, other = Large(*SEGMENTS), Large(b"eeee", b"ff", b"gg", b"hhhhhh")
    with ScriptedServer(large, large, otherwise=other) as server, make_client(server) as client:
        with pytest.raises(PreconditionFailedError):
            client.download_to("c", "k", tmp_path / "k", transfer=PARTS)
        assert list(tmp_path.iterdir()) == []


def test_a_journal_with_other_pieces_is_not_gone_on_with(tmp_path: Path) -> None:
    large = Large(*SEGMENTS)
    with ScriptedServer(large, large, failed(403), otherwise=large) as server, make_client(server) as client:
        with pytest.raises(PermissionDeniedError):
            client.download_to("c", "k", tmp_path / "k", transfer=LOW, resume=True)
        journal = min(tmp_path.glob(".*.part"), key=lambda path: b"etag" not in path.read_bytes())
        head, _, rest = journal.read_bytes().partition(b"\n")
        broken = json.loads(head)
        assert broken["pieces"][1] == [4, 6, 8, 14]
        broken["pieces"][1] = [4, 6, 8, 13]
        journal.write_bytes(json.dumps(broken).encode() + b"\n" + rest)
        result = client.download_to("c", "k", tmp_path / "k", transfer=LOW, resume=True)
        assert ranges(server)[3:] == ["bytes=0-", None, "bytes=4-7", "bytes=8-13"]
    assert ((tmp_path / "k").read_bytes(), result.verified) == (BODY, "md5")
