"""One invocation: a process of its own, with nothing of this one's environment, ended with all its children."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import IO, TYPE_CHECKING

from cloud.common._serverless_types import InvokeAnswer
from cloud.common.errors import ConfigurationError
from cloud.local._disk import remove_tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self

    from cloud.common._serverless_types import InvokeRequest
    from cloud.local._functions_store import StoredFunction

MAX_RESULT_BYTES = 6 << 20
"""As Lambda: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html."""
MAX_LOG_BYTES = 1 << 20
"""What one invocation's log keeps; the rest is read and dropped."""
_TAIL_BYTES = 4 << 10  # as much as Lambda returns with an answer
_LONGEST_LINE = 64 << 10
_LOOK_SECONDS = (0.001, 0.02)
_DRAIN_SECONDS = 1.0
_BOOTSTRAP = Path(__file__).with_name("_functions_bootstrap.py")
_WINDOWS_VARIABLES = ("SYSTEMROOT", "SYSTEMDRIVE")  # without them sockets and random numbers fail there


@dataclass(frozen=True)
class Ran:
    """What an invocation gave: the answer, and what it wrote with the time of each line."""

    answer: InvokeAnswer
    lines: list[tuple[float, str]]


class Output:
    """What a process writes, read as it comes and kept up to `MAX_LOG_BYTES`.

    Its thread is there before the process is: Python 3.12 starts none any more when the interpreter is about to
    end, and one that ends waits for what was accepted.
    """

    def __init__(self) -> None:
        self.lines: list[tuple[float, str]] = []
        self._pipes: SimpleQueue[IO[bytes] | None] = SimpleQueue()
        self._pipe: IO[bytes] | None = None
        self._kept = 0
        self._dropped = 0
        self._thread = threading.Thread(target=self._drain, name="cloud-function-output", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        """Return the output, of which nothing is there yet."""
        return self

    def __exit__(self, *exception: object) -> None:
        """End the thread also when no process was started."""
        self._pipes.put(None)

    def read(self, pipe: IO[bytes]) -> None:
        """Begin to read what comes from `pipe`."""
        self._pipe = pipe
        self._pipes.put(pipe)

    def _drain(self) -> None:
        pipe = self._pipes.get()
        if pipe is None:
            return
        with suppress(ValueError, OSError):  # closed by `end`: a process that left its group still writes
            while line := pipe.readline(_LONGEST_LINE):
                self._keep(line)

    def _keep(self, line: bytes) -> None:
        if self._kept + len(line) > MAX_LOG_BYTES:
            self._dropped += len(line)
            return
        self._kept += len(line)
        self.lines.append((time.time(), line.decode("utf-8", "replace").rstrip("\r\n")))

    def end(self) -> None:
        """Return when everything that was written is here."""
        self._thread.join(_DRAIN_SECONDS)
        if self._pipe is not None and not self._thread.is_alive():
            self._pipe.close()
        if self._dropped:
            self.lines.append((time.time(), f"[{self._dropped} bytes of output were dropped]"))


def run_function(
    function: StoredFunction,
    code: Path,
    request: InvokeRequest,
    runs: Path,
    command: list[str],
    request_id: str,
    output: Output,
) -> Ran:
    """Return what the function gave for one event.

    Args:
        function: its settings.
        code: the folder of its code.
        request: the event.
        runs: where to make the folder of this invocation, which is gone afterwards.
        command: the interpreter and its options.
        request_id: the id of this invocation.
        output: takes what the process writes.
    """
    folder = runs / request_id
    folder.mkdir(0o700)
    try:
        started = time.time()
        _write_request(folder, function, code, request, request_id, started + function.timeout_seconds)
        status = _run(command, folder, code, function, request_id, output)
        seconds = time.time() - started
        payload, failed = _result(folder, function, request_id, status)
    finally:
        remove_tree(str(folder))
    ended, memory = time.time(), function.memory_bytes >> 20
    report = f"REPORT RequestId: {request_id}\tDuration: {seconds * 1000:.2f} ms\tMemory Size: {memory} MB"
    lines = [
        (started, f"START RequestId: {request_id} Version: $LATEST"),
        *output.lines,
        (ended, f"END RequestId: {request_id}"),
        (ended, report),
    ]
    tail = "".join(f"{text}\n" for _, text in lines).encode()[-_TAIL_BYTES:].decode("utf-8", "ignore")
    answer = InvokeAnswer(payload=payload, failed=failed, version="$LATEST", request_id=request_id, logs=tail)
    return Ran(answer, lines)


def _write_request(
    folder: Path,
    function: StoredFunction,
    code: Path,
    request: InvokeRequest,
    request_id: str,
    ends_at: float,
) -> None:
    # The event goes by a file, not by the command line, which everybody on the machine can read.
    (folder / "event.json").write_bytes(request.event)
    key = request.idempotency_key
    facts = {
        "function_name": function.name,
        "handler": function.handler,
        "code": str(code),
        "memory_bytes": function.memory_bytes,
        "request_id": request_id,
        "arn": f"arn:cloud:local:::function:{function.name}",
        "ends_at": ends_at,
        "custom": None if key is None else {"idempotency_key": key},
    }
    (folder / "request.json").write_text(json.dumps(facts), encoding="ascii")
    (folder / "tmp").mkdir(0o700)


def _environment(function: StoredFunction, folder: Path, code: Path, request_id: str) -> Mapping[str, str]:
    """Return all that the process gets: names as on Lambda, and nothing of this process's own."""
    temporary = str(folder / "tmp")
    return {
        **{name: os.environ[name] for name in _WINDOWS_VARIABLES if name in os.environ},
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "TZ": ":UTC",
        "HOME": temporary,
        "TMPDIR": temporary,
        "TEMP": temporary,
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_bytes >> 20),
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/local/functions/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": request_id,
        "LAMBDA_TASK_ROOT": str(code),
        "_HANDLER": function.handler,
        **function.environment,
    }


def _run(
    command: list[str], folder: Path, code: Path, function: StoredFunction, request_id: str, output: Output
) -> int | None:
    """Run the process and read what it writes; return its exit status, None when its time was up."""
    try:
        process = subprocess.Popen(  # noqa: S603  # an interpreter of the caller's choice; nothing of the event in it
            [*command, str(_BOOTSTRAP), str(folder)],
            cwd=code,
            env=_environment(function, folder, code, request_id),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as exc:
        raise ConfigurationError(
            f"the interpreter {command[0]!r} cannot be started: {exc.strerror}", native=exc
        ) from exc
    if process.stdout is None:  # pragma: no cover  # a pipe was asked for
        raise AssertionError
    output.read(process.stdout)
    try:
        ended = _wait(process, function.timeout_seconds)
    finally:  # also on Ctrl-C, and for what a function left running
        _end_group(process)
        output.end()
    return process.returncode if ended else None


def _wait(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Return whether the process ended in time. It is not reaped, so that its group's id stays its own."""
    deadline, delay = time.monotonic() + seconds, _LOOK_SECONDS[0]
    while not _has_ended(process):
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(delay, left))
        delay = min(delay * 1.5, _LOOK_SECONDS[1])
    return True


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    if sys.platform == "win32" or not hasattr(os, "waitid"):
        return process.poll() is not None
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End the process and all its children that did not leave its group, and reap it."""
    if sys.platform == "win32":
        taskkill = Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32" / "taskkill.exe"
        subprocess.run(  # noqa: S603  # the system's own program
            [str(taskkill), "/F", "/T", "/PID", str(process.pid)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    else:
        with suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _result(
    folder: Path, function: StoredFunction, request_id: str, status: int | None
) -> tuple[bytes, bool]:
    """Return the payload, and whether it is an error."""
    if status is None:
        text = f"RequestId: {request_id} Error: Task timed out after {function.timeout_seconds:.2f} seconds"
        return _failure("Sandbox.Timedout", text), True
    done = folder / "result.json"
    if not done.exists():
        how = f"exit status {status}" if status >= 0 else f"signal {-status}"
        return _failure("Runtime.ExitError", f"RequestId: {request_id} Error: Runtime ended with {how}"), True
    payload = folder / "payload.json"
    size = payload.stat().st_size
    if size > MAX_RESULT_BYTES:
        text = f"Response payload size ({size} bytes) exceeded maximum allowed ({MAX_RESULT_BYTES} bytes)."
        return _failure("Function.ResponseSizeTooLarge", text), True
    return payload.read_bytes(), not json.loads(done.read_bytes())["ok"]


def _failure(kind: str, message: str) -> bytes:
    return json.dumps({"errorMessage": message, "errorType": kind}).encode("ascii")
