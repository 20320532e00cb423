"""One case, from its fault to its verdict."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from cloud.testing import FaultProxy
from faults.matrix.cases import (
    BUCKET,
    LARGE_KEY,
    SMALL_KEY,
    TREE,
    TREE_FILES,
    Case,
    Operation,
    Outcome,
    Verdict,
    at_position,
)
from faults.matrix.stores import STORE_OF, STORES, left_over, stored

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cloud.common import BaseStorageClient
    from cloud.testing import Fault
    from faults.matrix.clients import Settings

OLD = b"old"


@dataclass(frozen=True)
class Place:
    """What a case needs beside itself.

    Attributes:
        server: of the client's store.
        direct: a client of it with nothing between.
        folder: empty, for the case alone.
        timeout: seconds of silence that clients are told to take.
    """

    server: Any
    direct: BaseStorageClient
    folder: Path
    timeout: float


def judge(
    case: Case,
    fault: Fault | None,
    place: Place,
    carry: Callable[[Settings, Case, str, FaultProxy], dict[str, Any] | None],
    **proxy_arguments: Any,
) -> Outcome:
    """Let the client of `case` meet `fault`, and say what became of it.

    Args:
        case: which; its client makes its requests by way of a proxy of its own.
        fault: what it meets; None for nothing.
        place: where.
        carry: does the operation by way of the proxy, and returns what `clients.carry_out` does; None when it
            hung and was ended.
        proxy_arguments: further ones of `FaultProxy`.
    """
    store = STORES[STORE_OF[case.client]]
    key = _prepare(case, place.folder)
    with FaultProxy(place.server.endpoint_url, rewrites_host=store.rewrites_host, **proxy_arguments) as proxy:
        if fault is not None:
            proxy.inject(at_position(fault, case.position))
        settings = store.settings(place.server, proxy.url, place.timeout)
        begun = time.monotonic()
        done = carry(settings, case, key, proxy)
        seconds = time.monotonic() - begun
        requests = proxy.requests
        if fault is not None and not any(request.fault is fault.kind for request in requests):
            return Outcome(Verdict.UNMET, seconds=seconds, error=(done or {}).get("error", ""))

        def again() -> dict[str, Any] | None:
            proxy.clear()
            proxy.accept()
            return carry(settings, case, key, proxy)

        note, torn, left = _look(case, place, key, done, again)
    if done is None:
        return Outcome(Verdict.HANG, left=left, seconds=seconds, note=note)
    verdict = Verdict.RIGHT
    if torn:
        verdict = Verdict.TORN
    elif note:
        verdict = Verdict.WRONG
    elif left:
        verdict = Verdict.ORPHAN
    elif done["error"]:
        ours = case.client.startswith("cloud ") and done["family"] != "cloud"
        verdict = Verdict.UNTYPED if ours else Verdict.ERROR
    elif done.get("failures"):
        verdict = Verdict.ERROR
    failed = done["error"] or "; ".join(f"{name}: {error}" for name, error in done.get("failures") or [])
    return Outcome(verdict, failed, not failed, left, seconds, note, len(requests))


def _prepare(case: Case, folder: Path) -> str:
    """Put what the operation needs into the folder, and return the key or prefix that it works on."""
    (folder / "target").mkdir()
    operation = case.operation
    if operation is Operation.FILE:
        (folder / "target" / "file").write_bytes(OLD)
    if operation.writes:
        (folder / "source").write_bytes(operation.data)
        return f"written/{uuid4().hex}"
    if operation is Operation.SYNC_UP:
        for name, data in TREE_FILES.items():
            path = folder / "tree" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return f"synced/{uuid4().hex}/"
    if operation is Operation.SYNC_DOWN:
        return TREE
    return SMALL_KEY if operation is Operation.STREAM else LARGE_KEY


def _look(
    case: Case,
    place: Place,
    key: str,
    done: dict[str, Any] | None,
    again: Callable[[], dict[str, Any] | None],
) -> tuple[str, bool, int]:
    """Return what is wrong (empty for nothing), whether that is a torn file or object, and how much is left.

    Args:
        again: does the operation once more without a fault, for a sync: the next one goes on with what is left.
    """
    succeeded = done is not None and not done["error"]
    if case.operation.syncs:
        return _look_at_tree(case, place, key, done, again)
    if case.operation.writes:
        return *_look_at_object(case, place, key, succeeded=succeeded), left_over(place.direct, key)
    if case.operation is Operation.FILE:
        return _look_at_file(case, place.folder / "target", succeeded=succeeded)
    got = place.folder / "got"
    if succeeded and got.read_bytes() != case.operation.data:
        return f"{got.stat().st_size} of {len(case.operation.data)} bytes, or others", False, 0
    return "", False, 0


def _look_at_object(case: Case, place: Place, key: str, *, succeeded: bool) -> tuple[str, bool]:
    found = stored(place.direct, key)
    if found == case.operation.data or (found is None and not succeeded):
        return "", False
    text = "nothing is stored" if found is None else f"{len(found)} bytes are stored"
    return text, found is not None and not succeeded


def _look_at_file(case: Case, folder: Path, *, succeeded: bool) -> tuple[str, bool, int]:
    target = folder / "file"
    left = sum(path != target for path in folder.iterdir())
    found = target.read_bytes() if target.exists() else None
    if found == case.operation.data or (found == OLD and not succeeded):
        return "", False, left
    text = "no file" if found is None else f"a file of {len(found)} bytes"
    return text, not succeeded, left


def _tree(case: Case, place: Place, key: str) -> dict[str, bytes]:
    if case.operation is Operation.SYNC_DOWN:
        target = place.folder / "target"
        return {
            path.relative_to(target).as_posix(): path.read_bytes()
            for path in target.rglob("*")
            if path.is_file()
        }
    keys = [info.key for info in place.direct.list_objects(BUCKET, key)]
    return {name.removeprefix(key): place.direct.download_file(BUCKET, name) for name in keys}


def _look_at_tree(
    case: Case,
    place: Place,
    key: str,
    done: dict[str, Any] | None,
    again: Callable[[], dict[str, Any] | None],
) -> tuple[str, bool, int]:
    found = _tree(case, place, key)
    if torn := [n for n, data in found.items() if not _is_staged(n) and TREE_FILES.get(n) != data]:
        failed = done is None or bool(done["error"] or done["failures"])
        return f"torn or strange: {torn}", failed, 0
    if done is not None and not done["error"]:
        failures = done["failures"]
        missing = [name for name in TREE_FILES if name not in found]
        if unnamed := [n for n in missing if not any(target.endswith(n) for target, _ in failures)]:
            return f"missing, and not in the report: {unnamed}", False, 0
        if untyped := [target for target, error in failures if not error]:
            return f"without a typed error: {untyped}", False, 0
    second = again()
    if second is None or second["error"] or second["failures"]:
        return f"the second run failed: {second}", False, 0
    found = _tree(case, place, key)
    staged = [name for name in found if _is_staged(name)]
    left = len(staged) if case.operation is Operation.SYNC_DOWN else left_over(place.direct, key)
    whole = {name: data for name, data in found.items() if name not in staged} == TREE_FILES
    return "" if whole else "the second run did not make it right", False, left


def _is_staged(name: str) -> bool:
    return name.endswith(".part")
