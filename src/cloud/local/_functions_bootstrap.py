"""The program inside a function's process: calls the handler once, as Lambda's Python runtime does.

It runs in the function's own interpreter, without this library: standard library only, no import of `cloud`,
and nothing that Python 3.8 lacks. Its folder holds ``request.json`` and gets ``result.json``.
https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html
"""

from __future__ import annotations

import faulthandler
import importlib
import json
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

_GRACE_SECONDS = 2  # the caller ends a function that is late; when the caller died, it ends itself


class Failure(Exception):  # noqa: N818  # it is a message to the caller, and never raised outside
    """What the runtime itself says of a function, with Lambda's word for it."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class ClientContext:
    """What the caller sent beside the event."""

    def __init__(self, custom: dict[str, str]) -> None:
        self.custom = custom
        self.env: dict[str, str] = {}
        self.client = None


class Context:
    """What Lambda tells a handler: https://docs.aws.amazon.com/lambda/latest/dg/python-context.html."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self._ends_at = facts["ends_at"]
        self.function_name = facts["function_name"]
        self.function_version = "$LATEST"
        self.invoked_function_arn = facts["arn"]
        self.memory_limit_in_mb = str(facts["memory_bytes"] // (1 << 20))
        self.aws_request_id = facts["request_id"]
        self.log_group_name = "/local/functions/" + self.function_name
        self.log_stream_name = self.aws_request_id
        self.identity = None
        custom = facts["custom"]
        self.client_context = None if custom is None else ClientContext(custom)

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until this invocation is ended."""
        return max(0, int((self._ends_at - time.time()) * 1000))

    def log(self, message: object) -> None:
        """Write one entry of the log."""
        sys.stdout.write(str(message) + "\n")


def limit_memory(size: int) -> Callable[[], None]:
    """Let allocations beyond `size` bytes fail, where the system can; return what lifts the limit again."""
    if sys.platform != "linux":
        return lambda: None  # elsewhere the limit on data segments does not count what Python allocates
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (size if hard < 0 else min(size, hard), hard))
    return lambda: resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


def load(handler: str, code: str) -> Any:
    """Return the function that ``module.function`` names; slashes are dots, as on Lambda."""
    module, dot, name = handler.rpartition(".")
    if not dot or not module or not name:
        raise Failure("Runtime.MalformedHandlerName", f"Bad handler '{handler}': write module.function")
    sys.path.insert(0, code)
    try:
        loaded = importlib.import_module(module.replace("/", "."))
    except ImportError as error:
        raise Failure("Runtime.ImportModuleError", f"Unable to import module '{module}': {error}") from error
    except SyntaxError as error:
        raise Failure("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module}': {error}") from error
    try:
        return getattr(loaded, name)
    except AttributeError:
        raise Failure("Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{module}'") from None


def told(error: BaseException, request_id: str) -> dict[str, Any]:
    """Return an exception as Lambda describes it: without the frames of this program."""
    if isinstance(error, SystemExit):
        error = Failure("Runtime.ExitError", f"Runtime exited with status {error.code!r}")
    if isinstance(error, Failure):
        return {
            "errorMessage": str(error),
            "errorType": error.kind,
            "requestId": request_id,
            "stackTrace": [],
        }
    frames = traceback.extract_tb(error.__traceback__)
    own = [
        frame for frame in frames if frame.filename != __file__ and not frame.filename.startswith("<frozen")
    ]
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": request_id,
        "stackTrace": traceback.format_list(own),
    }


class Report:
    """Publishes what the block gave: its `value`, or whatever ended it, which goes no further."""

    def __init__(self, folder: Path, request_id: str, lift: Callable[[], None]) -> None:
        self._folder = folder
        self._request_id = request_id
        self._lift = lift
        self.text = ""

    def __enter__(self) -> Self:
        """Return the report, to be filled in."""
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        """Write ``payload.json``, then ``result.json``, and let nothing through."""
        self._lift()  # a function that used up its memory shall still be able to say so
        if error is not None:
            failure = told(error, self._request_id)
            sys.stderr.write(f"[ERROR] {failure['errorType']}: {failure['errorMessage']}\n")
            sys.stderr.write("".join(failure["stackTrace"]))
            self.text = json.dumps(failure)
        sys.stdout.flush()
        (self._folder / "payload.json").write_text(self.text, "utf-8")
        draft = self._folder / "draft.json"
        draft.write_text(json.dumps({"ok": error is None}), "utf-8")
        draft.replace(self._folder / "result.json")
        return True


def main(folder: Path) -> None:
    """Run the function once."""
    facts = json.loads((folder / "request.json").read_text("utf-8"))
    event = json.loads((folder / "event.json").read_text("utf-8"))
    faulthandler.dump_traceback_later(max(0.1, facts["ends_at"] - time.time()) + _GRACE_SECONDS, exit=True)
    with Report(folder, facts["request_id"], limit_memory(facts["memory_bytes"])) as report:
        value = load(facts["handler"], facts["code"])(event, Context(facts))
        try:
            report.text = json.dumps(value)
        except (TypeError, ValueError) as error:
            raise Failure("Runtime.MarshalError", f"Unable to marshal response: {error}") from error
    faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    # Write each line as it comes, so that the log has its time; a function may end without flushing.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # it is the interpreter's own
    main(Path(sys.argv[1]))
