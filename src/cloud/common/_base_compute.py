"""The compute template: every public method of a compute client, over a provider's hooks.

A provider subclasses `BaseComputeClient` and implements the hooks of `ComputeCore`, plus those of the
capabilities that it declares. `cloud.testing.ComputeConformance` proves it.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal, final, overload

from cloud.common._cancel import pause
from cloud.common._compute_core import O, checked_tags, checked_text, checked_texts
from cloud.common._compute_manage import PAGE_SIZE, ComputeManagement, checked_page_size
from cloud.common._compute_types import ActionRequest, DryRunHooks, InstanceAction, InstanceListRequest
from cloud.common._paging import Page, Pager
from cloud.common.contracts import CloudClient, ComputeClient
from cloud.common.enums import ComputeCapability, InstanceState, ResourceType
from cloud.common.errors import (
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    TimeoutError_,
    UnsupportedOperationError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from cloud.common._compute_types import CreateInstanceRequest
    from cloud.common.models import CloudResource, Instance

_GONE: Final = frozenset({InstanceState.TERMINATING, InstanceState.TERMINATED})
# States from which an instance comes out by nothing but somebody's doing.
TERMINAL_STATES: Final = frozenset({InstanceState.TERMINATED, InstanceState.ERROR})
_DONE: Final = {
    InstanceAction.START: frozenset({InstanceState.PENDING, InstanceState.RUNNING}),
    InstanceAction.STOP: frozenset({InstanceState.STOPPING, InstanceState.STOPPED}),
    InstanceAction.REBOOT: frozenset[InstanceState](),
    InstanceAction.TERMINATE: _GONE,
}
_SLOWEST_POLL_SECONDS = 15.0  # what botocore's waiters for instances take
_POLL_GROWTH = 1.5


class BaseComputeClient(ComputeManagement[O], ComputeClient, CloudClient):
    """Virtual machines of one provider. Safe between threads, after a fork, and picklable.

    `O` is the class of the provider's own options of `create_instance`.
    """

    _pause: Callable[[float], None] = staticmethod(pause)
    _clock: Callable[[], float] = staticmethod(time.monotonic)

    # -- reading -------------------------------------------------------------------------------------------
    @final
    def iter_instances(
        self,
        *,
        states: Collection[InstanceState] = (),
        name: str | None = None,
        tags: Mapping[str, str] | None = None,
        filters: Mapping[str, Sequence[str]] | None = None,
        page_size: int = PAGE_SIZE,
        limit: int | None = None,
        token: str | None = None,
    ) -> Pager[Instance]:
        """Return a listing of instances, of every state unless `states` says otherwise.

        Args:
            states: only in one of these.
            name: only of exactly this name.
            tags: only with all of these, exactly.
            filters: the service's own filters by name; needs `ComputeCapability.NATIVE_FILTERS`.
            page_size: instances in one answer, 1 to 1,000; the service may give fewer.
            limit: at most that many instances in all.
            token: where an earlier listing stopped.
        """
        if filters:
            self._require(ComputeCapability.NATIVE_FILTERS, "iter_instances")
        checked_page_size(page_size)
        request = InstanceListRequest(
            frozenset(states),
            name,
            checked_tags(tags),
            {key: checked_texts(f"the filter {key}", values) for key, values in (filters or {}).items()},
            page_size,
            None,
        )
        return Pager(lambda at: self._page(request._replace(token=at)), token=token, limit=limit)

    def _page(self, request: InstanceListRequest) -> Page[Instance]:
        page = self._run("iter_instances", "", lambda: self._list_instances_page(request))
        return Page(tuple(item for item in page.items if fits(item, request)), (), page.next_token)

    @final
    def list_instances(
        self,
        *,
        states: Collection[InstanceState] = (),
        name: str | None = None,
        tags: Mapping[str, str] | None = None,
        filters: Mapping[str, Sequence[str]] | None = None,
    ) -> list[Instance]:
        """Return all instances of `iter_instances`, of every page."""
        return self.iter_instances(states=states, name=name, tags=tags, filters=filters).to_list()

    @final
    def get_instance(self, instance_id: str) -> Instance:
        """Return one instance as it is now.

        Raises:
            NotFoundError: there is none. Some services know a terminated instance for an hour more.
        """
        checked_text("instance_id", instance_id)
        return self._look("get_instance", instance_id)

    def _look(self, operation: str, instance_id: str) -> Instance:
        return self._run(operation, instance_id, lambda: self._get_instance(instance_id))

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

    # -- waiting -------------------------------------------------------------------------------------------
    @final
    def wait_for(
        self,
        instance_id: str,
        states: Collection[InstanceState] = (InstanceState.RUNNING,),
        *,
        terminal_states: Collection[InstanceState] = TERMINAL_STATES,
        deadline_seconds: float = 600.0,
        poll_seconds: float = 2.0,
        progress: Callable[[Instance], None] | None = None,
    ) -> Instance:
        """Return the instance as soon as it is in one of `states`.

        It is looked at after `poll_seconds`, then less and less often, every 15 s at most. An instance that the
        service has forgotten is TERMINATED.

        Args:
            instance_id: the instance.
            states: what to wait for.
            terminal_states: states that end the wait by an error, unless they are waited for.
            deadline_seconds: how long to wait in all.
            poll_seconds: between the first two looks.
            progress: called with the instance after each look. What it raises ends the wait.

        Raises:
            ConflictError: it came into a terminal state; the message says which, and the service's reason.
            TimeoutError_: the deadline passed.
        """
        checked_text("instance_id", instance_id)
        wanted = frozenset(states)
        if not wanted:
            raise InvalidRequestError("states is empty: there is nothing to wait for")
        if deadline_seconds < 0 or poll_seconds <= 0:
            raise InvalidRequestError("deadline_seconds must not be negative, and poll_seconds above 0")
        begun, last = self._clock(), None
        while True:
            last = self._seen(instance_id, last, self._clock() - begun)
            if last is not None:
                if progress is not None:
                    progress(last)
                if last.state in wanted:
                    return last
                if last.state in terminal_states:
                    raise self._ended(last, wanted)
            left = deadline_seconds - (self._clock() - begun)
            if left <= 0:
                raise self._too_late(instance_id, last, wanted, deadline_seconds)
            self._pause(min(poll_seconds, left))
            poll_seconds = min(poll_seconds * _POLL_GROWTH, max(poll_seconds, _SLOWEST_POLL_SECONDS))

    def _seen(self, instance_id: str, last: Instance | None, waited: float) -> Instance | None:
        """Return the instance now; None while a new one may still be unknown."""
        try:
            return self._look("wait_for", instance_id)
        except NotFoundError:
            if last is not None:
                return replace(last, state=InstanceState.TERMINATED, raw=None)
            if waited >= self.settle_seconds:
                raise
            return None

    def _ended(self, last: Instance, wanted: frozenset[InstanceState]) -> ConflictError:
        reason = f": {last.state_reason}" if last.state_reason else ""
        return ConflictError(
            f"the instance is {last.state.value}, not {_names(wanted)}{reason}",
            context=self._runtime.context("wait_for", last.id),
        )

    def _too_late(
        self, instance_id: str, last: Instance | None, wanted: frozenset[InstanceState], seconds: float
    ) -> TimeoutError_:
        state = last.state.value if last is not None else "unknown"
        return TimeoutError_(
            f"after {seconds:g} s the instance is {state}, not {_names(wanted)}",
            context=self._runtime.context("wait_for", instance_id),
        )

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


def fits(instance: Instance, request: InstanceListRequest) -> bool:
    """Return whether the instance is one that was asked for."""
    return (
        (not request.states or instance.state in request.states)
        and (request.name is None or instance.name == request.name)
        and all(instance.tags.get(name) == value for name, value in request.tags.items())
    )


def _names(states: frozenset[InstanceState]) -> str:
    return " or ".join(sorted(state.value for state in states))
