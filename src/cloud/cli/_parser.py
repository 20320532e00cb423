"""The parser: global options before or after the command, one line for a usage error."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from cloud.cli._commands import COMMANDS
from cloud.cli._errors import EXIT_CODE_HELP
from cloud.cli._text import visible

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from cloud.cli._command import Command

_DESCRIPTION = """\
Objects on every provider, and between them and this machine; instances, functions, networks and documents
beside them.

A store is named by a URL: s3://bucket/key, gs://bucket/key, az://container/key, swift://container/key,
infomaniak-s3://bucket/key, file://bucket/key?root=/folder, memory://bucket/key, or the scheme of a plug-in.
Everything without :// is a path of this machine, and - is standard input or output.
"""


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are one line, and whose options are not abbreviated."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter, **keywords)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, on one line, and exit with 2."""
        _fail(message, self.prog)


def build_parser(words: Collection[str] | None = None) -> Parser:
    """Return the parser.

    Args:
        words: those of the command line: only commands among them get their arguments, as all of them together
            take longer than many a command does. None for the whole.
    """
    parser = Parser(prog="cloud", description=_DESCRIPTION, epilog=EXIT_CODE_HELP)
    parser.add_argument("--version", action="store_true", help="print the version")
    _add_global_options(parser, absent=None)
    _add_commands(parser, COMMANDS, words)
    return parser


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Return the arguments; what a command does not know is told with the name of the command.

    ``handler`` is empty where a command is still missing; ``print_help`` then says which ones there are.

    Raises:
        SystemExit: the arguments are wrong, or ask for help.
    """
    args, unknown = build_parser(argv).parse_known_args(argv)
    if unknown:
        _fail(f"unrecognized arguments: {' '.join(unknown)}", args.called)
    return args


def _fail(message: str, command: str) -> NoReturn:
    sys.stderr.write(f"cloud: {visible(message)} (see {command} --help)\n")
    raise SystemExit(2)


def _add_commands(parser: Parser, commands: tuple[Command, ...], words: Collection[str] | None) -> None:
    # What a command further in sets overwrites this.
    parser.set_defaults(handler="", print_help=parser.print_help, called=parser.prog)
    added = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for command in commands:
        if words is None or command.name in words:
            _add_command(added, command, words)
        else:
            added.add_parser(command.name, help=command.help, add_help=False)


def _add_command(
    commands: argparse._SubParsersAction[Parser], command: Command, words: Collection[str] | None
) -> None:
    parser = commands.add_parser(
        command.name, help=command.help, description=f"{command.help}.\n\n{command.description}".strip()
    )
    if command.commands:
        _add_commands(parser, command.commands, words)
    elif command.add_arguments is not None:
        command.add_arguments(parser)
        parser.set_defaults(handler=command.handler, called=parser.prog)
    # A default here would overwrite what stands before the command.
    _add_global_options(parser, absent=argparse.SUPPRESS)


def _add_global_options(parser: Parser, absent: str | None) -> None:
    group = parser.add_argument_group("global options")
    text: dict[str, Any] = {"default": absent}
    flag: dict[str, Any] = {"action": "store_true", "default": absent or False}
    group.add_argument(
        "--profile",
        metavar="NAME",
        help="profile of the configuration or of the provider's own files",
        **text,
    )
    group.add_argument(
        "--endpoint", metavar="URL", help="where the service is, such as http://127.0.0.1:9000", **text
    )
    group.add_argument("--region", metavar="NAME", help="region of the service", **text)
    group.add_argument(
        "--config",
        metavar="FILE",
        help="configuration file (default: $CLOUD_CONFIG, ~/.config/cloud/config.toml)",
        **text,
    )
    group.add_argument("--json", help="print JSON: one document, or one line for each item", **flag)
    group.add_argument("-q", "--quiet", help="print results and errors only", **flag)
    group.add_argument("-v", "--verbose", help="log retries and skipped items on standard error", **flag)
    group.add_argument("--debug", help="log every request, and show the traceback of an error", **flag)
