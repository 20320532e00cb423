"""Take the same tour of every store that runs on this machine, through the one contract, and compare.

``make demo`` runs it: a local folder, and real servers for S3, Google Cloud Storage, Azure Blob Storage and
OpenStack Swift, started on free ports and gone afterwards. On each, it uploads this project's own source and
documentation and one large file, lists them, reads ranges, downloads and compares every byte, copies, creates
what must not exist yet, deletes everything, and sees that it is gone.
"""

from __future__ import annotations

import filecmp
import shutil
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cloud.aws import S3Client
from cloud.azure import AzureBlobClient
from cloud.common import AlreadyExistsError, Capability, CloudCredentials, CloudProvider, NotFoundError
from cloud.gcp import GCSClient
from cloud.infomaniak import InfomaniakObjectStorageClient
from cloud.local import LocalStorageClient
from cloud.transfer import download_tree, upload_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from cloud.common import BaseStorageClient
    from cloud.transfer import TransferReport

    Store = Callable[[], AbstractContextManager[BaseStorageClient]]

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from servers import ServerError, azurite, fake_gcs, seaweedfs, swift  # noqa: E402  # the path to it is set just above

BUCKET = "cloud-demo"
LARGE = "large.bin"
LARGE_SIZE = 32 << 20


class Row(NamedTuple):
    """What one store did, in the words of the table."""

    objects: str
    size: str
    upload: str
    download: str
    verified: str
    create_once: str


HEADER = ("store", *Row("objects", "bytes", "up MB/s", "down MB/s", "verified by", "create if absent"))


@contextmanager
def local_folder() -> Iterator[BaseStorageClient]:
    """Give a store in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder, LocalStorageClient(folder) as client:
        yield client


@contextmanager
def s3() -> Iterator[BaseStorageClient]:
    """Give a SeaweedFS."""
    with seaweedfs.run() as server:
        credentials = CloudCredentials(
            CloudProvider.AWS,
            access_key=server.admin.access_key,
            secret_key=server.admin.secret_key,
            region="us-east-1",
        )
        with S3Client(credentials, endpoint_url=server.endpoint_url, service="seaweedfs") as client:
            yield client


@contextmanager
def gcs() -> Iterator[BaseStorageClient]:
    """Give a fake-gcs-server."""
    with (
        fake_gcs.run() as server,
        GCSClient(project=server.project, endpoint_url=server.endpoint_url, anonymous=True) as client,
    ):
        yield client


@contextmanager
def azure() -> Iterator[BaseStorageClient]:
    """Give an Azurite."""
    with azurite.run() as server:
        credentials = CloudCredentials(
            CloudProvider.AZURE, account_name=server.account_name, account_key=server.account_key
        )
        with AzureBlobClient(credentials, account_url=server.account_url) as client:
            yield client


@contextmanager
def openstack() -> Iterator[BaseStorageClient]:
    """Give an OpenStack Swift."""
    with swift.run() as server:
        credentials = CloudCredentials(
            CloudProvider.INFOMANIAK,
            auth_url=server.auth_url,
            username=server.admin.access_key,
            password=server.admin.secret_key,
        )
        with InfomaniakObjectStorageClient(credentials) as client:
            yield client


STORES: tuple[tuple[str, Store], ...] = (
    ("local folder", local_folder),
    ("S3 (SeaweedFS)", s3),
    ("Google (fake-gcs-server)", gcs),
    ("Azure (Azurite)", azure),
    ("Swift", openstack),
)


def tour(client: BaseStorageClient, folder: Path) -> Row:
    """Do the whole job on one store; `folder` is what is uploaded."""
    client.create_bucket(BUCKET)
    sent = upload_tree(folder, client, BUCKET)
    check(sent.ok, f"an upload failed: {sent.failures[:1]}")
    listed = [info.key for info in client.list_objects(BUCKET, page_size=50)]
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    check(listed == sorted(names, key=str.encode), "the listing is not what was uploaded")

    large = (folder / LARGE).read_bytes()
    middle = LARGE_SIZE // 2
    head, inner = client.read_ranges(BUCKET, LARGE, [(0, 10), (middle, middle + 10)])
    tail = client.read_range(BUCKET, LARGE, -10)
    check([head, inner, tail] == [large[:10], large[middle : middle + 10], large[-10:]], "a range differs")

    received = compare(client, folder)
    copied = listed[0]
    client.copy_file(BUCKET, copied, BUCKET, "copies/first")
    check(client.download_file(BUCKET, "copies/first") == (folder / copied).read_bytes(), "the copy differs")
    row = Row(
        f"{sent.moved:,}",
        f"{sent.bytes:,}",
        speed(sent),
        speed(received),
        verified(client),
        create_once(client),
    )
    delete(client)
    return row


def compare(client: BaseStorageClient, folder: Path) -> TransferReport:
    """Download everything and compare every byte."""
    with tempfile.TemporaryDirectory() as target:
        report = download_tree(client, BUCKET, "", target)
        check(report.ok, f"a download failed: {report.failures[:1]}")
        names = [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]
        same, different, missing = filecmp.cmpfiles(folder, target, names, shallow=False)
        check(not different and not missing and len(same) == report.moved, "a download differs")
    return report


def verified(client: BaseStorageClient) -> str:
    """Say what a small and a large object were compared with when they were read."""
    found = []
    for info in (next(iter(client.list_objects(BUCKET))), client.get_object_metadata(BUCKET, LARGE)):
        with tempfile.TemporaryDirectory() as target:
            found.append(client.download_to(BUCKET, info.key, Path(target, "copy")).verified or "length")
    return " and ".join(dict.fromkeys(found))


def create_once(client: BaseStorageClient) -> str:
    """Create an object that must not exist yet, twice, where the store can refuse the second."""
    if Capability.CONDITIONAL_CREATE not in client.capabilities:
        return "not offered"
    client.upload_file(BUCKET, "once", b"first", if_absent=True)
    try:
        client.upload_file(BUCKET, "once", b"second", if_absent=True)
    except AlreadyExistsError:
        check(client.download_file(BUCKET, "once") == b"first", "the second won")
        return "second refused"
    raise SystemExit("demo: an object was created twice")


def delete(client: BaseStorageClient) -> None:
    """Delete everything, and see that it is gone."""
    keys = [info.key for info in client.list_objects(BUCKET)]
    check(all(result.ok for result in client.delete_files(BUCKET, keys)), "a delete failed")
    check(client.list_objects(BUCKET).first() is None, "something is left")
    check(client.delete_bucket(BUCKET), "the bucket was gone already")
    try:
        client.download_file(BUCKET, keys[0])
    except NotFoundError:
        return
    raise SystemExit("demo: a deleted object was still there")


def check(condition: bool, problem: str) -> None:
    """End the demo when a promise does not hold."""
    if not condition:
        raise SystemExit(f"demo: {problem}")


def speed(report: TransferReport) -> str:
    """Say how fast a tree was moved."""
    return f"{report.bytes / report.seconds / 1e6:.1f}"


def make_tree(folder: Path) -> None:
    """Fill `folder` with what is uploaded: many small files and a large one."""
    for name in ("docs", "src"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / LARGE).write_bytes(bytes(range(256)) * (LARGE_SIZE // 256))


def visit(name: str, store: Store, folder: Path) -> tuple[str, ...]:
    """Return a store's row of the table; a server that is not installed is a row that says why."""
    try:
        with store() as client:
            return (name, *tour(client, folder))
    except ServerError as reason:
        return (name, f"not toured: {reason}")


def main() -> None:
    """Tour every store and print one table."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "tree")
        make_tree(folder)
        rows = [visit(name, store, folder) for name, store in STORES]
    done = [row for row in rows if len(row) == len(HEADER)]
    widths = [max(len(cell) for cell in column) for column in zip(HEADER, *done, strict=True)]
    for row in (HEADER, tuple("-" * width for width in widths), *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip())
    seconds = time.perf_counter() - started
    print(
        f"\n{len(done)} stores did the same work, byte for byte, in {seconds:.0f} s; nothing was left behind."
    )


if __name__ == "__main__":
    main()
