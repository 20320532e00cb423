"""Making instances: never two, never by a wrong argument, never by a dry run."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest

from cloud.common.enums import ComputeCapability, InstanceState, ResourceType
from cloud.common.errors import (
    CloudError,
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    UnsupportedOperationError,
)
from cloud.testing._compute_base import ComputeKit, await_state, create, new_name
from cloud.testing._storage_base import about

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.common.models import Instance
    from cloud.testing._compute_base import AnyComputeClient, ComputeHarness

_WRONG: dict[str, dict[str, Any]] = {
    "empty name": {"name": ""},
    "blank name": {"name": "  "},
    "no name": {"name": None},
    "long name": {"name": "n" * 256},
    "empty type": {"instance_type": ""},
    "empty image": {"image_id": ""},
    "empty key pair": {"key_pair": ""},
    "empty zone": {"zone": ""},
    "one text for security groups": {"security_groups": "sg-1"},
    "empty security group": {"security_groups": [""]},
    "one text for networks": {"networks": "net-1"},
    "tag without name": {"tags": {"": "x"}},
    "number in a tag": {"tags": {"a": 1}},
    "number as user data": {"user_data": 7},
    "options of somebody else": {"options": object()},
}


class CreatePromises(ComputeKit):
    """Creating."""

    promises = "Creating"

    @pytest.mark.parametrize("case", [pytest.param(case, id=case) for case in _WRONG])
    def test_wrong_argument_is_refused(
        self, client: AnyComputeClient, harness: ComputeHarness, case: str
    ) -> None:
        """InvalidRequestError, before any request."""
        arguments: dict[str, Any] = {
            "name": new_name(),
            "instance_type": harness.instance_type,
            "image_id": harness.image_id,
            **_WRONG[case],
        }
        with harness.sends(0), pytest.raises(InvalidRequestError):
            client.create_instance(**arguments)

    def test_user_data_has_a_limit(self, client: AnyComputeClient, harness: ComputeHarness) -> None:
        """More than the service takes is refused before any request."""
        for data in ("ü" * client.max_user_data_bytes, b"x" * (client.max_user_data_bytes + 1)):
            with harness.sends(0), pytest.raises(InvalidRequestError, match="user_data"):
                create(harness, new_name(), user_data=data)

    @pytest.mark.parametrize(
        "data",
        [pytest.param("#!/bin/sh\necho grüezi\n", id="text"), pytest.param(bytes(range(256)), id="bytes")],
    )
    def test_user_data_is_taken(self, new_instance: Callable[..., Instance], data: str | bytes) -> None:
        """Text and any bytes are user data."""
        assert new_instance(user_data=data).state is InstanceState.RUNNING

    def test_unknown_image_makes_nothing(self, client: AnyComputeClient, harness: ComputeHarness) -> None:
        """An image that is not there is an error, and no instance is left behind."""
        name = new_name()
        with pytest.raises((NotFoundError, InvalidRequestError)):
            client.create_instance(name, harness.instance_type, harness.missing_image_id)
        assert client.list_instances(name=name) == []

    def test_unknown_type_makes_nothing(self, client: AnyComputeClient, harness: ComputeHarness) -> None:
        """A size that is not there is an error, and no instance is left behind."""
        name = new_name()
        with pytest.raises((NotFoundError, InvalidRequestError)):
            client.create_instance(name, "no.such-type", harness.image_id)
        assert client.list_instances(name=name) == []

    def test_unknown_key_pair_makes_nothing(self, client: AnyComputeClient, harness: ComputeHarness) -> None:
        """A key pair that is not there is an error, and no instance is left behind."""
        name = new_name()
        with pytest.raises((NotFoundError, InvalidRequestError)):
            create(harness, name, key_pair=new_name("no-such-key"))
        assert client.list_instances(name=name) == []

    # -- once ------------------------------------------------------------------------------------------------
    @about(ComputeCapability.IDEMPOTENT_CREATE)
    def test_lost_answer_never_makes_two(self, client: AnyComputeClient, harness: ComputeHarness) -> None:
        """The service made it and the answer was lost.

        With tokens the next try returns that one; without them OutcomeUnknownError says so.
        """
        if not harness.loses_answers:
            with pytest.raises(UnsupportedOperationError):
                harness.losing_create()
            return
        name, made = new_name(), None
        with harness.losing_create() as losing:
            arguments = (name, harness.instance_type, harness.image_id)
            options = {"networks": harness.networks, "options": harness.options}
            if ComputeCapability.IDEMPOTENT_CREATE in losing.capabilities:
                made = losing.create_instance(*arguments, **options).id
                assert losing.metrics.snapshot().retries == 1
            else:
                with pytest.raises(OutcomeUnknownError):
                    losing.create_instance(*arguments, **options)
                assert losing.metrics.snapshot().retries == 0
        found = [item.id for item in client.list_instances(name=name)]
        for instance_id in found:
            client.terminate_instance(instance_id)
        assert len(found) == 1
        assert made in {None, found[0]}

    @about(ComputeCapability.IDEMPOTENT_CREATE)
    def test_token_makes_one(
        self, client: AnyComputeClient, harness: ComputeHarness, new_instance: Callable[..., Instance]
    ) -> None:
        """Two calls with one token return one instance; without tokens that is said before any request."""
        token = str(uuid.uuid4())
        if ComputeCapability.IDEMPOTENT_CREATE not in client.capabilities:
            with harness.sends(0), pytest.raises(UnsupportedOperationError):
                create(harness, new_name(), token=token)
            return
        name = new_name()
        first = new_instance(name, token=token, wait=False)
        assert new_instance(name, token=token, wait=False).id == first.id
        assert len(client.list_instances(name=name)) == 1

    # -- dry runs ----------------------------------------------------------------------------------------------
    @about(ComputeCapability.DRY_RUN)
    def test_dry_run_changes_nothing(
        self, client: AnyComputeClient, harness: ComputeHarness, new_instance: Callable[..., Instance]
    ) -> None:
        """A dry run answers as the call would, and does nothing; where there is none, nothing is sent."""
        if ComputeCapability.DRY_RUN not in client.capabilities:
            for call in (
                client.start_instance,
                client.stop_instance,
                client.reboot_instance,
                client.terminate_instance,
            ):
                with harness.sends(0), pytest.raises(UnsupportedOperationError):
                    call(harness.missing_id, dry_run=True)
            with harness.sends(0), pytest.raises(UnsupportedOperationError):
                create(harness, new_name(), dry_run=True)
            return
        name = new_name()
        assert create(harness, name, dry_run=True) is None
        assert client.list_instances(name=name) == []
        made = new_instance()
        assert client.start_instance(made.id, dry_run=True) is False
        assert client.stop_instance(made.id, dry_run=True) is True
        assert client.reboot_instance(made.id, dry_run=True) is True
        assert client.terminate_instance(made.id, dry_run=True) is True
        assert client.get_instance(made.id).state is InstanceState.RUNNING
        with pytest.raises(NotFoundError):
            client.start_instance(harness.missing_id, dry_run=True)
        assert client.terminate_instance(harness.missing_id, dry_run=True) is False

    @about(ComputeCapability.DRY_RUN)
    def test_dry_run_says_what_is_not_allowed(
        self, client: AnyComputeClient, harness: ComputeHarness, new_instance: Callable[..., Instance]
    ) -> None:
        """Who may not do it hears so from a dry run, too."""
        if ComputeCapability.DRY_RUN not in client.capabilities or not harness.authorizes:
            return
        made = new_instance()
        with harness.with_read_only_identity() as reader:
            for call in (reader.stop_instance, reader.reboot_instance, reader.terminate_instance):
                with pytest.raises(PermissionDeniedError):
                    call(made.id, dry_run=True)
            with pytest.raises(PermissionDeniedError):
                reader.create_instance(
                    new_name(),
                    harness.instance_type,
                    harness.image_id,
                    networks=harness.networks,
                    dry_run=True,
                )

    # -- as resources ------------------------------------------------------------------------------------------
    def test_instance_is_a_resource(self, client: AnyComputeClient, harness: ComputeHarness) -> None:
        """`create_resource` makes an instance that `get_resource`, `list_resources` and `delete_resource` know."""
        name = new_name()
        config = {
            "instance_type": harness.instance_type,
            "image_id": harness.image_id,
            "networks": harness.networks,
            "tags": {"team": "red"},
            "options": harness.options,
        }
        made = client.create_resource(name, ResourceType.COMPUTE, config)
        try:
            await_state(harness, made.id, InstanceState.RUNNING)
            got = client.get_resource(made.id)
            assert got is not None
            assert (got.id, got.name, got.resource_type) == (made.id, name, ResourceType.COMPUTE)
            assert got.provider is client.provider
            assert got.tags["team"] == "red"
            assert got.metadata["instance_type"] == harness.instance_type
            for kind in (None, ResourceType.COMPUTE):
                assert made.id in [item.id for item in client.list_resources(kind)]
            assert client.list_resources(ResourceType.STORAGE) == []
        finally:
            assert client.delete_resource(made.id) is True

    @pytest.mark.parametrize(
        ("kind", "config", "error"),
        [
            pytest.param(ResourceType.STORAGE, {}, UnsupportedOperationError, id="another type"),
            pytest.param(ResourceType.COMPUTE, {}, InvalidRequestError, id="nothing"),
            pytest.param(
                ResourceType.COMPUTE,
                {"instance_type": "t", "image_id": "i", "colour": "red"},
                InvalidRequestError,
                id="unknown name",
            ),
            pytest.param(
                ResourceType.COMPUTE,
                {"instance_type": "t", "image_id": "i", "dry_run": True},
                InvalidRequestError,
                id="dry run",
            ),
        ],
    )
    def test_wrong_configuration_is_refused(
        self,
        client: AnyComputeClient,
        harness: ComputeHarness,
        kind: ResourceType,
        config: dict[str, Any],
        error: type[CloudError],
    ) -> None:
        """What `create_resource` cannot make is said before any request."""
        with harness.sends(0), pytest.raises(error):
            client.create_resource(new_name(), kind, config)
