"""Results as text for the terminal and as ``docs/benchmarks.md``."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks._goals import GOALS
from benchmarks._machine import machine, versions
from benchmarks.workloads import CallWorkload

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks._runner import Result
    from benchmarks._sample import Summary
    from benchmarks.workloads import Scale, Workload

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
_MB = 1e-3  # of a GB

_INTRODUCTION = """\
# Benchmarks

Written by `make bench`; edit `benchmarks/_report.py`, not this page.

Every peer does the same work against the same server, `benchmarks/nullstore.c`: an object store on loopback
that costs almost nothing, so that the client is what is measured. It speaks S3, Google Cloud Storage, Azure Blob
Storage or OpenStack Swift, with the headers and checksums that the service answers with. Each measurement is a
process of its own; peers take turns (A B C D, then D C B A), and the figures are medians. Imports, making the
client and the first calls lie outside the measured part, except in the tables of imports and of process starts.
CPU is user and system time of all threads of the client; the server's is not in it. "Times boto3" is boto3's
figure divided by the row's, and likewise for the other services' own SDKs: larger is better.

How far to trust it: loopback has no latency, TLS is off (boto3, minio, obstore and `cloud` then sign a hash of
what they upload to S3; nothing is signed for Google, where all peers are anonymous), and uploads are thrown
away, which flatters every upload. A page of a listing has as many keys as the library asks for by itself, for
S3 and Google 1,000. `cloud`, boto3 and google-cloud-storage verify the stored checksum of what they read whole;
minio, obstore, azure-storage-blob and openstacksdk do not.
"""


def table(result: Result) -> list[list[str]]:
    """Return the header and the rows of one result."""
    ratio_rows = [label for label in _ratio_labels(result) if label in result.rows]
    header = ["", *_unit_headers(result.workload)]
    header += [f"times {label}, {what}" for label in ratio_rows for what in ("CPU", "wall")]
    header += ["user share", "peak MiB", "grown by MiB", "spread"]
    rows = [header]
    for label, row in result.rows.items():
        ratios = []
        for other in ratio_rows:
            base = result.rows[other]
            ratios += [_ratio(base.cpu, row.cpu), _ratio(base.wall, row.wall)]
        growth = f"{row.growth_mib:.0f}" if isinstance(result.workload, CallWorkload) else "-"
        shares = [f"{row.user_share:.0%}", f"{row.peak_mib:.0f}", growth, f"{row.spread:.0%}"]
        rows.append([label, *_unit_values(result.workload, row), *ratios, *shares])
    return rows


def _ratio_labels(result: Result) -> Sequence[str]:
    return (next(iter(result.rows)), "obstore")


def _ratio(other: float, own: float) -> str:
    return f"{other / own:.2f}" if own > 0 else "-"


def _unit_headers(workload: Workload) -> list[str]:
    if not isinstance(workload, CallWorkload):
        return ["CPU ms", "wall ms"]
    if workload.unit == "GB":
        return ["CPU s/GB", "MB/s"]
    return [f"CPU µs/{workload.unit}", f"{workload.unit}s/s"]


def _unit_values(workload: Workload, row: Summary) -> list[str]:
    if not isinstance(workload, CallWorkload):
        return [f"{row.cpu * 1e3:.1f}", f"{row.wall * 1e3:.1f}"]
    if workload.unit == "GB":
        return [f"{row.cpu:.2f}", f"{1 / row.wall / _MB:,.0f}"]
    return [f"{row.cpu * 1e6:,.1f}", f"{1 / row.wall:,.0f}"]


def title(result: Result) -> str:
    """Return the heading of one result."""
    taken = result.baseline
    if taken is None:
        return result.workload.title
    return f"{result.workload.title} (above `python -c pass`: {taken.cpu * 1e3:.1f} ms of CPU)"


def goals_table(results: Mapping[str, Result]) -> list[list[str]]:
    """Return each promise that `results` can judge, what was reached, and whether it was kept."""
    rows = [["goal", "reached", "kept"]]
    for goal in GOALS:
        figure = goal.reached(results)
        if figure is not None:
            rows.append([goal.text, goal.show(figure), "yes" if goal.is_kept(figure) else "**no**"])
    return rows


def as_text(rows: Sequence[Sequence[str]]) -> str:
    """Return a table for a terminal."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def _as_markdown(rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "| --- |" + " ---: |" * (len(rows[0]) - 1))
    return "\n".join(lines)


def page(results: Mapping[str, Result], scale: Scale, rounds: int) -> str:
    """Return the text of ``docs/benchmarks.md``."""
    loads = [result.load for result in results.values()]
    today = datetime.now(timezone.utc).date().isoformat()
    facts = (
        f"- Machine: {machine()}.\n"
        f"- Versions: {versions()}.\n"
        f"- Command: `make bench` ({rounds} rounds; {scale.calls} small calls, twice as many with threads; "
        f"{scale.keys:,} keys listed, {scale.deletes:,} deleted; a large object of {scale.large >> 20} MiB).\n"
        f"- Last run: {today}, load average {min(loads):.1f} to {max(loads):.1f}."
    )
    parts = [
        _INTRODUCTION,
        facts,
        "## Goals",
        _as_markdown(goals_table(results)),
    ]
    for result in results.values():
        parts += [f"## {title(result)}", _as_markdown(table(result))]
    return "\n\n".join(part.strip() for part in parts) + "\n"
