from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cloud.cli._sync_arguments import COMPARE
from cloud.transfer import Compare

if TYPE_CHECKING:
    from pathlib import Path

    from cloud.local import LocalStorageClient
    from conftest import Run


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_the_help_knows_every_comparison() -> None:
    assert sorted(COMPARE) == sorted(compare.value for compare in Compare)


def test_a_sync_and_its_plan(run: Run, store: LocalStorageClient, folder: Path) -> None:
    store.upload_file("b", "p/extra", b"x")
    ran = run("sync", "-n", "--delete", folder, "file://b/p")
    assert ran.code == 0
    assert "copy\t7\tone.txt\tmissing" in ran.lines
    assert "delete\t1\textra\tnot in the source" in ran.lines
    assert [info.key for info in store.list_objects("b")] == ["p/extra"]
    ran = run("sync", "--delete", folder, "file://b/p")
    assert ran.code == 0
    assert "deleted file://b/p/extra" in ran.lines
    assert f"{folder}/one.txt -> file://b/p/one.txt" in ran.lines
    assert "3 items copied" in ran.err
    assert run("sync", "--delete", folder, "file://b/p").lines == []


def test_limits_and_failures_have_exit_codes(run: Run, store: LocalStorageClient, folder: Path) -> None:
    for number in range(10):
        store.upload_file("b", f"p/{number}", b"x")
    for limit in ("9", "99%"):
        assert run("sync", "--delete", "--max-delete", limit, folder, "file://b/p").code == 6
    assert run("sync", "--max-delete", "9", folder, "file://b/p").code == 2
    assert run("sync", "--delete", "--max-delete", "101%", folder, "file://b/p").code == 2
    assert run("sync", "-", "file://b/p").code == 2
    store.upload_file("b", "q/../x", b"hostile")
    ran = run("sync", "--json", "file://b/q", folder)
    assert ran.code == 3
    assert ran.records[-1]["failed"] == 1
    assert "'..'" in json.dumps(ran.records)


def test_a_check_tells_the_differences(run: Run, store: LocalStorageClient, folder: Path) -> None:
    run("sync", folder, "file://b/p")
    assert run("check", folder, "file://b/p").code == 0
    store.upload_file("b", "p/one.txt", b"ONE.TXT")
    store.upload_file("b", "p/extra", b"x")
    store.delete_file("b", "p/two.bin")
    ran = run("check", folder, "file://b/p")
    assert ran.code == 3
    assert [line.split("\t")[::2] for line in ran.lines] == [
        ["different", "one.txt"],
        ["missing", "two.bin"],
        ["extra", "extra"],
    ]
    ran = run("check", "--one-way", "--json", folder, "file://b/p")
    assert (ran.code, ran.records[-1]["extra"], ran.records[-1]["same"]) == (3, 0, 1)


def test_a_cleanup_removes_staged_files(run: Run, folder: Path) -> None:
    staged = folder / f"sub/.x.{'0' * 16}.part"
    staged.write_bytes(b"half")
    assert run("cleanup", folder).lines == []
    assert str(staged) in run("cleanup", "-n", "--older-than", "0", folder).lines[0]
    assert staged.exists()
    assert run("cleanup", "--older-than", "0", folder).code == 0
    assert not staged.exists()
