"""What local functions wrote: one file for each invocation, published when the invocation has ended."""

from __future__ import annotations

import json
import os
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from cloud.common._paging import Page
from cloud.common.errors import IntegrityError, InvalidRequestError
from cloud.common.models import LogEvent
from cloud.local._disk import read_file, remove_file, write_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cloud.local._functions_store import FunctionStore

MAX_KEPT = 200
"""Invocations whose log is kept; older ones go."""
_SUFFIX = ".jsonl"


def write_log(store: FunctionStore, name: str, request_id: str, lines: Sequence[tuple[float, str]]) -> None:
    """Keep what one invocation wrote; nothing when the function was deleted meanwhile.

    Args:
        store: where the function is.
        name: the function.
        request_id: the invocation.
        lines: when each line came, in seconds since the epoch, and its text.
    """
    content = "".join(json.dumps([at, text]) + "\n" for at, text in lines).encode("ascii")
    folder = store.logs(name)
    with store.lock(name):
        if not (folder.parent / "@function.json").exists():
            return
        folder.mkdir(0o700, exist_ok=True)
        names = _names(folder)
        # Later than every other, whatever the clock says: a reader goes on behind the last that it knows.
        newest = int(names[-1].partition("-")[0]) if names else 0
        number = max(time.time_ns() // 1000, newest + 1)
        draft = folder / f".{request_id}"
        write_file(str(draft), content, fsync=False)
        draft.replace(folder / f"{number:020d}-{request_id}{_SUFFIX}")
        for old in names[: max(0, len(names) + 1 - MAX_KEPT)]:
            remove_file(str(folder / old))


def log_page(store: FunctionStore, name: str, since: datetime | None, token: str | None) -> Page[LogEvent]:
    """Return what the next invocation wrote, from `since` on."""
    folder = store.logs(name)
    names = _names(folder)
    if token is not None:
        if not token.endswith(_SUFFIX):
            raise InvalidRequestError(f"{token!r} is no page token of this log")
        names = [each for each in names if each > token]
    elif since is not None:
        earliest = f"{int(since.timestamp() * 1_000_000):020d}"
        names = [each for each in names if each >= earliest]  # published after its last line
    if not names:
        store.read(name)  # a log that is empty, not one of a function that went away
        return Page(())
    events = _events(folder / names[0])
    shown = tuple(event for event in events if since is None or event.at >= since)
    return Page(shown, (), names[0] if len(names) > 1 else None)


def _names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if entry.name.endswith(_SUFFIX))
    except FileNotFoundError:
        return []


def _events(path: Path) -> list[LogEvent]:
    text = read_file(str(path))
    if text is None:
        return []  # too old to be kept, since a moment ago
    request_id = path.name.partition("-")[2].removesuffix(_SUFFIX)
    try:
        lines = [json.loads(line) for line in text.splitlines()]
        return [
            LogEvent(
                id=f"{request_id}/{number}",
                at=datetime.fromtimestamp(at, timezone.utc),
                message=message,
                stream=request_id,
            )
            for number, (at, message) in enumerate(lines)
        ]
    except (ValueError, TypeError) as exc:
        raise IntegrityError(f"{str(path)!r} is no log: {exc}") from exc
