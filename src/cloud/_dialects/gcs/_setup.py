"""From a client's arguments to an `Exchange`: credentials, project, endpoint, transport. Nothing is sent."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloud._dialects._settings import timeouts_of
from cloud._dialects.gcs._exchange import Exchange
from cloud._dialects.gcs._profiles import is_google_host, profile_for
from cloud._dialects.gcs._tokens import SCOPES, GivenToken, GoogleTokens, NoToken, TokenSource
from cloud._dialects.gcs._transports import make_transport
from cloud._wire._types import Origin
from cloud.common._fork import renew_after_fork
from cloud.common._lazy import require
from cloud.common.errors import ConfigurationError, InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud._dialects.gcs._options import GCSOptions
    from cloud._wire._types import Timeouts, Transport
    from cloud.common.credentials import CloudCredentials

DEFAULT_ENDPOINT = "https://storage.googleapis.com"
"""https://cloud.google.com/storage/docs/request-endpoints"""
EMULATOR_VARIABLE = "STORAGE_EMULATOR_HOST"
"""Names a stand-in that asks nobody who they are, as it does for Google's own libraries."""
# https://cloud.google.com/python/docs/reference/google-cloud-core/latest/config
PROJECT_VARIABLES = ("GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the service is.

    Attributes:
        origin: scheme, host and port.
        is_google: whether this is one of Google's own host names.
    """

    origin: Origin
    is_google: bool

    @classmethod
    def parse(cls, url: str) -> Endpoint:
        """Return the endpoint of a URL; one without a scheme, as an emulator's may be, is of http.

        Raises:
            ConfigurationError: it is no such URL, or has a path.
        """
        text = url if "://" in url else f"http://{url}"
        try:
            origin = Origin.parse(text)
        except ValueError as error:
            raise ConfigurationError(f"endpoint_url: {error}") from None
        if text.partition("://")[2].partition("/")[2]:
            raise ConfigurationError(
                "endpoint_url must have no path", hint="https://storage.googleapis.com, for example"
            )
        return cls(origin, is_google_host(origin.host))

    @property
    def url(self) -> str:
        """The URL, without a slash at its end."""
        return f"{self.origin.scheme}://{self.origin.host_header}"

    @property
    def is_private(self) -> bool:
        """Whether nobody else can listen to what is sent there: TLS, or this very machine."""
        return self.origin.scheme == "https" or _is_loopback(self.origin.host)


def _is_loopback(host: str) -> bool:
    from ipaddress import ip_address

    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False  # a name, which anybody may have


@dataclass(frozen=True, slots=True)
class TransportSettings:
    """What every connection is made with.

    Attributes:
        timeouts: seconds without progress.
        ca_bundle: PEM file trusted instead of the system's store; None for that store.
        verify: whether certificates are checked.
    """

    timeouts: Timeouts
    ca_bundle: str | None
    verify: bool


class GCSSetup:
    """What a client was told. The SDK is loaded when something of it is first needed."""

    def __init__(
        self,
        *,
        credentials: CloudCredentials | None,
        project: str | None,
        endpoint_url: str | None,
        service: str | None,
        anonymous: bool,
        region: str | None,
        timeout: float | tuple[float, float] | None,
        options: GCSOptions,
        extra: str,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        if anonymous and credentials is not None:
            raise InvalidRequestError("anonymous=True and credentials exclude each other")
        emulator = environ.get(EMULATOR_VARIABLE) if endpoint_url is None else None
        self.credentials = credentials
        self.endpoint = Endpoint.parse(endpoint_url or emulator or DEFAULT_ENDPOINT)
        self.service = profile_for(self.endpoint.origin.host, service)
        self.anonymous = anonymous or (emulator is not None and credentials is None)
        if not self.anonymous and not self.endpoint.is_private:
            raise ConfigurationError(
                f"an access token must not go unencrypted to {self.endpoint.origin.host}",
                hint="use an https:// endpoint_url, or anonymous=True",
            )
        self.region = region or (credentials.region if credentials is not None else None)
        self.options = options
        bundle = options.ca_bundle or environ.get("REQUESTS_CA_BUNDLE")
        self.transport_settings = TransportSettings(
            timeouts_of(timeout), os.fspath(bundle) if bundle else None, options.verify
        )
        self._given_project = project or (credentials.project if credentials is not None else None)
        self._extra = extra
        self._environ = environ
        self._lock = threading.RLock()
        renew_after_fork(self, "_lock", threading.RLock)
        self._google: tuple[Any, str | None] | None = None
        self._native: Any = None

    @property
    def timeouts(self) -> Timeouts:
        """Seconds without progress."""
        return self.transport_settings.timeouts

    def google_credentials(self) -> Any:
        """Return google-auth's credentials; None for an anonymous client."""
        return None if self.anonymous else self._found()[0]

    def _found(self) -> tuple[Any, str | None]:
        """Return google-auth's credentials and the project that they name."""
        with self._lock:
            if self._google is None:
                self._google = self._find()
            return self._google

    def _find(self) -> tuple[Any, str | None]:
        auth = require("google.auth", extra=self._extra)
        given = self.credentials
        if given is not None and given.token is not None:
            oauth2 = require("google.oauth2.credentials", extra=self._extra)
            ends = (
                None if given.expires_at is None else given.expires_at.replace(tzinfo=None)
            )  # UTC, as there
            return oauth2.Credentials(given.token.reveal(), expiry=ends), None
        if given is not None and given.credentials_file is not None:
            return _from_file(auth, given.credentials_file)
        credentials, project = auth.default(scopes=SCOPES)
        return credentials, project

    def project(self) -> str | None:
        """Return the project: given, from the environment, or the credentials' own; None without any."""
        found = self._given_project or next(filter(None, map(self._environ.get, PROJECT_VARIABLES)), None)
        if found is not None or self.anonymous:
            return found
        if self.credentials is not None and self.credentials.token is not None:
            return None
        return self._found()[1]

    def needed_project(self) -> str:
        """Return the project.

        Raises:
            ConfigurationError: nobody named one.
        """
        found = self.project()
        if found is None:
            raise ConfigurationError(
                "buckets belong to a project, and none is known",
                hint=f"pass project=, or set {PROJECT_VARIABLES[0]}",
            )
        return found

    def tokens(self) -> TokenSource:
        """Return where tokens come from."""
        if self.anonymous:
            return NoToken()
        given = self.credentials
        if given is not None and given.token is not None:
            return GivenToken(given.token, given.expires_at)
        return GoogleTokens(self.google_credentials)

    def transport(self) -> Transport:
        """Return a new transport."""
        settings = self.transport_settings
        return make_transport(
            self.options.transport, settings.timeouts, ca_bundle=settings.ca_bundle, verify=settings.verify
        )

    def exchange(self) -> Exchange:
        """Return a new exchange."""
        return Exchange(
            self.endpoint.origin, self.tokens(), self.transport(), user_project=self.options.user_project
        )

    def native(self) -> Any:
        """Return google-cloud-storage's client of the same settings.

        It has no switch for its retries: each of its calls takes ``retry=None``.
        """
        with self._lock:
            if self._native is None:
                self._native = self._make_native()
            return self._native

    def _make_native(self) -> Any:
        storage = require("google.cloud.storage", extra=self._extra)
        auth = require("google.auth.credentials", extra=self._extra)
        credentials = self.google_credentials()
        is_default = self.endpoint.url == DEFAULT_ENDPOINT and not self._environ.get(EMULATOR_VARIABLE)
        client = storage.Client(
            project=self.project(),
            credentials=auth.AnonymousCredentials() if credentials is None else credentials,
            client_options=None if is_default else {"api_endpoint": self.endpoint.url},
        )
        settings = self.transport_settings
        client._http.verify = (settings.ca_bundle or True) if settings.verify else False  # noqa: SLF001  # it takes a session or nothing
        client._http.max_redirects = 0  # noqa: SLF001  # likewise; requests would follow them to any host
        # From 3.11 on it asks for each bucket's place by itself, in a thread, with retries; only a variable says no.
        client._bucket_metadata_cache = None  # noqa: SLF001  # it looks whether there is one
        return client


def _from_file(auth: Any, path: str) -> tuple[Any, str | None]:
    """Return the credentials in a file of any kind: service account, workload identity, authorized user."""
    import warnings

    with warnings.catch_warnings():
        # It warns of files that somebody else has written; this one the caller has named.
        warnings.simplefilter("ignore")
        credentials, project = auth.load_credentials_from_file(path, scopes=SCOPES)
    return credentials, project
