"""Coda and the newsletter, answered by real answers with one to three things wrong."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.coda_io import CodaClient, CodaLimits, Window
from cloud.common import CloudError, RetryPolicy
from cloud.infomaniak import InfomaniakNewsletterClient
from cloud.testing import FakeCodaServer, ScriptedServer
from fuzz.judge import EXAMPLES, fuzzed, judge
from fuzz.mutations import plays
from fuzz.record_seeds import Recorder, neutral
from fuzz.replay import Answer, Player
from fuzz.stores import no_jitter, no_wait
from unit.newsletter.cases import CASES, Case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [
    pytest.mark.timeout(120 + EXAMPLES),
    # http.client leaves the socket of an answer that is no HTTP to the collector.
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

_WIDE = Window(1_000_000, 1.0)
_UNLIMITED = CodaLimits(reads=_WIDE, writes=_WIDE, doc_content=_WIDE, doc_listings=_WIDE, analytics=_WIDE)
_RETRY = RetryPolicy(max_attempts=2, jitter=no_jitter, retry_after_cap_seconds=0.0)
_FUZZED = fuzzed(2)


class NoLimit:
    """Lets every request go at once."""

    def acquire(self, operation: str, /) -> float:
        return 0.0


class Time:
    """Time that passes by waiting only."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(scope="module")
def player() -> Iterator[Player]:
    with Player() as running:
        yield running


# -- Coda ------------------------------------------------------------------------------------------------------
CODA: dict[str, Callable[[CodaClient, dict[str, str]], Any]] = {
    "whoami": lambda c, _: c.whoami(),
    "list_docs": lambda c, _: c.list_docs(page_size=1),
    "get_doc": lambda c, i: c.get_doc(i["doc"]),
    "list_pages": lambda c, i: c.list_pages(i["doc"], page_size=1),
    "get_page": lambda c, i: c.get_page(i["doc"], i["page"]),
    "list_page_content": lambda c, i: c.list_page_content(i["doc"], i["page"]),
    "export_page": lambda c, i: c.export_page(i["doc"], i["page"], "markdown"),
    "list_tables": lambda c, i: c.list_tables(i["doc"]),
    "get_table": lambda c, i: c.get_table(i["doc"], i["table"]),
    "list_columns": lambda c, i: c.list_columns(i["doc"], i["table"]),
    "list_rows": lambda c, i: c.list_rows(i["doc"], i["table"], page_size=2),
    "list_rows_rich": lambda c, i: c.list_rows(i["doc"], i["table"], value_format="rich"),
    "get_row": lambda c, i: c.get_row(i["doc"], i["table"], i["row"]),
    "insert_rows": lambda c, i: c.insert_rows(i["doc"], i["table"], [{"Name": "x"}]),
    "upsert_rows": lambda c, i: c.upsert_rows(i["doc"], i["table"], [{"Name": "x"}], key_columns=["Name"]),
    "update_row": lambda c, i: c.update_row(i["doc"], i["table"], i["row"], {"Name": "x"}),
    "delete_row": lambda c, i: c.delete_row(i["doc"], i["table"], i["row"]),
    "list_formulas": lambda c, i: c.list_formulas(i["doc"]),
    "list_controls": lambda c, i: c.list_controls(i["doc"]),
    "list_permissions": lambda c, i: c.list_permissions(i["doc"]),
    "get_acl_settings": lambda c, i: c.get_acl_settings(i["doc"]),
    "list_folders": lambda c, _: c.list_folders(),
    "get_categories": lambda c, _: c.get_categories(),
    "list_doc_analytics": lambda c, _: c.list_doc_analytics(),
    "list_resources": lambda c, _: c.list_resources(),
}


def coda_client(url: str) -> CodaClient:
    client = CodaClient("token", url, limits=_UNLIMITED, retry=_RETRY, timeout=5.0)
    time = Time()
    client._clock, client._sleep = time, time.sleep
    client._runtime._sleep = no_wait
    return client


@pytest.fixture(scope="module")
def coda() -> Iterator[tuple[dict[str, str], dict[str, list[Answer]]]]:
    """Give the ids of a doc and what the fake Coda answers to each call."""
    recorded: dict[str, list[Answer]] = {}
    with FakeCodaServer(token="token", windows=(), mutation_seconds=0.0, export_seconds=0.0) as fake:
        doc = fake.add_doc("D")
        columns = {"Name": "text", "Price": "number", "Sure": "checkbox", "At": "date", "Link": "link"}
        row = {"Name": "lamp", "Price": 2.5, "Sure": True, "At": "2024-05-01", "Link": "https://example.com"}
        table = doc.add_table("Things", columns, [row] * 3)
        page = doc.add_page("Page", "# a\nb")
        doc.add_formula("Sum", 5)
        doc.add_control("Text", "x")
        ids = {"doc": doc.id, "table": table.id, "row": table.row_ids[0], "page": getattr(page, "id", page)}
        recorder = Recorder(fake.url.partition("/apis")[0], rewrites_host=False)
        with ScriptedServer(otherwise=recorder) as between:
            for name, call in CODA.items():
                recorder.answers = []
                client = coda_client(f"{between.url}/apis/v1")
                result = judge(lambda call=call, client=client: call(client, ids))  # type: ignore[misc]  # run at once
                assert not isinstance(result, CloudError), name
                recorded[name] = [neutral(answer, between.url) for answer in recorder.answers]
    return ids, recorded


@pytest.mark.parametrize("name", CODA)
@_FUZZED
@given(data=st.data())
def test_coda(
    name: str, player: Player, coda: tuple[dict[str, str], dict[str, list[Answer]]], data: st.DataObject
) -> None:
    ids, recorded = coda
    player.play(data.draw(plays(recorded[name])))
    client = coda_client(f"{player.url}/apis/v1")
    judge(lambda: CODA[name](client, ids))
    client.close()


_READING = sorted(
    name
    for name, method in inspect.getmembers(CodaClient, inspect.isfunction)
    if name.startswith(("get_", "list_")) and name not in {"get_resource", "list_resources"}
)
_ITEM: dict[str, Any] = {
    "id": "x", "packId": 1, "name": "n", "type": "t", "href": "https://h/", "createdAt": "2024-05-01T00:00:00.000Z",
    "value": [1, {"a": None}], "user": {"name": "n", "loginId": "l"}, "logs": [{"context": {}}], "date": "2024-05-01",
}  # fmt: skip  # of no kind


@pytest.mark.parametrize("name", _READING)
@_FUZZED
@given(data=st.data())
def test_every_reading_call_of_coda(name: str, player: Player, data: st.DataObject) -> None:
    """Also those that no fake answers: answered by objects of no kind."""
    page = {"items": [_ITEM, {}], **_ITEM, "nextPageToken": "t", "nextPageLink": "http://127.0.0.1/x"}
    answer = Answer(200, (("Content-Type", "application/json"),), json.dumps(page).encode())
    player.play(data.draw(plays([answer, answer._replace(body=json.dumps({"items": [_ITEM]}).encode())])))
    client = coda_client(f"{player.url}/apis/v1")
    method = getattr(client, name)
    needed = [
        1 if parameter.name == "pack_id" else ["x"] if parameter.name.endswith(("ids", "names")) else "x"
        for parameter in inspect.signature(method).parameters.values()
        if parameter.default is parameter.empty
    ]
    judge(lambda: method(*needed))
    client.close()


# -- the newsletter --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@_FUZZED
@given(data=st.data())
def test_newsletter(case: Case, player: Player, data: st.DataObject) -> None:
    answers = [
        Answer(
            200,
            (("Content-Type", "application/json"),),
            json.dumps({"result": "success", "data": each}).encode(),
        )
        for each in (*case.answers, case.data)
    ]
    player.play(data.draw(plays(answers)))
    client = InfomaniakNewsletterClient("token", 77, player.url, limits=NoLimit(), retry=_RETRY, timeout=5.0)
    time = Time()
    client._clock, client._sleep = time, time.sleep
    client._runtime._sleep = no_wait
    judge(lambda: case.call(client))
    client.close()
