"""The hooks of a compute provider, and the checks that every operation shares."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from cloud.common._base_resource import BaseClient
from cloud.common._compute_types import CreateInstanceRequest
from cloud.common._redact import HiddenBytes
from cloud.common.enums import ComputeCapability
from cloud.common.errors import InvalidRequestError, UnsupportedOperationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cloud.common._compute_types import ActionRequest, CatalogRequest, InstanceListRequest
    from cloud.common._paging import Page
    from cloud.common.models import Image, Instance, InstanceType

T = TypeVar("T")
O = TypeVar("O")  # noqa: E741  # a type, not a number
MAX_NAME = 255  # characters; what OpenStack takes: EC2 takes one more in a tag


class ComputeCore(BaseClient, Generic[O]):
    """The hooks. A hook gets checked arguments, talks to the service and lets its errors escape.

    No hook has a default, calls another hook, or catches. What only some providers can do is a class of its
    own in ``_compute_types`` and stands behind a `ComputeCapability`.

    Class attributes:
        options_type: class of the provider's own options of `create_instance`.
        max_user_data_bytes: largest user data, before any encoding.
        settle_seconds: how long a new instance may stay unknown to the service's other servers; a wait bears
            `NotFoundError` for that long.
    """

    options_type: type[O]
    max_user_data_bytes: ClassVar[int]
    settle_seconds: ClassVar[float]

    @property
    @abstractmethod
    def capabilities(self) -> frozenset[ComputeCapability]:
        """What this client can do beyond the contract."""

    @property
    @abstractmethod
    def region(self) -> str | None:
        """Where the client works, in the provider's words; None where there is no such thing."""

    # -- hooks ---------------------------------------------------------------------------------------------
    @abstractmethod
    def _list_instances_page(self, request: InstanceListRequest) -> Page[Instance]:
        """Return one page of instances."""

    @abstractmethod
    def _get_instance(self, instance_id: str) -> Instance:
        """Return one instance; NotFoundError when the service has none of that id."""

    @abstractmethod
    def _create_instance(self, request: CreateInstanceRequest) -> Instance:
        """Make one instance. Two calls with one token make one."""

    @abstractmethod
    def _act(self, request: ActionRequest) -> None:
        """Ask the service to start, stop, reboot or terminate one instance."""

    @abstractmethod
    def _list_images_page(self, request: CatalogRequest) -> Page[Image]:
        """Return one page of images."""

    @abstractmethod
    def _list_instance_types_page(self, request: CatalogRequest) -> Page[InstanceType]:
        """Return one page of instance types."""

    # -- shared checks -------------------------------------------------------------------------------------
    def _run(self, operation: str, resource: str, call: Callable[[], T], *, idempotent: bool = True) -> T:
        return self._runtime.run(operation, resource, call, idempotent=idempotent)

    def _create_request(
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
    ) -> CreateInstanceRequest:
        """Return the checked request of `create_instance`."""
        checked_text("name", name)
        if len(name) > MAX_NAME:
            raise InvalidRequestError(f"the name has {len(name)} characters; at most {MAX_NAME} are possible")
        if options is not None and not isinstance(options, self.options_type):
            raise InvalidRequestError(
                f"options must be {self.options_type.__name__}, not {type(options).__name__}"
            )
        if ComputeCapability.IDEMPOTENT_CREATE not in self.capabilities and token is not None:
            raise UnsupportedOperationError(
                f"{type(self).__name__} has no tokens: it sends create_instance once",
                context=self._runtime.context("create_instance", name),
            )
        return CreateInstanceRequest(
            name=name,
            instance_type=checked_text("instance_type", instance_type),
            image_id=checked_text("image_id", image_id),
            key_pair=None if key_pair is None else checked_text("key_pair", key_pair),
            user_data=self._checked_user_data(user_data),
            security_groups=checked_texts("security_groups", security_groups),
            networks=checked_texts("networks", networks),
            zone=None if zone is None else checked_text("zone", zone),
            tags=checked_tags(tags),
            token=None if token is None else checked_text("token", token),
            options=options,
        )

    def _checked_user_data(self, user_data: str | bytes | None) -> bytes | None:
        if user_data is None:
            return None
        if not isinstance(user_data, (str, bytes)):
            raise InvalidRequestError(f"user_data must be text or bytes, not {type(user_data).__name__}")
        data = HiddenBytes(user_data.encode() if isinstance(user_data, str) else user_data)
        if len(data) > self.max_user_data_bytes:
            raise InvalidRequestError(
                f"user_data has {len(data)} bytes; at most {self.max_user_data_bytes} are possible here",
                hint="let it fetch the rest from a store",
            )
        return data


def checked_text(name: str, value: str) -> str:
    """Return `value` after checking that it is text with something in it."""
    if not isinstance(value, str) or not value.strip():
        raise InvalidRequestError(f"{name} must be text with something in it, not {value!r}")
    return value


def checked_texts(name: str, values: Sequence[str]) -> tuple[str, ...]:
    """Return `values` after checking that it is a list of texts; one text is no list."""
    if isinstance(values, (str, bytes)):
        raise InvalidRequestError(f"{name} must be a list of texts, not {values!r}")
    return tuple(checked_text(name, value) for value in values)


def checked_tags(tags: Mapping[str, str] | None) -> dict[str, str]:
    """Return `tags` after checking that names and values are text."""
    if tags is None:
        return {}
    for name, value in tags.items():
        checked_text("the name of a tag", name)
        if not isinstance(value, str):
            raise InvalidRequestError(f"the tag {name!r} must have a text, not {value!r}")
    return dict(tags)
