"""A newsletter service on loopback that behaves as Infomaniak documents its own, and misbehaves on demand."""

from __future__ import annotations

import time
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from cloud.testing._newsletter_asking import SUBSCRIBER_STATES, no_body, success
from cloud.testing._newsletter_mails import Mails
from cloud.testing._newsletter_people import People
from cloud.testing._newsletter_rest import Rest, Table
from cloud.testing._newsletter_state import SentMail, State, Work
from cloud.testing._service import FakeService
from cloud.testing._service_calls import Answer, Refusal, Route
from cloud.testing._service_windows import RateWindow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cloud.testing._service_calls import Call

_WINDOW = "minute"
_CODES = {
    400: "bad_request",
    401: "not_authorized",
    403: "access_denied",
    404: "object_not_found",
    405: "method_not_found",
    409: "conflict",
    422: "validation_failed",
    429: "too_many_requests",
}


class FakeNewsletterServer(FakeService):
    """Answers as the newsletter API does, from what it holds in memory.

    It is a context manager::

        with FakeNewsletterServer() as server:
            client = InfomaniakNewsletterClient(server.token, server.newsletter_id, server.url)
            client.create_subscriber("ada@example.com")

    Both pagings, filters, envelopes, operations that are done later, and the limit of 60 requests a minute, which
    it answers 429. `add` makes requests go wrong, `log` tells what came, `mails` what was sent.

    Args:
        token: the bearer token that it knows.
        newsletter_id: the domain that it knows.
        limit: requests a minute; None for no limit.
        retry_after: how a 429 says when to come again: in seconds, as a date, or not at all (None).
        lag_seconds: time until an operation is done that was answered with 202.
        max_per_page: items of a page at most, whatever is asked for.
        clock: seconds that do not go back.
    """

    def __init__(
        self,
        *,
        token: str = "fake-newsletter-token",  # noqa: S107  # opens nothing but this server
        newsletter_id: int = 1001,
        limit: int | None = 60,
        retry_after: Literal["seconds", "date"] | None = "seconds",
        lag_seconds: float = 0.0,
        max_per_page: int = 1000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.token = token
        self.newsletter_id = newsletter_id
        self.lag_seconds = lag_seconds
        self._state = State(self.now)
        self._people = People(self._state, self._later, max_per_page)
        self._mails = Mails(self._state, self._later, self.now, max_per_page)
        self._rest = self._made_rest(max_per_page)
        super().__init__(
            self._route_list(),
            tokens=[token],
            windows=[] if limit is None else [RateWindow(_WINDOW, limit, 60.0)],
            retry_after=retry_after,
            clock=clock,
        )
        self._state.seed()

    @property
    def mails(self) -> tuple[SentMail, ...]:
        """The mails that were sent, tests too, in their order."""
        with self._lock:
            self._mails.send_what_is_due()
            return tuple(self._state.mails)

    @property
    def refused_addresses(self) -> set[str]:
        """Addresses, in small letters, that it answers 422; a file with one is refused as a whole."""
        return self._people.refused_addresses

    @property
    def dropped_addresses(self) -> set[str]:
        """Addresses, in small letters, that an import leaves out without a word."""
        return self._people.dropped_addresses

    def set_credits(self, count: int) -> None:
        """Leave so many credits; a mail to one address costs one."""
        with self._lock:
            self._state.credit_count = count

    def add_template(self, name: str, html: str) -> tuple[int, str]:
        """Make a template, and return its number and its UUID; the API makes them of campaigns only."""
        with self._lock:
            made = self._rest.add_template(name, html)
            return made.id, str(made.facts["uuid"])

    def record_event(self, campaign_id: int, email: str, kind: str) -> None:
        """Let something happen to a mail: ``open``, ``click``, ``bounce``, ``sbounce``, ``unsub`` ...

        Raises:
            ValueError: nobody has that address.
        """
        with self._lock:
            known = self._state.subscriber_of(email)
            if known is None:
                raise ValueError(f"there is no subscriber {email}")
            self._state.events.append((kind, campaign_id, known.id))

    # -- what comes before and after every call ----------------------------------------------------------------
    def admit(self, call: Call, route: Route) -> None:
        """Let a call pass that has token, domain and head as they must be; work whose time has come is done."""
        super().admit(call, route)
        self._do_work()
        if call.params["domain"] != str(self.newsletter_id) or self._rest.is_deleted:
            raise Refusal(404, f"no newsletter {call.params['domain']}")
        if call.method == "GET" and call.header("content-type"):
            raise Refusal(422, "with field is prohibited")  # so the service reads a GET that claims JSON

    def error_document(self, refusal: Refusal) -> Mapping[str, Any]:
        """Return the service's document of an error."""
        code = refusal.details.get("code") or _CODES.get(refusal.status, "unexpected_error")
        document: dict[str, Any] = {
            "result": "error",
            "error": {"code": code, "description": refusal.message},
        }
        problems: Any = refusal.details.get("problems", ())
        if problems:
            document["error"]["errors"] = [name for name, _ in problems]
            document["errors"] = [{"code": name, "description": text} for name, text in problems]
        return document

    def _do_work(self) -> None:
        self._mails.send_what_is_due()
        for work in [each for each in self._state.work if each.due <= self._clock()]:
            self._state.work.remove(work)
            work.act()

    def _later(self, act: Callable[[], None]) -> Answer:
        made = Work(str(uuid.UUID(int=self._state.next_id())), self._clock() + self.lag_seconds, act)
        self._state.work.append(made)
        self._do_work()
        return Answer(202, {"result": "asynchronous", "data": made.id})

    def _cancel_operation(self, call: Call) -> Answer:
        no_body(call)
        for work in self._state.work:
            if work.id == call.params["operation"]:
                self._state.work.remove(work)
                return success(True)
        raise Refusal(404, f"no operation {call.params['operation']}")

    # -- routes ------------------------------------------------------------------------------------------------
    def _made_rest(self, most: int) -> Rest:
        state = self._state
        people = self._people
        states = SUBSCRIBER_STATES | {"inactive"}
        self._groups = Table(
            state,
            state.groups,
            "group",
            self._later,
            most=most,
            show=people.show_group,
            remove=people.delete_group,
            states=states,
        )
        self._segments = Table(
            state, state.segments, "segment", self._later, most=most, show=people.show_segment, states=states
        )
        self._fields = Table(state, state.fields, "field", self._later, most=most)
        self._templates = Table(
            state,
            state.templates,
            "template",
            self._later,
            most=most,
            show=lambda each: self._rest.show_template(each),  # noqa: PLW0108  # it is made below
        )
        self._webforms = Table(
            state,
            state.webforms,
            "webform",
            self._later,
            most=most,
            show=lambda each: self._rest.show_webform(each),  # noqa: PLW0108  # it is made below
        )
        return Rest(state, self.newsletter_id, self._webforms, self._templates, most)

    def _route_list(self) -> list[Route]:
        handlers = {
            **self._people_handlers(),
            **self._mail_handlers(),
            **self._other_handlers(),
        }
        return [
            Route(method, f"/1/newsletters/{{domain}}{path}", handler, f"{method} {path}", _WINDOW)
            for (method, path), handler in handlers.items()
        ]

    def _people_handlers(self) -> dict[tuple[str, str], Callable[[Call], Answer]]:
        people, groups, segments, fields = self._people, self._groups, self._segments, self._fields
        one, group, segment = "/subscribers/{subscriber}", "/groups/{group}", "/segments/{segment}"
        return {
            ("GET", "/subscribers"): people.list_subscribers,
            ("POST", "/subscribers"): people.create_subscriber,
            ("DELETE", "/subscribers"): people.bulk(people.remove),
            ("GET", "/subscribers/count_status"): people.count_status,
            ("GET", one): people.get_subscriber,
            ("PUT", one): people.update_subscriber,
            ("DELETE", one): people.delete_subscriber,
            ("DELETE", f"{one}/forget"): people.delete_subscriber,
            ("POST", "/subscribers/filter"): people.filter_subscribers,
            ("POST", "/subscribers/export"): people.bulk(people.export),
            ("POST", "/subscribers/import/upload"): people.upload_csv,
            ("POST", "/subscribers/import"): people.import_csv,
            ("PUT", "/subscribers/unsubscribe"): people.bulk(people.unsubscribe),
            ("PUT", "/subscribers/assign"): people.bulk(people.assign, "groups"),
            ("PUT", "/subscribers/unassign"): people.bulk(people.unassign, "group_id"),
            ("GET", "/groups"): groups.list_all,
            ("POST", "/groups"): groups.create,
            ("DELETE", "/groups"): groups.delete_many_later,
            ("GET", group): groups.get,
            ("PUT", group): groups.rename,
            ("DELETE", group): groups.delete,
            ("GET", f"{group}/subscribers"): people.list_group_subscribers,
            ("POST", f"{group}/subscribers/assign"): partial(people.members, join=True),
            ("POST", f"{group}/subscribers/unassign"): partial(people.members, join=False),
            ("GET", "/segments"): segments.list_all,
            ("POST", "/segments"): people.create_segment,
            ("DELETE", "/segments"): segments.delete_many,
            ("GET", segment): segments.get,
            ("PUT", segment): people.update_segment,
            ("DELETE", segment): segments.delete,
            ("GET", f"{segment}/subscribers"): people.list_segment_subscribers,
            ("GET", "/fields"): fields.list_all,
            ("POST", "/fields"): people.create_field,
            ("DELETE", "/fields"): fields.delete_many,
            ("PUT", "/fields/{field}"): fields.rename,
            ("DELETE", "/fields/{field}"): fields.delete_shown,
        }

    def _mail_handlers(self) -> dict[tuple[str, str], Callable[[Call], Answer]]:
        mails, one = self._mails, "/campaigns/{campaign}"
        return {
            ("GET", "/campaigns"): mails.list_campaigns,
            ("POST", "/campaigns"): mails.create,
            ("DELETE", "/campaigns"): mails.delete_many,
            ("GET", one): mails.get,
            ("PUT", one): mails.update,
            ("DELETE", one): mails.delete,
            ("GET", f"{one}/tracking"): mails.tracking,
            ("GET", f"{one}/report/links"): mails.links,
            ("GET", f"{one}/report/activity"): mails.activity,
            ("POST", "/campaigns/template/{uuid}/test"): mails.test_template,
            ("POST", f"{one}/duplicate"): mails.duplicate,
            ("POST", f"{one}/template/{{template}}"): self._rest.template_from_campaign,
            ("POST", f"{one}/test"): mails.test,
            ("PUT", f"{one}/cancel"): mails.cancel,
            ("PUT", f"{one}/schedule"): mails.schedule,
        }

    def _other_handlers(self) -> dict[tuple[str, str], Callable[[Call], Answer]]:
        rest, webforms, templates = self._rest, self._webforms, self._templates
        webform = "/webforms/{webform}"
        return {
            ("GET", ""): rest.domain,
            ("DELETE", ""): rest.delete_domain,
            ("GET", "/api-key"): rest.api_key,
            ("GET", "/templates"): templates.list_all,
            ("GET", "/templates/{template}/html"): rest.html,
            ("PUT", "/templates/{template}/update-thumbnails"): rest.thumbnail,
            ("GET", "/webforms"): webforms.list_all,
            ("POST", "/webforms"): rest.create_webform,
            ("DELETE", "/webforms"): webforms.delete_many_later,
            ("GET", "/webforms/themes"): rest.themes,
            ("GET", webform): webforms.get,
            ("PUT", webform): rest.update_webform,
            ("DELETE", webform): webforms.delete_shown,
            ("GET", f"{webform}/fields"): rest.webform_fields,
            ("GET", "/credits"): rest.list_credits,
            ("GET", "/credits/accounts"): rest.list_credits,
            ("GET", "/credits/details"): rest.credit_details,
            ("GET", "/credits/packs"): rest.credit_packs,
            ("GET", "/credits/checkout/{id}"): rest.checkout,
            ("DELETE", "/operations/{operation}"): self._cancel_operation,
        }
