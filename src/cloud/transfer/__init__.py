"""Many objects at once: folders and prefixes, copied, moved or kept in step between the disk and any two stores.

Everything here knows the contracts alone. A failed item never stops the others: it is a `TransferItem` with
an error in the report.
"""

from typing import TYPE_CHECKING

from cloud.common._lazy import lazy_exports

if TYPE_CHECKING:
    from cloud.transfer._check import CheckItem as CheckItem
    from cloud.transfer._check import CheckReport as CheckReport
    from cloud.transfer._check import Difference as Difference
    from cloud.transfer._check import check as check
    from cloud.transfer._cleanup import CleanupItem as CleanupItem
    from cloud.transfer._cleanup import Leftover as Leftover
    from cloud.transfer._cleanup import cleanup as cleanup
    from cloud.transfer._compare import Compare as Compare
    from cloud.transfer._many import ManyResult as ManyResult
    from cloud.transfer._many import delete_many as delete_many
    from cloud.transfer._many import download_many as download_many
    from cloud.transfer._many import upload_many as upload_many
    from cloud.transfer._objects import copy_object as copy_object
    from cloud.transfer._objects import download_object as download_object
    from cloud.transfer._objects import upload_object as upload_object
    from cloud.transfer._plan import Action as Action
    from cloud.transfer._plan import Plan as Plan
    from cloud.transfer._plan import PlanItem as PlanItem
    from cloud.transfer._records import Existing as Existing
    from cloud.transfer._records import Progress as Progress
    from cloud.transfer._records import TransferItem as TransferItem
    from cloud.transfer._records import TransferReport as TransferReport
    from cloud.transfer._records import WriteOptions as WriteOptions
    from cloud.transfer._select import Selection as Selection
    from cloud.transfer._sides import Location as Location
    from cloud.transfer._sync import SyncReport as SyncReport
    from cloud.transfer._sync import sync as sync
    from cloud.transfer._trees import copy_tree as copy_tree
    from cloud.transfer._trees import download_tree as download_tree
    from cloud.transfer._trees import upload_tree as upload_tree
    from cloud.transfer._usage import FolderUsage as FolderUsage
    from cloud.transfer._usage import folder_usage as folder_usage

__all__ = [
    "Action",
    "CheckItem",
    "CheckReport",
    "CleanupItem",
    "Compare",
    "Difference",
    "Existing",
    "FolderUsage",
    "Leftover",
    "Location",
    "ManyResult",
    "Plan",
    "PlanItem",
    "Progress",
    "Selection",
    "SyncReport",
    "TransferItem",
    "TransferReport",
    "WriteOptions",
    "check",
    "cleanup",
    "copy_object",
    "copy_tree",
    "delete_many",
    "download_many",
    "download_object",
    "download_tree",
    "folder_usage",
    "sync",
    "upload_many",
    "upload_object",
    "upload_tree",
]
__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "Action": "._plan",
        "CheckItem": "._check",
        "CheckReport": "._check",
        "CleanupItem": "._cleanup",
        "Compare": "._compare",
        "Difference": "._check",
        "Existing": "._records",
        "FolderUsage": "._usage",
        "Leftover": "._cleanup",
        "Location": "._sides",
        "ManyResult": "._many",
        "Plan": "._plan",
        "PlanItem": "._plan",
        "Progress": "._records",
        "Selection": "._select",
        "SyncReport": "._sync",
        "TransferItem": "._records",
        "TransferReport": "._records",
        "WriteOptions": "._records",
        "check": "._check",
        "cleanup": "._cleanup",
        "copy_object": "._objects",
        "copy_tree": "._trees",
        "delete_many": "._many",
        "download_many": "._many",
        "download_object": "._objects",
        "download_tree": "._trees",
        "folder_usage": "._usage",
        "sync": "._sync",
        "upload_many": "._many",
        "upload_object": "._objects",
        "upload_tree": "._trees",
    },
)
