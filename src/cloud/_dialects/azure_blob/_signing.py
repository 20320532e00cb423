"""Shared access signatures of a client: presigned URLs, and tokens for objects, containers and the account."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Final, final

from cloud._dialects.azure_blob._addressing import quote_text
from cloud._dialects.azure_blob._operations import SNAPSHOT
from cloud._dialects.azure_blob._store import AzureObjectStore
from cloud.common._storage_types import PresignHooks
from cloud.common.errors import ConfigurationError, InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud._dialects.azure_blob._sas import DelegationKeys, SasResource, SasTerms, UserDelegationKey
    from cloud.common._redact import Secret
    from cloud.common._storage_types import PresignRequest
    from cloud.common.models import PresignedUrl

# https://learn.microsoft.com/rest/api/storageservices/create-service-sas#permissions-for-a-directory-container-or-blob
_PERMISSIONS: Final[Mapping[str, str]] = {"GET": "r", "HEAD": "r", "PUT": "w", "DELETE": "d"}
_DELETE_VERSION: Final = "x"
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
_KEY_FIELDS: Final = (
    "SignedOid", "SignedTid", "SignedStart", "SignedExpiry", "SignedService", "SignedVersion", "Value",
)  # fmt: skip  # one line reads best


class AzureSigning(AzureObjectStore, PresignHooks):
    """What needs the account's key, or a user delegation key for a client that is logged in."""

    # What a user delegation key allows; with the account's key `generate_object_sas` signs for longer.
    max_presign_seconds = 7 * 24 * 3600

    # -- hooks -----------------------------------------------------------------------------------------------
    def _presign(self, request: PresignRequest) -> PresignedUrl:
        from cloud.common.models import PresignedUrl

        if request.method == "PUT" and request.version_id is not None:
            raise InvalidRequestError(
                "a write makes a version of its own: version_id is for reads and deletes"
            )
        resource = _resource(request.bucket, request.key, request.version_id)
        permissions = _PERMISSIONS[request.method]
        if request.method == "DELETE" and resource.version_id is not None:
            permissions = _DELETE_VERSION
        overrides = {
            name.removeprefix("response-").replace("-", "_"): value
            for name, value in request.response_headers.items()
        }
        terms = self._terms(permissions, request.expires_in, response_headers=overrides)
        query = self._sign(resource, terms)
        if resource.version_id is not None:
            query = f"versionid={quote_text(resource.version_id)}&{query}"
        elif resource.snapshot is not None:
            query = f"snapshot={quote_text(resource.snapshot)}&{query}"
        endpoint = self._setup.endpoint
        origin = f"{endpoint.origin.scheme}://{endpoint.origin.host_header}"
        url = f"{origin}{endpoint.path(request.bucket, request.key)}?{query}"
        # https://learn.microsoft.com/rest/api/storageservices/put-blob#request-headers-all-blob-types
        return PresignedUrl(url, {"x-ms-blob-type": "BlockBlob"} if request.method == "PUT" else {})

    # -- tokens ----------------------------------------------------------------------------------------------
    @final
    def generate_object_sas(
        self,
        bucket: str,
        key: str,
        *,
        permissions: str | None = None,
        expires_in: int | None = None,
        starts_at: datetime | None = None,
        policy: str | None = None,
        version_id: str | None = None,
        ip_range: str | None = None,
        https_only: bool | None = None,
        encryption_scope: str | None = None,
        response_headers: Mapping[str, str] | None = None,
    ) -> str:
        """Return a token (a URL's query without ``?``) that gives access to one object. Treat it as a secret.

        Signed with the account's key, or with a user delegation key for a client that is logged in, which is
        asked for about once a day. https://learn.microsoft.com/rest/api/storageservices/create-service-sas

        Args:
            bucket, key: the object, which need not exist yet.
            permissions: letters: ``r`` read, ``a`` append, ``c`` create, ``w`` write, ``d`` delete, ``x``
                delete a version, ``y`` delete for good, ``t`` tags, ``m`` move, ``e`` execute, ``i`` retention.
                By default ``r``, or what `policy` says.
            expires_in: seconds from now; at most 604,800 with a user delegation key. None when `policy` says.
            starts_at: from when; None for at once.
            policy: id of a stored access policy of the container, for clients with the account's key.
            version_id: only this version or snapshot.
            ip_range: address, or two with a hyphen between, that requests must come from.
            https_only: whether plain HTTP is refused; by default where this client itself uses HTTPS.
            encryption_scope: scope that written objects are encrypted in.
            response_headers: as for `generate_presigned_url`.
        """
        self._check_key(bucket, key)
        resource = _resource(bucket, key, version_id)
        terms = self._terms(
            _given(permissions, "r", policy),
            expires_in,
            starts_at=starts_at,
            policy=policy,
            ip_range=ip_range,
            https_only=https_only,
            encryption_scope=encryption_scope,
            response_headers=response_headers,
        )
        return self._run("generate_object_sas", f"{bucket}/{key}", lambda: self._sign(resource, terms))

    @final
    def generate_bucket_sas(
        self,
        bucket: str,
        *,
        permissions: str | None = None,
        expires_in: int | None = None,
        starts_at: datetime | None = None,
        policy: str | None = None,
        ip_range: str | None = None,
        https_only: bool | None = None,
        encryption_scope: str | None = None,
    ) -> str:
        """Return a token (a URL's query without ``?``) that gives access to a container and all in it.

        Another client takes it as ``AzureBlobClient(account_url=..., ...)`` with a ``sas_token``. Treat it as
        a secret. Arguments are those of `generate_object_sas`, and two more permissions:

        Args:
            bucket: the container.
            permissions: also ``l`` list and ``f`` find by tags; by default ``rl``, or what `policy` says.
            expires_in, starts_at, policy, ip_range, https_only, encryption_scope: see there.
        """
        from cloud._dialects.azure_blob._sas import SasResource

        self._check_bucket(bucket)
        terms = self._terms(
            _given(permissions, "rl", policy),
            expires_in,
            starts_at=starts_at,
            policy=policy,
            ip_range=ip_range,
            https_only=https_only,
            encryption_scope=encryption_scope,
        )
        return self._run("generate_bucket_sas", bucket, lambda: self._sign(SasResource(bucket=bucket), terms))

    @final
    def generate_account_sas(
        self,
        *,
        expires_in: int,
        permissions: str = "rl",
        resource_types: str = "sco",
        starts_at: datetime | None = None,
        ip_range: str | None = None,
        https_only: bool | None = None,
        encryption_scope: str | None = None,
    ) -> str:
        """Return a token (a URL's query without ``?``) that gives access to the account's blob service.

        It needs the account's key. Treat it as a secret.
        https://learn.microsoft.com/rest/api/storageservices/create-account-sas

        Args:
            expires_in: seconds from now.
            permissions: letters: ``r`` read, ``w`` write, ``d`` delete, ``x`` delete versions, ``y`` delete
                for good, ``l`` list, ``a`` append, ``c`` create, ``u`` update, ``p`` process, ``f`` find by
                tags, ``t`` tags, ``i`` retention.
            resource_types: letters: ``s`` the account itself, such as listing containers, ``c`` containers,
                such as listing objects, ``o`` objects.
            starts_at, ip_range, https_only, encryption_scope: see `generate_object_sas`.

        Raises:
            ConfigurationError: this client has no account key.
        """
        from cloud._dialects.azure_blob._sas import account_sas

        key = self._setup.account_key()
        if key is None:
            raise ConfigurationError(
                "a signature for the account needs the account's key",
                hint="generate_bucket_sas works for a client that is logged in",
            )
        terms = self._terms(
            permissions,
            expires_in,
            starts_at=starts_at,
            ip_range=ip_range,
            https_only=https_only,
            encryption_scope=encryption_scope,
        )
        return account_sas(self._setup.account_name, key, terms, resource_types)

    # -- signing ---------------------------------------------------------------------------------------------
    def _terms(
        self,
        permissions: str,
        expires_in: int | None,
        *,
        starts_at: datetime | None = None,
        policy: str | None = None,
        ip_range: str | None = None,
        https_only: bool | None = None,
        encryption_scope: str | None = None,
        response_headers: Mapping[str, str] | None = None,
    ) -> SasTerms:
        from cloud._dialects.azure_blob._sas import DEFAULT_VERSION, SasTerms

        if expires_in is not None and expires_in < 1:
            raise InvalidRequestError(f"expires_in must be at least 1 second, not {expires_in}")
        if https_only is None:
            https_only = self._setup.endpoint.url.startswith("https:")
        return SasTerms(
            permissions=permissions,
            expires_at=None if expires_in is None else self._moment() + timedelta(seconds=expires_in),
            starts_at=starts_at,
            policy=policy,
            ip_range=ip_range,
            https_only=https_only,
            encryption_scope=encryption_scope,
            response_headers=response_headers or {},
            version=self._setup.options.sas_version or DEFAULT_VERSION,
        )

    def _moment(self) -> datetime:
        return datetime.fromtimestamp(int(self._now()), timezone.utc)

    def _sign(self, resource: SasResource, terms: SasTerms) -> str:
        from cloud._dialects.azure_blob._sas import resource_sas

        return resource_sas(self._setup.account_name, self._sas_key(terms), resource, terms)

    def _sas_key(self, terms: SasTerms) -> Secret | UserDelegationKey:
        key = self._setup.account_key()
        if key is not None:
            return key
        if self._setup.token_source is None:
            raise ConfigurationError(
                "a client with a shared access signature or without credentials cannot sign",
                hint="pass the account's key, or log in with an identity",
            )
        if terms.expires_at is None:
            raise InvalidRequestError("stored access policies are for clients with the account's key")
        return self._delegation.get(terms.expires_at, self._moment())

    @cached_property
    def _delegation(self) -> DelegationKeys:
        from cloud._dialects.azure_blob._sas import DelegationKeys

        return DelegationKeys(self._fetch_delegation_key)

    def _fetch_delegation_key(self, start: datetime, end: datetime) -> UserDelegationKey:
        from cloud._dialects._answers import read_document

        body = (
            f'<?xml version="1.0" encoding="utf-8"?><KeyInfo><Start>{start:{_TIME}}</Start>'
            f"<Expiry>{end:{_TIME}}</Expiry></KeyInfo>"
        )
        # https://learn.microsoft.com/rest/api/storageservices/get-user-delegation-key
        response = self._ops.exchange.call(
            "POST",
            query=(("restype", "service"), ("comp", "userdelegationkey")),
            headers={"content-type": "application/xml"},
            body=body.encode(),
        )
        return parse_delegation_key(read_document(response))


def parse_delegation_key(body: bytes) -> UserDelegationKey:
    """Return the key in the service's answer.

    Raises:
        MalformedAnswerError: there is none. The text does not repeat the answer.
    """
    from cloud._dialects._xmltree import MalformedAnswerError, parse_root, parse_timestamp
    from cloud._dialects.azure_blob._sas import UserDelegationKey
    from cloud.common._redact import HiddenValues, Secret

    root = parse_root(body, "UserDelegationKey")
    texts = HiddenValues({name: root.get(name) or "" for name in _KEY_FIELDS})
    del root, body  # no frame of a traceback shows the key
    missing = [name for name, text in texts.items() if not text]
    if missing:
        raise MalformedAnswerError(f"the user delegation key has no {missing[0]}")
    parse_timestamp(texts["SignedExpiry"])
    return UserDelegationKey(
        object_id=texts["SignedOid"],
        tenant_id=texts["SignedTid"],
        starts=texts["SignedStart"],
        expires=texts["SignedExpiry"],
        service=texts["SignedService"],
        version=texts["SignedVersion"],
        value=Secret(texts["Value"]),
    )


def _given(permissions: str | None, usual: str, policy: str | None) -> str:
    """Return the permissions of the signature itself; none where its stored policy has them."""
    if permissions is not None:
        return permissions
    return usual if policy is None else ""


def _resource(bucket: str, key: str, version_id: str | None) -> SasResource:
    from cloud._dialects.azure_blob._sas import SasResource

    if version_id is not None and version_id.startswith(SNAPSHOT):
        return SasResource(bucket=bucket, key=key, snapshot=version_id.removeprefix(SNAPSHOT))
    return SasResource(bucket=bucket, key=key, version_id=version_id)
