"""Credentials of every provider: given explicitly, or read from the documented environment variables."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cloud.common._redact import Secret
from cloud.common.enums import CloudProvider
from cloud.common.errors import ConfigurationError
from cloud.common.models import utc

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

SECRET_FIELDS: Final = (
    "secret_key",
    "session_token",
    "token",
    "password",
    "account_key",
    "connection_string",
    "sas_token",
    "client_secret",
    "application_credential_secret",
)
"""The fields of `CloudCredentials` that are a `Secret`."""

# One of these makes credentials; a region or a project alone does not.
_LOGIN: Final = frozenset({*SECRET_FIELDS, "profile", "credentials_file"})

# field -> what it is worthless without
_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "access_key": ("secret_key",),
    "secret_key": ("access_key",),
    "session_token": ("access_key", "secret_key"),
    "username": ("password",),
    "password": ("username",),
    "account_key": ("account_name",),
    "client_secret": ("tenant_id", "client_id"),
    "application_credential_id": ("application_credential_secret",),
    "application_credential_secret": ("application_credential_id",),
}

# Families of variables, field -> variable. A family is taken as a whole, so that an id of one is never
# paired with a secret of another; of several families for one field the first that is set wins.
# AWS: https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html
# Google: https://cloud.google.com/docs/authentication/application-default-credentials
# Azure: https://learn.microsoft.com/cli/azure/storage#environment-variables and
#        https://learn.microsoft.com/python/api/azure-identity/azure.identity.environmentcredential
# OpenStack: https://docs.openstack.org/python-openstackclient/latest/cli/authentication.html
_ENVIRONMENT: Final[Mapping[CloudProvider, tuple[Mapping[str, str], ...]]] = {
    CloudProvider.AWS: (
        {
            "access_key": "AWS_ACCESS_KEY_ID",
            "secret_key": "AWS_SECRET_ACCESS_KEY",
            "session_token": "AWS_SESSION_TOKEN",
        },
        {"profile": "AWS_PROFILE"},
        {"region": "AWS_REGION"},
        {"region": "AWS_DEFAULT_REGION"},
    ),
    CloudProvider.GCP: (
        {"credentials_file": "GOOGLE_APPLICATION_CREDENTIALS"},
        {"project": "GOOGLE_CLOUD_PROJECT"},
        {"project": "GCLOUD_PROJECT"},
    ),
    CloudProvider.AZURE: (
        {"connection_string": "AZURE_STORAGE_CONNECTION_STRING"},
        {"account_name": "AZURE_STORAGE_ACCOUNT"},
        {"account_name": "AZURE_STORAGE_ACCOUNT_NAME"},
        {"account_key": "AZURE_STORAGE_KEY"},
        {"account_key": "AZURE_STORAGE_ACCOUNT_KEY"},
        {"sas_token": "AZURE_STORAGE_SAS_TOKEN"},
        {
            "tenant_id": "AZURE_TENANT_ID",
            "client_id": "AZURE_CLIENT_ID",
            "client_secret": "AZURE_CLIENT_SECRET",
        },
    ),
    CloudProvider.INFOMANIAK: (
        {"access_key": "INFOMANIAK_S3_ACCESS_KEY", "secret_key": "INFOMANIAK_S3_SECRET_KEY"},
        {
            "application_credential_id": "INFOMANIAK_APP_CREDENTIAL_ID",
            "application_credential_secret": "INFOMANIAK_APP_CREDENTIAL_SECRET",
        },
        {
            "application_credential_id": "OS_APPLICATION_CREDENTIAL_ID",
            "application_credential_secret": "OS_APPLICATION_CREDENTIAL_SECRET",
        },
        {"username": "OS_USERNAME", "password": "OS_PASSWORD"},
        {"token": "INFOMANIAK_NEWSLETTER_TOKEN"},
        {"profile": "OS_CLOUD"},
        {"auth_url": "INFOMANIAK_AUTH_URL"},
        {"auth_url": "OS_AUTH_URL"},
        {"project_id": "INFOMANIAK_PROJECT_ID"},
        {"project_id": "OS_PROJECT_ID"},
        {"project": "OS_PROJECT_NAME"},
        {"domain": "OS_USER_DOMAIN_NAME"},
        {"region": "INFOMANIAK_REGION"},
        {"region": "OS_REGION_NAME"},
        # Last: it names the region that S3 signatures are made for, which need not be the cloud's.
        {"region": "INFOMANIAK_S3_REGION"},
    ),
    CloudProvider.CODA: ({"token": "CODA_API_TOKEN"},),
    CloudProvider.LOCAL: (),
}

_SHOWN_KEY_CHARACTERS: Final = 4
# Of a shorter access key the last four characters would be most of it.
_SHORTEST_SHOWN_KEY: Final = 12


@dataclass(frozen=True, init=False, repr=False)
class CloudCredentials:
    """Who you are at one provider. Give what your way of logging in needs and leave the rest.

    Fields marked secret take a str or a `Secret` and hold a `Secret`: repr, vars, asdict, logs, tracebacks
    and pickles never show them. Credentials pickle with the references of their secrets (environment
    variables, files) and without secrets that were given as plain text.

    Attributes:
        provider: whose credentials these are.
        access_key: S3 access key id.
        secret_key: secret. S3 secret access key.
        session_token: secret. Session token of temporary AWS credentials.
        token: secret. Bearer or API token (Coda, Infomaniak Newsletter, an OAuth access token).
        username: OpenStack user name.
        password: secret. OpenStack password.
        account_name: Azure storage account.
        account_key: secret. Azure storage account key.
        connection_string: secret. Azure storage connection string.
        sas_token: secret. Azure shared access signature.
        tenant_id: Microsoft Entra tenant.
        client_id: Microsoft Entra application, or the managed identity to use.
        client_secret: secret. Of that application.
        credentials_file: path of a Google credentials file (service account, workload identity).
        project: Google project id, OpenStack project name.
        project_id: OpenStack project id.
        domain: OpenStack domain name of user and project.
        application_credential_id: OpenStack application credential.
        application_credential_secret: secret. Of that application credential.
        auth_url: OpenStack Identity endpoint.
        region: region that clients use when they are given none.
        profile: profile in the provider's own files (``~/.aws/config``, ``clouds.yaml``).
        expires_at: when temporary credentials end, in UTC; None for those that do not, or if unknown.
        source: where they came from: ``explicit``, ``environment``, ``profile minio``.

    Raises:
        ConfigurationError: half of a pair is missing, a value is empty, or `expires_at` has no time zone.
    """

    provider: CloudProvider
    access_key: str | None
    secret_key: Secret | None
    session_token: Secret | None
    token: Secret | None
    username: str | None
    password: Secret | None
    account_name: str | None
    account_key: Secret | None
    connection_string: Secret | None
    sas_token: Secret | None
    tenant_id: str | None
    client_id: str | None
    client_secret: Secret | None
    credentials_file: str | None
    project: str | None
    project_id: str | None
    domain: str | None
    application_credential_id: str | None
    application_credential_secret: Secret | None
    auth_url: str | None
    region: str | None
    profile: str | None
    expires_at: datetime | None
    source: str

    def __init__(
        self,
        provider: CloudProvider,
        *,
        access_key: str | None = None,
        secret_key: str | Secret | None = None,
        session_token: str | Secret | None = None,
        token: str | Secret | None = None,
        username: str | None = None,
        password: str | Secret | None = None,
        account_name: str | None = None,
        account_key: str | Secret | None = None,
        connection_string: str | Secret | None = None,
        sas_token: str | Secret | None = None,
        tenant_id: str | None = None,
        client_id: str | None = None,
        client_secret: str | Secret | None = None,
        credentials_file: str | None = None,
        project: str | None = None,
        project_id: str | None = None,
        domain: str | None = None,
        application_credential_id: str | None = None,
        application_credential_secret: str | Secret | None = None,
        auth_url: str | None = None,
        region: str | None = None,
        profile: str | None = None,
        expires_at: datetime | None = None,
        source: str = "explicit",
    ) -> None:
        # Written out, not generated: the parameters take plain text, the fields hold secrets, and the
        # parameters are rebound before anything can raise, so that no traceback shows them as locals.
        secret_key = _secret(provider, "secret_key", secret_key)
        session_token = _secret(provider, "session_token", session_token)
        token = _secret(provider, "token", token)
        password = _secret(provider, "password", password)
        account_key = _secret(provider, "account_key", account_key)
        connection_string = _secret(provider, "connection_string", connection_string)
        sas_token = _secret(provider, "sas_token", sas_token)
        client_secret = _secret(provider, "client_secret", client_secret)
        application_credential_secret = _secret(
            provider, "application_credential_secret", application_credential_secret
        )
        vars(self).update(
            provider=provider,
            access_key=access_key,
            secret_key=secret_key,
            session_token=session_token,
            token=token,
            username=username,
            password=password,
            account_name=account_name,
            account_key=account_key,
            connection_string=connection_string,
            sas_token=sas_token,
            tenant_id=tenant_id,
            client_id=client_id,
            client_secret=client_secret,
            credentials_file=credentials_file,
            project=project,
            project_id=project_id,
            domain=domain,
            application_credential_id=application_credential_id,
            application_credential_secret=application_credential_secret,
            auth_url=auth_url,
            region=region,
            profile=profile,
            expires_at=expires_at,
            source=source,
        )
        _check(self)  # after everything is set: a traceback that shows locals calls repr
        vars(self).update(expires_at=None if expires_at is None else utc(expires_at))

    @classmethod
    def from_env(cls, provider: CloudProvider, environ: Mapping[str, str] | None = None) -> CloudCredentials:
        """Return the credentials that the documented environment variables of `provider` hold.

        Args:
            provider: whose variables; docs/credentials.md lists them.
            environ: the variables; the process's own when None. An empty variable counts as not set.

        Raises:
            ConfigurationError: there are none, or half of a pair is missing; it names the variables.
        """
        found = cls.from_env_if_set(provider, environ)
        if found is None:
            raise ConfigurationError(
                f"no credentials for {provider.value} in the environment",
                hint=f"set {', or '.join(' and '.join(names) for names in _ways(provider))}",
            )
        return found

    @classmethod
    def from_env_if_set(
        cls, provider: CloudProvider, environ: Mapping[str, str] | None = None
    ) -> CloudCredentials | None:
        """Return the credentials of the environment, or None when it has none for `provider`.

        Raises:
            ConfigurationError: half of a pair is missing; it names the variable.
        """
        environ = os.environ if environ is None else environ
        if provider is CloudProvider.LOCAL:
            return cls(provider, source="environment")
        variables: dict[str, str] = {}
        for family in _ENVIRONMENT[provider]:
            if not variables.keys() & family.keys():
                variables |= {field: name for field, name in family.items() if environ.get(name)}
        _check_complete(provider, variables)
        if not variables.keys() & _LOGIN:
            return None
        values: dict[str, Any] = {
            field: Secret.from_env(name, value=environ[name]) if field in SECRET_FIELDS else environ[name]
            for field, name in variables.items()
        }
        return cls(provider, source="environment", **values)

    def __repr__(self) -> str:
        """Return the provider, the end of the access key, the source and the region; never a secret."""
        facts = [f"provider={getattr(self.provider, 'value', self.provider)}"]  # also while it is refused
        if self.access_key:
            end = (
                self.access_key[-_SHOWN_KEY_CHARACTERS:]
                if len(self.access_key) >= _SHORTEST_SHOWN_KEY
                else ""
            )
            facts.append(f"access_key=...{end}")
        facts.append(f"source={self.source!r}")
        if self.region:
            facts.append(f"region={self.region!r}")
        return f"CloudCredentials({', '.join(facts)})"


def _secret(provider: CloudProvider, field: str, value: str | Secret | None) -> Secret | None:
    return Secret.of(value, variable=next(_variables(provider, field), None))


def _check(credentials: CloudCredentials) -> None:
    if not isinstance(credentials.provider, CloudProvider):
        raise ConfigurationError(f"provider is {credentials.provider!r}, not a CloudProvider")
    if credentials.expires_at is not None and credentials.expires_at.tzinfo is None:
        raise ConfigurationError("expires_at has no time zone; pass an aware datetime")
    given = {field: value for field, value in vars(credentials).items() if value is not None}
    for field, value in given.items():
        if not value:
            raise ConfigurationError(f"{field} is empty")
        for needed in _NEEDS.get(field, ()):
            if needed not in given:
                raise ConfigurationError(f"{field} is given without {needed}")


def _check_complete(provider: CloudProvider, variables: Mapping[str, str]) -> None:
    for field, name in variables.items():
        for needed in _NEEDS.get(field, ()):
            if needed not in variables:
                family = next(f for f in _ENVIRONMENT[provider] if f.get(field) == name)
                missing = family.get(needed) or next(_variables(provider, needed))
                raise ConfigurationError(f"{name} is set, but {missing} is not", hint=f"set {missing} too")


def _variables(provider: CloudProvider, field: str) -> Iterator[str]:
    """Yield the variables that hold `field`, the preferred one first."""
    return (family[field] for family in _ENVIRONMENT.get(provider, ()) if field in family)


def _ways(provider: CloudProvider) -> Iterator[list[str]]:
    """Yield, for each way to log in, the variables that it needs."""
    told: set[str] = set()
    for family in _ENVIRONMENT[provider]:
        fields = [field for field in family if field != "session_token"]
        if told.isdisjoint(fields) and not _LOGIN.isdisjoint(fields):
            needed = [n for field in fields for n in _NEEDS.get(field, ()) if n not in family]
            told.update(fields)
            yield [*(next(_variables(provider, n)) for n in needed), *(family[field] for field in fields)]
