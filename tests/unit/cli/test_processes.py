"""Real processes: what a shell user meets."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud.local import LocalStorageClient

COMMAND = [sys.executable, "-m", "cloud.cli"]
SOURCE = Path(__file__).parents[3] / "src"
PIPE_CAPACITY = 1 << 16


@contextmanager
def popen(*args: object, **keywords: object) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [*COMMAND, *map(str, args)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **keywords,  # type: ignore[call-overload]  # passed on
    ) as process:
        try:
            yield process
        except BaseException:  # a failed test must not leave a program that fills the disk
            process.kill()
            raise


@pytest.mark.parametrize("args", [["--help"], ["ls", "--help"], ["--version"], ["nonsense"]])
def test_help_loads_nothing_heavy(args: list[str]) -> None:
    code = (
        "import sys; from cloud.cli import main; main(sys.argv[1:]);"
        "heavy = {'requests', 'boto3', 'botocore', 'rich', 'shtab', 'httptools', 'concurrent.futures'};"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, check=True)
    assert ran.stderr.splitlines()[-1] == b"[]"


def test_the_installed_command_runs(store: LocalStorageClient) -> None:
    command = Path(sys.executable).with_name("cloud")
    ran = subprocess.run([command, "ls", "file://"], capture_output=True, check=True)
    assert ran.stdout == b"b\n"


def test_pipes(store: LocalStorageClient) -> None:
    body = os.urandom(3 * PIPE_CAPACITY)
    ran = subprocess.run([*COMMAND, "put", "file://b/k"], input=body, capture_output=True, check=True)
    assert ran.stdout == b"file://b/k\n"
    ran = subprocess.run([*COMMAND, "cat", "file://b/k"], capture_output=True, check=True)
    assert ran.stdout == body


@pytest.mark.parametrize(
    "args", [["cat", "file://b/big"], ["cp", "file://b/big", "-"], ["find", "file://many"]]
)
def test_a_reader_that_goes_away_ends_it_quietly(store: LocalStorageClient, args: list[str]) -> None:
    store.upload_file("b", "big", bytes(20 * PIPE_CAPACITY))
    store.create_bucket("many")
    for number in range(150):
        store.upload_file("many", f"{number}{'x' * 1000}", b"")
    with popen(*args) as process:
        assert process.stdout is not None
        process.stdout.read(1)
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.parametrize(
    ("number", "code", "message"),
    [(signal.SIGINT, 130, b"cloud: interrupted\n"), (signal.SIGTERM, 143, b"")],
)
def test_an_interrupted_put_stores_nothing(
    store: LocalStorageClient, number: signal.Signals, code: int, message: bytes
) -> None:
    with popen("put", "file://b/k") as process:
        assert process.stdin is not None
        process.stdin.write(bytes(4 * PIPE_CAPACITY))  # returns when most of it was read
        process.stdin.flush()
        process.send_signal(number)
        assert process.stderr is not None
        assert process.stderr.read() == message
        process.stdin.close()
    assert process.returncode == code
    assert store.list_objects("b").to_list() == []


def test_an_interrupted_tree_ends_cleanly(store: LocalStorageClient, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a").write_bytes(b"small")
    with (folder / "big").open("wb") as file:
        file.truncate(1 << 36)  # 64 GiB of holes: nobody copies them before the signal comes
    with popen("cp", "-r", folder, "file://b", "--workers", "2") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"{folder}/a -> file://b/a\n".encode()
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert process.stderr.read() == b"cloud: interrupted\n"
    assert process.returncode == 130
    assert [info.key for info in store.list_objects("b")] == ["a"]
    assert store.list_unfinished_uploads("b") == []
    left = sum(path.stat().st_blocks * 512 for path in (tmp_path / "store").rglob("*") if path.is_file())
    assert left < 1 << 20


def test_an_interrupted_download_leaves_no_part(store: LocalStorageClient, tmp_path: Path) -> None:
    for key in ("a", "b"):
        store.upload_file("b", key, b"small")
    memory = 40 << 20
    store.upload_file("b", "c", bytes(memory))
    target = tmp_path / "target"
    with popen("cp", "-r", "file://b", target, "--workers", "1") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert process.returncode in {0, 130}
    names = {path.name for path in target.iterdir()}
    assert names <= {"a", "b", "c"}
    if "c" in names or process.returncode == 0:  # it was faster than the signal
        assert (target / "c").stat().st_size == memory


def bare(*args: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run without site-packages: an environment that really lacks every extra."""
    return subprocess.run(
        [sys.executable, "-S", "-m", "cloud.cli", *args],
        env={**os.environ, "PYTHONPATH": str(SOURCE), **environment},
        capture_output=True,
        check=False,
    )


def test_it_works_without_any_extra(store: LocalStorageClient, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("text")
    assert bare("cp", str(tmp_path / "x"), "file://b/").returncode == 0
    assert bare("cat", "file://b/x").stdout == b"text"
    assert bare("providers").returncode == 0


def test_a_missing_extra_is_named() -> None:
    ran = bare("completion", "bash")
    assert ran.returncode == 9
    assert ran.stderr == b"cloud: the package 'shtab' is not installed (pip install 'cloud[cli]')\n"
