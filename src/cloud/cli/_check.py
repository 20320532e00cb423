"""``cloud check``: says where two sides differ."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from cloud.cli._errors import OK, PARTIAL
from cloud.cli._sync import side
from cloud.cli._text import human_size, visible
from cloud.transfer import Compare, Selection, check

if TYPE_CHECKING:
    from argparse import Namespace

    from cloud.cli._console import Console
    from cloud.cli._places import Session
    from cloud.transfer import CheckReport


def run(args: Namespace, session: Session, console: Console) -> int:
    """Print where the two sides differ; the code says whether they do."""
    report = check(
        side(args.source, session),
        side(args.target, session),
        compare=Compare(args.compare),
        one_way=args.one_way,
        select=Selection(args.include, args.exclude),
        follow_symlinks=args.follow_symlinks,
        window=timedelta(seconds=args.window),
        workers=args.workers,
    )
    _print(report, console)
    return OK if report.ok else PARTIAL


def _print(report: CheckReport, console: Console) -> None:
    if console.json:
        for item in report:
            console.record(item)
        console.record({"type": "summary", "ok": report.ok, **report.to_dict()})
        return
    if console.is_terminal:
        rows = [(item.difference.value, human_size(item.size), item.name, item.reason) for item in report]
        if rows:
            console.table(("difference", "size", "name", "reason"), rows, right=(1,))
    else:
        for item in report:
            console.line(f"{item.difference.value}\t{item.size}\t{item.name}\t{item.reason}")
    counts = ("same", "missing", "different", "extra", "unknown", "skipped")
    facts = [f"{getattr(report, name)} {name}" for name in counts if getattr(report, name) or name == "same"]
    console.note(visible(f"{report.source} and {report.destination}: {', '.join(facts)}"))
