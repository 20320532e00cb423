"""Settings that only clients of Google Cloud Storage have."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

from cloud.common._redact import HiddenValues, Secret
from cloud.common.errors import InvalidRequestError

if TYPE_CHECKING:
    import os

IAM_ENDPOINT_URL = "https://iamcredentials.googleapis.com"
"""https://cloud.google.com/iam/docs/reference/credentials/rest"""


@dataclass(frozen=True, kw_only=True)
class GCSOptions:
    """What only clients of Google Cloud Storage can be told.

    Attributes:
        transport: ``wire`` sends requests by the library's own transport, ``sdk`` through a `requests` session;
            ``auto`` takes the wire unless `requests` is patched, as the package ``responses`` does.
        parallel_upload: how large objects are written in parallel parts. ``xml`` by XML multipart uploads,
            ``compose`` by temporary objects below ``.cloud-uploads/`` in the same bucket that are composed and
            deleted; ``auto`` takes ``xml`` where the service has it and no condition must hold.
        ca_bundle: PEM file trusted instead of the system's store; REQUESTS_CA_BUNDLE stands in when it is not
            given.
        verify: False accepts any certificate: only for a server on your own machine.
        user_project: project that pays for requests and transfer of buckets that ask for it
            (https://cloud.google.com/storage/docs/requester-pays).
        kms_key_name: Cloud KMS key that encrypts what is written
            (``projects/P/locations/L/keyRings/R/cryptoKeys/K``); the bucket's default when not given.
        customer_key: 32 bytes of your own that encrypt what is written and decrypt what is read, as a `Secret`
            of their base64 text. The service forgets it: who loses it loses the objects. Only over TLS.
        signing_account: service account that signs URLs and forms through IAM's signBlob; the credentials' own
            when not given.
        iam_endpoint_url: where signBlob is called; another universe or a private endpoint.
    """

    transport: Literal["auto", "wire", "sdk"] = "auto"
    parallel_upload: Literal["auto", "xml", "compose"] = "auto"
    ca_bundle: str | os.PathLike[str] | None = None
    verify: bool = True
    user_project: str | None = None
    kms_key_name: str | None = None
    customer_key: Secret | str | None = field(default=None, repr=False)
    signing_account: str | None = None
    iam_endpoint_url: str = IAM_ENDPOINT_URL

    def __post_init__(self) -> None:
        """Hide the key, and refuse combinations that the service would refuse."""
        object.__setattr__(self, "customer_key", Secret.of(self.customer_key))
        if self.customer_key is not None and self.kms_key_name is not None:
            raise InvalidRequestError("customer_key and kms_key_name exclude each other")

    def key_headers(self, prefix: str = "x-goog-") -> HiddenValues:
        """Return the headers that carry the customer's key; empty without one.

        https://cloud.google.com/storage/docs/encryption/customer-supplied-keys#request-headers
        """
        secret = Secret.of(self.customer_key)
        if secret is None:
            return HiddenValues()
        try:
            key = b64decode(secret.reveal(), validate=True)
        except ValueError:
            key = b""
        if len(key) != 32:
            del key  # whatever it is, no traceback shows it
            raise InvalidRequestError("customer_key must be the base64 text of 32 bytes")
        return HiddenValues({
            f"{prefix}encryption-algorithm": "AES256",
            f"{prefix}encryption-key": b64encode(key).decode("ascii"),
            f"{prefix}encryption-key-sha256": b64encode(sha256(key).digest()).decode("ascii"),
        })  # fmt: skip  # one header a line
