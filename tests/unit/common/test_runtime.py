"""The pipeline of every call: what is tried again, what never is, and what an error tells afterwards."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from cloud.common._observe import call_facts
from cloud.common._ratelimit import SlidingWindowLimiter
from cloud.common._retry import RetryPolicy
from cloud.common._runtime import Runtime
from cloud.common.errors import (
    Attempt,
    CloudError,
    ErrorContext,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitedError,
    ServiceUnavailableError,
    TimeoutError_,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.common._observe import CallEvent


class SdkError(Exception):
    """Stands for an exception of a provider's SDK."""

    def __init__(
        self, status: int | None = 503, *, retry_after: float | None = None, sent: bool = True
    ) -> None:
        super().__init__("the SDK's words")
        self.status = status
        self.retry_after = retry_after
        self.sent = sent


def translate(exc: Exception, context: ErrorContext) -> CloudError | None:
    if not isinstance(exc, SdkError):
        return None
    kinds = {429: RateLimitedError, 404: NotFoundError, None: TimeoutError_}
    return kinds.get(exc.status, ServiceUnavailableError)(
        "busy", http_status=exc.status, retry_after=exc.retry_after, request_sent=exc.sent
    )


@dataclass
class World:
    """A runtime whose time passes only when it sleeps or a try takes long."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)
    events: list[CallEvent] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def runtime(self, **options: Any) -> Runtime:
        policy = {"jitter": lambda ceiling: ceiling, "base_seconds": 1.0, **options.pop("policy", {})}
        return Runtime(
            "aws",
            "s3",
            translate,
            retry=RetryPolicy(**policy),
            observers=[self.events.append],
            clock=lambda: self.now,
            sleep=self.sleep,
            **options,
        )

    def script(self, *outcomes: Any, seconds: float = 0.0) -> tuple[Callable[[], Any], list[int]]:
        """Return a call that gives one outcome after the other, and the list of its runs."""
        runs: list[int] = []

        def call() -> Any:
            self.now += seconds
            runs.append(len(runs))
            outcome = outcomes[min(len(runs), len(outcomes)) - 1]
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

        return call, runs


@pytest.fixture
def world() -> World:
    return World()


# -- what is tried again -----------------------------------------------------------------------------------
def test_a_retryable_failure_is_tried_again_with_doubling_waits(world: World) -> None:
    call, runs = world.script(SdkError(), SdkError(500), SdkError(None), "done")
    assert world.runtime().run("get", "b/k", call) == "done"
    assert len(runs) == 4
    assert world.slept == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("status", [429, 503])
def test_the_server_s_wait_is_kept_and_capped(world: World, status: int) -> None:
    call, _ = world.script(SdkError(status, retry_after=7.0), SdkError(status, retry_after=500.0), "done")
    assert world.runtime().run("get", "b/k", call) == "done"
    assert world.slept == [7.0, 60.0]


def test_what_is_not_retryable_is_not_tried_again(world: World) -> None:
    call, runs = world.script(SdkError(404))
    with pytest.raises(NotFoundError):
        world.runtime().run("get", "b/k", call)
    assert len(runs) == 1
    assert world.slept == []


def test_the_tries_end_and_the_error_tells_each(world: World) -> None:
    call, runs = world.script(SdkError(503), SdkError(None), SdkError(429, retry_after=9.0), seconds=0.5)
    with pytest.raises(RateLimitedError) as caught:
        world.runtime(policy={"max_attempts": 3}).run("put", "b/k", call)
    assert len(runs) == 3
    assert caught.value.attempts == (
        Attempt(503, "ServiceUnavailableError", 0.5, 1.0),
        Attempt(None, "TimeoutError_", 0.5, 2.0),
        Attempt(429, "RateLimitedError", 0.5, 0.0),
    )
    assert caught.value.context == ErrorContext("aws", "s3", "put", "b/k")
    assert "3 attempts" in str(caught.value)


def test_one_attempt_switches_retries_off(world: World) -> None:
    call, runs = world.script(SdkError())
    with pytest.raises(ServiceUnavailableError) as caught:
        world.runtime(policy={"max_attempts": 1}).run("get", "b/k", call)
    assert len(runs) == 1
    assert len(caught.value.attempts) == 1


def test_no_try_starts_after_the_deadline(world: World) -> None:
    call, runs = world.script(SdkError(), seconds=3.0)
    with pytest.raises(ServiceUnavailableError):
        world.runtime(policy={"deadline_seconds": 10.0, "max_attempts": 99}).run("get", "b/k", call)
    # Tries begin at 0, 4 and 9; the next would begin at 16.
    assert len(runs) == 3
    assert world.now == 1012.0


def test_a_wait_beyond_the_deadline_is_not_waited_for(world: World) -> None:
    call, runs = world.script(SdkError(503, retry_after=50.0))
    with pytest.raises(ServiceUnavailableError):
        world.runtime(policy={"deadline_seconds": 49.0}).run("get", "b/k", call)
    assert len(runs) == 1
    assert world.slept == []


def test_a_spent_budget_ends_retries_of_all_calls_of_the_client(world: World) -> None:
    runtime = world.runtime(policy={"max_attempts": 11, "deadline_seconds": 1e9})
    for _ in range(10):
        call, runs = world.script(SdkError())
        with pytest.raises(ServiceUnavailableError):
            runtime.run("get", "b/k", call)
        assert len(runs) == 11
    call, runs = world.script(SdkError())
    with pytest.raises(ServiceUnavailableError):
        runtime.run("get", "b/k", call)
    assert len(runs) == 1  # 100 retries of 5 tokens have taken all 500


def test_successes_refill_the_budget_also_those_at_the_first_try(world: World) -> None:
    """A client that lives long and meets a fault now and then must not run out of retries."""
    runtime = world.runtime(policy={"max_attempts": 2})
    for _ in range(300):
        call, runs = world.script(SdkError(), "answer")
        assert runtime.run("get", "b/k", call) == "answer"
        assert len(runs) == 2
        for _ in range(9):
            call, _ = world.script("answer")
            runtime.run("get", "b/k", call)


# -- calls that must not be repeated -------------------------------------------------------------------------
def test_a_lost_answer_to_a_call_that_must_not_be_repeated_is_its_own_error(world: World) -> None:
    call, runs = world.script(SdkError(None))
    with pytest.raises(OutcomeUnknownError, match="answer was lost") as caught:
        world.runtime().run("create", "b/k", call, idempotent=False)
    assert len(runs) == 1
    assert isinstance(caught.value.native, SdkError)
    assert isinstance(caught.value.__cause__, TimeoutError_)
    assert caught.value.context.operation == "create"
    assert not caught.value.retryable
    assert [attempt.error for attempt in caught.value.attempts] == ["OutcomeUnknownError"]


def test_a_failed_answer_to_such_a_call_is_reported_and_not_repeated(world: World) -> None:
    call, runs = world.script(SdkError(503))
    with pytest.raises(ServiceUnavailableError):
        world.runtime().run("create", "b/k", call, idempotent=False)
    assert len(runs) == 1


@pytest.mark.parametrize("refusal", [SdkError(None, sent=False), SdkError(429)], ids=["not-sent", "too-fast"])
def test_such_a_call_is_repeated_when_the_service_certainly_did_not_act(
    world: World, refusal: SdkError
) -> None:
    call, runs = world.script(refusal, refusal, "made")
    assert world.runtime().run("create", "b/k", call, idempotent=False) == "made"
    assert len(runs) == 3


def test_a_refused_connection_stays_what_it_is_after_the_last_try(world: World) -> None:
    call, runs = world.script(SdkError(None, sent=False))
    with pytest.raises(TimeoutError_) as caught:
        world.runtime().run("create", "b/k", call, idempotent=False)
    assert len(runs) == 5
    assert not caught.value.request_sent


def test_a_lost_answer_after_a_refused_connection_ends_the_tries(world: World) -> None:
    call, runs = world.script(SdkError(None, sent=False), SdkError(None), "never")
    with pytest.raises(OutcomeUnknownError) as caught:
        world.runtime().run("create", "b/k", call, idempotent=False)
    assert len(runs) == 2
    assert len(caught.value.attempts) == 2


# -- errors --------------------------------------------------------------------------------------------------
def test_an_sdk_s_exception_becomes_ours_with_its_cause_and_context(world: World) -> None:
    call, _ = world.script(SdkError(404))
    with pytest.raises(NotFoundError) as caught:
        world.runtime().run("head", "b/k", call)
    error = caught.value
    assert isinstance(error.native, SdkError)
    assert error.__cause__ is error.native
    assert (error.provider, error.service, error.operation, error.resource) == ("aws", "s3", "head", "b/k")
    assert pickle.loads(pickle.dumps(error)).native is None  # noqa: S301  # our own bytes


def test_a_bug_stays_a_bug(world: World) -> None:
    bug = ZeroDivisionError("ours")
    call, runs = world.script(bug)
    with pytest.raises(ZeroDivisionError) as caught:
        world.runtime().run("get", "b/k", call)
    assert caught.value is bug
    assert caught.value.__cause__ is None
    assert len(runs) == 1
    assert world.events == []


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_ends_the_program_passes(world: World, kind: type[BaseException]) -> None:
    call, runs = world.script(kind())
    with pytest.raises(kind):
        world.runtime().run("get", "b/k", call)
    assert len(runs) == 1


def test_an_interrupt_during_the_wait_ends_the_call() -> None:
    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    runs: list[int] = []

    def call() -> None:
        runs.append(1)
        raise SdkError

    with pytest.raises(KeyboardInterrupt):
        Runtime("aws", "s3", translate, sleep=interrupted).run("get", "b/k", call)
    assert runs == [1]


def test_a_hook_s_own_error_gets_the_context_and_keeps_one_that_it_has(world: World) -> None:
    bare, known = NotFoundError("gone"), NotFoundError("gone", context=ErrorContext("p", "s", "inner", "r"))
    for error, operation in ((bare, "head"), (known, "inner")):
        call, _ = world.script(error)
        with pytest.raises(NotFoundError) as caught:
            world.runtime().run("head", "b/k", call)
        assert caught.value is error
        assert error.context.operation == operation


def test_translated_is_one_try_that_nobody_observes(world: World) -> None:
    call, runs = world.script(SdkError())
    with pytest.raises(ServiceUnavailableError) as caught:
        world.runtime().translated("read", "b/k", call)
    assert caught.value.operation == "read"
    assert len(runs) == 1
    assert world.events == []


# -- the limiter ---------------------------------------------------------------------------------------------
def test_every_try_waits_for_the_limiter_and_the_metrics_say_how_long(world: World) -> None:
    limiter = SlidingWindowLimiter(1, 6.0, clock=lambda: world.now, sleep=world.sleep)
    runtime = world.runtime(limiter=limiter)
    call, runs = world.script(SdkError(), "done", "done")
    assert runtime.run("get", "b/k", call) == "done"
    assert runtime.run("get", "b/k", call) == "done"
    assert len(runs) == 3
    assert world.slept == [1.0, 5.0, 6.0]  # the backoff, then twice what is left of the window
    snapshot = runtime.metrics.snapshot()
    assert snapshot.limiter_wait_seconds == 11.0
    assert snapshot.retry_wait_seconds == 1.0


def test_facts_of_a_try_do_not_leak_into_the_next(world: World) -> None:
    def call() -> None:
        facts = call_facts()
        assert (facts.requests, facts.bytes_sent, facts.http_status, facts.request_id) == (0, 0, None, None)
        facts.requests, facts.bytes_sent, facts.http_status, facts.request_id = 1, 10, 503, "R"
        raise SdkError

    with pytest.raises(ServiceUnavailableError):
        world.runtime(policy={"max_attempts": 3}).run("put", "b/k", call)
    assert len(world.events) == 3
