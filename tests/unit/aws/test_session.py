"""What the clients over boto3 share: regions, credentials, boto3's clients, errors, pickles, forks."""

from __future__ import annotations

import os
import pickle
import traceback
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from botocore import exceptions as bc
from botocore.parsers import ResponseParserError

from cloud.aws._errors import COMMON, COMMON_HINTS, ErrorTable, translate
from cloud.aws._session import AwsClient, AwsSession
from cloud.common import CloudCredentials, CloudProvider, RetryPolicy, Secret
from cloud.common import errors as e
from cloud.testing import ScriptedResponse, ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ONCE = RetryPolicy(max_attempts=1)
KEYS = CloudCredentials(CloudProvider.AWS, access_key="AKIAEXAMPLE000000000", secret_key="the-secret-key")


class SmallClient(AwsClient):
    """A small service over boto3."""

    service_name = "ec2"
    error_table = ErrorTable(
        {"Odd": e.ConflictError},
        by_ending=((".NotFound", e.NotFoundError),),
        hints={"Odd": "do something"},
        retryable=frozenset({"Odd"}),
        refused=frozenset({"Odd"}),
    )
    capabilities = frozenset()

    def account(self, *, idempotent: bool = True) -> Any:
        return self._runtime.run(
            "account",
            "me",
            lambda: self._call("get_ebs_default_kms_key_id")["KmsKeyId"],
            idempotent=idempotent,
        )


TABLE = SmallClient.error_table
ANSWER = b"<R><requestId>R-1</requestId><kmsKeyId>123</kmsKeyId></R>"


@pytest.fixture(autouse=True)
def _no_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


def client(server: ScriptedServer, **options: Any) -> SmallClient:
    options = {"region": "eu-west-1", "retry": ONCE, **options}
    return SmallClient(options.pop("credentials", KEYS), endpoint_url=server.url, **options)


# -- errors ----------------------------------------------------------------------------------------------------
def client_error(status: int, code: str, **headers: str) -> bc.ClientError:
    answer = {
        "Error": {"Code": code, "Message": "words"},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "R", "HTTPHeaders": headers},
    }
    return bc.ClientError(answer, "DescribeRegions")  # type: ignore[arg-type]  # as much of an answer as is read


def ours(exc: Exception) -> e.CloudError:
    error = translate(exc, TABLE)
    assert error is not None
    return error


@pytest.mark.parametrize(("code", "kind"), COMMON.items(), ids=str)
@pytest.mark.parametrize("status", [200, 400, 403, 500])
def test_the_code_wins_over_the_status(code: str, kind: type[e.CloudError], status: int) -> None:
    error = ours(client_error(status, code))
    assert type(error) is kind
    assert (error.provider_code, error.message, error.request_id, error.http_status) == (
        code,
        "words",
        "R",
        status,
    )


def test_every_hint_is_of_a_code_that_is_known() -> None:
    assert set(COMMON_HINTS) <= set(COMMON)


def test_a_service_adds_codes_endings_hints_and_what_may_be_repeated() -> None:
    odd = ours(client_error(409, "Odd"))
    assert (type(odd), odd.hint, odd.retryable, odd.request_sent) == (
        e.ConflictError,
        "do something",
        True,
        False,
    )
    assert type(ours(client_error(400, "InvalidThing.NotFound"))) is e.NotFoundError
    assert type(ours(client_error(418, "Tea"))) is e.UnknownServiceError
    assert type(ours(client_error(404, "Unheard"))) is e.NotFoundError


@pytest.mark.parametrize(
    ("spelled", "code"), [("ns#Odd", "Odd"), ("Odd:http://internal.amazon.com/", "Odd"), ("503", None)]
)
def test_a_code_is_read_without_what_is_around_it(spelled: str, code: str | None) -> None:
    error = ours(client_error(503, spelled))
    assert error.provider_code == code
    assert type(error) is (e.ConflictError if code else e.ServiceUnavailableError)


def test_retry_after_is_read() -> None:
    error = ours(client_error(400, "Throttling", **{"retry-after": "4"}))
    assert (type(error), error.retryable, error.retry_after) == (e.RateLimitedError, True, 4.0)


@pytest.mark.parametrize(
    ("exc", "sent"),
    [
        (bc.EndpointConnectionError(endpoint_url="http://x"), False),
        (bc.ConnectTimeoutError(endpoint_url="http://x"), False),
        (bc.ProxyConnectionError(proxy_url="http://x"), False),
        (bc.ConnectionClosedError(endpoint_url="http://x"), True),
        (bc.ReadTimeoutError(endpoint_url="http://x"), True),
        (ResponseParserError("bad XML"), True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_never_left_this_machine_may_go_again(exc: Exception, sent: bool) -> None:
    error = ours(exc)
    assert error.retryable
    assert error.request_sent is sent


def test_a_bug_is_nobody_s_and_passes() -> None:
    assert translate(ValueError("mine"), TABLE) is None
    assert translate(bc.UndefinedModelAttributeError("m"), TABLE) is None


# -- calls -----------------------------------------------------------------------------------------------------
def test_a_call_is_signed_counted_and_told(server: ScriptedServer) -> None:
    server.add(ScriptedResponse(status=200, body=ANSWER))
    with client(server) as small:
        assert small.account() == "123"
        assert small.metrics.snapshot().requests == 1
    assert "AWS4-HMAC-SHA256" in str(server.requests[0].header("authorization"))
    assert "/eu-west-1/ec2/" in str(server.requests[0].header("authorization"))


def test_botocore_does_not_retry_and_the_runtime_does(server: ScriptedServer) -> None:
    server.add(
        ScriptedResponse(status=503), ScriptedResponse(status=503), ScriptedResponse(status=200, body=ANSWER)
    )
    with client(server) as small, pytest.raises(e.ServiceUnavailableError):
        small.account()
    assert len(server.requests) == 1
    with client(server, retry=RetryPolicy(base_seconds=0.0)) as small:
        assert small.account() == "123"
        assert small.metrics.snapshot().retries == 1


@pytest.mark.parametrize("page", [b"<html><body>Log in first</body></html>", b"Log in first", b""])
def test_a_page_of_somebody_else_is_never_an_empty_answer(server: ScriptedServer, page: bytes) -> None:
    server.add(ScriptedResponse(status=200, body=page), ScriptedResponse(status=200, body=page))
    with client(server) as small:
        with pytest.raises(e.ServiceUnavailableError):
            small.account()
        with pytest.raises(e.OutcomeUnknownError):
            small.account(idempotent=False)


def test_no_listener_is_retried_also_for_what_must_not_be_doubled() -> None:
    policy = RetryPolicy(max_attempts=3, base_seconds=0.0)
    with ScriptedServer() as gone:
        url = gone.url
    with (
        SmallClient(KEYS, region="eu-west-1", endpoint_url=url, retry=policy) as small,
        pytest.raises(e.ServiceUnavailableError) as failed,
    ):
        small.account(idempotent=False)
    assert len(failed.value.attempts) == 3


# -- regions and credentials -------------------------------------------------------------------------------------
def region_of(**options: Any) -> str:
    arguments = {"credentials": None, "region": None, "endpoint_url": None, "profile": None, "timeout": None}
    return AwsSession("ec2", **(arguments | options)).region()


def test_where_the_region_comes_from(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(e.ConfigurationError, match="no AWS region"):
        region_of()
    (tmp_path / "config").write_text("[default]\nregion = ca-central-1\n[profile far]\nregion = ap-east-1\n")
    assert region_of() == "ca-central-1"
    assert region_of(profile="far") == "ap-east-1"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-2")
    assert region_of() == "us-east-2"
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    assert region_of() == "us-west-2"
    own = CloudCredentials(CloudProvider.AWS, access_key="a" * 20, secret_key="s", region="eu-north-1")
    assert region_of(credentials=own) == "eu-north-1"
    assert region_of(credentials=own, region="eu-west-3") == "eu-west-3"


def test_a_profile_that_is_not_there_is_an_error_of_the_settings() -> None:
    small = SmallClient(profile="nope", region="eu-west-1", retry=ONCE)
    with pytest.raises(e.ConfigurationError, match="nope"):
        small.account()


def test_no_credentials_is_said(server: ScriptedServer) -> None:
    with client(server, credentials=None) as small, pytest.raises(e.AuthenticationError):
        small.account()
    assert server.requests == ()


def test_credentials_that_have_ended_send_nothing(server: ScriptedServer) -> None:
    ended = CloudCredentials(
        CloudProvider.AWS,
        access_key="a" * 20,
        secret_key="s",
        expires_at=datetime.now(timezone.utc) - timedelta(seconds=1),
    )
    with client(server, credentials=ended) as small, pytest.raises(e.AuthenticationError, match="expired"):
        small.account()
    assert server.requests == ()


def test_from_env_wants_keys(monkeypatch: pytest.MonkeyPatch, server: ScriptedServer) -> None:
    with pytest.raises(e.ConfigurationError, match="AWS_ACCESS_KEY_ID"):
        SmallClient.from_env()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT00000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    server.add(ScriptedResponse(status=200, body=ANSWER))
    with SmallClient.from_env(region="eu-west-1", endpoint_url=server.url) as small:
        assert small.account() == "123"
        assert small.region == "eu-west-1"
    assert "AKIAENVIRONMENT00000" in str(server.requests[0].header("authorization"))


# -- the client itself -------------------------------------------------------------------------------------------
def test_a_pickle_holds_no_secret_and_finds_its_own_again(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_SECRET", "from-the-environment")
    credentials = CloudCredentials(
        CloudProvider.AWS, access_key="a" * 20, secret_key=Secret.from_env("SOME_SECRET")
    )
    server.add(ScriptedResponse(status=200, body=ANSWER))
    with client(server, credentials=credentials) as small:
        pickled = pickle.dumps(small)
    assert b"from-the-environment" not in pickled
    with pickle.loads(pickled) as copy:  # noqa: S301  # the test's own pickle
        assert copy.account() == "123"


def test_no_error_shows_the_secret(server: ScriptedServer) -> None:
    body = (
        b"<R><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors><RequestID>R</RequestID></R>"
    )
    server.add(ScriptedResponse(status=403, body=body))
    with client(server) as small, pytest.raises(e.PermissionDeniedError) as failed:
        small.account()
    shown = "".join(traceback.TracebackException.from_exception(failed.value, capture_locals=True).format())
    assert "the-secret-key" not in shown
    assert "the-secret-key" not in repr(vars(small)) + repr(failed.value.to_dict())


def test_clients_are_made_once_for_each_region_and_anew_after_close(server: ScriptedServer) -> None:
    with client(server) as small:
        first = small.native
        assert small.native is first
        assert small._aws.client("eu-west-1") is first
        assert small._aws.client("eu-west-2").meta.region_name == "eu-west-2"
        small.close()
        assert small.native is not first


def test_a_forked_child_has_clients_of_its_own(server: ScriptedServer) -> None:
    server.add(ScriptedResponse(status=200, body=ANSWER), ScriptedResponse(status=200, body=ANSWER))
    with client(server) as small:
        assert small.account() == "123"
        before = small.native
        child = os.fork()
        if child == 0:
            os._exit(0 if small.native is not before and small.account() == "123" else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert small.native is before
