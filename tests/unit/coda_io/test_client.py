"""The client as a whole: how it is made, what it hides, what it shares, and docs as resources."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import textwrap
import threading
from typing import TYPE_CHECKING, Any

import pytest
import responses

from cloud.coda_io import CodaClient, CodaLimits, CodaNotFoundError, Window
from cloud.common import (
    CloudCredentials,
    CloudError,
    CloudProvider,
    ConfigurationError,
    InvalidRequestError,
    OutcomeUnknownError,
    RateLimitedError,
    ResourceType,
    Secret,
    UnsupportedOperationError,
)
from cloud.common.contracts import CloudClient
from cloud.common.enums import CloudProvider as Provider
from cloud.testing import ScriptedResponse, ScriptedServer
from unit.coda_io.helpers import LOST, TOKEN, UNLIMITED, Time, answer, make_client, refused

if TYPE_CHECKING:
    from pathlib import Path

WHO = {"name": "Ann", "loginId": "ann@example.com"}


@pytest.fixture(autouse=True)
def _no_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CODA_API_TOKEN", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("CLOUD_CONFIG", raising=False)


def bearer(client: CodaClient) -> str | None:
    """Return the header that a client sends to the API's own address."""
    with responses.RequestsMock() as mock:
        mock.get("https://coda.io/apis/v1/whoami", json=WHO)
        client.whoami()
        return mock.calls[0].request.headers["Authorization"]


def test_the_ways_to_give_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = CloudCredentials(CloudProvider.CODA, token="t")
    for client in (
        CodaClient("t"),
        CodaClient(Secret("t")),
        CodaClient(credentials),
        CodaClient(credentials=credentials),
    ):
        assert bearer(client) == "Bearer t"
    monkeypatch.setenv("CODA_API_TOKEN", "from-env")
    assert bearer(CodaClient()) == "Bearer from-env"
    assert bearer(CodaClient.from_env()) == "Bearer from-env"


def test_without_a_token_the_error_says_what_to_set() -> None:
    for make in (CodaClient, CodaClient.from_env):
        with pytest.raises(ConfigurationError, match="CODA_API_TOKEN"):
            make()


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({"credentials": CloudCredentials(Provider.CODA, token="t"), "api_token": "t"}, InvalidRequestError),
        ({"credentials": CloudCredentials(Provider.INFOMANIAK, token="t")}, ConfigurationError),
        ({"credentials": CloudCredentials(Provider.CODA, username="u", password="p")}, ConfigurationError),
        ({"api_token": ""}, ConfigurationError),
        ({"api_token": 5}, InvalidRequestError),
        ({"api_token": "t", "base_url": "http://example.com"}, ConfigurationError),
        ({"api_token": "t", "timeout": -1}, InvalidRequestError),
        ({"api_token": "t", "limits": CodaLimits(reads=Window(0, 1.0))}, InvalidRequestError),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any], kind: type[CloudError]) -> None:
    with pytest.raises(kind):
        CodaClient(**settings)
    with pytest.raises(InvalidRequestError, match="Window"):
        CodaLimits(reads=(100, 6.0))  # type: ignore[arg-type]  # that is what is tested


def test_a_profile_names_token_and_address(tmp_path: Path) -> None:
    (tmp_path / "cloud").mkdir()
    file = tmp_path / "cloud" / "config.toml"
    file.write_text(
        textwrap.dedent("""
            [profiles.docs]
            provider = "coda"
            token = "from-file"
            endpoint_url = "https://docs.superhuman.com/apis/v1"

            [profiles.store]
            provider = "local"
            root = "x"
        """)
    )
    file.chmod(0o600)
    client = CodaClient(profile="docs")
    with responses.RequestsMock() as mock:
        mock.get("https://docs.superhuman.com/apis/v1/whoami", json=WHO)
        client.whoami()
        assert mock.calls[0].request.headers["Authorization"] == "Bearer from-file"
    with pytest.raises(ConfigurationError, match="not of coda"):
        CodaClient(profile="store")
    assert b"from-file" not in pickle.dumps(client)
    assert repr(pickle.loads(pickle.dumps(client))) == "CodaClient(docs.superhuman.com)"  # noqa: S301  # our own


def test_making_a_client_sends_nothing_and_loads_no_requests() -> None:
    code = (
        "import sys; from cloud.coda_io import CodaClient; c = CodaClient('t'); c.close();"
        "assert 'requests' not in sys.modules and 'urllib3' not in sys.modules, sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_nothing_shows_the_token() -> None:
    client = CodaClient(TOKEN)
    assert TOKEN not in repr(client) + repr(vars(client)) + repr(client._arguments)
    data = pickle.dumps(client)
    assert TOKEN.encode() not in data
    with pytest.raises(ConfigurationError, match="CODA_API_TOKEN"):
        pickle.loads(data).whoami()  # noqa: S301  # our own


def test_a_pickle_of_a_reference_works_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODA_API_TOKEN", TOKEN)
    for client in (CodaClient.from_env(), CodaClient()):
        data = pickle.dumps(client)
        assert TOKEN.encode() not in data
        assert bearer(pickle.loads(data)) == f"Bearer {TOKEN}"  # noqa: S301  # our own


def test_an_error_of_a_call_shows_no_token_and_pickles() -> None:
    with ScriptedServer(refused(403, "no")) as server, make_client(server) as client:
        with pytest.raises(CloudError) as caught:
            client.get_doc("d")
        copy = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  # our own
        assert (str(copy), copy.details) == (str(caught.value), None)
        assert TOKEN not in str(copy) + repr(copy) + repr(copy.to_dict())
        assert copy.to_dict()["error"] == "CodaForbiddenError"


def test_the_token_goes_to_no_other_host() -> None:
    with ScriptedServer(otherwise=answer(WHO)) as other:
        away = ScriptedResponse(status=307, headers=(("Location", f"{other.url}/whoami"),))
        with (
            ScriptedServer(otherwise=away) as server,
            make_client(server) as client,
            pytest.raises(ConfigurationError),
        ):
            client.whoami()
        assert other.requests == ()


def test_a_429_is_waited_out_and_given_up_after_a_bounded_time() -> None:
    time = Time()
    with ScriptedServer(otherwise=refused(429, "Too Many Requests")) as server:
        client = CodaClient(TOKEN, server.url, limits=UNLIMITED)
        client._runtime._sleep = time.sleep
        with pytest.raises(RateLimitedError, match="Too Many Requests"):
            client.push_button("d", "t", "r", "c")
        assert len(server.requests) == 5
        assert 45 <= time.now <= 90
        client.close()
    with ScriptedServer(ScriptedResponse(status=429, headers=(("Retry-After", "7"),)), answer(WHO)) as server:
        client = CodaClient(TOKEN, server.url, limits=UNLIMITED)
        waits: list[float] = []
        client._runtime._sleep = waits.append
        client.whoami()
        assert waits == [7.0]
        client.close()


def test_it_is_used_by_threads_and_after_a_fork() -> None:
    with ScriptedServer(otherwise=answer(WHO)) as server:
        client = make_client(server)
        names: list[str] = []
        threads = [
            threading.Thread(target=lambda: names.extend(client.whoami().name for _ in range(5)))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert names == ["Ann"] * 40
        child = os.fork()
        if child == 0:
            os._exit(0 if client.whoami().name == "Ann" else 1)
        _, status = os.waitpid(child, 0)
        assert status == 0
        assert client.whoami().name == "Ann"
        child_connection = server.requests[-2].connection
        assert child_connection not in {seen.connection for seen in server.requests[:40]}
        client.close()


# -- docs as resources -------------------------------------------------------------------------------------------
def test_docs_are_the_resources() -> None:
    assert issubclass(CodaClient, CloudClient)
    doc = {"id": "d", "name": "Plans", "owner": "o@h", "createdAt": "2026-01-02T03:04:05Z"}
    script = [answer({"items": [doc], "nextPageToken": "t"}), answer({"items": [{**doc, "id": "e"}]})]
    with ScriptedServer(*script, answer(doc), refused(404), answer(doc, 201), answer({}, 202)) as server:
        client = make_client(server)
        assert [found.id for found in client.list_resources()] == ["d", "e"]
        assert client.list_resources(ResourceType.STORAGE) == []
        found = client.get_resource("d")
        assert found is not None
        assert (found.name, found.provider, found.resource_type) == (
            "Plans",
            Provider.CODA,
            ResourceType.DOCUMENT,
        )
        assert found.metadata["owner"] == "o@h"
        assert client.get_resource("none") is None
        made = client.create_resource("Plans", ResourceType.DOCUMENT, {"timezone": "Europe/Zurich"})
        assert made.id == "d"
        assert server.requests[-1].body == b'{"title":"Plans","timezone":"Europe/Zurich"}'
        assert client.delete_resource("d") is True
        client.close()
    with ScriptedServer(refused(404)) as server, make_client(server) as client:
        assert client.delete_resource("d") is False
        with pytest.raises(UnsupportedOperationError):
            client.create_resource("x", ResourceType.STORAGE, {})
        with pytest.raises(InvalidRequestError, match="'color'"):
            client.create_resource("x", ResourceType.DOCUMENT, {"color": "red"})


def test_a_failure_is_no_missing_resource() -> None:
    with ScriptedServer(otherwise=refused(403)) as server, make_client(server) as client:
        for call in (
            client.list_resources,
            lambda: client.get_resource("d"),
            lambda: client.delete_resource("d"),
        ):
            with pytest.raises(PermissionError):
                call()
    with ScriptedServer(LOST) as server, make_client(server) as client, pytest.raises(OutcomeUnknownError):
        client.create_resource("x", ResourceType.DOCUMENT, {})


@pytest.mark.parametrize("lost", [LOST, ScriptedResponse(status=504), ScriptedResponse(status=502)])
def test_a_deletion_whose_answer_was_lost_is_done_when_nothing_is_there(lost: ScriptedResponse) -> None:
    script = [lost, refused(404)] * 4
    with ScriptedServer(*script) as server, make_client(server) as client:
        assert client.delete_resource("d") is True
        client.delete_folder("f")
        for mutation in (client.delete_row("d", "t", "i-1", wait=True), client.delete_page("d", "canvas-1")):
            assert (mutation.completed, mutation.request_id) == (True, None)
        assert len(server.requests) == 8
    busy = refused(429)
    with ScriptedServer(busy, refused(404), refused(404), lost, refused(404)) as server:
        client = make_client(server)
        for call in (
            lambda: client.delete_folder("f"),
            lambda: client.delete_row("d", "t", "i-1"),
            lambda: client.update_doc("d", "other changes are not done by that"),
        ):
            with pytest.raises(CodaNotFoundError):
                call()
        client.close()


# -- arguments that could do harm ------------------------------------------------------------------------------------
def test_an_empty_list_is_not_everything() -> None:
    client = make_client("https://sample.invalid")
    with pytest.raises(InvalidRequestError, match="table_types"):
        client.list_tables("d", table_types=[])
    with pytest.raises(InvalidRequestError, match="doc_ids"):
        client.list_doc_analytics(doc_ids=[])
    with pytest.raises(InvalidRequestError, match="element_ids"):
        client.delete_page_content("d", "p", [])
    with pytest.raises(InvalidRequestError, match="list of ids"):
        client.delete_page_content("d", "p", "cl-1")
    with pytest.raises(InvalidRequestError, match="access"):
        client.add_permission("d", "admin", "a@h")  # type: ignore[arg-type]  # that is what is tested
    with pytest.raises(InvalidRequestError, match="page_size"):
        client.list_page_content("d", "p", page_size=501)


def test_a_principal_may_be_an_address() -> None:
    with ScriptedServer(answer({})) as server, make_client(server) as client:
        client.add_permission("d", "readonly", "a@example.com", suppress_email=True)
        assert server.requests[0].body == (
            b'{"access":"readonly","principal":{"type":"email","email":"a@example.com"},"suppressEmail":true}'
        )


def test_secrets_in_a_body_are_revealed_to_the_service_only() -> None:
    with ScriptedServer(answer({"type": "header"})) as server, make_client(server) as client:
        client.set_pack_system_connection(7, {"type": "header", "token": Secret("planted")})
        assert b'"token":"planted"' in server.requests[0].body


def test_a_payload_may_be_text() -> None:
    with ScriptedServer(answer({"requestId": "r"}, 202), answer({"requestId": "r"}, 202)) as server:
        client = make_client(server)
        client.trigger_automation("d", "rule", "héllo")
        client.trigger_automation("d", "rule")
        first, second = server.requests
        assert (first.header("content-type"), first.body.decode()) == ("text/plain; charset=utf-8", "héllo")
        assert second.body == b"{}"
        with pytest.raises(InvalidRequestError, match="surrogate"):
            client.trigger_automation("d", "rule", "\ud800")
        client.close()


def test_a_status_204_is_a_success_without_a_document() -> None:
    with ScriptedServer(ScriptedResponse(status=204)) as server, make_client(server) as client:
        client.delete_folder("f")


def test_names_of_pages_may_become_another_pages() -> None:
    done = answer({"requestId": "r", "id": "canvas-1"}, 202)
    for page, changes, tries in (
        ("canvas-1", {"name": "New"}, 2),
        ("Old", {"name": "New"}, 1),
        ("Old", {"is_hidden": True}, 2),
        ("canvas-1", {"content_update": {"insertionMode": "append", "canvasContent": {}}}, 1),
        ("canvas-1", {"content_update": {"insertionMode": "replace", "canvasContent": {}}}, 2),
        (
            "canvas-1",
            {"content_update": {"insertionMode": "replace", "elementId": "e", "canvasContent": {}}},
            1,
        ),
    ):
        with ScriptedServer(LOST, done) as server, make_client(server) as client:
            if tries == 1:
                with pytest.raises(OutcomeUnknownError):
                    client.update_page("d", page, **changes)  # type: ignore[arg-type]  # by name
            else:
                client.update_page("d", page, **changes)  # type: ignore[arg-type]  # likewise
            assert len(server.requests) == tries
    with ScriptedServer(LOST, done) as server, make_client(server) as client:
        with pytest.raises(OutcomeUnknownError):
            client.delete_page("d", "Old")
        client.delete_page("d", "canvas-1")


def test_not_found_is_every_kind_of_not_found() -> None:
    with ScriptedServer(otherwise=refused(404)) as server, make_client(server) as client:
        for kind in (CodaNotFoundError, FileNotFoundError, CloudError):
            with pytest.raises(kind):
                client.get_doc("d")
