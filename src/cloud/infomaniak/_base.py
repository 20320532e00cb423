"""What all clients of an OpenStack service share: login, errors, retries, pickling; `_base_calls` has their calls.

A client says its service's type and makes every call through one of four ways:

- `_sdk`: a function of openstacksdk's connection; `_sdk_list` for a listing of it, page by page.
- `_rest`: one request to the service's own API, where the SDK has no proxy or gets it wrong; `_rest_list` for a
  listing.

One call makes one request that changes something, so that a lost answer leaves one thing unknown. `_wait` waits.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from cloud._dialects._settings import timeouts_of
from cloud.common.contracts import CloudClient
from cloud.common.credentials import CloudCredentials
from cloud.common.enums import CloudProvider
from cloud.infomaniak._base_calls import ServiceCalls
from cloud.infomaniak._connection import EXTRA
from cloud.infomaniak._credentials import InfomaniakCredentials
from cloud.infomaniak._errors import AnswerError, translate
from cloud.infomaniak._shared import registry

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence

    from typing_extensions import Self

    from cloud.common._observe import Observer
    from cloud.common._ratelimit import Limiter
    from cloud.common._redact import Secret
    from cloud.common._retry import RetryPolicy
    from cloud.common.enums import Capability
    from cloud.common.errors import CloudError, ErrorContext

# Without it Keystone has never heard of a token whose application credential has access rules.
# https://docs.openstack.org/api-ref/identity/v3/#validate-and-show-information-for-token
KNOWS_ACCESS_RULES: Mapping[str, str] = MappingProxyType({"OpenStack-Identity-Access-Rules": "1.0"})


class OpenStackClient(ServiceCalls, CloudClient):
    """A client of one OpenStack service. Safe between threads and after a fork; it pickles without secrets.

    All clients of one login and region share one connection. Making one sends nothing and loads no SDK; the
    first call logs in, and the token is renewed before it ends and once when a service refuses it.

    Args:
        credentials: `InfomaniakCredentials`, or any `CloudCredentials` with an application credential or user
            and password. Otherwise INFOMANIAK_APP_CREDENTIAL_ID and INFOMANIAK_APP_CREDENTIAL_SECRET, then
            OS_*, then clouds.yaml.
        region: ``dc3-a`` (the default) or ``dc4-a``; of another OpenStack, its own name.
        endpoint_url: URL of the service, instead of the catalogue's.
        profile: name of a cloud in clouds.yaml.
        timeout: seconds without progress before a call fails, or (connect, read); 10 and 60 by default.
        retry, limits, observers: see `cloud.common`.
        ca_bundle: PEM file to trust instead of the system's store.
        verify: False accepts any certificate.
    """

    provider = CloudProvider.INFOMANIAK
    extra: ClassVar[str] = EXTRA

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
        ca_bundle: str | os.PathLike[str] | None = None,
        verify: bool = True,
    ) -> None:
        if credentials is None and profile is None:
            credentials = self._default_credentials()
        self._credentials = credentials
        self._arguments: dict[str, Any] = {
            "region": region,
            "endpoint_url": endpoint_url,
            "profile": profile,
            "timeout": timeout,
            "retry": retry,
            "limits": limits,
            "observers": tuple(observers),
            "ca_bundle": ca_bundle,
            "verify": verify,
        }
        connection = registry.connection(
            credentials,
            profile=profile,
            region=region,
            timeouts=timeouts_of(timeout),
            ca_bundle=ca_bundle,
            verify=verify,
            endpoints=None if endpoint_url is None else {self.service_type: endpoint_url},
        )
        super().__init__(connection, retry=retry, limits=limits, observers=observers)

    # -- making one ------------------------------------------------------------------------------------------
    @classmethod
    def _default_credentials(cls) -> CloudCredentials | None:
        found = CloudCredentials.from_env_if_set(CloudProvider.INFOMANIAK)
        if found is None or not (found.application_credential_id or found.username):
            return None  # nothing, or the keys of S3 or the newsletter: OS_CLOUD, clouds.yaml
        return found

    @classmethod
    def from_env(cls, *, region: str | None = None, endpoint_url: str | None = None) -> Self:
        """Return a client of the login in INFOMANIAK_* and OS_*.

        Raises:
            ConfigurationError: there is none.
        """
        return cls(InfomaniakCredentials.from_env(), region=region, endpoint_url=endpoint_url)

    @classmethod
    def from_credentials(
        cls,
        application_credential_id: str,
        application_credential_secret: str | Secret,
        auth_url: str | None = None,
        region: str | None = None,
    ) -> Self:
        """Return a client of an application credential."""
        return cls(
            InfomaniakCredentials(
                application_credential_id, application_credential_secret, auth_url=auth_url, region=region
            )
        )

    @classmethod
    def from_cloud(cls, name: str, *, region: str | None = None) -> Self:
        """Return a client of the cloud called `name` in clouds.yaml.

        https://docs.openstack.org/openstacksdk/latest/user/config/configuration.html
        """
        return cls(profile=name, region=region)

    # -- the client itself -----------------------------------------------------------------------------------
    @property
    def capabilities(self) -> frozenset[Capability]:
        """None of the optional behaviours, which are storage's."""
        return frozenset()

    @property
    def region(self) -> str | None:
        """The region; None for whatever the catalogue names first. Reads clouds.yaml where it is in use."""
        return self._connection.region()

    @property
    def native(self) -> Any:
        """The connection of openstacksdk (`openstack.connection.Connection`). Made at first use, shared by the login.

        What it raises are the SDK's own exceptions.
        """
        return self._connection.native()

    def validate_connection(self) -> bool:
        """Return True when the login is accepted and has this service; raise what is wrong otherwise.

        Raises:
            AuthenticationError: the login is refused.
            ConfigurationError: the project has no such service in this region; the hint names what it has.
        """

        def look() -> None:
            session = self._connection.session()
            token = session.get_token()
            response = session.get(
                f"{session.auth.auth_url.rstrip('/')}/auth/tokens",
                params={"nocatalog": ""},
                headers={"X-Subject-Token": token, **KNOWS_ACCESS_RULES},
                raise_exc=False,
            )
            if response.status_code != 200:
                raise AnswerError(response)
            self._connection.endpoint(self.service_type)

        self._runtime.run("validate_connection", "", look)
        return True

    def close(self) -> None:
        """Close the connections of this login. The next use, of any client that shares it, opens new ones."""
        self._connection.close()

    def __repr__(self) -> str:
        """Return the class and how it logs in; never a secret."""
        where = self._arguments["profile"] or self._credentials or "the SDK's own chain"
        return f"{type(self).__name__}({where!r})"

    def _translate(self, exc: Exception, context: ErrorContext) -> CloudError | None:
        return translate(exc, context)

    def _constructor(self) -> tuple[Callable[..., Any], tuple[Any, ...], Mapping[str, Any]]:
        return type(self), (self._credentials,), self._arguments
