"""ETags. A module of its own, so that reading an object does without the XML parser."""

from __future__ import annotations


def strip_quotes(etag: str | None) -> str | None:
    """Return an ETag without the quotes around it; None for an empty or missing one.

    A weak one (``W/"..."``) stays as it is: without its mark it would pass for a strong one.
    """
    if not etag:
        return None
    quoted = len(etag) > 1 and etag[0] == etag[-1] == '"'
    return (etag[1:-1] if quoted else etag) or None
