"""The arguments of ``cloud newsletter``."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from cloud.cli import _values
from cloud.common._times import read_time

if TYPE_CHECKING:
    from argparse import ArgumentParser


def campaigns(parser: ArgumentParser) -> None:
    """Add those of ``campaigns``."""
    _add_newsletter(parser)
    parser.add_argument(
        "--status",
        action="append",
        default=[],
        metavar="WORD",
        help="only in this state, such as draft or sent; may be repeated",
    )
    parser.add_argument("--search", metavar="TEXT", help="only those whose subject holds this text")


def send(parser: ArgumentParser) -> None:
    """Add those of ``send``."""
    _add_newsletter(parser)
    _add_campaign(parser)
    parser.add_argument(
        "--at", type=moment, metavar="TIME", help="when, such as 2030-05-01T08:00+02:00 (default: now)"
    )
    parser.add_argument(
        "--test-to",
        action="append",
        default=[],
        metavar="EMAIL",
        help="first send a test there, and only if that works the campaign; may be repeated",
    )
    parser.add_argument(
        "-n", "--dry-run", action="store_true", help="check everything, print the plan and send nothing"
    )


def stop(parser: ArgumentParser) -> None:
    """Add those of ``stop``."""
    _add_newsletter(parser)
    _add_campaign(parser)


def import_(parser: ArgumentParser) -> None:
    """Add those of ``import``."""
    _add_newsletter(parser)
    parser.add_argument("file", metavar="FILE", help="a CSV file whose first line names the columns")
    parser.add_argument(
        "--group",
        action="append",
        default=[],
        metavar="GROUP",
        help="id or name of a group that they come into; may be repeated",
    )
    parser.add_argument(
        "--column",
        action="append",
        type=_values.pair,
        default=[],
        metavar="COLUMN=FIELD",
        help="which field a column is; then those not named are left out; may be repeated",
    )
    parser.add_argument("--create-fields", action="store_true", help="make the fields that there are not")
    parser.add_argument(
        "--encoding", default="utf-8-sig", metavar="NAME", help="of the file (default: UTF-8)"
    )
    parser.add_argument(
        "--start-row", type=_values.positive, default=1, metavar="N", help="pass over the rows before it"
    )


def moment(text: str) -> datetime:
    """Return an aware time; one without a zone is of this machine's."""
    found = read_time(text.strip())
    return (found if found.tzinfo is not None else found.astimezone()).astimezone(timezone.utc)


def _add_newsletter(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--newsletter",
        metavar="ID",
        help="number of the newsletter domain (default: $INFOMANIAK_NEWSLETTER_ID)",
    )


def _add_campaign(parser: ArgumentParser) -> None:
    parser.add_argument("campaign", metavar="CAMPAIGN", help="number of the campaign")
