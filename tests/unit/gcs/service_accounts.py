"""A service account whose key nobody else has, for the tests that sign."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

EMAIL = "signer@project.iam.gserviceaccount.com"
PRIVATE_KEY = rsa.generate_private_key(65537, 2048)


def account_info() -> dict[str, str]:
    """Return the content of the account's key file."""
    key = PRIVATE_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {
        "type": "service_account",
        "project_id": "project",
        "private_key_id": "0123456789abcdef",
        "private_key": key.decode("ascii"),
        "client_email": EMAIL,
        "client_id": "1",
        "token_uri": "https://oauth2.googleapis.com/token",
    }


def sign(data: bytes) -> bytes:
    """Return the account's signature of `data`."""
    return PRIVATE_KEY.sign(data, padding.PKCS1v15(), SHA256())


def verify(signature: bytes, data: bytes) -> None:
    """Raise unless `signature` is the account's for `data`."""
    PRIVATE_KEY.public_key().verify(signature, data, padding.PKCS1v15(), SHA256())
