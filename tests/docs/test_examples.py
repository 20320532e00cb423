"""Every example runs as a user would run it, and prints what it promises."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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


def test_the_demo_does_the_same_on_both_stores_and_leaves_nothing(tmp_path: Path) -> None:
    text = run("demo.py", cwd=tmp_path)
    assert "download and compare" in text
    assert "byte for byte" in text
    assert list(tmp_path.iterdir()) == []


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
