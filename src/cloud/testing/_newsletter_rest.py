"""What a fake newsletter answers about tables of named things: templates, webforms, credits, the domain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud.testing._newsletter_asking import (
    checked_body,
    chosen_ids,
    filter_of,
    listed,
    needed_name,
    no_body,
    seconds,
    show_named,
    success,
)
from cloud.testing._service_calls import Answer, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cloud.testing._newsletter_state import Named, State
    from cloud.testing._service_calls import Call

_WEBFORM = (
    "button",
    "confirmation_url",
    "design",
    "email_from_addr",
    "email_from_name",
    "email_title",
    "fields",
    "groups",
    "msg_ok",
    "name",
    "notify",
    "notify_address",
    "notify_lang",
    "placeholder",
    "rgpd",
    "rgpd_msg",
    "subtitle",
    "title",
    "validation_url",
)


class Table:
    """The calls that all tables of named things have.

    Args:
        state: what there is.
        things: the table.
        what: its name in paths.
        later: takes work on, and returns the answer that says so.
        show: makes the document of one.
        remove: takes one out.
        states: words of the filter ``status``; empty where it has none.
        most: items of a page at most.
    """

    def __init__(
        self,
        state: State,
        things: dict[int, Named],
        what: str,
        later: Callable[[Callable[[], None]], Answer],
        *,
        most: int,
        show: Callable[[Named], Mapping[str, Any]] = show_named,
        remove: Callable[[int], None] | None = None,
        states: frozenset[str] = frozenset(),
    ) -> None:
        self._state = state
        self._things = things
        self._what = what
        self._later = later
        self._most = most
        self._show = show
        self._remove = remove or things.pop
        self._states = states

    def list_all(self, call: Call) -> Answer:
        """Answer with the things that fit the filter."""
        allowed: dict[str, frozenset[str] | None] = {"search": None}
        if self._states:
            allowed["status"] = self._states
        chosen = filter_of(call, **allowed)
        return listed(call, self._matching(chosen), self._show, most=self._most)

    def _matching(self, chosen: Mapping[str, Any]) -> list[Named]:
        search = str(chosen.get("search") or "").casefold()
        return [thing for thing in self._things.values() if search in thing.name.casefold()]

    def get(self, call: Call) -> Answer:
        """Answer with one thing."""
        return success(self._show(self.found(call)))

    def found(self, call: Call) -> Named:
        """Return the thing that a path names."""
        thing: Named = self._state.find(self._things, call.params[self._what], self._what)
        return thing

    def create(self, call: Call) -> Answer:
        """Make a thing that has nothing but a name."""
        name = needed_name(checked_body(call, ("name",))["name"])
        return success(self._show(self._state.add(self._things, name)), 201)

    def rename(self, call: Call) -> Answer:
        """Give a thing another name."""
        thing = self.found(call)
        thing.name = needed_name(checked_body(call, ("name",))["name"])
        return success(self._show(thing))

    def delete(self, call: Call) -> Answer:
        """Delete a thing."""
        no_body(call)
        thing = self.found(call)
        self._remove(thing.id)
        return success(True)

    def delete_shown(self, call: Call) -> Answer:
        """Delete, and answer with what it was."""
        no_body(call)
        thing = self.found(call)
        document = self._show(thing)
        self._remove(thing.id)
        return success(document)

    def delete_many(self, call: Call) -> Answer:
        """Delete what is selected, at once."""
        for number in self._selected(call):
            self._remove(number)
        return success(True)

    def delete_many_later(self, call: Call) -> Answer:
        """Take on the deletion of the selected things."""
        numbers = self._selected(call)

        def act() -> None:
            for number in numbers:
                if number in self._things:
                    self._remove(number)

        return self._later(act)

    def _selected(self, call: Call) -> list[int]:
        body = checked_body(call, ("select",), ("filter",))
        candidates = [thing.id for thing in self._matching(body.get("filter") or {})]
        return chosen_ids(body["select"], candidates)


class Rest:
    """The answers about templates, webforms, credits and the domain.

    Args:
        state: what there is.
        domain_id: the domain's number.
        webforms: the table of webforms.
        templates: the table of templates.
        most: items of a page at most.
    """

    def __init__(self, state: State, domain_id: int, webforms: Table, templates: Table, most: int) -> None:
        self._state = state
        self._domain_id = domain_id
        self._webforms = webforms
        self._templates = templates
        self._most = most
        self.is_deleted = False

    def domain(self, call: Call) -> Answer:  # noqa: ARG002  # every handler takes the call
        """Answer with the domain."""
        return success(
            {
                "id": self._domain_id,
                "name": "example.com",
                "status": "enabled",
                "sender_type": "domain",
                "credit_month": 0,
                "limit_by_hour": 1000,
                "can_use_other_domains": False,
            }
        )

    def delete_domain(self, call: Call) -> Answer:
        """Delete the domain: from now on every call is answered 404."""
        no_body(call)
        self.is_deleted = True
        return success(True)

    def api_key(self, call: Call) -> Answer:  # noqa: ARG002  # every handler takes the call
        """Answer with what would be keys."""
        return success(["fake-api-key", "fake-api-secret"])

    def html(self, call: Call) -> Answer:
        """Answer with a template's mail."""
        return success(self._templates.found(call).facts["html"])

    def template_from_campaign(self, call: Call) -> Answer:
        """Make a template of a campaign."""
        campaign = self._state.find(self._state.campaigns, call.params["campaign"], "campaign")
        self._templates.found(call)
        made = self.add_template(campaign.facts["subject"], campaign.facts.get("content_html", ""))
        return success(str(made.id))

    def add_template(self, name: str, html: str) -> Named:
        """Return a new template; the API itself makes them of campaigns only."""
        made = self._state.add(self._state.templates, name, html=html)
        made.facts["uuid"] = f"00000000-0000-4000-8000-{made.id:012}"
        return made

    def show_template(self, template: Named) -> dict[str, Any]:
        """Return the document of a template."""
        return {
            "id": template.id,
            "name": template.name,
            "domain_id": self._domain_id,
            "content": {"html": template.facts["html"]},
            "thumbnail": template.facts.get("thumbnail", ""),
            "uuid": template.facts["uuid"],
        }

    def thumbnail(self, call: Call) -> Answer:
        """Make a picture of a template."""
        template = self._templates.found(call)
        template.facts["thumbnail"] = f"https://example.com/{template.id}.png"
        return success(template.facts["thumbnail"])

    def show_webform(self, webform: Named) -> dict[str, Any]:
        """Return the document of a webform, with all that the API declares."""
        texts = dict.fromkeys((*_WEBFORM, "msg_ok_redir"), "")
        del texts["fields"], texts["groups"]
        numbers = dict.fromkeys(
            ("template_confirmation_id", "template_email_id", "template_validation_id"), 0
        )
        made = seconds(webform.updated)
        own = {"id": webform.id, "name": webform.name, "created_at": made, "updated_at": made}
        return {**texts, **numbers, **webform.facts, **own}

    def create_webform(self, call: Call) -> Answer:
        """Make a webform."""
        body = checked_body(call, (), _WEBFORM)
        name = needed_name(body.pop("name", "Webform"))
        return success(self.show_webform(self._state.add(self._state.webforms, name, **body)), 201)

    def update_webform(self, call: Call) -> Answer:
        """Change a webform."""
        webform = self._webforms.found(call)
        body = checked_body(call, (), _WEBFORM)
        webform.name = needed_name(body.pop("name", webform.name))
        webform.facts |= body
        return success(self.show_webform(webform))

    def webform_fields(self, call: Call) -> Answer:
        """Answer with the fields of a webform: all there are."""
        self._webforms.found(call)
        return success([show_named(each) for each in self._state.fields.values()])

    def themes(self, call: Call) -> Answer:  # noqa: ARG002  # every handler takes the call
        """Answer with the themes of webforms."""
        return success([{"id": 1, "name": "plain"}])

    def list_credits(self, call: Call) -> Answer:
        """Answer with the movements of credits."""
        filter_of(call, search=None, status=None)
        return listed(call, self._state.credits, lambda each: each, most=self._most)

    def credit_details(self, call: Call) -> Answer:  # noqa: ARG002  # every handler takes the call
        """Answer with the credits that are left."""
        return success({"total": self._state.credit_count})

    def credit_packs(self, call: Call) -> Answer:  # noqa: ARG002  # every handler takes the call
        """Answer with what can be bought."""
        return success([{"id": 1, "quantity": 5000}])

    def checkout(self, call: Call) -> Answer:
        """Answer with where it can be bought."""
        if call.params["id"] != "1":
            raise Refusal(404, f"no pack {call.params['id']}")
        return success({"url": "https://example.com/checkout/1"})
