"""Compare `cloud` with its peers, side by side: ``python -m benchmarks --help``."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path

from benchmarks._report import PAGE, as_text, goals_table, page, table, title
from benchmarks._runner import PeerFailedError, Result, peers_python, run
from benchmarks._server import CannotMeasureError, compile_server, make_source
from benchmarks._servers import open_server
from benchmarks._store import load_results, merged, save_results
from benchmarks.workloads import WORKLOADS, Scale, Workload

_TMPFS = Path("/dev/shm")  # noqa: S108  # only a folder of our own, with a random name, is used in it


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=3, help="measurements of each peer (whole processes: twice as many)"
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=list(WORKLOADS),
        metavar="WORK",
        help=f"one of {', '.join(WORKLOADS)}",
    )
    parser.add_argument(
        "--quick", action="store_true", help="a small part of the work, one round; writes nothing"
    )
    parser.add_argument("--large-mib", type=int, default=256, help="size of the large object")
    parser.add_argument(
        "--write",
        action=argparse.BooleanOptionalAction,
        help=f"put the figures into docs/{PAGE.name}; by default unless --only or --quick is given",
    )
    options = parser.parse_args()
    if options.rounds < 1 or options.large_mib < 1:
        parser.error("--rounds and --large-mib are at least 1")
    if options.quick:
        options.rounds = 1
        options.large_mib = min(options.large_mib, 32)
    if options.write is None:
        options.write = not (options.only or options.quick)
    return options


def _scale(options: argparse.Namespace, folder: Path) -> Scale:
    large = options.large_mib << 20
    source = make_source(folder, large)
    if options.quick:
        sizes = {"calls": 40, "keys": 3_000, "deletes": 2_000, "sync_small": 200, "sync_large": 1}
    else:
        sizes = {"calls": 400, "keys": 20_000, "deletes": 10_000}
    return Scale(large=large, folder=folder, source=source, **sizes)


def _server_of(workload: Workload) -> str:
    return workload.server or workload.protocol


def _measure(options: argparse.Namespace, scale: Scale, failed: list[str]) -> dict[str, Result]:
    """Return the results of the chosen works, one server after the other; `failed` gets those without one."""
    results: dict[str, Result] = {}
    program = compile_server(scale.folder)
    chosen = [WORKLOADS[name] for name in options.only or WORKLOADS]
    for server, works in groupby(sorted(chosen, key=_server_of), key=_server_of):
        with ExitStack() as stack:
            endpoint = stack.enter_context(open_server(server, program, scale))
            for workload in works:
                if workload.name in results:  # a pair that was measured together
                    continue
                started = time.monotonic()
                try:
                    measured = run(workload, endpoint, options.rounds)
                except PeerFailedError as error:  # ours: the other works are worth having nevertheless
                    print(f"\n{workload.name}: cloud failed: {error}", file=sys.stderr, flush=True)
                    failed.append(workload.name)
                    continue
                for result in measured:
                    results[result.workload.name] = result
                    _show(result, time.monotonic() - started)
    return {name: results[name] for name in WORKLOADS if name in results}


def _show(result: Result, seconds: float) -> None:
    print(f"\n{title(result)}   [{result.workload.name}, load {result.load:.1f}, {seconds:.0f} s]")
    print(as_text(table(result)), flush=True)
    for peer, said in result.failed.items():
        print(f"  {peer} failed: {said}", flush=True)


def main() -> int:
    """Run what the command line asks for."""
    options = _options()
    try:
        with tempfile.TemporaryDirectory(
            prefix="cloud-bench-", dir=_TMPFS if os.access(_TMPFS, os.W_OK) else None
        ) as folder:
            scale = _scale(options, Path(folder))
            failed: list[str] = []
            results = _measure(options, scale, failed)
    except CannotMeasureError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    print(f"\n{as_text(goals_table(results))}")
    if options.write:
        results = merged(load_results(), results)
        save_results(results)
        PAGE.write_text(page(results, scale, peers_python()), encoding="utf-8")
        print(f"\nwritten: docs/{PAGE.name} and benchmarks/results.json")
    if failed:
        print(f"\nnot measured, as cloud failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
