import pytest

from cloud.common.errors import InvalidRequestError
from cloud.transfer import Selection
from cloud.transfer._select import glob_pattern


@pytest.mark.parametrize(
    ("glob", "fits", "fails"),
    [
        ("*.txt", ["a.txt", ".txt"], ["a/b.txt", "a.txt.gz"]),
        ("?", ["a", "é"], ["", "ab", "/"]),
        ("**/x", ["x", "a/x", "a/b/x"], ["xx", "a/bx"]),
        ("a/**", ["a/b", "a/b/c"], ["a", "b/a/c"]),
        ("[a-c]x", ["ax", "cx"], ["dx", "/x"]),
        ("[!a-c]x", ["dx"], ["ax", "/x"]),
        ("[]x]", ["]", "x"], ["[", "a"]),
        ("[abc", ["[abc"], ["a"]),
        ("a.b+(c)", ["a.b+(c)"], ["aXb+(c)", "a.bb(c)"]),
        ("[[.]", ["[", "."], ["]"]),
        ("a\nb*", ["a\nb\n"], ["a b"]),
    ],
)
def test_globs(glob: str, fits: list[str], fails: list[str]) -> None:
    pattern = glob_pattern(glob)
    assert [name for name in fits if not pattern.fullmatch(name)] == []
    assert [name for name in fails if pattern.fullmatch(name)] == []


def test_an_impossible_range_is_named() -> None:
    with pytest.raises(InvalidRequestError, match=r"\[z-a\]"):
        glob_pattern("[z-a]")


@pytest.mark.parametrize(
    ("include", "exclude", "taken"),
    [
        ([], [], ["a.txt", "build/a.txt", "docs/old/a.txt", "docs/x/build"]),
        (["*.txt"], [], ["a.txt", "build/a.txt", "docs/old/a.txt"]),
        ([], ["build"], ["a.txt", "docs/old/a.txt"]),
        ([], ["build/"], ["a.txt", "docs/old/a.txt", "docs/x/build"]),
        ([], ["docs/old"], ["a.txt", "build/a.txt", "docs/x/build"]),
        ([], ["/a.txt"], ["build/a.txt", "docs/old/a.txt", "docs/x/build"]),
        (["docs/**"], ["*.txt"], ["docs/x/build"]),
    ],
)
def test_selection(include: list[str], exclude: list[str], taken: list[str]) -> None:
    names = ["a.txt", "build/a.txt", "docs/old/a.txt", "docs/x/build"]
    select = Selection(include, exclude)
    assert [name for name in names if select.takes(name)] == taken
