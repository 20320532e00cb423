"""The kit itself: it finds what is broken, and it does not let a deviation hide anything else."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cloud.common import Capability
from cloud.testing import StorageConformance
from cloud.testing._storage_base import names_of_tests
from cloud.testing.storage import ODD_KEYS
from conformance._capabilities import Column, column, is_whole, parse, render

if TYPE_CHECKING:
    from pathlib import Path

_STORE = """
from dataclasses import replace

import pytest

from cloud.local import LocalStorageClient
from cloud.testing import StorageConformance, StorageHarness


class Harness(StorageHarness):
    makes_requests = authenticates = authorizes = expires = pickles = False


class Broken(LocalStorageClient):
    def _list_page(self, request):
        page = super()._list_page(request)
        return replace(page, items=page.items[:3]) if request.prefix else page

    def _key_problem(self, key):
        return "not today" if key == "plain" else None


class Kit(StorageConformance):
    kind = LocalStorageClient

    @pytest.fixture
    def harness(self, client):
        return Harness(client)

    @pytest.fixture  # of function scope: every test has a store of its own
    def client(self):
        with self.kind.in_memory() as client:
            yield client
"""


def _failures(folder: Path, text: str, *selected: str) -> set[str]:
    """Return the names of the kit's tests that fail on a store, of those that are selected."""
    file = folder / "test_store.py"
    file.write_text(_STORE + text)
    command = [sys.executable, "-m", "pytest", "-q", "-rfE", "-p", "no:cacheprovider", f"--rootdir={folder}"]
    ran = subprocess.run(
        [*command, "-k", " or ".join(selected), str(file)], capture_output=True, text=True, check=False
    )
    lines = [line for line in ran.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    assert " passed" in ran.stdout or lines, ran.stdout + ran.stderr
    return {line.partition("::Test::")[2].split(" - ")[0] for line in lines}


def test_sound_store_passes(tmp_path: Path) -> None:
    text = "class Test(Kit): pass\n"
    assert _failures(tmp_path, text, "ListingPromises", "test_listing", "test_odd_key_round_trips") == set()


def test_broken_store_fails(tmp_path: Path) -> None:
    text = "class Test(Kit):\n    kind = Broken\n"
    found = _failures(tmp_path, text, "test_listing_spans_pages", "test_odd_key_round_trips", "range")
    assert found == {"test_listing_spans_pages", "test_odd_key_round_trips[plain]"}


def test_deviation_expects_the_failure_of_one_test(tmp_path: Path) -> None:
    text = (
        "class Test(Kit):\n    kind = Broken\n"
        "    deviations = {'test_listing_spans_pages': 'truncates'}\n    refused_keys = frozenset({'plain'})\n"
    )
    found = _failures(tmp_path, text, "test_listing", "test_odd_key_round_trips[plain]", "deviation")
    assert "test_listing_goes_on_from_every_token" in found
    assert not found & {
        "test_listing_spans_pages",
        "test_odd_key_round_trips[plain]",
        "test_every_declared_deviation_names_a_test",
    }


def test_healed_and_unknown_deviations_fail(tmp_path: Path) -> None:
    text = (
        "class Test(Kit):\n    refused_keys = frozenset({'plus'})\n"
        "    deviations = {'test_listing_spans_pages': 'healed', 'test_of_nothing': 'a typing error'}\n"
    )
    found = _failures(
        tmp_path, text, "test_listing_spans_pages", "deviation", "test_odd_key_round_trips[plus]"
    )
    assert found == {
        "test_listing_spans_pages",
        "test_every_declared_deviation_names_a_test",
        "test_odd_key_round_trips[plus]",
    }


def test_kit_has_its_size() -> None:
    names = [name for name, _ in names_of_tests(StorageConformance)]
    assert len(names) == len(set(names))
    assert len(names) > 300
    assert len(set(ODD_KEYS.values())) == len(ODD_KEYS) >= 60
    assert all(1 <= len(key.encode()) <= 1024 for key in ODD_KEYS.values())
    assert all(test.__doc__ for _, test in names_of_tests(StorageConformance))


def test_kit_is_loaded_on_demand() -> None:
    code = "import sys, cloud, cloud.testing; sys.exit(len({'pytest', '_pytest', 'cloud.testing.storage'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", code], check=True)


class _Example(StorageConformance):
    title = "Example on a server"
    deviations = {"test_url_expires": "never ends", "test_range[middle]": "off by one"}  # noqa: RUF012  # read only
    unsteady = {"test_url_does_only_what_was_signed": "never ends"}  # noqa: RUF012  # read only
    refused_keys = frozenset({"plus"})


def test_column_says_what_holds() -> None:
    made = column(_Example, {Capability.PRESIGNED_URL})
    cells = {row: cell for row, cell in made.cells.items() if cell != "no"}
    assert (cells["presigned_url"], cells["Reads"], cells["Keys"]) == ("yes (1)", "yes (2)", "yes (3)")
    assert cells["Contract"] == "yes"
    assert made.cells["tags"] == "no"
    assert made.notes[:2] == ["never ends", "off by one"]


def test_page_is_read_as_it_was_written() -> None:
    columns = {
        made.title: made
        for made in (column(_Example, set()), Column("Another", column(StorageConformance, set()).cells, []))
    }
    assert parse(render(columns)) == columns
    assert parse("") == {}


@pytest.mark.parametrize("lost", ["missing", "failed"])
def test_column_needs_the_whole_run(lost: str) -> None:
    outcomes = {name: True for name, _ in names_of_tests(_Example)}
    assert is_whole(_Example, outcomes)
    if lost == "missing":
        del outcomes["test_url_expires"]
    else:
        outcomes["test_url_expires"] = False
    assert not is_whole(_Example, outcomes)
