"""Calls of EC2 and Lambda, answered by moto's answers with one to three things wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.common import CloudError
from fuzz.aws import CALLS, CASES, connect
from fuzz.judge import EXAMPLES, fuzzed, judge
from fuzz.mutations import plays
from fuzz.replay import Player
from fuzz.stores import seeds

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.timeout(120 + EXAMPLES),
    # http.client leaves the socket of an answer that is no HTTP to the collector.
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

ANSWERS = {service: seeds(service) for service in CALLS}
# What the calls are about only matters to who records.
IDS = {"image": "ami-12c6146b", "group": "sg-0123456789abcdef0", "instance": "i-0123456789abcdef0"}


@pytest.fixture(scope="module")
def player() -> Iterator[Player]:
    with Player() as running:
        yield running


@pytest.fixture(autouse=True)
def _no_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def called(service: str, name: str, player: Player) -> Any:
    """Return what a call of a new client ends with."""
    with connect(service, player.url) as client:
        return judge(lambda: CALLS[service][name](client, IDS))


@pytest.mark.parametrize(("service", "name"), CASES)
def test_the_answers_themselves_are_fine(service: str, name: str, player: Player) -> None:
    """What is damaged below is what a call understands: else nothing would be shown."""
    player.play(ANSWERS[service][name])
    assert not isinstance(called(service, name, player), CloudError)
    assert player.asked == len(ANSWERS[service][name])


@pytest.mark.parametrize(("service", "name"), CASES)
@fuzzed(1)
@given(data=st.data())
def test_any_answer_ends_by_a_value_or_a_cloud_error(
    service: str, name: str, player: Player, data: st.DataObject
) -> None:
    player.play(data.draw(plays(ANSWERS[service][name])))
    called(service, name, player)
