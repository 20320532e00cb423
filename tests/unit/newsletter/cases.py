"""A call for each operation of the API, and what it must send."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from cloud.infomaniak import Condition, Recipients, SegmentRule, Selection

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.infomaniak import InfomaniakNewsletterClient

AT = datetime(2099, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
CAMPAIGN = {"id": 5, "subject": "Hi", "status": "draft"}
SUBSCRIBER = {"id": 6, "email": "ada@example.com", "status": "active"}
GROUP = {"id": 7, "name": "News", "updated_at": 1}
SEGMENT = {"id": 8, "name": "Fans", "updated_at": 1, "subscribed_count": 3}
FIELD = {"id": 9, "name": "First name", "key": "firstname"}
WEBFORM = {"id": 10, "name": "Form", "title": "Subscribe"}
TEMPLATE = {"id": 11, "name": "Plain", "domain_id": 77, "content": {}, "thumbnail": ""}
CREDIT = {"id": 12, "quantity": 5, "type": "t", "genre": "g", "created_at": 1}
DOMAIN = {"id": 77, "name": "example.com", "status": "enabled"}
PAGE1 = {"page": "1", "per_page": "100"}
RULE = SegmentRule.all_of(Condition.field(9, "=", "Ada"), Condition.group(7))
RULE_BODY = {
    "closure": "OR",
    "conds": [
        {
            "closure": "AND",
            "conds": [
                {"type": "meta", "operator": "=", "meta_id": 9, "value": "Ada"},
                {"type": "mailinglist", "operator": "include", "mailinglist_id": 7},
            ],
        }
    ],
}
SELECTED = {"select": {"all": False, "include": [6]}}


@dataclass
class Case:
    """What a call sends, and what it is answered.

    `answers` are those of the calls before the one that counts.
    """

    call: Callable[[InfomaniakNewsletterClient], Any]
    path: str
    query: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    data: Any = True
    status: int = 200
    answers: tuple[Any, ...] = ()


CASES: dict[str, Case] = {
    "get_domain": Case(
        lambda c: c.get_domain(include=["statistics"]), "", {"with": "statistics"}, data=DOMAIN
    ),
    "delete_domain": Case(lambda c: c.delete_domain(confirm="example.com"), "", answers=(DOMAIN,)),
    "get_api_key": Case(lambda c: c.get_api_key(), "/api-key", data=["k"]),
    "list_campaigns": Case(
        lambda c: c.list_campaigns(
            status=["draft", "sent"],
            search="a b",
            date_from=AT,
            date_to=AT,
            include=["content", "recipients"],
        ),
        "/campaigns",
        {
            "with": "content,recipients",
            "filter[search]": "a b",
            "filter[status][]": ["draft", "sent"],
            "date_from": "4071006245",
            "date_to": "4071006245",
            **PAGE1,
        },
        data=[CAMPAIGN],
    ),
    "create_campaign": Case(
        lambda c: c.create_campaign(
            "Hi",
            "me@example.com",
            "Me",
            "<p>é</p>",
            recipients=Recipients(groups=[7], exclude_segments=[8], emails=["x@example.com"], rule=RULE),
            lang="de_DE",
            preheader="p",
            template_id=11,
            track_links=True,
            track_openings=False,
            utm={"utm_source": "s"},
            unsubscribe_link=True,
            force_sent=False,
        ),
        "/campaigns",
        body={
            "subject": "Hi",
            "email_from_addr": "me@example.com",
            "email_from_name": "Me",
            "content_html": "<p>é</p>",
            "lang": "de_DE",
            "preheader": "p",
            "template_id": 11,
            "tracking_link": True,
            "tracking_opening": False,
            "tracking_utm": {"utm_source": "s"},
            "unsub_link": True,
            "force_sended": False,
            "recipients": {
                "all_subscribers": False,
                "groups": {"include": [7]},
                "segments": {"exclude": [8]},
                "emails": ["x@example.com"],
                "expert": {"conditions": RULE_BODY},
            },
        },
        data=CAMPAIGN,
        status=201,
    ),
    "delete_campaigns": Case(
        lambda c: c.delete_campaigns(
            Selection(everything=True, exclude=[4], filter={"status": ["draft"], "search": "x"})
        ),
        "/campaigns",
        {"filter[status][]": "draft", "filter[search]": "x"},
        {"select": {"all": True, "exclude": [4]}},
        data="op-1",
        status=202,
    ),
    "get_campaign": Case(
        lambda c: c.get_campaign("5", include=["content"]), "/campaigns/5", {"with": "content"}, data=CAMPAIGN
    ),
    "update_campaign": Case(
        lambda c: c.update_campaign(5, subject="New", mailing_list_id=7),
        "/campaigns/5",
        body={"subject": "New", "recipients": {"all_subscribers": False, "groups": {"include": [7]}}},
        data=CAMPAIGN,
    ),
    "delete_campaign": Case(lambda c: c.delete_campaign(5), "/campaigns/5"),
    "duplicate_campaign": Case(lambda c: c.duplicate_campaign(5), "/campaigns/5/duplicate", data=CAMPAIGN),
    "send_test": Case(
        lambda c: c.send_test(5, " ada@example.com "), "/campaigns/5/test", body={"email": "ada@example.com"}
    ),
    "send_template_test": Case(
        lambda c: c.send_template_test("a/b", ["ada@example.com"]),
        "/campaigns/template/a%2Fb/test",
        body={"emails": ["ada@example.com"]},
    ),
    "schedule_campaign": Case(
        lambda c: c.schedule_campaign(5, AT), "/campaigns/5/schedule", body={"started_at": 4071006245}
    ),
    "cancel_campaign": Case(lambda c: c.cancel_campaign(5), "/campaigns/5/cancel"),
    "list_campaign_tracking": Case(
        lambda c: c.list_campaign_tracking(5, action="open", search="x"),
        "/campaigns/5/tracking",
        {"filter[action]": "open", "filter[search]": "x", **PAGE1},
        data=[{"any": 1}],
    ),
    "list_campaign_links": Case(lambda c: c.list_campaign_links(5), "/campaigns/5/report/links", data=[]),
    "list_campaign_activity": Case(
        lambda c: c.list_campaign_activity(5, action="click", search="x"),
        "/campaigns/5/report/activity",
        {"filter[action]": "click", "filter[search]": "x", **PAGE1},
        data=[{"any": 1}],
    ),
    "list_subscribers": Case(
        lambda c: c.list_subscribers(
            status="active", search="@x", groups=[7, 8], validation_status=1, include=["groups"]
        ),
        "/subscribers",
        {
            "with": "groups",
            "filter[status]": "active",
            "filter[search]": "@x",
            "filter[groups][]": ["7", "8"],
            "filter[validation_status]": "1",
            **PAGE1,
        },
        data=[SUBSCRIBER],
    ),
    "create_subscriber": Case(
        lambda c: c.create_subscriber(
            "ada@example.com", fields={"firstname": "Ada"}, groups=[7, "New", 7], status="active"
        ),
        "/subscribers",
        body={
            "email": "ada@example.com",
            "fields": {"firstname": "Ada"},
            "groups": [7, "New"],
            "status": "active",
        },
        data=SUBSCRIBER,
        status=201,
    ),
    "delete_subscribers": Case(
        lambda c: c.delete_subscribers(Selection(everything=True, filter={"status": "bounced"}, segment=8)),
        "/subscribers",
        body={"select": {"all": True}, "filter": {"status": "bounced"}, "segment": "8"},
        data="op-1",
        status=202,
    ),
    "count_subscribers_by_status": Case(
        lambda c: c.count_subscribers_by_status(), "/subscribers/count_status", data={"active": 3}
    ),
    "get_subscriber": Case(
        lambda c: c.get_subscriber(6, include=["groups", "fields"]),
        "/subscribers/6",
        {"with": "groups,fields"},
        data=SUBSCRIBER,
    ),
    "update_subscriber": Case(
        lambda c: c.update_subscriber(6, fields={"firstname": ""}, groups=[], status="unsubscribed"),
        "/subscribers/6",
        body={"fields": {"firstname": ""}, "groups": [], "status": "unsubscribed"},
        data=SUBSCRIBER,
    ),
    "delete_subscriber": Case(lambda c: c.delete_subscriber(6), "/subscribers/6"),
    "forget_subscriber": Case(lambda c: c.forget_subscriber(6), "/subscribers/6/forget"),
    "filter_subscribers": Case(
        lambda c: c.filter_subscribers(
            filter={"groups": [7], "status": "all"}, segment=8, metadata=True, include=["fields"]
        ).to_list(),
        "/subscribers/filter",
        {"with": "fields", "extra": "metadata", **PAGE1},
        {"filter": {"groups": [7], "status": "all"}, "segment": "8"},
        data=[SUBSCRIBER],
    ),
    "export_subscribers": Case(
        lambda c: c.export_subscribers([6]), "/subscribers/export", body=SELECTED, data="op-1", status=202
    ),
    "upload_subscribers_csv": Case(
        lambda c: c.upload_subscribers_csv("email\na@b.ch\n"),
        "/subscribers/import/upload",
        body={"content": "email\na@b.ch\n"},
        data={"id": 3},
    ),
    "import_subscribers": Case(
        lambda c: c.import_subscribers(
            [9, '{"type": "email", "name": "email"}'],
            upload_id=3,
            groups=[7, "New"],
            csv_separator=";",
            csv_enclosure="'",
            replace_fields=False,
            ipd_uuid="u",
        ),
        "/subscribers/import",
        body={
            "fields": ["9", '{"type": "email", "name": "email"}'],
            "upload_id": 3,
            "groups": [7, "New"],
            "csv_separator": ";",
            "csv_enclosure": "'",
            "replace_fields": False,
            "ipd_uuid": "u",
        },
    ),
    "unsubscribe_subscribers": Case(
        lambda c: c.unsubscribe_subscribers([6]),
        "/subscribers/unsubscribe",
        body=SELECTED,
        data="op-1",
        status=202,
    ),
    "assign_subscribers": Case(
        lambda c: c.assign_subscribers([6], [7, "New"]),
        "/subscribers/assign",
        body={**SELECTED, "groups": [7, "New"]},
        data="op-1",
        status=202,
    ),
    "unassign_subscribers": Case(
        lambda c: c.unassign_subscribers([6], 7),
        "/subscribers/unassign",
        body={**SELECTED, "group_id": 7},
        data="op-1",
        status=202,
    ),
    "list_groups": Case(
        lambda c: c.list_groups(search="x", status="active", include=["statistics"]),
        "/groups",
        {"with": "statistics", "filter[search]": "x", "filter[status]": "active", **PAGE1},
        data=[GROUP],
    ),
    "create_group": Case(
        lambda c: c.create_group("News"), "/groups", body={"name": "News"}, data=GROUP, status=201
    ),
    "delete_groups": Case(
        lambda c: c.delete_groups(Selection(everything=True, filter={"search": "x"})),
        "/groups",
        body={"select": {"all": True}, "filter": {"search": "x"}},
        data="op-1",
        status=202,
    ),
    "get_group": Case(
        lambda c: c.get_group(7, include=["statistics"]), "/groups/7", {"with": "statistics"}, data=GROUP
    ),
    "update_group": Case(lambda c: c.update_group(7, "N"), "/groups/7", body={"name": "N"}, data=GROUP),
    "delete_group": Case(lambda c: c.delete_group(7), "/groups/7"),
    "list_group_subscribers": Case(
        lambda c: c.list_group_subscribers(7, status="active", search="x", include=["fields"]),
        "/groups/7/subscribers",
        {"with": "fields", "filter[status]": "active", "filter[search]": "x", **PAGE1},
        data=[SUBSCRIBER],
    ),
    "assign_to_group": Case(
        lambda c: c.assign_to_group(7, [6, "6"]),
        "/groups/7/subscribers/assign",
        body={"subscriber_ids": [6]},
        data=[SUBSCRIBER],
    ),
    "unassign_from_group": Case(
        lambda c: c.unassign_from_group(7, [6]),
        "/groups/7/subscribers/unassign",
        body={"subscriber_ids": [6]},
        data=[SUBSCRIBER],
    ),
    "list_segments": Case(
        lambda c: c.list_segments(search="x", status="active", include=["statistics"]),
        "/segments",
        {"with": "statistics", "filter[search]": "x", "filter[status]": "active", **PAGE1},
        data=[SEGMENT],
    ),
    "create_segment": Case(
        lambda c: c.create_segment("Fans", RULE),
        "/segments",
        body={"name": "Fans", "data": RULE_BODY},
        data=SEGMENT,
        status=201,
    ),
    "delete_segments": Case(lambda c: c.delete_segments([6]), "/segments", body=SELECTED),
    "get_segment": Case(
        lambda c: c.get_segment(8, include=["statistics"]),
        "/segments/8",
        {"with": "statistics"},
        data=SEGMENT,
    ),
    "update_segment": Case(
        lambda c: c.update_segment(8, name="F", rule=RULE),
        "/segments/8",
        body={"name": "F", "data": RULE_BODY},
        data=SEGMENT,
    ),
    "delete_segment": Case(lambda c: c.delete_segment(8), "/segments/8"),
    "list_segment_subscribers": Case(
        lambda c: c.list_segment_subscribers(8, status="active", search="x", include=["fields"]),
        "/segments/8/subscribers",
        {"with": "fields", "filter[status]": "active", "filter[search]": "x", **PAGE1},
        data=[SUBSCRIBER],
    ),
    "list_fields": Case(
        lambda c: c.list_fields(search="x"), "/fields", {"filter[search]": "x", **PAGE1}, data=[FIELD]
    ),
    "create_field": Case(
        lambda c: c.create_field("City", "text", slug="city"),
        "/fields",
        body={"name": "City", "type": "text", "slug": "city"},
        data=FIELD,
        status=201,
    ),
    "delete_fields": Case(lambda c: c.delete_fields([6]), "/fields", body=SELECTED),
    "update_field": Case(lambda c: c.update_field(9, "T"), "/fields/9", body={"name": "T"}, data=FIELD),
    "delete_field": Case(lambda c: c.delete_field(9), "/fields/9", data=FIELD),
    "list_templates": Case(lambda c: c.list_templates(), "/templates", PAGE1, data=[TEMPLATE]),
    "get_template_html": Case(lambda c: c.get_template_html(11), "/templates/11/html", data="<p>x</p>"),
    "create_template_from_campaign": Case(
        lambda c: c.create_template_from_campaign(5, 11), "/campaigns/5/template/11", data="13"
    ),
    "update_template_thumbnail": Case(
        lambda c: c.update_template_thumbnail(11),
        "/templates/11/update-thumbnails",
        data="https://x.example/",
    ),
    "list_webforms": Case(
        lambda c: c.list_webforms(search="x", include=["codes"]),
        "/webforms",
        {"with": "codes", "filter[search]": "x", **PAGE1},
        data=[WEBFORM],
    ),
    "create_webform": Case(
        lambda c: c.create_webform("Form", {"title": "T", "groups": [7]}),
        "/webforms",
        body={"name": "Form", "title": "T", "groups": [7]},
        data=WEBFORM,
        status=201,
    ),
    "delete_webforms": Case(
        lambda c: c.delete_webforms([6]), "/webforms", body=SELECTED, data="op-1", status=202
    ),
    "list_webform_themes": Case(lambda c: c.list_webform_themes(), "/webforms/themes", data=[{"id": 1}]),
    "get_webform": Case(
        lambda c: c.get_webform(10, include=["codes"]), "/webforms/10", {"with": "codes"}, data=WEBFORM
    ),
    "update_webform": Case(
        lambda c: c.update_webform(10, {"title": "T"}, include=["codes"]),
        "/webforms/10",
        {"with": "codes"},
        {"title": "T"},
        data=WEBFORM,
    ),
    "delete_webform": Case(lambda c: c.delete_webform(10), "/webforms/10", data=WEBFORM),
    "list_webform_fields": Case(lambda c: c.list_webform_fields(10), "/webforms/10/fields", data=[FIELD]),
    "list_credits": Case(
        lambda c: c.list_credits(search="x", include=["a"]),
        "/credits",
        {"with": "a", "filter[search]": "x", **PAGE1},
        data=[CREDIT],
    ),
    "list_account_credits": Case(
        lambda c: c.list_account_credits(search="x", include=["a"]),
        "/credits/accounts",
        {"with": "a", "filter[search]": "x", **PAGE1},
        data=[CREDIT],
    ),
    "get_credit_details": Case(lambda c: c.get_credit_details(), "/credits/details", data={"total": 4}),
    "list_credit_packs": Case(lambda c: c.list_credit_packs(), "/credits/packs", data=[]),
    "get_credit_checkout": Case(lambda c: c.get_credit_checkout(1), "/credits/checkout/1", data={}),
    "cancel_operation": Case(lambda c: c.cancel_operation("op/1"), "/operations/op%2F1"),
}
