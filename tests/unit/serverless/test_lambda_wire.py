"""LambdaClient on a scripted server: what is sent, how often, and what is made of odd answers."""

from __future__ import annotations

import base64
import json
import pickle
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from cloud.aws import LambdaClient, LambdaOptions
from cloud.common import CloudCredentials, CloudProvider, FunctionState, RetryPolicy
from cloud.common import errors as e
from cloud.testing import ScriptedResponse, ScriptedServer

if TYPE_CHECKING:
    from pathlib import Path

ROLE = "arn:aws:iam::000000000000:role/r"
SECRET = "the-secret-key-of-the-tests"
KEYS = CloudCredentials(CloudProvider.AWS, access_key="AKIAEXAMPLE000000000", secret_key=SECRET)
IDS = (("x-amzn-RequestId", "R-1"), ("Content-Type", "application/json"))


def _at_once(ceiling: float) -> float:
    return 0.0 * ceiling


def client(server: ScriptedServer, **options: Any) -> LambdaClient:
    return LambdaClient(
        KEYS,
        region="us-east-1",
        endpoint_url=server.url,
        retry=RetryPolicy(jitter=_at_once),
        role=ROLE,
        **options,
    )


def answer(
    value: Any = None, *, status: int = 200, headers: tuple[tuple[str, str], ...] = ()
) -> ScriptedResponse:
    body = b"" if value is None else json.dumps(value).encode()
    return ScriptedResponse(status=status, headers=(*IDS, *headers), body=body)


def failure(status: int, code: str) -> ScriptedResponse:
    return answer({"Message": "words"}, status=status, headers=(("x-amzn-ErrorType", code),))


CUT = ScriptedResponse(raw=b"", close="rst")
HALF = ScriptedResponse(headers=(*IDS, ("Content-Length", "100")), body=b'{"a":', close="fin")
CONFIGURATION = {
    "FunctionName": "f",
    "Runtime": "python3.12",
    "Handler": "a.b",
    "State": "Active",
    "Version": "$LATEST",
}


# -- once ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "lost", [CUT, HALF, failure(502, "Gateway"), failure(504, "Gateway")], ids=["cut", "half", "502", "504"]
)
def test_invocation_whose_answer_is_lost_is_sent_once(lost: ScriptedResponse) -> None:
    with ScriptedServer(lost) as server, client(server) as functions:
        with pytest.raises(e.OutcomeUnknownError):
            functions.invoke_function("f", {})
        assert len(server.requests) == 1


@pytest.mark.parametrize("lost", [CUT, HALF], ids=["cut", "half"])
def test_invocation_with_a_key_is_sent_again(lost: ScriptedResponse) -> None:
    with ScriptedServer(lost, answer({"x": 1})) as server, client(server) as functions:
        assert functions.invoke_function("f", {}, idempotency_key="k-1") == {"x": 1}
        contexts = [request.header("x-amz-client-context") for request in server.requests]
        assert [json.loads(base64.b64decode(text or "")) for text in contexts] == [
            {"custom": {"idempotency_key": "k-1"}}
        ] * 2


@pytest.mark.parametrize("lost", [CUT, failure(504, "Gateway")], ids=["cut", "504"])
def test_asynchronous_invocation_is_sent_once(lost: ScriptedResponse) -> None:
    with ScriptedServer(lost) as server, client(server) as functions:
        with pytest.raises(e.OutcomeUnknownError):
            functions.invoke_async("f", {})
        assert len(server.requests) == 1


def test_refusals_that_started_nothing_are_tried_again() -> None:
    refused = [
        failure(429, "TooManyRequestsException"),
        failure(502, "EC2ThrottledException"),
        failure(502, "ENINotReadyException"),
    ]
    with ScriptedServer(*refused, answer(7)) as server, client(server) as functions:
        assert functions.invoke_function("f", {}) == 7
        assert len(server.requests) == 4


def test_failure_of_the_service_is_told_and_not_repeated() -> None:
    with ScriptedServer(failure(500, "ServiceException")) as server, client(server) as functions:
        with pytest.raises(e.ServiceUnavailableError) as caught:
            functions.invoke_function("f", {})
        assert len(server.requests) == 1
        assert caught.value.provider_code == "ServiceException"


def test_creation_is_sent_once(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("x = 1\n")
    with ScriptedServer(CUT) as server, client(server) as functions:
        with pytest.raises(e.OutcomeUnknownError):
            functions.create_function("f", "python3.12", "app.handler", tmp_path / "app.py")
        assert len(server.requests) == 1


def test_looking_is_repeated() -> None:
    with (
        ScriptedServer(CUT, failure(500, "ServiceException"), answer(CONFIGURATION)) as server,
        client(server) as functions,
    ):
        assert functions.get_function("f").name == "f"


def test_silent_service_ends_the_wait() -> None:
    import threading

    never = threading.Event()
    with ScriptedServer(ScriptedResponse(when=never)) as server:
        with (
            client(server, invoke_timeout_seconds=0.3, timeout=30) as functions,
            pytest.raises(e.OutcomeUnknownError),
        ):
            functions.invoke_function("f", {})
        never.set()


# -- what is sent -------------------------------------------------------------------------------------------
def test_invocation_on_the_wire() -> None:
    tail = base64.b64encode("line ☃\n".encode()).decode()
    told = answer({"y": "ü"}, headers=(("X-Amz-Log-Result", tail), ("X-Amz-Executed-Version", "3")))
    with ScriptedServer(told) as server, client(server) as functions:
        result = functions.invoke("f:live", {"x": "ü"})
        (request,) = server.requests
    assert (result.value, result.version, result.logs, result.request_id) == (
        {"y": "ü"},
        "3",
        "line ☃\n",
        "R-1",
    )
    assert request.path == "/2015-03-31/functions/f/invocations?Qualifier=live"
    assert json.loads(request.body) == {"x": "ü"}
    assert request.header("x-amz-invocation-type") == "RequestResponse"
    assert request.header("x-amz-client-context") is None


def test_functions_error_on_the_wire() -> None:
    body = {"errorMessage": "bad", "errorType": "ValueError", "stackTrace": ["  File a\n"]}
    tail = base64.b64encode(b"log").decode()
    told = answer(body, headers=(("X-Amz-Function-Error", "Unhandled"), ("X-Amz-Log-Result", tail)))
    with (
        ScriptedServer(told) as server,
        client(server) as functions,
        pytest.raises(e.FunctionError) as caught,
    ):
        functions.invoke_function("f", {})
    error = caught.value
    assert (error.error_type, error.message, error.stack_trace, error.logs) == (
        "ValueError",
        "bad",
        ("  File a\n",),
        "log",
    )
    assert error.request_id == "R-1"


def test_asynchronous_invocation_on_the_wire() -> None:
    with ScriptedServer(answer(status=202)) as server, client(server) as functions:
        assert functions.invoke_async("f", [1]) == "R-1"
        assert server.requests[0].header("x-amz-invocation-type") == "Event"


@pytest.mark.parametrize("status", [202, 204])
def test_success_that_was_not_asked_for_is_none(status: int) -> None:
    with ScriptedServer(answer(status=status)) as server, client(server) as functions:
        with pytest.raises(e.CloudError) as caught:
            functions.invoke_function("f", {})
        assert not isinstance(caught.value, e.FunctionError)
        assert len(server.requests) == 1


def test_page_of_a_portal_is_no_answer() -> None:
    page = ScriptedResponse(headers=(("Content-Type", "text/html"),), body=b"<html>Log in</html>")
    with ScriptedServer(page, otherwise=page) as server, client(server) as functions:
        for call in (
            functions.list_functions,
            lambda: functions.get_function("f"),
            lambda: functions.invoke_function("f", {}),
        ):
            with pytest.raises(e.CloudError):
                call()


def test_creation_on_the_wire(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("x = 1\n")
    options = LambdaOptions(
        layers=("arn:l:1",), architecture="arm64", ephemeral_storage_bytes=1 << 30, subnet_ids=("s",),
        security_group_ids=("g",), kms_key_arn="k",
    )  # fmt: skip  # a list of options
    with ScriptedServer(answer(CONFIGURATION, status=201)) as server, client(server) as functions:
        functions.create_function(
            "f", "python3.12", "app.handler", tmp_path / "app.py", environment={"A": "ü"}, memory_bytes=256 << 20,
            timeout_seconds=30, description="d", options=options, wait=False,
        )  # fmt: skip  # a list of arguments
        sent = json.loads(server.requests[0].body)
    assert base64.b64decode(sent.pop("Code")["ZipFile"])[:2] == b"PK"
    assert sent == {
        "FunctionName": "f", "Runtime": "python3.12", "Handler": "app.handler", "Description": "d", "Timeout": 30,
        "MemorySize": 256, "Environment": {"Variables": {"A": "ü"}}, "Role": ROLE, "Layers": ["arn:l:1"],
        "EphemeralStorage": {"Size": 1024}, "VpcConfig": {"SubnetIds": ["s"], "SecurityGroupIds": ["g"]},
        "KMSKeyArn": "k", "Architectures": ["arm64"],
    }  # fmt: skip  # as it is sent


def test_only_what_is_given_is_changed() -> None:
    script = [answer(CONFIGURATION), answer(CONFIGURATION), answer(CONFIGURATION)]
    with ScriptedServer(*script) as server, client(server) as functions:
        functions.update_function("f", timeout_seconds=9)
        assert json.loads(server.requests[1].body) == {"Timeout": 9}


def test_architecture_changes_with_code_only() -> None:
    present = {**CONFIGURATION, "Architectures": ["x86_64"]}
    with ScriptedServer(answer(present)) as server, client(server) as functions:
        with pytest.raises(e.InvalidRequestError, match="architecture"):
            functions.update_function("f", options=LambdaOptions(architecture="arm64"))
        assert len(server.requests) == 1


def test_options_that_are_there_are_not_sent() -> None:
    present = {**CONFIGURATION, "Layers": [{"Arn": "l"}], "Role": ROLE, "EphemeralStorage": {"Size": 512}}
    options = LambdaOptions(layers=("l",), role=ROLE, ephemeral_storage_bytes=512 << 20)
    with ScriptedServer(answer(present)) as server, client(server) as functions:
        functions.update_function("f", options=options)
        assert len(server.requests) == 1


# -- what is refused ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "settings",
    [
        {"memory_bytes": (128 << 20) + 1},
        {"timeout_seconds": 1.5},
        {"description": "x" * 257},
        {"options": LambdaOptions(architecture="sparc")},
        {"options": LambdaOptions(ephemeral_storage_bytes=1)},
        {"options": LambdaOptions(layers=["l"])},  # type: ignore[arg-type]  # that is the test
    ],
)
def test_settings_that_lambda_does_not_know_are_refused(settings: dict[str, Any]) -> None:
    with ScriptedServer() as server, client(server) as functions:
        with pytest.raises(e.InvalidRequestError):
            functions.update_function("f", **settings)
        assert server.requests == ()


@pytest.mark.parametrize(
    "name", ["f", "f:1", "f:live", "f:$LATEST", "arn:aws:lambda:us-east-1:123456789012:function:f:live"]
)
def test_names_with_versions_can_be_invoked_and_not_changed(name: str) -> None:
    with ScriptedServer(answer(1)) as server, client(server) as functions:
        assert functions.invoke_function(name, {}) == 1
        if name != "f":
            for call in (functions.delete_function, functions.update_function, functions.list_versions):
                with pytest.raises(e.InvalidRequestError):
                    call(name)


@pytest.mark.parametrize("name", ["f:", ":1", "f:1:2", "f:a b", "arn:aws:s3:::b", "f:$OTHER", "f\n"])
def test_odd_qualified_names_are_refused(name: str) -> None:
    with ScriptedServer() as server, client(server) as functions, pytest.raises(e.InvalidRequestError):
        functions.invoke_function(name, {})


@pytest.mark.parametrize("alias", ["7", "a b", "", "a:b"])
def test_odd_aliases_are_refused(alias: str) -> None:
    with ScriptedServer() as server, client(server) as functions:
        with pytest.raises(e.InvalidRequestError):
            functions.create_alias("f", alias, "1")
        with pytest.raises(e.InvalidRequestError):
            functions.create_alias("f", "live", "1", weights={"2": 1.5})


def test_client_that_waits_for_nothing_is_refused() -> None:
    with pytest.raises(e.InvalidRequestError):
        LambdaClient(region="r", invoke_timeout_seconds=0)
    with pytest.raises(e.InvalidRequestError):
        LambdaClient(region="r", options=LambdaOptions(architecture="sparc"))


def test_function_needs_a_role(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("x = 1\n")
    functions = LambdaClient(KEYS, region="r", endpoint_url="http://127.0.0.1:9")
    with pytest.raises(e.InvalidRequestError, match="role"):
        functions.create_function("f", "python3.12", "app.handler", tmp_path / "app.py")


# -- states -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("facts", "state", "raw"),
    [
        ({"State": "Active"}, FunctionState.ACTIVE, "Active"),
        ({"State": "Active", "LastUpdateStatus": "Successful"}, FunctionState.ACTIVE, "Active"),
        (
            {"State": "Active", "LastUpdateStatus": "InProgress"},
            FunctionState.UPDATING,
            "Active, update InProgress",
        ),
        (
            {
                "State": "Active",
                "LastUpdateStatus": "Failed",
                "LastUpdateStatusReasonCode": "EniLimitExceeded",
            },
            FunctionState.FAILED,
            "Active, update Failed EniLimitExceeded",
        ),
        ({"State": "Pending"}, FunctionState.PENDING, "Pending"),
        ({"State": "Failed", "StateReasonCode": "ImageDeleted"}, FunctionState.FAILED, "Failed ImageDeleted"),
        ({"State": "Deactivated"}, FunctionState.INACTIVE, "Deactivated"),
        ({"State": "Deleting"}, FunctionState.DELETING, "Deleting"),
        ({"State": "Hibernating"}, FunctionState.UNKNOWN, "Hibernating"),
        ({}, FunctionState.UNKNOWN, None),
    ],
)
def test_states(facts: dict[str, Any], state: FunctionState, raw: str | None) -> None:
    base = {name: value for name, value in CONFIGURATION.items() if name != "State"}
    with ScriptedServer(answer({**base, **facts})) as server, client(server) as functions:
        info = functions.get_function("f")
    assert (info.state, info.raw_state) == (state, raw)


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-01T12:00:00.123+0000",
        "2024-05-01T12:00:00.123Z",
        "2024-05-01T14:00:00.123+02:00",
        "2024-05-01T12:00:00.123000",
    ],
)
def test_times_are_aware(text: str) -> None:
    with (
        ScriptedServer(answer({**CONFIGURATION, "LastModified": text})) as server,
        client(server) as functions,
    ):
        found = functions.get_function("f").modified_at
    assert found is not None
    assert found.isoformat() == "2024-05-01T12:00:00.123000+00:00"


# -- secrets ------------------------------------------------------------------------------------------------
def test_environment_and_keys_are_shown_nowhere(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("x = 1\n")
    planted = "planted-in-the-environment"
    described = {**CONFIGURATION, "Environment": {"Variables": {"A": planted}}}
    with (
        ScriptedServer(answer(described), failure(400, "InvalidParameterValueException")) as server,
        client(server) as functions,
    ):
        info = functions.get_function("f")
        with pytest.raises(e.InvalidRequestError) as caught:
            functions.create_function(
                "f", "python3.12", "app.handler", tmp_path / "app.py", environment={"A": planted}
            )
        shown = [
            repr(functions),
            repr(info),
            str(info.to_dict()),
            repr(info.raw),
            pickle.dumps(info).decode("latin-1"),
        ]
        shown += [repr(caught.value), str(caught.value.to_dict()), pickle.dumps(functions).decode("latin-1")]
        frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        own = [line for line in frames.format() if "site-packages" not in line]
    for text in (*shown, *_of_this_library(own)):
        assert planted not in text
        assert SECRET not in text


def _of_this_library(frames: list[str]) -> list[str]:
    """Return the frames with their locals, but for this test's own and botocore's."""
    return [frame for frame in frames if "/src/cloud/" in frame]


# -- logs ---------------------------------------------------------------------------------------------------
def test_logs_come_from_the_functions_own_group_by_pages() -> None:
    described = {**CONFIGURATION, "LoggingConfig": {"LogGroup": "/own/group"}}
    event = {"logStreamName": "s", "timestamp": 1700000000123, "message": "same\n"}
    pages = [
        answer({"events": [{**event, "eventId": "1"}], "nextToken": "t"}),
        answer({"events": [], "nextToken": "u"}),
        answer({"events": [event, event]}),
    ]
    with ScriptedServer(answer(described), *pages) as server, client(server) as functions:
        found = list(functions.iter_logs("f"))
        sent = [json.loads(request.body) for request in server.requests[1:]]
    assert [each.message for each in found] == ["same"] * 3
    assert len({each.id for each in found}) == 3
    assert found[0].at.isoformat() == "2023-11-14T22:13:20.123000+00:00"
    assert [each["logGroupName"] for each in sent] == ["/own/group"] * 3
    assert [each.get("nextToken") for each in sent] == [None, "t", "u"]


def test_function_that_never_ran_has_no_group_and_that_is_no_failure() -> None:
    missing = answer({"__type": "ResourceNotFoundException", "message": "no group"}, status=400)
    with ScriptedServer(answer(CONFIGURATION), missing) as server, client(server) as functions:
        assert list(functions.iter_logs("f")) == []
        assert json.loads(server.requests[1].body)["logGroupName"] == "/aws/lambda/f"


def test_logs_that_may_not_be_read_are_an_error() -> None:
    denied = answer({"__type": "AccessDeniedException", "message": "no"}, status=400)
    with (
        ScriptedServer(answer(CONFIGURATION), denied) as server,
        client(server) as functions,
        pytest.raises(e.PermissionDeniedError),
    ):
        list(functions.iter_logs("f"))
