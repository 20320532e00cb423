"""What importing a library and making a client costs."""

from benchmarks.peers import PEERS
from benchmarks.workloads._workload import ProcessWorkload


def _make_client(name: str) -> str:
    module, peer = PEERS["s3"][name]
    return f"from {module} import {peer}; {peer}('{{endpoint}}')"


IMPORT_COST = ProcessWorkload(
    name="import",
    title="Import and client",
    baseline="python -c pass",
    scripts={
        "import boto3": "import boto3",
        "import cloud": "import cloud",
        **{f"{name}, client made": _make_client(name) for name in PEERS["s3"]},
        "python -c pass": "pass",
    },
)
