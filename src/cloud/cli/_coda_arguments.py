"""The arguments of ``cloud coda``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cloud.cli import _values
from cloud.cli._command import Command

if TYPE_CHECKING:
    from argparse import ArgumentParser

FORMATS = ("markdown", "html")


def _docs(parser: ArgumentParser) -> None:
    parser.add_argument("--query", metavar="TEXT", help="docs that hold this text")
    parser.add_argument("--mine", action="store_true", help="docs that you own")


def _tables(parser: ArgumentParser) -> None:
    _add_doc(parser)
    parser.add_argument(
        "--type", choices=("table", "view"), action="append", default=[], help="only these; may be repeated"
    )


def _rows(parser: ArgumentParser) -> None:
    _add_doc(parser)
    _add_table(parser)
    parser.add_argument(
        "--where", type=_values.pair, metavar="COLUMN=VALUE", help="only rows whose cell is this"
    )
    parser.add_argument(
        "--columns", type=_names, metavar="NAMES", help="only these columns: ids or names, with commas"
    )
    parser.add_argument(
        "--sort", choices=("createdAt", "updatedAt", "natural"), help="their order (default: createdAt)"
    )
    parser.add_argument("--limit", type=_values.positive, metavar="N", help="at most so many rows")


def _export(parser: ArgumentParser) -> None:
    _add_doc(parser)
    parser.add_argument("pages", metavar="PAGE", nargs="*", help="ids or names (default: every page)")
    parser.add_argument(
        "-o",
        "--output",
        metavar="PATH",
        default="-",
        help="a folder; with one PAGE also a file, or - for standard output",
    )
    parser.add_argument(
        "--format", choices=FORMATS, default="markdown", help="what to write (default: markdown)"
    )
    parser.add_argument("-n", "--dry-run", action="store_true", help="print what would be written")


def _upsert(parser: ArgumentParser) -> None:
    _add_doc(parser)
    _add_table(parser)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--csv", metavar="FILE", help="rows of a CSV file with a line of column names; - for standard input"
    )
    source.add_argument(
        "--rows", metavar="FILE", help="rows of a JSON list, or one JSON object on each line; - likewise"
    )
    keys = parser.add_mutually_exclusive_group(required=True)
    keys.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="COLUMN",
        help="change rows whose cell of this column is the same, add the others; may be repeated",
    )
    keys.add_argument("--insert", action="store_true", help="add every row, also one that is there already")
    parser.add_argument(
        "--no-parse", action="store_true", help="take texts as they are, also where a date is meant"
    )
    parser.add_argument(
        "--batch",
        type=_values.positive,
        default=500,
        metavar="N",
        help="rows in a request at most (default: 500)",
    )
    parser.add_argument(
        "--no-wait", action="store_true", help="end when all rows are accepted, before they are to be seen"
    )
    parser.add_argument("-n", "--dry-run", action="store_true", help="print what would be added and changed")


def _add_doc(parser: ArgumentParser) -> None:
    parser.add_argument("doc", metavar="DOC", help="id of a doc")


def _add_table(parser: ArgumentParser) -> None:
    parser.add_argument("table", metavar="TABLE", help="id or name of a table")


def _names(text: str) -> list[str]:
    return [name for part in text.split(",") if (name := part.strip())]


GROUP: Final = Command(
    "coda",
    "docs, tables and rows of Coda",
    "The token is CODA_API_TOKEN, or a profile's.",
    commands=(
        Command("docs", "list docs", "", _docs, "cloud.cli._coda:docs"),
        Command("tables", "list the tables and views of a doc", "", _tables, "cloud.cli._coda:tables"),
        Command("rows", "print the rows of a table", "", _rows, "cloud.cli._coda:rows"),
        Command(
            "export",
            "write pages as Markdown or HTML",
            "Pages below a page are pages of their own. Only canvases can be exported.",
            _export,
            "cloud.cli._coda_export:export",
        ),
        Command(
            "upsert",
            "change and add rows from a CSV or JSON file",
            "All rows are checked before the first is sent; large files go in several requests.",
            _upsert,
            "cloud.cli._coda_upsert:upsert",
        ),
    ),
)
