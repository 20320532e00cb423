"""Collects the runs against OpenAPI documents that are there: they are the vendors', and none is in this repository.

``CLOUD_CODA_OPENAPI`` and ``CLOUD_NEWSLETTER_OPENAPI`` name them: files of JSON.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

_VARIABLES = {
    "test_coda.py": "CLOUD_CODA_OPENAPI",
    "test_coda_fake.py": "CLOUD_CODA_OPENAPI",
    "test_newsletter.py": "CLOUD_NEWSLETTER_OPENAPI",
}
collect_ignore = [name for name, variable in _VARIABLES.items() if not os.environ.get(variable)]


@pytest.fixture(scope="session")
def openapi() -> Callable[[str], dict[str, Any]]:
    """Return what reads the document that an environment variable names."""

    def read(variable: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(Path(os.environ[variable]).read_text("utf-8"))
        return found

    return read


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for variable in sorted({_VARIABLES[name] for name in collect_ignore}):
        terminalreporter.write_line(
            f"contract: {variable} names no OpenAPI document, so its tests did not run"
        )
