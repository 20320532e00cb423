"""What is measured, one module for each kind of work."""

from benchmarks.workloads._workload import CallWorkload, ProcessWorkload, Scale, Workload
from benchmarks.workloads.delete import DELETE
from benchmarks.workloads.first_read import FIRST_READ, FIRST_READ_CRC64
from benchmarks.workloads.get import GET, GET_16
from benchmarks.workloads.head import HEAD
from benchmarks.workloads.import_cost import IMPORT_COST
from benchmarks.workloads.large import DOWNLOAD, UPLOAD
from benchmarks.workloads.listing import LISTING
from benchmarks.workloads.put import PUT, PUT_16
from benchmarks.workloads.ranges import RANGES

__all__ = ["WORKLOADS", "CallWorkload", "ProcessWorkload", "Scale", "Workload"]

WORKLOADS: dict[str, Workload] = {
    workload.name: workload
    for workload in (
        IMPORT_COST, FIRST_READ, FIRST_READ_CRC64, HEAD, GET, PUT, LISTING, DELETE, RANGES,
        GET_16, PUT_16, DOWNLOAD, UPLOAD,
    )
}  # fmt: skip  # the order of the report
