"""The faults that `FaultProxy` can inject, and its record of a request."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class FaultKind(enum.Enum):
    """What goes wrong. Names in backquotes are the fields of `Fault` that a kind reads.

    "Cut" means after `at` bytes of the body, else after `fraction` of it, else in its middle.
    """

    # The connection and the request.
    REFUSE = "refuse"
    """The connection is reset and new ones are refused for `seconds`."""
    RESET_CONNECT = "reset_connect"
    """RST as soon as the request's head has been read; nothing is forwarded."""
    RESET_UPLOAD = "reset_upload"
    """RST after `at` bytes of the request's body; nothing is forwarded."""
    STALL_UPLOAD = "stall_upload"
    """The request's body is not read beyond `at` bytes for `seconds`, then RST; nothing is forwarded."""
    FIN_UPLOAD = "fin_upload"
    """The connection ends without an answer after the whole request; nothing is forwarded."""
    CORRUPT_UPLOAD = "corrupt_upload"
    """One byte of the request's body, at `at`, is flipped before it is forwarded."""
    DUP_REQUEST = "dup_request"
    """The request is forwarded, and executed, twice; the client gets the second answer."""
    DROP_RANGE = "drop_range"
    """The Range header is removed: 200 and the whole object. A signature that covers Range breaks."""
    WRONG_RANGE = "wrong_range"
    """The bytes of a range `shift` away, under the Content-Range that was asked for. Likewise."""

    # Executed, and the answer is lost.
    LOST_REPLY = "lost_reply"
    """Forwarded and executed, then RST without an answer."""
    LOST_REPLY_FIN = "lost_reply_fin"
    """Forwarded and executed, then the connection ends without an answer."""
    LOST_REPLY_503 = "lost_reply_503"
    """Forwarded and executed, and the client is told 503 SlowDown."""

    # The upstream's answer, damaged.
    RESET_BODY = "reset_body"
    """The right head, the body up to the cut, then RST."""
    TRUNC_FIN = "trunc_fin"
    """The right head, the body up to the cut, then the connection ends."""
    TRUNC_CL = "trunc_cl"
    """Content-Length says the length of the cut body: well framed and short."""
    TRUNC_CHUNKED = "trunc_chunked"
    """No Content-Length, chunked, the cut body, the connection ends without the last chunk."""
    TRUNC_CHUNKED_OK = "trunc_chunked_ok"
    """No Content-Length, chunked, the cut body with the last chunk: well framed and short."""
    TRUNC_CLOSE = "trunc_close"
    """No Content-Length, ``Connection: close``, the cut body, the connection ends: well framed and short."""
    PAD_CL = "pad_cl"
    """`extra` bytes are appended and Content-Length is raised: well framed and too long."""
    CORRUPT = "corrupt"
    """One byte of the body, at the cut, is flipped; the length is right."""
    BAD_GZIP = "bad_gzip"
    """``Content-Encoding: gzip`` on a body that is not gzip."""
    DUP_REPLY = "dup_reply"
    """The answer is sent twice on the connection, which desynchronises a kept one."""

    # Time.
    SLOW_HEAD = "slow_head"
    """Silence for `seconds` before the answer."""
    STALL_BODY = "stall_body"
    """The head and the body up to the cut, silence for `seconds`, then RST."""
    TRICKLE = "trickle"
    """The body at `rate` bytes a second."""

    # An answer that the upstream never gave; nothing is forwarded.
    STATUS = "status"
    """An answer of `status` with `headers` and `body`."""
    S3_ERROR = "s3_error"
    """An answer of `status` (503) with an S3 error document of `error_code`."""
    S3_200_ERROR = "s3_200_error"
    """200 whose body is an S3 error document, as CompleteMultipartUpload and CopyObject answer."""
    HTML_200 = "html_200"
    """200 with an HTML page: a captive portal."""
    EMPTY_200 = "empty_200"
    """200 without a body."""
    REDIRECT = "redirect"
    """An answer of `status` (307) to `location`, in which ``{path}`` stands for the request's target."""
    GZIP_BOMB = "gzip_bomb"
    """200 with a gzip body that inflates to `size` bytes of zeros."""
    JUNK = "junk"
    """Bytes that are not HTTP, then the connection ends."""
    HUGE_HEADER = "huge_header"
    """200 with a header of one MiB."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault and the requests that it hits.

    Attributes:
        kind: what goes wrong.
        method: regular expression that the whole method matches.
        path: regular expression found in the request's target (path and query).
        header: ``name: regex``, found in the value of that header; None for any request.
        count: how many matching requests it hits; 0 for all.
        skip: how many matching requests pass before the first hit.
        at: a position in the body, in bytes.
        fraction: a position in the body, 0 to 1 of its length, where `at` is not given.
        seconds: how long a silence lasts.
        rate: bytes a second.
        status: the HTTP status of an answer made here.
        headers: its further headers.
        body: its body.
        error_code: the S3 error code in it.
        location: the target of a redirect.
        shift: bytes between the range asked for and the range sent.
        size: inflated bytes, rounded up to whole MiB.
        extra: appended bytes.

    Raises:
        ValueError: STATUS without `status`, REDIRECT without `location`, a number out of its range.
    """

    kind: FaultKind
    method: str = ".*"
    path: str = ""
    header: str | None = None
    count: int = 1
    skip: int = 0
    at: int | None = None
    fraction: float = 0.5
    seconds: float = 3600.0
    rate: int = 1
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)
    body: bytes = b""
    error_code: str = "InternalError"
    location: str | None = None
    shift: int = 1
    size: int = 1 << 30
    extra: int = 7

    def __post_init__(self) -> None:
        if self.kind is FaultKind.STATUS and self.status is None:
            raise ValueError("a STATUS fault needs `status`")
        if self.kind is FaultKind.REDIRECT and self.location is None:
            raise ValueError("a REDIRECT fault needs `location`")
        if min(self.count, self.skip, self.at or 0, self.seconds, self.size, self.extra) < 0:
            raise ValueError("count, skip, at, seconds, size and extra are at least 0")
        if not 0 <= self.fraction <= 1 or min(self.rate, self.shift) < 1:
            raise ValueError("fraction is between 0 and 1; rate and shift are at least 1")

    def matches(self, method: str, path: str, headers: Sequence[tuple[str, str]]) -> bool:
        """Return whether the fault is meant for such a request."""
        if not re.fullmatch(self.method, method) or not re.search(self.path, path):
            return False
        if self.header is None:
            return True
        name, _, pattern = self.header.partition(":")
        values = [value for other, value in headers if other.lower() == name.strip().lower()]
        return any(re.search(pattern.strip(), value) for value in values)

    def cut(self, length: int) -> int:
        """Return where a body of `length` bytes is cut or damaged."""
        return min(int(length * self.fraction) if self.at is None else self.at, length)


@dataclass(frozen=True)
class SeenRequest:
    """What the proxy saw of one request, as far as it has come.

    Attributes:
        method: as received.
        path: the request's target, as received.
        headers: as received, in order.
        fault: what was injected.
        status: the upstream's status, or that of the answer made here; None before there is one.
        forwarded: how many times the upstream was given the request.
        received: bytes of the request's body that were read from the client.
        sent: bytes of the answer's body that were sent to the client.
    """

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    fault: FaultKind | None = None
    status: int | None = None
    forwarded: int = 0
    received: int = 0
    sent: int = 0
