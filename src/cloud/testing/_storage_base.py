"""What all parts of the storage kit share: the harness, the fixtures, deviations, and what a promise belongs to."""

from __future__ import annotations

import pickle
import random
import uuid
from contextlib import contextmanager, nullcontext
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import pytest

from cloud.common._engine import MIB, TransferConfig
from cloud.common.errors import UnsupportedOperationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from enum import Enum

    from cloud.common._base_storage import BaseStorageClient

_F = TypeVar("_F", bound="Callable[..., Any]")
_BUCKET = pytest.StashKey["tuple[BaseStorageClient, str]"]()
SMALL_PARTS = TransferConfig(part_size=5 * MIB, threshold=6 * MIB, max_workers=3)
"""Moves bodies of more than 6 MiB in parts of 5 MiB, the least that S3 takes, or more where a service wants it."""


class StorageHarness:
    """What a store can be asked for beside its client. Subclass it and return it from a fixture ``harness``.

    What a store does not have is declared by a class attribute; the kit then checks that the harness does
    not offer it all the same. Clients that the methods return are closed by the kit.

    Attributes:
        client: the client under test.
        makes_requests: whether calls are requests that `metrics` counts; False for stores in this process.
        authenticates: whether the store checks who asks.
        authorizes: whether it knows somebody who may read and not write.
        expires: whether there are credentials that end.
        pickles: whether a copy of the client that went through pickle sees the same objects.
        asks_to_sign: whether the client must ask the service for the key that signs URLs.
        is_cheap: whether a thousand small requests take a few seconds at most.
        takes_any_tag: whether tags may hold any character; otherwise ASCII letters, digits, spaces and +-./:=_.
        keeps_parts: whether the parts of a failed upload stay, unseen, until the service removes them itself.
        other_storage_class: a storage class that is not the default one, in the service's word.
        secrets: secrets that the client holds; the kit looks for them wherever they must not be.
    """

    makes_requests: bool = True
    authenticates: bool = True
    authorizes: bool = True
    expires: bool = True
    pickles: bool = True
    asks_to_sign: bool = False
    is_cheap: bool = False
    takes_any_tag: bool = True
    keeps_parts: bool = False
    other_storage_class: str = "STANDARD_IA"
    secrets: Sequence[str] = ()

    def __init__(self, client: BaseStorageClient) -> None:
        self.client = client

    def with_wrong_secret(self) -> BaseStorageClient:
        """Return a client of the same identity with a wrong secret."""
        raise _lacking("authenticates")

    def with_unknown_identity(self) -> BaseStorageClient:
        """Return a client of somebody whom the store does not know."""
        raise _lacking("authenticates")

    def with_read_only_identity(self) -> BaseStorageClient:
        """Return a client of somebody who may read all that `client` stores, and not write it."""
        raise _lacking("authorizes")

    def with_expired_credentials(self) -> BaseStorageClient:
        """Return a client whose credentials have ended."""
        raise _lacking("expires")

    def unpickled(self, data: bytes) -> BaseStorageClient:
        """Return the client in `data`, in an environment where it finds its secrets."""
        copy: BaseStorageClient = pickle.loads(data)  # noqa: S301  # the kit's own pickle
        return copy

    def keep_versions(self, bucket: str) -> None:
        """Let `bucket` keep versions; needed where the client declares `Capability.VERSIONS`."""
        raise UnsupportedOperationError(f"this harness cannot switch versions on for {bucket}")

    @contextmanager
    def sends(self, count: int) -> Iterator[None]:
        """Check that the block sends exactly `count` requests; none where the store is in this process."""
        before = self.client.metrics.snapshot().requests
        yield
        sent = self.client.metrics.snapshot().requests - before
        expected = count if self.makes_requests else 0
        assert sent == expected, f"{sent} requests were sent instead of {expected}"

    def signs(self) -> AbstractContextManager[None]:
        """Check that the block, which makes signed URLs, sends no request where the client has the key."""
        return nullcontext() if self.asks_to_sign else self.sends(0)


def _lacking(attribute: str) -> UnsupportedOperationError:
    return UnsupportedOperationError(f"this harness has no such client; declare {attribute} = False")


def about(capability: Enum) -> Callable[[_F], _F]:
    """Note that a test is about one capability; the table of capabilities is made from it."""

    def mark(test: _F) -> _F:
        test.about = capability  # type: ignore[attr-defined]  # functions take attributes
        return test

    return mark


def new_name(prefix: str = "kit") -> str:
    """Return a bucket name that nobody used before."""
    return f"{prefix}-{uuid.uuid4().hex[:20]}"


@cache
def noise(size: int) -> bytes:
    """Return `size` bytes without any pattern, the same ones in every run."""
    return random.Random(size).randbytes(size)  # noqa: S311  # nothing secret


def names_of_tests(kit: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the node name and the function of every test of a kit, as pytest will name them."""
    for name in dir(kit):
        test = getattr(kit, name)
        if not name.startswith("test_") or not callable(test):
            continue
        marks = [mark for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
        if not marks:
            yield name, test
        for mark in marks:
            for parameter in mark.args[1]:
                assert parameter.id.isascii(), "pytest would write this id in another way"
                yield f"{name}[{parameter.id}]", test


class StorageKit:
    """Base of every group of promises.

    Class attributes:
        title: name of the column in the table of capabilities; by default the class's name.
        deviations: what the server under test itself gets wrong: name of a test, with or without its
            ``[parameter]``, to the reason. Such a test must fail: when the server heals, the run says so.
        unsteady: deviations that show only sometimes, such as lost races: those tests may fail or pass.
        refused_keys: ids of the odd keys that the client refuses before any request.
        possible_buckets: ids of the odd bucket names that this service can hold after all.
    """

    title: ClassVar[str] = ""
    deviations: ClassVar[Mapping[str, str]] = MappingProxyType({})
    unsteady: ClassVar[Mapping[str, str]] = MappingProxyType({})
    refused_keys: ClassVar[frozenset[str]] = frozenset()
    possible_buckets: ClassVar[frozenset[str]] = frozenset()

    @pytest.fixture
    def harness(self, client: BaseStorageClient) -> StorageHarness:
        """Return what the store can be asked for; override it to say more than the default."""
        return StorageHarness(client)

    @pytest.fixture
    def bucket(self, request: pytest.FixtureRequest, client: BaseStorageClient) -> str:
        """Return a bucket that the tests of one class share, as long as they share the client."""
        node = request.node.getparent(pytest.Class)
        known = node.stash.get(_BUCKET, None)
        if known is not None and known[0] is client:
            return str(known[1])
        if known is None:
            node.addfinalizer(lambda: _remove(node))
        else:
            _remove(node)
        name = new_name()
        assert client.create_bucket(name) is True
        node.stash[_BUCKET] = (client, name)
        return name

    @pytest.fixture
    def new_bucket(self, client: BaseStorageClient) -> Iterator[Callable[[], str]]:
        """Give a function that returns a new empty bucket; all of them are gone after the test."""
        made: list[str] = []

        def make() -> str:
            made.append(new_name())
            assert client.create_bucket(made[-1]) is True
            return made[-1]

        yield make
        for name in made:
            client.delete_bucket(name, force=True)

    @pytest.fixture
    def key(self) -> str:
        """Return a key that no other test uses; what begins with it is the test's own, too."""
        return f"key-{uuid.uuid4().hex[:12]}"

    @pytest.fixture(autouse=True)
    def expect_deviation(self, request: pytest.FixtureRequest, bucket: str, harness: StorageHarness) -> None:
        """Expect the failure of a test that the server is known to fail; its set-up must work all the same."""
        assert bucket
        assert harness
        node = request.node
        for reasons, strict in ((self.deviations, True), (self.unsteady, False)):
            reason = reasons.get(node.name) or reasons.get(node.originalname)
            if reason is not None:
                request.applymarker(pytest.mark.xfail(strict=strict, reason=reason))

    def test_every_declared_deviation_names_a_test(self) -> None:
        """A deviation that names no test of the kit is a typing error or left over."""
        names = {name for name, _ in names_of_tests(type(self))}
        names |= {name.partition("[")[0] for name in names}
        declared = {**self.deviations, **self.unsteady}
        assert set(declared) <= names
        assert all(declared.values()), "every deviation needs its reason"


def _remove(node: pytest.Class) -> None:
    client, name = node.stash[_BUCKET]
    client.delete_bucket(name, force=True)
