"""Runs every python and bash block of docs/infomaniak on a whole OpenStack, page by page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from servers.openstack_cloud import OpenStackCloud

FOLDER = Path(__file__).resolve().parent.parent.parent / "docs" / "infomaniak"
BLOCK = re.compile(r"^```(python|bash)\n(.*?)^```", re.MULTILINE | re.DOTALL)
# A restricted application credential may not make others, and stacks may need trusts.
LOGINS = {"identity": "ostack-password", "heat": "ostack-unrestricted"}


@pytest.mark.parametrize("page", sorted(FOLDER.glob("*.md")), ids=lambda page: page.stem)
def test_the_blocks_of_a_page_run(
    page: Path, openstack_cloud: OpenStackCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(openstack_cloud.clouds_yaml))
    monkeypatch.setenv("OS_CLOUD", LOGINS.get(page.stem, "ostack"))
    text = page.read_text("utf-8")
    namespace: dict[str, object] = {"__name__": "__main__"}
    script = ""
    for found in BLOCK.finditer(text):
        if found[1] == "python":
            # Blank lines in front make the line numbers of a traceback those of the page.
            line = text.count("\n", 0, found.start()) + 1
            exec(compile("\n" * line + found[2], str(page), "exec"), namespace)  # noqa: S102  # our own pages
        else:
            script += found[2]
    run = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],  # noqa: S607  # whichever bash there is
        check=False,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, f"{page.name}\n{run.stdout}\n{run.stderr}"
