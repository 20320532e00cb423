"""How to log in to Infomaniak's OpenStack, in one call."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from cloud.common.credentials import CloudCredentials
from cloud.common.enums import CloudProvider
from cloud.common.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from typing_extensions import Self

    from cloud.common._redact import Secret


class InfomaniakCredentials(CloudCredentials):
    """A login to one OpenStack project: an application credential, or user and password.

    ``InfomaniakCredentials("id", "secret")`` is all that an application credential needs: it belongs to one
    project (https://docs.infomaniak.cloud/identity/applications_credentials/). The region decides which Keystone
    is asked: ``dc3-a`` (pub1, the default) or ``dc4-a`` (pub2).

    Args:
        application_credential_id: its id.
        application_credential_secret: its secret, or a reference to it (`Secret.from_env`, `Secret.from_file`).
        username, password: instead of an application credential; they need a project, too.
        project_id, project: the project's id or name (``PCP-XXXXXX``).
        domain: domain of user and project; ``Default`` at Infomaniak.
        auth_url: Keystone of another OpenStack.
        region: ``dc3-a``, ``dc4-a``, or another OpenStack's own name.
        profile: a name in clouds.yaml, instead of all of these.
        expires_at: when the application credential ends.
        source: where they came from.

    Raises:
        ConfigurationError: half of a pair is missing, or nothing to log in with is given.
    """

    def __init__(
        self,
        application_credential_id: str | None = None,
        application_credential_secret: str | Secret | None = None,
        *,
        username: str | None = None,
        password: str | Secret | None = None,
        project_id: str | None = None,
        project: str | None = None,
        domain: str | None = None,
        auth_url: str | None = None,
        region: str | None = None,
        profile: str | None = None,
        expires_at: datetime | None = None,
        source: str = "explicit",
    ) -> None:
        super().__init__(
            CloudProvider.INFOMANIAK,
            application_credential_id=application_credential_id,
            application_credential_secret=application_credential_secret,
            username=username,
            password=password,
            project_id=project_id,
            project=project,
            domain=domain,
            auth_url=auth_url,
            region=region,
            profile=profile,
            expires_at=expires_at,
            source=source,
        )
        if not (self.application_credential_id or self.username or self.profile):
            raise ConfigurationError(
                "nothing to log in with",
                hint="give an application credential, user and password, or the name of a cloud in clouds.yaml",
            )

    @classmethod
    def from_env(
        cls,
        provider: CloudProvider = CloudProvider.INFOMANIAK,
        environ: Mapping[str, str] | None = None,
    ) -> Self:
        """Return the login in INFOMANIAK_APP_CREDENTIAL_*, OS_APPLICATION_CREDENTIAL_*, OS_USERNAME or OS_CLOUD.

        Raises:
            ConfigurationError: there is none.
        """
        environ = os.environ if environ is None else environ
        found = CloudCredentials.from_env_if_set(provider, environ)
        names = (
            "application_credential_id", "application_credential_secret", "username", "password", "project_id",
            "project", "domain", "auth_url", "region", "profile",
        )  # fmt: skip  # a list of names
        values: dict[str, Any] = {} if found is None else {name: getattr(found, name) for name in names}
        if not any(values.get(name) for name in ("application_credential_id", "username", "profile")):
            raise ConfigurationError(
                "no OpenStack login in the environment",
                hint="set INFOMANIAK_APP_CREDENTIAL_ID and INFOMANIAK_APP_CREDENTIAL_SECRET, or OS_CLOUD",
            )
        return cls(**values, source="environment")

    @classmethod
    def from_cloud(cls, name: str, *, region: str | None = None) -> Self:
        """Return the login that is called `name` in clouds.yaml."""
        return cls(profile=name, region=region, source=f"clouds.yaml {name}")
