"""What the kit may ask of the stores that this project tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from cloud.common.credentials import CloudCredentials
from cloud.testing import StorageHarness
from servers._models import Identity, new_identity

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud._dialects.s3._sdk import S3StorageClient
    from cloud.common.enums import CloudProvider
    from servers._models import Server


class LocalHarness(StorageHarness):
    """A store in this process: nobody is asked who they are, and nothing is a request."""

    makes_requests = False
    authenticates = False
    authorizes = False
    expires = False
    is_cheap = True


class S3Harness(StorageHarness):
    """An S3 server that checks who asks.

    Args:
        client: the client under test; its secret must be in the environment variable that `credentials` names.
        server: where it runs and who it knows.
        make: returns a client of other credentials.
    """

    def __init__(
        self,
        client: S3StorageClient,
        server: Server,
        make: Callable[[CloudCredentials], S3StorageClient],
    ) -> None:
        super().__init__(client)
        self._s3 = client
        self._server = server
        self._make = make
        self.secrets = (server.admin.secret_key,)

    def _with(self, identity: Identity, *, expires_at: datetime | None = None) -> S3StorageClient:
        return self._make(credentials(self._s3.provider, identity, expires_at=expires_at))

    def with_wrong_secret(self) -> S3StorageClient:
        return self._with(replace(self._server.admin, secret_key=new_identity().secret_key))

    def with_unknown_identity(self) -> S3StorageClient:
        return self._with(new_identity())

    def with_read_only_identity(self) -> S3StorageClient:
        assert self._server.read_only is not None
        return self._with(self._server.read_only)

    def with_expired_credentials(self) -> S3StorageClient:
        return self._with(
            self._server.admin, expires_at=datetime.now(timezone.utc) - timedelta(seconds=1)
        )

    def keep_versions(self, bucket: str) -> None:
        self._s3.set_bucket_versioning(bucket, enabled=True)


def credentials(
    provider: CloudProvider, identity: Identity, *, expires_at: datetime | None = None
) -> CloudCredentials:
    """Return explicit credentials of `identity`."""
    return CloudCredentials(
        provider,
        access_key=identity.access_key,
        secret_key=identity.secret_key,
        region="us-east-1",
        expires_at=expires_at,
    )
