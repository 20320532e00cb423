"""Tells what becomes of items: a bar on a terminal, a line for each elsewhere, JSON lines on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud.cli._errors import error_line
from cloud.cli._text import count_text, human_size, visible

if TYPE_CHECKING:
    from typing_extensions import Self

    from cloud.cli._console import Console
    from cloud.cli._rich import Bar
    from cloud.transfer import TransferItem, TransferReport


class Reporter:
    """A `cloud.transfer.Progress`. Use as a context manager.

    Args:
        console: where to.
        lines: whether each item is a result of its own; False for the only item of a command.
    """

    def __init__(self, console: Console, *, lines: bool = True) -> None:
        self._console = console
        self._lines = lines
        self._bar: Bar | None = None
        if console.wants_progress:
            from cloud.cli._rich import Bar

            self._bar = Bar()

    @property
    def has_bar(self) -> bool:
        """Whether totals are worth a request."""
        return self._bar is not None

    def __enter__(self) -> Self:
        """Begin."""
        if self._bar is not None:
            self._bar.__enter__()
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.__exit__(*exc_info)

    def planned(self, items: int, size: int, *, complete: bool) -> None:
        """Show the totals."""
        if self._bar is not None:
            self._bar.planned(items, size, complete=complete)

    def moved(self, count: int) -> None:
        """Show the progress."""
        if self._bar is not None:
            self._bar.moved(count)

    def finished(self, item: TransferItem) -> None:
        """Tell one item."""
        console = self._console
        if self._bar is not None:
            self._bar.finished()
        if item.error is not None:
            if self._bar is not None:
                self._bar.error(f"cloud: {_about(item)}")
            else:
                console.problem(_about(item))
        elif item.skipped is not None and console.verbose and not console.json:
            console.note(f"skipped {item.source}: {item.skipped}")
        if console.json:
            if self._lines:
                console.record(item)
        elif item.error is None and item.skipped is None and not self._is_shown_by_bar:
            console.line(f"{item.source} -> {item.target}" if item.source else f"deleted {item.target}")
            console.flush()  # items take their time: whoever reads along shall see each at once

    @property
    def _is_shown_by_bar(self) -> bool:
        return self._console.quiet or (self._bar is not None and self._console.is_terminal)

    def summary(self, report: TransferReport) -> None:
        """Tell the sums, on standard error."""
        rate = f", {human_size(report.bytes / report.seconds)}/s" if report.seconds > 0 else ""
        facts = [f"{count_text(report.moved, 'item')}, {human_size(report.bytes)}{rate}"]
        facts += [
            f"{count} {word}"
            for count, word in ((report.skipped, "skipped"), (report.failed, "failed"))
            if count
        ]
        self._console.note("; ".join(facts))


def _about(item: TransferItem) -> str:
    text = error_line(item.error) if item.error is not None else ""
    source = visible(item.source)
    return text if source in text else f"{source}: {text}"
