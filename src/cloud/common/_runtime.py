"""The one pipeline that every call passes through: limit, observe, translate, retry.

This module holds the only ``except Exception`` of the library (a test counts them).
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, TypeVar

from cloud.common._cancel import active_switch, pause
from cloud.common._observe import CallEvent, Metrics, call_facts, get_logger, log_event
from cloud.common._retry import RetryBudget, RetryPolicy
from cloud.common.errors import (
    Attempt,
    CancelledError,
    CloudError,
    ErrorContext,
    OutcomeUnknownError,
    RateLimitedError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cloud.common._observe import CallFacts, Observer
    from cloud.common._ratelimit import Limiter

T = TypeVar("T")


# A gateway gave up waiting for a service that may have acted: 502 and 504 are a lost answer, not a refusal.
_SAYS_NOTHING = frozenset({502, 504})


class Runtime:
    """The policies of one client. Safe between threads; it holds no connection and no secret.

    Args:
        provider: value of `CloudProvider`.
        service: the provider's name of the service; the logger is ``cloud.<provider>.<service>``.
        translate: turns an exception of the SDK or the wire into ours; None for one that it does not
            know, which then passes unchanged (a bug must look like a bug).
        retry: when to try again.
        limiter: when a request may be sent; None for no limit.
        observers: who is told of every try.
        clock: monotonic seconds.
        sleep: waits that many seconds; by default until the thread's work is ended.
    """

    def __init__(
        self,
        provider: str,
        service: str,
        translate: Callable[[Exception, ErrorContext], CloudError | None],
        *,
        retry: RetryPolicy | None = None,
        limiter: Limiter | None = None,
        observers: Sequence[Observer] = (),
        clock: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], None] = pause,
    ) -> None:
        self.provider = provider
        self.service = service
        self.retry = retry or RetryPolicy()
        self.metrics = Metrics()
        self._translate = translate
        self._limiter = limiter
        self._observers = tuple(observers)
        self._clock = clock
        self._sleep = sleep
        self._budget = RetryBudget()

    def run(self, operation: str, resource: str, call: Callable[[], T], *, idempotent: bool = True) -> T:
        """Return what `call` returns, trying again where that is safe.

        Args:
            operation: the public method, for errors, events and logs.
            resource: what it is about.
            call: one try. It reports what it did through `call_facts`.
            idempotent: whether a second try cannot do harm. If not, it is tried again only when the
                service certainly did not act.

        Raises:
            OutcomeUnknownError: not idempotent, and the answer was lost.
        """
        clock, facts = self._clock, call_facts()
        begun = clock()
        attempts: list[Attempt] = []
        while True:
            number = len(attempts) + 1
            if self._limiter is not None:
                self.metrics.count_wait(limiter=self._limiter.acquire(operation))
            facts.reset()
            started = clock()
            try:
                result = self.translated(operation, resource, call)
            except CloudError as error:
                seconds = clock() - started
                failure = self._settle(error, idempotent=idempotent)
                delay = self._next_delay(failure, number, clock() - begun, idempotent=idempotent)
                attempts.append(Attempt(failure.http_status, type(failure).__name__, seconds, delay or 0.0))
                self._report(operation, resource, number, seconds, facts, failure, delay)
                if delay is None:
                    failure.attempts = tuple(attempts)
                    if failure is error:
                        raise
                    raise failure from error
            else:
                self._budget.give_back()
                self._report(operation, resource, number, clock() - started, facts, None, None)
                return result
            if delay > 0:
                self._sleep(delay)
                self.metrics.count_wait(retry=delay)

    def translated(self, operation: str, resource: str, call: Callable[[], T]) -> T:
        """Return what `call` returns; its exceptions come out as ours. One try, not observed."""
        try:
            return call()
        except CloudError as error:
            if not error.context.operation:  # raised by a hook, which need not know the context
                error.context = self.context(operation, resource)
            raise
        except Exception as exc:
            context = self.context(operation, resource)
            ours = self._translate(exc, context)
            if ours is None:
                raise
            ours.context = context
            ours.native = exc
            raise ours from exc

    def context(self, operation: str, resource: str) -> ErrorContext:
        """Return the context of an error of this client."""
        return ErrorContext(self.provider, self.service, operation, resource)

    @staticmethod
    def _settle(error: CloudError, *, idempotent: bool) -> CloudError:
        """Return the error to report: a lost answer to a call that must not be repeated has its own class."""
        told = error.http_status is not None and error.http_status not in _SAYS_NOTHING
        if idempotent or told or not (error.retryable and error.request_sent):
            switch = active_switch()
            if switch is not None and switch.is_cancelled and not isinstance(error, CancelledError):
                return CancelledError("cancelled", context=error.context, native=error.native)
            return error
        return OutcomeUnknownError(
            f"the answer was lost, so nobody knows whether it happened ({error.message})",
            hint="look at the resource before you try again",
            context=error.context,
            request_id=error.request_id,
            native=error.native,
        )

    def _next_delay(
        self, error: CloudError, number: int, elapsed: float, *, idempotent: bool
    ) -> float | None:
        """Return how long to wait before the next try, or None when this one was the last."""
        policy = self.retry
        if not error.retryable or number >= policy.max_attempts:
            return None
        if not idempotent and error.request_sent and not isinstance(error, RateLimitedError):
            return None
        delay = policy.delay_seconds(number, error)
        if elapsed + delay > policy.deadline_seconds or not self._budget.take():
            return None
        return delay

    def _report(
        self,
        operation: str,
        resource: str,
        number: int,
        seconds: float,
        facts: CallFacts,
        error: CloudError | None,
        delay: float | None,
    ) -> None:
        """Count one try, and tell the log and the observers."""
        ended = error is not None and delay is None
        self.metrics.count_attempt(facts, first=number == 1, error=type(error).__name__ if ended else None)
        # Where nobody has imported logging nobody can be listening, and importing it costs 4 ms.
        logger = get_logger(f"cloud.{self.provider}.{self.service}") if "logging" in sys.modules else None
        level = 10 if delay is None else 20  # logging.DEBUG, logging.INFO
        logged = logger is not None and logger.isEnabledFor(level)
        if not logged and not self._observers:
            return
        event = CallEvent(
            provider=self.provider,
            service=self.service,
            operation=operation,
            resource=resource,
            attempt=number,
            seconds=seconds,
            bytes_sent=facts.bytes_sent,
            bytes_received=facts.bytes_received,
            http_status=facts.http_status if error is None else error.http_status,
            error=None if error is None else type(error).__name__,
            request_id=facts.request_id if error is None else error.request_id,
            retry_in_seconds=delay,
        )
        if logger is not None and logged:
            log_event(logger, level, event)
        for observe in self._observers:
            observe(event)
