"""Checksums against their published check values and other engines, and the combining of parts."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import zlib
from functools import reduce

import pytest
from awscrt import checksums as awscrt_checksums
from hypothesis import given
from hypothesis import strategies as st

from cloud.common import _checksums
from cloud.common._checksums import (
    WORTH_LOADING,
    ChecksumAlgorithm,
    available,
    best_for_upload,
    checksum_of,
    combine,
    composite,
    new,
    whole_object,
)
from cloud.common.errors import MissingDependencyError

CRC32, CRC32C, CRC64NVME = ChecksumAlgorithm.CRC32, ChecksumAlgorithm.CRC32C, ChecksumAlgorithm.CRC64NVME
CRCS = (CRC32, CRC32C, CRC64NVME)


def bitwise(algorithm: ChecksumAlgorithm, data: bytes) -> int:
    """Compute a CRC bit by bit, as the catalogue defines it, sharing nothing with the code under test."""
    bits, polynomial = {
        CRC32: (32, 0x04C11DB7),
        CRC32C: (32, 0x1EDC6F41),
        CRC64NVME: (64, 0xAD93D23594C93659),
    }[algorithm]
    top, mask = 1 << (bits - 1), (1 << bits) - 1
    register = mask
    for byte in data:
        register ^= int(f"{byte:08b}"[::-1], 2) << (bits - 8)
        for _ in range(8):
            register = ((register << 1) ^ polynomial if register & top else register << 1) & mask
    return int(f"{register:0{bits}b}"[::-1], 2) ^ mask


@pytest.mark.parametrize(
    ("algorithm", "check"),
    [
        (CRC32, "cbf43926"),
        (CRC32C, "e3069283"),
        (CRC64NVME, "ae8b14860a799888"),
        (ChecksumAlgorithm.SHA1, "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
        (ChecksumAlgorithm.SHA256, "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
        (ChecksumAlgorithm.MD5, "25f9e794323b453885f5181f1b624d0b"),
    ],
)
def test_published_check_values(algorithm: ChecksumAlgorithm, check: str) -> None:
    """https://reveng.sourceforge.io/crc-catalogue/all.htm: the checksum of the digits 1 to 9."""
    checksum = new(algorithm)
    assert checksum.algorithm is algorithm
    for piece in (b"1234", bytearray(b"567"), memoryview(bytearray(b"89")), b""):
        checksum.update(piece)
    assert checksum.digest().hex() == check
    assert base64.b64decode(checksum.value()).hex() == check
    assert available(algorithm)


@pytest.mark.parametrize("algorithm", CRCS)
@given(data=st.binary(max_size=80))
def test_engines_equal_the_definition(algorithm: ChecksumAlgorithm, data: bytes) -> None:
    expected = bitwise(algorithm, data)
    assert base64.b64decode(checksum_of(algorithm, data)) == expected.to_bytes(
        8 if algorithm is CRC64NVME else 4, "big"
    )


@given(first=st.binary(max_size=300), second=st.binary(max_size=300), algorithm=st.sampled_from(CRCS))
def test_parts_combine_to_the_whole(first: bytes, second: bytes, algorithm: ChecksumAlgorithm) -> None:
    crc = getattr(awscrt_checksums, algorithm.value)
    assert combine(algorithm, crc(first), crc(second), len(second)) == crc(first + second)


@given(
    crc1=st.integers(0, 2**32 - 1), crc2=st.integers(0, 2**32 - 1), length=st.integers(1, 50 << 40),
    algorithm=st.sampled_from([CRC32, CRC32C]),
)  # fmt: skip  # one line for the numbers
def test_lengths_of_terabytes_equal_those_of_awscrt(
    crc1: int, crc2: int, length: int, algorithm: ChecksumAlgorithm
) -> None:
    oracle = getattr(awscrt_checksums, f"combine_{algorithm.value}")
    assert combine(algorithm, crc1, crc2, length) == oracle(crc1, crc2, length)


@given(crc1=st.integers(0, 2**64 - 1), crc2=st.integers(0, 2**64 - 1), length=st.integers(1, 50 << 40))
def test_long_crcs_of_terabytes_equal_those_of_awscrt(crc1: int, crc2: int, length: int) -> None:
    oracle = awscrt_checksums.combine_crc64nvme
    assert combine(CRC64NVME, crc1, crc2, length) == oracle(crc1, crc2, length)


@given(parts=st.lists(st.binary(max_size=50), max_size=6), algorithm=st.sampled_from(CRCS))
def test_whole_objects_from_their_parts(parts: list[bytes], algorithm: ChecksumAlgorithm) -> None:
    listed = [(checksum_of(algorithm, part), len(part)) for part in parts]
    assert whole_object(algorithm, listed) == checksum_of(algorithm, b"".join(parts))


def test_combining_is_associative_over_many_parts() -> None:
    parts = [bytes([number]) * (number * 1000) for number in range(20)]
    crc = reduce(lambda total, part: combine(CRC32, total, zlib.crc32(part), len(part)), parts, 0)
    assert crc == zlib.crc32(b"".join(parts))


@pytest.mark.parametrize(
    "algorithm", [ChecksumAlgorithm.SHA1, ChecksumAlgorithm.SHA256, ChecksumAlgorithm.MD5]
)
def test_hashes_do_not_combine(algorithm: ChecksumAlgorithm) -> None:
    with pytest.raises(ValueError, match="combine"):
        combine(algorithm, 1, 2, 3)
    with pytest.raises(ValueError, match="negative"):
        combine(CRC32, 1, 2, -3)
    with pytest.raises(ValueError, match="base64"):
        whole_object(CRC32, [("!!", 1)])


def test_composite_checksums_hash_the_digests_of_the_parts() -> None:
    parts = [checksum_of(ChecksumAlgorithm.SHA256, data) for data in (b"one", b"two")]
    digests = hashlib.sha256(b"one").digest() + hashlib.sha256(b"two").digest()
    expected = base64.b64encode(hashlib.sha256(digests).digest()).decode()
    assert composite(ChecksumAlgorithm.SHA256, parts) == f"{expected}-2"


def test_the_first_of_the_preference_that_is_there_is_chosen() -> None:
    assert best_for_upload() is CRC64NVME
    assert best_for_upload((CRC32C, CRC64NVME)) is CRC32C
    assert best_for_upload(()) is None


def run(program: str) -> str:
    """Run `program` in a fresh interpreter and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def test_engines_are_loaded_at_first_use_and_not_for_small_bodies() -> None:
    program = (
        "import sys\n"
        "from cloud.common._checksums import *\n"
        "print(best_for_upload(size=10).name, 'awscrt' in sys.modules)\n"
        f"print(best_for_upload(size={WORTH_LOADING}).name, 'awscrt' in sys.modules)\n"
        "print(checksum_of(ChecksumAlgorithm.CRC64NVME, b'123456789'), 'awscrt' in sys.modules)\n"
        "checksum_of(ChecksumAlgorithm.CRC64NVME, bytes(1 << 20))\n"
        "print(best_for_upload(size=10).name, 'awscrt' in sys.modules)\n"
    )
    check = base64.b64encode(bytes.fromhex("ae8b14860a799888")).decode()
    assert run(program).splitlines() == [
        "CRC32 False",
        "CRC64NVME False",
        f"{check} False",
        "CRC64NVME True",
    ]


def test_a_body_of_many_small_pieces_loads_the_engine_at_the_second() -> None:
    program = (
        "import sys\n"
        "from cloud.common._checksums import ChecksumAlgorithm, new\n"
        "checksum = new(ChecksumAlgorithm.CRC64NVME)\n"
        "for piece in (b'12345', b'6789'):\n"
        "    checksum.update(piece)\n"
        "    print('awscrt' in sys.modules)\n"
        "print(checksum.value())\n"
    )
    check = base64.b64encode(bytes.fromhex("ae8b14860a799888")).decode()
    assert run(program).split() == ["False", "True", check]


@given(st.lists(st.binary(max_size=300), max_size=4))
def test_the_table_computes_what_awscrt_computes(pieces: list[bytes]) -> None:
    crc = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(sys.modules, "awscrt.checksums")
        for piece in pieces:
            crc = _checksums._crc64nvme(memoryview(piece), crc)
    assert crc == awscrt_checksums.crc64nvme(b"".join(pieces))


def test_without_an_engine_the_error_names_the_extra() -> None:
    # -S and -I leave out site-packages, so that this interpreter has nothing but the standard library.
    source = str(_checksums.__file__).removesuffix("/cloud/common/_checksums.py")
    program = (
        f"import sys; sys.path.insert(0, {source!r})\n"
        "from cloud.common._checksums import *\n"
        "print([a.name for a in ChecksumAlgorithm if available(a)], best_for_upload().name)\n"
        "try: new(ChecksumAlgorithm.CRC64NVME)\n"
        "except ModuleNotFoundError as error: print(type(error).__name__, error.hint)\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    first, second = done.stdout.strip().splitlines()
    assert first == "['CRC32', 'SHA1', 'SHA256', 'MD5'] CRC32"
    assert second == f"{MissingDependencyError.__name__} pip install 'cloud[aws]'"
