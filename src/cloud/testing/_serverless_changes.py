"""Changing functions: code, settings, both, and nothing."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from cloud.testing._serverless_base import HANDLER, ServerlessKit, new_function_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cloud.common._base_serverless import BaseServerlessClient
    from cloud.testing._serverless_base import ServerlessHarness


def _rewrite(code: Path, answer: object) -> None:
    (code / "probe.py").write_text(f"def handler(event, context):\n    return {answer!r}\n", "utf-8")


class ChangePromises(ServerlessKit):
    """`update_function` and `deploy_function`."""

    def test_new_code_is_what_runs(
        self, client: BaseServerlessClient, new_function: Callable[[], str], code: Path
    ) -> None:
        """After `update_function` returns, the new code answers."""
        name = new_function()
        before = client.get_function(name).code_sha256
        _rewrite(code, ["second"])
        info = client.update_function(name, code_path=code)
        assert info.code_sha256 != before
        assert client.invoke_function(name, {}) == ["second"]

    def test_settings_that_are_not_given_stay(
        self, client: BaseServerlessClient, new_function: Callable[[], str]
    ) -> None:
        """Only what is named changes."""
        name = new_function()
        client.update_function(name, environment={"A": "1"}, description="first")
        info = client.update_function(name, timeout_seconds=7)
        assert (info.timeout_seconds, info.description) == (7, "first")
        assert dict(client.get_environment(name)) == {"A": "1"}

    def test_environment_is_replaced_as_a_whole(
        self, client: BaseServerlessClient, new_function: Callable[[], str]
    ) -> None:
        """Variables that are not in the new environment go; an empty one removes all."""
        name = new_function()
        client.update_function(name, environment={"A": "1", "B": "2"})
        client.update_function(name, environment={"B": "3"})
        assert dict(client.get_environment(name)) == {"B": "3"}
        client.update_function(name, environment={})
        assert dict(client.get_environment(name)) == {}

    def test_code_and_settings_in_one_call(
        self, client: BaseServerlessClient, new_function: Callable[[], str], code: Path
    ) -> None:
        """One call changes both, and returns when both hold."""
        name = new_function()
        (code / "other.py").write_text("import os\ndef run(event, context): return [os.environ['MODE']]\n")
        info = client.update_function(
            name, code_path=code, handler="other.run", environment={"MODE": "new"}, memory_bytes=512 << 20
        )
        assert (info.handler, info.memory_bytes) == ("other.run", 512 << 20)
        assert client.invoke_function(name, {}) == ["new"]

    def test_same_again_changes_nothing(
        self,
        client: BaseServerlessClient,
        new_function: Callable[[], str],
        code: Path,
        harness: ServerlessHarness,
    ) -> None:
        """A package and settings that are there already are not sent again."""
        name = new_function()
        before = client.get_function(name)
        with harness.sends(1):
            after = client.update_function(name, code_path=code, timeout_seconds=20, environment={})
        assert after == before

    def test_deploy_creates_then_updates_then_rests(
        self, client: BaseServerlessClient, harness: ServerlessHarness, code: Path
    ) -> None:
        """`deploy_function` brings the function to what is asked, and says what it took."""
        name = new_function_name()
        try:
            first = client.deploy_function(name, harness.runtime, HANDLER, code, description="one")
            assert (first.action, first.code_changed) == ("created", True)
            again = client.deploy_function(name, harness.runtime, HANDLER, code, description="one")
            assert (again.action, again.code_changed) == ("unchanged", False)
            assert again.function == first.function
            settings = client.deploy_function(name, harness.runtime, HANDLER, code, description="two")
            assert (settings.action, settings.code_changed) == ("updated", False)
            _rewrite(code, [2])
            second = client.deploy_function(name, harness.runtime, HANDLER, code, description="two")
            assert (second.action, second.code_changed) == ("updated", True)
            assert client.invoke_function(name, {}) == [2]
        finally:
            client.delete_function(name)

    def test_packages_of_every_kind_run(
        self, client: BaseServerlessClient, harness: ServerlessHarness, tmp_path: Path
    ) -> None:
        """A file, a folder with a package in it and a zip all run."""
        file = tmp_path / "single.py"
        file.write_text("def handler(event, context): return ['file']\n")
        folder = tmp_path / "folder"
        (folder / "inner" / "data").mkdir(parents=True)
        (folder / "inner" / "__init__.py").write_text("")
        (folder / "inner" / "data" / "text.txt").write_text("grüezi", "utf-8")
        (folder / "inner" / "app.py").write_text(
            "import pathlib\nTEXT = pathlib.Path(__file__).parent / 'data' / 'text.txt'\n"
            "def handler(event, context): return [TEXT.read_text('utf-8')]\n"
        )
        archive = tmp_path / "made.zip"
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr("zipped.py", "def handler(event, context): return ['zip']\n")
        for path, handler, answer in (
            (file, "single.handler", "file"),
            (folder, "inner.app.handler", "grüezi"),
            (archive, "zipped.handler", "zip"),
        ):
            name = new_function_name()
            try:
                client.create_function(name, harness.runtime, handler, path)
                assert client.invoke_function(name, {}) == [answer]
            finally:
                client.delete_function(name)
