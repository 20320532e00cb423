"""Packages: the same files give the same bytes, nothing from outside gets in, and nothing gets out."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
import zipfile
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.common import Requirements
from cloud.common import _requirements as requirements_module
from cloud.common._packaging import packed, unpack
from cloud.common.errors import ConfigurationError, InvalidRequestError, MissingDependencyError

MIB = 1 << 20


def package(path: Path, **options: Any) -> bytes:
    limits = {"max_package_bytes": MIB, "max_unpacked_bytes": MIB, **options}
    with packed(path, **limits) as made:
        data = made.read()
        assert made.size == len(data)
        assert b64decode(made.sha256) == hashlib.sha256(data).digest()
        return data


def entries(data: bytes, folder: Path) -> list[zipfile.ZipInfo]:
    path = folder / "looked-at.zip"
    path.write_bytes(data)
    with zipfile.ZipFile(path) as archive:
        return archive.infolist()


@pytest.fixture
def code(tmp_path: Path) -> Path:
    folder = tmp_path / "code"
    (folder / "inner").mkdir(parents=True)
    (folder / "app.py").write_text("x = 1\n")
    (folder / "inner" / "data ☃.txt").write_text("grüezi", "utf-8")
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o700)
    return folder


def test_same_files_same_bytes(code: Path, tmp_path: Path) -> None:
    first = package(code)
    copy = tmp_path / "elsewhere"
    (copy / "inner").mkdir(parents=True)
    for name in ("run.sh", "inner/data ☃.txt", "app.py"):  # made in another order, with other times and modes
        (copy / name).write_bytes((code / name).read_bytes())
        os.utime(copy / name, (1, 1))
    (copy / "run.sh").chmod(0o755)
    (copy / "app.py").chmod(0o600)
    assert package(copy) == first
    (copy / "app.py").write_text("x = 2\n")
    assert package(copy) != first


def test_modes_times_and_names_are_fixed(code: Path, tmp_path: Path) -> None:
    found = {entry.filename: entry for entry in entries(package(code), tmp_path)}
    assert list(found) == ["app.py", "inner/data ☃.txt", "run.sh"]
    assert {entry.date_time for entry in found.values()} == {(1980, 1, 1, 0, 0, 0)}
    assert found["app.py"].external_attr >> 16 == 0o100644
    assert found["run.sh"].external_attr >> 16 == 0o100755
    assert {entry.create_system for entry in found.values()} == {3}


def test_what_tools_leave_behind_is_left_out(code: Path, tmp_path: Path) -> None:
    before = package(code)
    for name in ("__pycache__", ".git", "inner/__pycache__"):
        (code / name).mkdir()
        (code / name / "file").write_text("x")
    (code / "old.pyc").write_bytes(b"x")
    (code / ".DS_Store").write_bytes(b"x")
    assert package(code) == before
    assert entries(before, tmp_path)[0].filename == "app.py"


def test_empty_folders_stay(code: Path, tmp_path: Path) -> None:
    (code / "empty").mkdir()
    data = package(code)
    assert "empty/" in [entry.filename for entry in entries(data, tmp_path)]
    target = tmp_path / "out"
    target.mkdir()
    unpack(tmp_path / "looked-at.zip", target, max_bytes=MIB)
    assert (target / "empty").is_dir()
    assert (target / "inner" / "data ☃.txt").read_text("utf-8") == "grüezi"
    assert os.access(target / "run.sh", os.X_OK)
    assert not os.access(target / "app.py", os.X_OK) or os.getuid() == 0


def test_file_is_packed_by_its_name(code: Path, tmp_path: Path) -> None:
    assert [entry.filename for entry in entries(package(code / "app.py"), tmp_path)] == ["app.py"]


def test_zip_is_taken_as_it_is(code: Path, tmp_path: Path) -> None:
    path = tmp_path / "made.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("app.py", "x = 1")
    assert package(path) == path.read_bytes()
    with pytest.raises(InvalidRequestError, match="folder"):
        package(path, requirements=Requirements(packages=["x"]))


def test_zip_that_was_made_is_removed(code: Path) -> None:
    with packed(code, max_package_bytes=MIB, max_unpacked_bytes=MIB) as made:
        path = made.path
        assert path.exists()
    assert not path.exists()


# -- links and other things ---------------------------------------------------------------------------------
def test_link_inside_becomes_what_it_points_to(code: Path, tmp_path: Path) -> None:
    (code / "alias.py").symlink_to("app.py")
    (code / "other").symlink_to("inner")
    data = package(code)
    names = [entry.filename for entry in entries(data, tmp_path)]
    assert names == ["alias.py", "app.py", "inner/data ☃.txt", "other/data ☃.txt", "run.sh"]
    with zipfile.ZipFile(tmp_path / "looked-at.zip") as archive:
        assert archive.read("alias.py") == b"x = 1\n"


@pytest.mark.parametrize("target", ["../outside.txt", "/etc/hostname", "nothing", "itself", "."])
def test_link_that_leaves_or_leads_nowhere_is_refused(code: Path, tmp_path: Path, target: str) -> None:
    (tmp_path / "outside.txt").write_text("secret")
    (code / "itself").symlink_to(target)
    with pytest.raises(InvalidRequestError, match="link"):
        package(code)


def test_link_through_a_folder_that_leaves_is_refused(code: Path, tmp_path: Path) -> None:
    (tmp_path / "beside").mkdir()
    (code / "step").symlink_to(tmp_path / "beside")
    with pytest.raises(InvalidRequestError, match="leaves"):
        package(code)


def test_what_is_no_file_is_refused(code: Path) -> None:
    os.mkfifo(code / "pipe")
    with pytest.raises(InvalidRequestError, match="neither"):
        package(code)


@pytest.mark.parametrize("name", [b"back\\slash", b"\xff\xfe"])
def test_name_that_would_not_come_back_is_refused(code: Path, name: bytes) -> None:
    Path(os.fsdecode(os.fsencode(code) + b"/" + name)).write_text("x")
    with pytest.raises(InvalidRequestError):
        package(code)


# -- sizes ------------------------------------------------------------------------------------------------------
def test_sizes_are_checked(code: Path) -> None:
    (code / "noise.bin").write_bytes(os.urandom(5000))
    with pytest.raises(InvalidRequestError, match="unpacked"):
        package(code, max_unpacked_bytes=4999)
    with pytest.raises(InvalidRequestError, match="do this") as caught:
        package(code, max_package_bytes=4000, hint="do this")
    assert caught.value.hint == "do this"


def test_zip_that_is_larger_than_it_says_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * (4 * MIB))
    data = bytearray(path.read_bytes())
    size = (4 * MIB).to_bytes(4, "little")
    while (place := data.find(size)) >= 0:
        data[place : place + 4] = (10).to_bytes(4, "little")
    path.write_bytes(bytes(data))
    with pytest.raises(InvalidRequestError):
        package(path, max_unpacked_bytes=5)
    target = tmp_path / "out"
    target.mkdir()
    with pytest.raises(InvalidRequestError):
        unpack(path, target, max_bytes=MIB)
    assert sum(file.stat().st_size for file in target.rglob("*") if file.is_file()) <= MIB


# -- zips of others -----------------------------------------------------------------------------------------
def _entry(name: str, *, mode: int = 0o100644, flags: int = 0) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = mode << 16
    entry.flag_bits = flags
    return entry


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/evil", "a/../../evil", "a//b", "./a", "back\\slash", "C:\\evil", ".."]
)
def test_zip_that_leaves_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(_entry(name), b"x")
    with pytest.raises(InvalidRequestError):
        package(path)
    target = tmp_path / "in" / "out"
    target.mkdir(parents=True)
    with pytest.raises(InvalidRequestError):
        unpack(path, target, max_bytes=MIB)
    assert list(target.iterdir()) == []
    assert {each.name for each in tmp_path.iterdir()} == {"evil.zip", "in"}


def test_zip_with_a_link_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "link.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(_entry("link", mode=stat.S_IFLNK | 0o777), b"/etc/passwd")
    with pytest.raises(InvalidRequestError, match="link"):
        package(path)


def test_zip_with_a_name_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "twice.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("app.py", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("app.py", b"2")
    with pytest.raises(InvalidRequestError, match="twice"):
        package(path)


@pytest.mark.parametrize("data", [b"", b"PK", b"no zip at all", b"PK\x05\x06" + b"\0" * 18])
def test_broken_and_empty_zips_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "broken.zip"
    path.write_bytes(data)
    with pytest.raises(InvalidRequestError):
        package(path)


def test_zip_with_a_file_in_the_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clash.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", b"1")
        archive.writestr("a/b", b"2")
    target = tmp_path / "out"
    target.mkdir()
    with pytest.raises(InvalidRequestError, match="cannot be unpacked"):
        unpack(path, target, max_bytes=MIB)


_NAMES = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/\\"), min_size=1, max_size=12
)


@given(st.dictionaries(_NAMES, st.binary(max_size=100), min_size=1, max_size=4))
def test_what_goes_in_comes_out(tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]) -> None:
    folder = tmp_path_factory.mktemp("round")
    source, target = folder / "source", folder / "target"
    source.mkdir()
    target.mkdir()
    kept = {name: data for name, data in files.items() if name not in {".", "..", ".git", ".hg", ".svn"}}
    for name, data in kept.items():
        (source / name).write_bytes(data)
    expected = {path.name: path.read_bytes() for path in source.iterdir() if path.suffix != ".pyc"}
    if not expected:
        return
    with packed(source, max_package_bytes=MIB, max_unpacked_bytes=MIB) as made:
        unpack(made.path, target, max_bytes=MIB)
    assert {path.name: path.read_bytes() for path in target.iterdir()} == expected


# -- requirements -------------------------------------------------------------------------------------------
def _wheel(folder: Path) -> Path:
    """Make a small wheel by hand."""
    path = folder / "tiny_demo-1.0-py3-none-any.whl"
    info = "tiny_demo-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny_demo/__init__.py", "VALUE = 42\n")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-demo\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/entry_points.txt", "[console_scripts]\ntiny = tiny_demo:VALUE\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


@pytest.mark.usefixtures("_offline")
def test_requirements_are_installed_beside_the_code(code: Path, tmp_path: Path) -> None:
    wheel = _wheel(tmp_path)
    wanted = Requirements(packages=[str(wheel)], python_version="3.12", platforms=["manylinux2014_x86_64"])
    names = [entry.filename for entry in entries(package(code, requirements=wanted), tmp_path)]
    assert "tiny_demo/__init__.py" in names
    assert "app.py" in names
    assert not any(name.startswith("bin/") or "__pycache__" in name for name in names)


@pytest.mark.usefixtures("_offline")
def test_own_code_wins_over_a_requirement(code: Path, tmp_path: Path) -> None:
    (code / "tiny_demo").mkdir()
    (code / "tiny_demo" / "__init__.py").write_text("VALUE = 'mine'\n")
    listed = tmp_path / "requirements.txt"
    listed.write_text(f"{_wheel(tmp_path)}\n")
    entries(package(code, requirements=Requirements(file=listed)), tmp_path)
    with zipfile.ZipFile(tmp_path / "looked-at.zip") as archive:
        assert archive.read("tiny_demo/__init__.py") == b"VALUE = 'mine'\n"


@pytest.mark.usefixtures("_offline")
def test_requirement_that_pip_does_not_find_is_an_error(code: Path) -> None:
    with pytest.raises(ConfigurationError, match="pip could not install"):
        package(code, requirements=Requirements(packages=["no-such-package-anywhere==1"]))


@pytest.fixture
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")


def test_password_of_an_index_is_on_no_command_line_and_in_no_error(
    code: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    url = "private @ https://user:hunter2@example.org/private.whl"

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        seen.append(command)
        return subprocess.CompletedProcess(command, 1, "", f"ERROR: no {url}")

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(ConfigurationError) as caught:
        package(code, requirements=Requirements(packages=[url]))
    assert "hunter2" not in str(seen)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"packages": "requests"},
        {"packages": ["--index-url=http://x"]},
        {"packages": ["a\n-r b"]},
        {"packages": [" "]},
    ],
)
def test_odd_requirements_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError):
        Requirements(**options)


def test_lack_of_pip_is_told(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirements_module, "is_installed", lambda name: False)
    with pytest.raises(MissingDependencyError, match="ensurepip"):
        package(code, requirements=Requirements(packages=["x"]))
    assert sys.executable


def test_pip_that_does_not_end_is_an_error(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], **options: Any) -> None:
        raise subprocess.TimeoutExpired(command, options["timeout"])

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(ConfigurationError, match="did not end"):
        package(code, requirements=Requirements(packages=["x"]))
