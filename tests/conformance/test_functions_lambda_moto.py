"""The kit of functions on LambdaClient against moto's server, which keeps functions and does not run them."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

import boto3
import pytest

from cloud.aws import LambdaClient
from cloud.common import CloudCredentials, CloudProvider, Secret
from cloud.testing import ServerlessConformance, ServerlessHarness
from servers import moto_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud.common import BaseServerlessClient
    from servers import Server

_SECRET_VARIABLE = "CLOUD_CONFORMANCE_SECRET"  # its name

_NEED_A_RUN = (
    "test_event_comes_back_unchanged", "test_result_of_every_kind_comes_back",
    "test_environment_reaches_the_function", "test_context_tells_of_the_invocation",
    "test_idempotency_key_reaches_the_function", "test_result_has_the_log", "test_functions_error_is_raised",
    "test_functions_error_names_its_class", "test_function_goes_on_after_a_failure", "test_crash_is_an_error",
    "test_handler_that_cannot_be_loaded", "test_late_function_is_ended", "test_failures_are_counted",
    "test_new_code_is_what_runs", "test_code_and_settings_in_one_call", "test_packages_of_every_kind_run",
    "test_deploy_creates_then_updates_then_rests", "test_name_can_be_used_again", "test_threads_share_a_client",
)  # fmt: skip  # a list of names
_NEED_A_LOG = (
    "test_log_holds_what_was_printed", "test_log_is_in_order", "test_log_from_a_moment_on",
    "test_following_sees_what_comes", "test_invocation_that_nobody_waits_for_runs",
)  # fmt: skip  # a list of names
_MISSING = ("test_missing_function_is_not_found_by_every_call", "test_error_is_data")


def _use_no_docker(server: Server) -> None:
    """Let moto answer every invocation with its event instead of looking for Docker."""
    place = urlsplit(server.endpoint_url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=10)
    try:
        connection.request("POST", "/moto-api/config", json.dumps({"lambda": {"use_docker": False}}))
        assert connection.getresponse().status // 100 == 2
    finally:
        connection.close()


def _role(server: Server) -> str:
    iam = boto3.client(
        "iam",
        endpoint_url=server.endpoint_url,
        region_name=server.region,
        aws_access_key_id=server.admin.access_key,
        aws_secret_access_key=server.admin.secret_key,
    )
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    try:
        made = iam.create_role(RoleName="f", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
    finally:
        iam.close()
    return str(made["Role"]["Arn"])


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Yield a moto of its own: how it runs functions is a setting of the whole server."""
    with moto_server.run() as server:
        _use_no_docker(server)
        yield server


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[LambdaClient]:
    credentials = CloudCredentials(
        CloudProvider.AWS,
        access_key=server.admin.access_key,
        secret_key=Secret.from_env(_SECRET_VARIABLE, value=server.admin.secret_key),
    )
    with LambdaClient(
        credentials, region=server.region, endpoint_url=server.endpoint_url, role=_role(server)
    ) as client:
        yield client


class MotoHarness(ServerlessHarness):
    """A Lambda that believes everybody and answers with the event."""

    runtime = "python3.12"
    patience_seconds = 1.0

    def __init__(self, client: LambdaClient, server: Server) -> None:
        super().__init__(client)
        self.secrets = [server.admin.secret_key]

    def unpickled(self, data: bytes) -> BaseServerlessClient:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(_SECRET_VARIABLE, self.secrets[0])
            copy = super().unpickled(data)
            copy.list_functions()  # reads the secret while it is there
            return copy


class TestLambdaMoto(ServerlessConformance):
    title = "LambdaClient on moto"
    deviations: ClassVar[dict[str, str]] = {
        **dict.fromkeys(_NEED_A_RUN, "answers with the event: it does not run functions"),
        **dict.fromkeys(_NEED_A_LOG, "functions that do not run write no log"),
        **dict.fromkeys(_MISSING, "answers the invocation of a function that is not there, too"),
        "test_listing_spans_pages": "gives every function on the first page, whatever MaxItems says",
    }

    @pytest.fixture
    def harness(self, client: LambdaClient, server: Server) -> MotoHarness:
        return MotoHarness(client, server)
