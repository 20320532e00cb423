"""Tests against a whole OpenStack: collected only when this folder is named, as ``make test-openstack`` does."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from servers import openstack_cloud as server
from servers.openstack_calls import counting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servers.openstack_cloud import OpenStackCloud

_HERE = Path(__file__).resolve().parent
# The first test may have to install 450 packages; each of the others waits for services that take their time.
_TIMEOUT_SECONDS = 1800
_LAST = "test_every_method_was_called"


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    named = (Path(arg.partition("::")[0]).resolve() for arg in config.args)
    return None if any(path == _HERE or _HERE in path.parents for path in named) else True


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # What looks back at all other tests comes last, and only where all of them run.
    last = [item for item in items if item.name == _LAST]
    if last:
        whole = any(Path(arg).resolve() in {_HERE, *_HERE.parents} for arg in config.args)
        chosen = bool(config.getoption("keyword") or config.getoption("markexpr"))
        items[:] = [item for item in items if item not in last] + (last if whole and not chosen else [])
        if not whole or chosen:
            config.hook.pytest_deselected(items=last)
    for item in items:
        if _HERE in item.path.parents and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(_TIMEOUT_SECONDS))


@pytest.fixture(scope="session")
def openstack_cloud() -> OpenStackCloud:
    """Return the OpenStack of this machine, started when it is not running. It is left running."""
    cloud = server.start()
    os.environ["OS_CLIENT_CONFIG_FILE"] = str(cloud.clouds_yaml)
    return cloud


@pytest.fixture(params=[server.RESTRICTED, server.UNRESTRICTED])
def login(request: pytest.FixtureRequest, openstack_cloud: OpenStackCloud) -> str:
    """Return the name in clouds.yaml of an application credential, restricted and unrestricted in turn."""
    name: str = request.param
    return name


@pytest.fixture(scope="session", autouse=True)
def called() -> Iterator[set[str]]:
    """Yield the methods of the seven clients that were called so far, as ``Class.method``."""
    with pytest.MonkeyPatch.context() as patch:
        yield counting(patch)


@pytest.fixture
def unique() -> str:
    """Return a word for the names of what this test makes."""
    return f"t{secrets.token_hex(4)}"
