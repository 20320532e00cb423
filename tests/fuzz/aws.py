"""The calls of the clients of EC2 and Lambda; moto's answers to them are in ``seeds/ec2.json`` and ``lambda.json``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud.aws import EC2Client, LambdaClient, SecurityRule
from cloud.common import CloudCredentials, CloudProvider, RetryPolicy
from fuzz.stores import no_jitter, no_wait

if TYPE_CHECKING:
    from collections.abc import Callable

    Call = Callable[[Any, dict[str, str]], Any]

ROLE = "arn:aws:iam::123456789012:role/r"
_RULE = SecurityRule(protocol="tcp", peer="0.0.0.0/0", from_port=80, to_port=80)
# In the order in which they are recorded: each finds what those before it made.
CALLS: dict[str, dict[str, Call]] = {
    "ec2": {
        "create_instance": lambda c, i: c.create_instance("web", "t3.micro", i["image"]),
        "list_instances": lambda c, _: c.list_instances(),
        "get_instance": lambda c, i: c.get_instance(i["instance"]),
        "stop_instance": lambda c, i: c.stop_instance(i["instance"]),
        "start_instance": lambda c, i: c.start_instance(i["instance"]),
        "list_images": lambda c, _: c.list_images(),
        "list_key_pairs": lambda c, _: c.list_key_pairs(),
        "create_key_pair": lambda c, _: c.create_key_pair("made"),
        "list_security_groups": lambda c, _: c.list_security_groups(),
        "add_security_rule": lambda c, i: c.add_security_rule(i["group"], _RULE),
        "list_volumes": lambda c, _: c.list_volumes(),
        "create_volume": lambda c, _: c.create_volume("disk", "us-east-1a", size_gib=1),
        "list_snapshots": lambda c, _: c.list_snapshots(),
        "allocate_address": lambda c, _: c.allocate_address(),
        "list_addresses": lambda c, _: c.list_addresses(),
        "terminate_instance": lambda c, i: c.terminate_instance(i["instance"]),
    },
    "lambda": {
        "list_functions": lambda c, _: c.list_functions(),
        "get_function": lambda c, _: c.get_function("f"),
        "get_environment": lambda c, _: c.get_environment("f"),
        "update_function": lambda c, _: c.update_function("f", environment={"B": "2"}),
        "publish_version": lambda c, _: c.publish_version("f"),
        "list_versions": lambda c, _: c.list_versions("f"),
        "create_alias": lambda c, _: c.create_alias("f", "live", version="1"),
        "get_alias": lambda c, _: c.get_alias("f", "live"),
        "list_aliases": lambda c, _: c.list_aliases("f"),
        "create_function_url": lambda c, _: c.create_function_url("f"),
        "get_function_url": lambda c, _: c.get_function_url("f"),
        "get_concurrency": lambda c, _: c.get_concurrency("f"),
        "list_layers": lambda c, _: c.list_layers(),
        "invoke": lambda c, _: c.invoke("f", {"a": 1}),
        "delete_function": lambda c, _: c.delete_function("f"),
    },
}
CASES = [(service, name) for service, calls in CALLS.items() for name in calls]


def connect(service: str, url: str, *, seconds: float = 5.0) -> Any:
    """Return a client that waits for nothing."""
    keys = CloudCredentials(
        CloudProvider.AWS, access_key="AKIAEXAMPLE000000000", secret_key="planted", region="us-east-1"
    )
    retry = RetryPolicy(max_attempts=2, jitter=no_jitter, retry_after_cap_seconds=0.0)
    made: EC2Client | LambdaClient
    if service == "ec2":
        made = EC2Client(keys, endpoint_url=url, retry=retry, timeout=seconds)
        made.settle_seconds = 0.0  # type: ignore[misc]  # of the class; here nothing settles
    else:
        made = LambdaClient(
            keys, endpoint_url=url, retry=retry, timeout=seconds, role=ROLE, invoke_timeout_seconds=seconds
        )
    made._runtime._sleep = no_wait
    return made
