"""The arguments of ``cloud fn``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cloud.cli import _values

if TYPE_CHECKING:
    from argparse import ArgumentParser


def add_list(parser: ArgumentParser) -> None:
    """Add the arguments of ``cloud fn list``."""
    parser.add_argument(
        "providers", metavar="PROVIDER", nargs="*", help="aws, local (default: all that are set up)"
    )
    _add_root(parser)


def add_deploy(parser: ArgumentParser) -> None:
    """Add the arguments of ``cloud fn deploy``."""
    _add_function(parser)
    parser.add_argument("code", metavar="CODE", type=Path, help="file, folder or zip with the code")
    parser.add_argument("--runtime", required=True, metavar="NAME", help="such as python3.12")
    parser.add_argument("--handler", dest="entry", required=True, metavar="NAME", help="such as app.handler")
    parser.add_argument(
        "--env",
        action="append",
        metavar="NAME[=VALUE]",
        help="a variable of the function; without =VALUE the one of this shell, which no command line shows",
    )
    parser.add_argument("--memory", type=_values.size, metavar="SIZE", help="such as 256M")
    parser.add_argument("--timeout", type=_values.duration, metavar="TIME", help="such as 30s or 5m")
    parser.add_argument("--description", metavar="TEXT", help="what people read about it")
    parser.add_argument("--role", metavar="ARN", help="with aws: what a new function runs as")
    parser.add_argument("--requirements", metavar="FILE", help="packages that pip installs beside the code")
    parser.add_argument(
        "--platform",
        action="append",
        default=[],
        metavar="TAG",
        help="with --requirements: the machine that they are for, such as manylinux2014_x86_64",
    )


def add_invoke(parser: ArgumentParser) -> None:
    """Add the arguments of ``cloud fn invoke``."""
    _add_function(parser)
    parser.add_argument(
        "--payload", metavar="JSON", default="{}", help="the event, or - for standard input (default: {})"
    )
    parser.add_argument("--async", dest="later", action="store_true", help="do not wait; print the id")
    parser.add_argument("--logs", action="store_true", help="print the end of the log on standard error")


def add_logs(parser: ArgumentParser) -> None:
    """Add the arguments of ``cloud fn logs``."""
    _add_function(parser)
    parser.add_argument(
        "--since", type=_values.moment, metavar="TIME", help="entries after 2024-05-01, or within 1h"
    )
    parser.add_argument("-f", "--follow", action="store_true", help="wait for new entries until Ctrl-C")


def add_rm(parser: ArgumentParser) -> None:
    """Add the arguments of ``cloud fn rm``."""
    parser.add_argument("provider", metavar="PROVIDER", help="aws or local")
    parser.add_argument("names", metavar="NAME", nargs="+", help="the functions")
    parser.add_argument("-f", "--force", action="store_true", help="a missing function is no error")
    _add_root(parser)


def _add_function(parser: ArgumentParser) -> None:
    parser.add_argument("provider", metavar="PROVIDER", help="aws or local")
    parser.add_argument(
        "name", metavar="NAME", help="the function; with aws also NAME:ALIAS where it only runs"
    )
    _add_root(parser)


def _add_root(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--root",
        metavar="FOLDER",
        help="with local: where the functions are (default: $CLOUD_LOCAL_FUNCTIONS)",
    )
