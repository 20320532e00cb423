"""A stateful JSON service on loopback: what fake services of vendors are made of.

A fake gives its routes and the form of its errors::

    class Counter(FakeService):
        def __init__(self) -> None:
            self.count = 0
            super().__init__([Route("POST", "/counter", self._add, "add")], tokens=["t"])

        def _add(self, call: Call) -> Answer:
            self.count += 1
            return Answer(200, {"count": self.count})

        def error_document(self, refusal: Refusal) -> object:
            return {"message": refusal.message}

    with Counter() as service:
        requests.post(f"{service.url}/counter", headers={"Authorization": "Bearer t"}, timeout=10)
    assert service.log[0].status == 200
"""

from __future__ import annotations

import math
import threading
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING, Literal

from cloud.testing._fault_kinds import Fault, FaultKind
from cloud.testing._made_answers import MAKERS
from cloud.testing._scripted_server import ScriptedResponse, ScriptedServer
from cloud.testing._service_calls import Answer, Call, Refusal, Route, RouteTable, ServedRequest, query_of
from cloud.testing._service_windows import RateWindow, RateWindows, most_in_any_period

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from typing_extensions import Self

    from cloud.testing._scripted_server import RecordedRequest

RetryAfter = Literal["seconds", "date"]
_JSON = ("Content-Type", "application/json; charset=utf-8")
# Answered in the service's place: the request does nothing.
_INSTEAD = frozenset(
    {
        FaultKind.STATUS,
        FaultKind.HTML_200,
        FaultKind.EMPTY_200,
        FaultKind.REDIRECT,
        FaultKind.HUGE_HEADER,
        FaultKind.RESET_CONNECT,
        FaultKind.FIN_UPLOAD,
    }
)
# The request does what it asks for, and the answer is lost, damaged or late.
_AFTER = frozenset(
    {
        FaultKind.LOST_REPLY,
        FaultKind.LOST_REPLY_FIN,
        FaultKind.LOST_REPLY_503,
        FaultKind.RESET_BODY,
        FaultKind.TRUNC_FIN,
        FaultKind.TRUNC_CL,
        FaultKind.SLOW_HEAD,
    }
)
_CLOSES = {
    FaultKind.RESET_CONNECT: "rst",
    FaultKind.LOST_REPLY: "rst",
    FaultKind.RESET_BODY: "rst",
    FaultKind.FIN_UPLOAD: "fin",
    FaultKind.LOST_REPLY_FIN: "fin",
    FaultKind.TRUNC_FIN: "fin",
}


@dataclass
class _Armed:
    fault: Fault
    skip: int
    left: int | None


class FakeService(ABC):
    """Answers requests by its routes, on a free loopback port, as a context manager.

    Args:
        routes: what it answers.
        tokens: the bearer tokens that it knows. A route that is not open answers 401 to all others.
        prefix: what every path begins with, such as ``/apis/v1``.
        windows: rate limits, per token. A call beyond one is answered 429 and does nothing.
        retry_after: how a 429 says when to come again; None for not at all. A date has whole seconds.
        clock: seconds that do not go back, for the windows, the log and all times.
    """

    def __init__(
        self,
        routes: Iterable[Route],
        *,
        tokens: Iterable[str] = (),
        prefix: str = "",
        windows: Iterable[RateWindow] = (),
        retry_after: RetryAfter | None = "seconds",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._routes = RouteTable(routes)
        self._tokens = frozenset(tokens)
        self._prefix = prefix
        self._windows = RateWindows(windows)
        self.retry_after: RetryAfter | None = retry_after
        self._clock = clock
        self._began = datetime.now(timezone.utc) - timedelta(seconds=clock())
        self._lock = threading.RLock()
        self._log: list[ServedRequest] = []
        self._armed: list[_Armed] = []
        self._closing = threading.Event()
        self._server = ScriptedServer(otherwise=self._respond)

    @property
    def url(self) -> str:
        """Where it is, with the prefix: ``http://127.0.0.1:port/apis/v1``."""
        return f"{self._server.url}{self._prefix}"

    @property
    def log(self) -> tuple[ServedRequest, ...]:
        """The requests so far, in the order of their arrival."""
        with self._lock:
            return tuple(self._log)

    def calls_of(self, *operations: str) -> tuple[ServedRequest, ...]:
        """Return the requests of `operations`, in the order of their arrival."""
        return tuple(request for request in self.log if request.operation in operations)

    def most_in_window(self, name: str) -> int:
        """Return how many requests came in the fullest period of the window `name`, refused ones too."""
        times = [request.at for request in self.log if request.window == name]
        return most_in_any_period(times, self._windows.seconds_of(name))

    def now(self) -> datetime:
        """Return the service's time, in UTC."""
        return self._began + timedelta(seconds=self._clock())

    def add(self, *faults: Fault) -> None:
        """Make requests go wrong. The first fault that fits a request is the one that hits it.

        A STATUS fault without a body has the service's own error document, and so has LOST_REPLY_503.

        Raises:
            ValueError: a fault is of a kind that only `FaultProxy` knows.
        """
        for fault in faults:
            if fault.kind not in _INSTEAD | _AFTER:
                raise ValueError(f"a fake service knows no {fault.kind.name}; put FaultProxy before it")
        with self._lock:
            self._armed += [_Armed(fault, fault.skip, fault.count or None) for fault in faults]

    def clear_faults(self) -> None:
        """Let everything go right again."""
        with self._lock:
            self._armed.clear()

    @abstractmethod
    def error_document(self, refusal: Refusal) -> object:
        """Return the document of a refusal, in the service's form."""

    def admit(self, call: Call, route: Route) -> None:
        """Let `call` pass, or refuse it: by default a known token opens everything.

        It is also the place for what comes before every answer, such as work whose time has come.

        Raises:
            Refusal: 401, or what the service answers.
        """
        if not route.open and call.token not in self._tokens:
            raise Refusal(401, "Unauthorized")

    def counted_by(self, call: Call) -> str:
        """Return whose calls share the rate windows: by default those of one token."""
        return call.token

    def __enter__(self) -> Self:
        """Start to answer."""
        self._server.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the listener and every connection; delayed answers are given up."""
        self._closing.set()
        self._server.__exit__(kind, error, traceback)

    def _respond(self, request: RecordedRequest) -> ScriptedResponse:
        with self._lock:
            number, route, call, missing = self._arrived(request)
            fault = self._fault_for(request)
            instead = fault is not None and fault.kind in _INSTEAD
            answer = Answer() if instead else self._answer(route, call, missing)
            executed = not instead and answer.status < 400
            if fault is not None:
                answer = self._spoilt(fault, answer, request.path)
            self._log[number] = replace(
                self._log[number],
                status=answer.status,
                fault=None if fault is None else fault.kind,
                executed=executed,
            )
        if fault is not None and fault.kind is FaultKind.SLOW_HEAD:
            self._closing.wait(fault.seconds)
        return _response(answer, fault)

    def _arrived(self, request: RecordedRequest) -> tuple[int, Route | None, Call, Refusal | None]:
        """Return the number in the log, the route, the call, and why there is no route."""
        path, query = query_of(request.path)
        route, params, missing = self._route_of(request.method, path)
        scheme, _, token = (request.header("authorization") or "").partition(" ")
        call = Call(
            request.method,
            path,
            params,
            query,
            request.headers,
            request.body,
            token if scheme == "Bearer" else "",
            self._clock(),
        )
        seen = ServedRequest(
            call.method,
            path,
            query,
            call.headers,
            call.body,
            None if route is None else route.operation,
            None if route is None else route.window,
            call.at,
            connection=request.connection,
        )
        self._log.append(seen)
        return len(self._log) - 1, route, call, missing

    def _route_of(self, method: str, path: str) -> tuple[Route | None, dict[str, str], Refusal | None]:
        if not path.startswith(f"{self._prefix}/"):
            return None, {}, Refusal(404, "no such path")
        try:
            return *self._routes.find(method, path[len(self._prefix) :]), None
        except Refusal as refusal:
            return None, {}, refusal

    def _fault_for(self, request: RecordedRequest) -> Fault | None:
        for armed in self._armed:
            if not armed.fault.matches(request.method, request.path, request.headers):
                continue
            if armed.skip:
                armed.skip -= 1
                continue
            if armed.left is not None:
                armed.left -= 1
                if armed.left == 0:
                    self._armed.remove(armed)
            return armed.fault
        return None

    def _answer(self, route: Route | None, call: Call, missing: Refusal | None) -> Answer:
        if route is None:
            return self._refused(missing or Refusal(404, "no such path"))
        try:
            self.admit(call, route)
            self._count(call, route)
            return route.handler(call)
        except Refusal as refusal:
            return self._refused(refusal)

    def _count(self, call: Call, route: Route) -> None:
        wait = self._windows.wait(route.window, self.counted_by(call), call.at)
        if wait > 0:
            raise Refusal(429, "Too Many Requests", self._when(wait))

    def _refused(self, refusal: Refusal) -> Answer:
        return Answer(refusal.status, self.error_document(refusal), refusal.headers)

    def _when(self, wait: float) -> tuple[tuple[str, str], ...]:
        if self.retry_after is None:
            return ()
        seconds = math.ceil(wait)
        if self.retry_after == "seconds":
            return (("Retry-After", str(seconds)),)
        moment = self.now() + timedelta(seconds=seconds)
        return (("Retry-After", format_datetime(moment, usegmt=True)),)

    def _spoilt(self, fault: Fault, answer: Answer, target: str) -> Answer:
        """Return the answer that the fault makes of `answer`, but for how its bytes are sent."""
        if fault.kind is FaultKind.LOST_REPLY_503:
            return self._refused(Refusal(503, "Service Unavailable", tuple(fault.headers.items())))
        if fault.kind is FaultKind.STATUS and not fault.body:
            refusal = Refusal(fault.status or 500, "made by the test", tuple(fault.headers.items()))
            return self._refused(refusal)
        if (maker := MAKERS.get(fault.kind)) is None:
            return answer
        made = maker(fault, target)
        return Answer(made.status, headers=tuple(made.headers), body=b"".join(made.pieces))


def _response(answer: Answer, fault: Fault | None) -> ScriptedResponse:
    """Return what is sent: the answer as it is, or as far as the fault lets it through."""
    body = answer.encoded()
    typed = any(name.lower() == "content-type" for name, _ in answer.headers)
    headers = answer.headers if typed or answer.body is not None else (*answer.headers, _JSON)
    kind = None if fault is None else fault.kind
    close = None if kind is None else _CLOSES.get(kind)
    if kind in {
        FaultKind.LOST_REPLY,
        FaultKind.LOST_REPLY_FIN,
        FaultKind.RESET_CONNECT,
        FaultKind.FIN_UPLOAD,
    }:
        return ScriptedResponse(raw=b"", close=close)
    if fault is not None and kind in {FaultKind.RESET_BODY, FaultKind.TRUNC_FIN, FaultKind.TRUNC_CL}:
        if kind is not FaultKind.TRUNC_CL:
            headers = (*headers, ("Content-Length", str(len(body))))
        body = body[: fault.cut(len(body))]
    return ScriptedResponse(status=answer.status, headers=headers, body=body, close=close)
