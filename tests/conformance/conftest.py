"""Collects the runs of the kit that this machine can make, and keeps docs/capabilities.md true."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cloud.common import BaseStorageClient
from cloud.testing import StorageConformance
from conformance._capabilities import Column, column, is_whole, parse, render
from servers import ceph

if TYPE_CHECKING:
    from collections.abc import Generator

PAGE = Path(__file__).resolve().parents[2] / "docs" / "capabilities.md"
CEPH_IS_HERE = ceph.available()
collect_ignore = [] if CEPH_IS_HERE else ["test_s3_ceph.py"]


class Runs:
    """What ran, by class: did each test hold, and what does the client declare."""

    def __init__(self) -> None:
        self.outcomes: dict[type[StorageConformance], dict[str, bool]] = {}
        self.columns: dict[str, Column] = {}
        self.problems: list[str] = []

    def record(self, item: pytest.Function, report: pytest.TestReport) -> None:
        """Note one phase of one test."""
        kit = item.cls
        assert kit is not None
        outcomes = self.outcomes.setdefault(kit, {})
        outcomes[item.name] = outcomes.get(item.name, True) and not report.failed
        if report.when == "teardown" and is_whole(kit, outcomes):
            client = item.funcargs["client"]
            assert isinstance(client, BaseStorageClient)
            self.columns[kit.title] = column(kit, client.capabilities)


_RUNS = pytest.StashKey[Runs]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-capabilities", action="store_true", help="write docs/capabilities.md")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if (
        isinstance(item, pytest.Function)
        and item.cls is not None
        and issubclass(item.cls, StorageConformance)
    ):
        item.config.stash.setdefault(_RUNS, Runs()).record(item, report)
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    runs = session.config.stash.get(_RUNS, Runs())
    present = parse(PAGE.read_text("utf-8")) if PAGE.exists() else {}
    if session.config.getoption("write_capabilities", default=False):
        PAGE.write_text(render(present | runs.columns), "utf-8")
        return
    runs.problems = [title for title, made in runs.columns.items() if present.get(title) != made]
    if runs.problems and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not CEPH_IS_HERE:
        terminalreporter.write_line(
            "conformance: Ceph's gateway is not installed here, so test_s3_ceph.py did not run"
        )
    for title in config.stash.get(_RUNS, Runs()).problems:
        terminalreporter.write_line(
            f"docs/capabilities.md does not say what the kit found for {title!r}: run make docs", red=True
        )
