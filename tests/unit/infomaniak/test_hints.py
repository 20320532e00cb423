"""What errors tell: the command line prints it, too, so it names things and speaks no Python."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import cloud.infomaniak
from cloud.infomaniak._service import there_are

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(cloud.infomaniak.__file__).parent
# The newsletter, identity and metering say some things that only a caller of theirs can do.
FOLDERS = (".", "compute", "dns", "heat", "network", "volume")
PYTHON = re.compile(r"\w=|\w\(|\w\[|\b(True|False|None)\b|\.\.\.")


def texts(source: str) -> Iterator[str]:
    """Yield every text of a module's hints, and of the messages of what it raises."""
    for node in ast.walk(ast.parse(source)):
        if (isinstance(node, ast.keyword) and node.arg == "hint") or (
            isinstance(node, (ast.Assign, ast.AnnAssign))
            and "hint" in ast.unparse(node).partition(" = ")[0].lower()
        ):
            found: ast.AST | None = node.value
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
            found = node.exc.args[0]
        else:
            continue
        for each in ast.walk(found) if found is not None else ():
            if isinstance(each, ast.Constant) and isinstance(each.value, str):
                yield each.value


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_is_told_is_no_python(folder: str) -> None:
    found = [
        (path.name, text)
        for path in sorted((PACKAGE / folder).glob("*.py"))
        for text in texts(path.read_text("utf-8"))
    ]
    assert len(found) > 5
    assert [each for each in found if PYTHON.search(each[1])] == []


@pytest.mark.parametrize(
    "source",
    [
        "raise E('m', hint='networks=[id]')",
        "raise E('m', hint=f'pass {a}_threshold=1')",
        "error.hint = 'list_images() has them'",
        "HINTS: X = {E: 'dry_run is True'}",
        "raise E(f'{a} and has_gateway=False exclude each other')",
    ],
)
def test_python_is_found(source: str) -> None:
    assert any(PYTHON.search(text) for text in texts(source))


def test_what_there_is_is_named_in_one_line() -> None:
    assert there_are([]) == "there is none"
    assert there_are(iter(["b", "a"])) == "there are a, b"
    many = [f"{number:02}" for number in range(33)]
    assert there_are(many) == f"there are {', '.join(many[:30])} and 3 more"
