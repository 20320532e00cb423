"""Results as text for the terminal and as ``docs/benchmarks.md``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks._goals import GOALS
from benchmarks._limits import LIMITS
from benchmarks._machine import machine, server_versions, versions
from benchmarks.peers import LEFT_OUT
from benchmarks.workloads import CallWorkload, SyncWorkload

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

Every peer does the same work against the same server. For most tables that is `benchmarks/nullstore.c`: an object
store on loopback that costs almost nothing, so that the client is what is measured. It speaks S3, Google Cloud
Storage, Azure Blob Storage or OpenStack Swift, with the headers and checksums that the service answers with, with
and without TLS. SeaweedFS, Azurite and fake-gcs-server are real servers: they store what they are sent, and cost
more than most clients. Each measurement is a process of its own; peers take turns (A B C D, then D C B A), and the
figures are medians. Imports, making the client and the first calls lie outside the measured part, except in the
tables of imports, of process starts and of syncs. CPU is user and system time of all threads of the client and its
children; the server's is not in it. "Times boto3" is boto3's figure divided by the row's, and likewise for the
others: larger is better.

How far to trust it: loopback has no latency. Without TLS boto3, minio, obstore and `cloud` sign a hash of what they
upload to S3; nothing is signed for Google, where all peers are anonymous. nullstore throws uploads away, which
flatters every upload. A page of a listing has as many keys as the library asks for by itself, for S3 and Google
1,000. `cloud`, boto3 and google-cloud-storage verify the stored checksum of what they read whole; minio, obstore,
opendal, azure-storage-blob and openstacksdk do not. "obstore, parallel" is a loop over its ranges with positioned
writes, as obstore itself reads a large object in one stream. azure-storage-blob moves large objects by eight
connections. Threads share one interpreter: with 16 of them every library in Python waits for the same lock, and
what its own code costs is its rate.

A figure of a machine that does other work besides is noisy in wall time; the load is under each heading.
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
        if result.workload.name == "kept":
            growth = f"{row.growth_unit:.0f} bytes a key"
        shares = [f"{row.user_share:.0%}", f"{row.peak_mib:.0f}", growth, f"{row.spread:.0%}"]
        rows.append([label, *_unit_values(result.workload, row), *ratios, *shares])
    return rows


def _ratio_labels(result: Result) -> Sequence[str]:
    first = next(iter(result.rows))
    if isinstance(result.workload, SyncWorkload):
        return (first, "s5cmd")
    return (first, "obstore", "obstore, parallel")


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
    """Return each promise that `results` can judge, what was reached, whether it was kept, and how to repeat it."""
    rows = [["goal", "reached", "kept", "`python -m benchmarks`", "measured (UTC)"]]
    for goal in GOALS:
        figure = goal.reached(results)
        if figure is not None:
            works = " ".join(f"--only {name}" for name in goal.works)
            at = max(results[name].at for name in goal.works)
            kept = "yes" if goal.is_kept(figure) else "**no**"
            rows.append([goal.text, goal.show(figure), kept, f"`{works}`", f"{at:%m-%d %H:%M}"])
    return rows


def _limits(results: Mapping[str, Result]) -> list[str]:
    """Return what is known of the goals that were missed."""
    missed = {
        name
        for goal in GOALS
        if (figure := goal.reached(results)) is not None and not goal.is_kept(figure)
        for name in goal.works
    }
    return [f"- {text}" for names, text in LIMITS if missed.intersection(names)]


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


def page(results: Mapping[str, Result], scale: Scale, python: str) -> str:
    """Return the text of ``docs/benchmarks.md``.

    Args:
        python: the interpreter that has the peers.
    """
    kept = [row[2] == "yes" for row in goals_table(results)[1:]]
    facts = (
        f"- Machine: {machine()}.\n"
        f"- Versions: {versions(python)}.\n"
        f"- Real servers: {server_versions()}, Azurite as in `tests/servers/npm/package-lock.json`.\n"
        f"- Command: `make bench` ({scale.calls} small calls, twice as many with threads; "
        f"{scale.keys:,} keys listed, {scale.deletes:,} deleted; a large object of {scale.large >> 20} MiB, "
        f"64 MiB on real servers; {scale.sync_small:,} small files and {scale.sync_large} large ones synced).\n"
        "- Files lie in `/dev/shm` where there is one.\n"
        f"- Left out: {'; '.join(f'{peer} on {server} ({why})' for (server, peer), why in LEFT_OUT.items())}."
    )
    limits = _limits(results)
    parts = [
        _INTRODUCTION,
        facts,
        "## Goals",
        f"{sum(kept)} of {len(kept)} are kept.",
        _as_markdown(goals_table(results)),
        *(["## What limits those that are not", "\n".join(limits)] if limits else []),
    ]
    for name, result in results.items():
        parts += [f"## {title(result)}", _circumstances(name, result), _as_markdown(table(result))]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _circumstances(name: str, result: Result) -> str:
    failed = "".join(f" Not measured: {peer} failed ({said})." for peer, said in result.failed.items())
    return (
        f"`python -m benchmarks --only {name}`; {result.at:%Y-%m-%d %H:%M} UTC, "
        f"{result.rounds} round{'s' if result.rounds != 1 else ''}, load {result.load:.1f}.{failed}"
    )
