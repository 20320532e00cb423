"""Ends a workspace whose owner died without doing it. Started by `_process.Workspace`, never imported.

Reads one command a line: ``group N`` names a process group to end, ``path P`` a file to remove besides
the folder, ``end`` says that the owner has cleaned up itself. The pipe's end without ``end`` means that the owner is gone.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
from pathlib import Path


def main() -> None:
    """Wait for the owner's end, then end its groups and remove its folder."""
    groups: list[int] = []
    paths: list[str] = []
    for line in sys.stdin:
        command, _, value = line.strip().partition(" ")
        if command == "end":
            return
        if command == "path":
            paths.append(value)
        else:
            groups.append(int(value))
    for group in groups:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            Path(path).unlink()
    shutil.rmtree(sys.argv[1], ignore_errors=True)
    # A killed process may have written once more while the folder was being removed.
    shutil.rmtree(sys.argv[1], ignore_errors=True)


main()
