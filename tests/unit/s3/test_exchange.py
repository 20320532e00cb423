"""One request after the other: corrected once where the service says how, never sent to another host."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest

from cloud._dialects._answers import MAX_ERROR_BYTES
from cloud._dialects.s3._addressing import Endpoint
from cloud._dialects.s3._errors import S3ServiceError
from cloud._dialects.s3._exchange import Exchange
from cloud._dialects.s3._keys import StaticKeys
from cloud._wire._types import HttpResponse
from cloud.aws import S3Options
from cloud.common import (
    AuthenticationError,
    ConfigurationError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    ServiceUnavailableError,
)
from cloud.testing._scripted_server import ScriptedResponse, ScriptedServer
from unit.s3.helpers import CREDENTIALS, failed, found, make_client, stored

if TYPE_CHECKING:
    from cloud._wire._types import HttpRequest

REGION = ("x-amz-bucket-region", "eu-west-3")


def signed_region(authorization: str | None) -> str:
    return (authorization or "").split("Credential=")[1].split("/")[2]


# -- regions -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "refusal",
    [
        failed(301, "PermanentRedirect", REGION, Endpoint="b.s3.eu-west-3.amazonaws.com"),
        failed(307, "TemporaryRedirect", REGION),
        failed(400, "AuthorizationHeaderMalformed", Region="eu-west-3"),
        failed(403, "SignatureDoesNotMatch", REGION),
    ],
    ids=["301", "307", "400-document", "403"],
)
def test_a_wrong_region_is_corrected_once_and_remembered(refusal: ScriptedResponse) -> None:
    with (
        ScriptedServer(refusal, found(b"data"), found(b"more"), stored()) as server,
        make_client(server) as client,
    ):
        assert client.download_file("bucket", "k") == b"data"
        assert client.download_file("bucket", "k") == b"more"
        client.upload_file("bucket", "k", b"x")
        assert [signed_region(r.header("authorization")) for r in server.requests] == [
            "us-east-1", "eu-west-3", "eu-west-3", "eu-west-3",
        ]  # fmt: skip  # one line reads best
        assert client.metrics.snapshot().requests == 4
        assert client.metrics.snapshot().retries == 0  # a correction is no retry


def test_a_head_answer_without_a_document_is_corrected_by_its_header() -> None:
    refusal = ScriptedResponse(status=400, headers=(REGION,))
    with ScriptedServer(refusal, found(size=7)) as server, make_client(server) as client:
        assert client.get_object_metadata("bucket", "k").size == 7
        assert signed_region(server.requests[1].header("authorization")) == "eu-west-3"


def test_other_buckets_keep_the_client_s_region() -> None:
    refusal = failed(301, "PermanentRedirect", REGION)
    with ScriptedServer(refusal, found(b"1"), found(b"2")) as server, make_client(server) as client:
        client.download_file("there", "k")
        client.download_file("here", "k")
        assert signed_region(server.requests[2].header("authorization")) == "us-east-1"


def test_a_body_is_sent_whole_again_after_the_correction() -> None:
    refusal = failed(400, "AuthorizationHeaderMalformed", Region="eu-west-3")
    with ScriptedServer(refusal, stored()) as server, make_client(server) as client:
        client.upload_file("bucket", "k", b"payload")
        assert [request.body for request in server.requests] == [b"payload", b"payload"]


def test_two_services_that_disagree_about_a_region_end_the_call() -> None:
    refusals = [failed(301, "PermanentRedirect", ("x-amz-bucket-region", f"eu-west-{n}")) for n in (1, 2)]
    with ScriptedServer(*refusals) as server, make_client(server) as client:
        with pytest.raises(ConfigurationError) as caught:
            client.download_file("bucket", "k")
        assert len(server.requests) == 2
        assert caught.value.http_status == 301
        assert "region" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "region", ["us-east-1", "evil.example/", "a b", "x" * 64, "é", "A", "-x", "h@evil.example"]
)
def test_what_is_no_new_region_is_not_followed(region: str) -> None:
    refusal = failed(301, "PermanentRedirect", Region=region)
    with ScriptedServer(refusal) as server, make_client(server) as client:
        with pytest.raises(ConfigurationError):
            client.download_file("bucket", "k")
        assert len(server.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_leaves_the_host(status: int) -> None:
    with ScriptedServer(otherwise=found(b"stolen")) as other:
        away = ScriptedResponse(status=status, headers=(("Location", f"{other.url}/bucket/k"),))
        with ScriptedServer(otherwise=away) as server, make_client(server) as client:
            with pytest.raises(ConfigurationError):
                client.download_file("bucket", "k")
            with pytest.raises(ConfigurationError):
                client.upload_file("bucket", "k", b"x")
            assert len(server.requests) == 2
        assert other.requests == ()


class Recorder:
    """A transport of our own protocol that answers what it was given."""

    def __init__(self, *answers: tuple[int, dict[str, str], bytes]) -> None:
        self.answers = list(answers)
        self.requests: list[HttpRequest] = []

    def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        return Answer(*self.answers.pop(0))

    def close(self) -> None:
        """Nothing is open."""


class Answer(HttpResponse):
    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.length = status, headers, len(body)
        self._body = body
        self.closed = False

    def readinto(self, buffer: memoryview) -> int:
        count = min(len(buffer), len(self._body))
        buffer[:count], self._body = self._body[:count], self._body[count:]
        return count

    def close(self) -> None:
        self.closed = True


def exchange_of_aws(recorder: Recorder, now: float = 0.0) -> Exchange:
    return Exchange(Endpoint.for_aws, "us-east-1", StaticKeys(CREDENTIALS), recorder, clock=lambda: now)


def test_a_correction_at_amazon_goes_to_the_region_s_own_host() -> None:
    recorder = Recorder((301, {"x-amz-bucket-region": "eu-west-3"}, b""), (200, {}, b""), (200, {}, b""))
    exchange = exchange_of_aws(recorder)
    exchange.call("GET", "bucket", "k").close()
    exchange.call("GET", "bucket", "k").close()
    assert [request.origin.host for request in recorder.requests] == [
        "bucket.s3.us-east-1.amazonaws.com", "bucket.s3.eu-west-3.amazonaws.com", "bucket.s3.eu-west-3.amazonaws.com",
    ]  # fmt: skip  # one line reads best
    exchange.forget("bucket")
    assert exchange.target("bucket").region == "us-east-1"


# -- the clock -----------------------------------------------------------------------------------------------
def test_a_wrong_clock_is_learnt_once() -> None:
    noon = 1_900_000_000.0
    skewed = b"<Error><Code>RequestTimeTooSkewed</Code><Message>m</Message></Error>"
    ahead = {"date": formatdate(noon + 5000, usegmt=True)}
    recorder = Recorder((403, ahead, skewed), (200, {}, b""), (200, {}, b""))
    exchange = exchange_of_aws(recorder, noon)
    exchange.call("GET", "bucket", "k").close()
    exchange.call("GET", "bucket", "k").close()
    dates = [request.headers["x-amz-date"] for request in recorder.requests]
    stamps = [time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(noon + skew)) for skew in (0, 5000, 5000)]
    assert dates == stamps
    assert exchange.now() == noon + 5000


@pytest.mark.parametrize("date", [None, "yesterday"])
def test_a_refusal_that_tells_no_time_stands(date: str | None) -> None:
    skewed = b"<Error><Code>RequestTimeTooSkewed</Code><Message>m</Message></Error>"
    recorder = Recorder((403, {} if date is None else {"date": date}, skewed))
    with pytest.raises(S3ServiceError):
        exchange_of_aws(recorder).call("GET", "bucket", "k")
    assert len(recorder.requests) == 1


def test_a_clock_that_stays_wrong_is_an_error_of_ours() -> None:
    headers = ("Date", formatdate(time.time() + 5000, usegmt=True))
    with (
        ScriptedServer(otherwise=failed(403, "RequestTimeTooSkewed", headers)) as server,
        make_client(server) as client,
    ):
        with pytest.raises(AuthenticationError) as caught:
            client.download_file("bucket", "k")
        assert len(server.requests) == 2
        assert "clock" in (caught.value.hint or "")


# -- errors --------------------------------------------------------------------------------------------------
def test_the_error_tells_everything_that_the_answer_told() -> None:
    answer = failed(404, "NoSuchKey", ("x-amz-request-id", "HEAD1"))
    with ScriptedServer(answer) as server, make_client(server) as client:
        with pytest.raises(NotFoundError) as caught:
            client.download_file("bucket", "a key")
        error = caught.value
        assert (error.http_status, error.provider_code, error.request_id) == (404, "NoSuchKey", "HEAD1")
        assert (error.provider, error.service, error.operation) == ("aws", "s3", "download_file")
        assert (error.message, error.resource) == ("words", "bucket/a key")
        assert len(error.attempts) == 1


def test_the_document_s_request_id_stands_in_for_a_missing_header() -> None:
    with ScriptedServer(failed(404, "NoSuchKey")) as server, make_client(server) as client:
        with pytest.raises(NotFoundError) as caught:
            client.download_file("bucket", "k")
        assert caught.value.request_id == "DOC1"


HUGE = b"<html>" + b"x" * (4 * MAX_ERROR_BYTES)


@pytest.mark.parametrize(
    "answer",
    [
        ScriptedResponse(status=403, body=HUGE),
        ScriptedResponse(
            status=403,
            headers=(("Transfer-Encoding", "chunked"),),
            body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(HUGE), HUGE),
        ),
    ],
    ids=["sized", "chunked"],
)
def test_an_error_body_without_end_is_not_read_to_its_end_and_its_status_counts(
    answer: ScriptedResponse,
) -> None:
    with ScriptedServer(answer) as server, make_client(server) as client:
        with pytest.raises(PermissionDeniedError) as caught:
            client.download_file("bucket", "k")
        assert caught.value.http_status == 403


def test_the_start_of_a_long_error_document_is_enough() -> None:
    body = (
        b"<Error><Code>NoSuchBucket</Code><Message>gone</Message><Pad>"
        + b"x" * MAX_ERROR_BYTES
        + b"</Pad></Error>"
    )
    with ScriptedServer(ScriptedResponse(status=404, body=body)) as server, make_client(server) as client:
        with pytest.raises(NotFoundError) as caught:
            client.download_file("bucket", "k")
        assert caught.value.provider_code == "NoSuchBucket"


def test_an_error_answer_leaves_the_connection_fit_for_the_next_request() -> None:
    with ScriptedServer(failed(404, "NoSuchKey"), found(b"data")) as server, make_client(server) as client:
        with pytest.raises(NotFoundError):
            client.download_file("bucket", "no")
        assert client.download_file("bucket", "k") == b"data"
        assert server.connections == 1


def test_slow_down_is_repeated_and_an_error_after_all_tells_each_try() -> None:
    slow = failed(503, "SlowDown", ("Retry-After", "30"))
    with (
        ScriptedServer(slow, slow, found(b"data"), slow, slow, slow) as server,
        make_client(server) as client,
    ):
        assert client.download_file("bucket", "k") == b"data"
        with pytest.raises(RateLimitedError) as caught:
            client.download_file("bucket", "k")
        assert [attempt.http_status for attempt in caught.value.attempts] == [503, 503, 503]
        assert caught.value.retry_after == 30


def test_a_refused_connection_is_an_error_that_says_that_nothing_was_sent() -> None:
    with ScriptedServer() as server:
        url = server.url
    with make_client(url) as client:
        with pytest.raises(ServiceUnavailableError) as caught:
            client.download_file("bucket", "k")
        assert not caught.value.request_sent
        assert len(caught.value.attempts) == 3


# -- what every request carries ------------------------------------------------------------------------------
def test_anonymous_requests_are_unsigned() -> None:
    with ScriptedServer(found(b"data")) as server, make_client(server, anonymous=True) as client:
        assert client.download_file("bucket", "k") == b"data"
        names = {name.lower() for name, _ in server.requests[0].headers}
        assert not names & {"authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"}
        with pytest.raises(ConfigurationError, match="anonymous"):
            client.generate_presigned_url("bucket", "k")


def test_anonymous_and_credentials_exclude_each_other() -> None:
    with pytest.raises(InvalidRequestError, match="exclude"):
        make_client("http://127.0.0.1:9", anonymous=True, credentials=CREDENTIALS)


@pytest.mark.parametrize("pays", [True, False])
def test_who_pays_says_so_with_every_request(pays: bool) -> None:  # a parameter
    options = S3Options(transport="wire", requester_pays=pays)
    with (
        ScriptedServer(found(b"d"), stored(), found(size=1)) as server,
        make_client(server, options=options) as client,
    ):
        client.download_file("bucket", "k")
        client.upload_file("bucket", "k", b"d")
        client.get_object_metadata("bucket", "k")
        expected = "requester" if pays else None
        assert [request.header("x-amz-request-payer") for request in server.requests] == [expected] * 3
