"""From a client's arguments to an `Exchange`: keys, region, endpoint, transport. Nothing here is sent."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from cloud._dialects._sessions import AutoTransport
from cloud._dialects._settings import timeouts_of
from cloud._dialects.s3._addressing import Endpoint
from cloud._dialects.s3._exchange import Exchange
from cloud._dialects.s3._keys import AnonymousKeys, BotocoreKeys, KeySource, StaticKeys
from cloud._dialects.s3._profiles import AWS, ServiceProfile
from cloud._dialects.s3._transports import BotocoreHooks, SdkTransport
from cloud._wire._transport import SocketTransport
from cloud._wire._types import TlsOptions
from cloud.common._fork import renew_after_fork
from cloud.common._lazy import require
from cloud.common.errors import ConfigurationError, InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud._dialects.s3._options import S3Options
    from cloud._wire._types import Transport
    from cloud.common.credentials import CloudCredentials

_TOKENS = ("AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN")
"""In botocore's order; the first is the older name."""


class S3Setup:
    """What a client was told. The SDK is loaded when something of it is first needed."""

    def __init__(
        self,
        *,
        credentials: CloudCredentials | None,
        region: str | None,
        endpoint_url: str | None,
        aws_profile: str | None,
        timeout: float | tuple[float, float] | None,
        service: ServiceProfile,
        anonymous: bool,
        options: S3Options,
        extra: str,
        region_variables: tuple[str, ...] = (),
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        if anonymous and credentials is not None:
            raise InvalidRequestError("anonymous=True and credentials exclude each other")
        self.credentials = credentials
        self.service = service
        self.endpoint_url = endpoint_url
        self.options = options
        self.anonymous = anonymous
        self.timeouts = timeouts_of(timeout)
        self._given_region = region or (credentials.region if credentials is not None else None)
        self._aws_profile = aws_profile or (credentials.profile if credentials is not None else None)
        self._extra = extra
        self._region_variables = region_variables
        self._environ = environ
        self._lock = threading.RLock()
        renew_after_fork(self, "_lock", threading.RLock)
        self._session: Any = None
        self._native: Any = None

    @property
    def has_static_keys(self) -> bool:
        """Whether the credentials hold keys, so that no chain must be searched."""
        return self.credentials is not None and self.credentials.access_key is not None

    def botocore_session(self) -> Any:
        """Return this client's botocore session."""
        with self._lock:
            if self._session is None:
                require("boto3", extra=self._extra)
                session = require("botocore.session", extra=self._extra)
                self._session = session.Session(profile=self._aws_profile)
            return self._session

    def region(self) -> str:
        """Return the region: given, from the environment, from the AWS profile, or the service's default."""
        found = (
            self._given_region
            or (self.service.region_of(self.endpoint_url) if self.endpoint_url else None)
            or next(filter(None, map(self._environ.get, self._region_variables)), None)
        )
        if found is None and not self.has_static_keys and not self.anonymous:
            found = self.botocore_session().get_config_variable("region")
        if found is None:
            found = self.service.default_region
        if found is None:
            raise ConfigurationError(f"the service {self.service.name!r} needs a region", hint="pass region=")
        return found

    def endpoint(self, region: str) -> Endpoint:
        """Return the endpoint of `region`."""
        style = self.options.addressing or self.service.addressing
        if self.endpoint_url is not None:
            return Endpoint.from_url(self.endpoint_url, style=style)
        if self.service is AWS:
            return Endpoint.for_aws(
                region, dualstack=self.options.dualstack, fips=self.options.fips, style=style
            )
        return Endpoint.from_url(self.service.endpoint_for(region), style=style)

    def keys(self) -> KeySource:
        """Return where the keys come from."""
        if self.anonymous:
            return AnonymousKeys()
        if self.credentials is not None and self.has_static_keys:
            return StaticKeys(self.credentials)
        found = self._environment_keys()
        return BotocoreKeys(self.botocore_session) if found is None else StaticKeys(found)

    def _environment_keys(self) -> CloudCredentials | None:
        """Return the keys in the environment, which come first in botocore's chain, without loading botocore.

        None where the chain must say: with a profile, which it asks before the environment, and for keys that
        expire or are there by half.
        https://boto3.amazonaws.com/v1/documentation/api/latest/guide/credentials.html#environment-variables
        """
        from cloud.common.credentials import CloudCredentials
        from cloud.common.enums import CloudProvider

        access_key = self._environ.get("AWS_ACCESS_KEY_ID")
        secret_key = self._environ.get("AWS_SECRET_ACCESS_KEY")
        if self._aws_profile or self._environ.get("AWS_CREDENTIAL_EXPIRATION"):
            return None
        if not access_key or not secret_key:
            return None
        token = next((self._environ[name] for name in _TOKENS if name in self._environ), None) or None
        return CloudCredentials(
            CloudProvider.AWS, access_key=access_key, secret_key=secret_key, session_token=token
        )

    def transport(self) -> Transport:
        """Return a new transport."""
        options = self.options
        bundle = (
            options.ca_bundle or self._environ.get("AWS_CA_BUNDLE") or self._environ.get("REQUESTS_CA_BUNDLE")
        )
        wire = SocketTransport(
            timeouts=self.timeouts, tls=TlsOptions(ca_bundle=bundle or None, verify=options.verify)
        )
        if options.transport == "wire":
            return wire
        sdk = SdkTransport(
            self.botocore_session,
            {
                "verify": (str(bundle) if bundle else True) if options.verify else False,
                "timeout": (self.timeouts.connect, self.timeouts.read),
                "max_pool_connections": 32,
            },
        )
        return sdk if options.transport == "sdk" else AutoTransport(wire, sdk, BotocoreHooks())

    def exchange(self) -> Exchange:
        """Return a new exchange."""
        extra = {"x-amz-request-payer": "requester"} if self.options.requester_pays else None
        return Exchange(self.endpoint, self.region(), self.keys(), self.transport(), extra_headers=extra)

    def native(self) -> Any:
        """Return the boto3 client of the same settings; retries are this library's, so its own are off."""
        with self._lock:
            if self._native is None:
                self._native = self._make_native()
            return self._native

    def _make_native(self) -> Any:
        boto3 = require("boto3", extra=self._extra)
        from botocore import UNSIGNED
        from botocore.config import Config

        style = self.options.addressing or self.service.addressing
        config = Config(
            signature_version=UNSIGNED if self.anonymous else "s3v4",
            retries={"total_max_attempts": 1},
            connect_timeout=self.timeouts.connect,
            read_timeout=self.timeouts.read,
            request_checksum_calculation="when_supported" if self.service.checksums else "when_required",
            response_checksum_validation="when_supported" if self.service.checksum_mode else "when_required",
            s3={"addressing_style": style},
            use_dualstack_endpoint=self.options.dualstack,
            use_fips_endpoint=self.options.fips,
        )
        keys = StaticKeys(self.credentials).keys() if self.credentials and self.has_static_keys else None
        secrets = (
            {}
            if keys is None
            else {
                "aws_access_key_id": keys.access_key,
                "aws_secret_access_key": keys.secret_key,
                "aws_session_token": keys.session_token,
            }
        )
        region = self.region()
        endpoint = None if self.service is AWS and self.endpoint_url is None else self.endpoint(region).url
        options = self.options
        client = boto3.session.Session(botocore_session=self.botocore_session()).client(
            "s3",
            region_name=region,
            endpoint_url=endpoint,
            config=config,
            verify=(str(options.ca_bundle) if options.ca_bundle else None) if options.verify else False,
            **secrets,
        )
        client.meta.events.register_last("before-parameter-build.s3", _ask_once)
        return client


def _ask_once(model: Any, context: dict[str, Any], **_arguments: Any) -> None:
    """Let botocore ask for a bucket's region once.

    It answers each redirect by a HEAD of the bucket, also the redirect of that HEAD: without end where a server
    redirects everything.
    """
    if model.name == "HeadBucket":
        context.setdefault("s3_redirect", {})["redirected"] = True
