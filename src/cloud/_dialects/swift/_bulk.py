"""Bulk deletes: many objects of one account by one request, and the answer that says what became of each.

https://docs.openstack.org/swift/latest/middleware.html#bulk
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from cloud._dialects._answers import read_document
from cloud._dialects.swift._errors import SwiftServiceError
from cloud._dialects.swift._exchange import ended_status, json_object
from cloud.common.errors import ServiceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cloud._dialects.swift._exchange import Exchange

MAX_DELETES = 1000
"""Objects of one request; Swift's own limit is 10,000, and 1,000 failures (``max_failed_deletes``) end one."""
_STATUS_DIGITS = 3
_MAX_LINE = 2048
"""Swift refuses a request in which a line is longer than about 2,560 bytes (``Bulk.get_objs_to_delete``)."""
# Swift decodes each line and trims it before, so that only these need their %XX; the rest goes as UTF-8.
_QUOTED = re.compile(r"[%\x00-\x20\x7f]")

Path = tuple[str, str]
"""A container and an object in it."""


def delete_many(exchange: Exchange, paths: Sequence[Path]) -> tuple[dict[Path, SwiftServiceError], int]:
    """Delete objects; return those that could not be deleted, and why, and how many were not there."""
    failed: dict[Path, SwiftServiceError] = {}
    missing = 0
    together = []
    for path in paths:
        if len(_line(path)) <= _MAX_LINE:
            together.append(path)
        else:
            missing += _delete_one(exchange, path, failed)
    for batch in _batches(together):
        refused, gone = _send(exchange, batch)
        expired = [path for path, error in refused.items() if error.status == 401]
        if expired and exchange.renew_login():  # Swift looks at the token for each object anew
            again, more = _send(exchange, expired)
            refused = {path: error for path, error in refused.items() if error.status != 401} | again
            gone += more
        failed |= refused
        missing += gone
    return failed, missing


def _batches(paths: list[Path]) -> Iterator[list[Path]]:
    for start in range(0, len(paths), MAX_DELETES):
        yield paths[start : start + MAX_DELETES]


def _line(path: Path) -> bytes:
    return _QUOTED.sub(lambda match: f"%{ord(match[0]):02X}", "/".join(path)).encode()


def _send(exchange: Exchange, paths: Sequence[Path]) -> tuple[dict[Path, SwiftServiceError], int]:
    response = exchange.call(
        "POST",
        "",
        query=(("bulk-delete", "true"),),
        headers={"content-type": "text/plain", "accept": "application/json"},
        body=b"\n".join(map(_line, paths)),
        accepts=(200, 204),
    )
    if response.status == 204:  # without the middleware this was a change of the account's metadata, of none
        response.close()
        failed: dict[Path, SwiftServiceError] = {}
        return failed, sum([_delete_one(exchange, path, failed) for path in paths])
    return _judge(json_object(read_document(response), "answer to a bulk delete"), paths, response.headers)


def _judge(
    answer: Mapping[str, Any], paths: Sequence[Path], headers: Mapping[str, str]
) -> tuple[dict[Path, SwiftServiceError], int]:
    """Return what a document says of each path; raise when it does not say it of all."""
    status = ended_status(answer)
    try:
        failed = {
            _path(name): SwiftServiceError(_status(reason), str(reason), headers)
            for name, reason in answer["Errors"]
        }
        missing = int(answer["Number Not Found"])
        told = int(answer["Number Deleted"]) + missing + len(answer["Errors"])
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as exc:
        raise ServiceUnavailableError("the answer to a bulk delete does not say what was done") from exc
    if told < len(paths) or not failed.keys() <= set(paths):
        if status >= 300:
            raise SwiftServiceError(status, str(answer.get("Response Body", "")), headers)
        raise ServiceUnavailableError(f"a bulk delete of {len(paths)} objects tells of {told}")
    return failed, missing


def _path(name: str) -> Path:
    container, _, key = unquote(name).removeprefix("/").partition("/")
    return container, key


def _status(reason: str) -> int:
    number = reason.split(" ", 1)[0]
    return int(number) if number.isascii() and number.isdigit() and len(number) == _STATUS_DIGITS else 500


def _delete_one(exchange: Exchange, path: Path, failed: dict[Path, SwiftServiceError]) -> int:
    """Delete one object; note its failure; return 1 when it was not there."""
    try:
        response = exchange.call("DELETE", *path, accepts=(204, 404))
    except SwiftServiceError as error:
        failed[path] = error
        return 0
    response.close()
    return int(response.status == 404)


def raise_first(failed: Mapping[Path, SwiftServiceError], paths: Iterable[Path]) -> None:
    """Raise what stopped the first of `paths` that could not be deleted, if one could not."""
    for path in paths:
        if path in failed:
            raise failed[path]
