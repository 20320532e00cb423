"""What the outside can see of a call: events, counters, log records. Never a payload or a secret."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol

from cloud.common._fork import renew_after_fork
from cloud.common.models import Record

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True, slots=True)
class CallEvent(Record):
    """One try of one call, as observers see it.

    Attributes:
        provider: value of `CloudProvider`.
        service: the provider's name of the service.
        operation: the public method.
        resource: what it was about (``bucket/key``).
        attempt: number of the try, from 1.
        seconds: duration of this try.
        bytes_sent: body bytes sent by this try.
        bytes_received: body bytes received by this try.
        http_status: status of the answer; None when there was none.
        error: class name of the error; None for success.
        request_id: the service's id of the request.
        retry_in_seconds: the wait before the next try; None when there is none.
    """

    provider: str
    service: str
    operation: str
    resource: str
    attempt: int
    seconds: float
    bytes_sent: int = 0
    bytes_received: int = 0
    http_status: int | None = None
    error: str | None = None
    request_id: str | None = None
    retry_in_seconds: float | None = None


class Observer(Protocol):
    """Receives every try. It runs in the calling thread and must not raise: what it raises ends the call."""

    def __call__(self, event: CallEvent, /) -> None:
        """Take note of `event`."""


class CallFacts:
    """What a hook reports about the try in progress; filled by dialects, read by the runtime."""

    __slots__ = ("bytes_received", "bytes_sent", "http_status", "request_id", "requests")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the previous try."""
        self.http_status: int | None = None
        self.request_id: str | None = None
        self.bytes_sent = 0
        self.bytes_received = 0
        self.requests = 0


class _Local(threading.local):
    def __init__(self) -> None:
        self.facts = CallFacts()


_local = _Local()


def call_facts() -> CallFacts:
    """Return the facts of the try that runs in this thread."""
    return _local.facts


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricsSnapshot(Record):
    """Counters of one client since it was made.

    Attributes:
        calls: public calls that reached the service layer.
        requests: HTTP requests sent.
        retries: tries after the first.
        bytes_sent: body bytes sent.
        bytes_received: body bytes received.
        errors: failed calls by error class.
        limiter_wait_seconds: time spent waiting for the rate limiter.
        retry_wait_seconds: time spent waiting between tries.
    """

    calls: int = 0
    requests: int = 0
    retries: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    errors: Mapping[str, int] = field(default_factory=dict, hash=False)
    limiter_wait_seconds: float = 0.0
    retry_wait_seconds: float = 0.0


class Metrics:
    """Counters of one client. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        renew_after_fork(self, "_lock")
        self._errors: Counter[str] = Counter()
        self._calls = self._requests = self._retries = self._sent = self._received = 0
        self._limiter_wait = self._retry_wait = 0.0

    def count_attempt(self, facts: CallFacts, *, first: bool, error: str | None = None) -> None:
        """Add one try; `error` names the class when the call ends with it."""
        with self._lock:
            if first:
                self._calls += 1
            else:
                self._retries += 1
            self._requests += facts.requests
            self._sent += facts.bytes_sent
            self._received += facts.bytes_received
            if error is not None:
                self._errors[error] += 1

    def count_wait(self, *, limiter: float = 0.0, retry: float = 0.0) -> None:
        """Add time that was spent waiting."""
        with self._lock:
            self._limiter_wait += limiter
            self._retry_wait += retry

    def count_received(self, count: int) -> None:
        """Add body bytes that a stream delivered after its call had returned."""
        with self._lock:
            self._received += count

    def snapshot(self) -> MetricsSnapshot:
        """Return the present figures."""
        with self._lock:
            return MetricsSnapshot(
                calls=self._calls,
                requests=self._requests,
                retries=self._retries,
                bytes_sent=self._sent,
                bytes_received=self._received,
                errors=dict(self._errors),
                limiter_wait_seconds=self._limiter_wait,
                retry_wait_seconds=self._retry_wait,
            )


@cache
def get_logger(name: str) -> logging.Logger:
    """Return the logger of `name`: codomyrmex's where that package is installed, else the standard one."""
    if find_spec("codomyrmex") is not None:
        from codomyrmex.logging_monitoring import get_logger as codomyrmex_logger

        logger: logging.Logger = codomyrmex_logger(name)
        return logger
    import logging

    return logging.getLogger(name)


def log_event(logger: logging.Logger, level: int, event: CallEvent) -> None:
    """Write one structured record: the fields are in ``extra["cloud"]`` and in the message."""
    outcome = event.error or "ok"
    if event.retry_in_seconds is not None:
        outcome += f", next try in {event.retry_in_seconds:.2f} s"
    logger.log(
        level,
        "%s %s %s: attempt %d, %s, %.1f ms",
        event.provider,
        event.operation,
        event.resource,
        event.attempt,
        outcome,
        event.seconds * 1000,
        extra={"cloud": asdict(event)},
    )
