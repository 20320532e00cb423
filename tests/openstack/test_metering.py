"""Usage on a real Nova, Gnocchi and CloudKitty."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from cloud.common import InvalidRequestError, NotFoundError, ResourceType, UnsupportedOperationError
from cloud.infomaniak import (
    INFOMANIAK_RATES,
    InfomaniakMeteringClient,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servers.openstack_cloud import OpenStackCloud

_DAY = timedelta(days=1)


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
