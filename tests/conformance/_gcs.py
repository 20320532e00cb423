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
def gcs_client(
    server: GcsServer,
    folder: Path,
    *,
    service: str,
) -> Iterator[GCSClient]:
    """Give a client that logs in with a service account's key file, at a token endpoint of its own.

    Args:
        server: where it works.
        folder: for the key file.
        service: the client's service profile.
    """
    answer = {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"}
    headers = (("Content-Type", "application/json"),)
    token = ScriptedResponse(headers=headers, body=json.dumps(answer).encode())
    with ScriptedServer(otherwise=token) as tokens:
        path = folder / "key.json"
        path.write_text(json.dumps({**account_info(), "token_uri": f"{tokens.url}/token"}), "utf-8")
        credentials = CloudCredentials(CloudProvider.GCP, credentials_file=str(path), project=server.project)
        with GCSClient(credentials, endpoint_url=server.endpoint_url, service=service) as client:
            yield client


GOOGLE_REFUSES: Final = frozenset(
    {"dot alone", "dot dot alone", "newline", "newline last", "carriage return"}
)
"""Odd keys that Google Cloud Storage does not allow (https://cloud.google.com/storage/docs/objects#naming)."""

EMULATOR_REFUSES: Final = GOOGLE_REFUSES | {
    "dot segment", "dot dot segment", "dot dot first", "dot first", "dot dot last", "leading slash",
    "two leading slashes", "double slash", "triple slash", "slash alone", "trailing slash",
    "two trailing slashes", "looks like a URL", "looks like a query",
}  # fmt: skip  # one line reads best
"""Odd keys that GCSClient refuses for gcp-storage-emulator, which would store them under another name."""

_NO_ID = "answers without an id of the request, and to reads without a code of the error"
_BELIEVES = "believes everybody: it compares no signature, and what was signed is not looked at"
_EXPIRY = "does not look at the expiry"
_ONE_CHARACTER = "takes the first byte of a delimiter for the whole"

FAKE_GCS: Final[Mapping[str, str]] = {
    "test_error_is_data": _NO_ID,
    "test_url_stores_with_the_signed_content_type_only": _BELIEVES,
    "test_url_does_only_what_was_signed": _BELIEVES,
    "test_url_expires": _EXPIRY,
    "test_url_overrides_response_headers": "ignores the headers that a URL asks for",
    "test_form_uploads_within_its_limits": "takes forms at another address only, and looks at no policy",
    "test_many_prefixes_span_pages": "repeats a prefix on every page that has a key below it",
    "test_any_text_is_a_delimiter[not ASCII]": _ONE_CHARACTER,
    "test_any_text_is_a_delimiter[two letters]": _ONE_CHARACTER,
    "test_any_text_is_a_delimiter[two colons]": _ONE_CHARACTER,
}

_RACE = "checks the condition and stores in two steps, so that several writers may win"

FAKE_GCS_UNSTEADY: Final[Mapping[str, str]] = {
    "test_one_of_racing_creators_wins": _RACE,
    "test_racing_increments_lose_nothing": _RACE,
}

_NO_GENERATION = (
    "does not say which generation it sends, so the client looks at the object before it reads it"
)
_NO_PAGES = "lists everything on one page"

EMULATOR: Final[Mapping[str, str]] = {
    "test_error_is_data": _NO_ID,
    "test_url_reads_without_credentials": "knows no HEAD",
    "test_url_writes_and_deletes_without_credentials": "knows no DELETE of a signed URL",
    "test_url_stores_with_the_signed_content_type_only": _BELIEVES,
    "test_url_does_only_what_was_signed": _BELIEVES,
    "test_url_expires": _EXPIRY,
    "test_url_overrides_response_headers": "ignores the content type that a URL asks for",
    "test_form_uploads_within_its_limits": "knows no forms",
    "test_small_reads_and_writes_cost_one_request": _NO_GENERATION,
    "test_near_ranges_share_a_request": _NO_GENERATION,
    "test_opening_and_reading_a_small_file_is_one_request": _NO_GENERATION,
    "test_copy_replaces_what_is_given": "copies the source's metadata whatever it is told",
    "test_listing_spans_pages": _NO_PAGES,
    "test_page_size_does_not_change_the_listing[1]": _NO_PAGES,
    "test_page_size_does_not_change_the_listing[2]": _NO_PAGES,
    "test_page_size_does_not_change_the_listing[5]": _NO_PAGES,
}
EMULATOR_UNSTEADY: Final[Mapping[str, str]] = {
    "test_readers_never_see_a_mixture": _NO_GENERATION,
    # What is replaced between the look and the read shows by the checksum: then the new object is read, whole.
    "test_replacing_during_a_download_never_mixes": _NO_GENERATION,
}
