"""Groups of subscribers, which older versions of the API call mailing lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud.common import errors as e
from cloud.infomaniak.newsletter import _values as v
from cloud.infomaniak.newsletter._choices import Selection
from cloud.infomaniak.newsletter._core import NewsletterCore, filtering, loading
from cloud.infomaniak.newsletter._records import Group, Subscriber
from cloud.infomaniak.newsletter._subscribers import status_text
from cloud.infomaniak.newsletter._waiting import Operation, operation_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cloud.common._paging import Pager
    from cloud.infomaniak.newsletter._choices import Listing
    from cloud.infomaniak.newsletter._core import Envelope
    from cloud.infomaniak.newsletter._subscribers import Status


class GroupCalls(NewsletterCore):
    """The calls about groups."""

    def iter_groups(
        self,
        *,
        search: str | None = None,
        status: str | None = None,
        include: Sequence[str] = (),
        listing: Listing | None = None,
        limit: int | None = None,
        token: str | None = None,
    ) -> Pager[Group]:
        """Return the groups, fetched page by page as you iterate; see `iter_subscribers` for the arguments."""
        return self._pages(
            "list_groups",
            Group.of,
            query=[loading(include), *filtering(search=search, status=status)],
            listing=listing,
            limit=limit,
            token=token,
        )

    def list_groups(
        self, *, search: str | None = None, status: str | None = None, include: Sequence[str] = ()
    ) -> list[Group]:
        """Return all groups, of every page."""
        return self.iter_groups(search=search, status=status, include=include).to_list()

    def get_group(self, group_id: int | str, *, include: Sequence[str] = ()) -> Group:
        """Return one group."""
        return self._ask("get_group", _group, parts=_group_part(group_id), query=[loading(include)])

    def create_group(self, name: str) -> Group:
        """Return a new group. One call never makes two."""
        return self._ask("create_group", _group, body={"name": v.checked_text(name, "name")})

    def update_group(self, group_id: int | str, name: str) -> Group:
        """Return the group under its new name."""
        body = {"name": v.checked_text(name, "name")}
        return self._ask("update_group", _group, parts=_group_part(group_id), body=body)

    def delete_group(self, group_id: int | str) -> bool:
        """Make sure that the group is gone; False when there was none. Its subscribers stay."""
        return self._remove("delete_group", "group", group_id)

    def delete_groups(self, chosen: Selection | Iterable[int]) -> Operation:
        """Start to delete many groups; `Operation.wait` returns when they are gone."""
        selection = Selection.of(chosen)
        narrow = selection.filter.get("search")

        def finished() -> bool:
            left = self.iter_groups(search=narrow)
            return not any(selection.covers(group.id) for group in left)

        started = self._ask(
            "delete_groups", lambda envelope: operation_id(envelope.data), body=selection.body()
        )
        # Its states of groups (active, inactive) are not those that groups can be listed by.
        by_state = "status" in selection.filter
        return Operation(
            self, "delete_groups", started, "groups cannot be listed by this state" if by_state else finished
        )

    def iter_group_subscribers(
        self,
        group_id: int | str,
        *,
        status: Status | None = None,
        search: str | None = None,
        include: Sequence[str] = (),
        listing: Listing | None = None,
        limit: int | None = None,
        token: str | None = None,
    ) -> Pager[Subscriber]:
        """Return the subscribers in a group, page by page; see `iter_subscribers` for the arguments."""
        return self._pages(
            "list_group_subscribers",
            Subscriber.of,
            parts=_group_part(group_id),
            query=[loading(include), *filtering(status=status_text(status), search=search)],
            listing=listing,
            limit=limit,
            token=token,
        )

    def list_group_subscribers(
        self,
        group_id: int | str,
        *,
        status: Status | None = None,
        search: str | None = None,
        include: Sequence[str] = (),
    ) -> list[Subscriber]:
        """Return all subscribers in a group, of every page."""
        return self.iter_group_subscribers(group_id, status=status, search=search, include=include).to_list()

    def assign_to_group(self, group_id: int | str, subscriber_ids: Iterable[int]) -> list[Subscriber]:
        """Put subscribers into a group, and return what the service answers with: the subscribers."""
        return self._members("assign_to_group", group_id, subscriber_ids)

    def unassign_from_group(self, group_id: int | str, subscriber_ids: Iterable[int]) -> list[Subscriber]:
        """Take subscribers out of a group, and return what the service answers with: the subscribers."""
        return self._members("unassign_from_group", group_id, subscriber_ids)

    def _members(
        self, name: str, group_id: int | str, subscriber_ids: Iterable[int], caller: str | None = None
    ) -> list[Subscriber]:
        ids = v.ids_of(subscriber_ids, "subscriber")
        if not ids:
            raise e.InvalidRequestError("name at least one subscriber", request_sent=False)
        return self._ask(
            name,
            lambda envelope: [Subscriber.of(each) for each in v.needed_objects(envelope.data)],
            parts=_group_part(group_id),
            body={"subscriber_ids": ids},
            caller=caller,
        )


def _group(envelope: Envelope) -> Group:
    return Group.of(v.needed_object(envelope.data))


def _group_part(group_id: int | str) -> dict[str, int | str]:
    return {"group": v.id_of(group_id, "group")}
