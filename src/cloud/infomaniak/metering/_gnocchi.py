"""Gnocchi's part of metering: what is measured, and its values over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from cloud._dialects._answers import read_by
from cloud.common._paging import Page, Pager
from cloud.common.errors import ConfigurationError, InvalidRequestError, ServiceUnavailableError
from cloud.infomaniak._errors import AnswerError
from cloud.infomaniak._service import ServiceClient, part
from cloud.infomaniak.metering import _parts as parts
from cloud.infomaniak.metering import _records as r

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import TypeVar

    T = TypeVar("T")

_METRIC = "metric"
_PAGE = 500


class Measurements(ServiceClient):
    """What Gnocchi knows (https://gnocchi.osci.io/rest.html)."""

    service_name: ClassVar[str] = "metering"
    service_type: ClassVar[str] = "rating"

    def _other_service_url(self, service: str) -> str:
        url = super()._other_service_url(service)
        if service == _METRIC:
            return f"{url.removesuffix('/v1')}/v1"
        if service == "network":
            return f"{url.removesuffix('/v2.0')}/v2.0"
        return url

    def _service_url(self) -> str:
        url = super()._service_url()
        return url.removesuffix("/v1").removesuffix("/v2")

    def iter_metered_resources(
        self, resource_type: str = "generic", *, token: str | None = None, limit: int | None = None
    ) -> Pager[r.MeteredResource]:
        """Return a lazy listing of what is measured.

        Args:
            resource_type: such as ``instance`` or ``volume``; ``generic`` for all types.
            token: `resume_token` of a listing that failed.
            limit: most resources to give.
        """
        path = f"/resource/{part(resource_type, 'type')}"
        return self._metric_list("iter_metered_resources", path, parts.metered_resource, token, limit)

    def get_metered_resource(self, resource_id: str, resource_type: str = "generic") -> r.MeteredResource:
        """Return something that is measured, such as an instance by its own id."""
        path = f"/resource/{part(resource_type, 'type')}/{part(resource_id)}"
        return self._read(
            parts.metered_resource, "get_metered_resource", resource_id, "GET", path, service=_METRIC
        )

    def iter_metrics(
        self, resource_id: str | None = None, *, token: str | None = None, limit: int | None = None
    ) -> Pager[r.Metric]:
        """Return a lazy listing of the metrics of the project, or of one resource."""
        path = "/metric" if resource_id is None else f"/resource/generic/{part(resource_id)}/metric"
        return self._metric_list("iter_metrics", path, parts.metric, token, limit)

    def get_metric(self, metric_id: str) -> r.Metric:
        """Return one metric."""
        return self._read(
            parts.metric, "get_metric", metric_id, "GET", f"/metric/{part(metric_id)}", service=_METRIC
        )

    def get_measures(
        self,
        metric_id: str,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        aggregation: str = "mean",
        granularity_seconds: float | None = None,
        refresh: bool = False,
    ) -> list[r.Measure]:
        """Return the values of a metric in a period.

        Args:
            metric_id: the metric.
            start: first moment, with a time zone; by default the month of `end`.
            end: first moment after it; by default now.
            aggregation: how values of one length of time are put together: ``mean``, ``sum``, ``max``,
                ``rate:mean`` and so on, as `get_metric` says.
            granularity_seconds: that length of time; all that the metric has when None.
            refresh: let what was not put together yet be so first.

        Raises:
            NotFoundError: there is no such metric, or it has no such aggregation or granularity.
        """
        if granularity_seconds is not None and granularity_seconds <= 0:
            raise InvalidRequestError(f"granularity_seconds is above 0, not {granularity_seconds!r}")
        period = r.UsagePeriod.of(start, end)
        params = {
            "start": period.start.isoformat(),
            "stop": period.end.isoformat(),
            "aggregation": aggregation,
            "granularity": granularity_seconds,
            "refresh": "true" if refresh else None,
        }
        path = f"/metric/{part(metric_id)}/measures"
        return self._read(
            lambda rows: [parts.measure(row) for row in _listed(rows)],
            "get_measures",
            metric_id,
            "GET",
            path,
            params=params,
            service=_METRIC,
        )

    def _metric_list(
        self,
        operation: str,
        path: str,
        make: Callable[[Any], T],
        token: str | None,
        limit: int | None,
    ) -> Pager[T]:
        """Return a lazy listing. Gnocchi's answers are bare lists; the next page is in the Link header."""

        def send(marker: str | None) -> Page[T]:
            params = {"limit": _PAGE} if marker is None else {"limit": _PAGE, "marker": marker}
            url = f"{self._other_service_url(_METRIC)}{path}"
            response = self._connection.session().get(
                url, params=params, headers={"Accept": "application/json"}, raise_exc=False
            )
            if response.status_code != 200:
                raise AnswerError(response)
            return read_by(page_of, response)

        def page_of(response: Any) -> Page[T]:
            found = _listed(response.json())
            following = response.links.get("next", {}).get("url")
            mark = None if following is None else dict(parse_qsl(urlsplit(following).query)).get("marker")
            return Page(tuple(make(each) for each in found), next_token=mark)

        def fetch(marker: str | None) -> Page[T]:
            return self._runtime.run(operation, "", lambda: send(marker))

        return Pager(fetch, token=token, limit=limit)

    def _has(self, service: str) -> bool:
        """Return whether the login's catalogue has a service."""
        try:
            self._runtime.run("list_services", service, lambda: self._connection.endpoint(service))
        except ConfigurationError:
            return False
        return True


def _listed(body: Any) -> list[Any]:
    if not isinstance(body, list):
        raise ServiceUnavailableError(
            "the answer is no list", hint="is there a proxy between you and the service?"
        )
    return body
