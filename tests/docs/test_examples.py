"""Every example runs as a user would run it, and prints what it promises."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"


def run(name: str, *arguments: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / name), *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_demo_tours_every_store_and_leaves_nothing(tmp_path: Path) -> None:
    *rows, _, summary = run("demo.py", cwd=tmp_path).splitlines()
    stores = ["local folder", "S3 (SeaweedFS)", "Google (fake-gcs-server)", "Azure (Azurite)", "Swift"]
    assert [row.split("  ")[0] for row in rows[2:]] == stores
    assert summary.startswith("5 stores did the same work, byte for byte")
    assert list(tmp_path.iterdir()) == []


def test_a_store_without_its_server_is_a_row_that_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = runpy.run_path(str(EXAMPLES / "demo.py"))
    monkeypatch.setenv("PATH", str(tmp_path))  # where there is no Node.js
    name, reason = demo["visit"]("Azure", demo["azure"], tmp_path)
    assert (name, reason.partition(":")[0]) == ("Azure", "not toured")
    assert "make install" in reason


def test_a_folder_is_backed_up(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_bytes(b"a" * 10)
    (folder / "sub" / "b é.txt").write_bytes(b"")
    url = f"file://backups/monday/?root={tmp_path}/store"
    assert run("back_up_folder.py", str(folder), url, cwd=tmp_path) == "2 files, 10 bytes, 0 failed\n"


def test_no_count_is_lost(tmp_path: Path) -> None:
    assert run("shared_counter.py", cwd=tmp_path) == "200\n"


def test_a_table_is_streamed(tmp_path: Path) -> None:
    assert run("stream_csv.py", cwd=tmp_path) == "number,square\n0,0\n1,1\nTrue\n"


def test_every_example_has_a_test() -> None:
    text = Path(__file__).read_text("utf-8")
    assert all(f'"{example.name}"' in text for example in EXAMPLES.glob("*.py"))
