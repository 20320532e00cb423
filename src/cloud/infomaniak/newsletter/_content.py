"""The domain, templates, webforms, credits and operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud.common import errors as e
from cloud.common.models import to_json
from cloud.infomaniak.newsletter import _values as v
from cloud.infomaniak.newsletter._choices import Selection, needed_change
from cloud.infomaniak.newsletter._content_records import Credit, CreditDetails, NewsletterTemplate, Webform
from cloud.infomaniak.newsletter._core import NewsletterCore, filtering, loading, was_done
from cloud.infomaniak.newsletter._operations import WEBFORM_KEYS
from cloud.infomaniak.newsletter._records import Field, NewsletterDomain
from cloud.infomaniak.newsletter._waiting import Operation, operation_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cloud.common._paging import Pager
    from cloud.infomaniak.newsletter._choices import Listing
    from cloud.infomaniak.newsletter._core import Envelope


class ContentCalls(NewsletterCore):
    """The calls about everything but campaigns and subscribers."""

    # -- domain ------------------------------------------------------------------------------------------------
    def get_domain(self, *, include: Sequence[str] = ()) -> NewsletterDomain:
        """Return the newsletter domain that this client is for."""
        return self._ask(
            "get_domain",
            lambda envelope: NewsletterDomain.of(v.needed_object(envelope.data)),
            query=[loading(include)],
        )

    def delete_domain(self, *, confirm: str) -> bool:
        """Delete the newsletter domain for good, with its campaigns and subscribers, and return True.

        Args:
            confirm: the domain's name, so that nobody does this by mistake. It costs one more request.
        """
        name = self.get_domain().name
        if confirm != name:
            raise e.InvalidRequestError(
                f"confirm is {confirm!r}, and the domain is called {name!r}", request_sent=False
            )
        return self._ask("delete_domain", was_done)

    def get_api_key(self) -> Any:
        """Return what the service gives as authentication for its API: its JSON, each text in it a `Secret`."""
        return self._ask("get_api_key", lambda envelope: v.hidden(envelope.data))

    # -- templates ---------------------------------------------------------------------------------------------
    def iter_templates(
        self, *, listing: Listing | None = None, limit: int | None = None, token: str | None = None
    ) -> Pager[NewsletterTemplate]:
        """Return the templates, fetched page by page as you iterate."""
        return self._pages("list_templates", NewsletterTemplate.of, listing=listing, limit=limit, token=token)

    def list_templates(self) -> list[NewsletterTemplate]:
        """Return all templates, of every page."""
        return self.iter_templates().to_list()

    def get_template_html(self, template_id: int | str) -> str:
        """Return a template's mail as HTML. Its id is a number, or a text that the service gave."""
        return self._ask("get_template_html", _html, parts=_template_part(template_id))

    def create_template_from_campaign(self, campaign_id: int | str, template_id: int | str) -> str:
        """Return what the service answers with after it made a template of a campaign. One call never makes two.

        Args:
            campaign_id: the campaign.
            template_id: the template that the campaign was made with; the API does not say more.
        """
        parts = {"campaign": v.id_of(campaign_id, "campaign"), **_template_part(template_id)}
        return self._ask("create_template_from_campaign", lambda envelope: v.text(envelope.data), parts=parts)

    def update_template_thumbnail(self, template_id: int | str) -> str | None:
        """Have a template's picture made anew, and return its URL; None where the service names none."""
        parts = {"template": v.id_of(template_id, "template")}
        return self._ask("update_template_thumbnail", _url, parts=parts)

    # -- webforms ----------------------------------------------------------------------------------------------
    def iter_webforms(
        self,
        *,
        search: str | None = None,
        include: Sequence[str] = (),
        listing: Listing | None = None,
        limit: int | None = None,
        token: str | None = None,
    ) -> Pager[Webform]:
        """Return the webforms, fetched page by page as you iterate."""
        return self._pages(
            "list_webforms",
            Webform.of,
            query=[loading(include), *filtering(search=search)],
            listing=listing,
            limit=limit,
            token=token,
        )

    def list_webforms(self, *, search: str | None = None, include: Sequence[str] = ()) -> list[Webform]:
        """Return all webforms, of every page."""
        return self.iter_webforms(search=search, include=include).to_list()

    def get_webform(self, webform_id: int | str, *, include: Sequence[str] = ()) -> Webform:
        """Return one webform."""
        return self._ask("get_webform", _webform, parts=_webform_part(webform_id), query=[loading(include)])

    def create_webform(self, name: str, settings: Mapping[str, Any] | None = None) -> Webform:
        """Return a new webform. One call never makes two.

        Args:
            name: its name, for you.
            settings: what else it has, in the service's names: ``title``, ``subtitle``, ``button``, ``groups``,
                ``fields``, ``msg_ok``, ``email_title``, ``email_from_addr``, ``email_from_name`` ...
        """
        body = {**_settings(settings or {}), "name": v.checked_text(name, "name")}
        return self._ask("create_webform", _webform, body=body)

    def update_webform(
        self, webform_id: int | str, settings: Mapping[str, Any], *, include: Sequence[str] = ()
    ) -> Webform:
        """Return the webform with `settings`; the rest stays as it is. See `create_webform`."""
        body = _settings(settings)
        needed_change(body)
        return self._ask(
            "update_webform",
            _webform,
            parts=_webform_part(webform_id),
            query=[loading(include)],
            body=body,
        )

    def delete_webform(self, webform_id: int | str) -> bool:
        """Make sure that the webform is gone; False when there was none."""
        return self._remove("delete_webform", "webform", webform_id)

    def delete_webforms(self, chosen: Selection | Iterable[int]) -> Operation:
        """Start to delete many webforms; `Operation.wait` returns when they are gone."""
        selection = Selection.of(chosen)

        def finished() -> bool:
            left = self.iter_webforms(search=selection.filter.get("search"))
            return not any(selection.covers(webform.id) for webform in left)

        started = self._ask(
            "delete_webforms", lambda envelope: operation_id(envelope.data), body=selection.body()
        )
        return Operation(self, "delete_webforms", started, finished)

    def list_webform_themes(self) -> Any:
        """Return the themes of webforms, in the service's words."""
        return self._ask("list_webform_themes", lambda envelope: v.frozen(envelope.data))

    def list_webform_fields(self, webform_id: int | str) -> list[Field]:
        """Return the fields of a webform."""
        return self._ask(
            "list_webform_fields",
            lambda envelope: [Field.of(each) for each in v.needed_objects(envelope.data)],
            parts=_webform_part(webform_id),
        )

    # -- credits -----------------------------------------------------------------------------------------------
    def iter_credits(
        self,
        *,
        search: str | None = None,
        include: Sequence[str] = (),
        listing: Listing | None = None,
        limit: int | None = None,
        token: str | None = None,
    ) -> Pager[Credit]:
        """Return the movements of the domain's credits, page by page."""
        return self._pages(
            "list_credits",
            Credit.of,
            query=[loading(include), *filtering(search=search)],
            listing=listing,
            limit=limit,
            token=token,
        )

    def list_credits(self, *, search: str | None = None, include: Sequence[str] = ()) -> list[Credit]:
        """Return all movements of the domain's credits."""
        return self.iter_credits(search=search, include=include).to_list()

    def iter_account_credits(
        self,
        *,
        search: str | None = None,
        include: Sequence[str] = (),
        listing: Listing | None = None,
        limit: int | None = None,
        token: str | None = None,
    ) -> Pager[Credit]:
        """Return the movements of the whole account's credits, page by page."""
        return self._pages(
            "list_account_credits",
            Credit.of,
            query=[loading(include), *filtering(search=search)],
            listing=listing,
            limit=limit,
            token=token,
        )

    def list_account_credits(self, *, search: str | None = None, include: Sequence[str] = ()) -> list[Credit]:
        """Return all movements of the whole account's credits."""
        return self.iter_account_credits(search=search, include=include).to_list()

    def get_credit_details(self) -> CreditDetails:
        """Return how many credits are left. A mail to one address costs one."""
        return self._credit_details("get_credit_details")

    def list_credit_packs(self) -> Any:
        """Return what credits can be bought, in the service's words."""
        return self._ask("list_credit_packs", lambda envelope: v.frozen(envelope.data))

    def get_credit_checkout(self, pack_id: int | str) -> Any:
        """Return where a pack of credits is bought, in the service's words. Nothing is bought."""
        return self._ask(
            "get_credit_checkout",
            lambda envelope: v.frozen(envelope.data),
            parts={"id": v.id_of(pack_id, "pack")},
        )

    def _credit_details(self, caller: str) -> CreditDetails:
        return self._ask("get_credit_details", lambda got: CreditDetails.of(got.data), caller=caller)

    # -- operations --------------------------------------------------------------------------------------------
    def cancel_operation(self, operation_id: str) -> bool:
        """Ask the service to stop an operation; False when there is none such, or none any more."""
        return self._cancel(operation_id)


def _webform(envelope: Envelope) -> Webform:
    return Webform.of(v.needed_object(envelope.data))


def _html(envelope: Envelope) -> str:
    """Return the HTML: the data itself, or of an object with it."""
    known = v.as_object(envelope.data)
    found = known.get("html", known.get("content")) if known else envelope.data
    if not isinstance(found, str):
        raise e.UnknownServiceError("the service said yes, and its answer holds no HTML")
    return found


def _url(envelope: Envelope) -> str | None:
    known = v.as_object(envelope.data)
    found = known.get("url", known.get("thumbnail")) if known else envelope.data
    return found if isinstance(found, str) and found else None


def _template_part(template_id: int | str) -> dict[str, int | str]:
    # Numbers and texts are documented here; what could name another path is refused where it is quoted.
    return {"template": template_id}


def _webform_part(webform_id: int | str) -> dict[str, int | str]:
    return {"webform": v.id_of(webform_id, "webform")}


def _settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(settings) - set(WEBFORM_KEYS))
    if unknown:
        raise e.InvalidRequestError(
            f"a webform has no {', '.join(unknown)}",
            hint=f"it has {', '.join(WEBFORM_KEYS)}",
            request_sent=False,
        )
    return dict(to_json(settings))
