"""``cloud usage`` over HTTP: the periods that are asked for, the tables, and prices that are not made up."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from unit.cli.logins import logged_in
from unit.infomaniak.clouds import CINDER, NEUTRON, NOVA, SAMPLES, sent
from unit.infomaniak.test_metering import RATING, SWIFT, USAGE, frame_v2, has_quotas, has_version, instance

if TYPE_CHECKING:
    from collections.abc import Iterator

    import responses

    from unit.cli.conftest import Run

DAY = ("--start", "2026-11-01", "--end", "2026-11-02")
UNTIL = "from 2026-11-01T00:00:00Z until 2026-11-02T00:00:00Z\n"
PRICES = {
    "instance": "50",
    "volume.size": "25",
    "ip.floating": "20",
    "radosgw.size": "10",
    "new.thing": "6.254",
}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[responses.RequestsMock]:
    with logged_in(monkeypatch, rating=RATING, **{"object-store": SWIFT}) as mock:
        yield mock


@pytest.fixture
def rated(cloud: responses.RequestsMock) -> responses.RequestsMock:
    """A cloud that charges for one thing of each kind."""
    has_version(cloud, 1)
    has_quotas(cloud)
    rows = [{"res_type": name, "rate": price, "tenant_id": "project"} for name, price in PRICES.items()]
    cloud.get(f"{RATING}/v1/report/summary", json={"summary": rows})
    cloud.get(USAGE, json={"tenant_usage": {"server_usages": [instance("vm-1", 2.5), instance("vm-2", 3)]}})
    return cloud


def asked(cloud: responses.RequestsMock) -> dict[str, Any]:
    """Return the query of the last request for a summary."""
    calls = [call.request for call in cloud.calls if "/v1/report/summary" in str(call.request.url)]
    params: dict[str, Any] = calls[-1].params  # type: ignore[attr-defined]  # responses adds it
    return params


def test_a_bill_has_every_row_and_the_totals(run: Run, rated: responses.RequestsMock) -> None:
    ran = run("usage", *DAY, "--rates", "50:55.5")
    assert ran.code == 0
    assert ran.lines == [
        "compute\tinstance\t-\t-\t50.00\t1.00\t0.90",
        "compute\ttotal\t-\t-\t50.00\t1.00\t0.90",
        "storage\tvolume.size\t-\t-\t25.00\t0.50\t0.45",
        "storage\ttotal\t-\t-\t25.00\t0.50\t0.45",
        "network\tip.floating\t-\t-\t20.00\t0.40\t0.36",
        "network\ttotal\t-\t-\t20.00\t0.40\t0.36",
        "object_storage\tradosgw.size\t-\t-\t10.00\t0.20\t0.18",
        "object_storage\ttotal\t-\t-\t10.00\t0.20\t0.18",
        "other\tnew.thing\t-\t-\t6.25\t0.13\t0.11",
        "other\ttotal\t-\t-\t6.25\t0.13\t0.11",
        "all\ttotal\t-\t-\t111.25\t2.23\t2.00",
    ]
    assert ran.err == UNTIL


def test_json_rounds_nothing(run: Run, rated: responses.RequestsMock) -> None:
    report = run("usage", "bill", *DAY, "--rates", "published", "--json").json
    assert (report["icu"], report["chf"]) == ("111.254", "2.22508")
    assert report["other"]["rows"][0]["icu"] == "6.254"
    assert run("usage", "storage", *DAY, "--json").json["icu"] == "25"
    assert run("usage", "compute", *DAY, "--json").json["instances"][0]["name"] == "vm-1"


def test_without_rates_there_are_no_francs(run: Run, rated: responses.RequestsMock) -> None:
    assert run("usage", *DAY).lines[-1] == "all\ttotal\t-\t-\t111.25"
    assert run("usage", *DAY, "--json").json["chf"] is None


def test_a_cloud_without_prices_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with logged_in(monkeypatch, **{"object-store": SWIFT}) as cloud:
        has_quotas(cloud)
        cloud.get(USAGE, json={"tenant_usage": {}})
        ran = run("usage", *DAY)
        assert (ran.code, ran.lines[-1]) == (0, "all\ttotal\t-\t-\t0.00")
        assert "there are no prices here" in ran.err
        assert run("usage", "resources", *DAY).code == 2


def test_compute(run: Run, rated: responses.RequestsMock) -> None:
    ran = run("usage", "compute", *DAY)
    assert ran.lines == [
        "vm-1\ta1-ram2-disk20-perf1\t2.5\t2\t2048\t20\tactive",
        "vm-2\ta1-ram2-disk20-perf1\t3\t2\t2048\t20\tactive",
    ]
    assert ran.err == f"{UNTIL}2 instances: 5.5 hours, 11 vCPU hours, 50.00 ICU\n"


def test_services_with_what_is_there_now(run: Run, rated: responses.RequestsMock) -> None:
    assert run("usage", "objects", *DAY).lines == [
        "period\tradosgw.size\t-\t-\t10.00",
        "period\ttotal\t-\t-\t10.00",
        "now\tcontainers\t2\tcount\t-",
        "now\tobjects\t3\tcount\t-",
        "now\tbytes\t4096\tbytes\t-",
    ]
    assert run("usage", "network", *DAY).lines[1] == "period\ttotal\t-\t-\t20.00"
    assert (
        run("usage", "storage", *DAY, "--rates", "50:50").lines[1] == "period\ttotal\t-\t-\t25.00\t0.50\t0.50"
    )


def test_resources_are_the_dearest_first(run: Run, cloud: responses.RequestsMock) -> None:
    has_version(cloud, 2)
    frames = [frame_v2(("cheap", 10, 0.1), ("dear", 20, 5)), frame_v2(("dear", 30, 5), hour=1)]
    cloud.get(f"{RATING}/v2/dataframes", json={"dataframes": frames, "total": 3})
    ran = run("usage", "resources", *DAY)
    assert ran.lines == ["volume.size\tdear\t25\tGiB\t10.00", "volume.size\tcheap\t10\tGiB\t0.10"]
    assert [row["icu"] for row in run("usage", "resources", *DAY, "--json").records] == ["10", "0.1"]


def test_quotas(run: Run, cloud: responses.RequestsMock) -> None:
    cloud.get(f"{NOVA}/limits", json=SAMPLES["limits"])
    cloud.get(f"{CINDER}/os-quota-sets/project", json=SAMPLES["quota_set"])
    cloud.get(f"{NEUTRON}/quotas/project/details.json", json=SAMPLES["quota_details"])
    services = {line.partition("\t")[0] for line in run("usage", "quotas").lines}
    assert services == {"compute", "storage", "network"}
    assert {"service", "name", "used", "limit"} <= run("usage", "quotas", "--json").records[0].keys()
    for period in (("--month", "2026-10"), ("--start", "7d"), ("--rates", "published")):
        assert run("usage", "quotas", *period).code == 2


# -- periods ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("options", "begin", "end"),
    [
        (("--month", "2025-12"), "2025-12-01T00:00:00", "2026-01-01T00:00:00"),
        (
            ("--month", "2025-10", "--time-zone", "Europe/Zurich"),  # it ends in winter time
            "2025-09-30T22:00:00",
            "2025-10-31T23:00:00",
        ),
        (
            ("--start", "2026-11-01", "--end", "2026-11-02T12:00", "--time-zone", "Europe/Zurich"),
            "2026-10-31T23:00:00",
            "2026-11-02T11:00:00",
        ),
        (
            ("--start", "2026-11-01T00:00Z", "--end", "2026-11-02T00:00+01:00", "--time-zone", "Asia/Tokyo"),
            "2026-11-01T00:00:00",
            "2026-11-01T23:00:00",
        ),
        (  # midnight UTC is the second already in Tokyo
            ("--end", "2026-11-15", "--time-zone", "Asia/Tokyo"),
            "2026-10-31T15:00:00",
            "2026-11-14T15:00:00",
        ),
    ],
)
def test_a_period_is_that_of_the_zone(
    run: Run, rated: responses.RequestsMock, options: tuple[str, ...], begin: str, end: str
) -> None:
    ran = run("usage", *options)
    assert ran.code == 0
    assert (asked(rated)["begin"], asked(rated)["end"]) == (begin, end)
    assert ran.err == f"from {begin}Z until {end}Z\n"


def test_without_a_period_it_is_this_month_until_now(run: Run, rated: responses.RequestsMock) -> None:
    before = datetime.now(timezone.utc).replace(microsecond=0, tzinfo=None)
    assert run("usage").code == 0
    begin, end = (datetime.fromisoformat(asked(rated)[name]) for name in ("begin", "end"))
    assert begin in {
        before.replace(day=1, hour=0, minute=0, second=0),
        end.replace(day=1, hour=0, minute=0, second=0),
    }
    assert before <= end


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--time-zone", "Nowhere/Land"), "no time zone"),
        (("--time-zone", "../passwd"), "no time zone"),
        (("--start", "yesterday"), "no time"),
        (("--month", "2026-13"), "no month"),
        (("--month", "2026-01", "--start", "7d"), "goes with neither"),
        (("--month", "9998-01"), "has not begun"),
        (("--start", "2026-11-02", "--end", "2026-11-01"), "before it begins"),
        (("--rates", "0:1"), "no rates"),
        (("--rates", "chf"), "no rates"),
        (("bills",), "invalid choice"),
    ],
)
def test_what_makes_no_sense_is_refused_before_any_request(
    run: Run, cloud: responses.RequestsMock, options: tuple[str, ...], word: str
) -> None:
    ran = run("usage", *options)
    assert ran.code == 2
    assert word in ran.err
    assert sent(cloud) == []
