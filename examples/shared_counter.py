"""Count from many threads without losing one: compare and swap on an object.

The same code works on every store with `Capability.CONDITIONAL_REPLACE`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from cloud.common import AlreadyExistsError, PreconditionFailedError
from cloud.local import LocalStorageClient

if TYPE_CHECKING:
    from cloud.common import BaseStorageClient


def increment(client: BaseStorageClient, bucket: str, key: str) -> None:
    """Add one to the number in an object, however many do so at the same time."""
    while True:
        info = client.get_object_metadata(bucket, key)
        # Reading by ETag: if somebody writes in between, this raises instead of giving the newer number.
        try:
            number = int(client.download_file(bucket, key, if_match=info.etag))
            client.upload_file(bucket, key, str(number + 1).encode(), if_match=info.etag)
        except PreconditionFailedError:
            continue
        return


def main() -> None:
    """Let eight threads count to 200."""
    client = LocalStorageClient.in_memory()
    client.create_bucket("counters")
    try:
        client.upload_file("counters", "visits", b"0", if_absent=True)
    except AlreadyExistsError:
        print("going on with the number that is there")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: increment(client, "counters", "visits"), range(200)))
    print(client.download_file("counters", "visits").decode())


if __name__ == "__main__":
    main()
