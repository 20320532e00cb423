from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from cloud._wire import SocketTransport, Timeouts, TlsOptions
from unit.wire.scripted import Authority, Peer, Server

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture(params=["linux", "portable"])
def platform_calls(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a test with what this system has, and with what every system has."""
    if request.param == "portable":
        monkeypatch.setattr("cloud._wire._connect.KERNEL_TIMEOUTS", False)
        monkeypatch.delattr(os, "pread", raising=False)
        monkeypatch.delattr("select.poll", raising=False)
    return str(request.param)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    with ExitStack() as stack:

        def start(script: Callable[[Peer], None], tls: ssl.SSLContext | None = None) -> Server:
            return stack.enter_context(Server(script, tls))

        yield start


@pytest.fixture
def make_transport(serve: object) -> Iterator[Callable[..., SocketTransport]]:
    """Make transports that are closed before the servers stop."""
    with ExitStack() as stack:

        def make(*, read: float = 10.0, tls: TlsOptions | None = None, **options: Any) -> SocketTransport:
            transport = SocketTransport(
                timeouts=Timeouts(connect=10.0, read=read), tls=tls or TlsOptions(), **options
            )
            stack.callback(transport.close)
            return transport

        yield make


@pytest.fixture
def transport(make_transport: Callable[..., SocketTransport]) -> SocketTransport:
    return make_transport()
