"""The arguments of ``cloud sync``, ``check`` and ``cleanup``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cloud.cli import _values

if TYPE_CHECKING:
    from argparse import ArgumentParser

COMPARE: Final = ("time", "size", "checksum", "etag", "content")
"""The values of `cloud.transfer.Compare`, which is not loaded for a line of help."""
_SAME = "by what items are taken for the same, beside size: time, size alone, checksum, etag, content"


def sync(parser: ArgumentParser) -> None:
    """Add the arguments of ``sync``."""
    parser.add_argument("source", metavar="SOURCE", help="URL of a bucket or folder, or a path")
    parser.add_argument("target", metavar="TARGET", help="URL of a bucket or folder, or a path")
    parser.add_argument("-n", "--dry-run", action="store_true", help="print the plan, and do nothing")
    parser.add_argument(
        "--delete", action="store_true", help="delete in TARGET what SOURCE does not have, at the end"
    )
    parser.add_argument(
        "--max-delete",
        type=_values.count_or_percent,
        metavar="N|N%",
        help="do nothing at all if more would be deleted; 100%% where SOURCE may be empty",
    )
    _add_compare(parser, "time")
    _add_selection(parser)
    _values.add_bandwidth_limit(parser)
    parser.add_argument(
        "--case-sensitive",
        action="store_true",
        help="the local folder keeps names apart that differ by case or Unicode form alone",
    )
    parser.add_argument(
        "--no-resume",
        action="store_true",
        help="forget what an interrupted run has done, compare all, and leave no parts of large objects",
    )
    parser.add_argument(
        "--state", metavar="FOLDER", help="where journals are kept (default: ~/.local/state/cloud/sync)"
    )
    parser.add_argument("--content-type", metavar="TYPE", help="media type (default: guessed from the name)")
    parser.add_argument(
        "--metadata",
        action="append",
        type=_values.pair,
        metavar="NAME=VALUE",
        help="a pair of your own; may be repeated",
    )
    parser.add_argument(
        "--storage-class", metavar="CLASS", help="the service's own word, such as STANDARD_IA"
    )


def check(parser: ArgumentParser) -> None:
    """Add the arguments of ``check``."""
    parser.add_argument("source", metavar="SOURCE", help="URL of a bucket or folder, or a path")
    parser.add_argument("target", metavar="TARGET", help="URL of a bucket or folder, or a path")
    parser.add_argument("--one-way", action="store_true", help="allow more in TARGET than in SOURCE")
    _add_compare(parser, "checksum")
    _add_selection(parser)


def cleanup(parser: ArgumentParser) -> None:
    """Add the arguments of ``cleanup``."""
    parser.add_argument(
        "places",
        metavar="PLACE",
        nargs="*",
        help="URL of a bucket or folder, whose unfinished uploads go, or a path, whose staged files go",
    )
    parser.add_argument(
        "-n", "--dry-run", action="store_true", help="print what would go, and remove nothing"
    )
    parser.add_argument(
        "--older-than",
        type=_values.duration,
        default=86_400,
        metavar="TIME",
        help="leave what is younger: 900, 15m, 1h, 7d (default: 1d); it may be of a running transfer",
    )
    parser.add_argument(
        "--keep-journals", action="store_true", help="leave the journals of interrupted syncs"
    )
    parser.add_argument(
        "--state", metavar="FOLDER", help="where journals are kept (default: ~/.local/state/cloud/sync)"
    )


def _add_compare(parser: ArgumentParser, default: str) -> None:
    """Add ``--compare`` and what belongs to it."""
    parser.add_argument("--compare", choices=COMPARE, default=default, help=f"{_SAME} (default: {default})")
    parser.add_argument(
        "--window",
        type=_values.duration,
        default=0,
        metavar="TIME",
        help="how far times of a downloaded file may be off: 2s where the file system is that coarse",
    )


def _add_selection(parser: ArgumentParser) -> None:
    """Add what says which items take part, and how many at once."""
    parser.add_argument(
        "--include", action="append", default=[], metavar="GLOB", help="only what fits; may be repeated"
    )
    parser.add_argument(
        "--exclude", action="append", default=[], metavar="GLOB", help="not what fits; may be repeated"
    )
    parser.add_argument(
        "--follow-symlinks", action="store_true", help="take what symbolic links of SOURCE point to"
    )
    parser.add_argument(
        "--workers",
        type=_values.positive,
        default=8,
        metavar="N",
        help="items in flight at once (default: 8)",
    )
