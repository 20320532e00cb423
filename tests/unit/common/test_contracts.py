"""The contracts are exactly the specification's: names, parameters and order; nothing else is abstract."""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Any

import pytest

from cloud.common import contracts
from cloud.common._base_storage import BaseStorageClient
from cloud.common.contracts import CloudClient, ComputeClient, ServerlessClient, StorageClient
from cloud.common.enums import CloudProvider, InstanceState, ResourceType
from cloud.common.models import CloudResource, FunctionInfo, Instance

if TYPE_CHECKING:
    from collections.abc import Mapping

# DESIGN section 4: the specification's names, with their parameters in their order.
SPECIFICATION: dict[type, dict[str, list[str]]] = {
    CloudClient: {
        "list_resources": ["resource_type"],
        "get_resource": ["id"],
        "create_resource": ["name", "resource_type", "config"],
        "delete_resource": ["id"],
    },
    StorageClient: {
        "list_buckets": [],
        "create_bucket": ["name"],
        "upload_file": ["bucket", "key", "data"],
        "download_file": ["bucket", "key"],
        "delete_file": ["bucket", "key"],
    },
    ComputeClient: {
        "list_instances": [],
        "start_instance": ["instance_id"],
        "stop_instance": ["instance_id"],
        "create_instance": ["name", "instance_type", "image_id"],
    },
    ServerlessClient: {
        "list_functions": [],
        "invoke_function": ["function_name", "payload"],
        "create_function": ["name", "runtime", "handler", "code_path"],
    },
}
RESOURCE = CloudResource(id="r", name="r", resource_type=ResourceType.STORAGE, provider=CloudProvider.LOCAL)
INSTANCE = Instance(id="i", name="n", state=InstanceState.RUNNING, raw_state="up", instance_type="t")
FUNCTION = FunctionInfo(name="f", runtime="python3.12", handler="m.f")


def positional(function: Any) -> list[str]:
    kinds = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    return [p.name for p in inspect.signature(function).parameters.values() if p.kind in kinds][1:]


def test_there_is_no_contract_beyond_the_specified_ones() -> None:
    abstract = {kind for kind in vars(contracts).values() if inspect.isabstract(kind)}
    assert abstract == set(SPECIFICATION)


@pytest.mark.parametrize("contract", SPECIFICATION, ids=lambda kind: kind.__name__)
def test_the_abstract_methods_are_the_specification_s(contract: Any) -> None:
    assert contract.__abstractmethods__ == set(SPECIFICATION[contract])
    for name, parameters in SPECIFICATION[contract].items():
        assert positional(getattr(contract, name)) == parameters
    own = {name for name in vars(contract) if not name.startswith("_")}
    assert own == set(SPECIFICATION[contract])  # no default behaviour that could surprise


@pytest.mark.parametrize("contract", [CloudClient, StorageClient], ids=lambda kind: kind.__name__)
def test_the_template_takes_the_specification_s_arguments_by_position_and_more_by_name_only(
    contract: type,
) -> None:
    for name, parameters in SPECIFICATION[contract].items():
        method = getattr(BaseStorageClient, name)
        assert positional(method) == parameters
        assert getattr(method, "__final__", sys.version_info < (3, 11))  # Python 3.10 leaves no mark


class MinimalCloud(CloudClient):
    def list_resources(self, resource_type: ResourceType | None = None) -> list[CloudResource]:
        return [RESOURCE] if resource_type in {None, ResourceType.STORAGE} else []

    def get_resource(self, id: str) -> CloudResource | None:  # noqa: A002  # the specification's name
        return RESOURCE if id == "r" else None

    def create_resource(
        self, name: str, resource_type: ResourceType, config: Mapping[str, Any]
    ) -> CloudResource:
        return RESOURCE

    def delete_resource(self, id: str) -> bool:  # noqa: A002  # the specification's name
        return id == "r"


class MinimalStorage(StorageClient):
    def __init__(self) -> None:
        self.buckets: dict[str, dict[str, bytes]] = {}

    def list_buckets(self) -> list[str]:
        return sorted(self.buckets)

    def create_bucket(self, name: str) -> bool:
        is_new = name not in self.buckets
        self.buckets.setdefault(name, {})
        return is_new

    def upload_file(self, bucket: str, key: str, data: bytes) -> str:
        self.buckets[bucket][key] = data
        return f"mine://{bucket}/{key}"

    def download_file(self, bucket: str, key: str) -> bytes:
        return self.buckets[bucket][key]

    def delete_file(self, bucket: str, key: str) -> bool:
        return self.buckets[bucket].pop(key, None) is not None


class MinimalCompute(ComputeClient):
    def list_instances(self) -> list[Instance]:
        return [INSTANCE]

    def start_instance(self, instance_id: str) -> bool:
        return False

    def stop_instance(self, instance_id: str) -> bool:
        return True

    def create_instance(self, name: str, instance_type: str, image_id: str) -> Instance:
        return INSTANCE


class MinimalServerless(ServerlessClient):
    def list_functions(self) -> list[FunctionInfo]:
        return [FUNCTION]

    def invoke_function(self, function_name: str, payload: Mapping[str, Any]) -> Any:
        return {"echo": dict(payload)}

    def create_function(self, name: str, runtime: str, handler: str, code_path: str) -> FunctionInfo:
        return FUNCTION


def test_a_class_with_only_the_abstract_methods_is_a_valid_storage_client() -> None:
    client: StorageClient = MinimalStorage()
    assert client.create_bucket("b")
    assert client.upload_file("b", "k", b"data") == "mine://b/k"
    assert client.download_file("b", "k") == b"data"
    assert (client.delete_file("b", "k"), client.delete_file("b", "k")) == (True, False)
    assert client.list_buckets() == ["b"]


def test_a_class_with_only_the_abstract_methods_is_a_valid_client_of_the_other_contracts() -> None:
    cloud: CloudClient = MinimalCloud()
    assert cloud.list_resources(ResourceType.COMPUTE) == []
    assert cloud.get_resource("r") is RESOURCE
    assert cloud.create_resource("n", ResourceType.STORAGE, {}) is RESOURCE
    assert cloud.delete_resource("r")
    compute: ComputeClient = MinimalCompute()
    assert compute.list_instances() == [compute.create_instance("n", "t", "i")]
    assert (compute.start_instance("i"), compute.stop_instance("i")) == (False, True)
    serverless: ServerlessClient = MinimalServerless()
    assert serverless.list_functions() == [serverless.create_function("f", "r", "h", "p")]
    assert serverless.invoke_function("f", {"a": 1}) == {"echo": {"a": 1}}


@pytest.mark.parametrize(
    ("minimal", "contract"),
    [
        (MinimalCloud, CloudClient),
        (MinimalStorage, StorageClient),
        (MinimalCompute, ComputeClient),
        (MinimalServerless, ServerlessClient),
    ],
)
def test_each_abstract_method_is_needed(minimal: Any, contract: type) -> None:
    for name in SPECIFICATION[contract]:
        partial = type("Partial", (contract,), {
            other: vars(minimal)[other] for other in SPECIFICATION[contract] if other != name
        })  # fmt: skip  # one line reads best
        with pytest.raises(TypeError, match=name):
            partial()
