"""Subscribers: who they are, and what is done with many of them at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cloud.common import errors as e
from cloud.common.models import FrozenMap
from cloud.infomaniak.newsletter import _values as v
from cloud.infomaniak.newsletter._choices import Selection, needed_change
from cloud.infomaniak.newsletter._core import NewsletterCore, filtering, loading
from cloud.infomaniak.newsletter._records import Subscriber, SubscriberStatus
from cloud.infomaniak.newsletter._waiting import Operation, operation_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cloud.common._paging import Pager
    from cloud.infomaniak.newsletter._choices import Listing
    from cloud.infomaniak.newsletter._core import Envelope

    Status = SubscriberStatus | str


class SubscriberCalls(NewsletterCore):
    """The calls about subscribers."""

    def iter_subscribers(
        self,
        *,
        status: Status | None = "all",
        search: str | None = None,
        groups: Sequence[int] = (),
        validation_status: int | None = None,
        include: Sequence[str] = (),
        listing: Listing | None = None,
        limit: int | None = None,
        token: str | None = None,
    ) -> Pager[Subscriber]:
        """Return the subscribers, fetched page by page as you iterate.

        Args:
            status: those in this state, ``all``, or None for those that the service lists by itself.
            search: those whose address holds this text.
            groups: those in one of these groups.
            validation_status: a number of the API, which does not say what it means.
            include: what to load with each: ``groups``, ``fields``, ``statistics``.
            listing: pages and order.
            limit: at most so many.
            token: a page's `next_token`, or the `resume_token` of an error.
        """
        query = filtering(
            status=status_text(status),
            search=search,
            groups=v.ids_of(groups, "group"),
            validation_status=validation_status,
        )
        return self._pages(
            "list_subscribers",
            Subscriber.of,
            query=[loading(include), *query],
            listing=listing,
            limit=limit,
            token=token,
        )

    def list_subscribers(
        self,
        *,
        status: Status | None = "all",
        search: str | None = None,
        groups: Sequence[int] = (),
        validation_status: int | None = None,
        include: Sequence[str] = (),
    ) -> list[Subscriber]:
        """Return all subscribers, of every page; see `iter_subscribers`."""
        return self.iter_subscribers(
            status=status,
            search=search,
            groups=groups,
            validation_status=validation_status,
            include=include,
        ).to_list()

    def count_subscribers(
        self, *, status: Status | None = "all", search: str | None = None, groups: Sequence[int] = ()
    ) -> int:
        """Return how many subscribers there are, without fetching them."""
        query = filtering(status=status_text(status), search=search, groups=v.ids_of(groups, "group"))
        return self._count("list_subscribers", "count_subscribers", query=query)

    def count_subscribers_by_status(self) -> Mapping[str, int]:
        """Return how many subscribers there are in each state, in the service's words."""
        return self._ask("count_subscribers_by_status", _counts)

    def filter_subscribers(
        self,
        *,
        filter: Mapping[str, Any] | None = None,  # noqa: A002  # the service's word
        segment: int | None = None,
        metadata: bool = False,
        include: Sequence[str] = (),
        listing: Listing | None = None,
        limit: int | None = None,
        token: str | None = None,
    ) -> Pager[Subscriber]:
        """Return the subscribers that fit a filter and a segment, fetched page by page.

        Args:
            filter: ``status``, ``search``, ``groups``, ``validation_status``.
            segment: id of a segment that they fit.
            metadata: whether the custom fields come with each (``extra=metadata``).
            include, listing, limit, token: see `iter_subscribers`.
        """
        body = v.given(
            filter=dict(filter) if filter else None,
            segment=None if segment is None else str(v.id_of(segment, "segment")),
        )
        return self._pages(
            "filter_subscribers",
            Subscriber.of,
            query=[loading(include), ("extra", "metadata" if metadata else None)],
            body=body,
            listing=listing,
            limit=limit,
            token=token,
        )

    def get_subscriber(self, subscriber_id: int | str, *, include: Sequence[str] = ()) -> Subscriber:
        """Return one subscriber.

        Args:
            subscriber_id: the id.
            include: what to load too: ``groups``, ``fields``, ``statistics``.
        """
        return self._ask(
            "get_subscriber", subscriber_of, parts=_part(subscriber_id), query=[loading(include)]
        )

    def create_subscriber(
        self,
        email: str,
        *,
        fields: Mapping[str, str] | None = None,
        groups: Sequence[int | str] | None = None,
        status: Status | None = None,
    ) -> Subscriber:
        """Return the subscriber with this address: a new one, or the one there was with what you give.

        Args:
            email: the address.
            fields: values by the fields' keys. What you leave out stays as it is.
            groups: ids of groups, or names of groups, which are made where there is none of that name.
            status: ``active``, ``unsubscribed`` ...
        """
        body = {
            "email": v.address(email),
            **v.given(fields=_field_values(fields), groups=group_names(groups), status=status_text(status)),
        }
        return self._ask("create_subscriber", subscriber_of, body=body)

    def update_subscriber(
        self,
        subscriber_id: int | str,
        *,
        fields: Mapping[str, str] | None = None,
        groups: Sequence[int | str] | None = None,
        status: Status | None = None,
        include: Sequence[str] = (),
    ) -> Subscriber:
        """Return the subscriber with what you give; the rest stays as it is. See `create_subscriber`."""
        body = v.given(fields=_field_values(fields), groups=group_names(groups), status=status_text(status))
        needed_change(body)
        return self._ask(
            "update_subscriber",
            subscriber_of,
            parts=_part(subscriber_id),
            query=[loading(include)],
            body=body,
        )

    def delete_subscriber(self, subscriber_id: int | str) -> bool:
        """Make sure that the subscriber is gone; False when there was none.

        The service keeps what it knows for the case that the address subscribes again; `forget_subscriber`
        erases it.
        """
        return self._remove("delete_subscriber", "subscriber", subscriber_id)

    def forget_subscriber(self, subscriber_id: int | str) -> bool:
        """Make sure that the subscriber is gone and is erased within 30 days; False when there was none."""
        return self._remove("forget_subscriber", "subscriber", subscriber_id)

    # -- many at once ------------------------------------------------------------------------------------------
    def delete_subscribers(self, chosen: Selection | Iterable[int]) -> Operation:
        """Start to delete many subscribers; `Operation.wait` returns when they are gone."""
        selection = Selection.of(chosen)
        return self._bulk("delete_subscribers", selection, lambda: not any(self._selected(selection)))

    def unsubscribe_subscribers(self, chosen: Selection | Iterable[int]) -> Operation:
        """Start to unsubscribe many subscribers; `Operation.wait` returns when none of them is active."""
        selection = Selection.of(chosen)

        def finished() -> bool:
            # The service's filter of this call knows active ones only, and so do we.
            return not any(self._selected(selection, status="active"))

        return self._bulk("unsubscribe_subscribers", selection, finished)

    def assign_subscribers(self, chosen: Selection | Iterable[int], groups: Sequence[int | str]) -> Operation:
        """Start to put many subscribers into groups; `Operation.wait` returns when they are in all of them.

        Args:
            chosen: ids, or a selection.
            groups: ids of groups, or names of groups, which are made where there is none of that name.
        """
        selection = Selection.of(chosen)
        named = group_names(groups)
        if not named:
            raise e.InvalidRequestError("name at least one group", request_sent=False)

        def finished() -> bool:
            members = self._selected(selection, include=("groups",))
            return all(_is_in(member, group) for member in members for group in named)

        return self._bulk("assign_subscribers", selection, finished, groups=named)

    def unassign_subscribers(self, chosen: Selection | Iterable[int], group_id: int) -> Operation:
        """Start to take many subscribers out of a group; `Operation.wait` returns when none is in it."""
        selection = Selection.of(chosen)
        group = v.id_of(group_id, "group")

        def finished() -> bool:
            members = self._selected(selection, include=("groups",))
            return not any(_is_in(member, group) for member in members)

        return self._bulk("unassign_subscribers", selection, finished, group_id=group)

    def export_subscribers(self, chosen: Selection | Iterable[int]) -> Operation:
        """Start an export of subscribers. One call never starts two.

        The API has no way to fetch it or to ask whether it is done; the service tells its user by itself. To have
        the subscribers here, list them.
        """
        return self._bulk("export_subscribers", Selection.of(chosen), "the API does not show exports")

    def _bulk(
        self, name: str, selection: Selection, finished: Callable[[], bool] | str, **more: Any
    ) -> Operation:
        started = self._ask(
            name, lambda envelope: operation_id(envelope.data), body={**selection.body(), **more}
        )
        return Operation(self, name, started, finished)

    def _selected(
        self, selection: Selection, *, include: Sequence[str] = (), **narrower: str
    ) -> Iterable[Subscriber]:
        """Return the subscribers that are selected at present, page by page."""
        found = self.filter_subscribers(
            filter={"status": "all", **selection.filter, **narrower},
            segment=selection.segment,
            include=include,
        )
        return (subscriber for subscriber in found if selection.covers(subscriber.id))


def subscriber_of(envelope: Envelope) -> Subscriber:
    """Return the subscriber of an answer."""
    return Subscriber.of(v.needed_object(envelope.data))


def status_text(status: Status | None) -> str | None:
    """Return a state in the service's word."""
    if status is SubscriberStatus.UNKNOWN:
        raise e.InvalidRequestError("the state UNKNOWN is none of the service's", request_sent=False)
    return status.value if isinstance(status, SubscriberStatus) else status


def group_names(groups: Sequence[int | str] | None) -> list[int | str] | None:
    """Return groups as a request names them, each once: ids as numbers, names as texts."""
    if groups is None:
        return None
    if isinstance(groups, str):
        raise e.InvalidRequestError("groups is a list of ids and names", request_sent=False)
    return [
        v.checked_text(group, "name of a group") if isinstance(group, str) else v.id_of(group, "group")
        for group in dict.fromkeys(groups)
    ]


def _is_in(subscriber: Subscriber, group: int | str) -> bool:
    return any(group in {known.id, known.name} for known in subscriber.groups)


def _field_values(fields: Mapping[str, str] | None) -> dict[str, str] | None:
    if fields is not None and not isinstance(fields, Mapping):
        raise e.InvalidRequestError('fields is a mapping: {"firstname": "Ada"}', request_sent=False)
    return None if fields is None else dict(fields)


def _part(subscriber_id: int | str) -> dict[str, int | str]:
    return {"subscriber": v.id_of(subscriber_id, "subscriber")}


def _counts(envelope: Envelope) -> Mapping[str, int]:
    """Return counts by state, from an object of numbers or a list of objects with state and number."""
    data = envelope.data
    if isinstance(data, Mapping):
        return FrozenMap({str(name): v.needed_count(count) for name, count in data.items()})
    return FrozenMap(
        {v.text(each.get("status")): v.needed_count(each.get("count")) for each in v.needed_objects(data)}
    )
