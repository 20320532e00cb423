"""What the clients over boto3 share: credentials, regions, boto3's clients, one way to call them.

None of their calls is hot, so boto3 sends them. The retries are this library's; botocore's own are off.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from cloud._dialects._answers import read_by, understood
from cloud._dialects._sdk_logs import sdk_call
from cloud._dialects._settings import timeouts_of
from cloud._dialects.s3._keys import StaticKeys
from cloud.aws._errors import ErrorTable, translate
from cloud.common._base_resource import BaseClient
from cloud.common._fork import renew_after_fork
from cloud.common._lazy import require, require_installed
from cloud.common._observe import call_facts
from cloud.common._redact import HiddenValues
from cloud.common.enums import CloudProvider
from cloud.common.errors import ConfigurationError, InvalidRequestError, ServiceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from typing_extensions import Self

    from cloud.common._observe import Observer
    from cloud.common._ratelimit import Limiter
    from cloud.common._retry import RetryPolicy
    from cloud.common.credentials import CloudCredentials
    from cloud.common.errors import CloudError, ErrorContext

T = TypeVar("T")

EXTRA = "aws"
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html
REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")


# botocore's model of EC2 takes 0.3 s and is the same for every login: sessions with one data path share it.
_loaders: dict[str | None, Any] = {}


def _loader(session: Any) -> Any:
    from botocore.loaders import create_loader

    path = session.get_config_variable("data_path")
    return _loaders.setdefault(path, create_loader(path))


class AwsSession:
    """One login to AWS, and boto3's clients of one service, a region each. Making one loads no SDK.

    Safe between threads. In a forked child the clients are made anew: connections are not shared.

    Args:
        service: boto3's name of the service.
        credentials: explicit keys; None for boto3's whole chain.
        region: otherwise the credentials', AWS_REGION, or the profile's.
        endpoint_url: otherwise what botocore finds: AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, the
            profile's, Amazon's own.
        profile: a profile of ``~/.aws/config``.
        timeout: seconds without progress, or (connect, read).
        settings: further arguments of ``botocore.config.Config``.
    """

    def __init__(
        self,
        service: str,
        *,
        credentials: CloudCredentials | None,
        region: str | None,
        endpoint_url: str | None,
        profile: str | None,
        timeout: float | tuple[float, float] | None,
        settings: Mapping[str, Any] | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._service = service
        has_keys = credentials is not None and credentials.access_key is not None
        self._keys = StaticKeys(credentials) if credentials is not None and has_keys else None
        self._given_region = region or (credentials.region if credentials is not None else None)
        self._profile = profile or (credentials.profile if credentials is not None else None)
        self._endpoint_url = endpoint_url
        self._timeouts = timeouts_of(timeout)
        self._settings = dict(settings or {})
        self._environ = environ
        self._lock = threading.RLock()
        renew_after_fork(self, "_lock", threading.RLock)
        self._session: Any = None
        self._clients: dict[tuple[str, str], Any] = {}
        renew_after_fork(self, "_clients", dict)

    def region(self) -> str:
        """Return the region.

        Raises:
            ConfigurationError: nothing names one.
        """
        found = self._given_region or next(filter(None, map(self._environ.get, REGION_VARIABLES)), None)
        if found is None:
            found = self._botocore_session().get_config_variable("region")
        if found is None:
            raise ConfigurationError(
                "no AWS region is known", hint="pass region=, or set AWS_REGION or a profile's region"
            )
        return str(found)

    def in_region(self, region: str) -> AwsSession:
        """Return a session of the same login in another region; what botocore has loaded is shared."""
        copy = AwsSession(
            self._service,
            credentials=None,
            region=region,
            endpoint_url=self._endpoint_url,
            profile=self._profile,
            timeout=(self._timeouts.connect, self._timeouts.read),
            settings=self._settings,
            environ=self._environ,
        )
        copy._keys, copy._session = self._keys, self._botocore_session()  # its own class
        return copy

    def client(self, region: str | None = None, *, service: str | None = None) -> Any:
        """Return boto3's client of a region and service; of the session's own for None."""
        keys = self._keys.keys() if self._keys is not None else None  # also says when they have ended
        name = (service or self._service, region or self.region())
        with self._lock:
            found = self._clients.get(name)
            if found is None:
                secrets = HiddenValues()
                if keys is not None:
                    secrets["aws_access_key_id"] = keys.access_key
                    secrets["aws_secret_access_key"] = keys.secret_key
                    if keys.session_token is not None:
                        secrets["aws_session_token"] = keys.session_token
                found = self._clients[name] = self._make(*name, secrets)
            return found

    def close(self) -> None:
        """Close the connections of all clients; the next call makes new ones."""
        with self._lock:
            clients, self._clients = self._clients, {}
        for client in clients.values():
            client.close()

    def _botocore_session(self) -> Any:
        with self._lock:
            if self._session is None:
                require("boto3", extra=EXTRA)
                session = require("botocore.session", extra=EXTRA).Session(profile=self._profile)
                session.register_component("data_loader", _loader(session))
                self._session = session
            return self._session

    def _make(self, service: str, region: str, secrets: Mapping[str, Any]) -> Any:
        boto3 = require("boto3", extra=EXTRA)
        from botocore.config import Config

        config = Config(
            retries={"total_max_attempts": 1},
            connect_timeout=self._timeouts.connect,
            read_timeout=self._timeouts.read,
            **self._settings,
        )
        return boto3.session.Session(botocore_session=self._botocore_session()).client(
            service, region_name=region, endpoint_url=self._endpoint_url, config=config, **secrets
        )


class AwsClient(BaseClient):
    """The part of a client of one AWS service that is the same for all: put it before the template.

    Safe between threads and after a fork; picklable without its secrets.

    Args:
        credentials: explicit keys. Without them boto3's whole chain is searched at the first request:
            environment, profiles, SSO, assumed roles, container and instance metadata.
        region: region of the requests. Otherwise the credentials', AWS_REGION, or the AWS profile's.
        endpoint_url: another endpoint, such as ``http://127.0.0.1:5000``. Otherwise AWS_ENDPOINT_URL and its
            sisters, then Amazon's own.
        profile: a profile of ``~/.aws/config``.
        timeout: seconds without progress before a call fails, or (connect, read); 10 and 60 by default.
        retry, limits, observers: see `cloud.common`.

    Class attributes:
        service_name: boto3's name of the service, and ours.
        error_table: the service's error codes.
        boto_settings: further arguments of ``botocore.config.Config``.
    """

    provider = CloudProvider.AWS
    error_table: ClassVar[ErrorTable]
    boto_settings: ClassVar[Mapping[str, Any]] = {}

    def __init__(
        self,
        credentials: CloudCredentials | None = None,
        *,
        region: str | None = None,
        endpoint_url: str | None = None,
        profile: str | None = None,
        timeout: float | tuple[float, float] | None = None,
        retry: RetryPolicy | None = None,
        limits: Limiter | None = None,
        observers: Sequence[Observer] = (),
    ) -> None:
        require_installed("boto3", extra=EXTRA)
        super().__init__(retry=retry, limits=limits, observers=observers)
        self._arguments: Mapping[str, Any] = {
            "credentials": credentials,
            "region": region,
            "endpoint_url": endpoint_url,
            "profile": profile,
            "timeout": timeout,
            "retry": retry,
            "limits": limits,
            "observers": observers,
        }
        self._aws = AwsSession(
            self.service_name,
            credentials=credentials,
            region=region,
            endpoint_url=endpoint_url,
            profile=profile,
            timeout=timeout,
            settings=self.boto_settings,
        )

    @classmethod
    def from_env(cls, *, region: str | None = None, endpoint_url: str | None = None) -> Self:
        """Return a client of the keys in AWS_ACCESS_KEY_ID and its sisters.

        Raises:
            ConfigurationError: they are not set.
        """
        from cloud.common.credentials import CloudCredentials

        return cls(CloudCredentials.from_env(CloudProvider.AWS), region=region, endpoint_url=endpoint_url)

    @property
    def region(self) -> str:
        """Region of the requests."""
        return self._aws.region()

    def list_regions(self) -> list[str]:
        """Return the regions that the account may use, sorted. EC2 is asked, whatever the client's service is."""

        def names(answer: Mapping[str, Any]) -> list[str]:
            return sorted(item["RegionName"] for item in answer["Regions"])

        return self._runtime.run(
            "list_regions", "", lambda: read(self._aws.client(service="ec2"), names, "describe_regions")
        )

    def in_region(self, region: str) -> Self:
        """Return a client of the same settings for another region."""
        if not isinstance(region, str) or not region:
            raise InvalidRequestError(f"the region must be a name, not {region!r}")
        copy = type(self)(**{**self._arguments, "region": region})
        copy._aws = self._aws.in_region(region)  # noqa: SLF001  # its own class
        return copy

    @property
    def native(self) -> Any:
        """boto3's client of the same settings, without retries of its own. Made at first use."""
        return self._aws.client()

    def close(self) -> None:
        """Close all connections; the next call opens new ones."""
        self._aws.close()

    def _translate(self, exc: Exception, context: ErrorContext) -> CloudError | None:
        del context
        return translate(exc, self.error_table)

    def _constructor(self) -> tuple[Callable[..., Any], tuple[Any, ...], Mapping[str, Any]]:
        return type(self), (), self._arguments

    def _call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Return boto3's answer to one request, leaving out arguments that are None."""
        return call(self._aws.client(), method, **arguments)

    def _read(self, make: Callable[[Any], T], method: str, **arguments: Any) -> T:
        """Return what `make` makes of boto3's answer to one request; see `read`."""
        return read(self._aws.client(), make, method, **arguments)


def read(client: Any, make: Callable[[Any], T], method: str, **arguments: Any) -> T:
    """Return what `make` makes of the answer to one request of a boto3 client; arguments as for `call`.

    To be called where the runtime sees it: what was made and then cannot be read must not be made again.

    Raises:
        ServiceUnavailableError: the answer is not what the service documents.
    """
    return read_by(make, call(client, method, **arguments))


def call(client: Any, method: str, **arguments: Any) -> dict[str, Any]:
    """Return the answer to one request of a boto3 client, leaving out arguments that are None.

    Raises:
        ServiceUnavailableError: the answer carries no request id. All of AWS's do; botocore would take any
            page, also a captive portal's, for an answer in which everything is left out. Or botocore could not
            read it.
    """
    facts = call_facts()
    facts.requests += 1
    with sdk_call(), understood("answer"):
        answer: dict[str, Any] = getattr(client, method)(
            **{name: value for name, value in arguments.items() if value is not None}
        )
    meta = answer.get("ResponseMetadata", {})
    facts.http_status, facts.request_id = meta.get("HTTPStatusCode"), meta.get("RequestId")
    if facts.request_id is None:
        for value in answer.values():
            if hasattr(value, "close"):  # a body that nobody will read: its connection is given up
                value.close()
        # Without the status, which is some other program's: whether AWS has acted is not known.
        raise ServiceUnavailableError("the answer is not an AWS service's: it has no request id")
    if client.meta.service_model.protocol == "ec2" and not _is_read(answer):
        raise ServiceUnavailableError("the answer is not what the protocol says: a field of it came twice")
    return answer


def _is_read(answer: Mapping[str, Any]) -> bool:
    """Return whether botocore has read all of an answer: of a text that came twice it leaves elements of XML."""
    from xml.etree.ElementTree import Element  # nothing is parsed

    rest: list[Any] = [answer]
    while rest:
        value = rest.pop()
        if isinstance(value, dict):
            rest.extend(value.values())
        elif isinstance(value, list):
            rest.extend(value)
        elif isinstance(value, Element):
            return False
    return True
