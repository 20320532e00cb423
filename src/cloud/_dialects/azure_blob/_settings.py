"""Settings of containers and of the account, through azure-storage-blob."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, final

from cloud._dialects._answers import understood
from cloud._dialects.azure_blob._metadata import decode_name, encode_name
from cloud._dialects.azure_blob._native import blob_client, call_sdk
from cloud._dialects.azure_blob._store import AzureObjectStore
from cloud.common._storage_core import checked_metadata
from cloud.common.errors import InvalidRequestError, ServiceUnavailableError
from cloud.common.models import utc

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cloud._dialects.azure_blob._records import AccountInfo, BucketAccess

MAX_POLICIES = 5  # https://learn.microsoft.com/rest/api/storageservices/define-stored-access-policy


class AzureSettings(AzureObjectStore):
    """Settings of containers and of the account."""

    def _container(self, operation: str, bucket: str, call: Callable[[Any], Any]) -> Any:
        self._check_bucket(bucket)
        return self._run(operation, bucket, lambda: call(self.native.get_container_client(bucket)))

    @final
    def get_bucket_metadata(self, bucket: str) -> dict[str, str]:
        """Return the container's metadata."""

        def get(client: Any) -> dict[str, str]:
            answer = call_sdk(client.get_container_properties)
            with understood("container"):
                return {decode_name(name): value for name, value in (answer.metadata or {}).items()}

        found: dict[str, str] = self._container("get_bucket_metadata", bucket, get)
        return found

    @final
    def set_bucket_metadata(self, bucket: str, metadata: Mapping[str, str]) -> None:
        """Replace all metadata of the container; empty removes it."""
        stored = {encode_name(name): value for name, value in checked_metadata(metadata).items()}
        self._container(
            "set_bucket_metadata",
            bucket,
            lambda client: call_sdk(client.set_container_metadata, metadata=stored),
        )

    @final
    def get_bucket_access(self, bucket: str) -> BucketAccess:
        """Return the container's public access and its stored access policies."""
        from cloud._dialects.azure_blob._records import AccessPolicy, BucketAccess

        def get(client: Any) -> BucketAccess:
            answer = call_sdk(client.get_container_access_policy)
            with understood("list of policies"):
                policies = {
                    item.id: AccessPolicy(
                        permissions=item.access_policy.permission or "",
                        starts_at=_moment(item.access_policy.start),
                        expires_at=_moment(item.access_policy.expiry),
                    )
                    for item in answer["signed_identifiers"]
                }
                return BucketAccess(public=answer["public_access"] or "none", policies=policies)

        found: BucketAccess = self._container("get_bucket_access", bucket, get)
        return found

    @final
    def set_bucket_access(self, bucket: str, access: BucketAccess) -> None:
        """Replace the container's public access and its stored access policies, both at once.

        A changed or removed policy applies to signatures that refer to it, after up to 30 seconds. Accounts
        may forbid public access altogether.
        https://learn.microsoft.com/rest/api/storageservices/set-container-acl#remarks
        """
        if len(access.policies) > MAX_POLICIES:
            raise InvalidRequestError(f"a container has at most {MAX_POLICIES} stored access policies")

        def call(client: Any) -> Any:
            from azure.storage.blob import AccessPolicy as SdkPolicy

            from cloud._dialects.azure_blob._sas import bucket_permissions

            identifiers = {
                name: SdkPolicy(
                    permission=bucket_permissions(policy.permissions) or None,
                    start=None if policy.starts_at is None else utc(policy.starts_at),
                    expiry=None if policy.expires_at is None else utc(policy.expires_at),
                )
                for name, policy in access.policies.items()
            }
            public = None if access.public == "none" else access.public
            return call_sdk(client.set_container_access_policy, identifiers, public_access=public)

        self._container("set_bucket_access", bucket, call)

    @final
    def get_account_info(self) -> AccountInfo:
        """Return what kind of account this is."""
        from cloud._dialects.azure_blob._records import AccountInfo

        def ask() -> AccountInfo:
            answer = call_sdk(self.native.get_account_information)
            if not answer.get("sku_name") or not answer.get("account_kind"):
                # azure-core takes any success, also a captive portal's, for an answer that leaves all out.
                raise ServiceUnavailableError("the answer names no account: not an Azure service's")
            return AccountInfo(
                sku=answer["sku_name"], kind=answer["account_kind"], hierarchical=answer.get("is_hns_enabled")
            )

        return self._run("get_account_info", "", ask)

    @final
    def get_soft_delete_days(self) -> int | None:
        """Return for how many days deleted objects can be brought back; None when they are gone at once."""

        def get() -> int | None:
            answer = call_sdk(self.native.get_service_properties)
            with understood("account's settings"):
                policy = answer["delete_retention_policy"]
                return policy.days if policy.enabled else None

        return self._run("get_soft_delete_days", "", get)

    @final
    def set_soft_delete_days(self, days: int | None) -> None:
        """Keep deleted objects for so many days, 1 to 365, for `undelete_file`; None for not at all.

        It is a setting of the whole account.
        """
        if days is not None and not 1 <= days <= 365:
            raise InvalidRequestError(f"deleted objects are kept for 1 to 365 days, not {days}")

        def call() -> None:
            from azure.storage.blob import RetentionPolicy

            policy = RetentionPolicy(enabled=days is not None, days=days)
            call_sdk(self.native.set_service_properties, delete_retention_policy=policy)

        self._run("set_soft_delete_days", "", call)

    @final
    def set_retention(
        self, bucket: str, key: str, until: datetime, *, locked: bool = False, version_id: str | None = None
    ) -> None:
        """Forbid that the object is changed or deleted before `until`.

        The container must have been made with version-level immutability.
        https://learn.microsoft.com/azure/storage/blobs/immutable-storage-overview

        Args:
            bucket, key: the object.
            until: when it ends.
            locked: True for a time that nobody can shorten, not even the account's owner.
            version_id: this version.
        """
        self._get_request(bucket, key, 0, None, version_id)
        moment = utc(until)

        def call() -> None:
            from azure.storage.blob import ImmutabilityPolicy

            policy = ImmutabilityPolicy(expiry_time=moment, policy_mode="Locked" if locked else "Unlocked")
            call_sdk(blob_client(self.native, bucket, key, version_id).set_immutability_policy, policy)

        self._run("set_retention", f"{bucket}/{key}", call)

    @final
    def delete_retention(self, bucket: str, key: str, *, version_id: str | None = None) -> None:
        """Allow again that the object is changed or deleted, if its retention is not locked."""
        self._get_request(bucket, key, 0, None, version_id)
        self._run(
            "delete_retention",
            f"{bucket}/{key}",
            lambda: call_sdk(blob_client(self.native, bucket, key, version_id).delete_immutability_policy),
        )

    @final
    def set_legal_hold(self, bucket: str, key: str, *, enabled: bool, version_id: str | None = None) -> None:
        """Forbid that the object is changed or deleted until the hold is taken off again.

        The container must have been made with version-level immutability.
        """
        self._get_request(bucket, key, 0, None, version_id)
        self._run(
            "set_legal_hold",
            f"{bucket}/{key}",
            lambda: call_sdk(blob_client(self.native, bucket, key, version_id).set_legal_hold, enabled),
        )


def _moment(text: object) -> datetime | None:
    """Return the moment of a policy, which the SDK gives as the service's text."""
    from cloud._dialects._xmltree import parse_timestamp

    if text is None or isinstance(text, datetime):
        return text
    return parse_timestamp(str(text)) if text else None
