"""Names of metadata: Azure takes identifiers of C# only, so hyphens and leading digits are written as codes.

``content-id`` is stored as ``content__0x2d__id``, the form that Go CDK uses, so that its programs and this
library read each other's metadata. A name that itself holds such a code keeps it: its first underscore is
written as one, too. https://pkg.go.dev/gocloud.dev/blob/azureblob#hdr-Escaping
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from cloud.common.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "x-ms-meta-"
# https://learn.microsoft.com/rest/api/storageservices/setting-and-retrieving-properties-and-metadata-for-blob-resources
MAX_BYTES = 8 << 10

# https://learn.microsoft.com/azure/storage/blobs/storage-manage-find-blobs#setting-blob-index-tags
_TAG = re.compile(r"[A-Za-z0-9 +\-./:=_]*").fullmatch

_PLAIN = re.compile(r"(?!\d)(?:(?!__0x)[a-z0-9_])+").fullmatch
_TO_WRITE = re.compile(r"\A\d|-|_(?=_0x)")
_CODE = re.compile(r"__0x([0-9a-f]{1,6})__")


def metadata_headers(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that store `metadata`, whose names are letters, digits, ``_`` and ``-``.

    Raises:
        InvalidRequestError: with its codes it is longer than the service takes.
    """
    headers = {PREFIX + encode_name(name): value for name, value in metadata.items()}
    size = sum(len(name) + len(value) for name, value in headers.items()) - len(PREFIX) * len(headers)
    if size > MAX_BYTES:
        raise InvalidRequestError(
            f"the metadata needs {size} bytes; Azure takes {MAX_BYTES}",
            hint="a hyphen in a name needs 8 bytes",
        )
    return headers


@lru_cache(maxsize=1024)
def encode_name(name: str) -> str:
    """Return a metadata name as Azure stores it."""
    return name if _PLAIN(name) else _TO_WRITE.sub(lambda found: f"__0x{ord(found[0]):x}__", name)


def decode_name(name: str) -> str:
    """Return the name that `encode_name` stored, or that another program did."""
    return _CODE.sub(_decoded, name) if "__0x" in name else name


def check_tags(tags: Mapping[str, str]) -> None:
    """Refuse tags that Azure cannot hold.

    Raises:
        InvalidRequestError: a name or value has other characters than Azure's index takes.
    """
    for name, value in tags.items():
        if not _TAG(name) or not _TAG(value):
            raise InvalidRequestError(
                f"the tag {name!r} is not possible here: ASCII letters, digits, spaces and +-./:=_ are"
            )


def _decoded(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return chr(code) if code < 0x110000 else found[0]
