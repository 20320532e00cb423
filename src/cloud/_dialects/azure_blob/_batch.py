"""Many deletes in one request: a multipart body of requests, answered by one of answers.

https://learn.microsoft.com/rest/api/storageservices/blob-batch
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from cloud._dialects._answers import read_document
from cloud._dialects._xmltree import MalformedAnswerError
from cloud._dialects.azure_blob._auth import SasAuthorization
from cloud._dialects.azure_blob._errors import AzureServiceError
from cloud.common._redact import HiddenBytes, HiddenValues

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud._dialects.azure_blob._operations import Operations

MAX_DELETES = 256
_BOUNDARY = re.compile(r'boundary="?([^";,\s]+)').search
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})").match


def delete(ops: Operations, bucket: str, keys: Sequence[str]) -> dict[str, AzureServiceError]:
    """Delete many objects by one request; return the keys that failed, and why.

    Raises:
        AzureServiceError: the whole request failed, or the container is not there.
        MalformedAnswerError: the answer does not tell of every key.
    """
    boundary = f"batch_{secrets.token_hex(16)}"
    parts = (_part(ops, boundary, number, bucket, key) for number, key in enumerate(keys))
    # No local variable holds the parts themselves: each has an authorization.
    body = HiddenBytes(b"".join([*parts, f"--{boundary}--\r\n".encode()]))
    # A signature for the account is for batches of the account: Azurite answers 500 to it below a container.
    in_account = _is_account_signature(ops)
    response = ops.exchange.call(
        "POST",
        "" if in_account else bucket,
        query=(("comp", "batch"),) if in_account else (("restype", "container"), ("comp", "batch")),
        headers={"content-type": f"multipart/mixed; boundary={boundary}"},
        body=body,
        accepts=(202,),
    )
    answers = parse_answers(read_document(response), response.headers.get("content-type", ""), len(keys))
    failed = {
        key: answers[number]
        for number, key in enumerate(keys)
        if answers[number].status != 202 and answers[number].code != "BlobNotFound"
    }
    gone = next((error for error in failed.values() if error.code == "ContainerNotFound"), None)
    if gone is not None:
        raise gone
    return failed


def _is_account_signature(ops: Operations) -> bool:
    """Return whether requests carry a signature for the whole account (it names services, ``ss``)."""
    authorization = ops.exchange.authorization
    return isinstance(authorization, SasAuthorization) and "ss=" in {
        field[:3] for field in authorization.sas.reveal().lstrip("?").split("&")
    }


def _part(ops: Operations, boundary: str, number: int, bucket: str, key: str) -> bytes:
    """Return one delete as it stands in the body, with an authorization of its own."""
    headers = HiddenValues(ops.lease_headers())
    if ops.options.delete_snapshots:
        headers["x-ms-delete-snapshots"] = "include"
    path = ops.exchange.endpoint.path(bucket, key)
    target = ops.exchange.authorized("DELETE", path, (), headers, 0)
    lines = [
        f"--{boundary}",
        "content-type: application/http",
        "content-transfer-encoding: binary",
        f"content-id: {number}",
        "",
        f"DELETE {target} HTTP/1.1",
        *(f"{name}: {value}" for name, value in headers.items()),
        "content-length: 0",
        "",
        "",
    ]
    return HiddenBytes("\r\n".join(lines).encode("latin-1"))


def parse_answers(body: bytes, content_type: str, count: int) -> list[AzureServiceError]:
    """Return what the answer says of each of `count` deletes, in the order in which they were asked for.

    One that went well has the status 202. The answers may come in any order.

    Raises:
        MalformedAnswerError: it is no such answer, or one is missing.
    """
    boundary = _BOUNDARY(content_type)
    if boundary is None:
        raise MalformedAnswerError("the answer to a batch has no boundary")
    found: dict[int, AzureServiceError] = {}
    for piece in body.split(b"--" + boundary[1].encode("latin-1"))[1:]:
        if piece.startswith(b"--"):
            break
        outer, _, inner = piece.lstrip(b"\r\n").partition(b"\r\n\r\n")
        number = _fields(outer).get("content-id", "")
        head, _, content = inner.partition(b"\r\n\r\n")
        status = _STATUS(head)
        if status is not None and number.isdecimal():
            found[int(number)] = AzureServiceError(int(status[1]), _fields(head), content.rstrip(b"\r\n"))
    missing = next((number for number in range(count) if number not in found), None)
    if missing is not None:
        raise MalformedAnswerError(f"the answer to a batch tells nothing of delete {missing}")
    return [found[number] for number in range(count)]


def _fields(head: bytes) -> dict[str, str]:
    pairs = (line.partition(b":") for line in head.split(b"\r\n"))
    return {
        name.strip().lower().decode("latin-1"): value.strip().decode("latin-1")
        for name, separator, value in pairs
        if separator
    }
