"""The compute template: every public method of a compute client, over a provider's hooks.

A provider subclasses `BaseComputeClient` and implements the hooks of `ComputeCore`, plus those of the
capabilities that it declares. `cloud.testing.ComputeConformance` proves it.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final, Literal, final, overload

from cloud.common._compute_core import O, checked_text
from cloud.common._compute_manage import ComputeManagement
from cloud.common._compute_read import ComputeReading
from cloud.common._compute_types import ActionRequest, DryRunHooks, InstanceAction
from cloud.common.contracts import CloudClient, ComputeClient
from cloud.common.enums import ComputeCapability, InstanceState, ResourceType
from cloud.common.errors import ConflictError, NotFoundError, UnsupportedOperationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cloud.common._compute_types import CreateInstanceRequest
    from cloud.common.models import CloudResource, Instance

_GONE: Final = frozenset({InstanceState.TERMINATING, InstanceState.TERMINATED})
_DONE: Final = {
    InstanceAction.START: frozenset({InstanceState.PENDING, InstanceState.RUNNING}),
    InstanceAction.STOP: frozenset({InstanceState.STOPPING, InstanceState.STOPPED}),
    InstanceAction.REBOOT: frozenset[InstanceState](),
    InstanceAction.TERMINATE: _GONE,
}


class BaseComputeClient(ComputeReading[O], ComputeManagement[O], ComputeClient, CloudClient):
    """Virtual machines of one provider. Safe between threads, after a fork, and picklable.

    `O` is the class of the provider's own options of `create_instance`.
    """

    # -- making --------------------------------------------------------------------------------------------
    @overload
    def create_instance(
        self,
        name: str,
        instance_type: str,
        image_id: str,
        *,
        key_pair: str | None = ...,
        user_data: str | bytes | None = ...,
        security_groups: Sequence[str] = ...,
        networks: Sequence[str] = ...,
        zone: str | None = ...,
        tags: Mapping[str, str] | None = ...,
        token: str | None = ...,
        options: O | None = ...,
        dry_run: Literal[False] = ...,
    ) -> Instance: ...
    @overload
    def create_instance(
        self,
        name: str,
        instance_type: str,
        image_id: str,
        *,
        key_pair: str | None = ...,
        user_data: str | bytes | None = ...,
        security_groups: Sequence[str] = ...,
        networks: Sequence[str] = ...,
        zone: str | None = ...,
        tags: Mapping[str, str] | None = ...,
        token: str | None = ...,
        options: O | None = ...,
        dry_run: Literal[True],
    ) -> None: ...
    @final
    def create_instance(
        self,
        name: str,
        instance_type: str,
        image_id: str,
        *,
        key_pair: str | None = None,
        user_data: str | bytes | None = None,
        security_groups: Sequence[str] = (),
        networks: Sequence[str] = (),
        zone: str | None = None,
        tags: Mapping[str, str] | None = None,
        token: str | None = None,
        options: O | None = None,
        dry_run: bool = False,
    ) -> Instance | None:
        """Return the instance that was made; one call never makes two. It is usually still pending.

        Args:
            name: what people call it, 1 to 255 characters; it need not be the only one of that name.
            instance_type: its size: an instance type, a flavor.
            image_id: what it starts from.
            key_pair: name of the key pair that it lets in.
            user_data: what its first boot runs or reads (cloud-init). Everything that runs on it can read it:
                put no secrets in.
            security_groups: ids of the firewalls around it; the service's default one when there are none.
            networks: ids of the networks or subnets that it is in; the service's default one when empty.
            zone: where in the region.
            tags: labels.
            token: of your own choice, 1 to 64 ASCII characters: a second call with the same one, also by another
                process, returns the instance of the first. Needs `ComputeCapability.IDEMPOTENT_CREATE`;
                otherwise each call has its own.
            options: what only this provider can be told.
            dry_run: make nothing: return None when the service would make it, raise what it would raise.
                Needs `ComputeCapability.DRY_RUN`.

        Raises:
            OutcomeUnknownError: the answer was lost, and the service has no tokens.
            QuotaExceededError: a limit of the account is reached.
        """
        request = self._create_request(
            name,
            instance_type,
            image_id,
            key_pair=key_pair,
            user_data=user_data,
            security_groups=security_groups,
            networks=networks,
            zone=zone,
            tags=tags,
            token=token,
            options=options,
        )
        del user_data  # a traceback that shows local variables would show it
        if dry_run:
            hooks = self._dry("create_instance")
            self._run("create_instance", name, lambda: hooks._check_create(request))
            return None
        return self._create(request)

    def _create(self, request: CreateInstanceRequest) -> Instance:
        has_tokens = ComputeCapability.IDEMPOTENT_CREATE in self.capabilities
        if has_tokens and request.token is None:
            request = request._replace(token=str(uuid.uuid4()))
        return self._run(
            "create_instance", request.name, lambda: self._create_instance(request), idempotent=has_tokens
        )

    # -- changing ------------------------------------------------------------------------------------------
    @final
    def start_instance(self, instance_id: str, *, dry_run: bool = False) -> bool:
        """Ask the instance to run; False when it was running or about to.

        Args:
            dry_run: change nothing: return what would be returned, raise what the service would raise.

        Raises:
            ConflictError: it is stopping, or terminated.
        """
        return self._change(InstanceAction.START, instance_id, dry_run=dry_run)

    @final
    def stop_instance(self, instance_id: str, *, force: bool = False, dry_run: bool = False) -> bool:
        """Ask the instance to stop; False when it was stopped or about to. Its disks stay, and are charged.

        Args:
            force: without waiting for its operating system; what it has not written is lost.
            dry_run: change nothing: return what would be returned, raise what the service would raise.
        """
        return self._change(InstanceAction.STOP, instance_id, force=force, dry_run=dry_run)

    @final
    def reboot_instance(self, instance_id: str, *, force: bool = False, dry_run: bool = False) -> bool:
        """Ask the running instance to start anew; always True. Sent once.

        Args:
            force: without waiting for its operating system, where the service has a choice.
            dry_run: change nothing: return what would be returned, raise what the service would raise.

        Raises:
            ConflictError: it does not run.
            OutcomeUnknownError: the answer was lost: it may or may not start anew.
        """
        return self._change(InstanceAction.REBOOT, instance_id, force=force, dry_run=dry_run)

    @final
    def terminate_instance(self, instance_id: str, *, dry_run: bool = False) -> bool:
        """Make sure that the instance goes away, for ever; False when there is none or it is going already.

        Args:
            dry_run: change nothing: return what would be returned, raise what the service would raise.
        """
        try:
            return self._change(InstanceAction.TERMINATE, instance_id, dry_run=dry_run)
        except NotFoundError:
            return False

    def _change(
        self, action: InstanceAction, instance_id: str, *, force: bool = False, dry_run: bool = False
    ) -> bool:
        operation = f"{action.value}_instance"
        hooks = self._dry(operation) if dry_run else None
        checked_text("instance_id", instance_id)
        state = self._look(operation, instance_id).state
        if state in _DONE[action]:
            return False
        self._check_state(action, instance_id, state)
        request = ActionRequest(instance_id, action, force)
        if hooks is not None:
            self._run(operation, instance_id, lambda: hooks._check_act(request))
            return True
        try:
            self._run(
                operation,
                instance_id,
                lambda: self._act(request),
                idempotent=action is not InstanceAction.REBOOT,
            )
        except NotFoundError:
            if action is not InstanceAction.TERMINATE:
                raise
            # It was there a moment ago: an earlier try of this call, or somebody else, has done it.
        return True

    def _check_state(self, action: InstanceAction, instance_id: str, state: InstanceState) -> None:
        """Refuse what services take in silence and do not do."""
        idle = action is InstanceAction.REBOOT and state in {InstanceState.STOPPED, InstanceState.STOPPING}
        if state in _GONE or idle:
            raise ConflictError(
                f"the instance is {state.value}",
                hint="start it instead" if idle else None,
                context=self._runtime.context(f"{action.value}_instance", instance_id),
            )

    def _dry(self, operation: str) -> DryRunHooks:
        self._require(ComputeCapability.DRY_RUN, operation)
        assert isinstance(self, DryRunHooks)  # noqa: S101  # whoever declares a capability has its hooks
        return self

    # -- CloudClient: instances are the resources of a compute client ------------------------------------------
    @final
    def list_resources(self, resource_type: ResourceType | None = None) -> list[CloudResource]:
        """Return the instances as resources, without those that are gone; empty for every type but COMPUTE."""
        if resource_type not in {None, ResourceType.COMPUTE}:
            return []
        return [
            self._resource(item)
            for item in self.iter_instances()
            if item.state is not InstanceState.TERMINATED
        ]

    @final
    def get_resource(self, id: str) -> CloudResource | None:  # noqa: A002  # the specification's name
        """Return the instance with this id; None when there is none or it is terminated."""
        try:
            found = self.get_instance(id)
        except NotFoundError:
            return None
        return None if found.state is InstanceState.TERMINATED else self._resource(found)

    @final
    def create_resource(
        self, name: str, resource_type: ResourceType, config: Mapping[str, Any]
    ) -> CloudResource:
        """Return the instance that was made.

        Args:
            resource_type: `ResourceType.COMPUTE`.
            config: the arguments of `create_instance` by name; `instance_type` and `image_id` must be there.
        """
        if resource_type is not ResourceType.COMPUTE:
            raise UnsupportedOperationError(f"a compute client makes instances, not {resource_type.value}")
        arguments = self._checked_config(config, self.create_instance)
        return self._resource(self._create(self._create_request(name, **arguments)))

    @final
    def delete_resource(self, id: str) -> bool:  # noqa: A002  # the specification's name
        """Terminate the instance with this id; False when there is none or it is going already."""
        return self.terminate_instance(id)

    def _resource(self, instance: Instance) -> CloudResource:
        from cloud.common._records import CloudResource

        return CloudResource(
            id=instance.id,
            name=instance.name,
            resource_type=ResourceType.COMPUTE,
            provider=self.provider,
            region=instance.region,
            status=instance.raw_state,
            created_at=instance.created_at,
            tags=instance.tags,
            metadata={
                "instance_type": instance.instance_type,
                "image_id": instance.image_id,
                "private_addresses": list(instance.private_addresses),
                "public_addresses": list(instance.public_addresses),
            },
            raw=instance.raw,
        )
