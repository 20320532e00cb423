"""One login to Infomaniak's OpenStack: keystoneauth's session, and openstacksdk's connection over it."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cloud._dialects.swift._login import is_version_1
from cloud.common._fork import renew_after_fork
from cloud.common._lazy import require
from cloud.common._observe import call_facts
from cloud.common.errors import CloudError, ConfigurationError
from cloud.infomaniak._errors import AnswerShapeError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping

    import requests

    from cloud.common.credentials import CloudCredentials

EXTRA = "infomaniak"
DEFAULT_REGION = "dc3-a"
# https://docs.infomaniak.cloud/identity/ and https://docs.infomaniak.cloud/object_storage/
AUTH_URLS: Mapping[str, str] = {
    "dc3-a": "https://api.pub1.infomaniak.cloud/identity/v3",
    "dc4-a": "https://api.pub2.infomaniak.cloud/identity/v3",
}
DEFAULT_DOMAIN = "Default"
_MOST_DIGITS = 16  # of a length; int() itself refuses thousands


class OpenStackConnection:
    """A login by explicit credentials, by a name in clouds.yaml, or by what the SDK's own chain finds.

    Making one loads no SDK and sends nothing. The session renews its token by itself.

    Args:
        credentials: application credential, user and password, or token; None for the SDK's chain: OS_CLOUD,
            OS_* and clouds.yaml.
        profile: name in clouds.yaml, instead of credentials.
        region: as OpenStack names it; otherwise the credentials', clouds.yaml's or dc3-a.
        timeout_seconds: silence after which a login fails.
        ca_bundle: PEM file trusted instead of the system's store.
        verify: False accepts any certificate.
        storage_url: what a token without a catalogue is for.
        connect_seconds: how long a connection may take to be made; `timeout_seconds` when None.
        endpoints: URL of a service by its type, instead of the catalogue's.
        environ: where OS_CACERT and REQUESTS_CA_BUNDLE are.
        chain: tells what the SDK's chain would read now. The SDK reads it at the first call; when it is not what it
            was here, that call is refused, because it would log in as somebody else.
    """

    def __init__(
        self,
        credentials: CloudCredentials | None,
        *,
        profile: str | None = None,
        region: str | None = None,
        timeout_seconds: float = 60.0,
        ca_bundle: str | os.PathLike[str] | None = None,
        verify: bool = True,
        storage_url: str | None = None,
        connect_seconds: float | None = None,
        endpoints: Mapping[str, str] | None = None,
        environ: Mapping[str, str] = os.environ,
        chain: Callable[[], Hashable] | None = None,
    ) -> None:
        self._credentials = credentials
        self._profile = profile or (credentials.profile if credentials is not None else None)
        self._given_region = region or (credentials.region if credentials is not None else None)
        self._timeout = timeout_seconds
        self._connect_timeout = connect_seconds
        self._endpoints = dict(endpoints or {})
        self._ca_bundle = ca_bundle
        self._verify = verify
        self._storage_url = storage_url
        self._environ = environ
        self._chain = chain
        self._chain_then = None if chain is None else chain()
        self._lock = threading.RLock()
        renew_after_fork(self, "_lock", threading.RLock)
        self._session: Any = None
        self._cloud: Any = None
        self._native: Any = None
        # A child that wrote into its parent's sockets would garble both: it opens its own, and logs in anew.
        renew_after_fork(self, "_session", _nothing)
        renew_after_fork(self, "_native", _nothing)

    @property
    def _is_explicit(self) -> bool:
        given = self._credentials
        return given is not None and any(
            (given.application_credential_id, given.password is not None, given.token is not None)
        )

    @property
    def auth_url(self) -> str:
        """Where to log in with explicit credentials.

        Raises:
            ConfigurationError: the region has no Keystone that is known here.
        """
        given = self._credentials.auth_url if self._credentials is not None else None
        if given is not None:
            return given
        region = self._given_region or DEFAULT_REGION
        if region not in AUTH_URLS:
            raise ConfigurationError(
                f"no Keystone is known for the region {region!r}", hint="name its auth_url in the credentials"
            )
        return AUTH_URLS[region]

    def region(self) -> str | None:
        """Return the region; None for whatever the catalogue names first, at a Keystone of somebody else's."""
        if self._given_region is not None:
            return self._given_region
        if not self._is_explicit:
            found: str | None = self._cloud_region().get_region_name()
            return found or None
        given = self._credentials
        if given is not None and given.auth_url is None and given.token is not None and not given.username:
            return None  # a token is for one account
        host = urlsplit(self.auth_url).hostname or ""
        by_host = {urlsplit(url).hostname: name for name, url in AUTH_URLS.items()}
        return by_host.get(host)

    def verify(self) -> str | bool:
        """Return the CA bundle to trust, True for the system's store, False for none."""
        if not self._verify:
            return False
        bundle = self._ca_bundle or self._environ.get("OS_CACERT") or self._environ.get("REQUESTS_CA_BUNDLE")
        if bundle:
            return os.fspath(bundle)
        if not self._is_explicit:
            found, _ = self._cloud_region().get_requests_verify_args()
            return found if isinstance(found, str) else bool(found)
        return True

    def interface(self) -> str:
        """Return which of a service's URLs to use: ``public``, or what clouds.yaml says."""
        if self._is_explicit:
            return "public"
        return str(self._cloud_region().get_interface() or "public")

    def session(self) -> Any:
        """Return the keystoneauth session with its login, made at first use."""
        with self._lock:
            session = self._bare_session()
            if session.auth is None:
                auth = self._plugin() if self._is_explicit else self._cloud_region().get_auth()
                if hasattr(auth, "get_auth_ref"):  # a bare token has none
                    auth.get_auth_ref = partial(_login, auth.get_auth_ref)
                session.auth = auth
            return session

    def http(self) -> requests.Session:
        """Return the requests session below the keystoneauth session; it needs no login."""
        with self._lock:
            found: requests.Session = self._bare_session().session
            return found

    def _bare_session(self) -> Any:
        if self._session is None:
            require("keystoneauth1", extra=EXTRA)
            from keystoneauth1.session import Session

            # No redirects: keystoneauth would send the password after them, to any host.
            session: Any = Session(
                verify=self.verify(), timeout=self._timeout, redirect=False, app_name="cloud"
            )
            if self._connect_timeout is not None:
                session.timeout = (self._connect_timeout, self._timeout)
            # Its debug log holds bodies, and so the secrets that are made by them. Our own log has the calls.
            session.request = partial(session.request, log=False)
            session.session.hooks["response"].append(_note)
            self._session = session
        return self._session

    def native(self, storage_url: str | None = None) -> Any:
        """Return openstacksdk's connection over the session, made at first use."""
        with self._lock:
            if self._native is None:
                require("openstack", extra=EXTRA)
                from openstack.connection import Connection

                settings: dict[str, Any] = {"region_name": self.region(), "interface": self.interface()}
                for service_type, url in self._endpoints.items():
                    settings[f"{service_type.replace('-', '_')}_endpoint_override"] = url
                if storage_url is not None:
                    settings["object_store_endpoint_override"] = storage_url
                self._native = Connection(session=self.session(), app_name="cloud", **settings)
            return self._native

    def endpoint(self, service_type: str) -> str:
        """Return the URL of a service, without a slash at its end; logs in where the catalogue is needed.

        Raises:
            ConfigurationError: the catalogue has no such service in this region; the hint names what it has.
        """
        url = self._endpoints.get(service_type)
        if url is None:
            session, interface, region = self.session(), self.interface(), self.region()
            with _understood():
                url = session.get_endpoint(
                    service_type=service_type, interface=interface, region_name=region, skip_discovery=True
                )
        if not url:
            raise ConfigurationError(
                f"this login's catalogue has no service of type {service_type!r} in region {self.region()!r}",
                hint=f"it has: {', '.join(sorted(self.service_types())) or 'nothing'}",
            )
        return str(url).rstrip("/")

    def service_types(self) -> frozenset[str]:
        """Return the types of the services that the catalogue has in this region; logs in."""
        session, region = self.session(), self.region()
        access = session.auth.get_access(session)
        if not access.has_service_catalog():
            return frozenset(self._endpoints)
        found = access.service_catalog.get_endpoints(interface=self.interface(), region_name=region)
        return frozenset(self._endpoints) | {kind for kind, endpoints in found.items() if endpoints}

    def _plugin(self) -> Any:
        """Return keystoneauth's plugin for the explicit credentials."""
        given = self._credentials
        assert given is not None  # noqa: S101  # `_is_explicit`
        from keystoneauth1.identity import v3

        if given.application_credential_id is not None and given.application_credential_secret is not None:
            return v3.ApplicationCredential(
                self.auth_url,
                application_credential_id=given.application_credential_id,
                application_credential_secret=given.application_credential_secret.reveal(),
            )
        if given.username is not None and given.password is not None:
            if is_version_1(self.auth_url):
                return _version_1_plugin(self.auth_url, given.username, given.password.reveal())
            domain = given.domain or DEFAULT_DOMAIN
            return v3.Password(
                self.auth_url,
                username=given.username,
                password=given.password.reveal(),
                user_domain_name=domain,
                project_id=given.project_id,
                project_name=None if given.project_id else given.project,
                project_domain_name=None if given.project_id or not given.project else domain,
            )
        from keystoneauth1.token_endpoint import Token

        assert given.token is not None  # noqa: S101  # likewise
        return Token(self._storage_url, given.token.reveal())

    def _cloud_region(self) -> Any:
        """Return what the SDK's own chain says: a name in clouds.yaml, or OS_CLOUD, OS_* and its default."""
        with self._lock:
            if self._cloud is None:
                if self._chain is not None and self._chain() != self._chain_then:
                    raise ConfigurationError(
                        "OS_* variables changed after the client was made and before its first call",
                        hint="make a new client, or give it credentials or a profile and leave the variables alone",
                    )
                require("openstack", extra=EXTRA)
                from openstack.config import OpenStackConfig, loader

                wanted: dict[str, Any] = {"cloud": self._profile, "region_name": self._given_region}
                # Copies: openstacksdk before 4.14 puts what OS_CLIENT_CONFIG_FILE names into its lists for good, so
                # that a later login would find the clouds of an earlier file.
                found = OpenStackConfig(
                    config_files=list(loader.CONFIG_FILES), secure_files=list(loader.SECURE_FILES)
                )
                self._cloud = found.get_one(
                    **{name: value for name, value in wanted.items() if value is not None}
                )
            return self._cloud

    def close(self) -> None:
        """Close all connections; the next use opens new ones. The login stays."""
        with self._lock:
            session = self._session
        if session is not None:
            session.session.close()


def _nothing() -> None:
    """Return None, in a forked child, for what it has to make anew."""


def _login(log_in: Callable[..., Any], session: Any, **keywords: Any) -> Any:
    """Return what Keystone said to a login, once all of it that is used later is understood.

    Raises:
        InvalidResponse: it is not what Keystone documents; keystoneauth would stumble over it, by errors of any kind.
    """
    with _understood():
        access = log_in(session, **keywords)
        _ = access.expires, access.project_id, access.user_id
        if access.has_service_catalog():
            access.service_catalog.get_endpoints()
    return access


@contextmanager
def _understood() -> Iterator[None]:
    """Let what keystoneauth stumbles over in a login or its catalogue be an answer that is none."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as exc:
        if isinstance(exc, (CloudError, OSError)):  # ours, or of requests: an address that is none
            raise
        from keystoneauth1.exceptions import InvalidResponse

        raise InvalidResponse(None) from exc  # type: ignore[arg-type]  # it is nowhere looked at


def _note(response: requests.Response, *_: Any, **__: Any) -> None:
    """Tell the call that runs in this thread of an answer.

    Raises:
        AnswerShapeError: it leads to what is no URL; requests itself would stumble over that.
    """
    facts = call_facts()
    facts.requests += 1
    facts.http_status = response.status_code
    facts.request_id = response.headers.get("x-openstack-request-id")
    body = response.request.body
    facts.bytes_sent += len(body) if isinstance(body, (bytes, str)) else 0
    length = response.headers.get("content-length") or ""
    facts.bytes_received += int(length) if length.isdecimal() and len(length) < _MOST_DIGITS else 0
    if response.is_redirect:
        try:
            target = urlsplit(response.headers["location"].encode("latin-1").decode())
            target.port  # noqa: B018  # is read where there is a proxy, and raises
        except ValueError as exc:
            raise AnswerShapeError(response, "its Location is no URL") from exc


def _version_1_plugin(auth_url: str, user: str, key: str) -> Any:
    """Return the plugin for version 1 authentication, which python-swiftclient brings."""
    from keystoneauth1.exceptions import NoMatchingPlugin
    from keystoneauth1.loading import get_plugin_loader

    try:
        loader: Any = get_plugin_loader("v1password")
    except NoMatchingPlugin as exc:
        raise ConfigurationError(
            "the SDK itself knows version 1 authentication by python-swiftclient only",
            hint="pip install python-swiftclient",
        ) from exc
    return loader.load_from_options(auth_url=auth_url, username=user, password=key)
