"""A small safe XML parser, and what the values of storage services' documents look like.

What comes from the network is not trusted: a document type declaration (and with it every entity
declaration), deep nesting and oversized documents are refused. Text is kept byte for byte, white space
included, because keys are text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from xml.parsers import expat

from cloud.common._times import read_utc

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 64 << 20
"""More than any answer of a storage service: 5,000 keys of 1,024 bytes, each byte as ``%XX``, are some 20 MB."""
MAX_DEPTH = 32
"""The deepest answers of S3 and Azure Blob have five levels."""


class MalformedAnswerError(ValueError):
    """The service's answer is not what the protocol says: cut, no XML, or another document."""


@dataclass(slots=True)
class Element:
    """One XML element. Names are without their namespace prefix.

    Attributes:
        name: local name.
        text: the character data directly inside.
        children: elements directly inside, in order.
    """

    name: str
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def get(self, name: str) -> str | None:
        """Return the text of the first child called `name`, or None."""
        for child in self.children:
            if child.name == name:
                return child.text
        return None

    def all(self, name: str) -> Iterator[Element]:
        """Yield the children called `name`."""
        return (child for child in self.children if child.name == name)


class _Builder:
    """Builds the tree of one document from expat's events."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[tuple[Element, list[str]]] = []

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise MalformedAnswerError(f"the answer nests deeper than {MAX_DEPTH} levels")
        element = Element(name.rpartition(":")[2])
        if self._open:
            self._open[-1][0].children.append(element)
        else:
            self.root = element
        self._open.append((element, []))

    def end(self, _name: str) -> None:
        element, texts = self._open.pop()
        element.text = "".join(texts)

    def text(self, data: str) -> None:
        self._open[-1][1].append(data)

    def doctype(self, *_declaration: object) -> None:
        raise MalformedAnswerError(
            "the answer holds a document type declaration, which no storage service sends"
        )


def parse_xml(body: bytes) -> Element:
    """Return the root element of `body`.

    White space before the document is allowed: S3-compatible services send it to keep a connection open
    while they complete an upload.

    Raises:
        MalformedAnswerError: it is empty, cut, not well-formed, too large or too deep, or declares a
            document type.
    """
    if len(body) > MAX_BYTES:
        raise MalformedAnswerError(f"the answer is longer than {MAX_BYTES} bytes")
    builder = _Builder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = builder.doctype
    try:
        parser.Parse(body.lstrip(), True)
    except (expat.ExpatError, LookupError, ValueError) as error:  # the last two: an encoding nobody knows
        if isinstance(error, MalformedAnswerError):
            raise
        raise MalformedAnswerError(f"the answer is not well-formed XML: {error}") from error
    if builder.root is None:
        raise MalformedAnswerError("the answer is empty")
    return builder.root


def parse_root(body: bytes, *names: str) -> Element:
    """Return the root element of `body`, which must be called one of `names`.

    Raises:
        MalformedAnswerError: it is no such document.
    """
    root = parse_xml(body)
    if root.name not in names:
        raise MalformedAnswerError(f"the answer is a {root.name!r} document where {names[0]!r} was expected")
    return root


# What XML 1.0 has no way to write, not even as a character reference:
# https://www.w3.org/TR/xml/#charsets (the production Char).
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Markup, and the characters that a parser may change: line ends are normalised, C1 controls are discouraged.
_ESCAPED = re.compile("[&<>\"'\t\n\r\x7f-\x9f\u2028]")
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}


def parse_timestamp(text: str) -> datetime:
    """Return an ISO 8601 time of an answer in UTC; one without a zone is in UTC already.

    Fractions finer than a microsecond, which some services send, are cut off.

    Raises:
        MalformedAnswerError: it is no such time.
    """
    try:
        # The usual form at once: a listing holds one for each object.
        return datetime.fromisoformat(text[:-1] + "+00:00") if text[-1:] == "Z" else read_utc(text)
    except ValueError:
        pass  # a form that is less usual, or none
    try:
        return read_utc(text)
    except ValueError as error:
        raise MalformedAnswerError(f"the answer holds a time that is none: {text!r}") from error


def fits_xml(text: str) -> bool:
    """Return whether XML 1.0 can hold every character of `text`."""
    return _UNFIT.search(text) is None


def escape_text(text: str) -> str:
    """Return `text` as character data that every parser reads back unchanged.

    Raises:
        ValueError: XML 1.0 cannot hold it; see `fits_xml`.
    """
    if _UNFIT.search(text):
        raise ValueError(f"XML 1.0 cannot hold a character of {text!r}")
    return _ESCAPED.sub(_reference, text)


def _reference(match: re.Match[str]) -> str:
    character = match.group()
    return _NAMED.get(character) or f"&#x{ord(character):X};"
