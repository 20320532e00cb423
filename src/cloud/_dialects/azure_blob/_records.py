"""What Azure alone has: leases, stored access policies, accounts. Loaded when one of them is first used."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from cloud.common.models import EMPTY, Record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

PublicAccess = Literal["none", "blob", "container"]


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessPolicy(Record):
    """A stored access policy: terms that signatures refer to by its id, and that can be changed later.

    Attributes:
        permissions: letters as for `generate_bucket_sas`; empty when each signature has its own.
        starts_at: from when, in whole seconds; None when each signature says so.
        expires_at: until when, in whole seconds; None when each signature says so.
    """

    permissions: str = ""
    starts_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BucketAccess(Record):
    """Who may use a container beside those with credentials.

    Attributes:
        public: what anybody may read: ``none``, ``blob`` (objects whose keys they know) or ``container``
            (also the listing).
        policies: stored access policies by id, at most 5.
    """

    public: PublicAccess = "none"
    policies: Mapping[str, AccessPolicy] = field(default=EMPTY, hash=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountInfo(Record):
    """What a storage account is.

    Attributes:
        sku: redundancy and performance, such as ``Standard_LRS``.
        kind: such as ``StorageV2``.
        hierarchical: whether keys are paths of real folders (Data Lake Storage), where renaming and deleting
            have other rules; None where the service does not say.
    """

    sku: str
    kind: str
    hierarchical: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Lease(Record):
    """A lease that you hold.

    Attributes:
        bucket: the container.
        key: the blob; None for a lease of the container itself.
        lease_id: the proof that it is yours: who has it may write, renew and release.
        seconds: how long it lasts after it was acquired or renewed; None for ever.
    """

    bucket: str
    key: str | None
    lease_id: str
    seconds: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TaggedObject(Record):
    """An object found by its tags.

    Attributes:
        bucket: the container it is in.
        key: its name.
        tags: those of its tags that the expression names.
    """

    bucket: str
    key: str
    tags: Mapping[str, str] = field(default=EMPTY, hash=False)
