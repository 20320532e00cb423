"""A million keys in less than 200 MB."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).with_name("plan_program.py")
KEYS = 1_000_000

pytestmark = pytest.mark.timeout(400)


def plan(kind: str, state: Path) -> dict[str, Any]:
    run = subprocess.run(
        [sys.executable, PROGRAM, kind, str(KEYS), str(state)], check=True, capture_output=True, text=True
    )
    found: dict[str, Any] = json.loads(run.stdout)
    return found


@pytest.mark.parametrize("kind", ["same", "store", "folder"])
def test_a_million_keys(tmp_path: Path, kind: str) -> None:
    found = plan(kind, tmp_path)
    same = KEYS if kind == "same" else 0
    assert (found["unchanged"], found["copies"], found["items"]) == (same, KEYS - same, KEYS - same)
    assert found["failed"] == found["deletes"] == 0
    assert found["peak_bytes"] < 200_000_000, found
