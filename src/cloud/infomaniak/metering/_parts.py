"""Rows of CloudKitty, Nova and Gnocchi read into records."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from cloud.common._records import Quota
from cloud.common._times import read_utc
from cloud.common.errors import ServiceUnavailableError
from cloud.common.models import FrozenMap
from cloud.infomaniak._planning import moment
from cloud.infomaniak.metering import _records as r

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

_KNOWN = frozenset({"begin", "end", "qty", "rate", "type", "res_type", "tenant_id", "period", "unit"})
_GNOCCHI = frozenset(
    {"id", "type", "project_id", "metrics", "started_at", "ended_at", "display_name", "name", "user_id", "creator",
     "revision_start", "revision_end", "original_resource_id", "created_by_user_id", "created_by_project_id"}
)  # fmt: skip  # a list of names


def number(value: object) -> Decimal:
    """Return an amount exactly as the service wrote it.

    Raises:
        ServiceUnavailableError: it is no number: never taken for 0.
    """
    try:
        found = Decimal(str(value))
    except InvalidOperation as exc:
        raise ServiceUnavailableError(f"the service's amount {value!r} is no number") from exc
    if not found.is_finite():
        raise ServiceUnavailableError(f"the service's amount {value!r} is no number")
    return found


def priced(row: r.RatedRow, rates: r.IcuRates | None) -> r.RatedRow:
    """Return the row with its price in francs and euros."""
    if rates is None:
        return row
    return replace(row, chf=row.icu / rates.per_chf, eur=row.icu / rates.per_eur)


def _utc(value: object, default: datetime) -> datetime:
    return moment(value if isinstance(value, str) else None) or default


def summary_v1(rows: Iterable[Mapping[str, Any]], period: r.UsagePeriod) -> list[r.RatedRow]:
    """Return the rows of ``/v1/report/summary``, which has prices and no quantities."""
    return [
        r.RatedRow(
            metric=_metric(each.get("res_type"), "ALL"),
            start=_utc(each.get("begin"), period.start),
            end=_utc(each.get("end"), period.end),
            icu=number(each.get("rate") or 0),
            group=FrozenMap({"project_id": str(each["tenant_id"])} if each.get("tenant_id") else {}),
            raw=each,
        )
        for each in rows
    ]


def summary_v2(body: Mapping[str, Any], period: r.UsagePeriod) -> list[r.RatedRow]:
    """Return the rows of ``/v2/summary``, which has its columns apart from its rows.

    Grouped by time it has a row without amounts for every hour in which nothing was rated: those are left out.
    """
    columns: Sequence[str] = body["columns"]
    rows = []
    for values in body["results"]:
        each = dict(zip(columns, values, strict=True))
        if each["rate"] is None and each["qty"] is None:
            continue
        rows.append(
            r.RatedRow(
                metric=_metric(each.get("type"), "ALL"),
                start=_utc(each.get("begin"), period.start),
                end=_utc(each.get("end"), period.end),
                icu=number(each["rate"]),
                quantity=None if each.get("qty") is None else number(each["qty"]),
                unit=each.get("unit"),
                group=FrozenMap(
                    {
                        name: str(value)
                        for name, value in each.items()
                        if name not in _KNOWN and value is not None
                    }
                ),
                raw=each,
            )
        )
    return rows


def frames_v1(frames: Iterable[Mapping[str, Any]]) -> list[r.RatedRow]:
    """Return the rows of ``/v1/storage/dataframes``."""
    return [
        r.RatedRow(
            metric=_metric(each.get("service"), ""),
            start=_needed(frame.get("begin")),
            end=_needed(frame.get("end")),
            icu=number(each.get("rating") or 0),
            quantity=number(each["volume"]) if each.get("volume") is not None else None,
            group=FrozenMap({name: str(value) for name, value in (each.get("desc") or {}).items()}),
            raw=each,
        )
        for frame in frames
        for each in frame.get("resources") or ()
    ]


def frames_v2(frames: Iterable[Mapping[str, Any]]) -> list[r.RatedRow]:
    """Return the rows of ``/v2/dataframes``."""
    rows = []
    for frame in frames:
        start, end = _needed(frame["period"].get("begin")), _needed(frame["period"].get("end"))
        for metric, points in frame["usage"].items():
            for each in points:
                described = {**(each.get("metadata") or {}), **(each.get("groupby") or {})}
                rows.append(
                    r.RatedRow(
                        metric=metric,
                        start=start,
                        end=end,
                        icu=number((each.get("rating") or {}).get("price") or 0),
                        quantity=number(each["vol"]["qty"]),
                        unit=each["vol"].get("unit"),
                        group=FrozenMap({name: str(value) for name, value in described.items()}),
                        raw=each,
                    )
                )
    return rows


def _metric(value: object, default: str) -> str:
    if value is None:
        return default
    if not isinstance(value, str):
        raise ServiceUnavailableError(f"the service's metric {value!r} is no text")
    return value or default


def _needed(value: object) -> datetime:
    found = moment(value if isinstance(value, str) else None)
    if found is None:
        raise ServiceUnavailableError("a row of the service has no time")
    return found


def by_resource(rows: Iterable[r.RatedRow], period: r.UsagePeriod) -> list[r.RatedRow]:
    """Return one row for each resource and metric, of the rows of its hours.

    The quantity is the mean of its hours', which is what a size is; the price is their sum.
    """
    found: dict[tuple[str, str], list[r.RatedRow]] = {}
    for row in rows:
        found.setdefault((row.metric, row.group.get("id") or row.group.get("resource_id") or ""), []).append(
            row
        )
    merged = []
    for each in found.values():
        amounts = [row.quantity for row in each if row.quantity is not None]
        merged.append(
            replace(
                each[-1],
                start=max(period.start, min(row.start for row in each)),
                end=min(period.end, max(row.end for row in each)),
                icu=r.total(each),
                quantity=sum(amounts, Decimal(0)) / len(amounts) if amounts else None,
                chf=None,
                eur=None,
                raw=None,
            )
        )
    return sorted(merged, key=lambda row: (-row.icu, row.metric, str(row.group.get("id"))))


def charged_metric(body: Mapping[str, Any]) -> r.ChargedMetric:
    """Return the record of something that the service charges for."""
    return r.ChargedMetric(name=body["metric_id"], unit=body["unit"], attributes=tuple(body["metadata"]))


def instance_usage(body: Mapping[str, Any]) -> r.InstanceUsage:
    """Return the record of one instance in Nova's usage."""
    return r.InstanceUsage(
        instance_id=body["instance_id"],
        name=body.get("name") or "",
        instance_type=body.get("flavor") or "",
        vcpus=body["vcpus"],
        ram_mib=body["memory_mb"],
        disk_gib=body["local_gb"],
        hours=float(body["hours"]),
        state=body.get("state") or "",
        started_at=moment(body.get("started_at")),
        ended_at=moment(body.get("ended_at")),
        raw=body,
    )


def instance_usages(usage: Mapping[str, Any]) -> list[r.InstanceUsage]:
    """Return the records of all instances in Nova's usage; a project that used nothing has an empty one."""
    return [instance_usage(each) for each in usage.get("server_usages") or ()]


def account_quotas(headers: Mapping[str, str]) -> list[Quota]:
    """Return what an account of the object storage holds, as its headers say."""
    limit = headers.get("X-Account-Meta-Quota-Bytes")
    return [
        Quota(name="containers", limit=None, used=int(headers["X-Account-Container-Count"])),
        Quota(name="objects", limit=None, used=int(headers["X-Account-Object-Count"])),
        Quota(
            name="bytes",
            limit=None if limit is None else int(limit),
            used=int(headers["X-Account-Bytes-Used"]),
            unit="bytes",
        ),
    ]


def compute_usage(
    period: r.UsagePeriod, instances: Sequence[r.InstanceUsage], rows: Sequence[r.RatedRow]
) -> r.ComputeUsage:
    """Return the usage of all instances, added up here: Nova's own totals are those of one page."""
    return r.ComputeUsage(
        start=period.start,
        end=period.end,
        instance_hours=sum(each.hours for each in instances),
        vcpu_hours=sum(each.hours * each.vcpus for each in instances),
        ram_mib_hours=sum(each.hours * each.ram_mib for each in instances),
        disk_gib_hours=sum(each.hours * each.disk_gib for each in instances),
        instances=tuple(instances),
        rows=tuple(rows),
    )


def metered_resource(body: Mapping[str, Any]) -> r.MeteredResource:
    """Return the record of something that Gnocchi measures."""
    return r.MeteredResource(
        id=body["id"],
        type=body.get("type") or "generic",
        name=body.get("display_name") or body.get("name"),
        project_id=body.get("project_id"),
        metrics=FrozenMap(body.get("metrics") or {}),
        started_at=moment(body.get("started_at")),
        ended_at=moment(body.get("ended_at")),
        attributes=FrozenMap({name: value for name, value in body.items() if name not in _GNOCCHI}),
        raw=body,
    )


def metric(body: Mapping[str, Any]) -> r.Metric:
    """Return the record of a metric."""
    policy = body.get("archive_policy") or {}
    resource = body.get("resource")
    return r.Metric(
        id=body["id"],
        name=body.get("name"),
        unit=body.get("unit"),
        resource_id=resource["id"] if isinstance(resource, dict) else body.get("resource_id"),
        archive_policy=policy.get("name") or body.get("archive_policy_name"),
        aggregations=tuple(policy.get("aggregation_methods") or ()),
        granularities_seconds=tuple(_seconds(each["granularity"]) for each in policy.get("definition") or ()),
        raw=body,
    )


def _seconds(text: object) -> float:
    """Return the seconds of Gnocchi's ``0:05:00`` or ``1 day, 0:00:00``."""
    days, _, clock = str(text).rpartition(", ")
    hours, minutes, seconds = clock.split(":")
    whole = int(days.split()[0]) if days else 0
    return whole * 86_400 + int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def measure(row: Sequence[Any]) -> r.Measure:
    """Return the record of a measure: Gnocchi writes time, granularity and value."""
    at, granularity, value = row
    return r.Measure(at=read_utc(str(at)), granularity_seconds=float(granularity), value=float(value))
