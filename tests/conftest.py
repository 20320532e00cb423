"""Servers for every test that wants one; they start at their first use and stop with the run."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

import cloud.testing.storage  # noqa: F401  # before any test takes a part of the kit alone: pytest rewrites its asserts

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = ["servers.fixtures"]

# A run that a shell put in the background ignores Ctrl-C, and so would every program that it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# No example fails for being slow: how fast a machine is under load is no property of the code.
settings.register_profile("cloud", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("cloud")


@pytest.fixture(scope="session", autouse=True)
def _state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the journals of tests, and of the programs that they start, out of their user's own state folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield
