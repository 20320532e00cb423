"""Workers: bounded, in order of their ends or of their submits, and gone when they are given up."""

from __future__ import annotations

import gc
import threading
import time
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING
from weakref import ref

import pytest

from cloud.common import _workers
from cloud.common._workers import Task, Workers, take

if TYPE_CHECKING:
    from collections.abc import Callable


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "cloud-transfer"]


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_results_come_as_they_are_asked_for() -> None:
    workers = Workers(2)
    tasks = [workers.submit(partial(pow, 2, each)) for each in range(20)]
    assert [task.result() for task in tasks] == [2**each for each in range(20)]
    assert tasks[3].result() == 8  # again
    workers.close()
    assert threads() == []


def test_what_ends_first_is_told_first() -> None:
    workers, gate, told = Workers(2), threading.Event(), SimpleQueue[Task[object]]()
    slow = workers.submit(gate.wait, told)
    quick = workers.submit(partial(int, "7"), told)
    assert take(told) is quick
    assert quick.result() == 7
    gate.set()
    assert take(told) is slow
    workers.end()


def test_no_more_threads_than_needed_or_allowed() -> None:
    workers, gate = Workers(3), threading.Event()
    for count, expected in ((2, 2), (4, 3)):
        for _ in range(count):
            workers.submit(gate.wait)
        until(partial(lambda number: len(threads()) == number, expected))
    gate.set()
    workers.close()
    assert threads() == []


def test_a_failure_is_raised_where_the_result_is_asked_for_and_frees_what_it_held() -> None:
    class Held:
        pass

    workers = Workers(1)

    def fail(_held: Held) -> None:
        raise KeyError("x")

    held = Held()
    gone = ref(held)
    task = workers.submit(partial(fail, held))
    del held
    with pytest.raises(KeyError, match="x"):
        task.result()
    assert workers.submit(partial(int, "1")).result() == 1  # the worker lives on
    del task
    workers.close()
    gc.collect()
    assert gone() is None


def test_end_forgets_what_waits_and_waits_for_what_runs() -> None:
    workers, gate, begun, ran = Workers(1), threading.Event(), threading.Event(), list[int]()

    def run() -> None:
        begun.set()
        gate.wait()
        ran.append(1)

    workers.submit(run)
    workers.submit(partial(ran.append, 2))
    begun.wait()
    threading.Timer(0.05, gate.set).start()
    workers.end()
    assert ran == [1]
    assert threads() == []
    workers.end()  # again changes nothing
    with pytest.raises(RuntimeError, match="given up"):
        workers.submit(partial(int, "1"))


def test_a_system_without_threads_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    workers = Workers(2)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        workers.submit(partial(int, "1")).result()
    workers.close()


def test_workers_of_nobody_end_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_workers, "IDLE_SECONDS", 0.01)
    workers = Workers(2)
    workers.submit(partial(int, "1")).result()
    time.sleep(0.05)
    assert len(threads()) == 1  # somebody may submit more
    del workers
    until(lambda: threads() == [])
