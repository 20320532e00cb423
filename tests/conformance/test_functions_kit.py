"""The kit of functions itself: it finds what is broken, and it does not let a deviation hide anything else."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from cloud.testing import ServerlessConformance
from cloud.testing._storage_base import names_of_tests

if TYPE_CHECKING:
    from pathlib import Path

_PROVIDER = """
from dataclasses import replace

import pytest

from cloud.common import Page
from cloud.common._redact import HiddenValues
from cloud.local import LocalServerlessClient
from cloud.testing import ServerlessConformance, ServerlessHarness


class Harness(ServerlessHarness):
    makes_requests = False


class Broken(LocalServerlessClient):
    def _invoke(self, request):
        answer = super()._invoke(request)
        return replace(answer, failed=False)  # an error that looks like a value

    def _list_functions_page(self, token, page_size):
        page = super()._list_functions_page(token, page_size)
        return Page(page.items)  # the first page for all

    def _describe(self, name):
        found = super()._describe(name)
        return replace(found, info=replace(found.info, raw=dict(found.environment)))  # tells secrets

    def _name_problem(self, name, *, qualified):
        return None if name == ".." else super()._name_problem(name, qualified=qualified)


class Kit(ServerlessConformance):
    kind = LocalServerlessClient

    @pytest.fixture
    def harness(self, client):
        return Harness(client)

    @pytest.fixture(scope="class")
    def client(self, tmp_path_factory):
        with self.kind(tmp_path_factory.mktemp("functions") / "root") as client:
            yield client
"""
_TESTS = (
    "functions_error", "spans_pages", "environment_is_hidden", "impossible_name", "deviation", "nothing",
)  # fmt: skip  # one line reads best


def _failures(folder: Path, text: str) -> set[str]:
    """Return the names of the selected tests of the kit that fail on a provider."""
    file = folder / "test_provider.py"
    file.write_text(_PROVIDER + text)
    command = [sys.executable, "-m", "pytest", "-q", "-rfE", "-p", "no:cacheprovider", f"--rootdir={folder}"]
    ran = subprocess.run(
        [*command, "-k", " or ".join(_TESTS), str(file)], capture_output=True, text=True, check=False
    )
    lines = [line for line in ran.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    assert " passed" in ran.stdout or lines, ran.stdout + ran.stderr
    return {line.partition("::Test::")[2].split(" - ")[0] for line in lines}


def test_sound_provider_passes(tmp_path: Path) -> None:
    assert _failures(tmp_path, "class Test(Kit): pass\n") == set()


def test_broken_provider_fails(tmp_path: Path) -> None:
    assert _failures(tmp_path, "class Test(Kit):\n    kind = Broken\n") == {
        "test_functions_error_is_raised",
        "test_functions_error_names_its_class",
        "test_listing_spans_pages",
        "test_environment_is_hidden",
        "test_impossible_name[dots]",
    }


def test_deviation_expects_the_failure_of_one_test(tmp_path: Path) -> None:
    text = (
        "class Test(Kit):\n    kind = Broken\n"
        "    deviations = {'test_listing_spans_pages': 'truncates', 'test_impossible_name[dots]': 'takes it',\n"
        "                  'test_impossible_name[slash]': 'healed', 'test_of_nothing': 'a typing error'}\n"
    )
    found = _failures(tmp_path, text)
    assert {"test_impossible_name[slash]", "test_every_declared_deviation_names_a_test"} <= found
    assert not found & {"test_listing_spans_pages", "test_impossible_name[dots]"}


def test_kit_has_its_size() -> None:
    names = [name for name, _ in names_of_tests(ServerlessConformance)]
    assert len(names) == len(set(names))
    assert len(names) >= 90
    assert all(test.__doc__ for _, test in names_of_tests(ServerlessConformance))
