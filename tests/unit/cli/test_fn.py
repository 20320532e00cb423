"""``cloud fn`` over local functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

_BODY = (
    "import os\n"
    "def handler(event, context):\n"
    "    print('called', event)\n"
    "    if 'fail' in event: raise ValueError('bad')\n"
    "    return {'event': event, 'mode': os.environ.get('MODE'), 'token': os.environ.get('API_TOKEN')}\n"
)


@pytest.fixture(autouse=True)
def _root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUD_LOCAL_FUNCTIONS", str(tmp_path / "functions"))
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "aws-config"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def code(tmp_path: Path) -> Path:
    path = tmp_path / "app.py"
    path.write_text(_BODY)
    return path


@pytest.fixture
def deployed(run: Run, code: Path) -> str:
    ran = run("fn", "deploy", "local", "hello", code, "--runtime", "python3", "--handler", "app.handler")
    assert (ran.code, ran.lines) == (0, ["created\tlocal\thello"])
    return "hello"


def test_deploy_says_what_it_did(run: Run, code: Path, deployed: str) -> None:
    words = ("fn", "deploy", "local", deployed, code, "--runtime", "python3", "--handler", "app.handler")
    assert run(*words).lines == ["unchanged\tlocal\thello"]
    ran = run(*words, "--memory", "256M", "--timeout", "1m", "--description", "d", "--json")
    assert ran.json["action"] == "updated"
    assert ran.json["code_changed"] is False
    function = ran.json["function"]
    assert (function["memory_bytes"], function["timeout_seconds"], function["description"]) == (
        256 << 20,
        60,
        "d",
    )


def test_variables_come_from_the_line_or_from_the_shell(
    run: Run, code: Path, deployed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_TOKEN", "from-the-shell")
    words = ("fn", "deploy", "local", deployed, code, "--runtime", "python3", "--handler", "app.handler")
    ran = run(*words, "--env", "API_TOKEN", "--env", "MODE=a=b", "--json")
    assert "from-the-shell" not in ran.out.decode() + ran.err
    assert run("fn", "invoke", "local", deployed).json == {
        "event": {},
        "mode": "a=b",
        "token": "from-the-shell",
    }
    ran = run(*words, "--env", "NOT_SET_ANYWHERE")
    assert ran.code == 2
    assert "NOT_SET_ANYWHERE" in ran.err


def test_list_is_one_table(run: Run, deployed: str) -> None:
    (line,) = run("fn", "list", "local").lines
    assert line.split("\t")[:5] == ["local", "hello", "python3", "128.0 MiB", "3 s"]
    (record,) = run("fn", "list", "local", "--json").json
    assert (record["provider"], record["name"]) == ("local", "hello")


def test_list_of_all_leaves_out_what_is_not_set_up_and_says_so(run: Run, deployed: str) -> None:
    ran = run("fn", "list")
    assert ran.code == 0
    assert [line.split("\t")[1] for line in ran.lines] == ["hello"]
    assert "aws: not set up" in ran.err
    assert run("fn", "list", "aws").code == 2


def test_list_of_several_tells_each_failure(run: Run, deployed: str) -> None:
    ran = run("fn", "list", "local", "aws", "nobody")
    assert ran.code == 3
    assert len(ran.lines) == 1
    assert "no AWS region" in ran.err
    assert "nobody" in ran.err


def test_invoke_reads_standard_input_and_shows_logs(run: Run, deployed: str) -> None:
    ran = run("fn", "invoke", "local", deployed, "--payload", "-", "--logs", stdin='{"a": "ü"}'.encode())
    assert ran.json["event"] == {"a": "ü"}
    assert "called {'a': 'ü'}" in ran.err


@pytest.mark.parametrize("payload", [b"{", b"\xff"])
def test_payload_that_is_no_json_is_refused(run: Run, deployed: str, payload: bytes) -> None:
    assert run("fn", "invoke", "local", deployed, "--payload", "-", stdin=payload).code == 2


def test_failing_function_ends_with_1_and_shows_its_log(run: Run, deployed: str) -> None:
    ran = run("fn", "invoke", "local", deployed, "--payload", '{"fail": 1}')
    assert (ran.code, ran.out) == (1, b"")
    assert "[ERROR] ValueError: bad" in ran.err
    assert ran.err.splitlines()[-1].startswith("cloud: invoke hello: bad [ValueError")


def test_invoke_without_waiting_prints_the_id_and_logs_follow(run: Run, deployed: str) -> None:
    (request_id,) = run("fn", "invoke", "local", deployed, "--async").lines
    lines = run("fn", "logs", "local", deployed, "--since", "1h").lines
    assert any(request_id in line for line in lines)
    assert lines[0].split("\t")[0].endswith("Z")
    records = run("fn", "logs", "local", deployed, "--json").records
    assert [record["message"] for record in records] == [line.split("\t", 1)[1] for line in lines]
    assert run("fn", "invoke", "local", deployed, "--async", "--json").json["request_id"]


def test_rm_deletes_and_tells_what_was_not_there(run: Run, deployed: str) -> None:
    assert run("fn", "rm", "local", deployed).code == 0
    assert run("fn", "rm", "local", deployed).code == 4
    assert run("fn", "rm", "local", deployed, "--force").code == 0
    assert run("fn", "rm", "local", "a", "b").code == 3


def test_root_option_wins(run: Run, deployed: str, tmp_path: Path) -> None:
    assert run("fn", "list", "local", "--root", tmp_path / "empty").out == b""


def test_local_functions_need_a_folder(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLOUD_LOCAL_FUNCTIONS")
    ran = run("fn", "list", "local")
    assert ran.code == 2
    assert "CLOUD_LOCAL_FUNCTIONS" in ran.err


def test_options_that_do_not_fit_are_refused(run: Run, code: Path) -> None:
    words = ("fn", "deploy", "local", "f", code, "--runtime", "python3", "--handler", "app.handler")
    assert run(*words, "--platform", "any").code == 2
    ran = run(*words, "--role", "arn")
    assert ran.code == 2
    assert "takes no role" in ran.err


def test_missing_function_is_an_error_of_every_command(run: Run) -> None:
    assert run("fn", "invoke", "local", "none").code == 4
    assert run("fn", "logs", "local", "none").code == 4
