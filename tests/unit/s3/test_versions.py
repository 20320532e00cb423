"""Listings of versions go on where the last page ended, whatever a server calls that place."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from cloud.testing._scripted_server import ScriptedResponse, ScriptedServer
from unit.s3.helpers import document, make_client

MOMENT = "2026-11-28T21:11:14.000Z"


def version(key: str, number: str) -> str:
    return (
        f"<Version><Key>{key}</Key><VersionId>{number}</VersionId><IsLatest>false</IsLatest>"
        f"<LastModified>{MOMENT}</LastModified><ETag>&quot;e&quot;</ETag><Size>1</Size></Version>"
    )


def marker(key: str, number: str) -> str:
    return (
        f"<DeleteMarker><Key>{key}</Key><VersionId>{number}</VersionId><IsLatest>true</IsLatest>"
        f"<LastModified>{MOMENT}</LastModified></DeleteMarker>"
    )


def page(entries: str, following: tuple[str, str] | None = None) -> ScriptedResponse:
    where = ""
    if following is not None:
        key, number = following
        where = f"<NextKeyMarker>{key}</NextKeyMarker><NextVersionIdMarker>{number}</NextVersionIdMarker>"
    ended = str(following is not None).lower()
    return document(
        f"<ListVersionsResult><IsTruncated>{ended}</IsTruncated>{where}{entries}</ListVersionsResult>"
    )


@pytest.mark.parametrize(
    ("entries", "following", "asked"),
    [
        # What Swift 2.30 says, of versions and markers of one second: it means the oldest of the page.
        (version("k", "1795900273.2") + version("k", "1795900273.1") + marker("k", "1795900273.9"), "null", "1795900273.1"),
        (version("k", "9") + version("k", "null"), "null", "null"),  # AWS: written before versions were kept
        (version("k", "9") + version("k", "8"), "8", "8"),
        (version("another", "7"), "null", "null"),  # of the key that it names, nothing is known
    ],
)  # fmt: skip  # a table
def test_the_next_page_begins_behind_the_last_version(entries: str, following: str, asked: str) -> None:
    with ScriptedServer(page(entries, ("k", following)), page(version("z", "1"))) as server:
        listed = make_client(server).list_versions("b").to_list()
        query = parse_qs(urlsplit(server.requests[1].path).query)
    assert (query["key-marker"], query["version-id-marker"]) == (["k"], [asked])
    assert listed[-1].key == "z"


@pytest.mark.parametrize("marker_of_server", ["ver/ü%20+", "ver%2F%C3%BC%2520%2B"])
def test_the_next_page_begins_behind_the_key_however_the_server_spells_it(marker_of_server: str) -> None:
    encoded = "<EncodingType>url</EncodingType>" + version("ver%2F%C3%BC%2520%2B", "9")
    with ScriptedServer(page(encoded, (marker_of_server, "9")), page(version("z", "1"))) as server:
        first, _ = make_client(server).list_versions("b").to_list()
        query = parse_qs(urlsplit(server.requests[1].path).query)
    assert first.key == "ver/ü%20+"
    assert (query["key-marker"], query["version-id-marker"]) == (["ver/ü%20+"], ["9"])
