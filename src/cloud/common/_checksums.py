"""Checksums of object bodies: one interface over the fastest engine that is installed.

CRC-32 comes from zlib and the hashes from hashlib; CRC-32C from google-crc32c or awscrt and CRC-64/NVME
from awscrt, which the extras of the providers bring and which are loaded at their first use; a CRC-64 of a
small body is computed by a table instead. Checksums of parts combine into the checksum of the whole object
without reading it again.

Names and encodings are those of S3, which the other stores share:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
"""

from __future__ import annotations

import hashlib
import sys
import zlib
from base64 import b64decode, b64encode
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from cloud.common._lazy import is_installed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TypeAlias

    Buffer: TypeAlias = bytes | bytearray | memoryview
    CrcFunction: TypeAlias = Callable[[Buffer, int], int]


class ChecksumAlgorithm(Enum):
    """What a body can be checked with; the value is the name in headers (``x-amz-checksum-crc32c``)."""

    CRC32 = "crc32"
    """The one of zlib, gzip and Ethernet."""
    CRC32C = "crc32c"
    """Castagnoli's; Google Cloud Storage's own."""
    CRC64NVME = "crc64nvme"
    """CRC-64/NVME; what S3 computes where the client sends nothing."""
    SHA1 = "sha1"
    SHA256 = "sha256"
    MD5 = "md5"
    """Costs 1.4 s of CPU a gigabyte: for small bodies, and where a service insists on it."""


_CRC_BITS = {ChecksumAlgorithm.CRC32: 32, ChecksumAlgorithm.CRC32C: 32, ChecksumAlgorithm.CRC64NVME: 64}

# Reflected polynomials, from the catalogue https://reveng.sourceforge.io/crc-catalogue/all.htm:
# CRC-32/ISO-HDLC 04C11DB7, CRC-32/ISCSI 1EDC6F41, CRC-64/NVME AD93D23594C93659, each with its bits reversed.
# All three start from ones and invert at the end, which is why checksums of parts combine by shift and xor.
_POLYNOMIALS = {
    ChecksumAlgorithm.CRC32: 0xEDB88320,
    ChecksumAlgorithm.CRC32C: 0x82F63B78,
    ChecksumAlgorithm.CRC64NVME: 0x9A6C9329AC4BC9B5,
}

WORTH_LOADING = 256 << 20
"""Bytes that a hardware engine must check to win back what loading it costs (awscrt: 60 ms of CPU)."""

_PIECE = 1 << 20

_BY_TABLE = 256 << 10
"""Bytes that a table in Python checks in a third of the time that it takes to load awscrt."""

FASTEST_FIRST = (ChecksumAlgorithm.CRC64NVME, ChecksumAlgorithm.CRC32C, ChecksumAlgorithm.CRC32)
"""Whole-object checksums by cost: 0.06 s of CPU a gigabyte for the first two in hardware, 0.3 for zlib's."""


class Checksum(Protocol):
    """A checksum that is being computed. Not for several threads at once."""

    @property
    def algorithm(self) -> ChecksumAlgorithm:
        """What it is computed with."""

    def update(self, data: Buffer, /) -> None:
        """Add the bytes of `data`, a contiguous buffer; it is not kept."""

    def digest(self) -> bytes:
        """Return the checksum of all bytes so far, most significant byte first."""

    def value(self) -> str:
        """Return the digest in base64, as headers carry it."""


class _Crc:
    """A cyclic redundancy check by an engine's function."""

    __slots__ = ("_crc", "_function", "algorithm")

    def __init__(self, algorithm: ChecksumAlgorithm, function: CrcFunction) -> None:
        self.algorithm = algorithm
        self._function = function
        self._crc = 0

    def update(self, data: Buffer, /) -> None:
        self._crc = self._function(data, self._crc)

    def digest(self) -> bytes:
        return self._crc.to_bytes(_CRC_BITS[self.algorithm] // 8, "big")

    def value(self) -> str:
        return b64encode(self.digest()).decode("ascii")


class _Hash:
    """A hash of hashlib. None of them protects a secret here."""

    __slots__ = ("_hash", "algorithm")

    def __init__(self, algorithm: ChecksumAlgorithm) -> None:
        self.algorithm = algorithm
        self._hash = hashlib.new(algorithm.value, usedforsecurity=False)

    def update(self, data: Buffer, /) -> None:
        self._hash.update(data)

    def digest(self) -> bytes:
        return self._hash.digest()

    def value(self) -> str:
        return b64encode(self.digest()).decode("ascii")


def new(algorithm: ChecksumAlgorithm) -> Checksum:
    """Return a checksum of nothing yet.

    Raises:
        MissingDependencyError: nothing that is installed computes it; see `available`.
    """
    if algorithm not in _CRC_BITS:
        return _Hash(algorithm)
    function = _crc_function(algorithm)
    if function is None:
        from cloud.common.errors import MissingDependencyError

        raise MissingDependencyError(
            f"no installed package computes {algorithm.name}", hint="pip install 'cloud[aws]'"
        )
    return _Crc(algorithm, function)


def checksum_of(algorithm: ChecksumAlgorithm, data: Buffer) -> str:
    """Return the checksum of `data` in base64.

    Raises:
        MissingDependencyError: nothing that is installed computes it; see `available`.
    """
    checksum = new(algorithm)
    checksum.update(data)
    return checksum.value()


def available(algorithm: ChecksumAlgorithm) -> bool:
    """Return whether `algorithm` can be computed here, loading its engine if need be."""
    return algorithm not in _CRC_BITS or _crc_function(algorithm) is not None


def best_for_upload(
    preference: Sequence[ChecksumAlgorithm] = FASTEST_FIRST, *, size: int | None = None
) -> ChecksumAlgorithm | None:
    """Return the first of `preference` that can be computed here, or None.

    Args:
        preference: what the service takes, the best first.
        size: length of the body in bytes, where it is known. For one below `WORTH_LOADING`, what needs no
            engine to be loaded comes first.
    """
    if size is not None and size < WORTH_LOADING:
        preference = sorted(preference, key=_must_load)  # stable: otherwise the order stays
    return next((algorithm for algorithm in preference if available(algorithm)), None)


def _must_load(algorithm: ChecksumAlgorithm) -> bool:
    """Return whether computing `algorithm` would import an engine that is not imported yet."""
    return algorithm in {ChecksumAlgorithm.CRC32C, ChecksumAlgorithm.CRC64NVME} and not (
        "awscrt.checksums" in sys.modules
        or (algorithm is ChecksumAlgorithm.CRC32C and "google_crc32c" in sys.modules)
    )


def has_crc64_engine(*, load: bool) -> bool:
    """Return whether hardware computes the CRC-64/NVME here; without `load`, only when its engine is loaded already."""
    return (load or "awscrt.checksums" in sys.modules) and _crc64nvme_of_awscrt() is not None


@lru_cache(maxsize=len(_CRC_BITS))
def _crc_function(algorithm: ChecksumAlgorithm) -> CrcFunction | None:
    """Return the fastest ``function(data, crc so far)`` that is installed, or None."""
    if algorithm is ChecksumAlgorithm.CRC32:
        return zlib.crc32
    if algorithm is ChecksumAlgorithm.CRC32C:  # google-crc32c loads in 3 ms, awscrt in 60
        return _from_google() or _from_awscrt(algorithm)
    return _crc64nvme if is_installed("awscrt") else None


def _crc64nvme(data: Buffer, crc: int) -> int:
    """Return the CRC-64/NVME, by a table as long as awscrt is not worth loading.

    The table is for a body that is small as a whole: a second piece may be followed by any number of others.
    """
    if crc == 0 and len(data) <= _BY_TABLE and "awscrt.checksums" not in sys.modules:
        table = _crc64nvme_table()
        crc ^= 0xFFFF_FFFF_FFFF_FFFF
        for byte in bytes(data):
            crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
        return crc ^ 0xFFFF_FFFF_FFFF_FFFF
    function = _crc64nvme_of_awscrt()
    if function is None:
        from cloud.common.errors import MissingDependencyError

        raise MissingDependencyError(
            "the installed awscrt is too old for CRC64NVME", hint="pip install --upgrade 'cloud[aws]'"
        )
    return function(data, crc)


@lru_cache(maxsize=1)
def _crc64nvme_of_awscrt() -> CrcFunction | None:
    return _from_awscrt(ChecksumAlgorithm.CRC64NVME)


@lru_cache(maxsize=1)
def _crc64nvme_table() -> tuple[int, ...]:
    """Return what each value of a byte does to a CRC-64/NVME."""
    polynomial = _POLYNOMIALS[ChecksumAlgorithm.CRC64NVME]
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ polynomial if crc & 1 else crc >> 1
        table.append(crc)
    return tuple(table)


def _from_awscrt(algorithm: ChecksumAlgorithm) -> CrcFunction | None:
    """Return the function of awscrt; None without awscrt, or with one too old to have it."""
    try:
        from awscrt import checksums
    except ModuleNotFoundError as error:
        if error.name in {"awscrt", "awscrt.checksums"}:
            return None
        raise  # a broken installation is not a missing one
    function: CrcFunction | None = getattr(checksums, algorithm.value, None)
    return function


def _from_google() -> CrcFunction | None:
    """Return the CRC-32C of google-crc32c; None without it, or without its compiled half."""
    try:
        import google_crc32c
    except ModuleNotFoundError as error:
        if error.name == "google_crc32c":
            return None
        raise
    if google_crc32c.implementation != "c":  # its Python half takes seconds for a megabyte
        return None
    extend: Callable[[int, bytes], int] = google_crc32c.extend

    def crc32c(data: Buffer, crc: int) -> int:
        if isinstance(data, bytes):
            return extend(crc, data)
        # It takes nothing but bytes, so other buffers are copied, a piece at a time.
        view = memoryview(data).cast("B")
        for start in range(0, len(view), _PIECE):
            crc = extend(crc, bytes(view[start : start + _PIECE]))
        return crc

    return crc32c


def combine(algorithm: ChecksumAlgorithm, crc1: int, crc2: int, len2: int) -> int:
    """Return the CRC of two pieces of data in a row.

    Args:
        algorithm: one of the CRCs; they need not be computable here.
        crc1: CRC of the first piece.
        crc2: CRC of the second piece.
        len2: length of the second piece in bytes.

    Raises:
        ValueError: `algorithm` is a hash, or a length is negative.
    """
    if algorithm not in _POLYNOMIALS:
        raise ValueError(f"checksums of {algorithm.name} do not combine")
    if len2 < 0:
        raise ValueError(f"a length is not negative: {len2}")
    # A CRC is the remainder of the data as a polynomial over GF(2). Putting len2 bytes behind the first
    # piece multiplies it by x to the power of 8 * len2; adding the second piece is an exclusive or.
    return _multiply(algorithm, _shift(algorithm, len2), crc1) ^ crc2


def whole_object(algorithm: ChecksumAlgorithm, parts: Iterable[tuple[str, int]]) -> str:
    """Return the checksum in base64 of an object from those of its parts (S3: ``FULL_OBJECT``).

    Args:
        algorithm: one of the CRCs.
        parts: checksum in base64 and length in bytes of each part, in order.

    Raises:
        ValueError: `algorithm` is a hash, or a checksum is none.
    """
    crc = 0
    for value, length in parts:
        crc = combine(algorithm, crc, int.from_bytes(b64decode(value, validate=True), "big"), length)
    return b64encode(crc.to_bytes(_CRC_BITS[algorithm] // 8, "big")).decode("ascii")


def composite(algorithm: ChecksumAlgorithm, parts: Sequence[str]) -> str:
    """Return the checksum of the parts' checksums and how many there are (S3: ``COMPOSITE``).

    Args:
        algorithm: what the parts were checked with.
        parts: checksum in base64 of each part, in order.

    Raises:
        MissingDependencyError: nothing that is installed computes it.
        ValueError: a checksum is no base64.
    """
    digests = b"".join(b64decode(value, validate=True) for value in parts)
    return f"{checksum_of(algorithm, digests)}-{len(parts)}"


def _multiply(algorithm: ChecksumAlgorithm, a: int, b: int) -> int:
    """Return the product of two polynomials modulo that of `algorithm`.

    Bits are reflected: the highest is the coefficient of 1, the lowest that of the highest power.
    """
    polynomial = _POLYNOMIALS[algorithm]
    bit = 1 << (_CRC_BITS[algorithm] - 1)
    product = 0
    while a:
        if a & bit:
            product ^= b
            a ^= bit
        bit >>= 1
        b = (b >> 1) ^ polynomial if b & 1 else b >> 1
    return product


@lru_cache(maxsize=256)
def _shift(algorithm: ChecksumAlgorithm, length: int) -> int:
    """Return x to the power of 8 * `length`. Parts of one upload share their length, so it is kept."""
    one = 1 << (_CRC_BITS[algorithm] - 1)
    power, square, exponent = one, one >> 1, 8 * length
    while exponent:
        if exponent & 1:
            power = _multiply(algorithm, power, square)
        square = _multiply(algorithm, square, square)
        exponent >>= 1
    return power
