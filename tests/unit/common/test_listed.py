"""A record made by the short way is the record that its constructor makes."""

from __future__ import annotations

import dataclasses
import pickle
from datetime import datetime, timezone

import pytest

from cloud.common._listed import listed_object
from cloud.common.models import ObjectInfo

WHEN = datetime(2030, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
MADE = ObjectInfo(bucket="b", key="k", size=3, etag="e", modified_at=WHEN, storage_class="COLD")


def test_it_is_what_the_constructor_makes_in_every_field() -> None:
    listed = listed_object("b", "k", 3, "e", WHEN, "COLD")
    assert type(listed) is ObjectInfo
    assert listed == MADE
    assert hash(listed) == hash(MADE)
    assert repr(listed) == repr(MADE)
    for field in dataclasses.fields(ObjectInfo):
        assert getattr(listed, field.name) == getattr(MADE, field.name), field.name


def test_it_cannot_be_changed() -> None:
    listed = listed_object("b", "k", 3, None, None, None)
    with pytest.raises(dataclasses.FrozenInstanceError):
        listed.size = 4  # type: ignore[misc]  # that is what must not work


def test_it_can_be_pickled_and_replaced() -> None:
    listed = listed_object("b", "k", 3, "e", WHEN, None)
    assert pickle.loads(pickle.dumps(listed)) == listed  # noqa: S301  # our own bytes
    assert dataclasses.replace(listed, size=4).size == 4
