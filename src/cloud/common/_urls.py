"""Storage URLs: ``scheme://bucket/key?options``, read and written byte for byte."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

from cloud.common.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

KNOWN_OPTIONS: Final = frozenset(
    {"anonymous", "endpoint", "name", "profile", "region", "root", "service", "version_id"}
)
"""What the query of a storage URL may say."""

# Written behind a key whose own end would be read as options.
_NO_OPTIONS: Final = "options=none"


@dataclass(frozen=True)
class StorageUrl:
    """A place in a store: ``scheme://bucket/key?options``.

    The key is taken byte for byte: nothing in it is percent-decoded, ``#`` is an ordinary character, and so is
    ``?``, unless what follows the last one is a list of ``name=value`` pairs whose names are all known options
    (`KNOWN_OPTIONS`). Values of options are percent-encoded. For the rare key that itself ends like that, str
    appends ``?options=none``, so that ``parse_url(str(url)) == url`` for every key.

    Attributes:
        scheme: lower case, such as ``s3``.
        bucket: empty for the whole store.
        key: object key or prefix; empty for the whole bucket.
        options: what the query says, decoded.

    Raises:
        InvalidRequestError: the parts make no such URL.
    """

    scheme: str
    bucket: str = ""
    key: str = ""
    options: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Check the parts."""
        if "/" in self.bucket or (self.key and not self.bucket):
            raise InvalidRequestError(
                f"{self.scheme}://{self.bucket}/{self.key} names no bucket",
                hint="a storage URL is scheme://bucket/key; a folder of the disk is file://bucket/key?root=/folder",
            )
        for name, value in self.options.items():
            if name not in KNOWN_OPTIONS or not value:
                raise InvalidRequestError(
                    f"the URL option {name}={value!r} does not work",
                    hint=f"options are {', '.join(sorted(KNOWN_OPTIONS))}, each with a value",
                )

    def __str__(self) -> str:
        """Return the URL, which `parse_url` reads back as the same."""
        rest = f"{self.bucket}/{self.key}" if self.bucket else ""
        pairs = [
            f"{name}={quote(value, safe='/:@,', errors='surrogateescape')}"
            for name, value in self.options.items()
        ]
        if not pairs and _split_query(rest)[1] is not None:
            pairs = [_NO_OPTIONS]
        return f"{self.scheme}://{rest}{'?' if pairs else ''}{'&'.join(pairs)}"


def parse_url(url: str) -> StorageUrl:
    """Return the parts of a storage URL; `StorageUrl` has the rules.

    Raises:
        InvalidRequestError: it has no scheme, a key but no bucket, or an option twice or without a value.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or not scheme or not scheme[0].isalpha() or not _is_scheme(scheme):
        raise InvalidRequestError(f"{url!r} is no storage URL", hint="write it as scheme://bucket/key")
    path, query = _split_query(rest)
    options: dict[str, str] = {}
    for name, value in query or ():
        if name in options:
            raise InvalidRequestError(f"the URL option {name} is given twice")
        options[name] = value
    bucket, _, key = path.partition("/")
    return StorageUrl(scheme.lower(), bucket, key, options)


def _is_scheme(text: str) -> bool:
    # RFC 3986, 3.1
    return text.isascii() and all(character.isalnum() or character in "+-." for character in text)


def _split_query(rest: str) -> tuple[str, list[tuple[str, str]] | None]:
    """Return the part before the query, and the query's pairs; None when there is no query."""
    path, question_mark, query = rest.rpartition("?")
    if not question_mark:
        return rest, None
    if query == _NO_OPTIONS:
        return path, []
    pairs = [pair.partition("=") for pair in query.split("&")]
    if not all(equals and name in KNOWN_OPTIONS for name, equals, _ in pairs):
        return rest, None
    return path, [(name, unquote(value, errors="surrogateescape")) for name, _, value in pairs]
