"""Azure Blob Storage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud._dialects.azure_blob._sdk import AzureStorageClient
from cloud.common.enums import CloudProvider

if TYPE_CHECKING:
    from typing_extensions import Self


class AzureBlobClient(AzureStorageClient):
    """The blob containers of one storage account. `bucket` is a container.

    Making one sends nothing and loads no SDK; with a key, a signature or a token none is loaded later either.
    Safe between threads and after a fork.

    Where Azure differs from other stores:

    - Deleting a bucket looks first whether it is empty, because Azure would delete it with everything inside.
      What is stored between the two requests is deleted too.
    - The parts of a failed upload stay, invisible and charged, until Azure removes them after a week;
      `abort_unfinished_uploads` removes those at keys without an object, which for a moment hold an empty
      one.
    - Of two uploads in parts to one key at once, the one that ends later raises ConflictError.
    - `update_metadata` takes one request for headers, one for metadata and one for the tier, as far as they
      change; the first two are pinned to the object that was looked at.
    - Objects above the transfer threshold have no checksum that reads could be compared with.
    - Metadata names with a hyphen or a leading digit are stored in Go CDK's form (``a__0x2d__b``).
    - `copy_file` copies no tags.

    Args:
        credentials: an account key, a SAS token, a bearer token (`token`), or a client secret. Without them
            the environment is searched (see `from_env`), then azure-identity's DefaultAzureCredential.
        account_url: ``https://name.blob.core.windows.net``, or ``http://127.0.0.1:10000/name``; it may hold
            a SAS token. Otherwise `connection_string`'s, the credentials' account, or the environment's.
        connection_string: what the portal shows; ``UseDevelopmentStorage=true`` is Azurite on this machine.
        anonymous: send requests without credentials, for containers that anybody may read.
        timeout: seconds without progress before a call fails, or (connect, read); 10 and 60 by default.
        retry, limits, observers: see `cloud.common`.
        transfer: part size, workers and threshold of large bodies.
        options: what only Azure clients can be told: leases, snapshots, service versions, the pipeline.
    """

    provider = CloudProvider.AZURE
    scheme = "az"

    @classmethod
    def from_env(cls, *, account_url: str | None = None) -> Self:
        """Return a client of what the environment names.

        AZURE_STORAGE_CONNECTION_STRING; AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY or
        AZURE_STORAGE_SAS_TOKEN; or a client secret in AZURE_TENANT_ID, AZURE_CLIENT_ID and
        AZURE_CLIENT_SECRET.

        Raises:
            ConfigurationError: there is nothing of the kind.
        """
        from cloud.common.credentials import CloudCredentials

        credentials = CloudCredentials.from_env(CloudProvider.AZURE)
        return cls(credentials, account_url=account_url)
