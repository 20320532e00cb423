"""Runs the peers in turns, each measurement in its own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks._child import encode_scale
from benchmarks._sample import Sample, Summary, peak_memory, summarise
from benchmarks._sync import TOOLS, measure_sync
from benchmarks.peers import peers_of
from benchmarks.workloads import WORKLOADS, CallWorkload, ProcessWorkload, SyncWorkload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks._servers import Endpoint
    from benchmarks.workloads import Workload

_ROOT = Path(__file__).parent.parent
_TIMEOUT_SECONDS = 600
_PRINT_MEMORY = "\nprint(open('/proc/self/status').read())"
_SYNC_ROUNDS = 2
_LAST_LINE = 200
_OURS = {"cloud", "import cloud", "cloud, client made"}


def peers_python() -> str:
    """Return the interpreter that has the peers: of the environment `bench` beside ours, or ours.

    s3fs pins botocore, so that the peers live apart from what is developed with.
    """
    apart = Path(sys.prefix, "bench", "bin", "python")
    return str(apart) if apart.is_file() else sys.executable


@dataclass(frozen=True)
class Result:
    """All peers on one workload.

    Attributes:
        rows: label -> medians. The first is what ratios refer to.
        baseline: what was taken off the rows' figures already.
        load: one-minute load average when it ended.
        rounds: how many measurements each median is of.
        at: when it ended.
        failed: label -> the last line that a peer said before it failed.
    """

    workload: Workload
    rows: Mapping[str, Summary]
    baseline: Summary | None
    load: float
    rounds: int
    at: datetime
    failed: Mapping[str, str] = field(default_factory=dict)


class PeerFailedError(Exception):
    """A peer's process failed; the message is the last line that it said."""


def run(workload: Workload, endpoint: Endpoint, rounds: int) -> list[Result]:
    """Return the medians of `rounds` rounds: A B C, then C B A, so that a change of the machine hits all.

    A peer that fails is left out, and named; `cloud` may not fail.
    """
    if isinstance(workload, SyncWorkload):
        return _run_syncs(endpoint, min(rounds, _SYNC_ROUNDS))
    measure: Callable[[str], Sample]
    if isinstance(workload, ProcessWorkload):
        labels = list(workload.scripts)
        rounds *= 2  # whole processes are short, and vary more
        measure = partial(_measure_process, workload, endpoint)
    else:
        labels = peers_of(workload.protocol, workload.kind or workload.name, workload.server)
        rounds = min(rounds, workload.rounds)
        measure = partial(_measure_calls, workload, endpoint)
    samples: dict[str, list[Sample]] = {label: [] for label in labels}
    failed: dict[str, str] = {}
    for label in _turns(labels, rounds):
        if label in failed:
            continue
        try:
            samples[label].append(measure(label))
        except PeerFailedError as error:
            if label in _OURS:
                raise
            failed[label] = str(error)
    rows = {label: summarise(samples[label]) for label in labels if label not in failed}
    baseline = None
    if isinstance(workload, ProcessWorkload) and workload.baseline is not None:
        baseline = rows.pop(workload.baseline)
        rows = {label: _without(row, baseline) for label, row in rows.items()}
    return [_result(workload, rows, rounds, baseline, failed)]


def _turns(labels: list[str], rounds: int) -> list[str]:
    return [
        label for number in range(rounds) for label in (labels if number % 2 == 0 else list(reversed(labels)))
    ]


def _result(
    workload: Workload,
    rows: Mapping[str, Summary],
    rounds: int,
    baseline: Summary | None = None,
    failed: Mapping[str, str] | None = None,
) -> Result:
    now = datetime.now(timezone.utc)
    return Result(workload, rows, baseline, os.getloadavg()[0], rounds, now, failed or {})


def _run_syncs(endpoint: Endpoint, rounds: int) -> list[Result]:
    """Return the first and the second runs of all tools: they cannot be had apart."""
    programs = Path(peers_python()).parent
    samples: dict[str, list[tuple[Sample, Sample]]] = {tool: [] for tool in TOOLS}
    for number, tool in enumerate(_turns(list(TOOLS), rounds)):
        samples[tool].append(measure_sync(tool, programs, endpoint, number))
    return [
        _result(
            WORKLOADS[name],
            {tool: summarise([pair[place] for pair in samples[tool]]) for tool in TOOLS},
            rounds,
        )
        for place, name in enumerate(("sync-first", "sync-again"))
    ]


def _without(row: Summary, baseline: Summary) -> Summary:
    return Summary(
        row.wall - baseline.wall,
        row.cpu - baseline.cpu,
        row.user_share,
        row.peak_mib,
        row.growth_mib,
        row.growth_unit,
        row.spread,
    )


def _measure_calls(workload: CallWorkload, endpoint: Endpoint, peer: str) -> Sample:
    options = [workload.name, peer, endpoint.url, encode_scale(endpoint.scale)]
    outcome = subprocess.run(
        [peers_python(), "-m", "benchmarks._child", *options],
        cwd=_ROOT,
        env=_environment(endpoint),
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
    if outcome.returncode != 0:
        said = outcome.stderr.strip().splitlines() or [f"exit status {outcome.returncode}"]
        raise PeerFailedError(said[-1][:_LAST_LINE])
    return Sample(**json.loads(outcome.stdout.splitlines()[-1]))


def _measure_process(workload: ProcessWorkload, endpoint: Endpoint, label: str) -> Sample:
    """Return what a whole process uses, by the kernel's own account of it."""
    script = workload.scripts[label].format(endpoint=endpoint.url)
    with tempfile.TemporaryFile("w+") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            [peers_python(), "-c", script + _PRINT_MEMORY],
            cwd=_ROOT,
            env=_environment(endpoint),
            stdout=output,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise PeerFailedError(f"exit status {process.returncode}")
        output.seek(0)
        peak = peak_memory(output.read())
    return Sample(1, wall, usage.ru_utime, usage.ru_stime, peak)


def _environment(endpoint: Endpoint) -> dict[str, str]:
    """Return this process's environment without what would change how a peer behaves."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(("AWS_", "PYTHON")) and not name.upper().endswith("_PROXY")
    }
    quiet = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull, "AWS_REGION": "us-east-1"}
    return kept | quiet | dict(endpoint.environment)
