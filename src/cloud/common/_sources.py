"""What may be uploaded, and how each kind becomes bodies that can be sent again."""

from __future__ import annotations

import io
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from cloud.common._bodies import Buffer, FileRange, Payload
from cloud.common.errors import IntegrityError, InvalidRequestError

if TYPE_CHECKING:
    import mimetypes
    from collections.abc import Callable, Iterable, Iterator

UploadSource: TypeAlias = "bytes | bytearray | memoryview | Path | BinaryIO | Iterable[bytes]"
DEFAULT_CONTENT_TYPE = "application/octet-stream"
# What Python's own table lacks, or has since later versions only.
_MORE_TYPES = {
    ".avif": "image/avif",
    ".jsonl": "application/jsonl",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".parquet": "application/vnd.apache.parquet",
    ".rst": "text/x-rst",
    ".toml": "application/toml",
    ".wasm": "application/wasm",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".zst": "application/zstd",
}
_COMPRESSED = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}


@contextmanager
def opened(data: UploadSource) -> Iterator[Payload | Iterator[bytes]]:
    """Give `data` as a body of known length, or as chunks of bytes when its length is not known.

    Raises:
        InvalidRequestError: it is text, or nothing that holds bytes.
    """
    if isinstance(data, (bytes, bytearray, memoryview)):
        yield _in_bytes(data)
    elif isinstance(data, PurePath):
        with Path(data).open("rb", buffering=0) as file:
            size = file.seek(0, io.SEEK_END)
            payload = FileRange(file.fileno(), 0, size)
            yield payload
            if file.seek(0, io.SEEK_END) != size:
                raise IntegrityError(
                    f"{str(data)!r} changed its size during the upload: the object has its first {size} bytes"
                )
    elif isinstance(data, str):  # type: ignore[unreachable]  # for callers without a type checker
        raise InvalidRequestError(
            "data is a str, which may mean a file name or text",
            hint="pass pathlib.Path(name) to upload a file, or text.encode() to upload the text",
        )
    # read1 looks at signals between system calls, so that Ctrl-C ends a read from a pipe.
    elif callable(read := getattr(data, "read1", None) or getattr(data, "read", None)):
        yield _read_chunks(read)
    elif hasattr(data, "__iter__"):
        yield _checked_chunks(data)
    else:
        raise InvalidRequestError(
            f"data is a {type(data).__name__}; pass bytes, a pathlib.Path, a binary file or an iterable of bytes"
        )


def _in_bytes(data: bytes | bytearray | memoryview) -> Payload:
    """Return `data` with its length in bytes, which a view of wider items does not have."""
    if not isinstance(data, memoryview):
        return data
    if not data.c_contiguous:
        raise InvalidRequestError("the memoryview is not contiguous; pass bytes(view)")
    return data.cast("B")


def _read_chunks(read: Callable[[int], object]) -> Iterator[bytes]:
    while True:
        chunk = read(1 << 20)
        if chunk is None:
            raise InvalidRequestError("the file is in non-blocking mode; open it in blocking mode")
        if not chunk:
            if isinstance(chunk, str):
                raise _text_error()
            return
        yield _as_bytes(chunk)


def _checked_chunks(chunks: Iterable[object]) -> Iterator[bytes]:
    for chunk in chunks:
        yield _as_bytes(chunk)


def _as_bytes(chunk: object) -> bytes:
    if isinstance(chunk, bytes):
        return chunk
    if isinstance(chunk, (bytearray, memoryview)):
        return bytes(chunk)
    if isinstance(chunk, str):
        raise _text_error()
    raise InvalidRequestError(f"the iterable gave a {type(chunk).__name__} instead of bytes")


def _text_error() -> InvalidRequestError:
    return InvalidRequestError("the source gives text, not bytes", hint='open the file with mode "rb"')


class PartReader:
    """Cuts chunks of any size into parts of given sizes, holding one part and at most one chunk."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def read(self, size: int) -> bytes:
        """Return the next `size` bytes, or fewer at the end."""
        pieces: list[Buffer] = []
        missing = size
        while missing:
            if not len(self._rest):
                chunk = next(self._chunks, None)
                if chunk is None:
                    break
                self._rest = memoryview(chunk)
                continue
            piece, self._rest = self._rest[:missing], self._rest[missing:]
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)


@cache
def _types() -> mimetypes.MimeTypes:
    import mimetypes

    return mimetypes.MimeTypes()  # Python's table, not the machine's


def guess_content_type(key: str) -> str:
    """Return the media type that the key's suffix stands for; never a Content-Encoding."""
    dot = key.rfind(".")
    if dot < 0 or "/" in key[dot:]:
        return DEFAULT_CONTENT_TYPE
    return _guess_suffix(key[dot:].lower())


@lru_cache(maxsize=1024)
def _guess_suffix(suffix: str) -> str:
    if suffix in _MORE_TYPES:
        return _MORE_TYPES[suffix]
    kind, encoding = _types().guess_type("x" + suffix, strict=False)
    if encoding is not None:
        return _COMPRESSED.get(encoding, DEFAULT_CONTENT_TYPE)
    return kind or DEFAULT_CONTENT_TYPE
