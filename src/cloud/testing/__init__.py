"""What tests of and with this library need: conformance kits, and servers that misbehave on demand.

`StorageConformance` is the kit that every storage client passes, `ComputeConformance` that of compute clients;
they need pytest (``cloud[testing]``).
`FaultProxy` stands between a client and a real server and makes chosen requests go wrong;
`ScriptedServer` answers what a test wrote down. `FakeCodaServer` is a Coda that remembers,
`FakeNewsletterServer` an Infomaniak newsletter. All of them listen on loopback and need no extra.
"""

from typing import TYPE_CHECKING

from cloud.common._lazy import lazy_exports

if TYPE_CHECKING:
    from cloud.testing._coda_seed import FakeCodaColumn as FakeCodaColumn
    from cloud.testing._coda_seed import FakeCodaDoc as FakeCodaDoc
    from cloud.testing._coda_seed import FakeCodaTable as FakeCodaTable
    from cloud.testing._coda_server import CODA_WINDOWS as CODA_WINDOWS
    from cloud.testing._coda_server import FakeCodaServer as FakeCodaServer
    from cloud.testing._fault_kinds import Fault as Fault
    from cloud.testing._fault_kinds import FaultKind as FaultKind
    from cloud.testing._fault_kinds import SeenRequest as SeenRequest
    from cloud.testing._fault_proxy import FaultProxy as FaultProxy
    from cloud.testing._newsletter import FakeNewsletterServer as FakeNewsletterServer
    from cloud.testing._newsletter_state import SentMail as SentMail
    from cloud.testing._scripted_server import RecordedRequest as RecordedRequest
    from cloud.testing._scripted_server import ScriptedResponse as ScriptedResponse
    from cloud.testing._scripted_server import ScriptedServer as ScriptedServer
    from cloud.testing._service_calls import ServedRequest as ServedRequest
    from cloud.testing._service_windows import RateWindow as RateWindow
    from cloud.testing.compute import ComputeConformance as ComputeConformance
    from cloud.testing.compute import ComputeHarness as ComputeHarness
    from cloud.testing.serverless import ServerlessConformance as ServerlessConformance
    from cloud.testing.serverless import ServerlessHarness as ServerlessHarness
    from cloud.testing.storage import StorageConformance as StorageConformance
    from cloud.testing.storage import StorageHarness as StorageHarness

__all__ = [
    "CODA_WINDOWS",
    "ComputeConformance",
    "ComputeHarness",
    "FakeCodaColumn",
    "FakeCodaDoc",
    "FakeCodaServer",
    "FakeCodaTable",
    "FakeNewsletterServer",
    "Fault",
    "FaultKind",
    "FaultProxy",
    "RateWindow",
    "RecordedRequest",
    "ScriptedResponse",
    "ScriptedServer",
    "SeenRequest",
    "SentMail",
    "ServedRequest",
    "ServerlessConformance",
    "ServerlessHarness",
    "StorageConformance",
    "StorageHarness",
]
__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "CODA_WINDOWS": "._coda_server",
        "ComputeConformance": ".compute",
        "ComputeHarness": ".compute",
        "FakeCodaColumn": "._coda_seed",
        "FakeCodaDoc": "._coda_seed",
        "FakeCodaServer": "._coda_server",
        "FakeCodaTable": "._coda_seed",
        "FakeNewsletterServer": "._newsletter",
        "Fault": "._fault_kinds",
        "FaultKind": "._fault_kinds",
        "FaultProxy": "._fault_proxy",
        "RateWindow": "._service_windows",
        "RecordedRequest": "._scripted_server",
        "ScriptedResponse": "._scripted_server",
        "ScriptedServer": "._scripted_server",
        "SeenRequest": "._fault_kinds",
        "SentMail": "._newsletter_state",
        "ServedRequest": "._service_calls",
        "ServerlessConformance": ".serverless",
        "ServerlessHarness": ".serverless",
        "StorageConformance": ".storage",
        "StorageHarness": ".storage",
    },
)
