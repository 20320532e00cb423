"""One login to Infomaniak's OpenStack: keystoneauth's session, and openstacksdk's connection over it."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cloud._dialects.swift._login import is_version_1
from cloud.common._fork import renew_after_fork
from cloud.common._lazy import require
from cloud.common.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        environ: where OS_CACERT and REQUESTS_CA_BUNDLE are.
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
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._credentials = credentials
        self._profile = profile or (credentials.profile if credentials is not None else None)
        self._given_region = region or (credentials.region if credentials is not None else None)
        self._timeout = timeout_seconds
        self._ca_bundle = ca_bundle
        self._verify = verify
        self._storage_url = storage_url
        self._environ = environ
        self._lock = threading.RLock()
        renew_after_fork(self, "_lock", threading.RLock)
        self._session: Any = None
        self._cloud: Any = None
        self._native: Any = None

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

    def session(self) -> Any:
        """Return the keystoneauth session with its login, made at first use."""
        with self._lock:
            session = self._bare_session()
            if session.auth is None:
                session.auth = self._plugin() if self._is_explicit else self._cloud_region().get_auth()
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
            self._session = Session(
                verify=self.verify(), timeout=self._timeout, redirect=False, app_name="cloud"
            )
        return self._session

    def native(self, storage_url: str | None = None) -> Any:
        """Return openstacksdk's connection over the session, made at first use."""
        with self._lock:
            if self._native is None:
                require("openstack", extra=EXTRA)
                from openstack.connection import Connection

                settings: dict[str, Any] = {"region_name": self.region()}
                if storage_url is not None:
                    settings["object_store_endpoint_override"] = storage_url
                self._native = Connection(session=self.session(), app_name="cloud", **settings)
            return self._native

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
                require("openstack", extra=EXTRA)
                from openstack.config import OpenStackConfig

                wanted: dict[str, Any] = {"cloud": self._profile, "region_name": self._given_region}
                self._cloud = OpenStackConfig().get_one(
                    **{name: value for name, value in wanted.items() if value is not None}
                )
            return self._cloud

    def close(self) -> None:
        """Close all connections; the next use opens new ones. The login stays."""
        with self._lock:
            session = self._session
        if session is not None:
            session.session.close()


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
