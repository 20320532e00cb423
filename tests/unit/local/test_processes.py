"""Writers that are killed, and writers that race, in processes of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def run(*arguments: str) -> str:
    """Run ``workers.py``, which checks for itself, and return what it writes."""
    script = Path(__file__).with_name("workers.py")
    done = subprocess.run(
        [sys.executable, str(script), *arguments], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("operation", "at_least"),
    [
        ("replace", 8),
        ("create", 8),
        ("delete", 6),
        ("copy", 8),
        ("metadata", 6),
        ("multipart", 30),
        ("bucket", 3),
        ("unbucket", 4),
    ],
)
def test_death_at_every_step_leaves_whole_objects(operation: str, at_least: int, tmp_path: Path) -> None:
    points = int(run("crash", operation, str(tmp_path)))
    assert points >= at_least  # it really died that often


def test_death_at_any_moment_leaves_whole_objects(tmp_path: Path) -> None:
    run("kill", str(tmp_path / "store"))


@pytest.mark.parametrize("kind", ["create", "count", "come_and_go"])
def test_processes_race(kind: str, tmp_path: Path) -> None:
    run("race", kind, str(tmp_path / "store"))
