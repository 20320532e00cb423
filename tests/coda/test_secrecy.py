"""The token goes to one host and stands nowhere else; hostile ids name nothing but themselves."""

from __future__ import annotations

import logging
import pickle
import traceback
from typing import TYPE_CHECKING

import pytest

from cloud.coda_io import CodaAuthenticationError, CodaClient, CodaForbiddenError
from cloud.common.errors import CloudError, ConfigurationError, InvalidRequestError, NotFoundError
from cloud.testing import Fault, FaultKind, ScriptedResponse, ScriptedServer
from coda.helpers import TOKEN, make_client

if TYPE_CHECKING:
    from cloud.testing import FakeCodaDoc, FakeCodaServer, FakeCodaTable

HOSTILE = [
    "a/b",
    "../whoami",
    "%2e%2e",
    "a?limit=1",
    "a#b",
    "a b",
    "ü🚀",
    "a%2Fb",
    "a\\b",
    "a;b",
    "..;",
    "\x00",
    "a\r\nb",
]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_gets_no_token(
    client: CodaClient, server: FakeCodaServer, doc: FakeCodaDoc, status: int
) -> None:
    with ScriptedServer(otherwise=ScriptedResponse(body=b"{}")) as other:
        away = other.url.replace("127.0.0.1", "localhost") + "{path}"
        server.add(Fault(kind=FaultKind.REDIRECT, status=status, location=away, count=0))
        with pytest.raises(CloudError):
            client.get_doc(doc.id)
        with pytest.raises(CloudError):
            client.create_page(doc.id, "p")
        assert other.requests == ()
    assert len(server.calls_of("createPage")) == 1


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_id_is_one_part_of_one_path(
    client: CodaClient, server: FakeCodaServer, doc: FakeCodaDoc, table: FakeCodaTable, name: str
) -> None:
    for ask in (
        lambda: client.get_doc(name),
        lambda: client.get_row(doc.id, table.id, name),
        lambda: client.get_page_export_status(doc.id, name, name),
        lambda: client.get_mutation_status(name),
        lambda: client.delete_permission(doc.id, name),
    ):
        with pytest.raises(NotFoundError):
            ask()
    assert [seen.operation for seen in server.log] == [
        "getDoc",
        "getRow",
        "getPageContentExportStatus",
        "getMutationStatus",
        "deletePermission",
    ]
    assert all(seen.query == {} or seen.operation == "getRow" for seen in server.log)


@pytest.mark.parametrize("name", ["", ".", "..", "\ud800"])
def test_an_id_that_would_name_another_path_is_refused(
    client: CodaClient, server: FakeCodaServer, doc: FakeCodaDoc, name: str
) -> None:
    for ask in (
        lambda: client.get_doc(name),
        lambda: client.delete_doc(name),
        lambda: client.get_table(doc.id, name),
        lambda: list(client.list_rows(doc.id, name)),
        lambda: client.delete_row(doc.id, "t", name),
    ):
        with pytest.raises(InvalidRequestError):
            ask()
    assert server.log == ()


def test_odd_names_find_what_they_name(client: CodaClient, doc: FakeCodaDoc) -> None:
    for name in ("a/b", "ü 🚀", "50%", "?", "#1", "a+b"):
        table = doc.add_table(name, {name: "text"}, [{name: name}])
        assert client.get_table(doc.id, name).id == table.id
        (row,) = client.list_rows(doc.id, name, use_column_names=True)
        assert row.cells == {name: name}
        assert client.get_row(doc.id, name, name).id == row.id
        assert client.get_column(doc.id, name, name).name == name


def test_the_token_stands_nowhere(
    client: CodaClient,
    server: FakeCodaServer,
    doc: FakeCodaDoc,
    table: FakeCodaTable,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    shown = [repr(client), str(client), repr(vars(client)), repr(client._runtime)]
    server.add(Fault(kind=FaultKind.LOST_REPLY), Fault(kind=FaultKind.STATUS, status=500, count=0))
    with pytest.raises(CloudError) as caught:
        client.get_doc(doc.id)
    server.clear_faults()
    change = client.update_row(doc.id, table.id, table.row_ids[0], {"Key": "x"})
    shown += [repr(change), repr(client.whoami()), str(caught.value.to_dict()), repr(caught.value)]
    shown += traceback.format_exception(caught.value)
    shown += [record.getMessage() + str(vars(record)) for record in caplog.records]
    assert caplog.records
    assert all(TOKEN not in text for text in shown)
    for thing in (client, caught.value, change):
        assert TOKEN.encode() not in pickle.dumps(thing)


def test_a_wrong_token_is_told_and_not_shown(server: FakeCodaServer) -> None:
    wrong = CodaClient("wrong-token", server.url)
    with pytest.raises(CodaAuthenticationError) as caught:
        wrong.whoami()
    assert "wrong-token" not in "".join(traceback.format_exception(caught.value))
    assert len(server.log) == 1


def test_a_token_without_rights_is_another_error(server: FakeCodaServer, doc: FakeCodaDoc) -> None:
    reader = CodaClient(server.read_only_token, server.url)
    assert reader.get_doc(doc.id).name == "Planning"
    with pytest.raises(CodaForbiddenError):
        reader.update_doc(doc.id, "New")


def test_the_token_is_not_sent_without_tls() -> None:
    with pytest.raises(ConfigurationError):
        CodaClient(TOKEN, "http://coda.example/apis/v1")


def test_a_client_in_another_process_finds_its_token_there(
    server: FakeCodaServer, doc: FakeCodaDoc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODA_API_TOKEN", TOKEN)
    sent = pickle.dumps(CodaClient(base_url=server.url))
    assert TOKEN.encode() not in sent
    copy: CodaClient = pickle.loads(sent)  # noqa: S301  # made two lines above
    assert copy.get_doc(doc.id).name == "Planning"


def test_the_client_of_the_helpers_is_as_quiet(server: FakeCodaServer) -> None:
    assert TOKEN not in repr(make_client(server))
