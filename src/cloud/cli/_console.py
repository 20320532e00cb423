"""Where output goes: results to standard output, everything else to standard error."""

from __future__ import annotations

import json
import os
import sys
from importlib.util import find_spec
from select import select
from typing import TYPE_CHECKING, Any, cast

from cloud.cli._errors import OutputClosedError, error_line
from cloud.cli._text import visible
from cloud.common.models import to_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from io import BufferedReader


_LOOK_FOR_SIGNALS_SECONDS = 0.5
"""How long a signal that came at the wrong moment waits at most."""


class Console:
    """Prints for people on a terminal, for programs elsewhere.

    On a terminal everything that is not printable is escaped; elsewhere names are written byte for byte, as
    UTF-8, with tabs between columns.

    Attributes:
        json: whether results are JSON.
        quiet: whether only results and errors are printed.
        verbose: whether skipped items are mentioned.
        is_terminal: whether standard output is a terminal.
    """

    def __init__(self, *, as_json: bool = False, quiet: bool = False, verbose: bool = False) -> None:
        self.json = as_json
        self.quiet = quiet
        self.verbose = verbose
        self.is_terminal = sys.stdout.isatty()

    @property
    def wants_progress(self) -> bool:
        """Whether a progress bar can and shall be shown on standard error."""
        return not self.quiet and sys.stderr.isatty() and find_spec("rich") is not None

    def write(self, data: bytes | memoryview) -> None:
        """Write bytes to standard output.

        Raises:
            OutputClosedError: its reader went away.
        """
        try:
            sys.stdout.buffer.write(data)
            if self.is_terminal:
                sys.stdout.buffer.flush()
        except BrokenPipeError as exc:
            raise OutputClosedError from exc

    def flush(self) -> None:
        """Hand everything over to the reader of standard output."""
        try:
            sys.stdout.flush()
            sys.stdout.buffer.flush()
        except BrokenPipeError as exc:
            raise OutputClosedError from exc

    def line(self, text: str, *, end: str = "\n") -> None:
        r"""Print one result; with ``end="\0"`` byte for byte also on a terminal."""
        if self.is_terminal and end == "\n":
            text = visible(text)
        self.write((text + end).encode("utf-8", "surrogateescape"))

    def record(self, value: object) -> None:
        """Print one line of JSON."""
        self.write(json.dumps(to_json(value), separators=(",", ":")).encode() + b"\n")

    def document(self, value: object) -> None:
        """Print one JSON document."""
        self.write(json.dumps(to_json(value), indent=2).encode() + b"\n")

    def table(
        self, headers: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()
    ) -> None:
        """Print rows: a table on a terminal, tabs between the columns elsewhere.

        Args:
            right: columns of numbers.
        """
        if not self.is_terminal:
            for row in rows:
                self.line("\t".join(row))
            return
        shown = [[visible(cell) for cell in row] for row in rows]
        if find_spec("rich") is None:
            self.write(_plain_table(headers, shown, right).encode("utf-8", "surrogateescape"))
        else:
            from cloud.cli._rich import print_table

            self.flush()
            print_table(headers, shown, right)

    def note(self, text: str) -> None:
        """Tell something on standard error, unless quiet."""
        if not self.quiet:
            _to_stderr(visible(text))

    def error(self, error: BaseException) -> None:
        """Tell an error on standard error, on one line."""
        self.problem(error_line(error))

    @staticmethod
    def problem(text: str) -> None:
        """Tell a problem on standard error; `text` is one line already."""
        _to_stderr(f"cloud: {text}")


def standard_input() -> Iterator[bytes]:
    """Yield what standard input gives, as it comes.

    On POSIX a read is only begun when it will not block: a signal that arrives just before a blocking read is
    noticed after it, so that Ctrl-C could wait for the next input for ever.
    """
    stdin = sys.stdin.buffer
    try:
        descriptor = None if sys.platform == "win32" else stdin.fileno()  # select takes only sockets there
    except OSError:  # a program that calls `main` has put something of its own in the place of standard input
        descriptor = None
    if descriptor is None:
        yield from iter(lambda: cast("BufferedReader", stdin).read1(1 << 20), b"")
        return
    while True:
        if not select([descriptor], [], [], _LOOK_FOR_SIGNALS_SECONDS)[0]:
            continue
        data = os.read(descriptor, 1 << 20)
        if not data:
            return
        yield data


def _to_stderr(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def _plain_table(headers: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int]) -> str:
    lines: list[Sequence[str]] = [headers, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headers))]

    def padded(line: Sequence[str]) -> str:
        cells: list[Any] = [
            cell.rjust(widths[column]) if column in right else cell.ljust(widths[column])
            for column, cell in enumerate(line)
        ]
        return "  ".join(cells).rstrip() + "\n"

    return "".join(padded(line) for line in lines)
