"""What the kit may ask of Google Cloud Storage's stand-ins, and what they get wrong themselves."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

from cloud.common import CloudCredentials, CloudProvider
from cloud.gcp import GCSClient
from cloud.testing import ScriptedResponse, ScriptedServer, StorageHarness
from unit.gcs.service_accounts import account_info

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from servers._models import GcsServer

TOKEN = "ya29.planted-token-of-the-conformance-kit"


class GCSHarness(StorageHarness):
    """A stand-in that believes everybody; the client has a service account's key all the same, to sign with."""

    authenticates = False
    authorizes = False
    other_storage_class = "NEARLINE"

    def __init__(self, client: GCSClient, server: GcsServer, *, service: str, is_cheap: bool = False) -> None:
        super().__init__(client)
        self._gcs = client
        self._server = server
        self._service = service
        self.is_cheap = is_cheap
        key = account_info()["private_key"]
        self.secrets = (TOKEN, key, key.splitlines()[3])

    def with_expired_credentials(self) -> GCSClient:
        ended = datetime.now(timezone.utc) - timedelta(seconds=1)
        credentials = CloudCredentials(CloudProvider.GCP, token="ya29.ended", expires_at=ended)
        return GCSClient(credentials, endpoint_url=self._server.endpoint_url, service=self._service)

    def keep_versions(self, bucket: str) -> None:
        self._gcs.set_bucket_versioning(bucket, enabled=True)


@contextmanager
def gcs_client(server: GcsServer, folder: Path, *, service: str) -> Iterator[GCSClient]:
    """Give a client that logs in with a service account's key file, at a token endpoint of its own."""
    answer = {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"}
    headers = (("Content-Type", "application/json"),)
    token = ScriptedResponse(headers=headers, body=json.dumps(answer).encode())
    with ScriptedServer(otherwise=token) as tokens:
        path = folder / "key.json"
        path.write_text(json.dumps({**account_info(), "token_uri": f"{tokens.url}/token"}), "utf-8")
        credentials = CloudCredentials(CloudProvider.GCP, credentials_file=str(path), project=server.project)
        with GCSClient(credentials, endpoint_url=server.endpoint_url, service=service) as client:
            yield client


GOOGLE_REFUSES: Final = frozenset({"dot alone", "dot dot alone", "newline", "newline last", "carriage return"})
"""Odd keys that Google Cloud Storage does not allow (https://cloud.google.com/storage/docs/objects#naming)."""

EMULATOR_REFUSES: Final = GOOGLE_REFUSES | {"dot dot segment", "dot dot first", "dot dot last"}
"""Odd keys that GCSClient refuses for gcp-storage-emulator, because it cannot store them."""

FAKE_GCS: Final[Mapping[str, str]] = {}
FAKE_GCS_UNSTEADY: Final[Mapping[str, str]] = {}
EMULATOR: Final[Mapping[str, str]] = {}
EMULATOR_UNSTEADY: Final[Mapping[str, str]] = {}
