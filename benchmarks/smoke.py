"""Every peer does every work once, in its smallest form and in one process: ``python -m benchmarks.smoke [SERVER ...]``.

It finds in a minute what a measurement would stumble over after ten: a call that a new version of a peer took
away, an answer that nullstore does not have. ``cloud`` must do all; a peer that fails is named.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks._child import decode_scale, encode_scale
from benchmarks._runner import peers_python
from benchmarks._server import compile_server, make_source
from benchmarks._servers import open_server
from benchmarks.peers import make_peer, peers_of
from benchmarks.workloads import WORKLOADS, CallWorkload, Scale

_SMALLEST = {"calls": 3, "keys": 1_200, "deletes": 20}
_LARGE = 20 << 20
_SHOWN = 300


def main(servers: list[str]) -> int:
    """Return 1 if `cloud` failed somewhere."""
    failed = 0
    with tempfile.TemporaryDirectory(prefix="cloud-bench-") as name:
        folder = Path(name)
        scale = Scale(large=_LARGE, folder=folder, source=make_source(folder, _LARGE), **_SMALLEST)
        program = compile_server(folder)
        works = [work for work in WORKLOADS.values() if isinstance(work, CallWorkload)]
        for server in servers or dict.fromkeys(work.server or work.protocol for work in works):
            with open_server(server, program, scale) as endpoint:
                command = [peers_python(), "-m", "benchmarks.smoke", "--inside", server, endpoint.url]
                environment = {**os.environ, "AWS_REGION": "us-east-1", **endpoint.environment}
                outcome = subprocess.run(
                    [*command, encode_scale(endpoint.scale)], env=environment, check=False
                )
                failed |= outcome.returncode
    return failed


def _inside(server: str, url: str, scale: Scale) -> int:
    ours: list[str] = []
    others: list[str] = []
    done = 0
    for work in WORKLOADS.values():
        if not isinstance(work, CallWorkload) or (work.server or work.protocol) != server:
            continue
        for peer in peers_of(work.protocol, work.kind or work.name, work.server):
            said = _fails(work, peer, url, scale)
            done += 1
            if said is not None:
                (ours if peer == "cloud" else others).append(peer)
                print(f"{work.name}: {peer}: {said}"[:_SHOWN], flush=True)
    print(f"{server}: {done} done, {len(ours) + len(others)} of them failed", flush=True)
    return 1 if ours else 0


def _fails(work: CallWorkload, peer: str, url: str, scale: Scale) -> str | None:
    try:
        client = make_peer(work.protocol, peer, url)
        work.warm_up(client, scale)
        work.work(client, scale)
    except Exception as error:  # noqa: BLE001  # whatever a peer raises is the finding
        return f"{type(error).__name__}: {error}"
    return None


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        sys.exit(_inside(sys.argv[2], sys.argv[3], decode_scale(sys.argv[4])))
    sys.exit(main(sys.argv[1:]))
