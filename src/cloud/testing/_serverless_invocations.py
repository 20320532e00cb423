"""Running functions: what goes in, what comes out, and how they fail."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from cloud.common.errors import FunctionError
from cloud.testing._serverless_base import PLANTED, ServerlessKit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cloud.common._base_serverless import BaseServerlessClient
    from cloud.testing._serverless_base import ServerlessHarness

_EVENTS: dict[str, Any] = {
    "empty": {},
    "nested": {"a": [1, 2.5, None, True, {"b": []}]},
    "unicode": {"text": "grüezi ☃ 𝄞 \u0000 \n", "日本": "語"},
    "list": [1, "two"],
    "text": "plain",
    "number": 12345678901234567890,
    "null": None,
    "big": {"text": "x" * 1_000_000},
}
_VALUES: dict[str, Any] = {
    "nothing": None,
    "false": False,
    "number": 1.5,
    "text": "grüezi",
    "empty text": "",
    "empty list": [],
    "list": [1, None],
}


class InvocationPromises(ServerlessKit):
    """`invoke_function`, `invoke` and their failures."""

    @pytest.mark.parametrize("event", [pytest.param(event, id=name) for name, event in _EVENTS.items()])
    def test_event_comes_back_unchanged(
        self, client: BaseServerlessClient, function: str, event: Any
    ) -> None:
        """What JSON can hold goes in and comes out unchanged."""
        assert client.invoke_function(function, event) == {"echo": event, "release": 1}

    @pytest.mark.parametrize("value", [pytest.param(value, id=name) for name, value in _VALUES.items()])
    def test_result_of_every_kind_comes_back(
        self, client: BaseServerlessClient, function: str, value: Any
    ) -> None:
        """Whatever JSON can hold may be a result; one that is nothing gives None."""
        found = client.invoke_function(function, {"do": "return", "value": value})
        assert (type(found), found) == (type(value), value)

    def test_environment_reaches_the_function(self, client: BaseServerlessClient, function: str) -> None:
        """The function sees its variables."""
        seen = client.invoke_function(function, {"do": "environment"})
        assert (seen["GREETING"], seen["PLANTED"]) == ("grüezi", PLANTED)
        assert seen["AWS_LAMBDA_FUNCTION_NAME"] == function

    def test_callers_environment_does_not(
        self, client: BaseServerlessClient, function: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nothing of the caller's own environment gets into a function."""
        monkeypatch.setenv("CALLER_SECRET", "a-secret-of-the-caller")
        seen = client.invoke_function(function, {"do": "environment"})
        assert "a-secret-of-the-caller" not in json.dumps(seen)

    def test_context_tells_of_the_invocation(self, client: BaseServerlessClient, function: str) -> None:
        """The second argument says which function this is, and how long it may still run."""
        context = client.invoke_function(function, {"do": "context"})
        assert context["name"] == function
        assert 0 < context["left"] <= 20_000
        assert context["memory"] == "256"
        assert context["request"]
        assert context["custom"] is None

    def test_idempotency_key_reaches_the_function(self, client: BaseServerlessClient, function: str) -> None:
        """A function finds the key of an invocation in its context."""
        context = client.invoke_function(function, {"do": "context"}, idempotency_key="order-7")
        assert context["custom"] == {"idempotency_key": "order-7"}

    def test_result_has_the_log(self, client: BaseServerlessClient, function: str) -> None:
        """`invoke` also gives the end of the log and the id of the invocation."""
        result = client.invoke(function, {"do": "print", "text": "said grüezi"})
        assert result.value == len("said grüezi")
        assert result.logs is not None
        assert "said grüezi" in result.logs
        assert result.request_id
        assert result.version == "$LATEST"

    def test_functions_error_is_raised(self, client: BaseServerlessClient, function: str) -> None:
        """A function that raises gives its message, traceback and log as an error, never as a value."""
        for call in (client.invoke_function, client.invoke):
            with pytest.raises(FunctionError) as caught:
                call(function, {"do": "raise", "text": "bad ☃"})
            error = caught.value
            assert error.message == "bad ☃"
            assert error.retryable is False
            assert len(error.attempts) == 1
            assert error.logs is not None
            assert "about to fail" in error.logs
            copy = pickle.loads(pickle.dumps(error))  # noqa: S301  # the kit's own pickle
            assert copy.to_dict() == error.to_dict()

    def test_functions_error_names_its_class(self, client: BaseServerlessClient, function: str) -> None:
        """The class of the function's exception and its traceback are in the error."""
        with pytest.raises(FunctionError) as caught:
            client.invoke_function(function, {"do": "raise", "text": "x"})
        assert caught.value.error_type == "Odd"
        assert any("probe.py" in line and "handler" in line for line in caught.value.stack_trace)

    def test_function_goes_on_after_a_failure(self, client: BaseServerlessClient, function: str) -> None:
        """A failed invocation does not spoil the next one."""
        for action in ("raise", "exit"):
            with pytest.raises(FunctionError):
                client.invoke_function(function, {"do": action, "text": "x"})
            assert client.invoke_function(function, {"n": 1})["echo"] == {"n": 1}

    @pytest.mark.parametrize(
        "action", [pytest.param("exit", id="exit"), pytest.param("unserializable", id="no JSON")]
    )
    def test_crash_is_an_error(self, client: BaseServerlessClient, function: str, action: str) -> None:
        """A process that ends, and a result that is no JSON, are errors of the function."""
        with pytest.raises(FunctionError):
            client.invoke_function(function, {"do": action})

    @pytest.mark.parametrize(
        "handler",
        [
            pytest.param("nowhere.handler", id="module"),
            pytest.param("probe.nothing", id="function"),
            pytest.param("broken.handler", id="syntax"),
            pytest.param("failing.handler", id="import"),
        ],
    )
    def test_handler_that_cannot_be_loaded(
        self,
        client: BaseServerlessClient,
        new_function: Callable[[], str],
        code: Path,
        handler: str,
    ) -> None:
        """A handler that is not there, or fails to load, is an error of the function."""
        (code / "broken.py").write_text("def handler(:\n")
        (code / "failing.py").write_text("raise RuntimeError('at import')\ndef handler(e, c): pass\n")
        name = new_function()
        client.update_function(name, handler=handler)
        with pytest.raises(FunctionError):
            client.invoke_function(name, {})

    def test_late_function_is_ended(
        self, client: BaseServerlessClient, new_function: Callable[[], str]
    ) -> None:
        """A function that is slower than its time limit is ended, and the next invocation runs."""
        name = new_function()
        client.update_function(name, timeout_seconds=1)
        with pytest.raises(FunctionError) as caught:
            client.invoke_function(name, {"do": "sleep", "seconds": 15})
        assert caught.value.attempts[0].seconds < 10
        assert client.invoke_function(name, {})["release"] == 1

    def test_failures_are_counted(
        self, client: BaseServerlessClient, function: str, harness: ServerlessHarness
    ) -> None:
        """Metrics counts calls and errors by class; a function's error costs one request."""
        before = client.metrics.snapshot()
        with harness.sends(1), pytest.raises(FunctionError):
            client.invoke_function(function, {"do": "raise", "text": "x"})
        after = client.metrics.snapshot()
        assert after.calls == before.calls + 1
        assert after.errors["FunctionError"] == before.errors.get("FunctionError", 0) + 1
