"""Many objects at once: folders and prefixes, copied or moved between the disk and any two stores.

Everything here knows the contracts alone. A failed item never stops the others: it is a `TransferItem` with
an error in the `TransferReport`.
"""

from typing import TYPE_CHECKING

from cloud.common._lazy import lazy_exports

if TYPE_CHECKING:
    from cloud.transfer._objects import copy_object as copy_object
    from cloud.transfer._objects import download_object as download_object
    from cloud.transfer._objects import upload_object as upload_object
    from cloud.transfer._records import Existing as Existing
    from cloud.transfer._records import Progress as Progress
    from cloud.transfer._records import TransferItem as TransferItem
    from cloud.transfer._records import TransferReport as TransferReport
    from cloud.transfer._records import WriteOptions as WriteOptions
    from cloud.transfer._select import Selection as Selection
    from cloud.transfer._trees import copy_tree as copy_tree
    from cloud.transfer._trees import download_tree as download_tree
    from cloud.transfer._trees import upload_tree as upload_tree
    from cloud.transfer._usage import FolderUsage as FolderUsage
    from cloud.transfer._usage import folder_usage as folder_usage

__all__ = [
    "Existing",
    "FolderUsage",
    "Progress",
    "Selection",
    "TransferItem",
    "TransferReport",
    "WriteOptions",
    "copy_object",
    "copy_tree",
    "download_object",
    "download_tree",
    "folder_usage",
    "upload_object",
    "upload_tree",
]
__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "Existing": "._records",
        "FolderUsage": "._usage",
        "Progress": "._records",
        "Selection": "._select",
        "TransferItem": "._records",
        "TransferReport": "._records",
        "WriteOptions": "._records",
        "copy_object": "._objects",
        "copy_tree": "._trees",
        "download_object": "._objects",
        "download_tree": "._trees",
        "folder_usage": "._usage",
        "upload_object": "._objects",
        "upload_tree": "._trees",
    },
)
