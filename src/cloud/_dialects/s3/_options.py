"""Settings that only S3 clients have."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from hashlib import md5
from typing import TYPE_CHECKING, Literal

from cloud.common._redact import HiddenValues
from cloud.common.errors import InvalidRequestError

if TYPE_CHECKING:
    import os

    from cloud.common._redact import Secret


@dataclass(frozen=True, kw_only=True)
class Encryption:
    """Server-side encryption of what is written, and the customer's key for what is read.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html

    Attributes:
        mode: ``AES256`` (SSE-S3), ``aws:kms`` or ``aws:kms:dsse``; None for the bucket's default.
        kms_key_id: key of the KMS modes; the account's own when not given.
        bucket_key: whether the bucket's key saves calls to KMS; None for the bucket's default.
        customer_key: 32 bytes of your own (SSE-C), as a `Secret` of their base64 text. The service forgets
            it: who loses it loses the objects. Only over TLS.
    """

    mode: Literal["AES256", "aws:kms", "aws:kms:dsse"] | None = None
    kms_key_id: str | None = None
    bucket_key: bool | None = None
    customer_key: Secret | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse combinations that the service would refuse."""
        if self.customer_key is not None and self.mode is not None:
            raise InvalidRequestError("customer_key and mode exclude each other")
        if self.kms_key_id is not None and self.mode not in {"aws:kms", "aws:kms:dsse"}:
            raise InvalidRequestError('kms_key_id needs mode "aws:kms" or "aws:kms:dsse"')

    def write_headers(self) -> HiddenValues:
        """Return the headers of a request that creates an object."""
        headers = HiddenValues()
        if self.mode is not None:
            headers["x-amz-server-side-encryption"] = self.mode
        if self.kms_key_id is not None:
            headers["x-amz-server-side-encryption-aws-kms-key-id"] = self.kms_key_id
        if self.bucket_key is not None:
            headers["x-amz-server-side-encryption-bucket-key-enabled"] = str(self.bucket_key).lower()
        headers.update(self.key_headers())
        return headers

    def key_headers(self, prefix: str = "x-amz-") -> HiddenValues:
        """Return the headers that carry the customer's key; reads and parts need them too."""
        if self.customer_key is None:
            return HiddenValues()
        try:
            key = b64decode(self.customer_key.reveal(), validate=True)
        except ValueError:
            key = b""
        if len(key) != 32:
            del key  # whatever it is, no traceback shows it
            raise InvalidRequestError("customer_key must be the base64 text of 32 bytes")
        name = f"{prefix}server-side-encryption-customer-"
        return HiddenValues({
            f"{name}algorithm": "AES256",
            f"{name}key": b64encode(key).decode("ascii"),
            f"{name}key-md5": b64encode(md5(key, usedforsecurity=False).digest()).decode("ascii"),
        })  # fmt: skip  # one header a line


@dataclass(frozen=True, kw_only=True)
class S3Options:
    """What only S3 clients can be told.

    Attributes:
        transport: ``wire`` sends requests by the library's own transport, ``sdk`` through botocore's
            session; ``auto`` takes the wire unless botocore's ``before-send`` events are hooked, as moto does.
        addressing: bucket in the path, in the host name, or as the service profile says (None).
        ca_bundle: PEM file trusted instead of the system's store; AWS_CA_BUNDLE and REQUESTS_CA_BUNDLE
            stand in when it is not given.
        verify: False accepts any certificate: only for a server on your own machine.
        dualstack: AWS endpoints that also answer over IPv6.
        fips: AWS endpoints with FIPS 140 validated cryptography.
        requester_pays: pay for requests and transfer of buckets that ask for it.
        encryption: server-side encryption.
    """

    transport: Literal["auto", "wire", "sdk"] = "auto"
    addressing: Literal["path", "virtual"] | None = None
    ca_bundle: str | os.PathLike[str] | None = None
    verify: bool = True
    dualstack: bool = False
    fips: bool = False
    requester_pays: bool = False
    encryption: Encryption = field(default_factory=Encryption)
