"""OpenStack Swift as the kit asks for it: its client, its identities, and what it gets wrong itself."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

import pytest

from cloud.common import CloudCredentials, CloudProvider, Secret
from cloud.infomaniak import InfomaniakObjectStorageClient, SwiftOptions
from cloud.testing import StorageHarness
from servers._models import Identity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servers.swift import SwiftServer

_SECRET_VARIABLE = "CLOUD_CONFORMANCE_SWIFT_SECRET"  # its name
_URL_KEY_VARIABLE = "CLOUD_CONFORMANCE_TEMPURL_KEY"  # likewise

POSSIBLE_BUCKETS: Final = frozenset({"space", "not ASCII"})
"""Names that other stores refuse and Swift does not: its customers have such containers."""


def client_of(
    server: SwiftServer,
    identity: Identity,
    password: Secret | None = None,
    *,
    url_key: Secret | None = None,
    expires_at: datetime | None = None,
) -> InfomaniakObjectStorageClient:
    """Return a client of `identity` that logs in by version 1 authentication."""
    credentials = CloudCredentials(
        CloudProvider.INFOMANIAK,
        username=identity.access_key,
        password=password or identity.secret_key,
        auth_url=server.auth_url,
        expires_at=expires_at,
    )
    return InfomaniakObjectStorageClient(credentials, options=SwiftOptions(temp_url_key=url_key))


class SwiftHarness(StorageHarness):
    """A Swift that checks who asks and what they may."""

    def __init__(self, client: InfomaniakObjectStorageClient, server: SwiftServer, url_key: str) -> None:
        super().__init__(client)
        self._swift = client
        self._server = server
        self.secrets = (server.admin.secret_key, url_key)

    def with_wrong_secret(self) -> InfomaniakObjectStorageClient:
        return client_of(self._server, replace(self._server.admin, secret_key=secrets.token_hex(20)))

    def with_unknown_identity(self) -> InfomaniakObjectStorageClient:
        return client_of(self._server, Identity("test:nobody", secrets.token_hex(20)))

    def with_read_only_identity(self) -> InfomaniakObjectStorageClient:
        assert self._server.read_only is not None
        return client_of(self._server, self._server.read_only)

    def with_expired_credentials(self) -> InfomaniakObjectStorageClient:
        ended = datetime.now(timezone.utc) - timedelta(seconds=1)
        return client_of(self._server, self._server.admin, expires_at=ended)

    def keep_versions(self, bucket: str) -> None:
        self._swift.set_bucket_versioning(bucket, enabled=True)


@contextmanager
def swift_client(server: SwiftServer, url_key: str) -> Iterator[InfomaniakObjectStorageClient]:
    """Give a client of the server's admin whose secrets are in the environment, so that it can be pickled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(_SECRET_VARIABLE, server.admin.secret_key)
        patch.setenv(_URL_KEY_VARIABLE, url_key)
        password, key = Secret.from_env(_SECRET_VARIABLE), Secret.from_env(_URL_KEY_VARIABLE)
        with client_of(server, server.admin, password, url_key=key) as client:
            client.set_temp_url_key(key=url_key)
            yield client
