"""Every kind of fault once for every client, at an operation and a request that a seed chooses.

All of the matrix is run by `make faults`; docs/reliability.md has its table.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from cloud.common import RetryPolicy
from faults.conftest import quicker
from faults.matrix import expected, ours
from faults.matrix.cases import POSITIONS, Case, Operation, Outcome, Verdict, faults
from faults.matrix.clients import carry_out
from faults.matrix.judge import Place, judge
from faults.matrix.stores import STORES, fill

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cloud.common import BaseStorageClient
    from cloud.testing import FaultProxy
    from faults.matrix.clients import Settings
    from faults.matrix.stores import Store

pytestmark = pytest.mark.timeout(60)  # a hang is what these tests are about

SEED = 4
SILENT = {"slow_head", "stall_body", "stall_upload"}
SILENCE = 1.0  # longer than a slow service needs on a busy machine
PATIENCE = 10.0
FAULTS = faults()
UPLOADS = [operation for operation in Operation if operation.writes or operation is Operation.SYNC_UP]


def _chosen(client: str) -> list[Case]:
    """Return one case of each fault; what damages a request's body meets one that has a body."""
    chance = random.Random(f"{SEED} {client}")  # noqa: S311  # it guards nothing
    cases = []
    for name in FAULTS:
        operation = chance.choice(UPLOADS if "upload" in name else list(Operation))
        cases.append(Case(client, operation, name, chance.choice(POSITIONS[operation])))
    return cases


@pytest.fixture(scope="module", params=STORES.values(), ids=lambda store: store.ours)
def store(request: pytest.FixtureRequest) -> Store:
    found: Store = request.param
    return found


@pytest.fixture(scope="module")
def server(store: Store, request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(store.fixture)


@pytest.fixture(scope="module")
def direct(store: Store, server: Any) -> Iterator[BaseStorageClient]:
    with store.direct(server) as client:
        fill(client)
        yield client


def run(case: Case, store: Store, server: Any, direct: BaseStorageClient, folder: Path) -> Outcome:
    silence = SILENCE if case.name in SILENT else PATIENCE

    def carry(settings: Settings, case: Case, key: str, proxy: FaultProxy) -> dict[str, Any]:
        client = ours.connect(store.ours, settings, retry=RetryPolicy(jitter=lambda ceiling: ceiling))
        client.client._runtime._sleep = lambda _seconds: proxy.accept()  # by then the service is back
        try:
            return carry_out(client, case.operation.value, key, folder)
        finally:
            client.close()

    return judge(case, FAULTS[case.name], Place(server, direct, folder, silence), carry, sleep=quicker)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_makes_nothing_wrong_torn_or_left_behind(
    name: str, store: Store, server: Any, direct: BaseStorageClient, tmp_path: Path
) -> None:
    (case,) = (case for case in _chosen(store.ours) if case.name == name)
    outcome = run(case, store, server, direct, tmp_path)
    assert expected.reason(case, outcome.verdict) is not None, f"{case}: {outcome}"


# A short answer to a large read was taken for the object, and an upload that was begun anew left what it had begun
# before.
@pytest.mark.parametrize(
    ("operation", "name", "position"),
    [
        (Operation.BYTES, "trunc_cl", 1),
        (Operation.FILE, "trunc_cl", 1),
        (Operation.PARTS, "status 500", 2),
    ],
)
def test_what_the_matrix_once_found_ends_right(
    operation: Operation,
    name: str,
    position: int,
    store: Store,
    server: Any,
    direct: BaseStorageClient,
    tmp_path: Path,
) -> None:
    outcome = run(Case(store.ours, operation, name, position), store, server, direct, tmp_path)
    assert outcome.verdict is Verdict.RIGHT, outcome
