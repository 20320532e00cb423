"""Runs every python and bash block of README and docs, page by page, in a folder of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from servers import GcsServer, Server
    from servers.azurite import AzuriteServer
    from servers.swift import SwiftServer

ROOT = Path(__file__).resolve().parent.parent.parent
BLOCK = re.compile(r"^```(python|bash)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = [
    page
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    # What needs a whole OpenStack is run by tests/openstack.
    if BLOCK.search(page.read_text("utf-8")) and page.parent.name != "infomaniak"
]


def blocks(page: Path) -> list[tuple[str, str, int]]:
    """Return language, text and line of each block."""
    text = page.read_text("utf-8")
    return [(match[1], match[2], text.count("\n", 0, match.start()) + 2) for match in BLOCK.finditer(text)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_blocks_of_a_page_run(
    page: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    seaweedfs_server: Server,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", seaweedfs_server.admin.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", seaweedfs_server.admin.secret_key)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", seaweedfs_server.endpoint_url)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name, value in _of_provider(page, request).items():
        monkeypatch.setenv(name, value)
    namespace: dict[str, object] = {"__name__": "__main__"}
    script = ""
    for language, text, line in blocks(page):
        if language == "python":
            # Blank lines in front make the line numbers of a traceback those of the page.
            exec(compile("\n" * (line - 1) + text, str(page), "exec"), namespace)  # noqa: S102  # our own pages
        else:
            script += text
    # One shell for all bash blocks of a page: the first may export what the others need.
    run = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],  # noqa: S607  # whichever bash there is
        check=False,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, f"{page.name}\n{run.stdout}\n{run.stderr}"


def _of_provider(page: Path, request: pytest.FixtureRequest) -> dict[str, str]:
    """Return the variables by which the examples of a provider's page find its test server."""
    if page.parent.name == "docs" and page.stem in {"cli", "compute"}:
        moto: Server = request.getfixturevalue("moto_server")
        return {"AWS_ENDPOINT_URL_EC2": moto.endpoint_url}
    if page.stem == "gcp":
        google: GcsServer = request.getfixturevalue("fake_gcs_server")
        return {"STORAGE_EMULATOR_HOST": google.endpoint_url, "GOOGLE_CLOUD_PROJECT": google.project}
    if page.stem == "functions":
        ministack: Server = request.getfixturevalue("ministack_server")
        return {
            "AWS_ENDPOINT_URL_LAMBDA": ministack.endpoint_url,
            "AWS_ENDPOINT_URL_LOGS": ministack.endpoint_url,
        }
    if page.stem == "azure":
        azurite: AzuriteServer = request.getfixturevalue("azurite_server")
        return {"AZURE_STORAGE_CONNECTION_STRING": azurite.connection_string}
    if page.stem == "infomaniak":
        swift: SwiftServer = request.getfixturevalue("swift_server")
        return {
            "OS_AUTH_URL": swift.auth_url,
            "OS_USERNAME": swift.admin.access_key,
            "OS_PASSWORD": swift.admin.secret_key,
        }
    return {}
