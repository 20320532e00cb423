"""Events, counters and log records: one per try, complete, and without payloads or secrets."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from dataclasses import FrozenInstanceError, asdict, fields
from typing import TYPE_CHECKING, Any

import pytest

from cloud.common._observe import CallEvent, CallFacts, Metrics, MetricsSnapshot, call_facts, get_logger
from cloud.common._retry import RetryPolicy
from cloud.common._runtime import Runtime
from cloud.common.errors import CloudError, ErrorContext, NotFoundError, ServiceUnavailableError

if TYPE_CHECKING:
    from pathlib import Path

LOGGER = "cloud.aws.s3"


def translate(exc: Exception, context: ErrorContext) -> CloudError | None:
    return None


def make_runtime(events: list[CallEvent], **options: Any) -> Runtime:
    return Runtime(
        "aws",
        "s3",
        translate,
        observers=[events.append],
        retry=RetryPolicy(max_attempts=3, jitter=lambda _: 0.25),
        sleep=lambda _: None,
        **options,
    )


def flaky(failures: int) -> Any:
    runs: list[int] = []

    def call() -> str:
        runs.append(1)
        facts = call_facts()
        facts.requests += 1
        facts.bytes_sent += 100
        if len(runs) <= failures:
            raise ServiceUnavailableError("payload of the error", http_status=503, request_id=f"F{len(runs)}")
        facts.bytes_received += 7
        facts.http_status, facts.request_id = 200, "OK1"
        return "the result"

    return call


# -- events ------------------------------------------------------------------------------------------------
def test_observers_get_one_event_per_try() -> None:
    events: list[CallEvent] = []
    make_runtime(events).run("upload_file", "b/k", flaky(2))
    assert [(e.attempt, e.error, e.http_status, e.request_id, e.retry_in_seconds) for e in events] == [
        (1, "ServiceUnavailableError", 503, "F1", 0.25),
        (2, "ServiceUnavailableError", 503, "F2", 0.25),
        (3, None, 200, "OK1", None),
    ]
    last = events[-1]
    assert (last.provider, last.service, last.operation, last.resource) == ("aws", "s3", "upload_file", "b/k")
    assert (last.bytes_sent, last.bytes_received) == (100, 7)
    assert all(e.seconds >= 0 for e in events)


def test_an_event_is_frozen_json_and_holds_no_message_and_no_result() -> None:
    events: list[CallEvent] = []
    with pytest.raises(ServiceUnavailableError):
        make_runtime(events).run("upload_file", "b/k", flaky(9))
    with pytest.raises(FrozenInstanceError):
        events[0].attempt = 5  # type: ignore[misc]  # what is refused
    text = json.dumps([event.to_dict() for event in events]) + repr(events)
    assert "payload" not in text
    assert "result" not in text
    assert {field.name for field in fields(CallEvent)} == set(events[0])


def test_what_an_observer_raises_ends_the_call() -> None:
    def broken(_event: CallEvent) -> None:
        raise RuntimeError("the observer's own bug")

    runtime = Runtime("aws", "s3", translate, observers=[broken])
    with pytest.raises(RuntimeError, match="observer"):
        runtime.run("get", "b/k", lambda: 1)


# -- counters ------------------------------------------------------------------------------------------------
def test_metrics_count_calls_requests_retries_bytes_and_errors() -> None:
    runtime = make_runtime([])
    runtime.run("put", "b/k", flaky(1))
    runtime.run("put", "b/k", flaky(0))
    with pytest.raises(ServiceUnavailableError):
        runtime.run("put", "b/k", flaky(9))

    def missing() -> None:
        raise NotFoundError("gone")

    with pytest.raises(NotFoundError):
        runtime.run("head", "b/k", missing)
    runtime.metrics.count_received(1000)
    snapshot = runtime.metrics.snapshot()
    assert snapshot == MetricsSnapshot(
        calls=4,
        requests=6,
        retries=3,
        bytes_sent=600,
        bytes_received=1014,
        errors={"ServiceUnavailableError": 1, "NotFoundError": 1},
        retry_wait_seconds=0.75,
    )
    assert json.loads(json.dumps(snapshot.to_dict()))["errors"] == {
        "ServiceUnavailableError": 1,
        "NotFoundError": 1,
    }


def test_a_snapshot_does_not_change_afterwards() -> None:
    runtime = make_runtime([])
    before = runtime.metrics.snapshot()
    runtime.run("put", "b/k", flaky(0))
    assert before == MetricsSnapshot()
    assert runtime.metrics.snapshot().calls == 1


def test_metrics_lose_nothing_between_threads() -> None:
    metrics, facts = Metrics(), CallFacts()
    facts.requests, facts.bytes_sent = 1, 3

    def count() -> None:
        for _ in range(500):
            metrics.count_attempt(facts, first=True, error="NotFoundError")
            metrics.count_wait(limiter=1.0, retry=2.0)

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    snapshot = metrics.snapshot()
    assert (snapshot.calls, snapshot.requests, snapshot.bytes_sent) == (4000, 4000, 12000)
    assert snapshot.errors == {"NotFoundError": 4000}
    assert (snapshot.limiter_wait_seconds, snapshot.retry_wait_seconds) == (4000.0, 8000.0)


def test_every_thread_has_facts_of_its_own() -> None:
    seen: list[CallFacts] = []
    thread = threading.Thread(target=lambda: seen.append(call_facts()))
    thread.start()
    thread.join()
    assert seen[0] is not call_facts()
    assert call_facts() is call_facts()


# -- the log -------------------------------------------------------------------------------------------------
def test_the_log_has_one_structured_record_per_try(caplog: pytest.LogCaptureFixture) -> None:
    events: list[CallEvent] = []
    with caplog.at_level(logging.DEBUG, LOGGER):
        make_runtime(events).run("upload_file", "b/k", flaky(1))
    records = [record for record in caplog.records if record.name == LOGGER]
    assert [record.levelno for record in records] == [logging.INFO, logging.DEBUG]
    assert [record.cloud for record in records] == [asdict(event) for event in events]  # type: ignore[attr-defined]  # what the observer adds to it
    first, second = (record.getMessage() for record in records)
    assert first.startswith("aws upload_file b/k: attempt 1, ServiceUnavailableError, next try in 0.25 s, ")
    assert second.startswith("aws upload_file b/k: attempt 2, ok, ")
    json.dumps([record.cloud for record in records])  # type: ignore[attr-defined]  # likewise


def test_a_call_without_trouble_logs_nothing_at_info(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, LOGGER):
        make_runtime([]).run("upload_file", "b/k", flaky(0))
    assert caplog.records == []


def test_without_the_ecosystem_s_package_the_logger_is_the_standard_one() -> None:
    assert get_logger("cloud.test.plain") is logging.getLogger("cloud.test.plain")
    assert logging.getLogger("cloud").handlers == []  # a library adds none


PACKAGE = """
import logging
asked = []
def get_logger(name):
    asked.append(name)
    return logging.getLogger("ecosystem." + name)
"""
PROGRAM = """
import json, logging
from codomyrmex import logging_monitoring
from cloud.common._runtime import Runtime
records = []
class Keep(logging.Handler):
    def emit(self, record):
        records.append((record.name, record.cloud["operation"]))
logging.getLogger("ecosystem").addHandler(Keep())
logging.getLogger("ecosystem").setLevel(logging.DEBUG)
Runtime("aws", "s3", lambda exc, context: None).run("head", "b/k", lambda: 1)
print(json.dumps([logging_monitoring.asked, records]))
"""


def test_the_ecosystem_s_logging_is_used_where_it_is_installed(tmp_path: Path) -> None:
    package = tmp_path / "codomyrmex"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "logging_monitoring.py").write_text(PACKAGE)
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{PROGRAM}"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert json.loads(done.stdout) == [[LOGGER], [["ecosystem.cloud.aws.s3", "head"]]]
