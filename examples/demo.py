"""Do the same work on the embedded local store and on a real S3 server, and show both side by side.

``make demo`` runs it. It uploads this project's own documentation and source, lists them page by page,
reads ranges, stats, copies, deletes, compares every byte, and leaves nothing behind.
"""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cloud.aws import S3Client
from cloud.common import CloudCredentials, CloudProvider, NotFoundError
from cloud.local import LocalStorageClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cloud.common import BaseStorageClient

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from servers import seaweedfs  # noqa: E402  # the path to it is set just above

BUCKET = "cloud-demo"
PAGE_SIZE = 50


@dataclass
class Run:
    """What one store did: (step, result, seconds) in order."""

    store: str
    steps: list[tuple[str, str, float]] = field(default_factory=list)


def files() -> list[tuple[str, Path]]:
    """Return key and path of every file that is uploaded."""
    paths = [path for folder in ("docs", "src") for path in (ROOT / folder).rglob("*") if path.is_file()]
    return [
        (path.relative_to(ROOT).as_posix(), path) for path in sorted(paths) if "__pycache__" not in path.parts
    ]


class Job:
    """The whole job on one store; every step returns what it did in a few words."""

    def __init__(self, client: BaseStorageClient) -> None:
        self.client = client
        self.sources = files()
        self.keys = sorted((key for key, _ in self.sources), key=str.encode)

    def upload(self) -> str:
        """Store every file."""
        self.client.create_bucket(BUCKET)
        for key, path in self.sources:
            self.client.upload_file(BUCKET, key, path)
        return f"{len(self.sources)} files, {sum(path.stat().st_size for _, path in self.sources):,} bytes"

    def listing(self) -> str:
        """List what was stored, page by page and by folder."""
        pages = list(self.client.list_objects(BUCKET, page_size=PAGE_SIZE).pages())
        listed = [info.key for page in pages for info in page.items]
        check(listed == self.keys, "the listing is not what was uploaded")
        folders = next(self.client.list_objects(BUCKET, delimiter="/").pages()).prefixes
        return f"{len(listed)} keys on {len(pages)} pages, folders {', '.join(folders)}"

    def ranges(self) -> str:
        """Read parts of every object."""
        total = 0
        for key, path in self.sources:
            body = path.read_bytes()
            if len(body) > 100:
                middle = len(body) // 2
                head, tail = self.client.read_ranges(BUCKET, key, [(0, 10), (middle, middle + 10)])
                check(head == body[:10] and tail == body[middle : middle + 10], f"a range of {key} differs")
                check(self.client.read_range(BUCKET, key, -10) == body[-10:], f"the end of {key} differs")
                total += 3
        return f"{total} ranges equal"

    def stat(self) -> str:
        """Ask for every object without its bytes."""
        size = sum(self.client.get_object_metadata(BUCKET, key).size for key in self.keys)
        kinds = {self.client.get_object_metadata(BUCKET, key).content_type for key in self.keys[:20]}
        return f"{size:,} bytes, {', '.join(sorted(filter(None, kinds)))}"

    def compare(self) -> str:
        """Download every object to memory and to a file."""
        with tempfile.TemporaryDirectory() as folder:
            for key, path in self.sources:
                body = path.read_bytes()
                check(self.client.download_file(BUCKET, key) == body, f"{key} differs")
                result = self.client.download_to(BUCKET, key, Path(folder) / "copy")
                check(result.path.read_bytes() == body, f"the file of {key} differs")
        return f"{len(self.sources)} objects byte-equal, twice"

    def copy(self) -> str:
        """Copy some objects inside the store."""
        for key in self.keys[:20]:
            self.client.copy_file(BUCKET, key, BUCKET, f"copies/{key}")
            check(
                self.client.download_file(BUCKET, f"copies/{key}") == self.client.download_file(BUCKET, key),
                f"the copy of {key} differs",
            )
        return f"{min(20, len(self.keys))} copies byte-equal"

    def delete(self) -> str:
        """Delete everything, and see that it is gone."""
        doomed = [info.key for info in self.client.list_objects(BUCKET)]
        results = list(self.client.delete_files(BUCKET, doomed))
        check(all(result.ok for result in results), "a delete failed")
        check(self.client.list_objects(BUCKET).first() is None, "something is left")
        check(self.client.delete_bucket(BUCKET), "the bucket was gone already")
        try:
            self.client.download_file(BUCKET, self.keys[0])
        except NotFoundError as error:
            return f"{len(results)} objects; then {type(error).__name__}"
        raise SystemExit("a deleted object was still there")


STEPS: tuple[tuple[str, Callable[[Job], str]], ...] = (
    ("upload a folder", Job.upload),
    ("list page by page", Job.listing),
    ("read ranges", Job.ranges),
    ("stat", Job.stat),
    ("download and compare", Job.compare),
    ("copy", Job.copy),
    ("delete", Job.delete),
)


def check(condition: bool, problem: str) -> None:
    """End the demo when a promise does not hold."""
    if not condition:
        raise SystemExit(f"demo: {problem}")


@contextmanager
def stores() -> Iterator[list[tuple[str, BaseStorageClient]]]:
    """Give every store that runs here; all are gone afterwards."""
    with tempfile.TemporaryDirectory() as folder, seaweedfs.run() as server:
        credentials = CloudCredentials(
            CloudProvider.AWS,
            access_key=server.admin.access_key,
            secret_key=server.admin.secret_key,
            region="us-east-1",
        )
        local = LocalStorageClient(folder)
        s3 = S3Client(credentials, endpoint_url=server.endpoint_url, service="seaweedfs")
        with local, s3:
            yield [("local folder", local), ("S3 (SeaweedFS)", s3)]


def table(runs: list[Run]) -> str:
    """Return the runs as one table, a row per step."""
    rows = [["step", *(run.store for run in runs), *(f"{run.store}, s" for run in runs)]]
    for number, (name, _, _) in enumerate(runs[0].steps):
        results = [run.steps[number][1] for run in runs]
        same = results[0] if len(set(results)) == 1 else None
        shown = [results[0], *("the same" if same else result for result in results[1:])]
        rows.append([name, *shown, *(f"{run.steps[number][2]:.2f}" for run in runs)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def main() -> None:
    """Run the demo on every store and print what happened."""
    runs = []
    with stores() as available:
        for name, client in available:
            run, job = Run(name), Job(client)
            for step, action in STEPS:
                started = time.perf_counter()
                run.steps.append((step, action(job), time.perf_counter() - started))
            runs.append(run)
    print(table(runs))
    print("\nBoth did the same work, byte for byte; nothing was left behind.")


if __name__ == "__main__":
    main()
