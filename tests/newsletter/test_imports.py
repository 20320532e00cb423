"""Contacts from CSV files and programs: what was taken, what was refused and why, and where to go on."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from cloud.common import (
    CloudError,
    InvalidRequestError,
    RetryPolicy,
    ServiceUnavailableError,
    TimeoutError_,
    UnknownServiceError,
)
from cloud.testing import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cloud.infomaniak import InfomaniakNewsletterClient
    from cloud.testing import FakeNewsletterServer
    from newsletter.conftest import Clock

UPLOAD, IMPORT = "POST /subscribers/import/upload", "POST /subscribers/import"


def rows(count: int) -> list[dict[str, Any]]:
    return [
        {"email": f"s{number}@example.com", "firstname": f"N° {number}"} for number in range(1, count + 1)
    ]


def test_a_csv_file_is_brought_in_in_batches(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer, tmp_path: Path
) -> None:
    file = tmp_path / "contacts.csv"
    lines = ["\ufeffEmail;First Name;lastname", *(f's{n}@example.com;Zoë, {n};"Du""pont"' for n in range(25))]
    file.write_text("\r\n".join(lines), "utf-8")
    group = client.create_group("Readers")
    report = client.import_csv(file, groups=[group.id], batch_size=10)
    assert (report.row_count, report.accepted_count, report.refused, report.batch_count) == (25, 25, (), 3)
    assert (report.ok, report.verified) == (True, True)
    members = client.list_group_subscribers(group.id, include=["fields"])
    assert len(members) == 25
    assert members[3].fields == {"firstname": "Zoë, 3", "lastname": 'Du"pont'}
    assert [each.source for each in members] == ["import"] * 25


def test_what_cannot_be_taken_is_refused_with_its_row_and_reason(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer
) -> None:
    text = "email,firstname\na@b.ch,A\nnot an address,B\nA@B.CH,C\n\n,D\nc@d.ch\ne@f.ch,E,x\nok@b.ch,F\n"
    report = client.import_csv(io.StringIO(text))
    assert [(each.row, each.reason) for each in report.refused] == [
        (2, "it is no address: name@host.tld"),
        (3, "the same address stands in row 1"),
        (4, "the address is empty"),
        (5, "the row has 1 columns and the head 2"),
        (6, "the row has 3 columns and the head 2"),
    ]
    assert report.refused[0].email == "not an address"
    assert (report.row_count, report.accepted_count) == (7, 2)
    assert [each.email for each in client.list_subscribers()] == ["a@b.ch", "ok@b.ch"]
    assert report.to_dict()["refused"][0] == {
        "row": 2,
        "email": "not an address",
        "reason": "it is no address: name@host.tld",
    }


def test_contacts_that_the_service_refuses_are_found_by_halving(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer
) -> None:
    server.refused_addresses.update({"s7@example.com", "s30@example.com"})
    report = client.import_rows(rows(40))
    assert [(each.row, each.reason) for each in report.refused] == [
        (7, "the file holds contacts that cannot be subscribed"),
        (30, "the file holds contacts that cannot be subscribed"),
    ]
    assert report.accepted_count == 38 == client.count_subscribers()
    assert len(server.calls_of(IMPORT)) < 30


def test_contacts_that_the_service_drops_in_silence_are_found_afterwards(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer, clock: Clock
) -> None:
    server.dropped_addresses.add("s2@example.com")
    began = clock()
    report = client.import_rows(rows(3), verify_timeout=20)
    assert [(each.row, each.email) for each in report.refused] == [(2, "s2@example.com")]
    assert "does not list it" in report.refused[0].reason
    assert clock() - began >= 20
    blind = client.import_rows(rows(3), verify_timeout=None)
    assert (blind.accepted_count, blind.verified) == (3, False)


def test_an_import_that_is_done_later_is_waited_for(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer
) -> None:
    server.lag_seconds = 15
    assert client.import_rows(rows(3)).ok


def test_one_by_one_each_contact_has_the_services_own_words(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer
) -> None:
    server.refused_addresses.add("s2@example.com")
    report = client.import_rows(rows(3), one_by_one=True, groups=["Readers"])
    assert [(each.row, each.reason) for each in report.refused] == [
        (2, "s2@example.com cannot be subscribed")
    ]
    assert (report.accepted_count, report.batch_count) == (2, 0)
    (group,) = client.list_groups()
    assert len(client.list_group_subscribers(group.id)) == 2


def test_a_refusal_that_is_not_about_contacts_ends_the_import(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer
) -> None:
    with pytest.raises(InvalidRequestError, match="the group 99 does not exist") as caught:
        client.import_rows(rows(100), groups=[99])
    assert caught.value.resume_token == "1"  # the number of a row
    assert len(server.calls_of(IMPORT)) < 40
    assert client.count_subscribers() == 0


def test_a_failure_says_from_which_row_to_go_on(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer
) -> None:
    server.add(Fault(kind=FaultKind.STATUS, status=500, path="/import$", skip=2, count=5))
    with pytest.raises(ServiceUnavailableError) as caught:
        client.import_rows(rows(50), batch_size=10)
    assert caught.value.resume_token == "21"  # the number of a row
    report = client.import_rows(rows(50), batch_size=10, start_row=int(caught.value.resume_token))
    assert (report.row_count, report.accepted_count) == (30, 30)
    assert client.count_subscribers() == 50


def test_lost_answers_double_nobody(client: InfomaniakNewsletterClient, server: FakeNewsletterServer) -> None:
    server.add(Fault(kind=FaultKind.LOST_REPLY, path="/import(/upload)?$", count=2))
    assert client.import_rows(rows(5)).accepted_count == 5
    assert client.count_subscribers() == 5


def test_columns_are_named_left_out_and_made(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer
) -> None:
    text = "Mail\tVorname\tStadt\tNotiz\na@b.ch\tAda\tGenève\tx\n"
    with pytest.raises(InvalidRequestError, match="no column 'email'"):
        client.import_csv(io.StringIO(text))
    names = {"Mail": "email", "Vorname": "firstname", "Stadt": "city"}
    with pytest.raises(InvalidRequestError, match="there is no field for Stadt"):
        client.import_csv(io.StringIO(text), columns=names)
    assert server.calls_of(UPLOAD) == ()
    report = client.import_csv(io.StringIO(text), columns=names, create_fields=True)
    assert report.ok
    (made,) = client.list_subscribers(include=["fields"])
    assert made.fields == {"firstname": "Ada", "city": "Genève"}


def test_contacts_of_different_columns_fit_one_import(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer
) -> None:
    contacts: list[dict[str, Any]] = [
        {"email": "a@b.ch"},
        {"email": "c@d.ch", "firstname": "C", "lastname": None},
        {"email": "e@f.ch", "firstname": 5},
        {"email": "g@h.ch", "firstname": ["no", "text"]},
    ]
    ada = client.create_subscriber("a@b.ch", fields={"firstname": "Ada"})
    report = client.import_rows(contacts)
    assert [(each.row, each.reason) for each in report.refused] == [(4, "firstname is a list, not a text")]
    found = client.list_subscribers(include=["fields"])
    assert [each.fields.get("firstname") for each in found] == ["Ada", "C", "5"]  # what was not given stays
    assert client.get_contact(ada.id).fields == {"firstname": "Ada"}
    assert report.batch_count == 2


def test_two_columns_for_one_field_are_refused(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer
) -> None:
    for head in ("email,firstname,First name", "email,Email"):
        with pytest.raises(InvalidRequestError, match="two columns are one field"):
            client.import_csv(io.StringIO(f"{head}\na@b.ch,c@d.ch{',x' * (head.count(',') - 1)}\n"))
    assert server.calls_of(UPLOAD) == ()


def test_a_contact_without_an_address_among_others_is_refused(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer
) -> None:
    report = client.import_rows([{"email": " a@b.ch "}, {"firstname": "B"}, {"email": None}])
    assert [(each.row, each.reason) for each in report.refused] == [
        (2, "the address is empty"),
        (3, "the address is empty"),
    ]
    assert [each.email for each in client.list_subscribers()] == ["a@b.ch"]


def test_files_of_bytes_and_other_encodings(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer, tmp_path: Path
) -> None:
    data = "email,firstname\nzoe@b.ch,Zoë\n".encode("cp1252")
    with pytest.raises(InvalidRequestError, match="not utf-8-sig"):
        client.import_csv(io.BytesIO(data))
    file = io.BytesIO(data)
    assert client.import_csv(file, encoding="cp1252").ok
    assert file.closed is False
    assert client.list_subscribers(include=["fields"])[0].fields == {"firstname": "Zoë"}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "no head"),
        ("\n", "no head"),
        ("email,email\na@b.ch,a@b.ch\n", "same name"),
        ('email\n"a@b.ch\n', "no CSV"),
    ],
)
def test_what_is_no_csv_is_refused_before_anything_is_sent(
    text: str, what: str, client: InfomaniakNewsletterClient, server: FakeNewsletterServer
) -> None:
    with pytest.raises(InvalidRequestError, match=what):
        client.import_csv(io.StringIO(text))
    assert server.log == ()


def test_an_empty_import_is_a_report_of_nothing(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer, tmp_path: Path
) -> None:
    report = client.import_csv(io.StringIO("email\n"))
    assert (report.row_count, report.accepted_count, report.ok, report.verified) == (0, 0, True, True)
    assert server.log == ()
    with pytest.raises(FileNotFoundError):
        client.import_csv(tmp_path / "none.csv")
    for odd in ({"batch_size": 0}, {"start_row": 0}):
        with pytest.raises(InvalidRequestError):
            client.import_rows([], **odd)


def test_an_upload_without_an_id_says_what_to_do(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer
) -> None:
    page = b'{"result": "success", "data": ["email"]}'
    headers = {"Content-Type": "application/json"}
    server.add(Fault(kind=FaultKind.STATUS, status=200, path="/upload$", body=page, headers=headers))
    with pytest.raises(UnknownServiceError, match="one_by_one=True"):
        client.import_rows(rows(2))


def test_a_service_that_does_not_answer_the_check_is_an_error(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer
) -> None:
    server.add(Fault(kind=FaultKind.STATUS, status=503, path="/subscribers\\?", count=0))
    with pytest.raises(CloudError):
        client.import_rows(rows(2))


def test_a_check_that_times_out_is_no_report(
    client_of: Callable[..., InfomaniakNewsletterClient], server: FakeNewsletterServer
) -> None:
    client = client_of(server, timeout=0.2, retry=RetryPolicy(max_attempts=1))
    server.add(Fault(kind=FaultKind.SLOW_HEAD, path="/subscribers\\?", seconds=1.0))
    with pytest.raises(TimeoutError_) as caught:
        client.import_rows(rows(2))
    assert caught.value.attempts


def test_a_text_that_json_cannot_hold_is_refused_as_it_is(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer
) -> None:
    with pytest.raises(InvalidRequestError, match="as JSON"):
        client.import_rows([{"email": "a@b.ch", "firstname": "\ud800"}])
    assert server.calls_of(UPLOAD) == ()


def test_old_contacts_can_keep_their_values(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer
) -> None:
    client.create_subscriber("s1@example.com", fields={"firstname": "old"})
    client.import_rows(rows(1), replace_fields=False)
    assert client.list_subscribers(include=["fields"])[0].fields == {"firstname": "old"}
    client.import_rows(rows(1))
    assert client.list_subscribers(include=["fields"])[0].fields == {"firstname": "N° 1"}


def test_a_long_file_is_read_row_by_row(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer
) -> None:
    read = []

    def lines() -> Any:
        for row in rows(30):
            read.append(row["email"])
            if len(read) == 21:
                assert len(server.calls_of(IMPORT)) == 2  # two batches are sent before the third is read
            yield row

    assert client.import_rows(lines(), batch_size=10).accepted_count == 30
