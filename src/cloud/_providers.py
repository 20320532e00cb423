"""Which class is the client of what: tables of strings, so that nothing is imported before it is used."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from cloud.common.enums import CloudProvider

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True)
class ProviderEntry:
    """How a built-in client is made.

    Attributes:
        target: ``module:Class`` or ``module:Class.constructor``.
        provider: whose profiles fit.
        extra: extra of this library that it needs; None when it needs none.
        modules: what that extra installs.
        endpoint_keyword: what its constructor calls the URL of the service.
    """

    target: str
    provider: CloudProvider
    extra: str | None = None
    modules: tuple[str, ...] = ()
    endpoint_keyword: str = "endpoint_url"

    def load(self) -> Callable[..., Any]:
        """Return what builds the clients."""
        module, _, name = self.target.partition(":")
        found: Callable[..., Any] = attrgetter(name)(import_module(module))
        return found


BUILT_IN: Final[Mapping[str, ProviderEntry]] = {
    "s3": ProviderEntry("cloud.aws:S3Client", CloudProvider.AWS, "aws", ("boto3", "httptools")),
    "gs": ProviderEntry(
        "cloud.gcp:GCSClient", CloudProvider.GCP, "gcp", ("google.cloud.storage", "httptools")
    ),
    "az": ProviderEntry(
        "cloud.azure:AzureBlobClient",
        CloudProvider.AZURE,
        "azure",
        ("azure.storage.blob", "azure.identity", "httptools"),
        endpoint_keyword="account_url",
    ),
    "swift": ProviderEntry(
        "cloud.infomaniak:InfomaniakObjectStorageClient",
        CloudProvider.INFOMANIAK,
        "infomaniak",
        ("openstack", "httptools"),
    ),
    "infomaniak-s3": ProviderEntry(
        "cloud.infomaniak:InfomaniakS3Client", CloudProvider.INFOMANIAK, "infomaniak", ("boto3", "httptools")
    ),
    "file": ProviderEntry("cloud.local:LocalStorageClient", CloudProvider.LOCAL),
    "memory": ProviderEntry("cloud.local:LocalStorageClient.in_memory", CloudProvider.LOCAL),
}

COMPUTE: Final[Mapping[str, ProviderEntry]] = {
    "aws": ProviderEntry("cloud.aws:EC2Client", CloudProvider.AWS, "aws", ("boto3",)),
    "infomaniak": ProviderEntry(
        "cloud.infomaniak:InfomaniakComputeClient", CloudProvider.INFOMANIAK, "infomaniak", ("openstack",)
    ),
}

FUNCTIONS: Final[Mapping[str, ProviderEntry]] = {
    "aws": ProviderEntry("cloud.aws:LambdaClient", CloudProvider.AWS, "aws", ("boto3",)),
    "local": ProviderEntry("cloud.local:LocalServerlessClient", CloudProvider.LOCAL),
}

DOCUMENTS: Final[Mapping[str, ProviderEntry]] = {
    "coda": ProviderEntry("cloud.coda_io:CodaClient", CloudProvider.CODA, endpoint_keyword="base_url"),
}

# What has no contract of its own: the clients of several providers need not fit.
INFRASTRUCTURE: Final[Mapping[str, Mapping[str, ProviderEntry]]] = {
    "volume": {
        "infomaniak": ProviderEntry(
            "cloud.infomaniak:InfomaniakVolumeClient", CloudProvider.INFOMANIAK, "infomaniak", ("openstack",)
        ),
    },
    "network": {
        "infomaniak": ProviderEntry(
            "cloud.infomaniak:InfomaniakNetworkClient", CloudProvider.INFOMANIAK, "infomaniak", ("openstack",)
        ),
    },
    "dns": {
        "infomaniak": ProviderEntry(
            "cloud.infomaniak:InfomaniakDNSClient", CloudProvider.INFOMANIAK, "infomaniak", ("openstack",)
        ),
    },
    "stack": {
        "infomaniak": ProviderEntry(
            "cloud.infomaniak:InfomaniakHeatClient", CloudProvider.INFOMANIAK, "infomaniak", ("openstack",)
        ),
    },
    "usage": {
        "infomaniak": ProviderEntry(
            "cloud.infomaniak:InfomaniakMeteringClient",
            CloudProvider.INFOMANIAK,
            "infomaniak",
            ("openstack",),
        ),
    },
    "newsletter": {
        "infomaniak": ProviderEntry("cloud.infomaniak:InfomaniakNewsletterClient", CloudProvider.INFOMANIAK),
    },
}

# What those clients take beside plain values.
INFRASTRUCTURE_VALUES: Final[Mapping[str, Mapping[str, ProviderEntry]]] = {
    "zone": {"infomaniak": ProviderEntry("cloud.infomaniak:WantedZone", CloudProvider.INFOMANIAK)},
    "rates": {"infomaniak": ProviderEntry("cloud.infomaniak:IcuRates", CloudProvider.INFOMANIAK)},
    "published rates": {
        "infomaniak": ProviderEntry("cloud.infomaniak:INFOMANIAK_RATES", CloudProvider.INFOMANIAK)
    },
}
