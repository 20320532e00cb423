from __future__ import annotations

import io
import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from cloud.cli import main
from cloud.local import LocalStorageClient

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Ran:
    """What one run of `main` gave."""

    code: int
    out: bytes
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.decode().splitlines()

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def records(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


class Run(Protocol):
    def __call__(self, *args: object, stdin: bytes = b"") -> Ran: ...


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalStorageClient:
    """The store that ``file://`` names, with an empty bucket ``b``; no configuration, no credentials."""
    for name in (
        "CLOUD_CONFIG",
        "AWS_PROFILE",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "CODA_API_TOKEN",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("CLOUD_LOCAL_ROOT", str(tmp_path / "store"))
    client = LocalStorageClient(tmp_path / "store")
    client.create_bucket("b")
    return client


@pytest.fixture
def run(
    store: LocalStorageClient,
    capsysbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Run the command line in this process."""

    def call(*args: object, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = main([str(arg) for arg in args])
        out, err = capsysbinary.readouterr()
        return Ran(code, out, err.decode())

    return call


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with three files."""
    path = tmp_path / "folder"
    (path / "sub").mkdir(parents=True)
    for name in ("one.txt", "two.bin", "sub/three.txt"):
        (path / name).write_text(name)
    return path
