"""The template: waiting, repeating, reading logs, and errors, over scripted hooks."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from cloud.common import (
    BaseServerlessClient,
    CloudProvider,
    FunctionInfo,
    FunctionState,
    LogEvent,
    Page,
    RetryPolicy,
)
from cloud.common import errors as e
from cloud.common._redact import HiddenValues
from cloud.common._serverless_types import (
    Described,
    FunctionLimits,
    FunctionOptions,
    InvokeAnswer,
    InvokeRequest,
    LogRequest,
    NewFunction,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MIB = 1 << 20
T0 = datetime(2026, 1, 1, tzinfo=timezone.utc)
FAST = RetryPolicy(jitter=lambda ceiling: 0.0)


class Scripted(BaseServerlessClient):
    """Hooks that answer what a test wrote down; an exception is raised. Every call is noted."""

    provider = CloudProvider.LOCAL
    service_name = "scripted"
    capabilities = frozenset()
    native = None

    def __init__(self, **script: list[Any]) -> None:
        super().__init__(retry=FAST)
        self.script = script
        self.calls: list[tuple[str, Any]] = []
        self.now = 0.0
        self._clock = lambda: self.now
        self._sleep = self._pass_time

    def _pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.calls.append(("sleep", seconds))

    def answer(self, name: str, argument: Any) -> Any:
        self.calls.append((name, argument))
        steps = self.script[name]
        step = steps.pop(0) if len(steps) > 1 else steps[0]
        if isinstance(step, Exception):
            raise step
        return step

    def count(self, name: str) -> int:
        return sum(1 for known, _ in self.calls if known == name)

    def close(self) -> None:
        pass

    def _translate(self, exc: Exception, context: e.ErrorContext) -> e.CloudError | None:
        return None

    def _constructor(self) -> tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]:
        return type(self), (), {}

    @property
    def _function_limits(self) -> FunctionLimits:
        return FunctionLimits(
            max_event_bytes=100, max_async_event_bytes=50, max_package_bytes=MIB, max_unpacked_bytes=MIB,
            max_environment_bytes=100, memory_bytes=(1, 1000), timeout_seconds=(1, 900),
        )  # fmt: skip  # a list of figures

    def _name_problem(self, name: str, *, qualified: bool) -> str | None:
        return None if qualified or ":" not in name else "no versions"

    def _settings_problem(self, settings: Any) -> str | None:
        return "not today" if settings.description == "odd" else None

    def _list_functions_page(self, token: str | None, page_size: int) -> Page[FunctionInfo]:
        return self.answer("list", token)

    def _describe(self, name: str) -> Described:
        return self.answer("describe", name)

    def _place_code(self, name: str, package: Any) -> Any:
        return self.answer("place", name)

    def _create(self, function: NewFunction) -> FunctionInfo:
        return self.answer("create", function)

    def _update_code(self, function: NewFunction) -> FunctionInfo:
        return self.answer("update_code", function)

    def _update_settings(self, name: str, settings: Any, now: Described) -> FunctionInfo:
        return self.answer("update_settings", settings)

    def _delete(self, name: str) -> None:
        return self.answer("delete", name)

    def _invoke(self, request: InvokeRequest) -> InvokeAnswer:
        return self.answer("invoke", request)

    def _invoke_async(self, request: InvokeRequest) -> str:
        return self.answer("invoke_async", request)

    def _log_page(self, request: LogRequest) -> Page[LogEvent]:
        return self.answer("log", request)


INFO = FunctionInfo(name="f", runtime="python3", handler="app.handler", memory_bytes=128, timeout_seconds=3)


def state(state: FunctionState, **facts: Any) -> Described:
    return Described(info=replace(INFO, state=state, **facts), environment=HiddenValues(A="1"))


READY = state(FunctionState.ACTIVE)
PENDING = state(FunctionState.PENDING)
UPDATING = state(FunctionState.UPDATING)
FAILED = state(FunctionState.FAILED, raw_state="Failed EniLimit")


@pytest.fixture
def code(tmp_path: Path) -> Path:
    path = tmp_path / "app.py"
    path.write_text("x = 1\n")
    return path


def create(client: Scripted, code: Path, **options: Any) -> FunctionInfo:
    return client.create_function("f", "python3", "app.handler", code, **options)


# -- waiting ------------------------------------------------------------------------------------------------
def test_create_waits_until_it_is_ready(code: Path) -> None:
    client = Scripted(place=["p"], create=[PENDING.info], describe=[PENDING, PENDING, READY])
    assert create(client, code).state is FunctionState.ACTIVE
    assert [name for name, _ in client.calls] == [
        "place",
        "create",
        "describe",
        "sleep",
        "describe",
        "sleep",
        "describe",
    ]
    assert [delay for name, delay in client.calls if name == "sleep"] == [0.5, 0.75]
    assert client.calls[1][1].code == "p"


def test_create_without_waiting(code: Path) -> None:
    client = Scripted(place=["p"], create=[PENDING.info])
    assert create(client, code, wait=False).state is FunctionState.PENDING


def test_function_that_cannot_be_made_is_an_error(code: Path) -> None:
    client = Scripted(place=["p"], create=[PENDING.info], describe=[PENDING, FAILED])
    with pytest.raises(e.ConflictError, match="EniLimit") as caught:
        create(client, code)
    assert (caught.value.operation, caught.value.resource) == ("create_function", "f")


def test_waiting_ends(code: Path) -> None:
    client = Scripted(place=["p"], create=[PENDING.info], describe=[PENDING])
    with pytest.raises(e.TimeoutError_, match="still pending") as caught:
        create(client, code, wait_seconds=20)
    assert client.now <= 20
    assert caught.value.retryable is False


def test_update_waits_before_between_and_after(code: Path) -> None:
    client = Scripted(
        describe=[UPDATING, READY, UPDATING, READY, UPDATING, READY],
        place=["p"], update_code=[INFO], update_settings=[INFO],
    )  # fmt: skip  # a script
    client.update_function("f", code_path=code, memory_bytes=256)
    assert [name for name, _ in client.calls if name != "sleep"] == [
        "describe", "describe", "place", "update_code", "describe", "describe", "update_settings", "describe", "describe",
    ]  # fmt: skip  # in the order of time


def test_earlier_failure_does_not_stop_the_repair(code: Path) -> None:
    client = Scripted(describe=[FAILED, READY], place=["p"], update_code=[INFO])
    client.update_function("f", code_path=code)
    assert client.count("update_code") == 1


def test_own_failure_is_told(code: Path) -> None:
    client = Scripted(describe=[READY, FAILED], place=["p"], update_code=[INFO])
    with pytest.raises(e.ConflictError):
        client.update_function("f", code_path=code)


def test_both_changes_need_waiting(code: Path) -> None:
    client = Scripted(describe=[READY], place=["p"], update_code=[INFO])
    with pytest.raises(e.InvalidRequestError, match="wait=True"):
        client.update_function("f", code_path=code, memory_bytes=256, wait=False)
    assert client.count("update_code") == 0


@pytest.mark.parametrize(
    ("settings", "sends"),
    [
        ({"memory_bytes": 128, "timeout_seconds": 3, "runtime": "python3"}, False),
        ({"environment": {"A": "1"}}, False),
        ({"environment": {"A": "2"}}, True),
        ({"environment": {}}, True),
        ({"timeout_seconds": 4}, True),
        ({}, False),
    ],
)
def test_settings_that_are_there_are_not_sent(settings: dict[str, Any], sends: bool) -> None:
    client = Scripted(describe=[READY], update_settings=[INFO])
    client.update_function("f", **settings)
    assert client.count("update_settings") == sends


def test_options_that_are_there_are_not_sent() -> None:
    assert FunctionOptions().differ_from(None) is False
    assert FunctionOptions().differ_from(FunctionOptions()) is False


def test_provider_may_refuse_settings() -> None:
    client = Scripted()
    with pytest.raises(e.InvalidRequestError, match="not today"):
        client.update_function("f", description="odd")
    assert client.calls == []


def test_requirements_need_code() -> None:
    from cloud.common import Requirements

    with pytest.raises(e.InvalidRequestError, match="code_path"):
        Scripted().update_function("f", requirements=Requirements(packages=["x"]))


# -- once, or again -----------------------------------------------------------------------------------------


def lost() -> e.CloudError:
    return e.ServiceUnavailableError("cut")


def test_create_is_sent_once(code: Path) -> None:
    client = Scripted(place=["p"], create=[lost()])
    with pytest.raises(e.OutcomeUnknownError):
        create(client, code)
    assert client.count("create") == 1


def test_upload_of_the_code_is_repeated_and_loses_no_certainty(code: Path) -> None:
    client = Scripted(place=[lost()], create=[INFO])
    with pytest.raises(e.ServiceUnavailableError):
        create(client, code)
    assert client.count("place") == 5
    assert client.count("create") == 0


@pytest.mark.parametrize("method", ["invoke_function", "invoke", "invoke_async"])
def test_invocation_is_sent_once(method: str) -> None:
    hook = "invoke_async" if method == "invoke_async" else "invoke"
    client = Scripted(**{hook: [lost()]})
    with pytest.raises(e.OutcomeUnknownError) as caught:
        getattr(client, method)("f", {})
    assert client.count(hook) == 1
    assert caught.value.operation == method


@pytest.mark.parametrize(
    "error",
    [
        e.RateLimitedError("slow down", http_status=429),
        e.ServiceUnavailableError("no connection", request_sent=False),
    ],
)
def test_invocation_that_certainly_did_not_happen_is_sent_again(error: e.CloudError) -> None:
    client = Scripted(invoke=[error, InvokeAnswer(payload=b"1")])
    assert client.invoke_function("f", {}) == 1
    assert client.count("invoke") == 2


def test_idempotency_key_allows_to_repeat() -> None:
    client = Scripted(invoke=[lost(), lost(), InvokeAnswer(payload=b"1")])
    assert client.invoke_function("f", {}, idempotency_key="k") == 1
    assert [request.idempotency_key for name, request in client.calls] == ["k"] * 3


def test_functions_error_is_never_repeated() -> None:
    answer = InvokeAnswer(payload=b'{"errorType": "Odd", "errorMessage": "bad"}', failed=True)
    client = Scripted(invoke=[answer])
    with pytest.raises(e.FunctionError):
        client.invoke_function("f", {}, idempotency_key="k")
    assert client.count("invoke") == 1


def test_delete_knows_that_its_own_first_try_did_it() -> None:
    assert Scripted(delete=[lost(), e.NotFoundError("gone", http_status=404)]).delete_function("f") is True
    assert Scripted(delete=[e.NotFoundError("gone", http_status=404)]).delete_function("f") is False
    busy = e.ServiceUnavailableError("busy", http_status=503)
    assert Scripted(delete=[busy, e.NotFoundError("gone", http_status=404)]).delete_function("f") is False


# -- answers ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("payload", "value"), [(b"null", None), (b"", None), (b" ", None), (b'"x"', "x"), (b"[1]", [1])]
)
def test_answer_is_decoded(payload: bytes, value: Any) -> None:
    assert Scripted(invoke=[InvokeAnswer(payload=payload)]).invoke_function("f", {}) == value


@pytest.mark.parametrize("payload", [b"text", b"\xff", b"{"])
def test_answer_that_is_no_json_is_an_error(payload: bytes) -> None:
    client = Scripted(invoke=[InvokeAnswer(payload=payload, request_id="r")])
    with pytest.raises(e.IntegrityError, match="function ran") as caught:
        client.invoke_function("f", {})
    assert caught.value.request_id == "r"


@pytest.mark.parametrize(
    ("payload", "message", "kind", "trace"),
    [
        ({"errorMessage": "bad", "errorType": "E", "stackTrace": ["a", "b"]}, "bad", "E", ("a", "b")),
        ({"errorMessage": "bad", "errorType": "E", "trace": ["node"]}, "bad", "E", ("node",)),
        (
            {"errorMessage": "2026 f Task timed out after 3.00 seconds"},
            "2026 f Task timed out after 3.00 seconds",
            None,
            (),
        ),
        (
            {"errorType": "Runtime.ExitError"},
            "the function failed and did not say why",
            "Runtime.ExitError",
            (),
        ),
        ({"errorMessage": "", "stackTrace": "one line"}, "", None, ("one line",)),
        (["odd"], '["odd"]', None, ()),
    ],
)
def test_functions_error_is_read(
    payload: Any, message: str, kind: str | None, trace: tuple[str, ...]
) -> None:
    answer = InvokeAnswer(payload=json.dumps(payload).encode(), failed=True, logs="log", request_id="r")
    with pytest.raises(e.FunctionError) as caught:
        Scripted(invoke=[answer]).invoke("f", {})
    error = caught.value
    assert (error.message, error.error_type, error.stack_trace) == (message, kind, trace)
    assert (error.logs, error.request_id) == ("log", "r")
    assert "log" not in json.dumps(error.to_dict()["message"])


def test_functions_error_that_is_no_json_is_shown_as_it_is() -> None:
    answer = InvokeAnswer(payload=b"Worker died \xff", failed=True)
    with pytest.raises(e.FunctionError, match="Worker died"):
        Scripted(invoke=[answer]).invoke_function("f", {})


def test_event_is_not_in_a_repr() -> None:
    request = InvokeRequest(function_name="f", event=b"secret-event")
    assert "secret-event" not in repr(request)
    assert "secret-answer" not in repr(InvokeAnswer(payload=b"secret-answer", logs="secret-answer"))


# -- logs ---------------------------------------------------------------------------------------------------
def entry(number: int, seconds: float | None = None) -> LogEvent:
    return LogEvent(
        id=str(number),
        at=T0 + timedelta(seconds=number if seconds is None else seconds),
        message=f"m{number}",
    )


def test_log_goes_over_pages() -> None:
    client = Scripted(
        describe=[READY], log=[Page((entry(1),), (), "t"), Page((), (), "u"), Page((entry(2),))]
    )
    assert [event.id for event in client.iter_logs("f")] == ["1", "2"]
    assert [request.token for name, request in client.calls if name == "log"] == [None, "t", "u"]


def test_following_looks_again_a_little_back_and_yields_each_entry_once() -> None:
    late = entry(99, seconds=28.0)  # written before, seen after
    client = Scripted(
        describe=[READY],
        log=[Page((entry(10), entry(30))), Page((entry(30),)), Page((entry(30), late, entry(40)))],
    )
    seen = []
    for event in client.iter_logs("f", follow=True):
        seen.append(event.id)
        if event.id == "40":
            break
    assert seen == ["10", "30", "99", "40"]
    assert [request.since for name, request in client.calls if name == "log"] == [
        None, T0 + timedelta(seconds=15), T0 + timedelta(seconds=15),
    ]  # fmt: skip  # in the order of time
    assert client.count("sleep") == 2


def test_following_a_function_that_never_ran_waits() -> None:
    client = Scripted(describe=[READY], log=[e.NotFoundError("no log yet"), Page((entry(1),))])
    assert next(client.iter_logs("f", follow=True)).id == "1"


def test_log_that_goes_away_in_the_middle_is_an_error() -> None:
    client = Scripted(describe=[READY], log=[Page((entry(1),), (), "t"), e.NotFoundError("gone")])
    events = client.iter_logs("f")
    assert next(events).id == "1"
    with pytest.raises(e.NotFoundError) as caught:
        next(events)
    assert caught.value.resume_token == "t"


def test_failed_log_page_is_no_empty_log() -> None:
    client = Scripted(describe=[READY], log=[e.PermissionDeniedError("no")])
    with pytest.raises(e.PermissionDeniedError):
        list(client.iter_logs("f"))


@pytest.mark.parametrize("poll", [0, -1])
def test_poll_must_be_positive(poll: float) -> None:
    with pytest.raises(e.InvalidRequestError):
        Scripted().iter_logs("f", poll_seconds=poll)


# -- listing ------------------------------------------------------------------------------------------------
def test_listing_goes_on_from_a_token_and_stops_at_the_limit() -> None:
    pages = [Page((INFO,), (), "a"), Page((replace(INFO, name="e"),))]
    assert [info.name for info in Scripted(list=list(pages)).list_functions()] == ["e", "f"]
    client = Scripted(list=[e.ServiceUnavailableError("x", http_status=500)])
    with pytest.raises(e.ServiceUnavailableError) as caught:
        list(client.iter_functions(token="a"))
    assert caught.value.resume_token == "a"
    for size in (0, 51):
        with pytest.raises(e.InvalidRequestError):
            client.iter_functions(page_size=size)


def test_names_are_checked_with_and_without_versions() -> None:
    client = Scripted(invoke=[InvokeAnswer(payload=b"1")])
    assert client.invoke_function("f:1", {}) == 1
    for call in (client.delete_function, client.update_function):
        with pytest.raises(e.InvalidRequestError):
            call("f:1")
