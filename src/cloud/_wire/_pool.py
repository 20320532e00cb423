"""Idle connections, by origin."""

from __future__ import annotations

import os
import weakref
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud._wire._connection import Connection
    from cloud._wire._proxy import Proxy
    from cloud._wire._types import Origin


class Route:
    """How an origin is reached, and its idle connections, the latest used last.

    Attributes:
        target_prefix, extra_lines: see `encode_head`; for plain HTTP through a proxy.
    """

    __slots__ = ("extra_lines", "idle", "origin", "proxy", "target_prefix")

    def __init__(self, origin: Origin, proxy: Proxy | None) -> None:
        self.origin = origin
        self.proxy = proxy
        self.idle: list[Connection] = []
        self.target_prefix = self.extra_lines = ""
        if proxy is not None and origin.scheme == "http":
            self.target_prefix = f"http://{origin.host_header}"
            self.extra_lines = proxy.authorization


class Pool:
    """Idle connections of one transport. Safe between threads; empty again in a forked child.

    Attributes:
        generation: changes with a fork and with `close`; a connection of an older one never comes back.
        closed: no connection is kept any more.
    """

    def __init__(self, *, max_idle: int, max_idle_seconds: float, clock: Callable[[], float]) -> None:
        self.max_idle = max_idle
        self.max_idle_seconds = max_idle_seconds
        self.clock = clock
        self.lock = Lock()
        self.generation = 0
        self.closed = False
        self.routes: dict[Origin, Route] = {}
        _pools.add(self)

    def take(self, route: Route) -> Connection | None:
        """Return the latest used idle connection that is neither too old nor closed by the server."""
        idle = route.idle
        while idle:
            with self.lock:
                if not idle:
                    return None
                connection = idle.pop()
            fresh = self.clock() - connection.idle_since < self.max_idle_seconds
            # Bytes, or an end, that nobody asked for: the server has given the connection up.
            if fresh and not connection.readable():
                return connection
            connection.close()
        return None

    def put(self, connection: Connection) -> None:
        """Keep a connection whose last answer was read to its end."""
        connection.free()
        connection.idle_since = self.clock()
        surplus: Connection | None = None
        with self.lock:
            if self.closed or connection.generation != self.generation:
                surplus = connection
            else:
                idle = connection.route.idle
                idle.append(connection)
                if len(idle) > self.max_idle:
                    surplus = idle.pop(0)
        if surplus is not None:
            surplus.close()

    def sweep(self) -> None:
        """Close what has been idle for too long, so that connections to many origins do not pile up."""
        oldest = self.clock() - self.max_idle_seconds
        old: list[Connection] = []
        with self.lock:
            for route in self.routes.values():
                old += [connection for connection in route.idle if connection.idle_since <= oldest]
                route.idle[:] = [connection for connection in route.idle if connection.idle_since > oldest]
        for connection in old:
            connection.close()

    def close(self) -> None:
        """Close every idle connection; those in use are closed when they come back."""
        with self.lock:
            self.closed = True
        self.forget()

    def forget(self) -> None:
        """Close every idle connection of this process, without a word to the other side."""
        with self.lock:
            self.generation += 1
            idle = [connection for route in self.routes.values() for connection in route.idle]
            for route in self.routes.values():
                route.idle.clear()
        for connection in idle:
            connection.close()


_pools: weakref.WeakSet[Pool] = weakref.WeakSet()


def _forget_all() -> None:
    """In a forked child: the sockets are the parent's. Closing our descriptors says nothing on the wire."""
    for pool in list(_pools):
        pool.lock = Lock()  # another thread of the parent may have held the old one
        pool.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
