"""A login to an OpenStack that answers what a test tells it to, as the command line finds it: in the environment."""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from typing import TYPE_CHECKING

import responses

from unit.infomaniak.clouds import AUTH, login

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

_NUMBERS = itertools.count()


@contextmanager
def logged_in(monkeypatch: pytest.MonkeyPatch, **services: str) -> Iterator[responses.RequestsMock]:
    """Give the answers of a cloud whose catalogue has `services`, too."""
    for name in (
        "OS_CLOUD",
        "INFOMANIAK_APP_CREDENTIAL_ID",
        "INFOMANIAK_APP_CREDENTIAL_SECRET",
        "CLOUD_CONFIG",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OS_AUTH_URL", AUTH)
    # A login of its own: the clients of one login share its catalogue, also beyond a test.
    monkeypatch.setenv("OS_APPLICATION_CREDENTIAL_ID", f"cli-{next(_NUMBERS)}")
    monkeypatch.setenv("OS_APPLICATION_CREDENTIAL_SECRET", "planted-secret")
    monkeypatch.setenv("OS_REGION_NAME", "dc3-a")
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        login(mock, **services)
        yield mock
