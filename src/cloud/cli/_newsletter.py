"""``cloud newsletter``: campaigns and contacts of Infomaniak's newsletter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud._registry import open_infrastructure
from cloud.cli._errors import OK, PARTIAL
from cloud.cli._text import time_text

if TYPE_CHECKING:
    from argparse import Namespace

    from cloud.cli._console import Console
    from cloud.cli._places import Session


def campaigns(args: Namespace, session: Session, console: Console) -> int:
    """Print the campaigns."""
    with _client(args, session) as client:
        found = client.list_campaigns(status=args.status, search=args.search)
    if console.json:
        console.document([campaign.to_dict() for campaign in found])
    else:
        rows = [
            (str(each.id), each.raw_status, time_text(each.started_at), each.sender_email, each.subject)
            for each in found
        ]
        console.table(("id", "status", "starts", "from", "subject"), rows, right=(0,))
    return OK


def send(args: Namespace, session: Session, console: Console) -> int:
    """Send a campaign now or at a time, once, or say what sending it would do."""
    with _client(args, session) as client:
        if args.dry_run:
            plan = client.plan_campaign(args.campaign)
            if console.json:
                console.document(plan)
            else:
                _print_plan(plan, console)
            if not plan.problems:
                return OK
        options = {"test_to": args.test_to, "dry_run": args.dry_run}
        if args.at is None:
            client.send_campaign(args.campaign, **options)
        else:
            client.schedule_campaign(args.campaign, args.at, **options)
    console.note("sent" if args.at is None else f"will be sent at {time_text(args.at)}")
    return OK


def _print_plan(plan: Any, console: Console) -> None:
    console.table(
        ("id", "subject", "mails", "credits"),
        [
            (
                str(plan.campaign.id),
                plan.campaign.subject,
                "-" if plan.recipient_count is None else str(plan.recipient_count),
                "-" if plan.credit_count is None else str(plan.credit_count),
            )
        ],
        right=(0, 2, 3),
    )


def stop(args: Namespace, session: Session, console: Console) -> int:
    """Keep a scheduled campaign from being sent."""
    with _client(args, session) as client:
        client.cancel_campaign(args.campaign)
    console.note("will not be sent")
    return OK


def import_(args: Namespace, session: Session, console: Console) -> int:
    """Bring in the contacts of a CSV file, and print those that were refused."""
    groups = [int(group) if group.isdecimal() else group for group in args.group]
    with _client(args, session) as client:
        report = client.import_csv(
            args.file,
            groups=groups,
            columns=dict(args.column) or None,
            create_fields=args.create_fields,
            encoding=args.encoding,
            start_row=args.start_row,
        )
    if console.json:
        console.document(report)
    elif report.refused:
        rows = [(str(each.row), each.email, each.reason) for each in report.refused]
        console.table(("row", "email", "refused because"), rows, right=(0,))
    console.note(f"{report.accepted_count} of {report.row_count} contacts were taken")
    return OK if report.ok else PARTIAL


def _client(args: Namespace, session: Session) -> Any:
    return open_infrastructure(
        "newsletter",
        config=session.config,
        profile=args.profile,
        region=args.region,
        endpoint_url=args.endpoint,
        newsletter_id=args.newsletter,
    )
