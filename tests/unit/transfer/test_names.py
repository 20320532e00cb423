import unicodedata

import pytest

from cloud.common.errors import InvalidRequestError
from cloud.transfer._names import NameGuard


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("A.txt", "a.txt"),
        ("Dir/x", "dir/y"),
        ("p/Dir/x", "p/dir/x"),
        (unicodedata.normalize("NFD", "é"), unicodedata.normalize("NFC", "é")),
        ("É", "é"),
        ("STRASSE", "straße"),
    ],
)
def test_names_that_some_file_systems_take_for_one_are_refused(first: str, second: str) -> None:
    guard = NameGuard()
    guard.check(first)
    with pytest.raises(InvalidRequestError, match="case or Unicode form"):
        guard.check(second)


def test_the_same_spelling_in_other_folders_is_fine() -> None:
    guard = NameGuard()
    for name in ("A/x", "A/y", "A-b", "B/X", "B/Z/x", "C/x", "a-c"):
        guard.check(name)


def test_what_was_left_behind_is_forgotten() -> None:
    guard = NameGuard()
    for number in range(1000):
        guard.check(f"folder{number:04}/file")
    assert len(guard._folders) == 2
    assert len(guard._folders[1][1]) == 1
