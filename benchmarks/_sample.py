"""One measurement, and what several of them say together."""

from __future__ import annotations

import resource
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MIB = 1 << 20


@dataclass(frozen=True)
class Sample:
    """What one process used.

    Attributes:
        units: how much work it did.
        wall: seconds.
        user, system: CPU seconds of all its threads.
        peak: most memory that it held at once, in bytes.
        growth: how much of that came with the measured work; 0 for whole processes.
    """

    units: float
    wall: float
    user: float
    system: float
    peak: int
    growth: int = 0

    @property
    def cpu(self) -> float:
        """User and system seconds."""
        return self.user + self.system


@dataclass(frozen=True)
class Summary:
    """Medians of several samples of the same work by the same peer, seconds for one unit.

    Attributes:
        wall, cpu: seconds for one unit.
        user_share: part of the CPU time that was not the kernel's.
        peak_mib, growth_mib: memory.
        growth_unit: bytes that it grew by for one unit.
        spread: (slowest - fastest) / median of the wall time.
    """

    wall: float
    cpu: float
    user_share: float
    peak_mib: float
    growth_mib: float
    growth_unit: float
    spread: float


def summarise(samples: Sequence[Sample]) -> Summary:
    """Return the medians of `samples`."""
    walls = [sample.wall / sample.units for sample in samples]
    return Summary(
        wall=statistics.median(walls),
        cpu=statistics.median(sample.cpu / sample.units for sample in samples),
        user_share=statistics.median(sample.user / max(sample.cpu, 1e-9) for sample in samples),
        peak_mib=statistics.median(sample.peak for sample in samples) / _MIB,
        growth_mib=statistics.median(sample.growth for sample in samples) / _MIB,
        growth_unit=statistics.median(sample.growth / sample.units for sample in samples),
        spread=(max(walls) - min(walls)) / max(statistics.median(walls), 1e-9),
    )


def cpu_times() -> tuple[float, float]:
    """Return the user and system seconds of this process and its children so far."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime for usage in usages), sum(usage.ru_stime for usage in usages)


def peak_memory(status: str | None = None) -> int:
    """Return the most memory that a process held at once, in bytes.

    Not getrusage's ru_maxrss: that counts the parent too, from before the exec.

    Args:
        status: content of its ``/proc/<id>/status``; None for this process.
    """
    text = Path("/proc/self/status").read_text(encoding="ascii") if status is None else status
    line = next(line for line in text.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024
