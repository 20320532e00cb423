"""``cloud cleanup``: removes what crashed transfers left."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from cloud.cli._errors import OK, PARTIAL
from cloud.cli._sync import side
from cloud.cli._text import count_text, time_text
from cloud.transfer import cleanup

if TYPE_CHECKING:
    from argparse import Namespace

    from cloud.cli._console import Console
    from cloud.cli._places import Session


def run(args: Namespace, session: Session, console: Console) -> int:
    """Remove leftovers, and print each."""
    code, count, gone = OK, 0, 0
    found = cleanup(
        *(side(text, session) for text in args.places),
        older_than=timedelta(seconds=args.older_than),
        dry_run=args.dry_run,
        journals=not args.keep_journals,
        state=args.state,
    )
    for item in found:
        count, gone = count + 1, gone + item.removed
        if item.error is not None:
            code = PARTIAL
            console.error(item.error)
        if console.json:
            console.record(item)
        elif item.error is None and (args.dry_run or not console.quiet):
            console.line(f"{item.kind.value}\t{time_text(item.since)}\t{item.place}")
    console.note(f"{count_text(count, 'leftover')} found, {gone} removed")
    return code
