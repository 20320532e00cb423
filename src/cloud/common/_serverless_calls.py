"""The part of the template that runs functions and reads what they wrote."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, final

from cloud.common._paging import Page, Pager
from cloud.common._serverless_core import ServerlessCore, check_idempotency_key
from cloud.common._serverless_types import Described, InvokeRequest, LogRequest
from cloud.common.errors import FunctionError, IntegrityError, InvalidRequestError, NotFoundError
from cloud.common.models import utc

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from cloud.common._serverless_types import InvokeAnswer
    from cloud.common.models import InvokeResult, LogEvent

DEFAULT_POLL_SECONDS = 2.0
# How late an entry may appear behind others that are newer: CloudWatch Logs takes some seconds.
_LATE = timedelta(seconds=15)


class ServerlessCalls(ServerlessCore):
    """Invocations and logs."""

    @final
    def invoke_function(self, function_name: str, payload: Any, *, idempotency_key: str | None = None) -> Any:
        """Return what the function returned, decoded from JSON. It runs at most once per call.

        Args:
            function_name: the function.
            payload: the event: a mapping, or anything else that JSON can hold.
            idempotency_key: says that the function does the work of one key once, however often it is
                started with it (it finds the key in ``context.client_context.custom["idempotency_key"]``).
                Then, and only then, a call whose answer was lost is sent again.

        Raises:
            FunctionError: the function itself failed.
            OutcomeUnknownError: the answer was lost; the function may have run.
            InvalidRequestError: the payload is no JSON or too long; nothing was sent.
        """
        return self._invoked("invoke_function", function_name, payload, idempotency_key).value

    @final
    def invoke(self, function_name: str, payload: Any, *, idempotency_key: str | None = None) -> InvokeResult:
        """Return what the function returned, with the end of its log; see `invoke_function`."""
        return self._invoked("invoke", function_name, payload, idempotency_key)

    @final
    def invoke_async(self, function_name: str, payload: Any, *, idempotency_key: str | None = None) -> str:
        """Let the function run later, without waiting for it; return the id of the request.

        What it returns is lost, and a failure shows in its log alone.

        Raises:
            OutcomeUnknownError: the answer was lost; the function may run.
        """
        limit = self._function_limits.max_async_event_bytes
        request = self._request(function_name, payload, idempotency_key, limit)
        return self._run(
            "invoke_async",
            function_name,
            lambda: self._invoke_async(request),
            idempotent=idempotency_key is not None,
        )

    @final
    def iter_logs(
        self,
        function_name: str,
        *,
        since: datetime | None = None,
        follow: bool = False,
        poll_seconds: float = DEFAULT_POLL_SECONDS,
    ) -> Iterator[LogEvent]:
        """Yield what the function wrote, oldest first; nothing when it never ran.

        Args:
            since: only entries from this moment on.
            follow: go on for ever: wait for new entries. Leave the loop to end it.
            poll_seconds: how often to look for new entries.

        Raises:
            NotFoundError: there is no such function.
        """
        self._check_name(function_name, qualified=True)
        if poll_seconds <= 0:
            raise InvalidRequestError(f"poll_seconds must be positive, not {poll_seconds}")
        try:
            start = None if since is None else utc(since)
        except ValueError as exc:
            raise InvalidRequestError(f"since: {exc}") from exc
        return self._logs(function_name, start, follow=follow, poll_seconds=poll_seconds)

    def _logs(
        self, name: str, since: datetime | None, *, follow: bool, poll_seconds: float
    ) -> Iterator[LogEvent]:
        source = self._described("iter_logs", name).log_source
        seen: dict[str, datetime] = {}
        newest = since
        while True:
            for event in self._written(name, source, since):
                if event.id in seen:
                    continue
                seen[event.id] = event.at
                newest = event.at if newest is None else max(newest, event.at)
                yield event
            if not follow:
                return
            if newest is not None:
                since = newest - _LATE if since is None else max(since, newest - _LATE)
                seen = {known: at for known, at in seen.items() if at >= since}
            self._sleep(poll_seconds)

    def _written(self, name: str, source: str, since: datetime | None) -> Iterator[LogEvent]:
        def fetch(token: str | None) -> Page[LogEvent]:
            request = LogRequest(function_name=name, source=source, since=since, token=token)
            return self._run("iter_logs", name, lambda: self._log_page(request))

        try:
            yield from Pager(fetch)
        except NotFoundError as error:
            if error.resume_token is not None:
                raise
            return  # the function is there, as was just seen; a log of its own it gets when it first runs

    def _described(self, operation: str, name: str) -> Described:
        return self._run(operation, name, lambda: self._describe(name))

    def _request(self, name: str, payload: object, key: str | None, limit: int) -> InvokeRequest:
        self._check_name(name, qualified=True)
        check_idempotency_key(key)
        return InvokeRequest(
            function_name=name, event=self._checked_event(payload, limit), idempotency_key=key
        )

    def _invoked(self, operation: str, name: str, payload: object, key: str | None) -> InvokeResult:
        request = self._request(name, payload, key, self._function_limits.max_event_bytes)

        def call() -> InvokeResult:
            return _result(self._invoke(request))

        return self._run(operation, name, call, idempotent=key is not None)


def _result(answer: InvokeAnswer) -> InvokeResult:
    """Return what the function returned; its own failure is raised, never returned."""
    from cloud.common._serverless_records import InvokeResult

    if answer.failed:
        raise _function_error(answer)
    try:
        value = json.loads(answer.payload) if answer.payload.strip() else None
    except ValueError as exc:
        raise IntegrityError(
            f"the function ran and answered {len(answer.payload)} bytes that are no JSON",
            request_id=answer.request_id,
        ) from exc
    return InvokeResult(value=value, version=answer.version, request_id=answer.request_id, logs=answer.logs)


def _function_error(answer: InvokeAnswer) -> FunctionError:
    """Return the error that a runtime describes by ``errorMessage``, ``errorType`` and ``stackTrace``."""
    try:
        told = json.loads(answer.payload)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        told = {"errorMessage": answer.payload.decode("utf-8", "replace")}
    kind, message = told.get("errorType"), told.get("errorMessage")
    trace = told.get("stackTrace") or told.get("trace") or ()
    return FunctionError(
        str(message) if message is not None else "the function failed and did not say why",
        error_type=str(kind) if kind else None,
        stack_trace=tuple(str(line) for line in trace)
        if isinstance(trace, list)
        else (str(trace),)
        if trace
        else (),
        logs=answer.logs,
        provider_code=str(kind) if kind else None,
        request_id=answer.request_id,
    )
