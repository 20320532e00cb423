"""An instance's life: made, waited for, stopped, started, rebooted, terminated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cloud.common.enums import InstanceState
from cloud.common.errors import ConflictError, InvalidRequestError, NotFoundError, TimeoutError_
from cloud.testing._compute_base import ComputeKit, await_state, create, is_gone, new_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.common.models import Instance
    from cloud.testing._compute_base import AnyComputeClient, ComputeHarness

_ALIVE = frozenset({InstanceState.PENDING, InstanceState.RUNNING})


class LifePromises(ComputeKit):
    """Lifecycle and waits."""

    promises = "Lifecycle"

    def test_new_instance_is_what_was_asked_for(
        self, harness: ComputeHarness, new_instance: Callable[..., Instance]
    ) -> None:
        """The instance has the name, size, image and tags that were given, and runs after a while."""
        name = f"{new_name()} größe 東京"
        made = new_instance(name, wait=False, tags={"team": "blue", "Ort": "Genève"})
        assert made.id
        assert made.state in _ALIVE
        seen = await_state(harness, made.id, InstanceState.RUNNING)
        assert (seen.id, seen.name, seen.state) == (made.id, name, InstanceState.RUNNING)
        assert (seen.instance_type, seen.image_id) == (harness.instance_type, harness.image_id)
        assert dict(seen.tags) == {"team": "blue", "Ort": "Genève"}
        assert seen.raw_state
        assert seen.created_at is not None
        assert seen.created_at.utcoffset() is not None
        assert seen["id"] == seen.id
        assert seen.to_dict()["state"] == "running"

    def test_new_instance_is_got_and_listed(
        self, client: AnyComputeClient, new_instance: Callable[..., Instance]
    ) -> None:
        """`get_instance` and `list_instances` tell the same about it."""
        made = new_instance()
        got = client.get_instance(made.id)
        listed = next(item for item in client.list_instances() if item.id == made.id)
        assert (got.name, got.instance_type, got.image_id) == (
            listed.name,
            listed.instance_type,
            listed.image_id,
        )
        assert got.state is listed.state is InstanceState.RUNNING

    def test_stop_and_start_say_whether_they_changed_anything(
        self, client: AnyComputeClient, harness: ComputeHarness, new_instance: Callable[..., Instance]
    ) -> None:
        """True where something was changed, False where it was so already."""
        made = new_instance()
        assert client.start_instance(made.id) is False
        assert client.stop_instance(made.id) is True
        await_state(harness, made.id, InstanceState.STOPPED)
        assert client.stop_instance(made.id) is False
        assert client.start_instance(made.id) is True
        await_state(harness, made.id, InstanceState.RUNNING)
        assert client.start_instance(made.id) is False

    def test_stop_by_force(
        self, client: AnyComputeClient, harness: ComputeHarness, new_instance: Callable[..., Instance]
    ) -> None:
        """A stop by force is a stop."""
        made = new_instance()
        assert client.stop_instance(made.id, force=True) is True
        assert await_state(harness, made.id, InstanceState.STOPPED).state is InstanceState.STOPPED

    def test_reboot_needs_a_running_instance(
        self, client: AnyComputeClient, harness: ComputeHarness, new_instance: Callable[..., Instance]
    ) -> None:
        """A running instance is rebooted; ConflictError answers for a stopped one, which services ignore."""
        made = new_instance()
        assert client.reboot_instance(made.id) is True
        await_state(harness, made.id, InstanceState.RUNNING)
        client.stop_instance(made.id)
        await_state(harness, made.id, InstanceState.STOPPED)
        with pytest.raises(ConflictError):
            client.reboot_instance(made.id)
        assert client.get_instance(made.id).state is InstanceState.STOPPED

    def test_terminate_is_for_ever(
        self, client: AnyComputeClient, harness: ComputeHarness, new_instance: Callable[..., Instance]
    ) -> None:
        """True, then False; what is terminated cannot be started, stopped or rebooted, and is no resource."""
        made = new_instance()
        assert client.terminate_instance(made.id) is True
        assert await_state(harness, made.id, InstanceState.TERMINATED).state is InstanceState.TERMINATED
        assert is_gone(client, made.id)
        assert client.terminate_instance(made.id) is False
        for call in (client.start_instance, client.stop_instance, client.reboot_instance):
            with pytest.raises((ConflictError, NotFoundError)):
                call(made.id)
        assert client.get_resource(made.id) is None
        assert made.id not in [item.id for item in client.list_resources()]
        assert client.delete_resource(made.id) is False

    def test_stopped_instance_can_be_terminated(
        self, client: AnyComputeClient, harness: ComputeHarness, new_instance: Callable[..., Instance]
    ) -> None:
        """A stopped instance goes as a running one."""
        made = new_instance()
        client.stop_instance(made.id)
        await_state(harness, made.id, InstanceState.STOPPED)
        assert client.terminate_instance(made.id) is True
        await_state(harness, made.id, InstanceState.TERMINATED)

    # -- waits -----------------------------------------------------------------------------------------------
    def test_wait_ends_at_once_in_the_state(
        self, client: AnyComputeClient, harness: ComputeHarness, new_instance: Callable[..., Instance]
    ) -> None:
        """What is so already needs one look."""
        made = new_instance()
        with harness.sends(1):
            found = client.wait_for(made.id, {InstanceState.STOPPED, InstanceState.RUNNING})
        assert found.state is InstanceState.RUNNING

    def test_wait_stops_at_its_deadline(
        self, client: AnyComputeClient, new_instance: Callable[..., Instance]
    ) -> None:
        """TimeoutError_ says in which state the instance is."""
        made = new_instance()
        with pytest.raises(TimeoutError_, match="running") as caught:
            client.wait_for(made.id, [InstanceState.STOPPED], deadline_seconds=0)
        assert (caught.value.operation, caught.value.resource) == ("wait_for", made.id)

    def test_wait_ends_by_an_error_in_a_terminal_state(
        self, client: AnyComputeClient, harness: ComputeHarness, new_instance: Callable[..., Instance]
    ) -> None:
        """Waiting for what will never be ends when that is known, and not at the deadline."""
        made = new_instance()
        with pytest.raises(ConflictError, match="running"):
            client.wait_for(
                made.id, [InstanceState.STOPPED], terminal_states=[InstanceState.RUNNING], deadline_seconds=60
            )
        client.terminate_instance(made.id)
        await_state(harness, made.id, InstanceState.TERMINATED)
        with pytest.raises((ConflictError, NotFoundError, TimeoutError_)):
            client.wait_for(made.id, deadline_seconds=0)

    def test_wait_tells_its_progress(
        self, client: AnyComputeClient, harness: ComputeHarness, new_instance: Callable[..., Instance]
    ) -> None:
        """The callback sees every look, the last one too; what it raises ends the wait."""
        made = new_instance()
        seen: list[Instance] = []
        client.stop_instance(made.id)
        last = client.wait_for(
            made.id,
            [InstanceState.STOPPED],
            deadline_seconds=harness.deadline_seconds,
            poll_seconds=harness.poll_seconds,
            progress=seen.append,
        )
        assert seen[-1] is last
        assert {item.id for item in seen} == {made.id}

        def refuse(_item: Instance) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            client.wait_for(made.id, progress=refuse)

    @pytest.mark.parametrize(
        "options",
        [
            pytest.param({"states": []}, id="no states"),
            pytest.param({"deadline_seconds": -1}, id="deadline"),
            pytest.param({"poll_seconds": 0}, id="poll"),
        ],
    )
    def test_wait_refuses_what_cannot_be(
        self, client: AnyComputeClient, harness: ComputeHarness, options: dict[str, Any]
    ) -> None:
        """InvalidRequestError, before any request."""
        with harness.sends(0), pytest.raises(InvalidRequestError):
            client.wait_for(harness.missing_id, **options)

    # -- what is not there -------------------------------------------------------------------------------------
    @pytest.mark.parametrize(
        "call",
        [
            pytest.param("get_instance", id="get"),
            pytest.param("start_instance", id="start"),
            pytest.param("stop_instance", id="stop"),
            pytest.param("reboot_instance", id="reboot"),
        ],
    )
    def test_missing_instance_is_not_found(
        self, client: AnyComputeClient, harness: ComputeHarness, call: str
    ) -> None:
        """NotFoundError names the call and the instance."""
        with pytest.raises(NotFoundError) as caught:
            getattr(client, call)(harness.missing_id)
        assert (caught.value.operation, caught.value.resource) == (call, harness.missing_id)

    def test_missing_instance_needs_no_end(self, client: AnyComputeClient, harness: ComputeHarness) -> None:
        """Terminating what is not there changes nothing, and it is no resource."""
        assert client.terminate_instance(harness.missing_id) is False
        assert client.delete_resource(harness.missing_id) is False
        assert client.get_resource(harness.missing_id) is None

    @pytest.mark.parametrize(
        "call",
        [
            pytest.param("get_instance", id="get"),
            pytest.param("start_instance", id="start"),
            pytest.param("stop_instance", id="stop"),
            pytest.param("reboot_instance", id="reboot"),
            pytest.param("terminate_instance", id="terminate"),
            pytest.param("wait_for", id="wait"),
        ],
    )
    def test_empty_id_is_refused(self, client: AnyComputeClient, harness: ComputeHarness, call: str) -> None:
        """InvalidRequestError, before any request: some services take an empty id for all instances."""
        for odd in ("", " ", None):
            with harness.sends(0), pytest.raises(InvalidRequestError):
                getattr(client, call)(odd)

    def test_two_of_one_name_are_two(
        self, client: AnyComputeClient, harness: ComputeHarness, new_instance: Callable[..., Instance]
    ) -> None:
        """A name is no identity: two calls make two instances."""
        name = new_name()
        first = new_instance(name, wait=False)
        second = create(harness, name)
        try:
            assert first.id != second.id
            assert {item.id for item in client.list_instances(name=name)} == {first.id, second.id}
        finally:
            client.terminate_instance(second.id)
