"""What importing a library and making a client costs."""

from benchmarks.peers import PEERS
from benchmarks.workloads._workload import ProcessWorkload


def _make_client(name: str) -> str:
    entry = PEERS["s3"][name]
    return f"from {entry.module} import {entry.class_name}; {entry.class_name}('{{endpoint}}')"


IMPORT_COST = ProcessWorkload(
    name="import",
    title="Import and client",
    baseline="python -c pass",
    scripts={
        "import boto3": "import boto3",
        "import cloud": "import cloud",
        **{
            f"{name}, client made": _make_client(name)
            for name in PEERS["s3"]
            if "parallel" not in name and "CRT" not in name
        },
        "python -c pass": "pass",
    },
)
