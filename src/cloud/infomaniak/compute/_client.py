"""Instances of Infomaniak's OpenStack."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Literal, overload

from cloud._dialects._answers import read_by
from cloud.common._base_compute import BaseComputeClient
from cloud.common._compute_types import (
    ConsoleHooks,
    DryRunHooks,
    InstanceAction,
    KeyPairHooks,
    QuotaHooks,
)
from cloud.common._paging import Page
from cloud.common.enums import ComputeCapability, InstanceState
from cloud.common.errors import AlreadyExistsError, InvalidRequestError
from cloud.infomaniak._errors import AnswerError, read_answer
from cloud.infomaniak._planning import Plan
from cloud.infomaniak._service import inner, part
from cloud.infomaniak.compute._create import CreateCalls, label_of
from cloud.infomaniak.compute._life import LifeCalls
from cloud.infomaniak.compute._parts import PartCalls
from cloud.infomaniak.compute._read import (
    image_of,
    instance_type_of,
    key_pair_of,
    list_params,
    quotas_of_answer,
)
from cloud.infomaniak.compute._records import InstanceOptions, checked_label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cloud.common._compute_types import (
        ActionRequest,
        CatalogRequest,
        CreateInstanceRequest,
        InstanceListRequest,
    )
    from cloud.common._records import Image, Instance, InstanceType, KeyPair, Quota

_GONE = frozenset({InstanceState.TERMINATING, InstanceState.TERMINATED})


class InfomaniakComputeClient(
    LifeCalls,
    PartCalls,
    CreateCalls,
    BaseComputeClient[InstanceOptions],
    DryRunHooks,
    ConsoleHooks,
    KeyPairHooks,
    QuotaHooks,
):
    """Infomaniak Public Cloud's instances, or any OpenStack's (Nova, with Glance's images).

    `create_instance` is sent once: it marks the instance with a label of its token, and a retry after a lost
    answer looks for that label. Tags are Nova's metadata; Nova's own tags are labels (`InstanceOptions.labels`).
    An instance type is a flavor, by its name. Every call that changes something takes ``dry_run=True``.

    Making a client sends nothing and loads no SDK. Safe between threads and after a fork.

    Args:
        credentials, region, endpoint_url, profile, timeout, retry, limits, observers, ca_bundle, verify: see
            `OpenStackClient`; `endpoint_url` is Nova's.
    """

    options_type = InstanceOptions
    max_user_data_bytes = (
        49_149  # 65,535 in base64: https://docs.openstack.org/api-ref/compute/#create-server
    )
    settle_seconds = 0.0  # a new instance is known before its creation is answered

    @property
    def capabilities(self) -> frozenset[ComputeCapability]:  # type: ignore[override]  # of a compute client
        """What this client can do beyond the contract: everything."""
        return frozenset(ComputeCapability)

    # -- hooks -----------------------------------------------------------------------------------------------
    def _list_instances_page(self, request: InstanceListRequest) -> Page[Instance]:
        params = list_params(request)
        if "flavor" in params:  # Nova wants ids there
            params["flavor"] = [self._flavor(name).id for name in params["flavor"]]
        return self._page_of(
            self._nova("GET", "/servers/detail", params=params), "servers", self._instance_of
        )

    def _page_of(self, body: Any, key: str, make: Callable[[Any], Any]) -> Page[Any]:
        def read(found: Any) -> Page[Any]:
            links = body.get(f"{key}_links") or ()
            has_more = any(link.get("rel") == "next" for link in links) or bool(body.get("next"))
            following = str(found[-1]["id"]) if found and has_more else None
            return Page(tuple(make(item) for item in found), (), following)

        return read_by(read, inner(body, key))

    def _get_instance(self, instance_id: str) -> Instance:
        return self._found(instance_id)

    def _create_instance(self, request: CreateInstanceRequest) -> Instance:
        return self._create_once(request)

    def _act(self, request: ActionRequest) -> None:
        path = f"/servers/{part(request.instance_id)}"
        if request.action is InstanceAction.TERMINATE:
            self._nova("DELETE", path)
            return
        bodies: Mapping[InstanceAction, Mapping[str, Any]] = {
            InstanceAction.START: {"os-start": None},
            InstanceAction.STOP: {"os-stop": None},  # Nova has one way to stop: it waits, then cuts the power
            InstanceAction.REBOOT: {"reboot": {"type": "HARD" if request.force else "SOFT"}},
        }
        self._nova("POST", f"{path}/action", json=bodies[request.action])

    def _check_create(self, request: CreateInstanceRequest) -> None:
        self._checks(request)

    def _check_act(self, request: ActionRequest) -> None:
        # Nova cannot be asked. What the template has looked at is all that can be known: that it is there, and
        # in a state that fits.
        self._get_instance(request.instance_id)

    def _list_images_page(self, request: CatalogRequest) -> Page[Image]:
        params = {"limit": request.page_size, "marker": request.token, "name": request.name}
        if request.owned:
            params["owner"] = self._connection.session().get_project_id()
        body = self._send("GET", "/images", params=params, service="image")
        return self._page_of(body, "images", image_of)

    def _list_instance_types_page(self, request: CatalogRequest) -> Page[InstanceType]:
        params = {"limit": request.page_size, "marker": request.token}
        body = self._nova("GET", "/flavors/detail", params=params)
        return self._page_of(body, "flavors", instance_type_of)

    def _console_output(self, instance_id: str) -> str:
        path = f"/servers/{part(instance_id)}/action"
        answer = self._nova("POST", path, json={"os-getConsoleOutput": {}})
        return read_by(lambda body: str(body.get("output") or ""), answer)

    def _list_key_pairs(self) -> list[KeyPair]:
        make, marker_of = lambda item: key_pair_of(item["keypair"]), lambda item: str(item["keypair"]["name"])
        return list(self._nova_listing("/os-keypairs", "keypairs", make, marker_of))

    def _create_key_pair(self, name: str) -> KeyPair:
        return self._keep_key_pair({"name": name})

    def _import_key_pair(self, name: str, public_key: str) -> KeyPair:
        return self._keep_key_pair({"name": name, "public_key": public_key})

    def _keep_key_pair(self, body: Mapping[str, str]) -> KeyPair:
        try:
            answer = self._nova("POST", "/os-keypairs", json={"keypair": body})
        except AnswerError as exc:
            if exc.response.status_code != 409:
                raise
            # Nova has one code for every conflict, and this call one conflict.
            raise AlreadyExistsError(
                f"there is a key pair called {body['name']!r}",
                http_status=409,
                provider_code=read_answer(exc.response).code,
                request_id=exc.response.headers.get("x-openstack-request-id"),
            ) from exc
        return read_by(key_pair_of, inner(answer, "keypair"))

    def _delete_key_pair(self, name: str) -> None:
        self._nova("DELETE", f"/os-keypairs/{part(name)}")

    def _list_quotas(self) -> list[Quota]:
        return read_by(quotas_of_answer, self._nova("GET", "/limits"))

    # -- plans, in the words of this provider ------------------------------------------------------------------
    def plan_instance(
        self,
        name: str,
        instance_type: str,
        image_id: str,
        *,
        key_pair: str | None = None,
        user_data: str | bytes | None = None,
        security_groups: Sequence[str] = (),
        networks: Sequence[str] = (),
        zone: str | None = None,
        tags: Mapping[str, str] | None = None,
        options: InstanceOptions | None = None,
    ) -> Plan:
        """Return what `create_instance` with these arguments would do; raise what it would raise.

        It is what ``create_instance(..., dry_run=True)`` looks at, and tells it: that flavor, image, networks,
        security groups, key pair and zone exist, that the image fits the flavor, and that the quota leaves room.
        """
        request = self._create_request(
            name,
            instance_type,
            image_id,
            key_pair=key_pair,
            user_data=user_data,
            security_groups=security_groups,
            networks=networks,
            zone=zone,
            tags=tags,
            options=options,
        )
        checks = self._run("plan_instance", name, lambda: self._checks(request))
        shown = {
            key: value
            for key, value in request._asdict().items()
            if value not in (None, (), {}) and key not in {"name", "user_data"}
        }
        if request.user_data is not None:
            shown["user_data_bytes"] = len(request.user_data)
        return Plan(operation="create_instance", resource=name, changes=shown, checks=checks)

    # -- instances that do not stay ------------------------------------------------------------------------------
    @contextmanager
    def ephemeral(
        self,
        name: str,
        instance_type: str,
        image_id: str,
        *,
        key_pair: str | None = None,
        user_data: str | bytes | None = None,
        security_groups: Sequence[str] = (),
        networks: Sequence[str] = (),
        zone: str | None = None,
        tags: Mapping[str, str] | None = None,
        options: InstanceOptions | None = None,
        label: str = "cloud-ephemeral",
        deadline_seconds: float = 600.0,
        progress: Callable[[Instance], None] | None = None,
    ) -> Iterator[Instance]:
        """Give an instance that runs, and terminate it at the end of the block, however the block ends.

        A program that is killed leaves it behind with the label `label`: `sweep(label, older_than)` finds it.

        Raises:
            ConflictError: it did not come to run; it is terminated.
        """
        from dataclasses import replace
        from uuid import uuid4

        options = options or InstanceOptions()
        options = replace(options, labels=(*options.labels, checked_label(label)))
        token, made = str(uuid4()), None
        try:
            made = self.create_instance(
                name,
                instance_type,
                image_id,
                key_pair=key_pair,
                user_data=user_data,
                security_groups=security_groups,
                networks=networks,
                zone=zone,
                tags=tags,
                token=token,
                options=options,
            )
            yield self.wait_for(made.id, deadline_seconds=deadline_seconds, progress=progress)
        finally:
            if made is not None:
                self._end(made.id, deadline_seconds)
            else:
                self._end_of_token(token)

    def _end(self, instance_id: str, deadline_seconds: float) -> None:
        if self.terminate_instance(instance_id):
            self.wait_for(instance_id, [InstanceState.TERMINATED], deadline_seconds=deadline_seconds)

    def _end_of_token(self, token: str) -> None:
        """Terminate what a creation may have made that was interrupted or whose answer was lost."""
        if self._is_open(token):
            for found in self.list_instances(filters={"tags": [label_of(token)]}):
                self.terminate_instance(found.id)

    @overload
    def sweep(
        self, label: str, older_than: timedelta, *, dry_run: Literal[False] = ...
    ) -> list[Instance]: ...
    @overload
    def sweep(self, label: str, older_than: timedelta, *, dry_run: Literal[True]) -> Plan: ...
    def sweep(self, label: str, older_than: timedelta, *, dry_run: bool = False) -> list[Instance] | Plan:
        """Return the instances with this label that are older than that, which were terminated.

        Args:
            label: one of Nova's own tags; see `InstanceOptions.labels` and `ephemeral`.
            older_than: since their creation.
            dry_run: terminate nothing, and return a plan that names them.
        """
        if older_than < timedelta(0):
            raise InvalidRequestError(f"older_than must not be negative: {older_than}")
        before = datetime.now(timezone.utc) - older_than
        found = [
            item
            for item in self.list_instances(filters={"tags": [checked_label(label)]})
            if item.created_at is not None and item.created_at <= before and item.state not in _GONE
        ]
        if dry_run:
            return Plan(
                operation="sweep",
                resource=label,
                changes={"terminate": [item.id for item in found]},
                checks=tuple(f"{item.name} was made at {item.created_at}" for item in found),
            )
        return [item for item in found if self.terminate_instance(item.id)]

    # -- the words of OpenStack --------------------------------------------------------------------------------
    def list_flavors(self) -> list[InstanceType]:
        """Return all flavors; another name of `list_instance_types`."""
        return self.list_instance_types()

    def list_keypairs(self) -> list[KeyPair]:
        """Return all key pairs; another name of `list_key_pairs`."""
        return self.list_key_pairs()

    @overload
    def create_keypair(
        self, name: str, public_key: str | None = None, *, dry_run: Literal[False] = ...
    ) -> KeyPair: ...
    @overload
    def create_keypair(self, name: str, public_key: str | None = None, *, dry_run: Literal[True]) -> None: ...
    def create_keypair(
        self, name: str, public_key: str | None = None, *, dry_run: bool = False
    ) -> KeyPair | None:
        """Return a new key pair, or one of your own public key; see `create_key_pair` and `import_key_pair`."""
        if public_key is None:
            return self.create_key_pair(name, dry_run=dry_run)
        return self.import_key_pair(name, public_key, dry_run=dry_run)

    def delete_keypair(self, name: str, *, dry_run: bool = False) -> bool:
        """Make sure that no key pair has this name; another name of `delete_key_pair`."""
        return self.delete_key_pair(name, dry_run=dry_run)
