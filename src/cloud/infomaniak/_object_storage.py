"""Infomaniak's object storage over its own protocol, OpenStack Swift, at pub1 (dc3-a) and pub2 (dc4-a)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cloud._dialects._settings import timeouts_of
from cloud._dialects.swift._containers import SwiftStorageClient
from cloud.common.credentials import CloudCredentials
from cloud.common.enums import CloudProvider
from cloud.common.errors import ConfigurationError
from cloud.infomaniak._connection import EXTRA, OpenStackConnection

if TYPE_CHECKING:
    from typing_extensions import Self

    from cloud._dialects.swift._options import SwiftOptions
    from cloud._dialects.swift._setup import Connection
    from cloud.common._redact import Secret


class InfomaniakObjectStorageClient(SwiftStorageClient):
    """Infomaniak Public Cloud's object storage, or any OpenStack Swift. A `bucket` is a container.

    Making one sends nothing and loads no SDK. Safe between threads and after a fork. Tokens are renewed
    before they end, and once when the service refuses one, also in the middle of a large upload.

    Args:
        credentials: an application credential (https://docs.infomaniak.cloud/identity/applications_credentials/);
            or user and password, with a Keystone as `auth_url` or one of version 1
            (``http://host/auth/v1.0``); or a token, with the account's URL as `endpoint_url`. Otherwise
            INFOMANIAK_APP_CREDENTIAL_ID and INFOMANIAK_APP_CREDENTIAL_SECRET, then OS_*, then clouds.yaml.
        region: ``dc3-a`` (the default) or ``dc4-a``; of another OpenStack, its own name.
        endpoint_url: URL of the account, such as ``https://host/v1/AUTH_a``, instead of the login's own.
        profile: name of a cloud in clouds.yaml.
        timeout: seconds without progress before a call fails, or (connect, read); 10 and 60 by default.
        retry, limits, observers: see `cloud.common`.
        transfer: part size, workers and threshold of large bodies.
        options: what only Swift clients can be told.
    """

    provider = CloudProvider.INFOMANIAK
    extra = EXTRA

    @classmethod
    def _default_credentials(cls) -> CloudCredentials | None:
        found = CloudCredentials.from_env_if_set(CloudProvider.INFOMANIAK)
        if found is None or not (found.application_credential_id or found.username):
            return None  # nothing, or the keys of S3 or the newsletter: OS_CLOUD, clouds.yaml
        return found

    def _connect(
        self,
        credentials: CloudCredentials | None,
        profile: str | None,
        region: str | None,
        options: SwiftOptions,
    ) -> Connection:
        return OpenStackConnection(
            credentials,
            profile=profile,
            region=region,
            timeout_seconds=timeouts_of(self._arguments["timeout"]).read,
            ca_bundle=options.ca_bundle,
            verify=options.verify,
            storage_url=self._arguments["endpoint_url"],
        )

    @classmethod
    def from_env(cls, *, region: str | None = None, endpoint_url: str | None = None) -> Self:
        """Return a client of the credentials in INFOMANIAK_* and OS_*.

        Raises:
            ConfigurationError: they are not set.
        """
        credentials = cls._default_credentials()
        if credentials is None and not os.environ.get("OS_CLOUD"):
            raise ConfigurationError(
                "no OpenStack credentials in the environment",
                hint="set INFOMANIAK_APP_CREDENTIAL_ID and INFOMANIAK_APP_CREDENTIAL_SECRET, or OS_CLOUD",
            )
        return cls(credentials, region=region, endpoint_url=endpoint_url)

    @classmethod
    def from_credentials(
        cls,
        application_credential_id: str,
        application_credential_secret: str | Secret,
        auth_url: str | None = None,
        region: str | None = None,
    ) -> Self:
        """Return a client of an application credential."""
        credentials = CloudCredentials(
            CloudProvider.INFOMANIAK,
            application_credential_id=application_credential_id,
            application_credential_secret=application_credential_secret,
            auth_url=auth_url,
            region=region,
        )
        return cls(credentials)

    @classmethod
    def from_cloud(cls, name: str, *, region: str | None = None) -> Self:
        """Return a client of the cloud called `name` in clouds.yaml.

        https://docs.openstack.org/openstacksdk/latest/user/config/configuration.html
        """
        return cls(profile=name, region=region)
