"""``cloud newsletter``: what it prints, what it sends, and its exit codes."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from cloud.cli import main
from cloud.infomaniak import InfomaniakNewsletterClient, Recipients
from cloud.testing import FakeNewsletterServer, Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeNewsletterServer]:
    with FakeNewsletterServer(limit=None, token="planted-token") as running:
        monkeypatch.delenv("CLOUD_CONFIG", raising=False)
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
        monkeypatch.setenv("INFOMANIAK_NEWSLETTER_TOKEN", running.token)
        monkeypatch.setenv("INFOMANIAK_NEWSLETTER_ID", str(running.newsletter_id))
        yield running


@pytest.fixture
def run(
    server: FakeNewsletterServer,
    capsysbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    def call(*args: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
        code = main(["newsletter", *map(str, args), "--endpoint", server.url])
        out, err = capsysbinary.readouterr()
        assert "planted" not in f"{out!r} {err!r}"
        return code, out.decode(), err.decode()

    return call


@pytest.fixture
def campaign(server: FakeNewsletterServer) -> int:
    with InfomaniakNewsletterClient(server.token, server.newsletter_id, server.url) as client:
        client.create_subscriber("ada@example.com")
        made = client.create_campaign(
            "Ünï news", "me@example.com", "Me", "<p>", recipients=Recipients(everyone=True)
        )
    return made.id


def test_campaigns_are_listed(run: Run, campaign: int) -> None:
    code, out, _ = run("campaigns", "--status", "draft")
    assert (code, out) == (0, f"{campaign}\tdraft\t-\tme@example.com\tÜnï news\n")
    assert run("campaigns", "--status", "sent")[1] == ""
    code, out, _ = run("campaigns", "--search", "news", "--json")
    document: Any = json.loads(out)
    assert [each["id"] for each in document] == [campaign]
    assert run("campaigns", "--status", "odd")[0] == 2
    assert run("campaigns", "--newsletter", "77")[0] == 4


def test_a_campaign_is_planned_tested_and_sent(run: Run, server: FakeNewsletterServer, campaign: int) -> None:
    assert run("send", campaign, "--dry-run") == (0, f"{campaign}\tÜnï news\t1\t1000\n", "")
    assert json.loads(run("send", campaign, "--dry-run", "--json")[1])["recipient_count"] == 1
    assert server.mails == ()
    code, out, err = run("send", campaign, "--test-to", "me@example.com")
    assert (code, out, err) == (0, "", "sent\n")
    assert [(mail.email, mail.is_test) for mail in server.mails] == [
        ("me@example.com", True),
        ("ada@example.com", False),
    ]
    code, out, err = run("send", campaign, "--dry-run")
    assert code == 6
    assert "it is sent already" in err


def test_a_lost_answer_is_an_error_and_no_second_mail(
    run: Run, server: FakeNewsletterServer, campaign: int
) -> None:
    server.add(Fault(kind=FaultKind.LOST_REPLY, path="/schedule$"))
    code, _, err = run("send", campaign)
    assert code == 1
    assert "nobody knows" in err
    assert len(server.mails) == 1


def test_a_campaign_is_scheduled_and_stopped(run: Run, server: FakeNewsletterServer, campaign: int) -> None:
    code, _, err = run("send", campaign, "--at", "2099-05-01T08:00+02:00")
    assert (code, err) == (0, "will be sent at 2099-05-01T06:00:00Z\n")
    assert run("stop", campaign)[0] == 0
    assert run("stop", campaign)[0] == 2
    assert server.mails == ()
    assert run("send", campaign, "--at", "soon")[0] == 2
    assert run("send", campaign, "--at", "2001-01-01T00:00Z")[0] == 2


def test_contacts_are_brought_in(run: Run, server: FakeNewsletterServer, tmp_path: Path) -> None:
    file = tmp_path / "contacts.csv"
    file.write_text("Mail;First;Other\na@b.ch;A;x\nnot an address;B;y\n")
    arguments = (
        "import",
        file,
        "--group",
        "Readers",
        "--column",
        "Mail=email",
        "--column",
        "First=firstname",
    )
    code, out, err = run(*arguments)
    assert (code, out) == (3, "2\tnot an address\tit is no address: name@host.tld\n")
    assert err == "1 of 2 contacts were taken\n"
    code, out, _ = run(*arguments, "--json")
    assert json.loads(out)["accepted_count"] == 1
    code, out, err = run(*arguments, "--start-row", "3")
    assert (code, out, err) == (0, "", "0 of 0 contacts were taken\n")
    assert run("import", file)[0] == 2
    assert run("import", tmp_path / "none.csv")[0] == 4
