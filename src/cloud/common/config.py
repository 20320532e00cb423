"""Configuration of several providers at once: named profiles from a file, or the environment."""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from cloud.common._redact import Secret
from cloud.common.credentials import SECRET_FIELDS, CloudCredentials
from cloud.common.enums import CloudProvider
from cloud.common.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import BinaryIO

_OPTIONS: Final = ("service", "region", "endpoint_url", "profile", "root", "anonymous")
_PLAIN_CREDENTIALS: Final = (
    "access_key",
    "username",
    "account_name",
    "tenant_id",
    "client_id",
    "credentials_file",
    "project",
    "project_id",
    "domain",
    "application_credential_id",
    "auth_url",
)
_PATHS: Final = ("root", "credentials_file")
_KEYS: Final = ("provider", *_OPTIONS, *_PLAIN_CREDENTIALS, *SECRET_FIELDS)

# Where a service runs is no credential: AWS's SDKs read these, the older implementation read the others.
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
_ENDPOINT_VARIABLES: Final[Mapping[CloudProvider, tuple[str, ...]]] = {
    CloudProvider.AWS: ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
    CloudProvider.AZURE: ("AZURE_STORAGE_ACCOUNT_URL",),
    CloudProvider.INFOMANIAK: ("INFOMANIAK_S3_ENDPOINT",),
}
LOCAL_ROOT_VARIABLE: Final = "CLOUD_LOCAL_ROOT"
CONFIG_VARIABLE: Final = "CLOUD_CONFIG"


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One named way to reach one provider.

    Attributes:
        name: what URLs (``?profile=minio``) and the command line (``--profile minio``) call it.
        provider: who runs it.
        service: name of an S3 service profile, such as ``minio``; None for the provider's own.
        region: region of the client.
        endpoint_url: where the service is, when not where the provider's own is.
        profile: a profile of the provider's own files (``~/.aws/config``, ``clouds.yaml``).
        root: folder of a local store.
        anonymous: whether requests go out without credentials.
        login: the credentials; None when the client shall look where the provider's own tools look.
    """

    name: str
    provider: CloudProvider
    service: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    profile: str | None = None
    root: str | None = None
    anonymous: bool = False
    login: CloudCredentials | None = field(default=None, repr=False)

    def credentials(self) -> CloudCredentials | None:
        """Return the credentials, or None when the client shall look where the provider's own tools look."""
        return self.login

    def options(self) -> dict[str, Any]:
        """Return the keywords that a client of this profile is constructed with, without the credentials."""
        return {name: value for name in _OPTIONS if (value := getattr(self, name)) not in {None, False}}


class CloudConfig:
    """Profiles of several providers.

    A configuration file is TOML, or JSON of the same shape when its name ends in ``.json``::

        [profiles.minio]
        provider = "aws"                          # aws, gcp, azure, infomaniak, coda, local
        service = "minio"                         # S3 service profile
        endpoint_url = "http://127.0.0.1:9000"
        region = "us-east-1"
        access_key = "minio"
        secret_key = { env = "MINIO_SECRET" }     # or { file = "~/.minio-secret" }, or plain text

        [profiles.work]
        provider = "aws"
        profile = "work"                          # as in ~/.aws/config

        [profiles.store]
        provider = "local"
        root = "~/store"

    The other keys are the fields of `CloudCredentials`. Relative paths start at the file's folder. References
    are resolved when a client needs them. A file that holds a secret as plain text must be readable by its
    owner only (POSIX), as ssh demands of keys. Python 3.10 has no TOML parser of its own: there, install
    ``tomli`` or write JSON.

    Args:
        profiles: the profiles.
    """

    def __init__(self, profiles: Iterable[Profile] = ()) -> None:
        self._profiles = {profile.name: profile for profile in profiles}

    @property
    def profiles(self) -> Mapping[str, Profile]:
        """The profiles by name, read-only."""
        return MappingProxyType(self._profiles)

    def __repr__(self) -> str:
        """Return the names of the profiles."""
        return f"CloudConfig({', '.join(self._profiles)})"

    def __eq__(self, other: object) -> bool:
        """Return whether both have the same profiles."""
        return self._profiles == other._profiles if isinstance(other, CloudConfig) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # profiles can be added

    def profile(self, name: str) -> Profile:
        """Return the profile called `name`.

        Raises:
            ConfigurationError: there is none; it names the nearest.
        """
        if name not in self._profiles:
            raise ConfigurationError(
                f"there is no profile {name!r}", hint=_nearest(name, list(self._profiles))
            )
        return self._profiles[name]

    def add_provider(self, credentials: CloudCredentials) -> None:
        """Add or replace the profile that is named like the provider of `credentials`."""
        name = credentials.provider.value
        self._profiles[name] = Profile(
            name=name, provider=credentials.provider, region=credentials.region, login=credentials
        )

    def has_provider(self, provider: CloudProvider) -> bool:
        """Return whether there is a profile of `provider`."""
        return any(profile.provider is provider for profile in self._profiles.values())

    def get_credentials(self, provider: CloudProvider) -> CloudCredentials | None:
        """Return the credentials of the profile that is named like `provider`, else of its only profile.

        None when there is no profile of it, or when that one leaves the search to the client.

        Raises:
            ConfigurationError: several profiles are of `provider` and none is named like it.
        """
        of_provider = [profile for profile in self._profiles.values() if profile.provider is provider]
        named = [profile for profile in of_provider if profile.name == provider.value] or of_provider
        if len(named) > 1:
            names = ", ".join(profile.name for profile in named)
            raise ConfigurationError(
                f"several profiles are of {provider.value}: {names}", hint="name the one that is meant"
            )
        return named[0].credentials() if named else None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> CloudConfig:
        """Return one profile, named like the provider, for each provider with credentials in the environment.

        Args:
            environ: the variables; the process's own when None.

        Raises:
            ConfigurationError: of a pair of variables one is set and the other is not.
        """
        environ = os.environ if environ is None else environ
        profiles = []
        for provider in CloudProvider:
            if provider is CloudProvider.LOCAL:
                if root := environ.get(LOCAL_ROOT_VARIABLE):
                    profiles.append(Profile(name=provider.value, provider=provider, root=root))
                continue
            login = CloudCredentials.from_env_if_set(provider, environ)
            if login is not None:
                endpoints = (environ.get(name) for name in _ENDPOINT_VARIABLES.get(provider, ()))
                profiles.append(
                    Profile(
                        name=provider.value,
                        provider=provider,
                        region=login.region,
                        profile=login.profile,
                        endpoint_url=next(filter(None, endpoints), None),
                        login=login,
                    )
                )
        return cls(profiles)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> CloudConfig:
        """Return the profiles of the file at `path`; the class docstring shows its format.

        Raises:
            ConfigurationError: it cannot be read or parsed, has an unknown key, or holds a secret as plain
                text and may be read by others; on Python 3.10 also when TOML has no parser.
        """
        path = Path(path).expanduser().absolute()
        document, mode = _read(path)
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO) and _has_literal(document):
            raise ConfigurationError(
                f"{path} holds secrets and may be used by others (mode {stat.S_IMODE(mode):04o})",
                hint=f'chmod 600 {path}, or refer to them: {{ env = "NAME" }}, {{ file = "path" }}',
            )
        _expect_keys(document, ("profiles",), str(path))
        tables = document.get("profiles", {})
        if not isinstance(tables, dict):
            raise ConfigurationError(f"{path}: profiles is not a table")
        return cls([_profile(name, table, path) for name, table in tables.items()])

    @classmethod
    def load(
        cls, path: str | os.PathLike[str] | None = None, environ: Mapping[str, str] | None = None
    ) -> CloudConfig:
        """Return the configuration at `path`, else at ``$CLOUD_CONFIG``, else the user's own.

        The user's own is ``$XDG_CONFIG_HOME/cloud/config.toml``, by default ``~/.config/cloud/config.toml``;
        when that file does not exist the configuration is empty.

        Args:
            path: the file.
            environ: the variables; the process's own when None.

        Raises:
            ConfigurationError: a file that you named does not exist, or see `from_file`.
        """
        environ = os.environ if environ is None else environ
        named = path or environ.get(CONFIG_VARIABLE)
        if named:
            return cls.from_file(named)
        own = _config_home(environ) / "cloud" / "config.toml"
        return cls.from_file(own) if own.exists() else cls()


def _config_home(environ: Mapping[str, str]) -> Path:
    # A relative XDG_CONFIG_HOME is invalid and to be ignored: https://specifications.freedesktop.org/basedir/
    home = Path(environ.get("XDG_CONFIG_HOME") or ".")
    return home if home.is_absolute() else Path("~/.config").expanduser()


def _read(path: Path) -> tuple[dict[str, Any], int]:
    """Return what the file says and its mode; a text whose key is not known to be harmless is a `Secret`.

    A parser's error carries the whole document, so it is not chained, and no frame of what is raised here or
    later holds a plain secret.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            document = _hidden(_parse(file, path.suffix))
    except OSError as exc:
        raise ConfigurationError(f"the configuration {path} cannot be read: {exc.strerror}") from exc
    except (ValueError, RecursionError) as exc:  # the decoders' errors are ValueErrors
        problem = str(exc)
    else:
        if isinstance(document, dict):
            return document, mode
        problem = "it is not an object"
    raise ConfigurationError(f"the configuration {path} cannot be parsed: {problem}")


def _parse(file: BinaryIO, suffix: str) -> object:
    if suffix == ".json":
        import json

        return json.load(file)
    return _toml_parser(sys.version_info).load(file)


def _toml_parser(version: Sequence[object]) -> Any:
    from importlib import import_module

    name = "tomllib" if tuple(version) >= (3, 11) else "tomli"
    if find_spec(name) is None:
        raise ConfigurationError(
            "Python 3.10 has no TOML parser of its own",
            hint="pip install tomli, or write the configuration as JSON in a file that ends in .json",
        )
    return import_module(name)


def _hidden(value: object, key: str = "") -> object:
    if isinstance(value, dict):
        return {name: _hidden(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_hidden(item, key) for item in value]
    harmless = key in _KEYS and key not in SECRET_FIELDS
    return Secret(value) if isinstance(value, str) and not harmless else value


def _has_literal(document: Mapping[str, Any]) -> bool:
    tables = document.get("profiles")
    return isinstance(tables, dict) and any(
        isinstance(table, dict) and any(isinstance(table.get(name), Secret) for name in SECRET_FIELDS)
        for table in tables.values()
    )


def _profile(name: str, table: object, path: Path) -> Profile:
    where = f"{path}: profile {name!r}"
    if not isinstance(table, dict):
        raise ConfigurationError(f"{where} is not a table")
    _expect_keys(table, _KEYS, where)
    provider = _provider(table.get("provider"), where)
    values: dict[str, Any] = {
        key: _value(key, value, where, path.parent) for key, value in table.items() if key != "provider"
    }
    if "root" in values and provider is not CloudProvider.LOCAL:
        raise ConfigurationError(f"{where}: root is for the provider local, not for {provider.value}")
    options = {key: values.pop(key) for key in _OPTIONS if key in values}
    login = None
    if values:
        try:
            login = CloudCredentials(
                provider,
                region=options.get("region"),
                profile=options.get("profile"),
                source=f"profile {name}",
                **values,
            )
        except ConfigurationError as exc:
            raise ConfigurationError(f"{where}: {exc.message}", hint=exc.hint) from exc
    return Profile(name=name, provider=provider, login=login, **options)


def _provider(value: object, where: str) -> CloudProvider:
    known = [provider.value for provider in CloudProvider]
    if value is None:
        raise ConfigurationError(f"{where} has no provider", hint=f"one of {', '.join(known)}")
    if value not in known:
        raise ConfigurationError(f"{where}: {value!r} is no provider", hint=_nearest(str(value), known))
    return CloudProvider(value)


def _value(key: str, value: object, where: str, folder: Path) -> str | bool | Secret:
    if key == "anonymous":
        if isinstance(value, bool):
            return value
        raise ConfigurationError(f"{where}: anonymous is true or false")
    if key in SECRET_FIELDS:
        return _secret(key, value, where, folder)
    if not isinstance(value, str) or not value:
        raise ConfigurationError(f"{where}: {key} is not a text")
    return str(folder / Path(value).expanduser()) if key in _PATHS else value


def _secret(key: str, value: object, where: str, folder: Path) -> Secret:
    if isinstance(value, Secret):
        return value
    if isinstance(value, dict) and len(value) == 1:
        # `_hidden` took the name of the variable or file for a secret, as it takes every unknown text.
        ((kind, reference),) = value.items()
        if kind == "env" and isinstance(reference, Secret) and reference:
            return Secret.from_env(reference.reveal())
        if kind == "file" and isinstance(reference, Secret) and reference:
            return Secret.from_file(folder / Path(reference.reveal()).expanduser())
    raise ConfigurationError(
        f"{where}: {key} is no secret", hint='a text, { env = "NAME" } or { file = "path" }'
    )


def _expect_keys(table: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for key in table:
        if key not in known:
            raise ConfigurationError(f"{where}: unknown key {key!r}", hint=_nearest(key, known))


def _nearest(name: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"one of {', '.join(known)}" if known else "the configuration has no profiles"
