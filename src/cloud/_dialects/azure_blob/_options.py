"""Settings that only Azure Blob clients have."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from cloud.common.errors import InvalidRequestError

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

DEFAULT_API_VERSION = "2021-12-02"
"""The oldest service version that has all that is used here: the cold tier. Every account answers to it.
https://learn.microsoft.com/rest/api/storageservices/previous-azure-storage-service-versions"""

_VERSION = re.compile(r"20\d\d-\d\d-\d\d").fullmatch


@dataclass(frozen=True, kw_only=True)
class AzureOptions:
    """What only Azure Blob clients can be told.

    Attributes:
        transport: ``wire`` sends requests by the library's own transport, ``sdk`` through azure-core's
            pipeline; ``auto`` takes the wire unless a `pipeline_transport` or `policies` are given, or
            ``responses`` has patched `requests`.
        pipeline_transport: your own ``azure.core.pipeline.transport.HttpTransport``; you close it.
        policies: your own azure-core policies, in order.
        token_credential: your own credential of azure-identity's protocol (``get_token``). It is asked for
            one scope: ``https://storage.azure.com/.default``.
        authority: host that logs in, of another cloud than the public one; azure-identity reads
            AZURE_AUTHORITY_HOST when it is not given.
        api_version: service version of every request (``x-ms-version``), 2021-12-02 or newer.
        sas_version: service version of signed URLs (``sv``); None for the newest that is known to work
            everywhere.
        ca_bundle: PEM file trusted instead of the system's store; REQUESTS_CA_BUNDLE stands in when it is
            not given.
        verify: False accepts any certificate: only for a server on your own machine.
        lease_id: id of the lease that you hold; it is sent with every write. Whoever does not hold the lease
            of a leased object gets a ConflictError.
        delete_snapshots: whether deleting an object deletes its snapshots too; otherwise an object that has
            some is not deleted (ConflictError).
    """

    transport: Literal["auto", "wire", "sdk"] = "auto"
    pipeline_transport: Any = field(default=None, repr=False)
    policies: Sequence[Any] = field(default=(), repr=False)
    token_credential: Any = field(default=None, repr=False)
    authority: str | None = None
    api_version: str = DEFAULT_API_VERSION
    sas_version: str | None = None
    ca_bundle: str | os.PathLike[str] | None = None
    verify: bool = True
    lease_id: str | None = None
    delete_snapshots: bool = False

    def __post_init__(self) -> None:
        """Refuse a service version that lacks what is used here."""
        if not _VERSION(self.api_version) or self.api_version < DEFAULT_API_VERSION:
            raise InvalidRequestError(
                f"api_version must be a date from {DEFAULT_API_VERSION} on, not {self.api_version!r}"
            )
