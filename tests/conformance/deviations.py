"""What each test server itself gets wrong: test of the kit to the reason. The kit fails when one heals.

What a client declares not to do for a server (its `ServiceProfile`) is no deviation and does not stand here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

SEAWEEDFS_REFUSES: Final = frozenset({
    "dot segment", "dot dot segment", "dot dot first", "dot first", "dot alone", "dot dot alone",
    "dot dot last", "leading slash", "two leading slashes", "double slash", "triple slash", "trailing slash",
    "two trailing slashes", "slash alone", "backslash", "backslash last", "looks like a URL",
    "looks like a query",
})  # fmt: skip  # one line reads best
"""Odd keys that S3Client refuses for SeaweedFS, because it would store them under another name."""
SEAWEEDFS: Final[Mapping[str, str]] = {}
MOTO: Final[Mapping[str, str]] = {}
CEPH: Final[Mapping[str, str]] = {}
SWIFT: Final[Mapping[str, str]] = {}
