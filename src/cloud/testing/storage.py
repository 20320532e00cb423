"""The conformance kit of storage clients: subclass `StorageConformance` and give it a client.

    @pytest.fixture(scope="module")
    def client():
        with AcmeStorageClient(endpoint_url="http://127.0.0.1:9999") as client:
            yield client

    class TestAcme(StorageConformance):
        deviations = {"test_url_expires": "the test server ignores the expiry"}

A fixture ``harness`` returns a `StorageHarness` that says what else the store has: other identities, secrets
to look for, versions. The kit makes its own buckets and removes them. It needs pytest and nothing else.
"""

from __future__ import annotations

import pytest

# Before the parts are imported, so that their assertions say what they compared.
_PARTS = (
    "base", "conditions", "contract", "errors", "keys", "listing", "objects", "presigned", "reads", "sharing",
    "writes",
)  # fmt: skip  # one line reads best
pytest.register_assert_rewrite(*(f"cloud.testing._storage_{part}" for part in _PARTS))

from cloud.testing._storage_base import StorageHarness  # noqa: E402  # see above
from cloud.testing._storage_conditions import ConditionPromises  # noqa: E402  # see above
from cloud.testing._storage_contract import ContractPromises  # noqa: E402  # see above
from cloud.testing._storage_errors import ErrorPromises  # noqa: E402  # see above
from cloud.testing._storage_keys import ODD_KEYS, KeyPromises  # noqa: E402  # see above
from cloud.testing._storage_listing import ListingPromises  # noqa: E402  # see above
from cloud.testing._storage_objects import CopyPromises, MetadataPromises  # noqa: E402  # see above
from cloud.testing._storage_presigned import PresignedPromises, VersionPromises  # noqa: E402  # see above
from cloud.testing._storage_reads import ReadPromises  # noqa: E402  # see above
from cloud.testing._storage_sharing import SharingPromises  # noqa: E402  # see above
from cloud.testing._storage_writes import WritePromises  # noqa: E402  # see above

__all__ = ["ODD_KEYS", "StorageConformance", "StorageHarness"]


class StorageConformance(
    ContractPromises,
    KeyPromises,
    ListingPromises,
    ReadPromises,
    WritePromises,
    MetadataPromises,
    CopyPromises,
    ConditionPromises,
    PresignedPromises,
    VersionPromises,
    ErrorPromises,
    SharingPromises,
):
    """Everything that a storage client promises, as tests. Needs a fixture ``client``.

    Class attributes:
        title: name of the column in the table of capabilities.
        deviations: what the server under test itself gets wrong, test name to reason.
        unsteady: likewise, for what it gets wrong only sometimes.
        refused_keys: ids in `ODD_KEYS` of the keys that the client refuses.
        possible_buckets: ids in `ODD_BUCKETS` of the names that the service can hold after all.
    """
