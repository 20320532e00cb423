"""What the project promises of its speed, and whether a run kept it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks._runner import Result


@dataclass(frozen=True)
class Goal:
    """One promise.

    Attributes:
        workload: whose result it is read from.
        row: the row that is ours.
        text: the promise in words.
        bound: the figure in it.
        against: the other row of a ratio; None for an absolute figure in seconds of CPU.
        at_least: whether `bound` is the least (times cheaper) or the most (times the cost, or seconds).
    """

    workload: str
    row: str
    text: str
    bound: float
    against: str | None = None
    at_least: bool = False

    def reached(self, results: Mapping[str, Result]) -> float | None:
        """Return the figure of this run; None when the workload was not run."""
        result = results.get(self.workload)
        if result is None:
            return None
        ours = result.rows[self.row].cpu
        if self.against is None:
            return ours
        theirs = result.rows[self.against].cpu
        return theirs / ours if self.at_least else ours / theirs

    def is_kept(self, figure: float) -> bool:
        """Return whether `figure` keeps the promise."""
        return figure >= self.bound if self.at_least else figure <= self.bound

    def show(self, figure: float) -> str:
        """Return `figure` with its unit."""
        return f"{figure * 1000:.1f} ms" if self.against is None else f"{figure:.2f} times"


def _small_calls() -> list[Goal]:
    goals = []
    for name in ("head", "get", "put"):
        goals += [
            Goal(name, "cloud", f"{name}: at least 8 times less CPU than boto3", 8, "boto3", at_least=True),
            Goal(name, "cloud", f"{name}: at most 1.5 times obstore's CPU", 1.5, "obstore"),
        ]
    return goals


def _elsewhere() -> list[Goal]:
    """Return the promises over the other protocols: (service, peer, times for small calls, for a listing)."""
    goals = []
    for protocol, service, peer, calls, listing in (
        ("gcs", "Google Cloud Storage", "google-cloud-storage", 6, 2),
        ("azure", "Azure Blob Storage", "azure-storage-blob", 10, 20),
        ("swift", "OpenStack Swift", "openstacksdk", 20, 50),
    ):
        goals += [
            Goal(
                f"{protocol}-{name}",
                "cloud",
                f"{service}, {name}: at least {calls} times less CPU than {peer}",
                calls,
                peer,
                at_least=True,
            )
            for name in ("head", "get", "put")
        ]
        text = f"{service}, listing: at least {listing} times less CPU a key than {peer}"
        goals.append(Goal(f"{protocol}-list", "cloud", text, listing, peer, at_least=True))
    return goals


GOALS = [
    Goal("import", "import cloud", "`import cloud`: at most 25 ms of CPU above `python -c pass`", 0.025),
    Goal(
        "first-read",
        "cloud",
        "process start to the first object: at least 4 times less CPU than boto3",
        4,
        "boto3",
        at_least=True,
    ),
    *_small_calls(),
    Goal("list", "cloud", "listing: at least 12 times less CPU a key than boto3", 12, "boto3", at_least=True),
    *_elsewhere(),
]
