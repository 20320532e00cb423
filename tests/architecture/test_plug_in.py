"""A provider of somebody else: installed by an entry point, opened by its scheme, proven by the kit."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PROVIDER = '''
from cloud.common import CloudProvider
from cloud.local import LocalStorageClient


class AcmeStorageClient(LocalStorageClient):
    """A store of somebody else; what it keeps is in this process."""

    def __init__(self):
        made = LocalStorageClient.in_memory()
        self.__dict__.update(made.__dict__)
        self.scheme = "acme"
'''
KIT = """
import pytest

from cloud import open_storage
from cloud.testing import StorageConformance, StorageHarness


@pytest.fixture(scope="module")
def client():
    return open_storage("acme://bucket").client


class AcmeHarness(StorageHarness):
    makes_requests = False
    authenticates = False
    authorizes = False
    expires = False
    pickles = False
    is_cheap = True


class TestAcme(StorageConformance):
    @pytest.fixture
    def harness(self, client):
        return AcmeHarness(client)
"""


def test_a_plug_in_is_opened_by_its_scheme_and_passes_the_kit(tmp_path: Path) -> None:
    site = tmp_path / "site"
    info = site / "acme_cloud-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "acme_cloud.py").write_text(PROVIDER)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-cloud\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[cloud.providers]\nacme = acme_cloud:AcmeStorageClient\n")
    (tmp_path / "test_acme.py").write_text(KIT)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", "test_acme.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(site), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-1000:]
    assert "passed" in run.stdout
    assert "failed" not in run.stdout
