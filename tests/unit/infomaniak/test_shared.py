"""Which clients share a connection: those of equal logins, and no others."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING, Any

import pytest

from cloud._wire._types import Timeouts
from cloud.common.credentials import CloudCredentials
from cloud.common.enums import CloudProvider
from cloud.common.errors import ConfigurationError
from cloud.infomaniak._credentials import InfomaniakCredentials
from cloud.infomaniak._shared import ConnectionRegistry

if TYPE_CHECKING:
    from pathlib import Path

    from cloud.infomaniak._connection import OpenStackConnection

AUTH = "http://keystone.test/v3"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("OS_") or name == "REQUESTS_CA_BUNDLE"]:
        monkeypatch.delenv(name)


def connection(
    registry: ConnectionRegistry, credentials: CloudCredentials | None = None, **further: Any
) -> OpenStackConnection:
    return registry.connection(credentials, **{"timeouts": Timeouts(connect=10.0, read=60.0), **further})


def login(**further: str) -> CloudCredentials:
    fields: dict[str, Any] = {
        "application_credential_id": "id",
        "application_credential_secret": "planted-secret",
        "auth_url": AUTH,
        **further,
    }
    return CloudCredentials(CloudProvider.INFOMANIAK, **fields)


def clouds(path: Path, user: str) -> str:
    path.write_text(
        f"clouds:\n  one:\n    region_name: {user}-region\n    auth:\n      auth_url: {AUTH}\n"
        f"      username: {user}\n      password: planted\n      project_name: p\n",
        "utf-8",
    )
    return str(path)


def test_equal_logins_share_and_different_ones_never() -> None:
    registry = ConnectionRegistry()
    kept = [
        connection(registry, login()),
        connection(registry, login(application_credential_id="other")),
        connection(registry, login(application_credential_secret="planted-other")),
        connection(registry, login(auth_url="http://other.test/v3")),
        connection(registry, login(region="dc4-a")),
        connection(registry, login(project_id="p")),
        connection(
            registry, CloudCredentials(CloudProvider.INFOMANIAK, username="id", password="planted-secret")
        ),
        connection(registry, login(), region="dc4-a"),
        connection(registry, login(), verify=False),
        connection(registry, login(), ca_bundle="/a.pem"),
        connection(registry, login(), endpoints={"dns": "http://dns.test"}),
        connection(registry, login(), timeouts=Timeouts(connect=1.0, read=60.0)),
        connection(registry, profile="one"),
        connection(registry, profile="two"),
        connection(registry),
    ]
    assert len({id(each) for each in kept}) == len(kept)
    assert connection(registry, login()) is kept[0]
    assert connection(registry, InfomaniakCredentials("id", "planted-secret", auth_url=AUTH)) is kept[0]
    assert connection(registry, profile="one") is kept[12]


@pytest.mark.parametrize("by_credentials", [False, True])
def test_one_name_in_two_files_is_two_logins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, by_credentials: bool
) -> None:
    registry = ConnectionRegistry()

    def made() -> OpenStackConnection:
        if by_credentials:
            return connection(registry, CloudCredentials(CloudProvider.INFOMANIAK, profile="one"))
        return connection(registry, profile="one")

    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", clouds(tmp_path / "a.yaml", "alice"))
    alice = made()
    assert alice.region() == "alice-region"
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", clouds(tmp_path / "b.yaml", "bob-b"))
    bob = made()
    assert bob.region() == "bob-b-region"
    clouds(tmp_path / "b.yaml", "carol-c")  # written over
    carol = made()
    assert carol.region() == "carol-c-region"
    assert len({id(alice), id(bob), id(carol)}) == 3
    assert made() is carol


def test_a_first_call_after_the_environment_changed_logs_in_as_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = ConnectionRegistry()
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", clouds(tmp_path / "a.yaml", "alice"))
    alice = connection(registry, profile="one")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", clouds(tmp_path / "b.yaml", "bob"))
    with pytest.raises(ConfigurationError, match="changed after the client was made"):
        alice.region()
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "a.yaml"))
    assert connection(registry, profile="one") is alice
    assert alice.region() == "alice-region"
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "b.yaml"))
    assert alice.region() == "alice-region"  # it has logged in: what is around it counts no more


def test_trusted_certificates_of_the_environment_are_part_of_the_login(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    registry = ConnectionRegistry()
    found = [connection(registry, login())]
    for name in ("OS_CACERT", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, "/planted.pem")
        found.append(connection(registry, login()))
    assert len({id(each) for each in found}) == 3


def test_a_connection_without_clients_is_forgotten() -> None:
    registry = ConnectionRegistry()
    found = connection(registry, login())
    assert len(registry._connections) == 1
    del found
    gc.collect()
    assert len(registry._connections) == 0


def test_a_forked_child_shares_with_nobody_but_its_own() -> None:
    registry = ConnectionRegistry()
    alice, bob = connection(registry, login()), connection(registry, login(application_credential_id="bob"))
    alice.session()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        right = (
            alice._session is None
            and connection(registry, login()) is alice
            and connection(registry, login(application_credential_id="bob")) is bob
            and alice.session().auth is not bob.session().auth
        )
        os.write(writer, b"y" if right else b"n")
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert os.read(reader, 1) == b"y"
    os.close(reader)
    os.close(writer)
    assert alice._session is not None
