"""YAML of a user: what it says, and what no part of it can be."""

from __future__ import annotations

import pytest

from cloud.common.errors import InvalidRequestError
from cloud.infomaniak._yaml import parse
from cloud.infomaniak.dns._zonefile import WantedZone


def test_what_it_says() -> None:
    assert parse("{a: 2026-11-28, b: [1, true, ä]}", "it") == {"a": "2026-11-28", "b": [1, True, "ä"]}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("[" * 3000, "nested too deeply"),
        ("9" * 5000, "not of its kind"),
        ("!!int x", "not of its kind"),
        ("!!float ''", "not of its kind"),
        ("!!bool x", "not of its kind"),
        ("!!timestamp x", "not of its kind"),
        ("!!python/name:os.system ''", "no YAML"),
        ("[", "no YAML"),
    ],
)
def test_what_is_none(value: str, message: str) -> None:
    for read in (lambda text: parse(text, "the zone"), WantedZone.from_yaml):
        with pytest.raises(InvalidRequestError, match=f"the zone .*{message}"):
            read(f"zone: {value}")
