"""Write a CSV into a store line by line, compressed, and read a part of it back, in bounded memory."""

from __future__ import annotations

import csv
import gzip

from cloud.local import LocalStorageClient


def main() -> None:
    """Write 100,000 rows and read the first three."""
    client = LocalStorageClient.in_memory()
    client.create_bucket("tables")
    # Published when the block ends well; if a row raises, nothing is.
    with (
        client.open_file("tables", "squares.csv.gz", "wb", content_type="text/csv") as file,
        gzip.open(file, "wt", newline="") as text,
    ):
        rows = csv.writer(text)
        rows.writerow(["number", "square"])
        rows.writerows([number, number * number] for number in range(100_000))
    with client.open_file("tables", "squares.csv.gz") as table, gzip.open(table) as lines:
        for _ in range(3):
            print(next(lines).decode().rstrip())
    print(client.get_object_metadata("tables", "squares.csv.gz").size < 1_000_000)


if __name__ == "__main__":
    main()
