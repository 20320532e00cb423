"""A compute provider in memory behind our own hooks, with every capability or with none."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NoReturn

from cloud.common import (
    AlreadyExistsError,
    BaseComputeClient,
    CloudProvider,
    ComputeCapability,
    Image,
    Instance,
    InstanceState,
    InstanceType,
    InvalidRequestError,
    KeyPair,
    NotFoundError,
    Page,
    Quota,
    RetryPolicy,
    Secret,
)
from cloud.common._compute_types import (
    ConsoleHooks,
    DryRunHooks,
    InstanceAction,
    KeyPairHooks,
    QuotaHooks,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.common._compute_types import (
        ActionRequest,
        CatalogRequest,
        CreateInstanceRequest,
        InstanceListRequest,
    )

IMAGES = tuple(Image(id=f"image-{n}", name=f"linux-{n}", status="active") for n in range(3))
SIZES = tuple(InstanceType(id=name, name=name, vcpus=1, memory_bytes=1 << 30) for name in ("tiny", "small"))
_AFTER = {
    InstanceState.PENDING: InstanceState.RUNNING,
    InstanceState.STOPPING: InstanceState.STOPPED,
    InstanceState.TERMINATING: None,
}
_BY_ACTION = {
    InstanceAction.START: InstanceState.PENDING,
    InstanceAction.STOP: InstanceState.STOPPING,
    InstanceAction.REBOOT: InstanceState.RUNNING,
    InstanceAction.TERMINATE: InstanceState.TERMINATING,
}


class Options:
    """The double's own options."""


class ComputeDouble(BaseComputeClient[Options], DryRunHooks, ConsoleHooks, KeyPairHooks, QuotaHooks):
    """Every look at an instance brings it one state further. Terminated ones are forgotten.

    Attributes:
        fail: called before each hook with its name; what it raises, the service said.
        fail_after: likewise, after the service has done it: the answer that is lost.
    """

    provider = CloudProvider.LOCAL
    service_name = "double"
    options_type = Options
    max_user_data_bytes = 1000
    settle_seconds = 0.0

    def __init__(self, capabilities: frozenset[ComputeCapability] = frozenset(ComputeCapability)) -> None:
        super().__init__(retry=RetryPolicy(max_attempts=4, base_seconds=0.0))
        self._declared = capabilities
        self._instances: dict[str, Instance] = {}
        self._tokens: dict[str, str] = {}
        self._keys: dict[str, KeyPair] = {}
        self._numbers = itertools.count(1)
        self.fail: Callable[[str], None] = lambda _hook: None
        self.fail_after: Callable[[str], None] = lambda _hook: None
        self.asked: list[tuple[str, Any]] = []

    @property
    def capabilities(self) -> frozenset[ComputeCapability]:
        return self._declared

    @property
    def region(self) -> str | None:
        return None

    @property
    def native(self) -> Any:
        return self._instances

    def close(self) -> None:
        """Nothing is open."""

    def _translate(self, exc: Exception, context: Any) -> None:
        return None

    def _constructor(self) -> NoReturn:
        raise TypeError("what is in memory stays there")

    def _told(self, hook: str, request: Any) -> None:
        self.asked.append((hook, request))
        self.fail(hook)

    def _find(self, instance_id: str) -> Instance:
        if instance_id not in self._instances:
            raise NotFoundError("no such instance")
        return self._instances[instance_id]

    # -- hooks ---------------------------------------------------------------------------------------------------
    def _list_instances_page(self, request: InstanceListRequest) -> Page[Instance]:
        self._told("list", request)
        items = [
            item
            for item in self._instances.values()
            if all(item.instance_type in values for values in request.filters.values())
        ]
        start = int(request.token or 0)
        end = start + request.page_size
        return Page(tuple(items[start:end]), (), str(end) if end < len(items) else None)

    def _get_instance(self, instance_id: str) -> Instance:
        self._told("get", instance_id)
        found = self._find(instance_id)
        if found.state in _AFTER:
            after = _AFTER[found.state]
            if after is None:
                del self._instances[instance_id]
            else:
                self._instances[instance_id] = replace(found, state=after, raw_state=after.value)
        return found

    def _create_instance(self, request: CreateInstanceRequest) -> Instance:
        self._told("create", request)
        if request.token in self._tokens:
            return self._instances[self._tokens[request.token]]
        if request.image_id not in {image.id for image in IMAGES}:
            raise NotFoundError("no such image")
        if request.instance_type not in {size.id for size in SIZES}:
            raise InvalidRequestError("no such size")
        if request.key_pair is not None and request.key_pair not in self._keys:
            raise NotFoundError("no such key pair")
        made = Instance(
            id=f"i-{next(self._numbers)}",
            name=request.name,
            state=InstanceState.PENDING,
            raw_state="pending",
            instance_type=request.instance_type,
            image_id=request.image_id,
            created_at=datetime.now(timezone.utc),
            tags=request.tags,
            key_pair=request.key_pair,
        )
        self._instances[made.id] = made
        if request.token is not None:
            self._tokens[request.token] = made.id
        self.fail_after("create")
        return made

    def _act(self, request: ActionRequest) -> None:
        self._told(request.action.value, request)
        state = _BY_ACTION[request.action]
        self._instances[request.instance_id] = replace(
            self._find(request.instance_id), state=state, raw_state=state.value
        )
        self.fail_after(request.action.value)

    def _check_create(self, request: CreateInstanceRequest) -> None:
        self._told("check create", request)

    def _check_act(self, request: ActionRequest) -> None:
        self._told("check act", request)

    def _list_images_page(self, request: CatalogRequest) -> Page[Image]:
        self._told("images", request)
        return Page(tuple(item for item in IMAGES if request.name in {None, item.name}))

    def _list_instance_types_page(self, request: CatalogRequest) -> Page[InstanceType]:
        self._told("sizes", request)
        return Page(SIZES)

    def _console_output(self, instance_id: str) -> str:
        self._told("console", instance_id)
        return f"hello from {self._find(instance_id).name}"

    def _list_key_pairs(self) -> list[KeyPair]:
        self._told("list keys", None)
        return [replace(pair, private_key=None) for pair in self._keys.values()]

    def _create_key_pair(self, name: str) -> KeyPair:
        self._told("create key", name)
        if name in self._keys:
            raise AlreadyExistsError("there is one")
        secret = Secret("-----BEGIN PRIVATE KEY-----\nline-1\nthe-private-line\n-----END PRIVATE KEY-----\n")
        self._keys[name] = KeyPair(name=name, fingerprint="aa:bb", private_key=secret)
        return self._keys[name]

    def _import_key_pair(self, name: str, public_key: str) -> KeyPair:
        self._told("import key", name)
        if name in self._keys:
            raise AlreadyExistsError("there is one")
        self._keys[name] = KeyPair(name=name, fingerprint="cc:dd", public_key=public_key)
        return self._keys[name]

    def _delete_key_pair(self, name: str) -> None:
        self._told("delete key", name)
        if self._keys.pop(name, None) is None:
            raise NotFoundError("no such key pair")
        self.fail_after("delete key")

    def _list_quotas(self) -> list[Quota]:
        self._told("quotas", None)
        return [Quota(name="instances", limit=10, used=len(self._instances)), Quota(name="cores", limit=None)]
