"""The compute kit finds what is broken: each of these providers does one thing wrong, and the kit says which."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
HEAD = """
from dataclasses import replace

import pytest

from cloud.common import ComputeCapability, InstanceState
from cloud.testing import ComputeConformance
from unit.common.compute_double import ComputeDouble
from unit.common.test_compute import DoubleHarness as Harness


class Kit(ComputeConformance):
    kind = ComputeDouble

    @pytest.fixture
    def client(self):
        return self.kind()

    @pytest.fixture
    def harness(self, client):
        return Harness(client)

"""
BROKEN = {
    "cuts the listing": (
        (
            "    def _list_instances_page(self, request):\n"
            "        return replace(super()._list_instances_page(request), next_token=None)\n"
        ),
        "test_listing_spans_pages",
    ),
    "makes two": (
        (
            "    def _create_instance(self, request):\n"
            "        return super()._create_instance(request._replace(token=None))\n"
        ),
        "test_token_makes_one",
    ),
    "acts in a dry run": (
        "    def _check_act(self, request):\n        self._act(request)\n",
        "test_dry_run_changes_nothing",
    ),
    "makes in a dry run": (
        "    def _check_create(self, request):\n        self._create_instance(request)\n",
        "test_dry_run_changes_nothing",
    ),
    "forgets the tags": (
        (
            "    def _create_instance(self, request):\n"
            "        return super()._create_instance(request._replace(tags={}))\n"
        ),
        "test_new_instance_is_what_was_asked_for",
    ),
    "does not stop": (
        "    def _act(self, request):\n        return None\n",
        "test_stop_and_start_say_whether_they_changed_anything",
    ),
    "shows the private key": (
        (
            "    def _create_key_pair(self, name):\n"
            "        made = super()._create_key_pair(name)\n"
            "        return replace(made, raw=made.private_key.reveal())\n"
        ),
        "test_private_key_is_shown_by_nothing",
    ),
    "ignores the service's filters": (
        (
            "    def _list_instances_page(self, request):\n"
            "        return super()._list_instances_page(request._replace(filters={}))\n"
        ),
        "test_native_filters",
    ),
}


def failures(folder: Path, text: str, test: str) -> set[str]:
    """Return the names of the tests of the kit that failed; only `test` is run."""
    file = folder / "test_provider.py"
    file.write_text(HEAD + text)
    command = [sys.executable, "-m", "pytest", "-q", "-rfE", "-p", "no:cacheprovider", f"--rootdir={folder}"]
    ran = subprocess.run(
        [*command, "--import-mode=importlib", "-k", f"Test and {test}", str(file)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )
    lines = [line for line in ran.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    assert " passed" in ran.stdout or lines, ran.stdout + ran.stderr
    return {line.partition("::Test::")[2].split(" - ")[0] for line in lines}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_is_found(tmp_path: Path, case: str) -> None:
    hook, test = BROKEN[case]
    text = f"class Broken(ComputeDouble):\n{hook}\n\nclass Test(Kit):\n    kind = Broken\n"
    assert failures(tmp_path, text, test) == {test}


def test_a_deviation_expects_one_failure_and_no_more(tmp_path: Path) -> None:
    hook, test = BROKEN["makes two"]
    declared = f"    kind = Broken\n    deviations = {{'{test}': 'makes two'}}\n"
    text = f"class Broken(ComputeDouble):\n{hook}\n\nclass Test(Kit):\n{declared}"
    assert failures(tmp_path, text, "test_token or test_every_declared") == set()
    healed = (
        f"class Test(Kit):\n    deviations = {{'{test}': 'healed', 'test_of_nothing': 'a typing error'}}\n"
    )
    found = failures(tmp_path, healed, "test_token or test_every_declared")
    assert found == {test, "test_every_declared_deviation_names_a_test"}


def test_the_kit_is_documented_and_loaded_on_demand() -> None:
    from cloud.testing import ComputeConformance
    from cloud.testing._storage_base import names_of_tests

    tests = list(names_of_tests(ComputeConformance))
    assert len(tests) > 80
    assert all(test.__doc__ for _, test in tests)
    code = "import sys, cloud.testing; sys.exit(len({'pytest', 'cloud.testing.compute'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", code], check=True)
