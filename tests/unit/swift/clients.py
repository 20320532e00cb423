"""Clients and addresses for the tests against a real Swift."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cloud.common import CloudCredentials, CloudProvider
from cloud.infomaniak import InfomaniakObjectStorageClient, SwiftOptions

if TYPE_CHECKING:
    from servers._models import Identity
    from servers.swift import SwiftServer


def client_of(identity: Identity, server: SwiftServer, **options: Any) -> InfomaniakObjectStorageClient:
    """Return a client of one of the server's users."""
    credentials = CloudCredentials(
        CloudProvider.INFOMANIAK,
        username=identity.access_key,
        password=identity.secret_key,
        auth_url=server.auth_url,
    )
    return InfomaniakObjectStorageClient(credentials, options=SwiftOptions(**options))


def account_url(server: SwiftServer, bucket: str) -> str:
    """Return the URL of a container, as anybody may ask for it."""
    return f"{server.storage_url}/{quote(bucket, safe='')}"
