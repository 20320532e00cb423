"""The client itself: where its token comes from and goes to, its limit, its pickles, every client's words."""

from __future__ import annotations

import copy
import logging
import os
import pickle
import threading
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from cloud.common import (
    CallEvent,
    CloudClient,
    CloudCredentials,
    CloudError,
    CloudProvider,
    ConfigurationError,
    InvalidRequestError,
    ResourceType,
    Secret,
    UnsupportedOperationError,
)
from cloud.infomaniak import InfomaniakNewsletterClient
from cloud.testing import ScriptedResponse, ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[..., InfomaniakNewsletterClient]
    Said = Callable[..., ScriptedResponse]

PLANTED = "planted-newsletter-token"
CAMPAIGN = {
    "id": 5,
    "subject": "Hi",
    "status": "sent",
    "email_from_addr": "a@b.ch",
    "email_from_name": "A",
    "lang": "en_GB",
    "created_at": 1700000000,
}


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INFOMANIAK_NEWSLETTER_TOKEN", raising=False)
    monkeypatch.delenv("INFOMANIAK_NEWSLETTER_ID", raising=False)


# -- made ------------------------------------------------------------------------------------------------------
def test_a_client_is_made_of_a_token_and_an_id() -> None:
    for client in (
        InfomaniakNewsletterClient(PLANTED, 77),
        InfomaniakNewsletterClient(Secret(PLANTED), "77"),
        InfomaniakNewsletterClient(CloudCredentials(CloudProvider.INFOMANIAK, token=PLANTED), 77),
        InfomaniakNewsletterClient(
            newsletter_id=77, credentials=CloudCredentials(CloudProvider.INFOMANIAK, token=PLANTED)
        ),
        InfomaniakNewsletterClient.from_credentials(PLANTED, 77),
    ):
        assert (client.newsletter_id, client._exchange.origin.host) == (77, "api.infomaniak.com")
        assert isinstance(client, CloudClient)
        assert client.provider is CloudProvider.INFOMANIAK
    elsewhere = InfomaniakNewsletterClient.from_credentials(PLANTED, 77, base_url="https://x.example/api")
    assert (elsewhere._exchange.origin.host, elsewhere._exchange._prefix) == ("x.example", "/api")
    other = InfomaniakNewsletterClient(PLANTED, 77, endpoint_url="https://y.example")
    assert other._exchange.origin.host == "y.example"


def test_from_env_reads_the_documented_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="INFOMANIAK_NEWSLETTER_TOKEN"):
        InfomaniakNewsletterClient.from_env()
    monkeypatch.setenv("INFOMANIAK_NEWSLETTER_TOKEN", PLANTED)
    with pytest.raises(ConfigurationError, match="INFOMANIAK_NEWSLETTER_ID"):
        InfomaniakNewsletterClient.from_env()
    monkeypatch.setenv("INFOMANIAK_NEWSLETTER_ID", "77")
    assert InfomaniakNewsletterClient.from_env().newsletter_id == 77
    elsewhere = InfomaniakNewsletterClient.from_env(base_url="https://x.example")
    assert elsewhere._exchange.origin.host == "x.example"
    monkeypatch.setenv("INFOMANIAK_NEWSLETTER_ID", "example.com")
    with pytest.raises(ConfigurationError, match="number of the newsletter domain"):
        InfomaniakNewsletterClient.from_env()


@pytest.mark.parametrize(
    "arguments",
    [
        {"token": ""},
        {"token": PLANTED, "newsletter_id": None},
        {"token": PLANTED, "newsletter_id": 0},
        {"token": PLANTED, "newsletter_id": 7.5},
        {"token": PLANTED, "newsletter_id": "../1"},
        {"token": PLANTED, "base_url": "http://api.infomaniak.com"},
        {"token": PLANTED, "base_url": "api.infomaniak.com"},
        {"token": PLANTED, "credentials": CloudCredentials(CloudProvider.INFOMANIAK, token="other")},
        {"credentials": CloudCredentials(CloudProvider.INFOMANIAK, username="u", password="p")},
        {"credentials": CloudCredentials(CloudProvider.CODA, token=PLANTED)},
    ],
)
def test_settings_that_cannot_work_are_refused_without_showing_the_token(arguments: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        InfomaniakNewsletterClient(**{"newsletter_id": 77, **arguments})
    assert PLANTED not in f"{caught.value!r} {caught.value}"


@pytest.mark.parametrize(
    "make",
    [
        lambda token: InfomaniakNewsletterClient(token, "no number"),
        lambda token: InfomaniakNewsletterClient(token, 77, "http://api.infomaniak.com"),
        lambda token: InfomaniakNewsletterClient(
            token, 77, credentials=CloudCredentials(CloudProvider.INFOMANIAK, token="other")
        ),
        lambda token: InfomaniakNewsletterClient.from_credentials(token, "no number"),
        lambda token: InfomaniakNewsletterClient(token, 77, "http://127.0.0.1:1").get_domain(),
    ],
)
def test_no_traceback_with_locals_shows_the_token(make: Callable[[str], object]) -> None:
    with pytest.raises(CloudError) as caught:
        make("planted" + "-token")
    error: BaseException | None = caught.value
    while error is not None:
        # The first frame is this test's own call, which must hold the token.
        frames = traceback.StackSummary.extract(traceback.walk_tb(error.__traceback__), capture_locals=True)
        ours = [frame for frame in frames if "/src/cloud/" in frame.filename.replace("\\", "/")]
        assert ours
        assert "planted-token" not in repr([frame.locals for frame in ours])
        error = error.__cause__


def test_making_a_client_sends_nothing_and_loads_no_requests() -> None:
    import subprocess
    import sys

    code = (
        "import sys\n"
        "from cloud.infomaniak import InfomaniakNewsletterClient\n"
        "InfomaniakNewsletterClient('t', 1)\n"
        "assert not {'requests', 'openstack', 'boto3'} & set(sys.modules), sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# -- the token -------------------------------------------------------------------------------------------------
def test_the_token_is_in_no_repr_log_error_event_or_pickle(
    client_of: Make, said: Said, failed: Said, caplog: pytest.LogCaptureFixture
) -> None:
    events: list[CallEvent] = []
    problem = {"code": "token", "description": f"{PLANTED} is not known"}
    echo = failed(403, "access_denied", f"Bearer {PLANTED} is not allowed", errors=[problem])
    with caplog.at_level(logging.DEBUG), ScriptedServer(said([], pages=0), echo, otherwise=LOST) as server:
        client = client_of(server, observers=[events.append])
        client.list_groups()
        errors: list[CloudError] = []
        for call in (client.list_groups, client.get_domain):
            with pytest.raises(CloudError) as caught:
                call()
            errors.append(caught.value)
        assert "is not allowed" in str(errors[0])
        texts = [repr(client), repr(client._exchange), repr(vars(client)), repr(events), caplog.text]
        texts += [f"{error!r} {error} {error.to_dict()} {vars(error)}" for error in errors]
        texts += [repr(record.__dict__) for record in caplog.records]
        assert len(events) == 7
        for text in texts:
            assert PLANTED not in text
        assert PLANTED.encode() not in pickle.dumps(client_of(server)) + pickle.dumps(errors)
        assert all(seen.header("authorization") == f"Bearer {PLANTED}" for seen in server.requests)


LOST = ScriptedResponse(raw=b"", close="rst")


def test_the_token_follows_no_redirect(client_of: Make) -> None:
    with ScriptedServer() as other:
        moved = ScriptedResponse(status=307, headers=(("Location", f"{other.url}/1/newsletters/77"),))
        with ScriptedServer(moved) as server, pytest.raises(ConfigurationError):
            client_of(server).get_domain()
        assert other.requests == ()


def test_a_pickle_finds_its_token_where_it_is_unpickled(monkeypatch: pytest.MonkeyPatch, said: Said) -> None:
    monkeypatch.setenv("INFOMANIAK_NEWSLETTER_TOKEN", PLANTED)
    monkeypatch.setenv("INFOMANIAK_NEWSLETTER_ID", "77")
    with ScriptedServer(otherwise=said({"id": 77, "name": "n"})) as server:
        data = pickle.dumps(InfomaniakNewsletterClient(base_url=server.url))
        assert PLANTED.encode() not in data
        again = pickle.loads(data)  # noqa: S301  # our own
        assert again.get_domain().id == 77
        assert copy.copy(again).get_domain().id == 77
        given = pickle.loads(pickle.dumps(InfomaniakNewsletterClient(PLANTED, 77, server.url)))  # noqa: S301  # our own
        with pytest.raises(ConfigurationError, match="INFOMANIAK_NEWSLETTER_TOKEN"):
            given.get_domain()


# -- the limit -------------------------------------------------------------------------------------------------
def test_all_clients_of_a_token_share_one_limit_and_others_do_not() -> None:
    limiters = [
        InfomaniakNewsletterClient(token, number)._runtime._limiter
        for token, number in (("shared-token", 1), ("shared-token", 2), ("another-token", 1))
    ]
    shared = [limiter._shared("minute") for limiter in limiters]  # type: ignore[union-attr]  # WindowedLimiter
    assert shared[0] is shared[1]
    assert shared[0] is not shared[2]
    window = limiters[0]._windows["minute"]  # type: ignore[union-attr]  # likewise
    assert (window.limit, window.seconds) == (60, 60.0)
    assert {limiters[0]._window_of(name) for name in ("list_groups", "send_campaign")} == {"minute"}  # type: ignore[union-attr]  # likewise


def test_a_limit_of_your_own_is_asked_before_every_request(said: Said) -> None:
    asked: list[str] = []

    class Limit:
        def acquire(self, operation: str, /) -> float:
            asked.append(operation)
            return 0.0

    with ScriptedServer(LOST, otherwise=said([], pages=0)) as server:
        InfomaniakNewsletterClient(PLANTED, 77, server.url, limits=Limit()).list_groups()
    assert asked == ["list_groups", "list_groups"]  # the second try is a request as well


# -- threads and forks -----------------------------------------------------------------------------------------
def test_threads_share_a_client(client_of: Make, said: Said) -> None:
    with ScriptedServer(otherwise=said([], pages=0)) as server:
        client = client_of(server)
        failures: list[BaseException] = []

        def work() -> None:
            try:
                for _ in range(10):
                    assert client.list_groups() == []
            except CloudError as error:
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures
        assert len(server.requests) == 80


def test_a_forked_child_uses_connections_of_its_own(client_of: Make, said: Said) -> None:
    with ScriptedServer(otherwise=said([], pages=0)) as server:
        client = client_of(server)
        client.list_groups()
        child = os.fork()
        if child == 0:
            os._exit(0 if client.list_groups() == [] else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        client.list_groups()
        assert [seen.connection for seen in server.requests] == [0, 1, 0]


# -- every client's words --------------------------------------------------------------------------------------
def test_campaigns_are_resources(client_of: Make, said: Said) -> None:
    with ScriptedServer(said([CAMPAIGN], pages=1), said(CAMPAIGN)) as server:
        client = client_of(server)
        (listed,) = client.list_resources()
        assert client.get_resource("5") == listed
        assert (listed.id, listed.name, listed.status) == ("5", "Hi", "sent")
        assert (listed.resource_type, listed.provider) == (ResourceType.NEWSLETTER, CloudProvider.INFOMANIAK)
        assert listed.metadata == {
            "sender_email": "a@b.ch",
            "sender_name": "A",
            "lang": "en_GB",
            "newsletter_id": 77,
        }
        assert pickle.loads(pickle.dumps(listed)) == listed  # noqa: S301  # our own
        assert client.list_resources(ResourceType.STORAGE) == []
        assert client.get_resource("vm-1") is None
        assert client.delete_resource("vm-1") is False
        assert len(server.requests) == 2


def test_a_missing_campaign_is_no_resource(client_of: Make, said: Said, failed: Said) -> None:
    with ScriptedServer(failed(404, "object_not_found"), said({"id": 77}), said(True)) as server:
        client = client_of(server)
        assert client.get_resource("5") is None
        assert client.delete_resource("5") is True


def test_a_resource_is_made_of_a_config(client_of: Make, said: Said) -> None:
    config = {"sender_email": "a@b.ch", "sender_name": "A", "mailing_list_id": 7}
    with ScriptedServer(said(CAMPAIGN, 201)) as server:
        client = client_of(server)
        assert client.create_resource("Hi", ResourceType.NEWSLETTER, config).id == "5"
        with pytest.raises(UnsupportedOperationError, match="STORAGE"):
            client.create_resource("Hi", ResourceType.STORAGE, config)
        with pytest.raises(InvalidRequestError, match="unknown: colour"):
            client.create_resource("Hi", ResourceType.NEWSLETTER, {**config, "colour": "red"})
        with pytest.raises(InvalidRequestError, match="no sender_email, sender_name"):
            client.create_resource("Hi", ResourceType.NEWSLETTER, {})
        assert len(server.requests) == 1


def test_calls_are_counted(client_of: Make, said: Said) -> None:
    with ScriptedServer(said([], pages=0)) as server, client_of(server) as client:
        client.list_groups()
        assert client.metrics.snapshot()["calls"] == 1
