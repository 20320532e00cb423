"""``cloud providers`` and ``completion``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud._registry import providers as known_providers
from cloud.cli._errors import OK
from cloud.common._lazy import require
from cloud.common.credentials import SECRET_FIELDS, CloudCredentials
from cloud.common.enums import CloudProvider
from cloud.common.errors import ConfigurationError

if TYPE_CHECKING:
    from argparse import Namespace

    from cloud.cli._console import Console
    from cloud.cli._places import Session
    from cloud.common.config import Profile


def providers(args: Namespace, session: Session, console: Console) -> int:
    """Print what can be opened, and which credentials were found and where; never their values."""
    del args  # it has none
    statuses = known_providers()
    environment = [
        _environment(provider) for provider in CloudProvider if provider is not CloudProvider.LOCAL
    ]
    profiles = [_profile(profile) for profile in session.config.profiles.values()]
    if console.json:
        console.document({"schemes": statuses, "environment": environment, "profiles": profiles})
        return OK
    schemes = []
    for status in statuses:
        needs = f"pip install 'cloud[{status.extra}]'" if status.extra else status.distribution or "-"
        state = "installed" if status.installed else f"missing: {status.missing}"
        schemes.append((f"{status.scheme}://", state, needs, status.target))
    console.table(("scheme", "state", "needs", "class"), schemes)
    console.table(
        ("provider", "credentials in the environment"),
        [
            (found["provider"], found["problem"] or ", ".join(found["found"]) or "none")
            for found in environment
        ],
    )
    if profiles:
        console.table(
            ("profile", "provider", "credentials"),
            [(found["name"], found["provider"], ", ".join(found["found"])) for found in profiles],
        )
    return OK


def _environment(provider: CloudProvider) -> dict[str, Any]:
    try:
        found = CloudCredentials.from_env_if_set(provider)
    except ConfigurationError as error:
        return {"provider": provider.value, "found": [], "problem": str(error)}
    return {"provider": provider.value, "found": _sources(found) if found else [], "problem": None}


def _profile(profile: Profile) -> dict[str, Any]:
    login = profile.credentials()
    if profile.anonymous:
        found = ["anonymous"]
    elif login is not None:
        found = _sources(login)
    elif profile.provider is CloudProvider.LOCAL:
        found = ["needs none"]
    else:
        found = [
            f"the provider's own profile {profile.profile}" if profile.profile else "the provider's own tools"
        ]
    return {"name": profile.name, "provider": profile.provider.value, "found": found}


def _sources(login: CloudCredentials) -> list[str]:
    """Return, for each credential that is there, its field and where it comes from."""
    found = []
    for name in (*SECRET_FIELDS, "profile", "credentials_file"):
        value = getattr(login, name)
        if value is None:
            continue
        reference = getattr(value, "reference", None) or login.source
        found.append(f"{name} ({reference})")
    return found or [login.source]


def completion(args: Namespace, session: Session, console: Console) -> int:
    """Print the completion script of a shell."""
    from cloud.cli._parser import build_parser

    del session  # no store is opened
    shtab = require("shtab", extra="cli")
    parser = build_parser()
    for action in _path_actions(parser):
        action.complete = shtab.FILE
    console.write(shtab.complete(parser, args.shell).encode() + b"\n")
    return OK


def _path_actions(parser: Any) -> list[Any]:
    """Return the arguments that may be paths of this machine."""
    found = [action for action in parser._actions if action.dest in {"sources", "target", "config"}]  # noqa: SLF001  # argparse has no public list; shtab reads the same one
    for action in parser._actions:  # noqa: SLF001  # likewise
        if action.dest == "command":
            found += [path for sub in action.choices.values() for path in _path_actions(sub)]
    return found
