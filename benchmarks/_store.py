"""Results between runs: a run of some works replaces theirs, and leaves the others as they were measured."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks._runner import Result
from benchmarks._sample import Summary
from benchmarks.workloads import WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = Path(__file__).with_name("results.json")


def load_results() -> dict[str, Result]:
    """Return what was measured before, of works that there still are, in the order of the report."""
    if not FILE.is_file():
        return {}
    stored: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return {name: _decoded(name, stored[name]) for name in WORKLOADS if name in stored}


def merged(old: Mapping[str, Result], new: Mapping[str, Result]) -> dict[str, Result]:
    """Return both, the new before the old, in the order of the report."""
    return {name: new.get(name) or old[name] for name in WORKLOADS if name in new or name in old}


def save_results(results: Mapping[str, Result]) -> None:
    """Write the results for the next run."""
    text = json.dumps({name: _encoded(result) for name, result in results.items()}, indent=1)
    FILE.write_text(f"{text}\n", encoding="utf-8")


def _encoded(result: Result) -> dict[str, Any]:
    return {
        "rows": {label: asdict(row) for label, row in result.rows.items()},
        "baseline": None if result.baseline is None else asdict(result.baseline),
        "load": result.load,
        "rounds": result.rounds,
        "at": result.at.isoformat(timespec="seconds"),
        "failed": dict(result.failed),
    }


def _decoded(name: str, stored: Mapping[str, Any]) -> Result:
    baseline = stored["baseline"]
    return Result(
        workload=WORKLOADS[name],
        rows={label: Summary(**row) for label, row in stored["rows"].items()},
        baseline=None if baseline is None else Summary(**baseline),
        load=stored["load"],
        rounds=stored["rounds"],
        at=datetime.fromisoformat(stored["at"]),
        failed=stored["failed"],
    )
