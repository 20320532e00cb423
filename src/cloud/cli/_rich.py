"""Tables and progress bars of rich; imported on a terminal only, when the extra ``cli`` is installed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from cloud.cli._text import human_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Self


def print_table(headers: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int]) -> None:
    """Print a table to standard output; cells are plain text, never markup."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column, header in enumerate(headers):
        table.add_column(header, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console(file=sys.stdout, highlight=False).print(table)


class _Rate(ProgressColumn):
    """Bytes per second in the units of the rest of the command line."""

    def render(self, task: Task) -> Text:
        """Return the present rate."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{human_size(speed)}/s")


class Bar:
    """A bar on standard error: bytes, rate, items, time left. Use as a context manager."""

    def __init__(self) -> None:
        self._progress = Progress(
            BarColumn(bar_width=None),
            TaskProgressColumn(),
            DownloadColumn(binary_units=True),
            _Rate(),
            TextColumn("{task.fields[items]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True, highlight=False),
            transient=True,
        )
        self._task = self._progress.add_task("", total=None, items="")
        self._done = 0
        self._items = 0

    def __enter__(self) -> Self:
        """Show it."""
        self._progress.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Take it away and give the cursor back."""
        self._progress.stop()

    def planned(self, items: int, size: int, *, complete: bool) -> None:
        """Set the totals; they are shown once they are final."""
        self._items = items
        if complete:
            self._progress.update(self._task, total=size)
        self._show_items(final=complete)

    def moved(self, count: int) -> None:
        """Move on by so many bytes."""
        self._progress.advance(self._task, count)

    def finished(self) -> None:
        """Count one item."""
        self._done += 1
        self._show_items(final=True)

    def error(self, line: str) -> None:
        """Print a line above the bar."""
        self._progress.console.print(Text(line), soft_wrap=True)

    def _show_items(self, *, final: bool) -> None:
        self._progress.update(self._task, items=f"{self._done}/{self._items}{'' if final else '+'} items")
