"""What is measured, one module for each kind of work."""

from dataclasses import replace

from benchmarks.workloads._workload import CallWorkload, ProcessWorkload, Scale, SyncWorkload, Workload
from benchmarks.workloads.delete import DELETE
from benchmarks.workloads.first_read import FIRST_READ, FIRST_READ_CRC64, FIRST_READS
from benchmarks.workloads.get import GET, GET_16
from benchmarks.workloads.head import HEAD
from benchmarks.workloads.import_cost import IMPORT_COST
from benchmarks.workloads.large import DOWNLOAD, UPLOAD
from benchmarks.workloads.listing import KEPT, LISTING
from benchmarks.workloads.put import PUT, PUT_16
from benchmarks.workloads.ranges import RANGES, RANGES_16
from benchmarks.workloads.sync import SYNC_AGAIN, SYNC_FIRST

__all__ = ["WORKLOADS", "CallWorkload", "ProcessWorkload", "Scale", "SyncWorkload", "Workload"]

_SERVICES = {"gcs": "Google Cloud Storage", "azure": "Azure Blob Storage", "swift": "OpenStack Swift"}
# What a page holds at most is the service's own: 1,000 keys, 5,000 and 10,000.
_EVERYWHERE = [HEAD, GET, PUT, replace(LISTING, title="listing")]
_MORE = [GET_16, PUT_16, DOWNLOAD, UPLOAD]
# Server -> protocol, its name, and what is measured: what it takes long for is left out.
_REAL = {
    "seaweedfs": ("s3", "SeaweedFS", [LISTING, GET_16, DOWNLOAD, PUT_16, UPLOAD]),
    "azurite": ("azure", "Azurite", [LISTING, GET, PUT]),
    "fake-gcs": ("gcs", "fake-gcs-server", [LISTING, GET, PUT]),
}
_REAL_ROUNDS = 2


def _service(protocol: str) -> list[Workload]:
    """Return what is also measured over another protocol than S3."""
    service = _SERVICES[protocol]
    first = FIRST_READS[protocol]
    works = _EVERYWHERE + (_MORE if protocol != "swift" else [])
    calls = [work.elsewhere(protocol, f"{service}: {work.title}", protocol=protocol) for work in works]
    return [replace(first, title=f"{service}: {first.title}"), *calls]


def _over_tls() -> list[Workload]:
    works = [GET, DOWNLOAD, UPLOAD]
    return [work.elsewhere("tls", f"{work.title}, over TLS", server="s3-tls") for work in works]


def _real(server: str) -> list[Workload]:
    protocol, name, works = _REAL[server]
    return [
        work.elsewhere(
            server,
            f"{name}: {'listing' if work is LISTING else work.title}",
            protocol=protocol,
            server=server,
            rounds=_REAL_ROUNDS,
        )
        for work in works
    ]


WORKLOADS: dict[str, Workload] = {
    workload.name: workload
    for workload in (
        IMPORT_COST, FIRST_READ, FIRST_READ_CRC64, HEAD, GET, PUT, LISTING, KEPT, DELETE, RANGES, RANGES_16,
        GET_16, PUT_16, DOWNLOAD, UPLOAD, *_over_tls(),
        *(work for protocol in _SERVICES for work in _service(protocol)),
        *(work for server in _REAL for work in _real(server)),
        SYNC_FIRST, SYNC_AGAIN,
    )
}  # fmt: skip  # the order of the report
