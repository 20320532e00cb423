"""The whole matrix, and docs/reliability.md of it.

``python -m faults.matrix [--peers PYTHON] [--client NAME ...] [--results FILE] [--write]``, from the folder
``tests``. Clients run in processes of their own, the peers' by the interpreter of the environment that has them.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from threading import Event, Timer
from typing import TYPE_CHECKING, Any

from faults.matrix import report
from faults.matrix.cases import Case, Operation, Outcome, Verdict, cases_of, faults
from faults.matrix.judge import Place, judge
from faults.matrix.program import PEERS
from faults.matrix.stores import STORE_OF, STORES, running

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cloud.common import BaseStorageClient
    from cloud.testing import FaultProxy
    from faults.matrix.clients import Settings

HANG_SECONDS = 90.0
SILENCE_SECONDS = 5.0
SEED = 4
PROCESSES = 2
"""For each client; most of the time most of them wait for a silence to end."""

_servers: dict[str, Any] = {}
_peers: list[str] = []
_programs: dict[str, subprocess.Popen[str]] = {}
_direct: dict[str, BaseStorageClient] = {}
_FAULTS = faults()


def _begin(servers: dict[str, Any], peers: str) -> None:
    _servers.update(servers)
    _peers.append(peers)


def _program(client: str) -> subprocess.Popen[str]:
    found = _programs.get(client)
    if found is None or found.poll() is not None:
        python = _peers[0] if client in PEERS else sys.executable
        found = _programs[client] = subprocess.Popen(
            [python, "-m", "faults.matrix.program", client],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
            if client not in PEERS
            else {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        )
    return found


def _ask(client: str, task: dict[str, Any]) -> dict[str, Any] | None:
    """Give a program one task, and end it when it hangs; its first one waits for its SDK to be loaded, too."""
    begun = _programs.get(client)
    program = _program(client)
    assert program.stdin is not None
    assert program.stdout is not None
    program.stdin.write(json.dumps(task) + "\n")
    program.stdin.flush()
    hung = Event()

    def end() -> None:
        hung.set()
        program.kill()

    timer = Timer(HANG_SECONDS * (1 if program is begun else 2), end)
    timer.start()
    try:
        line = program.stdout.readline()
    finally:
        timer.cancel()
    if hung.is_set():
        return None
    if not line:
        return {"error": f"the program ended with {program.wait()}", "family": ""}
    answer: dict[str, Any] = json.loads(line)
    return answer


def _direct_of(client: str) -> BaseStorageClient:
    name = STORE_OF[client]
    if name not in _direct:
        _direct[name] = STORES[name].direct(_servers[name])
    return _direct[name]


def _signed(settings: Settings, key: str) -> dict[str, str]:
    """Return URLs that `requests` reads and writes with, of the proxy, whose address the signature covers."""
    from faults.matrix import ours
    from faults.matrix.cases import BUCKET

    maker = ours.connect("cloud s3", settings).client
    expires = 3600
    return {
        "get": str(maker.generate_presigned_url(BUCKET, key, expires_in=expires)),
        "put": str(maker.generate_presigned_url(BUCKET, key, method="PUT", expires_in=expires)),
    }


def run_case(case: Case) -> Outcome:
    """Return what becomes of one case, in this process's turn."""
    with tempfile.TemporaryDirectory() as folder:
        place = Place(_servers[STORE_OF[case.client]], _direct_of(case.client), Path(folder), SILENCE_SECONDS)

        def carry(settings: Settings, case: Case, key: str, _proxy: FaultProxy) -> dict[str, Any] | None:
            if case.client == "requests":
                settings["signed"] = _signed(settings, key)
            task = {"settings": settings, "operation": case.operation.value, "key": key, "folder": folder}
            return _ask(case.client, task)

        return judge(case, _FAULTS.get(case.name), place, carry)


def operations_of(client: str) -> Sequence[Operation]:
    """Return what a client has: a sync is this library's alone, a stream of unknown length not everyone's."""
    return [
        operation
        for operation in Operation
        if not (operation.syncs and client in PEERS)
        and not (operation is Operation.UPLOAD_STREAM and client == "requests")
    ]


def run_all(clients: Sequence[str], peers: str, minutes: float) -> Iterator[tuple[Case, Outcome | None]]:
    """Yield every case of `clients` and its outcome, in the order in which they end.

    The order is a seeded shuffle, so that what `minutes` leave out (outcome None) is a fair sample.

    Raises:
        RuntimeError: a client does not work without a fault.
    """
    ends = time.monotonic() + minutes * 60
    with running({STORE_OF[client] for client in clients}) as servers, ExitStack() as stack:
        # Journals of uploads go there, and not to the state folder of whoever runs this.
        os.environ["XDG_STATE_HOME"] = stack.enter_context(tempfile.TemporaryDirectory())
        pools = {
            client: stack.enter_context(
                ProcessPoolExecutor(PROCESSES, initializer=_begin, initargs=(servers, peers))
            )
            for client in clients
        }
        waiting = {}
        for client, requests in _requests(pools).items():
            cases = cases_of(client, list(_FAULTS), requests)
            random.Random(SEED).shuffle(cases)  # noqa: S311  # it guards nothing
            waiting |= {pools[client].submit(run_case, case): case for case in cases}
        late = Timer(max(0.0, ends - time.monotonic()), lambda: [future.cancel() for future in waiting])
        late.start()
        for future in as_completed(waiting):
            yield waiting[future], None if future.cancelled() else future.result()
        late.cancel()


def _requests(pools: Mapping[str, ProcessPoolExecutor]) -> dict[str, dict[Operation, int]]:
    """Return how many requests each operation makes while nothing is wrong."""
    plain = {
        pool.submit(run_case, case): case
        for client, pool in pools.items()
        for case in (Case(client, operation, "none", 0) for operation in operations_of(client))
    }
    counts: dict[str, dict[Operation, int]] = {client: {} for client in pools}
    for future, case in plain.items():
        outcome = future.result()
        if outcome.verdict is not Verdict.RIGHT:
            raise RuntimeError(f"{case}: {outcome}")
        counts[case.client][case.operation] = outcome.requests
    return counts


def main() -> None:
    """Run, print what is not right, and write the page when asked to."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers", default="", help="python of the environment of the peers")
    parser.add_argument("--client", action="append", help="only this one")
    parser.add_argument("--results", type=Path, help="file to keep the outcomes in, one in a line")
    parser.add_argument("--minutes", type=float, default=1000.0, help="give up what was not begun by then")
    parser.add_argument("--write", action="store_true", help="write docs/reliability.md")
    options = parser.parse_args()
    everybody = [client for client in STORE_OF if options.peers or client not in PEERS]
    begun, rows = time.monotonic(), []
    for case, outcome in run_all(options.client or everybody, options.peers, options.minutes):
        row = {**asdict(case), "operation": case.operation.value, "verdict": None}
        if outcome is not None:
            row |= {**asdict(outcome), "verdict": outcome.verdict.value}
            if (
                outcome.verdict not in {Verdict.RIGHT, Verdict.UNMET, Verdict.ERROR}
                and case.client not in PEERS
            ):
                print(f"{case}: {outcome.verdict.value} {outcome.note} {outcome.error}", flush=True)  # noqa: T201  # a report to people
        rows.append(row)
        if options.results is not None:
            with options.results.open("a") as file:
                file.write(json.dumps(row) + "\n")
    took = (time.monotonic() - begun) / 60
    print(report.counts(rows))  # noqa: T201  # likewise
    print(f"{took:.0f} minutes")  # noqa: T201  # likewise
    if options.write:
        report.write(rows, took, options.peers or sys.executable)


if __name__ == "__main__":
    main()
