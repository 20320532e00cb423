"""What the project promises of its speed, and whether a run kept it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks._runner import Result
    from benchmarks._sample import Summary

_FORMATS = {"cpu": (1000, "ms"), "growth_mib": (1, "MiB"), "growth_unit": (1, "bytes")}


@dataclass(frozen=True)
class Goal:
    """One promise.

    Attributes:
        works: whose results it is read from; of several, the sum.
        text: the promise in words.
        bound: the figure in it.
        against: the other row of a ratio; None for an absolute figure.
        at_least: whether `bound` is the least (times as good) or the most (times the cost, or the figure).
        figure: what is compared; ``wall`` is the rate.
        row: the row that is ours.
    """

    works: tuple[str, ...]
    text: str
    bound: float
    against: str | None = None
    at_least: bool = False
    figure: Literal["cpu", "wall", "growth_mib", "growth_unit"] = "cpu"
    row: str = "cloud"

    def reached(self, results: Mapping[str, Result]) -> float | None:
        """Return the figure; None when a work or a peer was not measured."""
        ours = self._sum(results, self.row)
        if self.against is None or ours is None:
            return ours
        theirs = self._sum(results, self.against)
        if theirs is None:
            return None
        return theirs / ours if self.at_least else ours / theirs

    def _sum(self, results: Mapping[str, Result], row: str) -> float | None:
        found: list[Summary] = [
            results[name].rows[row] for name in self.works if name in results and row in results[name].rows
        ]
        if len(found) < len(self.works):
            return None
        return sum(float(getattr(summary, self.figure)) for summary in found)

    def is_kept(self, figure: float) -> bool:
        """Return whether `figure` keeps the promise."""
        return figure >= self.bound if self.at_least else figure <= self.bound

    def show(self, figure: float) -> str:
        """Return `figure` with its unit."""
        if self.against is not None:
            return f"{figure:.2f} times"
        factor, unit = _FORMATS[self.figure]
        return f"{figure * factor:.1f} {unit}"


def _times(work: str | tuple[str, ...], what: str, times: float, peer: str) -> list[Goal]:
    """Return the promises of `times` the peer's rate and as much less of its CPU."""
    works = (work,) if isinstance(work, str) else work
    return [
        Goal(works, f"{what}: at least {times:g} times {peer}'s rate", times, peer, True, "wall"),
        Goal(works, f"{what}: at least {times:g} times less CPU than {peer}", times, peer, True),
    ]


def _rate(work: str | tuple[str, ...], what: str, times: float, peer: str) -> Goal:
    works = (work,) if isinstance(work, str) else work
    wanted = f"{peer}'s rate" if times == 1 else f"{times:g} times {peer}'s rate"
    return Goal(works, f"{what}: at least {wanted}", times, peer, True, "wall")


def _less(work: str | tuple[str, ...], what: str, times: float, peer: str) -> Goal:
    works = (work,) if isinstance(work, str) else work
    return Goal(works, f"{what}: at least {times:g} times less CPU than {peer}", times, peer, True)


def _no_more(work: str, what: str, peer: str = "obstore", times: float = 1) -> Goal:
    most = f"{peer}'s CPU" if times == 1 else f"{times:g} times {peer}'s CPU"
    return Goal((work,), f"{what}: at most {most}", times, peer)


_THERE_AND_BACK = ("upload", "download")
_THERE_AND_BACK_TLS = ("tls-upload", "tls-download")
_PARALLEL = "obstore, parallel"


def _processes() -> list[Goal]:
    return [
        Goal(
            ("import",),
            "`import cloud`: at most 25 ms of CPU above `python -c pass`",
            0.025,
            row="import cloud",
        ),
        _less("first-read", "process start to the first object", 4, "boto3"),
    ]


def _large() -> list[Goal]:
    return [
        _rate(_THERE_AND_BACK, "one large object, file to store and back", 2.2, "boto3"),
        _less(_THERE_AND_BACK, "one large object, file to store and back", 2, "boto3"),
        _rate(_THERE_AND_BACK_TLS, "the same over TLS", 1.9, "boto3"),
        _rate("download", "large object to a file, verified", 1.1, _PARALLEL),
        _rate("upload", "large object from a file, with checksums", 1.1, "obstore"),
        *_times("tls-upload", "large object from a file, over TLS", 2.5, "boto3"),
    ]


def _small() -> list[Goal]:
    goals = []
    for name in ("get-16", "put-16"):
        what = f"{name.partition('-')[0]} of 4 KiB, 16 at a time"
        goals += [*_times(name, what, 8, "boto3"), _rate(name, what, 1, "obstore"), _no_more(name, what)]
    for name in ("head", "get", "put"):
        what = f"{name}, one at a time"
        goals += [_less(name, what, 8, "boto3"), _no_more(name, what)]
    for name in ("ranges", "ranges-16"):
        what = "ranges of 64 KiB" + (", 16 at a time" if name.endswith("16") else "")
        goals += [*_times(name, what, 10, "boto3"), _rate(name, what, 1, "obstore")]
    return [
        *goals,
        _less("list", "listing, a key", 12, "boto3"),
        _no_more("list", "listing, a key"),
        *_times("delete", "batch delete", 10, "boto3"),
    ]


def _syncs() -> list[Goal]:
    return [
        *(_rate("sync-first", "first sync", 1, tool) for tool in ("rclone", "s5cmd")),
        *(_rate("sync-again", "sync without a change", 3, tool) for tool in ("rclone", "s5cmd")),
    ]


def _other_services() -> list[Goal]:
    goals = []
    for protocol, service, peer, calls in (
        ("gcs", "Google Cloud Storage", "google-cloud-storage", 8),
        ("azure", "Azure Blob Storage", "azure-storage-blob", 15),
    ):
        for name in ("head", "get", "put"):
            what = f"{service}, {name}"
            goals += [
                _less(f"{protocol}-{name}", what, calls, peer),
                _no_more(f"{protocol}-{name}", what),
            ]
        for name in ("get-16", "put-16"):
            goals.append(
                _rate(
                    f"{protocol}-{name}",
                    f"{service}, {name.replace('-', ' of 4 KiB, ')} at a time",
                    1,
                    "obstore",
                )
            )
        listing = 30 if protocol == "azure" else 2
        goals += [
            _less(f"{protocol}-list", f"{service}, listing, a key", listing, peer),
            _no_more(f"{protocol}-list", f"{service}, listing, a key"),
        ]
        for name, how, other in (("download", "to", _PARALLEL), ("upload", "from", "obstore")):
            what = f"{service}, large object {how} a file"
            goals += [
                _rate(f"{protocol}-{name}", what, 2, peer),
                _rate(f"{protocol}-{name}", what, 1, other),
            ]
    for name in ("head", "get", "put"):
        goals.append(_less(f"swift-{name}", f"OpenStack Swift, {name}", 20, "openstacksdk"))
    goals.append(_less("swift-list", "OpenStack Swift, listing, a key", 50, "openstacksdk"))
    return goals


def _memory() -> list[Goal]:
    return [
        *(
            Goal((name,), f"{what}: the process grows by at most 16 MiB", 16, figure="growth_mib")
            for name, what in (
                ("download", "large object to a file"),
                ("upload", "large object from a file"),
                ("tls-download", "large object to a file, over TLS"),
                ("tls-upload", "large object from a file, over TLS"),
            )
        ),
        Goal(("list",), "a listing of 20,000 keys, gone through: at most 5 MiB", 5, figure="growth_mib"),
        Goal(("kept",), "a kept record: at most 500 bytes", 500, figure="growth_unit"),
    ]


GOALS = [*_processes(), *_large(), *_small(), *_syncs(), *_other_services(), *_memory()]
