"""The kit on EC2Client against moto, with signatures and policies checked."""

from __future__ import annotations

import http.client
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from cloud.aws import EC2Client
from cloud.common import CloudCredentials, CloudProvider, RetryPolicy, Secret
from cloud.testing import ComputeConformance, ComputeHarness, ScriptedResponse, ScriptedServer
from servers._models import new_identity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud.testing import RecordedRequest
    from servers._models import Identity, Server

_SECRET_VARIABLE = "CLOUD_CONFORMANCE_SECRET"  # its name
_NO_TOKENS = "moto makes a second instance for a second RunInstances of one ClientToken"
_ANYTHING = "moto starts instances of images, types and key pairs that are not there"


class TokenKeeper:
    """A hop before moto that does what EC2 does and moto does not: one ClientToken makes one instance.

    https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html

    The answer to the first RunInstances is lost on the way back.
    """

    def __init__(self, upstream: str) -> None:
        self._upstream = urlsplit(upstream).netloc
        self._made: dict[str, ScriptedResponse] = {}
        self._lock = threading.Lock()

    def __call__(self, request: RecordedRequest) -> ScriptedResponse:
        """Return moto's answer, or the one that it gave before for this token."""
        form = parse_qs(request.body.decode())
        if form["Action"] != ["RunInstances"]:
            return self._forward(request)
        (token,) = form["ClientToken"]
        with self._lock:
            if token in self._made:
                return self._made[token]
            self._made[token] = self._forward(request)
            return ScriptedResponse(raw=b"", close="rst")

    def _forward(self, request: RecordedRequest) -> ScriptedResponse:
        connection = http.client.HTTPConnection(self._upstream, timeout=30)
        try:
            connection.request(request.method, request.path, request.body, dict(request.headers))
            answer = connection.getresponse()
            return ScriptedResponse(status=answer.status, body=answer.read())
        finally:
            connection.close()


class EC2Harness(ComputeHarness):
    """A moto that checks who asks.

    Args:
        client: the client under test, of the server's admin.
        server: where it runs and who it knows.
        image_id: one of moto's own images.
    """

    instance_type = "t3.micro"
    other_instance_type = "t3.small"
    missing_id = "i-0123456789abcdef0"
    missing_image_id = "ami-0123456789abcdef0"
    native_filters = {"instance-type": ["t3.small"]}  # noqa: RUF012  # read only
    poll_seconds = 0.05
    deadline_seconds = 10.0

    def __init__(self, client: EC2Client, server: Server, image_id: str) -> None:
        super().__init__(client)
        self._server = server
        self.image_id = image_id
        self.secrets = (server.admin.secret_key,)

    def _with(
        self, identity: Identity, *, endpoint_url: str | None = None, expires_at: datetime | None = None
    ) -> EC2Client:
        credentials = CloudCredentials(
            CloudProvider.AWS,
            access_key=identity.access_key,
            secret_key=identity.secret_key,
            region=self._server.region,
            expires_at=expires_at,
        )
        return EC2Client(
            credentials,
            endpoint_url=endpoint_url or self._server.endpoint_url,
            retry=RetryPolicy(base_seconds=0.0),
        )

    def with_wrong_secret(self) -> EC2Client:
        return self._with(replace(self._server.admin, secret_key=new_identity().secret_key))

    def with_unknown_identity(self) -> EC2Client:
        return self._with(new_identity())

    def with_read_only_identity(self) -> EC2Client:
        assert self._server.read_only is not None
        return self._with(self._server.read_only)

    def with_expired_credentials(self) -> EC2Client:
        return self._with(self._server.admin, expires_at=datetime.now(timezone.utc) - timedelta(seconds=1))

    @contextmanager
    def losing_create(self) -> Iterator[EC2Client]:
        with (
            ScriptedServer(otherwise=TokenKeeper(self._server.endpoint_url)) as hop,
            self._with(self._server.admin, endpoint_url=hop.url) as client,
        ):
            yield client


@pytest.fixture(scope="module")
def client(moto_auth_server: Server) -> Iterator[EC2Client]:
    with pytest.MonkeyPatch.context() as patch:
        # A reference, so that the client can be pickled.
        patch.setenv(_SECRET_VARIABLE, moto_auth_server.admin.secret_key)
        credentials = CloudCredentials(
            CloudProvider.AWS,
            access_key=moto_auth_server.admin.access_key,
            secret_key=Secret.from_env(_SECRET_VARIABLE),
            region=moto_auth_server.region,
        )
        with EC2Client(credentials, endpoint_url=moto_auth_server.endpoint_url) as client:
            yield client


@pytest.fixture(scope="module")
def image_id(client: EC2Client) -> str:
    image = client.iter_images(owned=False, limit=1).first()
    assert image is not None
    return image.id


class TestEC2Moto(ComputeConformance):
    title = "EC2Client on moto"
    deviations = {  # noqa: RUF012  # read only
        "test_token_makes_one": _NO_TOKENS,
        "test_unknown_image_makes_nothing": _ANYTHING,
        "test_unknown_key_pair_makes_nothing": _ANYTHING,
        "test_unknown_type_makes_nothing": _ANYTHING,
    }

    @pytest.fixture
    def harness(self, client: EC2Client, moto_auth_server: Server, image_id: str) -> EC2Harness:
        return EC2Harness(client, moto_auth_server, image_id)
