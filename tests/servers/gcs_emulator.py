"""gcp-storage-emulator: Google Cloud Storage's JSON API in memory, one Python process, from PyPI.

It verifies checksums and answers resumable uploads as Google does, batch calls too; it checks no token and
no precondition. https://github.com/oittaa/gcp-storage-emulator
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from importlib import metadata
from typing import TYPE_CHECKING

from servers._models import GcsServer, new_identity
from servers._process import LOOPBACK, ServerError, Workspace, free_ports, running

if TYPE_CHECKING:
    from collections.abc import Iterator

# As it comes it takes one connection at a time: a body that nobody reads to its end would keep all others waiting.
# Its store knows no threads, so what changes it still takes turns; only answers are sent side by side.
_PROGRAM = """\
import http.server, threading
http.server.HTTPServer = http.server.ThreadingHTTPServer
from gcp_storage_emulator import server
from gcp_storage_emulator.__main__ import main

turn = threading.Lock()

def in_turn(handler):
    def handle(*args):
        with turn:
            return handler(*args)
    return handle

for _, handlers in server.HANDLERS:
    handlers.update({method: in_turn(handler) for method, handler in handlers.items()})
main()
"""


def _start(workspace: Workspace) -> GcsServer:
    try:
        metadata.version("gcp-storage-emulator")
    except metadata.PackageNotFoundError as error:
        raise ServerError(
            "gcp-storage-emulator is not installed beside this Python: run `make install`"
        ) from error
    (port,) = free_ports(1)
    endpoint_url = f"http://{LOOPBACK}:{port}"
    options = ["--host", LOOPBACK, "--port", str(port), "--in-memory", "--quiet"]
    workspace.launch("gcp-storage-emulator", [sys.executable, "-c", _PROGRAM, "start", *options])
    workspace.wait_for_http(f"{endpoint_url}/")
    return GcsServer(endpoint_url, new_identity())


@contextmanager
def run() -> Iterator[GcsServer]:
    """Yield a running gcp-storage-emulator; it is gone afterwards."""
    with running("gcp-storage-emulator", _start) as server:
        yield server
