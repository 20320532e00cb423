"""One measurement in a process of its own: ``python -m benchmarks._child``, started by the runner."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks._sample import Sample, cpu_times, peak_memory
from benchmarks.peers import make_peer
from benchmarks.workloads import WORKLOADS, CallWorkload, Scale


def encode_scale(scale: Scale) -> str:
    """Return `scale` as text that `decode_scale` reads."""
    return json.dumps(asdict(scale), default=str)


def decode_scale(text: str) -> Scale:
    """Return the scale that `encode_scale` wrote."""
    fields = json.loads(text)
    return Scale(**{**fields, "folder": Path(fields["folder"]), "source": Path(fields["source"])})


def measure(workload: CallWorkload, peer_name: str, endpoint: str, scale: Scale) -> Sample:
    """Return what `workload` uses once the client is made and warm."""
    peer = make_peer(workload.protocol, peer_name, endpoint)
    workload.warm_up(peer, scale)
    before = peak_memory()
    user, system = cpu_times()
    started = time.perf_counter()
    units = workload.work(peer, scale)
    wall = time.perf_counter() - started
    user_after, system_after = cpu_times()
    peak = peak_memory()
    return Sample(units, wall, user_after - user, system_after - system, peak, peak - before)


def main(arguments: list[str]) -> None:
    """Print one sample as JSON."""
    name, peer_name, endpoint, scale = arguments
    workload = WORKLOADS[name]
    assert isinstance(workload, CallWorkload)
    print(json.dumps(asdict(measure(workload, peer_name, endpoint, decode_scale(scale)))))


if __name__ == "__main__":
    main(sys.argv[1:])
