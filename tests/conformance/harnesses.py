"""What the kit may ask of the stores that this project tests."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from cloud.common import CloudCredentials, Secret
from cloud.testing import StorageHarness
from servers._models import new_identity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud.aws import S3Client
    from cloud.common import BaseStorageClient
    from cloud.infomaniak import InfomaniakS3Client
    from servers._models import Identity, Server

    AnyS3Client = S3Client | InfomaniakS3Client

_C = TypeVar("_C", "S3Client", "InfomaniakS3Client")
_SECRET_VARIABLE = "CLOUD_CONFORMANCE_SECRET"  # its name


class LocalHarness(StorageHarness):
    """A store in this process: nobody is asked who they are, and nothing is a request."""

    makes_requests = False
    authenticates = False
    authorizes = False
    expires = False
    is_cheap = True


class OpenS3Harness(StorageHarness):
    """An S3 server that believes everybody.

    Args:
        client: the client under test, of the server's admin.
        server: where it runs and who it knows.
        service: the client's service profile.
        is_cheap: whether a thousand requests take a few seconds at most.
    """

    authenticates = False
    authorizes = False

    def __init__(
        self, client: AnyS3Client, server: Server, *, service: str | None = None, is_cheap: bool = False
    ) -> None:
        super().__init__(client)
        self._s3 = client
        self._server = server
        self._service = service
        self.is_cheap = is_cheap
        self.secrets = (server.admin.secret_key,)

    def _with(self, identity: Identity, *, expires_at: datetime | None = None) -> AnyS3Client:
        credentials = CloudCredentials(
            self._s3.provider,
            access_key=identity.access_key,
            secret_key=identity.secret_key,
            region=self._server.region,
            expires_at=expires_at,
        )
        return type(self._s3)(credentials, endpoint_url=self._server.endpoint_url, service=self._service)

    def with_expired_credentials(self) -> AnyS3Client:
        return self._with(self._server.admin, expires_at=datetime.now(timezone.utc) - timedelta(seconds=1))

    def keep_versions(self, bucket: str) -> None:
        self._s3.set_bucket_versioning(bucket, enabled=True)


class S3Harness(OpenS3Harness):
    """An S3 server that checks who asks, and what they may where it knows somebody who may only read."""

    authenticates = True

    def __init__(self, client: AnyS3Client, server: Server, **further: Any) -> None:
        super().__init__(client, server, **further)
        self.authorizes = server.read_only is not None

    def with_wrong_secret(self) -> AnyS3Client:
        return self._with(replace(self._server.admin, secret_key=new_identity().secret_key))

    def with_unknown_identity(self) -> AnyS3Client:
        return self._with(new_identity())

    def with_read_only_identity(self) -> BaseStorageClient:
        if self._server.read_only is None:
            return super().with_read_only_identity()
        return self._with(self._server.read_only)


@contextmanager
def s3_client(kind: type[_C], server: Server, *, service: str | None = None) -> Iterator[_C]:
    """Give a client of the server's admin whose secret is in the environment, so that it can be pickled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(_SECRET_VARIABLE, server.admin.secret_key)
        credentials = CloudCredentials(
            kind.provider,
            access_key=server.admin.access_key,
            secret_key=Secret.from_env(_SECRET_VARIABLE),
            region=server.region,
        )
        with kind(credentials, endpoint_url=server.endpoint_url, service=service) as client:
            yield client
