"""Which clients list the resources of a provider, and which providers are configured; for ``cloud inventory``.

Classes are named by strings and imported when they are asked.
"""

from __future__ import annotations

import inspect
import os
from dataclasses import dataclass, field
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cloud._keywords import keywords_of
from cloud._registry import LOCAL_FUNCTIONS_VARIABLE
from cloud.common.config import LOCAL_ROOT_VARIABLE
from cloud.common.credentials import CloudCredentials
from cloud.common.enums import CloudProvider
from cloud.common.errors import ConfigurationError, InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cloud.common.config import CloudConfig, Profile
    from cloud.common.contracts import CloudClient


@dataclass(frozen=True)
class _Service:
    """One client that lists resources.

    Attributes:
        name: ``provider/service``.
        target: ``module:Class``.
        provider: whose credentials it takes.
        logins: fields of `CloudCredentials` of which it needs one; empty for any login, the provider's own
            tools' too.
        instead: name of a service that lists the same things, and better, where both can.
    """

    name: str
    target: str
    provider: CloudProvider
    logins: tuple[str, ...] = ()
    instead: str | None = None


_OPENSTACK: Final = ("application_credential_id", "password", "profile")
_SERVICES: Final = (
    _Service("aws/s3", "cloud.aws:S3Client", CloudProvider.AWS),
    _Service("aws/ec2", "cloud.aws:EC2Client", CloudProvider.AWS),
    _Service("aws/lambda", "cloud.aws:LambdaClient", CloudProvider.AWS),
    _Service("gcp/storage", "cloud.gcp:GCSClient", CloudProvider.GCP),
    _Service("azure/blob", "cloud.azure:AzureBlobClient", CloudProvider.AZURE),
    _Service(
        "infomaniak/object-storage",
        "cloud.infomaniak:InfomaniakObjectStorageClient",
        CloudProvider.INFOMANIAK,
        _OPENSTACK,
    ),
    _Service(
        "infomaniak/s3",
        "cloud.infomaniak:InfomaniakS3Client",
        CloudProvider.INFOMANIAK,
        ("access_key",),
        instead="infomaniak/object-storage",
    ),
    *(
        _Service(
            f"infomaniak/{name.lower()}",
            f"cloud.infomaniak:Infomaniak{name}Client",
            CloudProvider.INFOMANIAK,
            _OPENSTACK,
        )
        for name in ("Compute", "Volume", "Network", "DNS", "Heat", "Identity")
    ),
    _Service(
        "infomaniak/newsletter",
        "cloud.infomaniak:InfomaniakNewsletterClient",
        CloudProvider.INFOMANIAK,
        ("token",),
    ),
    _Service("coda/docs", "cloud.coda_io:CodaClient", CloudProvider.CODA),
    _Service("local/storage", "cloud.local:LocalStorageClient", CloudProvider.LOCAL),
    _Service("local/functions", "cloud.local:LocalServerlessClient", CloudProvider.LOCAL),
)
_FOLDERS: Final = {"local/storage": LOCAL_ROOT_VARIABLE, "local/functions": LOCAL_FUNCTIONS_VARIABLE}
# Where the providers' own tools keep logins, beside the environment.
_OWN_FILES: Final[Mapping[CloudProvider, tuple[tuple[str, str], ...]]] = {
    # https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html
    CloudProvider.AWS: (
        ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
        ("AWS_CONFIG_FILE", "~/.aws/config"),
    ),
    # https://cloud.google.com/docs/authentication/application-default-credentials#personal
    CloudProvider.GCP: (
        ("GOOGLE_APPLICATION_CREDENTIALS", "~/.config/gcloud/application_default_credentials.json"),
    ),
}


@dataclass(frozen=True)
class ResourceService:
    """One client to ask for its resources.

    Attributes:
        name: ``provider/service``, and the profile in brackets.
        provider: whose resources it lists.
        problem: why it cannot be asked: half a login; None when it can.
    """

    name: str
    provider: CloudProvider
    problem: ConfigurationError | None = None
    target: str = ""
    keywords: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def open(self, **overrides: Any) -> CloudClient:
        """Return the client. No request is made; keywords that are None stand for not given.

        Raises:
            ConfigurationError: see `problem`.
            InvalidRequestError: the client has no such option.
            MissingDependencyError: the provider's extra is not installed.
        """
        if self.problem is not None:
            raise self.problem
        module, _, name = self.target.partition(":")
        build = attrgetter(name)(import_module(module))
        parameters = inspect.signature(build).parameters
        keywords = {**self.keywords, **{key: value for key, value in overrides.items() if value is not None}}
        if "region" not in parameters:  # it has none: nothing of it is elsewhere
            keywords.pop("region", None)
        for key in keywords:
            if key not in parameters:
                raise InvalidRequestError(f"{self.name} takes no {key}")
        client: CloudClient = build(**keywords)
        return client


def resource_services(
    config: CloudConfig, profile: str | None = None, environ: Mapping[str, str] = os.environ
) -> list[ResourceService]:
    """Return every service of every configured provider; of one profile when it is named.

    A provider is configured by credentials in the environment, by the files of its own tools (AWS, Google), by
    a profile of `config`, or, for the local store, by its folder.

    Args:
        config: the profiles.
        profile: a profile of `config`, else one of the providers' own files.
        environ: the variables; the process's own by default.
    """
    if profile is not None and profile in config.profiles:
        return list(_of_profile(config.profile(profile)))
    if profile is not None:
        return [
            ResourceService(each.name, each.provider, target=each.target, keywords={"profile": profile})
            for each in _SERVICES
            if each.provider in {CloudProvider.AWS, CloudProvider.INFOMANIAK} and each.instead is None
        ]
    found = [service for provider in CloudProvider for service in _of_environment(provider, environ)]
    for each in config.profiles.values():
        found.extend(_of_profile(each))
    return found


def _of_environment(provider: CloudProvider, environ: Mapping[str, str]) -> Iterator[ResourceService]:
    if provider is CloudProvider.LOCAL:
        for each in _SERVICES:
            variable = _FOLDERS.get(each.name)
            if variable is not None and (root := environ.get(variable)):
                yield ResourceService(each.name, provider, target=each.target, keywords={"root": root})
        return
    try:
        login = CloudCredentials.from_env_if_set(provider, environ)
    except ConfigurationError as error:
        yield ResourceService(provider.value, provider, problem=error)
        return
    if login is not None or any(
        Path(environ.get(variable) or path).expanduser().exists()
        for variable, path in _OWN_FILES.get(provider, ())
    ):
        yield from _services(provider, login, {}, "")


def _of_profile(profile: Profile) -> Iterator[ResourceService]:
    keywords = keywords_of(profile)
    yield from _services(profile.provider, profile.credentials(), keywords, f" ({profile.name})")


def _services(
    provider: CloudProvider, login: CloudCredentials | None, keywords: Mapping[str, Any], suffix: str
) -> Iterator[ResourceService]:
    """Yield the services of a provider that this login opens."""
    fitting = [
        each
        for each in _SERVICES
        if each.provider is provider
        and (
            login is None or not each.logins or any(getattr(login, name) is not None for name in each.logins)
        )
    ]
    # A profile for one S3 service or without credentials says nothing about the provider's other services.
    if keywords.get("service") or keywords.get("anonymous"):
        fitting = [each for each in fitting if each.name in {"aws/s3", "infomaniak/s3"}]
    if keywords.get("root"):  # of a profile: the folder of a store
        fitting = [each for each in fitting if each.name == "local/storage"]
    names = {each.name for each in fitting}
    for each in fitting:
        if each.instead not in names:
            yield ResourceService(
                each.name + suffix, provider, target=each.target, keywords=_renamed(each, keywords)
            )


def _renamed(service: _Service, keywords: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keywords as this client calls them."""
    names = {"endpoint_url": "account_url"} if service.name == "azure/blob" else {}
    return {names.get(name, name): value for name, value in keywords.items()}
