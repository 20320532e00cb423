"""A Ray cluster as a `concurrent.futures.Executor`."""

from __future__ import annotations

import threading
from concurrent.futures import Executor, Future, wait
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from cloud.common._lazy import require
from cloud.common.errors import ConfigurationError, InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
P = ParamSpec("P")


class RayExecutor(Executor):
    """Runs calls as Ray tasks.

    Give it to `cloud.transfer.sync` and its sisters: ``sync(a, b, executor=RayExecutor(), workers=32)``.
    Clients of stores travel by configuration, without their secrets: each Ray worker finds credentials where
    the provider's own tools look. Shutting the executor down leaves Ray as it is.

    Args:
        options: what ``ray.remote`` takes, such as ``num_cpus``, ``resources`` or ``max_retries``. By default
            a call whose worker died is not made again.

    Raises:
        MissingDependencyError: ``ray`` is not installed.
        ConfigurationError: Ray is not connected; call ``ray.init()`` before.
    """

    def __init__(self, **options: Any) -> None:
        self._ray = require("ray", extra="ray")
        if not self._ray.is_initialized():
            raise ConfigurationError("Ray is not connected", hint="call ray.init() before")
        self._task = self._ray.remote(**{"max_retries": 0, **options})(_call)
        self._lock = threading.Lock()
        self._running: dict[Future[Any], Any] = {}
        self._is_shut = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Return the future of a call, which must pickle, on one of Ray's workers."""
        with self._lock:
            if self._is_shut:
                raise InvalidRequestError("the executor was shut down")
        reference = self._task.remote(fn, args, kwargs)
        future: Future[T] = reference.future()
        with self._lock:
            self._running[future] = reference
        future.add_done_callback(self._forget)
        return future

    def _forget(self, future: Future[Any]) -> None:
        with self._lock:
            reference = self._running.pop(future, None)
        if future.cancelled() and reference is not None:
            self._ray.cancel(reference)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT002  # the base class's own
        """Take no more calls.

        Args:
            wait: until those that were submitted have ended.
            cancel_futures: cancel those that have not begun.
        """
        with self._lock:
            self._is_shut = True
            running = list(self._running)
        if cancel_futures:
            for future in running:
                future.cancel()
        if wait:
            _wait_for(running)


def _wait_for(futures: list[Future[Any]]) -> None:
    wait(futures)


def _call(fn: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
    return fn(*args, **kwargs)
