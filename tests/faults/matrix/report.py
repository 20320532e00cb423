"""docs/reliability.md: the counts of the matrix, ours beside the peers', and what is behind them."""

from __future__ import annotations

import platform
import subprocess
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faults.matrix import expected
from faults.matrix.cases import Case, Operation, Verdict, is_transient
from faults.matrix.program import PEERS
from faults.matrix.stores import STORE_OF

if TYPE_CHECKING:
    from collections.abc import Sequence

    Row = dict[str, Any]

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reliability.md"
BEGIN, END = "<!-- made by `make faults` -->", "<!-- end of what is made -->"
COLUMNS = (
    Verdict.RIGHT,
    Verdict.ERROR,
    Verdict.UNTYPED,
    Verdict.ORPHAN,
    Verdict.TORN,
    Verdict.WRONG,
    Verdict.HANG,
)
_VERSIONS = """
import importlib.metadata as m, sys
for name in sys.argv[1:]:
    print(name, m.version(name))
"""


def counts(rows: Sequence[Row]) -> str:
    """Return the table of verdicts for each client."""
    lines = [
        f"| client | of | {' | '.join(column.value for column in COLUMNS)} | transient, right |",
        "|---|---|" + "---|" * (len(COLUMNS) + 1),
    ]
    for client in [client for client in STORE_OF if any(row["client"] == client for row in rows)]:
        ended = [row for row in rows if row["client"] == client and row["verdict"] in _VALUES]
        verdicts = Counter(row["verdict"] for row in ended)
        transient = [row for row in ended if is_transient(row["client"], row["name"])]
        right = sum(_ended_right(row) for row in transient)
        share = f"{100 * right / len(transient):.1f} %" if transient else "-"
        numbers = " | ".join(str(verdicts[column.value] or "-") for column in COLUMNS)
        lines.append(f"| {client} ({STORE_OF[client]}) | {len(ended)} | {numbers} | {share} |")
    return "\n".join(lines)


_VALUES = {column.value for column in COLUMNS}


def _ended_right(row: Row) -> bool:
    """Return whether the call itself ended right, whatever it left."""
    return row["verdict"] == "right" or (row["verdict"] == "orphan" and row["succeeded"])


def _wrongs(rows: Sequence[Row]) -> str:
    """Return which faults made whom silently wrong, by operation."""
    lines = ["| client | operation | faults |", "|---|---|---|"]
    for client in STORE_OF:
        for operation in Operation:
            names = sorted({
                row["name"]
                for row in rows
                if (row["client"], row["operation"]) == (client, operation.value) and row["verdict"] == "wrong"
            })  # fmt: skip  # a set of what is in the rows
            if names:
                lines.append(f"| {client} | {operation.value} | {', '.join(names)} |")
    return "\n".join(lines)


def _ours(rows: Sequence[Row]) -> str:
    """Return what is not right of our own clients, with the reason, or that there is none."""
    grouped: dict[tuple[str, str], Counter[str]] = {}
    for row in rows:
        if row["client"] in PEERS or row["verdict"] not in _VALUES - {"right"}:
            continue
        case = Case(row["client"], Operation(row["operation"]), row["name"], row["position"])
        why = expected.reason(case, Verdict(row["verdict"])) or "**a defect that is not explained**"
        if row["verdict"] == "error" and not is_transient(row["client"], row["name"]):
            continue
        words = f"{row['client'].removeprefix('cloud ')} {row['operation']}: {row['name']}"
        grouped.setdefault((row["verdict"], why), Counter())[words] += 1
    lines = ["| verdict | why | cases |", "|---|---|---|"]
    for (verdict, why), cases in sorted(grouped.items(), reverse=True):
        shown = "; ".join(sorted(cases)[:6]) + ("; and others" if len(cases) > 6 else "")
        lines.append(f"| {verdict} ({sum(cases.values())}) | {why} | {shown} |")
    return "\n".join(lines)


def _versions(python: str) -> str:
    packages = ["aiobotocore", "botocore", *PEERS]
    names = ["apache-libcloud" if name == "libcloud" else name for name in packages]
    done = subprocess.run([python, "-c", _VERSIONS, *names], capture_output=True, text=True, check=False)
    return ", ".join(done.stdout.split("\n")[:-1]) if not done.returncode else "without the peers"


def write(rows: Sequence[Row], minutes: float, python: str) -> None:
    """Put what was found into the page, between its two marks."""
    ran = sum(row["verdict"] is not None for row in rows)
    partly = sorted({row["client"] for row in rows if row["verdict"] is None})
    head = (
        f"Made on {datetime.now(timezone.utc):%Y-%m-%d} by `make faults` in {minutes:.0f} minutes, "
        f"Python {platform.python_version()}: "
        f"{f'{ran:,} of the' if partly else 'all'} {len(rows):,} cases"
        f"{', of ' + ' and '.join(partly) + ' a seeded sample' if partly else ''}. Peers: {_versions(python)}."
    )
    made = "\n\n".join((
        BEGIN, head, counts(rows),
        "### Silently wrong", _wrongs(rows),
        "### What is not right of ours", _ours(rows),
        END,
    ))  # fmt: skip  # the order of the page
    text = PAGE.read_text()
    before, _, rest = text.partition(BEGIN)
    PAGE.write_text(before + made + rest.partition(END)[2])
