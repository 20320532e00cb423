"""Where an account is: account URLs, connection strings, and the names that it can hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

from cloud._wire._types import Origin
from cloud.common._redact import Secret
from cloud.common.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

# Published for everybody: https://learn.microsoft.com/azure/storage/common/storage-use-azurite#well-known-storage-account-and-key
EMULATOR_ACCOUNT = "devstoreaccount1"
_EMULATOR_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="  # public
)
_EMULATOR_PORT = 10000
DEFAULT_SUFFIX = "core.windows.net"

_ACCOUNT = re.compile(r"[a-z0-9-]{1,80}").fullmatch
_SUFFIX = re.compile(r"[a-z0-9.-]+(?::\d{1,5})?").fullmatch
# https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata
_CONTAINER = re.compile(r"[a-z0-9](?:-?[a-z0-9])*").fullmatch
_SYSTEM_CONTAINERS = frozenset({"$root", "$web", "$logs", "$blobchangefeed"})
_CONTAINER_LENGTHS = range(3, 64)
MAX_SEGMENTS = 254
# Control characters are not allowed; Azure turns a backslash into a slash and drops the dots at the end of a
# segment, so that neither is kept byte-exactly. The page above, and
# https://github.com/rclone/rclone/blob/master/docs/content/azureblob.md#restricted-filename-characters
_REFUSED = re.compile("[\x00-\x1f\x7f-\x9f\ufffe\uffff]|\\\\|\\.(?:/|\\Z)")
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}").fullmatch
_SAFE_KEY = re.compile(r"[A-Za-z0-9\-_.~/]*").fullmatch
_SAFE_TEXT = re.compile(r"[A-Za-z0-9\-_.~]*").fullmatch


class Endpoint(NamedTuple):
    """Where an account's blobs are.

    Attributes:
        account_name: the account; empty where only the user's DNS knows it and nothing needs it.
        origin: scheme, host and port.
        path_prefix: ``/account`` where the account stands in the path, as with emulators; else empty.
    """

    account_name: str
    origin: Origin
    path_prefix: str = ""

    @property
    def url(self) -> str:
        """The account's URL without a slash at its end."""
        return f"{self.origin.scheme}://{self.origin.host_header}{self.path_prefix}"

    def path(self, container: str = "", key: str = "") -> str:
        """Return the percent-encoded path of the account, of a container, or of a blob in it.

        Nothing is normalised: ``//x`` is a legal key of its own.
        """
        if key:
            return f"{self.path_prefix}/{container}/{quote_key(key)}"
        return f"{self.path_prefix}/{container}"


class Account(NamedTuple):
    """What a connection string or an account URL says.

    Attributes:
        endpoint: where the account is; None when only its credentials were given.
        key: the account's key, in base64.
        sas: a shared access signature, without ``?``.
    """

    endpoint: Endpoint | None
    key: Secret | None = None
    sas: Secret | None = None


def quote_key(key: str) -> str:
    """Return `key` as it stands in a path: unreserved characters and ``/`` stay, the rest is %XX."""
    return key if _SAFE_KEY(key) else quote(key, safe="/~")


def quote_text(text: str) -> str:
    """Return a query's name or value, percent-encoded."""
    return text if _SAFE_TEXT(text) else quote(text, safe="~")


def for_account(name: str, *, suffix: str = DEFAULT_SUFFIX, scheme: str = "https") -> Endpoint:
    """Return the endpoint of an account of Azure's own.

    Raises:
        ConfigurationError: no account can have this name.
    """
    if not _ACCOUNT(name) or not _SUFFIX(suffix) or scheme not in {"http", "https"}:
        raise ConfigurationError(f"{name!r} cannot be an account of {suffix!r}", request_sent=False)
    return Endpoint(name, Origin.parse(f"{scheme}://{name}.blob.{suffix}"))


def parse_account_url(url: str, account_name: str | None = None) -> Account:
    """Return what an account URL says: an endpoint, and a shared access signature if it holds one.

    Args:
        url: ``https://name.blob.core.windows.net``, or ``http://127.0.0.1:10000/name``.
        account_name: the account, where it is known from elsewhere.

    Raises:
        ConfigurationError: it is no such URL. The text does not repeat it.
    """
    base, _, query = url.partition("?")
    sas = Secret(query) if query else None
    del url, query  # what may hold a signature stays out of tracebacks
    try:
        origin = Origin.parse(base)
    except ValueError as exc:
        raise ConfigurationError(f"account_url: {exc}", request_sent=False) from exc
    path = urlsplit(base).path.strip("/")
    in_path = ":" in origin.host or _IPV4(origin.host) is not None or "." not in origin.host
    if (in_path and not path) or "/" in path or (path and ".blob." in origin.host):
        shown = f"{origin.scheme}://{origin.host_header}"
        raise ConfigurationError(
            "account_url must name an account, and nothing below it",
            hint=f"{shown}/{account_name or EMULATOR_ACCOUNT}" if in_path else shown,
            request_sent=False,
        )
    if path:
        return Account(Endpoint(path.removesuffix("-secondary"), origin, f"/{path}"), sas=sas)
    first = origin.host.partition(".")[0]
    return Account(Endpoint(account_name or first.removesuffix("-secondary"), origin), sas=sas)


def parse_connection_string(text: Secret) -> Account:
    """Return what a connection string says.

    https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string

    Raises:
        ConfigurationError: it is none. The text does not repeat it.
    """
    fields = _fields(text)
    if fields.get("usedevelopmentstorage", Secret("")).reveal().lower() == "true":
        return _emulator(fields)
    plain = {
        name: fields[name].reveal()
        for name in ("accountname", "blobendpoint", "endpointsuffix", "defaultendpointsprotocol")
        if name in fields
    }
    name = plain.get("accountname")
    key, sas = fields.get("accountkey"), fields.get("sharedaccesssignature")
    if key is not None and name is None:
        raise ConfigurationError("the connection string has an AccountKey without AccountName")
    if "blobendpoint" in plain:
        account = parse_account_url(plain["blobendpoint"], name)
        endpoint, sas = account.endpoint, sas or account.sas
    elif name is not None:
        endpoint = for_account(
            name,
            suffix=plain.get("endpointsuffix", DEFAULT_SUFFIX),
            scheme=plain.get("defaultendpointsprotocol", "https").lower(),
        )
    else:
        raise ConfigurationError("the connection string names neither BlobEndpoint nor AccountName")
    if sas is not None:
        sas = Secret(sas.reveal().removeprefix("?"))
    return Account(endpoint, key, sas)


def _fields(text: Secret) -> Mapping[str, Secret]:
    """Return the fields of a connection string by their names in lower case."""
    # Comprehensions only: what they hold is gone before anything can raise, so no traceback shows a secret.
    pairs = [item.partition("=") for item in text.reveal().split(";") if item.strip()]
    is_whole = bool(pairs) and all(name.strip() and separator for name, separator, _ in pairs)
    fields = {name.strip().lower(): Secret(value.strip()) for name, _, value in pairs}
    del pairs
    if not is_whole:
        raise ConfigurationError("the connection string is not made of name=value;...", request_sent=False)
    return fields


def _emulator(fields: Mapping[str, Secret]) -> Account:
    """Return Azurite's well-known account on this machine, or behind ``DevelopmentStorageProxyUri``."""
    proxy = fields.get("developmentstorageproxyuri")
    base = proxy.reveal().rstrip("/") if proxy is not None else "http://127.0.0.1"
    account = parse_account_url(f"{base}:{_EMULATOR_PORT}/{EMULATOR_ACCOUNT}")
    return Account(account.endpoint, Secret(_EMULATOR_KEY))


def bucket_problem(name: str) -> str | None:
    """Return why Azure cannot hold a container of this name; None when it can."""
    if name in _SYSTEM_CONTAINERS or (_CONTAINER(name) and len(name) in _CONTAINER_LENGTHS):
        return None
    return "a container's name has 3 to 63 lower-case letters, digits and single inner hyphens"


def key_problem(key: str) -> str | None:
    """Return why Azure cannot hold this key byte-exactly; None when it can."""
    found = _REFUSED.search(key)
    if found is None:
        if key.count("/") >= MAX_SEGMENTS:
            return f"Azure takes at most {MAX_SEGMENTS} parts between slashes"
        return None
    if found[0] == "\\":
        return "Azure turns a backslash into a slash"
    if found[0].startswith("."):
        return "Azure drops dots at the end of a key or before a slash"
    return "Azure takes no control characters and no non-characters"
