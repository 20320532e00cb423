"""The conformance kit of functions: subclass `ServerlessConformance` and give it a client.

    @pytest.fixture(scope="module")
    def client():
        with AcmeFunctionsClient(endpoint_url="http://127.0.0.1:9999") as client:
            yield client

    class TestAcme(ServerlessConformance):
        deviations = {"test_late_function_is_ended": "the test server never ends a function"}

A fixture ``harness`` returns a `ServerlessHarness` that says what else the provider has: its name of a Python
runtime, secrets to look for. The kit makes its own functions and removes them. It needs pytest and nothing else.
"""

from __future__ import annotations

import pytest

# Before the parts are imported, so that their assertions say what they compared.
_PARTS = ("base", "changes", "contract", "invocations", "logs", "refusals")
pytest.register_assert_rewrite(
    "cloud.testing._storage_base", *(f"cloud.testing._serverless_{part}" for part in _PARTS)
)

from cloud.testing._serverless_base import ServerlessHarness  # noqa: E402  # see above
from cloud.testing._serverless_changes import ChangePromises  # noqa: E402  # see above
from cloud.testing._serverless_contract import FunctionContractPromises  # noqa: E402  # see above
from cloud.testing._serverless_invocations import InvocationPromises  # noqa: E402  # see above
from cloud.testing._serverless_logs import LogPromises  # noqa: E402  # see above
from cloud.testing._serverless_refusals import RefusalPromises  # noqa: E402  # see above

__all__ = ["ServerlessConformance", "ServerlessHarness"]


class ServerlessConformance(
    FunctionContractPromises, ChangePromises, InvocationPromises, LogPromises, RefusalPromises
):
    """Everything that a client of functions promises, as tests. Needs a fixture ``client``.

    Class attributes:
        title: what the run is called.
        deviations: what the server under test itself gets wrong, test name to reason.
    """
