"""Settings that only Swift clients have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from cloud.common._redact import Secret

if TYPE_CHECKING:
    import os


@dataclass(frozen=True, kw_only=True)
class SwiftOptions:
    """What only Swift clients can be told.

    Attributes:
        transport: ``wire`` sends requests by the library's own transport, ``sdk`` through keystoneauth's
            requests session; ``auto`` takes the wire unless `requests` is patched, as ``responses`` does.
        interface: which of the catalogue's endpoints is used.
        ca_bundle: PEM file trusted instead of the system's store; OS_CACERT and REQUESTS_CA_BUNDLE stand in
            when it is not given.
        verify: False accepts any certificate: only for a server on your own machine.
        temp_url_key: TempURL key of the account; with it signing a URL sends nothing.
        temp_url_digest: sha1, sha256 or sha512; None asks the cluster.
    """

    transport: Literal["auto", "wire", "sdk"] = "auto"
    interface: Literal["public", "internal", "admin"] = "public"
    ca_bundle: str | os.PathLike[str] | None = None
    verify: bool = True
    temp_url_key: Secret | str | None = field(default=None, repr=False)
    temp_url_digest: str | None = None

    def __post_init__(self) -> None:
        """Keep the key as a secret, which no pickle holds."""
        object.__setattr__(self, "temp_url_key", Secret.of(self.temp_url_key))
