"""What a client's constructor is given: the profile's settings, the URL's options, the caller's keywords."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cloud._providers import BUILT_IN
from cloud.common.config import CloudConfig
from cloud.common.errors import ConfigurationError, InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cloud._providers import ProviderEntry
    from cloud.common._urls import StorageUrl
    from cloud.common.config import Profile


def keywords_for(
    place: StorageUrl,
    provider: ProviderEntry | None,
    config: CloudConfig | None,
    overrides: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the constructor's keywords: the profile's, then the URL's, then the caller's."""
    keywords: dict[str, Any] = {}
    name = overrides.get("profile") or place.options.get("profile")
    if name:
        config = CloudConfig.load() if config is None else config
        if name in config.profiles:
            keywords = _of_profile(config.profile(name), place.scheme, provider)
            overrides = {key: value for key, value in overrides.items() if key != "profile"}
        else:
            keywords["profile"] = name
    for option, value in place.options.items():
        if option == "anonymous":
            keywords["anonymous"] = _flag(option, value)
        elif option == "endpoint":
            keywords["endpoint_url"] = value
        elif option == "root":
            keywords["root"] = str(Path(value).expanduser())
        elif option in {"region", "service"}:
            keywords[option] = value
    if provider is not None and "endpoint_url" in keywords:
        keywords[provider.endpoint_keyword] = keywords.pop("endpoint_url")
    keywords |= overrides
    if keywords.get("anonymous") and "credentials" not in overrides:
        keywords.pop("credentials", None)  # the profile's: asked for explicitly, anonymous is stronger
    return keywords


def _of_profile(profile: Profile, scheme: str, provider: ProviderEntry | None) -> dict[str, Any]:
    if provider is not None and profile.provider is not provider.provider:
        fitting = [name for name, entry in BUILT_IN.items() if entry.provider is profile.provider]
        raise ConfigurationError(
            f"the profile {profile.name!r} is for {profile.provider.value}, not for {scheme}://",
            hint=f"use {' or '.join(f'{name}://' for name in fitting)}" if fitting else None,
        )
    return keywords_of(profile)


def keywords_of(profile: Profile) -> dict[str, Any]:
    """Return the constructor's keywords of a client of this profile."""
    keywords = profile.options()
    credentials = profile.credentials()
    if credentials is not None:
        keywords["credentials"] = credentials
    return keywords


def _flag(option: str, value: str) -> bool:
    if value not in {"true", "false"}:
        raise InvalidRequestError(f"the URL option {option} is true or false, not {value!r}")
    return value == "true"


def check_keywords(what: str, build: Callable[..., Any], keywords: Mapping[str, Any]) -> None:
    """Refuse keywords that `build` does not take, saying which it does."""
    parameters = inspect.signature(build).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return
    for name in keywords:
        if name not in parameters:
            raise InvalidRequestError(
                f"{what} takes no {name}", hint=f"its options are {', '.join(sorted(parameters))}"
            )
