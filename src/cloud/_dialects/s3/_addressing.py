"""Where a request goes: the endpoint, path or virtual-host style, and which names may be sent at all."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from cloud._dialects.s3._sign import quote_key
from cloud.common.errors import ConfigurationError, InvalidRequestError

if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    Style: TypeAlias = Literal["path", "virtual", "auto"]


_DEFAULT_PORTS = {"http": 80, "https": 443}

# DNS suffixes of the partitions by the start of a region's name; the rest is amazonaws.com:
# https://docs.aws.amazon.com/general/latest/gr/s3.html (a test compares all regions with botocore's rules)
_SUFFIXES = (
    ("cn-", "amazonaws.com.cn"),
    ("eusc-", "amazonaws.eu"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
    ("us-isof-", "csp.hci.ic.gov"),
)
_REGION = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?").fullmatch

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_AWS_BUCKET = re.compile(r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]").fullmatch
_BUCKET = re.compile(r"[A-Za-z0-9._-]{1,255}").fullmatch
# One DNS label, or several, as a bucket in a host name has to be.
_DNS_BUCKET = re.compile(
    r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*"
).fullmatch
_BASE_PATH = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*").fullmatch
_HOST = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?").fullmatch


class BucketAddress(NamedTuple):
    """Where the requests for one bucket, or for the service itself, go.

    Attributes:
        scheme: ``http`` or ``https``.
        host: to connect to, without brackets around an IPv6 address.
        port: to connect to.
        host_header: the Host header, with the port when it is not the scheme's own.
        prefix: percent-encoded path of the bucket, without a slash at its end; empty in virtual-host style.
    """

    scheme: str
    host: str
    port: int
    host_header: str
    prefix: str

    @property
    def origin(self) -> str:
        """Scheme and host, as `Signer.presign` takes them."""
        return f"{self.scheme}://{self.host_header}"

    def path(self, key: str = "") -> str:
        """Return the path of the object `key`, or of the bucket itself for an empty key."""
        return f"{self.prefix}/{quote_key(key)}" if key else self.prefix or "/"

    def url(self, key: str = "") -> str:
        """Return the URL of the object `key`, or of the bucket itself for an empty key."""
        return self.origin + self.path(key)


class Endpoint(NamedTuple):
    """An S3 service.

    Attributes:
        scheme: ``http`` or ``https``.
        host: name or address, lower case, an IPv6 address without brackets.
        port: TCP port.
        base_path: percent-encoded path in front of everything, without a slash at its end.
        style: ``path`` puts the bucket into the path; ``virtual`` and ``auto`` put it into the host name
            where name, host and certificate allow it, ``auto`` on hosts with a dot in their name only.
        is_aws: whether AWS's own naming rules hold.
    """

    scheme: str
    host: str
    port: int
    base_path: str = ""
    style: Style = "path"
    is_aws: bool = False

    @classmethod
    def for_aws(
        cls, region: str, *, dualstack: bool = False, fips: bool = False, style: Style = "auto"
    ) -> Endpoint:
        """Return AWS's own endpoint in `region`.

        Args:
            region: any region's name, known today or not, or ``aws-global``, the old name without a
                region, whose requests are signed for us-east-1.
            dualstack: the name that resolves to IPv6 addresses too.
            fips: the endpoint with FIPS 140 validated cryptography; China has none.
            style: see the class.

        Raises:
            ConfigurationError: `region` cannot be the name of a region, or has no such endpoint.
        """
        plain_global = region == "aws-global" and not (dualstack or fips)
        name = "us-east-1" if region == "aws-global" else region
        if not _REGION(name) or name.endswith("-global"):
            raise ConfigurationError(f"{region!r} is no AWS region", request_sent=False)
        if fips and name.startswith("cn-"):
            raise ConfigurationError(f"{region!r} has no FIPS endpoint", request_sent=False)
        suffix = next((suffix for start, suffix in _SUFFIXES if name.startswith(start)), "amazonaws.com")
        service = ("s3-fips" if fips else "s3") + (".dualstack" if dualstack else "")
        host = f"{service}.{suffix}" if plain_global else f"{service}.{name}.{suffix}"
        return cls("https", host, 443, style=style, is_aws=True)

    @classmethod
    def from_url(cls, url: str, *, style: Style = "path") -> Endpoint:
        """Return the endpoint at `url`, such as ``http://127.0.0.1:9000`` or ``https://host/base/path``.

        Raises:
            ConfigurationError: it is no HTTP URL, or has a user, a query or a fragment in it.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise ConfigurationError(f"the endpoint is no URL: {error}", request_sent=False) from error
        if parts.username is not None or parts.password is not None:
            raise ConfigurationError(  # the URL is not shown: it holds a secret
                "the endpoint holds a user or password; pass credentials as credentials", request_sent=False
            )
        host, base = parts.hostname or "", parts.path.rstrip("/")
        if parts.scheme not in _DEFAULT_PORTS or not host:
            raise ConfigurationError(
                f"the endpoint {url!r} is no HTTP URL",
                hint="write it as https://host:port",
                request_sent=False,
            )
        if parts.query or parts.fragment or not _BASE_PATH(base) or not _is_host(host):
            raise ConfigurationError(
                f"the endpoint {url!r} may hold a scheme, a host, a port and a path only", request_sent=False
            )
        aws = re.fullmatch(r"s3[.-].*\.amazonaws\.(com|com\.cn|eu)|s3\.amazonaws\.com", host) is not None
        return cls(parts.scheme, host, port or _DEFAULT_PORTS[parts.scheme], base, style, aws)

    @property
    def url(self) -> str:
        """The endpoint's own URL."""
        return f"{self.scheme}://{self._host_header(self.host)}{self.base_path}"

    @property
    def service(self) -> BucketAddress:
        """Where requests that name no bucket go (ListBuckets)."""
        return BucketAddress(self.scheme, self.host, self.port, self._host_header(self.host), self.base_path)

    def bucket(self, name: str) -> BucketAddress:
        """Return where the requests for one bucket go. Keep it: it does not change.

        Raises:
            InvalidRequestError: no bucket can have that name here; see `check_bucket`.
        """
        check_bucket(name, strict=False)
        if self.uses_virtual_host(name):
            host = f"{name}.{self.host}"
            return BucketAddress(self.scheme, host, self.port, self._host_header(host), self.base_path)
        header = self._host_header(self.host)
        return BucketAddress(self.scheme, self.host, self.port, header, f"{self.base_path}/{name}")

    def uses_virtual_host(self, bucket: str) -> bool:
        """Return whether `bucket` goes into the host name.

        Not where its name is none of DNS, not with a dot in it under TLS (a wildcard certificate covers one
        label), and not on an IP address.
        """
        if self.style == "path" or is_ip_address(self.host) or is_ip_address(bucket):
            return False
        if self.style == "auto" and "." not in self.host:
            return False
        if "." in bucket and self.scheme == "https":
            return False
        return len(bucket) <= 63 and _DNS_BUCKET(bucket) is not None  # a DNS label's length

    def _host_header(self, host: str) -> str:
        shown = f"[{host}]" if ":" in host else host
        return shown if self.port == _DEFAULT_PORTS[self.scheme] else f"{shown}:{self.port}"


def check_bucket(name: str, *, strict: bool) -> None:
    """Check that a bucket may be called `name`.

    Args:
        name: the name.
        strict: AWS's rules for new buckets; otherwise what old buckets and other services have too: 1 to
            255 of ``A-Z a-z 0-9 . _ -``.

    Raises:
        InvalidRequestError: it may not; the message says what is allowed.
    """
    if strict and (not _AWS_BUCKET(name) or is_ip_address(name) or name.startswith("xn--")):
        raise InvalidRequestError(
            f"the bucket name {name!r} is not allowed: 3 to 63 lower-case letters, digits, dots and hyphens, "
            "a letter or digit at both ends, no two dots in a row, not like an IP address",
            request_sent=False,
        )
    if not _BUCKET(name) or name in {".", ".."}:
        raise InvalidRequestError(
            f"the bucket name {name!r} is not allowed: 1 to 255 letters, digits, dots, hyphens and underscores",
            request_sent=False,
        )


def is_ip_address(host: str) -> bool:
    """Return whether `host` is an IPv4 or IPv6 address rather than a name."""
    try:
        (IPv6Address if ":" in host else IPv4Address)(host)
    except AddressValueError:
        return False
    return True


def _is_host(host: str) -> bool:
    """Return whether `host` is a name in ASCII (IDNA's form for others) or an address without a zone."""
    return is_ip_address(host) and "%" not in host if ":" in host else _HOST(host) is not None
