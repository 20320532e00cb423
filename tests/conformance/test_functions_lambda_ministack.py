"""The kit of functions on LambdaClient against ministack, which runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pytest

from cloud.aws import LambdaClient, LambdaOptions
from cloud.common import CloudCredentials, CloudProvider, Secret
from cloud.testing import ServerlessConformance, ServerlessHarness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud.common import BaseServerlessClient
    from servers import Server

_SECRET_VARIABLE = "CLOUD_CONFORMANCE_SECRET"  # its name
_OBJECTS_ONLY = "writes into the event, so that it must be an object"
_NO_QUOTES = "writes text without the quotes of JSON"
ROLE = "arn:aws:iam::000000000000:role/functions"


@pytest.fixture(scope="module")
def client(ministack_server: Server) -> Iterator[LambdaClient]:
    admin = ministack_server.admin
    credentials = CloudCredentials(
        provider=CloudProvider.AWS,
        access_key=admin.access_key,
        secret_key=Secret.from_env(_SECRET_VARIABLE, value=admin.secret_key),
    )
    with LambdaClient(
        credentials,
        region=ministack_server.region,
        endpoint_url=ministack_server.endpoint_url,
        options=LambdaOptions(role=ROLE),
    ) as client:
        yield client


class MinistackHarness(ServerlessHarness):
    """A Lambda that believes everybody and runs functions in its own Python, whatever their runtime says."""

    runtime = "python3.12"

    def __init__(self, client: LambdaClient, server: Server) -> None:
        super().__init__(client)
        self.secrets = [server.admin.secret_key]

    def unpickled(self, data: bytes) -> BaseServerlessClient:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(_SECRET_VARIABLE, self.secrets[0])
            copy = super().unpickled(data)
            copy.list_functions()  # reads the secret while it is there
            return copy


class TestLambdaMinistack(ServerlessConformance):
    title = "LambdaClient on ministack"
    deviations: ClassVar[dict[str, str]] = {
        **{
            f"test_event_comes_back_unchanged[{kind}]": _OBJECTS_ONLY
            for kind in ("list", "text", "number", "null")
        },
        "test_idempotency_key_reaches_the_function": "gives the function no client context",
        "test_functions_error_names_its_class": "names every class of exception Runtime.HandlerError",
        **{f"test_result_of_every_kind_comes_back[{kind}]": _NO_QUOTES for kind in ("text", "empty text")},
    }

    @pytest.fixture
    def harness(self, client: LambdaClient, ministack_server: Server) -> MinistackHarness:
        return MinistackHarness(client, ministack_server)
