"""What the compute template hands to a provider's hooks. Everything here is validated before a hook sees it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from cloud.common.models import EMPTY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cloud.common.enums import InstanceState
    from cloud.common.models import KeyPair, Quota


class InstanceAction(Enum):
    """What can be asked of an instance that is there."""

    START = "start"
    STOP = "stop"
    REBOOT = "reboot"
    TERMINATE = "terminate"


class InstanceListRequest(NamedTuple):
    """One page of instances.

    The template compares every instance with `states`, `name` and `tags` again, so a hook may leave to it
    what the service cannot ask exactly.

    Attributes:
        states: only in one of these; empty for every state.
        name: only of this name.
        tags: only with all of these.
        filters: the service's own, behind `ComputeCapability.NATIVE_FILTERS`; only the hook knows them.
        page_size: at most that many.
        token: the provider's own; it goes back unchanged.
    """

    states: frozenset[InstanceState]
    name: str | None
    tags: Mapping[str, str]
    filters: Mapping[str, Sequence[str]]
    page_size: int
    token: str | None


class CatalogRequest(NamedTuple):
    """One page of images or of instance types.

    Attributes:
        owned: for images: only your own; the service's public ones are thousands.
        name: only of this name.
        page_size: at most that many.
        token: the provider's own; it goes back unchanged.
    """

    owned: bool
    name: str | None
    page_size: int
    token: str | None


class CreateInstanceRequest(NamedTuple):
    """One instance to make.

    Attributes:
        token: with `ComputeCapability.IDEMPOTENT_CREATE`: the same on every try; None without.
        options: the provider's own options, of its `options_type`; None for its defaults.
    """

    name: str
    instance_type: str
    image_id: str
    key_pair: str | None = None
    user_data: bytes | None = None
    security_groups: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    zone: str | None = None
    tags: Mapping[str, str] = EMPTY
    token: str | None = None
    options: Any = None


class ActionRequest(NamedTuple):
    """Something asked of one instance.

    Attributes:
        force: without waiting for its operating system.
    """

    instance_id: str
    action: InstanceAction
    force: bool = False


class DryRunHooks(ABC):
    """Behind `ComputeCapability.DRY_RUN`."""

    @abstractmethod
    def _check_create(self, request: CreateInstanceRequest) -> None:
        """Return when the service would make this instance; its refusal escapes."""

    @abstractmethod
    def _check_act(self, request: ActionRequest) -> None:
        """Return when the service would do this; its refusal escapes."""


class ConsoleHooks(ABC):
    """Behind `ComputeCapability.CONSOLE_OUTPUT`."""

    @abstractmethod
    def _console_output(self, instance_id: str) -> str:
        """Return the newest text of the serial console; empty when there is none yet."""


class KeyPairHooks(ABC):
    """Behind `ComputeCapability.KEY_PAIRS`."""

    @abstractmethod
    def _list_key_pairs(self) -> list[KeyPair]:
        """Return all key pairs."""

    @abstractmethod
    def _create_key_pair(self, name: str) -> KeyPair:
        """Return a new pair with its private key; AlreadyExistsError for a name that is taken."""

    @abstractmethod
    def _import_key_pair(self, name: str, public_key: str) -> KeyPair:
        """Return the pair of this public key; AlreadyExistsError for a name that is taken."""

    @abstractmethod
    def _delete_key_pair(self, name: str) -> None:
        """Delete the pair; nothing or NotFoundError when there is none."""


class QuotaHooks(ABC):
    """Behind `ComputeCapability.QUOTAS`."""

    @abstractmethod
    def _list_quotas(self) -> list[Quota]:
        """Return the limits."""
