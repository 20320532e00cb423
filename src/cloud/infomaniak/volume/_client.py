"""Volumes, snapshots and backups of Infomaniak's OpenStack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud.common._records import CloudResource
from cloud.common.enums import CloudProvider, ResourceType
from cloud.common.errors import AlreadyExistsError, NotFoundError, UnsupportedOperationError
from cloud.common.models import FrozenMap
from cloud.infomaniak._service import call_with
from cloud.infomaniak.volume._backups import BackupCalls
from cloud.infomaniak.volume._moves import VolumeMoves

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud.infomaniak.volume._records import Volume


class InfomaniakVolumeClient(BackupCalls, VolumeMoves):
    """Infomaniak Public Cloud's block storage, or any OpenStack's (Cinder). Sizes are in GiB.

    Every call that changes something takes ``dry_run=True``: then it checks arguments, the existence of what it
    names and the quota, changes nothing, and returns a `Plan`. Making a client sends nothing and loads no SDK.

    Listings are lazy and of all pages. Names need not be unique in OpenStack: methods take ids.

    Args:
        credentials, region, endpoint_url, profile, timeout, retry, limits, observers, ca_bundle, verify: see
            `OpenStackClient`; `endpoint_url` is Cinder's, with the project's id at its end.
    """

    def list_resources(self, resource_type: ResourceType | None = None) -> list[CloudResource]:
        """Return the volumes."""
        if resource_type not in {None, ResourceType.STORAGE}:
            return []
        return [self._resource(found) for found in self.list_volumes()]

    def get_resource(self, id: str) -> CloudResource | None:  # noqa: A002  # the specification's name
        """Return the volume with this id, or None when there is none."""
        try:
            return self._resource(self.get_volume(id))
        except NotFoundError:
            return None

    def create_resource(
        self, name: str, resource_type: ResourceType, config: Mapping[str, Any]
    ) -> CloudResource:
        """Return the new volume.

        Args:
            config: the arguments of `create_volume`; `size` at least.

        Raises:
            AlreadyExistsError: there is one of that name already.
        """
        if resource_type is not ResourceType.STORAGE:
            raise UnsupportedOperationError(f"this client makes no {resource_type.value}")
        if any(found.name == name for found in self.list_volumes(name=name)):
            raise AlreadyExistsError(
                f"there is a volume called {name!r}", context=self._runtime.context("create_resource", name)
            )
        return self._resource(call_with(self.create_volume, name=name, **{"size": None, **config}))

    def delete_resource(self, id: str) -> bool:  # noqa: A002  # the specification's name
        """Ask for the volume to be deleted; False when there was none."""
        return self.delete_volume(id)

    def _resource(self, found: Volume) -> CloudResource:
        return CloudResource(
            id=found.id,
            name=found.name,
            resource_type=ResourceType.STORAGE,
            provider=CloudProvider.INFOMANIAK,
            region=self.region,
            status=found.status,
            created_at=found.created_at,
            tags=found.metadata,
            metadata=FrozenMap({"kind": "volume", "size_gib": found.size_gib}),
            raw=found.raw,
        )
