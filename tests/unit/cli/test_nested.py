"""Groups of commands: ``cloud GROUP COMMAND``, as deep as they are written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cloud.cli import _parser, main
from cloud.cli._command import Command

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from cloud.cli._console import Console
    from cloud.cli._places import Session
    from conftest import Run


def _add(parser: ArgumentParser) -> None:
    parser.add_argument("name", help="what to show")
    parser.add_argument("--often", type=int, default=1, help="how many times")


def show(args: Namespace, session: Session, console: Console) -> int:
    """Show the arguments that arrived."""
    console.document({"name": args.name, "often": args.often, "region": args.region, "quiet": args.quiet})
    return 0


GROUPS = (
    Command(
        "outer",
        "commands for tests",
        "",
        commands=(
            Command("show", "show a name", "", _add, f"{__name__}:show"),
            Command("inner", "deeper", "", commands=(Command("show", "s", "", _add, f"{__name__}:show"),)),
        ),
    ),
    Command("plain", "no group", "", _add, f"{__name__}:show"),
)


@pytest.fixture(autouse=True)
def _groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_parser, "COMMANDS", GROUPS)


@pytest.mark.parametrize("words", [("outer", "show"), ("outer", "inner", "show"), ("plain",)])
def test_a_command_runs_however_deep_it_is(run: Run, words: tuple[str, ...]) -> None:
    ran = run(*words, "n", "--often", "2")
    assert (ran.code, ran.json) == (0, {"name": "n", "often": 2, "region": None, "quiet": False})


def test_global_options_stand_before_between_and_after(run: Run) -> None:
    for words in (
        ("--region", "r", "-q", "outer", "show", "n"),
        ("outer", "--region", "r", "-q", "show", "n"),
        ("outer", "show", "n", "-q", "--region", "r"),
        ("-q", "outer", "--region", "other", "inner", "show", "--region", "r", "n"),
    ):
        ran = run(*words)
        assert (ran.json["region"], ran.json["quiet"]) == ("r", True), words


@pytest.mark.parametrize("words", [(), ("outer",), ("outer", "inner")])
def test_a_group_alone_prints_its_help(capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    assert main(list(words)) == 2
    printed = capsys.readouterr().out
    assert printed.startswith(f"usage: {' '.join(('cloud', *words))} ")
    assert "\ncommands:\n" in printed


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("outer", "show", "n", "--never"), "unrecognized arguments: --never (see cloud outer show --help)"),
        (("outer", "--never"), "unrecognized arguments: --never (see cloud outer --help)"),
        (("outer", "other"), "(see cloud outer --help)"),
        (("outer", "inner", "show"), "(see cloud outer inner show --help)"),
        (("plain", "n", "--never"), "(see cloud plain --help)"),
        (("--never",), "(see cloud --help)"),
    ],
)
def test_an_error_names_the_command(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str
) -> None:
    assert main(list(words)) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
