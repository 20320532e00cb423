"""The method names of older versions, made of calls that the API has today."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from cloud.common import errors as e
from cloud.infomaniak.newsletter import _values as v
from cloud.infomaniak.newsletter._choices import refuse_older
from cloud.infomaniak.newsletter._groups import GroupCalls
from cloud.infomaniak.newsletter._imports import ImportCalls
from cloud.infomaniak.newsletter._sending import SendingCalls

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cloud.infomaniak.newsletter._content_records import CreditDetails
    from cloud.infomaniak.newsletter._import_records import ImportReport
    from cloud.infomaniak.newsletter._records import Group, Subscriber, SubscriberStatus

_ACTIONS = ("subscribe", "unsubscribe")


class OlderNames(SendingCalls, GroupCalls, ImportCalls):
    """What was called a mailing list is a group, a contact is a subscriber.

    ``get_campaign``, ``create_campaign``, ``send_campaign`` and their like have kept their names.
    """

    def validate_connection(self) -> bool:
        """Return True when token and newsletter are accepted; what is wrong is an error, never False."""
        self.get_domain()
        return True

    def unschedule_campaign(self, campaign_id: int | str) -> bool:
        """Keep a scheduled campaign from being sent; see `cancel_campaign`."""
        return self._cancel_campaign(campaign_id, "unschedule_campaign")

    def list_mailing_lists(self) -> list[Group]:
        """Return all groups; see `list_groups`."""
        return self.list_groups()

    def get_mailing_list(self, list_id: int | str) -> Group:
        """Return one group; see `get_group`."""
        return self.get_group(list_id)

    def create_mailing_list(self, name: str) -> Group:
        """Return a new group; see `create_group`."""
        return self.create_group(name)

    def update_mailing_list(self, list_id: int | str, *, name: str | None = None, **older: object) -> Group:
        """Return the group under its new name; see `update_group`.

        Raises:
            UnsupportedOperationError: a group has nothing but a name.
        """
        refuse_older("update_mailing_list", older, "a group has nothing but a name")
        if name is None:
            raise e.InvalidRequestError("there is nothing to change: name what shall be", request_sent=False)
        return self.update_group(list_id, name)

    def delete_mailing_list(self, list_id: int | str) -> bool:
        """Make sure that the group is gone; see `delete_group`."""
        return self.delete_group(list_id)

    def get_list_contacts(self, list_id: int | str) -> list[Subscriber]:
        """Return all subscribers in a group; see `list_group_subscribers`."""
        return self.list_group_subscribers(list_id)

    def import_contacts(
        self, list_id: int | str, contacts: Iterable[Mapping[str, Any] | str]
    ) -> ImportReport:
        """Put contacts into a group, and return what was taken and what was refused.

        Args:
            list_id: the group.
            contacts: addresses, or mappings with ``email`` and the fields' keys; see `import_rows`.
        """
        rows = ({"email": contact} if isinstance(contact, str) else contact for contact in contacts)
        return self.import_rows(rows, groups=[int(self.get_group(list_id).id)])

    def manage_contact(self, list_id: int | str, contact_id: int | str, action: str) -> bool:
        """Put a subscriber into a group (``subscribe``) or take it out (``unsubscribe``), and return True.

        It stays a subscriber: ``update_subscriber(id, status="unsubscribed")`` ends all mails.
        """
        if action not in _ACTIONS:
            raise e.InvalidRequestError(
                f"action is {action!r}, not {' or '.join(_ACTIONS)}", request_sent=False
            )
        name = "assign_to_group" if action == "subscribe" else "unassign_from_group"
        self._members(name, list_id, [v.id_of(contact_id, "subscriber")], caller="manage_contact")
        return True

    def get_contact(self, contact_id: int | str) -> Subscriber:
        """Return one subscriber with groups and fields; see `get_subscriber`."""
        return self.get_subscriber(contact_id, include=("groups", "fields"))

    def update_contact(
        self,
        contact_id: int | str,
        *,
        fields: Mapping[str, str] | None = None,
        groups: Sequence[int | str] | None = None,
        status: SubscriberStatus | str | None = None,
        **older: object,
    ) -> Subscriber:
        """Return the subscriber with what you give; see `update_subscriber`.

        Raises:
            UnsupportedOperationError: an address cannot be changed, and other names are no property.
        """
        hint = (
            "an address cannot be changed: create_subscriber makes another one"
            if "email" in older
            else f"a field of yours is given as fields={{{next(iter(older), 'name')!r}: ...}}"
        )
        refuse_older("update_contact", older, hint)
        return self.update_subscriber(contact_id, fields=fields, groups=groups, status=status)

    def delete_contact(self, contact_id: int | str) -> bool:
        """Make sure that the subscriber is gone; see `delete_subscriber`."""
        return self.delete_subscriber(contact_id)

    def get_task_status(self, task_id: str) -> NoReturn:
        """Refuse: the API shows no state of a task.

        Raises:
            UnsupportedOperationError: always.
        """
        raise e.UnsupportedOperationError(
            "the API has no call that shows the state of a task",
            hint="bulk calls return an Operation: its wait() looks for the effect; cancel_operation(id) stops it",
            context=self._runtime.context("get_task_status", task_id),
            request_sent=False,
        )

    def get_credits(self) -> CreditDetails:
        """Return how many credits are left; see `get_credit_details`."""
        return self._credit_details("get_credits")
