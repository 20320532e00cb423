"""``cloud sync``: one side is made what the other is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cloud.cli._errors import OK, PARTIAL
from cloud.cli._places import place, url_of
from cloud.cli._reporter import Reporter
from cloud.cli._text import count_text, human_size, visible
from cloud.common import TransferConfig
from cloud.common.errors import InvalidRequestError
from cloud.transfer import Action, Compare, Selection, WriteOptions, sync
from cloud.transfer._objects import STREAMED

if TYPE_CHECKING:
    from argparse import Namespace

    from cloud.cli._console import Console
    from cloud.cli._places import Session
    from cloud.transfer import Location, Plan, SyncReport


def side(text: str, session: Session) -> Location:
    """Return the side that an argument names.

    Raises:
        InvalidRequestError: it is standard input or output, or names no bucket.
    """
    found = place(text)
    if found.is_stdio:
        raise InvalidRequestError("- is for the copy of one object")
    return found.path if found.url is None else session.open_folder(url_of(text))


def limited(args: Namespace, config: TransferConfig | None = None) -> TransferConfig | None:
    """Return how large items are moved: as in `config`, with ``--bandwidth-limit`` where it is given."""
    if args.bandwidth_limit is None:
        return config
    return replace(config or TransferConfig(), bandwidth_limit=args.bandwidth_limit)


def run(args: Namespace, session: Session, console: Console) -> int:
    """Make the target what the source is."""
    count, percent = args.max_delete or (None, None)
    if args.max_delete is not None and not args.delete:
        raise InvalidRequestError("--max-delete is for --delete")
    source, target = side(args.source, session), side(args.target, session)
    between_stores = not (isinstance(source, Path) or isinstance(target, Path))
    with Reporter(console) as reporter:
        report = sync(
            source,
            target,
            compare=Compare(args.compare),
            delete=args.delete,
            max_delete=count,
            max_delete_percent=percent,
            select=Selection(args.include, args.exclude),
            options=WriteOptions(
                content_type=args.content_type,
                metadata=dict(args.metadata) if args.metadata else None,
                storage_class=args.storage_class,
            ),
            follow_symlinks=args.follow_symlinks,
            keeps_names_apart=args.case_sensitive,
            window=timedelta(seconds=args.window),
            dry_run=args.dry_run,
            confirm=lambda plan: _announce(plan, console),
            resume=not args.no_resume,
            state=args.state,
            workers=args.workers,
            transfer=limited(args, STREAMED if between_stores else None),
            progress=reporter,
        )
    plan = report.plan
    if args.dry_run:
        _print_plan(plan, console)
    else:
        _print_settled(plan, console)
    _summary(report, console)
    return OK if report.ok else PARTIAL


def _announce(plan: Plan, console: Console) -> bool:
    """Tell the sums before anything happens."""
    if not console.json:
        console.note(visible(str(plan)))
    return True


def _print_plan(plan: Plan, console: Console) -> None:
    """Print what would be done, item by item."""
    if console.json:
        for item in plan:
            console.record(item)
        return
    if console.is_terminal:
        rows = [(item.action.value, human_size(item.size), item.name, item.reason) for item in plan]
        console.table(("action", "size", "name", "reason"), rows, right=(1,))
        return
    for item in plan:
        console.line(f"{item.action.value}\t{item.size}\t{item.name}\t{item.reason}")


def _print_settled(plan: Plan, console: Console) -> None:
    """Tell what was settled by the plan already: what cannot be done, and what was skipped."""
    for item in plan.failures:
        if console.json:
            console.record(item)
        if item.error is not None:
            console.error(item.error)
    if console.verbose and not console.json:
        for skipped in plan:
            if skipped.action is Action.SKIP:
                console.note(f"skipped {visible(skipped.name)}: {skipped.reason}")


def _summary(report: SyncReport, console: Console) -> None:
    """Tell the sums: the last line of JSON, or a line on standard error."""
    if console.json:
        console.record({"type": "summary", **report.to_dict()})
        return
    if not report.executed:
        console.note(f"nothing was done: {visible(str(report.plan))}")
        return
    facts = [f"{count_text(report.copied, 'item')} copied, {human_size(report.bytes)}"]
    facts += [
        f"{count} {word}"
        for count, word in (
            (report.deleted, "deleted"),
            (report.unchanged, "unchanged"),
            (report.skipped, "skipped"),
            (report.failed, "failed"),
        )
        if count
    ]
    if report.withheld is not None:
        facts.append(f"nothing more was deleted, because {report.withheld}")
    console.note("; ".join(facts))
