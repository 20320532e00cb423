"""Listing, looking, making and deleting; errors; sharing."""

from __future__ import annotations

import json
import logging
import pickle
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import timezone
from typing import TYPE_CHECKING

import pytest

from cloud.common.contracts import CloudClient, ServerlessClient
from cloud.common.enums import FunctionState, ResourceType
from cloud.common.errors import AlreadyExistsError, InvalidRequestError, NotFoundError
from cloud.testing._serverless_base import HANDLER, PLANTED, ServerlessKit, new_function_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cloud.common._base_serverless import BaseServerlessClient
    from cloud.testing._serverless_base import ServerlessHarness


class FunctionContractPromises(ServerlessKit):
    """The contract's methods and what their results mean."""

    def test_client_is_of_both_contracts(self, client: BaseServerlessClient) -> None:
        """A client of functions is a `ServerlessClient` and a `CloudClient`."""
        assert isinstance(client, ServerlessClient)
        assert isinstance(client, CloudClient)

    def test_function_is_described(
        self, client: BaseServerlessClient, function: str, harness: ServerlessHarness
    ) -> None:
        """`get_function` says what the function was made with."""
        info = client.get_function(function)
        assert (info.name, info.runtime, info.handler) == (function, harness.runtime, HANDLER)
        assert (info.memory_bytes, info.timeout_seconds) == (256 << 20, 20)
        assert info.state is FunctionState.ACTIVE
        assert info.modified_at is not None
        assert info.modified_at.tzinfo is timezone.utc
        assert info.code_sha256
        assert info.code_size
        assert info.environment_names == ("GREETING", "PLANTED")

    def test_record_is_a_mapping_and_json(self, client: BaseServerlessClient, function: str) -> None:
        """A function's record reads like a mapping and becomes JSON."""
        info = client.get_function(function)
        assert info["name"] == info.name
        assert json.loads(json.dumps(info.to_dict()))["handler"] == HANDLER
        assert "raw" not in info

    def test_listing_holds_the_function(self, client: BaseServerlessClient, function: str) -> None:
        """`list_functions` lists what is there, sorted by name."""
        names = [info.name for info in client.list_functions()]
        assert function in names
        assert names == sorted(names)

    def test_listing_spans_pages(self, client: BaseServerlessClient, new_function: Callable[[], str]) -> None:
        """Small pages together hold every function once, and each page's token goes on behind it."""
        made = {new_function() for _ in range(3)}
        pages = list(client.iter_functions(page_size=2).pages())
        names = [info.name for page in pages for info in page.items]
        assert made <= set(names)
        assert len(names) == len(set(names))
        assert len(pages) > 1
        rest = [info.name for info in client.iter_functions(page_size=2, token=pages[0].next_token)]
        assert rest == names[len(pages[0].items) :]
        assert len(list(client.iter_functions(limit=1))) == 1

    def test_existence(self, client: BaseServerlessClient, function: str) -> None:
        """`function_exists` answers, it does not fail."""
        assert client.function_exists(function) is True
        assert client.function_exists(new_function_name()) is False

    def test_missing_function_is_not_found_by_every_call(
        self, client: BaseServerlessClient, code: Path
    ) -> None:
        """No call takes a missing function for an empty one."""
        name = new_function_name()
        calls: list[Callable[[], object]] = [
            lambda: client.get_function(name),
            lambda: client.get_environment(name),
            lambda: client.invoke_function(name, {}),
            lambda: client.invoke(name, {}),
            lambda: client.invoke_async(name, {}),
            lambda: client.update_function(name, description="x"),
            lambda: client.update_function(name, code_path=code),
            lambda: list(client.iter_logs(name)),
        ]
        for call in calls:
            with pytest.raises(NotFoundError):
                call()
        assert client.get_resource(name) is None

    def test_delete_says_whether_something_was_there(
        self, client: BaseServerlessClient, new_function: Callable[[], str]
    ) -> None:
        """`delete_function` is True once, then False, and the function is gone."""
        name = new_function()
        assert client.delete_function(name) is True
        assert client.delete_function(name) is False
        assert not client.function_exists(name)
        assert name not in [info.name for info in client.list_functions()]

    def test_name_can_be_used_again(
        self,
        client: BaseServerlessClient,
        new_function: Callable[[], str],
        harness: ServerlessHarness,
        code: Path,
    ) -> None:
        """A function may be made again after it was deleted."""
        name = new_function()
        client.delete_function(name)
        client.create_function(name, harness.runtime, HANDLER, code)
        assert client.invoke_function(name, {})["release"] == 1

    def test_create_does_not_replace(
        self, client: BaseServerlessClient, function: str, harness: ServerlessHarness, code: Path
    ) -> None:
        """A second function of one name is refused, and the first stays as it is."""
        before = client.get_function(function)
        (code / "probe.py").write_text("def handler(event, context): return 'second'\n")
        with pytest.raises(AlreadyExistsError):
            client.create_function(function, harness.runtime, HANDLER, code)
        assert client.get_function(function) == before

    def test_resources_are_functions(
        self, client: BaseServerlessClient, harness: ServerlessHarness, code: Path
    ) -> None:
        """The words that all clients share make, find and delete functions."""
        name = new_function_name()
        config = {"runtime": harness.runtime, "handler": HANDLER, "code_path": str(code)}
        made = client.create_resource(name, ResourceType.SERVERLESS, config)
        try:
            assert (made.id, made.resource_type, made.provider) == (
                name, ResourceType.SERVERLESS, client.provider,
            )  # fmt: skip  # one line reads best
            found = client.get_resource(name)
            assert found is not None
            assert found.name == name
            listed = client.list_resources(ResourceType.SERVERLESS)
            assert name in [each.id for each in listed]
            assert client.list_resources(ResourceType.STORAGE) == []
        finally:
            assert client.delete_resource(name) is True
        assert client.delete_resource(name) is False

    def test_resource_needs_a_known_config(self, client: BaseServerlessClient) -> None:
        """A config that is not a function's is refused before any request."""
        for config in ({"runtime": "python3"}, {"colour": "red"}):
            with pytest.raises(InvalidRequestError):
                client.create_resource(new_function_name(), ResourceType.SERVERLESS, config)

    def test_error_is_data(self, client: BaseServerlessClient, harness: ServerlessHarness) -> None:
        """An error says who, what and which function; from a service also status, code and request id."""
        name = new_function_name()
        with pytest.raises(NotFoundError) as caught:
            client.invoke_function(name, {})
        error = caught.value
        assert (error.provider, error.service) == (client.provider.value, client.service_name)
        assert (error.operation, error.resource) == ("invoke_function", name)
        assert error.message
        assert error.retryable is False
        assert len(error.attempts) == 1
        assert json.loads(json.dumps(error.to_dict()))["resource"] == name
        assert pickle.loads(pickle.dumps(error)).to_dict() == error.to_dict()  # noqa: S301  # the kit's own pickle
        if harness.makes_requests:
            assert error.http_status == 404
            assert error.provider_code
            assert error.request_id

    def test_one_request_for_a_call(
        self, client: BaseServerlessClient, function: str, harness: ServerlessHarness
    ) -> None:
        """Looking and invoking cost one request each."""
        with harness.sends(1):
            client.get_function(function)
        with harness.sends(1):
            client.invoke_function(function, {})
        with harness.sends(1):
            client.invoke_async(function, {})

    def test_environment_is_hidden(
        self,
        client: BaseServerlessClient,
        function: str,
        harness: ServerlessHarness,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """Values of the environment and secrets stand in no repr, error, traceback, pickle or log record."""
        with caplog.at_level(logging.DEBUG, "cloud"), pytest.raises(NotFoundError) as caught:
            client.get_function(new_function_name())
        info, environment = client.get_function(function), client.get_environment(function)
        assert environment["PLANTED"] == PLANTED
        shown = [
            repr(client), str(client), repr(info), str(info.to_dict()), repr(info.raw), repr(environment),
            str(environment), repr(client.list_functions()), repr(caught.value.to_dict()),
            "".join(traceback.format_exception(caught.value)),
            pickle.dumps(client).decode("latin-1"), pickle.dumps(info).decode("latin-1"), caplog.text,
        ]  # fmt: skip  # a list of places
        for secret in (PLANTED, *harness.secrets):
            for text in shown:
                assert secret not in text

    def test_client_travels_by_pickle(
        self, client: BaseServerlessClient, function: str, harness: ServerlessHarness
    ) -> None:
        """A copy of the client that went through pickle sees the same functions."""
        with harness.unpickled(pickle.dumps(client)) as copy:
            assert copy.get_function(function).name == function

    def test_threads_share_a_client(self, client: BaseServerlessClient, function: str) -> None:
        """Many threads invoke at once, and each gets its own answer."""
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda n: client.invoke_function(function, {"n": n}), range(16)))
        assert [each["echo"]["n"] for each in found] == list(range(16))
