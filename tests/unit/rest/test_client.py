"""A client of a REST service: what it repeats, what it waits for, which error it raises, what it pickles."""

from __future__ import annotations

import gzip
import pickle
from typing import TYPE_CHECKING, Any

import pytest
import requests

from cloud._dialects.rest._client import RestClient
from cloud._dialects.rest._errors import RestRetryPolicy, ServiceWords, by_code_then_status, translate
from cloud._dialects.rest._exchange import RawBody, RestServiceError
from cloud._dialects.rest._polling import PollSchedule, poll
from cloud.common import (
    AuthenticationError,
    CloudCredentials,
    CloudError,
    CloudProvider,
    ConfigurationError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitedError,
    RetryPolicy,
    Secret,
    ServiceUnavailableError,
    TimeoutError_,
)
from cloud.testing import ScriptedResponse, ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cloud._dialects.rest._exchange import RestAnswer
    from cloud.common import CallEvent

OK = ScriptedResponse(body=b'{"id": "d"}')
LOST = ScriptedResponse(raw=b"", close="rst")
TOO_FAST = ScriptedResponse(status=429, body=b'{"message": "slow down"}')


class Service(RestClient):
    """The smallest client of a service."""

    provider = CloudProvider.CODA
    service_name = "sample"

    def __init__(
        self,
        base_url: str,
        credentials: CloudCredentials | None = None,
        retry: RetryPolicy | None = None,
        observers: tuple[Callable[[CallEvent], None], ...] = (),
    ) -> None:
        super().__init__(
            None if credentials is None else credentials.token,
            base_url=base_url,
            timeout=(2.0, 0.5),
            retry=retry,
            limits=None,
            observers=observers,
            arguments={"base_url": base_url, "credentials": credentials},
        )
        self.waits: list[float] = []
        self._runtime._sleep = self.waits.append
        self.now = 0.0
        self._clock = lambda: self.now
        self._sleep = self._pass

    def _pass(self, seconds: float) -> None:
        self.now += seconds

    def _words_of(self, error: RestServiceError) -> ServiceWords:
        document = error.document if isinstance(error.document, dict) else {}
        return ServiceWords(
            message=document.get("message"),
            code=document.get("code"),
            request_id=error.headers.get("x-id"),
            details={"issues": ("one",)},
        )

    def _kind_of(self, status: int, code: str | None) -> type[CloudError]:
        return by_code_then_status({"taken": ConflictError}, status, code)

    def get(self) -> dict[str, Any]:
        return self._call("get_it", "it", "GET", "/it", _document, idempotent=True)

    def put(self, body: object = None, *, idempotent: bool = False) -> dict[str, Any]:
        return self._call(
            "put_it", "it", "POST", "/it", _document, body=body, accepts=(200, 202), idempotent=idempotent
        )


def _document(answer: RestAnswer) -> dict[str, Any]:
    return answer.object()


def test_a_call_is_repeated_only_when_that_can_do_no_harm() -> None:
    with ScriptedServer(LOST, OK, LOST) as server, Service(server.url) as client:
        assert client.get() == {"id": "d"}
        with pytest.raises(OutcomeUnknownError) as caught:
            client.put({})
        assert (caught.value.operation, caught.value.resource) == ("put_it", "it")
        assert [seen.method for seen in server.requests] == ["GET", "GET", "POST"]
    with ScriptedServer(LOST, OK) as server, Service(server.url) as client:
        assert client.put({}, idempotent=True) == {"id": "d"}


def test_an_unreadable_answer_to_a_call_that_must_not_be_repeated_is_an_unknown_outcome() -> None:
    portal = ScriptedResponse(status=200, body=b"<html>")
    listing = ScriptedResponse(status=202, body=b"[]")
    for answer in (portal, listing):
        with (
            ScriptedServer(answer) as server,
            Service(server.url) as client,
            pytest.raises(OutcomeUnknownError),
        ):
            client.put({})


def test_a_429_is_waited_out_for_every_call_in_windows() -> None:
    with ScriptedServer(TOO_FAST, TOO_FAST, OK) as server:
        client = Service(server.url, retry=RestRetryPolicy(jitter=lambda most: most))
        client.put({})
        assert client.waits == [6.0, 12.0]
        client.close()
    named = ScriptedResponse(status=429, headers=(("Retry-After", "3"),))
    with ScriptedServer(named, OK) as server, Service(server.url) as client:
        client.put({})
        assert client.waits == [3.0]


def test_a_429_that_does_not_end_is_an_error_after_a_bounded_time() -> None:
    with ScriptedServer(otherwise=TOO_FAST) as server:
        client = Service(server.url, retry=RestRetryPolicy(jitter=lambda most: most))
        with pytest.raises(RateLimitedError, match="slow down") as caught:
            client.get()
        assert client.waits == [6.0, 12.0, 24.0, 48.0]
        assert len(caught.value.attempts) == 5
        client.close()


def test_other_failures_are_tried_again_soon() -> None:
    with ScriptedServer(ScriptedResponse(status=503), OK) as server, Service(server.url) as client:
        client.get()
        (wait,) = client.waits
        assert wait <= RetryPolicy().base_seconds


@pytest.mark.parametrize("name", ["rate_limited_base_seconds", "rate_limited_max_seconds", "base_seconds"])
def test_impossible_waits_are_refused(name: str) -> None:
    with pytest.raises(InvalidRequestError, match=name):
        RestRetryPolicy(**{name: -1.0})  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b'{"code": "taken"}', ConflictError),
        (401, b"{}", AuthenticationError),
        (404, b'{"code": "other"}', NotFoundError),
        (410, b"<html>", NotFoundError),
        (422, b"[]", InvalidRequestError),
        (302, b"", ConfigurationError),
    ],
)
def test_the_class_is_found_by_code_and_then_by_status(
    status: int, body: bytes, kind: type[CloudError]
) -> None:
    answer = ScriptedResponse(status=status, body=body, headers=(("X-Id", "7"),))
    with ScriptedServer(answer) as server, Service(server.url) as client:
        with pytest.raises(CloudError) as caught:
            client.get()
        error = caught.value
        assert type(error) is kind
        assert (error.http_status, error.request_id, error.operation) == (status, "7", "get_it")
        assert error.message
        assert pickle.loads(pickle.dumps(error)).issues == ("one",)  # noqa: S301  # our own


def _subclasses(kind: type[Exception]) -> set[type[Exception]]:
    return {kind, *(deeper for child in kind.__subclasses__() for deeper in _subclasses(child))}


def test_every_exception_of_requests_has_a_class_and_shows_no_address() -> None:
    for kind in _subclasses(requests.RequestException):
        exc = (
            kind("https://h/?token=planted", "{", 0)
            if issubclass(kind, requests.JSONDecodeError)
            else kind("https://h/?token=planted")
        )
        error = translate(exc, lambda _: ServiceWords(), lambda _, __: CloudError)
        assert error is not None, kind
        assert "planted" not in str(error)
    assert translate(KeyError("a bug"), lambda _: ServiceWords(), lambda _, __: CloudError) is None


@pytest.mark.parametrize("token", ["planted-secret\n", "planted secret\r\nX: 1", "plänted-secret"])
def test_a_token_that_no_header_can_carry_is_refused_without_showing_it(token: str) -> None:
    with ScriptedServer(otherwise=OK) as server:
        client = Service(server.url, CloudCredentials(CloudProvider.CODA, token=token))
        with pytest.raises(ConfigurationError, match="the token holds characters") as caught:
            client.get()
        assert "secret" not in repr(caught.value) + str(caught.value)
        assert server.requests == ()
        client.close()


@pytest.mark.parametrize("body", [{"n": float("nan")}, {"t": object()}, {"s": "\ud800"}])
def test_a_body_that_json_cannot_hold_is_refused(body: object) -> None:
    with ScriptedServer(otherwise=OK) as server, Service(server.url) as client:
        with pytest.raises(InvalidRequestError, match="as JSON"):
            client.put(body)
        assert server.requests == ()


def test_a_body_that_is_no_json_is_sent_as_it_is() -> None:
    with ScriptedServer(otherwise=OK) as server, Service(server.url) as client:
        client.put(RawBody("text/plain", b"hello"))
        (seen,) = server.requests
        assert (seen.header("content-type"), seen.body) == ("text/plain", b"hello")


def test_what_is_stored_compressed_is_read_plain() -> None:
    members = gzip.compress(b"first ") + gzip.compress(b"second")
    headers = (("Content-Encoding", "gzip"),)
    cut = ScriptedResponse(body=members[:-4], headers=headers)
    odd = ScriptedResponse(body=b"x", headers=(("Content-Encoding", "br"),))
    broken = ScriptedResponse(body=b"this is no gzip", headers=headers)
    whole = ScriptedResponse(body=members, headers=headers)
    with ScriptedServer(whole, cut, odd, broken) as server:
        client = Service(server.url, retry=RetryPolicy(max_attempts=1))
        assert client._fetch("f", "it", f"{server.url}/x", lambda answer: answer.body) == b"first second"
        for _ in range(3):
            with pytest.raises(ServiceUnavailableError, match=r"coded|coding"):
                client._fetch("f", "it", f"{server.url}/x", lambda answer: answer.body)
        client.close()


def test_bytes_are_counted_and_observers_told() -> None:
    events: list[CallEvent] = []
    with ScriptedServer(otherwise=OK) as server:
        client = Service(server.url, observers=(events.append,))
        client.put({"a": 1})
        (event,) = events
        assert (event.operation, event.bytes_sent, event.bytes_received) == ("put_it", 7, len(OK.body))
        client.close()


def test_a_pickle_holds_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMPLE_TOKEN", "planted-secret")
    with ScriptedServer(otherwise=OK) as server:
        by_reference = CloudCredentials(CloudProvider.CODA, token=Secret.from_env("SAMPLE_TOKEN"))
        data = pickle.dumps(Service(server.url, by_reference))
        assert b"planted-secret" not in data
        copy = pickle.loads(data)  # noqa: S301  # our own
        copy.get()
        assert server.requests[0].header("authorization") == "Bearer planted-secret"
        copy.close()
        plain = Service(server.url, CloudCredentials(CloudProvider.CODA, token="planted-secret"))
        data = pickle.dumps(plain)
        assert b"planted-secret" not in data
        with pytest.raises(ConfigurationError, match="CODA_API_TOKEN"):
            pickle.loads(data).get()  # noqa: S301  # our own


def test_the_native_session_has_no_token() -> None:
    client = Service(
        "https://sample.invalid", CloudCredentials(CloudProvider.CODA, token=Secret("planted-secret"))
    )
    assert "authorization" not in {name.lower() for name in client.native.headers}
    assert client.native is client.native
    assert client.capabilities == frozenset()
    client.close()


SCHEDULE = PollSchedule(first_seconds=1.0, base_seconds=1.0, factor=2.0, max_seconds=4.0, lag_seconds=5.0)


class Questions:
    """Answers what was written down, at simulated times."""

    def __init__(self, *answers: str | CloudError | None) -> None:
        self.answers = list(answers)
        self.asked: list[float] = []
        self.now = 0.0

    def __call__(self) -> str | None:
        self.asked.append(self.now)
        answer = self.answers.pop(0)
        if isinstance(answer, CloudError):
            raise answer
        return answer

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds

    def poll(self, **options: Any) -> str:
        settings: Mapping[str, Any] = {"timeout": 60.0, "what": "it", "schedule": SCHEDULE, **options}
        return poll(self, lag=(NotFoundError,), clock=lambda: self.now, sleep=self.sleep, **settings)


def test_questions_come_at_growing_distances() -> None:
    questions = Questions(None, None, None, None, None, "done")
    assert questions.poll() == "done"
    assert questions.asked == [1.0, 2.0, 4.0, 8.0, 12.0, 16.0]


def test_an_early_404_is_lag_and_a_late_one_is_not() -> None:
    assert Questions(NotFoundError("no"), NotFoundError("no"), "done").poll() == "done"
    with pytest.raises(NotFoundError):
        Questions(NotFoundError("no"), None, NotFoundError("no")).poll()
    questions = Questions(*[NotFoundError("no")] * 4)
    with pytest.raises(NotFoundError):
        questions.poll()
    assert questions.asked == [1.0, 2.0, 4.0, 8.0]


def test_a_wait_ends_at_its_timeout_with_a_last_question() -> None:
    questions = Questions(None, None, None)
    with pytest.raises(TimeoutError_, match="it is not done after 3 s"):
        questions.poll(timeout=3.0)
    assert questions.asked == [1.0, 2.0, 3.0]
    once = Questions(None)
    with pytest.raises(TimeoutError_):
        once.poll(timeout=0)
    assert once.asked == [0.0]
    for odd in (-1.0, float("nan"), float("inf")):
        with pytest.raises(InvalidRequestError, match="timeout"):
            Questions().poll(timeout=odd)


def test_a_client_polls_by_its_own_clock() -> None:
    client = Service("https://sample.invalid")
    answers = [None, "done"]
    assert client._poll(lambda: answers.pop(0), timeout=9, what="it", schedule=SCHEDULE) == "done"
    assert client.now == 2.0
