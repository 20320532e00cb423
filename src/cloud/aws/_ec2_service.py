"""How EC2 lists, finds and deletes what is not an instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from cloud.aws._session import AwsClient
from cloud.common._compute_core import checked_text
from cloud.common._paging import Page, Pager
from cloud.common.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")
_PAGE = 500  # between 5 and 1,000: the limits of EC2's Describe calls


class EC2Service(AwsClient):
    """Calls of one shape: EC2's Describe and Delete operations are all alike."""

    def _all(
        self,
        operation: str,
        resource: str,
        method: str,
        key: str,
        make: Callable[[Mapping[str, Any]], T],
        **arguments: Any,
    ) -> list[T]:
        """Return the records of the items of every page of a Describe operation."""

        def page(answer: Mapping[str, Any]) -> Page[T]:
            return Page(tuple(make(item) for item in answer[key]), (), answer.get("NextToken") or None)

        def fetch(token: str | None) -> Page[T]:
            return self._runtime.run(
                operation,
                resource,
                lambda: self._read(page, method, **arguments, MaxResults=_PAGE, NextToken=token),
            )

        return Pager(fetch).to_list()

    def _one(
        self,
        operation: str,
        method: str,
        key: str,
        make: Callable[[Mapping[str, Any]], T],
        **ids: list[str],
    ) -> T:
        """Return the one thing of this id."""
        ((identifier,),) = ids.values()
        checked_text("the id", identifier)

        def first(answer: Mapping[str, Any]) -> T:
            items = answer[key]
            if not items:
                raise NotFoundError("there is no such thing")
            return make(items[0])

        return self._runtime.run(operation, identifier, lambda: self._read(first, method, **ids))

    def _delete(self, operation: str, identifier: str, method: str, **arguments: Any) -> bool:
        """Make sure that it is gone; False when it was not there at the first try."""
        checked_text("the id", identifier)
        try:
            self._runtime.run(operation, identifier, lambda: self._call(method, **arguments))
        except NotFoundError as error:
            return len(error.attempts) > 1  # an earlier try of this call has done it
        return True
