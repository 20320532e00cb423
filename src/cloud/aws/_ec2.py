"""Amazon EC2: virtual machines, and what is around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

from cloud.aws._ec2_errors import EC2_ERRORS
from cloud.aws._ec2_network import EC2Network
from cloud.aws._ec2_read import (
    filters_of,
    image,
    instance,
    instance_type,
    key_pair,
    run_arguments,
)
from cloud.aws._ec2_records import EC2InstanceOptions
from cloud.aws._ec2_volumes import EC2Volumes
from cloud.aws._session import read
from cloud.common._base_compute import BaseComputeClient
from cloud.common._compute_core import checked_tags
from cloud.common._compute_read import fits
from cloud.common._compute_types import (
    ConsoleHooks,
    DryRunHooks,
    InstanceAction,
    InstanceListRequest,
    KeyPairHooks,
)
from cloud.common._paging import Page, Pager
from cloud.common.enums import ComputeCapability
from cloud.common.errors import NotFoundError, UnknownServiceError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from cloud.common._compute_types import ActionRequest, CatalogRequest, CreateInstanceRequest
    from cloud.common.enums import InstanceState
    from cloud.common.models import Image, Instance, InstanceType, KeyPair

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
_MIN_PAGE = 5
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypes.html
_MAX_TYPES_PAGE = 100
_METHODS = {
    InstanceAction.START: "start_instances",
    InstanceAction.STOP: "stop_instances",
    InstanceAction.REBOOT: "reboot_instances",
    InstanceAction.TERMINATE: "terminate_instances",
}


class EC2Client(
    EC2Network, EC2Volumes, BaseComputeClient[EC2InstanceOptions], DryRunHooks, ConsoleHooks, KeyPairHooks
):
    """Amazon EC2 in one region.

    Making one sends nothing and loads no SDK. Safe between threads and after a fork.

    Args:
        credentials: explicit keys. Without them boto3's whole chain is searched at the first request:
            environment, profiles, SSO, assumed roles, container and instance metadata.
        region: where the instances are. Otherwise the credentials', AWS_REGION, or the AWS profile's.
        endpoint_url: another endpoint, such as ``http://127.0.0.1:5000``. Otherwise AWS_ENDPOINT_URL_EC2 or
            AWS_ENDPOINT_URL, then Amazon's own.
        profile: a profile of ``~/.aws/config``.
        timeout: seconds without progress before a call fails, or (connect, read); 10 and 60 by default.
        retry, limits, observers: see `cloud.common`.
    """

    service_name = "ec2"
    error_table = EC2_ERRORS
    options_type = EC2InstanceOptions
    # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
    max_user_data_bytes = 16 * 1024
    # "Eventual consistency": https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
    settle_seconds = 15.0

    @property
    def capabilities(self) -> frozenset[ComputeCapability]:
        """What this client can do beyond the contract."""
        return frozenset(ComputeCapability) - {ComputeCapability.QUOTAS}  # they are another service's

    # -- regions -------------------------------------------------------------------------------------------
    @final
    def list_instances_everywhere(
        self,
        *,
        states: Collection[InstanceState] = (),
        name: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> list[Instance]:
        """Return the instances of every region that the account may use, region after region.

        A region that fails raises: the list is whole or there is none.
        """
        request = InstanceListRequest(frozenset(states), name, checked_tags(tags), {}, 1000, None)
        found: list[Instance] = []
        for region in self.list_regions():
            found.extend(item for item in self._pager(region, request) if fits(item, request))
        return found

    def _pager(self, region: str, request: InstanceListRequest) -> Pager[Instance]:
        return Pager(
            lambda token: self._run(
                "list_instances_everywhere",
                region,
                lambda: _instances(self._aws.client(region), region, request._replace(token=token)),
            )
        )

    # -- hooks -----------------------------------------------------------------------------------------------
    def _list_instances_page(self, request: InstanceListRequest) -> Page[Instance]:
        return _instances(self._aws.client(), self.region, request)

    def _get_instance(self, instance_id: str) -> Instance:
        def first(answer: Mapping[str, Any]) -> Instance:
            items = _reserved(answer, self.region)
            if not items:
                raise NotFoundError("there is no such instance")
            return items[0]

        return self._read(first, "describe_instances", InstanceIds=[instance_id])

    def _create_instance(self, request: CreateInstanceRequest) -> Instance:
        return self._read(
            lambda answer: instance(answer["Instances"][0], self.region),
            "run_instances",
            **run_arguments(request),
        )

    def _act(self, request: ActionRequest) -> None:
        self._call(_METHODS[request.action], **_action_arguments(request))

    def _check_create(self, request: CreateInstanceRequest) -> None:
        self._dry_run("run_instances", run_arguments(request))

    def _check_act(self, request: ActionRequest) -> None:
        self._dry_run(_METHODS[request.action], _action_arguments(request))

    def _dry_run(self, method: str, arguments: Mapping[str, Any]) -> None:
        """Ask whether EC2 would do it. Its yes is an error of a code of its own, and everything else is no."""
        from botocore.exceptions import ClientError

        try:
            self._call(method, **arguments, DryRun=True)
        except ClientError as exc:
            if exc.response.get("Error", {}).get("Code") == "DryRunOperation":
                return
            raise
        raise UnknownServiceError("the service did not say that this was a dry run: it may have happened")

    def _list_images_page(self, request: CatalogRequest) -> Page[Image]:
        def page(answer: Mapping[str, Any]) -> Page[Image]:
            found = [image(item) for item in answer["Images"]]
            items = tuple(item for item in found if request.name is None or item.name == request.name)
            return Page(items, (), answer.get("NextToken") or None)

        return self._read(
            page,
            "describe_images",
            Owners=["self"] if request.owned else None,
            Filters=None if request.name is None else [{"Name": "name", "Values": [request.name]}],
            MaxResults=request.page_size,
            NextToken=request.token,
        )

    def _list_instance_types_page(self, request: CatalogRequest) -> Page[InstanceType]:
        def page(answer: Mapping[str, Any]) -> Page[InstanceType]:
            items = tuple(instance_type(item) for item in answer["InstanceTypes"])
            return Page(items, (), answer.get("NextToken") or None)

        return self._read(
            page,
            "describe_instance_types",
            MaxResults=min(max(request.page_size, _MIN_PAGE), _MAX_TYPES_PAGE),
            NextToken=request.token,
        )

    def _console_output(self, instance_id: str) -> str:
        return str(self._call("get_console_output", InstanceId=instance_id).get("Output") or "")

    def _list_key_pairs(self) -> list[KeyPair]:
        def pairs(answer: Mapping[str, Any]) -> list[KeyPair]:
            return [key_pair(item) for item in answer["KeyPairs"]]

        return self._read(pairs, "describe_key_pairs", IncludePublicKey=True)

    def _create_key_pair(self, name: str) -> KeyPair:
        return self._read(key_pair, "create_key_pair", KeyName=name)

    def _import_key_pair(self, name: str, public_key: str) -> KeyPair:
        material = public_key.encode()
        return self._read(key_pair, "import_key_pair", KeyName=name, PublicKeyMaterial=material)

    def _delete_key_pair(self, name: str) -> None:
        self._call("delete_key_pair", KeyName=name)


def _instances(client: Any, region: str, request: InstanceListRequest) -> Page[Instance]:
    def page(answer: Mapping[str, Any]) -> Page[Instance]:
        return Page(tuple(_reserved(answer, region)), (), answer.get("NextToken") or None)

    return read(
        client,
        page,
        "describe_instances",
        Filters=filters_of(request),
        MaxResults=max(request.page_size, _MIN_PAGE),
        NextToken=request.token,
    )


def _reserved(answer: Mapping[str, Any], region: str) -> list[Instance]:
    """Return the instances of all reservations."""
    return [
        instance(item, region) for reservation in answer["Reservations"] for item in reservation["Instances"]
    ]


def _action_arguments(request: ActionRequest) -> dict[str, Any]:
    """Return the arguments; EC2 has a choice of force for stops only."""
    arguments: dict[str, Any] = {"InstanceIds": [request.instance_id]}
    if request.action is InstanceAction.STOP and request.force:
        arguments["Force"] = True
    return arguments
