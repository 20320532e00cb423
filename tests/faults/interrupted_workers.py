"""Interrupts windows of workers at random moments; started by test_interrupts.py.

Usage: interrupted_workers.py TIMES. Each time a signal whose handler raises KeyboardInterrupt arrives while the main
thread submits, waits or ends. Prints how often it came before the window was left, and the threads left over.
"""

from __future__ import annotations

import random
import signal
import sys
import threading
import time
from contextlib import suppress
from functools import partial

from cloud.common import _workers
from cloud.common._engine import Window

CALL_SECONDS = 0.0001
LONGEST_SECONDS = 0.003


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def work() -> None:
    with Window(3) as window:
        for _ in range(8):
            window.submit(partial(time.sleep, CALL_SECONDS))
        window.drain()


def main() -> None:
    signal.signal(signal.SIGALRM, interrupt)
    _workers.IDLE_SECONDS = 0.1
    moments, hits = random.Random(7), 0  # noqa: S311  # no secret: the same moments each time
    for _ in range(int(sys.argv[1])):
        with suppress(KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, moments.uniform(0.00001, LONGEST_SECONDS))
            try:
                work()
            except KeyboardInterrupt:
                hits += 1
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
    end = time.monotonic() + 5
    while threading.active_count() > 1 and time.monotonic() < end:
        time.sleep(0.01)  # where an interrupt came just before the end, nobody waited for the workers
    print(hits, threading.active_count() - 1)  # noqa: T201  # what the test reads


main()
