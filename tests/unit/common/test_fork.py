from __future__ import annotations

import os
import threading

from cloud.common._fork import renew_after_fork
from cloud.common._observe import CallFacts, Metrics


class Owner:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        renew_after_fork(self, "lock")


def in_child(work: object) -> int:
    """Return the exit code of a forked child that does `work`: 0 when it came to its end."""
    pid = os.fork()
    if not pid:
        os._exit(0 if work() else 1)  # type: ignore[operator]  # a callable, by name below
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_child_has_a_free_lock_although_the_parent_holds_it() -> None:
    owner = Owner()
    with owner.lock:
        assert in_child(lambda: owner.lock.acquire(timeout=5)) == 0
        assert owner.lock.locked()


def test_counting_goes_on_in_a_child() -> None:
    metrics = Metrics()
    with metrics._lock:

        def count() -> bool:
            metrics.count_attempt(CallFacts(), first=True)
            return metrics.snapshot().calls == 1

        assert in_child(count) == 0


def test_an_owner_that_is_gone_is_forgotten() -> None:
    owner = Owner()
    del owner
    assert in_child(lambda: True) == 0
