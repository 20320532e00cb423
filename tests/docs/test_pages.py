"""The pages hold together: links lead somewhere, and the API listing is what the code says."""

from __future__ import annotations

import importlib.util
import inspect
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SPEC = importlib.util.spec_from_file_location("docs_build", ROOT / "docs" / "build.py")
assert SPEC is not None
assert SPEC.loader is not None
build = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(build)


@pytest.mark.parametrize("page", build.pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_is_sound(page: Path) -> None:
    assert list(build.problems(page)) == []


def test_the_api_listing_is_what_the_code_says() -> None:
    assert build.API.read_text("utf-8") == build.api_text(), "run `make docs`"


def test_the_listing_has_every_parameter_of_a_method() -> None:
    from cloud.common import BaseStorageClient

    for name in inspect.signature(BaseStorageClient.upload_file).parameters:
        if name != "self":
            assert f"{name}:" in build.signature(BaseStorageClient.upload_file)


def test_a_broken_page_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Title\n[a](none.md) [b](#nothing)\n\n```pyhton\nx\n```\n")
    monkeypatch.setattr(build, "ROOT", tmp_path)
    assert len(list(build.problems(page))) == 3
