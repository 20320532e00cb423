"""The runner of this machine: what a function can do, what becomes of it, and what is left on disk."""

from __future__ import annotations

import os
import pickle
import signal
import stat
import subprocess
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from cloud.common import errors as e
from cloud.local import LocalServerlessClient
from cloud.local import _functions_logs as logs_module
from cloud.local import _functions_run as run_module
from cloud.local import _functions_store as store_module

RUNTIME = f"python{sys.version_info[0]}.{sys.version_info[1]}"
LINUX = sys.platform == "linux"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "functions"


@pytest.fixture
def client(root: Path) -> LocalServerlessClient:
    return LocalServerlessClient(root)


def make(client: LocalServerlessClient, folder: Path, body: str, name: str = "f", **options: Any) -> str:
    """Make a function whose handler's body is `body`."""
    code = folder / f"code-{name}"
    code.mkdir(exist_ok=True)
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    (code / "app.py").write_text(f"import os, subprocess, sys, time\ndef handler(event, context):\n{lines}\n")
    client.deploy_function(name, RUNTIME, "app.handler", code, **options)
    return name


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")


def until(look: Any, seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while not look():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


# -- what a function sees -----------------------------------------------------------------------------------
def test_function_sees_the_standard_library_and_its_package_alone(
    client: LocalServerlessClient, tmp_path: Path
) -> None:
    name = make(
        client, tmp_path, "try:\n    import pytest\nexcept ImportError:\n    return sys.path\nreturn None"
    )
    path = client.invoke_function(name, {})
    assert path is not None
    assert not any("site-packages" in place for place in path)
    assert str(Path.cwd()) not in path


def test_site_packages_can_be_shown(root: Path, tmp_path: Path) -> None:
    client = LocalServerlessClient(root, site_packages=True)
    name = make(client, tmp_path, "import pytest\nreturn pytest.__version__")
    assert client.invoke_function(name, {}) == pytest.__version__


def test_environment_holds_nothing_of_the_caller(
    client: LocalServerlessClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-caller")
    monkeypatch.setenv("PYTHONPATH", "/planted")
    name = make(client, tmp_path, "return [dict(os.environ), sys.path, os.getcwd()]", environment={"A": "1"})
    environment, path, cwd = client.invoke_function(name, {})
    assert "secret-of-the-caller" not in str(environment)
    assert "/planted" not in path
    assert environment["A"] == "1"
    assert set(environment) <= {
        "A", "PATH", "LANG", "LC_CTYPE", "TZ", "HOME", "TMPDIR", "TEMP", "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME", "LAMBDA_TASK_ROOT", "_HANDLER", "SYSTEMROOT", "SYSTEMDRIVE",
    }  # fmt: skip  # a list of names
    assert cwd == environment["LAMBDA_TASK_ROOT"]


def test_event_and_environment_are_on_no_command_line(client: LocalServerlessClient, tmp_path: Path) -> None:
    name = make(
        client, tmp_path, "return [sys.argv, open('/proc/self/cmdline').read() if os.path.exists('/proc') else '']",
        environment={"A": "secret-value"},
    )  # fmt: skip  # a function in one line
    seen = client.invoke_function(name, {"token": "secret-event"})
    assert "secret" not in str(seen)


def test_folder_of_an_invocation_is_gone_afterwards(
    client: LocalServerlessClient, root: Path, tmp_path: Path
) -> None:
    name = make(
        client, tmp_path, "open(os.environ['TMPDIR'] + '/x', 'w').write('x')\nreturn os.environ['TMPDIR']"
    )
    folder = Path(client.invoke_function(name, {}))
    assert folder.is_relative_to(root)
    assert not folder.exists()
    assert list((root / ".cloud" / "runs").iterdir()) == []


def test_code_is_not_written_to(client: LocalServerlessClient, root: Path, tmp_path: Path) -> None:
    name = make(client, tmp_path, "import helper\nreturn helper.X")
    (tmp_path / "code-f" / "helper.py").write_text("X = 1\n")
    client.update_function(name, code_path=tmp_path / "code-f")
    assert client.invoke_function(name, {}) == 1
    assert list(root.rglob("__pycache__")) == []


@pytest.mark.parametrize(
    ("runtime", "possible"), [("python3", True), (RUNTIME, True), ("python2.7", False), ("nodejs20.x", False)]
)
def test_runtime_is_this_interpreter_or_refused(
    client: LocalServerlessClient, tmp_path: Path, runtime: str, possible: bool
) -> None:
    (tmp_path / "app.py").write_text("def handler(e, c): return 1\n")
    if possible:
        client.create_function("f", runtime, "app.handler", tmp_path / "app.py")
        assert client.invoke_function("f", {}) == 1
    else:
        with pytest.raises(e.UnsupportedOperationError, match="interpreters"):
            client.create_function("f", runtime, "app.handler", tmp_path / "app.py")
        assert client.list_functions() == []


def test_other_interpreters_can_be_named(root: Path, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def handler(e, c): return 1\n")
    client = LocalServerlessClient(root, interpreters={"python3.99": sys.executable})
    client.create_function("f", "python3.99", "app.handler", tmp_path / "app.py")
    assert client.invoke_function("f", {}) == 1
    broken = LocalServerlessClient(root, interpreters={"python3.99": str(tmp_path / "nowhere")})
    with pytest.raises(e.ConfigurationError, match="cannot be started"):
        broken.invoke_function("f", {})


@pytest.mark.parametrize(
    "handler", ["handler", "app.", ".handler", "app.handler()", "app handler.x", "app.1"]
)
def test_odd_handlers_are_refused(client: LocalServerlessClient, tmp_path: Path, handler: str) -> None:
    (tmp_path / "app.py").write_text("def handler(e, c): return 1\n")
    with pytest.raises(e.InvalidRequestError, match="handler"):
        client.create_function("f", RUNTIME, handler, tmp_path / "app.py")


# -- limits -------------------------------------------------------------------------------------------------
def test_memory_is_limited(client: LocalServerlessClient, tmp_path: Path) -> None:
    name = make(client, tmp_path, "return len(bytearray(event['mib'] << 20))", memory_bytes=256 << 20)
    assert client.invoke_function(name, {"mib": 64}) == 64 << 20
    if not LINUX:  # as the guide says
        assert client.invoke_function(name, {"mib": 300}) == 300 << 20
        return
    with pytest.raises(e.FunctionError) as caught:
        client.invoke_function(name, {"mib": 300})
    assert caught.value.error_type == "MemoryError"


def test_late_function_is_ended_with_its_children(client: LocalServerlessClient, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    name = make(
        client, tmp_path,
        "child = subprocess.Popen(['sleep', '60'])\n"
        "open(event['pids'], 'w').write(f'{os.getpid()} {child.pid}')\n"
        "print('waiting')\ntime.sleep(60)",
        timeout_seconds=1,
    )  # fmt: skip  # a function in lines
    with pytest.raises(e.FunctionError) as caught:
        client.invoke_function(name, {"pids": str(pids)})
    assert caught.value.error_type == "Sandbox.Timedout"
    assert "timed out after 1.00 seconds" in caught.value.message
    assert caught.value.logs is not None
    assert "waiting" in caught.value.logs
    assert caught.value.attempts[0].seconds < 5
    for pid in pids.read_text().split():
        assert until(lambda pid=pid: not alive(int(pid)))


def test_children_that_a_function_leaves_are_ended(client: LocalServerlessClient, tmp_path: Path) -> None:
    name = make(client, tmp_path, "return subprocess.Popen(['sleep', '60']).pid")
    pid = client.invoke_function(name, {})
    assert until(lambda: not alive(pid))


def test_output_is_bounded_and_says_so(
    client: LocalServerlessClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "MAX_LOG_BYTES", 5000)
    name = make(client, tmp_path, "for n in range(1000):\n    print(n, 'x' * 100)\nreturn 'done'")
    result = client.invoke(name, {})
    assert result.value == "done"
    messages = [event.message for event in client.iter_logs(name)]
    assert any("bytes of output were dropped" in message for message in messages)
    assert sum(map(len, messages)) < 6000
    assert result.logs is not None
    assert len(result.logs.encode()) <= 4096
    assert "REPORT" in result.logs


def test_output_without_line_breaks_is_bounded(client: LocalServerlessClient, tmp_path: Path) -> None:
    name = make(client, tmp_path, "sys.stdout.write('y' * 3_000_000)\nsys.stdout.buffer.write(b'\\xff\\xfe')")
    client.invoke_function(name, {})
    assert sum(len(event.message) for event in client.iter_logs(name)) < run_module.MAX_LOG_BYTES + 10_000


def test_result_is_bounded(
    client: LocalServerlessClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "MAX_RESULT_BYTES", 1000)
    name = make(client, tmp_path, "return 'x' * event['n']")
    assert client.invoke_function(name, {"n": 900}) == "x" * 900
    with pytest.raises(e.FunctionError) as caught:
        client.invoke_function(name, {"n": 1001})
    assert caught.value.error_type == "Function.ResponseSizeTooLarge"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("raise KeyError('k')", "KeyError"),
        ("sys.exit(3)", "Runtime.ExitError"),
        ("os._exit(3)", "Runtime.ExitError"),
        ("os.kill(os.getpid(), 11)", "Runtime.ExitError"),
        ("return {1, 2}", "Runtime.MarshalError"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("return handler(event, context)", "RecursionError"),
    ],
)
def test_failures_have_lambdas_names(
    client: LocalServerlessClient, tmp_path: Path, body: str, kind: str
) -> None:
    name = make(client, tmp_path, body)
    with pytest.raises(e.FunctionError) as caught:
        client.invoke_function(name, {})
    assert caught.value.error_type == kind


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        ("nowhere.handler", "Runtime.ImportModuleError"),
        ("app.nothing", "Runtime.HandlerNotFound"),
        ("broken.handler", "Runtime.UserCodeSyntaxError"),
        ("failing.handler", "ZeroDivisionError"),
    ],
)
def test_handlers_that_do_not_load_have_lambdas_names(
    client: LocalServerlessClient, tmp_path: Path, handler: str, kind: str
) -> None:
    code = tmp_path / "code-f"
    code.mkdir()
    (code / "broken.py").write_text("def handler(:\n")
    (code / "failing.py").write_text("1 / 0\n")
    name = make(client, tmp_path, "return 1")
    client.update_function(name, handler=handler)
    with pytest.raises(e.FunctionError) as caught:
        client.invoke_function(name, {})
    assert caught.value.error_type == kind


def test_traceback_shows_the_functions_own_frames(client: LocalServerlessClient, tmp_path: Path) -> None:
    name = make(client, tmp_path, "def inner():\n    raise ValueError('deep')\ninner()")
    with pytest.raises(e.FunctionError) as caught:
        client.invoke_function(name, {})
    assert len(caught.value.stack_trace) == 2
    assert all("app.py" in line for line in caught.value.stack_trace)


# -- Ctrl-C and dead callers --------------------------------------------------------------------------------
_CALLER = """
import sys
from cloud.local import LocalServerlessClient
print("started", flush=True)
LocalServerlessClient(sys.argv[1]).invoke_function("f", {"pids": sys.argv[2]})
"""


def _start(root: Path, pids: Path) -> subprocess.Popen[bytes]:
    program = subprocess.Popen(
        [sys.executable, "-c", _CALLER, str(root), str(pids)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert until(lambda: pids.exists() and pids.read_text().endswith("."))
    return program


_WAITING = (
    "child = subprocess.Popen(['sleep', '60'])\n"
    "open(event['pids'], 'w').write(f'{os.getpid()} {child.pid} .')\n"
    "time.sleep(60)"
)


def test_ctrl_c_ends_the_function_and_its_children(
    client: LocalServerlessClient, root: Path, tmp_path: Path
) -> None:
    make(client, tmp_path, _WAITING, timeout_seconds=60)
    pids = tmp_path / "pids"
    program = _start(root, pids)
    program.send_signal(signal.SIGINT)
    _, error = program.communicate(timeout=10)
    assert b"KeyboardInterrupt" in error
    for pid in pids.read_text().split()[:2]:
        assert until(lambda pid=pid: not alive(int(pid)))
    assert list((root / ".cloud" / "runs").iterdir()) == []


def test_function_of_a_killed_caller_ends_at_its_time(
    client: LocalServerlessClient, root: Path, tmp_path: Path
) -> None:
    make(client, tmp_path, _WAITING, timeout_seconds=1)
    pids = tmp_path / "pids"
    program = _start(root, pids)
    program.kill()
    program.communicate()
    own = int(pids.read_text().split()[0])
    assert until(lambda: not alive(own), 10)
    os.kill(int(pids.read_text().split()[1]), signal.SIGKILL)  # nobody is left to end the child: ours to do


def test_what_killed_callers_left_is_swept(client: LocalServerlessClient, root: Path, tmp_path: Path) -> None:
    name = make(client, tmp_path, "return 1")
    for place in ("runs", "staging"):
        left = root / ".cloud" / place / "left"
        left.mkdir()
        (left / "file").write_text("x")
        os.utime(left, (1, 1))
        (root / ".cloud" / place / "young").mkdir()
    client.invoke_function(name, {})
    for place in ("runs", "staging"):
        assert [path.name for path in (root / ".cloud" / place).iterdir()] == ["young"]


# -- on disk ------------------------------------------------------------------------------------------------
def test_environment_is_readable_by_its_owner_alone(
    client: LocalServerlessClient, root: Path, tmp_path: Path
) -> None:
    make(client, tmp_path, "return 1", environment={"A": "secret-value"})
    holders = [path for path in root.rglob("*") if path.is_file() and b"secret-value" in path.read_bytes()]
    assert [path.name for path in holders] == ["@function.json"]
    assert stat.S_IMODE(holders[0].stat().st_mode) == 0o600
    assert stat.S_IMODE(root.stat().st_mode) == 0o700


def test_names_that_differ_by_case_are_two_functions(
    client: LocalServerlessClient, root: Path, tmp_path: Path
) -> None:
    names = ["con", "Con", "CON", "a-B_c"]
    for name in names:
        make(client, tmp_path, f"return {name!r}", name)
    assert [info.name for info in client.list_functions()] == sorted(names)
    assert [client.invoke_function(name, {}) for name in names] == names
    folders = [path.name for path in root.iterdir() if not path.name.startswith(".")]
    assert len({folder.lower() for folder in folders}) == len(names)


def test_update_lets_running_invocations_end_with_their_code(
    client: LocalServerlessClient, root: Path, tmp_path: Path
) -> None:
    name = make(
        client, tmp_path,
        "open(event['mark'], 'w').close()\n"
        "while not os.path.exists(event['go']): time.sleep(0.01)\n"
        "import helper\nreturn helper.X",
    )  # fmt: skip  # a function in lines
    (tmp_path / "code-f" / "helper.py").write_text("X = 'old'\n")
    client.update_function(name, code_path=tmp_path / "code-f", timeout_seconds=20)
    mark, go = tmp_path / "mark", tmp_path / "go"
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(client.invoke_function, name, {"mark": str(mark), "go": str(go)})
        assert until(mark.exists)
        (tmp_path / "code-f" / "helper.py").write_text("X = 'new'\n")
        client.update_function(name, code_path=tmp_path / "code-f")
        go.touch()
        assert running.result() == "old"
    assert client.invoke_function(name, {"mark": str(mark), "go": str(go)}) == "new"
    client.update_function(name, code_path=tmp_path / "code-f" / "app.py")  # the next change tidies up
    assert len(list((root / "f-f").glob("code-*.use"))) == 1


def test_delete_lets_running_invocations_end(
    client: LocalServerlessClient, root: Path, tmp_path: Path
) -> None:
    name = make(
        client, tmp_path,
        "open(event['mark'], 'w').close()\n"
        "while not os.path.exists(event['go']): time.sleep(0.01)\n"
        "import helper\nreturn helper.X",
    )  # fmt: skip  # a function in lines
    (tmp_path / "code-f" / "helper.py").write_text("X = 'old'\n")
    client.update_function(name, code_path=tmp_path / "code-f", timeout_seconds=20)
    mark, go = tmp_path / "mark", tmp_path / "go"
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(client.invoke_function, name, {"mark": str(mark), "go": str(go)})
        assert until(mark.exists)
        assert client.delete_function(name) is True
        go.touch()
        assert running.result() == "old"
    assert client.list_functions() == []
    assert not client.function_exists(name)
    make(client, tmp_path, "return 'again'")
    assert client.invoke_function(name, {}) == "again"


def test_deleted_function_leaves_nothing(client: LocalServerlessClient, root: Path, tmp_path: Path) -> None:
    name = make(client, tmp_path, "return 1")
    client.invoke_function(name, {})
    client.delete_function(name)
    assert [path.name for path in root.iterdir()] == [".cloud"]


def test_of_many_creators_one_wins(root: Path, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def handler(e, c): return 1\n")
    barrier = threading.Barrier(6)

    def create(_: int) -> bool:
        barrier.wait()
        try:
            LocalServerlessClient(root).create_function("f", RUNTIME, "app.handler", tmp_path / "app.py")
        except e.AlreadyExistsError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(create, range(6))) == [False] * 5 + [True]
    assert len(list((root / "f-f").glob("code-*.use"))) == 1
    assert LocalServerlessClient(root).invoke_function("f", {}) == 1


def test_writer_that_dies_publishes_nothing(
    client: LocalServerlessClient, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = make(client, tmp_path, "return 'first'")
    (tmp_path / "code-f" / "app.py").write_text("def handler(e, c): return 'second'\n")

    def die(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store_module, "_publish", die)
        with pytest.raises(KeyboardInterrupt):
            client.update_function(name, code_path=tmp_path / "code-f")
    assert client.invoke_function(name, {}) == "first"
    client.update_function(name, code_path=tmp_path / "code-f")
    assert client.invoke_function(name, {}) == "second"
    assert len(list((root / "f-f").glob("code-*.use"))) == 1
    assert list((root / ".cloud" / "staging").iterdir()) == []


_DEPLOYER = """
import sys
from pathlib import Path
from cloud.local import LocalServerlessClient
client, file, runtime = LocalServerlessClient(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
number = 0
while True:
    number += 1
    file.write_text(f"def handler(event, context):\\n    return ['version', {number}]\\n")
    client.deploy_function("f", runtime, "app.handler", file, description=str(number))
    print(number, flush=True)
"""


def test_killed_writer_leaves_the_old_function_or_the_new_one(
    client: LocalServerlessClient, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "code").mkdir()
    for round_ in range(6):
        writer = subprocess.Popen(
            [sys.executable, "-c", _DEPLOYER, str(root), str(tmp_path / "code" / "app.py"), RUNTIME],
            stdout=subprocess.PIPE,
        )
        assert writer.stdout is not None
        for _ in range(2 + round_):  # it is then somewhere in the next one
            writer.stdout.readline()
        writer.kill()
        writer.communicate()
        word, number = client.invoke_function("f", {})
        assert (word, number >= 1) == ("version", True)
        assert client.get_function("f").code_sha256
    make(client, tmp_path, "return 'settled'")
    assert client.invoke_function("f", {}) == "settled"
    assert len(list((root / "f-f").glob("code-*.use"))) == 1


def test_folder_that_is_made_between_two_looks_is_found(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "app.py").write_text("def handler(e, c): return e\n")
    read = store_module.read_file

    def create(name: str) -> None:
        LocalServerlessClient(root).create_function(name, RUNTIME, "app.handler", tmp_path / "app.py")

    def late(path: str) -> bytes | None:
        found = read(path)
        monkeypatch.undo()
        create("first")
        return found

    root.mkdir()
    monkeypatch.setattr(store_module, "read_file", late)
    create("second")
    assert [function.name for function in LocalServerlessClient(root).list_functions()] == ["first", "second"]


def test_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("x")
    client = LocalServerlessClient(tmp_path)
    for call in (client.list_functions, lambda: make(client, tmp_path, "return 1")):
        with pytest.raises(e.ConfigurationError, match="holds no functions"):
            call()
    with pytest.raises(e.ConfigurationError):
        LocalServerlessClient(tmp_path / "thesis.txt")
    with pytest.raises(e.ConfigurationError):
        LocalServerlessClient("")


@pytest.mark.parametrize("text", ["{}", "no json", '{"version": 99}'])
def test_folder_of_another_version_is_refused(root: Path, text: str) -> None:
    (root / ".cloud").mkdir(parents=True)
    (root / ".cloud" / "functions.json").write_text(text)
    with pytest.raises(e.ConfigurationError):
        LocalServerlessClient(root).list_functions()


def test_missing_folder_is_empty(client: LocalServerlessClient, root: Path) -> None:
    assert client.list_functions() == []
    assert not client.function_exists("f")
    assert not root.exists()


@pytest.mark.parametrize("text", ["", "{}", '{"name": "f"}', "[1]"])
def test_broken_record_is_an_error(
    client: LocalServerlessClient, root: Path, tmp_path: Path, text: str
) -> None:
    name = make(client, tmp_path, "return 1")
    (root / "f-f" / "@function.json").write_text(text)
    for call in (
        lambda: client.get_function(name),
        client.list_functions,
        lambda: client.invoke_function(name, {}),
    ):
        with pytest.raises(e.IntegrityError):
            call()


def test_environment_is_in_no_frame_of_an_error(
    client: LocalServerlessClient, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = make(client, tmp_path, "return 1", environment={"A": "secret-value"})
    record = root / "f-f" / "@function.json"
    errors: list[BaseException] = []

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(store_module.os, "fsync", full)
        with pytest.raises(e.QuotaExceededError) as caught:
            client.update_function(name, description="x")
        errors.append(caught.value)
    record.write_text(record.read_text()[:-2])
    with pytest.raises(e.IntegrityError) as broken:
        client.get_function(name)
    errors.append(broken.value)
    for error in errors:
        shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
        assert "_functions_store.py" in shown
        assert "secret-value" not in "".join(
            part for part in shown.split('  File "') if "/src/cloud/" in part.partition('"')[0]
        )


def test_lost_code_is_an_error(client: LocalServerlessClient, root: Path, tmp_path: Path) -> None:
    name = make(client, tmp_path, "return 1")
    for path in (root / "f-f").glob("*.use"):
        path.unlink()
    with pytest.raises(e.IntegrityError, match="not there"):
        client.invoke_function(name, {})


def test_link_in_the_place_of_a_function_is_refused(
    client: LocalServerlessClient, root: Path, tmp_path: Path
) -> None:
    make(client, tmp_path, "return 1")
    (tmp_path / "outside").mkdir()
    (root / "f-evil").symlink_to(tmp_path / "outside")
    for call in (lambda: client.get_function("evil"), lambda: make(client, tmp_path, "return 2", "evil")):
        with pytest.raises(e.PermissionDeniedError, match="symbolic link"):
            call()
    assert list((tmp_path / "outside").iterdir()) == []
    assert [info.name for info in client.list_functions()] == ["f"]


def test_full_disk_is_told(
    client: LocalServerlessClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store_module, "unpack", full)
    with pytest.raises(e.QuotaExceededError):
        make(client, tmp_path, "return 1")
    assert client.list_functions() == []


# -- logs and asynchronous invocations ----------------------------------------------------------------------
def test_only_the_last_logs_are_kept(
    client: LocalServerlessClient, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs_module, "MAX_KEPT", 3)
    name = make(client, tmp_path, "print('number', event)")
    for number in range(5):
        client.invoke_function(name, number)
    said = [event.message for event in client.iter_logs(name) if event.message.startswith("number")]
    assert said == ["number 2", "number 3", "number 4"]


def test_broken_log_and_token_are_errors(client: LocalServerlessClient, root: Path, tmp_path: Path) -> None:
    name = make(client, tmp_path, "print('x')")
    client.invoke_function(name, {})
    (log,) = (root / "f-f" / "logs").iterdir()
    log.write_text("no json\n")
    with pytest.raises(e.IntegrityError):
        list(client.iter_logs(name))
    with pytest.raises(e.InvalidRequestError):
        logs_module.log_page(client._store, name, None, "odd")


def test_close_waits_for_what_was_accepted(client: LocalServerlessClient, tmp_path: Path) -> None:
    name = make(client, tmp_path, "time.sleep(0.2)\nopen(event, 'w').close()")
    done = tmp_path / "done"
    request_id = client.invoke_async(name, str(done))
    client.close()
    assert done.exists()
    assert any(event.stream == request_id for event in client.iter_logs(name))


def test_what_was_accepted_runs_though_the_function_is_deleted_before_it_begins(
    client: LocalServerlessClient, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = make(client, tmp_path, "open(event, 'w').close()")
    done, deleted, run = tmp_path / "done", threading.Event(), client._execute

    def late(*args: Any) -> object:
        assert deleted.wait(10)
        return run(*args)

    monkeypatch.setattr(client, "_execute", late)
    client.invoke_async(name, str(done))
    client.delete_function(name)
    deleted.set()
    client.close()
    assert done.exists()
    with pytest.raises(e.NotFoundError):
        client.invoke_async(name, str(done))
    assert not client._running


def test_interpreter_waits_for_what_was_accepted(
    client: LocalServerlessClient, root: Path, tmp_path: Path
) -> None:
    make(client, tmp_path, "time.sleep(0.2)\nopen(event, 'w').close()")
    done = tmp_path / "done"
    code = "import sys; from cloud.local import LocalServerlessClient as C; C(sys.argv[1]).invoke_async('f', sys.argv[2])"
    subprocess.run([sys.executable, "-c", code, str(root), str(done)], check=True, timeout=30)
    assert done.exists()


def test_failure_of_an_invocation_that_nobody_waits_for_is_in_the_log(
    client: LocalServerlessClient, tmp_path: Path
) -> None:
    name = make(client, tmp_path, "raise ValueError('unseen')")
    client.invoke_async(name, {})
    client.close()
    assert any("ValueError: unseen" in event.message for event in client.iter_logs(name))


def test_log_of_a_function_that_was_deleted_meanwhile_is_dropped(
    client: LocalServerlessClient, root: Path, tmp_path: Path
) -> None:
    name = make(client, tmp_path, "open(event['mark'], 'w').close()\ntime.sleep(0.3)")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(client.invoke_function, name, {"mark": str(tmp_path / "mark")})
        assert until((tmp_path / "mark").exists)
        client.delete_function(name)
        assert running.result() is None
    assert not (root / "f-f" / "logs").exists()


# -- the client ---------------------------------------------------------------------------------------------
def test_client_is_described_pickled_and_used_after_a_fork(root: Path, tmp_path: Path) -> None:
    client = LocalServerlessClient(root, region="here", site_packages=True)
    make(client, tmp_path, "return 1")
    assert repr(client) == f"LocalServerlessClient({str(root)!r})"
    assert (client.native, client.region, client.capabilities) == (root, "here", frozenset())
    copy = pickle.loads(pickle.dumps(client))  # noqa: S301  # made here
    assert copy.invoke_function("f", {}) == 1
    assert copy.region == "here"
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, str(client.invoke_function("f", {})).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 10) == b"1"
    os.close(reading)
    os.close(writing)


def test_nothing_but_the_standard_library_is_loaded(root: Path, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def handler(e, c): return 1\n")
    code = (
        "import sys; from cloud.local import LocalServerlessClient as C\n"
        "c = C(sys.argv[1]); c.create_function('f', 'python3', 'app.handler', sys.argv[2])\n"
        "assert c.invoke_function('f', {}) == 1\n"
        "print({name.partition('.')[0] for name in sys.modules} & {'requests', 'boto3', 'botocore', 'urllib3', 'httptools'})"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(root), str(tmp_path / "app.py")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == "set()"
