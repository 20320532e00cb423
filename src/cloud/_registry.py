"""Providers by URL scheme: which class opens ``s3://``, what is installed, and `open_storage`.

Classes are named by strings and imported when their scheme is first used. Another distribution adds a
provider by an entry point of the group ``cloud.providers``: its name is the scheme, its value
``module:Class`` (or ``module:Class.constructor``). The built-in schemes cannot be taken over.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from cloud._keywords import check_keywords, keywords_for, keywords_of
from cloud._providers import (
    BUILT_IN,
    COMPUTE,
    DOCUMENTS,
    FUNCTIONS,
    INFRASTRUCTURE,
    INFRASTRUCTURE_VALUES,
    ProviderEntry,
)
from cloud.common._lazy import is_installed
from cloud.common._urls import parse_url
from cloud.common.config import LOCAL_ROOT_VARIABLE, CloudConfig
from cloud.common.contracts import StorageClient
from cloud.common.errors import ConfigurationError, InvalidRequestError
from cloud.common.models import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from importlib.metadata import EntryPoint

    from cloud.common._base_compute import BaseComputeClient
    from cloud.common._base_serverless import BaseServerlessClient
    from cloud.common._base_storage import BaseStorageClient

ENTRY_POINT_GROUP: Final = "cloud.providers"
LOCAL_FUNCTIONS_VARIABLE: Final = "CLOUD_LOCAL_FUNCTIONS"
"""Names the folder of the functions of ``local``."""


_memory_lock = threading.Lock()
_memory_clients: dict[str, BaseStorageClient] = {}


@dataclass(frozen=True)
class StorageLocation:
    """An opened storage URL: ``client, bucket, key = open_storage(url)``.

    Attributes:
        client: the client; it has made no request yet.
        bucket: the URL's bucket; empty for the whole store.
        key: the URL's key or prefix.
        version_id: the URL's ``version_id`` option. Unpacking leaves it out: read it where versions matter.
    """

    client: BaseStorageClient
    bucket: str
    key: str
    version_id: str | None = None

    def __iter__(self) -> Iterator[Any]:
        """Yield client, bucket and key."""
        return iter((self.client, self.bucket, self.key))


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderStatus(Record):
    """What this installation can open.

    Attributes:
        scheme: scheme of its URLs.
        target: the class, as ``module:Class``.
        extra: extra of this library that it needs; None for none and for other distributions.
        installed: whether everything that it needs can be imported.
        missing: the first module that cannot be found.
        distribution: the distribution that adds it; None for the built-in ones.
    """

    scheme: str
    target: str
    extra: str | None = None
    installed: bool = True
    missing: str | None = None
    distribution: str | None = None


def open_storage(url: str, *, config: CloudConfig | None = None, **overrides: Any) -> StorageLocation:
    """Return a client for `url` with the bucket and key that it names. No request is made.

    ``s3://bucket/prefix?profile=minio`` takes the client's options from a profile of the configuration; a
    profile that is not there is taken for one of the provider's own files. ``endpoint``, ``region``,
    ``service`` and ``anonymous=true`` set the option of that name. ``file://bucket/prefix?root=/folder`` is a
    local store, by default the one at ``$CLOUD_LOCAL_ROOT``; ``memory://bucket/prefix?name=x`` is the
    in-process store called x, the same for every call. Keywords win over the URL, the URL over the profile.

    The options of a URL say where requests and their signatures go: do not open URLs of strangers with your
    own profiles.

    Args:
        url: see `StorageUrl`.
        config: the profiles; `CloudConfig.load()` when None and the URL or a keyword names a profile.
        overrides: constructor keywords of the client, such as ``credentials``, ``region`` or ``timeout``;
            None stands for not given. The shared stores of ``memory://`` take none.

    Raises:
        InvalidRequestError: the URL is wrong, its scheme unknown, or the client has no such option.
        ConfigurationError: the profile does not fit, a local store has no root, or a plug-in is broken.
        MissingDependencyError: the extra of the scheme is not installed.
    """
    place = parse_url(url)
    overrides = {name: value for name, value in overrides.items() if value is not None}
    provider = BUILT_IN.get(place.scheme)
    build = _load(place.scheme, provider)
    keywords = keywords_for(place, provider, config, overrides)
    if place.scheme == "memory":
        client = _memory_client(place.options.get("name", ""), build, keywords)
    else:
        if place.scheme == "file" and not keywords.setdefault("root", os.environ.get(LOCAL_ROOT_VARIABLE)):
            raise ConfigurationError(
                "a file:// URL needs the folder of the local store",
                hint=f"add ?root=/folder, or export {LOCAL_ROOT_VARIABLE}=/folder",
            )
        check_keywords(f"{place.scheme}://", build, keywords)
        client = build(**keywords)
    if not isinstance(client, StorageClient):
        raise ConfigurationError(
            f"what opens {place.scheme}:// makes a {type(client).__name__}, no StorageClient"
        )
    return StorageLocation(client, place.bucket, place.key, place.options.get("version_id"))


def open_compute(
    provider: str, *, config: CloudConfig | None = None, **overrides: Any
) -> BaseComputeClient[Any]:
    """Return a compute client of a provider, such as ``aws``. No request is made.

    Args:
        provider: `compute_providers` lists them.
        config: the profiles; `CloudConfig.load()` when None and a keyword names a profile.
        overrides: constructor keywords of the client, such as ``credentials``, ``region``, ``endpoint_url`` or
            ``profile``: a profile of the configuration, else one of the provider's own files. None stands for
            not given.

    Raises:
        InvalidRequestError: the provider has no compute client here, or the client has no such option.
        ConfigurationError: the profile does not fit.
        MissingDependencyError: the extra of the provider is not installed.
    """
    client: BaseComputeClient[Any] = open_service("compute", COMPUTE, provider, config, overrides)
    return client


def compute_providers() -> list[str]:
    """Return the names that `open_compute` takes."""
    return list(COMPUTE)


def open_functions(
    provider: str, *, config: CloudConfig | None = None, **overrides: Any
) -> BaseServerlessClient:
    """Return a client of functions of a provider, such as ``aws`` or ``local``. No request is made.

    ``local`` takes its folder from ``root``, a profile's ``root``, or ``$CLOUD_LOCAL_FUNCTIONS``.

    Args:
        provider: `function_providers` lists them.
        config: the profiles; `CloudConfig.load()` when None and a keyword names a profile.
        overrides: constructor keywords of the client; see `open_compute`.

    Raises:
        InvalidRequestError: the provider has no client of functions here, or the client has no such option.
        ConfigurationError: the profile does not fit, or nothing names the local folder.
        MissingDependencyError: the extra of the provider is not installed.
    """
    if provider == "local" and not overrides.get("root") and not overrides.get("profile"):
        root = os.environ.get(LOCAL_FUNCTIONS_VARIABLE)
        if not root:
            raise ConfigurationError(
                "nothing names the folder of the local functions",
                hint=f"export {LOCAL_FUNCTIONS_VARIABLE}=/folder, or pass root=",
            )
        overrides = {**overrides, "root": root}
    client: BaseServerlessClient = open_service("functions", FUNCTIONS, provider, config, overrides)
    return client


def function_providers() -> list[str]:
    """Return the names that `open_functions` takes."""
    return list(FUNCTIONS)


def open_documents(provider: str = "coda", *, config: CloudConfig | None = None, **overrides: Any) -> Any:
    """Return a provider's own client of documents: `cloud.coda_io.CodaClient`. No request is made.

    Args:
        provider: whose.
        config: the profiles; `CloudConfig.load()` when None and a keyword names a profile.
        overrides: constructor keywords of the client; see `open_compute`.
    """
    return open_service("documents", DOCUMENTS, provider, config, overrides)


def open_infrastructure(
    kind: str, provider: str = "infomaniak", *, config: CloudConfig | None = None, **overrides: Any
) -> Any:
    """Return a provider's own client of a kind of infrastructure. No request is made.

    Args:
        kind: ``volume``, ``network``, ``dns``, ``stack``, ``usage`` or ``newsletter``.
        provider: whose.
        config: the profiles; `CloudConfig.load()` when None and a keyword names a profile.
        overrides: constructor keywords of the client; see `open_compute`.
    """
    if kind not in INFRASTRUCTURE:
        raise InvalidRequestError(f"{kind!r} is no kind", hint=f"known are {', '.join(INFRASTRUCTURE)}")
    return open_service(kind, INFRASTRUCTURE[kind], provider, config, overrides)


def infrastructure_value(kind: str, provider: str = "infomaniak") -> Any:
    """Return what a provider's client of infrastructure takes beside plain values.

    Args:
        kind: ``zone``, what reads a DNS zone from a text; ``rates``, what a price's unit is worth; or
            ``published rates``, as the provider publishes them.
        provider: whose.
    """
    return INFRASTRUCTURE_VALUES[kind][provider].load()


def open_service(
    kind: str,
    known: Mapping[str, ProviderEntry],
    provider: str,
    config: CloudConfig | None,
    overrides: Mapping[str, Any],
) -> Any:
    """Return the client of `provider` in a table of providers of one kind of service."""
    entry = known.get(provider)
    if entry is None:
        raise InvalidRequestError(
            f"{provider!r} has no {kind} client here", hint=f"known are {', '.join(sorted(known))}"
        )
    overrides = {name: value for name, value in overrides.items() if value is not None}
    keywords: dict[str, Any] = {}
    name = overrides.get("profile")
    if name:
        config = CloudConfig.load() if config is None else config
        if name in config.profiles:
            profile = config.profile(name)
            if profile.provider is not entry.provider:
                raise ConfigurationError(
                    f"the profile {profile.name!r} is for {profile.provider.value}, not for {provider}"
                )
            keywords = keywords_of(profile)
            overrides.pop("profile")
    keywords |= overrides
    if "endpoint_url" in keywords:
        keywords[entry.endpoint_keyword] = keywords.pop("endpoint_url")
    build = entry.load()
    check_keywords(f"{kind} of {provider}", build, keywords)
    return build(**keywords)


def providers() -> list[ProviderStatus]:
    """Return every scheme that this installation knows, the built-in ones first. Nothing is imported."""
    statuses = [
        _status(scheme, entry.target, extra=entry.extra, modules=entry.modules)
        for scheme, entry in BUILT_IN.items()
    ]
    statuses.extend(
        _status(
            point.name,
            point.value,
            modules=(point.value.partition(":")[0].partition(".")[0].strip(),),
            distribution=point.dist.name if point.dist else None,
        )
        for point in sorted(_entry_points(), key=attrgetter("name", "value"))
    )
    return statuses


def _status(
    scheme: str,
    target: str,
    *,
    extra: str | None = None,
    modules: tuple[str, ...],
    distribution: str | None = None,
) -> ProviderStatus:
    missing = next((name for name in modules if not is_installed(name)), None)
    return ProviderStatus(
        scheme=scheme,
        target=target,
        extra=extra,
        installed=missing is None,
        missing=missing,
        distribution=distribution,
    )


def _entry_points() -> list[EntryPoint]:
    from importlib.metadata import entry_points

    try:
        found = entry_points(group=ENTRY_POINT_GROUP)
    except ValueError as exc:
        # Newer releases of importlib.metadata read none when one of any package is malformed.
        raise ConfigurationError(
            f"the entry points of the installed packages cannot be read: {exc}",
            hint="a package declares one that names nothing: update or uninstall that package",
        ) from exc
    return [point for point in found if point.name not in BUILT_IN]


def _load(scheme: str, provider: ProviderEntry | None) -> Callable[..., BaseStorageClient]:
    """Return what builds the clients of `scheme`."""
    if provider is not None:
        return provider.load()
    added = _entry_points()
    points = [point for point in added if point.name == scheme]
    if not points:
        built_in_ones = [
            f"{name} (extra {entry.extra})" if entry.extra else name for name, entry in BUILT_IN.items()
        ]
        known = ", ".join([*built_in_ones, *sorted({point.name for point in added})])
        raise InvalidRequestError(
            f"the scheme {scheme}:// is not known",
            hint=f"known are {known}; an extra is installed by pip install 'cloud[extra]'",
        )
    if len({point.value for point in points}) > 1:
        raise ConfigurationError(
            f"several packages open {scheme}://: {', '.join(sorted(point.value for point in points))}",
            hint="uninstall all but one of them",
        )
    try:
        plug_in: Callable[..., BaseStorageClient] = points[0].load()
    except (ImportError, AttributeError, ValueError) as exc:  # a bad reference raises either of the last two
        raise ConfigurationError(
            f"the plug-in {points[0].value} for {scheme}:// cannot be loaded: {exc}",
            hint="that is for the package that adds it to repair",
        ) from exc
    return plug_in


def _memory_client(
    name: str, build: Callable[..., BaseStorageClient], keywords: Mapping[str, Any]
) -> BaseStorageClient:
    if keywords:
        raise InvalidRequestError(
            f"memory:// takes no {min(keywords)}: its stores are shared by everyone who opens their name",
            hint="build one of your own with LocalStorageClient.in_memory(...)",
        )
    with _memory_lock:
        if name not in _memory_clients:
            _memory_clients[name] = build()
        return _memory_clients[name]
