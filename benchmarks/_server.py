"""The server that all peers talk to: `nullstore.c`, compiled and started."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SOURCE = Path(__file__).with_name("nullstore.c")
_BLOCK = 1 << 20


class CannotMeasureError(Exception):
    """Something is missing on this machine; the message says what."""


@dataclass(frozen=True)
class Certificate:
    """A certificate of 127.0.0.1.

    Attributes:
        authority: PEM file that clients trust.
        chain, key: PEM files of the server.
    """

    authority: Path
    chain: Path
    key: Path


def make_certificate(folder: Path) -> Certificate:
    """Return a certificate from an authority that is made for it."""
    import trustme

    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "localhost")
    made = Certificate(*(folder / f"{name}.pem" for name in ("authority", "chain", "key")))
    authority.cert_pem.write_to_path(str(made.authority))
    for blob in issued.cert_chain_pems:
        blob.write_to_path(str(made.chain), append=True)
    issued.private_key_pem.write_to_path(str(made.key))
    return made


def compile_server(folder: Path) -> Path:
    """Return the compiled server.

    Raises:
        CannotMeasureError: not Linux, no compiler, or it refuses.
    """
    if sys.platform != "linux":
        raise CannotMeasureError(
            "benchmarks/nullstore.c needs Linux: it drops uploads in the kernel (MSG_TRUNC)"
        )
    compiler = shutil.which("cc")
    if compiler is None:
        raise CannotMeasureError(
            "there is no C compiler 'cc' for benchmarks/nullstore.c; on Debian: apt-get install gcc libc6-dev"
        )
    program = folder / "nullstore"
    tls = ["-DWITH_TLS", "-lssl", "-lcrypto"]
    command = [compiler, "-O2", "-std=gnu11", "-o", str(program), str(_SOURCE), "-pthread", *tls]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    if outcome.returncode != 0:
        raise CannotMeasureError(
            f"{compiler} cannot compile {_SOURCE.name} (it needs OpenSSL's headers, on Debian libssl-dev):\n"
            f"{outcome.stderr}"
        )
    return program


def make_source(folder: Path, size: int) -> Path:
    """Return a file of `size` bytes that do not compress well and are the same in each run."""
    import random

    path = folder / "source.bin"
    block = random.Random(size).randbytes(min(size, _BLOCK))  # noqa: S311  # content, not a secret
    with path.open("wb") as file:
        for start in range(0, size, _BLOCK):
            file.write(block[: size - start])
    return path


@contextmanager
def running_server(
    program: Path, protocol: str, source: Path, keys: int, certificate: Certificate | None = None
) -> Iterator[str]:
    """Yield the endpoint of a server that ends with the block, and with this process however that ends."""
    pair = [] if certificate is None else [str(certificate.chain), str(certificate.key)]
    with subprocess.Popen(
        [str(program), protocol, str(source), str(keys), *pair],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        if not port:
            raise CannotMeasureError("the server ended before it listened; its own message is above")
        try:
            yield f"{'http' if certificate is None else 'https'}://127.0.0.1:{port}"
        finally:
            server.stdin.close()  # that is its sign to end
