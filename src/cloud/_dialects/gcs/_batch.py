"""Many deletes in one request.

https://cloud.google.com/storage/docs/batch
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from cloud._dialects._answers import read_document
from cloud._dialects._xmltree import MalformedAnswerError
from cloud._dialects.gcs._errors import GCSServiceError, parse_error
from cloud._dialects.gcs._names import object_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud._dialects.gcs._operations import Operations

BATCH_CALLS = 100
"""https://cloud.google.com/storage/docs/batch#overview"""
_BOUNDARY = re.compile(r'multipart/mixed;.*?boundary="?([^";,]+)"?', re.IGNORECASE).match
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3})[ \r\n]")
_CONTENT_ID = re.compile(rb"content-id:\s*<?(?:response-)?(\d+)>?\s*$", re.IGNORECASE | re.MULTILINE).search


def delete(
    ops: Operations, bucket: str, keys: Sequence[tuple[str, str | None]]
) -> dict[int, GCSServiceError]:
    """Delete objects, or single generations of them, by one request; return the failures by place in `keys`.

    What was not there is no failure.

    Raises:
        GCSServiceError: there is no such bucket, or the whole batch was refused.
    """
    boundary = os.urandom(16).hex()
    body = _request(boundary, bucket, keys, ops.exchange.payer)
    response = ops.exchange.call(
        "POST",
        "/batch/storage/v1",
        headers={"content-type": f"multipart/mixed; boundary={boundary}"},
        body=body,
    )
    content_type = response.headers.get("content-type", "")
    answers = parse_answers(content_type, read_document(response), len(keys))
    if all(status == 404 for status, _ in answers):
        ops.require_bucket(bucket)
    return {
        place: GCSServiceError(status, *parse_error(document), response.headers)
        for place, (status, document) in enumerate(answers)
        if status not in {200, 204, 404}
    }


def _request(boundary: str, bucket: str, keys: Sequence[tuple[str, str | None]], payer: str) -> bytes:
    parts = []
    for place, (key, generation) in enumerate(keys):
        query = "&".join(filter(None, (f"generation={generation}" if generation else "", payer)))
        target = f"{object_path(bucket, key)}{'?' if query else ''}{query}"
        parts.append(
            f"--{boundary}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
            f"Content-ID: <{place}>\r\n\r\nDELETE {target} HTTP/1.1\r\n\r\n"
        )
    return ("".join(parts) + f"--{boundary}--\r\n").encode("ascii")


def parse_answers(content_type: str, body: bytes, count: int) -> list[tuple[int, bytes]]:
    """Return status and body of each answer of a batch, in the order of the calls.

    Answers carry the number of their call; without it they are in order.

    Raises:
        MalformedAnswerError: it is no answer to `count` calls.
    """
    match = _BOUNDARY(content_type)
    if match is None:
        raise MalformedAnswerError(f"the answer to a batch is {content_type!r}, not multipart/mixed")
    pieces = re.split(rb"(?:^|\r?\n)?--" + re.escape(match[1].strip().encode("latin-1")) + rb"(?:--)?", body)
    found: dict[int, tuple[int, bytes]] = {}
    order = 0
    for piece in pieces:
        status = _STATUS_LINE.search(piece)
        if status is None:
            continue
        named = _CONTENT_ID(piece[: status.start()].replace(b"\r\n", b"\n"))
        place = int(named[1]) if named else order
        order += 1
        _, _, document = piece[status.end() :].replace(b"\r\n", b"\n").partition(b"\n\n")
        found[place] = (int(status[1]), document.strip())
    if sorted(found) != list(range(count)):
        raise MalformedAnswerError(f"the answer to a batch of {count} calls answers {len(found)} of them")
    return [found[place] for place in range(count)]
