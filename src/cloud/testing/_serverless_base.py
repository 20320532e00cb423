"""What all parts of the kit of functions share: the harness, the fixtures, the function under test."""

from __future__ import annotations

import pickle
import sys
import time
import uuid
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import pytest

from cloud.testing._storage_base import names_of_tests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from cloud.common._base_serverless import BaseServerlessClient

HANDLER = "probe.handler"
PLANTED = "planted-8c1f0e"
"""Value of an environment variable that must be shown nowhere."""
PROBE = """\
import os
import time


class Odd(Exception):
    pass


def handler(event, context):
    action = event.get("do") if isinstance(event, dict) else None
    if action == "raise":
        print("about to fail")
        raise Odd(event["text"])
    if action == "environment":
        return dict(os.environ)
    if action == "context":
        custom = context.client_context.custom if context.client_context else None
        return {
            "name": context.function_name,
            "left": context.get_remaining_time_in_millis(),
            "memory": str(context.memory_limit_in_mb),
            "request": context.aws_request_id,
            "custom": custom,
        }
    if action == "return":
        return event["value"]
    if action == "print":
        print(event["text"])
        return len(event["text"])
    if action == "sleep":
        time.sleep(event["seconds"])
        return "awake"
    if action == "unserializable":
        return {1, 2}
    if action == "exit":
        os._exit(7)
    return {"echo": event, "release": 1}
"""


class ServerlessHarness:
    """What a provider can be asked for beside its client. Subclass it and return it from a fixture ``harness``.

    Attributes:
        client: the client under test.
        runtime: a Python runtime of the provider.
        makes_requests: whether calls are requests that `metrics` counts; False for functions of this process.
        patience_seconds: how long an entry may take to be seen in a log.
        secrets: secrets that the client holds; the kit looks for them wherever they must not be.
    """

    runtime: str = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    makes_requests: bool = True
    patience_seconds: float = 30.0
    secrets: Sequence[str] = ()

    def __init__(self, client: BaseServerlessClient) -> None:
        self.client = client

    def unpickled(self, data: bytes) -> BaseServerlessClient:
        """Return the client in `data`, in an environment where it finds its secrets."""
        copy: BaseServerlessClient = pickle.loads(data)  # noqa: S301  # the kit's own pickle
        return copy

    @contextmanager
    def sends(self, count: int) -> Iterator[None]:
        """Check that the block sends exactly `count` requests; none where functions are in this process."""
        before = self.client.metrics.snapshot().requests
        yield
        sent = self.client.metrics.snapshot().requests - before
        expected = count if self.makes_requests else 0
        assert sent == expected, f"{sent} requests were sent instead of {expected}"


def new_function_name() -> str:
    """Return a name that no function had before."""
    return f"kit-{uuid.uuid4().hex[:20]}"


def eventually(look: Callable[[], bool], seconds: float) -> bool:
    """Return whether `look` becomes true in time."""
    deadline = time.monotonic() + seconds
    while not look():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


_FUNCTION = pytest.StashKey["tuple[BaseServerlessClient, str]"]()


class ServerlessKit:
    """Base of every group of promises.

    Class attributes:
        title: what the run is called; by default the class's name.
        deviations: what the server under test itself gets wrong: name of a test, with or without its
            ``[parameter]``, to the reason. Such a test must fail: when the server heals, the run says so.
    """

    title: ClassVar[str] = ""
    deviations: ClassVar[Mapping[str, str]] = MappingProxyType({})

    @pytest.fixture
    def harness(self, client: BaseServerlessClient) -> ServerlessHarness:
        """Return what the provider can be asked for; override it to say more than the default."""
        return ServerlessHarness(client)

    @pytest.fixture
    def code(self, tmp_path: Path) -> Path:
        """Return a folder with the code of the function under test."""
        folder = tmp_path / "code"
        folder.mkdir()
        (folder / "probe.py").write_text(PROBE, "utf-8")
        return folder

    @pytest.fixture
    def function(
        self,
        request: pytest.FixtureRequest,
        client: BaseServerlessClient,
        harness: ServerlessHarness,
        code: Path,
    ) -> str:
        """Return a function that the tests of one class share, as long as they share the client."""
        node = request.node.getparent(pytest.Class)
        known = node.stash.get(_FUNCTION, None)
        if known is not None and known[0] is client:
            return str(known[1])
        if known is None:
            node.addfinalizer(lambda: _remove(node))
        else:
            _remove(node)
        name = new_function_name()
        client.create_function(
            name,
            harness.runtime,
            HANDLER,
            code,
            environment={"GREETING": "grüezi", "PLANTED": PLANTED},
            memory_bytes=256 << 20,
            timeout_seconds=20,
        )
        node.stash[_FUNCTION] = (client, name)
        return name

    @pytest.fixture
    def new_function(
        self, client: BaseServerlessClient, harness: ServerlessHarness, code: Path
    ) -> Iterator[Callable[[], str]]:
        """Give a function that makes a function of its own; all of them are gone after the test."""
        made: list[str] = []

        def make() -> str:
            made.append(new_function_name())
            client.create_function(made[-1], harness.runtime, HANDLER, code, timeout_seconds=20)
            return made[-1]

        yield make
        for name in made:
            client.delete_function(name)

    @pytest.fixture(autouse=True)
    def expect_deviation(self, request: pytest.FixtureRequest, harness: ServerlessHarness) -> None:
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


def _remove(node: pytest.Class) -> None:
    client, name = node.stash[_FUNCTION]
    client.delete_function(name)
