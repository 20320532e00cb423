"""What all parts of the compute kit share: the harness, instances to work with, deviations."""

from __future__ import annotations

import pickle
import uuid
from contextlib import AbstractContextManager, contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from cloud.common.enums import InstanceState
from cloud.common.errors import NotFoundError, UnsupportedOperationError
from cloud.testing._storage_base import names_of_tests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cloud.common._base_compute import BaseComputeClient
    from cloud.common.models import Instance

    AnyComputeClient = BaseComputeClient[Any]

PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHkJJ1ueMkqFjn/rsKjUJsvieiZyqBqEuj52XtAVP+xC kit"
"""A public key that nobody has the private half of."""


class ComputeHarness:
    """What the provider under test has to work with. Subclass it and return it from a fixture ``harness``.

    What it does not have is declared by a class attribute. Clients that the methods return are closed by the
    kit.

    Attributes:
        client: the client under test.
        image_id: an image that small instances start from.
        instance_type: the smallest size.
        other_instance_type: another size that the image fits.
        missing_id: a well-formed id that no instance has.
        missing_image_id: a well-formed id that no image has.
        networks: networks that new instances are in; empty where the service has a default one.
        native_filters: with `ComputeCapability.NATIVE_FILTERS`: filters that let instances of
            `other_instance_type` through and nothing else.
        options: provider's own options that every new instance gets; None for none.
        authenticates: whether the service checks who asks.
        authorizes: whether it knows somebody who may read and not write.
        expires: whether there are credentials that end.
        pickles: whether a copy of the client that went through pickle sees the same instances.
        loses_answers: whether `losing_create` is there.
        poll_seconds: between two looks while something is waited for.
        deadline_seconds: how long an instance may take from one state to the next.
        secrets: secrets that the client holds; the kit looks for them wherever they must not be.
    """

    image_id: str
    instance_type: str
    other_instance_type: str
    missing_id: str
    missing_image_id: str
    networks: Sequence[str] = ()
    native_filters: Mapping[str, Sequence[str]] = MappingProxyType({})
    options: Any = None
    authenticates: bool = True
    authorizes: bool = True
    expires: bool = True
    pickles: bool = True
    loses_answers: bool = True
    poll_seconds: float = 1.0
    deadline_seconds: float = 300.0
    secrets: Sequence[str] = ()

    def __init__(self, client: AnyComputeClient) -> None:
        self.client = client

    def with_wrong_secret(self) -> AnyComputeClient:
        """Return a client of the same identity with a wrong secret."""
        raise _lacking("authenticates")

    def with_unknown_identity(self) -> AnyComputeClient:
        """Return a client of somebody whom the service does not know."""
        raise _lacking("authenticates")

    def with_read_only_identity(self) -> AnyComputeClient:
        """Return a client of somebody who may look at all instances, and change none."""
        raise _lacking("authorizes")

    def with_expired_credentials(self) -> AnyComputeClient:
        """Return a client whose credentials have ended."""
        raise _lacking("expires")

    def losing_create(self) -> AbstractContextManager[AnyComputeClient]:
        """Give a client whose next `create_instance` is done by the service, and its first answer is lost.

        Its policy tries at least three times.
        """
        raise _lacking("loses_answers")

    def unpickled(self, data: bytes) -> AnyComputeClient:
        """Return the client in `data`, in an environment where it finds its secrets."""
        copy: AnyComputeClient = pickle.loads(data)  # noqa: S301  # the kit's own pickle
        return copy

    @contextmanager
    def sends(self, count: int) -> Iterator[None]:
        """Check that the block makes exactly `count` calls of the service."""
        before = self.client.metrics.snapshot().calls
        yield
        sent = self.client.metrics.snapshot().calls - before
        assert sent == count, f"{sent} calls were made instead of {count}"


def _lacking(attribute: str) -> UnsupportedOperationError:
    return UnsupportedOperationError(f"this harness has no such client; declare {attribute} = False")


def new_name(prefix: str = "kit") -> str:
    """Return a name that nobody used before."""
    return f"{prefix}-{uuid.uuid4().hex[:20]}"


class ComputeKit:
    """Base of every group of promises.

    Class attributes:
        title: what is tested, for reports; by default the class's name.
        deviations: what the server under test itself gets wrong: name of a test, with or without its
            ``[parameter]``, to the reason. Such a test must fail: when the server heals, the run says so.
    """

    title: ClassVar[str] = ""
    deviations: ClassVar[Mapping[str, str]] = MappingProxyType({})

    @pytest.fixture
    def new_instance(
        self, client: AnyComputeClient, harness: ComputeHarness
    ) -> Iterator[Callable[..., Instance]]:
        """Give a function that returns a new instance; all of them are terminated after the test.

        It takes the keywords of `create_instance`, and ``wait=False`` not to wait until it runs.
        """
        made: list[str] = []

        def make(name: str | None = None, *, wait: bool = True, **options: Any) -> Instance:
            found = create(harness, name or new_name(), **options)
            made.append(found.id)
            return await_state(harness, found.id, InstanceState.RUNNING) if wait else found

        yield make
        for instance_id in made:
            client.terminate_instance(instance_id)

    @pytest.fixture(autouse=True)
    def expect_deviation(self, request: pytest.FixtureRequest, harness: ComputeHarness) -> None:
        """Expect the failure of a test that the server is known to fail; its set-up must work all the same."""
        assert harness
        node = request.node
        reason = self.deviations.get(node.name) or self.deviations.get(node.originalname)
        if reason is not None:
            request.applymarker(pytest.mark.xfail(strict=True, reason=reason))

    def test_every_declared_deviation_names_a_test(self) -> None:
        """A deviation that names no test of the kit is a typing error or left over."""
        names = {name for name, _ in names_of_tests(type(self))}
        names |= {name.partition("[")[0] for name in names}
        assert set(self.deviations) <= names
        assert all(self.deviations.values()), "every deviation needs its reason"


def create(harness: ComputeHarness, name: str, **options: Any) -> Instance:
    """Return a new instance of the harness's size and image."""
    keywords: dict[str, Any] = {"networks": harness.networks, "options": harness.options, **options}
    made: Instance = harness.client.create_instance(
        name, keywords.pop("instance_type", harness.instance_type), harness.image_id, **keywords
    )
    return made


def await_state(harness: ComputeHarness, instance_id: str, *states: InstanceState) -> Instance:
    """Return the instance when it is in one of `states`."""
    return harness.client.wait_for(
        instance_id,
        states,
        deadline_seconds=harness.deadline_seconds,
        poll_seconds=harness.poll_seconds,
    )


def is_gone(client: AnyComputeClient, instance_id: str) -> bool:
    """Return whether the service has forgotten the instance, or calls it terminated."""
    try:
        return client.get_instance(instance_id).state is InstanceState.TERMINATED
    except NotFoundError:
        return True
