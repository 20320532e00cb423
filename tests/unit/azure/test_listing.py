"""Listings: fast where their shape is known, exact everywhere, never short."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import partial
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud._dialects._xmltree import MalformedAnswerError
from cloud._dialects.azure_blob import _listing
from cloud._dialects.azure_blob._listing import (
    has_content,
    object_page,
    parse_containers,
    parse_page,
    parse_uncommitted,
)
from cloud.common._listed import listed_object
from cloud.common._storage_types import ListRequest
from cloud.common.errors import ServiceUnavailableError
from cloud.testing._scripted_server import ScriptedServer
from unit.azure.helpers import blob, listing, page
from unit.azure.scripted import client_of

MOMENT = datetime(2026, 11, 24, 2, 17, 47, tzinfo=timezone.utc)
REQUEST = ListRequest("box", "", None, None, 1000, None)
PREFIX = "<BlobPrefix><Name>{}</Name></BlobPrefix>"


def exactly(body: bytes) -> _listing.RawPage:
    """Return what the XML parser alone makes of a page."""
    return _listing._parse_exactly(body, partial(listed_object, "box"))


def fast(body: bytes) -> _listing.RawPage:
    """Return what the pattern makes of a page, without the parser to fall back on."""
    body = body.removeprefix(b"\xef\xbb\xbf")
    assert _listing._is_simple(body)
    return _listing._parse_fast(body, partial(listed_object, "box"))


def test_page_tells_key_size_etag_time_and_tier() -> None:
    found = parse_page(
        page(blob("a", size=7) + blob("b", size=1 << 40, tier="Cool"), marker="m&amp;1"), "box"
    )
    first, second = found.items
    assert (first.bucket, first.key, first.size, first.etag) == ("box", "a", 7, "0x8DE2B0001234567")
    assert (first.modified_at, first.storage_class) == (MOMENT, "Hot")
    assert (second.size, second.storage_class) == (1 << 40, "Cool")
    assert (found.prefixes, found.marker) == ([], "m&1")


@pytest.mark.parametrize(
    "blobs",
    [
        pytest.param("", id="empty"),
        pytest.param(blob("a") + blob("b"), id="plain"),
        pytest.param(blob("a", tier=None) + blob("b"), id="the first has no tier"),
        pytest.param(blob("a") + blob("b", tier=None), id="a later one has no tier"),
        pytest.param(blob("a&amp;b&lt;&gt;&quot;&apos;&#65;&#x42;"), id="references"),
        pytest.param(blob("a%20b", encoded=True) + blob("a%20b"), id="encoded"),
        pytest.param(blob("a&#13;b"), id="carriage return"),
        pytest.param(blob("ü\u2028\U0001f600"), id="unicode"),
        pytest.param(PREFIX.format("a/") + blob("b") + PREFIX.format("c&amp;/"), id="prefixes between"),
        pytest.param(
            blob("a", more="<VersionId>v</VersionId><IsCurrentVersion>true</IsCurrentVersion>"), id="versions"
        ),
        pytest.param(blob("a", more="<Deleted>false</Deleted>") + blob("b"), id="more in the first"),
    ],
)
def test_fast_way_and_exact_way_agree(blobs: str) -> None:
    body = page(blobs, marker="next")
    assert fast(body) == exactly(body) == parse_page(body, "box")


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(
                st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"),
                min_size=1,
                max_size=12,
            ),
            st.integers(0, 1 << 50),
            st.sampled_from(("Hot", "Cool", "Cold", "Archive", None)),
        ),
        max_size=5,
    )
)
def test_any_keys_are_read_alike_both_ways(rows: list[tuple[str, int, str | None]]) -> None:
    body = page("".join(blob(escape(key), size=size, tier=tier) for key, size, tier in rows))
    assert [(item.key, item.size, item.storage_class) for item in fast(body).items] == rows
    assert fast(body) == exactly(body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(page("<Blob><Name>a</Name><Properties><Etag>e</Etag><Content-Length>1</Content-Length><Etag>f</Etag>"
                          "<Last-Modified>x</Last-Modified></Properties></Blob>"), id="property twice"),
        pytest.param(page("<!-- c -->" + blob("a")), id="comment"),
        pytest.param(page(blob("a") + "<Blob><Name>b</Name><Properties><Content-Length>2</Content-Length></Properties></Blob>"),
                     id="properties left out"),
        pytest.param(page(blob("a", more="<Metadata><Etag>x</Etag></Metadata>")), id="children"),
    ],
)  # fmt: skip  # one case in a few lines
def test_what_is_not_simple_goes_through_the_parser(body: bytes) -> None:
    with pytest.raises(_listing._NotSimpleError):
        fast(body)
    assert parse_page(body, "box") == exactly(body)
    assert parse_page(body, "box").items[0].key == "a"


def test_name_that_xml_cannot_hold_comes_percent_encoded() -> None:
    assert parse_page(page(blob("a%EF%BF%BFb%25", encoded=True)), "box").items[0].key == "a\uffffb%"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(page(blob("a"))[:-30], id="cut"),
        pytest.param(page(blob("a"), marker=None), id="no word on more"),
        pytest.param(b"<html></html>", id="another document"),
        pytest.param(page(blob("")), id="no name"),
        pytest.param(
            page(blob("a").replace("<Content-Length>1", "<Content-Length>one")), id="size is no number"
        ),
        pytest.param(page(blob("%FF", encoded=True)), id="encoded name is no UTF-8"),
        pytest.param(page(blob("a")).replace(b"a</Name>", b"\xff</Name>"), id="no UTF-8"),
        pytest.param(b'<!DOCTYPE x [<!ENTITY a "b">]>' + page(blob("&a;")).partition(b"?>")[2], id="entity"),
    ],
)
def test_answer_that_is_no_whole_listing_raises(body: bytes) -> None:
    with pytest.raises(MalformedAnswerError, match="box"):
        parse_page(body, "box")


def test_start_after_drops_keys_by_their_bytes_and_keeps_a_folder_that_may_hold_more() -> None:
    body = page(
        blob("a") + blob("b") + blob("b/c") + PREFIX.format("a/") + PREFIX.format("b/") + PREFIX.format("z/")
    )
    found = object_page(body, REQUEST._replace(start_after="b/a"))
    assert [item.key for item in found.items] == ["b/c"]
    assert found.prefixes == ("b/", "z/")


def test_empty_page_with_a_marker_is_not_the_end() -> None:
    pages = (listing("", marker="1"), listing("", marker="2"), listing(blob("a")))
    with ScriptedServer(*pages) as server, client_of(server) as client:
        assert [info.key for info in client.list_objects("box", page_size=2)] == ["a"]
    assert [("marker=" in request.path) for request in server.requests] == [False, True, True]


def test_pages_before_the_first_wanted_key_are_no_empty_pages_of_the_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cloud.common._paging.MAX_EMPTY_PAGES", 2)
    pages = [listing(blob(f"a{number}"), marker=str(number)) for number in range(6)]
    with ScriptedServer(*pages, listing(blob("b"))) as server, client_of(server) as client:
        assert [info.key for info in client.list_objects("box", start_after="az")] == ["b"]


def test_marker_goes_back_as_it_came() -> None:
    marker = "2!92!MDAwMDI2+/=&"
    with (
        ScriptedServer(listing(blob("a"), marker=escape(marker)), listing(blob("b"))) as server,
        client_of(server) as client,
    ):
        assert [info.key for info in client.list_objects("box", "p/", delimiter="/")] == ["a", "b"]
    assert "marker=2%2192%21MDAwMDI2%2B%2F%3D%26" in server.requests[1].path
    assert "prefix=p%2F&delimiter=%2F" in server.requests[1].path


def test_failed_page_carries_its_token() -> None:
    pages = (listing(blob("a"), marker="1"), *[listing(blob("b"), marker=None)] * 3)
    with ScriptedServer(*pages) as server, client_of(server) as client:
        found = iter(client.list_objects("box"))
        assert next(found).key == "a"
        with pytest.raises(ServiceUnavailableError) as caught:
            next(found)
    assert caught.value.resume_token == "1"


def test_containers_of_every_page() -> None:
    def body(name: str, marker: str) -> bytes:
        return (
            f"<EnumerationResults><Containers><Container><Name>{name}</Name></Container></Containers>"
            f"<NextMarker>{marker}</NextMarker></EnumerationResults>"
        ).encode()

    assert parse_containers(body("a", "m")) == (["a"], "m")
    assert parse_containers(body("$root", "")) == (["$root"], None)
    with pytest.raises(MalformedAnswerError):
        parse_containers(b"<EnumerationResults><Containers/></EnumerationResults>")


def test_keys_with_nothing_but_blocks_are_told_from_empty_objects() -> None:
    staged = (
        "<Blob><Name>staged</Name><Properties><Creation-Time>Tue, 24 Nov 2026 02:17:47 GMT</Creation-Time>"
        "<Content-Length>0</Content-Length><BlobType>BlockBlob</BlobType></Properties></Blob>"
    )
    body = page(blob("empty", size=0) + staged + blob("full"))
    assert parse_uncommitted(body) == ([("staged", MOMENT)], 3, None)
    assert has_content(body) == (True, None)
    assert has_content(page("", marker="m")) == (False, "m")
