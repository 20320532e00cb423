"""CloudKitty's part of metering: what a period costs, in both versions of its API."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from cloud.common.errors import (
    InvalidRequestError,
    NotFoundError,
    ServiceUnavailableError,
    UnsupportedOperationError,
)
from cloud.infomaniak._service import read_all, read_inner
from cloud.infomaniak.metering import _parts as parts
from cloud.infomaniak.metering import _records as r
from cloud.infomaniak.metering._gnocchi import Measurements

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    _Page = tuple[list[r.RatedRow], int, int]  # its rows, how many the service counts of them, and of all

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
            group_by: ``type`` (the metric), ``project_id``, and with version 2 of the service also ``id``,
                ``time`` and what else it groups metrics by: of what has none of a name, and of a name that it
                does not know, there is one row, whose group is an empty text. Empty for one row of all.
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
        def read(body: Any) -> _Page:
            count = len(_rows(body, "results"))
            return (parts.summary_v2(body, period) if count else []), count, int(body["total"])

        params = {
            "groupby": [_word("group_by", name) for name in group_by] or None,
            "filters": f"project_id:{self._project_id('get_summary')}",
        }
        return self._pages("get_summary", "/v2/summary", period, params, read)

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
        def read(body: Any) -> _Page:
            found = parts.frames_v2(_rows(body, "dataframes"))
            return found, len(found), int(body["total"])

        filters = [f"project_id:{self._project_id('list_dataframes')}"]
        if metric is not None:
            filters.append(f"type:{_word('metric', metric)}")
        params = {"filters": ",".join(filters)}
        return self._pages("list_dataframes", "/v2/dataframes", period, params, read, absent_is_none=True)

    def _pages(
        self,
        operation: str,
        path: str,
        period: r.UsagePeriod,
        params: Mapping[str, Any],
        read: Callable[[Any], _Page],
        *,
        absent_is_none: bool = False,
    ) -> list[r.RatedRow]:
        """Return the rows of every page of version 2.

        The project is always named in `params`: an administrator would be answered with every project's rows, and
        Zed's summary keeps the filter of a request without any where other projects' requests find it.
        """
        rows: list[r.RatedRow] = []
        seen = 0
        while True:
            query = {
                "begin": _whole_second(period.start).isoformat(),
                "end": _whole_second(period.end).isoformat(),
                **params,
                "offset": seen,
                "limit": _PAGE,
            }
            try:
                found, count, total = self._read(
                    partial(_page, read, seen), operation, "", "GET", path, params=query
                )
            except NotFoundError:
                # That it has version 2 is known here: this is its word for none. After rows it announced more, and
                # without them the listing would be cut short.
                if seen or not absent_is_none:
                    raise
                return rows
            rows += found
            seen += count
            if seen >= total:
                return rows


def _page(read: Callable[[Any], _Page], seen: int, body: Any) -> _Page:
    """Return a page of version 2; one without rows while there are more is a broken answer."""
    found, count, total = read(body)
    if not count and seen < total:
        raise ServiceUnavailableError(f"the service announced {total} rows and sent {seen}")
    return found, count, total


def _word(what: str, name: str) -> str:
    """Return a name that version 2 can be asked about.

    It takes names apart at commas and colons, and puts them between quotes into a query of its storage.
    """
    if not name or any(sign in name for sign in ",:'\"\\"):
        raise InvalidRequestError(
            f"{what}: {name!r} is no name that the service knows", hint="list_charged_metrics() has them"
        )
    return name


def _whole_second(at: datetime) -> datetime:
    """Return the time, or the next whole second: the service cuts what is beyond one.

    Rows begin at whole seconds, so the same ones are in the period.
    """
    return at + timedelta(microseconds=-at.microsecond % 1_000_000)


def _rows(body: Any, key: str) -> list[Any]:
    found = body.get(key) if isinstance(body, dict) else None
    if not isinstance(found, list):
        raise ServiceUnavailableError(
            "the answer has no rows", hint="is there a proxy between you and the service?"
        )
    return found
