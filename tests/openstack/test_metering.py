"""Usage on a real Nova, Gnocchi and CloudKitty."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import requests

from cloud.common import InvalidRequestError, NotFoundError, ResourceType, UnsupportedOperationError
from cloud.infomaniak import (
    INFOMANIAK_RATES,
    InfomaniakMeteringClient,
)
from cloud.infomaniak.metering import _rating
from servers.openstack_cloud import ADMIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servers.openstack_cloud import OpenStackCloud

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)

# What version 2 is told was rated: hours after V2_BEGIN, metric, id, quantity, unit and price. In March Zurich, whose
# times that service answers, is not in UTC.
V2_BEGIN = datetime(2025, 3, 29, 23, tzinfo=timezone.utc)
V2_ROWS = [
    (0, "instance", "vm", "1", "instance", "5"),
    (0, "volume.size", "vol-é", "10", "GiB", "0.25"),
    (1, "instance", "vm", "1", "instance", "5"),
    (1, "volume.size", "vol-é", "20", "GiB", "0.5"),
    (3, "volume.size", "vol-é", "20", "GiB", "0.5"),
    (3, "volume.size", "vol-2", "0.5", "GiB", "0.1"),
    (24, "instance", "vm", "1", "instance", "6.5"),
]


@pytest.fixture
def client(login: str) -> Iterator[InfomaniakMeteringClient]:
    with InfomaniakMeteringClient.from_cloud(login) as client:
        yield client


@contextmanager
def rated(cloud: OpenStackCloud, unique: str, rows: list[tuple[str, str, float, str, str]]) -> Iterator[None]:
    """Put rows of what was rated where CloudKitty keeps them: nothing here is rated by itself."""
    values = ", ".join(
        f"('{begin}', '{begin}' + INTERVAL 1 HOUR, 'GiB', {quantity}, '{kind}', {rate},"
        f" '{{\"id\": \"{unique}-{name}\"}}', '{cloud.project_id}')"
        for begin, kind, quantity, rate, name in rows
    )
    columns = "begin, end, unit, qty, res_type, rate, `desc`, tenant_id"
    sql = f"INSERT INTO rated_data_frames ({columns}) VALUES {values}"  # noqa: S608  # our own rows
    mariadb(cloud, sql)
    try:
        yield
    finally:
        mariadb(cloud, f"DELETE FROM rated_data_frames WHERE `desc` LIKE '%{unique}%'")  # noqa: S608  # likewise


def mariadb(cloud: OpenStackCloud, sql: str) -> None:
    socket = cloud.clouds_yaml.parent / "data" / "mysql.sock"
    subprocess.run(
        ["/usr/bin/mariadb", "--no-defaults", "-u", "root", "-S", socket, "cloudkitty", "-e", sql],
        check=True,
        capture_output=True,
        timeout=60,
    )


def test_what_instances_ran_is_counted_in_its_period(client: InfomaniakMeteringClient) -> None:
    now = datetime.now(timezone.utc)
    usage = client.get_compute_usage(now - _DAY, now)
    assert usage.instance_hours == pytest.approx(sum(each.hours for each in usage.instances))
    assert usage.vcpu_hours == pytest.approx(sum(each.hours * each.vcpus for each in usage.instances))
    assert {each.instance_id for each in usage.instances} == {
        each.instance_id for each in client.iter_instance_usage(now - _DAY, now)
    }
    # Before the cloud was made nothing ran in it: the period is honoured.
    before = client.get_compute_usage(now - 4000 * _DAY, now - 3999 * _DAY)
    assert (before.instances, before.instance_hours) == ((), 0)


def test_prices_of_a_period_by_metric_and_resource(
    client: InfomaniakMeteringClient, openstack_cloud: OpenStackCloud, unique: str
) -> None:
    rows = [
        ("2026-03-01 00:00:00", "instance", 1, 5, "i"),
        ("2026-03-01 01:00:00", "instance", 1, 5, "i"),
        ("2026-03-01 00:00:00", "volume.size", 10, "2.5", "v"),
        ("2026-03-01 00:00:00", "network.floating", 1, 1, "f"),
        ("2026-03-31 23:00:00", "volume.size", 10, 30, "late"),
    ]
    begin = datetime(2026, 3, 1, tzinfo=timezone.utc)
    with rated(openstack_cloud, unique, rows):
        assert client.rating_version() == 1
        found = client.list_dataframes(begin, begin + _DAY)
        assert len(found) == 4
        assert {row.start for row in found if row.metric == "instance"} == {
            begin, begin + timedelta(hours=1),
        }  # fmt: skip  # two hours
        assert [
            row.quantity for row in client.list_dataframes(begin, begin + _DAY, metric="volume.size")
        ] == [Decimal(10)]
        summary = {row.metric: row for row in client.get_summary(begin, begin + _DAY, rates=INFOMANIAK_RATES)}
        assert {name: row.icu for name, row in summary.items()} == {
            "instance": Decimal(10), "volume.size": Decimal("2.5"), "network.floating": Decimal(1),
        }  # fmt: skip  # a table
        assert summary["instance"].chf == Decimal("0.2")
        (whole,) = client.get_summary(begin, begin + _DAY, group_by=())
        assert whole.icu == Decimal("13.5")
        dearest = client.list_resources_with_usage(begin, begin + _DAY)[0]
        assert (dearest.group["id"], dearest.icu, dearest.quantity) == (
            f"{unique}-i",
            Decimal(10),
            Decimal(1),
        )

        report = client.get_all_usage(begin, begin + _DAY, rates=INFOMANIAK_RATES)
        assert (report.icu, report.compute.icu, report.storage.icu, report.network.icu) == (
            Decimal("13.5"), Decimal(10), Decimal("2.5"), Decimal(1),
        )  # fmt: skip  # a row
        assert report.chf == Decimal("0.27")
        assert client.get_storage_usage(begin, begin + 31 * _DAY).icu == Decimal("32.5")
        assert client.get_network_usage(begin, begin + _DAY).icu == Decimal(1)
        assert client.get_object_storage_usage(begin, begin + _DAY).rows == ()
        with pytest.raises(UnsupportedOperationError):
            client.get_summary(begin, begin + _DAY, group_by=("id",))
    assert client.list_dataframes(begin, begin + _DAY) == []
    assert client.get_summary(begin, begin + _DAY) == []


@pytest.fixture(scope="module")
def rated_v2(openstack_cloud: OpenStackCloud) -> Iterator[str]:
    """Yield the URL of the CloudKitty of version 2, which knows V2_ROWS of the project, and one of another's."""
    rows = [(row, openstack_cloud.project_id) for row in V2_ROWS]
    rows.append(((0, "instance", "not-ours", "1", "instance", "1000"), "of-others"))
    frames = [
        {
            "period": {
                "begin": (V2_BEGIN + hour * _HOUR).isoformat(),
                "end": (V2_BEGIN + (hour + 1) * _HOUR).isoformat(),
            },
            "usage": {
                metric: [
                    {
                        "vol": {"unit": unit, "qty": quantity},
                        "rating": {"price": price},
                        "groupby": {"id": name, "project_id": project},
                        "metadata": {"described": "größer"},
                    }
                ]
            },
        }
        for (hour, metric, name, quantity, unit, price), project in rows
    ]
    url = openstack_cloud.rating_v2_url
    with InfomaniakMeteringClient(profile=ADMIN, endpoint_url=url) as admin:
        admin._rest("x", "", "POST", "/v2/dataframes", json={"dataframes": frames})
    yield url
    span = f"time >= '{V2_BEGIN:%Y-%m-%dT%XZ}' AND time < '{V2_BEGIN + 2 * _DAY:%Y-%m-%dT%XZ}'"
    query = {"db": "cloudkitty", "q": f"DELETE FROM dataframes WHERE {span}"}  # noqa: S608  # our own rows
    done = requests.post(f"{openstack_cloud.influxdb_url}/query", params=query, timeout=60)
    assert done.json() == {"results": [{"statement_id": 0}]}


@pytest.fixture
def client_v2(login: str, rated_v2: str) -> Iterator[InfomaniakMeteringClient]:
    with InfomaniakMeteringClient(profile=login, endpoint_url=rated_v2) as client:
        yield client


def test_dataframes_of_version_2_come_in_pages(
    client_v2: InfomaniakMeteringClient, openstack_cloud: OpenStackCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client_v2.rating_version() == 2
    before = client_v2.metrics.snapshot().requests
    monkeypatch.setattr(_rating, "_PAGE", 3)
    found = client_v2.list_dataframes(V2_BEGIN, V2_BEGIN + 2 * _DAY, rates=INFOMANIAK_RATES)
    assert client_v2.metrics.snapshot().requests - before == 3
    assert sorted(
        ((row.start - V2_BEGIN) // _HOUR, row.metric, row.group["id"], row.quantity, row.unit, row.icu)
        for row in found
    ) == sorted((*row[:3], Decimal(row[3]), row[4], Decimal(row[5])) for row in V2_ROWS)
    assert [row.start for row in found] == sorted(row.start for row in found)
    assert {row.end - row.start for row in found} == {_HOUR}
    assert {(row.group["project_id"], row.group["described"]) for row in found} == {
        (openstack_cloud.project_id, "größer")
    }
    assert {row.group["id"]: (row.chf, row.eur) for row in found if row.metric == "instance"} == {
        "vm": (Decimal("0.13"), Decimal("6.5") / Decimal("55.5"))
    }
    volumes = client_v2.list_dataframes(V2_BEGIN, V2_BEGIN + 2 * _DAY, metric="volume.size")
    assert [row.icu for row in volumes if row.group["id"] == "vol-2"] == [Decimal("0.1")]
    assert {row.metric for row in volumes} == {"volume.size"}
    assert len(volumes) == 4


def test_a_period_of_version_2_has_its_start_and_not_its_end(client_v2: InfomaniakMeteringClient) -> None:
    def prices(start: datetime, end: datetime) -> list[Decimal]:
        rows = client_v2.list_dataframes(start, end)
        summary = client_v2.get_summary(start, end, group_by=())
        assert sum(row.icu for row in summary) == sum(row.icu for row in rows)
        return sorted(row.icu for row in rows)

    first, second = [Decimal("0.25"), Decimal(5)], [Decimal("0.5"), Decimal(5)]
    moment = timedelta(microseconds=1)
    assert prices(V2_BEGIN, V2_BEGIN + _HOUR) == first
    assert prices(V2_BEGIN, V2_BEGIN + _HOUR + moment) == sorted(first + second)
    assert prices(V2_BEGIN + moment, V2_BEGIN + 2 * _HOUR) == second
    zurich = timezone(timedelta(hours=1))
    assert prices(V2_BEGIN.astimezone(zurich), (V2_BEGIN + _HOUR).astimezone(zurich)) == first
    for start, end in (
        (V2_BEGIN - 2 * _DAY, V2_BEGIN),
        (V2_BEGIN + 2 * _HOUR, V2_BEGIN + 3 * _HOUR),
        (V2_BEGIN + moment, V2_BEGIN + 2 * moment),
    ):
        assert prices(start, end) == []
    assert client_v2.list_dataframes(V2_BEGIN, V2_BEGIN + _DAY, metric="nothing") == []


def test_summary_of_version_2_by_metric_resource_and_hour(
    client_v2: InfomaniakMeteringClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = V2_BEGIN + 2 * _DAY
    by_metric = client_v2.get_summary(V2_BEGIN, end, rates=INFOMANIAK_RATES)
    assert [(row.metric, row.kind, row.quantity, row.start, row.end) for row in by_metric] == [
        ("instance", "compute", Decimal(3), V2_BEGIN, end),
        ("volume.size", "storage", Decimal("50.5"), V2_BEGIN, end),
    ]
    assert (by_metric[0].icu, by_metric[0].chf, by_metric[0].eur) == (
        Decimal("16.5"), Decimal("0.33"), Decimal("16.5") / Decimal("55.5"),
    )  # fmt: skip  # a row
    (whole,) = client_v2.get_summary(V2_BEGIN, end, group_by=())
    assert (whole.metric, whole.icu, whole.group) == ("ALL", Decimal("17.85"), {})

    monkeypatch.setattr(_rating, "_PAGE", 2)
    by_resource = client_v2.get_summary(V2_BEGIN, end, group_by=("type", "id"))
    assert {(row.metric, row.group["id"]): row.icu for row in by_resource} == {
        ("instance", "vm"): Decimal("16.5"),
        ("volume.size", "vol-é"): Decimal("1.25"),
        ("volume.size", "vol-2"): Decimal("0.1"),
    }
    # Most hours have nothing: their rows without amounts fill pages, and are none.
    by_hour = client_v2.get_summary(V2_BEGIN, V2_BEGIN + 25 * _HOUR, group_by=("time",))
    assert [((row.start - V2_BEGIN) // _HOUR, row.end - row.start, row.icu) for row in by_hour] == [
        (0, _HOUR, Decimal("5.25")),
        (1, _HOUR, Decimal("5.5")),
        (3, _HOUR, Decimal("0.6")),
        (24, _HOUR, Decimal("6.5")),
    ]
    by_both = client_v2.get_summary(V2_BEGIN, V2_BEGIN + 4 * _HOUR, group_by=("type", "time"))
    assert [(row.metric, (row.start - V2_BEGIN) // _HOUR) for row in by_both] == [
        ("instance", 0), ("instance", 1), ("volume.size", 0), ("volume.size", 1), ("volume.size", 3),
    ]  # fmt: skip  # a table


def test_a_report_of_version_2(client_v2: InfomaniakMeteringClient) -> None:
    report = client_v2.get_all_usage(V2_BEGIN, V2_BEGIN + _DAY, rates=INFOMANIAK_RATES)
    assert (report.compute.icu, report.storage.icu, report.network.icu) == (
        Decimal(10), Decimal("1.35"), Decimal(0),
    )  # fmt: skip  # a row
    assert (report.icu, report.chf) == (Decimal("11.35"), Decimal("0.227"))
    dearest = client_v2.list_resources_with_usage(V2_BEGIN, V2_BEGIN + 2 * _DAY, rates=INFOMANIAK_RATES)
    assert [(row.group["id"], row.icu, row.quantity, row.chf) for row in dearest] == [
        ("vm", Decimal("16.5"), Decimal(1), Decimal("0.33")),
        ("vol-é", Decimal("1.25"), Decimal(50) / 3, Decimal("0.025")),
        ("vol-2", Decimal("0.1"), Decimal("0.5"), Decimal("0.002")),
    ]


def test_an_administrator_is_answered_with_the_own_project_only(
    rated_v2: str, client_v2: InfomaniakMeteringClient
) -> None:
    client_v2.get_summary(V2_BEGIN, V2_BEGIN + _DAY)
    with InfomaniakMeteringClient(profile=ADMIN, endpoint_url=rated_v2) as admin:
        period = {"begin": V2_BEGIN.isoformat(), "end": (V2_BEGIN + _DAY).isoformat()}
        everyone = admin._rest("x", "", "GET", "/v2/dataframes", params=period)
        assert everyone["total"] == 7  # six of ours on that day, and the other project's
        assert admin.list_dataframes(V2_BEGIN, V2_BEGIN + _DAY) == []
        assert admin.get_summary(V2_BEGIN, V2_BEGIN + _DAY) == []
        assert admin.get_summary(V2_BEGIN, V2_BEGIN + _DAY, group_by=()) == []


def test_names_that_version_2_would_take_apart_are_refused(client_v2: InfomaniakMeteringClient) -> None:
    asked = client_v2.rating_version(), client_v2.metrics.snapshot().requests
    for name in ("a,b", "a:b", "x' OR 'a'='a", '"', ""):
        with pytest.raises(InvalidRequestError, match="no name"):
            client_v2.list_dataframes(V2_BEGIN, V2_BEGIN + _DAY, metric=name)
        with pytest.raises(InvalidRequestError, match="no name"):
            client_v2.get_summary(V2_BEGIN, V2_BEGIN + _DAY, group_by=("type", name))
    assert client_v2.metrics.snapshot().requests == asked[1]
    (row,) = client_v2.get_summary(V2_BEGIN, V2_BEGIN + _HOUR, group_by=("unheard-of",))
    assert (row.group, row.icu) == ({"unheard-of": ""}, Decimal("5.25"))


def test_measures_are_read_by_period_and_granularity(client: InfomaniakMeteringClient) -> None:
    resource, now = str(uuid4()), datetime.now(timezone.utc)
    project = client._project_id("x")
    made = client._rest(
        "x",
        "",
        "POST",
        "/resource/generic",
        json={"id": resource, "project_id": project, "metrics": {"size": {"archive_policy_name": "low"}}},
        service="metric",
    )
    metric = made["metrics"]["size"]
    first = (now - timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    measures = [
        {"timestamp": (first + timedelta(minutes=minute)).isoformat(), "value": value}
        for minute, value in ((0, 3), (1, 5), (6, 9))
    ]
    client._rest("x", "", "POST", f"/metric/{metric}/measures", json=measures, service="metric")
    found = client.get_measures(metric, first, now, refresh=True)
    assert [(each.at, each.granularity_seconds, each.value) for each in found] == [
        (first, 300.0, 4.0),
        (first + timedelta(minutes=5), 300.0, 9.0),
    ]
    assert client.get_measures(metric, first, first + timedelta(minutes=5), aggregation="max")[0].value == 5.0
    assert client.get_measures(metric, first - _DAY, first - _DAY / 2) == []
    with pytest.raises(NotFoundError):
        client.get_measures(metric, first, now, granularity_seconds=77)
    known = client.get_metric(metric)
    assert (known.name, known.resource_id, known.granularities_seconds) == ("size", resource, (300.0,))
    assert [each.name for each in client.iter_metrics(resource)] == ["size"]
    assert dict(client.get_metered_resource(resource).metrics) == {"size": metric}
    assert resource in {each.id for each in client.iter_metered_resources()}
    assert resource in {each.id for each in client.list_resources(ResourceType.METERING)}
    assert client.get_resource(str(uuid4())) is None


def test_quotas_and_what_is_charged(client: InfomaniakMeteringClient) -> None:
    assert {quota.name: quota.limit for quota in client.get_compute_quotas()}["cores"] == 20
    assert {quota.name: quota.limit for quota in client.get_storage_quotas()}["volumes"] == 10
    assert {quota.name: quota.limit for quota in client.get_network_quotas()}["network"] == 100
    assert "instance" in {metric.name for metric in client.list_charged_metrics()}
    present = {quota.name: quota for quota in client.get_object_storage_usage().present}
    assert present["bytes"].unit == "bytes"


def test_times_without_a_zone_are_refused_before_any_request(client: InfomaniakMeteringClient) -> None:
    with pytest.raises(InvalidRequestError, match="time zone"):
        client.get_compute_usage(datetime(2026, 1, 1))  # noqa: DTZ001  # what is refused
    assert client.metrics.snapshot().requests == 0
