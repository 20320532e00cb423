from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cloud.cli._commands import COMMANDS
from cloud.cli._errors import EXIT_CODE_HELP
from cloud.cli._parser import build_parser

if TYPE_CHECKING:
    from cloud.cli._command import Command

GUIDE = Path(__file__).parents[3] / "docs/cli.md"
# Its examples need a whole OpenStack: tests/openstack runs them.
OPENSTACK_GUIDE = GUIDE.parent / "infomaniak/cli.md"


def parsers() -> dict[str, argparse.ArgumentParser]:
    """Return every parser by what is typed to reach it, groups and the commands in them too."""
    found: dict[str, argparse.ArgumentParser] = {"": build_parser()}

    def visit(parser: argparse.ArgumentParser, before: str) -> None:
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for name, inner in action.choices.items():
                    found[f"{before}{name}"] = inner
                    visit(inner, f"{before}{name} ")

    visit(found[""], "")
    return found


def leaves(commands: tuple[Command, ...], before: str = "") -> list[str]:
    """Return what is typed for every command that does something."""
    return [
        name
        for command in commands
        for name in leaves(command.commands, f"{before}{command.name} ") or [f"{before}{command.name}"]
    ]


def section(name: str) -> str:
    text = f"{GUIDE.read_text()}\n{OPENSTACK_GUIDE.read_text()}"
    found = re.search(rf"^### cloud {name}\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, f"docs/cli.md has no section on cloud {name}"
    return found[1]


@pytest.mark.parametrize("name", parsers())
def test_everything_has_help(name: str) -> None:
    parser = parsers()[name]
    assert parser.description
    for action in parser._actions:
        if not isinstance(action, argparse._SubParsersAction):
            assert action.help, action.dest
            assert action.help[0].islower() or action.help.startswith(("URL", "NUL", "JSON")), action.help
    assert "global options" in parser.format_help()


def test_every_command_is_listed_with_its_line() -> None:
    text = re.sub(r"\s+", " ", build_parser().format_help())
    for command in COMMANDS:
        assert f"{command.name} {command.help}" in text


@pytest.mark.parametrize("name", leaves(COMMANDS))
def test_the_guide_has_every_command_and_option(name: str) -> None:
    text = section(name)
    assert "```bash" in text
    shared = {"--help", *(option for action in parsers()[""]._actions for option in action.option_strings)}
    for action in parsers()[name]._actions:
        for option in action.option_strings:
            if option.startswith("--") and option not in shared:
                assert f"`{option}" in text, f"docs/cli.md, cloud {name}: {option} is missing"


def test_the_guide_has_every_global_option_and_exit_code() -> None:
    guide = GUIDE.read_text()
    for action in parsers()[""]._actions:
        for option in action.option_strings:
            assert f"`{option}" in guide, option
    for code in re.findall(r"^  (\d+)", EXIT_CODE_HELP, re.MULTILINE):
        assert re.search(rf"^\| {code} \|", guide, re.MULTILINE), (
            f"docs/cli.md does not explain the exit code {code}"
        )
    assert EXIT_CODE_HELP.strip() in build_parser().format_help()
