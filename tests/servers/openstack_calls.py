"""Which methods of the clients of OpenStack there are, and which of them were called."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

from cloud.infomaniak import (
    InfomaniakComputeClient,
    InfomaniakDNSClient,
    InfomaniakHeatClient,
    InfomaniakIdentityClient,
    InfomaniakMeteringClient,
    InfomaniakNetworkClient,
    InfomaniakVolumeClient,
)

if TYPE_CHECKING:
    import pytest

CLIENTS: tuple[type[Any], ...] = (
    InfomaniakComputeClient,
    InfomaniakVolumeClient,
    InfomaniakNetworkClient,
    InfomaniakIdentityClient,
    InfomaniakDNSClient,
    InfomaniakHeatClient,
    InfomaniakMeteringClient,
)


def methods_of(kind: type[Any]) -> list[str]:
    """Return the names of the public methods of a client."""
    found = ((name, getattr(kind, name)) for name in dir(kind) if not name.startswith("_"))
    return [name for name, value in found if callable(value) and not inspect.isclass(value)]


def counting(patch: pytest.MonkeyPatch) -> set[str]:
    """Return a set that gets each method of `CLIENTS`, as ``Class.method``, when it is called."""
    seen: set[str] = set()

    def heard(method: Any, label: str) -> Any:
        @functools.wraps(method)
        def calling(*args: Any, **keywords: Any) -> Any:
            seen.add(label)
            return method(*args, **keywords)

        return calling

    for kind in CLIENTS:
        for name in methods_of(kind):
            found, label = inspect.getattr_static(kind, name), f"{kind.__name__}.{name}"
            made = heard(getattr(found, "__func__", found), label)
            patch.setattr(kind, name, classmethod(made) if isinstance(found, classmethod) else made)
    return seen
