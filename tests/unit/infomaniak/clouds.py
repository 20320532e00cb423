"""An OpenStack that answers what a test tells it to: logins, a catalogue, and bodies that a real one sent."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from cloud.common import RetryPolicy
from cloud.infomaniak._credentials import InfomaniakCredentials

if TYPE_CHECKING:
    import responses

    from cloud.infomaniak._base import OpenStackClient

    C = TypeVar("C", bound=OpenStackClient)

AUTH = "http://keystone.test/v3"
NOVA, CINDER = "http://nova.test/v2.1", "http://cinder.test/v3/project"
NEUTRON, OCTAVIA, GLANCE = "http://neutron.test/v2.0", "http://octavia.test/v2/lbaas", "http://glance.test/v2"
# Some catalogues name the version, some leave it to the client.
_CATALOGUE = {
    "compute": NOVA,
    "image": "http://glance.test",
    "network": "http://neutron.test",
    "block-storage": CINDER,
    "load-balancer": "http://octavia.test",
}
_LOGINS = itertools.count()
SAMPLES: dict[str, Any] = json.loads(
    (Path(__file__).with_name("samples") / "openstack.json").read_text("utf-8")
)
"""Bodies of answers of OpenStack Zed; passwords and keys are planted."""


def login(mock: responses.RequestsMock, **further: str) -> None:
    """Let everybody log in to the project ``project``; `further` services are in its catalogue, too."""
    token = {
        "expires_at": "2126-01-01T00:00:00.000000Z",
        "issued_at": "2026-01-01T00:00:00.000000Z",
        "methods": ["application_credential"],
        "application_credential": {"id": "id", "name": "test", "restricted": True},
        "user": {"id": "user", "name": "user", "domain": {"id": "default", "name": "Default"}},
        "project": {"id": "project", "name": "PCP-TEST", "domain": {"id": "default", "name": "Default"}},
        "roles": [{"id": "r", "name": "member"}],
        "catalog": [
            {
                "type": kind,
                "name": kind,
                "id": kind,
                "endpoints": [
                    {
                        "id": kind,
                        "interface": "public",
                        "region": "dc3-a",
                        "region_id": "dc3-a",
                        "url": url,
                    }
                ],
            }
            for kind, url in {**_CATALOGUE, **further}.items()
        ],
    }
    mock.post(
        f"{AUTH}/auth/tokens", json={"token": token}, status=201, headers={"X-Subject-Token": "planted-token"}
    )


def client_of(kind: type[C]) -> C:
    """Return a client that tries at once again, and waits for nothing."""
    made = kind(
        # Of a login of its own: clients of one login share its catalogue, and that of another test is another.
        InfomaniakCredentials(f"id-{next(_LOGINS)}", "planted-secret", auth_url=AUTH, region="dc3-a"),
        retry=RetryPolicy(base_seconds=0.0),
    )
    clock = iter(range(10**6))
    made._clock = lambda: float(next(clock))
    made._sleep = lambda seconds: None
    return made


def sent(mock: responses.RequestsMock, method: str | None = None) -> list[str]:
    """Return method and URL of every request but logins."""
    return [
        f"{call.request.method} {call.request.url}"
        for call in mock.calls
        if not str(call.request.url).startswith(AUTH) and method in {None, call.request.method}
    ]


def body_of(mock: responses.RequestsMock, number: int = -1) -> Any:
    """Return what a request sent, by default the last one."""
    return json.loads(mock.calls[number].request.body or "null")
