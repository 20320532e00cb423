"""Ranges with checksums of their own, from a service that answers as Azure documents it.

https://learn.microsoft.com/rest/api/storageservices/get-blob
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import md5
from typing import TYPE_CHECKING

import pytest

from cloud._dialects.azure_blob._blocks import crc64_of
from cloud.common import IntegrityError, TransferConfig
from cloud.testing._scripted_server import RecordedRequest, ScriptedResponse, ScriptedServer
from unit.azure.helpers import found
from unit.azure.scripted import client_of

if TYPE_CHECKING:
    from pathlib import Path

    from cloud.azure import AzureBlobClient

MIB = 1 << 20
BODY = bytes(range(256)) * 40_000  # 9.8 MiB
PARTS = TransferConfig(part_size=4, threshold=6, max_workers=1)
BLOB = b"0123456789"


class Blob:
    """An object in blocks, and what Azure says of it.

    Attributes:
        body: its bytes.
        gives: the checksums of ranges that it computes.
        flips: the numbers of the answers in which the first byte is flipped.
        cuts: how many bytes of an answer arrive, by its number.
    """

    def __init__(self, body: bytes, *gives: str) -> None:
        self.body = body
        self.gives = gives
        self.flips: set[int] = set()
        self.cuts: dict[int, int] = {}
        self.count = 0

    def __call__(self, request: RecordedRequest) -> ScriptedResponse:
        """Answer a GET of a range."""
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", request.header("x-ms-range") or "")
        assert match is not None
        start = int(match[1])
        data = self.body[start : int(match[2]) + 1 if match[2] else None]
        asked = [name for name in ("md5", "crc64") if request.header(f"x-ms-range-get-content-{name}")]
        assert len(asked) < 2
        assert not asked or int(match[2]) - start < 4 * MIB
        headers = [
            ("ETag", '"0x1"'),
            ("Content-Range", f"bytes {start}-{start + len(data) - 1}/{len(self.body)}"),
            ("Content-Length", str(len(data))),
        ]
        if asked == ["md5"] and "md5" in self.gives:
            headers.append(("Content-MD5", b64encode(md5(data, usedforsecurity=False).digest()).decode()))
        if asked == ["crc64"] and "crc64" in self.gives:
            headers.append(("x-ms-content-crc64", crc64_of(data)))
        number, self.count = self.count, self.count + 1
        if number in self.flips:
            data = bytes([data[0] ^ 1]) + data[1:]
        answer = ScriptedResponse(status=206, headers=tuple(headers), body=data)
        if number not in self.cuts:
            return answer
        return replace(answer, body=data[: self.cuts[number]], close="fin")


def asked(server: ScriptedServer) -> list[tuple[str | None, str]]:
    """Return each range that was asked for, and by which checksum."""
    return [
        (
            request.header("x-ms-range"),
            "".join(name for name in ("md5", "crc64") if request.header(f"x-ms-range-get-content-{name}")),
        )
        for request in server.requests
    ]


def as_azure(client: AzureBlobClient) -> AzureBlobClient:
    """Return `client` as it is with Azure itself, once it has read so much that the CRC-64's engine is loaded."""
    client._ops.gives_crc64 = True
    client._ops._by_md5 = 1 << 30
    return client


def test_ranges_of_azure_are_compared_with_a_crc64(tmp_path: Path) -> None:
    blob = Blob(BODY, "crc64")
    blob.flips = {0, 2}
    with ScriptedServer(otherwise=blob) as server, client_of(server) as client:
        one = TransferConfig(max_workers=1)
        result = as_azure(client).download_to("box", "k", tmp_path / "k", transfer=one)
        ends = [(0, 4 * MIB), (0, 4 * MIB), (4 * MIB, 8 * MIB), (4 * MIB, 8 * MIB), (8 * MIB, len(BODY))]
        assert asked(server) == [(f"bytes={start}-{end - 1}", "crc64") for start, end in ends]
    assert (tmp_path / "k").read_bytes() == BODY
    assert result.verified == "crc64nvme"


def test_the_crc64_is_asked_for_once_it_is_worth_loading_its_engine(tmp_path: Path) -> None:
    blob = Blob(BLOB, "md5", "crc64")
    with ScriptedServer(otherwise=blob) as server, client_of(server) as client:
        as_azure(client)._ops._by_md5 = (64 << 20) - 3
        client._ops.gives_crc64 = False
        assert client.read_range("box", "k", 0, 4) == b"0123"
        client._ops.gives_crc64 = True
        result = client.download_to("box", "k", tmp_path / "k", transfer=PARTS)
        assert [name for _, name in asked(server)] == ["md5", "crc64", "crc64", "crc64"]
    assert result.verified == "crc64nvme"


def test_a_service_without_crc64_is_asked_for_md5_from_then_on(tmp_path: Path) -> None:
    with ScriptedServer(otherwise=Blob(BLOB, "md5")) as server, client_of(server) as client:
        result = as_azure(client).download_to("box", "k", tmp_path / "k", transfer=PARTS)
        assert asked(server) == [
            ("bytes=0-3", "crc64"),
            ("bytes=0-3", "md5"),
            ("bytes=4-7", "md5"),
            ("bytes=8-9", "md5"),
        ]
    assert result.verified == "md5"


def test_a_service_without_any_is_read_and_says_so(tmp_path: Path) -> None:
    with ScriptedServer(otherwise=Blob(BLOB)) as server, client_of(server) as client:
        result = client.download_to("box", "k", tmp_path / "k", transfer=PARTS)
        assert (tmp_path / "k").read_bytes() == BLOB
        assert len(server.requests) == 3
    assert result.verified is None


def test_a_crc64_that_is_none_is_an_error() -> None:
    headers = (("ETag", '"0x1"'), ("Content-Range", "bytes 0-3/10"), ("x-ms-content-crc64", "?"))
    answer = ScriptedResponse(status=206, headers=headers, body=b"0123")
    with ScriptedServer(otherwise=answer) as server, client_of(server) as client:
        as_azure(client)
        with pytest.raises(IntegrityError, match="CRC64"):
            client.read_range("box", "k", 0, 4)


@pytest.mark.parametrize("flips", [{0}, {1}])
def test_a_flipped_byte_on_either_side_of_a_cut_is_seen(flips: set[int], tmp_path: Path) -> None:
    """The checksum of the cut answer is of both sides; that of the second one says nothing of the first."""
    blob = Blob(BLOB, "md5")
    blob.flips, blob.cuts = flips, {0: 2}
    with ScriptedServer(otherwise=blob) as server, client_of(server) as client:
        result = client.download_to("box", "k", tmp_path / "k", transfer=PARTS)
        ranges = [text for text, _ in asked(server)]
    assert ((tmp_path / "k").read_bytes(), result.verified) == (BLOB, "md5")
    assert ranges == ["bytes=0-3", "bytes=2-3", "bytes=0-3", "bytes=4-7", "bytes=8-9"]


def test_an_answer_that_a_proxy_encoded_is_not_the_object() -> None:
    bomb = found(b"squeezed", ("Content-Encoding", "gzip"))
    with ScriptedServer(bomb, otherwise=Blob(BLOB, "md5")) as server, client_of(server) as client:
        assert client.download_file("box", "k") == BLOB
    with (
        ScriptedServer(otherwise=bomb) as server,
        client_of(server) as client,
        pytest.raises(IntegrityError, match="proxy"),
    ):
        client.download_file("box", "k")
