"""A hop between a client and its server, which counts what is moved."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator


class Hop:
    """Passes connections on to a server and counts the bytes of each way.

    Attributes:
        moved: bytes so far.
        hold_at: passes no more on after so many; `release` ends the connections that wait.
    """

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname or "", parts.port or 80)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._lock = threading.Lock()
        self.moved = 0
        self.hold_at: int | None = None
        self._free = threading.Event()
        self._closing = False
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        with self._listener:
            while True:
                near, _ = self._listener.accept()
                if self._closing:
                    near.close()
                    return
                far = socket.create_connection(self._upstream)
                self._open.add(near)
                thread = threading.Thread(target=self._both_ways, args=(near, far))
                self._threads.append(thread)
                thread.start()

    def _both_ways(self, near: socket.socket, far: socket.socket) -> None:
        with near, far:
            back = threading.Thread(target=self._pass, args=(far, near))
            back.start()
            self._pass(near, far)
            back.join()
            self._open.discard(near)

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(256 << 10):
                target.sendall(data)
                with self._lock:
                    self.moved += len(data)
                if self.hold_at is not None and self.moved >= self.hold_at:
                    self._free.wait()
                    break
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def until_passed_on(self) -> Iterator[None]:
        """Wait at the end for what connections that began inside still hold, once their other ends are closed."""
        before = frozenset(self._open)
        yield
        while self._open - before:
            time.sleep(0.001)

    def release(self) -> None:
        """Count anew, and pass on what comes by new connections."""
        self.hold_at = None
        self._free.set()
        self.moved = 0

    def close(self) -> None:
        """End all connections."""
        self._closing = True
        self._free.set()
        for near in tuple(self._open):
            with suppress(OSError):
                near.shutdown(socket.SHUT_RDWR)
        socket.create_connection(self._listener.getsockname()).close()
        for thread in self._threads:
            thread.join()
