"""CloudKitty's part of metering: what a period costs, in both versions of its API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud.common.errors import NotFoundError, ServiceUnavailableError, UnsupportedOperationError
from cloud.infomaniak._service import read_all, read_inner
from cloud.infomaniak.metering import _parts as parts
from cloud.infomaniak.metering import _records as r
from cloud.infomaniak.metering._gnocchi import Measurements

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_PAGE = 500
_NAIVE = "%Y-%m-%dT%H:%M:%S"  # version 1 takes UTC without saying so


class Rating(Measurements):
    """What CloudKitty charges (https://docs.openstack.org/cloudkitty/latest/api-reference/)."""

    _version: int | None = None

    def get_summary(
        self,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        group_by: Sequence[str] = ("type",),
        rates: r.IcuRates | None = None,
    ) -> list[r.RatedRow]:
        """Return the price of a period, a row for each group.

        Args:
            start: first moment, with a time zone; by default the month of `end`, in UTC.
            end: first moment after it; by default now.
            group_by: ``type`` (the metric), and with version 2 of the service also ``id``, ``project_id``,
                ``time`` and what the metrics have; empty for one row.
            rates: what an ICU is worth.

        Raises:
            UnsupportedOperationError: the service is of version 1, which cannot group by that.
        """
        period = r.UsagePeriod.of(start, end)
        found = (
            self._summary_v2(period, group_by)
            if self.rating_version() == 2
            else self._summary_v1(period, group_by)
        )
        return [parts.priced(row, rates) for row in found]

    def list_dataframes(
        self,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        metric: str | None = None,
        rates: r.IcuRates | None = None,
    ) -> list[r.RatedRow]:
        """Return the rows that the price of a period is made of: one for each resource, metric and hour.

        Args:
            start: first moment, with a time zone; by default the month of `end`, in UTC.
            end: first moment after it; by default now.
            metric: only rows of that metric.
            rates: what an ICU is worth.
        """
        period = r.UsagePeriod.of(start, end)
        found = (
            self._frames_v2(period, metric) if self.rating_version() == 2 else self._frames_v1(period, metric)
        )
        return [parts.priced(row, rates) for row in found]

    def list_charged_metrics(self) -> list[r.ChargedMetric]:
        """Return what the service charges for."""
        read = read_all("metrics", parts.charged_metric)
        return self._read(read, "list_charged_metrics", "", "GET", "/v1/info/metrics")

    def rating_version(self) -> int:
        """Return 2 where CloudKitty has version 2 of its API for this login, else 1. Asked once."""
        if self._version is None:
            try:
                self._rest("rating_version", "", "GET", "/v2/summary", params={"limit": 1})
            except NotFoundError:  # its storage cannot serve version 2: the whole of it is missing then
                self._version = 1
            else:
                self._version = 2
        return self._version

    def _summary_v1(self, period: r.UsagePeriod, group_by: Sequence[str]) -> list[r.RatedRow]:
        names = {"type": "res_type", "project_id": "tenant_id"}
        unknown = [name for name in group_by if name not in names]
        if unknown:
            raise UnsupportedOperationError(
                f"version 1 of the service cannot group by {unknown[0]!r}", hint="by type and project_id only"
            )
        params = {
            "begin": period.start.strftime(_NAIVE),
            "end": period.end.strftime(_NAIVE),
            "groupby": ",".join(names[name] for name in group_by) or None,
            "tenant_id": self._project_id("get_summary"),
        }
        rows = self._read(
            read_inner("summary", lambda found: parts.summary_v1(found, period)),
            "get_summary",
            "",
            "GET",
            "/v1/report/summary",
            params=params,
        )
        # Without anything to charge it answers one row of all and nothing, grouped or not.
        return [row for row in rows if row.metric != "ALL" or row.icu or not group_by]

    def _summary_v2(self, period: r.UsagePeriod, group_by: Sequence[str]) -> list[r.RatedRow]:
        def read(body: Any) -> tuple[list[r.RatedRow], int]:
            found = parts.summary_v2(body, period) if _rows(body, "results") else []
            return found, int(body["total"]) if found else 0

        rows: list[r.RatedRow] = []
        while True:
            params = {
                "begin": period.start.isoformat(),
                "end": period.end.isoformat(),
                "groupby": list(group_by) or None,
                "offset": len(rows),
                "limit": _PAGE,
            }
            found, total = self._read(read, "get_summary", "", "GET", "/v2/summary", params=params)
            rows += found
            if not found or len(rows) >= total:
                return rows

    def _frames_v1(self, period: r.UsagePeriod, metric: str | None) -> list[r.RatedRow]:
        params = {
            "begin": period.start.strftime(_NAIVE),
            "end": period.end.strftime(_NAIVE),
            "resource_type": metric,
            "tenant_id": self._project_id("list_dataframes"),
        }
        return self._read(
            lambda body: parts.frames_v1(_rows(body, "dataframes")),
            "list_dataframes",
            "",
            "GET",
            "/v1/storage/dataframes",
            params=params,
        )

    def _frames_v2(self, period: r.UsagePeriod, metric: str | None) -> list[r.RatedRow]:
        def read(body: Any) -> tuple[list[r.RatedRow], int]:
            found = parts.frames_v2(_rows(body, "dataframes"))
            return found, int(body["total"]) if found else 0

        rows: list[r.RatedRow] = []
        seen = 0
        while True:
            params = {
                "begin": period.start.isoformat(),
                "end": period.end.isoformat(),
                "filters": None if metric is None else f"type:{metric}",
                "offset": seen,
                "limit": _PAGE,
            }
            try:
                found, total = self._read(read, "list_dataframes", "", "GET", "/v2/dataframes", params=params)
            except NotFoundError:
                if seen:  # more were announced: without them the listing would be cut short
                    raise
                return rows  # the service's word for none; that it has version 2 is known here
            rows += found
            seen += len(found)
            if not found or seen >= total:
                return rows


def _rows(body: Any, key: str) -> list[Any]:
    found = body.get(key) if isinstance(body, dict) else None
    if not isinstance(found, list):
        raise ServiceUnavailableError(
            "the answer has no rows", hint="is there a proxy between you and the service?"
        )
    return found
