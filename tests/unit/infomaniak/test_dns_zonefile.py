"""Zone files and plans: what is read, what is refused, and how much may change at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.common.errors import InvalidRequestError, PreconditionFailedError
from cloud.infomaniak.dns._plan import check_thresholds, plan_zone
from cloud.infomaniak.dns._records import ZonePlan, record_set_of, zone_of
from cloud.infomaniak.dns._zonefile import WantedRecordSet, WantedZone

LABEL = st.from_regex(r"[a-z][a-z0-9]{0,10}", fullmatch=True)
ADDRESS = st.tuples(*[st.integers(1, 254)] * 4).map(lambda parts: ".".join(map(str, parts)))
TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters='"\\'), max_size=40)
TTL = st.none() | st.integers(1, 86_400)


@st.composite
def record_sets(draw: st.DrawFn) -> WantedRecordSet:
    owner = f"{draw(LABEL)}.example.org."
    if draw(st.booleans()):
        records = draw(st.lists(ADDRESS, min_size=1, max_size=3, unique=True))
        return WantedRecordSet(name=owner, type="A", records=tuple(records), ttl=draw(TTL))
    texts = draw(st.lists(TEXT, min_size=1, max_size=3, unique=True))
    return WantedRecordSet(
        name=owner, type="TXT", records=tuple(f'"{each}"' for each in texts), ttl=draw(TTL)
    )


def written(sets: list[WantedRecordSet]) -> str:
    lines = ["$ORIGIN example.org."]
    for each in sets:
        ttl = "" if each.ttl is None else f"{each.ttl} "
        lines += [f"{each.name} {ttl}IN {each.type} {record} ; (a comment" for record in each.records]
    return "\n".join(lines)


@given(st.lists(record_sets(), max_size=8, unique_by=lambda each: (each.name, each.type)))
def test_what_was_written_is_read_again(sets: list[WantedRecordSet]) -> None:
    found = WantedZone.from_bind(written(sets))
    assert found.name == "example.org."
    assert found.record_sets == tuple(sets)
    assert WantedZone.from_bind(written(list(found.record_sets))) == found


def test_a_file_as_people_write_it() -> None:
    found = WantedZone.from_bind(
        "$ORIGIN example.org.\n$TTL 1h\n"
        "@ IN SOA ns.example.org. host\\.master.example.org. (\n  1 ; serial\n  2 3 4 5 )\n"
        "@ NS ns1.elsewhere.net.\n"
        "www 5m IN A 192.0.2.1\n    5m IN A 192.0.2.2\n"
        "mail MX 10 mx.inner\n"
        'txt TXT "a;b" c\n'
    )
    assert (found.ttl, found.email) == (3600, "host.master@example.org")
    assert {(each.name, each.type, each.records, each.ttl) for each in found.record_sets} == {
        ("www.example.org.", "A", ("192.0.2.1", "192.0.2.2"), 300),
        ("mail.example.org.", "MX", ("10 mx.inner.example.org.",), None),
        ("txt.example.org.", "TXT", ('"a;b" "c"',), None),
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("www A 192.0.2.1", "line 1: a record before the zone has a name"),
        ("$ORIGIN a.org.\n$INCLUDE /etc/passwd", "line 2: \\$INCLUDE is not understood"),
        ("$ORIGIN a.org.\nw A (192.0.2.1", "line 2: a bracket opens"),
        ("$ORIGIN a.org.\nw A 192.0.2.1 )", "line 2: a bracket closes"),
        ('$ORIGIN a.org.\nw TXT "open', "line 2: a quoted text does not end"),
        ("$ORIGIN a.org.\n  A 192.0.2.1", "line 2: the first record has no name"),
        ("$ORIGIN a.org.\nw 5 A 192.0.2.1\nw 6 A 192.0.2.2", "line 3: .* has two TTLs, 5 and 6"),
        ("$ORIGIN a.org.\nw A 192.0.2.1\nw A 192.0.2.1", "line 3: .* is there twice"),
        ("$ORIGIN a.org.\nw CNAME x\nw A 192.0.2.1", "has a CNAME"),
        ("", "the zone has no name"),
    ],
)
def test_what_cannot_be_read_names_its_line(text: str, told: str) -> None:
    with pytest.raises(InvalidRequestError, match=told):
        WantedZone.from_bind(text)


def planned(present: int, *, deleted: int = 0, updated: int = 0) -> ZonePlan:
    zone = zone_of({"id": "z", "name": "example.org.", "ttl": 3600, "status": "ACTIVE"})
    have = [
        record_set_of(
            {
                "id": str(number),
                "zone_id": "z",
                "name": f"h{number}.example.org.",
                "type": "A",
                "records": ["192.0.2.1"],
                "ttl": None,
                "status": "ACTIVE",
            }
        )
        for number in range(present)
    ]
    want = [
        WantedRecordSet(
            name=each.name,
            type="A",
            records=("192.0.2.2",) if number < deleted + updated else each.records,
        )
        for number, each in enumerate(have)
        if number >= deleted
    ]
    return plan_zone(zone, have, WantedZone(name="example.org.", record_sets=tuple(want)))


@pytest.mark.parametrize("action", ["deleted", "updated"])
def test_thresholds_begin_at_ten_record_sets_and_hold_above_their_share(action: str) -> None:
    def check(present: int, count: int, share: float) -> None:
        plan = planned(present, **{action: count})
        assert plan.count(action.removesuffix("d")) == count
        check_thresholds(plan, present, delete_threshold=share, update_threshold=share)

    check(9, 9, 0.3)
    check(10, 3, 0.3)
    check(10, 10, 1)
    check(10, 0, 0)
    for present, count, share in [(10, 4, 0.3), (1, 1, 0), (100, 31, 0.3)]:
        with pytest.raises(PreconditionFailedError, match=f"{count} of {present}"):
            check(present, count, share)
    for share in (-0.1, 1.1):
        with pytest.raises(InvalidRequestError, match="0 to 1"):
            check(10, 1, share)
