"""Imports that happen on first use: exports of a package, and the SDKs of optional extras."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType


def lazy_exports(
    package: str, exports: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return ``(__getattr__, __dir__)`` for `package`; `exports` maps a name to its submodule (PEP 562)."""

    def __getattr__(name: str) -> object:  # noqa: N807  # it becomes the package's own
        if name not in exports:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value: object = getattr(import_module(exports[name], package), name)
        setattr(sys.modules[package], name, value)  # the next access is a plain lookup
        return value

    def __dir__() -> list[str]:  # noqa: N807  # it becomes the package's own
        return sorted({*vars(sys.modules[package]), *exports})

    return __getattr__, __dir__


def is_installed(module: str) -> bool:
    """Return whether `module` can be found. Nothing is imported but the packages around a dotted name."""
    if module in sys.modules:
        return sys.modules[module] is not None
    package, _, _ = module.rpartition(".")
    if not all(part.isidentifier() for part in module.split(".")) or (package and not is_installed(package)):
        return False
    return find_spec(module) is not None


def require_installed(module: str, *, extra: str) -> None:
    """Check that `module` can be found, without importing it.

    Raises:
        MissingDependencyError: it is not installed; the message names the extra that brings it.
    """
    if not is_installed(module):
        raise _missing(module, extra)


def require(module: str, *, extra: str) -> ModuleType:
    """Return the imported `module` of an optional SDK.

    A package that is there but fails to import raises its own ImportError unchanged: a broken
    installation is not a missing one.

    Raises:
        MissingDependencyError: it is not installed; the message names the extra that brings it.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as exc:
        if exc.name is None or not (module == exc.name or module.startswith(exc.name + ".")):
            raise
        raise _missing(module, extra) from exc


def _missing(module: str, extra: str) -> Exception:
    from cloud.common.errors import MissingDependencyError

    return MissingDependencyError(
        f"the package {module!r} is not installed", hint=f"pip install 'cloud[{extra}]'"
    )
