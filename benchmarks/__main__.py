"""Compare `cloud` with its peers, side by side: ``python -m benchmarks --help``."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks._report import PAGE, as_text, goals_table, page, table, title
from benchmarks._runner import Result, run
from benchmarks._server import CannotMeasureError, compile_server, make_source, running_server
from benchmarks.peers import PEERS
from benchmarks.workloads import WORKLOADS, Scale

_TMPFS = Path("/dev/shm")  # noqa: S108  # only a folder of our own, with a random name, is used in it


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=5, help="measurements of each peer (whole processes: 3 times as many)"
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=list(WORKLOADS),
        metavar="WORK",
        help=f"one of {', '.join(WORKLOADS)}",
    )
    parser.add_argument("--quick", action="store_true", help="a fifth of the work, 3 rounds; writes nothing")
    parser.add_argument("--large-mib", type=int, default=512, help="size of the large object")
    parser.add_argument(
        "--no-write", action="store_true", help=f"leave docs/{PAGE.name} alone, as --only and --quick do"
    )
    options = parser.parse_args()
    if options.rounds < 1 or options.large_mib < 1:
        parser.error("--rounds and --large-mib are at least 1")
    if options.quick:
        options.rounds = min(options.rounds, 3)
        options.large_mib = min(options.large_mib, 64)
    return options


def _measure(options: argparse.Namespace, folder: Path) -> tuple[dict[str, Result], Scale]:
    program = compile_server(folder)
    large = options.large_mib << 20
    source = make_source(folder, large)
    calls = 200 if options.quick else 1000
    keys = 4_000 if options.quick else 20_000
    scale = Scale(calls=calls, keys=keys, deletes=keys // 2, large=large, folder=folder, source=source)
    results: dict[str, Result] = {}
    names = options.only or list(WORKLOADS)
    with ExitStack() as servers:
        endpoints = {
            protocol: servers.enter_context(running_server(program, protocol, source, scale.keys))
            for protocol in PEERS
        }
        for name in names:
            workload = WORKLOADS[name]
            results[name] = run(workload, endpoints[workload.protocol], scale, options.rounds)
            print(f"\n{title(results[name])}   [{name}, load {results[name].load:.1f}]")
            print(as_text(table(results[name])), flush=True)
    return results, scale


def main() -> int:
    """Run what the command line asks for."""
    options = _options()
    try:
        with tempfile.TemporaryDirectory(
            prefix="cloud-bench-", dir=_TMPFS if os.access(_TMPFS, os.W_OK) else None
        ) as folder:
            results, scale = _measure(options, Path(folder))
    except CannotMeasureError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    print(f"\n{as_text(goals_table(results))}")
    if not (options.no_write or options.only or options.quick):
        PAGE.write_text(page(results, scale, options.rounds), encoding="utf-8")
        print(f"\nwritten: docs/{PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
