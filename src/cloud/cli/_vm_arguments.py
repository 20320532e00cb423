"""The arguments of ``cloud vm`` and ``cloud inventory``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cloud.cli import _values
from cloud.common.enums import CloudProvider, InstanceState, ResourceType

if TYPE_CHECKING:
    from argparse import ArgumentParser

STATES: Final = tuple(state.value for state in InstanceState)
_TYPES: Final = tuple(kind.value for kind in ResourceType)
_PROVIDERS: Final = tuple(provider.value for provider in CloudProvider)


def _add_provider(parser: ArgumentParser) -> None:
    parser.add_argument("-p", "--provider", metavar="NAME", default="aws", help="whose (default: aws)")


def _add_dry_run(parser: ArgumentParser) -> None:
    parser.add_argument(
        "-n", "--dry-run", action="store_true", help="ask whether it would be done; do nothing"
    )


def _add_ids(parser: ArgumentParser) -> None:
    parser.add_argument("ids", metavar="ID", nargs="+", help="id of an instance")
    _add_provider(parser)


def _add_wait(parser: ArgumentParser, state: str) -> None:
    parser.add_argument("--wait", action="store_true", help=f"wait until it is {state}")
    parser.add_argument(
        "--timeout",
        type=_values.duration,
        default=600,
        metavar="TIME",
        help="with --wait: at most so long: 90, 10m, 1h (default: 10m)",
    )


def list_(parser: ArgumentParser) -> None:
    """Add the arguments of ``vm list``."""
    parser.add_argument(
        "-p",
        "--provider",
        action="append",
        default=[],
        metavar="NAME",
        help="whose; may be repeated (default: aws)",
    )
    parser.add_argument(
        "--state", action="append", default=[], choices=STATES, help="only in this state; may be repeated"
    )
    parser.add_argument("--name", metavar="NAME", help="only of exactly this name")
    parser.add_argument(
        "--tag",
        action="append",
        default=[],
        type=_values.pair,
        metavar="NAME=VALUE",
        help="only with this tag; may be repeated",
    )
    parser.add_argument(
        "--all-regions", action="store_true", help="in every region of the account, where there are regions"
    )


def show(parser: ArgumentParser) -> None:
    """Add the arguments of ``vm show``."""
    _add_ids(parser)


def create(parser: ArgumentParser) -> None:
    """Add the arguments of ``vm create``."""
    parser.add_argument("name", metavar="NAME", help="what people call it")
    parser.add_argument("--type", required=True, metavar="TYPE", help="size: an instance type or flavor")
    parser.add_argument("--image", required=True, metavar="ID", help="what it starts from")
    parser.add_argument("--key-pair", metavar="NAME", help="key pair that it lets in")
    parser.add_argument("--user-data", metavar="FILE", help="what its first boot runs, - for standard input")
    parser.add_argument(
        "--security-group", action="append", default=[], metavar="ID", help="firewall; may be repeated"
    )
    parser.add_argument(
        "--network", action="append", default=[], metavar="ID", help="network or subnet; may be repeated"
    )
    parser.add_argument("--zone", metavar="NAME", help="where in the region")
    parser.add_argument(
        "--tag",
        action="append",
        default=[],
        type=_values.pair,
        metavar="NAME=VALUE",
        help="a label; may be repeated",
    )
    parser.add_argument(
        "--token",
        metavar="TEXT",
        help="your own token: a second run with the same one makes no second instance",
    )
    _add_provider(parser)
    _add_dry_run(parser)
    _add_wait(parser, "running")


def start(parser: ArgumentParser) -> None:
    """Add the arguments of ``vm start``."""
    _add_ids(parser)
    _add_dry_run(parser)
    _add_wait(parser, "running")


def stop(parser: ArgumentParser) -> None:
    """Add the arguments of ``vm stop``."""
    _add_ids(parser)
    _add_dry_run(parser)
    parser.add_argument("-f", "--force", action="store_true", help="without waiting for its operating system")
    _add_wait(parser, "stopped")


def reboot(parser: ArgumentParser) -> None:
    """Add the arguments of ``vm reboot``."""
    _add_ids(parser)
    _add_dry_run(parser)
    parser.add_argument("-f", "--force", action="store_true", help="without waiting for its operating system")


def delete(parser: ArgumentParser) -> None:
    """Add the arguments of ``vm delete``."""
    _add_ids(parser)
    _add_dry_run(parser)
    parser.add_argument(
        "-f", "--force", action="store_true", help="an instance that is not there is no error"
    )
    _add_wait(parser, "terminated")


def wait(parser: ArgumentParser) -> None:
    """Add the arguments of ``vm wait``."""
    _add_ids(parser)
    parser.add_argument(
        "--state",
        action="append",
        default=[],
        choices=STATES,
        help="what to wait for; may be repeated (default: running)",
    )
    parser.add_argument(
        "--timeout",
        type=_values.duration,
        default=600,
        metavar="TIME",
        help="at most so long for each: 90, 10m, 1h (default: 10m)",
    )


def console(parser: ArgumentParser) -> None:
    """Add the arguments of ``vm console``."""
    parser.add_argument("id", metavar="ID", help="id of an instance")
    _add_provider(parser)


def inventory(parser: ArgumentParser) -> None:
    """Add the arguments of ``inventory``."""
    parser.add_argument(
        "--type", action="append", default=[], choices=_TYPES, help="only of this type; may be repeated"
    )
    parser.add_argument(
        "-p",
        "--provider",
        action="append",
        default=[],
        choices=_PROVIDERS,
        help="only of this provider; may be repeated",
    )
    parser.add_argument(
        "--tag",
        action="append",
        default=[],
        metavar="NAME[=VALUE]",
        help="only with this tag; may be repeated",
    )
    parser.add_argument(
        "--all-regions", action="store_true", help="in every region of the account, where there are regions"
    )
