"""A reverse proxy on loopback that makes chosen requests go wrong.

Put it between a client and a real server and see whether the client is ever silently wrong::

    from cloud.testing import Fault, FaultKind, FaultProxy

    with FaultProxy("http://127.0.0.1:9000") as proxy:
        proxy.inject(Fault(kind=FaultKind.RESET_BODY, method="GET", path="/bucket/key", at=1000))
        client = S3Client(credentials, endpoint_url=proxy.url)
        assert client.download_file("bucket", "key") == expected
        assert len(proxy.requests) == 2

Heads are forwarded as received, Host among them, so signatures stay valid; each exchange has a connection
of its own to the upstream. Bodies are streamed; the kinds that repeat a body, or that must know its length
when the upstream does not say it, keep it in a temporary file.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cloud.testing._fault_exchange import Exchange
from cloud.testing._fault_kinds import Fault, FaultKind, SeenRequest
from cloud.testing._http1 import READ_LIMIT_BYTES, Connection, Head, PeerGoneError, read_head

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from types import TracebackType

    from typing_extensions import Self

_HOST = "127.0.0.1"
_CONTROL_TIMEOUT_SECONDS = 10.0
_BACKLOG = 128


def _address(upstream: str | tuple[str, int]) -> tuple[str, int]:
    if isinstance(upstream, tuple):
        return upstream
    parts = urlsplit(upstream if "//" in upstream else f"//{upstream}")
    if parts.scheme not in {"", "http"} or parts.hostname is None:
        raise ValueError(f"the upstream is http://host:port or host:port, not {upstream!r}")
    return parts.hostname, parts.port or 80


class _Rule:
    """A fault and how often it was met."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.matched = 0
        self.fired = 0

    def fires(self, exchange: Head) -> bool:
        method, path, *_ = [*exchange.start.split(" "), "", ""]
        if not self.fault.matches(method, path, exchange.headers):
            return False
        self.matched += 1
        if self.matched <= self.fault.skip or (self.fault.count and self.fired >= self.fault.count):
            return False
        self.fired += 1
        return True


class FaultProxy:
    """A proxy to `upstream` on a free loopback port, from ``with`` to the end of the block.

    The first injected fault that matches a request, and is neither used up nor still skipping, hits it.
    All methods may be called from any thread.

    Args:
        upstream: ``http://host:port``, ``host:port`` or ``(host, port)``; plain HTTP.
        sleep: waits for a number of seconds; the silences of the faults go through it.
        rewrites_host: whether the upstream is told its own address as Host, for servers that look at it; the
            signatures of S3 cover what the client sent.

    Raises:
        ValueError: `upstream` is none of these.
    """

    def __init__(
        self,
        upstream: str | tuple[str, int],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        rewrites_host: bool = False,
    ) -> None:
        self.upstream = _address(upstream)
        self._rewrites_host = rewrites_host
        self._sleep = sleep
        self._lock = threading.Lock()
        self._rules: list[_Rule] = []
        self._exchanges: list[Exchange] = []
        self._failures: list[BaseException] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._started: Future[asyncio.AbstractEventLoop] = Future()
        self._thread = threading.Thread(target=self._run, name="fault-proxy", daemon=True)
        self._socket: socket.socket | None = None
        self._listening = False
        self._port = 0

    @property
    def url(self) -> str:
        """``http://127.0.0.1:port``."""
        return f"http://{_HOST}:{self._port}"

    @property
    def requests(self) -> tuple[SeenRequest, ...]:
        """What was seen so far, in the order of arrival."""
        with self._lock:
            return tuple(exchange.seen for exchange in self._exchanges)

    def inject(self, *faults: Fault) -> None:
        """Let requests meet `faults` from now on."""
        with self._lock:
            self._rules += [_Rule(fault) for fault in faults]

    def clear(self) -> None:
        """Forget the faults and the requests."""
        with self._lock:
            self._rules.clear()
            self._exchanges.clear()

    def refuse(self, seconds: float | None = None) -> None:
        """Drop the open connections and refuse new ones; return when that is so.

        Args:
            seconds: when to accept again; None to wait for `accept`.
        """
        self._do(self._refuse(seconds))

    def accept(self) -> None:
        """Accept connections again, on the same port. Nothing happens when they are accepted already."""
        self._do(self._listen())

    def __enter__(self) -> Self:
        """Start to listen."""
        self._thread.start()
        self._started.result(_CONTROL_TIMEOUT_SECONDS)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the listener and every connection.

        Raises:
            RuntimeError: the proxy itself failed at a request.
        """
        loop = self._started.result()
        loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_CONTROL_TIMEOUT_SECONDS)
        if self._failures:
            raise RuntimeError("the fault proxy failed at a request") from self._failures[0]

    # --- everything below runs in the proxy's thread

    def _run(self) -> None:
        loop = asyncio.SelectorEventLoop()  # the one that has add_reader, on every system
        try:
            loop.run_until_complete(self._main())
            loop.run_until_complete(_settle(loop))
        finally:
            loop.close()

    async def _main(self) -> None:
        self._stop = asyncio.Event()
        try:
            self._hold_port()
            await self._listen()
        except OSError as error:
            self._started.set_exception(error)
            return
        self._started.set_result(asyncio.get_running_loop())
        try:
            await self._stop.wait()
        finally:
            self._close_listener()
            await self._drop(set(self._tasks))

    def _do(self, action: Coroutine[None, None, None]) -> None:
        """Run `action` in the proxy's thread and wait for its end."""
        loop = self._started.result(_CONTROL_TIMEOUT_SECONDS)
        asyncio.run_coroutine_threadsafe(action, loop).result(_CONTROL_TIMEOUT_SECONDS)

    def _hold_port(self) -> None:
        """Bind without listening: connections are refused, and nobody else gets the port."""
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((_HOST, self._port))
        self._port = self._socket.getsockname()[1]

    async def _listen(self) -> None:
        """Begin to accept, unless connections are accepted already.

        Not by asyncio's own server: one that is closed between a connection's arrival and the next turn of
        the loop forgets that connection, open and silent.
        """
        if self._socket is not None and not self._listening:
            self._socket.setblocking(False)
            self._socket.listen(_BACKLOG)
            asyncio.get_running_loop().add_reader(self._socket, self._accept_one, self._socket)
            self._listening = True

    def _accept_one(self, listener: socket.socket) -> None:
        try:
            client, _ = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # it gave up before its turn
        client.setblocking(False)
        task = asyncio.get_running_loop().create_task(self._serve(client))
        # A task that is cancelled before its first step runs none of its own handlers.
        task.add_done_callback(lambda task: client.close() if task.cancelled() else None)
        self._keep(task)

    def _close_listener(self) -> None:
        if self._socket is not None:
            if self._listening:
                asyncio.get_running_loop().remove_reader(self._socket)
                self._listening = False
            self._socket.close()
            self._socket = None

    async def _refuse(self, seconds: float | None) -> None:
        self._close_listener()
        self._hold_port()
        current = asyncio.current_task()
        await self._drop({task for task in self._tasks if task is not current})
        if seconds is not None:
            self._keep(asyncio.create_task(self._accept_after(seconds)))

    async def _accept_after(self, seconds: float) -> None:
        await self._sleep(seconds)
        await self._listen()

    @staticmethod
    async def _drop(tasks: set[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _keep(self, task: asyncio.Task[None]) -> None:
        """Hold on to `task` until it ends, and to the error that it ends with."""
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failures.append(error)

    async def _serve(self, accepted: socket.socket) -> None:
        client = Connection(*await asyncio.open_connection(sock=accepted, limit=READ_LIMIT_BYTES))
        try:
            while await self._serve_one(client):
                pass
        except (PeerGoneError, ConnectionError):
            return  # either side may hang up at any time: the other one sees its connection end
        except asyncio.CancelledError:
            client.writer.transport.abort()
            raise
        finally:
            client.writer.close()

    async def _serve_one(self, client: Connection) -> bool:
        head = await read_head(client.reader)
        with self._lock:
            fault = next((rule.fault for rule in self._rules if rule.fires(head)), None)
            exchange = Exchange(
                client, head, fault, self.upstream, self._sleep, rewrites_host=self._rewrites_host
            )
            self._exchanges.append(exchange)
        if fault is not None and fault.kind is FaultKind.REFUSE:
            await self._refuse(fault.seconds)  # before the reset: the client may try again at once
        return await exchange.run()


async def _settle(loop: asyncio.AbstractEventLoop) -> None:
    """End what is left of bodies that nobody read to their end: the loop closes each by a task of its own."""
    await loop.shutdown_asyncgens()
    await asyncio.sleep(0)  # a task that is asked for begins in the loop's next turn
    while rest := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(rest)
