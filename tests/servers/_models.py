"""What a running server tells its users."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field

_KEY_LETTERS = string.ascii_uppercase + string.digits


@dataclass(frozen=True)
class Identity:
    """Somebody whom the server knows.

    Attributes:
        access_key: the public half.
        secret_key: the secret half, made for this one run.
    """

    access_key: str
    secret_key: str = field(repr=False)


@dataclass(frozen=True)
class Server:
    """A running server; the attributes are those of S3 where a subclass says nothing else.

    Attributes:
        endpoint_url: ``http://127.0.0.1:port``, path-style addressing.
        admin: may do everything.
        read_only: may list and read all that the admin stores, and nothing else; None where the server
            checks no rights.
        no_access: is known, and has no right on what the admin stores; None likewise.
        region: to sign with.
    """

    endpoint_url: str
    admin: Identity
    read_only: Identity | None = None
    no_access: Identity | None = None
    region: str = "us-east-1"


@dataclass(frozen=True)
class GcsServer(Server):
    """A running stand-in for Google Cloud Storage, which believes everybody.

    Attributes:
        endpoint_url: what ``STORAGE_EMULATOR_HOST`` names for Google's own library: no path behind the port.
        admin: a name and a secret that nobody checks.
        project: to make buckets in; any would do.
    """

    project: str = "cloud-tests"


def new_identity() -> Identity:
    """Return a fresh random identity in the shape of AWS's keys (20 and 40 characters)."""
    tail = "".join(secrets.choice(_KEY_LETTERS) for _ in range(16))
    return Identity(f"AKIA{tail}", secrets.token_hex(20))
