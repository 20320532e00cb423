"""What is refused before any request."""

from __future__ import annotations

import math
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from cloud.common.errors import InvalidRequestError, UnsupportedOperationError
from cloud.testing._serverless_base import HANDLER, ServerlessKit, new_function_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cloud.common._base_serverless import BaseServerlessClient
    from cloud.testing._serverless_base import ServerlessHarness

ODD_NAMES = {
    "empty": "",
    "dots": "..",
    "parent": "../function",
    "slash": "a/b",
    "backslash": "a\\b",
    "space": "a b",
    "umlaut": "grüezi",
    "newline": "a\n",
    "nul": "a\0b",
    "too long": "x" * 65,
    "dollar": "$LATEST",
}
_PAYLOADS: dict[str, Any] = {
    "not a number": {"x": math.nan},
    "infinite": [math.inf],
    "bytes": {"x": b"bytes"},
    "set": {"x": {1}},
    "object": object(),
    "number as a name": {1: "one"},
    "inner number as a name": {"a": [{2: "two"}]},
}
_SETTINGS: dict[str, dict[str, Any]] = {
    "no memory": {"memory_bytes": 0},
    "too much memory": {"memory_bytes": 1 << 40},
    "no time": {"timeout_seconds": 0},
    "too much time": {"timeout_seconds": 10_000},
    "variable with equals": {"environment": {"A=B": "1"}},
    "variable without name": {"environment": {"": "1"}},
    "variable with a digit": {"environment": {"1A": "1"}},
    "value with NUL": {"environment": {"A": "a\0b"}},
    "value that is no text": {"environment": {"A": 1}},
    "environment too large": {"environment": {"A": "x" * 5000}},
    "foreign options": {"options": object()},
}


def _cyclic() -> list[Any]:
    ring: list[Any] = []
    ring.append(ring)
    return ring


class RefusalPromises(ServerlessKit):
    """Bad input is an error that says so, and nothing is sent."""

    @pytest.mark.parametrize("name", [pytest.param(name, id=id_) for id_, name in ODD_NAMES.items()])
    def test_impossible_name(
        self, client: BaseServerlessClient, harness: ServerlessHarness, code: Path, name: str
    ) -> None:
        """Every call refuses a name that no function can have."""
        with harness.sends(0):
            for call in (
                lambda: client.create_function(name, harness.runtime, HANDLER, code),
                lambda: client.deploy_function(name, harness.runtime, HANDLER, code),
                lambda: client.update_function(name, description="x"),
                lambda: client.get_function(name),
                lambda: client.invoke_function(name, {}),
                lambda: client.invoke_async(name, {}),
                lambda: client.delete_function(name),
                lambda: client.iter_logs(name),
            ):
                with pytest.raises(InvalidRequestError):
                    call()

    @pytest.mark.parametrize("payload", [pytest.param(payload, id=id_) for id_, payload in _PAYLOADS.items()])
    def test_payload_that_is_no_json(
        self, client: BaseServerlessClient, function: str, harness: ServerlessHarness, payload: Any
    ) -> None:
        """What JSON cannot hold unchanged is refused."""
        with harness.sends(0):
            for call in (client.invoke_function, client.invoke_async):
                with pytest.raises(InvalidRequestError):
                    call(function, payload)

    def test_payload_without_end(self, client: BaseServerlessClient, function: str) -> None:
        """A list that holds itself is refused."""
        with pytest.raises(InvalidRequestError):
            client.invoke_function(function, _cyclic())

    def test_payload_that_is_too_long(
        self, client: BaseServerlessClient, function: str, harness: ServerlessHarness
    ) -> None:
        """An event beyond the provider's limit is refused."""
        limits = client._function_limits  # noqa: SLF001  # the kit needs to know where the limit is
        with harness.sends(0):
            with pytest.raises(InvalidRequestError):
                client.invoke_function(function, "x" * limits.max_event_bytes)
            with pytest.raises(InvalidRequestError):
                client.invoke_async(function, "x" * limits.max_async_event_bytes)

    @pytest.mark.parametrize("key", [pytest.param("", id="empty"), pytest.param("ü", id="umlaut")])
    def test_impossible_idempotency_key(self, client: BaseServerlessClient, function: str, key: str) -> None:
        """A key that cannot travel is refused."""
        with pytest.raises(InvalidRequestError):
            client.invoke_function(function, {}, idempotency_key=key)

    @pytest.mark.parametrize(
        "settings", [pytest.param(settings, id=id_) for id_, settings in _SETTINGS.items()]
    )
    def test_impossible_setting(
        self,
        client: BaseServerlessClient,
        function: str,
        harness: ServerlessHarness,
        code: Path,
        settings: dict[str, Any],
    ) -> None:
        """Making and changing refuse it; the message holds no value of the environment."""
        calls: tuple[Callable[[], object], ...] = (
            lambda: client.create_function(new_function_name(), harness.runtime, HANDLER, code, **settings),
            lambda: client.update_function(function, **settings),
        )
        with harness.sends(0):
            for call in calls:
                with pytest.raises((InvalidRequestError, UnsupportedOperationError)) as caught:
                    call()
                assert "xxxx" not in str(caught.value)

    def test_code_that_is_not_there(
        self, client: BaseServerlessClient, harness: ServerlessHarness, tmp_path: Path
    ) -> None:
        """A missing path, an empty folder and a file that is no zip are refused."""
        empty, broken = tmp_path / "empty", tmp_path / "broken.zip"
        empty.mkdir()
        broken.write_bytes(b"no zip")
        with harness.sends(0):
            for path in (tmp_path / "nothing", empty, broken):
                with pytest.raises(InvalidRequestError):
                    client.create_function(new_function_name(), harness.runtime, HANDLER, path)

    def test_code_from_outside(
        self, client: BaseServerlessClient, harness: ServerlessHarness, code: Path, tmp_path: Path
    ) -> None:
        """A link that leaves the folder, and a zip that would write outside of it, are refused."""
        (tmp_path / "secret.txt").write_text("outside")
        (code / "link.txt").symlink_to(tmp_path / "secret.txt")
        archive = tmp_path / "evil.zip"
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr("../evil.py", "x = 1")
        with harness.sends(0):
            for path in (code, archive):
                with pytest.raises(InvalidRequestError):
                    client.create_function(new_function_name(), harness.runtime, HANDLER, path)
