"""Plans a sync of a million keys and prints what that took; started by test_million.py.

Usage: plan_program.py store|folder|same KEYS STATE. The keys are made up page by page: no server, no disk.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from cloud._registry import StorageLocation
from cloud.common._paging import Page
from cloud.common.models import ObjectInfo
from cloud.local import LocalStorageClient
from cloud.transfer import sync

if TYPE_CHECKING:
    from cloud.common._storage_types import ListRequest

STORED = datetime(2026, 1, 1, tzinfo=timezone.utc)


class Simulated(LocalStorageClient):
    """A store that lists so many keys, in order, and holds nothing."""

    keys = 0
    stored = STORED

    def _list_page(self, request: ListRequest) -> Page[ObjectInfo]:
        start = int(request.token or 0)
        end = min(start + request.page_size, self.keys)
        items = tuple(
            ObjectInfo(
                bucket=request.bucket,
                key=f"folder-{number // 5000:05}/a key of the usual length {number:09}",
                size=number,
                etag=f"{number:032x}",
                modified_at=self.stored,
            )
            for number in range(start, end)
        )
        return Page(items, (), str(end) if end < self.keys else None)


def store(keys: int, stored: datetime) -> StorageLocation:
    client = Simulated.in_memory()
    client.keys, client.stored = keys, stored
    client.create_bucket("b")
    return StorageLocation(client, "b", "")


def peak_bytes() -> int:
    """Return the most memory that this program had; on Linux without what its parent had when it started it."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main() -> None:
    kind, keys, state = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    destination: StorageLocation | str = state + "/none"
    if kind != "folder":
        destination = store(keys if kind == "same" else 0, STORED + timedelta(days=1))
    begun = time.monotonic()
    plan = sync(store(keys, STORED), destination, delete=True, state=state, dry_run=True).plan
    seconds = time.monotonic() - begun
    items = sum(1 for _ in plan)
    print(json.dumps({**plan.to_dict(), "items": items, "seconds": seconds, "peak_bytes": peak_bytes()}))  # noqa: T201  # the result


main()
