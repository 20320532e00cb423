"""The answers that `FaultProxy` makes itself, without its upstream."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from cloud.testing._fault_kinds import Fault, FaultKind
from cloud.testing._http1 import encode_head, status_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_Headers = list[tuple[str, str]]
_MIB = 1 << 20
_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"  # https://www.rfc-editor.org/rfc/rfc1952#section-2.3
JUNK = b"\x00\xff\x00NOT HTTP AT ALL\r\n\r\n"
_PORTAL = b"<html><body>Please log in</body></html>"


class MadeAnswer:
    """An answer whose body comes in pieces.

    Attributes:
        status: for the first line.
        headers: but Content-Length.
        length: of the body.
        pieces: the body.
    """

    def __init__(self, status: int, headers: _Headers, body: bytes = b"") -> None:
        self.status = status
        self.headers = headers
        self.length = len(body)
        self.pieces: Iterator[bytes] = iter((body,))

    def head(self) -> bytes:
        """Return the head's bytes."""
        return encode_head(status_line(self.status), [*self.headers, ("Content-Length", str(self.length))])


def s3_error_document(code: str) -> bytes:
    """Return an S3 error document. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>injected by the fault proxy</Message>"
        "<RequestId>0000000000000000</RequestId><HostId>fault-proxy</HostId></Error>"
    ).encode()


def s3_error(status: int, code: str, headers: _Headers | None = None) -> MadeAnswer:
    """Return an S3 error answer."""
    return MadeAnswer(
        status, [("Content-Type", "application/xml"), *(headers or [])], s3_error_document(code)
    )


def _gzip_bomb(fault: Fault, _path: str) -> MadeAnswer:
    """Return the bomb as one gzip member: the same compressed MiB of zeros again and again.

    A full flush ends each block so that it stands for itself, which saves compressing `size` bytes.
    """
    count = -(-fault.size // _MIB)
    zeros = bytes(_MIB)
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = squeezer.compress(zeros) + squeezer.flush(zlib.Z_FULL_FLUSH)
    end = squeezer.flush(zlib.Z_FINISH)
    answer = MadeAnswer(200, [("Content-Encoding", "gzip"), ("ETag", '"bomb"')])
    answer.length = len(_GZIP_HEAD) + count * len(block) + len(end) + 8

    def pieces() -> Iterator[bytes]:
        checksum = 0
        yield _GZIP_HEAD
        for _ in range(count):
            checksum = zlib.crc32(zeros, checksum)
            yield block
        yield end + struct.pack("<II", checksum, count * _MIB & 0xFFFFFFFF)

    answer.pieces = pieces()
    return answer


def _status(fault: Fault, _path: str) -> MadeAnswer:
    return MadeAnswer(fault.status or 500, list(fault.headers.items()), fault.body)


def _s3_error(fault: Fault, _path: str) -> MadeAnswer:
    return s3_error(fault.status or 503, fault.error_code, list(fault.headers.items()))


def _s3_200_error(fault: Fault, _path: str) -> MadeAnswer:
    return s3_error(200, fault.error_code, list(fault.headers.items()))


def _html_200(_fault: Fault, _path: str) -> MadeAnswer:
    return MadeAnswer(200, [("Content-Type", "text/html")], _PORTAL)


def _empty_200(_fault: Fault, _path: str) -> MadeAnswer:
    return MadeAnswer(200, [])


def _redirect(fault: Fault, path: str) -> MadeAnswer:
    return MadeAnswer(fault.status or 307, [("Location", (fault.location or "").replace("{path}", path))])


def _huge_header(_fault: Fault, _path: str) -> MadeAnswer:
    return MadeAnswer(200, [("X-Big", "a" * _MIB)])


MAKERS: dict[FaultKind, Callable[[Fault, str], MadeAnswer]] = {
    FaultKind.STATUS: _status,
    FaultKind.S3_ERROR: _s3_error,
    FaultKind.S3_200_ERROR: _s3_200_error,
    FaultKind.HTML_200: _html_200,
    FaultKind.EMPTY_200: _empty_200,
    FaultKind.REDIRECT: _redirect,
    FaultKind.GZIP_BOMB: _gzip_bomb,
    FaultKind.HUGE_HEADER: _huge_header,
}
