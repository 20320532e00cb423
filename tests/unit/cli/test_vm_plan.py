"""``cloud vm create`` and ``cloud keypair`` with ``--dry-run`` over HTTP: plans are printed, nothing is made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from unit.cli.logins import logged_in
from unit.infomaniak.clouds import GLANCE, NEUTRON, NOVA, SAMPLES, sent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import responses

    from unit.cli.conftest import Run

FLAVOR = SAMPLES["flavors_page"]["flavors"][0]
IMAGE = SAMPLES["image"]
NETWORK = SAMPLES["network"]["network"]
CREATE = ("vm", "create", "web", "-p", "infomaniak", "--image", IMAGE["id"], "--network", NETWORK["id"])


def flavors(request: Any) -> tuple[int, dict[str, str], str]:
    """Answer one page of one flavor."""
    return 200, {}, json.dumps({"flavors": [] if "marker" in request.params else [FLAVOR]})


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[responses.RequestsMock]:
    with logged_in(monkeypatch) as mock:
        mock.add_callback("GET", f"{NOVA}/flavors/detail", flavors)
        mock.get(f"{NOVA}/limits", json=SAMPLES["limits"])
        mock.get(f"{GLANCE}/images/{IMAGE['id']}", json=IMAGE)
        mock.get(f"{NEUTRON}/networks/{NETWORK['id']}", json=SAMPLES["network"])
        yield mock


def test_the_plan_is_printed_and_nothing_is_made(run: Run, cloud: responses.RequestsMock) -> None:
    options = ("--type", FLAVOR["name"], "--tag", "team=blue", "--token", "mine")
    ran = run(*CREATE, *options, "--dry-run")
    assert (ran.code, ran.out) == (0, b"")
    lines = ran.err.splitlines()
    assert lines[0] == "would create instance web"
    assert f"  image_id: {IMAGE['id']}" in lines
    assert f"  networks: {NETWORK['id']}" in lines
    assert "  tags: team=blue" in lines
    assert f"  checked: the network {NETWORK['id']} exists" in lines
    plan = run(*CREATE, *options, "--dry-run", "--json").json
    assert (plan["operation"], plan["resource"]) == ("create_instance", "web")
    assert len(plan["checks"]) == sum("  checked: " in line for line in lines)
    assert {line.partition(" ")[0] for line in sent(cloud)} == {"GET"}


def test_what_would_be_refused_is_an_error(run: Run, cloud: responses.RequestsMock) -> None:
    ran = run(*CREATE, "--type", "nope", "--dry-run")
    assert (ran.code, ran.out) == (4, b"")
    assert "there is no flavor 'nope'" in ran.err


def test_of_several_networks_one_must_be_named(run: Run, cloud: responses.RequestsMock) -> None:
    both = [{"id": "n-1", "name": "back"}, {"id": "n-2", "name": "front"}]
    cloud.get(f"{NEUTRON}/networks", json={"networks": both})
    ran = run(*CREATE[:-2], "--type", FLAVOR["name"], "--dry-run")
    assert (ran.code, ran.out) == (2, b"")
    assert "the project sees 2 networks, so one must be named" in ran.err
    assert "there are back (n-1), front (n-2)" in ran.err
    assert {line.partition(" ")[0] for line in sent(cloud)} == {"GET"}


def test_key_pairs_are_planned(run: Run, cloud: responses.RequestsMock, tmp_path: Path) -> None:
    pair = SAMPLES["keypair"]["keypair"]

    def pairs(request: Any) -> tuple[int, dict[str, str], str]:
        return 200, {}, json.dumps({"keypairs": [] if "marker" in request.params else [{"keypair": pair}]})

    cloud.add_callback("GET", f"{NOVA}/os-keypairs", pairs)
    there = tmp_path / "key.pem"
    there.write_text("another")
    public = tmp_path / "key.pub"
    public.write_text("ssh-ed25519 AAAA me")
    new = tmp_path / "new.pem"
    for options in (("--save", new), ("--public-key", public)):
        ran = run("keypair", "create", "laptop", *options, "-n")
        assert (ran.code, ran.out, ran.err) == (0, b"", "would create the key pair laptop\n")
    assert not new.exists()
    assert run("keypair", "create", "laptop", "--save", there, "-n").code == 6
    assert run("keypair", "create", pair["name"], "--save", new, "-n").code == 6
    assert run("keypair", "delete", pair["name"], "-n").err == f"would delete the key pair {pair['name']}\n"
    assert run("keypair", "delete", "none", "-n").code == 4
    assert {line.partition(" ")[0] for line in sent(cloud)} == {"GET"}
