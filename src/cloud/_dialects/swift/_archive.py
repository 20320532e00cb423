"""Bulk extraction: one request that stores every file of an archive, and the answer that tells what became of them.

https://docs.openstack.org/swift/latest/middleware.html#bulk
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote

from cloud._dialects.swift._exchange import ended_status, json_object
from cloud.common.errors import ServiceUnavailableError

DEFAULT_MAX_FAILURES = 1000
"""After so many failures Swift stops, unless ``/info`` names another ``bulk_upload.max_failed_extractions``."""
_CREATED = 201
_FAILED_MEMBERS = frozenset({400, 502})  # 502 when one of them failed by Swift's own fault


class ArchiveAnswer(NamedTuple):
    """The document that ends a bulk extraction, whose HTTP status is always 200.

    Attributes:
        status: what Swift would have answered if it had known the end at the beginning.
        message: why it stopped; empty when it did not.
        created: how many objects were stored.
        failed: path, status and status line of each member that was not.
    """

    status: int
    message: str
    created: int
    failed: tuple[tuple[str, int, str], ...]

    @property
    def was_stopped(self) -> bool:
        """Whether the archive was not read to its end: not the same as members that could not be stored."""
        finished = self.status in _FAILED_MEMBERS if self.failed else self.status == _CREATED
        return bool(self.message) or not finished


def parse_answer(document: bytes) -> ArchiveAnswer:
    """Return what the answer to a bulk extraction says. White space before it kept the connection alive.

    Raises:
        ServiceUnavailableError: it is not such a document; the connection's other end may have given up.
    """
    found = json_object(document, "answer to a bulk extraction")
    try:
        return ArchiveAnswer(
            status=ended_status(found),
            message=str(found["Response Body"]),
            created=int(found["Number Files Created"]),
            failed=tuple((unquote(path), int(line.split(" ", 1)[0]), line) for path, line in found["Errors"]),
        )
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as exc:
        raise ServiceUnavailableError("the answer to a bulk extraction does not say what was done") from exc
