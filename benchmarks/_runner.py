"""Runs the peers in turns, each measurement in its own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks._child import encode_scale
from benchmarks._sample import Sample, Summary, peak_memory, summarise
from benchmarks.peers import PEERS
from benchmarks.workloads import CallWorkload, ProcessWorkload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.workloads import Scale, Workload

_ROOT = Path(__file__).parent.parent
_TIMEOUT_SECONDS = 600
_PRINT_MEMORY = "\nprint(open('/proc/self/status').read())"


@dataclass(frozen=True)
class Result:
    """All peers on one workload.

    Attributes:
        rows: label -> medians. The first is what ratios refer to.
        baseline: what was taken off the rows' figures already.
        load: one-minute load average when it ended.
    """

    workload: Workload
    rows: Mapping[str, Summary]
    baseline: Summary | None
    load: float


def run(workload: Workload, endpoint: str, scale: Scale, rounds: int) -> Result:
    """Return the medians of `rounds` rounds: A B C, then C B A, so that a change of the machine hits all."""
    measure: Callable[[str], Sample]
    if isinstance(workload, ProcessWorkload):
        labels = list(workload.scripts)
        rounds *= 3  # whole processes are short, and vary more

        def measure(label: str) -> Sample:
            return _measure_process(workload.scripts[label].format(endpoint=endpoint))

    else:
        labels = list(PEERS[workload.protocol])

        def measure(label: str) -> Sample:
            return _measure_calls(workload, label, endpoint, scale)

    samples: dict[str, list[Sample]] = {label: [] for label in labels}
    for number in range(rounds):
        for label in labels if number % 2 == 0 else reversed(labels):
            samples[label].append(measure(label))
    rows = {label: summarise(samples[label]) for label in labels}
    baseline = None
    if isinstance(workload, ProcessWorkload) and workload.baseline is not None:
        baseline = rows.pop(workload.baseline)
        rows = {label: _without(row, baseline) for label, row in rows.items()}
    return Result(workload, rows, baseline, os.getloadavg()[0])


def _without(row: Summary, baseline: Summary) -> Summary:
    return Summary(
        row.wall - baseline.wall,
        row.cpu - baseline.cpu,
        row.user_share,
        row.peak_mib,
        row.growth_mib,
        row.spread,
    )


def _measure_calls(workload: CallWorkload, peer: str, endpoint: str, scale: Scale) -> Sample:
    command = [sys.executable, "-m", "benchmarks._child", workload.name, peer, endpoint, encode_scale(scale)]
    outcome = subprocess.run(
        command,
        cwd=_ROOT,
        env=_environment(),
        stdout=subprocess.PIPE,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        check=True,
    )
    return Sample(**json.loads(outcome.stdout.splitlines()[-1]))


def _measure_process(script: str) -> Sample:
    """Return what a whole process uses, by the kernel's own account of it."""
    with tempfile.TemporaryFile("w+") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-c", script + _PRINT_MEMORY], cwd=_ROOT, env=_environment(), stdout=output
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise subprocess.CalledProcessError(process.returncode, script)
        output.seek(0)
        peak = peak_memory(output.read())
    return Sample(1, wall, usage.ru_utime, usage.ru_stime, peak)


def _environment() -> dict[str, str]:
    """Return this process's environment without what would change how a peer behaves."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(("AWS_", "PYTHON")) and not name.upper().endswith("_PROXY")
    }
    return kept | {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull}
