"""A switch ends waits and what it watches, its own call only, and cleaning up goes on."""

from __future__ import annotations

import threading
import time

import pytest

from cloud.common._cancel import Cancellation, active_switch, ended_by, one_call, pause
from cloud.common._runtime import Runtime
from cloud.common.errors import CancelledError, OutcomeUnknownError, ServiceUnavailableError


class Waiting:
    """Something that a thread waits for."""

    def __init__(self) -> None:
        self.stopped = 0

    def stop(self) -> None:
        self.stopped += 1


def test_a_switch_stops_what_it_watches_and_takes_nothing_new() -> None:
    switch, running, over = Cancellation(), Waiting(), Waiting()
    switch.watch(running)
    switch.watch(over)
    switch.forget(over)
    switch.check()
    switch.cancel()
    assert (running.stopped, over.stopped, switch.is_cancelled) == (1, 0, True)
    with pytest.raises(CancelledError):
        switch.watch(Waiting())
    with pytest.raises(CancelledError):
        switch.check()


def test_a_wait_ends_at_once() -> None:
    switch = Cancellation()
    timer = threading.Timer(0.02, switch.cancel)
    timer.start()
    started = time.monotonic()
    with pytest.raises(CancelledError), ended_by(switch):
        pause(30.0)
    assert time.monotonic() - started < 5
    timer.join()


def test_a_pause_without_a_switch_is_a_sleep() -> None:
    assert active_switch() is None
    pause(0.0)


def test_a_call_is_ended_by_its_own_switch_and_by_those_above_it() -> None:
    outer, given = Cancellation(), Cancellation()
    with ended_by(outer), one_call(given):
        own = active_switch()
        assert own is not None
        given.cancel()
        assert own.is_cancelled
    assert active_switch() is None
    assert not outer.is_cancelled
    with ended_by(outer), one_call(None):
        own = active_switch()
        assert own is not None
        own.cancel()
    assert not outer.is_cancelled
    outer.cancel()
    with pytest.raises(CancelledError), ended_by(outer), one_call(None):
        pytest.fail("the call begins although it was ended before")


def test_an_ended_call_is_not_watched_any_more() -> None:
    given = Cancellation()
    with one_call(given):
        own = active_switch()
    given.cancel()
    assert own is not None
    assert not own.is_cancelled


def test_what_a_cancel_breaks_is_cancelled_and_not_tried_again() -> None:
    switch, tries = Cancellation(), []

    def broken_by_it() -> None:
        tries.append(1)
        switch.cancel()
        raise ServiceUnavailableError("the connection broke", request_sent=True)

    runtime = Runtime("p", "s", lambda *_: None)
    with pytest.raises(CancelledError), ended_by(switch):
        runtime.run("download_file", "b/k", broken_by_it)
    assert len(tries) == 1


def test_a_write_that_may_have_happened_says_so_although_it_was_cancelled() -> None:
    switch = Cancellation()

    def broken_by_it() -> None:
        switch.cancel()
        raise ServiceUnavailableError("the connection broke", request_sent=True)

    runtime = Runtime("p", "s", lambda *_: None)
    with pytest.raises(OutcomeUnknownError), ended_by(switch):
        runtime.run("upload_file", "b/k", broken_by_it, idempotent=False)


def test_cleaning_up_is_not_ended() -> None:
    switch = Cancellation()
    switch.cancel()
    with ended_by(switch), ended_by(None):
        pause(0.0)
