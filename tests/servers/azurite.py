"""Azurite: Microsoft's own Azure Storage server in memory, on Node.js, from the npm package ``azurite``.

It checks Shared Key signatures, shared access signatures and, with ``oauth=True``, what a token says (not
who signed it). ``make install`` puts it beside this Python, in the versions of ``npm/package-lock.json``.
https://learn.microsoft.com/en-us/azure/storage/common/storage-use-azurite
"""

from __future__ import annotations

import base64
import json
import secrets
import shutil
import sys
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from servers._models import Identity, Server
from servers._process import LOOPBACK, ServerError, Workspace, free_ports, running

if TYPE_CHECKING:
    from collections.abc import Iterator

# Published for everybody: https://learn.microsoft.com/en-us/azure/storage/common/storage-use-azurite#well-known-storage-account-and-key
_WELL_KNOWN = Identity(
    "devstoreaccount1",
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
)
_KEY_BYTES = 64  # as Azure's own account keys


@dataclass(frozen=True)
class AzuriteServer(Server):
    """A running Azurite.

    Attributes:
        endpoint_url: without an account; a client wants `account_url`.
        admin: the well-known account; `access_key` is its name and `secret_key` its key, in base64.
        other: a second account with a key of its own, made for this one run.
        ca_file: the certificate to trust, in PEM; None for a server without TLS.
    """

    other: Identity = _WELL_KNOWN
    ca_file: Path | None = None

    @property
    def account_name(self) -> str:
        """The admin's account."""
        return self.admin.access_key

    @property
    def account_key(self) -> str:
        """The admin's account key, in base64."""
        return self.admin.secret_key

    @property
    def account_url(self) -> str:
        """Where the admin's account is."""
        return self.url_of(self.admin)

    @property
    def connection_string(self) -> str:
        """The admin's connection string."""
        scheme = self.endpoint_url.partition(":")[0]
        return (
            f"DefaultEndpointsProtocol={scheme};AccountName={self.account_name};"
            f"AccountKey={self.account_key};BlobEndpoint={self.account_url};"
        )

    def url_of(self, account: Identity) -> str:
        """Return where `account` is."""
        return f"{self.endpoint_url}/{account.access_key}"


def bearer_token(
    *, audience: str = "https://storage.azure.com", expires_in: float = 3600, tenant: str | None = None
) -> str:
    """Return a token that a server with ``oauth=True`` accepts with these defaults.

    Args:
        audience: whom it is for.
        expires_in: seconds from now; negative for a token that is too old.
        tenant: who issued it; a random one by default.
    """
    now = time.time()
    tenant = tenant or str(uuid.uuid4())
    claims = {
        "aud": audience,
        "iss": f"https://sts.windows.net/{tenant}/",
        "iat": int(now - 60 + min(0.0, expires_in)),
        "nbf": int(now - 60 + min(0.0, expires_in)),
        "exp": int(now + expires_in),
        "oid": str(uuid.uuid4()),
        "tid": tenant,
    }
    parts = (json.dumps(part).encode() for part in ({"alg": "RS256", "typ": "JWT"}, claims))
    encoded = [base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (*parts, b"unsigned")]
    return ".".join(encoded)


def _program() -> list[str | Path]:
    """Return the command that runs Azurite's blob service.

    Raises:
        ServerError: Node.js or Azurite is not installed; the text is the command that installs it.
    """
    node = shutil.which("node")
    if node is None:
        raise ServerError(
            "Azurite needs Node.js 20 or later, which is not on the PATH: install it "
            "(https://nodejs.org/en/download; Debian 13: apt-get install nodejs npm), then run `make install`"
        )
    script = Path(sys.prefix, "azurite", "node_modules", "azurite", "dist", "src", "blob", "main.js")
    if not script.is_file():
        raise ServerError("Azurite is not installed beside this Python: run `make install`")
    return [node, script]


def _certificate(folder: Path) -> tuple[Path, list[str | Path]]:
    """Return the authority to trust and the options of a server with a certificate from it."""
    import trustme

    authority = trustme.CA()
    issued = authority.issue_cert(LOOPBACK, "localhost")
    ca_file, cert_file, key_file = (folder / f"{name}.pem" for name in ("ca", "cert", "key"))
    authority.cert_pem.write_to_path(ca_file)
    for blob in issued.cert_chain_pems:
        blob.write_to_path(cert_file, append=True)
    issued.private_key_pem.write_to_path(key_file)
    return ca_file, ["--cert", cert_file, "--key", key_file]


def _start(workspace: Workspace, *, oauth: bool) -> AzuriteServer:
    (port,) = free_ports(1)
    other = Identity("cloudtests", base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode())
    command: list[str | Path] = [
        *_program(),
        *("--blobHost", LOOPBACK, "--blobPort", str(port)),
        "--inMemoryPersistence",
        "--skipApiVersionCheck",  # SDKs are newer than it, and it refuses what it does not know
        "--disableTelemetry",
        "--silent",
    ]
    ca_file = None
    if oauth:
        ca_file, options = _certificate(workspace.path)
        command += ["--oauth", "basic", *options]
    accounts = ";".join(f"{who.access_key}:{who.secret_key}" for who in (_WELL_KNOWN, other))
    workspace.launch("azurite", command, {"AZURITE_ACCOUNTS": accounts})
    log = workspace.log_path("azurite")
    # It says so when it listens; what it answers to a stranger's GET is an error in any state.
    workspace.wait_until(lambda: b"successfully listen" in log.read_bytes(), "Azurite's word that it listens")
    scheme = "https" if oauth else "http"
    return AzuriteServer(f"{scheme}://{LOOPBACK}:{port}", _WELL_KNOWN, other=other, ca_file=ca_file)


@contextmanager
def run(*, oauth: bool = False) -> Iterator[AzuriteServer]:
    """Yield a running Azurite with two accounts; it is gone afterwards.

    Args:
        oauth: also accept bearer tokens, over TLS only, whose audience (``https://storage.azure.com``),
            issuer (``https://sts.windows.net/<tenant>/``) and times are right. No signature is checked.
    """
    with running("azurite", partial(_start, oauth=oauth)) as server:
        yield server
