"""The metering client over HTTP: periods as they are sent, every page, and prices to the last digit."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
import requests
import responses
from responses.matchers import query_param_matcher

from cloud.common.enums import ResourceType
from cloud.common.errors import (
    CloudError,
    InvalidRequestError,
    NotFoundError,
    ServiceUnavailableError,
    UnsupportedOperationError,
)
from cloud.infomaniak.metering._client import InfomaniakMeteringClient
from cloud.infomaniak.metering._records import INFOMANIAK_RATES, IcuRates, UsagePeriod, kind_of
from unit.infomaniak.clouds import CINDER, NEUTRON, NOVA, SAMPLES, client_of, login, sent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

RATING, GNOCCHI, SWIFT = "http://kitty.test", "http://gnocchi.test", "http://swift.test/v1/AUTH_project"
USAGE = f"{NOVA}/os-simple-tenant-usage/project"
LOST = requests.exceptions.ConnectionError("Connection aborted.", ConnectionResetError(104, "reset"))
START, END = datetime(2026, 11, 1, tzinfo=timezone.utc), datetime(2026, 11, 2, tzinfo=timezone.utc)
NAIVE = datetime(2026, 11, 1)  # noqa: DTZ001  # what is refused
V1_PERIOD = {"begin": "2026-11-01T00:00:00", "end": "2026-11-02T00:00:00"}
V2_PERIOD = {"begin": "2026-11-01T00:00:00+00:00", "end": "2026-11-02T00:00:00+00:00"}
V2_QUERY = {**V2_PERIOD, "filters": "project_id:project", "limit": "500"}


@pytest.fixture
def cloud() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        login(mock, rating=RATING, metric=GNOCCHI, **{"object-store": SWIFT})
        yield mock


@pytest.fixture
def client(cloud: responses.RequestsMock) -> InfomaniakMeteringClient:
    return client_of(InfomaniakMeteringClient)


def has_version(cloud: responses.RequestsMock, version: int) -> None:
    """Let CloudKitty have version 2 of its API, or 1 only."""
    match = [query_param_matcher({"limit": "1"})]
    if version == 2:
        cloud.get(f"{RATING}/v2/summary", json={"columns": [], "results": [], "total": 0}, match=match)
    else:
        cloud.get(f"{RATING}/v2/summary", status=404, json={"message": "Not Found"}, match=match)


def instance(name: str, hours: float, **further: object) -> dict[str, Any]:
    return {
        "instance_id": name,
        "name": name,
        "flavor": "a1-ram2-disk20-perf1",
        "hours": hours,
        "vcpus": 2,
        "memory_mb": 2048,
        "local_gb": 20,
        "tenant_id": "project",
        "started_at": "2026-11-01T16:47:06.000000",
        "ended_at": None,
        "state": "active",
        "uptime": 10,
        **further,
    }


def query_of(cloud: responses.RequestsMock, path: str) -> Mapping[str, str]:
    """Return the query of the last request to `path`."""
    found = [call.request for call in cloud.calls if str(call.request.url).partition("?")[0] == path]
    query: Mapping[str, str] = found[-1].params  # type: ignore[attr-defined]  # responses adds it
    return query


# -- periods -------------------------------------------------------------------------------------------------
def test_times_without_a_zone_are_refused_before_any_request(
    client: InfomaniakMeteringClient, cloud: responses.RequestsMock
) -> None:
    for call in (
        client.get_summary,
        client.list_dataframes,
        client.get_compute_usage,
        client.get_storage_usage,
        client.get_network_usage,
        client.get_object_storage_usage,
        client.get_all_usage,
        client.list_resources_with_usage,
        lambda start, end: list(client.iter_instance_usage(start, end)),
        lambda start, end: client.get_measures("m", start, end),
    ):
        for start, end in ((NAIVE, END), (START, NAIVE + timedelta(days=1)), (NAIVE, None), (None, NAIVE)):
            with pytest.raises(InvalidRequestError, match="time zone"):
                call(start, end)
        for start, end in ((END, START), (START, START)):
            with pytest.raises(InvalidRequestError, match="before it begins"):
                call(start, end)
    assert sent(cloud) == []


def test_a_month_is_that_of_the_zone() -> None:
    zurich = ZoneInfo("Europe/Zurich")
    october = UsagePeriod.month(2026, 10, zurich)  # it ends in winter time
    assert (october.start.isoformat(), october.end.isoformat()) == (
        "2026-09-30T22:00:00+00:00",
        "2026-10-31T23:00:00+00:00",
    )
    december = UsagePeriod.month(2026, 12)
    assert (december.start.isoformat(), december.end.isoformat()) == (
        "2026-12-01T00:00:00+00:00",
        "2027-01-01T00:00:00+00:00",
    )


def test_the_default_is_the_month_of_the_end() -> None:
    end = datetime(2026, 3, 1, 0, 30, tzinfo=timezone(timedelta(hours=1)))  # February still, in UTC
    assert UsagePeriod.of(None, end).start == datetime(2026, 2, 1, tzinfo=timezone.utc)
    now = UsagePeriod.of(None, None)
    assert now.end.utcoffset() == timedelta(0)
    assert (now.start.day, now.start.hour) == (1, 0)


# -- Nova ----------------------------------------------------------------------------------------------------
def test_every_page_of_instances_is_added_up(
    client: InfomaniakMeteringClient, cloud: responses.RequestsMock
) -> None:
    zone = timezone(timedelta(hours=2))
    start = datetime(2026, 11, 1, 2, tzinfo=zone)
    query = {
        "start": "2026-11-01T00:00:00.000000",
        "end": "2026-11-02T00:00:00.000000",
        "detailed": "1",
        "limit": "500",
    }
    pages = [
        [instance("a", 1.5), instance("b", 2.0, state="terminated", ended_at="2026-11-01T20:00:00.000000")],
        [instance("ä", 0.5, novelty=1)],
        [],
    ]
    for marker, page in zip(("", "b", "ä"), pages, strict=True):
        usage = {"server_usages": page, "total_hours": 99} if page else {}  # nothing is an empty record
        cloud.get(
            USAGE,
            json={"tenant_usage": usage},
            match=[query_param_matcher({**query, **({"marker": marker} if marker else {})})],
        )
    has_version(cloud, 1)
    rows = [{"res_type": "instance", "rate": "3.5", **V1_PERIOD}]
    cloud.get(f"{RATING}/v1/report/summary", json={"summary": rows})
    found = client.get_compute_usage(start, END)
    assert (found.instance_hours, found.vcpu_hours, found.ram_mib_hours, found.disk_gib_hours) == (
        4.0,
        8.0,
        8192.0,
        80.0,
    )
    assert [each.name for each in found.instances] == ["a", "b", "ä"]
    assert found.instances[1].ended_at == datetime(2026, 11, 1, 20, tzinfo=timezone.utc)
    assert found.instances[2].raw["novelty"] == 1
    assert (found.start, found.end, found.icu) == (START, END, Decimal("3.5"))
    paged = [call.request for call in cloud.calls if str(call.request.url).startswith(USAGE)]
    assert {each.headers["OpenStack-API-Version"] for each in paged} == {"compute 2.40"}


def test_the_same_page_for_ever_is_not_an_endless_listing(
    client: InfomaniakMeteringClient, cloud: responses.RequestsMock
) -> None:
    cloud.get(USAGE, json={"tenant_usage": {"server_usages": [instance("a", 1.0)]}})
    found = list(client.iter_instance_usage(START, END))
    assert [each.name for each in found] == ["a"]
    assert len(sent(cloud)) == 2


@pytest.mark.parametrize("body", [{}, {"tenant_usage": None}, [], "x"])
def test_an_answer_without_usage_is_not_nothing(
    client: InfomaniakMeteringClient, cloud: responses.RequestsMock, body: object
) -> None:
    cloud.get(USAGE, json=body)
    with pytest.raises(ServiceUnavailableError):
        list(client.iter_instance_usage(START, END))


def test_a_page_that_was_lost_is_asked_for_again(
    client: InfomaniakMeteringClient, cloud: responses.RequestsMock
) -> None:
    cloud.get(USAGE, body=LOST)
    cloud.get(USAGE, json={"tenant_usage": {}})
    assert list(client.iter_instance_usage(START, END)) == []
    assert len(sent(cloud)) == 2


# -- CloudKitty, version 1 -----------------------------------------------------------------------------------
def test_summary_of_version_1(client: InfomaniakMeteringClient, cloud: responses.RequestsMock) -> None:
    has_version(cloud, 1)
    rows = [
        {"tenant_id": "project", "res_type": "instance", "rate": "111.0000000000000000001", **V1_PERIOD},
        {"tenant_id": "project", "res_type": "volume.size", "rate": 0.5, "novelty": 1, **V1_PERIOD},
    ]
    cloud.get(f"{RATING}/v1/report/summary", json={"summary": rows, "total": "111.5"})
    found = client.get_summary(START, END, rates=IcuRates(per_chf=Decimal(50), per_eur=Decimal("55.5")))
    assert query_of(cloud, f"{RATING}/v1/report/summary") == {
        **V1_PERIOD,
        "groupby": "res_type",
        "tenant_id": "project",
    }
    assert [(each.metric, each.kind, each.icu) for each in found] == [
        ("instance", "compute", Decimal("111.0000000000000000001")),
        ("volume.size", "storage", Decimal("0.5")),
    ]
    assert (found[1].chf, found[1].quantity, found[1].start) == (Decimal("0.01"), None, START)
    assert found[0].to_dict()["icu"] == "111.0000000000000000001"
    assert json.dumps(found[0].to_dict())
    assert [each.chf for each in client.get_summary(START, END)] == [None, None]


def test_nothing_to_charge_in_version_1(
    client: InfomaniakMeteringClient, cloud: responses.RequestsMock
) -> None:
    has_version(cloud, 1)
    nothing = {"tenant_id": None, "res_type": "ALL", "rate": "0", **V1_PERIOD}
    cloud.get(f"{RATING}/v1/report/summary", json={"summary": [nothing]})
    assert client.get_summary(START, END) == []
    assert [each.icu for each in client.get_summary(START, END, group_by=())] == [Decimal(0)]


def test_version_1_cannot_group_by_everything(
    client: InfomaniakMeteringClient, cloud: responses.RequestsMock
) -> None:
    has_version(cloud, 1)
    with pytest.raises(UnsupportedOperationError, match="cannot group by 'id'"):
        client.get_summary(START, END, group_by=("type", "id"))
    assert len(sent(cloud)) == 1  # asked for its version, and for nothing else


def test_dataframes_of_version_1(client: InfomaniakMeteringClient, cloud: responses.RequestsMock) -> None:
    has_version(cloud, 1)
    frame = {
        "begin": "2026-11-01T01:00:00",
        "end": "2026-11-01T02:00:00",
        "tenant_id": "project",
        "resources": [
            {"service": "volume.size", "volume": "10", "rating": "0.25", "desc": {"id": "v", "n": 1}},
            {"service": "instance", "volume": "1", "rating": "1.5", "desc": {"id": "i"}},
        ],
    }
    cloud.get(f"{RATING}/v1/storage/dataframes", json={"dataframes": [frame, {**frame, "resources": []}]})
    found = client.list_dataframes(START, END, metric="volume.size")
    assert query_of(cloud, f"{RATING}/v1/storage/dataframes")["resource_type"] == "volume.size"
    assert found[0].group == {"id": "v", "n": "1"}
    assert (found[0].quantity, found[0].icu) == (Decimal(10), Decimal("0.25"))
    assert found[0].start == datetime(2026, 11, 1, 1, tzinfo=timezone.utc)


@pytest.mark.parametrize("metric", [True, ["volume.size"], 0])
def test_a_metric_that_is_no_text_is_a_broken_answer(
    client: InfomaniakMeteringClient, cloud: responses.RequestsMock, metric: object
) -> None:
    has_version(cloud, 1)
    row = {"res_type": metric, "rate": "1", **V1_PERIOD}
    cloud.get(f"{RATING}/v1/report/summary", json={"summary": [row]})
    frame = {**V1_PERIOD, "resources": [{"service": metric, "volume": "1", "rating": "1"}]}
    cloud.get(f"{RATING}/v1/storage/dataframes", json={"dataframes": [frame]})
    for call in (client.get_summary, client.list_dataframes):
        with pytest.raises(ServiceUnavailableError, match="is no text"):
            call(START, END)


@pytest.mark.parametrize("rate", ["many", "NaN", "Infinity", [1]])
def test_a_price_that_is_no_number_is_not_nothing(
    client: InfomaniakMeteringClient, cloud: responses.RequestsMock, rate: object
) -> None:
    has_version(cloud, 1)
    cloud.get(f"{RATING}/v1/report/summary", json={"summary": [{"res_type": "instance", "rate": rate}]})
    with pytest.raises(ServiceUnavailableError, match="is no number"):
        client.get_summary(START, END)


# -- CloudKitty, version 2 -----------------------------------------------------------------------------------
def test_every_page_of_the_summary_of_version_2(
    client: InfomaniakMeteringClient, cloud: responses.RequestsMock
) -> None:
    has_version(cloud, 2)
    columns = ["begin", "end", "qty", "rate", "id", "type", "novelty"]
    rows = [[*V2_PERIOD.values(), 24.0, 1.1, f"v{n}", "volume.size", None] for n in range(3)]
    for offset, page in ((0, rows[:2]), (2, rows[2:])):
        query = {**V2_QUERY, "groupby": ["type", "id"], "offset": str(offset)}
        cloud.get(
            f"{RATING}/v2/summary",
            json={"columns": columns, "results": page, "total": 3},
            match=[query_param_matcher(query)],
        )
    found = client.get_summary(START, END, group_by=("type", "id"), rates=INFOMANIAK_RATES)
    assert [each.group for each in found] == [{"id": "v0"}, {"id": "v1"}, {"id": "v2"}]
    assert (found[0].quantity, found[0].icu, found[0].chf) == (
        Decimal("24.0"),
        Decimal("1.1"),
        Decimal("0.022"),
    )
    assert (found[0].start, found[0].end) == (START, END)


def test_hours_without_anything_are_no_rows_of_version_2(
    client: InfomaniakMeteringClient, cloud: responses.RequestsMock
) -> None:
    has_version(cloud, 2)
    hours = [f"2026-11-01T{hour:02}:00:00+01:00" for hour in range(1, 6)]  # the service's clock is in Zurich
    amounts = [(11.0, 5.1), (None, None), (None, None), (10.0, 0.0)]
    rows = [[*row[:2], *row[2]] for row in zip(hours, hours[1:], amounts, strict=False)]
    for offset, page in (
        (0, rows[:2]),
        (2, rows[2:3]),
        (3, rows[3:]),
    ):  # the service counts them all the same
        cloud.get(
            f"{RATING}/v2/summary",
            json={
                "total": 4,
                "columns": ["begin", "end", "qty", "rate"],
                "results": page,
                "format": "table",
            },
            match=[query_param_matcher({**V2_QUERY, "groupby": "time", "offset": str(offset)})],
        )
    found = client.get_summary(START, END, group_by=("time",))
    assert [(each.start, each.quantity, each.icu) for each in found] == [
        (START, Decimal("11.0"), Decimal("5.1")),
        (START + timedelta(hours=3), Decimal("10.0"), Decimal(0)),
    ]
    assert found[0].end == START + timedelta(hours=1)


@pytest.mark.parametrize("row", [[1.0, None], [None, "many"], [1.0]])
def test_a_summary_without_a_price_is_not_free_in_version_2(
    client: InfomaniakMeteringClient, cloud: responses.RequestsMock, row: list[object]
) -> None:
    has_version(cloud, 2)
    columns = ["qty", "rate"][: len(row)]
    cloud.get(f"{RATING}/v2/summary", json={"columns": columns, "results": [row], "total": 1})
    with pytest.raises(ServiceUnavailableError):
        client.get_summary(START, END)


def test_an_announced_row_that_does_not_come_is_a_broken_answer(
    client: InfomaniakMeteringClient, cloud: responses.RequestsMock
) -> None:
    has_version(cloud, 2)
    cloud.get(f"{RATING}/v2/summary", json={"columns": [], "results": [], "total": 1})
    cloud.get(f"{RATING}/v2/dataframes", json={"dataframes": [frame_v2(("v", 1, 1.0))], "total": 2})
    cloud.get(f"{RATING}/v2/dataframes", json={"dataframes": [], "total": 2})
    with pytest.raises(ServiceUnavailableError, match=r"get_summary: .*announced 1 rows and sent 0"):
        client.get_summary(START, END)
    with pytest.raises(ServiceUnavailableError, match=r"list_dataframes: .*announced 2 rows and sent 1"):
        client.list_dataframes(START, END)


def test_version_2_is_asked_in_whole_seconds(
    client: InfomaniakMeteringClient, cloud: responses.RequestsMock
) -> None:
    has_version(cloud, 2)
    cloud.get(f"{RATING}/v2/dataframes", status=404, json={"message": "No resource found."})
    start, end = START - timedelta(microseconds=1), END + timedelta(microseconds=1)
    assert client.list_dataframes(start, end) == []
    asked = query_of(cloud, f"{RATING}/v2/dataframes")
    assert (asked["begin"], asked["end"]) == (V2_PERIOD["begin"], "2026-11-02T00:00:01+00:00")


@pytest.mark.parametrize("name", ["a,b", "a:b", "x' OR 'a'='a", '"', "a\\", ""])
def test_names_that_version_2_would_take_apart_are_refused(
    client: InfomaniakMeteringClient, cloud: responses.RequestsMock, name: str
) -> None:
    has_version(cloud, 2)
    with pytest.raises(InvalidRequestError, match=r"metric: .* is no name"):
        client.list_dataframes(START, END, metric=name)
    with pytest.raises(InvalidRequestError, match=r"group_by: .* is no name"):
        client.get_summary(START, END, group_by=("type", name))
    assert len(sent(cloud)) == 1  # asked for its version, and for nothing else


def test_the_version_is_asked_for_once(
    client: InfomaniakMeteringClient, cloud: responses.RequestsMock
) -> None:
    has_version(cloud, 2)
    assert (client.rating_version(), client.rating_version()) == (2, 2)
    assert len(sent(cloud)) == 1


def test_a_broken_service_is_not_taken_for_version_1(
    client: InfomaniakMeteringClient, cloud: responses.RequestsMock
) -> None:
    cloud.get(f"{RATING}/v2/summary", status=503, body="<html>away</html>")
    with pytest.raises(ServiceUnavailableError):
        client.get_summary(START, END)
    assert {each.partition("?")[0] for each in sent(cloud)} == {f"GET {RATING}/v2/summary"}


def frame_v2(*points: tuple[str, float, float], hour: int = 0) -> dict[str, Any]:
    return {
        "period": {
            "begin": f"2026-11-01T{hour:02}:00:00+00:00",
            "end": f"2026-11-01T{hour + 1:02}:00:00+00:00",
        },
        "usage": {
            "volume.size": [
                {
                    "vol": {"unit": "GiB", "qty": amount},
                    "rating": {"price": price},
                    "groupby": {"id": name, "project_id": "project"},
                    "metadata": {"volume_type": "fast"},
                    "novelty": 1,
                }
                for name, amount, price in points
            ]
        },
    }


def test_every_page_of_the_dataframes_of_version_2(
    client: InfomaniakMeteringClient, cloud: responses.RequestsMock
) -> None:
    has_version(cloud, 2)
    pages = {0: [frame_v2(("v", 10, 0.5), ("w", 1, 0.1))], 2: [frame_v2(("v", 20, 1.0), hour=1)]}
    for offset, page in pages.items():
        query = {**V2_QUERY, "filters": "project_id:project,type:volume.size", "offset": str(offset)}
        cloud.get(
            f"{RATING}/v2/dataframes",
            json={"dataframes": page, "total": 3},
            match=[query_param_matcher(query)],
        )
    found = client.list_dataframes(START, END, metric="volume.size")
    assert [(each.group["id"], each.quantity, each.unit) for each in found] == [
        ("v", Decimal(10), "GiB"),
        ("w", Decimal(1), "GiB"),
        ("v", Decimal(20), "GiB"),
    ]
    assert found[2].start == datetime(2026, 11, 1, 1, tzinfo=timezone.utc)


def test_resources_with_their_price_the_dearest_first(
    client: InfomaniakMeteringClient, cloud: responses.RequestsMock
) -> None:
    has_version(cloud, 2)
    frames = [frame_v2(("w", 1, 0.1), ("v", 10, 0.5)), frame_v2(("v", 20, 1.0), hour=1)]
    cloud.get(f"{RATING}/v2/dataframes", json={"dataframes": frames, "total": 3})
    found = client.list_resources_with_usage(START, END, rates=INFOMANIAK_RATES)
    assert [(each.group["id"], each.icu, each.quantity, each.chf) for each in found] == [
        ("v", Decimal("1.5"), Decimal(15), Decimal("0.03")),
        ("w", Decimal("0.1"), Decimal(1), Decimal("0.002")),
    ]
    assert found[0].end - found[0].start == timedelta(hours=2)


def test_no_dataframes_is_what_version_2_calls_not_found(
    client: InfomaniakMeteringClient, cloud: responses.RequestsMock
) -> None:
    has_version(cloud, 2)
    cloud.get(f"{RATING}/v2/dataframes", status=404, json={"message": "No resource found."})
    assert client.list_dataframes(START, END) == []


def test_dataframes_that_vanish_between_pages_are_no_short_listing(
    client: InfomaniakMeteringClient, cloud: responses.RequestsMock
) -> None:
    has_version(cloud, 2)
    cloud.get(f"{RATING}/v2/dataframes", json={"dataframes": [frame_v2(("v", 1, 1.0))], "total": 2})
    cloud.get(f"{RATING}/v2/dataframes", status=404, json={"message": "No resource found."})
    with pytest.raises(NotFoundError):
        client.list_dataframes(START, END)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("body", [{}, [], {"dataframes": None, "results": 1}])
def test_an_answer_without_rows_is_not_none(
    client: InfomaniakMeteringClient, cloud: responses.RequestsMock, version: int, body: object
) -> None:
    has_version(cloud, version)
    for path in ("v1/report/summary", "v1/storage/dataframes", "v2/dataframes"):
        cloud.get(f"{RATING}/{path}", json=body)
    with pytest.raises(ServiceUnavailableError):
        client.list_dataframes(START, END)


def test_what_is_charged_for(client: InfomaniakMeteringClient, cloud: responses.RequestsMock) -> None:
    metric = {"metric_id": "volume.size", "metadata": ["volume_type"], "unit": "GiB", "novelty": 1}
    cloud.get(f"{RATING}/v1/info/metrics", json={"metrics": [metric]})
    (found,) = client.list_charged_metrics()
    assert (found.name, found.unit, found.attributes) == ("volume.size", "GiB", ("volume_type",))


# -- rates ---------------------------------------------------------------------------------------------------
def test_rates_are_what_the_caller_says() -> None:
    assert (INFOMANIAK_RATES.per_chf, INFOMANIAK_RATES.per_eur) == (Decimal(50), Decimal("55.5"))
    for chf, eur in ((0, 1), (1, 0), (-1, 1)):
        with pytest.raises(InvalidRequestError, match="above 0"):
            IcuRates(per_chf=Decimal(chf), per_eur=Decimal(eur))


@pytest.mark.parametrize(
    ("metric", "kind"),
    [
        ("instance", "compute"),
        ("volume.size", "storage"),
        ("image.size", "storage"),
        ("network.outgoing.bytes.rate", "network"),
        ("ip.floating", "network"),
        ("radosgw.objects.size", "object_storage"),
        ("teleport.jumps", "other"),
        ("", "other"),
    ],
)
def test_kinds(metric: str, kind: str) -> None:
    assert kind_of(metric) == kind


# -- everything ----------------------------------------------------------------------------------------------
def has_quotas(cloud: responses.RequestsMock) -> None:
    cloud.get(f"{NOVA}/limits", json=SAMPLES["limits"])
    cloud.get(f"{CINDER}/os-quota-sets/project", json=SAMPLES["quota_set"])
    cloud.get(f"{NEUTRON}/quotas/project/details.json", json=SAMPLES["quota_details"])
    account = {
        "X-Account-Container-Count": "2",
        "X-Account-Object-Count": "3",
        "X-Account-Bytes-Used": "4096",
        "X-Account-Meta-Quota-Bytes": "8192",
    }
    cloud.head(SWIFT, status=204, headers=account)


def test_a_report_of_everything(client: InfomaniakMeteringClient, cloud: responses.RequestsMock) -> None:
    has_version(cloud, 1)
    has_quotas(cloud)
    prices = {
        "instance": 50,
        "volume.size": 25,
        "ip.floating": 20,
        "radosgw.objects.size": 10,
        "new.thing": 6,
    }
    rows = [{"res_type": name, "rate": str(price), **V1_PERIOD} for name, price in prices.items()]
    cloud.get(f"{RATING}/v1/report/summary", json={"summary": rows})
    cloud.get(USAGE, json={"tenant_usage": {}})
    found = client.get_all_usage(START, END, rates=IcuRates(per_chf=Decimal(50), per_eur=Decimal("55.5")))
    assert (found.icu, found.chf, found.eur) == (Decimal(111), Decimal("2.22"), Decimal(2))
    kinds = (found.compute, found.storage, found.network, found.object_storage, found.other)
    assert [each.icu for each in kinds] == [Decimal(price) for price in prices.values()]
    assert len(found.rows) == len(prices)  # none is lost, none is counted twice
    assert {each.name: each.used for each in found.object_storage.present} == {
        "containers": 2,
        "objects": 3,
        "bytes": 4096,
    }
    assert json.loads(json.dumps(found.to_dict()))["eur"] == "2"


@pytest.mark.parametrize("status", [403, 503])
def test_a_part_that_fails_fails_the_report(
    client: InfomaniakMeteringClient, cloud: responses.RequestsMock, status: int
) -> None:
    has_version(cloud, 1)
    cloud.get(f"{RATING}/v1/report/summary", json={"summary": []})
    cloud.get(USAGE, json={"tenant_usage": {}})
    has_quotas(cloud)
    cloud.remove(responses.HEAD, SWIFT)
    cloud.head(SWIFT, status=status)
    with pytest.raises(CloudError) as caught:
        client.get_all_usage(START, END)
    assert caught.value.http_status == status


def test_a_cloud_without_rating_and_object_storage() -> None:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as cloud:
        login(cloud)
        client = client_of(InfomaniakMeteringClient)
        has_quotas(cloud)
        cloud.get(USAGE, json={"tenant_usage": {"server_usages": [instance("a", 1.0)]}})
        found = client.get_object_storage_usage(START, END)
        assert (found.rows, found.present, found.icu) == ((), (), Decimal(0))
        assert client.get_compute_usage(START, END).rows == ()
        assert client.get_storage_usage(START, END).rows == ()
        with pytest.raises(CloudError, match="rating"):  # asked for prices it says that there are none
            client.get_summary(START, END)


# -- quotas --------------------------------------------------------------------------------------------------
def test_quotas(client: InfomaniakMeteringClient, cloud: responses.RequestsMock) -> None:
    has_quotas(cloud)
    compute = {each.name: each for each in client.get_compute_quotas()}
    limits = SAMPLES["limits"]["limits"]["absolute"]
    assert (compute["instances"].limit, compute["instances"].used) == (
        limits["maxTotalInstances"],
        limits["totalInstancesUsed"],
    )
    assert compute["ram"].unit == "MiB"
    storage = {each.name: each for each in client.get_storage_quotas()}
    volumes = SAMPLES["quota_set"]["quota_set"]["volumes"]
    assert (storage["volumes"].limit, storage["volumes"].used) == (
        volumes["limit"],
        volumes["in_use"] + volumes["reserved"],
    )
    assert storage["gigabytes"].unit == "GiB"
    assert query_of(cloud, f"{CINDER}/os-quota-sets/project") == {"usage": "true"}
    network = {each.name: each for each in client.get_network_quotas()}
    ports = SAMPLES["quota_details"]["quota"]["port"]
    assert network["port"].used == ports["used"] + ports["reserved"]


def test_no_limit_is_none(client: InfomaniakMeteringClient, cloud: responses.RequestsMock) -> None:
    quota = {
        "network": {"limit": -1, "used": 1, "reserved": 2},
        "novelty": {"limit": 5, "used": 0},
        "id": "p",
    }
    cloud.get(f"{NEUTRON}/quotas/project/details.json", json={"quota": quota})
    found = [(each.name, each.limit, each.used) for each in client.get_network_quotas()]
    assert found == [("network", None, 3), ("novelty", 5, 0)]


# -- Gnocchi -------------------------------------------------------------------------------------------------
def test_measures_of_a_period(client: InfomaniakMeteringClient, cloud: responses.RequestsMock) -> None:
    url = f"{GNOCCHI}/v1/metric/m%2F1/measures"
    rows = [["2026-11-01T00:00:00+00:00", 300.0, 1.5], ["2026-11-01T01:05:00+01:00", 300.0, 2]]
    cloud.get(url, json=rows)
    start = datetime(2026, 11, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    found = client.get_measures(
        "m/1", start, END, aggregation="rate:mean", granularity_seconds=300, refresh=True
    )
    assert query_of(cloud, url) == {
        "start": "2026-11-01T00:00:00+00:00",
        "stop": "2026-11-02T00:00:00+00:00",
        "aggregation": "rate:mean",
        "granularity": "300",
        "refresh": "true",
    }
    assert [(each.at, each.value) for each in found] == [(START, 1.5), (START + timedelta(minutes=5), 2.0)]


def test_no_measures_and_no_answer(client: InfomaniakMeteringClient, cloud: responses.RequestsMock) -> None:
    with pytest.raises(InvalidRequestError, match="above 0"):
        client.get_measures("m", START, END, granularity_seconds=0)
    assert sent(cloud) == []
    url = f"{GNOCCHI}/v1/metric/m/measures"
    cloud.get(url, json=[])
    cloud.get(url, status=404, json={"description": {"cause": "Metric does not exist", "detail": "m"}})
    cloud.get(url, json={"not": "a list"})
    assert client.get_measures("m", START, END) == []
    with pytest.raises(NotFoundError, match="does not exist"):
        client.get_measures("m", START, END)
    with pytest.raises(ServiceUnavailableError):
        client.get_measures("m", START, END)


def metered(name: str, **further: object) -> dict[str, Any]:
    return {
        "id": name,
        "type": "generic",
        "project_id": "project",
        "metrics": {"cpu": f"metric-of-{name}"},
        "started_at": "2026-11-28T16:45:36.436656+00:00",
        "ended_at": None,
        "revision_start": "2026-11-28T16:45:36.436668+00:00",
        **further,
    }


def test_every_page_of_what_is_measured(
    client: InfomaniakMeteringClient, cloud: responses.RequestsMock
) -> None:
    url = f"{GNOCCHI}/v1/resource/generic"
    link = {"Link": f'<{url}?limit=500&marker=b%40x>; rel="next"'}
    match = [query_param_matcher({"limit": "500"})]
    cloud.get(url, json=[metered("a", novelty=1), metered("b")], headers=link, match=match)
    cloud.get(url, json=[metered("c")], match=[query_param_matcher({"limit": "500", "marker": "b@x"})])
    found = client.iter_metered_resources().to_list()
    assert [each.id for each in found] == ["a", "b", "c"]
    assert (found[0].attributes, found[1].attributes) == ({"novelty": 1}, {})
    assert found[0].metrics == {"cpu": "metric-of-a"}
    assert [each.id for each in client.list_resources(ResourceType.METERING)] == ["a", "b", "c"]
    assert client.list_resources(ResourceType.ORCHESTRATION) == []


def test_a_link_to_another_host_takes_no_token_there(
    client: InfomaniakMeteringClient, cloud: responses.RequestsMock
) -> None:
    url = f"{GNOCCHI}/v1/metric"
    evil = {"Link": '<http://evil.test/v1/metric?marker=m>; rel="next"'}
    cloud.get(url, json=[{"id": "m"}], headers=evil, match=[query_param_matcher({"limit": "500"})])
    cloud.get(url, json=[], match=[query_param_matcher({"limit": "500", "marker": "m"})])
    assert [each.id for each in client.iter_metrics()] == ["m"]
    assert not [each for each in sent(cloud) if "evil.test" in each]


def test_a_listing_that_fails_can_be_resumed(
    client: InfomaniakMeteringClient, cloud: responses.RequestsMock
) -> None:
    url = f"{GNOCCHI}/v1/metric"
    link = {"Link": f'<{url}?limit=500&marker=m>; rel="next"'}
    cloud.get(url, json=[{"id": "m"}], headers=link, match=[query_param_matcher({"limit": "500"})])
    cloud.get(url, status=403, match=[query_param_matcher({"limit": "500", "marker": "m"})])
    with pytest.raises(CloudError) as caught:
        client.iter_metrics().to_list()
    assert caught.value.resume_token == "m"


def test_a_metric(client: InfomaniakMeteringClient, cloud: responses.RequestsMock) -> None:
    definition = [
        {"granularity": "0:05:00", "points": 8640, "timespan": "30 days, 0:00:00"},
        {"granularity": "1 day, 0:00:01", "points": 1, "timespan": "1 day, 0:00:00"},
    ]
    policy = {"name": "low", "definition": definition, "aggregation_methods": ["mean", "rate:mean"]}
    cloud.get(
        f"{GNOCCHI}/v1/metric/m",
        json={"id": "m", "name": "cpu", "unit": "ns", "resource": {"id": "r"}, "archive_policy": policy},
    )
    found = client.get_metric("m")
    assert (found.name, found.unit, found.resource_id, found.archive_policy) == ("cpu", "ns", "r", "low")
    assert found.granularities_seconds == (300.0, 86_401.0)
    assert found.aggregations == ("mean", "rate:mean")


def test_metering_makes_and_deletes_nothing(
    client: InfomaniakMeteringClient, cloud: responses.RequestsMock
) -> None:
    with pytest.raises(UnsupportedOperationError):
        client.create_resource("n", ResourceType.METERING, {})
    with pytest.raises(UnsupportedOperationError):
        client.delete_resource("n")
    assert sent(cloud) == []
    cloud.get(f"{GNOCCHI}/v1/resource/generic/none", status=404, json={"description": "no such"})
    assert client.get_resource("none") is None
