"""ministack: many AWS services in memory, one Python process, from PyPI. It really runs Lambda functions.

Python functions run in the Python that ministack runs in, whatever their runtime says; Node functions in the
``node`` of the machine. It believes every key. https://pypi.org/project/ministack/
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from importlib import metadata
from typing import TYPE_CHECKING

from servers._models import Server, new_identity
from servers._process import LOOPBACK, ServerError, Workspace, free_ports, running

if TYPE_CHECKING:
    from collections.abc import Iterator


def _start(workspace: Workspace) -> Server:
    try:
        metadata.version("ministack")
    except metadata.PackageNotFoundError as error:
        raise ServerError("ministack is not installed beside this Python: run `make install`") from error
    (port,) = free_ports(1)
    endpoint_url = f"http://{LOOPBACK}:{port}"
    workspace.launch(
        "ministack",
        [sys.executable, "-m", "ministack"],
        env={
            "GATEWAY_PORT": str(port),
            "EDGE_PORT": str(port),
            "BIND_HOST": LOOPBACK,
            "MINISTACK_HOST": LOOPBACK,
            "STATE_DIR": str(workspace.path / "state"),
            "LAMBDA_EXECUTOR": "local",
        },
    )
    workspace.wait_for_http(f"{endpoint_url}/_ministack/health")
    return Server(endpoint_url, new_identity())


@contextmanager
def run() -> Iterator[Server]:
    """Yield a running ministack; it is gone afterwards."""
    with running("ministack", _start) as server:
        yield server
