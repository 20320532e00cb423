"""Cells come as Python values, and go back as the service takes them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.coda_io import (
    ColumnFormat,
    Currency,
    Image,
    Link,
    Markdown,
    Person,
    RowReference,
    encode_cell,
    parse_cell,
)
from cloud.common import InvalidRequestError
from cloud.common.models import FrozenMap

CONTEXT = "http://schema.org/"
PERSON = {"@context": CONTEXT, "@type": "Person", "name": "Ännie", "email": "a@example.com"}
MONEY = {"@context": CONTEXT, "@type": "MonetaryAmount", "currency": "CHF", "amount": 12.1}
IMAGE = {
    "@context": CONTEXT,
    "@type": "ImageObject",
    "name": "x.png",
    "url": "https://h/x",
    "width": 5.0,
    "status": "live",
}
LINK = {"@context": CONTEXT, "@type": "WebPage", "name": "Home", "url": "https://h/"}
REFERENCE = {
    "@context": CONTEXT, "@type": "StructuredValue", "additionalType": "row", "name": "Apple", "rowId": "i-9",
    "tableId": "grid-1", "url": "https://h/r", "tableUrl": "https://h/t",
}  # fmt: skip  # one line reads best


def column(kind: str, **options: Any) -> ColumnFormat:
    return ColumnFormat.from_dict({"type": kind, "isArray": False, **options})


def test_objects_of_the_rich_format_become_records() -> None:
    assert parse_cell(PERSON) == Person(name="Ännie", email="a@example.com")
    assert parse_cell(MONEY) == Currency(currency="CHF", amount=Decimal("12.1"))
    assert parse_cell({**MONEY, "amount": "0.30"}) == Currency(currency="CHF", amount=Decimal("0.30"))
    assert parse_cell(IMAGE) == Image(name="x.png", url="https://h/x", width=5, status="live")
    assert parse_cell(LINK) == Link(url="https://h/", name="Home")
    assert parse_cell(REFERENCE) == RowReference(
        row_id="i-9", name="Apple", table_id="grid-1", url="https://h/r", table_url="https://h/t"
    )
    assert parse_cell([PERSON, [LINK]]) == (parse_cell(PERSON), (parse_cell(LINK),))


@pytest.mark.parametrize(
    "odd",
    [
        {"@type": "Sculpture", "name": "x"},
        {"@type": "Person"},
        {"@type": "MonetaryAmount", "currency": "CHF", "amount": "much"},
        {"no": "type"},
    ],
)
def test_an_object_of_another_kind_loses_nothing(odd: dict[str, Any]) -> None:
    found = parse_cell(odd)
    assert type(found) is FrozenMap
    assert found == odd


def test_plain_text_of_the_rich_format_has_no_fence_and_formatted_text_is_markdown() -> None:
    plain = parse_cell("```a ``b`` \n c```")
    assert (type(plain), plain) == (str, "a ``b`` \n c")
    formatted = parse_cell("**bold**")
    assert (type(formatted), formatted) == (Markdown, "**bold**")
    for short in ("", "``````", "```"):
        assert parse_cell(short) == short.replace("``````", "")
    assert parse_cell("```kept```", "simple") == "```kept```"


@pytest.mark.parametrize("value", [0, 1.5, True, False, None])
def test_numbers_and_truth_values_stay(value: object) -> None:
    assert parse_cell(value) is value


def test_dates_and_times_are_told_by_their_column() -> None:
    text = "2026-03-01T00:00:00.000-08:00"
    assert parse_cell(text, "simple", column("date")) == date(2026, 3, 1)
    assert parse_cell(text, "rich", column("dateTime")) == datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
    assert parse_cell(f"```{text}```", "rich", column("date")) == date(2026, 3, 1)
    assert parse_cell("2026-03-01", "simple", column("date")) == date(2026, 3, 1)
    assert parse_cell("14:30:00", "simple", column("time")) == time(14, 30)
    assert parse_cell([text], "simpleWithArrays", column("date")) == (date(2026, 3, 1),)
    assert parse_cell(text, "simple") == text


@pytest.mark.parametrize("kind", ["date", "dateTime", "time", "text", "number"])
@pytest.mark.parametrize("text", ["", "next week", "3/1/2026", "2026-13-01", "2026-03-01 or so"])
def test_a_text_that_is_not_what_its_column_says_stays_a_text(kind: str, text: str) -> None:
    assert parse_cell(text, "simple", column(kind)) == text


def test_what_is_read_can_be_written() -> None:
    assert encode_cell(parse_cell(PERSON)) == "a@example.com"
    assert encode_cell(Person(name="Only A. Name")) == "Only A. Name"
    assert encode_cell(parse_cell(MONEY)) == 12.1
    assert encode_cell(parse_cell(IMAGE)) == "https://h/x"
    assert encode_cell(parse_cell(LINK)) == "https://h/"
    assert encode_cell(parse_cell(REFERENCE)) == "i-9"
    assert encode_cell(parse_cell([REFERENCE, REFERENCE])) == ["i-9", "i-9"]
    assert type(encode_cell(Markdown("*x*"))) is str


def test_python_values_are_written_independently_of_the_locale() -> None:
    zone = timezone(timedelta(hours=2))
    assert encode_cell(datetime(2026, 3, 1, 10, 30, tzinfo=zone)) == "2026-03-01T08:30:00Z"
    assert encode_cell(date(2026, 3, 1)) == "2026-03-01"
    assert encode_cell(time(14, 30)) == "14:30:00"
    assert encode_cell(Decimal("0.1")) == 0.1
    assert encode_cell(Decimal("12345678901234567890.12")) == "12345678901234567890.12"
    assert encode_cell(None) == ""
    assert encode_cell([1, [True, None]]) == [1, [True, ""]]


@pytest.mark.parametrize(
    "odd",
    [
        float("nan"), float("inf"), Decimal("NaN"), object(), {"a": 1}, b"x", [[["deep"]]], Image(name="deleted"),
        datetime(2026, 3, 1), timedelta(hours=1),  # noqa: DTZ001  # that is what is tested
    ],
)  # fmt: skip  # one line reads best
def test_what_no_cell_can_hold_is_refused_with_its_column(odd: object) -> None:
    with pytest.raises(InvalidRequestError, match="column 'Total'"):
        encode_cell(odd, "Total")


@given(st.text(), st.sampled_from(["rich", "simple", "simpleWithArrays"]))
def test_any_text_is_read_and_plain_text_comes_back(text: str, value_format: str) -> None:
    parse_cell(text, value_format)
    assert parse_cell(f"```{text}```", "rich") == text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["@type", "name", "url", "amount"]), inner)
    ),
    max_leaves=8,
)


@given(json_values)
def test_no_value_of_the_service_breaks_the_reading(value: object) -> None:
    parse_cell(value, "rich", column("date"))
