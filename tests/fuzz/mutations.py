"""What may be wrong with an answer: one damage to one of its parts, or several."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fuzz.replay import Answer

# Numbers that are none, that overflow, that int() takes and nobody meant; times that no calendar has; text that breaks
# out of what it is put into; names of other things.
HOSTILE_TEXTS = (
    "", " ", "0", "-1", "-0", "+5", "1_000", "1e9", "1e999", "0x10", "nan", "inf", "-inf", "true", "null", "None",
    "9" * 19, "9" * 30, "9" * 5000, "18446744073709551616", "3.5", "\u0661\u0662", "\u00b2", "1 2", "1,2", "1, 1",
    "bytes 0-0/1", "bytes 5-1/3", "bytes 0-4/*", "bytes */5", "bytes 0-99999999999999999999/99999999999999999999",
    "bytes=0-4", "bytes=0-" + "9" * 5000, '"', '""', 'W/"x"', '"a" "b"',
    "Tue, 99 Jan 2024 03:04:05 GMT", "Sun, 06 Nov 0000 08:49:37 GMT", "Fri, 31 Dec 9999 23:59:59 GMT",
    "Sun, 06 Nov 1994 08:49:60 GMT", "Thu, 01 Jan 0001 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 -0000", "yesterday",
    "0000-00-00T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999-23:59", "2024-02-30T00:00:00Z",
    "2024-01-02T03:04:05", "2024-01-02", "2024-01-02Z", "2024-W01-1T00:00:00Z", "2024-01-02T03:04:05.1234567890Z",
    "20240102T030405Z", "2024-01-02T24:00:00Z", "2024-01-02T03:04:05+99:99",
    "crc32c=!!!", "crc32c=", "crc32c=AAAAAA==,md5=x", "=", "=5F", "%", "%zz", "%ff%fe", "%00", "+", "&", "a=b&a=c", "a\tb",
    "..", "../../etc/passwd", "/", "//", "http://", "http://[", "http://[::1", "https://a:b@c/", "http://h:99999/",
    "//evil.example/x", "x" * 20_000, "\u00e9", "\u00ff\u00fe", "\ud7ff", "\U0001f600", "{}", "[]", "<", "]]>",
    "-3", "composite-3", "AAAA-2", "A", "Zm9v", "multipart/mixed", 'multipart/mixed; boundary="', "gzip", "identity",
    "deflate, gzip", "chunked", "close", "BadDigest", "NoSuchKey", "NoSuchBucket", "xml-", "from:", "\u2028",
)  # fmt: skip  # one kind a line
HOSTILE_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1 << 63, 1 << 200, -(1 << 200), 0.5, -0.0, 1e308, float("nan"), float("inf"),
    [], [None], [[]], [{}], ["x"], {}, {"": ""}, {"x": None}, {"id": {}}, "\ud800", [0] * 50,
)  # fmt: skip  # one kind a line
KNOWN_HEADERS = (
    "Accept-Ranges", "Connection", "Content-Encoding", "Content-Length", "Content-MD5", "Content-Range", "Content-Type",
    "Date", "ETag", "Last-Modified", "Link", "Location", "Range", "Retry-After", "Transfer-Encoding", "Warning",
    "X-RateLimit-Reset", "x-amz-bucket-region", "x-amz-checksum-crc32", "x-amz-checksum-type", "x-amz-meta-a",
    "x-amz-version-id", "x-amz-delete-marker", "x-amz-mp-parts-count", "x-goog-generation", "x-goog-hash", "x-goog-meta-a",
    "x-goog-stored-content-encoding", "x-goog-stored-content-length", "x-ms-blob-content-md5", "x-ms-blob-type",
    "x-ms-copy-id", "x-ms-copy-status", "x-ms-error-code", "x-ms-lease-time", "x-ms-meta-a", "x-ms-creation-time",
    "x-ms-version-id", "x-ms-content-crc64", "x-ms-tag-count", "x-ms-copy-progress", "X-Delete-At", "X-Object-Manifest",
    "X-Object-Meta-A", "X-Static-Large-Object", "X-Timestamp", "X-Container-Object-Count", "X-Container-Bytes-Used",
    "X-Account-Bytes-Used", "X-Account-Meta-Temp-Url-Key", "X-Auth-Token-Expires", "X-Storage-Url", "X-Container-Read",
    "X-Versions-Enabled", "X-Symlink-Target", "X-Subject-Token",
)  # fmt: skip  # by service
STATUSES = (200, 201, 202, 204, 206, 207, 299, 300, 301, 304, 307, 308, 400, 401, 403, 404, 405, 409, 410, 412, 416, 418,
            422, 429, 451, 499, 500, 501, 503, 507, 599)  # fmt: skip  # one list
DEEP = 20_000
BODIES = (
    b"", b" ", b"\x00", b"null", b"0", b'""', b"[]", b"{}", b"[[]]", b"{", b"[", b"\xff\xfe", b"\xef\xbb\xbf{}",
    b"<", b"<a", b"<a/>", b"<html><body>Log in</body></html>", b"[" * DEEP, b'{"a":' * DEEP, b"<a>" * DEEP,
    b'{"items":' + b"[" * DEEP + b"]" * DEEP + b"}", b'{"size":' + b"9" * 5000 + b"}", b"NaN", b'{"a":1,"a":2}',
    b'<?xml version="1.0" encoding="utf-7"?><a/>', b'<?xml version="1.0" encoding="UTF-16"?><a/>',
    b'<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;&x;&x;">]><a>&z;</a>', b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    b"<Error><Code>NoSuchKey</Code></Error>", b"<Error><Code/></Error>", b"\x1f\x8b\x08\x00", b'a,b\n"', b"\r\n" * 1000,
    '{"error": "\ud83d"}'.encode("utf-8", "surrogatepass"), b'{"error":{"code":"x","errors":[null]}}',
    b'{"error": []}', b'{"error": {"errors": "x"}}', b'{"result": "error", "error": 5}', b'{"message": {}}',
)  # fmt: skip  # one kind a line

hostile_text = st.one_of(st.sampled_from(HOSTILE_TEXTS), st.text(max_size=20))
hostile_value = st.one_of(st.sampled_from(HOSTILE_VALUES), hostile_text, st.integers())
# A line break would make another header of it; what else a header may not hold is for the client to refuse.
header_value = st.one_of(
    st.sampled_from(HOSTILE_TEXTS),
    st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=20),
)


@st.composite
def bytes_of(draw: st.DrawFn, body: bytes) -> bytes:
    """Return `body` cut, flipped, doubled, or another one."""
    way = draw(st.sampled_from(("cut", "flip", "insert", "double", "other", "random")))
    place = draw(st.integers(0, max(0, len(body) - 1)))
    if way == "cut":
        return body[:place]
    if way == "flip" and body:
        return body[:place] + bytes([body[place] ^ draw(st.integers(1, 255))]) + body[place + 1 :]
    if way == "insert":
        return body[:place] + draw(st.one_of(st.binary(max_size=8), st.sampled_from(BODIES))) + body[place:]
    if way == "double":
        return body + body
    return draw(st.sampled_from(BODIES)) if way == "other" else draw(st.binary(max_size=64))


def places_of(document: Any) -> list[tuple[Any, Any]]:
    """Return every (container, key) in a JSON document."""
    found: list[tuple[Any, Any]] = []
    waiting = [document]
    while waiting:
        node = waiting.pop()
        pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, value in pairs:
            found.append((node, key))
            waiting.append(value)
    return found


@st.composite
def json_of(draw: st.DrawFn, document: Any) -> bytes:
    """Return a JSON document with one value replaced, removed, doubled or wrapped."""
    document = json.loads(json.dumps(document))
    places = places_of(document)
    if not places:
        return json.dumps(draw(hostile_value)).encode()
    node, key = places[draw(st.integers(0, len(places) - 1))]
    way = draw(st.sampled_from(("replace", "replace", "replace", "remove", "wrap", "double", "add")))
    if way == "replace":
        node[key] = draw(hostile_value)
    elif way == "remove":
        del node[key]
    elif way == "wrap":
        node[key] = draw(st.sampled_from(([node[key]], {"x": node[key]}, str(node[key]))))
    elif way == "double" and isinstance(node, list):
        node.append(node[key])
    elif isinstance(node, dict):
        node[draw(hostile_text)] = draw(hostile_value)
    return json.dumps(document).encode()


@st.composite
def xml_of(draw: st.DrawFn, body: bytes) -> bytes:
    """Return an XML document with one element changed, removed, doubled or renamed."""
    try:
        root = ET.fromstring(body)  # noqa: S314  # a seed of our own
    except (ET.ParseError, RecursionError):  # damaged already
        return draw(bytes_of(body))
    parents = [(parent, child) for parent in root.iter() for child in parent]
    namespace = root.tag.rpartition("}")[0].lstrip("{")
    if namespace:
        ET.register_namespace("", namespace)
    if parents:
        parent, child = parents[draw(st.integers(0, len(parents) - 1))]
        way = draw(
            st.sampled_from(("text", "text", "text", "remove", "double", "rename", "attribute", "child"))
        )
        if way == "text":
            child.text = _fit(draw(hostile_text))
        elif way == "remove":
            parent.remove(child)
        elif way == "double":
            parent.append(child)
        elif way == "rename":
            child.tag = draw(st.sampled_from([other.tag for _, other in parents]))
        elif way == "attribute":
            child.set("Encoded", draw(st.sampled_from(("true", "false", "", "x"))))
        else:
            ET.SubElement(child, "Name").text = _fit(draw(hostile_text))
    return ET.tostring(root, encoding="utf-8")


def _fit(text: str) -> str:
    return "".join(
        char for char in text if char in "\t\n" or (char >= " " and not "\ud800" <= char <= "\udfff")
    )


@st.composite
def headers_of(draw: st.DrawFn, headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Return headers with one replaced, removed, doubled or added."""
    way = draw(st.sampled_from(("replace", "replace", "remove", "double", "add", "add")))
    if way == "add" or not headers:
        return (*headers, (draw(st.sampled_from(KNOWN_HEADERS)), draw(header_value)))
    place = draw(st.integers(0, len(headers) - 1))
    name, value = headers[place]
    if way == "remove":
        return headers[:place] + headers[place + 1 :]
    if way == "double":
        return (*headers, (name, draw(st.one_of(st.just(value), header_value))))
    return (*headers[:place], (name, draw(header_value)), *headers[place + 1 :])


@st.composite
def damaged(draw: st.DrawFn, answer: Answer) -> Answer:
    """Return `answer` with one thing wrong."""
    ways = ["headers", "headers", "bytes", "status"]
    document = parsed(answer.body)
    if document is not None:
        ways += ["json"] * 4
    is_xml = answer.body.lstrip(b"\xef\xbb\xbf").startswith(b"<") and b"</" in answer.body
    if is_xml:
        ways += ["xml"] * 4
    way = draw(st.sampled_from(ways))
    if way == "status":
        return answer._replace(status=draw(st.sampled_from(STATUSES)))
    if way == "headers":
        return answer._replace(headers=draw(headers_of(answer.headers)))
    if way == "json":
        return answer._replace(body=draw(json_of(document)))
    return answer._replace(body=draw(xml_of(answer.body) if way == "xml" else bytes_of(answer.body)))


def parsed(body: bytes) -> Any:
    """Return `body` as JSON; None where it is none, or nothing in which to change something."""
    try:
        document = json.loads(body)
    except (RecursionError, ValueError):
        return None
    return document if isinstance(document, (dict, list)) else None


@st.composite
def plays(draw: st.DrawFn, answers: Sequence[Answer]) -> list[Answer]:
    """Return `answers` with one to three things wrong."""
    played = list(answers)
    for _ in range(draw(st.sampled_from((1, 1, 1, 2, 3)))):
        place = draw(st.integers(0, len(played) - 1))
        played[place] = draw(damaged(played[place]))
    return played
