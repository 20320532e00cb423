"""Starting, watching and ending the server processes.

A server lives in a `Workspace`: one temporary folder and the process groups that work in it. Closing the
workspace ends the groups and removes the folder. Three nets make sure that this happens: the context
manager's `finally`, `atexit`, and `_reaper.py`, a tiny process that sees its pipe close when this
interpreter dies in a way that runs neither of them (SIGTERM, SIGKILL, a crash).
"""

from __future__ import annotations

import atexit
import http.client
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

T = TypeVar("T")

LOOPBACK = "127.0.0.1"
START_TIMEOUT_SECONDS = 90.0
_POLL_SECONDS = 0.05
_ATTEMPTS = 5
_LOG_TAIL_BYTES = 4000
_REAPER = Path(__file__).with_name("_reaper.py")
# Below every system's range of ephemeral ports (Linux 32768, macOS and Windows 49152), so that no
# outgoing connection of a busy test run sits on a port between our choice and the server's bind.
_PORTS = range(12_000, 32_000)
# How the servers say that a port of theirs is taken: Go, Python and Ceph; SeaweedFS's own check.
_CLASH_WORDS = ("address already in use", "is not available on")
# Not `random`: pytest-randomly seeds it alike in every test process, which would then choose alike.
_RANDOM = secrets.SystemRandom()


class ServerError(RuntimeError):
    """A server is not installed, did not start, or died; the text says which and shows its log."""


class PortTakenError(ServerError):
    """Another process was faster to take one of the chosen ports; a fresh choice will do."""


def free_ports(count: int) -> list[int]:
    """Return `count` different loopback TCP ports that nothing listens on now."""
    chosen: list[int] = []
    for port in _RANDOM.sample(_PORTS, len(_PORTS)):
        with socket.socket() as probe, suppress(OSError):
            probe.bind((LOOPBACK, port))
            chosen.append(port)
        if len(chosen) == count:
            return chosen
    raise ServerError(f"no {count} free ports between {_PORTS.start} and {_PORTS.stop}")


def http_status(url: str) -> int | None:
    """Return the status that a GET of `url` answers; None while nothing answers HTTP there."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or LOOPBACK, parts.port, timeout=5)
    try:
        connection.request("GET", parts.path or "/")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def run_tool(command: Sequence[str | Path], cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """Run a helper program to its end in `cwd` and return what it printed.

    Raises:
        ServerError: it failed; the text holds its command and output.
    """
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=START_TIMEOUT_SECONDS,
        check=False,
    )
    if done.returncode:
        raise ServerError(f"{Path(command[0]).name} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


class Workspace:
    """A temporary folder and the processes that work in it; `close` ends and removes all of it.

    Args:
        name: the server's name, seen in the folder's name.
        parent: where to make the folder; the system's temporary folder by default.
    """

    def __init__(self, name: str, parent: Path | None = None) -> None:
        self.name = name
        self.path = Path(tempfile.mkdtemp(prefix=f"cloud-{name}-", dir=parent))
        self._owner = os.getpid()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._strays: list[Path] = []
        self._reaper = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_REAPER), str(self.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        atexit.register(self.close)

    def launch(self, name: str, command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> None:
        """Start a process in a session of its own, with its output in ``<name>.log``.

        Args:
            name: unique in this workspace.
            command: program and arguments.
            env: variables to add to this interpreter's environment.
        """
        with self.log_path(name).open("wb") as log:
            process = subprocess.Popen(
                [str(word) for word in command],
                cwd=self.path,
                env={**os.environ, "TMPDIR": str(self.path), **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._processes[name] = process
        self._tell_reaper(f"group {process.pid}")

    def log_path(self, name: str) -> Path:
        """Return where the output of the process `name` is written."""
        return self.path / f"{name}.log"

    def also_remove(self, path: Path) -> None:
        """Let `close` remove `path` too, which a server makes outside of the folder."""
        self._strays.append(path)
        self._tell_reaper(f"path {path}")

    def wait_until(self, ready: Callable[[], bool], what: str) -> None:
        """Return when `ready()` is true.

        Args:
            ready: asked about twenty times a second.
            what: the awaited state, for the error.

        Raises:
            PortTakenError: a process died because one of its ports was taken.
            ServerError: a process died, or the time is up; with the tail of the logs.
        """
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not ready():
            dead = [name for name, process in self._processes.items() if process.poll() is not None]
            if dead or time.monotonic() > deadline:
                raise self._failure(dead, what)
            time.sleep(_POLL_SECONDS)

    def wait_for_http(self, url: str) -> None:
        """Return when a GET of `url` is answered with a 2xx status."""
        self.wait_until(lambda: (http_status(url) or 0) // 100 == 2, f"an answer from {url}")

    def close(self) -> None:
        """End every process and remove the folder. Calling it again does nothing."""
        if os.getpid() != self._owner:
            return  # a forked child runs the same atexit hooks; the servers are its parent's
        atexit.unregister(self.close)
        # Nothing of theirs is kept, so there is nothing that a gentler signal would let them finish.
        for process in self._processes.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        for process in self._processes.values():
            process.wait()
        self._processes.clear()
        if self.path.exists():
            shutil.rmtree(self.path)
        for stray in self._strays:
            stray.unlink(missing_ok=True)
        if self._reaper.poll() is None:
            self._tell_reaper("end")
        if self._reaper.stdin is not None:
            self._reaper.stdin.close()
        self._reaper.wait()

    def _tell_reaper(self, line: str) -> None:
        pipe = self._reaper.stdin
        if pipe is None or pipe.closed:
            raise ServerError(f"the workspace of {self.name} is closed")
        pipe.write(f"{line}\n".encode())
        pipe.flush()

    def _failure(self, dead: list[str], what: str) -> ServerError:
        logs = "".join(f"\n--- {name}.log\n{self._tail(name)}" for name in dead or self._processes)
        if not dead:
            return ServerError(f"{self.name}: no {what} after {START_TIMEOUT_SECONDS:.0f} s{logs}")
        kind = PortTakenError if any(word in logs.lower() for word in _CLASH_WORDS) else ServerError
        codes = ", ".join(f"{name} ended with {self._processes[name].returncode}" for name in dead)
        return kind(f"{self.name}: {codes} while waiting for {what}{logs}")

    def _tail(self, name: str) -> str:
        return self.log_path(name).read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace")


def _start(name: str, start: Callable[[Workspace], T], parent: Path | None) -> tuple[Workspace, T]:
    for attempt in range(1, _ATTEMPTS + 1):
        workspace = Workspace(name, parent)
        try:
            return workspace, start(workspace)
        except PortTakenError:
            workspace.close()
            if attempt == _ATTEMPTS:
                raise
        except BaseException:  # Ctrl-C while it starts must not leave it behind either
            workspace.close()
            raise
    raise AssertionError("unreachable: the last attempt returns or raises")


@contextmanager
def running(name: str, start: Callable[[Workspace], T], parent: Path | None = None) -> Iterator[T]:
    """Yield what `start` returns and end all it launched afterwards.

    Args:
        name: the server's name, for its folder and for errors.
        start: launches into the workspace it is given and returns when the server answers. It is called
            again, with a new workspace, when it raises `PortTakenError`.
        parent: see `Workspace`.
    """
    workspace, server = _start(name, start, parent)
    try:
        yield server
    finally:
        workspace.close()
