"""Every operation of the newsletter API, as facts: what is sent where, and what answers.

https://developer.infomaniak.com/docs/api lists them under "Newsletter"; all are below
``/1/newsletters/{domain}``. The method of the client that makes the call is named first.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Repeat(Enum):
    """Whether a call may be made a second time after its answer was lost."""

    SAFE = "safe"
    """Once or twice makes no difference: reads, updates, deletes, additions that update what is there."""
    ONCE = "once"
    """Each call has an effect of its own: a mail, a campaign, a group."""


class Endpoint(NamedTuple):
    """One operation of the API.

    Attributes:
        verb: HTTP method.
        path: below ``/1/newsletters/{domain}``, with the names of its parts in braces.
        query: parameters that it takes.
        body: keys of its JSON body; those with a star are required. Empty where none may be sent.
        status: of a success.
        repeat: whether it may be made twice.
    """

    verb: str
    path: str
    query: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    status: int = 200
    repeat: Repeat = Repeat.SAFE


_PAGED: Final = ("return", "limit", "skip", "page", "per_page")
_SORTED: Final = ("order_by", "order", "order_for")
_LIST: Final = ("with", "filter", *_PAGED, *_SORTED)
_CAMPAIGN: Final = (
    "content_html",
    "force_sended",
    "preheader",
    "recipients",
    "template_id",
    "tracking_link",
    "tracking_opening",
    "tracking_utm",
    "unsub_link",
)
WEBFORM_KEYS: Final = (
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
_SELECTION: Final = ("filter", "segment", "select*")
_ONCE: Final = Repeat.ONCE

OPERATIONS: Final[Mapping[str, Endpoint]] = {
    # Domain
    "get_domain": Endpoint("GET", "", ("with", "newsletter_id")),
    "delete_domain": Endpoint("DELETE", ""),
    "get_api_key": Endpoint("GET", "/api-key"),
    # Campaigns
    "list_campaigns": Endpoint("GET", "/campaigns", (*_LIST, "date_from", "date_to", "newsletter_id")),
    "create_campaign": Endpoint(
        "POST",
        "/campaigns",
        body=("email_from_addr*", "email_from_name*", "lang*", "subject*", *_CAMPAIGN),
        status=201,
        repeat=_ONCE,
    ),
    "delete_campaigns": Endpoint("DELETE", "/campaigns", ("filter",), ("select",), status=202),
    "get_campaign": Endpoint("GET", "/campaigns/{campaign}", ("with",)),
    "update_campaign": Endpoint(
        "PUT",
        "/campaigns/{campaign}",
        body=("email_from_addr", "email_from_name", "lang", "subject", *_CAMPAIGN),
    ),
    "delete_campaign": Endpoint("DELETE", "/campaigns/{campaign}"),
    "duplicate_campaign": Endpoint("POST", "/campaigns/{campaign}/duplicate", repeat=_ONCE),
    "send_test": Endpoint("POST", "/campaigns/{campaign}/test", body=("email*",), repeat=_ONCE),
    "send_template_test": Endpoint(
        "POST", "/campaigns/template/{template_uuid}/test", body=("emails*",), repeat=_ONCE
    ),
    "schedule_campaign": Endpoint(
        "PUT", "/campaigns/{campaign}/schedule", body=("started_at",), repeat=_ONCE
    ),
    "cancel_campaign": Endpoint("PUT", "/campaigns/{campaign}/cancel"),
    "list_campaign_tracking": Endpoint(
        "GET", "/campaigns/{campaign}/tracking", ("filter", *_PAGED, *_SORTED)
    ),
    "list_campaign_links": Endpoint("GET", "/campaigns/{campaign}/report/links"),
    "list_campaign_activity": Endpoint(
        "GET", "/campaigns/{campaign}/report/activity", ("filter", "return", "page", "per_page", *_SORTED)
    ),
    # Subscribers
    "list_subscribers": Endpoint("GET", "/subscribers", _LIST),
    "create_subscriber": Endpoint(
        "POST", "/subscribers", body=("email*", "fields", "groups", "status"), status=201
    ),
    "delete_subscribers": Endpoint("DELETE", "/subscribers", body=_SELECTION, status=202),
    "count_subscribers_by_status": Endpoint("GET", "/subscribers/count_status"),
    "get_subscriber": Endpoint("GET", "/subscribers/{subscriber}", ("with",)),
    "update_subscriber": Endpoint(
        "PUT", "/subscribers/{subscriber}", ("with",), ("fields", "groups", "status")
    ),
    "delete_subscriber": Endpoint("DELETE", "/subscribers/{subscriber}"),
    "forget_subscriber": Endpoint("DELETE", "/subscribers/{subscriber}/forget"),
    "filter_subscribers": Endpoint(
        "POST", "/subscribers/filter", ("with", "extra", *_PAGED, *_SORTED), ("filter", "segment")
    ),
    "export_subscribers": Endpoint("POST", "/subscribers/export", body=_SELECTION, status=202, repeat=_ONCE),
    "upload_subscribers_csv": Endpoint("POST", "/subscribers/import/upload", body=("content", "file")),
    "import_subscribers": Endpoint(
        "POST",
        "/subscribers/import",
        body=(
            "csv_enclosure",
            "csv_separator",
            "fields*",
            "groups",
            "ipd_uuid",
            "replace_fields",
            "upload_id",
        ),
    ),
    "unsubscribe_subscribers": Endpoint("PUT", "/subscribers/unsubscribe", body=_SELECTION, status=202),
    "assign_subscribers": Endpoint("PUT", "/subscribers/assign", body=(*_SELECTION, "groups"), status=202),
    "unassign_subscribers": Endpoint(
        "PUT", "/subscribers/unassign", body=(*_SELECTION, "group_id*"), status=202
    ),
    # Groups
    "list_groups": Endpoint("GET", "/groups", _LIST),
    "create_group": Endpoint("POST", "/groups", body=("name*",), status=201, repeat=_ONCE),
    "delete_groups": Endpoint("DELETE", "/groups", body=("filter", "select*"), status=202),
    "get_group": Endpoint("GET", "/groups/{group}", ("with",)),
    "update_group": Endpoint("PUT", "/groups/{group}", body=("name*",)),
    "delete_group": Endpoint("DELETE", "/groups/{group}"),
    "list_group_subscribers": Endpoint("GET", "/groups/{group}/subscribers", (*_LIST, "group_id")),
    "assign_to_group": Endpoint("POST", "/groups/{group}/subscribers/assign", body=("subscriber_ids*",)),
    "unassign_from_group": Endpoint(
        "POST", "/groups/{group}/subscribers/unassign", body=("subscriber_ids*",)
    ),
    # Segments
    "list_segments": Endpoint("GET", "/segments", (*_LIST, "newsletter_id")),
    "create_segment": Endpoint("POST", "/segments", body=("data*", "name*"), status=201, repeat=_ONCE),
    "delete_segments": Endpoint("DELETE", "/segments", ("newsletter_id",), ("filter", "select*")),
    "get_segment": Endpoint("GET", "/segments/{segment}", ("with", "newsletter_id", "segment_id")),
    "update_segment": Endpoint("PUT", "/segments/{segment}", body=("data", "name")),
    "delete_segment": Endpoint("DELETE", "/segments/{segment}"),
    "list_segment_subscribers": Endpoint(
        "GET", "/segments/{segment}/subscribers", (*_LIST, "newsletter_id", "segment_id")
    ),
    # Fields
    "list_fields": Endpoint("GET", "/fields", ("filter", *_PAGED, *_SORTED)),
    "create_field": Endpoint("POST", "/fields", body=("name*", "slug", "type*"), status=201, repeat=_ONCE),
    "delete_fields": Endpoint("DELETE", "/fields", body=("filter", "select*")),
    "update_field": Endpoint("PUT", "/fields/{field}", body=("name*",)),
    "delete_field": Endpoint("DELETE", "/fields/{field}"),
    # Templates
    "list_templates": Endpoint("GET", "/templates", _PAGED),
    "get_template_html": Endpoint("GET", "/templates/{template}/html"),
    "create_template_from_campaign": Endpoint(
        "POST", "/campaigns/{campaign}/template/{template}", repeat=_ONCE
    ),
    "update_template_thumbnail": Endpoint("PUT", "/templates/{template}/update-thumbnails"),
    # Webforms
    "list_webforms": Endpoint("GET", "/webforms", _LIST),
    "create_webform": Endpoint("POST", "/webforms", body=WEBFORM_KEYS, status=201, repeat=_ONCE),
    "delete_webforms": Endpoint("DELETE", "/webforms", body=("filter", "select*"), status=202),
    "list_webform_themes": Endpoint("GET", "/webforms/themes"),
    "get_webform": Endpoint("GET", "/webforms/{webform}", ("with",)),
    "update_webform": Endpoint("PUT", "/webforms/{webform}", ("with",), WEBFORM_KEYS),
    "delete_webform": Endpoint("DELETE", "/webforms/{webform}"),
    "list_webform_fields": Endpoint("GET", "/webforms/{webform}/fields"),
    # Credits
    "list_credits": Endpoint("GET", "/credits", _LIST),
    "list_account_credits": Endpoint("GET", "/credits/accounts", _LIST),
    "get_credit_details": Endpoint("GET", "/credits/details"),
    "list_credit_packs": Endpoint("GET", "/credits/packs"),
    "get_credit_checkout": Endpoint("GET", "/credits/checkout/{id}"),
    # Operations
    "cancel_operation": Endpoint("DELETE", "/operations/{operation}"),
}
