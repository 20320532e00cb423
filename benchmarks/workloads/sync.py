"""A folder of 5,000 small files and three large ones made a prefix of a bucket, and then once more."""

from benchmarks.workloads._workload import SyncWorkload

SYNC_FIRST = SyncWorkload("sync-first", "SeaweedFS: sync of a folder, first run", again=False)
SYNC_AGAIN = SyncWorkload("sync-again", "SeaweedFS: sync of the same folder, nothing changed", again=True)
