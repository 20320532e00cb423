"""Back a folder up into any store: ``python back_up_folder.py FOLDER file://backups/monday?root=/mnt/disk``.

Works with every scheme that is installed (``s3://``, ``infomaniak-s3://``, ``file://``, ``memory://``). Exits with
1 when a file could not be stored, after storing all others.
"""

from __future__ import annotations

import sys

from cloud import open_storage
from cloud.transfer import upload_tree


def main(folder: str, url: str) -> int:
    """Upload everything below `folder`; return the process's exit code."""
    client, bucket, prefix = open_storage(url)
    client.create_bucket(bucket)
    report = upload_tree(folder, client, bucket, prefix)
    print(f"{report.moved} files, {report.bytes} bytes, {report.failed} failed")
    for failure in report.failures:
        print(f"{failure.source}: {failure.error}", file=sys.stderr)
    return 1 if report.failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2]))
