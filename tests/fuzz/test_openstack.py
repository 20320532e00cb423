"""Each kind of call of the OpenStack clients, answered by real answers with one to three things wrong: logins, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.common import CloudError
from fuzz.judge import EXAMPLES, fuzzed, judge
from fuzz.mutations import plays
from fuzz.openstack import CASES, connect, login
from fuzz.replay import Player

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fuzz.replay import Answer

pytestmark = [
    pytest.mark.timeout(120 + EXAMPLES),
    # http.client leaves the socket of an answer that is no HTTP to the collector.
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def keystone() -> Iterator[Player]:
    with Player() as running:
        yield running


@pytest.fixture(scope="module")
def services() -> Iterator[Player]:
    with Player() as running:
        yield running


def called(name: str, keystone: Player) -> Any:
    """Return what a call of a new client ends with."""
    kind, call, _ = CASES[name]
    with connect(kind, keystone.url) as client:
        return judge(lambda: call(client))


@pytest.mark.parametrize("name", CASES)
def test_the_answers_themselves_are_fine(name: str, keystone: Player, services: Player) -> None:
    """What is damaged below is what a call understands: else nothing would be shown."""
    answers = CASES[name][2]
    services.play(answers)
    keystone.play([login(services.url), login(services.url)._replace(status=200)])
    assert not isinstance(called(name, keystone), CloudError)
    assert keystone.asked == (2 if name.endswith(".validate_connection") else 1)
    assert services.asked >= len(answers) or name.endswith(".validate_connection")


@pytest.mark.parametrize("name", CASES)
@fuzzed(1)
@given(data=st.data())
def test_any_answer_ends_by_a_value_or_a_cloud_error(
    name: str, keystone: Player, services: Player, data: st.DataObject
) -> None:
    played: list[Answer] = list(CASES[name][2])
    damages_login = data.draw(st.sampled_from((False, False, False, True)))
    if not damages_login:
        played = data.draw(plays(played))
    services.play(played)
    logins = [login(services.url)]
    if damages_login:
        logins = data.draw(plays(logins))
    keystone.play(logins)
    called(name, keystone)
