"""The settings of buckets, through google-cloud-storage: what is not hot."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, TypeVar, final

from cloud._dialects._answers import understood
from cloud._dialects.gcs._store import GCSObjectStore
from cloud.common._observe import call_facts
from cloud.common.errors import InvalidRequestError, ServiceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

T = TypeVar("T")


class GCSBucketSettings(GCSObjectStore):
    """Google Cloud Storage with the settings of its buckets."""

    # -- the SDK -------------------------------------------------------------------------------------------------
    def _call_arguments(self) -> dict[str, Any]:
        """Return what every call of the SDK gets: no retries of its own, and the client's timeouts."""
        call_facts().requests += 1
        timeouts = self._setup.timeouts
        return {"retry": None, "timeout": (timeouts.connect, timeouts.read)}

    def _handle(self, bucket: str) -> Any:
        """Return the SDK's bucket; no request is made."""
        return self.native.bucket(bucket, user_project=self._setup.options.user_project)

    def _settings(self, operation: str, bucket: str, read: Callable[[dict[str, Any]], T]) -> T:
        """Return what `read` finds in the bucket's resource.

        https://cloud.google.com/storage/docs/json_api/v1/buckets
        """
        self._check_bucket(bucket)

        def get() -> T:
            handle = self._handle(bucket)
            with understood("bucket's resource"):
                handle.reload(**self._call_arguments())
                # The resource as it came: the SDK's own properties leave out lifecycle rules that it does not know.
                resource: dict[str, Any] = handle._properties  # noqa: SLF001  # for that reason
                require_kind(resource, "storage#bucket")
                return read(resource)

        return self._run(operation, bucket, get)

    def _change(
        self, operation: str, bucket: str, name: str, value: object, *, metageneration: str | None = None
    ) -> None:
        """Merge `value` into one field of the bucket's resource and leave every other alone."""
        self._check_bucket(bucket)

        def patch() -> None:
            handle = self._handle(bucket)
            # The SDK's own setters also send fields that were not asked for: uniform access switches public
            # access prevention to its default unless the bucket was read before.
            handle._patch_property(name, value)  # noqa: SLF001  # for that reason
            handle.patch(if_metageneration_match=metageneration, **self._call_arguments())
            require_kind(handle._properties, "storage#bucket")  # noqa: SLF001  # the answer, as it came

        self._run(operation, bucket, patch, idempotent=metageneration is None)

    # -- settings of buckets -----------------------------------------------------------------------------------
    @final
    def get_bucket_location(self, bucket: str) -> str:
        """Return where the bucket is, in Google's words: ``EU``, ``EUROPE-WEST6``, ``NAM4``."""
        return self._settings("get_bucket_location", bucket, lambda found: str(found["location"]))

    @final
    def get_bucket_storage_class(self, bucket: str) -> str:
        """Return the storage class of objects that are written without one."""
        return self._settings("get_bucket_storage_class", bucket, lambda found: str(found["storageClass"]))

    @final
    def set_bucket_storage_class(self, bucket: str, storage_class: str) -> None:
        """Change the storage class of what will be written; objects that are there keep theirs.

        Args:
            bucket: the bucket.
            storage_class: STANDARD, NEARLINE, COLDLINE or ARCHIVE
                (https://cloud.google.com/storage/docs/storage-classes).
        """
        self._change("set_bucket_storage_class", bucket, "storageClass", storage_class)

    @final
    def get_bucket_versioning(self, bucket: str) -> bool:
        """Return whether the bucket keeps a noncurrent version of everything that is replaced or deleted."""
        return self._settings(
            "get_bucket_versioning",
            bucket,
            lambda found: bool(found.get("versioning", {}).get("enabled", False)),
        )

    @final
    def set_bucket_versioning(self, bucket: str, *, enabled: bool) -> None:
        """Start keeping noncurrent versions, or stop (what was kept stays)."""
        self._change("set_bucket_versioning", bucket, "versioning", {"enabled": enabled})

    @final
    def get_bucket_labels(self, bucket: str) -> dict[str, str]:
        """Return the bucket's labels."""
        return self._settings("get_bucket_labels", bucket, lambda found: dict(found.get("labels", {})))

    @final
    def set_bucket_labels(self, bucket: str, labels: Mapping[str, str]) -> None:
        """Replace the bucket's labels; empty removes them.

        Raises:
            PreconditionFailedError: somebody changed the bucket meanwhile; nothing was changed here.
        """
        present, metageneration = self._settings(
            "set_bucket_labels",
            bucket,
            lambda found: (dict(found.get("labels", {})), found.get("metageneration")),
        )
        merged = {**dict.fromkeys(present), **labels}  # None removes a label
        self._change("set_bucket_labels", bucket, "labels", merged, metageneration=metageneration)

    @final
    def get_uniform_access(self, bucket: str) -> bool:
        """Return whether IAM alone decides who may do what, and no object has an ACL."""
        return self._settings(
            "get_uniform_access",
            bucket,
            lambda found: bool(
                found.get("iamConfiguration", {}).get("uniformBucketLevelAccess", {}).get("enabled", False)
            ),
        )

    @final
    def set_uniform_access(self, bucket: str, *, enabled: bool) -> None:
        """Let IAM alone decide, or objects have ACLs again (possible for 90 days after it was switched on).

        https://cloud.google.com/storage/docs/uniform-bucket-level-access
        """
        self._change(
            "set_uniform_access",
            bucket,
            "iamConfiguration",
            {"uniformBucketLevelAccess": {"enabled": enabled}},
        )

    @final
    def get_requester_pays(self, bucket: str) -> bool:
        """Return whether who asks for an object pays for the request and the transfer."""
        return self._settings(
            "get_requester_pays",
            bucket,
            lambda found: bool(found.get("billing", {}).get("requesterPays", False)),
        )

    @final
    def set_requester_pays(self, bucket: str, *, enabled: bool) -> None:
        """Let who asks pay, or the bucket's owner again."""
        self._change("set_requester_pays", bucket, "billing", {"requesterPays": enabled})

    @final
    def get_default_kms_key(self, bucket: str) -> str | None:
        """Return the Cloud KMS key that encrypts what is written without one; None for Google's own."""
        key: str | None = self._settings(
            "get_default_kms_key",
            bucket,
            lambda found: found.get("encryption", {}).get("defaultKmsKeyName"),
        )
        return key

    @final
    def set_default_kms_key(self, bucket: str, key_name: str | None) -> None:
        """Encrypt what will be written by this key; None for Google's own.

        Args:
            bucket: the bucket.
            key_name: ``projects/P/locations/L/keyRings/R/cryptoKeys/K``, in the bucket's location; the
                service agent of Cloud Storage needs roles/cloudkms.cryptoKeyEncrypterDecrypter on it
                (https://cloud.google.com/storage/docs/encryption/customer-managed-keys).
        """
        self._change("set_default_kms_key", bucket, "encryption", {"defaultKmsKeyName": key_name})

    @final
    def get_bucket_lifecycle(self, bucket: str) -> list[dict[str, Any]]:
        """Return the bucket's lifecycle rules, in the words of Google's API; empty when it has none."""
        return self._settings(
            "get_bucket_lifecycle", bucket, lambda found: list(found.get("lifecycle", {}).get("rule", []))
        )

    @final
    def set_bucket_lifecycle(self, bucket: str, rules: Sequence[Mapping[str, Any]]) -> None:
        """Replace the bucket's lifecycle rules; empty removes them.

        Args:
            bucket: the bucket.
            rules: ``lifecycle.rule`` of https://cloud.google.com/storage/docs/json_api/v1/buckets
        """
        self._change("set_bucket_lifecycle", bucket, "lifecycle", {"rule": [dict(rule) for rule in rules]})

    @final
    def get_bucket_cors(self, bucket: str) -> list[dict[str, Any]]:
        """Return the rules for browsers of other origins, in the words of Google's API; empty for none."""
        return self._settings("get_bucket_cors", bucket, lambda found: list(found.get("cors", [])))

    @final
    def set_bucket_cors(self, bucket: str, rules: Sequence[Mapping[str, Any]]) -> None:
        """Replace the bucket's rules for browsers of other origins; empty removes them.

        Args:
            bucket: the bucket.
            rules: ``cors`` of https://cloud.google.com/storage/docs/json_api/v1/buckets
        """
        self._change("set_bucket_cors", bucket, "cors", [dict(rule) for rule in rules])

    @final
    def get_bucket_policy(self, bucket: str) -> dict[str, Any]:
        """Return the bucket's IAM policy: ``version``, ``etag`` and ``bindings``, conditions included."""
        self._check_bucket(bucket)

        def get() -> dict[str, Any]:
            # Version 3 has conditions; a lower one hides them, and writing it back would remove them:
            # https://cloud.google.com/iam/docs/policies#versions
            handle, arguments = self._handle(bucket), self._call_arguments()
            with understood("policy"):
                policy = handle.get_iam_policy(requested_policy_version=3, **arguments)
                return {"bindings": [], **_policy_document(policy)}

        return self._run("get_bucket_policy", bucket, get)

    @final
    def set_bucket_policy(self, bucket: str, policy: Mapping[str, Any]) -> None:
        """Replace the bucket's IAM policy by a changed one of `get_bucket_policy`.

        Raises:
            InvalidRequestError: the policy has no ``etag``, so a change of somebody else could be lost.
            PreconditionFailedError: somebody changed it meanwhile: get it again.
        """
        self._check_bucket(bucket)
        if not policy.get("etag"):
            raise InvalidRequestError(
                "the policy has no etag", hint="change the one that get_bucket_policy returned"
            )
        from google.api_core import iam

        kind: Any = iam.Policy
        changed = kind.from_api_repr(deepcopy(dict(policy)))  # it turns lists of the original into sets
        self._run(
            "set_bucket_policy",
            bucket,
            lambda: _policy_document(self._handle(bucket).set_iam_policy(changed, **self._call_arguments())),
            idempotent=False,
        )


def require_kind(resource: Mapping[str, Any], kind: str) -> None:
    """Check that an answer is a resource of the kind that was asked for.

    Raises:
        ServiceUnavailableError: it is not: the SDK takes any page in JSON for one in which all is left out.
    """
    if not isinstance(resource, dict) or resource.get("kind") != kind:
        raise ServiceUnavailableError(f"the answer is no {kind}: this was not Google Cloud Storage")


def _policy_document(policy: Any) -> dict[str, Any]:
    """Return the SDK's policy as a document. Google's have an etag."""
    if policy.etag is None:
        raise ServiceUnavailableError("the answer is no policy: this was not Google Cloud Storage")
    document: dict[str, Any] = policy.to_api_repr()
    return document
