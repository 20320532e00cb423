"""The contracts: abstract classes with exactly the specification's methods.

A class that implements only these is a valid client. The templates in ``_base_*.py`` implement them once
for the providers of this library and add the rest of the surface.

Meaning, the same everywhere: a ``bool`` answers "did this change anything"; a failure is always a
`CloudError`; an empty result is never a failure and a failure never an empty result.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud.common.enums import ResourceType
    from cloud.common.models import CloudResource, FunctionInfo, Instance


class CloudClient(ABC):
    """Resources of any kind, in the words that all providers share. Every client is one."""

    @abstractmethod
    def list_resources(self, resource_type: ResourceType | None = None) -> list[CloudResource]:
        """Return all resources that this client manages, of one type or of every type.

        A type that this client does not manage gives an empty list.
        """

    @abstractmethod
    def get_resource(self, id: str) -> CloudResource | None:  # noqa: A002  # the specification's name
        """Return the resource with this id, or None when there is none."""

    @abstractmethod
    def create_resource(
        self, name: str, resource_type: ResourceType, config: Mapping[str, Any]
    ) -> CloudResource:
        """Return the resource that was made.

        Raises:
            AlreadyExistsError: there is one of that name already.
            UnsupportedOperationError: this client does not manage resources of that type.
            InvalidRequestError: `config` has a name that this type does not take.
        """

    @abstractmethod
    def delete_resource(self, id: str) -> bool:  # noqa: A002  # the specification's name
        """Make sure that the resource is gone; False when there was none."""


class StorageClient(ABC):
    """Buckets and the objects in them.

    A missing bucket is `NotFoundError`, never an empty list. Keys are byte-exact: what was put is what is
    listed; a key that the provider cannot hold raises `InvalidRequestError` before any request.
    """

    @abstractmethod
    def list_buckets(self) -> list[str]:
        """Return the names of all buckets that the credentials may list, sorted."""

    @abstractmethod
    def create_bucket(self, name: str) -> bool:
        """Make sure that you own a bucket of this name; False when you already did.

        Raises:
            AlreadyExistsError: somebody else owns a bucket of that name.
        """

    @abstractmethod
    def upload_file(self, bucket: str, key: str, data: bytes) -> str:
        """Store `data` under `key` and return the object's URI, such as ``s3://bucket/key``.

        Atomic: readers see the old object or the new one, never a mixture and never a part.
        """

    @abstractmethod
    def download_file(self, bucket: str, key: str) -> bytes:
        """Return the whole body of the object."""

    @abstractmethod
    def delete_file(self, bucket: str, key: str) -> bool:
        """Make sure that no object is at `key`; False when none was there."""


class ComputeClient(ABC):
    """Virtual machines, or whatever the provider runs in their place."""

    @abstractmethod
    def list_instances(self) -> list[Instance]:
        """Return all instances, of every state and every page."""

    @abstractmethod
    def start_instance(self, instance_id: str) -> bool:
        """Ask the instance to run; False when it was running already."""

    @abstractmethod
    def stop_instance(self, instance_id: str) -> bool:
        """Ask the instance to stop; False when it was stopped already."""

    @abstractmethod
    def create_instance(self, name: str, instance_type: str, image_id: str) -> Instance:
        """Return the instance that was made. One call never makes two."""


class ServerlessClient(ABC):
    """Functions that a provider runs on demand."""

    @abstractmethod
    def list_functions(self) -> list[FunctionInfo]:
        """Return all functions, of every page."""

    @abstractmethod
    def invoke_function(self, function_name: str, payload: Mapping[str, Any]) -> Any:
        """Return what the function returned, decoded from JSON. It runs at most once per call."""

    @abstractmethod
    def create_function(self, name: str, runtime: str, handler: str, code_path: str) -> FunctionInfo:
        """Return the function made from the file, folder or zip at `code_path`."""
