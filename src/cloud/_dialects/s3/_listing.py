"""ListObjectsV2 answers, read fast where their shape is known and exactly everywhere.

A page is a thousand ``<Contents>`` elements with the same children in the same order, so the order is
learned from the first one and one compiled pattern splits the page into its keys and what is left over.
The left-over goes through the XML parser. Whenever anything about the page is not as simple as that, the
whole page goes through the XML parser instead, which says the same, only slower. Values are taken column
by column, so that what can be done once for all keys of a page is done once.

Never a short list: a page that is cut, that is no listing, or that says there is more without saying how
to get it, raises.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import unquote_to_bytes

from cloud._dialects._xmltree import (
    Element,
    MalformedAnswerError,
    fits_xml,
    parse_root,
    parse_timestamp,
)
from cloud._dialects.s3._etag import strip_quotes

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_SIZE = re.compile("[0-9]{1,19}").fullmatch
_START, _END = b"<Contents>", b"</Contents>"
_CHILD = re.compile(rb"<(\w+)")
_ALWAYS = (b"Key", b"Size")

# Character data that is passed over and not decoded, so that it must be right by itself.
_PASSED = rb"[^<&]*(?:&(?:amp|lt|gt|quot|apos);[^<&]*)*"
# Children that come with some keys only, or several times, and those inside of them. The first key of a page
# need not have them.
_EXTRAS: dict[bytes, tuple[bytes, ...]] = {
    b"Owner": (b"ID", b"DisplayName"),
    b"ChecksumAlgorithm": (),
    b"ChecksumType": (),
    b"RestoreStatus": (b"IsRestoreInProgress", b"RestoreExpiryDate"),
    b"Type": (),
}

# Each value without markup, and a quoted ETag without its quotes, however the server escapes them: AWS and
# Ceph write &quot;, SeaweedFS &#34;, Swift and moto the quote itself.
_PATTERNS = {
    b"Key": rb"<Key>(?P<Key>[^<]+)</Key>",
    b"LastModified": rb"<LastModified>(?P<LastModified>[^<]*)</LastModified>",
    b"ETag": rb'<ETag>(?P<quote>&quot;|&\#34;|")?(?P<ETag>[^<"&]*)(?(quote)(?P=quote))</ETag>',
    b"Size": rb"<Size>(?P<Size>[0-9]{1,19})</Size>",
    b"StorageClass": rb"<StorageClass>(?P<StorageClass>[^<]*)</StorageClass>",
}

# Bytes that XML forbids or that a parser would change (a carriage return); the XML parser decides on them.
_CONTROLS = bytes(byte for byte in range(0x20) if byte not in b"\t\n")
_UTF8_DECLARATION = re.compile(
    rb"<\?xml[^>]*encoding\s*=\s*[\"'](?i:utf-8|us-ascii)[\"']|<\?xml(?![^>]*encoding)"
)

# References; longer numbers than these, and a bare ampersand, are for the XML parser to judge.
_ENTITY = re.compile(r"&(?:(amp|lt|gt|quot|apos);|#(?:x([0-9a-fA-F]{1,5})|([0-9]{1,6}));)?")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


@dataclass(frozen=True, slots=True)
class ListPage(Generic[T]):
    """One page of a listing.

    Attributes:
        items: what was built of each key.
        prefixes: the common prefixes, decoded.
        next_token: continuation token of the next page, to be sent as it is; None on the last page.
        is_truncated: whether there are more pages; exactly then there is a `next_token`.
    """

    items: tuple[T, ...]
    prefixes: tuple[str, ...]
    next_token: str | None
    is_truncated: bool


class _NotSimpleError(Exception):
    """The page is not of the simple kind; the XML parser has to read it."""


def parse_list_page(
    body: bytes, bucket: str, build: Callable[[str, int, str | None, datetime | None, str | None], T]
) -> ListPage[T]:
    """Return the page that `body` holds.

    Args:
        body: a whole ListObjectsV2 answer.
        bucket: what was listed, for error messages.
        build: makes an item of key, size in bytes, ETag without quotes, time of the last change in UTC,
            and storage class. Keys are decoded when the answer says that it encoded them
            (``<EncodingType>url``: ``+`` is a space there and ``%2B`` a plus).

    Raises:
        MalformedAnswerError: the answer is cut, no listing, or says there is more without a token.
    """
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
    """Return whether bytes, declaration and frame of `body` are what the fast path can vouch for.

    The bytes that XML forbids (control characters, ``]]>``, no UTF-8) are for the XML parser to refuse.
    """
    return (
        b"]]>" not in body
        and (not body.startswith(b"<?") or _UTF8_DECLARATION.match(body) is not None)
        and body.rstrip().endswith(b"</ListBucketResult>")
        and len(body.translate(None, _CONTROLS)) == len(body)
        and (body.isascii() or _is_clean_utf8(body))
    )


def _is_clean_utf8(body: bytes) -> bool:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return False
    return "\ufffe" not in text and "\uffff" not in text


def _parse_fast(
    body: bytes, build: Callable[[str, int, str | None, datetime | None, str | None], T]
) -> ListPage[T]:
    """Split the page by the pattern of its first key.

    Raises:
        _NotSimpleError: some key does not fit the pattern.
    """
    children = _learn(body)
    for extras_anywhere in (False, True):
        pattern = _compile(children, extras_anywhere=extras_anywhere)
        parts = pattern.split(body)
        step = pattern.groups + 1
        rest = b"".join(parts[::step])
        if b"<Contents" not in rest:
            break  # otherwise a key has children that the first one lacks, or in other places
    _check_rest(rest)
    root = parse_root(rest, "ListBucketResult")
    columns = {name: parts[place::step] for name, place in pattern.groupindex.items()}
    absent = [None] * (len(parts) // step)
    items = map(
        build,
        _decode_keys(columns["Key"], encoded=root.get("EncodingType") == "url"),
        map(int, columns["Size"]),
        [etag.decode() if etag else None for etag in columns.get("ETag", absent)],
        map(_Moments().__getitem__, columns.get("LastModified", absent)),
        map(_Texts().__getitem__, columns.get("StorageClass", absent)),
    )
    return _assemble(root, list(items))


def _check_rest(rest: bytes) -> None:
    """Check what the pattern has left over of a page: its frame, in which nothing may hide.

    Without ``<!`` there is no comment, CDATA section or declaration, and without a second ``<?`` no
    processing instruction, so that every ``<Contents>`` that the pattern took is one element of the tree.
    None of these can hide in what it took: there, each ``<`` begins a tag that it names.

    Raises:
        _NotSimpleError: a key is left, or the frame is not as simple as that.
    """
    if b"<Contents" in rest or b"</Contents" in rest or b"<!" in rest or b"<?" in rest[2:]:
        raise _NotSimpleError


def _learn(body: bytes) -> tuple[bytes, ...]:
    """Return the children of the first key in their order; without any key, those that every key has.

    Raises:
        _NotSimpleError: the first key has an element twice, lacks one, or has attributes.
    """
    start = body.find(_START[:-1])
    if start < 0:
        return _ALWAYS
    if not body.startswith(_START, start):
        raise _NotSimpleError
    names = tuple(_CHILD.findall(body, start + len(_START), body.find(_END, start)))
    wanted = [name for name in names if name in _PATTERNS]
    if len(set(wanted)) != len(wanted) or not set(_ALWAYS).issubset(wanted):
        raise _NotSimpleError
    return names


@lru_cache(maxsize=64)
def _compile(children: tuple[bytes, ...], *, extras_anywhere: bool) -> re.Pattern[bytes]:
    """Return the pattern of one ``<Contents>`` with the wanted ones of `children` in their order.

    The others of `children` may stand between the two wanted ones that they stand between there, any number
    of times. With `extras_anywhere` they, and all that are known of, may stand anywhere.
    """
    everywhere = {*_EXTRAS, *children}.difference(_PATTERNS) if extras_anywhere else set()
    parts = [_START]
    extras = set(everywhere)
    for name in children:
        if name not in _PATTERNS:
            extras.add(name)
            continue
        # The storage class is the one wanted child that some servers leave out of some keys.
        wanted = _PATTERNS[name] if name != b"StorageClass" else rb"(?:%b)?" % _PATTERNS[name]
        parts += [_skip(extras), wanted]
        extras = set(everywhere)
    return re.compile(b"".join([*parts, _skip(extras), _END]))


def _skip(names: set[bytes]) -> bytes:
    """Return the pattern of white space and of any number of children called one of `names`."""
    return rb"\s*(?:(?:%b)\s*)*" % b"|".join(map(_extra, sorted(names))) if names else rb"\s*"


def _extra(name: bytes) -> bytes:
    """Return the pattern of a child that is passed over: character data, or the children known of it."""
    inner = b"|".join(
        rb"<%b>%b</%b>|<%b/>" % (child, _PASSED, child, child) for child in _EXTRAS.get(name, ())
    )
    content = rb"\s*(?:(?:%b)\s*)*" % inner if inner else _PASSED
    return rb"<%b>%b</%b>|<%b/>" % (name, content, name, name)


def _decode_keys(values: list[bytes], *, encoded: bool) -> list[str]:
    """Return the keys of a page, decoded all at once where that is the same as one by one.

    Raises:
        MalformedAnswerError: one is no percent-encoded UTF-8.
    """
    joined = b"<".join(values)  # no value holds a "<"
    if b"&" not in joined:
        if encoded:
            joined = unquote_to_bytes(joined.replace(b"+", b" "))
        try:
            keys = joined.decode().split("<")
        except UnicodeDecodeError:
            keys = []  # one by one, to name the key that is no UTF-8
        if len(keys) == len(values):  # otherwise a key has a "<" in it, which was encoded
            return keys
    decode = _url_text if encoded else _plain_text
    return [decode(value) for value in values]


class _Moments(dict[bytes | None, datetime | None]):
    """Times by their text; keys that were stored in the same second share one parse."""

    def __missing__(self, text: bytes | None) -> datetime | None:
        value = self[text] = parse_timestamp(_plain_text(text)) if text else None
        return value


class _Texts(dict[bytes | None, str | None]):
    """Storage classes by their bytes."""

    def __missing__(self, text: bytes | None) -> str | None:
        value = self[text] = _plain_text(text) if text else None
        return value


def _plain_text(value: bytes) -> str:
    """Return character data with its references resolved.

    Raises:
        _NotSimpleError: a reference that the XML parser has to judge.
    """
    text = value.decode()
    return _ENTITY.sub(_resolve, text) if "&" in text else text


def _resolve(match: re.Match[str]) -> str:
    name, hexadecimal, decimal = match.groups()
    if name:
        return _NAMED[name]
    character = chr(int(hexadecimal, 16) if hexadecimal else int(decimal or "0"))
    if not fits_xml(character):
        raise _NotSimpleError
    return character


def _url_text(value: bytes) -> str:
    """Return a key that was sent with encoding-type=url.

    Raises:
        MalformedAnswerError: it is no percent-encoded UTF-8.
    """
    if b"&" in value:
        return unquote_key(_plain_text(value))
    if b"%" in value or b"+" in value:
        value = unquote_to_bytes(value.replace(b"+", b" "))
        try:
            return value.decode()
        except UnicodeDecodeError as error:
            raise MalformedAnswerError(f"a key is no UTF-8: {value!r}") from error
    return value.decode()


def unquote_key(text: str) -> str:
    """Return a key or prefix of an answer with ``encoding-type=url`` as it is stored.

    Raises:
        MalformedAnswerError: it is no percent-encoded UTF-8.
    """
    if "%" not in text and "+" not in text:
        return text
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode()
    except UnicodeDecodeError as error:
        raise MalformedAnswerError(f"a key is no UTF-8: {text!r}") from error


def _parse_exactly(
    body: bytes, build: Callable[[str, int, str | None, datetime | None, str | None], T]
) -> ListPage[T]:
    """Read the whole page with the XML parser."""
    root = parse_root(body, "ListBucketResult")
    encoded = root.get("EncodingType") == "url"
    items = []
    for entry in root.all("Contents"):
        fields = {child.name: child.text for child in entry.children}
        key, size, modified = fields.get("Key"), fields.get("Size", ""), fields.get("LastModified")
        if not key:
            raise MalformedAnswerError("an entry has no key")
        if not _SIZE(size):
            raise MalformedAnswerError(f"the size of {key!r} is no number: {size!r}")
        items.append(
            build(
                unquote_key(key) if encoded else key,
                int(size),
                strip_quotes(fields.get("ETag")),
                parse_timestamp(modified) if modified else None,
                fields.get("StorageClass") or None,
            )
        )
    return _assemble(root, items)


def _assemble(root: Element, items: list[T]) -> ListPage[T]:
    """Return the page of `items` and of what `root` says beside them."""
    encoded = root.get("EncodingType") == "url"
    prefixes = []
    for group in root.all("CommonPrefixes"):
        for child in group.all("Prefix"):
            prefixes.append(unquote_key(child.text) if encoded else child.text)  # noqa: PERF401  # reads better
    truncated = root.get("IsTruncated")
    if truncated not in {"true", "false"}:
        raise MalformedAnswerError(f"IsTruncated is neither true nor false: {truncated!r}")
    token = root.get("NextContinuationToken") or None
    if truncated == "true" and token is None:
        raise MalformedAnswerError("there are more keys, but no token to go on with")
    more = truncated == "true"
    return ListPage(tuple(items), tuple(prefixes), token if more else None, more)
