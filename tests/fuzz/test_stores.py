"""Each call of each store, answered by real answers with one to three things wrong.

``CLOUD_FUZZ_EXAMPLES`` says how many examples each call has; by default a few.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.common import CloudError
from fuzz import google
from fuzz.judge import EXAMPLES, fuzzed, judge
from fuzz.mutations import plays
from fuzz.replay import Player
from fuzz.stores import MAKERS, calls_of, make_client, seeds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fuzz.replay import Answer

pytestmark = [
    pytest.mark.timeout(120 + EXAMPLES),
    # http.client leaves the socket of an answer that is no HTTP to the collector.
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

ANSWERS = {store: seeds(store) for store in ("s3", "azure", "gcs", "swift")} | {"google": google.SEEDS}
CASES = [
    (store, call)
    for store, answers in ANSWERS.items()
    for call in answers
    if call in calls_of("gcs" if store == "google" else store)
]


@pytest.fixture(scope="module")
def player() -> Iterator[Player]:
    with Player() as running:
        yield running


# The one's recorded answer is a refusal; the other's segments go at once, so their answers come in any order.
OTHERWISE = {("gcs", "get_bucket_policy"), ("swift", "upload_parts")}


@pytest.mark.parametrize(("store", "name"), [case for case in CASES if case not in OTHERWISE])
def test_the_answers_themselves_are_fine(store: str, name: str, player: Player) -> None:
    """What is damaged below is what a call understands: else nothing would be shown."""
    player.play(ANSWERS[store][name])
    result = judge(
        lambda: calls_of("gcs" if store == "google" else store)[name](make_client(store, player.url))
    )
    assert not isinstance(result, CloudError)
    assert player.asked


@pytest.mark.parametrize(("store", "name"), CASES)
@fuzzed(2)
@given(data=st.data())
def test_any_answer_ends_by_a_value_or_a_cloud_error(
    store: str, name: str, player: Player, data: st.DataObject
) -> None:
    played: list[Answer] = data.draw(plays(ANSWERS[store][name]))
    player.play(played)
    client = make_client(store, player.url)
    try:
        judge(lambda: calls_of("gcs" if store == "google" else store)[name](client))
    finally:
        client.close()


@pytest.mark.parametrize("store", ["s3", "azure", "swift"])
@pytest.mark.parametrize("name", ["get_object_metadata", "update_metadata", "copy_file"])
def test_a_head_without_a_length_describes_no_empty_object(store: str, name: str, player: Player) -> None:
    """Gateways that send bodies in chunks drop it."""
    chunked = [
        answer._replace(
            headers=(
                *((key, value) for key, value in answer.headers if key.lower() != "content-length"),
                ("Transfer-Encoding", "chunked"),
            ),
            body=b"%x\r\n%b\r\n0\r\n\r\n" % (len(answer.body), answer.body) if answer.body else b"0\r\n\r\n",
        )
        for answer in ANSWERS[store][name]
    ]
    player.play(chunked)
    result = judge(lambda: calls_of(store)[name](make_client(store, player.url)))
    assert isinstance(result, CloudError)


def test_every_store_is_there() -> None:
    assert set(MAKERS) == set(ANSWERS)
