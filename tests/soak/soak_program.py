"""Many threads, mixed operations, faults: what was written is read back, and nothing is left at the end.

Usage: soak_program.py SECONDS THREADS S3_URL AZURE_URL, with the keys in the environment. The last line is JSON.

Each thread has names of its own at both stores and remembers what may be there: after a write that failed, the old
body or the new one; after a lost answer likewise. Any other answer is wrong.
"""

from __future__ import annotations

import gc
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from cloud.aws import S3Client
from cloud.azure import AzureBlobClient
from cloud.common import (
    CloudCredentials,
    CloudError,
    CloudProvider,
    NotFoundError,
    OutcomeUnknownError,
    RetryPolicy,
    TransferConfig,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cloud.common import BaseStorageClient

KIB, MIB = 1 << 10, 1 << 20
BUCKET = "soak"
# Both below the proxy's silences; a short soak has no time for long ones.
PATIENCE_SECONDS, SHORT_PATIENCE_SECONDS, SHORT_SECONDS = 8.0, 1.5, 60.0
NAMES = 6
SMALL_BYTES = 64 * KIB
LARGE_BYTES = 6 * MIB
PARTS = TransferConfig(part_size=5 * MIB, threshold=5 * MIB, max_workers=2)
LARGE_SHARE = 0.02

Body = bytes | None


def digest(body: Body) -> str:
    """Return what is remembered of a body; bodies themselves would be the memory that is measured."""
    return "absent" if body is None else sha256(body).hexdigest()


@dataclass
class Tally:
    """What happened, over all threads.

    Attributes:
        calls: by operation.
        errors: by operation and class, of calls that ended by one.
        wrong: what was wrong, in words.
    """

    calls: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Worker:
    """One thread's objects at one store, and what may be in them."""

    def __init__(self, client: BaseStorageClient, prefix: str, seed: int, folder: Path, tally: Tally) -> None:
        self.client = client
        self.prefix = prefix
        self.file = folder / prefix.replace("/", "-")
        self.tally = tally
        self.chance = random.Random(seed)  # noqa: S311  # no secret
        self.may_be: dict[str, set[str]] = {f"{prefix}/{number}": {"absent"} for number in range(NAMES)}
        self.operations: Sequence[Callable[[str], None]] = (
            self.put,
            self.put,
            self.put_path,
            self.put_stream,
            self.put_once,
            self.get,
            self.get,
            self.get,
            self.get_to_file,
            self.get_range,
            self.get_pieces,
            self.look,
            self.list_all,
            self.copy,
            self.delete,
            self.delete_two,
        )

    def step(self) -> None:
        """Do one operation and compare."""
        operation = self.chance.choice(self.operations)
        name = self.chance.choice(tuple(self.may_be))
        with self.tally.lock:
            self.tally.calls[operation.__name__] += 1
        try:
            operation(name)
        except CloudError as error:
            with self.tally.lock:
                self.tally.errors[f"{operation.__name__} {type(error).__name__}"] += 1

    # -- writes ------------------------------------------------------------------------------------------------
    def body(self) -> bytes:
        """Return new bytes, now and then of more than one part."""
        large = self.chance.random() < LARGE_SHARE
        size = LARGE_BYTES + self.chance.randrange(KIB) if large else self.chance.randrange(SMALL_BYTES)
        return self.chance.randbytes(min(size, SMALL_BYTES)).ljust(size, b"%d" % (size % 10))

    def wrote(self, name: str, body: Body, write: Callable[[], object]) -> None:
        """Run `write`, and remember what may be there during and after it."""
        self.may_be[name].add(digest(body))
        write()
        self.may_be[name] = {digest(body)}

    def put(self, name: str) -> None:
        """Write bytes."""
        body = self.body()
        self.wrote(name, body, lambda: self.client.upload_file(BUCKET, name, body))

    def put_path(self, name: str) -> None:
        """Write a file."""
        body = self.body()
        self.file.write_bytes(body)
        self.wrote(name, body, lambda: self.client.upload_file(BUCKET, name, self.file))

    def put_stream(self, name: str) -> None:
        """Write what has no known size."""
        body = self.body()
        stream = BytesIO(body)
        pieces = iter(lambda: stream.read(10_000), b"")
        self.wrote(name, body, lambda: self.client.upload_file(BUCKET, name, pieces))

    def put_once(self, name: str) -> None:
        """Create an object, which must not replace one."""
        body = self.body()[:SMALL_BYTES]
        known = self.may_be[name]
        if known != {"absent"}:
            self.delete(name)
            known = self.may_be[name]
        known.add(digest(body))
        try:
            self.client.upload_file(BUCKET, name, body, if_absent=True)
        except OutcomeUnknownError:
            return
        except FileExistsError:
            known.discard("absent")
            raise
        self.may_be[name] = {digest(body)}

    def copy(self, name: str) -> None:
        """Copy to another name of this thread."""
        target = self.chance.choice(tuple(self.may_be))
        if target == name:
            return
        source = set(self.may_be[name])
        self.may_be[target] |= source - {"absent"}
        try:
            self.client.copy_file(BUCKET, name, BUCKET, target)
        except NotFoundError:
            self.expect(name, "absent", "copy said that there is nothing")
            return
        self.may_be[target] = source - {"absent"}

    def delete(self, name: str) -> None:
        """Delete one."""
        self.wrote(name, None, lambda: self.client.delete_file(BUCKET, name))

    def delete_two(self, name: str) -> None:
        """Delete by a batch."""
        names = {name, self.chance.choice(tuple(self.may_be))}
        for one in names:
            self.may_be[one].add("absent")
        for result in self.client.delete_files(BUCKET, sorted(names)):
            if result.error is None:
                self.may_be[result.key] = {"absent"}

    # -- reads -------------------------------------------------------------------------------------------------
    def expect(self, name: str, found: str, what: str) -> None:
        """Compare, and remember what is there now."""
        if found not in self.may_be[name]:
            with self.tally.lock:
                self.tally.wrong.append(f"{what}: {name} is {found}, may be {sorted(self.may_be[name])}")
        self.may_be[name] = {found}

    def got(self, name: str, what: str, read: Callable[[], bytes]) -> None:
        """Compare what `read` gives."""
        try:
            found = digest(read())
        except NotFoundError:
            found = "absent"
        self.expect(name, found, what)

    def get(self, name: str) -> None:
        """Read into memory."""
        self.got(name, "get", lambda: self.client.download_file(BUCKET, name))

    def get_to_file(self, name: str) -> None:
        """Read into a file."""

        def read() -> bytes:
            self.client.download_to(BUCKET, name, self.file)
            return self.file.read_bytes()

        self.got(name, "get_to_file", read)

    def get_pieces(self, name: str) -> None:
        """Read as a stream."""
        self.got(name, "get_pieces", lambda: b"".join(self.client.iter_file(BUCKET, name)))

    def get_range(self, name: str) -> None:
        """Read two halves, the second one pinned to the first."""

        def read() -> bytes:
            info = self.client.get_object_metadata(BUCKET, name)
            if not info.size:
                return b""
            middle = info.size // 2
            first = self.client.read_range(BUCKET, name, 0, middle) if middle else b""
            return first + self.client.read_range(BUCKET, name, middle, info.size)

        self.got(name, "get_range", read)

    def look(self, name: str) -> None:
        """Ask whether it is there."""
        there = self.client.object_exists(BUCKET, name)
        if (there and self.may_be[name] == {"absent"}) or (not there and "absent" not in self.may_be[name]):
            with self.tally.lock:
                self.tally.wrong.append(f"look: {name} is there: {there}, {sorted(self.may_be[name])}")

    def list_all(self, _name: str) -> None:
        """List this thread's objects."""
        listed = {info.key for info in self.client.list_objects(BUCKET, f"{self.prefix}/", page_size=3)}
        must = {name for name, may in self.may_be.items() if "absent" not in may}
        may = {name for name, may in self.may_be.items() if may != {"absent"}}
        if not must <= listed <= may:
            with self.tally.lock:
                self.tally.wrong.append(f"list: {sorted(listed)}, must {sorted(must)}, may {sorted(may)}")


def clients(patience: float, s3_url: str, azure_url: str) -> dict[str, BaseStorageClient]:
    """Return the two clients, one for all threads each."""
    env = os.environ
    # Small waits: the faults are independent of each other, and the time is for more operations.
    retry = RetryPolicy(max_attempts=6, base_seconds=0.05, max_seconds=1.0)
    timeout = (patience, patience)
    s3 = S3Client(
        CloudCredentials(
            CloudProvider.AWS,
            access_key=env["SOAK_S3_KEY"],
            secret_key=env["SOAK_S3_SECRET"],
            region=env["SOAK_S3_REGION"],
        ),
        endpoint_url=s3_url,
        service="seaweedfs",
        timeout=timeout,
        retry=retry,
        transfer=PARTS,
    )
    account = env["SOAK_AZURE_ACCOUNT"]
    azure = AzureBlobClient(
        CloudCredentials(CloudProvider.AZURE, account_name=account, account_key=env["SOAK_AZURE_KEY"]),
        account_url=f"{azure_url}/{account}",
        timeout=timeout,
        retry=retry,
        transfer=PARTS,
    )
    return {"s3": s3, "azure": azure}


def measure() -> dict[str, int]:
    """Return memory, descriptors and threads of this process, as the system counts them."""
    gc.collect()
    status = Path("/proc/self/status").read_text()
    kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    return {
        "rss_bytes": int(kib) * KIB,
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "threads": threading.active_count(),
    }


def run(stores: dict[str, BaseStorageClient], seconds: float, threads: int, folder: Path, tag: str) -> Tally:
    """Return what happened in `seconds` of mixed operations; connections are closed afterwards."""
    tally = Tally()
    end = time.monotonic() + seconds

    def work(number: int) -> None:
        workers = [
            Worker(client, f"{tag}{number}", 1000 * number + index, folder / name, tally)
            for index, (name, client) in enumerate(stores.items())
        ]
        chance = random.Random(number)  # noqa: S311  # no secret
        while time.monotonic() < end:
            chance.choice(workers).step()

    for name in stores:
        (folder / name).mkdir(exist_ok=True)
    with ThreadPoolExecutor(threads) as pool:
        for future in [pool.submit(work, number) for number in range(threads)]:
            future.result()
    for client in stores.values():
        client.close()
    return tally


def main() -> None:
    """Warm up, measure, soak, measure."""
    seconds, threads = float(sys.argv[1]), int(sys.argv[2])
    stores = clients(SHORT_PATIENCE_SECONDS if seconds < SHORT_SECONDS else PATIENCE_SECONDS, *sys.argv[3:])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for client in stores.values():
            client.create_bucket(BUCKET)
        run(stores, max(2.0, seconds / 20), threads, folder, "warm")  # code, arenas, engines of checksums
        before = measure()
        begun = time.monotonic()
        tally = run(stores, seconds, threads, folder, "t")
        took = time.monotonic() - begun
        after = measure()
    print(  # noqa: T201  # what the parent waits for
        json.dumps(
            {
                "seconds": round(took, 1),
                "calls": tally.calls.total(),
                "by_operation": dict(tally.calls),
                "errors": dict(tally.errors),
                "wrong": tally.wrong,
                "before": before,
                "after": after,
            }
        )
    )


if __name__ == "__main__":
    main()
