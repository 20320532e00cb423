"""Listings of Azure Blob Storage, read fast where their shape is known and exactly everywhere.

A page is up to a thousand ``<Blob>`` elements whose properties stand in the same order, so the order is
learned from the first one and one compiled pattern splits the page into its keys and what is left over.
The left-over goes through the XML parser. Whenever anything about the page is not as simple as that, the
whole page goes through the XML parser instead, which says the same, only slower.

Never a short list: a page that is cut, that is no listing, or that does not say whether there is more,
raises. An empty page that names a marker is not the end.

https://learn.microsoft.com/rest/api/storageservices/list-blobs
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote_to_bytes

from cloud._dialects._answers import parse_http_date
from cloud._dialects._xmltree import Element, MalformedAnswerError, fits_xml, parse_root
from cloud.common._listed import listed_object
from cloud.common._paging import Page, sifted

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cloud.common._storage_types import ListRequest
    from cloud.common.models import ObjectInfo

_ROOT = "EnumerationResults"
_BOM = b"\xef\xbb\xbf"
_SIZE = re.compile("[0-9]{1,19}").fullmatch
_UTF8_DECLARATION = re.compile(rb"<\?xml[^>]*encoding=[\"'](?i:utf-8)[\"'][^>]*\?>").match
# Bytes that XML forbids or that a parser would change (a carriage return); the XML parser decides on them.
_CONTROLS = bytes(byte for byte in range(0x20) if byte not in b"\t\n")
_ENCODED_NAME = re.compile(rb'<Name Encoded="true">([^<]*)</Name>')

_WANTED = {
    b"Last-Modified": rb"<Last-Modified>(?P<modified>[^<]*)</Last-Modified>",
    b"Etag": rb"<Etag>(?P<etag>[^<]*)</Etag>",
    b"Content-Length": rb"<Content-Length>(?P<size>[0-9]{1,19})</Content-Length>",
    b"AccessTier": rb"(?:<AccessTier>(?P<tier>[^<]*)</AccessTier>)?",
}
_TAG = re.compile(rb"<([\w-]+)")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_ENTITY = re.compile(r"&(?:(amp|lt|gt|quot|apos);|#(?:x([0-9a-fA-F]{1,5})|([0-9]{1,6}));)?")


class RawPage(NamedTuple):
    """One page of blobs: what was built of each, the common prefixes, and the marker of the next page."""

    items: list[ObjectInfo]
    prefixes: list[str]
    marker: str | None


class _NotSimpleError(Exception):
    """The page is not of the simple kind; the XML parser has to read it."""


def object_page(body: bytes, request: ListRequest) -> Page[ObjectInfo]:
    """Return one page of objects.

    Azure begins a listing at no given key (``startFrom`` of its newest versions is for one folder's level),
    so what lies before `start_after` is dropped here: pages of a listing may be empty before the first key.

    Raises:
        MalformedAnswerError: the answer is cut, no listing, or does not say whether there is more.
    """
    page = parse_page(body, request.bucket)
    items, prefixes = page.items, page.prefixes
    listed = len(items) + len(prefixes)
    if request.start_after is not None:
        start = request.start_after.encode()
        items = [item for item in items if item.key.encode() > start]
        prefixes = [
            text for text in prefixes if text.encode() > start or request.start_after.startswith(text)
        ]
    return sifted(tuple(items), listed, page.marker, tuple(prefixes))


def parse_page(body: bytes, bucket: str) -> RawPage:
    """Return the page that `body` holds.

    Raises:
        MalformedAnswerError: see `object_page`.
    """
    body = body.removeprefix(_BOM)
    build = partial(listed_object, bucket)
    try:
        if not _is_simple(body):
            return _parse_exactly(body, build)
        try:
            return _parse_fast(body, build)
        except _NotSimpleError:
            return _parse_exactly(body, build)
    except MalformedAnswerError as error:
        raise MalformedAnswerError(f"listing of bucket {bucket!r}: {error}") from error


def _is_simple(body: bytes) -> bool:
    """Return whether bytes, declaration and frame of `body` are what the fast path can vouch for."""
    return (
        b"]]>" not in body
        and (not body.startswith(b"<?") or _UTF8_DECLARATION(body) is not None)
        and body.rstrip().endswith(b"</EnumerationResults>")
        and len(body.translate(None, _CONTROLS)) == len(body)
    )


def _parse_fast(body: bytes, build: Callable[..., ObjectInfo]) -> RawPage:
    """Split the page by the pattern of its first blob.

    Raises:
        _NotSimpleError: some blob does not fit the pattern.
    """
    pattern = _compile(_learn(body))
    parts = pattern.split(body)
    step = pattern.groups + 1
    rest = b"".join(parts[::step])
    # What the pattern took are whole elements as long as nothing can hide them: no comment, no CDATA section.
    if b"<Blob>" in rest or b"</Blob>" in rest or b"<!" in rest or b"<?" in rest[2:]:
        raise _NotSimpleError
    root = parse_root(rest, _ROOT)
    columns = {name: parts[place::step] for name, place in pattern.groupindex.items()}
    names = _names(columns["name"], columns["encoded"])
    items = map(
        build,
        names,
        map(int, columns["size"]),
        map(_Etags().__getitem__, columns["etag"]),
        map(_Moments().__getitem__, columns["modified"]),
        map(_Texts().__getitem__, columns["tier"]),
    )
    return _assemble(root, list(items))


def _learn(body: bytes) -> tuple[bytes, ...]:
    """Return the wanted properties in the order of the first blob; without any, in the order of Azure.

    Raises:
        _NotSimpleError: it has one of them twice, or lacks one.
    """
    start = body.find(b"<Properties>", body.find(b"<Blob>"))
    if start < 0:
        return tuple(_WANTED)
    found = _TAG.findall(body, start + 12, body.find(b"</Properties>", start))
    names = tuple(name for name in found if name in _WANTED)
    if b"AccessTier" not in names:  # only block blobs have one, and the next blob may be one
        names = (*names, b"AccessTier")
    if sorted(names) != sorted(_WANTED):
        raise _NotSimpleError
    return names


@lru_cache(maxsize=24)
def _compile(names: tuple[bytes, ...]) -> re.Pattern[bytes]:
    """Return the pattern of one ``<Blob>`` with the wanted properties in the order of `names`."""
    parts = [rb'<Blob><Name(?P<encoded> Encoded="true")?>(?P<name>[^<]+)</Name>', _skip(0), rb"<Properties>"]
    for number, name in enumerate(names, 1):
        parts += [_skip(number), _WANTED[name]]
    parts += [_skip(len(names) + 1), rb"</Properties>", _skip(len(names) + 2), rb"</Blob>"]
    return re.compile(b"".join(parts))


def _skip(number: int) -> bytes:
    """Return the pattern of any number of other elements without children, or without anything."""
    others = b"|".join([b"Properties", b"Name", *_WANTED])
    return rb"(?:<(?!(?:%b)[ />])(?P<skip%d>[\w-]+)(?: ?/>|>[^<]*</(?P=skip%d)>))*" % (others, number, number)


def _names(values: list[bytes], encoded: list[bytes | None]) -> list[str]:
    """Return the keys of a page, decoded all at once where that is the same as one by one."""
    joined = b"<".join(values)  # no value holds a "<"
    if b"&" not in joined and not any(encoded):
        return _utf8(joined).split("<") if values else []
    return [
        _decoded(_plain_text(value)) if mark else _plain_text(value)
        for value, mark in zip(values, encoded, strict=True)
    ]


class _Moments(dict[bytes, "datetime | None"]):
    """Times by their text; keys that were stored in the same second share one parse."""

    def __missing__(self, text: bytes) -> datetime | None:
        value = self[text] = parse_http_date(_plain_text(text))
        return value


class _Etags(dict[bytes, "str | None"]):
    """ETags without quotes by their text; each is there once, so nothing is kept."""

    def __missing__(self, text: bytes) -> str | None:
        return _plain_text(text).strip('"') or None


class _Texts(dict["bytes | None", "str | None"]):
    """Access tiers by their text."""

    def __missing__(self, text: bytes | None) -> str | None:
        value = self[text] = _plain_text(text) if text else None
        return value


def _plain_text(value: bytes) -> str:
    """Return character data with its references resolved.

    Raises:
        _NotSimpleError: a reference that the XML parser has to judge.
    """
    text = _utf8(value)
    return _ENTITY.sub(_resolve, text) if "&" in text else text


def _resolve(match: re.Match[str]) -> str:
    name, hexadecimal, decimal = match.groups()
    if name:
        return _NAMED[name]
    character = chr(int(hexadecimal, 16) if hexadecimal else int(decimal or "0"))
    if not fits_xml(character):
        raise _NotSimpleError
    return character


def _utf8(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise MalformedAnswerError(f"a name is no UTF-8: {value[:80]!r}") from error


def _decoded(text: str) -> str:
    """Return a name that Azure percent-encoded because XML cannot hold one of its characters."""
    return _utf8(unquote_to_bytes(text))


def _parse_exactly(body: bytes, build: Callable[..., ObjectInfo]) -> RawPage:
    """Read the whole page with the XML parser."""
    root = _parse(body)
    return _assemble(root, [_exact_item(blob, build) for blob in _children(root, "Blob")])


def _parse(body: bytes) -> Element:
    # The parser keeps no attributes, and this is the only one that means anything here.
    return parse_root(_ENCODED_NAME.sub(rb"<EncodedName>\1</EncodedName>", body.removeprefix(_BOM)), _ROOT)


def _children(root: Element, name: str) -> list[Element]:
    return [child for blobs in root.all("Blobs") for child in blobs.all(name)]


def _exact_item(blob: Element, build: Callable[..., ObjectInfo]) -> ObjectInfo:
    key, fields = _name(blob), _properties(blob)
    size, modified = fields.get("Content-Length", ""), fields.get("Last-Modified")
    if not _SIZE(size):
        raise MalformedAnswerError(f"the size of {key!r} is no number: {size!r}")
    etag = fields.get("Etag", "").strip('"') or None
    return build(key, int(size), etag, parse_http_date(modified), fields.get("AccessTier") or None)


def _properties(blob: Element) -> dict[str, str]:
    return {child.name: child.text for group in blob.all("Properties") for child in group.children}


def _name(element: Element) -> str:
    """Return the name of a blob, prefix or container.

    Raises:
        MalformedAnswerError: it has none.
    """
    encoded = element.get("EncodedName")
    name = _decoded(encoded) if encoded else element.get("Name")
    if not name:
        raise MalformedAnswerError("an entry has no name")
    return name


def _assemble(root: Element, items: list[ObjectInfo]) -> RawPage:
    """Return the page of `items` and of what `root` says beside them."""
    return RawPage(items, [_name(prefix) for prefix in _children(root, "BlobPrefix")], _marker(root))


def _marker(root: Element) -> str | None:
    """Return the marker of the next page; None on the last, which says so by an empty one."""
    marker = root.get("NextMarker")
    if marker is None:
        raise MalformedAnswerError("the page does not say whether there is more")
    return marker or None


def parse_containers(body: bytes) -> tuple[list[str], str | None]:
    """Return the names of one page of containers and the marker of the next page, None on the last.

    Raises:
        MalformedAnswerError: it is no such answer.
    """
    root = _parse(body)
    names = [_name(item) for group in root.all("Containers") for item in group.all("Container")]
    return names, _marker(root)


def has_content(body: bytes) -> tuple[bool, str | None]:
    """Return whether a page names a blob, and the marker of the next page."""
    root = _parse(body)
    return bool(_children(root, "Blob")), _marker(root)


def parse_uncommitted(body: bytes) -> tuple[list[tuple[str, datetime | None]], int, str | None]:
    """Return the keys on a page that have blocks and were never committed, each with its first block's time.

    Then how many keys the page lists, these and others, and the marker of the next page. The listing does not mark them. They have no content type, which every object has.
    """
    root = _parse(body)
    found = []
    blobs = _children(root, "Blob")
    for blob in blobs:
        fields = _properties(blob)
        if fields.get("Content-Length", "0") == "0" and not fields.get("Content-Type"):
            moment = parse_http_date(fields.get("Creation-Time") or fields.get("Last-Modified"))
            found.append((_name(blob), moment))
    return found, len(blobs), _marker(root)
