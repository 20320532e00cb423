"""Names of buckets, objects and generations, and the paths that they make."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote

from cloud.common.errors import PreconditionFailedError

UPLOADS_PREFIX = ".cloud-uploads/"
"""Below it, in the bucket of the object that is being written, lie the parts of uploads by ``compose``."""

# https://cloud.google.com/storage/docs/buckets#naming
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]").fullmatch
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}").fullmatch
_GENERATION = re.compile(r"[1-9][0-9]{0,18}").fullmatch


def bucket_problem(bucket: str) -> str | None:
    """Return why no bucket can have this name; None when one can.

    https://cloud.google.com/storage/docs/buckets#naming
    """
    if not _BUCKET(bucket):
        return (
            "3 to 222 lower-case letters, digits, '-', '_' and '.' are, with a letter or digit at both ends"
        )
    if any(not 1 <= len(label) <= 63 for label in bucket.split(".")):
        return "between two dots there are 1 to 63 characters"
    if _ADDRESS(bucket):
        return "it looks like an IP address"
    return None


def key_problem(key: str) -> str | None:
    """Return why no object can have this name; None when one can.

    https://cloud.google.com/storage/docs/objects#naming
    """
    if "\n" in key or "\r" in key:
        return "Google Cloud Storage allows no line feed and no carriage return"
    if key in {".", ".."}:
        return "Google Cloud Storage allows no object called '.' or '..'"
    if key.startswith(".well-known/acme-challenge/"):
        return "Google Cloud Storage reserves .well-known/acme-challenge/"
    return None


@lru_cache(maxsize=512)
def quoted(key: str) -> str:
    """Return a key as one segment of a path: every byte of its UTF-8 but the unreserved ones is ``%XX``.

    https://cloud.google.com/storage/docs/request-endpoints#encoding
    """
    return quote(key, safe="")


def bucket_path(bucket: str) -> str:
    """Return the path of a bucket in the JSON API."""
    return f"/storage/v1/b/{bucket}"


def object_path(bucket: str, key: str) -> str:
    """Return the path of an object in the JSON API."""
    return f"/storage/v1/b/{bucket}/o/{quoted(key)}"


def is_generation(etag: str) -> bool:
    """Return whether an object could have this ETag, which is its generation."""
    return _GENERATION(etag) is not None


def checked_generation(etag: str) -> str:
    """Return an ETag that an object can have.

    Raises:
        PreconditionFailedError: no object can have it. Nothing was sent.
    """
    if not is_generation(etag):
        raise PreconditionFailedError(
            f"no object has the ETag {etag!r}",
            hint="the ETag of an object of Google Cloud Storage is its generation, a number",
            request_sent=False,
        )
    return etag
