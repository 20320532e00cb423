"""What is measured, one module for each kind of work."""

from dataclasses import replace

from benchmarks.workloads._workload import CallWorkload, ProcessWorkload, Scale, Workload
from benchmarks.workloads.delete import DELETE
from benchmarks.workloads.first_read import FIRST_READ, FIRST_READ_CRC64, FIRST_READS
from benchmarks.workloads.get import GET, GET_16
from benchmarks.workloads.head import HEAD
from benchmarks.workloads.import_cost import IMPORT_COST
from benchmarks.workloads.large import DOWNLOAD, UPLOAD
from benchmarks.workloads.listing import LISTING
from benchmarks.workloads.put import PUT, PUT_16
from benchmarks.workloads.ranges import RANGES

__all__ = ["WORKLOADS", "CallWorkload", "ProcessWorkload", "Scale", "Workload"]

_SERVICES = {"gcs": "Google Cloud Storage", "azure": "Azure Blob Storage", "swift": "OpenStack Swift"}
# What a page holds at most is the service's own: 1,000 keys, 5,000 and 10,000.
_EVERYWHERE = [HEAD, GET, PUT, replace(LISTING, title="listing")]


def _elsewhere(protocol: str) -> list[Workload]:
    """Return what is also measured over another protocol than S3."""
    service = _SERVICES[protocol]
    first = FIRST_READS[protocol]
    calls = [
        replace(work, name=f"{protocol}-{work.name}", title=f"{service}: {work.title}", protocol=protocol)
        for work in _EVERYWHERE
    ]
    return [replace(first, title=f"{service}: {first.title}"), *calls]


WORKLOADS: dict[str, Workload] = {
    workload.name: workload
    for workload in (
        IMPORT_COST, FIRST_READ, FIRST_READ_CRC64, HEAD, GET, PUT, LISTING, DELETE, RANGES,
        GET_16, PUT_16, DOWNLOAD, UPLOAD,
        *(work for protocol in _SERVICES for work in _elsewhere(protocol)),
    )
}  # fmt: skip  # the order of the report
