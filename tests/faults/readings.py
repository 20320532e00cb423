"""Every way to read, and every fault that a read can meet; the matrices cross the two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloud.common import CloudError
from cloud.testing import Fault
from faults.support import BUCKET, KIB, LARGE, SILENCE, SMALL, Kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cloud.common import BaseStorageClient


@dataclass(frozen=True)
class Reading:
    """A way to read.

    Attributes:
        name: for test ids and tables.
        run: reads with a client, and with a folder to write to.
        expected: the right bytes.
        header: which of its requests meet the fault; all when None.
    """

    name: str
    run: Callable[[BaseStorageClient, Path], bytes]
    expected: bytes
    header: str | None = None


def download_to(client: BaseStorageClient, folder: Path) -> bytes:
    """Replace an old file; whatever happens, the folder holds one whole file, the old or the new one."""
    target = folder / "file"
    target.write_bytes(b"old")
    try:
        client.download_to(BUCKET, "large", target)
    except CloudError:
        assert target.read_bytes() == b"old"
        raise
    finally:
        assert list(folder.iterdir()) == [target]
    return target.read_bytes()


def iterate(client: BaseStorageClient, _folder: Path) -> bytes:
    return b"".join(client.iter_file(BUCKET, "small", chunk_size=10_000))


def read_as_file(client: BaseStorageClient, _folder: Path) -> bytes:
    with client.open_file(BUCKET, "small", buffer_size=8 * KIB) as file:
        return file.read(20_000) + file.read()


PART = "range: bytes="
SMALL_READ = Reading("small", lambda client, _: client.download_file(BUCKET, "small"), SMALL)
READINGS = (
    SMALL_READ,
    Reading("ranges", lambda client, _: client.download_file(BUCKET, "large"), LARGE),
    Reading("file", download_to, LARGE),
    Reading("file.part", download_to, LARGE, PART),
    Reading("iter", iterate, SMALL),
    Reading("open", read_as_file, SMALL),
    Reading("range", lambda client, _: client.read_range(BUCKET, "large", 1000, 66_000), LARGE[1000:66_000]),
)

ONCE = (
    Fault(kind=Kind.REFUSE, seconds=SILENCE),
    Fault(kind=Kind.RESET_CONNECT),
    Fault(kind=Kind.LOST_REPLY),
    Fault(kind=Kind.LOST_REPLY_FIN),
    Fault(kind=Kind.LOST_REPLY_503),
    Fault(kind=Kind.DUP_REQUEST),
    Fault(kind=Kind.DROP_RANGE),
    Fault(kind=Kind.WRONG_RANGE),
    Fault(kind=Kind.RESET_BODY),
    Fault(kind=Kind.TRUNC_FIN),
    Fault(kind=Kind.TRUNC_CL),
    Fault(kind=Kind.TRUNC_CHUNKED),
    Fault(kind=Kind.TRUNC_CHUNKED_OK),
    Fault(kind=Kind.TRUNC_CLOSE),
    Fault(kind=Kind.PAD_CL),
    Fault(kind=Kind.CORRUPT),
    Fault(kind=Kind.BAD_GZIP),
    Fault(kind=Kind.DUP_REPLY),
    Fault(kind=Kind.SLOW_HEAD, seconds=SILENCE),
    Fault(kind=Kind.STALL_BODY, seconds=SILENCE),
    Fault(kind=Kind.TRICKLE, rate=64 * KIB),
    Fault(kind=Kind.STATUS, status=408),
    Fault(kind=Kind.STATUS, status=429),
    Fault(kind=Kind.STATUS, status=500),
    Fault(kind=Kind.STATUS, status=502),
    Fault(kind=Kind.STATUS, status=503),
    Fault(kind=Kind.STATUS, status=504),
    Fault(kind=Kind.S3_ERROR, error_code="SlowDown"),
    Fault(kind=Kind.S3_ERROR, error_code="RequestTimeout", status=400),
    Fault(kind=Kind.S3_ERROR, count=3),
    Fault(kind=Kind.S3_200_ERROR),
    Fault(kind=Kind.HTML_200),
    Fault(kind=Kind.EMPTY_200),
    Fault(kind=Kind.JUNK),
    Fault(kind=Kind.HUGE_HEADER),
    Fault(kind=Kind.REDIRECT, location="http://127.0.0.1:9{path}"),
)
