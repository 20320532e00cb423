"""A few threads for calls that Ctrl-C may interrupt at any moment.

``ThreadPoolExecutor`` and ``Future`` guard their state with locks that are taken in Python code: a
KeyboardInterrupt between two of its steps leaves one of them taken, and what waits for it waits forever, or it
comes out as a RuntimeError. The thread that submits and waits here, which may be the main one, does so by queues
and by starts of threads that are one step each.
"""

from __future__ import annotations

import _thread
import threading
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Generic, TypeVar
from weakref import ref

if TYPE_CHECKING:
    from collections.abc import Callable

R = TypeVar("R")
T = TypeVar("T")

IDLE_SECONDS = 5.0
"""So long after its last call a worker looks whether its `Workers` are still there."""


def take(queue: SimpleQueue[T]) -> T:
    """Return the next of `queue`; Ctrl-C is noticed on every system."""
    while True:
        try:
            return queue.get(timeout=1)
        except Empty:  # noqa: PERF203  # in steps, because Windows delivers no Ctrl-C to a wait without an end
            continue


class Task(Generic[R]):
    """One call, made by a worker."""

    __slots__ = ("_call", "_error", "_told", "_value")

    def __init__(self, call: Callable[[], R], told: SimpleQueue[Task[R]]) -> None:
        self._call: Callable[[], R] | None = call
        self._told = told
        self._error: BaseException | None = None
        self._value: R | None = None

    def run(self) -> None:
        """Make the call and tell that it has ended."""
        assert self._call is not None  # noqa: S101  # a task is run once
        try:
            self._value = self._call()
        except BaseException as error:  # noqa: BLE001  # whatever it is, it is raised where the result is asked for
            self._error = error
        self._end()
        del self  # else the error's traceback would keep the task, and the task the error

    def fail(self, error: BaseException) -> None:
        """End without the call."""
        self._error = error
        self._end()

    def _end(self) -> None:
        self._call = None
        self._told.put(self)

    def result(self) -> R:
        """Return what the call returned, or raise what it raised; blocks until then."""
        while self._call is not None:
            take(self._told)
        if self._error is None:
            return self._value  # type: ignore[return-value]  # None only where the call returned it
        try:
            raise self._error
        finally:
            del self


class Workers:
    """At most `count` threads, started as they are needed.

    Give them up by `close` or `end`. Where Ctrl-C came just before that, they end by themselves, a little later.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._started = 0
        self._closed = False
        self._tasks: SimpleQueue[Task[object] | None] = SimpleQueue()
        self._threads: SimpleQueue[threading.Thread | None] = SimpleQueue()

    def submit(self, call: Callable[[], R], told: SimpleQueue[Task[R]] | None = None) -> Task[R]:
        """Let a worker make `call`, and put the task into `told` when it has ended.

        Where `told` is given, ask a task for its result once it came out of there.
        """
        if self._closed:
            raise RuntimeError("these workers were given up")
        task = Task(call, SimpleQueue() if told is None else told)
        if self._started < self._count:
            # Thread.start takes locks in Python code, so it is done by a thread that Ctrl-C does not meet.
            _thread.start_new_thread(_start, (ref(self), self._tasks, self._threads))
            self._started += 1
        self._tasks.put(task)  # type: ignore[arg-type]  # the worker does not look at what it returns
        return task

    def close(self) -> None:
        """Wait until all that was submitted has ended, and all threads; nothing can be submitted any more."""
        if self._closed:
            return
        self._closed = True
        for _ in range(self._count):
            self._tasks.put(None)
        for _ in range(self._started):
            thread = take(self._threads)
            if thread is not None:
                thread.join()

    def end(self) -> None:
        """Forget what no worker has begun, and wait for the rest."""
        with suppress(Empty):
            while True:
                self._tasks.get_nowait()
        self.close()


def _start(
    owner: ref[Workers],
    tasks: SimpleQueue[Task[object] | None],
    threads: SimpleQueue[threading.Thread | None],
) -> None:
    thread = threading.Thread(target=_work, args=(owner, tasks), name="cloud-transfer", daemon=True)
    try:
        thread.start()
    except RuntimeError as error:  # the system has no more threads
        threads.put(None)
        task = tasks.get()
        if task is not None:
            task.fail(error)
    else:
        threads.put(thread)


def _work(owner: ref[Workers], tasks: SimpleQueue[Task[object] | None]) -> None:
    while True:
        try:
            task = tasks.get(timeout=IDLE_SECONDS)
        except Empty:
            if owner() is None:
                return
            continue
        if task is None:
            return
        task.run()
        del task  # what it holds is let go while this thread waits for the next
