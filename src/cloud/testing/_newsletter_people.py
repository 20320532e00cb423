"""What a fake newsletter answers about subscribers, groups, segments and fields."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from cloud.testing._newsletter_asking import (
    SUBSCRIBER_STATES,
    checked_body,
    chosen_ids,
    filter_of,
    is_address,
    listed,
    loads,
    matching,
    needed_address,
    needed_name,
    no_body,
    seconds,
    show_named,
    success,
)
from cloud.testing._service_calls import Answer, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cloud.testing._newsletter_state import Named, State, Subscriber
    from cloud.testing._service_calls import Call

_BULK = ("filter", "segment")
_FIELD_TYPES = frozenset({"boolean", "date_en", "date_fr", "email", "float", "number", "text"})


class People:
    """The answers about subscribers, groups, segments and fields.

    Args:
        state: what there is.
        later: takes work on, and returns the answer that says so.
        most: items of a page at most.
    """

    def __init__(self, state: State, later: Callable[[Callable[[], None]], Answer], most: int) -> None:
        self._state = state
        self._later = later
        self._most = most
        self.refused_addresses: set[str] = set()
        self.dropped_addresses: set[str] = set()

    # -- subscribers -------------------------------------------------------------------------------------------
    def show(self, subscriber: Subscriber, wanted: frozenset[str] = frozenset()) -> dict[str, Any]:
        """Return the document of a subscriber."""
        document: dict[str, Any] = {
            "id": subscriber.id,
            "email": subscriber.email,
            "status": subscriber.status,
            "created_at": seconds(subscriber.created),
            "source": subscriber.source,
        }
        if "groups" in wanted:
            document["groups"] = [show_named(self._state.groups[each]) for each in sorted(subscriber.groups)]
        if "fields" in wanted:
            document["fields"] = [
                {
                    "id": each.id,
                    "name": each.name,
                    "key": each.facts["key"],
                    "value": subscriber.fields[each.facts["key"]],
                }
                for each in self._state.fields.values()
                if each.facts["key"] in subscriber.fields
            ]
        if "statistics" in wanted:
            sent = sum(mail.email == subscriber.email for mail in self._state.mails)
            kinds = [kind for kind, _, number in self._state.events if number == subscriber.id]
            opened, clicked = kinds.count("open"), kinds.count("click")
            document["statistics"] = {
                "sent_count": sent,
                "open_count": opened,
                "click_count": clicked,
                "open_rate": 100 * opened / sent if sent else 0,
                "click_rate": 100 * clicked / sent if sent else 0,
            }
        return document

    def list_subscribers(self, call: Call) -> Answer:
        """Answer with the subscribers that fit the filter."""
        chosen = filter_of(call, status=SUBSCRIBER_STATES, search=None, groups=None, validation_status=None)
        return self._listed(call, matching(self._state, chosen))

    def filter_subscribers(self, call: Call) -> Answer:
        """Answer with the subscribers that fit the filter and the segment of the body."""
        body = checked_body(call, (), _BULK) if call.body else {}
        wanted = {"fields"} if call.argument("extra") == "metadata" else set()
        found = matching(self._state, body.get("filter") or {}, body.get("segment"))
        return self._listed(call, found, frozenset(wanted))

    def _listed(self, call: Call, found: list[Subscriber], more: frozenset[str] = frozenset()) -> Answer:
        wanted = loads(call) | more
        return listed(call, found, lambda each: self.show(each, wanted), most=self._most)

    def create_subscriber(self, call: Call) -> Answer:
        """Make a subscriber, or change the one with that address."""
        body = checked_body(call, ("email",), ("fields", "groups", "status"))
        email = needed_address(body["email"])
        if email.casefold() in self.refused_addresses:
            raise Refusal(422, f"{email} cannot be subscribed")
        made = self._state.put_subscriber(
            email, fields=body.get("fields"), groups=body.get("groups"), status=body.get("status")
        )
        return success(self.show(made), 201)

    def count_status(self, call: Call) -> Answer:  # noqa: ARG002  # every handler takes the call
        """Answer with how many subscribers are in each state."""
        states = sorted(SUBSCRIBER_STATES - {"all"})
        found = [each.status for each in self._state.subscribers.values()]
        return success({state: found.count(state) for state in states})

    def get_subscriber(self, call: Call) -> Answer:
        """Answer with one subscriber."""
        return success(self.show(self._subscriber(call), loads(call)))

    def update_subscriber(self, call: Call) -> Answer:
        """Change a subscriber."""
        known = self._subscriber(call)
        body = checked_body(call, (), ("fields", "groups", "status"))
        if body.get("status") not in {None, "active", "unsubscribed"}:
            raise Refusal(422, "status is invalid")
        known = self._state.put_subscriber(
            known.email, fields=body.get("fields"), groups=body.get("groups"), status=body.get("status")
        )
        return success(self.show(known, loads(call)))

    def delete_subscriber(self, call: Call) -> Answer:
        """Delete a subscriber."""
        no_body(call)
        del self._state.subscribers[self._subscriber(call).id]
        return success(True)

    def _subscriber(self, call: Call) -> Subscriber:
        found: Subscriber = self._state.find(self._state.subscribers, call.params["subscriber"], "subscriber")
        return found

    def bulk(self, change: Callable[[Subscriber, Mapping[str, Any]], None], *more: str) -> Any:
        """Return the answer of a bulk call that does `change` to each selected subscriber, later."""

        def answer(call: Call) -> Answer:
            body = checked_body(call, ("select",), (*_BULK, *more))

            def act() -> None:
                found = matching(self._state, body.get("filter") or {}, body.get("segment"))
                for number in chosen_ids(body["select"], [each.id for each in found]):
                    change(self._state.subscribers[number], body)

            chosen_ids(body["select"], ())  # a wrong selection is refused at once
            for group in body.get("groups", ()):
                self._state.group_of(group)
            return self._later(act)

        return answer

    def remove(self, subscriber: Subscriber, body: Mapping[str, Any]) -> None:  # noqa: ARG002  # every change takes both
        """Delete a subscriber."""
        del self._state.subscribers[subscriber.id]

    def unsubscribe(self, subscriber: Subscriber, body: Mapping[str, Any]) -> None:  # noqa: ARG002  # every change takes both
        """Unsubscribe a subscriber who is active."""
        if subscriber.status == "active":
            subscriber.status = "unsubscribed"

    def assign(self, subscriber: Subscriber, body: Mapping[str, Any]) -> None:
        """Put a subscriber into groups."""
        subscriber.groups |= {self._state.group_of(group).id for group in body.get("groups", ())}

    def unassign(self, subscriber: Subscriber, body: Mapping[str, Any]) -> None:
        """Take a subscriber out of a group."""
        subscriber.groups.discard(body["group_id"])

    def export(self, subscriber: Subscriber, body: Mapping[str, Any]) -> None:
        """Change nothing: the service sends exports by itself."""

    # -- imports -----------------------------------------------------------------------------------------------
    def upload_csv(self, call: Call) -> Answer:
        """Keep a CSV file."""
        body = checked_body(call, ("content",), ("file",))
        number = self._state.next_id()
        self._state.uploads[number] = body["content"]
        return success({"id": number, "preview": body["content"].splitlines()[:3]})

    def import_csv(self, call: Call) -> Answer:
        """Take on the contacts of a file; one that cannot be subscribed refuses them all."""
        body = checked_body(
            call,
            ("fields",),
            ("csv_enclosure", "csv_separator", "groups", "ipd_uuid", "replace_fields", "upload_id"),
        )
        content = self._state.uploads.get(body.get("upload_id", 0))
        if content is None:
            raise Refusal(403, "there is no such upload")
        rows = list(
            csv.reader(
                io.StringIO(content),
                delimiter=body.get("csv_separator", ","),
                quotechar=body.get("csv_enclosure", '"'),
            )
        )
        keys = [self._key_of(each) for each in body["fields"]]
        groups = [self._state.group_of(each).id for each in body.get("groups", ())]
        contacts = [dict(zip(keys, row, strict=False)) for row in rows]
        for contact in contacts:
            if contact["email"].casefold() in self.refused_addresses:
                raise Refusal(422, "the file holds contacts that cannot be subscribed")
        self._later(lambda: self._bring_in(contacts, groups, replaces=body.get("replace_fields", True)))
        return success(True)

    def _bring_in(self, contacts: list[dict[str, str]], groups: list[int], *, replaces: bool) -> None:
        """Bring in what can be; the rest is dropped in silence, as file imports do."""
        for contact in contacts:
            email = contact.pop("email")
            if not is_address(email) or email.casefold() in self.dropped_addresses:
                continue
            is_new = self._state.subscriber_of(email) is None
            self._state.put_subscriber(
                email, fields=contact if is_new or replaces else None, groups=groups, source="import"
            )

    def _key_of(self, described: str) -> str:
        if described.isdecimal():
            found: Named = self._state.find(self._state.fields, described, "field")
            return str(found.facts["key"])
        if '"email"' in described:
            return "email"
        raise Refusal(422, f"the field {described} is not known")

    # -- groups ------------------------------------------------------------------------------------------------
    def list_group_subscribers(self, call: Call) -> Answer:
        """Answer with the subscribers in a group."""
        group = self._state.find(self._state.groups, call.params["group"], "group")
        chosen = filter_of(call, status=SUBSCRIBER_STATES - {"all"}, search=None)
        return self._listed(call, matching(self._state, {**chosen, "groups": [group.id]}))

    def show_group(self, group: Named) -> dict[str, Any]:
        """Return the document of a group."""
        members = [each for each in self._state.subscribers.values() if group.id in each.groups]
        active = sum(each.status == "active" for each in members)
        return {**show_named(group), "subscribed_count": str(active)}  # a text, as documented

    def delete_group(self, number: int) -> None:
        """Delete a group; its members stay."""
        del self._state.groups[number]
        for each in self._state.subscribers.values():
            each.groups.discard(number)

    def members(self, call: Call, *, join: bool) -> Answer:
        """Put subscribers into a group, or take them out."""
        group = self._state.find(self._state.groups, call.params["group"], "group")
        ids = checked_body(call, ("subscriber_ids",))["subscriber_ids"]
        if missing := [number for number in ids if number not in self._state.subscribers]:
            raise Refusal(422, f"there are no subscribers {missing}")
        changed = [self._state.subscribers[number] for number in ids]
        for each in changed:
            (each.groups.add if join else each.groups.discard)(group.id)
        return success([self.show(each) for each in changed])

    # -- segments and fields -----------------------------------------------------------------------------------
    def list_segment_subscribers(self, call: Call) -> Answer:
        """Answer with who fits a segment."""
        segment = self._state.find(self._state.segments, call.params["segment"], "segment")
        chosen = filter_of(call, status=SUBSCRIBER_STATES - {"all"}, search=None)
        return self._listed(call, matching(self._state, chosen, segment.id))

    def show_segment(self, segment: Named) -> dict[str, Any]:
        """Return the document of a segment."""
        count = sum(1 for _ in self._state.in_segment(segment.facts["data"]))
        return {**show_named(segment), "subscribed_count": count}

    def create_segment(self, call: Call) -> Answer:
        """Make a segment."""
        body = checked_body(call, ("name", "data"))
        made = self._state.add(self._state.segments, needed_name(body["name"]), data=self._rule(body["data"]))
        return success(self.show_segment(made), 201)

    def update_segment(self, call: Call) -> Answer:
        """Change a segment."""
        known: Named = self._state.find(self._state.segments, call.params["segment"], "segment")
        body = checked_body(call, (), ("name", "data"))
        known.name = needed_name(body.get("name", known.name))
        known.facts["data"] = self._rule(body.get("data", known.facts["data"]))
        return success(self.show_segment(known))

    def _rule(self, rule: Any) -> Any:
        try:
            for group in rule["conds"]:
                if rule["closure"] != "OR" or group["closure"] != "AND":
                    raise Refusal(422, "closure is invalid")
                for condition in group["conds"]:
                    _ = condition["type"], condition["operator"]
        except (KeyError, TypeError) as error:
            raise Refusal(422, "data is no rule") from error
        return rule

    def create_field(self, call: Call) -> Answer:
        """Make a field, unless there is one with its key."""
        body = checked_body(call, ("name", "type"), ("slug",))
        name = needed_name(body["name"])
        key = body.get("slug") or "".join(char for char in name.casefold() if char.isalnum())
        if body["type"] not in _FIELD_TYPES:
            raise Refusal(422, "type is invalid")
        if any(each.facts["key"] == key for each in self._state.fields.values()):
            raise Refusal(409, f"there is a field {key} already", code="object_already_exists")
        return success(show_named(self._state.add(self._state.fields, name, key=key, type=body["type"])), 201)
