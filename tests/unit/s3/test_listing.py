"""Listing pages: the fast path, the exact one, and that they never disagree or cut a list short."""

from __future__ import annotations

import string
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud._dialects.s3 import _listing
from cloud._dialects.s3._listing import ListPage, parse_list_page
from cloud._dialects.s3._xml import MalformedAnswerError, fits_xml

SAMPLES = Path(__file__).parent / "samples"
SERVERS = ("aws", "ceph", "moto", "seaweedfs", "swift")
KINDS = ("page", "delimiter", "empty", "owner")
STORED_ON_ALL = ["a b", "a+b", "ctl\x01", "nl\nx", "p/1", "p/2", "per%41", "x&y<z>\"'", "é/ü"]


class Entry(NamedTuple):
    key: str
    size: int
    etag: str | None
    modified_at: datetime | None
    storage_class: str | None


def utc(
    year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0, micros: int = 0
) -> datetime:
    return datetime(year, month, day, hour, minute, second, micros, timezone.utc)


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.xml").read_bytes()


def fast(body: bytes) -> ListPage[Entry]:
    """Read by the fast path alone; a page that it cannot read is an error."""
    assert _listing._is_simple(body)
    return _listing._parse_fast(body, Entry)


def exact(body: bytes) -> ListPage[Entry]:
    return _listing._parse_exactly(body, Entry)


def outcome(body: bytes, *, only_exact: bool = False) -> object:
    try:
        return exact(body) if only_exact else parse_list_page(body, "b", Entry)
    except MalformedAnswerError:
        return "malformed"


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("kind", KINDS)
def test_pages_of_every_server_take_the_fast_path_and_both_paths_agree(server: str, kind: str) -> None:
    body = sample(f"{server}-{kind}")
    assert fast(body) == exact(body) == parse_list_page(body, "bucket-one", Entry)


@pytest.mark.parametrize("server", ["ceph", "seaweedfs", "swift"])
def test_odd_keys_come_back_as_they_were_stored(server: str) -> None:
    page = parse_list_page(sample(f"{server}-all"), "bucket-one", Entry)
    assert [entry.key for entry in page.items] == STORED_ON_ALL
    assert not page.is_truncated
    assert page.next_token is None
    for entry in page.items:
        assert entry.size == 1
        assert entry.etag == "9dd4e461268c8034f5c8564e155c67a6"
        assert entry.storage_class == "STANDARD"
        assert entry.modified_at is not None
        assert entry.modified_at.tzinfo is timezone.utc
        assert entry.modified_at.year == 2026


@pytest.mark.parametrize(
    ("server", "token"),
    [
        ("aws", "1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM="),
        ("ceph", "p/1"),
        ("moto", "d50dff601b1acb7b8d6d7532c0fa5234"),
        ("seaweedfs", "p/1"),
        ("swift", "cC8x"),
    ],
)
def test_a_truncated_page_has_its_token_as_it_was_sent(server: str, token: str) -> None:
    page = parse_list_page(sample(f"{server}-page"), "bucket-one", Entry)
    assert page.is_truncated
    assert page.next_token == token
    assert [entry.key for entry in page.items[:2]] == ["a b", "a+b"]


@pytest.mark.parametrize(
    ("server", "prefixes"),
    [
        ("aws", ("photos 2006/", "é/")),
        *((name, ("p/", "é/")) for name in ("ceph", "moto", "seaweedfs", "swift")),
    ],
)
def test_common_prefixes_are_decoded(server: str, prefixes: tuple[str, ...]) -> None:
    page = parse_list_page(sample(f"{server}-delimiter"), "bucket-one", Entry)
    assert page.prefixes == prefixes
    assert page.items


@pytest.mark.parametrize("server", SERVERS)
def test_an_empty_page_is_empty(server: str) -> None:
    assert parse_list_page(sample(f"{server}-empty"), "bucket-one", Entry) == ListPage((), (), None, False)


def test_values_of_the_first_published_example() -> None:
    entry = parse_list_page(sample("aws-owner"), "bucket-one", Entry).items[0]
    assert entry == Entry(
        "my-image.jpg",
        434234,
        "fba9dede5f27731c9771645a39863328",
        utc(2009, 10, 12, 17, 50, 30),
        "STANDARD",
    )


@pytest.mark.parametrize("name", [f"{server}-{kind}" for server in SERVERS for kind in ("page", "delimiter")])
def test_a_page_that_is_cut_anywhere_raises(name: str) -> None:
    body = sample(name)
    for end in range(len(body)):
        with pytest.raises(MalformedAnswerError):
            parse_list_page(body[:end], "bucket-one", Entry)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"<html><body>502 Bad Gateway</body></html>",
        b"not xml",
        b"{}",
        b"<Error><Code>SlowDown</Code></Error>",
        b"<ListBucketResult/>",
        b"<ListBucketResult></ListBucketResult>",
        b"<ListBucketResult><IsTruncated></IsTruncated></ListBucketResult>",
        b"<ListBucketResult><IsTruncated>maybe</IsTruncated></ListBucketResult>",
        b"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
        b"<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken/></ListBucketResult>",
        b"<Wrapped><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult></Wrapped>",
        b"<IsTruncated>false</IsTruncated></ListBucketResult>",
    ],
)
def test_what_is_no_listing_raises_and_names_the_bucket(body: bytes) -> None:
    with pytest.raises(MalformedAnswerError, match="'my-bucket'"):
        parse_list_page(body, "my-bucket", Entry)


def page_of(*contents: str, encoding: str = "url", head: str = "") -> bytes:
    kind = f"<EncodingType>{encoding}</EncodingType>" if encoding else ""
    return (
        f"{head}<ListBucketResult>{kind}<IsTruncated>false</IsTruncated>{''.join(contents)}</ListBucketResult>"
    ).encode()


def entry_xml(key: str = "<Key>k</Key>", size: str = "<Size>1</Size>", more: str = "") -> str:
    return f"<Contents>{key}{size}{more}</Contents>"


@pytest.mark.parametrize(
    "contents",
    [
        entry_xml(key="<Key></Key>"),
        entry_xml(key="<Key/>"),
        entry_xml(key=""),
        entry_xml(size=""),
        entry_xml(size="<Size/>"),
        entry_xml(size="<Size>-1</Size>"),
        entry_xml(size="<Size>1.5</Size>"),
        entry_xml(size="<Size>1_0</Size>"),
        entry_xml(size="<Size>\u0661</Size>"),
        entry_xml(size=f"<Size>{'9' * 5000}</Size>"),
        entry_xml(key="<Key>%FF</Key>"),
        entry_xml(more="<LastModified>yesterday</LastModified>"),
        entry_xml(more="<LastModified>2026-13-01T00:00:00Z</LastModified>"),
        entry_xml(more="<ETag>&unknown;</ETag>"),
        entry_xml(key="<Key>a&b</Key>"),
        entry_xml(key="<Key>&#x1;</Key>"),
        entry_xml(key="<Key>&#xD800;</Key>"),
        entry_xml(key="<Key>a\x01b</Key>"),
        "<Contents/>",
        "<Contents><Key>k</Key>",
    ],
)
def test_a_broken_entry_is_an_error_and_never_left_out(contents: str) -> None:
    for body in (page_of(contents), page_of(entry_xml(), contents), page_of(contents, entry_xml())):
        with pytest.raises(MalformedAnswerError):
            parse_list_page(body, "b", Entry)


def test_entries_that_differ_from_the_first_one_are_not_lost() -> None:
    body = page_of(
        entry_xml(key="<Key>1</Key>"),
        entry_xml(key="<Key>2</Key>", more="<ETag>W/&quot;x&quot;</ETag>"),
        "<CommonPrefixes><Prefix>p+/</Prefix></CommonPrefixes>",
        entry_xml(key="<Key>3</Key>", more="<Unknown><Key>inner</Key><deep><er/></deep></Unknown>"),
        "<Contents><Size>4</Size><!-- c --><Key><![CDATA[4]]></Key></Contents>",
        "<Contents kind='x'><Size>5</Size><Key>5</Key></Contents>",
    )
    page = parse_list_page(body, "b", Entry)
    assert [entry.key for entry in page.items] == ["1", "2", "3", "4", "5"]
    assert page.items[1].etag == 'W/"x"'
    assert page.prefixes == ("p /",)


@pytest.mark.parametrize(
    ("key", "encoding", "stored"),
    [
        ("a+b%2Bc%20d", "url", "a b+c d"),
        ("a+b%2Bc%20d", "", "a+b%2Bc%20d"),
        ("%C3%A9%2f", "url", "é/"),
        ("a&amp;b&#38;c&#x26;d&lt;&gt;&quot;&apos;", "", "a&b&c&d<>\"'"),
        ("a&amp;%26", "url", "a&&"),
        ("100%", "url", "100%"),
        ("%zz", "url", "%zz"),
        (" lead\ttail\n", "", " lead\ttail\n"),
        ("a\rb\r\nc", "", "a\nb\nc"),
        ("&#xD;&#10;", "", "\r\n"),
        ("\U0001f600&#x1F600;", "", "\U0001f600\U0001f600"),
    ],
)
def test_keys_are_decoded_as_the_answer_says(key: str, encoding: str, stored: str) -> None:
    body = page_of(entry_xml(key=f"<Key>{key}</Key>"), encoding=encoding)
    assert parse_list_page(body, "b", Entry).items[0].key == stored
    assert exact(body).items[0].key == stored


@pytest.mark.parametrize(
    "attack",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd">',
        "<!DOCTYPE html>",
    ],
)
def test_document_types_are_refused(attack: str) -> None:
    with pytest.raises(MalformedAnswerError, match="document type"):
        parse_list_page(page_of(entry_xml(), head=attack), "b", Entry)


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "utf-16", "UTF-8", "us-ascii", "latin-7-nonsense"])
def test_declared_encodings_are_honoured(encoding: str) -> None:
    head = f"<?xml version='1.0' encoding='{encoding}'?>\n"
    text = page_of(entry_xml(key="<Key>k</Key>"), head=head).decode()
    if encoding == "latin-7-nonsense":
        with pytest.raises(MalformedAnswerError):
            parse_list_page(text.encode(), "b", Entry)
        return
    assert parse_list_page(text.encode(encoding), "b", Entry).items[0].key == "k"


def test_latin_1_is_not_taken_for_utf8() -> None:
    head = "<?xml version='1.0' encoding='ISO-8859-1'?>"
    body = page_of(entry_xml(key="<Key>Ã©</Key>"), encoding="", head=head).decode().encode("latin-1")
    assert parse_list_page(body, "b", Entry).items[0].key == "Ã©"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23T19:14:48Z", utc(2026, 11, 23, 19, 14, 48)),
        ("2026-11-23T19:14:48.5Z", utc(2026, 11, 23, 19, 14, 48, 500_000)),
        ("2026-11-23T19:14:48.123456789Z", utc(2026, 11, 23, 19, 14, 48, 123_456)),
        ("2026-11-23T19:14:48", utc(2026, 11, 23, 19, 14, 48)),
        ("2026-11-23T19:14:48+02:00", utc(2026, 11, 23, 17, 14, 48)),
        ("2026-11-23T19:14:48.25-0130", utc(2026, 11, 23, 20, 44, 48, 250_000)),
    ],
)
def test_times_of_all_precisions_and_zones(text: str, moment: datetime) -> None:
    body = page_of(entry_xml(more=f"<LastModified>{text}</LastModified>"))
    assert parse_list_page(body, "b", Entry).items[0].modified_at == moment


ORDERS = {
    "aws": ("Key", "LastModified", "ETag", "Checksum", "Size", "Owner", "StorageClass", "RestoreStatus"),
    "seaweedfs": ("Key", "ETag", "Size", "Owner", "StorageClass", "LastModified"),
    "ceph": ("Key", "LastModified", "ETag", "Size", "StorageClass", "Owner", "Type"),
    "reversed": ("StorageClass", "Owner", "Size", "ETag", "LastModified", "Key"),
}
QUOTES = ("&quot;", "&#34;", '"', "")


@dataclass(frozen=True)
class Style:
    order: tuple[str, ...]
    quote: str
    space: str
    encoding: str
    truncated: bool
    prefixes_first: bool
    prefixes: tuple[str, ...] = field(default=())


keys = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
    st.text(string.ascii_letters + " +%/&<>\"'\t\n", min_size=1, max_size=20),
).filter(fits_xml)
entries = st.builds(
    Entry,
    keys,
    st.integers(0, 50 << 40),
    st.one_of(st.none(), st.text("0123456789abcdef-", min_size=1, max_size=34)),
    st.integers(0, 4_000_000_000_000_000).map(
        lambda micros: utc(1970, 1, 1) + timedelta(microseconds=micros)
    ),
    st.sampled_from([None, "STANDARD", "GLACIER", "A&B"]),
)
styles = st.builds(
    Style,
    st.one_of(st.sampled_from(sorted(ORDERS.values())), st.permutations(ORDERS["aws"]).map(tuple)),
    st.sampled_from(QUOTES),
    st.sampled_from(["", "\n  "]),
    st.sampled_from(["url-plus", "url-percent", ""]),
    st.booleans(),
    st.booleans(),
    st.lists(keys, max_size=3).map(tuple),
)


def encode(text: str, style: Style) -> str:
    if style.encoding:
        text = quote_plus(text, safe="/") if style.encoding == "url-plus" else quote(text, safe="/")
    return escape(text, {"\r": "&#13;"})


def render_entry(entry: Entry, style: Style, extras: set[str]) -> str:
    modified = entry.modified_at or utc(1970, 1, 1)
    etag = f"<ETag>{style.quote}{entry.etag}{style.quote}</ETag>" if entry.etag else "<ETag></ETag>"
    kind = f"<StorageClass>{escape(entry.storage_class)}</StorageClass>" if entry.storage_class else ""
    parts = {
        "Key": f"<Key>{encode(entry.key, style)}</Key>",
        "LastModified": f"<LastModified>{modified:%Y-%m-%dT%H:%M:%S}.{modified.microsecond:06d}Z</LastModified>",
        "ETag": etag,
        "Size": f"<Size>{entry.size}</Size>",
        "StorageClass": kind,
        "Checksum": "<ChecksumAlgorithm>CRC32</ChecksumAlgorithm>" * 2
        + "<ChecksumType>COMPOSITE</ChecksumType>",
        "Owner": "<Owner><ID>a</ID><DisplayName>b &amp; c</DisplayName></Owner>",
        "RestoreStatus": "<RestoreStatus/>",
        "Type": "<Type>Normal</Type>",
    }
    chosen = [parts[name] for name in style.order if name not in parts.keys() & extras]
    return f"<Contents>{style.space}{style.space.join(chosen)}{style.space}</Contents>"


def render(listed: list[tuple[Entry, set[str]]], style: Style) -> bytes:
    contents = [render_entry(entry, style, extras) for entry, extras in listed]
    prefixes = [
        f"<CommonPrefixes><Prefix>{encode(text, style)}</Prefix></CommonPrefixes>" for text in style.prefixes
    ]
    state = "<IsTruncated>true</IsTruncated><NextContinuationToken>t+%2B</NextContinuationToken>"
    body = [
        "<EncodingType>url</EncodingType>" if style.encoding else "",
        state if style.truncated else "<IsTruncated>false</IsTruncated>",
        *(prefixes + contents if style.prefixes_first else contents + prefixes),
    ]
    document = f'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{style.space.join(body)}'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{document}</ListBucketResult>'.encode()


optional = st.sets(st.sampled_from(["Checksum", "Owner", "RestoreStatus", "Type"]))


@given(listed=st.lists(st.tuples(entries, optional), max_size=6), style=styles)
def test_generated_pages_come_back_whole(listed: list[tuple[Entry, set[str]]], style: Style) -> None:
    body = render(listed, style)
    expected = ListPage(
        tuple(entry for entry, _ in listed),
        style.prefixes,
        "t+%2B" if style.truncated else None,
        style.truncated,
    )
    assert parse_list_page(body, "b", Entry) == expected
    assert exact(body) == expected


@given(
    listed=st.lists(st.tuples(entries, optional), min_size=1, max_size=3),
    style=styles,
    where=st.floats(0, 1, exclude_max=True),
    new=st.one_of(
        st.binary(max_size=3),
        st.sampled_from([
            b"<", b">", b"&", b"</Contents>", b"<Contents>", b"<Key>x</Key>", b"&#x1;", b"&amp;", b"<!--", b"-->",
            b"<?x ?>", b"\r", b"\x00", b"\xef\xbf\xbf", b"\xff", b"/", b"<Owner>", b"</Owner>", b"<Size>1</Size>",
        ]),
    ),
    drop=st.integers(0, 12),
)  # fmt: skip  # the pieces of markup in two lines
def test_both_paths_agree_on_damaged_pages(
    listed: list[tuple[Entry, set[str]]], style: Style, where: float, new: bytes, drop: int
) -> None:
    body = render(listed, style)
    at = int(where * len(body))
    damaged = body[:at] + new + body[at + drop :]
    assert outcome(damaged) == outcome(damaged, only_exact=True)


def test_a_thousand_keys_of_one_second_share_their_time() -> None:
    moment = utc(2026, 1, 1)
    style = Style(ORDERS["aws"], '"', "", "url-plus", truncated=False, prefixes_first=False)
    listed = [
        (
            Entry(f"k/{number:04d}", number, "e", moment + timedelta(seconds=number // 100), "STANDARD"),
            {"Owner"},
        )
        for number in range(1000)
    ]
    page = fast(render(listed, style))
    assert page.items == tuple(entry for entry, _ in listed)
    assert page.items[0].modified_at is page.items[99].modified_at
