"""Google Cloud Storage, and what stands in for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud._dialects.gcs._sdk import GCSStorageClient
from cloud.common.enums import CloudProvider

if TYPE_CHECKING:
    from typing_extensions import Self


class GCSClient(GCSStorageClient):
    """Google Cloud Storage, or a server that stands in for it at `endpoint_url`.

    Making one sends nothing and loads no SDK; with an access token given, no call needs one but those that sign
    and those about settings. Safe between threads and after a fork.

    Args:
        credentials: an access token, or a credentials file: service account, workload identity, authorized user.
            Without them google-auth finds the application default credentials at the first request.
        project: project whose buckets are listed and created. Otherwise the credentials', GOOGLE_CLOUD_PROJECT,
            or what the application default credentials name.
        region: location of buckets that are created, such as ``EUROPE-WEST6``; the service's default is ``US``.
        endpoint_url: another address, such as ``http://127.0.0.1:4443``. Otherwise STORAGE_EMULATOR_HOST, and
            then nobody is asked for credentials, or Google's own.
        service: what the endpoint is, for its capabilities: google, fake-gcs-server, gcp-storage-emulator.
            Told from the host name where possible; an unknown one is trusted with nothing that could fail
            silently.
        anonymous: send requests without credentials, for public buckets and stand-ins.
        timeout: seconds without progress before a call fails, or (connect, read); 10 and 60 by default.
        retry, limits, observers: see `cloud.common`.
        transfer: part size, workers and threshold of large bodies.
        options: what only clients of Google Cloud Storage can be told.
    """

    provider = CloudProvider.GCP
    scheme = "gs"
    extra = "gcp"

    @classmethod
    def from_env(
        cls,
        *,
        project: str | None = None,
        region: str | None = None,
        endpoint_url: str | None = None,
        service: str | None = None,
    ) -> Self:
        """Return a client of the file in GOOGLE_APPLICATION_CREDENTIALS.

        Raises:
            ConfigurationError: it is not set.
        """
        from cloud.common.credentials import CloudCredentials

        credentials = CloudCredentials.from_env(CloudProvider.GCP)
        return cls(credentials, project=project, region=region, endpoint_url=endpoint_url, service=service)
