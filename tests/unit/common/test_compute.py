"""The compute template over a provider in memory: the kit both ways, lost answers, waits by a scripted clock."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import pytest

from cloud.common import (
    AlreadyExistsError,
    ComputeCapability,
    ConflictError,
    InstanceState,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitedError,
    ServiceUnavailableError,
    TimeoutError_,
    UnsupportedOperationError,
)
from cloud.testing import ComputeConformance, ComputeHarness
from unit.common.compute_double import ComputeDouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cloud.common import Instance


def once(*hooks: str, error: Callable[[str], Exception] = ServiceUnavailableError) -> Callable[[str], None]:
    """Return what raises `error` at the first call of each of `hooks`."""
    left = list(hooks)

    def fail(hook: str) -> None:
        if hook in left:
            left.remove(hook)
            raise error("scripted")

    return fail


class DoubleHarness(ComputeHarness):
    image_id, instance_type, other_instance_type = "image-1", "tiny", "small"
    missing_id = missing_image_id = "missing"
    native_filters = {"size": ["small"]}  # noqa: RUF012  # read only
    authenticates = authorizes = expires = pickles = False
    poll_seconds = 0.001
    deadline_seconds = 5.0

    @contextmanager
    def losing_create(self) -> Iterator[ComputeDouble]:
        client = self.client
        assert isinstance(client, ComputeDouble)
        losing = ComputeDouble(client.capabilities)
        losing._instances, losing._numbers = client._instances, client._numbers
        losing.fail_after = once("create")
        yield losing


class TestEverything(ComputeConformance):
    @pytest.fixture
    def client(self) -> ComputeDouble:
        return ComputeDouble()

    @pytest.fixture
    def harness(self, client: ComputeDouble) -> DoubleHarness:
        return DoubleHarness(client)


class TestNothing(ComputeConformance):
    @pytest.fixture
    def client(self) -> ComputeDouble:
        return ComputeDouble(frozenset())

    @pytest.fixture
    def harness(self, client: ComputeDouble) -> DoubleHarness:
        return DoubleHarness(client)


@pytest.fixture
def client() -> ComputeDouble:
    return ComputeDouble()


def made(client: ComputeDouble) -> Instance:
    return client.create_instance("web", "tiny", "image-1")


def hooks(client: ComputeDouble) -> list[str]:
    return [hook for hook, _ in client.asked]


# -- once ----------------------------------------------------------------------------------------------------------
def test_every_try_of_one_create_has_one_token_and_every_create_its_own(client: ComputeDouble) -> None:
    client.fail_after = once("create")
    made(client)
    made(client)
    tokens = [request.token for hook, request in client.asked if hook == "create"]
    assert tokens[0] == tokens[1] != tokens[2]
    assert all(tokens)


def test_a_refused_create_is_sent_again_also_without_tokens() -> None:
    client = ComputeDouble(frozenset())
    client.fail = once("create", error=partial(RateLimitedError, http_status=429))
    assert made(client).id
    assert hooks(client) == ["create", "create"]


def test_reboot_is_sent_once(client: ComputeDouble) -> None:
    one = made(client)
    client.wait_for(one.id, poll_seconds=0.001)
    client.asked.clear()
    client.fail_after = once("reboot")
    with pytest.raises(OutcomeUnknownError):
        client.reboot_instance(one.id)
    assert hooks(client) == ["get", "reboot"]


@pytest.mark.parametrize("action", ["stop", "terminate"])
def test_a_lost_answer_of_what_may_be_repeated_is_still_a_change(client: ComputeDouble, action: str) -> None:
    one = made(client)
    client.wait_for(one.id, poll_seconds=0.001)
    client.fail_after = once(action)
    assert getattr(client, f"{action}_instance")(one.id) is True
    assert hooks(client).count(action) == 2


def test_terminating_what_vanishes_meanwhile_is_a_change(client: ComputeDouble) -> None:
    one = made(client)
    client.fail = once("terminate", error=NotFoundError)
    assert client.terminate_instance(one.id) is True
    client.fail = once("stop", error=NotFoundError)
    with pytest.raises(NotFoundError):
        client.stop_instance(made(client).id)


def test_a_key_pair_that_an_earlier_try_deleted_is_a_change(client: ComputeDouble) -> None:
    client.create_key_pair("k")
    client.fail_after = once("delete key")
    assert client.delete_key_pair("k") is True


def test_a_new_key_pair_is_asked_for_once(client: ComputeDouble) -> None:
    client.fail = once("create key")
    with pytest.raises(OutcomeUnknownError):
        client.create_key_pair("k")
    assert hooks(client) == ["create key"]


def test_key_pairs_can_be_tried_first(client: ComputeDouble) -> None:
    client.create_key_pair("taken")
    with pytest.raises(AlreadyExistsError, match="there is a key pair called 'taken'"):
        client.create_key_pair("taken", dry_run=True)
    with pytest.raises(AlreadyExistsError):
        client.import_key_pair("taken", "ssh-ed25519 AAAA", dry_run=True)
    client.create_key_pair("free", dry_run=True)
    client.import_key_pair("free", "ssh-ed25519 AAAA", dry_run=True)
    assert client.delete_key_pair("free", dry_run=True) is False
    assert client.delete_key_pair("taken", dry_run=True) is True
    assert set(hooks(client)[1:]) == {"list keys"}
    assert [pair.name for pair in client.list_key_pairs()] == ["taken"]
    without = ComputeDouble(frozenset(ComputeCapability) - {ComputeCapability.DRY_RUN})
    for call in (without.create_key_pair, without.delete_key_pair):
        with pytest.raises(UnsupportedOperationError):
            call("free", dry_run=True)
    assert hooks(without) == []


# -- listings ------------------------------------------------------------------------------------------------------
def test_a_page_that_fails_says_where_to_go_on(client: ComputeDouble) -> None:
    everything = {made(client).id for _ in range(5)}
    listing = iter(client.iter_instances(page_size=2))
    seen = [next(listing).id, next(listing).id]

    def fail(hook: str) -> None:
        raise ConflictError("scripted")

    client.fail = fail
    with pytest.raises(ConflictError) as caught:
        next(listing)
    client.fail = lambda _hook: None
    rest = [item.id for item in client.iter_instances(page_size=2, token=caught.value.resume_token)]
    assert {*seen, *rest} == everything
    assert len(seen) + len(rest) == 5


# -- waits ---------------------------------------------------------------------------------------------------------
class Clock:
    """Seconds that pass by waiting alone."""

    def __init__(self, client: ComputeDouble) -> None:
        self.now = 0.0
        self.waits: list[float] = []
        client._clock = lambda: self.now
        client._pause = self.pause

    def pause(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def stuck(client: ComputeDouble) -> Instance:
    """Return an instance that stays stopped."""
    one = made(client)
    client.wait_for(one.id)
    client.stop_instance(one.id)
    return client.wait_for(one.id, [InstanceState.STOPPED])


def test_looks_grow_rarer_and_never_pass_the_deadline(client: ComputeDouble) -> None:
    clock = Clock(client)
    one = stuck(client)
    clock.waits.clear()
    with pytest.raises(TimeoutError_, match="after 100 s the instance is stopped, not running"):
        client.wait_for(one.id, deadline_seconds=100)
    assert clock.waits[:3] == [2.0, 3.0, 4.5]
    assert max(clock.waits) == 15.0
    assert sum(clock.waits) == pytest.approx(100)
    clock.waits.clear()
    with pytest.raises(TimeoutError_):
        client.wait_for(one.id, deadline_seconds=100, poll_seconds=40)
    assert clock.waits == [40, 40, 20]


def test_a_new_instance_may_be_unknown_for_a_while(
    client: ComputeDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(client)
    one = made(client)
    client.fail = once("get", "get", error=NotFoundError)
    with pytest.raises(NotFoundError):
        client.wait_for(one.id)
    monkeypatch.setattr(ComputeDouble, "settle_seconds", 4.0)
    client.fail = once("get", "get", error=NotFoundError)
    assert client.wait_for(one.id).state is InstanceState.RUNNING
    assert clock.now > 4.0
    with pytest.raises(NotFoundError):
        client.wait_for("missing")


def test_what_the_service_forgets_is_terminated(client: ComputeDouble) -> None:
    Clock(client)
    one = made(client)
    client.terminate_instance(one.id)
    seen: list[InstanceState] = []
    last = client.wait_for(one.id, [InstanceState.TERMINATED], progress=lambda item: seen.append(item.state))
    assert (last.id, last.state) == (one.id, InstanceState.TERMINATED)
    assert seen == [InstanceState.TERMINATING, InstanceState.TERMINATED]


def test_a_wait_for_what_is_terminated_meanwhile_ends(client: ComputeDouble) -> None:
    Clock(client)
    one = made(client)
    client.terminate_instance(one.id)
    with pytest.raises(ConflictError, match="terminated, not running"):
        client.wait_for(one.id)


def test_capabilities_are_told_apart_by_their_names() -> None:
    assert len({capability.value for capability in ComputeCapability}) == len(ComputeCapability)
