"""The entry point: one place where errors become lines and exit codes."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import traceback
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

from cloud.cli._console import Console
from cloud.cli._errors import INTERRUPTED, OK, OUTPUT_CLOSED, TERMINATED, OutputClosedError, exit_code
from cloud.cli._parser import parse
from cloud.cli._text import visible
from cloud.common._redact import redact
from cloud.common.errors import CloudError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; ``cloud --help`` lists the codes.

    Args:
        argv: the arguments after the name; the process's own when None.
    """
    try:
        args = parse(sys.argv[1:] if argv is None else argv)
    except SystemExit as exc:  # argparse has printed its help or the error
        return int(exc.code or OK)
    if args.version:
        from cloud import __version__

        print(f"cloud {__version__}")
        return OK
    if not args.handler:
        args.print_help()
        return 2
    console = Console(as_json=args.json, quiet=args.quiet, verbose=args.verbose)
    with _logging(args), _terminable():
        return _run(args, console)


def _run(args: Namespace, console: Console) -> int:
    try:
        code = _dispatch(args, console)
        console.flush()
    except OutputClosedError:
        _discard_output()
        return OUTPUT_CLOSED
    except KeyboardInterrupt:
        sys.stderr.write("cloud: interrupted\n")
        return INTERRUPTED
    except (CloudError, OSError) as error:
        if args.debug:
            sys.stderr.write(redact(traceback.format_exc()))
        console.error(error)
        return exit_code(error)
    return code


def _dispatch(args: Namespace, console: Console) -> int:
    from cloud.cli._places import Session

    module, _, name = args.handler.partition(":")
    handler: Callable[[Namespace, Session, Console], int] = getattr(import_module(module), name)
    session = Session(args)
    try:
        return handler(args, session, console)
    finally:
        session.close()


def _discard_output() -> None:
    """Let the interpreter's own last flush of standard output succeed: nobody reads it."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


def run() -> NoReturn:
    """Be the command ``cloud``: run it with the process's arguments, and end the process.

    A second Ctrl-C leaves transfers running; the process, which is the command's own, then ends without
    waiting for them.
    """
    code = main()
    if code == INTERRUPTED and any(
        thread.name.startswith("cloud-transfer") for thread in threading.enumerate()
    ):
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


@contextmanager
def _terminable() -> Iterator[None]:
    """Make SIGTERM clean up like Ctrl-C, where the signal is ours to handle."""
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return

    def terminate(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise SystemExit(TERMINATED)

    signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


class _Formatter(logging.Formatter):
    """One line for each record, without secrets and control characters."""

    def format(self, record: logging.LogRecord) -> str:
        return visible(redact(super().format(record)))


@contextmanager
def _logging(args: Namespace) -> Iterator[None]:
    """Show the library's log on standard error while the command runs."""
    logger = logging.getLogger("cloud")
    level = logging.DEBUG if args.debug else logging.INFO if args.verbose else logging.WARNING
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter("%(levelname)s %(name)s %(message)s"))
    before = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(level)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before[0])
        logger.propagate = before[1]
