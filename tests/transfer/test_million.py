"""A million keys in less than 200 MB."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).with_name("plan_program.py")

pytestmark = pytest.mark.timeout(400)


def plan(kind: str, keys: int, state: Path) -> dict[str, Any]:
    run = subprocess.run(
        [sys.executable, PROGRAM, kind, str(keys), str(state)], check=True, capture_output=True, text=True
    )
    found: dict[str, Any] = json.loads(run.stdout)
    return found


@pytest.mark.parametrize(
    ("kind", "keys", "most"),
    [("same", 1_000_000, 200_000_000), ("store", 100_000, 80_000_000), ("folder", 100_000, 80_000_000)],
)
def test_many_keys_take_no_memory(tmp_path: Path, kind: str, keys: int, most: int) -> None:
    found = plan(kind, keys, tmp_path)
    same = keys if kind == "same" else 0
    assert (found["unchanged"], found["copies"], found["items"]) == (same, keys - same, keys - same)
    assert found["failed"] == found["deletes"] == 0
    assert found["peak_bytes"] < most, found
