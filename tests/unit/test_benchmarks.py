"""The benchmark harness: what it promises can be judged, and what it measured is read back."""

from __future__ import annotations

import importlib
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that gives a module of the harness, which is no installed package."""
    monkeypatch.syspath_prepend(str(ROOT))
    return lambda name: importlib.import_module(f"benchmarks.{name}")


def summary(harness: Any, *, cpu: float, wall: float, growth: float = 0.0) -> Any:
    return harness("_sample").Summary(wall, cpu, 0.5, 30.0, growth, growth, 0.1)


def result(harness: Any, work: str, rows: dict[str, Any]) -> Any:
    workload = harness("workloads").WORKLOADS[work]
    at = datetime(2026, 11, 28, 21, 5, tzinfo=timezone.utc)
    return harness("_runner").Result(workload, rows, None, 1.5, 3, at, {"s3fs": "RuntimeError: no"})


def test_each_promise_is_of_a_work_that_both_sides_take_part_in(harness: Any) -> None:
    works = harness("workloads")
    for goal in harness("_goals").GOALS:
        for name in goal.works:
            work = works.WORKLOADS[name]
            if isinstance(work, works.ProcessWorkload):
                labels = list(work.scripts)
            elif isinstance(work, works.SyncWorkload):
                labels = list(harness("_sync").TOOLS)
            else:
                labels = harness("peers").peers_of(work.protocol, work.kind or work.name, work.server)
            assert goal.row in labels, goal
            assert goal.against is None or goal.against in labels, goal


def test_the_limits_name_works_that_there_are(harness: Any) -> None:
    known = set(harness("workloads").WORKLOADS)
    assert all(set(names) <= known for names, _ in harness("_limits").LIMITS)


@pytest.mark.parametrize(("ours", "kept"), [(0.4, True), (0.5, True), (0.6, False)])
def test_a_rate_counts_the_sum_of_its_works(harness: Any, ours: float, kept: bool) -> None:
    goal = harness("_goals").Goal(("upload", "download"), "twice", 2, "boto3", True, "wall")
    rows = {"boto3": summary(harness, cpu=9, wall=1), "cloud": summary(harness, cpu=9, wall=ours)}
    one = {"upload": result(harness, "upload", rows)}
    assert goal.reached(one) is None
    both = one | {"download": result(harness, "download", rows)}
    figure = goal.reached(both)
    assert figure == pytest.approx(1 / ours)
    assert goal.is_kept(figure) is kept


def test_a_cost_is_at_most_the_other_sides(harness: Any) -> None:
    goal = harness("_goals").Goal(("get",), "no more", 1, "obstore")
    rows = {"obstore": summary(harness, cpu=2, wall=1), "cloud": summary(harness, cpu=3, wall=1)}
    figure = goal.reached({"get": result(harness, "get", rows)})
    assert figure == pytest.approx(1.5)
    assert not goal.is_kept(figure)
    assert goal.show(figure) == "1.50 times"


def test_results_are_read_back_and_a_later_run_replaces_its_own_works(
    harness: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = harness("_store")
    monkeypatch.setattr(store, "FILE", tmp_path / "results.json")
    assert store.load_results() == {}
    old = {name: result(harness, name, {"cloud": summary(harness, cpu=1, wall=1)}) for name in ("put", "get")}
    store.save_results(old)
    assert store.load_results() == {"get": old["get"], "put": old["put"]}
    new = {"put": result(harness, "put", {"cloud": summary(harness, cpu=2, wall=2)})}
    merged = store.merged(store.load_results(), new)
    assert list(merged) == ["get", "put"]  # the order of the report
    assert merged == {"get": old["get"], "put": new["put"]}


def test_the_page_says_when_each_figure_was_made_and_who_failed(harness: Any) -> None:
    report = harness("_report")
    rows = {"boto3": summary(harness, cpu=9e-3, wall=1), "cloud": summary(harness, cpu=1e-3, wall=1)}
    measured = {"get": result(harness, "get", rows)}
    line = next(row for row in report.goals_table(measured) if "get, one at a time" in row[0])
    assert line[1:] == ["9.00 times", "yes", "`--only get`", "11-28 21:05"]
    said = report._circumstances("get", measured["get"])
    assert "2026-11-28 21:05 UTC" in said
    assert "s3fs failed (RuntimeError: no)" in said
