"""What the project used and what that costs, typed. Every period names its ends, in UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cloud.common.errors import InvalidRequestError
from cloud.common.models import EMPTY, Record, to_json, utc

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from typing_extensions import Self

    from cloud.common._records import Quota

# The first word of a metric's name decides what it is counted as. https://docs.infomaniak.cloud/documentation/08.billing/
_KINDS: Mapping[str, tuple[str, ...]] = {
    "compute": ("instance", "cpu", "vcpus", "memory", "compute", "server", "flavor"),
    "storage": ("volume", "snapshot", "backup", "image"),
    "network": ("network", "ip", "router", "loadbalancer", "port", "bandwidth", "octavia", "floatingip"),
    "object_storage": ("storage", "radosgw", "swift", "object", "objects", "container"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class IcuRates(Record):
    """What Infomaniak's billing unit (ICU) is worth.

    Attributes:
        per_chf: how many ICU are one Swiss franc.
        per_eur: how many ICU are one euro.
    """

    per_chf: Decimal
    per_eur: Decimal

    def __post_init__(self) -> None:
        """Refuse what cannot be divided by."""
        if self.per_chf <= 0 or self.per_eur <= 0:
            raise InvalidRequestError("a rate is above 0")

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-ready data."""
        return {name: _plain(value) for name, value in Record.to_dict(self).items()}


INFOMANIAK_RATES = IcuRates(per_chf=Decimal(50), per_eur=Decimal("55.5"))
"""As Infomaniak publishes them: 50 ICU are 1 CHF, 55.5 are 1 EUR, both without VAT.

https://docs.infomaniak.cloud/documentation/08.billing/005.billing/ They are a default of nothing: pass them.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class UsagePeriod(Record):
    """A time with two ends: `start` belongs to it, `end` does not.

    Attributes:
        start: its first moment, in UTC.
        end: the first moment after it, in UTC.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        """Refuse times without a zone and periods without a length."""
        for name in ("start", "end"):
            value = getattr(self, name)
            if not isinstance(value, datetime) or value.tzinfo is None:
                raise InvalidRequestError(
                    f"{name} needs a time with a time zone, not {value!r}",
                    hint="datetime(..., tzinfo=timezone.utc), or UsagePeriod.month(year, month, zone)",
                )
            object.__setattr__(self, name, utc(value))
        if self.end <= self.start:
            raise InvalidRequestError(f"the period ends at {self.end} before it begins at {self.start}")

    @classmethod
    def of(cls, start: datetime | None, end: datetime | None) -> Self:
        """Return the period; by default it begins with the month of its end, in UTC, and ends now."""
        now = datetime.now(timezone.utc)
        end = end or now
        if not isinstance(end, datetime) or end.tzinfo is None:
            raise InvalidRequestError(f"end needs a time with a time zone, not {end!r}")
        if start is None:
            start = utc(end).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return cls(start=start, end=end)

    @classmethod
    def month(cls, year: int, month: int, zone: tzinfo = timezone.utc) -> Self:
        """Return a month as the clocks of `zone` count it, such as ``ZoneInfo("Europe/Zurich")``."""
        first = date(year, month, 1)
        after = (first + timedelta(days=31)).replace(day=1)
        midnights = (datetime(day.year, day.month, day.day, tzinfo=zone) for day in (first, after))
        start, end = midnights
        return cls(start=start, end=end)


@dataclass(frozen=True, kw_only=True, slots=True)
class RatedRow(Record):
    """What one metric amounts to in a period, of one resource, one project or all.

    Attributes:
        metric: CloudKitty's name of what is charged, such as ``instance`` or ``volume.size``.
        start: its first moment, in UTC.
        end: the first moment after it, in UTC.
        icu: its price in ICU, as the service says it.
        quantity: how much; None where the service does not say (version 1 of its summary).
        unit: unit of the quantity, such as ``GiB``; None likewise.
        chf: the price in Swiss francs; None without rates.
        eur: the price in euros; None without rates.
        group: what the row is about, such as ``id``, ``project_id``, ``flavor_name``.
        raw: the service's own record.
    """

    metric: str
    start: datetime
    end: datetime
    icu: Decimal
    quantity: Decimal | None = None
    unit: str | None = None
    chf: Decimal | None = None
    eur: Decimal | None = None
    group: Mapping[str, str] = field(default=EMPTY, hash=False)
    raw: Any = field(default=None, repr=False, compare=False)

    @property
    def kind(self) -> str:
        """What it is counted as: ``compute``, ``storage``, ``network``, ``object_storage`` or ``other``."""
        return kind_of(self.metric)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-ready data; amounts are texts, so that none is rounded."""
        return {name: _plain(value) for name, value in Record.to_dict(self).items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class InstanceUsage(Record):
    """What one instance ran in a period.

    Attributes:
        instance_id: Nova's id.
        name: its name.
        instance_type: its flavor.
        vcpus: virtual processors.
        ram_mib: memory in MiB.
        disk_gib: disk in GiB.
        hours: how long it was there within the period.
        state: Nova's word for its state now; ``terminated`` once it is deleted.
        started_at: when it was made.
        ended_at: when it was deleted; None while it is there.
        raw: the service's own record.
    """

    instance_id: str
    name: str
    instance_type: str
    vcpus: int
    ram_mib: int
    disk_gib: int
    hours: float
    state: str
    started_at: datetime | None = None
    ended_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class ComputeUsage(Record):
    """What the project's instances ran in a period, as Nova counts it.

    Attributes:
        start: its first moment, in UTC.
        end: the first moment after it, in UTC.
        instance_hours: hours of all instances together.
        vcpu_hours: those of their processors.
        ram_mib_hours: MiB times hours.
        disk_gib_hours: GiB times hours.
        instances: each instance, deleted ones too.
        rows: what CloudKitty charges for it; empty without rating.
    """

    start: datetime
    end: datetime
    instance_hours: float
    vcpu_hours: float
    ram_mib_hours: float
    disk_gib_hours: float
    instances: tuple[InstanceUsage, ...] = ()
    rows: tuple[RatedRow, ...] = ()

    @property
    def icu(self) -> Decimal:
        """The price in ICU."""
        return total(self.rows)


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceUsage(Record):
    """What the project used of one kind of thing in a period, and has of it now.

    Attributes:
        kind: ``storage``, ``network``, ``object_storage`` or ``other``.
        start: its first moment, in UTC.
        end: the first moment after it, in UTC.
        rows: what CloudKitty charges for, by metric; empty without rating.
        present: what is there now, not in the period.
    """

    kind: str
    start: datetime
    end: datetime
    rows: tuple[RatedRow, ...] = ()
    present: tuple[Quota, ...] = ()

    @property
    def icu(self) -> Decimal:
        """The price in ICU."""
        return total(self.rows)


@dataclass(frozen=True, kw_only=True, slots=True)
class UsageReport(Record):
    """Everything that the project used in a period.

    Attributes:
        start: its first moment, in UTC.
        end: the first moment after it, in UTC.
        compute: instances.
        storage: volumes, snapshots, backups, images.
        network: addresses, routers, load balancers, traffic.
        object_storage: objects.
        other: what CloudKitty charges for and no kind here knows.
        icu: the price of all in ICU.
        chf: in Swiss francs; None without rates.
        eur: in euros; None without rates.
    """

    start: datetime
    end: datetime
    compute: ComputeUsage
    storage: ServiceUsage
    network: ServiceUsage
    object_storage: ServiceUsage
    other: ServiceUsage
    icu: Decimal
    chf: Decimal | None = None
    eur: Decimal | None = None

    @property
    def rows(self) -> tuple[RatedRow, ...]:
        """All rows of all kinds."""
        parts = (self.compute, self.storage, self.network, self.object_storage, self.other)
        return tuple(row for part in parts for row in part.rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-ready data; amounts are texts, so that none is rounded."""
        return {name: _plain(value) for name, value in Record.to_dict(self).items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class MeteredResource(Record):
    """Something that Gnocchi measures.

    Attributes:
        id: Gnocchi's id; for an instance or a volume its own.
        type: such as ``instance``, ``volume`` or ``generic``.
        name: what the service calls it; None where it has no name.
        project_id: whose it is.
        metrics: id of each metric by its name.
        started_at: since when it is measured.
        ended_at: until when; None while it is.
        attributes: what its type has beyond that.
        raw: the service's own record.
    """

    id: str
    type: str
    name: str | None = None
    project_id: str | None = None
    metrics: Mapping[str, str] = field(default=EMPTY, hash=False)
    started_at: datetime | None = None
    ended_at: datetime | None = None
    attributes: Mapping[str, Any] = field(default=EMPTY, hash=False)
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric(Record):
    """One series of measures.

    Attributes:
        id: Gnocchi's id.
        name: such as ``cpu`` or ``disk.root.size``.
        unit: unit of its values; None where the service does not say.
        resource_id: what it measures; None for nothing in particular.
        archive_policy: how long it is kept, and how finely.
        aggregations: how its values can be put together, such as ``mean`` or ``rate:mean``.
        granularities_seconds: the lengths of time that its values can be put together over.
        raw: the service's own record.
    """

    id: str
    name: str | None
    unit: str | None = None
    resource_id: str | None = None
    archive_policy: str | None = None
    aggregations: tuple[str, ...] = ()
    granularities_seconds: tuple[float, ...] = ()
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure(Record):
    """One value of a metric.

    Attributes:
        at: the beginning of what it stands for, in UTC.
        granularity_seconds: how long that is.
        value: the value.
    """

    at: datetime
    granularity_seconds: float
    value: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ChargedMetric(Record):
    """Something that CloudKitty charges for.

    Attributes:
        name: its name in every row.
        unit: what it is counted in.
        attributes: what its rows can be grouped by.
    """

    name: str
    unit: str
    attributes: tuple[str, ...] = ()


def kind_of(metric: str) -> str:
    """Return what a metric is counted as; ``other`` for one that no kind here knows."""
    first = metric.lower().replace("_", ".").replace("-", ".").partition(".")[0]
    return next((kind for kind, words in _KINDS.items() if first in words), "other")


def total(rows: Iterable[RatedRow]) -> Decimal:
    """Return the price of the rows in ICU."""
    return sum((row.icu for row in rows), Decimal(0))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else to_json(value)
