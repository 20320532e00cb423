"""The conformance kit of compute clients: subclass `ComputeConformance` and give it a client and a harness.

    @pytest.fixture(scope="module")
    def client():
        with AcmeComputeClient(endpoint_url="http://127.0.0.1:9999") as client:
            yield client

    class AcmeHarness(ComputeHarness):
        image_id, instance_type, other_instance_type = "small-linux", "tiny", "small"
        missing_id = missing_image_id = "0b1946c2-7a7c-4f7a-8f49-000000000000"

    class TestAcme(ComputeConformance):
        deviations = {"test_unknown_image_makes_nothing": "the test server starts from any image"}

        @pytest.fixture
        def harness(self, client):
            return AcmeHarness(client)

The kit makes its own instances and terminates them: on a real account they are charged. It needs pytest and
nothing else.
"""

from __future__ import annotations

import pytest

# Before the parts are imported, so that their assertions say what they compared.
pytest.register_assert_rewrite(
    "cloud.testing._storage_base",  # its helpers serve every kit, and whichever is loaded first asks for it
    *(f"cloud.testing._compute_{part}" for part in ("base", "create", "errors", "life", "listing")),
)

from cloud.testing._compute_base import ComputeHarness  # noqa: E402  # see above
from cloud.testing._compute_create import CreatePromises  # noqa: E402  # see above
from cloud.testing._compute_errors import ErrorPromises  # noqa: E402  # see above
from cloud.testing._compute_life import LifePromises  # noqa: E402  # see above
from cloud.testing._compute_listing import ListingPromises  # noqa: E402  # see above

__all__ = ["ComputeConformance", "ComputeHarness"]


class ComputeConformance(LifePromises, CreatePromises, ListingPromises, ErrorPromises):
    """Everything that a compute client promises, as tests. Needs fixtures ``client`` and ``harness``.

    Class attributes:
        title: what is tested, for reports.
        deviations: what the server under test itself gets wrong, test name to reason.
    """
