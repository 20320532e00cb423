"""From the start of a process to the first object in its memory: what a script or a cloud function feels."""

from benchmarks.peers import PEERS
from benchmarks.workloads._workload import ProcessWorkload

_SIZE = 1024
_SCRIPT = f"""
from {{module}} import {{peer}}
assert len({{peer}}('{{{{endpoint}}}}').get('{{checksum}}-{_SIZE}/objects/first.bin')) == {_SIZE}
"""


def _scripts(checksum: str, protocol: str = "s3", names: tuple[str, ...] = ()) -> dict[str, str]:
    return {
        name: _SCRIPT.format(module=entry.module, peer=entry.class_name, checksum=checksum)
        for name, entry in PEERS[protocol].items()
        if entry.works is None and (not names or name in names)
    }


FIRST_READ = ProcessWorkload(
    name="first-read",
    title="Process start to the first 1 KiB object (stored with a CRC32)",
    scripts=_scripts("crc32"),
)
FIRST_READ_CRC64 = ProcessWorkload(
    name="first-read-crc64",
    title="The same, object stored with a CRC64NVME",
    scripts=_scripts("crc64nvme", names=("boto3", "cloud")),
)
FIRST_READS = {
    protocol: ProcessWorkload(
        name=f"{protocol}-first-read",
        title="process start to the first 1 KiB object",
        scripts=_scripts("crc32", protocol),
        protocol=protocol,
    )
    for protocol in PEERS
    if protocol != "s3"
}
